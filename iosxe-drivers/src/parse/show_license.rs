//! `show license`, `show license status`, `show license usage`, `show license udi`: licences and
//! how the device reports them.
//!
//! Source: genieparser and ntc-templates golden outputs of 15.x (features), 16.x (registration) and
//! 17.x (Smart Licensing Using Policy).
//!
//! ```text
//! License Authorization:
//!   Status: Not Applicable
//!
//! network-advantage (C9300-24 Network Advantage):
//!   Count: 2
//!   Status: IN USE
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Lines, ignored};
use super::scan::pair;
use super::{ParseError, Parsed, units};

/// The value of the commands; what was not asked for is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowLicense {
    /// Smart Licensing is on (16.x) or licensing uses a policy (17.3.2 and later).
    pub smart_licensing: Option<String>,
    /// Utility mode.
    pub utility: Option<String>,
    /// Account.
    pub smart_account: Option<String>,
    /// Part of the account.
    pub virtual_account: Option<String>,
    /// `REGISTERED`.
    pub registration: Option<String>,
    /// `AUTHORIZED`, `OUT OF COMPLIANCE`, `Not Applicable`.
    pub authorization: Option<String>,
    /// Whether the host name is sent.
    pub sending_hostname: Option<bool>,
    /// Whether Call Home hides the host name.
    pub callhome_hostname_privacy: Option<String>,
    /// Whether Smart Licensing hides the host name.
    pub smart_hostname_privacy: Option<String>,
    /// Whether the version is hidden.
    pub version_privacy: Option<String>,
    /// How reports travel.
    pub transport: Transport,
    /// The policy.
    pub policy: Policy,
    /// Custom identity.
    pub custom_id: Option<String>,
    /// Reports.
    pub reporting: Reporting,
    /// `INSTALLED on …` for each member.
    pub trust_codes: Vec<String>,
    /// Products with their serial numbers.
    pub udis: Vec<Udi>,
    /// Licences in use.
    pub usage: Vec<Usage>,
    /// Licences of 15.x.
    pub features: Vec<LicenseFeature>,
}

/// How reports travel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transport {
    /// `cslu`, `Smart`, `Callhome`, `Transport Off`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Address of the local collector.
    pub cslu_address: Option<String>,
    /// Address of the server.
    pub url: Option<String>,
    /// Proxy, where it is one word: `Not Configured`.
    pub proxy: Option<String>,
    /// Address of the proxy.
    pub proxy_address: Option<String>,
    /// Port of the proxy.
    pub proxy_port: Option<u32>,
    /// User at the proxy.
    pub proxy_username: Option<String>,
    /// Whether a password is set, as printed; the device never prints the password.
    pub proxy_password: Option<String>,
    /// VRF.
    pub vrf: Option<String>,
}

/// The policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Where it comes from.
    pub in_use: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Whether an answer is required.
    pub ack_required: Option<String>,
    /// Rules by kind of licence.
    pub rules: Vec<PolicyRule>,
}

/// Rules for one kind of licence: days and who set them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyRule {
    /// Kind of licence.
    pub kind: String,
    /// Days until the first report.
    pub first_report: Option<String>,
    /// Days between reports.
    pub frequency: Option<String>,
    /// Days until a change is reported.
    pub on_change: Option<String>,
}

/// Reports, in the device's time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reporting {
    /// Last answer.
    pub last_ack: Option<String>,
    /// Next answer must come before.
    pub next_ack_deadline: Option<String>,
    /// Interval.
    pub push_interval: Option<String>,
    /// When the next answer is asked for.
    pub next_ack_check: Option<String>,
    /// Next report.
    pub next_push: Option<String>,
    /// Last report.
    pub last_push: Option<String>,
    /// Last report into a file.
    pub last_file: Option<String>,
}

/// A product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Udi {
    /// Product.
    pub pid: String,
    /// Serial number.
    pub serial: String,
}

/// A licence in use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// `network-advantage (C9300-24 Network Advantage)`.
    pub license: String,
    /// How many.
    pub count: Option<u32>,
    /// Its version.
    pub version: Option<String>,
    /// `IN USE`, `NOT AUTHORIZED`.
    pub status: Option<String>,
    /// Whether its export is restricted.
    pub export_status: Option<String>,
    /// Its feature.
    pub feature: Option<String>,
    /// Whether it is enforced.
    pub enforcement: Option<String>,
    /// `Perpetual`, `Subscription`.
    pub kind: Option<String>,
}

