//! Plans from facts that were read earlier: the decisions are the dispatcher's, the answers come from
//! memory.
//!
//! Each device has a dispatcher of its own, which is asked to stop after the plan. What it wants to
//! look at is answered with the saved facts, at the time at which they were read; the image is chosen
//! as in a run. So a refusal, a release on the way and a hash are those of a run, and nothing is a
//! run: no device is asked, no record is kept, no cell is written.

use std::collections::BTreeMap;
use std::sync::Arc;

use iosxe_core::device::{Facts, Record};
use iosxe_core::event::{ApproveMode, Envelope, Event, FORMAT};
use iosxe_core::fault::{Class, Fault, Remedy};
use iosxe_core::ids::{DeviceName, RunId};
use iosxe_core::observation::Observation;
use iosxe_core::plan::Policy;
use iosxe_core::platform::PlatformTable;
use iosxe_core::ports::{Drivers, Images, Journal, Look};
use iosxe_core::stage::StageKind;
use iosxe_core::version::Version;
use jiff::Timestamp;
use tokio::task::JoinSet;

use crate::activated_by::ActivatedBy;
use crate::dispatcher::{Command, Dispatcher, Done, Input, Limits, Task, TaskError};
use crate::executor::{naming, select};
use crate::status::{DeviceState, IllegalTransition, RunState};

/// What planning needs of the world. No session, no inventory to write, no journal to write.
#[derive(Clone)]
pub struct World {
    /// What is known of device families.
    pub drivers: Arc<dyn Drivers>,
    /// Where images come from.
    pub images: Arc<dyn Images>,
    /// Read, to tell whose activation it is that the facts show; `None` when there is none yet.
    pub journal: Option<Arc<dyn Journal>>,
    /// The platform table.
    pub table: PlatformTable,
    /// The rules.
    pub policy: Policy,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").finish_non_exhaustive()
    }
}

/// What was read of one device.
#[derive(Clone, Debug)]
pub struct Read {
    /// When; of facts that are missing, now.
    pub at: Timestamp,
    /// The facts, or why there are none.
    pub facts: Result<Box<Facts>, Fault>,
}

/// Plans one device after the other.
#[derive(Debug)]
pub struct Planner {
    world: World,
    /// Many devices want one image: it is chosen and held against the catalogue once.
    images: BTreeMap<Wanted, Result<Done, TaskError>>,
}

/// What an image is chosen by: the model, the release, the file.
type Wanted = (String, Option<String>, Option<String>);

/// Plans devices, each with what was read of it, on every processor of this machine.
///
/// # Errors
/// [`IllegalTransition`]: a fault of this program.
pub async fn plan_all(
    world: &World,
    mut devices: Vec<(Record, Read)>,
) -> Result<BTreeMap<DeviceName, DeviceState>, IllegalTransition> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let share = devices.len().div_ceil(processors).max(1);
    let mut at_work = JoinSet::new();
    while !devices.is_empty() {
        let part = devices.split_off(devices.len().saturating_sub(share));
        let mut planner = Planner::new(world.clone());
        at_work.spawn(async move {
            let mut planned = Vec::with_capacity(part.len());
            for (record, read) in part {
                planned.push((record.name.clone(), planner.plan(record, read).await?));
            }
            Ok(planned)
        });
    }
    let mut all = BTreeMap::new();
    for planned in at_work.join_all().await {
        all.extend(planned?);
    }
    Ok(all)
}

impl Planner {
    /// A planner.
    #[must_use]
    pub fn new(world: World) -> Self {
        Self {
            world,
            images: BTreeMap::new(),
        }
    }

