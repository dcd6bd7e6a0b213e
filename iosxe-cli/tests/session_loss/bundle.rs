//! Bundle mode: configuration, boot variable, reload, and the way back.

use iosxe_lab::{BootModeSpec, DeviceSpec};

use super::{Loss, Round, loss};
use crate::support::{device, fault};

fn router(name: &str) -> DeviceSpec {
    let mut spec = device(name, "ISR4331/K9");
    spec.boot_mode = Some(BootModeSpec::Bundle);
    spec
}

const SAVE: &str = "write memory";
const KEEP: &str = "copy startup-config";
const BOOT: &str = "boot system";
const RELOAD: &str = "reload";

const FORTH: [Loss; 16] = [
    // The first of two.
    loss(SAVE, "write me", 2),
    loss(SAVE, "write memory ... Building con", 3),
    loss(SAVE, "write memory ... [OK]", 2),
    loss(KEEP, "copy startup", 1),
    loss(KEEP, "Destination filename [iosxe-startup", 2),
    loss(
        KEEP,
        "Destination filename [iosxe-startup-before-17.12.04.cfg]?",
        2,
    ),
    loss(KEEP, "copy startup-config ... Copy in pro", 2),
    loss(KEEP, "copy startup-config ... bytes copied", 1),
    loss(BOOT, "Enter configuration com", 2),
    loss(BOOT, "no boot sys", 2),
    loss(BOOT, "no boot system ... (config)#", 2),
    loss(BOOT, "no boot system ... boot system ... (config)#", 3),
    loss(BOOT, "no boot system ... (config)#end", 4),
    loss(RELOAD, "#re", 1),
    loss(RELOAD, "Proceed with rel", 2),
    loss(RELOAD, "Proceed with reload? [confirm]", 2),
];

#[test]
fn on_the_way_forth_in_bundle_mode() {
    let round = Round::of(router).unsaved();
    round.lose(&FORTH, "upgraded", "17.12.04");
}

const RESTORE: &str = "copy bootflash:iosxe-startup";

const BACK: [Loss; 4] = [
    loss(RESTORE, "copy bootflash:iosxe-st", 1),
    loss(RESTORE, "Destination filename [startup-config]?", 2),
    loss(RESTORE, "Destination filename [startup-config]? ... [O", 1),
    loss(
        RELOAD,
        "Destination filename [startup-config]? ... Proceed with reload? [confirm]",
        3,
    ),
];

#[test]
fn on_the_way_back_in_bundle_mode() {
    let round = Round::of(router).with(fault("interface_down_after_upgrade"));
    round.lose(&BACK, "rolled_back", "17.09.04a");
}
