//! Is this the prompt, and which one?
//!
//! A prompt is only a prompt at the very end of what was said, anchored on the hostname that was
//! learnt: banners contain `#` and `>`, and ROMMON prints lines that end in `key#`.
//! Source of the shapes: unicon.plugins `iosxe/patterns.py`, `generic/patterns.py`; netmiko
//! `cisco_ios.py` for the cut of the hostname in configuration mode.

use serde::{Deserialize, Serialize};

/// Where a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromptKind {
    /// `H>`.
    User,
    /// `H#`.
    Privileged,
    /// `H(config…)#`.
    Config,
    /// `H(maint-mode)#`: graceful insertion and removal.
    Maintenance,
    /// `H(recovery-mode)#`: lost the dual-active election.
    Recovery,
    /// The boot loader.
    Rommon,
    /// The question for the initial configuration dialog: startup-config was not loaded.
    Setup,
}

/// The suffixes that may stand between hostname and `#`, with what they mean.
const SUFFIXES: [(&str, PromptKind); 8] = [
    ("(maint-mode)", PromptKind::Maintenance),
    ("(recovery-mode)", PromptKind::Recovery),
    ("(rp-rec-mode)", PromptKind::Recovery),
    ("(standby)", PromptKind::Privileged),
    ("-stby", PromptKind::Privileged),
    ("-standby", PromptKind::Privileged),
    ("(boot)", PromptKind::Privileged),
    ("", PromptKind::Privileged),
];

/// In configuration mode the hostname is cut to about 20 characters: only this many are compared.
const CONFIG_HOSTNAME_CHARS: usize = 16;

/// The kind of prompt that the unfinished line is, for a hostname that is known.
#[must_use]
pub fn recognise(last_line: &str, hostname: &str) -> Option<PromptKind> {
    let line = last_line.trim_end();
    if let Some(kind) = without_hostname(line) {
        return Some(kind);
    }
    let line = line.strip_prefix("(unlicensed)").unwrap_or(line);
    if let Some(rest) = line.strip_prefix(hostname) {
        if let Some(suffix) = rest.strip_suffix('>') {
            return SUFFIXES
                .iter()
                .any(|(s, _)| *s == suffix)
                .then_some(PromptKind::User);
        }
        if let Some(suffix) = rest.strip_suffix('#')
            && let Some((_, kind)) = SUFFIXES.iter().find(|(s, _)| *s == suffix)
        {
            return Some(*kind);
        }
    }
    let short: String = hostname.chars().take(CONFIG_HOSTNAME_CHARS).collect();
    let rest = line.strip_prefix(&short)?;
    let mode = rest.strip_suffix(")#").and_then(|r| r.split_once('('))?.1;
    ["con", "cfg", "ca-", "tcl", "pub"]
        .iter()
        .any(|m| mode.contains(m))
        .then_some(PromptKind::Config)
}

/// The prompts that carry no hostname.
fn without_hostname(line: &str) -> Option<PromptKind> {
    if line == "switch:" || line == "grub>" {
        return Some(PromptKind::Rommon);
    }
    if let Some(number) = line
        .strip_prefix("rommon")
        .and_then(|l| l.strip_suffix('>'))
    {
        return number
            .trim()
            .bytes()
            .all(|b| b.is_ascii_digit())
            .then_some(PromptKind::Rommon);
    }
    line.contains("initial configuration dialog? [yes/no]")
        .then_some(PromptKind::Setup)
}

/// Learns the hostname from the line that stands after a bare newline was sent: one word, then `>`
/// or `#`.
#[must_use]
pub fn learn(last_line: &str) -> Option<(String, PromptKind)> {
    let line = last_line.trim();
    if let Some(kind) = without_hostname(line) {
        return Some((String::new(), kind));
    }
    let line = line.strip_prefix("(unlicensed)").unwrap_or(line);
    let body = line.strip_suffix(['#', '>'])?;
    let user = line.ends_with('>');
    let (host, kind) = SUFFIXES
        .iter()
        .find_map(|(suffix, kind)| body.strip_suffix(suffix).map(|host| (host, *kind)))?;
    let shaped = !host.is_empty()
        && host.len() <= 64
        && host
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    shaped.then(|| (host.to_owned(), if user { PromptKind::User } else { kind }))
}

/// Whether the unfinished line asks to go on with more output.
#[must_use]
pub fn is_more(last_line: &str) -> bool {
    last_line
        .trim()
        .trim_matches('-')
        .trim()
        .eq_ignore_ascii_case("more")
        && last_line.contains("--")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_are_anchored_on_the_hostname() {
        let cases = [
            ("sw1#", Some(PromptKind::Privileged)),
            ("sw1# ", Some(PromptKind::Privileged)),
            ("sw1>", Some(PromptKind::User)),
            ("(unlicensed)sw1#", Some(PromptKind::Privileged)),
            ("sw1-stby>", Some(PromptKind::User)),
            ("sw1(recovery-mode)#", Some(PromptKind::Recovery)),
            ("sw1(maint-mode)#", Some(PromptKind::Maintenance)),
            ("sw1(config)#", Some(PromptKind::Config)),
            ("sw1(config-if)#", Some(PromptKind::Config)),
            ("switch: ", Some(PromptKind::Rommon)),
            ("rommon 2 >", Some(PromptKind::Rommon)),
            ("Signature verification failed for key#", None),
            ("sw10#", None),
            ("welcome to sw1#", None),
            ("interface Gi1/0/1 #", None),
        ];
        for (line, kind) in cases {
            assert_eq!(recognise(line, "sw1"), kind, "{line}");
        }
        let long = "distribution-switch-building-7";
        assert_eq!(
            recognise("distribution-switch-(config)#", long),
            Some(PromptKind::Config)
        );
    }

    #[test]
    fn a_hostname_is_learnt_from_one_word() {
        assert_eq!(
            learn("core-1.lab#"),
            Some(("core-1.lab".into(), PromptKind::Privileged))
        );
        assert_eq!(learn("edge>"), Some(("edge".into(), PromptKind::User)));
        assert_eq!(
            learn("sw(recovery-mode)#"),
            Some(("sw".into(), PromptKind::Recovery))
        );
        assert_eq!(learn("*** authorised use only #"), None);
        assert_eq!(learn("Password:"), None);
        assert_eq!(learn("#"), None);
    }

    #[test]
    fn more() {
        assert!(is_more(" --More-- "));
        assert!(is_more("--More--"));
        assert!(!is_more("more"));
        assert!(!is_more("sw1#"));
    }
}
