//! An image that the device fetches: who may log in to its server, and whether a copy that lost its
//! session is over.

use std::time::Duration;

use iosxe_core::device::Facts;
use iosxe_core::event::{Closing, Event};
use iosxe_core::fault::{Class, Fault, Remedy};
use iosxe_core::ids::{CredentialName, DeviceName};
use iosxe_core::plan::{Step, StepKind};
use iosxe_core::pull::LOGIN_REFUSED;
use iosxe_core::talk::TalkError;
use iosxe_core::words::counted;
use jiff::Timestamp;

use super::credentials::{REFUSALS_PARK, Trust};
use super::device::Moves;
use super::{CopyEnd, Dispatcher, InFlight, TaskError, between, later, operator};
use crate::status::{DeviceState, OpenIntent};

/// How long a file has to stay as it is before its copy is believed to be over, at the least: bytes
/// move in wall time, whatever the scale of the clock.
const STILL_LEAST: Duration = Duration::from_secs(5);

impl Dispatcher {
    /// What stands before the first byte: a credential is proven on one server login before a second
    /// device uses it, and two refusals park it (design rule 10). `None` when the device may begin.
    pub(super) fn server_login(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        step: &Step,
    ) -> Option<Moves> {
        let credential = credential_of(step)?.clone();
        let other = match self.servers.get(&credential) {
            Some(Trust::Trying(other)) if other != name => Some(other.clone()),
            Some(Trust::Refused(n)) if *n >= REFUSALS_PARK => {
                let fault = Fault::new(
                    Class::Operator,
                    "credential_parked",
                    format!(
                        "image servers refused credential {credential} {} and it is not tried again",
                        counted(*n, "time")
                    ),
                )
                .remedy(Remedy::new("correct the credential, then resume"));
                return Some(self.give_up(name, now, fault));
            }
            // One refusal may be one server's own: the next device proves which.
            Some(Trust::Refused(_)) => self.somebody_fetches(&credential, name),
            Some(Trust::Trying(_) | Trust::Proven) => None,
            None => {
                self.servers
                    .insert(credential.clone(), Trust::Trying(name.clone()));
                None
            }
        };
        let other = other?;
        let at = self.poll_at(now);
        let what = format!("{other}, which logs in to an image server with {credential} first");
        Some(self.wait(name, now, at, what, None))
    }

    /// Another device that is logging in with this credential, or has just.
    fn somebody_fetches(&self, credential: &CredentialName, me: &DeviceName) -> Option<DeviceName> {
        let mut devices = self.state.devices.iter();
        let fetches = |name: &DeviceName, device: &DeviceState| {
            let open = device.open.as_ref();
            let step = open.and_then(|o| device.step_at(o.step));
            step.and_then(credential_of) == Some(credential)
                && self
                    .live
                    .get(name)
                    .is_some_and(|l| l.busy == Some(InFlight::Act))
        };
        devices
            .find(|(name, device)| *name != me && fetches(name, device))
            .map(|(name, _)| name.clone())
    }

    /// The first bytes of a copy: the server took the login. How many there are by and by is the
    /// device's to know, so what is shown is that it is at work.
    pub(super) fn bytes_come(&mut self, name: &DeviceName, event: &Event) -> Option<Event> {
        let Event::Moved { total, .. } = event else {
            return None;
        };
        let device = self.device(name)?;
        let open = fetching(device)?;
        let bound = Duration::from_secs(device.step_at(open.step)?.bound_s);
        let until = Some(later(open.at, bound));
        self.server_let_in(name);
        let what = format!("the device, which fetches {} MB", total / 1_000_000);
        Some(Event::Waiting { what, until })
    }

    /// Bytes come, or came: the server took the login.
    pub(super) fn server_let_in(&mut self, name: &DeviceName) {
        if let Some(credential) = self.fetching_with(name) {
            self.servers.insert(credential, Trust::Proven);
        }
    }

    /// The copy ended in some other way than by a refusal: another device may be the first.
    pub(super) fn release_server(&mut self, name: &DeviceName) {
        let Some(credential) = self.fetching_with(name) else {
            return;
        };
        if self.servers.get(&credential) == Some(&Trust::Trying(name.clone())) {
            self.servers.remove(&credential);
        }
    }

    fn server_refused(&mut self, name: &DeviceName) {
        let Some(credential) = self.fetching_with(name) else {
            return;
        };
        let refused = match self.servers.get(&credential) {
            Some(Trust::Refused(n)) => n + 1,
            // Servers that took it before count for it.
            Some(Trust::Proven) => return,
            Some(Trust::Trying(_)) | None => 1,
        };
        self.servers.insert(credential, Trust::Refused(refused));
    }

