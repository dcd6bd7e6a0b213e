//! Devices that boot packages and upgrade by `request platform software`: their plans, and their steps
//! held against what the files name that they boot by.

use iosxe_core::device::Release;
use iosxe_core::observation::{Observation, Provisioned};
use iosxe_core::plan::{DevicePlan, Method, StepKind, StepState};
use iosxe_core::ports::Look;
use iosxe_core::stage::StageKind;

use super::super::{look_for, standing};
use super::device::{Device, Shape};
use super::{Ask, assess};

const NO_ENGINE: &str = "% Invalid input detected at '^' marker.\n";

/// Two packages of some releases.
const FILES: [(&str, [&str; 2]); 4] = [
    (
        "16.03.06",
        [
            "cat3k_caa-rpboot.16.03.06.SPA.pkg",
            "cat3k_caa-rpbase.16.03.06.SPA.pkg",
        ],
    ),
    (
        "16.06.01",
        [
            "cat9k-rpboot.16.06.01.SPA.pkg",
            "cat9k-rpbase.16.06.01.SPA.pkg",
        ],
    ),
    (
        "16.09.08",
        [
            "isr4400-rpboot.16.09.08.SPA.pkg",
            "isr4400-mono-universalk9.16.09.08.SPA.pkg",
        ],
    ),
    (
        "17.06.05",
        [
            "asr900-rpboot.17.06.05.SPA.pkg",
            "asr900-rpbase.17.06.05.SPA.pkg",
        ],
    ),
];

/// A device of that release that boots packages, without an install engine.
pub(super) fn packages(device: Device, release: &'static str) -> Device {
    let mut device = device.runs(release).says("show install summary", NO_ENGINE);
    let found = FILES.into_iter().find(|(r, _)| *r == release);
    let files = found.map(|(_, files)| files).into_iter().flatten();
    device.files.extend(files.map(|file| (file, 40_000_000)));
    device
}

/// Catalyst 3850 of so many members, on a release before 16.6.
pub(super) fn in_place(members: usize) -> Ask {
    let stack = Device::new("WS-C3850-24P", Shape::Stack, "CAT3K_CAA-UNIVERSALK9-M");
    Ask::new(
        packages(stack.members(members), "16.03.06"),
        "cat3k_caa-universalk9.16.12.11.SPA.bin",
    )
}

/// ISR 4000 in sub-package mode.
pub(super) fn beside() -> Ask {
    let router = Device::new(
        "ISR4451-X/K9",
        Shape::Router,
        "X86_64_LINUX_IOSD-UNIVERSALK9-M",
    );
    Ask::new(
        packages(router, "16.09.08"),
        "isr4400-universalk9.16.12.08.SPA.bin",
    )
}

fn commands(plan: &DevicePlan) -> Vec<&str> {
    let steps = plan.steps.iter().chain(&plan.way_back);
    let typed = steps.filter(|s| s.kind.changes_device());
    typed
        .filter(|s| !matches!(s.kind, StepKind::Transfer | StepKind::DeleteFile))
        .flat_map(|s| s.commands.iter().map(String::as_str))
        .collect()
}

#[test]
fn packages_in_place_are_taken_back_by_the_devices_own_rollback_and_a_reload() {
    let plan = in_place(2).plan().unwrap();
    assert_eq!(plan.method, Method::RequestPlatform);
    assert_eq!(
        commands(&plan),
        [
            "request platform software package install switch all file \
             flash:cat3k_caa-universalk9.16.12.11.SPA.bin new auto-copy",
            "reload",
            "request platform software package install switch all rollback on-reboot auto-copy",
            "reload",
        ]
    );
}

/// What the way back rests on is seen before: without it the gate says that there is none.
#[test]
fn without_old_packages_on_every_flash_the_gate_says_that_nothing_leads_back() {
    let mut ask = in_place(2);
    let gate = |ask: &Ask| {
        let plan = ask.plan().unwrap();
        let gate = plan
            .steps
            .iter()
            .find(|s| s.kind == StepKind::Gate)
            .unwrap();
        (gate.commands.join(""), plan.way_back.len())
    };
    let (text, back) = gate(&ask);
    assert!(!text.contains("NO way back") && back == 2, "{text}");
    ask.device = ask
        .device
        .saying("dir flash-2:", "16.03.06.SPA.pkg", "16.03.05.SPA.pkg");
    let (text, back) = gate(&ask);
    assert!(text.contains("NO way back") && back == 0, "{text}");
}

