//! Plans and refusals of every family, from what devices of it say.

mod device;
mod firmware;
mod keep;
mod patch;
mod point;
mod refusals;
mod request;
mod sides;
mod stacks;
mod why;

use std::sync::OnceLock;

use iosxe_core::device::{Facts, Record};
use iosxe_core::image::Image;
use iosxe_core::patch::PatchAim;
use iosxe_core::plan::{DevicePlan, Method, PlanRequest, Policy, Refusal, StepKind};
use iosxe_core::platform::PlatformTable;
use iosxe_core::pull::TransferPolicy;
use iosxe_core::stage::StageKind;

use iosxe_core::observation::Observation;
use iosxe_core::plan::StepState;

use super::{assess, plan};
use crate::rules::RuleTable;
use device::{Device, Shape};

/// The tables that ship, read once: in an unoptimised build that takes longer than planning.
fn table() -> &'static PlatformTable {
    static TABLE: OnceLock<PlatformTable> = OnceLock::new();
    TABLE.get_or_init(|| PlatformTable::built_in().unwrap())
}

fn rules() -> &'static RuleTable {
    static RULES: OnceLock<RuleTable> = OnceLock::new();
    RULES.get_or_init(|| RuleTable::built_in().unwrap())
}

/// An image of the catalogue.
fn image(file: &str) -> Image {
    let version = file
        .split('.')
        .skip(1)
        .take(3)
        .collect::<Vec<_>>()
        .join(".")
        .parse()
        .unwrap();
    Image {
        file: file.into(),
        version,
        platforms: Vec::new(),
        size_bytes: 900_000_000,
        sha512: Some("5e".repeat(64)),
        md5: None,
        provenance: iosxe_core::image::Provenance {
            verified: true,
            ..Default::default()
        },
        path: file.into(),
    }
}

/// A row of the inventory.
fn row() -> Record {
    Record::new(
        "sw1".into(),
        "192.0.2.1:22".parse().unwrap(),
        "fleet.xlsx, row 2",
    )
}

/// One question to the planner.
#[derive(Clone, Debug)]
struct Ask {
    device: Device,
    record: Record,
    image: Image,
    policy: Policy,
}

impl Ask {
    fn new(device: Device, file: &str) -> Self {
        Self {
            device,
            record: row(),
            image: image(file),
            policy: Policy::default(),
        }
    }

    /// The same for a row that names its method.
    fn wanting(method: Method, device: Device, file: &str) -> Self {
        let mut ask = Self::new(device, file);
        ask.record.want_method = Some(method);
        ask
    }

    fn plan_of(&self, facts: &Facts) -> Result<DevicePlan, Refusal> {
        let table = table();
        let rules = rules();
        let family = table.family(&facts.pid).unwrap();
        plan(
            family,
            rules,
            &PlanRequest {
                record: &self.record,
                facts,
                image: &self.image,
                then: &[],
                policy: &self.policy,
            },
        )
    }

    fn plan(&self) -> Result<DevicePlan, Refusal> {
        self.plan_of(&self.device.facts(&[]).unwrap())
    }
}

/// The same, a downgrade that policy and row ask for.
fn down(mut ask: Ask) -> Ask {
    ask.policy.allow_downgrade = true;
    ask.record.target = Some(ask.image.version.clone());
    ask
}

/// Images on a server.
fn transfer(from: &str, change: impl FnOnce(&mut TransferPolicy)) -> TransferPolicy {
    let mut transfer = TransferPolicy {
        from: from.parse().unwrap(),
        ..TransferPolicy::default()
    };
    change(&mut transfer);
    transfer
}

/// The same for a row whose `image` cell says this.
fn naming(mut ask: Ask, cell: &str) -> Ask {
    ask.record.image = Some(cell.into());
    ask
}

/// A patch that the device lists so, to be taken out.
fn patch_out(state: &str) -> Ask {
    let file = "cat9k_iosxe.17.09.04a.CSCwa00001.SPA.smu.bin";
    let mut device = Device::new("C9300-48P", Shape::Stack, "CAT9K_IOSXE").saying(
        "show install summary",
        "IMG   C    17.09.04a.0.6\n",
        &format!("IMG   C    17.09.04a.0.6\n{state}    flash:{file}\n"),
    );
    device.files.push((file, 48_000));
    let mut ask = naming(Ask::wanting(Method::Smu, device, file), file);
    ask.record.patch_aim = PatchAim::Remove;
    ask
}