    /// The credential with which a device fetches now.
    fn fetching_with(&self, name: &DeviceName) -> Option<CredentialName> {
        let device = self.device(name)?;
        let open = fetching(device)?;
        credential_of(device.step_at(open.step)?).cloned()
    }

    /// What the device said of its copy, in words and back at its prompt: the copy is over. `None` for
    /// every other end.
    pub(super) fn copy_failed(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        error: &TaskError,
    ) -> Option<Moves> {
        let device = self.device(name)?;
        let (open, place) = fetching(device).map(|o| (o.id, o.step))?;
        let tries = device
            .intents_since_resume
            .get(&place)
            .copied()
            .unwrap_or(0);
        let TaskError::Talk(said) = error else {
            return None;
        };
        if !matches!(
            said,
            TalkError::Failed { .. } | TalkError::Rejected { .. } | TalkError::NotAuthorized { .. }
        ) {
            return None;
        }
        let fault = error.fault();
        if fault.code == LOGIN_REFUSED {
            self.server_refused(name);
        } else {
            self.release_server(name);
        }
        let closing = Closing::Refused {
            fault: fault.clone(),
        };
        let closed = Event::IntentClosed {
            intent: open,
            closing,
        };
        // What it left on the flash is deleted before the next: the look says what that is.
        Some(self.record(name, now, [closed]).and_then(|mut moves| {
            moves.extend(match fault.class {
                Class::Transient if tries < self.limits.transfers => {
                    let warned = Event::Warned {
                        code: fault.code,
                        message: fault.message.clone(),
                    };
                    let mut moves = self.record(name, now, [warned])?;
                    let at = self.poll_at(now);
                    moves.extend(self.wait(name, now, at, fault.message, None)?);
                    moves
                }
                Class::Transient => {
                    let message = format!("{}, {}", fault.message, counted(tries, "time"));
                    self.give_up(name, now, Fault { message, ..fault })?
                }
                Class::Permanent | Class::Operator => self.give_up(name, now, fault)?,
            });
            Ok(moves)
        }))
    }

    /// Whether the look came too early: a device may go on copying after its session is gone. Waits
    /// until the file stays as it is; `None` when what is there counts.
    pub(super) fn copy_goes_on(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        step: &Step,
        facts: Option<&Facts>,
    ) -> Option<Moves> {
        let device = self.device(name)?;
        let open = fetching(device)?.clone();
        let plan = device.plan.as_ref()?;
        let file_system = plan.file_system_of(step);
        let there = facts.and_then(|facts| {
            let mut all = facts.file_systems.iter();
            let files = &all.find(|fs| fs.name == file_system)?.files;
            files.iter().find(|f| f.name == plan.image.file)
        });
        let bytes = there.map(|f| f.size_bytes);
        let total = plan.image.size_bytes;
        let live = self.live(name);
        let (since, grew) = match live.copy {
            CopyEnd::Told => return None,
            CopyEnd::Still(before, since) if before == bytes => (since, false),
            CopyEnd::Still(..) => (now, true),
            CopyEnd::Unknown => (now, false),
        };
        live.copy = CopyEnd::Still(bytes, since);
        if grew && now >= later(open.at, Duration::from_secs(step.bound_s)) {
            let fault = operator(
                "step_overdue",
                format!(
                    "{}: the copy lost its session and still runs after {} min",
                    step.commands.join("; "),
                    step.bound_s.div_ceil(60)
                ),
                "end the copy on the device, then resume",
            );
            return Some(self.give_up(name, now, fault));
        }
        let still = self.wall(self.limits.settle).max(STILL_LEAST);
        if between(since, now) >= still {
            return None;
        }
        let at = self.poll_at(now);
        let what = match bytes {
            Some(bytes) => format!(
                "a copy whose session is gone: {bytes} of {total} bytes are there, and it may go on"
            ),
            None => "a copy whose session is gone: it may go on".to_owned(),
        };
        Some(self.wait(name, now, at, what, Some(later(since, still))))
    }
}

/// The intent of a copy that a device fetches.
fn fetching(device: &DeviceState) -> Option<&OpenIntent> {
    let open = device.open.as_ref()?;
    (open.what == StepKind::Pull).then_some(open)
}

fn credential_of(step: &Step) -> Option<&CredentialName> {
    step.server.as_ref()?.credential.as_ref()
}