#[test]
fn a_release_is_upgraded_by_its_own_commands_and_by_no_louder_ones() {
    let methods = [None, Some(Method::RequestPlatform)];
    for wanted in methods {
        let mut ask = in_place(1);
        ask.record.want_method = wanted;
        assert_eq!(ask.plan().unwrap().method, Method::RequestPlatform);
    }
    for wanted in [Method::ThreeStep, Method::OneStep] {
        let mut ask = in_place(1);
        ask.record.want_method = Some(wanted);
        let refusal = ask.plan().unwrap_err();
        assert_eq!(refusal.code, "install_too_early", "{refusal:?}");
        assert!(refusal.remedy.unwrap().to_string().contains("auto"));
    }
    let mut newer = in_place(1);
    newer.device =
        Device::new("WS-C3850-24P", Shape::Stack, "CAT3K_CAA-UNIVERSALK9-M").runs("16.09.08");
    assert_eq!(newer.plan().unwrap().method, Method::ThreeStep);
}

#[test]
fn packages_beside_are_booted_first_and_the_old_ones_second() {
    let plan = beside().plan().unwrap();
    assert_eq!(
        commands(&plan),
        [
            "mkdir bootflash:packages-16.12.08",
            "request platform software package expand file \
             bootflash:isr4400-universalk9.16.12.08.SPA.bin to bootflash:packages-16.12.08",
            "copy startup-config bootflash:iosxe-startup-before-16.12.08.cfg",
            "configure terminal",
            "no boot system",
            "boot system bootflash:packages-16.12.08/packages.conf",
            "boot system bootflash:packages.conf",
            "end",
            "write memory",
            "reload",
            "copy bootflash:iosxe-startup-before-16.12.08.cfg startup-config",
            "reload",
        ]
    );
}

/// A device that we upgraded so before boots from a directory: that one stays the second entry.
#[test]
fn packages_of_an_earlier_upgrade_stay_where_they_are() {
    let mut ask = beside();
    let dir = "bootflash:packages-16.09.08/packages.conf";
    ask.device = ask
        .device
        .saying("show version", "bootflash:packages.conf", dir)
        .saying("show bootvar", "bootflash:packages.conf", dir);
    let plan = ask.plan().unwrap();
    let entries: Vec<&str> = commands(&plan)
        .into_iter()
        .filter_map(|c| c.strip_prefix("boot system "))
        .collect();
    assert_eq!(
        entries,
        ["bootflash:packages-16.12.08/packages.conf", dir],
        "{plan}"
    );
}

/// The other form of the ASR 1000 guide, by a row of the user's own.
#[test]
fn a_row_of_the_platform_table_names_other_commands() {
    let own = r#"
[[family]]
name = "asr-1000-fixed"
pids = ["ASR1001"]
support = "upgrade"
kind = "router"
primary = "bootflash:"
images = ["asr1001x-universalk9"]
install_since = "17.1.1"
request_by = [
    { form = "in_place", since = "16.1.1", before = "17.1.1", install = "request platform software package install rp 0 file {file} on-reboot" },
]
config_register_good = [0x2102]
add_s = [300, 1800]
activate_s = [240, 900]
reload_s = [900, 2700]
"#;
    let table = super::table().clone().overridden(own).unwrap();
    let router = Device::new(
        "ASR1001-X",
        Shape::Router,
        "X86_64_LINUX_IOSD-UNIVERSALK9-M",
    );
    let ask = Ask::new(
        packages(router, "16.09.08"),
        "asr1001x-universalk9.16.12.08.SPA.bin",
    );
    let facts = ask.device.facts(&[]).unwrap();
    let request = iosxe_core::plan::PlanRequest {
        record: &ask.record,
        facts: &facts,
        image: &ask.image,
        then: &[],
        policy: &ask.policy,
    };
    let plan =
        crate::planner::plan(table.family("ASR1001-X").unwrap(), super::rules(), &request).unwrap();
    assert_eq!(
        commands(&plan),
        [
            "request platform software package install rp 0 file \
             bootflash:asr1001x-universalk9.16.12.08.SPA.bin on-reboot",
            "reload",
        ]
    );
    let install = plan
        .steps
        .iter()
        .find(|s| s.kind == StepKind::InstallPackages);
    assert!(
        install
            .unwrap()
            .undo
            .starts_with("NONE by the device: the platform table")
    );
}

fn conf(path: &str, release: Option<&str>) -> Provisioned {
    Provisioned {
        path: path.into(),
        found: true,
        release: release.map(|r| r.parse().unwrap()),
        missing: Vec::new(),
    }
}

fn away(path: &str) -> Provisioned {
    Provisioned {
        found: false,
        ..conf(path, None)
    }
}

fn step_of(plan: &DevicePlan, kind: StepKind) -> iosxe_core::plan::Step {
    let mut all = plan.steps.iter().chain(&plan.way_back);
    all.find(|s| s.kind == kind).unwrap().clone()
}

