//! The engine's place: keeps records, carries out tasks, and moves the clock.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use iosxe_core::device::Record;
use iosxe_core::event::{ApproveMode, Envelope, Event, FORMAT};
use iosxe_core::fault::Fault;
use iosxe_core::ids::{DeviceName, RunId};
use iosxe_core::plan::Policy;
use iosxe_core::platform::PlatformTable;
use iosxe_core::ports::{GateAnswer, Look};
use iosxe_core::reference::Against;
use iosxe_core::stage::{Outcome, StageKind};
use jiff::Timestamp;

use super::driver::{Families, image};
use super::sim::Sim;
use crate::activated_by::ActivatedBy;
use crate::dispatcher::{
    Command, Dispatcher, Done, Input, Limits, LoginWith, Task, TaskError, later,
};
use crate::status::{DeviceState, RunState};
use crate::summary::{DeviceSummary, Summary};
use crate::testing::record;

/// More moves than any run of these tests has: one that needs them turns in a circle.
const MOVES: usize = 20_000;

/// What a run is made of.
#[derive(Clone, Debug)]
pub(super) struct Setup {
    pub(super) policy: Policy,
    pub(super) limits: Limits,
    pub(super) records: Vec<Record>,
    /// The stage after which every device stops.
    pub(super) until: StageKind,
    /// How many times faster than wall time device time runs.
    pub(super) scale: f64,
    /// What the journal says of an activation that is found.
    pub(super) activated_by: Option<ActivatedBy>,
    /// What its devices are held against.
    pub(super) against: Option<Against>,
}

impl Setup {
    /// Devices of these names.
    pub(super) fn of(names: &[&str]) -> Self {
        Self {
            policy: Policy::default(),
            limits: Limits::default(),
            records: names.iter().map(|name| record(name)).collect(),
            until: StageKind::Close,
            scale: 1.0,
            activated_by: None,
            against: None,
        }
    }
}

/// What could be found after a crash: the journal so far, and the devices.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    pub(super) records: usize,
    pub(super) sims: BTreeMap<DeviceName, Sim>,
    pub(super) now: Timestamp,
}

/// A task that was carried out: when, for whom, what, and with which credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Carried {
    pub(super) at: Timestamp,
    pub(super) device: DeviceName,
    pub(super) what: String,
    pub(super) with: LoginWith,
}

/// A run of the dispatcher.
pub(super) struct Bench {
    pub(super) now: Timestamp,
    pub(super) records: Vec<Envelope>,
    pub(super) tasks: Vec<Carried>,
    pub(super) cancelled: Vec<DeviceName>,
    /// What was handed on to open questions.
    pub(super) answers: Vec<String>,
    /// What was said to be waited for.
    pub(super) waits: Vec<String>,
    pub(super) sims: BTreeMap<DeviceName, Sim>,
    pub(super) moments: Vec<Moment>,
    dispatcher: Dispatcher,
    limits: Limits,
    activated_by: Option<ActivatedBy>,
    queue: VecDeque<(DeviceName, Task, LoginWith)>,
    /// The task of this device does not end.
    pub(super) stalled: Option<DeviceName>,
    begun: bool,
    finished: bool,
}

fn dispatcher(state: RunState, limits: &Limits) -> Dispatcher {
    Dispatcher::new(
        run(),
        state,
        Arc::new(Families),
        PlatformTable::built_in().unwrap(),
        limits.clone(),
        7,
    )
}

fn run() -> RunId {
    RunId::new("r1")
}

impl Bench {
    pub(super) fn new(names: &[&str]) -> Self {
        Self::with(Setup::of(names))
    }

    pub(super) fn with(setup: Setup) -> Self {
        let now: Timestamp = "2026-11-23T02:00:00Z".parse().unwrap();
        let names: Vec<DeviceName> = setup.records.iter().map(|r| r.name.clone()).collect();
        let started = Event::RunStarted {
            verb: "upgrade".into(),
            until: setup.until,
            policy: setup.policy,
            approve: ApproveMode::Auto,
            scale: setup.scale,
            by: "tester".into(),
            resume_with: "iosxe resume r1".into(),
            named: false,
            inventory: None,
        };
        let selected = setup.records.into_iter().map(|record| {
            let event = Event::Selected {
                bound_to: None,
                against: setup.against.clone(),
                record: Box::new(record.clone()),
            };
            (Some(record.name), event)
        });
        let records: Vec<Envelope> = std::iter::once((None, started))
            .chain(selected)
            .zip(1..)
            .map(|((device, event), seq)| envelope(seq, device, now, event))
            .collect();
        let state = RunState::replay(&records).unwrap();
        Self {
            now,
            records,
            tasks: Vec::new(),
            cancelled: Vec::new(),
            answers: Vec::new(),
            waits: Vec::new(),
            sims: names.into_iter().map(|n| (n, Sim::new(now))).collect(),
            moments: Vec::new(),
            dispatcher: dispatcher(state, &setup.limits),
            limits: setup.limits,
            activated_by: setup.activated_by,
            queue: VecDeque::new(),
            stalled: None,
            begun: false,
            finished: false,
        }
    }

