//! Numbers in sentences.

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

impl From<u32> for Number {
    fn from(number: u32) -> Self {
        Self(number.into())
    }
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn one_thing_is_not_several() {
        assert_eq!(counted(0_usize, "row"), "0 rows");
        assert_eq!(counted(1_usize, "row"), "1 row");
        assert_eq!(counted(12_u32, "row"), "12 rows");
    }
}
