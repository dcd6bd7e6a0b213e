//! A device in memory: what commands do to it, and what goes wrong with it.

use std::collections::VecDeque;
use std::time::Duration;

use iosxe_core::boot::{Package, PackageKind, PackageState};
use iosxe_core::device::{Facts, FlashFile, Operation, Readiness};
use iosxe_core::fault::{Class, Effect};
use iosxe_core::health::{
    Adjacency, Answer, GatewayGroup, Health, Neighbour, Part, Port, Said, Scope, Unread, Weight,
};
use iosxe_core::observation::{Acted, Digest, Observation, Verdict};
use iosxe_core::plan::{Step, StepKind};
use iosxe_core::ports::{ConnectError, Look};
use iosxe_core::talk::TalkError;
use jiff::Timestamp;

use super::driver::{BYTES, FROM, TIMER, TO, image};
use super::packages::Packages;
use super::two_sides::Sides;
use crate::dispatcher::{Done, LoginWith, TaskError, between, later};

/// How long a reload takes.
const RELOAD: Duration = Duration::from_secs(4 * 60);

/// What goes wrong.
#[derive(Clone, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches, each its own trouble"
)]
pub(super) struct Troubles {
    /// A trunk port stays down while the target runs, this long after the boot.
    pub(super) port_down: Option<Duration>,
    /// A second member does not get ready while the target runs.
    pub(super) member_syncs: bool,
    /// OSPF does not get further than this state while the target runs, this long after the boot.
    pub(super) routing_stuck: Option<(&'static str, Duration)>,
    /// Another router is the active one while the target runs.
    pub(super) role_moved: bool,
    /// The OSPF neighbours cannot be read while the target runs.
    pub(super) routing_unreadable: bool,
    /// What the user's checks come to, before and after.
    pub(super) own: Option<[Said; 2]>,
    /// The ports cannot be read while the target runs.
    pub(super) unreadable: bool,
    /// The reload of the activation ends on this release.
    pub(super) boots: Option<&'static str>,
    /// It does not come back from a reload that we command for so long.
    pub(super) stays_away: Option<Duration>,
    /// It leaves once more, so long after the boot of the target.
    pub(super) leaves_again: Option<Duration>,
    /// So many logins with the usual credential are refused.
    pub(super) refusals: u32,
    /// So many after a reload that we command.
    pub(super) refusals_after_reload: u32,
    /// It has another host key after a reload that we command.
    pub(super) new_key_after_reload: bool,
    /// What it says of its timer.
    pub(super) timer: Timer,
    /// A question that nobody knows.
    pub(super) asks: Option<Question>,
    /// What comes of the copies that it fetches, one after the other; the others are whole.
    pub(super) copies: VecDeque<Copied>,
}

/// What a device does with the timer that it is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Timer {
    /// It runs, and the device says how long.
    #[default]
    Told,
    /// It runs, and the device says no more than that.
    Unread,
    /// None runs.
    None,
}

/// A question in the middle of a step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question {
    pub(super) step: StepKind,
    /// The engine stays busy so long.
    pub(super) open: Duration,
    /// What comes of it, for nobody answers.
    pub(super) then: Then,
}

/// What comes of a copy that a device fetches.
#[derive(Clone, Debug)]
pub(super) enum Copied {
    /// The device says why not, and leaves so much.
    Fails {
        code: &'static str,
        class: Class,
        leaves: Option<u64>,
    },
    /// The session is lost; so long after it the file is as it stays.
    Drops {
        grows_for: Duration,
        leaves: Option<u64>,
    },
    /// It ends as it should, with other bytes.
    Spoiled,
}

/// What comes of a question that is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    Nothing,
    /// The history says that the step failed.
    Fails,
    /// The step goes on.
    GoesOn,
}

#[derive(Clone, Debug)]
struct Away {
    back: Timestamp,
    on: &'static str,
}

/// A device.
#[derive(Clone, Debug)]
pub(super) struct Sim {
    /// The changing commands that reached it.
    pub(super) sent: Vec<&'static str>,
    /// Reloads by its own timer.
    pub(super) auto_aborts: u32,
    /// When its timer takes it back.
    pub(super) timer: Option<Timestamp>,
    /// Bytes of the image on its flash.
    pub(super) flash: Option<u64>,
    /// Somebody wrote over the file, and kept its size.
    pub(super) spoiled: bool,
    pub(super) troubles: Troubles,
    /// Its second side, for an upgrade that takes one after the other.
    pub(super) sides: Sides,
    /// What its members boot, for an upgrade that writes packages without an engine.
    pub(super) packages: Packages,
    in_service: bool,
    /// What the looks at its health asked.
    pub(super) scopes: Vec<Scope>,
    running: &'static str,
    booted: Timestamp,
    target: Option<PackageState>,
    away: Option<Away>,
    busy_until: Option<Timestamp>,
    history: Vec<Operation>,
    key_changed: bool,
    /// A copy goes on alone: from when, until when, and what is there then.
    copying: Option<(Timestamp, Timestamp, Option<u64>)>,
}

