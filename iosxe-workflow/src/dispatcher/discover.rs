//! From the first login to a plan.

use iosxe_core::boot::PackageState;
use iosxe_core::device::{FactKind, Facts};
use iosxe_core::event::Event;
use iosxe_core::fault::{Class, Fault, Remedy};
use iosxe_core::firmware::is_package;
use iosxe_core::ids::{CredentialName, DeviceName};
use iosxe_core::image::{Image, Provenance};
use iosxe_core::patch::is_patch;
use iosxe_core::plan::{Method, PlanRequest, Refusal};
use iosxe_core::ports::Look;
use iosxe_core::stage::{Outcome, StageKind};
use iosxe_core::words::counted;
use jiff::Timestamp;

use super::credentials::{REFUSALS_PARK, Trust};
use super::device::Moves;
use super::{Command, Dispatcher, InFlight, Task, operator};
use crate::activated_by::Trial;
use crate::status::IllegalTransition;

impl Dispatcher {
    pub(super) fn discover(&mut self, name: &DeviceName, now: Timestamp) -> Moves {
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        if device.record.hold {
            let fault = operator(
                "hold",
                "the row says hold",
                "clear the `hold` cell when the device may be worked on",
            );
            let mut moves = self.enter(name, now, StageKind::Discover)?;
            moves.extend(self.end(name, now, Outcome::Held, Some(fault))?);
            return Ok(moves);
        }
        let credential = Self::credential_of(device);
        match self.trust.get(&credential) {
            None => {
                self.trust.insert(credential, Trust::Trying(name.clone()));
            }
            Some(Trust::Trying(other)) if other != name => return Ok(Vec::new()),
            Some(Trust::Refused(n)) if *n >= REFUSALS_PARK => {
                let fault = Fault::new(
                    Class::Operator,
                    "credential_parked",
                    format!(
                        "credential {credential} was refused {} and is not tried again",
                        counted(*n, "time")
                    ),
                )
                .remedy(Remedy::new("correct the credential, then resume"));
                let mut moves = self.enter(name, now, StageKind::Discover)?;
                moves.extend(self.end(name, now, Outcome::NotStarted, Some(fault))?);
                return Ok(moves);
            }
            // One refusal may be one device's own: the next device proves which.
            Some(Trust::Refused(_)) => {
                if self.somebody_tries(&credential, name) {
                    return Ok(Vec::new());
                }
            }
            Some(Trust::Trying(_) | Trust::Proven) => {}
        }
        let mut moves = self.enter(name, now, StageKind::Discover)?;
        moves.extend(self.start(name, InFlight::Facts, Task::Look(Look::Discovery)));
        Ok(moves)
    }

    fn somebody_tries(&self, credential: &CredentialName, me: &DeviceName) -> bool {
        self.state.devices.iter().any(|(name, device)| {
            name != me
                && Self::credential_of(device) == *credential
                && self
                    .live
                    .get(name)
                    .is_some_and(|l| l.busy == Some(InFlight::Facts))
        })
    }

    /// Whether the device is the one that the row means, and one that we work on.
    pub(super) fn identify(&self, name: &DeviceName) -> Result<(), Fault> {
        let Some(device) = self.device(name) else {
            return Ok(());
        };
        let Some((_, facts)) = &device.facts else {
            return Ok(());
        };
        let record = &device.record;
        if !record.serials.is_empty()
            && !record
                .serials
                .iter()
                .any(|s| facts.serials.iter().any(|f| f.eq_ignore_ascii_case(s)))
        {
            return Err(operator(
                "serial_differs",
                format!(
                    "the row says serial {}, the device says {}",
                    record.serials.join(", "),
                    facts.serials.join(", ")
                ),
                "find out which device answers at this address, then correct the row",
            ));
        }
        if let Some(cell) = &record.platform
            && !self.table.cell_names(cell, &facts.pid)
        {
            return Err(operator(
                "platform_differs",
                format!(
                    "the row says platform {cell}, the device is a {}",
                    facts.pid
                ),
                "correct the `platform` cell, or the address",
            ));
        }
        self.drivers.of(facts).map(|_| ()).map_err(Fault::from)
    }

