//! The shell around the dispatcher: makes records durable, then carries out what stands behind them.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use iosxe_core::device::Record;
use iosxe_core::event::{ApproveMode, Envelope, Event, FORMAT};
use iosxe_core::ids::{DeviceName, RunId};
use iosxe_core::plan::Policy;
use iosxe_core::platform::PlatformTable;
use iosxe_core::ports::{Clock, Decision, Journal, JournalError, Ports};
use iosxe_core::reference::Against;
use iosxe_core::stage::StageKind;
use tokio::sync::{mpsc, watch};

use crate::dispatcher::{Command, Dispatcher, Done, Input, Limits, TaskError, later};
use crate::executor::{Pace, Reach, Tell, Worker};
use crate::limits::LoginRate;
use crate::status::{IllegalTransition, RunState};
use crate::summary::Summary;
use crate::write_back::{Backlog, WriteBack, device_due};

/// Name of the cursor that says which decisions of persons a run has taken up.
pub const DECISIONS: &str = "decisions";

/// Between two looks for decisions. Wall time: a person waits for it.
const DECISIONS_EVERY: Duration = Duration::from_secs(1);

/// Follows the stream of a run. Called in order, after the record is durable; must not block.
pub trait Reader: Send {
    /// One event.
    fn see(&mut self, envelope: &Envelope);
}

/// What a run shall do.
#[derive(Clone, Debug)]
pub struct Request {
    /// `upgrade`, `plan`, …
    pub verb: String,
    /// The stage after which every device stops.
    pub until: StageKind,
    /// The rules.
    pub policy: Policy,
    /// How gates are answered.
    pub approve: ApproveMode,
    /// Device time runs this many times faster than wall time: 1 but against a lab.
    pub scale: f64,
    /// Who starts it.
    pub by: String,
    /// The command that resumes it, with `{run}` for the run's name.
    pub resume_with: String,
    /// Its devices were chosen by name or pattern: being refused or held is an answer to that.
    pub named: bool,
    /// The devices.
    pub records: Vec<Record>,
    /// The plans that were signed off, by device: no other is carried out.
    pub bound: BTreeMap<DeviceName, String>,
    /// What the devices of a verification are held against; empty for every other run.
    pub against: BTreeMap<DeviceName, Against>,
}

/// Settings of the engine that no record needs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Limits of the dispatcher.
    pub limits: Limits,
    /// How devices are reached.
    pub reach: Reach,
    /// Logins per second over all devices.
    pub logins_per_second: Option<NonZeroU32>,
    /// The platform table.
    pub table: PlatformTable,
}

/// How the operator stops a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stop {
    /// It runs.
    #[default]
    No,
    /// Stop what can be stopped; carry the others to their end (design rule 3).
    Soon,
    /// Leave at once.
    Now,
}

/// The end of a run as this process saw it.
#[derive(Clone, Debug)]
pub struct RunEnd {
    /// The run.
    pub run: RunId,
    /// How every device stands.
    pub state: RunState,
    /// The process leaves it unfinished because it was told to.
    pub interrupted: bool,
    /// What could not be written into the inventory.
    pub not_written: Option<String>,
}

impl RunEnd {
    /// Its summary.
    #[must_use]
    pub fn summary(&self) -> Summary {
        Summary::of(&self.state)
    }
}

/// Why the engine stopped on its own.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The journal cannot be used: nothing was sent after it.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A fault of this program: nothing was sent after it.
    #[error("the run is in a state that must not be")]
    Illegal(#[from] IllegalTransition),
}

/// The engine: ports and settings, for any number of runs one after the other.
pub struct Engine {
    ports: Ports,
    settings: Settings,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine.
    #[must_use]
    pub fn new(ports: Ports, settings: Settings) -> Self {
        Self { ports, settings }
    }

