//! Understanding a typed line: abbreviations, arguments, and what is wrong where.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::table::{self, Action};

/// Arguments of a command by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Args(Vec<(String, String)>);

impl Args {
    /// The argument of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }

    /// True when an optional keyword was typed.
    pub(crate) fn has(&self, word: &str) -> bool {
        self.0.iter().any(|(n, v)| n.is_empty() && v == word)
    }

    /// The keyword at that place of the line, when a keyword stands there.
    pub(crate) fn keyword(&self, at: usize) -> Option<&str> {
        self.0
            .get(at)
            .filter(|(n, _)| n.is_empty())
            .map(|(_, v)| v.as_str())
    }

    /// The last word of the line, when it is a keyword.
    pub(crate) fn last_keyword(&self) -> Option<&str> {
        self.0
            .last()
            .filter(|(n, _)| n.is_empty())
            .map(|(_, v)| v.as_str())
    }

    /// Optional keywords and their like, for tests and for commands built in code.
    #[cfg(test)]
    pub(crate) fn of(pairs: &[(&str, &str)]) -> Self {
        Args(
            pairs
                .iter()
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
                .collect(),
        )
    }
}

/// What a line means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// A command with its arguments.
    Run(Action, Args),
    /// More words are needed.
    Incomplete,
    /// A word fits several keywords.
    Ambiguous,
    /// The word at this offset (in characters) fits nothing.
    Invalid(usize),
}

#[derive(Debug, Default)]
struct Node {
    words: BTreeMap<String, Node>,
    arg: Option<Box<(String, bool, Node)>>,
    end: Option<Action>,
    /// Lowest privilege of anything below.
    privilege: Option<u8>,
}

static TREE: LazyLock<Node> = LazyLock::new(|| {
    let mut root = Node::default();
    for (privilege, pattern, action) in table::COMMANDS {
        for form in expand(pattern) {
            root.insert(
                &form.split_whitespace().collect::<Vec<_>>(),
                *action,
                *privilege,
            );
        }
    }
    root
});

/// All forms of a pattern with `[optional]` parts.
fn expand(pattern: &str) -> Vec<String> {
    let Some((before, rest)) = pattern.split_once('[') else {
        return vec![pattern.to_owned()];
    };
    let Some((inner, after)) = rest.split_once(']') else {
        return vec![pattern.to_owned()];
    };
    [
        format!("{before}{after}"),
        format!("{before}{inner}{after}"),
    ]
    .iter()
    .flat_map(|form| expand(form))
    .collect()
}

impl Node {
    fn insert(&mut self, tokens: &[&str], action: Action, privilege: u8) {
        self.privilege = Some(self.privilege.map_or(privilege, |p| p.min(privilege)));
        let Some((first, rest)) = tokens.split_first() else {
            self.end = Some(action);
            return;
        };
        let next = match first.strip_prefix('<').and_then(|t| t.strip_suffix('>')) {
            Some(name) => {
                let rest_of_line = name.ends_with("...");
                let name = name.trim_end_matches('.').to_owned();
                let arg = self
                    .arg
                    .get_or_insert_with(|| Box::new((name, rest_of_line, Node::default())));
                &mut arg.2
            }
            None => self.words.entry((*first).to_owned()).or_default(),
        };
        next.insert(rest, action, privilege);
    }

    fn candidates(&self, word: &str, privilege: u8) -> Vec<(&String, &Node)> {
        let word = word.to_lowercase();
        let open = |n: &Node| n.privilege.is_some_and(|p| p <= privilege);
        if let Some((name, node)) = self.words.get_key_value(&word)
            && open(node)
        {
            return vec![(name, node)];
        }
        self.words
            .iter()
            .filter(|(name, n)| name.starts_with(&word) && open(n))
            .collect()
    }
}

/// Words of a line with their offsets in characters.
fn words(line: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    for piece in line.split(' ') {
        if !piece.is_empty() {
            found.push((at, piece));
        }
        at += piece.chars().count() + 1;
    }
    found
}

/// Understands a line at a privilege level.
pub(crate) fn understand(line: &str, privilege: u8) -> Meaning {
    let mut node = &*TREE;
    let mut args = Args::default();
    let tokens = words(line);
    for (i, (at, word)) in tokens.iter().enumerate() {
        let found = node.candidates(word, privilege);
        match (found.as_slice(), &node.arg) {
            ([(name, next)], _) => {
                args.0.push((String::new(), (*name).clone()));
                node = next;
            }
            ([], Some(arg)) if arg.2.privilege.is_some_and(|p| p <= privilege) => {
                let (name, rest_of_line, next) = &**arg;
                let value = if *rest_of_line {
                    line.chars()
                        .skip(*at)
                        .collect::<String>()
                        .trim_end()
                        .to_owned()
                } else {
                    (*word).to_owned()
                };
                args.0.push((name.clone(), value));
                node = next;
                if *rest_of_line {
                    break;
                }
            }
            ([], _) => return Meaning::Invalid(*at),
            _ if i + 1 == tokens.len() || node.arg.is_none() => return Meaning::Ambiguous,
            _ => return Meaning::Ambiguous,
        }
    }
    match node.end {
        Some(action) => Meaning::Run(action, args),
        None => Meaning::Incomplete,
    }
}

