//! Every refusal of the planner, each from the device or the row that causes it.

use std::collections::BTreeSet;
use std::time::Duration;

use iosxe_core::device::Waiver;
use iosxe_core::plan::Method;
use iosxe_core::pull::TransferPolicy;

use super::device::{Device, Shape};
use super::firmware::{PARTS, ROMMON, asr, supervisor, wanting};
use super::{Ask, fleet};

fn of(name: &str) -> Ask {
    let found = fleet().into_iter().find(|(n, _)| *n == name);
    found.unwrap().1
}

fn with(name: &str, change: impl FnOnce(&mut Ask)) -> Ask {
    let mut ask = of(name);
    change(&mut ask);
    ask
}

fn device(name: &str, change: impl FnOnce(Device) -> Device) -> Ask {
    with(name, |ask| ask.device = change(ask.device.clone()))
}

fn wants(name: &str, method: Method) -> Ask {
    with(name, |ask| ask.record.want_method = Some(method))
}

fn target(name: &str, file: &str) -> Ask {
    with(name, |ask| ask.image = super::image(file))
}

fn fetches(from: &str, change: impl FnOnce(&mut TransferPolicy)) -> Ask {
    with("catalyst_9300", |ask| {
        ask.policy.transfer = super::transfer(from, change);
    })
}

/// The same stack whose third member runs this release and is kept out.
fn kept_out(name: &str, release: &str) -> Ask {
    device(name, |d| {
        let d = d.saying(
            "show switch detail",
            " 3       Member   0000.5e00.5303     15     V01     Ready",
            " 3       Member   0000.5e00.5303     15     V01     V-Mismatch",
        );
        d.saying(
            "show version",
            "     3 41    C9300-24U          17.09.04a",
            &format!("     3 41    C9300-24U          {release:<9}"),
        )
    })
}

