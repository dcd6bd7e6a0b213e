//! The work itself, for one device: sessions, looks, acts, pushes. It decides nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use iosxe_core::device::Record;
use iosxe_core::event::Event;
use iosxe_core::fault::{Class, Fault};
use iosxe_core::ids::{CredentialName, DeviceName, RunId};
use iosxe_core::observation::{Login, Observation};
use iosxe_core::plan::DevicePlan;
use iosxe_core::ports::{
    AlgorithmProfile, Driver, Endpoint, Evidence, Jump, Look, Ports, Session, TransferError,
    TransferWatch,
};
use iosxe_core::secret::{Redactor, Secret};
use iosxe_core::talk::{Exchange, TalkError};
use tokio::sync::Mutex;

use crate::dispatcher::{Done, LoginWith, Task, TaskError, later};
use crate::limits::LoginRate;

/// The least wall time that an act is given, whatever the scale of the clock: SSH itself is not
/// scaled.
const ACT_LEAST: Duration = Duration::from_secs(60);

/// How devices are reached: what the inventory does not say.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// Hostname patterns (`*` matches any text) whose devices may use old algorithms.
    pub legacy: Vec<String>,
    /// Credential of a jump host by its host name; others use the device's own.
    pub jump_credentials: Vec<(String, CredentialName)>,
}

impl Reach {
    fn profile(&self, name: &DeviceName) -> AlgorithmProfile {
        if self.legacy.iter().any(|p| glob(p, name.as_str())) {
            AlgorithmProfile::Legacy
        } else {
            AlgorithmProfile::Modern
        }
    }
}

