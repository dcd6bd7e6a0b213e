//! `show logging`: where messages go, and the buffer.
//!
//! The buffer is free text; lines that are no message are kept as messages without a mnemonic.
//!
//! Source: genieparser and ntc-templates golden outputs.
//!
//! ```text
//! Syslog logging: enabled (0 messages dropped, 20 messages rate-limited, 0 flushes, 0 overruns, xml disabled, filtering disabled)
//!     Trap logging: level informational, 1190 message lines logged
//!         Logging to 10.0.0.1  (udp port 514, audit disabled,
//!               link up),
//! Log Buffer (4096 bytes):
//! *Oct 15 09:12:40.734: %SYS-6-LOGOUT: User admin has exited tty session
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::Lines;
use super::scan::scan;
use super::{ParseError, Parsed, units};

/// The value of the command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowLogging {
    /// Whether logging is on.
    pub enabled: Option<bool>,
    /// Messages that were dropped.
    pub dropped: Option<u64>,
    /// Messages that were limited.
    pub rate_limited: Option<u64>,
    /// Flushes.
    pub flushes: Option<u64>,
    /// Overruns.
    pub overruns: Option<u64>,
    /// XML form of all messages.
    pub xml: Option<String>,
    /// Filter of all messages.
    pub filtering: Option<String>,
    /// Console, monitor, buffer, trap and others.
    pub destinations: Vec<Destination>,
    /// Servers.
    pub servers: Vec<Server>,
    /// Exceptions are kept in so many bytes.
    pub exception_bytes: Option<u64>,
    /// Counters of messages.
    pub count_and_timestamp: Option<String>,
    /// Messages kept on flash.
    pub persistent: Option<Persistent>,
    /// Interfaces whose address is the source, with VRF.
    pub sources: Vec<Source>,
    /// Settings of TLS.
    pub tls_profiles: Vec<TlsProfile>,
    /// Size of the buffer.
    pub buffer_bytes: Option<u64>,
    /// The messages in the buffer.
    pub messages: Vec<Message>,
}

/// One destination.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// `Console`, `Monitor`, `Buffer`, `Trap`.
    pub name: String,
    /// `disabled`, or `enabled`.
    pub status: String,
    /// Lowest level.
    pub level: Option<String>,
    /// Messages so far.
    pub messages: Option<u64>,
    /// XML form.
    pub xml: Option<String>,
    /// Filter.
    pub filtering: Option<String>,
}

/// One server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// Its address.
    pub address: String,
    /// VRF.
    pub vrf: Option<String>,
    /// `udp`, `tcp`, `tls`.
    pub protocol: Option<String>,
    /// Port.
    pub port: Option<u32>,
    /// Audit.
    pub audit: Option<String>,
    /// Authentication.
    pub authentication: Option<String>,
    /// Encryption.
    pub encryption: Option<String>,
    /// `up`, `down`.
    pub link: Option<String>,
    /// Lines sent.
    pub logged: Option<u64>,
    /// Lines limited.
    pub rate_limited: Option<u64>,
    /// Lines dropped by a discriminator.
    pub dropped: Option<u64>,
    /// XML form.
    pub xml: Option<String>,
    /// Sequence numbers.
    pub sequence_number: Option<String>,
    /// Filter.
    pub filtering: Option<String>,
}

/// Messages kept on flash.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Persistent {
    /// `enabled`, `disabled`.
    pub status: String,
    /// Where.
    pub url: Option<String>,
    /// Space for all files.
    pub disk_bytes: Option<u64>,
    /// Size of one file.
    pub file_bytes: Option<u64>,
    /// Written together.
    pub batch_bytes: Option<u64>,
}

/// A source interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its name.
    pub interface: String,
    /// VRF.
    pub vrf: Option<String>,
}

/// Settings of TLS.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsProfile {
    /// Its name.
    pub name: String,
    /// Ciphers.
    pub ciphersuites: Option<String>,
    /// Trust point.
    pub trustpoint: Option<String>,
    /// Version.
    pub version: Option<String>,
}

/// One message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Sequence number, where the device adds one.
    pub number: Option<String>,
    /// When, device time.
    pub time: Option<String>,
    /// `SYS`; none in a line that is no message.
    pub facility: Option<String>,
    /// 0 is an emergency, 7 debugging.
    pub severity: Option<u8>,
    /// `LOGOUT`.
    pub mnemonic: Option<String>,
    /// Its text.
    pub text: String,
}