/// Code of the refusal, and what causes it.
fn cases() -> Vec<(&'static str, Ask)> {
    vec![
        (
            "controller_managed",
            device("isr_4000_bundle", |d| {
                d.saying(
                    "show version",
                    "mode: Autonomous",
                    "mode: Controller-Managed",
                )
            }),
        ),
        (
            "engineering_build",
            device("catalyst_9300", |d| {
                let d = d.saying(
                    "show version",
                    "Software, Version 17.09.04a",
                    "Software, Version BLD_POLARIS_DEV_LATEST_20210302_012043",
                );
                d.saying(
                    "show version",
                    " 17.09.04a ",
                    " BLD_POLARIS_DEV_LATEST_20210302_012043 ",
                )
            }),
        ),
        (
            "members_differ",
            device("catalyst_9300_stack", |d| {
                d.saying(
                    "show version",
                    "     2 41    C9300-24U          17.09.04a",
                    "     2 41    C9300-24U          17.06.05 ",
                )
            }),
        ),
        (
            "member_not_ready",
            device("catalyst_9300_stack", |d| {
                d.saying(
                    "show switch detail",
                    " 3       Member   0000.5e00.5303     15     V01     Ready",
                    " 3       Member   0000.5e00.5303     15     V01     Initializing",
                )
            }),
        ),
        (
            "member_mismatch",
            kept_out("catalyst_9300_stack", "17.09.05"),
        ),
        (
            "member_mismatch",
            kept_out("catalyst_9300_stack", "17.06.05"),
        ),
        (
            "member_mismatch",
            with("catalyst_9300_stack_convert", |ask| {
                *ask = Ask {
                    device: kept_out("catalyst_9300_stack_bundle", "17.06.05").device,
                    ..ask.clone()
                };
            }),
        ),
        (
            "member_mismatch",
            with("catalyst_9300_stack", |ask| {
                let device = kept_out("catalyst_9300_stack", "17.09.05").device;
                ask.device = device.discovered().says(
                    "show running-config | include ^software auto-upgrade",
                    "software auto-upgrade enable\n",
                );
            }),
        ),
        (
            "mixed_boot_modes",
            device("catalyst_9300_stack_bundle", |d| {
                d.saying(
                    "show version",
                    "     2 41    C9300-24U          17.09.04a         CAT9K_IOSXE           BUNDLE",
                    "     2 41    C9300-24U          17.09.04a         CAT9K_IOSXE           INSTALL",
                )
            }),
        ),
        (
            "member_missing",
            with("catalyst_9300_stack", |ask| {
                ask.record.serials = vec!["FOC00000001".into(), "FOC00000009".into()];
                ask.device = ask.device.clone().saying(
                    "show switch detail",
                    "     15     V01     Ready\n\n\n",
                    "     15     V01     Ready\n \
                     4       Member   0000.0000.0000     0              Provisioned\n\n\n",
                );
            }),
        ),
        (
            "no_standby",
            device("catalyst_9300_stack", |d| {
                d.saying("show switch detail", "Standby ", "Member  ")
            }),
        ),
        (
            "half_ring",
            device("catalyst_9300_stack", |d| {
                d.saying(
                    "show switch detail",
                    "  3         OK         OK ",
                    "  3         OK         DOWN",
                )
            }),
        ),
        (
            "no_way_back",
            device("catalyst_9300_stack_bundle", |d| {
                d.saying("dir flash-2:", ".17.09.04a.SPA.bin", ".17.06.05.SPA.bin")
            }),
        ),
        (
            "no_way_back",
            device("catalyst_9300_stack_convert", |d| {
                d.saying("dir flash-3:", "700000000", "300000000")
            }),
        ),
        (
            "boot_variable",
            device("catalyst_9300_stack_bundle", |d| {
                d.saying(
                    "show boot",
                    "\nSwitch 3\n---------------------------\nCurrent Boot Variables:\n\
                     BOOT variable = flash:cat9k_iosxe.17.09.04a.SPA.bin;\n\n\
                     Boot Variables on next reload:\nBOOT variable = flash:cat9k_iosxe.17.09.04a.SPA.bin;",
                    "\nSwitch 3\n---------------------------\nCurrent Boot Variables:\n\
                     BOOT variable = flash:cat9k_iosxe.17.09.04a.SPA.bin;\n\n\
                     Boot Variables on next reload:\nBOOT variable = flash:cat9k_iosxe.17.06.05.SPA.bin;",
                )
            }),
        ),
        (
            "boot_variable",
            device("catalyst_9300_stack", |d| {
                d.saying(
                    "show boot",
                    "\nSwitch 2\n---------------------------\nCurrent Boot Variables:\n\
                     BOOT variable = flash:packages.conf;\n\n\
                     Boot Variables on next reload:\nBOOT variable = flash:packages.conf;",
                    "\nSwitch 2\n---------------------------\nCurrent Boot Variables:\n\
                     BOOT variable = flash:packages.conf;\n\n\
                     Boot Variables on next reload:\nBOOT variable = flash:x.bin;",
                )
            }),
        ),
        (
            "flash_too_small",
            device("catalyst_9300_stack_bundle", |mut d| {
                d.free_last = Some(1_000_000_000);
                d
            }),
        ),
        (
            "members_unknown",
            device("catalyst_9300", |d| {
                d.saying(
                    "show switch detail",
                    "*1       Active   0000.5e00.5301     15     V01     Ready",
                    " 1       Member   0000.0000.0000     0              Provisioned",
                )
            }),
        ),
        (
            "running_not_installed",
            device("catalyst_9300", |d| {
                d.saying("show install summary", "17.09.04a.0.6", "17.06.05.0.5")
            }),
        ),
        (
            "mixed_boot_modes",
            device("catalyst_9300_stack", |d| {
                d.saying(
                    "show version",
                    "     3 41    C9300-24U          17.09.04a         CAT9K_IOSXE           INSTALL",
                    "     3 41    C9300-24U          17.09.04a         CAT9K_IOSXE           BUNDLE",
                )
            }),
        ),
        (
            "member_not_ready",
            device("catalyst_9400_dual", |d| {
                d.saying(
                    "show redundancy states",
                    "8  -STANDBY HOT",
                    "4  -STANDBY COLD",
                )
            }),
        ),
        (
            "member_not_ready",
            device("catalyst_9500_pair", |d| {
                d.saying(
                    "show redundancy states",
                    "8  -STANDBY HOT",
                    "4  -STANDBY COLD",
                )
            }),
        ),
        (
            "standby_not_hot",
            device("catalyst_9600_dual", |d| {
                d.saying(
                    "show redundancy states",
                    "(Operational) = sso",
                    "(Operational) = rpr",
                )
            }),
        ),
        (
            "downgrade",
            target("catalyst_9300", "cat9k_iosxe.17.06.05.SPA.bin"),
        ),
        (
            "downgrade",
            with("catalyst_9300_down", |ask| {
                ask.policy.allow_downgrade = false
            }),
        ),
        (
            "downgrade",
            with("catalyst_9300_down", |ask| ask.record.target = None),
        ),
        (
            "image_wrong_family",
            target("catalyst_9300", "cat9k_lite_iosxe.17.12.04.SPA.bin"),
        ),
        (
            "image_development_signed",
            target("catalyst_9300", "cat9k_iosxe.17.12.04.SSA.bin"),
        ),
        (
            "image_no_digest",
            with("catalyst_9300", |ask| ask.image.sha512 = None),
        ),
        (
            "restricted_image_crossed",
            target("catalyst_9300", "cat9k_iosxe_npe.17.12.04.SPA.bin"),
        ),
        (
            "image_is_running",
            with("isr_4000_bundle", |ask| {
                ask.device = ask.device.clone().saying(
                    "show version",
                    "isr4400-universalk9.17.09.04a.SPA.bin",
                    "isr4400-universalk9.17.12.04.SPA.bin",
                );
            }),
        ),
        (
            "image_not_approved",
            with("catalyst_9300", |ask| {
                ask.policy.approved_images_only = true
            }),
        ),
        (
            "memory_too_small",
            with("catalyst_9300", |ask| {
                ask.image.provenance.min_memory_bytes = Some(16 << 30);
            }),
        ),
        (
            "rommon_too_old",
            with("catalyst_9300", |ask| {
                ask.image.provenance.min_rommon = Some("17.12.1r".into());
            }),
        ),
        ("bundle_mode", wants("isr_4000_bundle", Method::ThreeStep)),
        ("install_to_bundle", wants("catalyst_9300", Method::Bundle)),
        ("xfsu_not_on_platform", wants("catalyst_9200", Method::Xfsu)),
        (
            "xfsu_too_early",
            device("catalyst_9300_xfsu", |d| d.runs("17.03.01")),
        ),
        (
            "xfsu_unknown",
            device("catalyst_9300_xfsu", |d| {
                d.says("show xfsu eligibility", "Reload fast is what you make it\n")
            }),
        ),
        (
            "xfsu_not_eligible",
            device("catalyst_9300_xfsu", |d| {
                let tree = "Spanning Tree             Ineligible:Root Switch with forwarding link:VLAN0010";
                d.saying(
                    "show xfsu eligibility",
                    "Spanning Tree             Eligible",
                    tree,
                )
            }),
        ),
        (
            "xfsu_not_eligible",
            device("catalyst_9300_xfsu", |d| {
                d.saying(
                    "show xfsu eligibility",
                    "Full ring stack           Yes",
                    "Full ring stack           No",
                )
            }),
        ),
        (
            "xfsu_not_eligible",
            device("catalyst_9300_xfsu", |d| {
                d.says("show xfsu eligibility", "Reload fast supported: No\n")
            }),
        ),
        (
            "bundle_mode",
            with("catalyst_9300_xfsu_older_word", |ask| {
                ask.device = ask.device.clone().bundle("cat9k_iosxe.17.06.05.SPA.bin");
            }),
        ),
        (
            "xfsu_down",
            with("catalyst_9300_down", |ask| {
                ask.record.want_method = Some(Method::Xfsu);
            }),
        ),
        (
            "xfsu_across_majors",
            target("catalyst_9300_xfsu", "cat9k_iosxe.26.01.01.SPA.bin"),
        ),
        (
            "xfsu_between_maintenance_kinds",
            target("catalyst_9300_xfsu", "cat9k_iosxe.17.13.01.SPA.bin"),
        ),
        (
            "xfsu_trains_apart",
            with("catalyst_9300_xfsu", |ask| {
                ask.device = ask.device.clone().runs("17.03.06");
                ask.image = super::image("cat9k_iosxe.17.15.01.SPA.bin");
            }),
        ),
        ("issu_not_on_platform", wants("catalyst_9300", Method::Issu)),
        ("issu_alone", wants("catalyst_9400", Method::Issu)),
        (
            "already_install_mode",
            wants("catalyst_9300", Method::Convert),
        ),
        ("no_install_mode", wants("ncs_520_bundle", Method::Convert)),
        (
            "issu_not_ready",
            with("catalyst_9600_issu", |ask| {
                ask.device = ask.device.clone().saying(
                    "show issu state detail",
                    "Autoboot Enabled                    Yes",
                    "Autoboot Enabled                    No",
                );
            }),
        ),
        (
            "issu_unknown",
            with("catalyst_9600_issu", |ask| {
                ask.device = ask
                    .device
                    .clone()
                    .says("show issu state detail", "ISSU is shut\n");
            }),
        ),
        (
            "issu_too_early",
            with("catalyst_9400_dual", |ask| {
                ask.record.want_method = Some(Method::Issu);
                ask.device = ask.device.clone().runs("16.08.01");
            }),
        ),
        (
            "issu_bundle_mode",
            with("catalyst_9400_dual", |ask| {
                ask.record.want_method = Some(Method::Issu);
                ask.device = ask.device.clone().bundle("cat9k_iosxe.17.09.04a.SPA.bin");
            }),
        ),
        ("issu_alone", wants("asr_907_single", Method::Issu)),
        (
            "issu_too_early",
            device("asr_1006_issu", |d| d.runs("16.06.10")),
        ),
        (
            "issu_bundle_mode",
            device("asr_1006_issu", |d| {
                d.bundle("asr1000-universalk9.17.09.04a.SPA.bin")
            }),
        ),
        ("issu_bundle_mode", wants("ncs_4206_dual", Method::Issu)),
        (
            "issu_not_ready",
            device("asr_1006_issu", |d| {
                let running = "Slot being modified: R1\n  Loadversion time: 20261102 19:13:51 on vty 0\n  \
                     Last operation: loadversion\n  Rollback: automatic, remaining time before rollback: \
                     00:29:53\n  Operating mode: sso, terminal state reached\n";
                d.saying(
                    "show issu state detail",
                    "No ISSU operation is in progress\n",
                    running,
                )
            }),
        ),
        (
            "issu_unknown",
            device("ncs_4206_issu", |d| {
                d.says(
                    "show issu state detail",
                    "% Invalid input detected at '^' marker.\n",
                )
            }),
        ),
        (
            "member_not_ready",
            device("asr_1006_issu", |d| {
                d.saying(
                    "show redundancy states",
                    "8  -STANDBY HOT",
                    "4  -STANDBY COLD",
                )
            }),
        ),
        (
            "standby_boot_variable",
            device("asr_1006_issu", |d| {
                d.saying(
                    "show bootvar",
                    "Standby BOOT variable = bootflash:packages.conf",
                    "Standby BOOT variable = bootflash:asr1000-universalk9.17.06.05.SPA.bin",
                )
            }),
        ),
        (
            "standby_boot_variable",
            device("ncs_4206_issu", |d| {
                d.says(
                    "show bootvar",
                    "BOOT variable = bootflash:packages.conf,1;\nCONFIG_FILE variable = \n\
                     BOOTLDR variable does not exist\nConfiguration register is 0x2102\n\n\
                     Standby not ready to show bootvar\n",
                )
            }),
        ),
        (
            "standby_config_register",
            device("asr_1006_issu_versions", |d| {
                d.saying(
                    "show bootvar",
                    "Standby Configuration register is 0x2102",
                    "Standby Configuration register is 0x2142",
                )
            }),
        ),
        (
            "rollback_timer_too_short",
            device("asr_1006_issu_versions", |d| d.rollback_timer("3600")),
        ),
        (
            "rollback_timer_too_short",
            device("asr_1006_issu_versions", |mut d| {
                d.instead.clear();
                d
            }),
        ),
        (
            "auto_abort_too_short",
            with("asr_1006_issu", |ask| {
                ask.policy.convergence = Duration::from_secs(20 * 3600);
            }),
        ),
        (
            "no_way_back",
            device("asr_1006_issu_versions", |d| {
                d.saying(
                    "dir stby-bootflash:",
                    ".16.09.08.SPA.bin",
                    ".16.06.10.SPA.bin",
                )
            }),
        ),
        (
            "flash_too_small",
            device("asr_1006_issu_versions", |mut d| {
                d.free_last = Some(1_500_000_000);
                d
            }),
        ),
        (
            "no_install_engine",
            device("asr_1006_issu", |d| {
                d.says(
                    "show install summary",
                    "% Invalid input detected at '^' marker.\n",
                )
            }),
        ),
        (
            "restricted_image_crossed",
            target("asr_1006_issu", "asr1000-universalk9_npe.17.12.04.SPA.bin"),
        ),
        (
            "issu_down",
            with("asr_1006_issu", |ask| {
                ask.image = super::image("asr1000-universalk9.17.06.05.SPA.bin");
                *ask = super::down(ask.clone());
            }),
        ),
        (
            "issu_between_maintenance_kinds",
            target("ncs_4206_issu", "ncs4200rsp3-universalk9.17.13.01.SPA.bin"),
        ),
        (
            "issu_across_majors",
            with("catalyst_9600_dual", |ask| {
                ask.record.want_method = Some(Method::Issu);
                ask.device = ask.device.clone().runs("16.12.08");
            }),
        ),
        (
            "issu_between_maintenance_kinds",
            with("catalyst_9600_dual", |ask| {
                ask.record.want_method = Some(Method::Issu);
                ask.image = super::image("cat9k_iosxe.17.13.01.SPA.bin");
            }),
        ),
        (
            "issu_trains_apart",
            with("catalyst_9600_dual", |ask| {
                ask.record.want_method = Some(Method::Issu);
                ask.device = ask.device.clone().runs("17.03.06");
                ask.image = super::image("cat9k_iosxe.17.15.01.SPA.bin");
            }),
        ),
        (
            "issu_down",
            with("catalyst_9600_dual", |ask| {
                ask.record.want_method = Some(Method::Issu);
                ask.image = super::image("cat9k_iosxe.17.06.05.SPA.bin");
                *ask = super::down(ask.clone());
            }),
        ),
        (
            "install_too_early",
            wants("catalyst_9300_request", Method::ThreeStep),
        ),
        ("target_too_early", {
            let mut ask = target("catalyst_9300", "cat9k_iosxe.16.05.01.SPA.bin");
            ask.policy.allow_downgrade = true;
            ask.record.target = Some("16.5.1".parse().unwrap());
            ask
        }),
        // No row of the table says how.
        (
            "install_too_early",
            device("catalyst_9400", |d| d.runs("16.06.01")),
        ),
        (
            "request_not_here",
            wants("catalyst_9300", Method::RequestPlatform),
        ),
        (
            "request_not_here",
            with("catalyst_9400", |ask| {
                ask.record.want_method = Some(Method::RequestPlatform);
                ask.device = ask.device.clone().runs("16.06.01");
            }),
        ),
        (
            "bundle_mode",
            wants("isr_4000_bundle", Method::RequestPlatform),
        ),
        (
            "no_way_back",
            device("isr_4000_request", |mut d| {
                d.files.clear();
                d
            }),
        ),
        (
            "no_system_image",
            device("isr_4000_request", |d| {
                d.saying(
                    "show version",
                    "System image file is \"bootflash:packages.conf\"\n",
                    "Installation mode is INSTALL\n",
                )
            }),
        ),
        (
            "boot_variable",
            device("isr_4000_request", |d| {
                d.saying("show bootvar", "packages.conf", "isr4400.bin")
            }),
        ),
        (
            "flash_too_small",
            device("catalyst_3850_request", |mut d| {
                d.free_last = Some(1_500_000_000);
                d
            }),
        ),
        (
            "subpackage_mode",
            wants("asr_902_request", Method::ThreeStep),
        ),
        (
            "subpackage_mode",
            with("asr_1006_dual", |ask| {
                ask.device = ask.device.clone().runs("16.09.08");
                ask.image = super::image("asr1000-universalk9.16.12.11.SPA.bin");
            }),
        ),
        (
            "subpackage_mode",
            device("asr_920_bundle", |mut d| {
                d.install = true;
                d.says(
                    "show install summary",
                    "% Invalid input detected at '^' marker.\n",
                )
            }),
        ),
        (
            "three_to_sixteen_3850",
            with("catalyst_3850", |ask| {
                ask.device = ask.device.clone().runs("03.06.05E");
            }),
        ),
        (
            "no_install_engine",
            device("catalyst_9300", |d| {
                d.says(
                    "show install summary",
                    "% Invalid input detected at '^' marker.\n",
                )
            }),
        ),
        (
            "subpackage_mode",
            device("asr_903_dual", |mut d| {
                d.install = true;
                d.says(
                    "show install summary",
                    "% Invalid input detected at '^' marker.\n",
                )
            }),
        ),
        (
            "install_too_early",
            device("csr_1000v", |d| d.runs("16.12.08")),
        ),
        (
            "last_train_of_3850",
            target("catalyst_3850", "cat3k_caa-universalk9.17.03.01.SPA.bin"),
        ),
        (
            "first_release_of_9350",
            with("catalyst_9300", |ask| ask.device.pid = "C9350-48P"),
        ),
        (
            "three_to_sixteen",
            with("isr_4000_bundle", |ask| {
                ask.device = ask.device.clone().runs("03.16.04");
            }),
        ),
        (
            "flash_too_small",
            device("catalyst_9300_stack", |mut d| {
                d.free_last = Some(1_500_000_000);
                d
            }),
        ),
        (
            "flash_unknown",
            device("catalyst_9300", |d| {
                d.says("dir flash:", "% Invalid input detected at '^' marker.\n")
            }),
        ),
        (
            "no_boot_variable",
            device("catalyst_9300", |d| {
                d.saying(
                    "show boot",
                    "BOOT variable = flash:packages.conf;",
                    "BOOT variable does not exist",
                )
            }),
        ),
        (
            "boot_variable",
            device("catalyst_9300", |d| {
                d.saying(
                    "show boot",
                    "flash:packages.conf",
                    "flash:cat9k_iosxe.17.06.05.SPA.bin",
                )
            }),
        ),
        (
            "patch_not_asked_for",
            target(
                "catalyst_9300",
                "cat9k_iosxe.17.09.04a.CSCwa00001.SPA.smu.bin",
            ),
        ),
        (
            "not_a_patch",
            with("catalyst_9300_patch", |ask| {
                ask.image = super::image("cat9k_iosxe.17.09.04a.SPA.bin");
            }),
        ),
        (
            "patch_other_release",
            with("catalyst_9300_patch", |ask| {
                ask.image = super::image("cat9k_iosxe.17.12.04.CSCwa00003.SPA.smu.bin");
            }),
        ),
        (
            "image_wrong_family",
            with("catalyst_9300_patch", |ask| {
                ask.image = super::image("cat9k_lite_iosxe.17.09.04a.CSCwa00001.SPA.smu.bin");
            }),
        ),
        (
            "bundle_mode",
            with("catalyst_9300_patch", |ask| {
                let device = Device::new("C9300-48P", Shape::Stack, "CAT9K_IOSXE");
                ask.device = device.bundle("cat9k_iosxe.17.09.04a.SPA.bin");
            }),
        ),
        ("firmware_not_asked_for", {
            let mut ask = wanting(asr(), ROMMON, &[]);
            ask.record.want_method = None;
            ask
        }),
        ("not_firmware", {
            let mut ask = wanting(asr(), ROMMON, &[]);
            ask.image = super::image("asr1000-universalk9.17.12.04.SPA.bin");
            ask
        }),
        (
            "firmware_wrong_family",
            wanting(asr(), "isr4400_rommon_1612_2r_SPA.pkg", &[]),
        ),
        (
            "firmware_not_on_platform",
            wanting(
                Device::new("C9300-48P", Shape::Stack, "CAT9K_IOSXE"),
                ROMMON,
                &[],
            ),
        ),
        ("firmware_install_uncommitted", {
            let device = asr().saying("show install summary", "IMG   C ", "IMG   U ");
            wanting(device, ROMMON, &[])
        }),
        ("firmware_in_service", {
            let device = asr().says(
                "show issu state detail",
                include_str!("../../../tests/outputs/show_issu_state_detail.classic.txt"),
            );
            wanting(device, ROMMON, &[])
        }),
        ("firmware_unread", {
            let mut ask = wanting(asr(), ROMMON, &[]);
            ask.device.discovered = false;
            ask
        }),
        ("firmware_versions_unknown", wanting(asr(), PARTS, &[])),
        (
            "firmware_versions_unclear",
            wanting(asr(), PARTS, &["* fpga 1810"]),
        ),
        (
            "firmware_current",
            wanting(asr(), PARTS, &["* fpga 17071402"]),
        ),
        (
            "firmware_newer_part",
            wanting(asr().saying(
                    "show platform",
                    "R0        10021901            16.3(2r)\n",
                    "R0        10021901            16.3(2r)\nR1        10021901            17.6(1r)\n",
                ), ROMMON, &[]),
        ),
        (
            "firmware_other_side",
            wanting(supervisor().members(2), "capsule-primary", &[]),
        ),
        (
            "patch_file_missing",
            with("catalyst_9300_patch_out", |ask| ask.device.files.clear()),
        ),
        (
            "patch_file_missing",
            with("catalyst_9300_patch_out", |ask| {
                ask.device.files.clear();
                ask.record = super::row();
                ask.image = super::image("cat9k_iosxe.17.12.04.SPA.bin");
            }),
        ),
        (
            "auto_abort_too_short",
            with("catalyst_9300", |ask| {
                ask.policy.auto_abort = Duration::from_secs(45 * 60);
            }),
        ),
        (
            "no_system_image",
            device("isr_4000_bundle", |d| {
                d.saying(
                    "show version",
                    "System image file is \"bootflash:isr4400-universalk9.17.09.04a.SPA.bin\"\n",
                    "",
                )
            }),
        ),
        ("plain_transfer", fetches("http://192.0.2.9/ios", |_| {})),
        (
            "transfer_login_missing",
            fetches("sftp://192.0.2.9/ios", |_| {}),
        ),
        (
            "transfer_login_unused",
            fetches("https://192.0.2.9/ios", |t| {
                t.credential = Some("files".into());
            }),
        ),
        (
            "transfer_vrf",
            fetches("https://192.0.2.9/ios", |t| {
                t.vrf = Some("Mgmt vrf".into());
            }),
        ),
        (
            "no_way_back",
            device("isr_4000_bundle", |mut d| {
                d.files.clear();
                d
            }),
        ),
        (
            "no_way_back",
            device("ncs_4206_dual", |d| {
                d.saying(
                    "dir stby-bootflash:",
                    ".17.09.04a.SPA.bin",
                    ".17.06.05.SPA.bin",
                )
            }),
        ),
        (
            "boot_variable",
            device("isr_4000_bundle", |d| {
                d.saying("show bootvar", "17.09.04a", "17.06.05")
            }),
        ),
    ]
}

