//! Firmware: which package, whether it is there already, and what came of a write.
//!
//! A write has no way back, and a boot loader's new version is seen after its reload alone. So a look
//! can never prove that a write had no effect: it is sent once, and what nobody saw the end of is a
//! person's to settle.

use iosxe_core::device::Facts;
use iosxe_core::event::{Closing, Event};
use iosxe_core::fault::{Class, Effect, Fault, Remedy};
use iosxe_core::firmware::{self, Package, PackageKind};
use iosxe_core::ids::DeviceName;
use iosxe_core::image::{Image, Provenance};
use iosxe_core::observation::{Observation, Verdict};
use iosxe_core::plan::{Disturbs, Step, StepKind};
use iosxe_core::stage::StageKind;
use jiff::Timestamp;

use super::acts::left_to_a_person;
use super::device::Moves;
use super::{Command, Dispatcher, Done, InFlight, Task, operator};
use crate::status::IllegalTransition;

/// What a person accepts who saw that a write ended well.
pub(crate) const FIRMWARE_WRITTEN: &str = "firmware_written";

impl Dispatcher {
    /// The package that the row names. No moves: it is chosen.
    pub(super) fn choose_firmware(&mut self, name: &DeviceName, now: Timestamp) -> Moves {
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        let Some((_, facts)) = device.facts.clone() else {
            return Ok(Vec::new());
        };
        let Some(file) = device.record.image.clone() else {
            let fault = operator(
                "no_firmware_named",
                "the row wants firmware, and its `image` cell names no package of it",
                "name the .pkg file in the `image` cell",
            );
            return self.refuse(name, now, fault);
        };
        if let Some(ended) = self.half_way(name, now, &facts)? {
            return Ok(ended);
        }
        let package = Package::of(&file);
        let Some(package) = package.filter(|p| p.kind == PackageKind::Capsule) else {
            let mut moves = self.enter(name, now, StageKind::Select)?;
            moves.extend(self.start(name, InFlight::Select, Task::SelectNamed(file)));
            return Ok(moves);
        };
        let Some(running) = facts.running.number().cloned() else {
            let fault = operator(
                "engineering_build",
                format!("the running build has no release number: {}", facts.running),
                "do this device by hand",
            );
            return self.refuse(name, now, fault);
        };
        // It is in the running release: there is no file.
        self.live(name).image = Some(Image {
            version: package.release().unwrap_or(running),
            path: file.clone().into(),
            file,
            platforms: Vec::new(),
            size_bytes: 0,
            sha512: None,
            md5: None,
            provenance: Provenance {
                verified: true,
                ..Provenance::default()
            },
        });
        Ok(Vec::new())
    }

    /// Whether the device has everything that the package brings.
    pub(super) fn firmware_current(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        facts: &Facts,
        image: &Image,
    ) -> Result<Option<Vec<Command>>, IllegalTransition> {
        let state = facts.firmware.as_ref();
        if state.is_some_and(|state| firmware::is_current(state, image)) {
            let already = iosxe_core::stage::Outcome::Already;
            return self.end(name, now, already, None).map(Some);
        }
        Ok(None)
    }

    /// Keeps what the device said at the end of a write, until the look behind it.
    pub(super) fn wrote(&mut self, name: &DeviceName, done: &Done) {
        if let Done::Seen(Observation::Acted(acted)) = done {
            let live = self.live(name);
            live.wrote = (acted.verdict != Verdict::WentAway).then_some(acted.verdict);
            live.wrote_said.clone_from(&acted.tail);
        }
    }

    /// A write, or the reload behind it, that a look does not find done. `None` for every other step.
    pub(super) fn firmware_open(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        step: &Step,
        facts: Option<&Facts>,
    ) -> Result<Option<Vec<Command>>, IllegalTransition> {
        let Some(device) = self.device(name) else {
            return Ok(None);
        };
        let Some(open) = device.open.clone().filter(|_| device.writes_firmware()) else {
            return Ok(None);
        };
        let place = open.step;
        let rebooted = facts.is_some_and(|f| self.has_rebooted(device, f, now));
        match step.kind {
            // It booted: what it boots with is for the proof to say.
            StepKind::Reload if rebooted => {
                return self.step_done(name, now, place, step, facts).map(Some);
            }
            StepKind::WriteFirmware => {}
            _ => return Ok(None),
        }
        let accepted = device.accepted.contains(FIRMWARE_WRITTEN);
        let shown_by_version = step.disturbs != Disturbs::None && !step.firmware.is_empty();
        let stopped = open.stopped.clone();
        let wrote = self.live(name).wrote;
        // A boot loader runs after its reload alone: until then the device's word is all there is. Of a
        // part that is shown with its version no word counts.
        if accepted || (!shown_by_version && (wrote == Some(Verdict::Success) || rebooted)) {
            return self.step_done(name, now, place, step, facts).map(Some);
        }
        if let (Some(stopped), Some(device)) = (stopped, self.device(name)) {
            let fault = left_to_a_person(
                device,
                step,
                &stopped,
                "whether it was written is not known",
            );
            return self.hold(name, now, fault).map(Some);
        }
        let said_nothing = wrote.is_some() && wrote != Some(Verdict::Success);
        if (said_nothing && !shown_by_version) || (rebooted && shown_by_version) {
            return self.silent(name, now, step, facts).map(Some);
        }
        // It may still be at work, with nobody listening: nothing else is sent meanwhile.
        let bound = self.after(open.at, std::time::Duration::from_secs(step.bound_s));
        if now < bound {
            let at = self.poll_at(now).min(bound);
            let what = "the firmware to be written";
            return self.wait(name, now, at, what, Some(bound)).map(Some);
        }
        if wrote.is_some() {
            return self.silent(name, now, step, facts).map(Some);
        }
        let fault = Fault::new(
            Class::Operator,
            "firmware_unproven",
            format!(
                "{}: nobody saw its end, and no look can tell whether it was written; it is not sent again",
                step.commands.join("; ")
            ),
        )
        .effect(Effect::Unknown)
        .remedy(Remedy::with(
            "do not reload or power cycle the device; look at its log, write it by hand where it was not, then accept that",
            format!("iosxe accept DEVICE {FIRMWARE_WRITTEN} --reason TEXT"),
        ));
        self.hold(name, now, fault).map(Some)
    }

    /// The command is over, and nothing was written: a failure that the device did not tell.
    fn silent(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        step: &Step,
        facts: Option<&Facts>,
    ) -> Moves {
        let tail = std::mem::take(&mut self.live(name).wrote_said);
        let Some(intent) = self
            .device(name)
            .and_then(|d| d.open.as_ref())
            .map(|o| o.id)
        else {
            return Ok(Vec::new());
        };
        let parts: Vec<String> = step.firmware.iter().map(ToString::to_string).collect();
        let found = if step.disturbs == Disturbs::None {
            "came back without a line that says that it was written, so that nothing was reloaded"
        } else {
            "is over, and the version is the one from before"
        };
        let fault = Fault::new(
            Class::Operator,
            "firmware_silent",
            format!("{} {found} ({})", step.commands.join("; "), parts.join(", ")),
        )
        .remedy(Remedy::new(
            "look at what the device said, and at the release notes of the package: do not power cycle it before",
        ))
        .evidence(tail);
        let closing = Closing::Refused {
            fault: fault.clone(),
        };
        let mut moves = self.keep_facts(name, now, facts)?;
        moves.extend(self.record(name, now, [Event::IntentClosed { intent, closing }])?);
        moves.extend(self.give_up(name, now, fault)?);
        Ok(moves)
    }
}