    pub(super) fn select_and_plan(&mut self, name: &DeviceName, now: Timestamp) -> Moves {
        if let Err(fault) = self.identify(name) {
            return self.refuse(name, now, fault);
        }
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        if self.until() == StageKind::Discover {
            return self.end(name, now, Outcome::Ready, None);
        }
        if device.record.target.is_none() && device.record.image.is_none() {
            let fault = operator(
                "no_target",
                "the row has neither target_version nor image",
                "fill one of the two cells",
            );
            return self.refuse(name, now, fault);
        }
        let patches = device.record.want_method == Some(Method::Smu);
        let firmware = device.record.want_method == Some(Method::Firmware);
        if patches && self.live(name).image.is_none() {
            let moves = self.choose_patch(name, now)?;
            if !moves.is_empty() {
                return Ok(moves);
            }
        }
        if firmware && self.live(name).image.is_none() {
            let moves = self.choose_firmware(name, now)?;
            if !moves.is_empty() {
                return Ok(moves);
            }
        }
        let Some(image) = self.live.get(name).and_then(|l| l.image.clone()) else {
            let mut moves = self.enter(name, now, StageKind::Select)?;
            let hop = self.live(name).hop.clone();
            moves.extend(self.start(name, InFlight::Select, Task::Select(hop)));
            return Ok(moves);
        };
        if self.until() == StageKind::Select {
            return self.end(name, now, Outcome::Ready, None);
        }
        let looked_at = self.device(name).is_some_and(|d| d.baseline.is_some());
        let mut moves = match looked_at {
            true => Vec::new(),
            false => self.enter(name, now, StageKind::Plan)?,
        };
        let Some(device) = self.device(name) else {
            return Ok(moves);
        };
        let ((record, bound_to), Some((_, facts))) = (
            (device.record.clone(), device.bound_to.clone()),
            device.facts.clone(),
        ) else {
            return Ok(moves);
        };
        // That the release of a patch runs says nothing of the patch.
        let ended = if firmware && is_package(&image.file) {
            self.firmware_current(name, now, &facts, &image)?
        } else if patches || is_patch(&image.file) || is_package(&image.file) {
            None
        } else {
            self.stands_already(name, now, &facts, &image.version)?
        };
        if let Some(ended) = ended {
            moves.extend(ended);
            return Ok(moves);
        }
        let then = self.live(name).then.clone();
        let header = self.state.header.clone();
        let policy = header.map(|h| h.policy).unwrap_or_default();
        let plan = self.drivers.of(&facts).and_then(|driver| {
            driver.plan(&PlanRequest {
                record: &record,
                facts: &facts,
                image: &image,
                then: &then,
                policy: &policy,
            })
        });
        match plan {
            Ok(plan) if bound_to.as_ref().is_some_and(|hash| *hash != plan.hash) => {
                let fault = operator(
                    "plan_differs",
                    format!(
                        "the device's plan is {} now, another than the signed one",
                        plan.hash8()
                    ),
                    "look at the difference, and have the new plan signed off",
                );
                moves.extend(self.refuse(name, now, fault)?);
            }
            Ok(plan) => {
                moves.extend(self.record(
                    name,
                    now,
                    [Event::Planned {
                        plan: Box::new(plan),
                    }],
                )?);
                if self.until() == StageKind::Plan {
                    moves.extend(self.end(name, now, Outcome::Ready, None)?);
                }
            }
            Err(Refusal { via: Some(via), .. }) if image.version != via && !then.contains(&via) => {
                // An image of that release, and this one after it.
                let live = self.live(name);
                live.then.insert(0, image.version);
                live.hop = Some(via);
                live.image = None;
            }
            Err(refusal) => moves.extend(self.refuse(name, now, refusal.into())?),
        }
        Ok(moves)
    }

    /// The device is left as it is. One that is on a release on its way is not as it was found.
    pub(super) fn refuse(&mut self, name: &DeviceName, now: Timestamp, fault: Fault) -> Moves {
        let outcome = match self.device(name) {
            Some(device) if !device.hops.is_empty() || !device.intents.is_empty() => {
                Outcome::DeadLetter
            }
            _ => Outcome::Refused,
        };
        self.end(name, now, outcome, Some(fault))
    }

    /// No image could be selected.
    pub(super) fn not_selected(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        fault: Fault,
    ) -> Moves {
        let live = self.live(name);
        let fault = match (&live.hop, live.then.first()) {
            (Some(hop), Some(next)) => Fault {
                message: format!("{hop} has to come before {next}: {}", fault.message),
                ..fault
            },
            _ => fault,
        };
        self.refuse(name, now, fault)
    }

    /// The patch of the row that is next, in the row's order: the first that the device does not have
    /// as it shall. No moves: it is chosen.
    fn choose_patch(&mut self, name: &DeviceName, now: Timestamp) -> Moves {
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        let Some((_, facts)) = device.facts.clone() else {
            return Ok(Vec::new());
        };
        let record = device.record.clone();
        let is_first = device.hops.is_empty();
        if record.patches().next().is_none() {
            let fault = operator(
                "no_patch_named",
                "the row wants a patch, and its `image` cell names none",
                "name the patch's .smu.bin file in the `image` cell; several stand with commas between",
            );
            return self.refuse(name, now, fault);
        }
        if let Some(ended) = self.half_way(name, now, &facts)? {
            return Ok(ended);
        }
        let Some(file) = record.next_patch(&facts) else {
            return match is_first {
                true => self.already(name, now),
                false => self.end(name, now, Outcome::Upgraded, None),
            };
        };
        if record.patch_aim.is_apply() {
            let mut moves = self.enter(name, now, StageKind::Select)?;
            let task = Task::SelectNamed(file.to_owned());
            moves.extend(self.start(name, InFlight::Select, task));
            return Ok(moves);
        }
        let Some(running) = facts.running.number() else {
            let fault = operator(
                "engineering_build",
                format!("the running build has no release number: {}", facts.running),
                "take the patch out by hand",
            );
            return self.refuse(name, now, fault);
        };
        // Whoever takes a patch out needs no file of it.
        self.live(name).image = Some(Image {
            file: file.to_owned(),
            version: running.clone(),
            platforms: Vec::new(),
            size_bytes: 0,
            sha512: None,
            md5: None,
            path: file.into(),
            provenance: Provenance {
                verified: true,
                ..Provenance::default()
            },
        });
        Ok(Vec::new())
    }