#[test]
fn every_refusal_says_why_and_what_to_do() {
    let mut shown = String::new();
    for (code, ask) in cases() {
        let refusal = match ask.plan() {
            Err(refusal) => refusal,
            Ok(plan) => panic!("{code}: there is a plan\n{plan}"),
        };
        assert_eq!(refusal.code, code, "{refusal:?}");
        assert!(!refusal.evidence.is_empty(), "{code} shows no line");
        let remedy = refusal.remedy.as_ref().unwrap();
        shown.push_str(&format!("{code}: {}\n  next: {remedy}\n", refusal.message));
        for line in &refusal.evidence {
            shown.push_str(&format!("  {line}\n"));
        }
    }
    insta::assert_snapshot!(shown);
}

/// The codes are written down where the refusals are made; each has its case above.
#[test]
fn no_refusal_is_without_a_case() {
    let sources = [
        include_str!("../bundle.rs"),
        include_str!("../convert.rs"),
        include_str!("../device.rs"),
        include_str!("../downgrade.rs"),
        include_str!("../firmware.rs"),
        include_str!("../image.rs"),
        include_str!("../install.rs"),
        include_str!("../issu.rs"),
        include_str!("../issu_router.rs"),
        include_str!("../method.rs"),
        include_str!("../../../../iosxe-core/src/pull.rs"),
        include_str!("../smu.rs"),
        include_str!("../request_platform.rs"),
        include_str!("../space.rs"),
        include_str!("../stack.rs"),
        include_str!("../step.rs"),
        include_str!("../xfsu.rs"),
    ];
    let made: BTreeSet<&str> = sources
        .iter()
        .flat_map(|s| s.split("Refusal::new(").skip(1))
        .filter_map(|after| after.split('"').nth(1))
        .collect();
    let covered: BTreeSet<&str> = cases().into_iter().map(|(code, _)| code).collect();
    let missing: Vec<_> = made.difference(&covered).collect();
    assert!(made.len() > 20 && missing.is_empty(), "{missing:?}");
    let blocking: Vec<String> = super::rules()
        .rules()
        .iter()
        .filter(|r| r.severity == crate::rules::Severity::Block)
        .map(|r| r.id.clone())
        .filter(|id| !covered.contains(id.as_str()))
        .collect();
    assert_eq!(blocking, Vec::<String>::new());
}

