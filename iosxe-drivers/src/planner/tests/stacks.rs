//! Steps of a stack in bundle mode, held against what its members show.

use iosxe_core::boot::{BootMode, MemberBoot};
use iosxe_core::device::{Facts, MISMATCH, Release, Role};
use iosxe_core::observation::Observation;
use iosxe_core::plan::{DevicePlan, Standing, Step, StepKind, StepState};

use super::{Ask, assess, fleet};
use crate::planner::standing;

const NEW: &str = "cat9k_iosxe.17.12.04.SPA.bin";
const OLD: &str = "cat9k_iosxe.17.09.04a.SPA.bin";

fn ask(name: &str) -> (Ask, DevicePlan, Facts) {
    let found = fleet().into_iter().find(|(n, _)| *n == name);
    let ask = found.unwrap().1;
    let plan = ask.plan().unwrap();
    let facts = ask.device.facts(&[]).unwrap();
    (ask, plan, facts)
}

fn say(step: &Step, plan: &DevicePlan, facts: &Facts) -> StepState {
    assess(step, plan, &Observation::Facts(Box::new(facts.clone())))
}

fn forth(plan: &DevicePlan, kind: StepKind) -> &Step {
    plan.steps.iter().find(|s| s.kind == kind).unwrap()
}

fn back(plan: &DevicePlan, kind: StepKind) -> &Step {
    plan.way_back.iter().find(|s| s.kind == kind).unwrap()
}

fn code(state: StepState) -> String {
    match state {
        StepState::Blocked { code, .. } => code,
        other => format!("{other:?}"),
    }
}

/// What the three members boot next.
fn boots(facts: &mut Facts, files: [&str; 3]) {
    let [first, second, third] = files.map(|f| vec![format!("flash:{f}")]);
    facts.boot.next = Some(first);
    let other = |member, next| MemberBoot { member, next };
    facts.boot.members_next = vec![other(2, second), other(3, third)];
}

/// All members run a release and are ready.
fn run(facts: &mut Facts, release: &iosxe_core::version::Version) {
    facts.running = Release::Number(release.clone());
    for member in &mut facts.members {
        member.release = Some(Release::Number(release.clone()));
    }
}

/// The third member runs this instead, and is kept out.
fn keeps_out(facts: &mut Facts, release: &iosxe_core::version::Version) {
    let third = facts.members.last_mut().unwrap();
    third.release = Some(Release::Number(release.clone()));
    third.ready = false;
    third.state = MISMATCH.to_owned();
}

#[test]
fn the_boot_variable_is_set_when_every_member_has_it() {
    let (_, plan, mut facts) = ask("catalyst_9300_stack_bundle");
    let (set, reload) = (
        forth(&plan, StepKind::SetBoot),
        forth(&plan, StepKind::Reload),
    );
    boots(&mut facts, [NEW, NEW, OLD]);
    assert_eq!(say(set, &plan, &facts), StepState::Ready);
    assert_eq!(code(say(reload, &plan, &facts)), "boot_variable");
    boots(&mut facts, [NEW, "somebody-elses.bin", NEW]);
    assert_eq!(code(say(reload, &plan, &facts)), "boot_variable");
    boots(&mut facts, [NEW; 3]);
    assert_eq!(say(set, &plan, &facts), StepState::Done);
    assert_eq!(say(reload, &plan, &facts), StepState::Ready);
    facts.boot.members_next[1].next.clear();
    assert_eq!(say(set, &plan, &facts), StepState::Ready);
    assert_eq!(code(say(reload, &plan, &facts)), "boot_variable");
}

#[test]
fn a_member_that_is_kept_out_holds_up_neither_way() {
    let (_, plan, mut facts) = ask("catalyst_9300_stack_bundle");
    let reload = forth(&plan, StepKind::Reload);
    let (restore, again) = (
        back(&plan, StepKind::RestoreStartup),
        back(&plan, StepKind::Reload),
    );
    run(&mut facts, &plan.to);
    keeps_out(&mut facts, &plan.from);
    boots(&mut facts, [NEW, NEW, OLD]);
    // Forth it is done, and whether all is well is for the proof to say: it is not.
    assert_eq!(say(reload, &plan, &facts), StepState::Done);
    let Standing::Settling { what } = standing(&plan, &facts) else {
        panic!("{:?}", standing(&plan, &facts));
    };
    assert_eq!(what, "member 3 (V-Mismatch)");
    // Back: what the member boots is not the stack's to set.
    assert_eq!(say(restore, &plan, &facts), StepState::Ready);
    boots(&mut facts, [OLD, OLD, NEW]);
    assert_eq!(say(restore, &plan, &facts), StepState::Done);
    assert_eq!(say(again, &plan, &facts), StepState::Ready);
    // And home, where another member is kept out.
    run(&mut facts, &plan.from);
    keeps_out(&mut facts, &plan.to);
    assert_eq!(say(again, &plan, &facts), StepState::Done);
    facts.members[2].state = "Initializing".into();
    boots(&mut facts, [OLD; 3]);
    assert!(matches!(
        say(again, &plan, &facts),
        StepState::Pending { .. }
    ));
}

#[test]
fn a_conversion_is_done_where_the_engine_lists_the_target_and_the_active_boots_packages() {
    let (_, plan, mut facts) = ask("catalyst_9300_stack_convert");
    let one = forth(&plan, StepKind::AddActivateCommit);
    boots(&mut facts, ["packages.conf"; 3]);
    assert_eq!(say(one, &plan, &facts), StepState::Ready);
    run(&mut facts, &plan.to);
    keeps_out(&mut facts, &plan.from);
    facts.boot_mode = BootMode::Install;
    let install = facts.install.as_mut().unwrap();
    install.packages =
        super::device::Device::new("C9300-24U", super::device::Shape::Stack, "CAT9K_IOSXE")
            .runs("17.12.04")
            .facts(&[])
            .unwrap()
            .install
            .unwrap()
            .packages;
    assert_eq!(say(one, &plan, &facts), StepState::Done);
    // On the way back the same release in install mode is still to be left.
    let again = back(&plan, StepKind::Reload);
    boots(&mut facts, [OLD; 3]);
    assert_eq!(say(again, &plan, &facts), StepState::Ready);
}

/// `flash-2:` of a member that has become the active is `flash:`: a copy there would go onto itself.
#[test]
fn a_copy_to_a_flash_that_is_not_there_is_left() {
    let (_, plan, mut facts) = ask("catalyst_9300_stack_bundle");
    for fs in &mut facts.file_systems {
        fs.name = match fs.member {
            1 => "flash-1:".into(),
            2 => "flash:".into(),
            _ => fs.name.clone(),
        };
    }
    facts.file_systems.retain(|fs| fs.member != 3);
    facts.members[0].role = Role::Standby;
    facts.members[1].role = Role::Active;
    let of = |kind: StepKind, fs: &str| {
        let mut steps = plan.steps.iter();
        let step = steps.find(|s| s.kind == kind && s.member_fs.as_deref() == Some(fs));
        say(step.unwrap(), &plan, &facts)
    };
    for kind in [
        StepKind::CopyAcross,
        StepKind::DeleteFile,
        StepKind::KeepStartup,
    ] {
        assert_eq!(code(of(kind, "flash-2:")), "roles_changed", "{kind:?}");
    }
    // One that is away may come back.
    let away = StepState::Pending {
        what: "flash-3:".into(),
    };
    assert_eq!(of(StepKind::CopyAcross, "flash-3:"), away);
}
