//! Steps of a patch held against what a device shows.

use iosxe_core::device::Facts;
use iosxe_core::observation::Observation;
use iosxe_core::patch::{PatchEffect, PatchSeen};
use iosxe_core::plan::{DevicePlan, Standing, StepKind, StepState};

use super::{Ask, fleet};
use crate::planner::{assess, standing};

const FILE: &str = "cat9k_iosxe.17.09.04a.CSCwa00001.SPA.smu.bin";

fn ask(name: &str) -> Ask {
    let found = fleet().into_iter().find(|(n, _)| *n == name);
    found.unwrap().1
}

/// The device with the patch in a state; in none without one. `differ`: on the second member only.
fn facts(state: Option<&str>, differ: bool) -> Facts {
    let mut device = ask("catalyst_9300_patch").device;
    device.files.push((FILE, 900_000_000));
    let image = "IMG   C    17.09.04a.0.6\n";
    let line = state.map_or_else(String::new, |s| format!("SMU   {s}    flash:{FILE}\n"));
    let device = device.saying("show install summary", image, &format!("{image}{line}"));
    if !differ {
        return device.facts(&[]).unwrap();
    }
    let text = device.answer("show install summary").unwrap();
    let (head, rest) = text.split_once("[ Switch 1 2 ]").unwrap();
    let other = rest.replace(&line, "");
    let cut = other.rfind("Auto abort").unwrap();
    let first = other[..cut].trim_end().trim_end_matches('-');
    let both = format!("{head}[ Switch 1 ]{first}\n\n[ Switch 2 ]{rest}");
    device
        .says("show install summary", both)
        .facts(&[])
        .unwrap()
}

fn state(plan: &DevicePlan, kind: StepKind, seen: &Observation) -> StepState {
    let mut steps = plan.steps.iter().chain(&plan.way_back);
    assess(steps.find(|s| s.kind == kind).unwrap(), plan, seen)
}

fn word(state: &StepState) -> String {
    match state {
        StepState::Done => "done".into(),
        StepState::Ready => "ready".into(),
        StepState::Pending { .. } => "pending".into(),
        StepState::Blocked { code, .. } => code.clone(),
    }
}

#[test]
fn each_state_of_a_patch_has_its_next_step() {
    use StepKind::{Abort, Activate, Add, Commit, RemovePatch, Verify};
    let plan = ask("catalyst_9300_patch").plan().unwrap();
    let kinds = [Add, Activate, Verify, Commit, Abort, RemovePatch];
    for (letter, stands, words) in [
        (
            None,
            Standing::Original,
            [
                "ready",
                "not_added",
                "went_back",
                "went_back",
                "done",
                "ready",
            ],
        ),
        (
            Some("I"),
            Standing::Original,
            ["done", "ready", "went_back", "went_back", "done", "ready"],
        ),
        (
            Some("U"),
            Standing::Uncommitted,
            ["done", "done", "done", "ready", "ready", "patch_in_use"],
        ),
        (
            Some("C"),
            Standing::Committed,
            [
                "done",
                "done",
                "done",
                "done",
                "committed_already",
                "patch_in_use",
            ],
        ),
    ] {
        let facts = facts(letter, false);
        assert_eq!(standing(&plan, &facts), stands, "{letter:?}");
        let seen = Observation::Facts(Box::new(facts));
        for (kind, expected) in kinds.iter().zip(words) {
            let found = word(&state(&plan, *kind, &seen));
            assert_eq!(found, expected, "{letter:?}, {}", kind.word());
        }
    }
}

#[test]
fn a_patch_on_one_member_alone_is_not_settled() {
    let plan = ask("catalyst_9300_patch").plan().unwrap();
    let facts = facts(Some("U"), true);
    assert!(facts.install.as_ref().unwrap().members_differ);
    let stands = standing(&plan, &facts);
    assert!(matches!(stands, Standing::Settling { .. }), "{stands:?}");
    // Going back waits for nobody.
    let seen = Observation::Facts(Box::new(facts));
    assert_eq!(state(&plan, StepKind::Abort, &seen), StepState::Ready);
}

