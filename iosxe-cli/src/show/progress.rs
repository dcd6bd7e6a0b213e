//! Progress as bars on a terminal: a line a device that is at work, and one for the run.

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use iosxe_core::event::{Envelope, Event};
use iosxe_core::ids::DeviceName;
use iosxe_core::stage::{Outcome, StageKind};
use iosxe_workflow::engine::Reader;

use super::{Colour, paint, screen, words};

/// Devices that have a line of their own at once; the others are counted in the last line.
const LINES: usize = 24;

/// Bars of a run.
pub(crate) struct Bars {
    all: MultiProgress,
    run: ProgressBar,
    devices: BTreeMap<DeviceName, Bar>,
    width: usize,
}

/// The line of a device.
struct Bar {
    bar: ProgressBar,
    stage: StageKind,
}

impl Bar {
    /// The stage, and what is done in it.
    fn say(&self, text: &str) {
        self.bar.set_message(format!("{:<10} {text}", self.stage));
    }
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
        screen::draw(&all);
        Self {
            all,
            run,
            devices: BTreeMap::new(),
            width,
        }
    }

    fn bar(&mut self, name: &DeviceName) -> Option<&mut Bar> {
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
            let stage = StageKind::Discover;
            self.devices.insert(name.clone(), Bar { bar, stage });
        }
        self.devices.get_mut(name)
    }

    fn waiting(&self) -> ProgressStyle {
        style(&format!(
            "{{spinner}} {{prefix:{}}}  {{wide_msg}}",
            self.width
        ))
    }

    /// The bar takes what the terminal leaves: a line that does not fit is drawn on two, and the
    /// first of them stays.
    fn sending(&self) -> ProgressStyle {
        style(&format!(
            "{{spinner}} {{prefix:{}}}  transfer   {{wide_bar}} {{bytes}} of {{total_bytes}} {{eta:>4}} left",
            self.width
        ))
    }

    /// A line above the bars, which stays.
    fn stays(&self, name: &DeviceName, text: &str, colour: Colour) {
        let text = paint(text, colour);
        screen::follow(format!("{name:<width$}  {text}", width = self.width));
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        for Bar { bar, .. } in self.devices.values() {
            bar.finish_and_clear();
        }
        self.run.finish_and_clear();
        screen::undraw();
    }
}

impl Reader for Bars {
    fn see(&mut self, envelope: &Envelope) {
        let Some(name) = envelope.device.clone() else {
            return;
        };
        match &envelope.event {
            Event::Moved { bytes, total } => {
                let sending = self.sending();
                if let Some(Bar { bar, .. }) = self.bar(&name) {
                    if bar.length() != Some(*total) {
                        bar.set_style(sending);
                        bar.set_length(*total);
                        bar.reset_eta();
                    }
                    bar.set_position(*bytes);
                }
            }
            Event::Waiting { what, .. } | Event::Queued { what, .. } => {
                if let Some(bar) = self.bar(&name) {
                    bar.say(&format!("waiting for {what}"));
                }
            }
            Event::StageEntered { stage } => {
                if let Some(bar) = self.bar(&name) {
                    bar.stage = *stage;
                    bar.say("");
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
                if let Some(Bar { bar, .. }) = self.devices.remove(&name) {
                    bar.finish_and_clear();
                    self.all.remove(&bar);
                }
                self.run.inc(1);
                self.stays(&name, &text, colour);
            }
            event => {
                let waiting = self.waiting();
                let Some(text) = words(event) else { return };
                let warns = matches!(
                    event,
                    Event::Warned { .. }
                        | Event::QuestionMet { .. }
                        | Event::ActStopped { .. }
                        | Event::RollbackBegun { .. }
                );
                if let Some(line) = self.bar(&name) {
                    if line.bar.length().is_some() {
                        line.bar.unset_length();
                        line.bar.set_style(waiting);
                    }
                    line.say(&text);
                }
                if warns {
                    self.stays(&name, &text, Colour::Yellow);
                }
            }
        }
    }
}
