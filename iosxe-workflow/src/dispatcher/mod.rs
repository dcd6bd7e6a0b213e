//! The linear loop: inputs in, commands out. No I/O, no clock, no randomness of its own.
//!
//! Whatever happens is an [`Input`] with its time; what shall be done comes back as [`Command`]s in
//! order. The shell around it ([`crate::engine`]) makes records durable before it carries out the
//! commands behind them. All that must survive a crash is in [`RunState`]; what is kept here besides
//! (tasks in flight, wake-up times, counters of tries) may be lost: after a resume every device is
//! looked at first.

mod acts;
mod answers;
mod back;
mod credentials;
mod device;
mod digest;
mod discover;
mod firmware;
mod fleet;
mod gate;
mod precheck;
mod prove;
mod pull;
mod scope;
mod steps;
#[cfg(test)]
mod tests;
mod verify;
mod watch;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use iosxe_core::event::{Envelope, Event, FORMAT, Takeover, Way};
use iosxe_core::fault::{Class, Classified, Effect, Fault, Remedy};
use iosxe_core::health::Finding;
use iosxe_core::ids::{CredentialName, DeviceName, RunId};
use iosxe_core::image::Image;
use iosxe_core::observation::{Observation, Verdict};
use iosxe_core::plan::{DevicePlan, Step};
use iosxe_core::platform::PlatformTable;
use iosxe_core::ports::{
    ConnectError, Decision, Drivers, GateAnswer, GateQuestion, Look, TransferError,
};
use iosxe_core::retry::Schedule;
use iosxe_core::stage::{Outcome, StageKind};
use iosxe_core::talk::TalkError;
use iosxe_core::version::Version;
use jiff::Timestamp;

use self::credentials::Trust;
pub(crate) use self::firmware::FIRMWARE_WRITTEN;
use crate::activated_by::{ActivatedBy, Trial};
use crate::status::{DeviceState, IllegalTransition, RunState, wall};

/// What the executor is asked to do for one device. One task per device at a time.
#[derive(Clone, Debug)]
pub enum Task {
    /// A read-only look.
    Look(Look),
    /// Configurations into the run's folder.
    Backup,
    /// The image of the row, or that of a release which has to come before it, its bytes held against
    /// the catalogue.
    Select(Option<Version>),
    /// Which other run has activated this and not settled it. Asks the journal, not the device.
    Whose(Trial),
    /// The commands of a step. Its intent is durable.
    Act(Step),
    /// The image onto flash. Its intent is durable.
    Push(Box<DevicePlan>),
    /// The device fetches the image. Its intent is durable.
    Pull {
        /// The step.
        step: Box<Step>,
        /// Bytes of the image.
        bytes: u64,
    },
    /// A gate.
    Ask(Box<GateQuestion>),
    /// One file of those that the row names, its bytes held against the catalogue.
    SelectNamed(String),
}

/// What came of a task.
#[derive(Clone, Debug)]
pub enum Done {
    /// Of a look or an act.
    Seen(Observation),
    /// Of a backup: the files.
    Kept(Vec<String>),
    /// Of a selection.
    Selected(Box<Image>),
    /// Of the question whose activation it is.
    Whose(Option<ActivatedBy>),
    /// Of a push: bytes that were sent.
    Pushed(u64),
    /// Of a gate.
    Answered(GateAnswer),
}

/// Why a task has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskError {
    /// There was no session.
    Connect(ConnectError),
    /// There was one, and it ended without a result.
    Talk(TalkError),
    /// The file did not arrive.
    Transfer(TransferError),
    /// Something on our own side.
    Ours(Fault),
}

