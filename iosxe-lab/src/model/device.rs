//! One simulated device: identity that never changes, state behind one lock, power.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use russh::keys::PrivateKey;
use serde_json::{Value, json};
use tokio::sync::{Notify, watch};

use super::config::Config;
use super::firmware::Board;
use super::flash::Flash;
use super::install::Install;
use super::issu::Track;
use super::platform::{Durations, Family, Members, Platform};
use super::release::Release;
use crate::clock::Clock;
use crate::fault::Faults;
use crate::network::Lost;
use crate::timeline::{EventKind, Timeline};
use crate::topology::{BootModeSpec, DeviceSpec};

/// Who may log in to every device of a lab.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) password: String,
    pub(crate) privilege: u8,
}

/// Who may ask every device of a lab over SNMP, and where.
#[derive(Debug, Clone)]
pub(crate) struct Snmp {
    pub(crate) port: u16,
    /// Of SNMPv2c.
    pub(crate) community: String,
    /// Of SNMPv3, with SHA-256 and AES-128.
    pub(crate) user: String,
    pub(crate) auth: String,
    pub(crate) privacy: String,
}

/// What all devices of a lab share.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) timeline: Timeline,
    pub(crate) users: Vec<User>,
    pub(crate) enable: String,
    /// Who may ask over SNMP, where the lab answers it.
    pub(crate) snmp: Option<Snmp>,
    pub(crate) seed: u64,
    /// Folder for received files.
    pub(crate) flash_dir: PathBuf,
    /// Size of every generated image in bytes.
    pub(crate) image_bytes: u64,
    /// Name and PID of every device, for neighbour tables.
    pub(crate) names: Vec<(String, &'static str)>,
    /// The devices once the lab runs; a jump host finds its hidden devices here.
    pub(crate) devices: std::sync::OnceLock<Vec<std::sync::Weak<Device>>>,
    /// True once the lab stops.
    pub(crate) stop: watch::Receiver<bool>,
}

/// Power as the network sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Power {
    /// Answers; the number counts boots.
    Up(u64),
    /// Booting, in the boot loader, or gone: connections are refused.
    Down,
}

/// How the running image was booted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BootMode {
    /// From `packages.conf`.
    Install,
    /// From one `.bin`.
    Bundle,
}

impl BootMode {
    /// What a topology says.
    pub(crate) fn of(spec: BootModeSpec) -> Self {
        match spec {
            BootModeSpec::Install => BootMode::Install,
            BootModeSpec::Bundle => BootMode::Bundle,
        }
    }

    /// `INSTALL` or `BUNDLE`, as member tables have it.
    pub(crate) fn upper(self) -> &'static str {
        match self {
            BootMode::Install => "INSTALL",
            BootMode::Bundle => "BUNDLE",
        }
    }

    /// Lower-case word for the control address.
    pub(crate) fn word(self) -> &'static str {
        match self {
            BootMode::Install => "install",
            BootMode::Bundle => "bundle",
        }
    }
}

/// What runs since the last boot.
#[derive(Debug, Clone)]
pub(crate) struct Running {
    pub(crate) release: Release,
    pub(crate) mode: BootMode,
    /// `flash:packages.conf` or `bootflash:x.bin`.
    pub(crate) image_file: String,
    /// `Reload Command`, `Image Install`, `power-on`.
    pub(crate) reason: String,
    pub(crate) booted_s: f64,
}

/// What the boot loader reads at the next reload.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct BootVars {
    /// Boot entries of the active in order.
    pub(crate) path: Vec<String>,
    /// Stop in the boot loader.
    pub(crate) manual: bool,
    /// Boot entries of members of a stack that boot by others than the active.
    pub(crate) own: BTreeMap<u8, Vec<String>>,
}

impl BootVars {
    /// Boot entries of a member in order.
    pub(crate) fn of(&self, id: u8) -> &[String] {
        self.own.get(&id).unwrap_or(&self.path)
    }
}

/// One switch of a stack, one supervisor or route processor, or the only chassis.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) id: u8,
    pub(crate) serial: String,
    pub(crate) mac: String,
    pub(crate) priority: u8,
    pub(crate) flash: Flash,
    /// File systems beside the main one, in the order of [`Platform::disks`].
    pub(crate) disks: Vec<Flash>,
    pub(crate) release: Release,
    /// How it booted.
    pub(crate) mode: BootMode,
    /// It runs something else than its stack: it is kept out (`V-Mismatch`).
    pub(crate) apart: bool,
    /// Simulated second of its last boot.
    pub(crate) booted_s: f64,
    /// Simulated second from which it is Ready.
    pub(crate) ready_s: f64,
    /// Simulated second from which a standby is hot.
    pub(crate) hot_s: f64,
    pub(crate) missing: bool,
}

