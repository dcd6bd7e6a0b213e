//! Progress as plain lines, where standard error is no terminal.

use iosxe_core::event::{Envelope, Event};
use iosxe_workflow::engine::Reader;

use super::{note, words};

/// One line an event that a person follows.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    quarter: std::collections::BTreeMap<String, u64>,
}

impl Reader for Lines {
    fn see(&mut self, envelope: &Envelope) {
        let Some(device) = &envelope.device else {
            return;
        };
        let at = envelope
            .at
            .to_zoned(jiff::tz::TimeZone::system())
            .strftime("%H:%M:%S")
            .to_string();
        if let Event::Moved { bytes, total } = &envelope.event {
            // Four lines a transfer are enough for a log.
            let quarter = bytes.saturating_mul(4).checked_div(*total).unwrap_or(4);
            let before = self
                .quarter
                .insert(device.to_string(), quarter)
                .unwrap_or(0);
            if quarter > before {
                note(&format!(
                    "{at} {device}: {} of {} MB sent",
                    bytes / 1_000_000,
                    total / 1_000_000
                ));
            }
            return;
        }
        if let Some(words) = words(&envelope.event) {
            note(&format!("{at} {device}: {words}"));
        }
    }
}
