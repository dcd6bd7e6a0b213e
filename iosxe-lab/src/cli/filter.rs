//! Output filters behind `|`.

use super::pattern::Pattern;

/// What stands behind the bar.
#[derive(Debug)]
pub(crate) enum Filter {
    Include(Pattern),
    Exclude(Pattern),
    Begin(Pattern),
    Section(Pattern),
    Count(Pattern),
    /// `redirect` and `tee` with the file they write; true for `tee`.
    Write(String, bool),
}

impl Filter {
    /// Reads `include X` and its abbreviations. `Err` gives the offset of the wrong word.
    pub(crate) fn parse(text: &str) -> Result<Filter, usize> {
        let start = text.len() - text.trim_start().len();
        let body = text.trim_start();
        let (word, rest) = body.split_once(char::is_whitespace).unwrap_or((body, ""));
        let rest = rest.trim_start().trim_end_matches(['\r', '\n']);
        const WORDS: [&str; 7] = [
            "include", "exclude", "begin", "section", "count", "redirect", "tee",
        ];
        let known = WORDS
            .iter()
            .find(|w| !word.is_empty() && w.starts_with(&word.to_lowercase()));
        let Some(known) = known else {
            return Err(start);
        };
        if rest.is_empty() {
            return Err(text.len());
        }
        Ok(match *known {
            "include" => Filter::Include(Pattern::new(rest)),
            "exclude" => Filter::Exclude(Pattern::new(rest)),
            "begin" => Filter::Begin(Pattern::new(rest)),
            "section" => Filter::Section(Pattern::new(rest)),
            "count" => Filter::Count(Pattern::new(rest)),
            word => Filter::Write(rest.to_owned(), word == "tee"),
        })
    }

    /// The part of a text that passes.
    pub(crate) fn apply(&self, text: &str) -> String {
        let keep = |pattern: &Pattern, want: bool| -> String {
            text.lines()
                .filter(|l| pattern.matches(l) == want)
                .map(|l| format!("{l}\n"))
                .collect()
        };
        match self {
            Filter::Include(p) => keep(p, true),
            Filter::Exclude(p) => keep(p, false),
            Filter::Count(p) => {
                let n = text.lines().filter(|l| p.matches(l)).count();
                format!("Number of lines which match regexp = {n}\n")
            }
            Filter::Begin(p) => text
                .lines()
                .skip_while(|l| !p.matches(l))
                .map(|l| format!("{l}\n"))
                .collect(),
            Filter::Section(p) => section(p, text),
            Filter::Write(_, tee) => {
                if *tee {
                    text.to_owned()
                } else {
                    String::new()
                }
            }
        }
    }
}

fn section(pattern: &Pattern, text: &str) -> String {
    let mut out = String::new();
    let mut within: Option<usize> = None;
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        if within.is_some_and(|at| indent <= at) {
            within = None;
        }
        if within.is_none() && pattern.matches(line) {
            within = Some(indent);
        }
        if within.is_some() {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "interface A\n ip x\n!\ninterface B\n ip y\n!\nend\n";

    #[test]
    fn each_filter_keeps_its_part() {
        let run = |f: &str| Filter::parse(f).unwrap().apply(TEXT);
        assert_eq!(run("i ip"), " ip x\n ip y\n");
        assert_eq!(run("exc ip|!"), "interface A\ninterface B\nend\n");
        assert_eq!(run("begin B"), "interface B\n ip y\n!\nend\n");
        assert_eq!(run("sec interface B"), "interface B\n ip y\n");
        assert_eq!(run("count ip"), "Number of lines which match regexp = 2\n");
        assert!(Filter::parse("frobnicate x").is_err());
        assert!(Filter::parse(" include").is_err());
    }
}