    /// Another process takes the run on, from the records alone; what this one had in flight is lost.
    pub(super) fn resumed(&self, at: &Moment, after: Duration) -> Self {
        let mut records = self.records[..at.records].to_vec();
        let now = later(at.now, after);
        let event = Event::RunResumed {
            by: "other".into(),
            only: None,
        };
        records.push(envelope(at.records as u64 + 1, None, now, event));
        let state = RunState::replay(&records).unwrap();
        Self {
            now,
            records,
            tasks: Vec::new(),
            cancelled: Vec::new(),
            answers: Vec::new(),
            waits: Vec::new(),
            sims: at.sims.clone(),
            moments: Vec::new(),
            dispatcher: dispatcher(state, &self.limits),
            limits: self.limits.clone(),
            activated_by: self.activated_by.clone(),
            queue: VecDeque::new(),
            stalled: None,
            begun: false,
            finished: false,
        }
    }

    /// The same from where this one stands.
    pub(super) fn killed_and_resumed(&self, after: Duration) -> Self {
        let moment = Moment {
            records: self.records.len(),
            sims: self.sims.clone(),
            now: self.now,
        };
        self.resumed(&moment, after)
    }

    pub(super) fn sim(&mut self, name: &str) -> &mut Sim {
        self.sims.get_mut(&DeviceName::from(name)).unwrap()
    }

    pub(super) fn device(&self, name: &str) -> &DeviceState {
        &self.dispatcher.state().devices[&DeviceName::from(name)]
    }

    pub(super) fn summary(&self, name: &str) -> DeviceSummary {
        let mut devices = Summary::of(self.dispatcher.state()).devices.into_iter();
        devices.find(|d| d.name == name).unwrap()
    }

    pub(super) fn outcome(&self, name: &str) -> Outcome {
        self.device(name).outcome()
    }

    /// What ended or holds a device.
    #[track_caller]
    pub(super) fn fault(&self, name: &str) -> &Fault {
        let device = self.device(name);
        let ended = device.ended.as_ref().and_then(|(_, f)| f.as_ref());
        ended.or(device.held.as_ref()).unwrap()
    }

    /// The changing tasks of a device, in order.
    pub(super) fn acts(&self, name: &str) -> Vec<&str> {
        let of = self.tasks.iter().filter(|t| t.device.as_str() == name);
        of.filter_map(|t| t.what.strip_prefix("act ")).collect()
    }

    /// When a device was first given a task like this.
    #[track_caller]
    pub(super) fn when(&self, name: &str, what: &str) -> Timestamp {
        let mut tasks = self.tasks.iter();
        let task = tasks.find(|t| t.device.as_str() == name && t.what == what);
        task.unwrap_or_else(|| panic!("{name} had no `{what}`")).at
    }

    /// The events of a device that a choice takes.
    pub(super) fn events<T>(&self, name: &str, choose: impl Fn(&Envelope) -> Option<T>) -> Vec<T> {
        let of = |r: &&Envelope| r.device.as_ref().is_some_and(|d| d.as_str() == name);
        self.records.iter().filter(of).filter_map(choose).collect()
    }

    pub(super) fn feed(&mut self, input: Input) {
        let before = self.records.len();
        for command in self.dispatcher.handle(input, self.now).unwrap() {
            match command {
                Command::Record(envelope) => self.records.push(*envelope),
                Command::Show(envelope) => {
                    if let Event::Waiting { what, .. } = envelope.event {
                        self.waits.push(what);
                    }
                }
                Command::Park(_) => {}
                Command::Do(name, task, with) => self.queue.push_back((name, *task, with)),
                Command::Cancel(name) => self.cancelled.push(name),
                Command::Answer(_, text) => self.answers.push(text),
                Command::Finish => self.finished = true,
            }
        }
        // Every record may be the last that reached the disk; none of the tasks behind it was begun.
        for records in before + 1..=self.records.len() {
            self.remember(records);
        }
    }