/// One device of every family that the table has for upgrades, in the mode it usually runs in.
fn fleet() -> Vec<(&'static str, Ask)> {
    let cat9k = "cat9k_iosxe.17.12.04.SPA.bin";
    let iosd = "X86_64_LINUX_IOSD-UNIVERSALK9-M";
    let stack = |pid, feature| Device::new(pid, Shape::Stack, feature);
    let chassis = |pid| Device::new(pid, Shape::Chassis, "CAT9K_IOSXE");
    let router = |pid| Device::new(pid, Shape::Router, iosd);
    // These come without payload encryption.
    let npe = |pid| Device::new(pid, Shape::Router, "PPC_LINUX_IOSD-UNIVERSALK9_NPE-M");
    let dual = |pid| Device::new(pid, Shape::DualRouter, iosd).members(2);
    vec![
        (
            "catalyst_9200",
            Ask::new(
                stack("C9200L-24P-4G", "CAT9K_LITE_IOSXE"),
                "cat9k_lite_iosxe.17.12.04.SPA.bin",
            ),
        ),
        (
            "catalyst_9300",
            Ask::new(stack("C9300-48P", "CAT9K_IOSXE"), cat9k),
        ),
        ("catalyst_9300_pulled", {
            let mut ask = Ask::new(stack("C9300-48P", "CAT9K_IOSXE"), cat9k);
            ask.policy.transfer = transfer("scp://192.0.2.9/ios", |t| {
                t.credential = Some("files".into());
                t.vrf = Some("Mgmt-vrf".into());
            });
            ask
        }),
        (
            "catalyst_9300_stack",
            Ask::new(stack("C9300-24U", "CAT9K_IOSXE").members(3), cat9k),
        ),
        (
            "catalyst_3850_stack",
            Ask::new(
                stack("WS-C3850-48P", "CAT3K_CAA-UNIVERSALK9-M")
                    .members(2)
                    .runs("16.09.08"),
                "cat3k_caa-universalk9.16.12.11.SPA.bin",
            ),
        ),
        (
            "catalyst_3850",
            Ask::new(
                stack("WS-C3850-24P", "CAT3K_CAA-UNIVERSALK9-M").runs("16.09.08"),
                "cat3k_caa-universalk9.16.12.11.SPA.bin",
            ),
        ),
        (
            "catalyst_9400_dual",
            Ask::new(chassis("C9407R").members(2), cat9k),
        ),
        ("catalyst_9400", Ask::new(chassis("C9404R"), cat9k)),
        (
            "catalyst_9500",
            Ask::new(stack("C9500-24Y4C", "CAT9K_IOSXE"), cat9k),
        ),
        (
            "catalyst_9500_pair",
            Ask::new(stack("C9500-24Y4C", "CAT9K_IOSXE").members(2), cat9k),
        ),
        (
            "catalyst_9600_dual",
            Ask::new(chassis("C9606R").members(2), cat9k),
        ),
        (
            "catalyst_9400_issu",
            Ask::wanting(
                Method::Issu,
                chassis("C9407R").members(2),
                "cat9k_iosxe.17.09.05.SPA.bin",
            ),
        ),
        (
            "catalyst_9600_issu",
            Ask::wanting(Method::Issu, chassis("C9606R").members(2), cat9k),
        ),
        (
            "catalyst_9300_one_step",
            Ask::wanting(
                Method::OneStep,
                stack("C9300-24U", "CAT9K_IOSXE").members(2).discovered(),
                cat9k,
            ),
        ),
        (
            "catalyst_9300_xfsu",
            Ask::wanting(
                Method::Xfsu,
                stack("C9300-24U", "CAT9K_IOSXE").members(3).discovered(),
                cat9k,
            ),
        ),
        (
            "catalyst_9300_xfsu_older_word",
            Ask::wanting(
                Method::Xfsu,
                stack("C9300-48P", "CAT9K_IOSXE")
                    .runs("17.06.05")
                    .discovered(),
                "cat9k_iosxe.17.09.05.SPA.bin",
            ),
        ),
        (
            "catalyst_9300_down",
            down(Ask::new(
                stack("C9300-48P", "CAT9K_IOSXE").discovered(),
                "cat9k_iosxe.17.06.05.SPA.bin",
            )),
        ),
        (
            "catalyst_9300_down_one_step",
            down(Ask::wanting(
                Method::OneStep,
                stack("C9300-48P", "CAT9K_IOSXE")
                    .runs("17.12.04")
                    .discovered(),
                "cat9k_iosxe.17.03.01.SPA.bin",
            )),
        ),
        (
            "isr_4000_bundle_down",
            down(Ask::new(
                router("ISR4451-X/K9").bundle("isr4400-universalk9.17.09.04a.SPA.bin"),
                "isr4400-universalk9.17.06.05.SPA.bin",
            )),
        ),
        ("catalyst_9300_kept", {
            let mut ask = Ask::new(stack("C9300-48P", "CAT9K_IOSXE"), cat9k);
            ask.policy.keep_config = true;
            ask
        }),
        (
            "catalyst_9300_convert",
            Ask::wanting(
                Method::Convert,
                stack("C9300-24U", "CAT9K_IOSXE").bundle("cat9k_iosxe.17.09.04a.SPA.bin"),
                cat9k,
            ),
        ),
        (
            "catalyst_9300_stack_bundle",
            Ask::new(
                stack("C9300-24U", "CAT9K_IOSXE")
                    .members(3)
                    .bundle("cat9k_iosxe.17.09.04a.SPA.bin")
                    .discovered(),
                cat9k,
            ),
        ),
        (
            "catalyst_9300_stack_convert",
            Ask::wanting(
                Method::Convert,
                stack("C9300-24U", "CAT9K_IOSXE")
                    .members(3)
                    .bundle("cat9k_iosxe.17.09.04a.SPA.bin")
                    .says(
                        "show running-config | include ^software auto-upgrade",
                        "software auto-upgrade enable\n",
                    )
                    .discovered(),
                cat9k,
            ),
        ),
        ("catalyst_9300_two_by_one_cable", {
            let device = stack("C9300-24U", "CAT9K_IOSXE").members(2).discovered();
            let row = "  1         OK         OK               2        2";
            let device = device.saying(
                "show switch detail",
                row,
                "  1         OK         DOWN             2        None",
            );
            let switch = " 2       Standby  0000.5e00.5302     15     V01     Ready\n";
            let absent = " 3       Member   0000.0000.0000     0              Provisioned\n";
            let both = format!("{switch}{absent}");
            Ask::new(device.saying("show switch detail", switch, &both), cat9k)
        }),
        (
            "catalyst_9400_dual_bundle",
            Ask::new(
                chassis("C9407R")
                    .members(2)
                    .bundle("cat9k_iosxe.17.09.04a.SPA.bin"),
                cat9k,
            ),
        ),
        (
            "catalyst_9500_pair_convert",
            Ask::wanting(
                Method::Convert,
                stack("C9500-24Y4C", "CAT9K_IOSXE")
                    .members(2)
                    .bundle("cat9k_iosxe.17.09.04a.SPA.bin"),
                cat9k,
            ),
        ),
        (
            "catalyst_8300_convert",
            Ask::wanting(
                Method::Convert,
                router("C8300-1N1S-6T").bundle("c8000be-universalk9.17.09.04a.SPA.bin"),
                "c8000be-universalk9.17.12.04.SPA.bin",
            ),
        ),
        (
            "catalyst_8300_one_step",
            Ask::wanting(
                Method::OneStep,
                router("C8300-1N1S-6T"),
                "c8000be-universalk9.17.12.04.SPA.bin",
            ),
        ),
        (
            "catalyst_9300_patch",
            Ask::wanting(
                Method::Smu,
                stack("C9300-24U", "CAT9K_IOSXE").members(2),
                "cat9k_iosxe.17.09.04a.CSCwa00001.SPA.smu.bin",
            ),
        ),
        (
            "catalyst_8300_patches",
            naming(
                Ask::wanting(
                    Method::Smu,
                    router("C8300-1N1S-6T"),
                    "c8000be-universalk9.17.09.04a.CSCwa00001.SPA.smu.bin",
                ),
                "c8000be-universalk9.17.09.04a.CSCwa00001.SPA.smu.bin, \
                 c8000be-universalk9.17.09.04a.CSCwa00002.SPA.smu.bin",
            ),
        ),
        ("catalyst_9300_patch_out", patch_out("SMU   C")),
        ("catalyst_9300_patch_left", patch_out("SMU   I")),
        (
            "isr_4000_bundle",
            Ask::new(
                router("ISR4451-X/K9").bundle("isr4400-universalk9.17.09.04a.SPA.bin"),
                "isr4400-universalk9.17.12.04.SPA.bin",
            ),
        ),
        (
            "isr_1000_bundle",
            Ask::new(
                router("C1121-8P").bundle("c1100-universalk9.17.09.04a.SPA.bin"),
                "c1100-universalk9.17.12.04.SPA.bin",
            ),
        ),
        (
            "catalyst_8300",
            Ask::new(
                router("C8300-1N1S-6T"),
                "c8000be-universalk9.17.12.04.SPA.bin",
            ),
        ),
        (
            "catalyst_8500",
            Ask::new(
                router("C8500-12X4QC"),
                "c8000aep-universalk9.17.12.04.SPA.bin",
            ),
        ),
        (
            "catalyst_8500l",
            Ask::new(
                router("C8500L-8S4X"),
                "c8000aes-universalk9.17.12.04.SPA.bin",
            ),
        ),
        (
            "catalyst_8000v",
            Ask::new(router("C8000V"), "c8000v-universalk9.17.12.04.SPA.bin"),
        ),
        (
            "csr_1000v",
            Ask::new(
                router("CSR1000V").runs("17.02.03"),
                "csr1000v-universalk9.17.03.08a.SPA.bin",
            ),
        ),
        (
            "csr_1000v_bundle",
            Ask::new(
                router("CSR1000V")
                    .runs("16.12.08")
                    .bundle("csr1000v-universalk9.16.12.08.SPA.bin"),
                "csr1000v-universalk9.17.03.08a.SPA.bin",
            ),
        ),
        (
            "asr_1001x_bundle",
            Ask::new(
                router("ASR1001-X").bundle("asr1001x-universalk9.17.09.04a.SPA.bin"),
                "asr1001x-universalk9.17.12.04.SPA.bin",
            ),
        ),
        (
            "asr_1006_dual",
            Ask::new(dual("ASR1006-X"), "asr1000-universalk9.17.12.04.SPA.bin"),
        ),
        (
            "asr_1006_dual_bundle",
            Ask::new(
                dual("ASR1006-X").bundle("asr1000-universalk9.17.09.04a.SPA.bin"),
                "asr1000-universalk9.17.12.04.SPA.bin",
            ),
        ),
        (
            "asr_903_dual",
            Ask::new(
                dual("ASR-903").bundle("asr900rsp3-universalk9.17.09.04a.SPA.bin"),
                "asr900rsp3-universalk9.17.12.04.SPA.bin",
            ),
        ),
        (
            "asr_1006_issu",
            Ask::wanting(
                Method::Issu,
                dual("ASR1006-X"),
                "asr1000-universalk9.17.12.04.SPA.bin",
            ),
        ),
        (
            "asr_1006_issu_versions",
            Ask::wanting(
                Method::Issu,
                dual("ASR1006-X")
                    .runs("16.09.08")
                    .bundle("asr1000-universalk9.16.09.08.SPA.bin")
                    .rollback_timer("01:30:00"),
                "asr1000-universalk9.16.12.11.SPA.bin",
            ),
        ),
        (
            "ncs_4206_issu",
            Ask::wanting(
                Method::Issu,
                dual("NCS4206-SA").says(
                    "show install summary",
                    "% Invalid input detected at '^' marker.\n",
                ),
                "ncs4200rsp3-universalk9.17.12.04.SPA.bin",
            ),
        ),
        (
            "asr_907_single",
            Ask::new(
                Device::new("ASR-907", Shape::DualRouter, iosd)
                    .bundle("asr900rsp3-universalk9.17.09.04a.SPA.bin"),
                "asr900rsp3-universalk9.17.12.04.SPA.bin",
            ),
        ),
        (
            "asr_920_bundle",
            Ask::new(
                npe("ASR-920-12CZ-A").bundle("asr920-universalk9_npe.17.09.04a.SPA.bin"),
                "asr920-universalk9_npe.17.12.04.SPA.bin",
            ),
        ),
        (
            "ncs_4206_dual",
            Ask::new(
                dual("NCS4206-SA").bundle("ncs4200rsp3-universalk9.17.09.04a.SPA.bin"),
                "ncs4200rsp3-universalk9.17.12.04.SPA.bin",
            ),
        ),
        (
            "ncs_4202_bundle",
            Ask::new(
                router("NCS4202-SA").bundle("ncs4202-universalk9.17.09.04a.SPA.bin"),
                "ncs4202-universalk9.17.12.04.SPA.bin",
            ),
        ),
        (
            "ncs_520_bundle",
            Ask::new(
                npe("NCS520-4G4Z-A").bundle("ncs520-universalk9_npe.17.09.04a.SPA.bin"),
                "ncs520-universalk9_npe.17.12.04.SPA.bin",
            ),
        ),
        ("catalyst_3850_request", request::in_place(2)),
        ("catalyst_9300_request", {
            let device = request::packages(stack("C9300-48P", "CAT9K_IOSXE"), "16.06.01");
            Ask::new(device, "cat9k_iosxe.16.12.11.SPA.bin")
        }),
        ("isr_4000_request", request::beside()),
        ("asr_902_request", {
            let single = Device::new("ASR-902", Shape::DualRouter, iosd);
            Ask::wanting(
                Method::RequestPlatform,
                request::packages(single, "17.06.05"),
                "asr900rsp2-universalk9.17.09.05.SPA.bin",
            )
        }),
    ]
}

