//! Going down and coming back: commanded reloads, the auto-abort timer, scheduled reloads.

use std::sync::Arc;

use serde_json::json;

use super::boot::{self, Booted, Outcome};
use super::device::{BootMode, Device, Power, Scheduled};
use super::install::{AutoAbort, PackageState};
use super::release::Release;
use crate::network::Lost;
use crate::timeline::EventKind;

/// How a commanded reload goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Everything boots.
    Usual,
    /// xFSU: the forwarding plane goes on meanwhile, and less is booted.
    Fast {
        /// The device meets every requirement.
        eligible: bool,
    },
}

/// Part of the usual boot time that a fast reload takes.
const FAST: f64 = 0.3;

/// Who wanted a reload. The words are a contract with scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// A command, directly (`reload`) or by what it does (`install activate`).
    Command,
    /// The auto-abort timer.
    AutoAbort,
    /// An upgrade in service reboots one side after the other.
    Issu,
    /// A member that ran something else than its stack was given what the stack runs.
    Mismatch,
    /// Firmware was written, by a command or by the boot itself.
    Firmware,
}

impl Cause {
    pub(super) fn word(self) -> &'static str {
        match self {
            Cause::Command => "command",
            Cause::AutoAbort => "auto_abort",
            Cause::Issu => "issu",
            Cause::Mismatch => "mismatch",
            Cause::Firmware => "firmware",
        }
    }
}

impl Device {
    /// Runs something beside the sessions until it ends or the lab stops.
    pub(crate) fn spawn(self: &Arc<Self>, work: impl Future<Output = ()> + Send + 'static) {
        self.world.spawn(work);
    }

    /// Goes down and comes back on what the boot loader finds. Nothing when it is down already.
    pub(crate) fn reload(self: &Arc<Self>, cause: Cause, reason: &str) {
        let boot_number = match *self.power.borrow() {
            Power::Up(n) => n,
            Power::Down => return,
        };
        self.record(
            EventKind::ReloadBegin,
            [("cause", json!(cause.word())), ("reason", json!(reason))],
        );
        {
            let mut state = self.state();
            *state.reloads.entry(cause.word()).or_default() += 1;
            state.install.running = None;
            state.scheduled = None;
            state.revert = None;
            state.config_lock = None;
            break_off(&mut state, self);
            state.install.reload_begins();
        }
        self.power.send_replace(Power::Down);
        let device = Arc::clone(self);
        let reason = reason.to_owned();
        self.spawn(async move { device.boot(boot_number + 1, &reason).await });
    }

    async fn boot(self: Arc<Self>, number: u64, reason: &str) {
        let members = self.state().members.len();
        let times = self.durations(members);
        let fast = std::mem::take(&mut self.state().boots_fast);
        let boot_s = if fast {
            times.boot_s * FAST
        } else {
            times.boot_s
        };
        self.world.clock.sleep(boot_s).await;
        if self.strikes("never_returns", "reload") {
            tracing::debug!(device = self.name, "stays in the boot loader");
            return;
        }
        let old = if self.strikes("boots_old_image", "reload") {
            self.fall_back()
        } else {
            None
        };
        if members > 1
            && self.platform.stackable()
            && self.strikes("member_mismatch_after_reload", "reload")
        {
            self.last_member_stays();
        }
        let device = Arc::clone(&self);
        let decided = tokio::task::spawn_blocking(move || {
            // Checks signatures without holding the state: the answers stay with the files.
            let images: Vec<_> = device
                .state()
                .members
                .iter()
                .flat_map(|m| std::iter::once(&m.flash).chain(&m.disks))
                .flat_map(super::flash::Flash::entries)
                .filter(|(name, _)| name.ends_with(".bin"))
                .filter_map(|(_, entry)| entry.content.clone())
                .collect();
            for image in images {
                image.image_info();
            }
            boot::decide(&device.state(), device.platform)
        })
        .await;
        let outcome = old.unwrap_or(decided.unwrap_or(Outcome::Rommon("boot failed")));
        if let Outcome::Boots(booted) = &outcome
            && !booted.release.same_train(&self.state().running.release)
            && !fast
        {
            self.firmware_at_first_boot().await;
        }
        match outcome {
            Outcome::Boots(booted) => self.comes_up(number, booted, reason).await,
            Outcome::Rommon(why) => tracing::debug!(device = self.name, why, "in the boot loader"),
            Outcome::SetupDialog => tracing::debug!(device = self.name, "in the setup dialog"),
        }
    }

    /// Microcode and FPGA upgrade themselves at the first boot of another train; an FPGA takes a
    /// reload of its own for it.
    async fn firmware_at_first_boot(&self) {
        let own = self.spec.firmware.first_boot_s;
        let takes_s = own.unwrap_or_else(|| self.platform.first_boot_s());
        if takes_s <= 0.0 {
            return;
        }
        if self.platform.reloads_at_first_boot() {
            let cause = Cause::Firmware.word();
            self.record(
                EventKind::ReloadBegin,
                [
                    ("cause", json!(cause)),
                    ("reason", json!("FPGA upgrade at boot")),
                ],
            );
            *self.state().reloads.entry(cause).or_default() += 1;
        }
        self.world.clock.sleep(takes_s).await;
    }

