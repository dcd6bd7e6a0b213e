//! The fault `session_cut`: a line that ends right behind a text.

use std::sync::Arc;

use crate::fault::THEN;
use crate::model::device::Device;

/// Watches what one line has written.
#[derive(Debug)]
pub(crate) struct Knife {
    device: Arc<Device>,
    /// The text that is waited for, how many of its parts were written, and the end of what was written
    /// since the last of them.
    waiting: Option<(String, usize, Vec<u8>)>,
}

impl Knife {
    pub(crate) fn new(device: Arc<Device>) -> Self {
        Knife {
            device,
            waiting: None,
        }
    }

    /// How many of these bytes are still written; `None` for all of them.
    pub(crate) fn cuts(&mut self, bytes: &[u8]) -> Option<usize> {
        let wanted = {
            let state = self.device.state();
            state
                .faults
                .moments("session_cut")
                .next()
                .map(str::to_owned)
        };
        let Some(wanted) = wanted else {
            self.waiting = None;
            return None;
        };
        let (text, mut part, mut seen) = match self.waiting.take() {
            Some(waiting) if waiting.0 == wanted => waiting,
            Some(_) | None => (wanted, 0, Vec::new()),
        };
        let before = seen.len();
        seen.extend_from_slice(bytes);
        let mut at = 0;
        for needle in text.split(THEN).skip(part) {
            let Some(found) = find(seen.get(at..).unwrap_or_default(), needle.as_bytes()) else {
                // What may be the beginning of it is kept.
                let keep = seen
                    .len()
                    .saturating_sub(needle.len().saturating_sub(1))
                    .max(at);
                self.waiting = Some((text, part, seen.split_off(keep)));
                return None;
            };
            at += found + needle.len();
            part += 1;
        }
        self.device
            .strikes("session_cut", &text)
            .then(|| at.saturating_sub(before))
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    if needle.is_empty() {
        return Some(0);
    }
    haystack.windows(needle.len()).position(|w| w == needle)
}