#[test]
fn every_member_has_to_name_the_new_packages_and_to_have_them() {
    let plan = in_place(2).plan().unwrap();
    let install = step_of(&plan, StepKind::InstallPackages);
    let paths = ["flash-1:packages.conf", "flash-2:packages.conf"];
    assert_eq!(
        look_for(&install, &plan),
        Look::Provisioned {
            paths: paths.map(str::to_owned).to_vec()
        }
    );
    let alone = in_place(1).plan().unwrap();
    let paths = vec!["flash:packages.conf".to_owned()];
    assert_eq!(look_for(&install, &alone), Look::Provisioned { paths });
    let (old, new) = ("16.3.6", "16.12.11");
    let is = |one: Provisioned, two: Provisioned| {
        assess(&install, &plan, &Observation::Provisioned(vec![one, two]))
    };
    let one = |release| conf("flash-1:packages.conf", Some(release));
    let two = |release| conf("flash-2:packages.conf", Some(release));
    assert_eq!(is(one(old), two(old)), StepState::Ready);
    assert_eq!(is(one(new), two(new)), StepState::Done);
    let half = is(one(new), two(old));
    assert!(
        matches!(&half, StepState::Pending { what } if what.contains("flash-2:packages.conf names 16.03.06")),
        "{half:?}"
    );
    let mut torn = two(new);
    torn.missing = vec!["cat3k_caa-rpbase.16.12.11.SPA.pkg".into()];
    let torn = is(one(new), torn);
    assert!(
        matches!(&torn, StepState::Pending { what } if what.contains("without cat3k")),
        "{torn:?}"
    );
    let gone = is(one(new), away("flash-2:packages.conf"));
    assert!(matches!(&gone, StepState::Pending { .. }), "{gone:?}");
    let nobody_says = [
        is(away("flash-1:packages.conf"), away("flash-2:packages.conf")),
        is(conf("flash-1:packages.conf", None), two(old)),
    ];
    for unread in nobody_says {
        assert!(
            matches!(&unread, StepState::Blocked { code, .. } if code == "provisioning_unread"),
            "{unread:?}"
        );
    }
}

#[test]
fn a_member_that_is_away_keeps_nobody_from_going_back() {
    let plan = in_place(2).plan().unwrap();
    let back = step_of(&plan, StepKind::RollbackPackages);
    let is = |release| {
        let seen = vec![
            conf("flash-1:packages.conf", Some(release)),
            away("flash-2:packages.conf"),
        ];
        assess(&back, &plan, &Observation::Provisioned(seen))
    };
    assert_eq!(is("16.12.11"), StepState::Ready);
    assert_eq!(is("16.3.6"), StepState::Done);
    let mut facts = in_place(2).device.facts(&[]).unwrap();
    facts.running = Release::Number(plan.to.clone());
    facts.members.truncate(1);
    let reload = plan.way_back.iter().find(|s| s.kind == StepKind::Reload);
    let seen = Observation::Facts(Box::new(facts));
    assert_eq!(assess(reload.unwrap(), &plan, &seen), StepState::Ready);
}

/// The boot variable is the same both ways: the step says which way it is.
#[test]
fn a_reload_of_packages_in_place_is_told_by_its_step() {
    let ask = in_place(1);
    let plan = ask.plan().unwrap();
    let old = ask.device.facts(&[]).unwrap();
    let mut new = old.clone();
    new.running = Release::Number(plan.to.clone());
    for member in &mut new.members {
        member.release = Some(new.running.clone());
    }
    let forth = plan
        .steps
        .iter()
        .find(|s| s.kind == StepKind::Reload)
        .unwrap();
    let back = plan
        .way_back
        .iter()
        .find(|s| s.kind == StepKind::Reload)
        .unwrap();
    assert_eq!(
        (forth.stage, back.stage),
        (StageKind::Upgrade, StageKind::Rollback)
    );
    let is = |step, facts: &iosxe_core::device::Facts| {
        assess(step, &plan, &Observation::Facts(Box::new(facts.clone())))
    };
    assert_eq!(is(forth, &old), StepState::Ready);
    assert_eq!(is(forth, &new), StepState::Done);
    assert_eq!(is(back, &new), StepState::Ready);
    assert_eq!(is(back, &old), StepState::Done);
    // No engine listed it, and one that lists something else has no say.
    assert_eq!(standing(&plan, &new), iosxe_core::plan::Standing::Committed);
}

#[test]
fn a_directory_is_whole_with_its_file_and_all_that_it_names() {
    let plan = beside().plan().unwrap();
    let expand = step_of(&plan, StepKind::ExpandPackages);
    let path = "bootflash:packages-16.12.08/packages.conf";
    assert_eq!(
        look_for(&expand, &plan),
        Look::Provisioned {
            paths: vec![path.into()]
        }
    );
    let is = |seen| assess(&expand, &plan, &Observation::Provisioned(vec![seen]));
    assert_eq!(is(away(path)), StepState::Ready);
    assert_eq!(is(conf(path, Some("16.12.8"))), StepState::Done);
    let mut torn = conf(path, Some("16.12.8"));
    torn.missing = vec!["isr4400-rpboot.16.12.08.SPA.pkg".into()];
    assert_eq!(is(torn), StepState::Ready);
}