    /// Starts a run and drives it to its end, or until it is stopped.
    ///
    /// # Errors
    /// [`EngineError`].
    pub async fn start(
        &self,
        request: Request,
        readers: Vec<Box<dyn Reader>>,
        stop: watch::Receiver<Stop>,
    ) -> Result<RunEnd, EngineError> {
        let now = self.ports.clock.now();
        let run = RunId::new(format!(
            "{}-{:04x}",
            now.strftime("%Y%m%d-%H%M%S"),
            self.ports.randomness.next() & 0xffff
        ));
        let resume_with = request.resume_with.replace("{run}", run.as_str());
        let mut records = vec![(
            None,
            Event::RunStarted {
                verb: request.verb,
                until: request.until,
                policy: request.policy,
                approve: request.approve,
                scale: request.scale,
                by: request.by,
                resume_with,
                named: request.named,
                inventory: Some(self.ports.inventory.identity()),
            },
        )];
        records.extend(request.records.into_iter().map(|record| {
            (
                Some(record.name.clone()),
                Event::Selected {
                    bound_to: request.bound.get(&record.name).cloned(),
                    against: request.against.get(&record.name).cloned(),
                    record: Box::new(record),
                },
            )
        }));
        let mut state = RunState::default();
        let mut envelopes = Vec::new();
        for (device, event) in records {
            let envelope = Envelope {
                v: FORMAT,
                run: run.clone(),
                seq: state.seq + 1,
                device,
                at: now,
                event,
            };
            state.apply(&envelope)?;
            envelopes.push(envelope);
        }
        self.drive(run, state, envelopes, readers, stop).await
    }

    /// Takes a run on: its unfinished devices, or `only` some of its devices. `first` are records that
    /// a person's decision adds before.
    ///
    /// # Errors
    /// [`EngineError`].
    pub async fn resume(
        &self,
        run: RunId,
        by: &str,
        only: Option<BTreeSet<DeviceName>>,
        first: Vec<(DeviceName, Event)>,
        readers: Vec<Box<dyn Reader>>,
        stop: watch::Receiver<Stop>,
    ) -> Result<RunEnd, EngineError> {
        let records = self.ports.journal.read(&run, 0).await?;
        let mut state = RunState::replay(&records)?;
        let resumed = Event::RunResumed {
            by: by.to_owned(),
            only,
        };
        let events =
            std::iter::once((None, resumed)).chain(first.into_iter().map(|(d, e)| (Some(d), e)));
        let mut envelopes = Vec::new();
        for (device, event) in events {
            let envelope = Envelope {
                v: FORMAT,
                run: run.clone(),
                seq: state.seq + 1,
                device,
                at: self.ports.clock.now(),
                event,
            };
            state.apply(&envelope)?;
            envelopes.push(envelope);
        }
        self.drive(run, state, envelopes, readers, stop).await
    }