impl TaskError {
    /// As a fault.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Connect(e) => Fault::from(e),
            Self::Talk(e) => Fault::from(e),
            Self::Transfer(e) => Fault::from(e),
            Self::Ours(fault) => fault.clone(),
        }
    }

    /// The error of the connection, also where a transfer had none.
    fn connect(&self) -> Option<&ConnectError> {
        match self {
            Self::Connect(e) | Self::Transfer(TransferError::Connect(e)) => Some(e),
            Self::Talk(_) | Self::Transfer(_) | Self::Ours(_) => None,
        }
    }

    /// Whether the device could not be talked to at all, as it is while it reloads.
    fn is_away(&self) -> bool {
        match self {
            Self::Connect(e) => e.class() == Class::Transient,
            Self::Talk(e) => matches!(
                e,
                TalkError::HungUp { .. }
                    | TalkError::TimedOut { .. }
                    | TalkError::Channel { .. }
                    // Right after boot a device takes logins before it knows its commands.
                    | TalkError::Rejected { .. }
            ),
            Self::Transfer(_) | Self::Ours(_) => false,
        }
    }
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// The run begins, or is taken on after a replay.
    Begin,
    /// A task ended.
    Done(DeviceName, Box<Result<Done, TaskError>>),
    /// A worker noticed something that belongs into the record; nothing follows from it.
    Told(DeviceName, Box<Event>),
    /// A wake-up time may have come.
    Tick,
    /// Stop what can be stopped (design rule 3).
    Stop(String),
    /// A person decided for a device (design rule 20).
    Decided(Decision),
}

/// What shall be done, in order.
#[derive(Clone, Debug)]
pub enum Command {
    /// Make this durable, then show it.
    Record(Box<Envelope>),
    /// Show this; it need not be kept.
    Show(Box<Envelope>),
    /// Carry out a task.
    Do(DeviceName, Box<Task>, LoginWith),
    /// No task of this device is due soon: close its shell (design rule 18).
    Park(DeviceName),
    /// Stop the transfer of this device.
    Cancel(DeviceName),
    /// Type this at the question that the device's conversation stands at.
    Answer(DeviceName, String),
    /// The run is over, or left.
    Finish,
}

/// Which credential of the row a task uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LoginWith {
    /// `credential`.
    #[default]
    Usual,
    /// `fallback_credential`: after a reload that left AAA out of reach (design rule 10).
    Fallback,
}

/// Numbers that the dispatcher is built with.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Devices that may be worked on at once.
    pub devices: usize,
    /// Tries of a look before a device is parked, with their delays (device time).
    pub look: Schedule,
    /// Intents that one step may have in all (a closed one without effect may be followed by one
    /// more); transfers are cheap and may have more.
    pub intents: u32,
    /// The same for transfers.
    pub transfers: u32,
    /// Between two looks at a device that is busy or away (device time).
    pub poll: Duration,
    /// How long a disruptive command that seems to have done nothing is watched before that is
    /// believed (device time).
    pub settle: Duration,
    /// How long a digest that the device computed stands for the bytes on its flash (device time): a
    /// step that uses the image later than that, or in another process, has it computed again first.
    pub digest: Duration,
    /// How long an install engine that stays busy after a conversation that could not go on is
    /// watched before the device is left to a person (device time). Longer than the idle limit of a
    /// device's lines, 10 min unless configured otherwise: a question that hangs on our closed
    /// session ends with it at the latest.
    pub question: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            devices: 20,
            look: Schedule {
                tries: 5,
                first: Duration::from_secs(5),
                longest: Duration::from_secs(60),
            },
            intents: 2,
            transfers: 4,
            poll: Duration::from_secs(20),
            settle: Duration::from_secs(120),
            digest: Duration::from_secs(30 * 60),
            question: Duration::from_secs(12 * 60),
        }
    }
}

/// No look follows another faster than this, whatever the scale of the clock. Wall time.
const POLL_LEAST: Duration = Duration::from_millis(250);