#[test]
fn a_waived_rule_blocks_no_more_and_stays_in_the_plan() {
    let mut ask = target("catalyst_3850", "cat3k_caa-universalk9.17.03.01.SPA.bin");
    ask.record.waivers = Waiver::parse("last_train_of_3850: vendor case 6912");
    let plan = ask.plan().unwrap();
    let reason = plan.reasons.iter().find(|r| r.rule == "last_train_of_3850");
    assert!(reason.unwrap().text.ends_with("waived: vendor case 6912"));
    let mut ask = with("catalyst_9300", |ask| {
        ask.image.provenance.min_rommon = Some("17.12.1r".into());
    });
    ask.record.waivers = Waiver::parse("rommon_too_old: upgraded together with the image");
    assert!(ask.plan().is_ok());
    // What protects the way back is no rule of the table: it cannot be waived.
    let mut ask = with("catalyst_9300", |ask| {
        ask.policy.auto_abort = Duration::from_secs(45 * 60);
    });
    ask.record.waivers = Waiver::parse("auto_abort_too_short: we are in a hurry");
    assert_eq!(ask.plan().unwrap_err().code, "auto_abort_too_short");
}

#[test]
fn a_second_supervisor_that_is_not_there_is_not_waited_for() {
    let ask = of("catalyst_9400");
    let facts = ask.device.facts(&[]).unwrap();
    assert_eq!(facts.members.len(), 1);
    assert!(!facts.redundancy.unwrap().has_peer());
    assert_eq!(ask.device.shape, Shape::Chassis);
}
