//! Members, supervisors, route processors: which are there, and which are ready?

use iosxe_core::device::{MISMATCH, Member, Release, Role};

use crate::parse::show_module::ShowModule;
use crate::parse::show_platform::ShowPlatform;
use crate::parse::show_redundancy::ShowRedundancy;
use crate::parse::show_redundancy_states::ShowRedundancyStates;
use crate::parse::show_switch::{MemberState, ShowSwitch, StackPortState, StackRole};
use crate::parse::show_version::ShowVersion;

/// The tables that tell of members; a device was asked for those that its family has.
#[derive(Debug, Default)]
pub(super) struct Shown {
    pub(super) switch: Option<ShowSwitch>,
    pub(super) module: Option<ShowModule>,
    pub(super) platform: Option<ShowPlatform>,
    pub(super) redundancy: Option<ShowRedundancy>,
    pub(super) states: Option<ShowRedundancyStates>,
}

/// Every member that is there. A table of members without a member gives none: nothing is assumed in
/// its place.
pub(super) fn members(version: &ShowVersion, pid: &str, shown: &Shown) -> Vec<Member> {
    match (&shown.switch, &shown.module, &shown.platform) {
        (Some(switch), _, _) => of_stack(version, switch, shown.states.as_ref()),
        (None, Some(module), _) => supervisors(version, module, shown.states.as_ref()),
        (None, None, Some(platform)) => route_processors(version, platform, shown),
        (None, None, None) => vec![alone(version, pid)],
    }
}

fn alone(version: &ShowVersion, pid: &str) -> Member {
    let row = version.members.first();
    Member {
        id: row.map_or(1, |m| m.switch),
        role: Role::Active,
        ready: true,
        state: "Ready".into(),
        pid: Some(pid.to_owned()),
        serial: version
            .hardware
            .serial
            .clone()
            .or_else(|| version.processor_board_id.clone()),
        release: Some(version.running()),
        boot_mode: version.boot_mode(),
        ring: None,
    }
}

/// The members of a stack, or the two switches of a StackWise Virtual pair: of a pair, the redundancy
/// states are known, and its standby is ready when it could take over.
fn of_stack(
    version: &ShowVersion,
    switch: &ShowSwitch,
    states: Option<&ShowRedundancyStates>,
) -> Vec<Member> {
    let of_version = |number: u32| version.members.iter().find(|m| m.switch == number);
    let serial = |number: u32| {
        version
            .member_hardware
            .iter()
            .find(|m| m.switch == number)
            .and_then(|m| m.hardware.serial.clone())
    };
    switch
        .members
        .iter()
        // A provisioned switch that never was there is configuration, not a member.
        .filter(|m| !is_absent(m.state))
        .map(|m| {
            let row = of_version(m.switch);
            let ring = switch
                .ports
                .iter()
                .find(|p| p.switch == m.switch)
                .map(|p| p.port_1 == StackPortState::Ok && p.port_2 == StackPortState::Ok);
            let role = match m.role {
                StackRole::Active | StackRole::Master => Role::Active,
                StackRole::Standby => Role::Standby,
                StackRole::Member => Role::Member,
            };
            let state = match (m.state, role, states) {
                (MemberState::Ready, Role::Standby, Some(_)) => standby_state(role, true, states),
                (state, _, _) => word(state).to_owned(),
            };
            Member {
                id: m.switch,
                role,
                ready: state == READY,
                state,
                pid: row.map(|r| r.model.clone()),
                serial: serial(m.switch).or_else(|| {
                    matches!(m.role, StackRole::Active | StackRole::Master)
                        .then(|| version.hardware.serial.clone())
                        .flatten()
                }),
                release: row.map(|r| release(&r.version)),
                boot_mode: row.and_then(|r| r.mode),
                ring,
            }
        })
        .collect()
}

