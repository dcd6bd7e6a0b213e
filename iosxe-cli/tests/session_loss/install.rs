//! The install engine's three steps and its abort.

use super::{Loss, Round, loss};
use crate::support::{c9300_24, fault};

const ADD: &str = "install add file";
const ACTIVATE: &str = "install activate";
const COMMIT: &str = "install commit";
const ABORT: &str = "install abort";

const FORTH: [Loss; 19] = [
    // The echo: its first byte, its middle, its end.
    loss(ADD, "#i", 1),
    loss(ADD, "install add fi", 1),
    loss(ADD, "SPA.bin", 1),
    // The first line of the answer, its middle, the verdict, what follows it.
    loss(ADD, "install_add: ST", 2),
    loss(ADD, "--- Starting Add", 1),
    loss(ADD, "SUCCESS: install_a", 1),
    loss(ADD, "SUCCESS: install_add ... \n", 1),
    loss(ADD, "SUCCESS: install_add ... #", 1),
    loss(ACTIVATE, "install ac", 1),
    loss(ACTIVATE, "install_activate: ST", 2),
    // The question, and the echo of its answer.
    loss(ACTIVATE, "Do you want to proceed? [y/n]", 2),
    loss(ACTIVATE, "Do you want to proceed? [y/n]y", 2),
    loss(ACTIVATE, "--- Starting Activate", 1),
    loss(ACTIVATE, "SUCCESS: install_activate", 1),
    loss(COMMIT, "install c", 1),
    loss(COMMIT, "install_commit: ST", 2),
    loss(COMMIT, "--- Starting Commit", 1),
    loss(COMMIT, "SUCCESS: install_com", 1),
    loss(COMMIT, "SUCCESS: install_commit ... #", 1),
];

const BACK: [Loss; 5] = [
    loss(ABORT, "install ab", 1),
    loss(ABORT, "install_abort: ST", 2),
    loss(ABORT, "install_abort ... proceed? [y/n]", 2),
    loss(ABORT, "--- Starting Abort", 1),
    loss(ABORT, "SUCCESS: install_ab", 1),
];

const UPLINK: &str = "interface_down_after_upgrade";

#[test]
fn wherever_it_is_lost_on_the_way_forth_each_command_takes_effect_once() {
    Round::of(c9300_24).lose(&FORTH, "upgraded", "17.12.04");
}

#[test]
fn wherever_it_is_lost_on_the_way_back_each_command_takes_effect_once() {
    let round = Round::of(c9300_24).with(fault(UPLINK));
    round.lose(&BACK, "rolled_back", "17.09.04a");
}
