//! The user's own checks: a show command and what its answer must be.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Finding, Health, Weight};

/// A check of the configuration file. Exactly one kind of expectation is set; [`Check::expectation`]
/// says which.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Its name: `check:NAME` in findings and for `iosxe accept`.
    pub name: String,
    /// A show command.
    pub command: String,
    /// A regular expression that a line or more of the answer must match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<String>,
    /// A regular expression that nothing of the answer may match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absent: Option<String>,
    /// After the upgrade the answer has the lines that it had before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub equal_to_baseline: bool,
    /// A value of the parsed answer: names and numbers joined by dots, `#` for how many there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What the field must be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is: Option<Scalar>,
    /// The least that the field may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<i64>,
    /// The most that the field may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<i64>,
    /// After the upgrade the field is what it was before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub same: bool,
    /// Before the upgrade, after it, or both.
    #[serde(default)]
    pub when: When,
    /// Gate or warn.
    #[serde(default = "gate")]
    pub weight: Weight,
    /// Families or PID prefixes that it is for; none is all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub families: Vec<String>,
    /// Rows that it is for, as `--limit` chooses them: each expression must fit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limit: Vec<String>,
}

fn gate() -> Weight {
    Weight::Gate
}

/// When a check is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// In the pre-check alone.
    Pre,
    /// In the post-check alone.
    Post,
    /// In both.
    #[default]
    Both,
}

/// A plain value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Scalar {
    /// `true`.
    Bool(bool),
    /// `3`.
    Number(i64),
    /// `"full"`.
    Text(String),
}

/// What a check wants, once its fields were found to fit together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expectation<'a> {
    /// Of the text.
    Text {
        /// Must match.
        expect: Option<&'a str>,
        /// Must not match.
        absent: Option<&'a str>,
    },
    /// The lines of before.
    SameLines,
    /// A field within these.
    Field {
        /// Where.
        path: &'a str,
        /// Exactly.
        is: Option<&'a Scalar>,
        /// Not less.
        at_least: Option<i64>,
        /// Not more.
        at_most: Option<i64>,
    },
    /// A field as it was before.
    SameField {
        /// Where.
        path: &'a str,
    },
}

/// Filters that only choose lines. `redirect`, `append` and `tee` write files.
const FILTERS: [&str; 5] = ["include", "exclude", "begin", "section", "count"];

/// What holds the configuration, and with it secrets: nothing of it goes into the journal. What
/// changed in it is looked at by the tool itself.
const SECRET: [(&str, usize); 6] = [
    ("running-config", 2),
    ("startup-config", 3),
    ("tech-support", 2),
    ("archive", 2),
    ("derived-config", 2),
    ("configuration", 4),
];

