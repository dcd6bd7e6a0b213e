//! The user's own checks: their answers held against an expression, a field, or kept to be compared.

use iosxe_core::health::{Answer, Check, Expectation, Said, Scalar};
use regex::{Regex, RegexBuilder};
use serde_json::Value;

use crate::parse::{self, ParseError};
use crate::talk::console::{Output, Taken};

/// The longest answer of a check. What is compared is kept in the journal.
const BYTES_MAX: usize = 64 << 10;

/// The most lines that are kept to be compared.
const LINES_MAX: usize = 500;

/// The most memory that an expression may take.
const EXPRESSION_BYTES_MAX: usize = 1 << 20;

/// Whether a check can be made: its command shows, its fields fit together, its expression is one, and
/// where it wants a field, the command's output can be parsed.
///
/// # Errors
/// Why not, as a sentence that begins with the check's name.
pub fn validate(check: &Check) -> Result<(), String> {
    let say = |why: String| format!("the check `{}` {why}", check.name);
    check.is_sound().map_err(say)?;
    let say = |why: String| format!("the check `{}` {why}", check.name);
    match check.expectation().map_err(say)? {
        Expectation::Text { expect, absent } => {
            for pattern in [expect, absent].into_iter().flatten() {
                if pattern.is_empty() {
                    return Err(say("has an empty expression, which matches anything".into()));
                }
                expression(pattern)
                    .map_err(|why| say(format!("has the expression `{pattern}`: {why}")))?;
            }
        }
        Expectation::Field { path, .. } | Expectation::SameField { path } => {
            if check.command.contains('|') {
                return Err(say(
                    "wants a field of a filtered output: the parser needs all of it".into(),
                ));
            }
            parse::find(&check.command).map_err(|e| {
                say(format!(
                    "wants a field, and no parser reads its command: {e}"
                ))
            })?;
            if path.split('.').any(str::is_empty) {
                return Err(say(format!("has the field `{path}`: names joined by dots")));
            }
        }
        Expectation::SameLines => {}
    }
    Ok(())
}

/// An expression whose `^` and `$` are the ends of a line.
fn expression(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern)
        .multi_line(true)
        .size_limit(EXPRESSION_BYTES_MAX)
        .build()
        .map_err(|error| {
            // The error draws the expression over several lines; its last one says what it is.
            let text = error.to_string();
            let last = text.lines().last().unwrap_or_default();
            last.trim_start_matches("error: ").to_owned()
        })
}

/// What the device said to a check.
pub(super) fn answer(check: &Check, output: &Output) -> Answer {
    let said = said(check, output).unwrap_or_else(|why| Said::Unread {
        line: format!("{}: {why}", check.command),
    });
    Answer {
        check: check.name.clone(),
        weight: check.weight,
        said,
    }
}

fn said(check: &Check, output: &Output) -> Result<Said, String> {
    if output.taken != Taken::Ran {
        return Err(output.refusal());
    }
    if output.text.len() > BYTES_MAX {
        return Err(format!(
            "the answer has {} bytes, {BYTES_MAX} are read; narrow it with `| include`",
            output.text.len()
        ));
    }
    match check.expectation()? {
        Expectation::Text { expect, absent } => {
            let text = lines(output)?.join("\n");
            matched(&text, expect, absent)
        }
        Expectation::SameLines => {
            let lines = lines(output)?;
            if lines.len() > LINES_MAX {
                return Err(format!(
                    "the answer has {} lines, {LINES_MAX} are compared; narrow it with `| include`",
                    lines.len()
                ));
            }
            Ok(Said::Value { lines })
        }
        Expectation::Field {
            path,
            is,
            at_least,
            at_most,
        } => {
            let value = field(check, output, path)?;
            let wanted = wanted(path, is, at_least, at_most);
            let fits = value.as_ref().is_some_and(|value| {
                is.is_none_or(|is| same(value, is))
                    && at_least.is_none_or(|least| number(value).is_some_and(|n| n >= least))
                    && at_most.is_none_or(|most| number(value).is_some_and(|n| n <= most))
            });
            Ok(if fits {
                Said::Met
            } else {
                Said::Failed {
                    expected: wanted,
                    found: value.map_or_else(|| "absent".to_owned(), |v| shown(&v)),
                }
            })
        }
        Expectation::SameField { path } => {
            let value = field(check, output, path)?;
            let line = value.map_or_else(|| "absent".to_owned(), |v| v.to_string());
            Ok(Said::Value { lines: vec![line] })
        }
    }
}

