//! Copies: sent by SCP, fetched by the device, from flash to flash; and the hash over them.

use iosxe_lab::Fault;

use super::{Loss, Round, assert_as_whole, issu, loss, name};
use crate::support::{c9300_24, fault};

const VERIFY: &str = "verify /sha512";

const HASH: [Loss; 6] = [
    loss(VERIFY, "verify /sh", 1),
    loss(
        VERIFY,
        "verify /sha512 flash:cat9k_iosxe.17.12.04.SPA.bin",
        1,
    ),
    loss(VERIFY, "verify /sha512 ... bin ... .", 2),
    loss(VERIFY, "Done!", 2),
    loss(VERIFY, "Done! ... = ", 2),
    loss(VERIFY, "Done! ... = ... #", 2),
];

/// It only reads: it is asked again.
#[test]
fn the_hash_is_computed_again() {
    Round::of(c9300_24).lose(&HASH, "upgraded", "17.12.04");
}

/// From one processor's flash to the other's; that of the processor itself is sent.
const ACROSS: &str = "copy bootflash:";

const ACROSS_LOSSES: [Loss; 5] = [
    loss(ACROSS, "copy bootflash:asr", 1),
    loss(ACROSS, "Destination filename [asr", 2),
    loss(ACROSS, "copy bootflash: ... Copy in pro", 2),
    loss(ACROSS, "copy bootflash: ... bytes copied", 1),
    loss(ACROSS, "copy bootflash: ... bytes copied ... #", 1),
];

#[test]
fn a_copy_to_the_other_flash_is_whole_before_it_is_used() {
    let round = Round::of(issu::versions).by("issu").at_speed(issu::SPEED);
    round.lose(&ACROSS_LOSSES, "upgraded", "16.12.08");
}

#[test]
fn wherever_a_sent_copy_breaks_off_the_file_that_is_used_is_whole() {
    let moments = ["asked", "named", "first_byte", "last_byte", "kept"];
    let cut = |at: &&str| Fault {
        at: (*at).into(),
        ..fault("transfer_cut")
    };
    let cuts: Vec<Fault> = moments.iter().map(cut).collect();
    let bench = Round::of(c9300_24).bench(&cuts);
    let ran = bench.run(&["upgrade", "--all", "--approve", "auto", "--output", "json"]);
    for (n, cut) in cuts.iter().enumerate() {
        assert_as_whole(&bench, &ran, n, cut, "upgraded", "17.12.04");
        // One that was kept is not sent again, nor one that is whole and was never confirmed.
        let received = bench.count(&name(n), iosxe_lab::EventKind::FileReceived);
        assert_eq!(received, usize::from(cut.at != "last_byte"), "{}", cut.at);
    }
}
