//! The work itself, for one device: sessions, looks, acts, pushes. It decides nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use iosxe_core::device::Record;
use iosxe_core::event::Event;
use iosxe_core::fault::Fault;
use iosxe_core::ids::{DeviceName, RunId};
use iosxe_core::observation::{Login, Observation};
use iosxe_core::plan::{DevicePlan, Method, Step};
use iosxe_core::ports::{
    AlgorithmProfile, Credential, Driver, Endpoint, Evidence, Images, Look, Ports, ServerSide,
    Session, TransferError, TransferWatch,
};
use iosxe_core::secret::{Redactor, Secret};
use iosxe_core::talk::{Exchange, Question, TalkError};
use iosxe_core::version::Version;
use tokio::sync::{Mutex, Notify, mpsc};

use crate::activated_by::ActivatedBy;
use crate::dispatcher::{Done, LoginWith, Task, TaskError, later};
use crate::limits::LoginRate;
pub use crate::reach::{Reach, glob};

/// The least wall time that an act is given, whatever the scale of the clock: SSH itself is not
/// scaled.
const ACT_LEAST: Duration = Duration::from_secs(60);

/// What a worker tells besides its result.
pub(crate) type Tell = Arc<dyn Fn(&DeviceName, Event) + Send + Sync>;

/// Works for one device. One task at a time; the shell is kept between tasks and closed by
/// [`Worker::park`].
pub(crate) struct Worker {
    name: DeviceName,
    run: RunId,
    record: Record,
    ports: Ports,
    reach: Reach,
    rate: Arc<LoginRate>,
    pace: Pace,
    shell: Mutex<Option<Shell>>,
    cancelled: Arc<AtomicBool>,
    /// What a person types at an open question; `None` when nobody will.
    answers: Answers,
    /// Woken by that, for a task that waits for the device alone.
    stopped: Notify,
    /// The use of old algorithms was told.
    told_legacy: AtomicBool,
    tell: Tell,
}

/// How time runs for a worker.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// How many times faster than wall time device time runs.
    pub(crate) scale: f64,
    /// How long an open question waits for a person (device time).
    pub(crate) answer_within: Duration,
}

/// Answers on their way to the conversation that waits for one.
struct Answers {
    from: mpsc::UnboundedSender<Option<String>>,
    to: Mutex<mpsc::UnboundedReceiver<Option<String>>>,
}

struct Shell {
    session: Box<dyn Session>,
    login: Login,
    with: LoginWith,
}

impl Worker {
    pub(crate) fn new(
        run: RunId,
        record: Record,
        ports: Ports,
        reach: Reach,
        rate: Arc<LoginRate>,
        pace: Pace,
        tell: Tell,
    ) -> Self {
        let (from, to) = mpsc::unbounded_channel();
        Self {
            name: record.name.clone(),
            run,
            record,
            ports,
            reach,
            rate,
            pace,
            shell: Mutex::new(None),
            cancelled: Arc::new(AtomicBool::new(false)),
            answers: Answers {
                from,
                to: Mutex::new(to),
            },
            stopped: Notify::new(),
            told_legacy: AtomicBool::new(false),
            tell,
        }
    }

