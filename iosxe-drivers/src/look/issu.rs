//! What a device says of an upgrade in service: may one start, how far is one, and when would it go
//! back by itself?

use std::time::Duration;

use iosxe_core::device::IssuState;

use super::{answer, read_if_clear};
use crate::parse::show_issu_state::{Checks, IssuStatus, ShowIssuState};
use crate::parse::{show_issu_rollback_timer, show_issu_state};
use crate::talk::console::{Output, Taken};

pub(super) const ISSU: &str = "show issu state detail";
pub(super) const TIMER: &str = "show issu rollback-timer";
pub(super) const TIMER_SET: &str = "show running-config | include ^issu set rollback-timer";

/// What the device says of an upgrade in service, and of the timer that takes one back.
pub(super) fn read_state(answers: &[Output], unknown: &mut Vec<String>) -> Option<IssuState> {
    let shown = read_if_clear(answer(answers, ISSU), show_issu_state::parse, unknown)?;
    let mut state = issu_state(&shown);
    let timer = read_if_clear(
        answer(answers, TIMER),
        show_issu_rollback_timer::parse,
        unknown,
    );
    // Of one that is at work alone: a release without the command has said so, and has no such timer.
    let asked = answer(answers, TIMER).filter(|o| o.taken == Taken::Ran);
    state.rollback_unread = asked.is_some() && timer.is_none() && state.in_progress;
    if let Some(timer) = timer {
        let left = timer.remaining_s.map(Duration::from_secs);
        state.rollback = left.filter(|_| state.in_progress).or(state.rollback);
        state.rollback_configured = timer.configured_s.map(Duration::from_secs);
    }
    // What is configured is not always told with the timer.
    let set = answer(answers, TIMER_SET).filter(|o| o.taken == Taken::Ran);
    let set = set.and_then(|o| o.text.lines().find_map(timer_set));
    state.rollback_configured = state.rollback_configured.or(set);
    Some(state)
}

/// `issu set rollback-timer 5400`, `… 01:30:00`. Source: ASR 1000 software configuration guide.
fn timer_set(line: &str) -> Option<Duration> {
    let value = line.trim().strip_prefix("issu set rollback-timer ")?.trim();
    let seconds = value.split(':').try_fold(0u64, |sum, part| {
        let part: u64 = part.parse().ok()?;
        sum.checked_mul(60)?.checked_add(part)
    })?;
    Some(Duration::from_secs(seconds))
}

fn issu_state(shown: &ShowIssuState) -> IssuState {
    let failing = shown
        .checks
        .iter()
        .flat_map(Checks::failing)
        .map(|(check, says)| format!("{check}: {says}"))
        .collect();
    let operation = shown.operation.as_ref();
    IssuState {
        in_progress: shown.in_progress,
        enabled: shown.status.map(|s| s == IssuStatus::Enabled),
        failing,
        state: operation.and_then(|o| o.current_state.clone()),
        last_operation: operation.and_then(|o| o.last_operation.clone()),
        terminal: operation.map(|o| o.terminal_state_reached),
        rollback: operation
            .and_then(|o| o.rollback_remaining_s)
            .map(Duration::from_secs),
        rollback_unread: false,
        rollback_configured: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configured_timer_is_read_in_each_of_its_spellings() {
        for (line, seconds) in [
            ("issu set rollback-timer 5400", Some(5400)),
            ("issu set rollback-timer 01:30:00", Some(5400)),
            ("issu set rollback-timer 90:00", Some(5400)),
            ("issu set rollback-timer soon", None),
            ("hostname issu", None),
        ] {
            assert_eq!(timer_set(line), seconds.map(Duration::from_secs), "{line}");
        }
    }
}