/// What a port stands and falls with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seat {
    /// The management port of the active.
    Management,
    /// A member: a switch, or a supervisor with uplinks.
    Member(u8),
    /// A line card, or the box itself.
    Card,
}

/// A port: cabling only; the rest is configuration.
#[derive(Debug, Clone)]
pub(crate) struct Interface {
    pub(crate) long: String,
    pub(crate) short: String,
    pub(crate) seat: Seat,
    pub(crate) media: &'static str,
    /// What `show interfaces` calls the hardware.
    pub(crate) hardware: &'static str,
    pub(crate) cabled: bool,
    /// Broken by a fault.
    pub(crate) broken: bool,
    pub(crate) neighbour: Option<Neighbour>,
}

/// Who is at the other end of a cable.
#[derive(Debug, Clone)]
pub(crate) struct Neighbour {
    pub(crate) device: String,
    pub(crate) port: String,
    pub(crate) pid: String,
    pub(crate) address: String,
}

/// A connection that passed authentication.
#[derive(Debug, Clone)]
pub(crate) struct SessionInfo {
    pub(crate) id: u64,
    pub(crate) user: String,
    pub(crate) from: String,
    pub(crate) line: u8,
    pub(crate) since_s: f64,
    pub(crate) in_config: bool,
}

/// A reload that waits.
#[derive(Debug, Clone)]
pub(crate) struct Scheduled {
    pub(crate) at_s: f64,
    pub(crate) generation: u64,
    pub(crate) reason: String,
}

/// A configuration change that undoes itself.
#[derive(Debug, Clone)]
pub(crate) struct Revert {
    pub(crate) at_s: f64,
    pub(crate) generation: u64,
    pub(crate) user: String,
    pub(crate) saved: Config,
}

/// A change of the active that happened.
#[derive(Debug, Clone)]
pub(crate) struct Switchover {
    pub(crate) from: u8,
    pub(crate) to: u8,
    pub(crate) reason: &'static str,
    pub(crate) at_s: f64,
}

/// Everything about a device that changes.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) running_config: Config,
    pub(crate) startup_config: Config,
    /// Release that wrote the startup configuration.
    pub(crate) startup_release: Release,
    pub(crate) config_changed_s: f64,
    pub(crate) config_saved_s: f64,
    pub(crate) running: Running,
    pub(crate) boot: BootVars,
    pub(crate) confreg: u16,
    pub(crate) confreg_next: u16,
    /// Release that `packages.conf` names.
    pub(crate) provisioned: Option<Release>,
    pub(crate) install: Install,
    /// Upgrades in service.
    pub(crate) issu: Track,
    pub(crate) members: Vec<Member>,
    /// Id of the member that is active.
    pub(crate) active: u8,
    /// Simulated second from which it is.
    pub(crate) active_since_s: f64,
    /// Since the last reload, oldest first.
    pub(crate) switchovers: Vec<Switchover>,
    /// Serial number and MAC address of a chassis whose members are cards.
    pub(crate) chassis: Option<(String, String)>,
    pub(crate) interfaces: Vec<Interface>,
    pub(crate) faults: Faults,
    /// What is gone until the next boot.
    pub(crate) lost: Lost,
    pub(crate) reloads: BTreeMap<&'static str, u64>,
    pub(crate) sessions: Vec<SessionInfo>,
    pub(crate) next_session: u64,
    pub(crate) logging: Vec<String>,
    pub(crate) scheduled: Option<Scheduled>,
    pub(crate) revert: Option<Revert>,
    pub(crate) generation: u64,
    pub(crate) config_lock: Option<String>,
    pub(crate) refuse_logins: u32,
    /// The next boot is that of a fast reload.
    pub(crate) boots_fast: bool,
    pub(crate) host_key: PrivateKey,
    pub(crate) next_blob: u64,
    pub(crate) maintenance: bool,
    /// Firmware beside the image.
    pub(crate) firmware: Board,
}

/// One simulated device.
#[derive(Debug)]
pub(crate) struct Device {
    pub(crate) name: String,
    pub(crate) spec: DeviceSpec,
    pub(crate) platform: &'static Platform,
    pub(crate) world: Arc<World>,
    /// Where clients reach it; for a hidden device, the address that its jump host forwards to.
    pub(crate) address: SocketAddr,
    pub(crate) power: watch::Sender<Power>,
    /// Told when faults were deleted.
    deleted: Notify,
    state: Mutex<State>,
}

