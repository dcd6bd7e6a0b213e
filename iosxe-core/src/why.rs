//! Why? The rule behind a choice, and the captured line behind the rule.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One line that a choice rests on, as it was read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Evidence {
    /// Where it was read: a command of the device (`show version`), `catalogue`, `inventory`,
    /// `policy`, `platform table`.
    pub source: String,
    /// The line, without the white space around it.
    pub line: String,
}

impl Evidence {
    /// A line of a source.
    pub fn new(source: impl Into<String>, line: impl Into<String>) -> Self {
        Self {
            source: source.into(),
            line: line.into(),
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.source, self.line)
    }
}

/// Why a choice was made, or why a step is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Form", into = "Form")]
pub struct Reason {
    /// The rule's stable name; what each means stands in `docs/rules.md`.
    pub rule: String,
    /// One sentence.
    pub text: String,
    /// The lines behind it, at least one for every rule that looks at a device.
    pub evidence: Vec<Evidence>,
}

impl Reason {
    /// A rule that was applied, with the lines that it was applied to.
    pub fn new(rule: &str, text: impl Into<String>, evidence: Vec<Evidence>) -> Self {
        Self {
            rule: rule.to_owned(),
            text: text.into(),
            evidence,
        }
    }

    /// Nothing is said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rule.is_empty() && self.text.is_empty() && self.evidence.is_empty()
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)?;
        if self.rule.is_empty() {
            return Ok(());
        }
        write!(f, " [{}]", self.rule)
    }
}

/// Journals and plan files of the first format hold the sentence alone.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Form {
    Sentence(String),
    Full {
        rule: String,
        text: String,
        evidence: Vec<Evidence>,
    },
}

impl From<Reason> for Form {
    fn from(reason: Reason) -> Self {
        let Reason {
            rule,
            text,
            evidence,
        } = reason;
        if rule.is_empty() && evidence.is_empty() {
            return Self::Sentence(text);
        }
        Self::Full {
            rule,
            text,
            evidence,
        }
    }
}

impl From<Form> for Reason {
    fn from(form: Form) -> Self {
        match form {
            Form::Sentence(text) => Self {
                text,
                ..Self::default()
            },
            Form::Full {
                rule,
                text,
                evidence,
            } => Self {
                rule,
                text,
                evidence,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_format_is_still_read() {
        let old: Reason = serde_json::from_str("\"the device runs in install mode\"").unwrap();
        assert_eq!(old.text, "the device runs in install mode");
        assert_eq!(old.rule, "");
        let new = Reason::new("r", "t", vec![Evidence::new("show version", "l")]);
        let text = serde_json::to_string(&new).unwrap();
        assert_eq!(serde_json::from_str::<Reason>(&text).unwrap(), new);
    }
}