/// A licence of 15.x.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicenseFeature {
    /// Its name.
    pub feature: String,
    /// How long it lasts.
    pub period_left: Option<String>,
    /// How long it was used.
    pub period_used: Option<String>,
    /// `Permanent`.
    pub kind: Option<String>,
    /// `Active, In Use`.
    pub state: Option<String>,
    /// How many.
    pub count: Option<String>,
    /// `Medium`.
    pub priority: Option<String>,
}

const IGNORED: &[Ignored] = &[
    ignored("Data Privacy:", "heading"),
    ignored("Export Authorization Key:", "keys have their own command"),
    ignored("Features Authorized:*", "keys have their own command"),
    ignored("<none>", "an empty list"),
    ignored("Description: *", "the name says it"),
    ignored("Feature Description: *", "the name says it"),
    ignored(
        "Export-Controlled Functionality: *",
        "not needed for an upgrade",
    ),
    ignored("Initial Registration: *", "the status is read"),
    ignored("Last Renewal Attempt: *", "the status is read"),
    ignored("Next Renewal Attempt: *", "the status is read"),
    ignored("Registration Expires: *", "the status is read"),
    ignored("Last Communication Attempt: *", "the status is read"),
    ignored("Next Communication Attempt: *", "the status is read"),
    ignored("Communication Deadline: *", "the status is read"),
    ignored("Failure reason: *", "the status is read"),
    ignored("HA UDI List:", "heading"),
    ignored("Miscellaneous:", "heading"),
    ignored("License Usage:", "heading"),
    ignored("Usage Reporting:", "heading"),
    ignored("Active: PID*", "listed below"),
    ignored("Attributes:", "heading"),
    ignored("Device Telemetry Report Summary:", "heading"),
    ignored("Data Channel: *", "telemetry is not needed for an upgrade"),
    ignored(
        "Reports on disk: *",
        "the last report says whether reporting works",
    ),
    ignored(
        "Last {*} report: *",
        "the last report says whether reporting works",
    ),
    ignored("Active: *", "the product lines name it"),
    ignored("Standby: *", "the product lines name it"),
    ignored("Member: *", "the product lines name it"),
];

/// Reads the licence commands.
///
/// # Errors
/// When nothing about licences was told.
pub fn parse(text: &str) -> Result<Parsed<ShowLicense>, ParseError> {
    let mut lines = Lines::new("show license", text)?;
    let mut value = ShowLicense::default();
    let mut section = String::new();
    let mut trusted: Option<&str> = None;
    while let Some(line) = lines.next() {
        if line.is_rule() {
            continue;
        }
        if let Some([state]) = line.scan("Smart Licensing is {}") {
            value.smart_licensing = units::text(state);
            continue;
        }
        if let Some([_, feature]) = line.scan("Index {#} Feature: {}") {
            value.features.push(LicenseFeature {
                feature: feature.to_owned(),
                ..LicenseFeature::default()
            });
            section.clear();
            continue;
        }
        if let Some([pid, serial]) = line
            .scan("{*} PID:{},SN:{}")
            .map(|[_, pid, serial]: [&str; 3]| [pid, serial])
            .or_else(|| line.scan("PID:{},SN:{}"))
        {
            value.udis.push(Udi {
                pid: pid.to_owned(),
                serial: serial
                    .trim_end_matches(|c: char| !c.is_ascii_alphanumeric())
                    .to_owned(),
            });
            continue;
        }
        if trusted.is_some() && line.starts("INSTALLED on") {
            value.trust_codes.push(line.body().to_owned());
            continue;
        }
        let Some((key, text)) = pair(line.text, ':') else {
            match section.as_str() {
                "Proxy" => value.transport.proxy = units::text(line.body()),
                "VRF" => value.transport.vrf = units::text(line.body()),
                _ => lines.pass(line, IGNORED),
            }
            continue;
        };
        if text.is_empty() {
            heading(&mut value, &mut section, key);
            if line.starts("Trust Code Installed") {
                trusted = Some(key);
            }
            continue;
        }
        if !field(&mut value, &section, line, key, text)? {
            lines.pass(line, IGNORED);
        }
    }
    if value == ShowLicense::default() {
        return Err(lines.incomplete("a line about licences"));
    }
    Ok(lines.finish(value))
}