impl Device {
    pub(crate) fn new(
        spec: DeviceSpec,
        platform: &'static Platform,
        world: Arc<World>,
        address: SocketAddr,
        state: State,
    ) -> Arc<Self> {
        let (power, _) = watch::channel(Power::Up(0));
        let name = spec.name.clone();
        Arc::new(Device {
            name,
            spec,
            platform,
            world,
            address,
            power,
            deleted: Notify::new(),
            state: Mutex::new(state),
        })
    }

    /// Simulated seconds of the phases of an upgrade.
    pub(crate) fn durations(&self, members: usize) -> Durations {
        let usual = self.platform.durations(members);
        let own = &self.spec.times;
        Durations {
            add_s: own.add_s.unwrap_or(usual.add_s),
            activate_s: own.activate_s.unwrap_or(usual.activate_s),
            boot_s: own.boot_s.unwrap_or(usual.boot_s),
            settle_s: own.settle_s.unwrap_or(usual.settle_s),
            standby_s: own.standby_s.unwrap_or(usual.standby_s),
        }
    }

    /// The state; hold it briefly and never across a wait.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Simulated seconds since the lab started.
    pub(crate) fn now(&self) -> f64 {
        self.world.clock.now_s()
    }

    /// Writes an event of this device.
    pub(crate) fn record<const N: usize>(&self, kind: EventKind, detail: [(&str, Value); N]) {
        self.world
            .timeline
            .record(&self.world.clock, &self.name, kind, detail);
    }

    /// True when a fault strikes at this moment; it is written to the timeline.
    pub(crate) fn strikes(&self, kind: &str, at: &str) -> bool {
        let struck = self.state().faults.take(kind, at);
        if struck && kind != "syslog_noise" && kind != "slow_link" {
            self.record(EventKind::Fault, [("kind", json!(kind)), ("at", json!(at))]);
        }
        struck
    }

    /// Deletes every fault that waits.
    pub(crate) fn clear_faults(&self) {
        self.state().faults.clear();
        self.deleted.notify_waiters();
    }

    /// Returns when no fault holds a command any more.
    pub(crate) async fn released(&self, line: &str) {
        loop {
            let deleted = self.deleted.notified();
            tokio::pin!(deleted);
            deleted.as_mut().enable();
            let held = {
                let state = self.state();
                let mut texts = state.faults.moments("command_held");
                texts.find(|text| line.starts_with(text)).map(str::to_owned)
            };
            let Some(text) = held else { return };
            self.strikes("command_held", &text);
            deleted.await;
        }
    }

    /// True when it runs this release or a later one.
    pub(crate) fn runs_at_least(&self, major: u16, minor: u16) -> bool {
        self.state().running.release.at_least(major, minor)
    }

    /// True where the running release knows `install` and `show install` (field notes 5.1): Catalyst 3850
    /// since 16.6.1, the others since 16.6.2, routers since 16.6.
    pub(crate) fn has_install(&self) -> bool {
        let p = self.platform;
        let release = self.state().running.release.clone();
        p.has_install()
            && match p.family {
                Family::Stackable if p.prefix == "cat3k_caa-universalk9" => {
                    release.builds_on(16, 6, 1)
                }
                Family::Stackable | Family::Core | Family::Modular => release.builds_on(16, 6, 2),
                Family::Router | Family::Asr | Family::Ncs => release.at_least(16, 6),
            }
    }

    /// True where `install add` takes images, and not patches alone: routers with one route processor
    /// since 17.1.
    pub(crate) fn adds_images(&self) -> bool {
        let alone = self.state().members.len() < 2;
        let router = matches!(self.platform.family, Family::Router | Family::Asr);
        !(router && alone) || self.runs_at_least(17, 1)
    }

    /// True while it answers.
    pub(crate) fn is_up(&self) -> bool {
        matches!(*self.power.borrow(), Power::Up(_))
    }

    /// Writes a line to the device's log.
    pub(crate) fn log(&self, facility: &str, text: &str) {
        let now = self.now();
        let line = format!(
            "*{}: %{facility}: {text}",
            self.world.clock.syslog_date(now)
        );
        let mut state = self.state();
        state.logging.push(line);
        let extra = state.logging.len().saturating_sub(200);
        state.logging.drain(..extra);
    }

    /// Labels of the members that are there in the install engine's lines: `1`, `R0`, `1/R0`.
    pub(crate) fn labels(&self, state: &State) -> Vec<String> {
        state
            .working()
            .map(|m| self.label(m.id, state.members.len()))
            .collect()
    }

