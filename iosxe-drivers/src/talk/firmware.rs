//! What `upgrade hw-programmable` asks, and what it is answered: yes for exactly the planned versions
//! alone. A downgrade, another part or a question that names no versions is answered with no.
//!
//! ```text
//! Start service Upgrade FPGA on Route-Processor 1 from current version 18102401 to 17071402  (Y)es/(N)o/(C)ontinue? [Y
//! ```
//!
//! The sample goes down, and its prompt lacks the closing bracket. A second question about the power
//! cycle of the card names no versions; it belongs to the answer before it.
//!
//! Source: genielibs `apis/iosxe/platform/utils.py`.

use std::cmp::Ordering;

use iosxe_core::firmware::{Change, compare};

/// How the question ends, whatever stands behind it.
pub(super) const QUESTION: &str = "(Y)es/(N)o/(C)ontinue?";

/// Decides question by question of one command.
#[derive(Clone, Debug)]
pub struct Judge {
    planned: Vec<Change>,
    /// The last question that named versions was answered with yes.
    agreed: bool,
    refused: Option<Refused>,
}

/// A question that was answered with no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Stable code.
    pub code: &'static str,
    /// The line of the device.
    pub question: String,
    /// Why not.
    pub why: String,
}

impl Judge {
    pub(super) fn new(planned: &[Change]) -> Self {
        Self {
            planned: planned.to_vec(),
            agreed: false,
            refused: None,
        }
    }

    /// What a question is answered with, seeing everything that was said since the last one.
    pub(super) fn answer(&mut self, said: &str) -> &'static str {
        let Some(asked) = Asked::of(said) else {
            // About the power cycle of a card that was agreed to, and about no other.
            if self.agreed && said.contains("power-cycled") {
                self.agreed = false;
                return "Y";
            }
            return self.refuse("firmware_question_unclear", said, "it names no versions");
        };
        let planned = self.planned.iter().find(|change| asked.is(change));
        if planned.is_some() {
            self.agreed = true;
            return "Y";
        }
        self.agreed = false;
        let same_kind = self.planned.first().map(|c| c.kind);
        let down = same_kind.and_then(|kind| compare(kind, asked.to, asked.from));
        if matches!(down, Some(Ordering::Less | Ordering::Equal)) {
            let why = format!("it goes from {} down to {}", asked.from, asked.to);
            return self.refuse("firmware_downgrade", said, &why);
        }
        let all: Vec<String> = self.planned.iter().map(ToString::to_string).collect();
        let why = format!(
            "it goes from {} to {}, and planned is {}",
            asked.from,
            asked.to,
            all.join(", ")
        );
        self.refuse("firmware_not_as_planned", said, &why)
    }

    fn refuse(&mut self, code: &'static str, said: &str, why: &str) -> &'static str {
        let question = said.lines().map(str::trim).rfind(|l| !l.is_empty());
        self.refused.get_or_insert(Refused {
            code,
            question: question.unwrap_or_default().to_owned(),
            why: why.to_owned(),
        });
        "N"
    }

    /// The first question that was answered with no.
    pub(super) fn refused(&self) -> Option<&Refused> {
        self.refused.as_ref()
    }
}

/// What a question names.
struct Asked<'a> {
    /// `FPGA`, where it stands there.
    part: Option<&'a str>,
    /// The number of `Route-Processor 1`.
    unit: Option<&'a str>,
    from: &'a str,
    to: &'a str,
}

impl<'a> Asked<'a> {
    fn of(said: &'a str) -> Option<Self> {
        let (before, rest) = said.rsplit_once("from current version ")?;
        let mut words = rest.split_whitespace();
        let (from, "to", to) = (words.next()?, words.next()?, words.next()?) else {
            return None;
        };
        let digit = |w: &str| w.bytes().any(|b| b.is_ascii_digit());
        if !digit(from) || !digit(to) {
            return None;
        }
        let line = before.lines().next_back().unwrap_or_default();
        let words: Vec<&str> = line.split_whitespace().collect();
        let part = words
            .iter()
            .position(|w| w.eq_ignore_ascii_case("upgrade"))
            .and_then(|at| words.get(at + 1).copied());
        let unit = words.last().copied();
        Some(Self {
            part,
            unit: unit.filter(|w| w.bytes().all(|b| b.is_ascii_digit() || b == b'/')),
            from,
            to,
        })
    }

    /// Exactly this change: part and slot too, where the question names them.
    fn is(&self, change: &Change) -> bool {
        let same = |a: &str, b: &str| compare(change.kind, a, b).is_some_and(Ordering::is_eq);
        let part = self
            .part
            .is_none_or(|p| p.eq_ignore_ascii_case(change.kind.word()));
        let slot = change
            .slot
            .trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let unit = self.unit.is_none_or(|u| u == slot);
        let up = compare(change.kind, &change.from, &change.to) == Some(Ordering::Less);
        up && part && unit && same(self.from, &change.from) && same(self.to, &change.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use iosxe_core::firmware::PartKind;

    fn judge(slot: &str, from: &str, to: &str) -> Judge {
        Judge::new(&[Change {
            slot: slot.into(),
            kind: PartKind::Fpga,
            from: from.into(),
            to: to.into(),
        }])
    }

    const UP: &str = "Start service Upgrade FPGA on Route-Processor 1 from current version 17071402 to 18102401  (Y)es/(N)o/(C)ontinue? [Y";

    #[test]
    fn only_exactly_the_planned_versions_are_answered_with_yes() {
        let mut good = judge("R1", "17071402", "18102401");
        assert_eq!(good.answer(UP), "Y");
        assert_eq!(
            good.answer("The card will be power-cycled. (Y)es/(N)o/(C)ontinue? [Y]"),
            "Y"
        );
        assert_eq!(good.refused(), None);
        for (slot, from, to) in [
            ("R1", "17071402", "19010101"),
            ("R1", "16010101", "18102401"),
            ("R0", "17071402", "18102401"),
        ] {
            let mut other = judge(slot, from, to);
            assert_eq!(other.answer(UP), "N", "{slot} {from} {to}");
            assert_eq!(other.refused().unwrap().code, "firmware_not_as_planned");
        }
        let cpld = UP.replace("FPGA", "CPLD");
        assert_eq!(judge("R1", "17071402", "18102401").answer(&cpld), "N");
    }

    #[test]
    fn a_downgrade_is_answered_with_no_even_where_a_plan_named_it() {
        let down = "Start service Upgrade FPGA on Route-Processor 1 from current version 18102401 to 17071402  (Y)es/(N)o/(C)ontinue? [Y";
        assert_eq!(judge("R1", "18102401", "17071402").answer(down), "N");
        let mut judge = judge("R1", "17071402", "18102401");
        assert_eq!(judge.answer(down), "N");
        assert_eq!(judge.refused().unwrap().code, "firmware_downgrade");
        assert!(
            judge
                .refused()
                .unwrap()
                .question
                .contains("18102401 to 17071402")
        );
    }

    #[test]
    fn a_question_without_versions_is_no_yes() {
        let mut fresh = judge("R1", "1", "2");
        assert_eq!(fresh.answer("Do it? (Y)es/(N)o/(C)ontinue? [Y"), "N");
        assert_eq!(
            fresh.answer("power-cycled. (Y)es/(N)o/(C)ontinue? [Y]"),
            "N"
        );
        assert_eq!(fresh.refused().unwrap().code, "firmware_question_unclear");
    }
}