fn heading(value: &mut ShowLicense, section: &mut String, key: &str) {
    if key.ends_with("Attributes") {
        value.policy.rules.push(PolicyRule {
            kind: key.to_owned(),
            ..PolicyRule::default()
        });
    } else if key.ends_with(')') {
        value.usage.push(Usage {
            license: key.to_owned(),
            ..Usage::default()
        });
        "usage".clone_into(section);
        return;
    }
    key.clone_into(section);
}

fn field(
    value: &mut ShowLicense,
    section: &str,
    line: super::cursor::Line<'_>,
    key: &str,
    text: &str,
) -> Result<bool, ParseError> {
    let given = units::text(text);
    if let Some(feature) = value.features.last_mut().filter(|_| section.is_empty()) {
        let slot = match key {
            "Period left" => &mut feature.period_left,
            "Period Used" => &mut feature.period_used,
            "License Type" => &mut feature.kind,
            "License State" => &mut feature.state,
            "License Count" => &mut feature.count,
            "License Priority" => &mut feature.priority,
            _ => return Ok(false),
        };
        *slot = given;
        return Ok(true);
    }
    if let Some(usage) = value.usage.last_mut().filter(|_| section == "usage") {
        let slot = match key {
            "Count" => {
                usage.count = Some(line.number(text)?);
                return Ok(true);
            }
            "Version" => &mut usage.version,
            "Status" => &mut usage.status,
            "Export status" => &mut usage.export_status,
            "Feature Name" => &mut usage.feature,
            "Enforcement type" => &mut usage.enforcement,
            "License type" => &mut usage.kind,
            _ => return Ok(false),
        };
        *slot = given;
        return Ok(true);
    }
    let slot = match (section, key) {
        ("Utility", "Status") => &mut value.utility,
        ("Smart Licensing Using Policy", "Status") => &mut value.smart_licensing,
        ("Registration", "Status") => &mut value.registration,
        ("License Authorization", "Status") => {
            value.authorization = units::text(text.split(" on ").next().unwrap_or(text));
            return Ok(true);
        }
        (_, "Smart Account") => &mut value.smart_account,
        (_, "Virtual Account") => &mut value.virtual_account,
        (_, "Sending Hostname") => {
            value.sending_hostname = Some(line.switch(text)?);
            return Ok(true);
        }
        (_, "Callhome hostname privacy") => &mut value.callhome_hostname_privacy,
        (_, "Smart Licensing hostname privacy") => &mut value.smart_hostname_privacy,
        (_, "Version privacy") => &mut value.version_privacy,
        ("Transport", "Type") => &mut value.transport.kind,
        (_, "Cslu address") => &mut value.transport.cslu_address,
        (_, "URL") => &mut value.transport.url,
        (_, "Proxy") => &mut value.transport.proxy,
        ("Proxy", "Address") => &mut value.transport.proxy_address,
        ("Proxy", "Port") => {
            value.transport.proxy_port = text.parse().ok();
            return Ok(true);
        }
        ("Proxy", "Username") => &mut value.transport.proxy_username,
        ("Proxy", "Password") => &mut value.transport.proxy_password,
        (_, "VRF") => &mut value.transport.vrf,
        (_, "Policy in use") => &mut value.policy.in_use,
        (_, "Policy name") => &mut value.policy.name,
        (_, "Reporting ACK required") => &mut value.policy.ack_required,
        (_, "Custom Id") => &mut value.custom_id,
        (_, "Last ACK received") => &mut value.reporting.last_ack,
        (_, "Next ACK deadline") => &mut value.reporting.next_ack_deadline,
        (_, "Reporting push interval") => &mut value.reporting.push_interval,
        (_, "Next ACK push check") => &mut value.reporting.next_ack_check,
        (_, "Next report push") => &mut value.reporting.next_push,
        (_, "Last report push") => &mut value.reporting.last_push,
        (_, "Last report file write") => &mut value.reporting.last_file,
        ("Trust Code Installed", _) | (_, "Trust Code Installed") => return Ok(true),
        _ => {
            let Some(rule) = value.policy.rules.last_mut() else {
                return Ok(false);
            };
            match key {
                "First report requirement (days)" => &mut rule.first_report,
                "Reporting frequency (days)" => &mut rule.frequency,
                "Report on change (days)" => &mut rule.on_change,
                _ => return Ok(false),
            }
        }
    };
    *slot = given;
    Ok(true)
}