impl Check {
    /// What it wants.
    ///
    /// # Errors
    /// Why its fields do not fit together, as a sentence without its name.
    pub fn expectation(&self) -> Result<Expectation<'_>, String> {
        let text = self.expect.is_some() || self.absent.is_some();
        let bounds = self.is.is_some() || self.at_least.is_some() || self.at_most.is_some();
        let kinds = usize::from(text)
            + usize::from(self.equal_to_baseline)
            + usize::from(self.field.is_some());
        match kinds {
            0 => {
                return Err(
                    "says nothing of what is expected: give expect, absent, equal_to_baseline or \
                     field"
                        .into(),
                );
            }
            1 => {}
            _ => {
                return Err(
                    "expects several things: make a check of its own of each of expect/absent, \
                     equal_to_baseline and field"
                        .into(),
                );
            }
        }
        let Some(path) = self.field.as_deref() else {
            if bounds || self.same {
                return Err("has is, at_least, at_most or same without a field".into());
            }
            if self.equal_to_baseline {
                return Ok(Expectation::SameLines);
            }
            return Ok(Expectation::Text {
                expect: self.expect.as_deref(),
                absent: self.absent.as_deref(),
            });
        };
        match (bounds, self.same) {
            (true, false) => Ok(Expectation::Field {
                path,
                is: self.is.as_ref(),
                at_least: self.at_least,
                at_most: self.at_most,
            }),
            (false, true) => Ok(Expectation::SameField { path }),
            (true, true) => Err("has same beside is, at_least or at_most: choose".into()),
            (false, false) => Err(format!(
                "says nothing of `{path}`: give is, at_least, at_most or same"
            )),
        }
    }

    /// Whether it can be made at all, as far as no parser and no expression has to be known.
    ///
    /// # Errors
    /// Why not, as a sentence without its name.
    pub fn is_sound(&self) -> Result<(), String> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if self.name.is_empty() || !self.name.chars().all(plain) {
            return Err("needs a name of letters, digits, hyphens, dots and underscores".into());
        }
        only_shows(&self.command)?;
        let expectation = self.expectation()?;
        let compares = matches!(
            expectation,
            Expectation::SameLines | Expectation::SameField { .. }
        );
        if compares && self.when == When::Pre {
            return Err("compares with the time before, and before that there is nothing".into());
        }
        Ok(())
    }

    /// Whether it holds an answer against the one of the baseline.
    #[must_use]
    pub fn compares(&self) -> bool {
        self.equal_to_baseline || self.same
    }

    /// Whether the pre-check asks: to judge, or to have something to compare with.
    #[must_use]
    pub fn is_for_baseline(&self) -> bool {
        self.when != When::Post || self.compares()
    }

    /// Whether the post-check asks.
    #[must_use]
    pub fn is_for_proof(&self) -> bool {
        self.when != When::Pre
    }
}

/// What it looks at and wants, in one line: ``show ntp status`: matched by `^Clock is sync` (before and
/// after, gate)`.
impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: ", self.command.trim())?;
        let mut wants: Vec<String> = Vec::new();
        wants.extend(self.expect.iter().map(|e| format!("matched by `{e}`")));
        wants.extend(self.absent.iter().map(|e| format!("free of `{e}`")));
        if self.equal_to_baseline {
            wants.push("the same lines as before".into());
        }
        if let Some(field) = &self.field {
            let is = self.is.as_ref().map(ToString::to_string);
            let least = self.at_least.map(|n| format!("at least {n}"));
            let most = self.at_most.map(|n| format!("at most {n}"));
            let same = self.same.then(|| "as before".to_owned());
            let all: Vec<String> = [is, least, most, same].into_iter().flatten().collect();
            wants.push(format!("{field} {}", all.join(" and ")));
        }
        let when = match self.when {
            When::Pre => "before",
            When::Post => "after",
            When::Both => "before and after",
        };
        let weight = match self.weight {
            Weight::Gate => "gate",
            Weight::Warn => "warn",
        };
        write!(f, "{} ({when}, {weight})", wants.join(", "))
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(b) => write!(f, "{b}"),
            Self::Number(n) => write!(f, "{n}"),
            Self::Text(t) => write!(f, "`{t}`"),
        }
    }
}

/// What came of it, to stand behind the name of the check.
impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Met => f.write_str("is as expected"),
            Self::Failed { expected, found } => write!(f, "is {found}, expected {expected}"),
            Self::Value { .. } => f.write_str("is kept, to be compared after the upgrade"),
            Self::Unread { line } => write!(f, "cannot be read: {line}"),
        }
    }
}

/// Refuses whatever could do more than show.
fn only_shows(command: &str) -> Result<(), String> {
    let refused = |why: &str| Err(format!("has the command `{}`: {why}", command.trim()));
    if command.chars().any(char::is_control) || command.contains(['?', ';', '!']) {
        return refused("it must be one line without `?`, `;` and `!`");
    }
    let mut parts = command.split('|');
    let head: Vec<&str> = parts
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let [first, second, ..] = head.as_slice() else {
        return refused("only show commands are run as checks");
    };
    let short = |word: &str, full: &str, least: usize| {
        let word = word.to_ascii_lowercase();
        word.len() >= least && full.starts_with(&word)
    };
    if !short(first, "show", 2) {
        return refused("only show commands are run as checks");
    }
    if SECRET
        .iter()
        .any(|(full, least)| short(second, full, *least))
    {
        return refused("configurations hold secrets, and a check's answer goes into the journal");
    }
    // Whatever follows a second bar belongs to the expression of the filter.
    if let Some(filter) = parts.next() {
        let word = filter.split_whitespace().next().unwrap_or_default();
        if !FILTERS.iter().any(|full| short(word, full, 1)) {
            return refused("behind `|` only include, exclude, begin, section and count may stand");
        }
    }
    Ok(())
}