/// The supervisors of a Catalyst chassis: the cards that the redundancy table of `show module` names,
/// or the one that answers where there is no such table.
fn supervisors(
    version: &ShowVersion,
    module: &ShowModule,
    states: Option<&ShowRedundancyStates>,
) -> Vec<Member> {
    module
        .redundancy
        .iter()
        .filter_map(|row| {
            let word = row.role.to_ascii_lowercase();
            let role = if word.starts_with("active") {
                Role::Active
            } else if word.starts_with("standby") {
                Role::Standby
            } else {
                return None;
            };
            let card = module.modules.iter().find(|m| m.module == row.module);
            let software = card.and_then(|c| c.software.as_ref());
            let works = software
                .and_then(|s| s.status.as_deref())
                .is_some_and(|s| s.eq_ignore_ascii_case("ok"));
            let state = standby_state(role, works, states);
            Some(Member {
                id: row.module,
                role,
                ready: state == READY,
                state,
                pid: card.map(|c| c.model.clone()),
                serial: card.and_then(|c| c.serial.clone()),
                release: match role {
                    Role::Active => Some(version.running()),
                    Role::Standby | Role::Member => software
                        .and_then(|s| s.software_version.as_deref())
                        .map(release),
                },
                boot_mode: version.boot_mode(),
                ring: None,
            })
        })
        .collect()
}

/// The route processors of a router's chassis: the slots `R0` and `R1` of `show platform`. What the
/// other one runs stands in `show redundancy` alone.
fn route_processors(version: &ShowVersion, platform: &ShowPlatform, shown: &Shown) -> Vec<Member> {
    platform
        .slots
        .iter()
        .filter(|slot| slot.parent.is_none())
        .filter_map(|slot| {
            let id = slot.slot.strip_prefix('R')?.parse().ok()?;
            let role = if slot.state.ends_with("active") {
                Role::Active
            } else if slot.state.ends_with("standby") {
                Role::Standby
            } else {
                return None;
            };
            let state = standby_state(role, slot.is_ok(), shown.states.as_ref());
            let of_peer = || {
                let peer = shown.redundancy.as_ref()?.peer.as_ref()?;
                peer.version.as_deref().map(release)
            };
            Some(Member {
                id,
                role,
                ready: state == READY,
                state,
                pid: slot.kind.clone(),
                serial: None,
                release: match role {
                    Role::Active => Some(version.running()),
                    Role::Standby | Role::Member => of_peer(),
                },
                boot_mode: version.boot_mode(),
                ring: None,
            })
        })
        .collect()
}

const READY: &str = "Ready";

/// A standby is ready when it could take over, not when its card has power: between the two lie
/// minutes. Source: `show redundancy states` while a supervisor boots.
fn standby_state(role: Role, works: bool, states: Option<&ShowRedundancyStates>) -> String {
    match (role, states) {
        _ if !works => "not ok".to_owned(),
        (Role::Active, _) => READY.to_owned(),
        (_, Some(states)) => match peer_word(states) {
            hot if hot == "STANDBY HOT" => READY.to_owned(),
            other => other,
        },
        (_, None) => "unknown".to_owned(),
    }
}

/// The peer's state as the device spells it, without its number: `STANDBY HOT`.
pub(super) fn peer_word(states: &ShowRedundancyStates) -> String {
    let text = states.peer_state.state.to_ascii_uppercase();
    text.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ' || c == '-')
        .to_owned()
}

/// A release as tables print it; builds without a number stay text.
fn release(text: &str) -> Release {
    text.parse()
        .map_or_else(|_| Release::Engineering(text.to_owned()), Release::Number)
}

/// The device's word for a state.
fn word(state: MemberState) -> &'static str {
    match state {
        MemberState::Ready => READY,
        MemberState::Provisioned => "Provisioned",
        MemberState::Unprovisioned => "Unprovisioned",
        MemberState::Initializing => "Initializing",
        MemberState::Waiting => "Waiting",
        MemberState::Progressing => "Progressing",
        MemberState::Syncing => "HA sync in progress",
        MemberState::VMismatch => MISMATCH,
        MemberState::SdmMismatch => "SDM Mismatch",
        MemberState::FeatureMismatch => "Feature Mismatch",
        MemberState::LicenseMismatch => "License Mismatch",
        MemberState::Removed => "Removed",
    }
}

/// Numbers of the switches that the configuration names and that are not there.
pub(super) fn provisioned(shown: &Shown) -> Vec<u32> {
    let members = shown.switch.iter().flat_map(|s| &s.members);
    let absent = members.filter(|m| is_absent(m.state));
    absent.map(|m| m.switch).collect()
}

fn is_absent(state: MemberState) -> bool {
    matches!(state, MemberState::Provisioned | MemberState::Unprovisioned)
}
