//! Checks of the workspace that neither the compiler nor clippy makes: `cargo xtask VERB`.

mod demo_check;
mod deps;
mod matrix;

use std::process::ExitCode;

const USAGE: &str = "cargo xtask VERB

  deps               dependencies between our crates point the way they must, every
                     dependency is explained in docs/dependencies.md, no crate escapes
                     the workspace's lints
  demo-check FILE    the JSON summary of `iosxe demo` (FILE or - for stdin) is complete
                     and every device is upgraded
  matrix [--part K/N] [--only TEXT] [--output json]
                     every platform with every method that it has, undisturbed and
                     disturbed, over SSH against the lab; the K-th of N parts, from 0,
                     of the cells whose names hold the text";

#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "printing is what it is for"
)]
fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let verdict = match words.as_slice() {
        ["deps"] => deps::check(),
        ["demo-check", file] => demo_check::check(file),
        ["matrix", options @ ..] => match asked(options) {
            Some(asked) => matrix::run(asked),
            None => {
                eprintln!("{USAGE}");
                return ExitCode::from(2);
            }
        },
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match verdict {
        Ok(fine) => {
            println!("{fine}");
            ExitCode::SUCCESS
        }
        Err(problems) => {
            for problem in problems {
                eprintln!("error: {problem}");
            }
            ExitCode::FAILURE
        }
    }
}

/// The options of `matrix`.
fn asked<'a>(options: &[&'a str]) -> Option<matrix::Asked<'a>> {
    let mut asked = matrix::Asked {
        part: (0, 1),
        only: "",
        json: false,
    };
    for pair in options.chunks(2) {
        match pair {
            ["--part", part] => {
                let (k, n) = part.split_once('/')?;
                asked.part = (k.parse().ok()?, n.parse().ok()?);
            }
            ["--only", text] => asked.only = text,
            ["--output", "json"] => asked.json = true,
            ["--output", "table"] => asked.json = false,
            _ => return None,
        }
    }
    (asked.part.0 < asked.part.1).then_some(asked)
}

/// What a check says: one line when all is well, else every problem.
type Verdict = Result<String, Vec<String>>;