/// Reads `show logging`. Lines of the buffer are never unknown.
///
/// # Errors
/// When nothing was printed, or a number of the header is malformed.
pub fn parse(text: &str) -> Result<Parsed<ShowLogging>, ParseError> {
    let mut lines = Lines::with_log("show logging", text)?;
    let mut value = ShowLogging::default();
    if lines.is_empty() {
        return Err(lines.incomplete("the line `Syslog logging:` or a message"));
    }
    let headed = lines.any(|line| line.starts("Syslog logging:"));
    let mut buffer = !headed;
    let mut sources = false;
    let mut in_server = false;
    for line in lines.by_ref() {
        let body = line.body();
        if buffer {
            value.messages.push(message(body));
            continue;
        }
        if let Some([bytes]) = line.scan("Log Buffer ({#} bytes):") {
            value.buffer_bytes = Some(line.number(bytes)?);
            buffer = true;
        } else if super::session::is_log(body) {
            value.messages.push(message(body));
        } else if let Some([state, rest]) = line.scan("Syslog logging: {} ({*}") {
            value.enabled = Some(line.switch(state)?);
            for part in rest.trim_end_matches(')').split(',') {
                header(&mut value, part.trim());
            }
        } else if let Some([address, rest]) = line
            .scan("Logging to {} {*}")
            .filter(|[a, _]: &[&str; 2]| !a.ends_with(':'))
        {
            let (vrf, rest) = match scan("({}) ({*}", rest) {
                Some([vrf, rest]) => (Some(vrf.to_owned()), rest),
                None => (None, rest.trim_start_matches('(')),
            };
            value.servers.push(Server {
                address: address.to_owned(),
                vrf,
                ..Server::default()
            });
            in_server = true;
            server(&mut value, rest);
        } else if line.starts("Logging Source-Interface:") {
            sources = true;
            in_server = false;
        } else if line.starts("TLS Profiles:") {
            sources = false;
            in_server = false;
        } else if let Some([name]) = line.scan("Profile Name:~{*}") {
            value.tls_profiles.push(TlsProfile {
                name: name.to_owned(),
                ..TlsProfile::default()
            });
        } else if let Some([text]) = line.scan("Ciphersuites:~{*}") {
            if let Some(last) = value.tls_profiles.last_mut() {
                last.ciphersuites = units::text(text);
            }
        } else if let Some([text]) = line.scan("Trustpoint:~{*}") {
            if let Some(last) = value.tls_profiles.last_mut() {
                last.trustpoint = units::text(text);
            }
        } else if let Some([text]) = line.scan("TLS version:~{*}") {
            if let Some(last) = value.tls_profiles.last_mut() {
                last.version = units::text(text);
            }
        } else if let Some([bytes]) = line.scan("Exception Logging: size ({#} bytes)") {
            value.exception_bytes = Some(line.number(bytes)?);
            in_server = false;
        } else if let Some([state]) = line.scan("Count and timestamp logging messages:~{*}") {
            value.count_and_timestamp = units::text(state);
        } else if let Some([rest]) = line.scan("Persistent logging:~{*}") {
            value.persistent = Some(persistent(rest));
        } else if let Some([name, rest]) = line
            .scan("{} logging:~{*}")
            .filter(|[n, _]: &[&str; 2]| *n != "Syslog")
        {
            in_server = false;
            value.destinations.push(Destination {
                name: name.to_ascii_lowercase(),
                ..Destination::default()
            });
            destination(&mut value, rest);
        } else if in_server {
            server(&mut value, body);
        } else if sources
            && super::units::is_interface(body.split_whitespace().next().unwrap_or(""))
        {
            let (interface, vrf) = body.split_once(char::is_whitespace).unwrap_or((body, ""));
            value.sources.push(Source {
                interface: interface.to_owned(),
                vrf: units::text(vrf),
            });
        } else if line.starts("filtering ") || line.starts("xml ") {
            destination(&mut value, body);
        }
        // Ignored, because the rest is about discriminators and filter modules, in free text.
    }
    Ok(lines.finish(value))
}

fn count(text: &str) -> Option<u64> {
    text.split_whitespace().next()?.parse().ok()
}

fn header(value: &mut ShowLogging, part: &str) {
    if part.ends_with("messages dropped") {
        value.dropped = count(part);
    } else if part.ends_with("rate-limited") {
        value.rate_limited = count(part);
    } else if part.ends_with("flushes") {
        value.flushes = count(part);
    } else if part.ends_with("overruns") {
        value.overruns = count(part);
    } else if let Some(state) = part.strip_prefix("xml ") {
        value.xml = units::text(state);
    } else if let Some(state) = part.strip_prefix("filtering ") {
        value.filtering = units::text(state);
    }
}