/// What a check came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Its name.
    pub check: String,
    /// Its weight.
    pub weight: Weight,
    /// What was said.
    pub said: Said,
}

/// What the device said to a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// What was expected.
    Met,
    /// Something else.
    Failed {
        /// What was expected.
        expected: String,
        /// What was found.
        found: String,
    },
    /// The lines, or the field's value, to be held against those of another time.
    Value {
        /// What there is.
        lines: Vec<String>,
    },
    /// Nothing that could be read (design rule 2).
    Unread {
        /// The command, and why.
        line: String,
    },
}

impl Answer {
    /// The name in findings.
    fn finding(&self, expected: String, found: String) -> Finding {
        Finding {
            check: format!("check:{}", self.check),
            weight: self.weight,
            expected,
            found,
        }
    }
}

impl Health {
    /// The user's checks that fail by themselves, without a baseline.
    #[must_use]
    pub fn own_failed(&self) -> Vec<Finding> {
        self.own
            .iter()
            .filter_map(|answer| match &answer.said {
                Said::Failed { expected, found } => {
                    Some(answer.finding(expected.clone(), found.clone()))
                }
                Said::Met | Said::Value { .. } | Said::Unread { .. } => None,
            })
            .collect()
    }

    /// Those that fail now. One that compares has nothing to say where the baseline has no answer.
    pub(super) fn own_worse_than(&self, baseline: &Self) -> Vec<Finding> {
        let mut findings = self.own_failed();
        for answer in &self.own {
            let before = baseline.own.iter().find(|b| b.check == answer.check);
            let (expected, found) = match (&answer.said, before.map(|b| &b.said)) {
                (Said::Value { lines }, Some(Said::Value { lines: before })) if before != lines => {
                    difference(before, lines)
                }
                // Of a gate it is a question; of a warning no more than that.
                (Said::Unread { line }, _)
                    if answer.weight == Weight::Warn && !baseline.never_had(&answer.check) =>
                {
                    ("readable".to_owned(), format!("not readable ({line})"))
                }
                _ => continue,
            };
            findings.push(answer.finding(expected, found));
        }
        findings
    }

    /// Checks that compare, whose answer could not be read before: nothing can be said of them.
    pub(super) fn never_had(&self, check: &str) -> bool {
        self.own
            .iter()
            .any(|a| a.check == check && matches!(a.said, Said::Unread { .. }))
    }
}