    /// The new image did not boot and the loader took the old one. In install mode that ends the
    /// trial; in bundle mode the boot variable stays as it is, and the outcome is given.
    fn fall_back(&self) -> Option<Outcome> {
        let mut state = self.state();
        let old = state.running.clone();
        // Packages in a folder of their own are another boot entry than the old ones.
        let elsewhere = state.boot.path.first().and_then(|e| boot::local_path(e))
            != boot::local_path(&old.image_file);
        match old.mode {
            BootMode::Install if !elsewhere => {
                let release = state
                    .install
                    .committed()
                    .map_or(old.release, |p| p.release.clone());
                state.install.revert();
                provision(&mut state, self, &release);
                None
            }
            BootMode::Install | BootMode::Bundle => Some(Outcome::Boots(Booted {
                release: old.release,
                mode: old.mode,
                image_file: old.image_file,
                active: state.active,
                others: Vec::new(),
            })),
        }
    }

    /// The last member boots what it runs now, whatever the others do.
    fn last_member_stays(&self) {
        let mut state = self.state();
        let Some(id) = state.members.last().map(|m| m.id) else {
            return;
        };
        let running = state.running.clone();
        match running.mode {
            BootMode::Install => provision_member(&mut state, self, id, &running.release),
            BootMode::Bundle => {}
        }
        state.boot.own.insert(id, vec![running.image_file]);
    }

    async fn comes_up(self: &Arc<Self>, number: u64, booted: Booted, reason: &str) {
        let Booted {
            release,
            mode,
            image_file,
            active,
            others,
        } = booted;
        let now = self.now();
        let key_changes = self.strikes("host_key_changed", "reload");
        let port_breaks = self.strikes("interface_down_after_upgrade", "reload");
        let gone_from_the_network = Lost {
            neighbour: self.strikes("routing_neighbor_lost", "reload"),
            bundled: self.strikes("port_channel_member_lost", "reload"),
        };
        let lines_lost = self.strikes("config_lines_lost", "reload");
        let member_lost =
            self.state().members.len() > 1 && self.strikes("member_missing_after_reload", "reload");
        let writes = self.strikes("unsaved_config", "reload");
        let mut refuse = 0;
        while self.strikes("aaa_refused_after_reload", "reload") {
            refuse += 1;
        }
        let (mut ready, mut gone) = (Vec::new(), Vec::new());
        {
            let mut state = self.state();
            let times = self.durations(state.members.len());
            state.running.release = release.clone();
            state.running.mode = mode;
            state.running.image_file = image_file;
            reason.clone_into(&mut state.running.reason);
            state.running.booted_s = now;
            state.confreg = state.confreg_next;
            state.running_config = state.startup_config.clone();
            if writes {
                state
                    .running_config
                    .add("ip host written-at-boot 192.0.2.98");
            }
            if lines_lost {
                // Lines that the release at hand does not take.
                for line in ["ip forward-protocol nd", "vlan 20"] {
                    state.running_config.remove(line);
                }
            }
            state.config_changed_s = now;
            state.refuse_logins = refuse;
            state.firmware.boot();
            state.lost = gone_from_the_network;
            if mode == BootMode::Bundle {
                state.provisioned = None;
            } else {
                super::request::keep(&mut state, self);
            }
            state.active = active;
            state.active_since_s = now;
            state.switchovers.clear();
            let last = state.members.len();
            for (i, member) in state.members.iter_mut().enumerate() {
                let own = others.iter().find(|(id, _)| *id == member.id);
                let all = (release.clone(), mode);
                let own = own.map_or_else(|| Some(all.clone()), |(_, found)| found.clone());
                // A fault of this boot alone: the next one, back on the old release say, is without.
                let lost = member_lost && i + 1 == last && member.id != active;
                member.missing = own.is_none() || lost;
                // Switches of a stack run one thing, or they are kept out.
                let other = own.as_ref().is_some_and(|own| *own != all);
                member.apart = other && self.platform.stackable() && member.id != active;
                (member.release, member.mode) = own.unwrap_or(all);
                member.ready_s = if member.id == active {
                    now
                } else {
                    now + times.settle_s * (0.6 + 0.4 * (i.max(1) as f64))
                };
                member.booted_s = now;
                member.hot_s = member.ready_s + times.standby_s;
                if !member.works() {
                    gone.push(member.id);
                } else if member.id != active {
                    ready.push((member.id, member.ready_s));
                }
            }
            let uplink = super::cabling::uplink_names(self.platform, 1);
            for port in &mut state.interfaces {
                port.broken = port_breaks && uplink.first() == Some(&port.short);
            }
            if key_changes
                && let Ok(key) = crate::wire::host_key(&self.spec, self.world.seed, number)
            {
                state.host_key = key;
            }
        }
        for id in gone {
            self.record(EventKind::MemberDown, [("member", json!(id))]);
        }
        self.log("SYS-5-RESTART", "System restarted --");
        self.record(
            EventKind::ReloadEnd,
            [
                ("version", json!(release.padded())),
                ("boot_mode", json!(mode.word())),
            ],
        );
        self.power.send_replace(Power::Up(number));
        for (id, at_s) in ready {
            self.announce(id, at_s, number);
        }
        self.upgrades_itself();
    }