    /// Label of a member, of so many in all.
    pub(crate) fn label(&self, id: u8, members: usize) -> String {
        match self.platform.members {
            Members::Stack => id.to_string(),
            Members::Virtual if members > 1 => format!("{id}/R0"),
            Members::Engines(_) => format!("R{}", id.saturating_sub(1)),
            Members::Single | Members::Virtual => "R0".to_owned(),
        }
    }

    /// The slot number that `show redundancy` and `show module` give a member.
    pub(crate) fn slot(&self, id: u8) -> u8 {
        match self.platform.members {
            Members::Engines(slots) => slots
                .get(usize::from(id).saturating_sub(1))
                .copied()
                .unwrap_or(id),
            Members::Single if !self.platform.is_switch() => 6,
            Members::Stack | Members::Virtual | Members::Single => id,
        }
    }

    /// A path for bytes about to be received.
    pub(crate) fn new_blob_path(&self) -> PathBuf {
        let mut state = self.state();
        state.next_blob += 1;
        let n = state.next_blob;
        drop(state);
        self.world
            .flash_dir
            .join(&self.name)
            .join(format!("{n:06}"))
    }
}

impl State {
    /// The hostname of the running configuration.
    pub(crate) fn hostname(&self) -> &str {
        self.running_config.value("hostname ").unwrap_or("Switch")
    }

    /// True when running and startup configuration differ.
    pub(crate) fn unsaved(&self) -> bool {
        self.running_config != self.startup_config
    }

    /// Uptime in simulated seconds.
    pub(crate) fn uptime(&self, now_s: f64) -> f64 {
        now_s - self.running.booted_s
    }

    /// The active member.
    pub(crate) fn active(&self) -> Option<&Member> {
        self.members
            .iter()
            .find(|m| m.id == self.active)
            .or_else(|| self.members.first())
    }

    /// Place of the active member in the list.
    pub(crate) fn active_index(&self) -> usize {
        self.members
            .iter()
            .position(|m| m.id == self.active)
            .unwrap_or(0)
    }

    /// The member that would take over, ready or not.
    pub(crate) fn standby(&self) -> Option<&Member> {
        self.working().find(|m| m.id != self.active)
    }

    /// The standby once it is Ready, and whether it is hot: all of the active's state is there.
    pub(crate) fn ready_standby(&self, now_s: f64) -> Option<(&Member, bool)> {
        let member = self.standby().filter(|m| now_s >= m.ready_s)?;
        let hot = now_s >= member.hot_s && self.alike(&member.release);
        Some((member, hot))
    }

    /// The active member's flash.
    pub(crate) fn flash(&self) -> Option<&Flash> {
        self.active().map(|m| &m.flash)
    }

    /// Members that are there.
    pub(crate) fn present(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|m| !m.missing)
    }

    /// Members that are there and not kept out.
    pub(crate) fn working(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|m| m.works())
    }

    /// Serial number of the chassis; of the active where every member has its own.
    pub(crate) fn serial(&self) -> String {
        match &self.chassis {
            Some((serial, _)) => serial.clone(),
            None => self.active().map(|m| m.serial.clone()).unwrap_or_default(),
        }
    }

    /// `Active`, `Standby` or `Member`.
    pub(crate) fn role(&self, member: &Member) -> &'static str {
        if member.id == self.active {
            "Active"
        } else if self.standby().is_some_and(|s| s.id == member.id) {
            "Standby"
        } else {
            "Member"
        }
    }

    /// State of a member, as in `show switch`.
    pub(crate) fn state_of(&self, member: &Member, now_s: f64) -> &'static str {
        let standby = self.standby().is_some_and(|s| s.id == member.id);
        if member.missing {
            "Removed"
        } else if now_s < member.ready_s {
            "Initializing"
        } else if member.apart || !self.alike(&member.release) {
            "V-Mismatch"
        } else if standby && now_s < member.hot_s {
            "HA sync in progress"
        } else {
            "Ready"
        }
    }
}

impl Member {
    /// It is there and takes part.
    pub(crate) fn works(&self) -> bool {
        !self.missing && !self.apart
    }

    /// A file system by number: 0 is the main one, others follow [`Platform::disks`].
    pub(crate) fn fs(&self, disk: usize) -> Option<&Flash> {
        match disk.checked_sub(1) {
            None => Some(&self.flash),
            Some(n) => self.disks.get(n),
        }
    }

    /// The same, to write.
    pub(crate) fn fs_mut(&mut self, disk: usize) -> Option<&mut Flash> {
        match disk.checked_sub(1) {
            None => Some(&mut self.flash),
            Some(n) => self.disks.get_mut(n),
        }
    }
}