    /// Only transfers are asked for: the row's next patch follows without its forerunner being put in.
    pub(super) fn stage_next(&mut self, name: &DeviceName, now: Timestamp, file: String) -> Moves {
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        let record = device.record.clone();
        let facts = device.facts.as_ref().map(|(_, facts)| facts.clone());
        let chosen = self.live.get(name).and_then(|l| l.image.clone());
        let (Some(image), Some(facts)) = (chosen.filter(|i| i.file == file), facts) else {
            let mut moves = self.enter(name, now, StageKind::Select)?;
            let task = Task::SelectNamed(file);
            moves.extend(self.start(name, InFlight::Select, task));
            return Ok(moves);
        };
        let policy = self.state.header.as_ref().map(|h| h.policy.clone());
        let policy = policy.unwrap_or_default();
        let plan = self.drivers.of(&facts).and_then(|driver| {
            driver.plan(&PlanRequest {
                record: &record,
                facts: &facts,
                image: &image,
                then: &[],
                policy: &policy,
            })
        });
        match plan {
            Ok(plan) => {
                let live = self.live(name);
                live.seen = None;
                live.proven.clear();
                let plan = Box::new(plan);
                let mut moves = self.enter(name, now, StageKind::Plan)?;
                moves.extend(self.record(name, now, [Event::Planned { plan }])?);
                Ok(moves)
            }
            Err(refusal) => self.refuse(name, now, refusal.into()),
        }
    }

    /// The target runs already, or something that is not ours is half way.
    fn stands_already(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        facts: &Facts,
        target: &iosxe_core::version::Version,
    ) -> Result<Option<Vec<Command>>, IllegalTransition> {
        if let Some(ended) = self.half_way(name, now, facts)? {
            return Ok(Some(ended));
        }
        let converts = facts.boot_mode == iosxe_core::boot::BootMode::Bundle
            && self
                .device(name)
                .is_some_and(|d| d.record.want_method == Some(Method::Convert));
        if facts.runs(target) && !converts {
            let committed = facts
                .install
                .as_ref()
                .is_none_or(|i| i.packages.is_empty() || i.has(target, PackageState::Committed));
            if committed || facts.boot_mode == iosxe_core::boot::BootMode::Bundle {
                return self.already(name, now).map(Some);
            }
        }
        Ok(None)
    }

    /// Nothing has to be changed. A pre-check alone keeps how such a device is all the same: it can be
    /// held against that later.
    fn already(&mut self, name: &DeviceName, now: Timestamp) -> Moves {
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        if self.until() == StageKind::Precheck && device.baseline.is_none() {
            let look = Look::Health(self.baseline_scope(device));
            let mut moves = self.enter(name, now, StageKind::Precheck)?;
            moves.extend(self.start(name, InFlight::Baseline, Task::Look(look)));
            return Ok(moves);
        }
        let failed = self.own_blocking(device);
        let failed = failed.filter(|_| self.until() == StageKind::Precheck);
        match failed {
            Some(fault) => self.refuse(name, now, fault),
            None => self.end(name, now, Outcome::Already, None),
        }
    }

    /// Something is activated or deactivated and not committed, by another run or by nobody of ours.
    pub(super) fn half_way(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        facts: &Facts,
    ) -> Result<Option<Vec<Command>>, IllegalTransition> {
        let Some(package) = facts.install.as_ref().and_then(|i| i.uncommitted()) else {
            return Ok(None);
        };
        let asked = self.live(name).activated_by.clone();
        let found = match (asked, Trial::of(package)) {
            (None, Some(trial)) => {
                return Ok(Some(self.start(name, InFlight::Whose, Task::Whose(trial))));
            }
            (asked, _) => asked.flatten(),
        };
        if let Some(by) = found {
            let fault = by.fault(&package.label);
            return self.end(name, now, Outcome::Held, Some(fault)).map(Some);
        }
        let state = match package.state {
            PackageState::Deactivated => "deactivated",
            PackageState::Inactive | PackageState::Uncommitted | PackageState::Committed => {
                "activated"
            }
        };
        let lines = facts.evidence(FactKind::Package);
        let lines = lines.iter().filter(|e| e.line.contains(&package.label));
        let fault = operator(
            "foreign_uncommitted",
            format!(
                "{} is {state} and not committed, and not by this plan",
                package.label
            ),
            "find out whose it is; commit or abort it by hand",
        )
        .evidence(lines.map(ToString::to_string));
        self.end(name, now, Outcome::Held, Some(fault)).map(Some)
    }
}