/// What is known of a device besides its state, and may be lost in a crash.
#[derive(Clone, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent marks, each of its own moment"
)]
struct Live {
    /// A task is in flight.
    busy: Option<InFlight>,
    /// Nothing before this instant.
    wake: Option<Timestamp>,
    /// Looks that failed in a row.
    failures: u32,
    /// Credential refusals since the device was reloaded by us.
    refusals: u32,
    /// Which credential of its row it is logged in to with.
    login: LoginWith,
    /// Since when a step with an open intent looks as if nothing had happened.
    quiet_since: Option<Timestamp>,
    /// The step began to be pending.
    pending_since: Option<Timestamp>,
    /// What the last look at the current step saw.
    seen: Option<Observation>,
    /// When the device computed the image's digest last, and it was the right one, by the place of the
    /// step that asks for it.
    proven: BTreeMap<usize, Timestamp>,
    /// The one of those steps that is asked for again.
    proving: Option<usize>,
    /// A late device was reported.
    late: bool,
    /// Its shell is closed.
    parked: bool,
    /// This process has worked on it.
    at_work: bool,
    /// It waits for others or for the clock, in words, and has given its place away meanwhile.
    queued: Option<String>,
    /// The image that was selected.
    image: Option<Image>,
    /// The release that has to come first: an image of it is selected.
    hop: Option<Version>,
    /// What follows the release of the selected image.
    then: Vec<Version>,
    /// Whose activation it is that was found; `None` while nobody was asked.
    activated_by: Option<Option<ActivatedBy>>,
    /// When it was looked at whether it may be taken back.
    may_go_back: Option<Timestamp>,
    /// The last post-check looked at facts; health is next.
    proved_facts: bool,
    /// What those facts show to be otherwise beside release and members: of a verification alone.
    boots_otherwise: Vec<Finding>,
    /// Of the copy that the device was told to fetch last.
    copy: CopyEnd,
    /// How the act that ended last was followed.
    act: ActEnd,
    /// Since when packages that nobody heard to the end are all there.
    whole_since: Option<Timestamp>,
    /// What the device said at the end of the firmware that it was told to write last.
    wrote: Option<Verdict>,
    /// Its last lines.
    wrote_said: Vec<String>,
}

/// How far an act was followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum ActEnd {
    /// Not to its end: its session may be gone.
    #[default]
    Unknown,
    /// To the device's prompt.
    AtPrompt,
    /// To a verdict, which was good.
    Heard,
}

/// What is known of the end of a copy that a device fetches.
#[derive(Clone, Copy, Debug, Default)]
enum CopyEnd {
    /// Nothing: its session may be gone.
    #[default]
    Unknown,
    /// It may go on: so many bytes of the file are there, since then.
    Still(Option<u64>, Timestamp),
    /// It ended at the device's prompt: what is on flash counts.
    Told,
}

/// What a task in flight was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum InFlight {
    Facts,
    Readiness,
    ReadinessBack,
    Backup,
    Baseline,
    Select,
    Whose,
    StepLook,
    Digest,
    Act,
    Gate,
    ProofFacts,
    ProofHealth,
    Watch,
}

/// Code of the warning that answers a decision which comes too early or too late.
pub const DECISION_REFUSED: &str = "decision_refused";

/// The dispatcher of one run.
pub struct Dispatcher {
    run: RunId,
    state: RunState,
    drivers: Arc<dyn Drivers>,
    table: PlatformTable,
    limits: Limits,
    live: BTreeMap<DeviceName, Live>,
    trust: BTreeMap<CredentialName, Trust>,
    /// The same for the servers that devices fetch from: other doors, other answers.
    servers: BTreeMap<CredentialName, Trust>,
    /// The wave of each device that is in one.
    waves: BTreeMap<DeviceName, u32>,
    stopping: Option<String>,
    finished: bool,
    random: u64,
}

impl std::fmt::Debug for Dispatcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dispatcher")
            .field("run", &self.run)
            .finish_non_exhaustive()
    }
}

/// Collects what one input leads to; every record passes [`RunState::apply`] on its way.
struct Out<'a> {
    now: Timestamp,
    run: &'a RunId,
    state: &'a mut RunState,
    commands: Vec<Command>,
}