/// The list that `?` prints: words that may follow, with help.
pub(crate) fn help(line: &str, privilege: u8) -> Option<Vec<(String, &'static str)>> {
    let (done, partial) = match line.rsplit_once(' ') {
        Some((done, partial)) => (done, partial),
        None => ("", line),
    };
    let mut node = &*TREE;
    for (_, word) in words(done) {
        node = match (node.candidates(word, privilege).as_slice(), &node.arg) {
            ([(_, next)], _) => next,
            ([], Some(arg)) => &arg.2,
            _ => return None,
        };
    }
    let mut rows: Vec<(String, &'static str)> = node
        .candidates(partial, privilege)
        .into_iter()
        .map(|(name, _)| (name.clone(), table::help(name)))
        .collect();
    if partial.is_empty() || node.candidates(partial, privilege).is_empty() {
        if let Some(arg) = &node.arg {
            rows.push((arg.0.to_uppercase(), table::help(&arg.0)));
        }
        if node.end.is_some() && partial.is_empty() {
            rows.push(("<cr>".to_owned(), "<cr>"));
        }
    }
    Some(rows)
}

/// Completes the last word when only one keyword fits.
pub(crate) fn complete(line: &str, privilege: u8) -> Option<String> {
    let rows = help(line, privilege)?;
    let partial = line.rsplit(' ').next().unwrap_or_default();
    match rows.as_slice() {
        [(word, _)] if !partial.is_empty() && word.starts_with(&partial.to_lowercase()) => {
            Some(format!("{}{word} ", line.strip_suffix(partial)?))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abbreviations_find_their_command() {
        let run = |line: &str| match understand(line, 15) {
            Meaning::Run(action, _) => action,
            other => panic!("{line}: {other:?}"),
        };
        assert_eq!(run("sh ver"), Action::ShowVersion);
        assert_eq!(run("sh inst sum"), Action::ShowInstallSummary);
        assert_eq!(run("show ip int br"), Action::ShowIpInterfaceBrief);
        assert_eq!(run("wr"), Action::WriteMemory);
        assert_eq!(run("conf t"), Action::ConfigureTerminal);
        assert_eq!(run("copy run start"), Action::Copy);
        assert_eq!(run("ter len 0"), Action::TerminalLength);
    }

    #[test]
    fn mistakes_are_found_at_their_column() {
        assert_eq!(understand("show vresion", 15), Meaning::Invalid(5));
        assert_eq!(understand("frob", 15), Meaning::Invalid(0));
        assert_eq!(understand("show version extra", 15), Meaning::Invalid(13));
        assert_eq!(understand("show", 15), Meaning::Incomplete);
        assert_eq!(understand("show install", 15), Meaning::Incomplete);
        assert_eq!(understand("c", 15), Meaning::Ambiguous);
    }

    #[test]
    fn a_user_of_level_one_does_not_see_the_rest() {
        assert_eq!(understand("install commit", 1), Meaning::Invalid(0));
        assert_eq!(understand("show running-config", 1), Meaning::Invalid(5));
        assert!(matches!(
            understand("show version", 1),
            Meaning::Run(Action::ShowVersion, _)
        ));
    }

    #[test]
    fn options_of_a_command_may_be_left_out() {
        let args = |line: &str| match understand(line, 15) {
            Meaning::Run(Action::InstallActivate, args) => args,
            other => panic!("{line}: {other:?}"),
        };
        let all = args("install activate auto-abort-timer 90 prompt-level none");
        assert_eq!(all.get("minutes"), Some("90"));
        assert!(all.has("prompt-level"));
        assert!(!args("install activate").has("prompt-level"));
        assert_eq!(Args::of(&[("a", "b")]).get("a"), Some("b"));
    }

    #[test]
    fn help_lists_what_may_follow() {
        let rows = help("show install s", 15).unwrap();
        assert_eq!(
            rows.iter().map(|r| r.0.as_str()).collect::<Vec<_>>(),
            ["summary"]
        );
        assert_eq!(complete("show inst", 15).unwrap(), "show install ");
    }
}
