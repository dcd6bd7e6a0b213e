//! Instants as a device writes them: which of two is earlier?

/// How far two clocks of one device may be apart whose zones cannot be compared.
const ZONES_APART_S: i64 = 26 * 3600;

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

/// Whether one instant is before another for sure: `Wed Nov 06 17:18:32 UTC 2024`, as the install
/// engine writes it, `17:20:01 UTC Wed Nov 6 2024`, as `show version` does. The engine may write
/// universal time where the rest of the device has a zone: then it has to be more than a day.
pub(super) fn surely_before(first: &str, second: &str) -> bool {
    let (Some(first), Some(second)) = (Stamp::read(first), Stamp::read(second)) else {
        return false;
    };
    let apart = if first.zone == second.zone {
        0
    } else {
        ZONES_APART_S
    };
    first.seconds + apart < second.seconds
}

struct Stamp {
    seconds: i64,
    zone: String,
}

impl Stamp {
    fn read(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let time = words.iter().position(|w| w.contains(':'))?;
        let month_of = |w: &str| MONTHS.iter().position(|m| w.eq_ignore_ascii_case(m));
        let (at, month) = words
            .iter()
            .enumerate()
            .find_map(|(at, w)| Some((at, month_of(w)?)))?;
        let day = number(words.get(at + 1)?)?;
        let year: i64 = words.iter().rev().find_map(|w| match w.len() {
            4 => number(w),
            _ => None,
        })?;
        let clock = words.get(time)?.trim_start_matches(['*', '.']);
        let mut fields = clock.split('.').next()?.split(':');
        let mut seconds = 0;
        for _ in 0..3 {
            seconds = seconds * 60 + number(fields.next()?)?;
        }
        let zone = match words.get(time + 1)?.to_ascii_uppercase().as_str() {
            "GMT" | "UNIVERSAL" => "UTC".to_owned(),
            zone => zone.to_owned(),
        };
        let month = i64::try_from(month).ok()? + 1;
        Some(Self {
            seconds: days(year, month, day) * 86_400 + seconds,
            zone,
        })
    }
}

/// A number of at most four digits, as every part of an instant is.
fn number(text: &str) -> Option<i64> {
    text.parse::<u16>().ok().map(i64::from)
}

/// Days of the Gregorian calendar, counted in years that begin with March.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_writing_are_compared() {
        let engine = "Wed Nov 06 17:18:32 UTC 2024";
        assert!(surely_before(engine, "17:20:01 UTC Wed Nov 6 2024"));
        assert!(!surely_before(engine, "17:18:32 UTC Wed Nov 6 2024"));
        assert!(!surely_before(engine, "17:10:00 UTC Wed Nov 6 2024"));
        let universal = "Wed Jun 12 19:31:50 Universal 2019";
        assert!(surely_before(
            universal,
            "*19:40:00.123 UTC Wed Jun 12 2019"
        ));
        assert!(surely_before(
            "Sat Feb 29 23:59:59 UTC 2020",
            "00:00:01 UTC Sun Mar 1 2020"
        ));
        assert!(surely_before(
            "Tue Dec 31 23:59:59 UTC 2024",
            "00:00:00 UTC Wed Jan 1 2025"
        ));
    }

    #[test]
    fn another_zone_needs_more_than_a_day() {
        let engine = "Wed Jun 12 19:31:50 UTC 2019";
        assert!(!surely_before(engine, "21:40:00 CEST Wed Jun 12 2019"));
        assert!(!surely_before(engine, "19:31:50 CEST Thu Jun 13 2019"));
        assert!(surely_before(engine, "21:40:00 CEST Fri Jun 14 2019"));
    }

    #[test]
    fn what_is_no_instant_is_before_nothing() {
        for text in ["", "soon", "Wed Nov 06 2024", "17:20 UTC Wed Nov 6 2024"] {
            assert!(!surely_before(text, "17:20:01 UTC Wed Nov 6 2030"));
            assert!(!surely_before("Wed Nov 06 17:18:32 UTC 2024", text));
        }
    }
}
