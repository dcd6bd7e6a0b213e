//! `show license summary`: licences in use.
//!
//! Source: genieparser golden outputs of 17.x (Smart Licensing Using Policy).
//!
//! ```text
//! License Usage:
//!   License                 Entitlement Tag               Count Status
//!   -----------------------------------------------------------------------------
//!   network-advantage       (C9300-24 Network Advan...)       2 IN USE
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Lines, ignored};
use super::scan::pair;
use super::{ParseError, Parsed, units};

/// The value of the command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowLicenseSummary {
    /// Account.
    pub smart_account: Option<String>,
    /// Part of the account.
    pub virtual_account: Option<String>,
    /// `REGISTERED`, before 17.3.2.
    pub registration: Option<String>,
    /// `AUTHORIZED`, before 17.3.2.
    pub authorization: Option<String>,
    /// The licences.
    pub licenses: Vec<LicenseInUse>,
}

/// One licence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicenseInUse {
    /// `network-advantage`.
    pub name: String,
    /// Tag, cut by the device.
    pub entitlement: String,
    /// How many.
    pub count: u32,
    /// `IN USE`, `AUTHORIZED`, `NOT AUTHORIZED`.
    pub status: String,
}

const IGNORED: &[Ignored] = &[
    ignored("License Usage:", "heading"),
    ignored("Account Information:", "heading"),
    ignored("License Entitlement {*}", "heading"),
    ignored("Smart Licensing is ENABLED", "the status lines tell it"),
    ignored("Registration:", "heading"),
    ignored("License Authorization:", "heading"),
    ignored(
        "Export-Controlled Functionality: *",
        "not needed for an upgrade",
    ),
    ignored("Last Renewal Attempt: *", "not needed for an upgrade"),
    ignored("Next Renewal Attempt: *", "not needed for an upgrade"),
    ignored("Last Communication Attempt: *", "not needed for an upgrade"),
    ignored("Next Communication Attempt: *", "not needed for an upgrade"),
    ignored("Communication Deadline: *", "not needed for an upgrade"),
    ignored("No licenses in use", "the list stays empty"),
];

/// Reads `show license summary`.
///
/// # Errors
/// On a malformed row, and when the usage section is missing.
pub fn parse(text: &str) -> Result<Parsed<ShowLicenseSummary>, ParseError> {
    let mut lines = Lines::new("show license summary", text)?;
    let mut value = ShowLicenseSummary::default();
    let mut usage = false;
    let mut authorization = false;
    while let Some(line) = lines.next() {
        if line.is_rule() {
        } else if line.is("License Usage:") {
            usage = true;
        } else if line.is("License Authorization:") {
            authorization = true;
        } else if let Some([name, tag, count, status]) =
            line.scan("{} ({*}) {#} {*}").filter(|_: &[&str; 4]| usage)
        {
            value.licenses.push(LicenseInUse {
                name: name.to_owned(),
                entitlement: format!("({tag})"),
                count: line.number(count)?,
                status: status.to_owned(),
            });
        } else {
            match pair(line.text, ':') {
                Some(("Smart Account", text)) => value.smart_account = units::text(text),
                Some(("Virtual Account", text)) => value.virtual_account = units::text(text),
                Some(("Status", text)) if authorization => value.authorization = units::text(text),
                Some(("Status", text)) => value.registration = units::text(text),
                _ => lines.pass(line, IGNORED),
            }
        }
    }
    if !usage {
        return Err(lines.incomplete("the section `License Usage:`"));
    }
    Ok(lines.finish(value))
}
