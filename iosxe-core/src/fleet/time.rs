//! How long a device is disturbed, and which opening of a window has room for that.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Opening, Window};
use crate::plan::{DevicePlan, Disturbs};
use crate::policy::Policy;

/// Openings that are looked at for one with room: what does not fit into these fits into none.
const OPENINGS: usize = 400;

/// How long a device needs from its first disruptive step on until it is proven, in device time; with
/// room for the way back, which begins when the checks have failed for as long as they may.
///
/// Where the plan knows no way back nothing is counted for one.
#[must_use]
pub fn time_needed(plan: &DevicePlan, policy: &Policy) -> Duration {
    let forth = Duration::from_secs(plan.estimate_s);
    let goes_back = plan.way_back.iter().any(|s| s.disturbs != Disturbs::None);
    let back = if goes_back { forth } else { Duration::ZERO };
    let failed = policy.convergence.saturating_add(back);
    forth.saturating_add(failed.max(policy.soak))
}

/// What a window has for a device that needs so long, in wall time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// It fits now.
    Now(Opening),
    /// It fits when this begins.
    Later(Opening),
    /// The window opens again, and never for so long.
    TooShort {
        /// The longest opening.
        longest: Duration,
    },
    /// The window does not open any more.
    Over,
}

impl Window {
    /// The first opening with room for a device that needs so long, in wall time.
    #[must_use]
    pub fn room(&self, now: Timestamp, need: Duration) -> Room {
        let mut longest = None;
        let mut from = now;
        for _ in 0..OPENINGS {
            let Some(opening) = self.opening(from) else {
                break;
            };
            let begin = opening.opens.max(now);
            let left = Opening {
                opens: begin,
                closes: opening.closes,
            };
            let fits = SignedDuration::try_from(need)
                .ok()
                .and_then(|need| begin.checked_add(need).ok())
                .is_some_and(|end| end <= opening.closes);
            if fits && begin == now {
                return Room::Now(opening);
            }
            if fits {
                return Room::Later(opening);
            }
            longest = longest.max(Some(left.length()));
            from = opening.closes;
        }
        longest.map_or(Room::Over, |longest| Room::TooShort { longest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn night(text: &str) -> Window {
        toml::from_str(&format!(
            "name = \"night\"\nzone = \"UTC\"\nstarts = \"22:00\"\nends = \"00:00\"\n{text}"
        ))
        .unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn what_does_not_fit_tonight_waits_for_the_next_night() {
        let window = night("");
        let opens = |now: &str, need: Duration| match window.room(at(now), need) {
            Room::Now(_) => "now".to_owned(),
            Room::Later(opening) => opening.opens.to_string(),
            other => format!("{other:?}"),
        };
        assert_eq!(opens("2026-11-23T20:00:00Z", HOUR), "2026-11-23T22:00:00Z");
        assert_eq!(opens("2026-11-23T22:30:00Z", HOUR), "now");
        assert_eq!(
            opens("2026-11-23T23:00:00Z", HOUR),
            "now",
            "to the last second"
        );
        assert_eq!(opens("2026-11-23T23:00:01Z", HOUR), "2026-11-24T22:00:00Z");
    }

    #[test]
    fn what_never_fits_is_told_with_what_there_is() {
        let window = night("");
        let room = window.room(at("2026-11-23T20:00:00Z"), 3 * HOUR);
        assert_eq!(room, Room::TooShort { longest: 2 * HOUR });
        let last = night("dates = [\"2026-11-23\"]");
        assert_eq!(last.room(at("2026-11-24T20:00:00Z"), HOUR), Room::Over);
        // Of tonight's there is an hour left, and nothing comes after it.
        let room = last.room(at("2026-11-23T23:00:00Z"), 2 * HOUR);
        assert_eq!(room, Room::TooShort { longest: HOUR });
    }
}