    /// Tells the timeline that a member is Ready, when it is and no reload came between.
    pub(super) fn announce(self: &Arc<Self>, id: u8, at_s: f64, boot_number: u64) {
        let device = Arc::clone(self);
        self.spawn(async move {
            device.world.clock.sleep_until(at_s).await;
            if *device.power.borrow() == Power::Up(boot_number) {
                device.record(EventKind::MemberUp, [("member", json!(id))]);
            }
        });
    }

    /// Starts the auto-abort timer.
    pub(crate) fn arm_auto_abort(self: &Arc<Self>, seconds: f64) {
        let timer = {
            let mut state = self.state();
            state.install.timer_generation += 1;
            let timer = AutoAbort {
                deadline_s: self.now() + seconds,
                generation: state.install.timer_generation,
            };
            state.install.timer = Some(timer);
            timer
        };
        let device = Arc::clone(self);
        self.spawn(async move {
            device.world.clock.sleep_until(timer.deadline_s).await;
            device.auto_abort(timer.generation).await;
        });
    }

    async fn auto_abort(self: &Arc<Self>, generation: u64) {
        let mut power = self.power.subscribe();
        if power.wait_for(|p| matches!(p, Power::Up(_))).await.is_err() {
            return;
        }
        if self.state().issu.current.is_some() {
            let ours = |t: AutoAbort| t.generation == generation;
            if self.state().install.timer.is_some_and(ours) {
                super::issu::expired(self).await;
            }
            return;
        }
        {
            let mut state = self.state();
            if state
                .install
                .timer
                .is_none_or(|t| t.generation != generation)
            {
                return;
            }
            if state.install.only_patches_open() {
                drop(state);
                super::smu::expired(self);
                return;
            }
            let Some(old) = state.install.committed().map(|p| p.release.clone()) else {
                return;
            };
            state.install.revert();
            provision(&mut state, self, &old);
        }
        self.record(EventKind::AutoAbort, []);
        self.log(
            "INSTALL-3-INSTALL_AUTO_ABORT",
            "install_engine: auto abort timer expired, the system returns to the committed image",
        );
        self.reload(Cause::AutoAbort, "Image Install");
    }

    /// Schedules a reload in so many simulated seconds; an earlier one is replaced.
    pub(crate) fn schedule_reload(self: &Arc<Self>, seconds: f64, reason: &str) {
        let (at_s, generation) = {
            let mut state = self.state();
            state.generation += 1;
            let at_s = self.now() + seconds;
            let generation = state.generation;
            state.scheduled = Some(Scheduled {
                at_s,
                generation,
                reason: reason.to_owned(),
            });
            (at_s, generation)
        };
        let device = Arc::clone(self);
        self.spawn(async move {
            device.world.clock.sleep_until(at_s).await;
            let due = device
                .state()
                .scheduled
                .as_ref()
                .is_some_and(|s| s.generation == generation);
            if due {
                device.reload(Cause::Command, "Reload Command");
            }
        });
    }
}

/// Makes `packages.conf` name a release, on every member that takes part.
pub(crate) fn provision(state: &mut super::device::State, device: &Device, release: &Release) {
    let there: Vec<u8> = state.working().map(|m| m.id).collect();
    for id in there {
        provision_member(state, device, id, release);
    }
    state.provisioned = Some(release.clone());
}

/// The same on one member.
pub(super) fn provision_member(
    state: &mut super::device::State,
    device: &Device,
    id: u8,
    release: &Release,
) {
    let text = super::birth::conf_text(device.platform, release);
    let now = device.now();
    for member in state.members.iter_mut().filter(|m| m.id == id) {
        let content = super::flash::Content::text(text.clone());
        if member.flash.put("packages.conf", content, now).is_err() {
            tracing::warn!(device = device.name, "no space for packages.conf");
        }
    }
    if id == state.active {
        state.provisioned = Some(release.clone());
    }
}

/// A reload of the whole system ends an upgrade in service: what is not kept yet is taken back.
fn break_off(state: &mut super::device::State, device: &Device) {
    let Some(upgrade) = state.issu.current.clone() else {
        return;
    };
    let kept = upgrade.is_kept();
    if !kept {
        state.install.revert();
        if state.running.mode == BootMode::Install {
            let all: Vec<u8> = state.members.iter().map(|m| m.id).collect();
            for id in all {
                provision_member(state, device, id, &upgrade.from);
            }
        }
    }
    state.issu.end(kept);
}

/// The release that is on trial, when it also runs.
pub(crate) fn on_trial(state: &super::device::State) -> Option<Release> {
    state
        .install
        .in_state(PackageState::Uncommitted)
        .map(|p| p.release.clone())
}
