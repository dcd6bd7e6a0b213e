//! Upgrades in service: by one command, by location, by version, and `request platform software`.

use iosxe_lab::{BootModeSpec, DeviceSpec, Fault};

use super::{Loss, Round, loss};
use crate::support::{device, fault};

fn catalyst(name: &str) -> DeviceSpec {
    let mut spec = device(name, "C9606R");
    spec.members = 2;
    spec
}

fn router(name: &str, pid: &str, from: &str, to: &str, boots: BootModeSpec) -> DeviceSpec {
    let mut spec = DeviceSpec::new(name, pid, from);
    spec.target_version = Some(to.into());
    spec.boot_mode = Some(boots);
    spec
}

fn location(name: &str) -> DeviceSpec {
    router(
        name,
        "ASR1006",
        "17.03.05",
        "17.03.08a",
        BootModeSpec::Install,
    )
}

pub(super) fn versions(name: &str) -> DeviceSpec {
    let mut spec = router(
        name,
        "ASR1006",
        "16.09.05",
        "16.12.08",
        BootModeSpec::Bundle,
    );
    // The default of 45 min is too short for two reloads and the proof.
    spec.config = vec!["issu set rollback-timer 01:30:00".into()];
    spec
}

fn node(name: &str) -> DeviceSpec {
    router(
        name,
        "NCS4206-SA",
        "17.06.05",
        "17.09.05a",
        BootModeSpec::Install,
    )
}

/// An uplink that stays down behind the switchover takes the device back.
fn failing() -> Fault {
    Fault {
        at: "issu".into(),
        ..fault("interface_down_after_upgrade")
    }
}

/// Two reloads and the proof are in it for many devices at once: at the usual speed of these tests a bound
/// of minutes is over between two looks of a machine that is busy.
pub(super) const SPEED: f64 = 300.0;

const ACTIVATE: &str = "install activate issu";
const COMMIT: &str = "install commit";
const ABORT: &str = "install abort issu";

const BY_ONE_COMMAND: [Loss; 13] = [
    loss(ACTIVATE, "#i ... nstall ac", 1),
    loss(ACTIVATE, "install activate issu", 1),
    loss(ACTIVATE, "install_activate: ST", 2),
    loss(ACTIVATE, "Following packages shall be", 2),
    loss(ACTIVATE, "Do you want to proceed? [y/n]", 2),
    loss(ACTIVATE, "Do you want to proceed? [y/n]y", 2),
    loss(ACTIVATE, "STAGE 0: Initial", 1),
    loss(ACTIVATE, "STAGE 2: Rest", 1),
    loss(ACTIVATE, "STAGE 4: Restarting", 1),
    loss(COMMIT, "install com", 1),
    loss(COMMIT, "install_commit: Committing IS", 1),
    loss(COMMIT, "Starting Commit on R1", 1),
    loss(COMMIT, "SUCCESS: install_com", 1),
];

#[test]
fn in_service_by_one_command() {
    let round = Round::of(catalyst).by("issu").at_speed(SPEED);
    round.lose(&BY_ONE_COMMAND, "upgraded", "17.12.04");
}

const BACK_BY_ONE_COMMAND: [Loss; 5] = [
    loss(ABORT, "install ab", 1),
    loss(ABORT, "install_abort: ST", 2),
    loss(ABORT, "install_abort ... proceed? [y/n]", 2),
    loss(ABORT, "install_abort ... [y/n]y", 2),
    loss(ABORT, "install_abort ... --- Starting", 1),
];

#[test]
fn in_service_back_by_one_command() {
    let round = Round::of(catalyst)
        .by("issu")
        .at_speed(SPEED)
        .with(failing());
    round.lose(&BACK_BY_ONE_COMMAND, "rolled_back", "17.09.04a");
}

const STANDBY: &str = "install activate location standby";
const ACTIVE: &str = "install activate location active";

