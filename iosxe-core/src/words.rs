//! Numbers in sentences, and patterns of names.

/// A number with its noun, which gets an `s` where there is not exactly one: `1 row`, `2 rows`.
#[must_use]
pub fn counted(number: impl Into<Number>, noun: &str) -> String {
    match number.into() {
        Number(1) => format!("1 {noun}"),
        Number(number) => format!("{number} {noun}s"),
    }
}

/// A count of things.
#[derive(Clone, Copy, Debug)]
pub struct Number(u64);

impl From<usize> for Number {
    fn from(number: usize) -> Self {
        Self(u64::try_from(number).unwrap_or(u64::MAX))
    }
}

impl From<u64> for Number {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

impl From<u32> for Number {
    fn from(number: u32) -> Self {
        Self(number.into())
    }
}

/// Whether a pattern with `*` and `?` matches a whole text, without regard to case.
#[must_use]
pub fn glob(pattern: &str, text: &str) -> bool {
    fn fits(p: &[char], t: &[char]) -> bool {
        match (p.split_first(), t.split_first()) {
            (None, None) => true,
            (Some(('*', rest)), _) => {
                fits(rest, t) || t.split_first().is_some_and(|(_, tail)| fits(p, tail))
            }
            (Some(('?', rest)), Some((_, tail))) => fits(rest, tail),
            (Some((a, rest)), Some((b, tail))) => a.eq_ignore_ascii_case(b) && fits(rest, tail),
            _ => false,
        }
    }
    let p: Vec<char> = pattern.chars().collect();
    let t: Vec<char> = text.chars().collect();
    fits(&p, &t)
}

#[cfg(test)]
mod tests {
    use super::{counted, glob};

    #[test]
    fn patterns() {
        assert!(glob("sw-*", "SW-access-01"));
        assert!(glob("*", ""));
        assert!(glob("a?c*", "abcd"));
        assert!(!glob("sw-*", "rt-1"));
        assert!(!glob("sw", "sw1"));
    }

    #[test]
    fn one_thing_is_not_several() {
        assert_eq!(counted(0_usize, "row"), "0 rows");
        assert_eq!(counted(1_usize, "row"), "1 row");
        assert_eq!(counted(12_u32, "row"), "12 rows");
    }
}