/// Expected and found, short: how many lines came and went, and the first of them.
fn difference(before: &[String], now: &[String]) -> (String, String) {
    const QUOTE_MAX: usize = 80;
    let quote = |line: &str| line.trim().chars().take(QUOTE_MAX).collect::<String>();
    if let ([before], [now]) = (before, now) {
        return (
            format!("`{}` as before", quote(before)),
            format!("`{}`", quote(now)),
        );
    }
    let only_in = |some: &[String], others: &[String]| -> Vec<String> {
        let some = some.iter().filter(|l| !others.contains(l));
        some.map(|l| quote(l)).collect()
    };
    let (gone, new) = (only_in(before, now), only_in(now, before));
    let told = |lines: &[String], what: &str| {
        let first = lines.first()?;
        Some(format!("{} {what} (first: `{first}`)", lines.len()))
    };
    let found: Vec<String> = [told(&gone, "gone"), told(&new, "new")]
        .into_iter()
        .flatten()
        .collect();
    let expected = format!("the same {} lines as before", before.len());
    if found.is_empty() {
        return (expected, "the same lines in another order or number".into());
    }
    (expected, format!("changed, lines: {}", found.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn check(name: &str, command: &str) -> Check {
        Check {
            name: name.into(),
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

    #[test]
    fn only_commands_that_show_are_run() {
        let sound = |command: &str| {
            let check = Check {
                expect: Some("x".into()),
                ..check("a", command)
            };
            check.is_sound()
        };
        for command in [
            "show ntp status",
            "sh ip route summary",
            "show logging | include %SYS-2-MALLOCFAIL|Traceback",
            "show interfaces | i error",
        ] {
            assert_eq!(sound(command), Ok(()), "{command}");
        }
        for (command, why) in [
            ("reload", "only show"),
            ("show", "only show"),
            ("s version", "only show"),
            ("clear counters", "only show"),
            ("show run", "secrets"),
            ("sh startup-config", "secrets"),
            ("show tech-support", "secrets"),
            ("show version | redirect flash:x", "behind `|`"),
            ("show version | tee flash:x", "behind `|`"),
            ("show version | append flash:x", "behind `|`"),
            ("show version\nreload", "one line"),
            ("show ?", "one line"),
        ] {
            let said = sound(command).unwrap_err();
            assert!(said.contains(why), "{command}: {said}");
        }
    }

    #[test]
    fn a_check_expects_one_kind_of_thing() {
        let base = check("a", "show clock");
        let errors = [
            (base.clone(), "nothing of what is expected"),
            (
                Check {
                    expect: Some("x".into()),
                    equal_to_baseline: true,
                    ..base.clone()
                },
                "several",
            ),
            (
                Check {
                    field: Some("x".into()),
                    ..base.clone()
                },
                "nothing of `x`",
            ),
            (
                Check {
                    expect: Some("x".into()),
                    at_least: Some(1),
                    ..base.clone()
                },
                "without a field",
            ),
            (
                Check {
                    field: Some("x".into()),
                    at_least: Some(1),
                    same: true,
                    ..base.clone()
                },
                "choose",
            ),
            (
                Check {
                    equal_to_baseline: true,
                    when: When::Pre,
                    ..base.clone()
                },
                "nothing",
            ),
            (
                Check {
                    expect: Some("x".into()),
                    ..check("a b", "show clock")
                },
                "name",
            ),
        ];
        for (check, why) in errors {
            let said = check.is_sound().unwrap_err();
            assert!(said.contains(why), "{why}: {said}");
        }
    }

    fn says(lines: &[&str]) -> Health {
        Health {
            own: vec![Answer {
                check: "vlans".into(),
                weight: Weight::Warn,
                said: Said::Value {
                    lines: lines.iter().map(|l| (*l).to_owned()).collect(),
                },
            }],
            ..Health::default()
        }
    }

    #[test]
    fn lines_are_held_against_those_of_before() {
        let before = says(&["1 default", "10 desks"]);
        assert!(before.worse_than(&before, 10).is_empty());
        let told: Vec<String> = says(&["1 default", "20 guests", "30 things"])
            .worse_than(&before, 10)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            told,
            [
                "check:vlans is changed, lines: 1 gone (first: `10 desks`), 2 new (first: \
                 `20 guests`), expected the same 2 lines as before"
            ]
        );
        let told = says(&["3"]).worse_than(&says(&["4"]), 10);
        assert_eq!(
            told[0].to_string(),
            "check:vlans is `3`, expected `4` as before"
        );
    }

    #[test]
    fn rule_2_what_could_not_be_read_before_is_not_asked_for_now() {
        let unread = |line: &str| Health {
            own: vec![Answer {
                check: "vlans".into(),
                weight: Weight::Gate,
                said: Said::Unread { line: line.into() },
            }],
            ..Health::default()
        };
        let now = unread("show vlan brief: 300 lines");
        assert!(now.unread_since(&unread("show vlan brief: ?")).is_empty());
        assert_eq!(
            now.unread_since(&says(&["1 default"])),
            ["show vlan brief: 300 lines"]
        );
        assert!(now.worse_than(&says(&["1 default"]), 10).is_empty());
    }
}