    /// Stops a transfer at its next chance.
    pub(crate) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
        self.stopped.notify_one();
        // The receiver lives as long as this.
        let _never_closed = self.answers.from.send(None);
    }

    /// Hands on what a person answers to the question that the conversation stands at.
    pub(crate) fn answer(&self, text: String) {
        let _never_closed = self.answers.from.send(Some(text));
    }

    /// Closes the shell.
    pub(crate) async fn park(&self) {
        if let Some(mut shell) = self.shell.lock().await.take() {
            shell.session.close().await;
        }
    }

    /// Carries out a task. `driver` is the device's own, or the one for any device.
    pub(crate) async fn run(
        &self,
        task: Task,
        driver: Arc<dyn Driver>,
        with: LoginWith,
        pid: Option<String>,
    ) -> Result<Done, TaskError> {
        match task {
            Task::Look(look) => self
                .look(&look, driver.as_ref(), with)
                .await
                .map(Done::Seen),
            Task::Backup => self.backup(driver.as_ref(), with).await,
            Task::Select(hop) => {
                let pid = pid.unwrap_or_default();
                select(self.ports.images.as_ref(), &self.record, &pid, hop).await
            }
            Task::SelectNamed(file) => {
                let pid = pid.unwrap_or_default();
                let record = naming(&self.record, file);
                select(self.ports.images.as_ref(), &record, &pid, None).await
            }
            Task::Whose(trial) => {
                let journal = self.ports.journal.as_ref();
                ActivatedBy::find(journal, &self.name, &trial, &self.run)
                    .await
                    .map(Done::Whose)
                    .map_err(|e| TaskError::Ours(Fault::from(&e)))
            }
            Task::Act(step) => {
                let act = |host: &str| driver.act(&step, host);
                self.exchange(driver.as_ref(), with, act, Some(&step))
                    .await
                    .map(Done::Seen)
            }
            Task::Push(plan) => self.push(&plan, with).await,
            Task::Pull { step, bytes } => self.pull(&step, bytes, driver.as_ref(), with).await,
            Task::Ask(question) => Ok(Done::Answered(self.ports.approver.ask(&question).await)),
        }
    }

    /// Lets the device fetch. Bytes move in wall time: so does the bound.
    async fn pull(
        &self,
        step: &Step,
        bytes: u64,
        driver: &dyn Driver,
        with: LoginWith,
    ) -> Result<Done, TaskError> {
        let name = step.server.as_ref().and_then(|s| s.credential.as_ref());
        let login = match name {
            Some(name) => {
                let found = self.ports.secrets.credential(name).await;
                Some(found.map_err(TaskError::Ours)?)
            }
            None => None,
        };
        // A shell of its own: what is kept of it masks the server's secrets, too.
        self.park().await;
        let make = |host: &str| {
            let (tell, device) = (Arc::clone(&self.tell), self.name.clone());
            let begun = move || {
                let moved = Event::Moved {
                    bytes: 0,
                    total: bytes,
                };
                tell(&device, moved);
            };
            let server = ServerSide {
                login: login.clone(),
                begun: Box::new(begun),
            };
            driver.pull(step, host, server)
        };
        let bound = Bound {
            during: step.commands.join("; "),
            wall: Duration::from_secs(step.bound_s),
        };
        let during = bound.during.clone();
        let ended = tokio::select! {
            biased;
            done = self.exchange_masking(driver, with, login.as_ref(), make, Some(bound)) =>
                return done.map(Done::Seen),
            () = self.stopped.notified() => TalkError::HungUp {
                during: format!("{during}, on our side"),
                tail: Vec::new(),
            },
        };
        // The shell is in the middle of something: it is not used again.
        self.park_now().await;
        Err(TaskError::Talk(ended))
    }

    async fn park_now(&self) {
        // The exchange's future was dropped with its lock.
        if let Ok(mut shell) = self.shell.try_lock() {
            shell.take();
        }
    }

    async fn look(
        &self,
        look: &Look,
        driver: &dyn Driver,
        with: LoginWith,
    ) -> Result<Observation, TaskError> {
        let mut seen = self
            .exchange(driver, with, |host| driver.look(look, host), None)
            .await?;
        if let Observation::Readiness(readiness) = &mut seen
            && let Some(shell) = self.shell.lock().await.as_ref()
        {
            readiness.scp_privilege = shell.login.privileged_at_login;
        }
        Ok(seen)
    }

    /// One exchange on the device's shell; a shell that failed is not used again. With the step of
    /// an act it is bound as that is, and a person may answer what it is asked.
    async fn exchange(
        &self,
        driver: &dyn Driver,
        with: LoginWith,
        make: impl Fn(&str) -> Box<dyn Exchange>,
        step: Option<&Step>,
    ) -> Result<Observation, TaskError> {
        let bound = step.map(|step| Bound {
            during: step.commands.join("; "),
            wall: unscaled(Duration::from_secs(step.bound_s), self.pace.scale).max(ACT_LEAST),
        });
        self.exchange_masking(driver, with, None, make, bound).await
    }

    /// The same, with secrets besides the device's own that no evidence may show.
    async fn exchange_masking(
        &self,
        driver: &dyn Driver,
        with: LoginWith,
        beside: Option<&Credential>,
        make: impl Fn(&str) -> Box<dyn Exchange>,
        bound: Option<Bound>,
    ) -> Result<Observation, TaskError> {
        let mut guard = self.shell.lock().await;
        let usable = guard
            .as_ref()
            .is_some_and(|shell| shell.session.is_open() && shell.with == with);
        if !usable {
            guard.take();
            *guard = Some(self.connect(driver, with, beside).await?);
        }
        let Some(shell) = guard.as_mut() else {
            return Err(TaskError::Talk(TalkError::Channel {
                reason: "no shell".into(),
            }));
        };
        let mut exchange = make(&shell.login.hostname);
        let session = shell.session.as_mut();
        let talked = match bound {
            Some(bound) => self.act(session, exchange.as_mut(), bound).await,
            None => session.talk(exchange.as_mut()).await,
        };
        let result = match talked {
            Ok(()) => exchange.observe(),
            Err(error) => Err(error),
        };
        if result.is_err() {
            // Whatever stands on its screen, the next task begins with a clean one.
            if let Some(mut shell) = guard.take() {
                shell.session.close().await;
            }
        }
        result.map_err(TaskError::Talk)
    }

    /// Drives an act to its end within its bound, and on from each question that a person answers in
    /// time; that time is not counted.
    async fn act(
        &self,
        session: &mut dyn Session,
        exchange: &mut dyn Exchange,
        bound: Bound,
    ) -> Result<(), TalkError> {
        loop {
            let clock = self.ports.clock.as_ref();
            let give_up = later(clock.now(), bound.wall);
            tokio::select! {
                biased;
                talked = session.talk(exchange) => talked?,
                // The shell is in the middle of something: it is not used again.
                () = clock.until(give_up) => {
                    return Err(TalkError::TimedOut {
                        during: bound.during,
                        waited: bound.wall,
                        tail: Vec::new(),
                    });
                }
            }
            let Some(question) = exchange.question() else {
                return Ok(());
            };
            let Some(text) = self.ask(question).await else {
                return Ok(());
            };
            exchange.answer(&text);
        }
    }

    /// What a person types at a question; `None` when nobody does in time.
    async fn ask(&self, question: Question) -> Option<String> {
        let within = unscaled(self.pace.answer_within, self.pace.scale);
        let mut answers = self.answers.to.lock().await;
        // What came too late for an earlier question is none for this one.
        while answers.try_recv().is_ok() {}
        // Looked at behind that: a stop that comes later is heard below.
        if within.is_zero() || self.cancelled.load(Ordering::Relaxed) {
            return None;
        }
        let clock = self.ports.clock.as_ref();
        let until = later(clock.now(), within);
        (self.tell)(&self.name, Event::QuestionMet { question, until });
        tokio::select! {
            answer = answers.recv() => answer.flatten(),
            () = clock.until(until) => None,
        }
    }

    async fn connect(
        &self,
        driver: &dyn Driver,
        with: LoginWith,
        beside: Option<&Credential>,
    ) -> Result<Shell, TaskError> {
        let endpoint = self.endpoint(with).await.map_err(TaskError::Ours)?;
        let evidence = self.evidence(&endpoint, beside)?;
        self.rate.wait(self.ports.clock.as_ref()).await;
        let mut session = self
            .ports
            .connector
            .connect(&endpoint, evidence)
            .await
            .map_err(TaskError::Connect)?;
        self.tell_legacy(&endpoint, session.as_ref());
        let mut exchange = driver.login(endpoint.credential.enable.clone());
        let seen = match session.talk(exchange.as_mut()).await {
            Ok(()) => exchange.observe(),
            Err(error) => Err(error),
        };
        match seen {
            Ok(Observation::Login(login)) => Ok(Shell {
                session,
                login,
                with,
            }),
            Ok(_) => Err(TaskError::Talk(TalkError::Channel {
                reason: "the driver's login ended in something else".into(),
            })),
            Err(error) => {
                session.close().await;
                Err(TaskError::Talk(error))
            }
        }
    }

    /// Old algorithms are never used in silence: once per process and device in the run's record;
    /// each session's evidence says it again.
    fn tell_legacy(&self, endpoint: &Endpoint, session: &dyn Session) {
        let legacy = |profile| profile == AlgorithmProfile::Legacy;
        let hops = endpoint.jumps.iter().filter(|j| legacy(j.profile));
        let mut allowed: Vec<String> = hops.map(|j| format!("jump host {}", j.address)).collect();
        if legacy(endpoint.profile) {
            allowed.push("this device".to_owned());
        }
        if allowed.is_empty() || self.told_legacy.swap(true, Ordering::Relaxed) {
            return;
        }
        let message = format!(
            "legacy SSH algorithms are allowed for {}; the device uses {}",
            allowed.join(" and "),
            session.algorithms()
        );
        let code = "legacy_algorithms".to_owned();
        (self.tell)(&self.name, Event::Warned { code, message });
    }

    fn evidence(
        &self,
        endpoint: &Endpoint,
        beside: Option<&Credential>,
    ) -> Result<Arc<dyn Evidence>, TaskError> {
        let secrets: Vec<&Secret> = endpoint
            .credential
            .secrets()
            .chain(endpoint.jumps.iter().flat_map(|j| j.credential.secrets()))
            .chain(beside.into_iter().flat_map(Credential::secrets))
            .collect();
        self.ports
            .keeper
            .evidence(&self.run, &self.name, Redactor::new(secrets))
            .map_err(TaskError::Ours)
    }

    async fn endpoint(&self, with: LoginWith) -> Result<Endpoint, Fault> {
        let secrets = self.ports.secrets.as_ref();
        self.reach.endpoint(&self.record, with, secrets).await
    }

    async fn backup(&self, driver: &dyn Driver, with: LoginWith) -> Result<Done, TaskError> {
        let seen = self.look(&Look::Backup, driver, with).await?;
        let Observation::Backup(backup) = seen else {
            return Ok(Done::Seen(seen));
        };
        self.ports
            .keeper
            .backup(&self.run, &self.name, &backup)
            .await
            .map(Done::Kept)
            .map_err(TaskError::Ours)
    }

    async fn push(&self, plan: &DevicePlan, with: LoginWith) -> Result<Done, TaskError> {
        let endpoint = self.endpoint(with).await.map_err(TaskError::Ours)?;
        let evidence = self.evidence(&endpoint, None)?;
        self.rate.wait(self.ports.clock.as_ref()).await;
        let watch = Watch {
            name: self.name.clone(),
            cancelled: Arc::clone(&self.cancelled),
            shown: AtomicU64::new(0),
            tell: Arc::clone(&self.tell),
        };
        let destination = format!("{}{}", plan.file_system, plan.image.file);
        let pushed = self
            .ports
            .mover
            .push(&endpoint, &plan.image.path, &destination, &watch, evidence)
            .await;
        match pushed {
            Ok(bytes) => Ok(Done::Pushed(bytes)),
            // A connection that never came to be is no transfer: nothing was sent.
            Err(TransferError::Connect(error)) => Err(TaskError::Connect(error)),
            Err(error) => Err(TaskError::Transfer(error)),
        }
    }
}