#[test]
fn the_way_out_is_the_mirror_of_the_way_in() {
    use StepKind::{Abort, Commit, Deactivate, RemovePatch, Verify};
    let mut plan = ask("catalyst_9300_patch_out").plan().unwrap();
    plan.members = 2;
    let kinds = [Deactivate, Verify, Commit, RemovePatch, Abort];
    for (letter, stands, words) in [
        (
            Some("C"),
            Standing::Original,
            ["ready", "went_back", "went_back", "patch_in_use", "done"],
        ),
        (
            Some("D"),
            Standing::Uncommitted,
            ["done", "done", "ready", "patch_in_use", "ready"],
        ),
        (
            Some("I"),
            Standing::Committed,
            ["done", "done", "done", "ready", "committed_already"],
        ),
    ] {
        let facts = facts(letter, false);
        assert_eq!(standing(&plan, &facts), stands, "{letter:?}");
        let seen = Observation::Facts(Box::new(facts));
        for (kind, expected) in kinds.iter().zip(words) {
            let found = word(&state(&plan, *kind, &seen));
            assert_eq!(found, expected, "{letter:?}, {}", kind.word());
        }
    }
    // Its file is what is left.
    let without = Observation::Facts(Box::new(
        ask("catalyst_9300_patch").device.facts(&[]).unwrap(),
    ));
    assert_eq!(state(&plan, RemovePatch, &without), StepState::Done);
}

#[test]
fn what_the_device_reads_in_the_file_decides_before_it_is_added() {
    let plan = ask("catalyst_9300_patch").plan().unwrap();
    let seen = |change: fn(&mut PatchSeen)| {
        let mut seen = PatchSeen::silent(FILE);
        seen.is_patch = Some(true);
        seen.effect = Some(PatchEffect::Hot);
        seen.release = "17.9.4a".parse().ok();
        change(&mut seen);
        word(&state(
            &plan,
            StepKind::CheckPatch,
            &Observation::Patch(Box::new(seen)),
        ))
    };
    assert_eq!(seen(|_| {}), "done");
    // A release that does not know the command refuses what does not fit when it is added.
    assert_eq!(seen(|s| *s = PatchSeen::silent(FILE)), "done");
    assert_eq!(
        seen(|s| s.release = "17.12.4".parse().ok()),
        "patch_incompatible"
    );
    assert_eq!(seen(|s| s.is_patch = Some(false)), "not_a_patch");
    assert_eq!(
        seen(|s| s.superseded_by.push("newer.smu.bin".into())),
        "patch_superseded"
    );
    assert_eq!(seen(|s| s.unread = Some("line 1".into())), "patch_unread");
    let order: Vec<StepKind> = plan.steps.iter().map(|s| s.kind).collect();
    let at = |kind| order.iter().position(|k| *k == kind).unwrap();
    assert!(at(StepKind::VerifyHash) < at(StepKind::CheckPatch));
    assert!(at(StepKind::CheckPatch) < at(StepKind::Add));
}

#[test]
fn patches_follow_in_the_order_of_the_row_and_stand_in_the_hash() {
    let mut two = ask("catalyst_8300_patches");
    let both = two.plan().unwrap();
    assert_eq!(both.then_patches.len(), 1);
    two.record.image = Some(both.image.file.clone());
    let one = two.plan().unwrap();
    assert_eq!(one.then_patches, Vec::<String>::new());
    assert_ne!(one.hash, both.hash);
}

#[test]
fn a_patch_that_somebody_had_added_stays_added_on_the_way_back() {
    let fresh = ask("catalyst_9300_patch").plan().unwrap();
    let ends = |plan: &DevicePlan| plan.way_back.last().unwrap().kind;
    assert_eq!(ends(&fresh), StepKind::RemovePatch);
    let listed = ask("catalyst_9300_patch");
    let plan = listed.plan_of(&facts(Some("I"), false)).unwrap();
    assert_eq!(ends(&plan), StepKind::Abort);
}

#[test]
fn without_the_timer_the_command_asks_for_none() {
    let mut ask = ask("catalyst_9300_patch");
    ask.policy.patch_timer = false;
    let plan = ask.plan().unwrap();
    let activate = plan.steps.iter().find(|s| s.kind == StepKind::Activate);
    let expected = format!("install activate file flash:{FILE}");
    assert_eq!(activate.unwrap().commands, [expected]);
    assert_eq!(plan.auto_abort, None);
}