/// `level debugging, 734 messages logged, xml disabled,`, or its second line.
fn destination(value: &mut ShowLogging, text: &str) {
    let Some(last) = value.destinations.last_mut() else {
        return;
    };
    for part in text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        if let Some(level) = part.strip_prefix("level ") {
            last.level = units::text(level);
            "enabled".clone_into(&mut last.status);
        } else if part.ends_with("logged") {
            last.messages = count(part);
        } else if let Some(state) = part.strip_prefix("xml ") {
            last.xml = units::text(state);
        } else if let Some(state) = part.strip_prefix("filtering ") {
            last.filtering = units::text(state.split(' ').next().unwrap_or(state));
        } else if last.status.is_empty() {
            part.to_ascii_lowercase().clone_into(&mut last.status);
        }
    }
}

/// `udp port 514, audit disabled,` and the lines below it.
fn server(value: &mut ShowLogging, text: &str) {
    let Some(last) = value.servers.last_mut() else {
        return;
    };
    for part in text
        .split([',', ')'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        if let Some([protocol, port]) = scan("{} port {#}", part) {
            last.protocol = Some(protocol.to_owned());
            last.port = port.parse().ok();
        } else if let Some(state) = part.strip_prefix("audit ") {
            last.audit = units::text(state);
        } else if let Some(state) = part.strip_prefix("link ") {
            last.link = units::text(state);
        } else if let Some(state) = part.strip_prefix("authentication ") {
            last.authentication = units::text(state);
        } else if let Some(state) = part.strip_prefix("encryption ") {
            last.encryption = units::text(state);
        } else if part.ends_with("lines logged") {
            last.logged = count(part);
        } else if part.ends_with("lines rate-limited") {
            last.rate_limited = count(part);
        } else if part.ends_with("dropped-by-MD") {
            last.dropped = count(part);
        } else if let Some(rest) = part.strip_prefix("xml ") {
            last.xml = units::text(rest);
        } else if let Some(rest) = part.strip_prefix("sequence number ") {
            last.sequence_number = units::text(rest);
        } else if let Some(rest) = part.strip_prefix("filtering ") {
            last.filtering = units::text(rest);
        }
    }
}

/// `enabled, url bootflash:/syslog, disk space 104857600 bytes, …`.
fn persistent(text: &str) -> Persistent {
    let mut found = Persistent::default();
    for part in text.split(',').map(str::trim) {
        let bytes = |rest: &str| count(rest);
        if let Some(url) = part.strip_prefix("url ") {
            found.url = units::text(url);
        } else if let Some(rest) = part.strip_prefix("disk space ") {
            found.disk_bytes = bytes(rest);
        } else if let Some(rest) = part.strip_prefix("file size ") {
            found.file_bytes = bytes(rest);
        } else if let Some(rest) = part.strip_prefix("batch size ") {
            found.batch_bytes = bytes(rest);
        } else if found.status.is_empty() {
            part.to_ascii_lowercase().clone_into(&mut found.status);
        }
    }
    found
}

/// `000048: *Mar 1 00:00:01.000: %CEF-5-HWIDB: text`.
fn message(body: &str) -> Message {
    let mut found = Message {
        text: body.to_owned(),
        ..Message::default()
    };
    let mut rest = body;
    if let Some((number, tail)) = rest.split_once(": ")
        && !number.is_empty()
        && number.bytes().all(|b| b.is_ascii_digit())
    {
        found.number = Some(number.to_owned());
        rest = tail;
    }
    let Some((time, tail)) = rest.split_once('%') else {
        return found;
    };
    let Some((tag, text)) = tail.split_once(':') else {
        return found;
    };
    let mut parts = tag.rsplitn(3, '-');
    if let (Some(mnemonic), Some(severity), Some(facility)) =
        (parts.next(), parts.next(), parts.next())
        && let Ok(severity) = severity.parse()
    {
        found.time = units::text(time.trim().trim_end_matches(':'));
        found.facility = Some(facility.to_owned());
        found.severity = Some(severity);
        found.mnemonic = Some(mnemonic.to_owned());
        found.text = text.trim().to_owned();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_with_and_without_a_mnemonic() {
        let value = parse("Jun  5 05:11:04.626 EST: Rollback:Acquired lock.\n000048: *Mar 1 00:00:01.000: %CEF-5-HWIDB: text: more\n")
            .unwrap()
            .value;
        assert_eq!(value.messages[0].mnemonic, None);
        assert_eq!(value.messages[1].severity, Some(5));
        assert_eq!(value.messages[1].text, "text: more");
    }
}