/// Whether a pattern with `*` and `?` matches a whole text, without regard to case.
#[must_use]
pub fn glob(pattern: &str, text: &str) -> bool {
    fn fits(p: &[char], t: &[char]) -> bool {
        match (p.split_first(), t.split_first()) {
            (None, None) => true,
            (Some(('*', rest)), _) => {
                fits(rest, t) || t.split_first().is_some_and(|(_, tail)| fits(p, tail))
            }
            (Some(('?', rest)), Some((_, tail))) => fits(rest, tail),
            (Some((a, rest)), Some((b, tail))) => a.eq_ignore_ascii_case(b) && fits(rest, tail),
            _ => false,
        }
    }
    let p: Vec<char> = pattern.chars().collect();
    let t: Vec<char> = text.chars().collect();
    fits(&p, &t)
}

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
    scale: f64,
    shell: Mutex<Option<Shell>>,
    cancelled: Arc<AtomicBool>,
    tell: Tell,
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
        scale: f64,
        tell: Tell,
    ) -> Self {
        Self {
            name: record.name.clone(),
            run,
            record,
            ports,
            reach,
            rate,
            scale,
            shell: Mutex::new(None),
            cancelled: Arc::new(AtomicBool::new(false)),
            tell,
        }
    }

    /// Stops a transfer at its next chance.
    pub(crate) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
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
            Task::Select => self.select(pid.unwrap_or_default()).await,
            Task::Act(step) => {
                let bound = Duration::try_from_secs_f64(
                    Duration::from_secs(step.bound_s).as_secs_f64() / self.scale,
                )
                .unwrap_or(ACT_LEAST)
                .max(ACT_LEAST);
                let give_up = later(self.ports.clock.now(), bound);
                tokio::select! {
                    biased;
                    done = self.exchange(driver.as_ref(), with, |host| driver.act(&step, host)) =>
                        done.map(Done::Seen),
                    () = self.ports.clock.until(give_up) => {
                        // The shell is in the middle of something: it is not used again.
                        self.park_now().await;
                        Err(TaskError::Talk(TalkError::TimedOut {
                            during: step.commands.join("; "),
                            waited: bound,
                            tail: Vec::new(),
                        }))
                    }
                }
            }
            Task::Push(plan) => self.push(&plan, with).await,
            Task::Ask(question) => Ok(Done::Answered(self.ports.approver.ask(&question).await)),
        }
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
            .exchange(driver, with, |host| driver.look(look, host))
            .await?;
        if let Observation::Readiness(readiness) = &mut seen
            && let Some(shell) = self.shell.lock().await.as_ref()
        {
            readiness.scp_privilege = shell.login.privileged_at_login;
        }
        Ok(seen)
    }

    /// One exchange on the device's shell; a shell that failed is not used again.
    async fn exchange(
        &self,
        driver: &dyn Driver,
        with: LoginWith,
        make: impl Fn(&str) -> Box<dyn Exchange>,
    ) -> Result<Observation, TaskError> {
        let mut guard = self.shell.lock().await;
        let usable = guard
            .as_ref()
            .is_some_and(|shell| shell.session.is_open() && shell.with == with);
        if !usable {
            guard.take();
            *guard = Some(self.connect(driver, with).await?);
        }
        let Some(shell) = guard.as_mut() else {
            return Err(TaskError::Talk(TalkError::Channel {
                reason: "no shell".into(),
            }));
        };
        let mut exchange = make(&shell.login.hostname);
        let result = match shell.session.talk(exchange.as_mut()).await {
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

    async fn connect(&self, driver: &dyn Driver, with: LoginWith) -> Result<Shell, TaskError> {
        let endpoint = self.endpoint(with).await.map_err(TaskError::Ours)?;
        let evidence = self.evidence(&endpoint)?;
        self.rate.wait(self.ports.clock.as_ref()).await;
        let mut session = self
            .ports
            .connector
            .connect(&endpoint, evidence)
            .await
            .map_err(TaskError::Connect)?;
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

    fn evidence(&self, endpoint: &Endpoint) -> Result<Arc<dyn Evidence>, TaskError> {
        let secrets: Vec<&Secret> = endpoint
            .credential
            .secrets()
            .chain(endpoint.jumps.iter().flat_map(|j| j.credential.secrets()))
            .collect();
        self.ports
            .keeper
            .evidence(&self.run, &self.name, Redactor::new(secrets))
            .map_err(TaskError::Ours)
    }

    async fn endpoint(&self, with: LoginWith) -> Result<Endpoint, Fault> {
        let record = &self.record;
        let usual = record
            .credential
            .clone()
            .unwrap_or_else(|| CredentialName::new("default"));
        let name = match with {
            LoginWith::Usual => usual,
            LoginWith::Fallback => record.fallback_credential.clone().unwrap_or(usual),
        };
        let credential = self.ports.secrets.credential(&name).await?;
        let mut jumps = Vec::new();
        for hop in &record.jump {
            let (user, host) = match hop.split_once('@') {
                Some((user, host)) => (Some(user), host),
                None => (None, hop.as_str()),
            };
            let address: iosxe_core::device::Address = host.parse().map_err(|e| {
                Fault::new(
                    Class::Operator,
                    "jump_address",
                    format!("jump host {hop}: {e}"),
                )
            })?;
            let own = self
                .reach
                .jump_credentials
                .iter()
                .find(|(h, _)| glob(h, &address.host));
            let mut jump_credential = match own {
                Some((_, name)) => self.ports.secrets.credential(name).await?,
                None => credential.clone(),
            };
            if let Some(user) = user {
                user.clone_into(&mut jump_credential.username);
            }
            jumps.push(Jump {
                address,
                credential: jump_credential,
            });
        }
        Ok(Endpoint {
            device: self.name.clone(),
            address: record.address.clone(),
            credential,
            jumps,
            profile: self.reach.profile(&self.name),
        })
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

    async fn select(&self, pid: String) -> Result<Done, TaskError> {
        let record = &self.record;
        let images = &self.ports.images;
        let ours = |e: &iosxe_core::image::ImageError| TaskError::Ours(Fault::from_error(e));
        let image = images
            .find(&pid, record.target.as_ref(), record.image.as_deref())
            .await
            .map_err(|e| ours(&e))?;
        images.verify(&image).await.map_err(|e| ours(&e))?;
        Ok(Done::Selected(Box::new(image)))
    }

    async fn push(&self, plan: &DevicePlan, with: LoginWith) -> Result<Done, TaskError> {
        let endpoint = self.endpoint(with).await.map_err(TaskError::Ours)?;
        let evidence = self.evidence(&endpoint)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        assert!(glob("sw-*", "SW-access-01"));
        assert!(glob("*", ""));
        assert!(glob("a?c*", "abcd"));
        assert!(!glob("sw-*", "rt-1"));
        assert!(!glob("sw", "sw1"));
    }
}
