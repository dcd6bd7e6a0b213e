//! Progress as bars on a terminal: a line a device that is at work, and one for the run.

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use iosxe_core::event::{Envelope, Event};
use iosxe_core::ids::DeviceName;
use iosxe_core::stage::Outcome;
use iosxe_workflow::engine::Reader;

use super::{Colour, paint, words};

/// Devices that have a line of their own at once; the others are counted in the last line.
const LINES: usize = 24;

/// Bars of a run.
pub(crate) struct Bars {
    all: MultiProgress,
    run: ProgressBar,
    devices: BTreeMap<DeviceName, ProgressBar>,
    width: usize,
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
        .tick_chars("-\\|/ ")
}

impl Bars {
    /// Bars for the devices of a run.
    pub(crate) fn new(names: &[DeviceName]) -> Self {
        let all = MultiProgress::new();
        let count = u64::try_from(names.len()).unwrap_or(u64::MAX);
        let run = all.add(ProgressBar::new(count));
        run.set_style(style("{bar:24} {pos} of {len} devices  {elapsed_precise}"));
        run.enable_steady_tick(Duration::from_millis(200));
        let width = names
            .iter()
            .map(|n| n.as_str().len())
            .max()
            .unwrap_or(8)
            .min(24);
        Self {
            all,
            run,
            devices: BTreeMap::new(),
            width,
        }
    }

    fn bar(&mut self, name: &DeviceName) -> Option<&ProgressBar> {
        if !self.devices.contains_key(name) {
            if self.devices.len() >= LINES {
                return None;
            }
            let bar = self
                .all
                .insert_before(&self.run, ProgressBar::new_spinner());
            bar.set_style(self.waiting());
            bar.set_prefix(name.to_string());
            bar.enable_steady_tick(Duration::from_millis(120));
            self.devices.insert(name.clone(), bar);
        }
        self.devices.get(name)
    }

    fn waiting(&self) -> ProgressStyle {
        style(&format!(
            "{{spinner}} {{prefix:{}}}  {{wide_msg}}",
            self.width
        ))
    }

    fn sending(&self) -> ProgressStyle {
        style(&format!(
            "{{spinner}} {{prefix:{}}}  transfer    {{bar:24}} {{bytes}} of {{total_bytes}}  \
             {{bytes_per_sec}}  {{eta}} left",
            self.width
        ))
    }
}

impl Reader for Bars {
    fn see(&mut self, envelope: &Envelope) {
        let Some(name) = envelope.device.clone() else {
            if matches!(envelope.event, Event::RunEnded | Event::RunLeft { .. }) {
                for bar in self.devices.values() {
                    bar.finish_and_clear();
                }
                self.run.finish_and_clear();
            }
            return;
        };
        match &envelope.event {
            Event::Moved { bytes, total } => {
                let sending = self.sending();
                if let Some(bar) = self.bar(&name) {
                    if bar.length() != Some(*total) {
                        bar.set_style(sending);
                        bar.set_length(*total);
                        bar.reset_eta();
                    }
                    bar.set_position(*bytes);
                }
            }
            Event::Waiting { what, .. } => {
                if let Some(bar) = self.bar(&name) {
                    bar.set_message(format!("waiting for {what}"));
                }
            }
            Event::Selected { .. } => {}
            Event::Ended { outcome, .. } => {
                let text = words(&envelope.event).unwrap_or_default();
                let colour = match outcome {
                    Outcome::Upgraded | Outcome::Already | Outcome::Ready | Outcome::Staged => {
                        Colour::Green
                    }
                    Outcome::RolledBack
                    | Outcome::Held
                    | Outcome::Refused
                    | Outcome::NotStarted => Colour::Yellow,
                    Outcome::Uncommitted
                    | Outcome::InProgress
                    | Outcome::Lost
                    | Outcome::DeadLetter => Colour::Red,
                };
                if let Some(bar) = self.devices.remove(&name) {
                    bar.finish_and_clear();
                    self.all.remove(&bar);
                }
                self.run.inc(1);
                // Above the bars, so that it stays.
                drop(self.all.println(format!(
                    "{name:<width$}  {}",
                    paint(&text, colour),
                    width = self.width
                )));
            }
            event => {
                let waiting = self.waiting();
                let Some(text) = words(event) else { return };
                let warns = matches!(
                    event,
                    Event::Warned { .. } | Event::ActStopped { .. } | Event::RollbackBegun { .. }
                );
                if let Some(bar) = self.bar(&name) {
                    if bar.length().is_some() {
                        bar.unset_length();
                        bar.set_style(waiting);
                    }
                    bar.set_message(text.clone());
                }
                if warns {
                    drop(self.all.println(format!(
                        "{name:<width$}  {}",
                        paint(&text, Colour::Yellow),
                        width = self.width
                    )));
                }
            }
        }
    }
}