    /// How a run that stops after the plan would leave the device, had it answered with these facts. Of
    /// the facts, which the caller had, the answer keeps neither files nor captured lines: a fleet of
    /// answers is held at once.
    ///
    /// # Errors
    /// [`IllegalTransition`]: a fault of this program.
    pub async fn plan(
        &mut self,
        record: Record,
        read: Read,
    ) -> Result<DeviceState, IllegalTransition> {
        let name = record.name.clone();
        let at = read.at;
        let state = begun(&self.world.policy, record.clone(), at)?;
        let mut dispatcher = Dispatcher::new(
            RunId::new(NO_RUN),
            state,
            Arc::clone(&self.world.drivers),
            self.world.table.clone(),
            Limits::default(),
            0,
        );
        let pid = read.facts.as_ref().map(|f| f.pid.clone());
        let pid = pid.unwrap_or_default();
        let mut facts = Some(read.facts);
        let mut input = Some(Input::Begin);
        // One look, then an image per release on the way, of which none comes twice: this ends.
        while let Some(next) = input.take() {
            for command in dispatcher.handle(next, at)? {
                let Command::Do(name, task, _) = command else {
                    continue;
                };
                let done = self.answer(*task, &record, &pid, &mut facts).await;
                input = Some(Input::Done(name, Box::new(done)));
            }
        }
        let mut devices = dispatcher.into_state().devices;
        let mut device = devices.remove(&name).ok_or_else(|| IllegalTransition {
            seq: 0,
            device: Some(name),
            why: "the device is not in its own run".into(),
        })?;
        if let Some((_, facts)) = &mut device.facts {
            facts.file_systems = Vec::new();
            facts.traces = Vec::new();
            facts.surroundings = None;
        }
        Ok(device)
    }

    async fn answer(
        &mut self,
        task: Task,
        record: &Record,
        pid: &str,
        facts: &mut Option<Result<Box<Facts>, Fault>>,
    ) -> Result<Done, TaskError> {
        match task {
            Task::Look(Look::Discovery) => match facts.take() {
                Some(Ok(facts)) => Ok(Done::Seen(Observation::Facts(facts))),
                Some(Err(fault)) => Err(TaskError::Ours(fault)),
                None => Err(TaskError::Ours(beyond("a second look at the device"))),
            },
            Task::Select(hop) => self.select(record, pid, hop).await,
            Task::SelectNamed(file) => self.select(&naming(record, file), pid, None).await,
            Task::Whose(trial) => match &self.world.journal {
                Some(journal) => {
                    let none = RunId::new(NO_RUN);
                    ActivatedBy::find(journal.as_ref(), &record.name, &trial, &none)
                        .await
                        .map(Done::Whose)
                        .map_err(|e| TaskError::Ours(Fault::from(&e)))
                }
                None => Ok(Done::Whose(None)),
            },
            Task::Look(_)
            | Task::Backup
            | Task::Act(_)
            | Task::Push(_)
            | Task::Pull { .. }
            | Task::Ask(_) => Err(TaskError::Ours(beyond("something that only a device has"))),
        }
    }

    async fn select(
        &mut self,
        record: &Record,
        pid: &str,
        hop: Option<Version>,
    ) -> Result<Done, TaskError> {
        let release = hop.as_ref().or(record.target.as_ref());
        let file = record.image.clone().filter(|_| hop.is_none());
        let wanted = (pid.to_owned(), release.map(Version::full), file);
        if let Some(known) = self.images.get(&wanted) {
            return known.clone();
        }
        let found = select(self.world.images.as_ref(), record, pid, hop).await;
        self.images.insert(wanted, found.clone());
        found
    }
}

/// The name that the dispatcher knows its run by; nothing of it is kept.
const NO_RUN: &str = "saved-facts";

/// A run of one device that has just begun.
fn begun(policy: &Policy, record: Record, at: Timestamp) -> Result<RunState, IllegalTransition> {
    let name = record.name.clone();
    let started = Event::RunStarted {
        verb: "plan".into(),
        until: StageKind::Plan,
        policy: policy.clone(),
        approve: ApproveMode::Wait,
        scale: 1.0,
        by: String::new(),
        resume_with: String::new(),
        named: false,
        inventory: None,
    };
    let selected = Event::Selected {
        record: Box::new(record),
        bound_to: None,
        against: None,
    };
    let mut state = RunState::default();
    for (device, event) in [(None, started), (Some(name), selected)] {
        state.apply(&Envelope {
            v: FORMAT,
            run: RunId::new(NO_RUN),
            seq: state.seq + 1,
            device,
            at,
            event,
        })?;
    }
    Ok(state)
}