    async fn drive(
        &self,
        run: RunId,
        state: RunState,
        first: Vec<Envelope>,
        readers: Vec<Box<dyn Reader>>,
        mut stop: watch::Receiver<Stop>,
    ) -> Result<RunEnd, EngineError> {
        let header = state.header.as_ref();
        let pace = Pace {
            scale: header.map_or(1.0, |h| h.scale),
            answer_within: header.map_or(Duration::ZERO, |h| h.policy.answer_within),
        };
        let (sender, mut inbox) = mpsc::unbounded_channel::<Message>();
        let tell: Tell = {
            let sender = sender.clone();
            Arc::new(move |name: &DeviceName, event: Event| {
                // The loop that would show it has ended: nobody is left to be told.
                drop(sender.send(Message::Told(name.clone(), Box::new(event))));
            })
        };
        let rate = Arc::new(LoginRate::new(
            self.settings.logins_per_second,
            self.ports.clock.now(),
        ));
        let workers: BTreeMap<DeviceName, Arc<Worker>> = state
            .devices
            .iter()
            .map(|(name, device)| {
                let worker = Worker::new(
                    run.clone(),
                    device.record.clone(),
                    self.ports.clone(),
                    self.settings.reach.clone(),
                    Arc::clone(&rate),
                    pace,
                    Arc::clone(&tell),
                );
                (name.clone(), Arc::new(worker))
            })
            .collect();
        let journal = self.ports.journal.as_ref();
        let identity = self.ports.inventory.identity();
        let backlog = match Backlog::of(journal, &identity, Some(&run)).await {
            Ok(backlog) => backlog,
            // Another run that cannot be read is no reason to stop this one.
            Err(error) => {
                tracing::warn!(%error, "rows of earlier runs are not caught up");
                Backlog::default()
            }
        };
        let mut shell = Shell {
            engine: self,
            run: run.clone(),
            workers,
            readers,
            sender,
            write_back: WriteBack::start(
                backlog,
                Arc::clone(&self.ports.inventory),
                Arc::clone(&self.ports.journal),
                Arc::clone(&self.ports.clock),
            ),
            tasks: tokio::task::JoinSet::new(),
            decided: None,
        };
        let mut dispatcher = Dispatcher::new(
            run.clone(),
            state,
            Arc::clone(&self.ports.drivers),
            self.settings.table.clone(),
            self.settings.limits.clone(),
            self.ports.randomness.next(),
        );
        let all: Vec<DeviceName> = dispatcher.state().devices.keys().cloned().collect();
        shell.keep(first).await?;
        shell
            .write_back
            .due(&run, dispatcher.state(), all.into_iter());
        // What persons left for the run is taken up first, in their order, whoever takes the run on.
        let taken_up = self.ports.journal.cursor(&run, DECISIONS).await?;
        // What was decided while nobody drove the run comes before anything that the run does.
        let left = self.ports.journal.decisions(&run, taken_up).await?;
        let seen = left.last().map_or(taken_up, |(number, _)| *number);
        shell.tasks.spawn(decisions(
            run.clone(),
            seen,
            Arc::clone(&self.ports.journal),
            Arc::clone(&self.ports.clock),
            shell.sender.clone(),
        ));
        let left = left.into_iter();
        let left = left.map(|(number, decision)| (Input::Decided(decision), Some(number)));
        let mut inputs: Vec<(Input, Option<u64>)> = left.collect();
        inputs.push((Input::Begin, None));
        let mut interrupted = false;
        let mut finished = false;
        while !finished {
            let mut commands = Vec::new();
            for (input, decision) in inputs.drain(..) {
                let now = self.ports.clock.now();
                let (moves, up) = fed(&mut dispatcher, input, decision, now)?;
                commands.extend(moves);
                shell.decided = up.or(shell.decided);
            }
            finished = shell.carry_out(commands, dispatcher.state()).await?;
            shell.taken_up().await?;
            if finished {
                break;
            }
            let wake = dispatcher.next_wake();
            tokio::select! {
                biased;
                asked = asked_to_stop(&mut stop) => {
                    interrupted = true;
                    match asked {
                        Stop::Now => break,
                        Stop::Soon | Stop::No => {
                            inputs.push((Input::Stop("stopped by the operator".into()), None));
                        }
                    }
                }
                message = inbox.recv() => {
                    inputs.extend(message.and_then(|m| shell.take(m, dispatcher.state())));
                    while let Ok(message) = inbox.try_recv() {
                        inputs.extend(shell.take(message, dispatcher.state()));
                    }
                }
                () = wait_until(&self.ports, wake), if wake.is_some() => inputs.push((Input::Tick, None)),
            }
        }
        shell.tasks.shutdown().await;
        for worker in shell.workers.values() {
            worker.park().await;
        }
        let not_written = shell.write_back.finish().await;
        Ok(RunEnd {
            run,
            state: dispatcher.state().clone(),
            interrupted,
            not_written,
        })
    }
}

