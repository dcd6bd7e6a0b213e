//! `show terminal`: does the session print without paging and wrapping?
//!
//! Source: genieparser golden output. Only what a session depends on is read; the rest of the
//! output is free text about the line.
//!
//! ```text
//! Line 1, Location: "", Type: "VT100"
//! Length: 0 lines, Width: 0 columns
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::Lines;
use super::{ParseError, Parsed};

/// The value of the command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowTerminal {
    /// Number of the line.
    pub line: Option<u32>,
    /// Type of the terminal.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Lines of a page; 0 switches paging off.
    pub length: u32,
    /// Columns; 0 switches wrapping off.
    pub width: u32,
    /// Speed of sending.
    pub send_baud: Option<u32>,
    /// Speed of receiving.
    pub receive_baud: Option<u32>,
    /// `PSI Enabled`, `Ready`, `Active`.
    pub status: Vec<String>,
    /// Protocols one may come with.
    pub input_transports: Vec<String>,
    /// Protocols one may go on with.
    pub output_transports: Vec<String>,
}

/// Reads `show terminal`.
///
/// # Errors
/// When length and width are not told.
pub fn parse(text: &str) -> Result<Parsed<ShowTerminal>, ParseError> {
    let mut lines = Lines::new("show terminal", text)?;
    let mut value = ShowTerminal::default();
    let mut told = false;
    for line in lines.by_ref() {
        if let Some([length, width]) = line.scan("Length: {#} lines, Width: {#} columns") {
            told = true;
            value.length = line.number(length)?;
            value.width = line.number(width)?;
        } else if let Some([number, _, kind]) = line.scan("Line {#}, Location:~{*}, Type:~\"{*}\"")
        {
            value.line = Some(line.number(number)?);
            value.kind = super::units::text(kind);
        } else if let Some([send, receive]) = line.scan("Baud rate (TX/RX) is {#}/{#}") {
            value.send_baud = Some(line.number(send)?);
            value.receive_baud = Some(line.number(receive)?);
        } else if let Some([list]) = line.scan("Status:~{*}") {
            value.status = list.split(',').map(|s| s.trim().to_owned()).collect();
        } else if let Some([list]) = line.scan("Allowed input transports are {*}.") {
            value.input_transports = list.split(' ').map(str::to_owned).collect();
        } else if let Some([list]) = line.scan("Allowed output transports are {*}.") {
            value.output_transports = list.split(' ').map(str::to_owned).collect();
        }
        // Ignored, because the other lines are free text about modem, characters and timeouts.
    }
    if !told {
        return Err(lines.incomplete("the line `Length: … lines, Width: … columns`"));
    }
    Ok(lines.finish(value))
}