/// The lines of the answer without what the session puts between them.
fn lines(output: &Output) -> Result<Vec<String>, String> {
    parse::lines(&output.text).map_err(|e: ParseError| e.to_string())
}

fn matched(text: &str, expect: Option<&str>, absent: Option<&str>) -> Result<Said, String> {
    const QUOTE_MAX: usize = 80;
    if let Some(pattern) = expect
        && !expression(pattern)?.is_match(text)
    {
        return Ok(Said::Failed {
            expected: format!("matched by `{pattern}`"),
            found: "not matched".to_owned(),
        });
    }
    if let Some(pattern) = absent
        && let Some(found) = expression(pattern)?.find(text)
    {
        let quote: String = found.as_str().chars().take(QUOTE_MAX).collect();
        return Ok(Said::Failed {
            expected: format!("free of `{pattern}`"),
            found: format!("not free of it (`{quote}`)"),
        });
    }
    Ok(Said::Met)
}

/// A field of the parsed answer; `None` where the path leads nowhere.
fn field(check: &Check, output: &Output, path: &str) -> Result<Option<Value>, String> {
    let parsed = parse::to_json(&check.command, &output.text).map_err(|e| e.to_string())?;
    if let Some(line) = parsed.unknown.first() {
        return Err(format!("line {}: {}", line.number, line.text));
    }
    let mut value = parsed.value;
    for step in path.split('.') {
        let next = match (&mut value, step) {
            (Value::Array(all), "#") => Some(Value::from(all.len())),
            (Value::Object(all), "#") => Some(Value::from(all.len())),
            (Value::Array(all), index) => index
                .parse::<usize>()
                .ok()
                .filter(|i| *i < all.len())
                .map(|i| all.swap_remove(i)),
            (Value::Object(all), name) => all.remove(name),
            _ => None,
        };
        match next {
            Some(next) if !next.is_null() => value = next,
            _ => return Ok(None),
        }
    }
    Ok(Some(value))
}

fn wanted(path: &str, is: Option<&Scalar>, least: Option<i64>, most: Option<i64>) -> String {
    let is = is.map(ToString::to_string);
    let least = least.map(|n| format!("at least {n}"));
    let most = most.map(|n| format!("at most {n}"));
    let all: Vec<String> = [is, least, most].into_iter().flatten().collect();
    format!("{} (field {path})", all.join(", "))
}

fn same(value: &Value, is: &Scalar) -> bool {
    match (value, is) {
        (Value::Bool(a), Scalar::Bool(b)) => a == b,
        (Value::String(a), Scalar::Text(b)) => a == b,
        (value, Scalar::Number(n)) => number(value) == Some(*n),
        _ => false,
    }
}

/// A whole number, also one that a parser keeps as text.
fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(n) => n.as_i64(),
        Value::String(text) => text.parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn shown(value: &Value) -> String {
    const SHOWN_MAX: usize = 80;
    let text = match value {
        Value::String(text) => format!("`{text}`"),
        other => other.to_string(),
    };
    text.chars().take(SHOWN_MAX).collect()
}

#[cfg(test)]
mod tests {
    use iosxe_core::health::{Weight, When};

    use super::*;

    fn check(command: &str) -> Check {
        Check {
            name: "a".into(),
            command: command.into(),
            expect: None,
            absent: None,
            equal_to_baseline: false,
            field: None,
            is: None,
            at_least: None,
            at_most: None,
            same: false,
            when: When::Both,
            weight: Weight::Gate,
            families: Vec::new(),
            limit: Vec::new(),
        }
    }

    fn says(check: &Check, text: &str) -> Said {
        let output = Output {
            command: check.command.clone(),
            text: text.to_owned(),
            prompt: None,
            taken: Taken::Ran,
        };
        answer(check, &output).said
    }

    fn failed(said: Said) -> (String, String) {
        match said {
            Said::Failed { expected, found } => (expected, found),
            other => panic!("{other:?}"),
        }
    }

    // Made up after the format of 17.9.
    const OSPF: &str = "\nNeighbor ID     Pri   State           Dead Time   Address         Interface\n\
        192.0.2.1         1   FULL/DR         00:00:36    198.51.100.1    TenGigabitEthernet1/1/1\n";

