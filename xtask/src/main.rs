//! Checks of the workspace that neither the compiler nor clippy makes: `cargo xtask VERB`.

mod demo_check;
mod deps;

use std::process::ExitCode;

const USAGE: &str = "cargo xtask VERB

  deps               dependencies between our crates point the way they must, every
                     dependency is explained in docs/dependencies.md, no crate escapes
                     the workspace's lints
  demo-check FILE    the JSON summary of `iosxe demo` (FILE or - for stdin) is complete
                     and every device is upgraded";

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

/// What a check says: one line when all is well, else every problem.
type Verdict = Result<String, Vec<String>>;
