//! The regular expressions of output filters: `. * + ? [] () | ^ $ \` as a device reads them.

/// A compiled expression.
#[derive(Debug)]
pub(crate) struct Pattern {
    branches: Vec<Vec<Piece>>,
}

#[derive(Debug)]
struct Piece {
    what: What,
    min: usize,
    max: usize,
}

#[derive(Debug)]
enum What {
    Any,
    Char(char),
    Set(Vec<(char, char)>, bool),
    Start,
    End,
    Group(Pattern),
}

impl Pattern {
    /// Reads an expression; text that is no expression matches itself.
    pub(crate) fn new(text: &str) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let mut at = 0;
        branches(&chars, &mut at)
    }

    /// True when the expression matches somewhere in the line.
    pub(crate) fn matches(&self, line: &str) -> bool {
        let chars: Vec<char> = line.chars().collect();
        (0..=chars.len()).any(|from| self.ends(&chars, from, &mut |_| true))
    }

    fn ends(&self, line: &[char], from: usize, then: &mut dyn FnMut(usize) -> bool) -> bool {
        self.branches
            .iter()
            .any(|pieces| run(pieces, line, from, then))
    }
}

fn branches(text: &[char], at: &mut usize) -> Pattern {
    let mut branches = vec![Vec::new()];
    while let Some(c) = text.get(*at).copied() {
        *at += 1;
        let what = match c {
            ')' => break,
            '|' => {
                branches.push(Vec::new());
                continue;
            }
            '(' => What::Group(self::branches(text, at)),
            '.' => What::Any,
            '^' => What::Start,
            '$' => What::End,
            '[' => set(text, at),
            '\\' => {
                let c = text.get(*at).copied().unwrap_or('\\');
                *at += 1;
                What::Char(c)
            }
            c => What::Char(c),
        };
        let (min, max) = match text.get(*at) {
            Some('*') => (0, usize::MAX),
            Some('+') => (1, usize::MAX),
            Some('?') => (0, 1),
            _ => (1, 1),
        };
        if (min, max) != (1, 1) {
            *at += 1;
        }
        if let Some(branch) = branches.last_mut() {
            branch.push(Piece { what, min, max });
        }
    }
    Pattern { branches }
}

fn set(text: &[char], at: &mut usize) -> What {
    let not = text.get(*at) == Some(&'^');
    *at += usize::from(not);
    let mut ranges = Vec::new();
    while let Some(c) = text.get(*at).copied() {
        *at += 1;
        if c == ']' && !ranges.is_empty() {
            break;
        }
        let high = match (text.get(*at), text.get(*at + 1)) {
            (Some('-'), Some(high)) if *high != ']' => {
                *at += 2;
                *high
            }
            _ => c,
        };
        ranges.push((c, high));
    }
    What::Set(ranges, not)
}

fn run(pieces: &[Piece], line: &[char], from: usize, then: &mut dyn FnMut(usize) -> bool) -> bool {
    let Some((piece, rest)) = pieces.split_first() else {
        return then(from);
    };
    repeat(piece, 0, rest, line, from, then)
}

fn repeat(
    piece: &Piece,
    done: usize,
    rest: &[Piece],
    line: &[char],
    from: usize,
    then: &mut dyn FnMut(usize) -> bool,
) -> bool {
    if done < piece.max {
        let more = match &piece.what {
            What::Start => (from == 0 && done == 0).then_some(from),
            What::End => (from == line.len() && done == 0).then_some(from),
            What::Group(inner) => {
                let mut go = |next: usize| {
                    (next > from || done == 0) && repeat(piece, done + 1, rest, line, next, then)
                };
                if inner.ends(line, from, &mut go) {
                    return true;
                }
                None
            }
            one => line
                .get(from)
                .is_some_and(|c| single(one, *c))
                .then_some(from + 1),
        };
        if let Some(next) = more {
            let zero_width = next == from;
            if !zero_width && repeat(piece, done + 1, rest, line, next, then) {
                return true;
            }
            if zero_width {
                return run(rest, line, next, then);
            }
        }
    }
    done >= piece.min && run(rest, line, from, then)
}

fn single(what: &What, c: char) -> bool {
    match what {
        What::Any => true,
        What::Char(want) => *want == c,
        What::Set(ranges, not) => {
            ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *not
        }
        What::Start | What::End | What::Group(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_match_as_on_a_device() {
        let yes = [
            ("Version", "Cisco IOS XE Software, Version 17.09.04a"),
            ("^IMG", "IMG   C    17.09.04a.0.6"),
            ("uptime|Version", "sw uptime is 3 days"),
            ("17.*4a$", "IMG 17.09.04a"),
            ("[0-9]+ bytes", "12 bytes"),
            ("(ab)+c", "xababc"),
            ("a\\.b", "a.b"),
            ("^(Gi|Te)1/", "Te1/1/1"),
            ("[^a-z]9", "X9"),
        ];
        for (pattern, line) in yes {
            assert!(Pattern::new(pattern).matches(line), "{pattern} on {line}");
        }
        let no = [
            ("^IMG", " IMG"),
            ("a\\.b", "axb"),
            ("version", "Version"),
            ("(ab)+c", "ac"),
        ];
        for (pattern, line) in no {
            assert!(!Pattern::new(pattern).matches(line), "{pattern} on {line}");
        }
    }
}