impl Out<'_> {
    fn record(
        &mut self,
        device: Option<&DeviceName>,
        event: Event,
    ) -> Result<(), IllegalTransition> {
        let progress = event.is_progress();
        let envelope = Envelope {
            v: FORMAT,
            run: self.run.clone(),
            seq: if progress {
                self.state.seq
            } else {
                self.state.seq + 1
            },
            device: device.cloned(),
            at: self.now,
            event,
        };
        self.state.apply(&envelope)?;
        let envelope = Box::new(envelope);
        self.commands.push(if progress {
            Command::Show(envelope)
        } else {
            Command::Record(envelope)
        });
        Ok(())
    }
}

impl Dispatcher {
    /// A dispatcher for a run whose records so far are in `state` (at least its beginning and its
    /// devices). `seed` feeds the jitter of delays.
    #[must_use]
    pub fn new(
        run: RunId,
        state: RunState,
        drivers: Arc<dyn Drivers>,
        table: PlatformTable,
        limits: Limits,
        seed: u64,
    ) -> Self {
        let rows = state.in_order().into_iter().map(|d| &d.record);
        let waves = state
            .header
            .as_ref()
            .map(|h| h.policy.fleet.wave_of(rows))
            .unwrap_or_default();
        Self {
            run,
            state,
            waves,
            drivers,
            table,
            limits,
            live: BTreeMap::new(),
            trust: BTreeMap::new(),
            servers: BTreeMap::new(),
            stopping: None,
            finished: false,
            random: seed,
        }
    }

    /// The run as it stands.
    #[must_use]
    pub fn state(&self) -> &RunState {
        &self.state
    }

    /// The run as it was left.
    #[must_use]
    pub fn into_state(self) -> RunState {
        self.state
    }

    /// Whether the run is over for this process: nothing is taken in any more.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// When [`Input::Tick`] is due next.
    #[must_use]
    pub fn next_wake(&self) -> Option<Timestamp> {
        self.live
            .values()
            .filter(|l| l.busy.is_none())
            .filter_map(|l| l.wake)
            .min()
    }

    /// Takes what happened and says what to do.
    ///
    /// # Errors
    /// [`IllegalTransition`]: a fault of this program. Nothing more may be done in this run; the
    /// commands of this input are lost with it, so none of them was carried out.
    pub fn handle(
        &mut self,
        input: Input,
        now: Timestamp,
    ) -> Result<Vec<Command>, IllegalTransition> {
        if self.finished {
            return Ok(Vec::new());
        }
        let mut commands = Vec::new();
        match input {
            Input::Begin | Input::Tick => {}
            Input::Stop(why) => {
                if self.stopping.is_none() {
                    self.stopping = Some(why);
                    commands.extend(self.cancel_transfers());
                }
            }
            Input::Decided(decision) => commands.extend(self.decided(&decision, now)?),
            Input::Done(device, result) => commands.extend(self.done(&device, *result, now)?),
            Input::Told(device, event) => {
                let told = self.bytes_come(&device, &event).unwrap_or(*event);
                commands.extend(self.record(&device, now, [told])?);
            }
        }
        commands.extend(self.drive(now)?);
        Ok(commands)
    }

    fn cancel_transfers(&self) -> Vec<Command> {
        self.live
            .iter()
            .filter(|(name, live)| {
                live.busy.is_some()
                    && self
                        .state
                        .devices
                        .get(*name)
                        .is_some_and(|d| !d.must_go_on())
            })
            .map(|(name, _)| Command::Cancel(name.clone()))
            .collect()
    }

    /// Lets every device that can take a step take it.
    fn drive(&mut self, now: Timestamp) -> Result<Vec<Command>, IllegalTransition> {
        let mut commands = Vec::new();
        // One device's step may free another (a slot, a credential, a group): until nothing moves.
        loop {
            let before = commands.len();
            let names: Vec<DeviceName> = self.state.devices.keys().cloned().collect();
            for name in &names {
                commands.extend(self.advance(name, now)?);
            }
            if commands.len() == before {
                break;
            }
        }
        if self.is_over() {
            self.finished = true;
            let open: Vec<&DeviceState> = self
                .state
                .devices
                .values()
                .filter(|d| d.ended.is_none())
                .collect();
            let event = match (&self.stopping, open.is_empty()) {
                (None, true) => Event::RunEnded,
                (Some(why), _) => Event::RunLeft { why: why.clone() },
                (None, false) => Event::RunLeft {
                    why: if self.state.only.is_some() {
                        "only some of its devices were taken on".into()
                    } else {
                        "devices wait for a person".into()
                    },
                },
            };
            let run = self.run.clone();
            let mut out = Out {
                now,
                run: &run,
                state: &mut self.state,
                commands,
            };
            out.record(None, event)?;
            commands = out.commands;
            commands.push(Command::Finish);
        }
        Ok(commands)
    }