#[test]
fn every_family_has_a_plan() {
    let table = table();
    let mut families: Vec<&str> = table
        .families()
        .iter()
        .filter(|f| !f.primary.is_empty())
        .map(|f| f.name.as_str())
        .collect();
    for (name, ask) in fleet() {
        let facts = ask.device.facts(&[]).unwrap();
        assert_eq!(facts.unknown_lines, Vec::<String>::new(), "{name}");
        let family = &table.family(&facts.pid).unwrap().name;
        families.retain(|f| f != family);
        let plan = ask
            .plan_of(&facts)
            .unwrap_or_else(|r| panic!("{name}: {r:?}"));
        insta::assert_snapshot!(format!("plan_{name}"), plan);
    }
    assert_eq!(families, Vec::<&str>::new(), "families without a plan here");
}

#[test]
fn a_conversion_of_the_running_image_neither_sends_nor_deletes_it() {
    let stack = Device::new("C9300-24U", Shape::Stack, "CAT9K_IOSXE");
    let running = "cat9k_iosxe.17.09.04a.SPA.bin";
    let mut ask = Ask::wanting(Method::Convert, stack.bundle(running), running);
    let another = ask.plan().unwrap_err();
    assert_eq!(another.code, "image_is_running", "another size");
    let sizes = ask.device.facts(&[]).unwrap().file_systems[0].files.clone();
    ask.image.size_bytes = sizes.iter().find(|f| f.name == running).unwrap().size_bytes;
    let plan = ask.plan().unwrap();
    let touching = plan.steps.iter().chain(&plan.way_back).filter(|step| {
        let copies = [StepKind::DeleteFile, StepKind::Transfer];
        let deletes = |command: &String| command.starts_with("delete");
        copies.contains(&step.kind) || step.commands.iter().any(deletes)
    });
    assert_eq!(touching.count(), 0, "{plan}");
    assert!(plan.steps.iter().any(|s| s.kind == StepKind::VerifyHash));
}