impl Sim {
    pub(super) fn new(now: Timestamp) -> Self {
        Self {
            sent: Vec::new(),
            auto_aborts: 0,
            timer: None,
            flash: None,
            spoiled: false,
            troubles: Troubles::default(),
            sides: Sides::default(),
            packages: Packages::default(),
            in_service: false,
            scopes: Vec::new(),
            running: FROM,
            booted: super::super::earlier(now, Duration::from_secs(86_400 * 30)),
            target: None,
            away: None,
            busy_until: None,
            history: Vec::new(),
            key_changed: false,
            copying: None,
        }
    }

    /// How often a changing command reached it.
    pub(super) fn count(&self, command: &str) -> usize {
        self.sent.iter().filter(|c| **c == command).count()
    }

    /// What it runs now.
    pub(super) fn runs(&mut self, now: Timestamp) -> &'static str {
        self.settle(now);
        self.running
    }

    /// Whether what it runs is what it will boot.
    pub(super) fn is_committed(&self) -> bool {
        self.running == FROM || self.target == Some(PackageState::Committed)
    }

    /// Lets everything happen that is due.
    fn settle(&mut self, now: Timestamp) {
        loop {
            match (&self.away, self.timer) {
                (Some(away), _) if away.back <= now => {
                    self.running = away.on;
                    self.booted = away.back;
                    if self.running != TO {
                        self.timer = None;
                        self.target = self.target.map(|_| PackageState::Inactive);
                    }
                    self.away = None;
                }
                (Some(_), _) => return,
                (None, Some(at)) if at <= now && self.in_service => {
                    self.timer = None;
                    self.auto_aborts += 1;
                    self.sides.expire(at);
                    if self.running == TO {
                        (self.running, self.booted) = (FROM, at);
                    }
                }
                (None, Some(at)) if at <= now => {
                    self.timer = None;
                    self.auto_aborts += 1;
                    self.leave(at, RELOAD, FROM);
                }
                (None, _) => break,
            }
        }
        if let Some(after) = self.troubles.leaves_again
            && self.running == TO
            && later(self.booted, after) <= now
        {
            self.troubles.leaves_again = None;
            self.leave(now, Duration::from_secs(86_400 * 365), TO);
        }
    }

    fn leave(&mut self, at: Timestamp, reload: Duration, on: &'static str) {
        let back = later(at, reload);
        self.away = Some(Away { back, on });
    }

    /// A session, if there is one to be had.
    fn reach(&mut self, with: LoginWith, now: Timestamp) -> Result<(), TaskError> {
        self.settle(now);
        self.copy_on(now);
        let address = "192.0.2.1:22".to_owned();
        if self.away.is_some() {
            return Err(TaskError::Connect(ConnectError::Unreachable {
                address,
                reason: "connection refused".into(),
            }));
        }
        if self.key_changed {
            return Err(TaskError::Connect(ConnectError::HostKeyChanged {
                address,
                fingerprint: "ssh-ed25519 SHA256:new".into(),
                expected: "ssh-ed25519 SHA256:old".into(),
            }));
        }
        if self.troubles.refusals > 0 && with == LoginWith::Usual {
            self.troubles.refusals -= 1;
            return Err(TaskError::Connect(ConnectError::CredentialRefused {
                address,
                username: "netops".into(),
                methods: "password".into(),
            }));
        }
        Ok(())
    }

    pub(super) fn look(
        &mut self,
        look: &Look,
        with: LoginWith,
        now: Timestamp,
    ) -> Result<Done, TaskError> {
        self.reach(with, now)?;
        Ok(Done::Seen(match look {
            Look::Facts | Look::Discovery | Look::Point { .. } | Look::Firmware => {
                Observation::Facts(Box::new(self.facts(now)))
            }
            Look::Readiness => Observation::Readiness(Box::new(Readiness {
                unsaved: Some(Vec::new()),
                scp_server: true,
                scp_privilege: true,
                ..Readiness::default()
            })),
            Look::Health(scope) => {
                self.scopes.push(scope.clone());
                Observation::Health(Box::new(self.health(scope, now)))
            }
            Look::Backup => unreachable!("a backup is a task of its own"),
            Look::Patch { .. } => unreachable!("no plan of this driver has a patch"),
            Look::Provisioned { .. } => self.packages.look(now),
            Look::Configuration { .. } => unreachable!("no plan of this driver keeps one"),
            Look::Digest { kind, .. } => Observation::Digest(Digest {
                file_system: "flash:".into(),
                kind: *kind,
                hex: image()
                    .md5
                    .filter(|_| self.flash == Some(BYTES) && !self.spoiled),
            }),
        }))
    }

    pub(super) fn backup(&mut self, with: LoginWith, now: Timestamp) -> Result<Done, TaskError> {
        self.reach(with, now)?;
        Ok(Done::Kept(vec!["running.cfg".into()]))
    }

    pub(super) fn push(&mut self, with: LoginWith, now: Timestamp) -> Result<Done, TaskError> {
        self.reach(with, now)?;
        self.sent.push("copy");
        self.spoiled = false;
        self.flash = Some(BYTES);
        Ok(Done::Pushed(BYTES))
    }

    /// The device fetches; nobody may ask for a second copy while the first is at work.
    pub(super) fn pull(&mut self, with: LoginWith, now: Timestamp) -> Result<Done, TaskError> {
        self.reach(with, now)?;
        assert!(self.copying.is_none(), "two copies at once");
        self.sent.push("pull");
        self.spoiled = false;
        let lost = |during: &str| {
            TaskError::Talk(TalkError::HungUp {
                during: during.into(),
                tail: Vec::new(),
            })
        };
        match self.troubles.copies.pop_front() {
            None => self.flash = Some(BYTES),
            Some(Copied::Spoiled) => {
                self.flash = Some(BYTES);
                self.spoiled = true;
            }
            Some(Copied::Fails {
                code,
                class,
                leaves,
            }) => {
                self.flash = leaves;
                return Err(TaskError::Talk(TalkError::Failed {
                    command: "copy".into(),
                    answer: code.into(),
                    effect: Effect::Unknown,
                    class,
                    code,
                    remedy: None,
                    tail: Vec::new(),
                }));
            }
            Some(Copied::Drops { grows_for, leaves }) => {
                self.copying = Some((now, later(now, grows_for), leaves));
                return Err(lost("copy"));
            }
        }
        let verdict = Verdict::Success;
        let tail = Vec::new();
        Ok(Done::Seen(Observation::Acted(Acted { verdict, tail })))
    }

    /// What a copy that goes on alone has come to.
    fn copy_on(&mut self, now: Timestamp) {
        let Some((began, until, leaves)) = self.copying else {
            return;
        };
        if now >= until {
            self.flash = leaves;
            self.copying = None;
        } else {
            let minutes = between(began, now).as_secs() / 60;
            self.flash = Some(minutes.min(BYTES - 1));
        }
    }

    pub(super) fn act(
        &mut self,
        step: &Step,
        with: LoginWith,
        now: Timestamp,
    ) -> Result<Done, TaskError> {
        self.reach(with, now)?;
        self.sent.push(step.kind.word());
        let mut asked = None;
        if let Some(question) = self.troubles.asks
            && question.step == step.kind
        {
            let error = TaskError::Talk(TalkError::UnknownQuestion {
                during: step.commands.join("; "),
                question: "Continue without a quorum? [yes/no]:".into(),
            });
            self.busy_until = Some(later(now, question.open));
            match question.then {
                Then::Nothing => return Err(error),
                Then::Fails => {
                    self.note(step.kind, "Fail", now);
                    return Err(error);
                }
                Then::GoesOn => asked = Some(error),
            }
        }
        if let Some(done) = self.sides.act(step, now) {
            self.in_service = true;
            let running = if self.sides.runs_new() { TO } else { FROM };
            if self.running != running {
                (self.running, self.booted) = (running, now);
            }
            self.timer = done?.then(|| self.timer.unwrap_or(later(now, TIMER)));
            let (verdict, tail) = (Verdict::Success, Vec::new());
            return Ok(Done::Seen(Observation::Acted(Acted { verdict, tail })));
        }
        if let Some(done) = self.packages.act(step, now) {
            return done;
        }
        self.note(step.kind, "OK", now);
        match step.kind {
            StepKind::Reload => {
                let named = self.packages.names[0];
                let on = self.troubles.boots.take().unwrap_or(named);
                self.reload(now, on);
            }
            StepKind::DeleteFile => {
                assert!(self.copying.is_none(), "deleted under a copy");
                self.flash = None;
            }
            StepKind::Add => self.target = Some(PackageState::Inactive),
            StepKind::Activate => {
                self.target = Some(PackageState::Uncommitted);
                self.timer = (self.troubles.timer != Timer::None).then(|| later(now, TIMER));
                self.reload(now, self.troubles.boots.unwrap_or(TO));
            }
            StepKind::Commit => {
                self.target = Some(PackageState::Committed);
                self.timer = None;
            }
            StepKind::Abort => {
                self.timer = None;
                self.reload(now, FROM);
            }
            kind => unreachable!("{kind:?} is in no plan"),
        }
        if let Some(asked) = asked {
            return Err(asked);
        }
        let verdict = if self.away.is_some() {
            Verdict::WentAway
        } else {
            Verdict::Success
        };
        let tail = Vec::new();
        Ok(Done::Seen(Observation::Acted(Acted { verdict, tail })))
    }

    /// A reload that a command of ours caused.
    fn reload(&mut self, now: Timestamp, on: &'static str) {
        self.troubles.refusals += self.troubles.refusals_after_reload;
        self.key_changed |= self.troubles.new_key_after_reload;
        let reload = self.troubles.stays_away.take().unwrap_or(RELOAD);
        self.leave(now, reload, on);
    }

    fn note(&mut self, kind: StepKind, result: &str, now: Timestamp) {
        self.history.push(Operation {
            name: kind.word().into(),
            result: result.into(),
            started: now.to_string(),
        });
    }

    fn facts(&self, now: Timestamp) -> Facts {
        let mut facts = crate::testing::facts(self.running);
        if self.troubles.member_syncs && self.running == TO {
            let mut second = facts.members[0].clone();
            (second.id, second.ready) = (2, false);
            second.state = "Syncing".into();
            facts.members.push(second);
        }
        facts.uptime = super::super::between(self.booted, now);
        facts.history.clone_from(&self.history);
        facts.install_busy = self
            .busy_until
            .filter(|until| *until > now)
            .map(|_| "install_activate".into());
        facts.file_systems[0].files = self
            .flash
            .map(|size_bytes| FlashFile {
                name: image().file,
                size_bytes,
            })
            .into_iter()
            .collect();
        let package = |version: &str, state| Package {
            kind: PackageKind::Image,
            state,
            label: version.into(),
            version: Some(version.parse().unwrap()),
            members: "Switch 1".into(),
        };
        let install = facts.install.as_mut().unwrap();
        install.packages = match self.target {
            Some(PackageState::Committed) => vec![package(TO, PackageState::Committed)],
            Some(state) => vec![package(FROM, PackageState::Committed), package(TO, state)],
            None => vec![package(FROM, PackageState::Committed)],
        };
        if self.in_service {
            self.sides.tell(&mut facts, self.timer, now);
            return facts;
        }
        install.auto_abort = self.timer.map(|at| {
            let left = super::super::between(now, at);
            (self.troubles.timer == Timer::Told).then_some(left)
        });
        facts
    }

    fn health(&self, scope: &Scope, now: Timestamp) -> Health {
        let upgraded = self.running == TO;
        let down = self
            .troubles
            .port_down
            .is_some_and(|long| upgraded && now < later(self.booted, long))
            || self.sides.port_is_down();
        let port = |name: &str, up, weight| Port {
            name: name.into(),
            up,
            weight,
            because: "trunk".into(),
        };
        let mut health = Health {
            ports: vec![
                port("Te1/1/1", !down, Weight::Gate),
                // Somebody's laptop, which goes home during the upgrade.
                port("Gi1/0/1", !upgraded, Weight::Warn),
            ],
            neighbours: vec![Neighbour {
                name: "core-01".into(),
                port: "Te1/1/1".into(),
            }],
            ..Health::default()
        };
        let asks = |part| scope.parts.as_ref().is_none_or(|p| p.contains(&part));
        if asks(Part::Ospf) {
            let stuck = self
                .troubles
                .routing_stuck
                .filter(|(_, long)| upgraded && now < later(self.booted, *long));
            if upgraded && self.troubles.routing_unreadable {
                health.unread.push(Unread {
                    part: Part::Ospf,
                    line: "show ip ospf neighbor, line 2: ?".into(),
                });
            } else {
                health.routing.push(Adjacency {
                    protocol: Part::Ospf,
                    name: "192.0.2.1@Te1/1/1".into(),
                    up: stuck.is_none(),
                    state: stuck.map_or("full", |(state, _)| state).into(),
                    prefixes: None,
                });
            }
        }
        if asks(Part::Hsrp) {
            let moved = upgraded && self.troubles.role_moved;
            health.gateways.push(GatewayGroup {
                protocol: Part::Hsrp,
                name: "Vl10 group 1".into(),
                role: if moved { "standby" } else { "active" }.into(),
            });
        }
        if let Some([before, after]) = &self.troubles.own {
            health.own.extend(scope.checks.iter().map(|check| Answer {
                check: check.name.clone(),
                weight: check.weight,
                said: if upgraded { after } else { before }.clone(),
            }));
        }
        if upgraded && self.troubles.unreadable {
            health.ports.clear();
            health.inconclusive = vec!["show interfaces status: line 3: ?".into()];
        }
        health
    }
}
