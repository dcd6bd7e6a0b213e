//! `--until`: every device stops behind the stage that was asked for.

use iosxe_core::stage::{Outcome, StageKind};

use super::bench::{Bench, Setup};

#[test]
fn a_device_ends_at_the_stage_that_was_asked_for() {
    use StageKind as S;
    for (until, stage, outcome, acts) in [
        (S::Discover, S::Discover, Outcome::Ready, ""),
        (S::Select, S::Select, Outcome::Ready, ""),
        (S::Plan, S::Plan, Outcome::Ready, ""),
        (S::Precheck, S::Precheck, Outcome::Ready, ""),
        (S::Transfer, S::Transfer, Outcome::Staged, "transfer"),
        (S::Approve, S::Approve, Outcome::Staged, "transfer add"),
        (
            S::Upgrade,
            S::Upgrade,
            Outcome::Uncommitted,
            "transfer add activate",
        ),
        (
            S::Postcheck,
            S::Postcheck,
            Outcome::Uncommitted,
            "transfer add activate",
        ),
        (
            S::Commit,
            S::Commit,
            Outcome::Upgraded,
            "transfer add activate commit",
        ),
        // Nothing is rolled back of a healthy device: it ends where it stands.
        (
            S::Rollback,
            S::Commit,
            Outcome::Upgraded,
            "transfer add activate commit",
        ),
        (
            S::Close,
            S::Close,
            Outcome::Upgraded,
            "transfer add activate commit",
        ),
    ] {
        let mut setup = Setup::of(&["sw-a"]);
        setup.until = until;
        let mut bench = Bench::with(setup);
        bench.run();
        assert_eq!(bench.device("sw-a").stage, stage, "until {until}");
        assert_eq!(bench.outcome("sw-a"), outcome, "until {until}");
        assert_eq!(bench.acts("sw-a").join(" "), acts, "until {until}");
    }
}

/// Whatever was asked for, a device that is on its way back is brought back.
#[test]
fn a_way_back_ends_at_its_proof() {
    let mut setup = Setup::of(&["sw-a"]);
    setup.until = StageKind::Commit;
    let mut bench = Bench::with(setup);
    bench.sim("sw-a").troubles.port_down = Some(std::time::Duration::from_secs(86_400));
    bench.run();
    assert_eq!(bench.outcome("sw-a"), Outcome::RolledBack);
    assert_eq!(bench.device("sw-a").stage, StageKind::Rollback);
}