#[test]
fn what_a_commit_can_be_undone_by_is_known_before() {
    let stack = Device::new("C9300-24U", Shape::Stack, "CAT9K_IOSXE").discovered();
    let ask = Ask::new(stack, "cat9k_iosxe.17.12.04.SPA.bin");
    let plan = ask.plan().unwrap();
    let [back] = plan.way_back_for_good() else {
        panic!("{plan}");
    };
    assert_eq!(back.commands, ["install rollback to id 2"]);
    let mut unknown = ask.clone();
    unknown.device = unknown
        .device
        .says("show install rollback", "No rollback points\n");
    let other = unknown.plan().unwrap();
    assert_eq!(other.way_back_for_good(), []);
    assert_ne!(other.hash, plan.hash, "an approval covers the way back");
    let commit = other.steps.iter().find(|s| s.kind == StepKind::Commit);
    assert!(commit.unwrap().undo.starts_with("NONE by the device"));
}

#[test]
fn a_way_back_is_walked_on_the_device_of_its_plan_and_boots_its_images_alone() {
    let (_, ask) = fleet()
        .into_iter()
        .find(|(name, _)| *name == "isr_4000_bundle")
        .unwrap();
    let plan = ask.plan().unwrap();
    let [restore, reload] = plan.way_back_for_good() else {
        panic!("{plan}");
    };
    let mut facts = ask.device.facts(&[]).unwrap();
    facts.running = iosxe_core::device::Release::Number(plan.to.clone());
    let say =
        |step, facts: &Facts| assess(step, &plan, &Observation::Facts(Box::new(facts.clone())));
    let boots = |file: &str| Some(vec![format!("bootflash:{file}")]);
    facts.boot.next = boots(&plan.image.file);
    assert_eq!(say(restore, &facts), StepState::Ready);
    // Somebody else set another one since.
    facts.boot.next = boots("isr4400-universalk9.17.15.01.SPA.bin");
    assert_eq!(say(restore, &facts), StepState::Ready);
    assert!(
        matches!(say(reload, &facts), StepState::Blocked { code, .. } if code == "boot_variable")
    );
    facts.serials = vec!["FOC00000000".into()];
    assert!(
        matches!(say(restore, &facts), StepState::Blocked { code, .. } if code == "serial_differs")
    );
}