/// What one input leads to, and the number of the decision that was taken up with it. What comes behind the
/// end of the run is not taken up: it is left for whoever takes the run on.
fn fed(
    dispatcher: &mut Dispatcher,
    input: Input,
    decision: Option<u64>,
    now: jiff::Timestamp,
) -> Result<(Vec<Command>, Option<u64>), IllegalTransition> {
    let up = decision.filter(|_| !dispatcher.is_finished());
    Ok((dispatcher.handle(input, now)?, up))
}

/// Returns when the operator asks to stop; never when nobody can ask any more.
async fn asked_to_stop(stop: &mut watch::Receiver<Stop>) -> Stop {
    loop {
        if stop.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
        let asked = *stop.borrow_and_update();
        if asked != Stop::No {
            return asked;
        }
    }
}

async fn wait_until(ports: &Ports, wake: Option<jiff::Timestamp>) {
    if let Some(at) = wake {
        ports.clock.until(at).await;
    }
}

/// Looks for what persons decided while the run goes on.
async fn decisions(
    run: RunId,
    mut after: u64,
    journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    sender: mpsc::UnboundedSender<Message>,
) {
    loop {
        match journal.decisions(&run, after).await {
            Ok(left) => {
                for (number, decision) in left {
                    after = number;
                    if sender.send(Message::Decided(number, decision)).is_err() {
                        return;
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "decisions cannot be looked for"),
        }
        clock.until(later(clock.now(), DECISIONS_EVERY)).await;
    }
}

enum Message {
    Done(DeviceName, Box<Result<Done, TaskError>>),
    Told(DeviceName, Box<Event>),
    Decided(u64, Decision),
}

struct Shell<'a> {
    engine: &'a Engine,
    run: RunId,
    workers: BTreeMap<DeviceName, Arc<Worker>>,
    readers: Vec<Box<dyn Reader>>,
    sender: mpsc::UnboundedSender<Message>,
    write_back: WriteBack,
    tasks: tokio::task::JoinSet<()>,
    /// The last decision that the dispatcher took up, until that is kept.
    decided: Option<u64>,
}

impl Shell<'_> {
    /// What the dispatcher is fed, and the number of the decision that it is.
    fn take(&mut self, message: Message, state: &RunState) -> Option<(Input, Option<u64>)> {
        match message {
            Message::Done(name, result) => Some((Input::Done(name, result), None)),
            Message::Decided(number, decision) => Some((Input::Decided(decision), Some(number))),
            // What is kept takes its place in the run, and is durable before it is shown.
            Message::Told(name, event) if !event.is_progress() => {
                Some((Input::Told(name, event), None))
            }
            // The first sign of a transfer is the dispatcher's, too: a server let the device in.
            Message::Told(name, event) if matches!(*event, Event::Moved { bytes: 0, .. }) => {
                Some((Input::Told(name, event), None))
            }
            Message::Told(name, event) => {
                let envelope = Envelope {
                    v: FORMAT,
                    run: self.run.clone(),
                    seq: state.seq,
                    device: Some(name),
                    at: self.engine.ports.clock.now(),
                    event: *event,
                };
                self.show(&envelope);
                None
            }
        }
    }

    fn show(&mut self, envelope: &Envelope) {
        for reader in &mut self.readers {
            reader.see(envelope);
        }
    }

    /// Keeps which decisions have been taken up; the records that say so are durable.
    async fn taken_up(&mut self) -> Result<(), EngineError> {
        if let Some(number) = self.decided.take() {
            let journal = &self.engine.ports.journal;
            journal.set_cursor(&self.run, DECISIONS, number).await?;
        }
        Ok(())
    }

    /// Makes records durable, then shows them.
    async fn keep(&mut self, envelopes: Vec<Envelope>) -> Result<(), EngineError> {
        self.engine.ports.journal.append(&envelopes).await?;
        for envelope in &envelopes {
            self.show(envelope);
        }
        Ok(())
    }

    /// Carries out commands: all their records first, in one durable write, then the acts in order.
    /// So no act can overtake a record that stands before it.
    async fn carry_out(
        &mut self,
        commands: Vec<Command>,
        state: &RunState,
    ) -> Result<bool, EngineError> {
        let records: Vec<Envelope> = commands
            .iter()
            .filter_map(|c| match c {
                Command::Record(envelope) => Some(envelope.as_ref().clone()),
                Command::Show(_)
                | Command::Do(..)
                | Command::Park(_)
                | Command::Cancel(_)
                | Command::Answer(..)
                | Command::Finish => None,
            })
            .collect();
        if !records.is_empty() {
            self.engine.ports.journal.append(&records).await?;
            let due: std::collections::BTreeSet<DeviceName> =
                records.iter().filter_map(device_due).collect();
            self.write_back.due(&self.run, state, due.into_iter());
        }
        let mut finished = false;
        for command in commands {
            match command {
                Command::Record(envelope) | Command::Show(envelope) => self.show(&envelope),
                Command::Do(name, task, with) => self.spawn(name, *task, with, state),
                Command::Park(name) => {
                    if let Some(worker) = self.workers.get(&name).cloned() {
                        self.tasks.spawn(async move { worker.park().await });
                    }
                }
                Command::Cancel(name) => {
                    if let Some(worker) = self.workers.get(&name) {
                        worker.cancel();
                    }
                }
                Command::Answer(name, text) => {
                    if let Some(worker) = self.workers.get(&name) {
                        worker.answer(text);
                    }
                }
                Command::Finish => finished = true,
            }
        }
        while self.tasks.try_join_next().is_some() {}
        Ok(finished)
    }

    fn spawn(
        &mut self,
        name: DeviceName,
        task: crate::dispatcher::Task,
        with: crate::dispatcher::LoginWith,
        state: &RunState,
    ) {
        let Some(worker) = self.workers.get(&name).cloned() else {
            return;
        };
        let drivers = &self.engine.ports.drivers;
        let facts = state
            .devices
            .get(&name)
            .and_then(|d| d.facts.as_ref())
            .map(|(_, f)| f);
        let driver = facts
            .and_then(|f| drivers.of(f).ok())
            .unwrap_or_else(|| drivers.any());
        let pid = facts.map(|f| f.pid.clone());
        let sender = self.sender.clone();
        self.tasks.spawn(async move {
            let result = worker.run(task, driver, with, pid).await;
            // The loop has ended: the journal has the intent, and a resume looks.
            drop(sender.send(Message::Done(name, Box::new(result))));
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use iosxe_core::device::Facts;
    use iosxe_core::event::Takeover;
    use iosxe_core::fault::Remedy;
    use iosxe_core::plan::Refusal;
    use iosxe_core::ports::{Driver, Drivers};

    use super::*;

    struct NoFamilies;

    impl Drivers for NoFamilies {
        fn any(&self) -> Arc<dyn Driver> {
            panic!("nobody logs in")
        }

        fn of(&self, _facts: &Facts) -> Result<Arc<dyn Driver>, Refusal> {
            Err(Refusal::new("none", "no device here", Remedy::new("none")))
        }
    }

    /// Two persons decide while the run ends: the second finds nobody who takes it up, and is left for the
    /// next process.
    #[test]
    fn a_decision_that_comes_behind_the_end_is_not_counted_as_taken_up() {
        let mut dispatcher = Dispatcher::new(
            RunId::new("r1"),
            RunState::default(),
            Arc::new(NoFamilies),
            PlatformTable::built_in().unwrap(),
            Limits::default(),
            7,
        );
        let mut decide = |number| {
            let decision = Decision {
                device: "sw-a".into(),
                takeover: Takeover::Commit,
                by: "maria".into(),
                reason: "it is well".into(),
                at: None,
            };
            let now = jiff::Timestamp::UNIX_EPOCH;
            let input = Input::Decided(decision);
            fed(&mut dispatcher, input, Some(number), now).unwrap().1
        };
        assert_eq!(decide(7), Some(7), "the last thing that it takes up");
        assert_eq!(decide(8), None, "and that is left");
    }
}
