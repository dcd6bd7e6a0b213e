//! `show privilege`: may this user do what an upgrade needs?
//!
//! Source: command reference. `Current privilege level is 15`.

use serde::{Deserialize, Serialize};

use super::cursor::Lines;
use super::{ParseError, Parsed};

/// The value of the command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowPrivilege {
    /// 15 may do everything.
    pub level: u8,
}

/// Reads `show privilege`.
///
/// # Errors
/// When no level is named.
pub fn parse(text: &str) -> Result<Parsed<ShowPrivilege>, ParseError> {
    let mut lines = Lines::new("show privilege", text)?;
    let mut level = None;
    while let Some(line) = lines.next() {
        if let Some([number]) = line.scan("Current privilege level is {#}") {
            level = Some(line.number(number)?);
        } else {
            lines.unknown(line);
        }
    }
    let level = lines.need(level, "`Current privilege level is`")?;
    Ok(lines.finish(ShowPrivilege { level }))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_level_is_read() {
        assert_eq!(
            super::parse("Current privilege level is 15\n")
                .unwrap()
                .value
                .level,
            15
        );
    }
}
