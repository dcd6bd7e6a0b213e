//! A value that cannot be printed or serialized.

use std::fmt;

/// A password, enable secret or passphrase. `Debug` prints a mask, there is no `Display` and no
/// `Serialize`; whoever needs the text must call [`Secret::expose`], which is easy to find.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes the value in.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself: for the wire, never for a log or an error.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// Replaces secrets in text that is about to be kept: transcripts, errors, logs.
///
/// Values shorter than four characters are not searched for: they would tear holes into ordinary
/// text. A device that echoes such a password is a reason to choose a longer one.
#[derive(Clone, Default)]
pub struct Redactor {
    values: Vec<String>,
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redactor({} values)", self.values.len())
    }
}

impl Redactor {
    /// A redactor for these secrets.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let mut values: Vec<String> = secrets
            .into_iter()
            .map(|s| s.expose().to_owned())
            .filter(|s| s.len() >= 4)
            .collect();
        // The longest first, so that a secret that contains another is masked whole.
        values.sort_by_key(|v| std::cmp::Reverse(v.len()));
        values.dedup();
        Self { values }
    }

    /// The text with every known secret, and the value behind every configuration keyword that
    /// carries one, replaced by `***`.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        let mut out = text.to_owned();
        for value in &self.values {
            if out.contains(value.as_str()) {
                out = out.replace(value.as_str(), "***");
            }
        }
        mask_config_secrets(&out)
    }

    /// How many bytes of a line that goes on can be kept now, unmasked: what is behind them may be the
    /// beginning of a secret.
    #[must_use]
    pub fn settled(&self, line: &str) -> usize {
        let keyword = SECRET_KEYWORDS.iter().any(|k| line.contains(k));
        if keyword || self.redact(line) != line {
            return 0;
        }
        let values = self.values.iter().map(String::as_str);
        values
            .chain(SECRET_KEYWORDS)
            .filter_map(|secret| beginning_at_the_end(line, secret))
            .min()
            .unwrap_or(line.len())
    }
}

/// Whether a text ends with a beginning of another, and where that stands.
fn beginning_at_the_end(text: &str, of: &str) -> Option<usize> {
    let places = text.char_indices().map(|(at, _)| at);
    places
        .filter(|at| text.len() - at < of.len())
        .find(|at| text.get(*at..).is_some_and(|tail| of.starts_with(tail)))
}

/// Keywords of a configuration line whose last words are a secret. The words in between (`0`, `7`,
/// `encrypted`) are not told apart: everything behind the keyword goes.
const SECRET_KEYWORDS: [&str; 9] = [
    "password ",
    "secret ",
    "snmp-server community ",
    "key-string ",
    "pre-shared-key ",
    "tacacs-server key ",
    "radius-server key ",
    "server-key ",
    " key 7 ",
];

fn mask_config_secrets(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let hit = SECRET_KEYWORDS
            .iter()
            .filter_map(|k| line.find(k).map(|at| at + k.len()))
            .min();
        match hit.and_then(|at| line.split_at_checked(at)) {
            Some((head, tail)) if !tail.trim().is_empty() => {
                out.push_str(head);
                out.push_str("***");
                let ending = tail.len() - tail.trim_end_matches(['\r', '\n']).len();
                out.push_str(tail.get(tail.len() - ending..).unwrap_or(""));
            }
            _ => out.push_str(line),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed() {
        assert_eq!(format!("{:?}", Secret::new("hunter22")), "Secret(***)");
    }

    #[test]
    fn what_may_become_a_secret_is_not_settled() {
        let redactor = Redactor::new([&Secret::new("hunter22"), &Secret::new("grüße")]);
        for (line, settled) in [
            ("sw1#", 4),
            ("", 0),
            ("it is hunter2", 6),
            ("it is h", 6),
            ("it is hunter22", 0),
            ("it is hunter2x", 14),
            ("grü", 0),
            ("a secret ", 0),
            ("username x secr", 11),
            ("Password: ", 9),
        ] {
            assert_eq!(redactor.settled(line), settled, "{line:?}");
        }
    }

    #[test]
    fn known_values_and_configuration_secrets_are_masked() {
        let redactor = Redactor::new([&Secret::new("hunter22"), &Secret::new("hunter22-long")]);
        assert_eq!(redactor.redact("a hunter22-long b hunter22"), "a *** b ***");
        assert_eq!(
            redactor.redact("username x privilege 15 secret 9 $9$abc\r\nend\r\n"),
            "username x privilege 15 secret ***\r\nend\r\n"
        );
        assert_eq!(
            redactor.redact("Enter password \r\n"),
            "Enter password \r\n"
        );
    }
}
