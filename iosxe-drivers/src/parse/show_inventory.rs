//! `show inventory [raw]`: every field-replaceable part with product and serial number.
//!
//! Source: genieparser and ntc-templates golden outputs of most platforms.
//!
//! ```text
//! NAME: "Switch 1", DESCR: "C9300-24T"
//! PID: C9300-24T         , VID: V02  , SN: FOC00000001
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Lines, ignored};
use super::{ParseError, Parsed, units};

/// The value of the command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowInventory {
    /// Parts in the order of the device; the chassis or stack comes first.
    pub parts: Vec<Part>,
}

/// One part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// `Switch 1`, `Chassis`, `TenGigabitEthernet1/0/1`.
    pub name: String,
    /// What it is.
    pub description: String,
    /// Product.
    pub pid: Option<String>,
    /// Version of the hardware.
    pub vid: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
}

const IGNORED: &[Ignored] = &[ignored("INFO: *", "a hint about licences")];

/// Reads `show inventory`.
///
/// # Errors
/// When a part has a name and no product line, or there is no part.
pub fn parse(text: &str) -> Result<Parsed<ShowInventory>, ParseError> {
    let mut lines = Lines::new("show inventory", text)?;
    let mut parts = Vec::new();
    while let Some(line) = lines.next() {
        if let Some([name, description]) = line.scan("NAME:~\"{*}\",~DESCR:~{*}") {
            let Some(next) = lines.next() else {
                return Err(lines.incomplete("the line `PID:`"));
            };
            let Some([pid, vid, serial]) = next.scan("PID:~{*},~VID:~{*},~SN:~{*}") else {
                // A line in between is unknown; the product line must come after it.
                if next.starts("NAME:") || next.starts("PID:") {
                    return Err(next.bad(next.body(), "`PID: …, VID: …, SN: …`"));
                }
                lines.unknown(next);
                continue;
            };
            parts.push(Part {
                name: name.to_owned(),
                description: description.trim_matches('"').trim().to_owned(),
                pid: units::text(pid),
                vid: units::text(vid),
                serial: units::given(serial),
            });
        } else if !line.is_rule() {
            lines.pass(line, IGNORED);
        }
    }
    if parts.is_empty() {
        return Err(lines.incomplete("a part"));
    }
    Ok(lines.finish(ShowInventory { parts }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_without_serial_and_a_cut() {
        let text = "NAME: \"Switch 1\", DESCR: \"C9300-24T\"\nPID: C9300-24T         , VID: V02  , SN: FOC00000001\n\n\
            NAME: \"Fan, left\", DESCR: \"a \"b\" c\"\nPID: FAN , VID: , SN:\n";
        let parts = parse(text).unwrap().value.parts;
        assert_eq!(parts[0].serial.as_deref(), Some("FOC00000001"));
        assert_eq!(
            (parts[1].name.as_str(), parts[1].serial.as_deref()),
            ("Fan, left", None)
        );
        assert!(parse(&text[..text.len() - 24]).is_err());
    }
}