#[test]
fn a_point_that_leads_elsewhere_is_no_way_back() {
    let (_, mut ask) = fleet()
        .into_iter()
        .find(|(name, _)| *name == "catalyst_9300_one_step")
        .unwrap();
    assert_ne!(ask.plan().unwrap().way_back, []);
    ask.device = ask
        .device
        .saying("show install rollback id 2", "17.09.04a", "17.06.05");
    assert_eq!(ask.plan().unwrap().way_back, []);
}

#[test]
fn a_plan_names_every_side_of_a_redundant_device() {
    for (name, ask) in fleet() {
        let facts = ask.device.facts(&[]).unwrap();
        assert_eq!(facts.members.len(), ask.device.serials.len(), "{name}");
        assert_eq!(facts.file_systems.len(), facts.members.len(), "{name}");
        let plan = ask.plan().unwrap();
        // Taking a patch out needs no room.
        if !plan.takes_patch_out() {
            assert_eq!(plan.space.len(), facts.members.len(), "{name}");
        }
    }
}

#[test]
fn a_site_is_planned_with_its_own_server() {
    let (_, mut ask) = fleet().remove(1);
    let site = r#"{"site": [{"match": "ly*", "from": "https://near.example.net/ios"}]}"#;
    ask.policy.transfer = serde_json::from_str(site).unwrap();
    let copies = |ask: &Ask| {
        let steps = ask.plan().unwrap().steps;
        let of = |s: &&iosxe_core::plan::Step| s.stage == StageKind::Transfer;
        let commands = steps.iter().filter(of).flat_map(|s| s.commands.clone());
        commands.collect::<Vec<_>>().join("; ")
    };
    assert!(copies(&ask).contains("scp cat9k_iosxe.17.12.04.SPA.bin to flash:"));
    ask.record.site = Some("lyon".into());
    let near = "copy https://near.example.net/ios/cat9k_iosxe.17.12.04.SPA.bin \
                flash:cat9k_iosxe.17.12.04.SPA.bin;";
    assert!(copies(&ask).contains(near), "{}", copies(&ask));
}

#[test]
fn the_hash_leaves_out_what_changes_by_itself() {
    let (_, ask) = fleet().remove(1);
    let mut fuller = ask.clone();
    fuller.device.free -= 1_000_000;
    assert_eq!(ask.plan().unwrap().hash, fuller.plan().unwrap().hash);
    let mut other = ask.clone();
    other.device.serials = vec!["FOC99999999".into()];
    assert_ne!(ask.plan().unwrap().hash, other.plan().unwrap().hash);
}
