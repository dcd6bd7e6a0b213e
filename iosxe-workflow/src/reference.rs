//! Which run's baseline a device is held against.

use std::collections::{BTreeMap, BTreeSet};

use iosxe_core::event::{Envelope, Event, Takeover, Way};
use iosxe_core::ids::{DeviceName, RunId};
use iosxe_core::ports::{Journal, JournalError};
use iosxe_core::reference::{Against, Boot, Left, Reference};
use iosxe_core::stage::Outcome;
use iosxe_core::version::Version;

use crate::status::{DeviceState, RunState};

/// What each of these devices is held against: the baseline of the latest run that has one of it, or
/// of `run` alone. Runs that cannot be replayed are passed over with a warning.
///
/// # Errors
/// [`JournalError`] when the journal cannot be read at all.
pub async fn find(
    journal: &dyn Journal,
    names: &[DeviceName],
    run: Option<&RunId>,
) -> Result<BTreeMap<DeviceName, Against>, JournalError> {
    let mut found: BTreeMap<DeviceName, Against> = BTreeMap::new();
    let mut rows = Rows::default();
    for head in journal.runs().await? {
        if found.len() == names.len() && rows.are_known(names) {
            break;
        }
        let records = match journal.read(&head.run, 0).await {
            Ok(records) => records,
            Err(error) => {
                tracing::warn!(run = %head.run, %error, "its baselines are not known");
                continue;
            }
        };
        let state = match RunState::replay(&records) {
            Ok(state) => state,
            Err(error) => {
                tracing::warn!(run = %head.run, %error, "its baselines are not known");
                continue;
            }
        };
        let asked = run.is_none_or(|run| *run == head.run);
        for name in names {
            let Some(device) = state.devices.get(name) else {
                continue;
            };
            rows.see(name, device);
            if asked
                && !found.contains_key(name)
                && let Some(reference) = reference(&head.run, &state, name, device, &records)
            {
                found.insert(name.clone(), Against::Seen(Box::new(reference)));
            }
        }
    }
    for name in names {
        let nothing = || Against::Nothing { run: run.cloned() };
        if let Against::Seen(reference) = found.entry(name.clone()).or_insert_with(nothing) {
            reference.left.complained_since = rows.complained.contains(name);
        }
    }
    Ok(found)
}

/// Whose words stand in the rows: newest run first.
#[derive(Default)]
struct Rows {
    known: BTreeSet<DeviceName>,
    complained: BTreeSet<DeviceName>,
}

impl Rows {
    /// The next older run that a device is in.
    fn see(&mut self, name: &DeviceName, device: &DeviceState) {
        if self.known.contains(name) {
            return;
        }
        match (&device.against, device.outcome()) {
            // It found something, and wrote that.
            (Some(_), Outcome::DeadLetter) => {
                self.complained.insert(name.clone());
            }
            // It put right what one before it wrote, or any other run wrote the row.
            (Some(_), Outcome::Already) | (None, _) => {}
            // It wrote nothing.
            (Some(_), _) => return,
        }
        self.known.insert(name.clone());
    }

    fn are_known(&self, names: &[DeviceName]) -> bool {
        names.iter().all(|name| self.known.contains(name))
    }
}

/// How a run saw a device; `None` where it has no baseline of its own of it.
pub(crate) fn reference(
    run: &RunId,
    state: &RunState,
    name: &DeviceName,
    device: &DeviceState,
    records: &[Envelope],
) -> Option<Reference> {
    if device.against.is_some() {
        return None;
    }
    let baseline = device.baseline.clone()?;
    let (_, facts) = device.facts.as_ref()?;
    let taken = records.iter().rev().find(|r| {
        r.device.as_ref() == Some(name) && matches!(r.event, Event::BaselineTaken { .. })
    });
    let way = wanted_end(device);
    let plan = device.plan.clone().map(|plan| (plan, way));
    let release: Version = match &plan {
        Some((plan, Way::Forth)) => plan.to.clone(),
        Some((plan, Way::Back)) => plan.from.clone(),
        None => facts.running.number()?.clone(),
    };
    let ended = device.ended.as_ref().and_then(|(_, fault)| fault.as_ref());
    Some(Reference {
        run: run.clone(),
        at: taken?.at,
        release,
        baseline,
        checks: state
            .header
            .as_ref()
            .map_or_else(Vec::new, |h| h.policy.checks.clone()),
        accepted: device.accepted.clone(),
        members: match &plan {
            Some((plan, _)) => plan.members,
            None => facts.members.len(),
        },
        plan,
        boot: Boot::from(facts),
        left: Left {
            outcome: device.outcome(),
            stage: device.stage,
            fault: ended.or(device.held.as_ref()).cloned(),
            complained_since: false,
        },
    })
}

/// Which end of its plan a run wants of a device: the target from the first disruptive command on,
/// unless it is taken back.
fn wanted_end(device: &DeviceState) -> Way {
    let back_is_due = device.takeover == Some(Takeover::RollBack);
    match &device.rollback {
        Some(_) => Way::Back,
        None if device.disturbed || device.is_activated() || back_is_due => Way::Forth,
        None => Way::Back,
    }
}