    fn remember(&mut self, records: usize) {
        self.moments.push(Moment {
            records,
            sims: self.sims.clone(),
            now: self.now,
        });
    }

    /// One task, or one jump to the next thing to do. False at the end of the run.
    #[track_caller]
    pub(super) fn step(&mut self) -> bool {
        if !std::mem::replace(&mut self.begun, true) {
            self.feed(Input::Begin);
        } else if self.finished {
            return false;
        } else if let Some((name, task, with)) = self.next_task() {
            self.now = later(self.now, Duration::from_secs(1));
            let result = self.carry_out(&name, &task, with);
            // Killed now, the device has done it and nobody knows.
            self.remember(self.records.len());
            self.feed(Input::Done(name, Box::new(result)));
        } else {
            let wake = self.dispatcher.next_wake();
            let wake = wake.expect("nothing is in flight, nothing wakes, and the run is not over");
            self.now = self.now.max(wake);
            self.feed(Input::Tick);
        }
        true
    }

    fn next_task(&mut self) -> Option<(DeviceName, Task, LoginWith)> {
        let runs = |name: &DeviceName| self.stalled.as_ref() != Some(name);
        let at = self.queue.iter().position(|(name, ..)| runs(name))?;
        self.queue.remove(at)
    }

    #[track_caller]
    pub(super) fn run(&mut self) {
        self.run_until("the end", |_| false);
    }

    #[track_caller]
    pub(super) fn run_until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        for _ in 0..MOVES {
            if holds(self) || !self.step() {
                return;
            }
        }
        panic!(
            "{MOVES} moves, and not {what}: {:#?}, {:?}, now {}, wakes {:?}",
            self.tasks.last(),
            self.waits.last(),
            self.now,
            self.dispatcher.next_wake()
        );
    }

    /// Until that record, which must come.
    #[track_caller]
    pub(super) fn run_until_event(&mut self, what: &str, like: impl Fn(&Event) -> bool) {
        let from = self.records.len();
        let came = |b: &Self| b.records[from..].iter().any(|r| like(&r.event));
        self.run_until(what, came);
        assert!(came(self), "the run ended without {what}");
    }

    fn carry_out(
        &mut self,
        name: &DeviceName,
        task: &Task,
        with: LoginWith,
    ) -> Result<Done, TaskError> {
        let now = self.now;
        let sim = self.sims.get_mut(name).unwrap();
        let (what, result) = match task {
            Task::Look(look) => (words(look).to_owned(), sim.look(look, with, now)),
            Task::Backup => ("backup".to_owned(), sim.backup(with, now)),
            Task::Whose(trial) => (
                format!("whose {trial}"),
                Ok(Done::Whose(self.activated_by.clone())),
            ),
            Task::Select(_) | Task::SelectNamed(_) => {
                ("select".to_owned(), Ok(Done::Selected(Box::new(image()))))
            }
            Task::Act(step) => (
                format!("act {}", step.kind.word()),
                sim.act(step, with, now),
            ),
            Task::Pull { .. } => ("act pull".to_owned(), sim.pull(with, now)),
            Task::Push(_) => ("act transfer".to_owned(), sim.push(with, now)),
            Task::Ask(_) => {
                let by = "tester".into();
                let answer = GateAnswer::Approved { by };
                ("ask".to_owned(), Ok(Done::Answered(answer)))
            }
        };
        self.tasks.push(Carried {
            at: now,
            device: name.clone(),
            what,
            with,
        });
        result
    }
}

fn words(look: &Look) -> &'static str {
    match look {
        Look::Facts => "look facts",
        Look::Discovery => "look discovery",
        Look::Readiness => "look readiness",
        Look::Health(_) => "look health",
        Look::Backup => "look backup",
        Look::Digest { .. } => "look digest",
        Look::Patch { .. } => "look patch",
        Look::Provisioned { .. } => "look provisioned",
        Look::Configuration { .. } => "look configuration",
        Look::Point { .. } => "look point",
        Look::Firmware => "look firmware",
    }
}

fn envelope(seq: u64, device: Option<DeviceName>, at: Timestamp, event: Event) -> Envelope {
    Envelope {
        v: FORMAT,
        run: run(),
        seq,
        device,
        at,
        event,
    }
}