    #[test]
    fn an_expression_is_of_the_lines_of_the_answer() {
        let check = Check {
            expect: Some("^Clock is synchronized".into()),
            absent: Some("no time source$".into()),
            ..check("show ntp status | include Clock|source")
        };
        assert_eq!(validate(&check), Ok(()));
        assert_eq!(
            says(&check, "\r\nClock is synchronized, stratum 3\r\n"),
            Said::Met
        );
        let (expected, found) = failed(says(&check, "\r\nClock is unsynchronized\r\n"));
        assert_eq!(
            (expected.as_str(), found.as_str()),
            ("matched by `^Clock is synchronized`", "not matched")
        );
        let (_, found) = failed(says(
            &check,
            "Clock is synchronized, no time source\nreference\n",
        ));
        assert_eq!(found, "not free of it (`no time source`)");
    }

    #[test]
    fn a_field_is_a_value_of_the_parser() {
        let check = Check {
            field: Some("neighbors.#".into()),
            at_least: Some(1),
            ..check("show ip ospf neighbor")
        };
        assert_eq!(validate(&check), Ok(()));
        assert_eq!(says(&check, OSPF), Said::Met);
        let two = Check {
            at_least: Some(2),
            ..check.clone()
        };
        let (expected, found) = failed(says(&two, OSPF));
        assert_eq!(
            (expected.as_str(), found.as_str()),
            ("at least 2 (field neighbors.#)", "1")
        );
        let name = Check {
            field: Some("neighbors.0.neighbor_id".into()),
            at_least: None,
            is: Some(Scalar::Text("192.0.2.1".into())),
            ..check.clone()
        };
        assert_eq!(says(&name, OSPF), Said::Met);
        let nowhere = Check {
            field: Some("neighbors.7.state".into()),
            ..name
        };
        assert_eq!(failed(says(&nowhere, OSPF)).1, "absent");
    }

    #[test]
    fn what_is_compared_is_kept_without_what_the_session_says() {
        let lines = Check {
            equal_to_baseline: true,
            ..check("show vlan brief")
        };
        let text = "1    default   active\r\n*Nov 23 10:00:00.123: %SYS-5-CONFIG_I: Configured\r\n\
                    10   desks     active  \r\n";
        let kept = ["1    default   active", "10   desks     active"];
        let kept = kept.map(str::to_owned).to_vec();
        assert_eq!(says(&lines, text), Said::Value { lines: kept });
        let field = Check {
            field: Some("neighbors.#".into()),
            same: true,
            ..check("show ip ospf neighbor")
        };
        let lines = vec!["1".to_owned()];
        assert_eq!(says(&field, OSPF), Said::Value { lines });
    }

    #[test]
    fn rule_2_an_answer_that_cannot_be_read_is_no_verdict() {
        let unread = |check: &Check, text: &str| match says(check, text) {
            Said::Unread { line } => line,
            other => panic!("{other:?}"),
        };
        let field = Check {
            field: Some("neighbors.#".into()),
            at_least: Some(1),
            ..check("show ip ospf neighbor")
        };
        let line = unread(&field, "192.0.2.1 ???\n");
        assert!(line.starts_with("show ip ospf neighbor: "), "{line}");
        let text = Check {
            expect: Some("x".into()),
            ..check("show logging")
        };
        let line = unread(&text, &"x\n".repeat(40_000));
        assert!(line.contains("80000 bytes"), "{line}");
        let lines = Check {
            equal_to_baseline: true,
            ..check("show vlan brief")
        };
        let line = unread(&lines, &"x\n".repeat(501));
        assert!(line.contains("501 lines"), "{line}");
    }

    #[test]
    fn mistakes_are_told_when_the_configuration_is_read() {
        let cases = [
            (
                Check {
                    expect: Some("(".into()),
                    ..check("show clock")
                },
                "the check `a` has the expression `(`: unclosed group",
            ),
            (
                Check {
                    absent: Some(String::new()),
                    ..check("show clock")
                },
                "empty expression",
            ),
            (
                Check {
                    field: Some("x".into()),
                    same: true,
                    ..check("show nothing of the kind")
                },
                "no parser reads its command",
            ),
            (
                Check {
                    field: Some("x".into()),
                    same: true,
                    ..check("show version | include x")
                },
                "filtered",
            ),
            (
                Check {
                    field: Some("x..y".into()),
                    same: true,
                    ..check("show version")
                },
                "names joined by dots",
            ),
            (
                Check {
                    expect: Some("x".into()),
                    ..check("reload")
                },
                "the check `a` has the command `reload`: only show commands",
            ),
        ];
        for (check, why) in cases {
            let said = validate(&check).unwrap_err();
            assert!(said.contains(why), "{why}: {said}");
        }
    }
}
