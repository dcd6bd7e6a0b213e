//! `parse`: one output of a device as JSON.

use std::io::Read as _;

use iosxe_drivers::parse;

use crate::app::Parse;
use crate::exit::Exit;
use crate::show;

pub(crate) fn run(args: &Parse) -> Exit {
    if args.list {
        for command in parse::commands() {
            show::line(command.name);
        }
        return Exit::AsWanted;
    }
    let Some(command) = &args.command else {
        return Exit::Usage;
    };
    let text = match read(&args.file) {
        Ok(text) => text,
        Err(error) => {
            show::error_text(&format!("cannot read {}: {error}", args.file.display()));
            return Exit::Usage;
        }
    };
    let parsed = match parse::to_json(command, &text) {
        Ok(parsed) => parsed,
        Err(error) => {
            show::error_text(&error.to_string());
            return Exit::Usage;
        }
    };
    for line in &parsed.unknown {
        show::error_text(&format!(
            "line {}: not recognised: {}",
            line.number, line.text
        ));
    }
    if !parsed.unknown.is_empty() && !args.lenient {
        show::error_text("nothing is printed; --lenient prints what was recognised");
        return Exit::Usage;
    }
    show::json(&parsed.value);
    Exit::AsWanted
}

fn read(file: &std::path::Path) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    if file == std::path::Path::new("-") {
        std::io::stdin().lock().read_to_end(&mut bytes)?;
    } else {
        bytes = std::fs::read(file)?;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