    /// Whether nothing is in flight and nothing will wake.
    fn is_over(&self) -> bool {
        self.state.devices.iter().all(|(name, device)| {
            let live = self.live.get(name);
            let busy = live.is_some_and(|l| l.busy.is_some());
            if busy {
                return false;
            }
            if device.ended.is_some() || device.held.is_some() && !device.must_go_on() {
                return true;
            }
            // A device that is activated is carried on, whatever stops the others; held ones of them
            // wait for a person, with their deadline on the screen.
            if device.must_go_on() {
                return device.held.is_some() && live.is_none_or(|l| l.wake.is_none());
            }
            self.stopping.is_some() || self.state.leaves_alone(name)
        })
    }

    /// Device time in wall time.
    fn wall(&self, device_time: Duration) -> Duration {
        wall(device_time, self.state.scale())
    }

    /// Wall time in device time.
    fn device_time(&self, wall: Duration) -> Duration {
        Duration::try_from_secs_f64(wall.as_secs_f64() * self.state.scale()).unwrap_or(wall)
    }

    fn after(&self, now: Timestamp, device_time: Duration) -> Timestamp {
        later(now, self.wall(device_time))
    }

    fn poll_at(&self, now: Timestamp) -> Timestamp {
        later(now, self.wall(self.limits.poll).max(POLL_LEAST))
    }

    /// The next number of a small generator (splitmix64): jitter that replays with its seed.
    fn next_random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn until(&self) -> StageKind {
        self.state
            .header
            .as_ref()
            .map_or(StageKind::Close, |h| h.until)
    }

    fn credential_of(device: &DeviceState) -> CredentialName {
        device
            .record
            .credential
            .clone()
            .unwrap_or_else(|| CredentialName::new("default"))
    }
}

/// An instant so much later; saturates.
pub(crate) fn later(at: Timestamp, wait: Duration) -> Timestamp {
    jiff::SignedDuration::try_from(wait)
        .ok()
        .and_then(|d| at.checked_add(d).ok())
        .unwrap_or(Timestamp::MAX)
}

/// An instant so much earlier; saturates.
pub(crate) fn earlier(at: Timestamp, by: Duration) -> Timestamp {
    jiff::SignedDuration::try_from(by)
        .ok()
        .and_then(|d| at.checked_sub(d).ok())
        .unwrap_or(Timestamp::MIN)
}

/// Wall time between two instants; zero when the second is not later.
pub(crate) fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

/// A fault that stops a device until a person has looked.
fn operator(code: &str, message: impl Into<String>, remedy: &str) -> Fault {
    Fault::new(Class::Operator, code, message)
        .remedy(Remedy::new(remedy))
        .effect(Effect::None)
}

/// How a device that cannot go on ends: refused when nothing was changed and a person decides,
/// parked as a dead letter otherwise.
fn ending(device: &DeviceState, fault: &Fault) -> Outcome {
    let untouched = device.intents.is_empty() && device.hops.is_empty();
    match fault.code.as_str() {
        "credential_parked" => Outcome::NotStarted,
        // Nothing was sent to take it back.
        _ if device.takeover == Some(Takeover::RollBack)
            && device.intents.keys().all(|place| place.way == Way::Forth)
            && fault.class == Class::Operator =>
        {
            Outcome::Refused
        }
        _ if untouched && device.stage <= StageKind::Precheck && fault.class == Class::Operator => {
            Outcome::Refused
        }
        _ => Outcome::DeadLetter,
    }
}
