//! A switch that runs something else than its stack, and how the stack cures it: `software auto-upgrade
//! enable` and `install autoupgrade`.
//!
//! Source: Cisco, "Managing Switch Stacks" of Catalyst 9000 (field notes 9): off by default, begins some
//! minutes after the switch was found, wants install mode on both sides, a full ring and the files of the
//! running release in flash, and reloads the switch. Which trains it bridges is not said; here one.

use std::sync::Arc;

use serde_json::json;

use super::birth;
use super::device::{BootMode, Device, Member, Power, State};
use super::flash::Content;
use super::reload::{Cause, provision_member};
use crate::timeline::EventKind;

/// Between the joining of a switch and its upgrade, in simulated seconds: "some minutes later".
const AFTER_S: f64 = 180.0;

const ENABLED: &str = "software auto-upgrade enable";

impl Device {
    /// Where auto-upgrade is enabled and a switch is kept out, begins to cure it some minutes from now.
    pub(crate) fn upgrades_itself(self: &Arc<Self>) {
        let enabled = |state: &State| state.running_config.has(ENABLED);
        let wanted = {
            let state = self.state();
            enabled(&state) && state.members.iter().any(|m| m.apart)
        };
        let Power::Up(number) = *self.power.borrow() else {
            return;
        };
        if !wanted {
            return;
        }
        let device = Arc::clone(self);
        self.spawn(async move {
            let at_s = device.now() + AFTER_S;
            device.world.clock.sleep_until(at_s).await;
            if *device.power.borrow() != Power::Up(number) || !enabled(&device.state()) {
                return;
            }
            match device.renew() {
                Ok(_) => {}
                Err(reason) => {
                    device.log("AUTO_UPGRADE-5-AUTO_UPGRADE_FAILED", &reason);
                }
            }
        });
    }

    /// Begins to give a switch that is kept out what the stack runs; its number, or why that is not done.
    pub(crate) fn renew(self: &Arc<Self>) -> Result<u8, String> {
        let Power::Up(number) = *self.power.borrow() else {
            return Err("the stack boots".to_owned());
        };
        let id = {
            let mut state = self.state();
            let id = self.curable(&state)?;
            let release = state.running.release.clone();
            let now = self.now();
            let size = state.flash().map_or(0, |f| {
                f.entries().filter_map(size_of_image).max().unwrap_or(0)
            });
            if let Some(member) = state.members.iter_mut().find(|m| m.id == id) {
                birth::expand(
                    &mut member.flash,
                    self.platform,
                    &release,
                    size,
                    self.world.seed,
                    now,
                );
                member.missing = true;
            }
            provision_member(&mut state, self, id, &release);
            state.boot.own.remove(&id);
            *state.reloads.entry(Cause::Mismatch.word()).or_default() += 1;
            id
        };
        self.record(
            EventKind::ReloadBegin,
            [
                ("cause", json!(Cause::Mismatch.word())),
                ("member", json!(id)),
                ("reason", json!("auto upgrade")),
            ],
        );
        self.record(EventKind::MemberDown, [("member", json!(id))]);
        self.log(
            "AUTO_UPGRADE-5-AUTO_UPGRADE_START",
            &format!("switch {id} is upgraded and reloaded"),
        );
        let device = Arc::clone(self);
        self.spawn(async move { device.joins(id, number).await });
        Ok(id)
    }

    /// The switch that would be cured.
    fn curable(&self, state: &State) -> Result<u8, String> {
        if state.running.mode == BootMode::Bundle {
            return Err("the stack does not run in install mode".to_owned());
        }
        let Some(member) = state.members.iter().find(|m| m.apart && !m.missing) else {
            return Err("no switch is mismatched".to_owned());
        };
        let id = member.id;
        if member.mode == BootMode::Bundle {
            return Err(format!("switch {id} does not run in install mode"));
        }
        if !member.release.same_train(&state.running.release) {
            return Err(format!("switch {id} runs another train"));
        }
        if state.faults.has("half_ring", "now") || state.members.iter().any(|m| m.missing) {
            return Err("the stack is no full ring".to_owned());
        }
        let files = birth::package_files(self.platform, &state.running.release);
        let whole = |m: &Member| files.iter().all(|file| m.flash.holds(file));
        if !state.active().is_some_and(whole) {
            return Err("files of the running software are not in flash".to_owned());
        }
        Ok(id)
    }

    /// The switch boots and joins, unless the whole stack reloads meanwhile.
    async fn joins(self: Arc<Self>, id: u8, number: u64) {
        let times = self.durations(self.state().members.len());
        self.world.clock.sleep(times.boot_s).await;
        if *self.power.borrow() != Power::Up(number) {
            return;
        }
        let now = self.now();
        let ready_s = now + times.settle_s * 0.6;
        let release = {
            let mut state = self.state();
            let (release, mode) = (state.running.release.clone(), state.running.mode);
            for member in state.members.iter_mut().filter(|m| m.id == id) {
                member.missing = false;
                member.apart = false;
                member.release = release.clone();
                member.mode = mode;
                member.booted_s = now;
                member.ready_s = ready_s;
                member.hot_s = ready_s + times.standby_s;
            }
            release
        };
        let detail = [("member", json!(id)), ("version", json!(release.padded()))];
        self.record(EventKind::ReloadEnd, detail);
        self.announce(id, ready_s, number);
        // One after the other.
        self.upgrades_itself();
    }
}

fn size_of_image((name, entry): (&str, &super::flash::FileEntry)) -> Option<u64> {
    let content = entry.content.as_ref().filter(|_| name.ends_with(".bin"));
    content.map(Content::len)
}