/// The dispatcher wants what saved facts cannot tell. It does not before its plan is made.
fn beyond(what: &str) -> Fault {
    Fault::new(
        Class::Operator,
        "not_from_saved_facts",
        format!("planning asked for {what}"),
    )
    .remedy(Remedy::with(
        "report this, and plan from the device itself",
        "iosxe plan --limit DEVICE",
    ))
}

#[cfg(test)]
mod tests {
    use iosxe_core::stage::Outcome;

    use super::*;
    use crate::testing::{facts, record};

    #[derive(Debug)]
    struct NoImages;

    #[async_trait::async_trait]
    impl Images for NoImages {
        async fn find(
            &self,
            pid: &str,
            target: Option<&Version>,
            _file: Option<&str>,
        ) -> Result<iosxe_core::image::Image, iosxe_core::image::ImageError> {
            Err(iosxe_core::image::ImageError::NotFound {
                catalogue: "images".into(),
                pid: pid.into(),
                version: target.map(Version::full).unwrap_or_default(),
                known: "none for it".into(),
            })
        }

        async fn verify(
            &self,
            _image: &iosxe_core::image::Image,
        ) -> Result<(), iosxe_core::image::ImageError> {
            Ok(())
        }
    }

    struct Unknown;

    impl Drivers for Unknown {
        fn any(&self) -> Arc<dyn iosxe_core::ports::Driver> {
            panic!("nobody logs in")
        }

        fn of(
            &self,
            facts: &Facts,
        ) -> Result<Arc<dyn iosxe_core::ports::Driver>, iosxe_core::plan::Refusal> {
            Err(iosxe_core::plan::Refusal::new(
                "unsupported",
                format!("{} is not known", facts.pid),
                Remedy::new("leave it"),
            ))
        }
    }

    fn planner() -> Planner {
        Planner::new(World {
            drivers: Arc::new(Unknown),
            images: Arc::new(NoImages),
            journal: None,
            table: PlatformTable::built_in().unwrap(),
            policy: Policy::default(),
        })
    }

    #[tokio::test]
    async fn a_device_ends_at_the_time_of_its_facts_as_the_dispatcher_ends_it() {
        let at = "2026-11-23T01:00:00Z".parse().unwrap();
        let read = Read {
            at,
            facts: Ok(Box::new(facts("17.09.04a"))),
        };
        let device = planner().plan(record("sw1"), read).await.unwrap();
        assert_eq!(device.facts.as_ref().unwrap().0, at);
        let (outcome, fault) = device.ended.unwrap();
        assert_eq!(outcome, Outcome::Refused);
        assert_eq!(fault.unwrap().code, "unsupported");
    }

    #[tokio::test]
    async fn a_device_without_facts_is_told_by_itself() {
        let missing = Fault::new(Class::Operator, "facts_missing", "no facts");
        let read = Read {
            at: Timestamp::UNIX_EPOCH,
            facts: Err(missing),
        };
        let device = planner().plan(record("sw1"), read).await.unwrap();
        let (outcome, fault) = device.ended.unwrap();
        assert_eq!(outcome, Outcome::Refused);
        assert_eq!(fault.unwrap().code, "facts_missing");
        assert!(device.facts.is_none());
    }

    #[tokio::test]
    async fn a_row_on_hold_is_held_and_its_facts_are_not_looked_at() {
        let mut held = record("sw1");
        held.hold = true;
        let read = Read {
            at: Timestamp::UNIX_EPOCH,
            facts: Ok(Box::new(facts("17.09.04a"))),
        };
        let device = planner().plan(held, read).await.unwrap();
        assert_eq!(device.ended.unwrap().0, Outcome::Held);
    }
}