const BY_LOCATION: [Loss; 10] = [
    loss(STANDBY, "install activate location st", 1),
    loss(STANDBY, "install_activate: ST", 2),
    loss(STANDBY, "Do you want to proceed? [y/n]", 2),
    loss(STANDBY, "STAGE 1: Inst", 1),
    loss(STANDBY, "SUCCESS: install_act", 1),
    loss(ACTIVE, "install activate location act", 1),
    loss(ACTIVE, "location active ... [y/n]", 2),
    loss(ACTIVE, "location active ... STAGE 3", 1),
    loss(ACTIVE, "location active ... SUCCESS: install_act", 1),
    loss(COMMIT, "install_commit: ST", 2),
];

#[test]
fn in_service_by_location() {
    let round = Round::of(location).by("issu").at_speed(SPEED);
    round.lose(&BY_LOCATION, "upgraded", "17.03.08a");
}

const LOAD: &str = "issu loadversion";
const RUN: &str = "issu runversion";
const ACCEPT: &str = "issu acceptversion";
const KEEP: &str = "issu commitversion";
const RELOAD_SLOT: &str = "hw-module slot";

const BY_VERSION: [Loss; 7] = [
    loss(LOAD, "issu load", 1),
    loss(LOAD, "issu loadversion ... --- Starting local lock", 1),
    loss(LOAD, "issu loadversion ... Finished image ver", 1),
    loss(LOAD, "issu loadversion ... SUCCESS", 1),
    loss(RUN, "issu runv", 1),
    loss(RUN, "issu runversion ... --- Starting local", 1),
    loss(
        RUN,
        "issu runversion ... Starting installation state save",
        1,
    ),
];

const KEPT_BY_VERSION: [Loss; 8] = [
    loss(ACCEPT, "issu accept", 1),
    loss(ACCEPT, "issu acceptversion ... Starting local", 1),
    loss(ACCEPT, "issu acceptversion ... SUCCESS", 1),
    loss(KEEP, "issu commitv", 1),
    loss(KEEP, "issu commitversion ... Starting local", 1),
    loss(KEEP, "issu commitversion ... SUCCESS", 1),
    loss(RELOAD_SLOT, "Proceed with reload of module? [confirm]", 2),
    loss(
        RELOAD_SLOT,
        "Proceed with reload of module? [confirm] ... #",
        1,
    ),
];

#[test]
fn in_service_by_version() {
    let round = Round::of(versions).by("issu").at_speed(SPEED);
    round.lose(&BY_VERSION, "upgraded", "16.12.08");
}

#[test]
fn in_service_by_version_behind_the_proof() {
    let round = Round::of(versions).by("issu").at_speed(SPEED);
    round.lose(&KEPT_BY_VERSION, "upgraded", "16.12.08");
}

const BACK_BY_VERSION: [Loss; 3] = [
    loss("issu abortversion", "issu abortv", 1),
    loss(
        "issu abortversion",
        "issu abortversion ... Starting local",
        1,
    ),
    loss("issu abortversion", "issu abortversion ... ---", 1),
];

#[test]
fn in_service_back_by_version() {
    let round = Round::of(versions)
        .by("issu")
        .at_speed(SPEED)
        .with(failing());
    round.lose(&BACK_BY_VERSION, "rolled_back", "16.09.05");
}

const NODE: &str = "request platform software package install node";

const BY_NODE: [Loss; 5] = [
    loss(NODE, "request platform software pa", 1),
    loss(NODE, "--- Starting disk space", 1),
    loss(NODE, "STAGE 1: Installing", 1),
    loss(NODE, "STAGE 2: Rest", 1),
    loss(NODE, "STAGE 4: Installing software on active RP", 1),
];

#[test]
fn in_service_by_node() {
    let round = Round::of(node).by("issu").at_speed(SPEED);
    round.lose(&BY_NODE, "upgraded", "17.09.05a");
}