/// How long a conversation that changes something may take.
struct Bound {
    /// Its commands.
    during: String,
    /// Wall time.
    wall: Duration,
}

/// Wall time of a device time.
fn unscaled(device: Duration, scale: f64) -> Duration {
    Duration::try_from_secs_f64(device.as_secs_f64() / scale).unwrap_or(device)
}

/// The row as if it named this file alone.
pub(crate) fn naming(record: &Record, file: String) -> Record {
    Record {
        image: Some(file),
        // A package of firmware is of no release.
        target: match record.want_method {
            Some(Method::Firmware) => None,
            _ => record.target.clone(),
        },
        ..record.clone()
    }
}

/// The image of the row, or that of a release which has to come before it.
pub(crate) async fn select(
    images: &dyn Images,
    record: &Record,
    pid: &str,
    hop: Option<Version>,
) -> Result<Done, TaskError> {
    let (target, file) = match &hop {
        Some(hop) => (Some(hop), None),
        None => (record.target.as_ref(), record.image.as_deref()),
    };
    let ours = |e: &iosxe_core::image::ImageError| TaskError::Ours(Fault::from_error(e));
    let image = images.find(pid, target, file).await.map_err(|e| ours(&e))?;
    images.verify(&image).await.map_err(|e| ours(&e))?;
    Ok(Done::Selected(Box::new(image)))
}

/// Shows a transfer in at most a hundred steps.
struct Watch {
    name: DeviceName,
    cancelled: Arc<AtomicBool>,
    shown: AtomicU64,
    tell: Tell,
}

impl TransferWatch for Watch {
    fn moved(&self, bytes: u64, total: u64) {
        let part = bytes.saturating_mul(100).checked_div(total).unwrap_or(100) + 1;
        if self.shown.swap(part, Ordering::Relaxed) != part {
            (self.tell)(&self.name, Event::Moved { bytes, total });
        }
    }

    fn cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}
