//! What people and scripts see: data on standard output, everything else on standard error.

#[cfg(feature = "snmp")]
mod first_look;
mod left;
mod lines;
mod plans;
mod progress;
mod screen;
mod tables;
mod words;

use std::io::{IsTerminal as _, Write as _};

use clap::{CommandFactory as _, ValueEnum};
use iosxe_core::event::Envelope;
use iosxe_core::fault::Fault;
use iosxe_core::ids::DeviceName;
use iosxe_workflow::engine::Reader;
use iosxe_workflow::summary::Summary;
use jiff::Timestamp;
use serde_json::Value;

use crate::exit::Exit;

#[cfg(feature = "snmp")]
pub(crate) use first_look::{Answer, first_looks};
pub(crate) use left::left;
pub(crate) use plans::{plans, windows};
pub(crate) use screen::ask;
pub(crate) use tables::remarks;
pub(crate) use tables::{RunLine, firmware, images, neighbourhood, patches, records, runs};
use words::words;

/// How data is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people.
    Table,
    /// One JSON document.
    Json,
    /// One JSON object a line, as it happens.
    Ndjson,
}

impl Output {
    /// A table on a terminal, JSON otherwise.
    pub(crate) fn by_default() -> Self {
        if std::io::stdout().is_terminal() {
            Self::Table
        } else {
            Self::Json
        }
    }
}

/// A line of data. A reader that went away is nobody's error.
pub(crate) fn line(text: &str) {
    let mut out = std::io::stdout().lock();
    drop(writeln!(out, "{text}").and_then(|()| out.flush()));
}

/// A line beside the data.
pub(crate) fn note(text: &str) {
    screen::note(text);
}

/// An instant for a person: in the local time zone, which it names.
pub(crate) fn local(at: Timestamp) -> String {
    let local = at.to_zoned(jiff::tz::TimeZone::system());
    local.strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
}

/// An error in words.
pub(crate) fn error_text(text: &str) {
    note(&format!("{} {text}", paint("error:", Colour::Red)));
}

/// A fault: what, where, and what to do next.
pub(crate) fn fault(fault: &Fault) {
    let device = fault
        .device
        .as_ref()
        .map(|d| format!("{d}: "))
        .unwrap_or_default();
    error_text(&format!("{device}{} [{}]", fault.message, fault.code));
    if let Some(remedy) = &fault.remedy {
        note(&format!("  {} {remedy}", paint("next:", Colour::Cyan)));
    }
}

/// A JSON document: on one line where every line is to be one.
pub(crate) fn document(output: Output, value: &Value) {
    match output {
        Output::Ndjson => json_line(value),
        Output::Json | Output::Table => json(value),
    }
}

/// A JSON document that is not built in memory first.
pub(crate) fn stream(output: Output, value: &impl serde::Serialize) {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let written = match output {
        Output::Ndjson => serde_json::to_writer(&mut out, value),
        Output::Json | Output::Table => serde_json::to_writer_pretty(&mut out, value),
    };
    let written = written.map_err(std::io::Error::from);
    drop(
        written
            .and_then(|()| writeln!(out))
            .and_then(|()| out.flush()),
    );
}

/// A JSON document for people too.
pub(crate) fn json(value: &Value) {
    line(&serde_json::to_string_pretty(value).unwrap_or_default());
}

/// A JSON object on one line.
pub(crate) fn json_line(value: &Value) {
    line(&value.to_string());
}

/// The summary of a run.
pub(crate) fn summary(output: Output, summary: &Summary) {
    let document = serde_json::to_value(summary).unwrap_or_default();
    match output {
        Output::Table => tables::summary(summary),
        Output::Json => json(&document),
        Output::Ndjson => {
            let mut document = document;
            if let Value::Object(map) = &mut document {
                map.insert("type".into(), "summary".into());
            }
            json_line(&document);
        }
    }
}

/// The readers of a run for an output.
pub(crate) fn readers(output: Output, names: &[DeviceName]) -> Vec<Box<dyn Reader>> {
    match output {
        Output::Ndjson => vec![Box::new(Stream)],
        Output::Table | Output::Json if std::io::stderr().is_terminal() => {
            vec![Box::new(progress::Bars::new(names))]
        }
        Output::Table | Output::Json => vec![Box::new(lines::Lines::default())],
    }
}

/// Every event as a line of JSON.
struct Stream;

impl Reader for Stream {
    fn see(&mut self, envelope: &Envelope) {
        let mut value = serde_json::to_value(envelope).unwrap_or_default();
        if let Value::Object(map) = &mut value {
            map.insert("type".into(), "event".into());
        }
        json_line(&value);
    }
}

/// Colours, on a terminal that wants them.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Colour {
    Red,
    Green,
    Yellow,
    Cyan,
}

/// A text in a colour; plain when standard error is no terminal or `NO_COLOR` is set.
pub(crate) fn paint(text: &str, colour: Colour) -> String {
    let plain = !std::io::stderr().is_terminal()
        || std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
    if plain {
        return text.to_owned();
    }
    let code = match colour {
        Colour::Red => 31,
        Colour::Green => 32,
        Colour::Yellow => 33,
        Colour::Cyan => 36,
    };
    format!("\x1b[{code}m{text}\x1b[0m")
}

/// Logs to standard error, as `IOSXE_LOG` filters them; errors alone without it.
pub(crate) fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("IOSXE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("error"));
    let ansi = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let set = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| screen::Log)
        .with_ansi(ansi)
        .try_init();
    if set.is_err() {
        note("logging was set up before");
    }
}

/// Completions of a shell.
pub(crate) fn completions(shell: clap_complete::Shell) -> Exit {
    let mut command = crate::app::App::command();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "iosxe", &mut script);
    let mut out = std::io::stdout().lock();
    match out.write_all(&script).and_then(|()| out.flush()) {
        Ok(()) => Exit::AsWanted,
        Err(_) => Exit::Usage,
    }
}
