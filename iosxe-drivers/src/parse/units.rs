//! Durations, sizes, addresses and clocks as devices spell them.

use iosxe_core::device::Release;

use super::parts::{cut, is_blank, trim, word_end};

/// Seconds of `1 year, 13 weeks, 6 days, 1 hour, 2 minutes`; a year has 365 days, as IOS counts.
pub(crate) fn uptime(text: &str) -> Option<u64> {
    let mut total = 0u64;
    let mut rest = text;
    loop {
        let (part, behind) = match cut(rest, b',') {
            Some((part, behind)) => (part, Some(behind)),
            None => (rest, None),
        };
        let part = part.trim_ascii_start();
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        let (count, behind_count) = part.split_at_checked(digits)?;
        let unit = behind_count.trim_ascii_start();
        let (unit, tail) = unit.split_at_checked(word_end(unit))?;
        if unit.len() + tail.len() == behind_count.len() || !is_blank(tail) {
            return None;
        }
        let unit: u64 = match unit.trim_end_matches('s') {
            "year" => 365 * 86_400,
            "week" => 7 * 86_400,
            "day" => 86_400,
            "hour" => 3_600,
            "minute" => 60,
            "second" => 1,
            _ => return None,
        };
        total = total.checked_add(count.parse::<u64>().ok()?.checked_mul(unit)?)?;
        match behind {
            Some(behind) => rest = behind,
            None => return Some(total),
        }
    }
}

/// Seconds of `hh:mm:ss` or `mm:ss`.
pub(crate) fn clock(text: &str) -> Option<u64> {
    let mut total = 0u64;
    let mut fields = 0;
    for field in text.split(':') {
        if field.is_empty() || !field.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        total = total.checked_mul(60)?.checked_add(field.parse().ok()?)?;
        fields += 1;
    }
    (2..=3).contains(&fields).then_some(total)
}

/// Seconds of `01:49:42`: all three fields, minutes and seconds with both digits. For a timer whose
/// text may have been cut.
pub(crate) fn hms(text: &str) -> Option<u64> {
    let mut fields = text.split(':').skip(1);
    let two = |field: Option<&str>| field.is_some_and(|f| f.len() == 2);
    if two(fields.next()) && two(fields.next()) && fields.next().is_none() {
        clock(text)
    } else {
        None
    }
}

/// Seconds of `00:01:37`, `1d18h`, `2y30w`, `22w5d`, `10.5s`: how long ago something was.
pub(crate) fn age(text: &str) -> Option<u64> {
    if text.contains(':') {
        return clock(text);
    }
    let mut total = 0u64;
    let mut digits = "";
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.bytes().position(|b| !b.is_ascii_digit())?;
        if end == 0 {
            return None;
        }
        digits = rest.get(..end)?;
        let unit: u64 = match rest.as_bytes().get(end)? {
            b'y' => 365 * 86_400,
            b'w' => 7 * 86_400,
            b'd' => 86_400,
            b'h' => 3_600,
            b'm' => 60,
            b's' => 1,
            _ => return None,
        };
        total = total.checked_add(digits.parse::<u64>().ok()?.checked_mul(unit)?)?;
        rest = rest.get(end + 1..)?;
    }
    (!digits.is_empty()).then_some(total)
}

/// Whether a text is a MAC address: `0011.2233.4455`, `00:11:22:33:44:55` or `0011-2233-4455`.
pub(crate) fn is_mac(text: &str) -> bool {
    let mut digits = 0;
    for b in text.bytes() {
        match b {
            b'.' | b':' | b'-' => {}
            _ if b.is_ascii_hexdigit() => digits += 1,
            _ => return false,
        }
    }
    digits == 12 && matches!(text.len(), 14 | 17)
}

/// Whether a text is an IPv4 address.
pub(crate) fn is_ipv4(text: &str) -> bool {
    text.parse::<std::net::Ipv4Addr>().is_ok()
}

/// Whether a text names a port or interface: letters, then digits with `/`, `.`, `:` or `-`.
pub(crate) fn is_interface(text: &str) -> bool {
    let number = text.trim_start_matches(|c: char| c.is_ascii_alphabetic() || c == '-');
    number.len() < text.len()
        && number.bytes().next().is_some_and(|b| b.is_ascii_digit())
        && number
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'/' | b'.' | b':'))
}

/// The release that a text names: a number where it is one.
pub(crate) fn release(text: &str) -> Release {
    match text.parse() {
        Ok(version) => Release::Number(version),
        Err(_) => Release::Engineering(text.to_owned()),
    }
}

/// A value that a device may leave out: `None` for nothing, `-` and `N/A`.
pub(crate) fn given(text: &str) -> Option<String> {
    let text = text.trim();
    (!matches!(text, "" | "-" | "--" | "N/A" | "n/a")).then(|| text.to_owned())
}

/// A value that is not empty.
pub(crate) fn text(text: &str) -> Option<String> {
    let text = trim(text);
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_in_every_spelling() {
        assert_eq!(uptime("2 days, 22 minutes"), Some(2 * 86_400 + 22 * 60));
        assert_eq!(
            uptime("1 year, 1 week, 1 hour, 1 second"),
            Some(31_536_000 + 604_800 + 3_601)
        );
        assert_eq!(uptime("soon"), None);
        assert_eq!(clock("01:49:42"), Some(6_582));
        assert_eq!(clock("01:x"), None);
        assert_eq!(hms("01:49:42"), Some(6_582));
        assert_eq!(
            (hms("01:49:4"), hms("01:49"), hms("1:2:03:04")),
            (None, None, None)
        );
        assert_eq!(age("1d18h"), Some(151_200));
        assert_eq!(age("2y30w"), Some(2 * 365 * 86_400 + 30 * 604_800));
        assert_eq!(age("00:01:37"), Some(97));
        assert_eq!(age("never"), None);
        assert_eq!(uptime("99999999999999999999 years"), None);
    }

    #[test]
    fn names_and_addresses() {
        assert!(is_mac("00d6.feff.acf0") && is_mac("70:b3:17:ff:65:60") && !is_mac("Ready"));
        assert!(is_interface("Gi1/0/1") && is_interface("Two-Gig1/1.5") && !is_interface("1"));
    }
}
