//! `parse`: one output of a device as JSON.

use std::io::Read as _;

use iosxe_drivers::parse::{self, ParseErrorKind};

use crate::app::Parse;
use crate::exit::Exit;
use crate::show::{self, Output};

pub(crate) fn run(args: &Parse, output: Output) -> Exit {
    if args.list {
        for command in parse::commands() {
            show::line(command.name);
        }
        return Exit::AsWanted;
    }
    let Some(command) = &args.command else {
        return Exit::Usage;
    };
    let file = if is_stdin(&args.file) {
        "standard input".to_owned()
    } else {
        args.file.display().to_string()
    };
    let text = match read(&args.file) {
        Ok(text) => text,
        Err(error) => {
            show::error_text(&format!("cannot read {file}: {error}"));
            return Exit::Usage;
        }
    };
    let parsed = match parse::to_json(command, &text) {
        Ok(parsed) => parsed,
        Err(error) => {
            if error.kind == ParseErrorKind::NoSuchCommand {
                show::error_text(&format!("there is no parser for `{command}`, or several"));
                show::note("  next: see which there are: `iosxe parse --list`");
            } else {
                show::error_text(&format!("{file}: {error}"));
            }
            return Exit::Usage;
        }
    };
    for line in &parsed.unknown {
        show::error_text(&format!(
            "{file}: line {}: not recognised: {}",
            line.number, line.text
        ));
    }
    if !parsed.unknown.is_empty() && !args.lenient {
        show::error_text("nothing is printed; --lenient prints what was recognised");
        return Exit::Usage;
    }
    show::document(output, &parsed.value);
    Exit::AsWanted
}

fn is_stdin(file: &std::path::Path) -> bool {
    file == std::path::Path::new("-")
}

fn read(file: &std::path::Path) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    if is_stdin(file) {
        std::io::stdin().lock().read_to_end(&mut bytes)?;
    } else {
        bytes = std::fs::read(file)?;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
