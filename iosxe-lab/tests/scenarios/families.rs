//! What makes each family itself: its wording, its slots, its file systems, its image.

use super::client::{Fleet, device, fleet, image};
use iosxe_lab::{BootModeSpec, DeviceSpec, Topology};

/// The sample of the repository.
fn sample() -> Topology {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../examples/topologies/all-families.toml"
    );
    Topology::from_toml(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// A command, and texts that its output must and must not hold.
type Row<'a> = (&'a str, &'a [&'a str], &'a [&'a str]);

/// Runs the rows on one device.
async fn shows(fleet: &Fleet, name: &str, rows: &[Row<'_>]) {
    let mut shell = fleet.shell(name).await;
    for (command, with, without) in rows {
        let said = shell.command(command).await;
        for text in *with {
            assert!(
                said.contains(text),
                "{name}: {command}: no {text:?} in\n{said}"
            );
        }
        for text in *without {
            assert!(
                !said.contains(text),
                "{name}: {command}: {text:?} in\n{said}"
            );
        }
    }
}

fn one(pid: &str) -> Vec<DeviceSpec> {
    vec![device("a", pid)]
}

#[tokio::test]
async fn the_sample_topology_has_every_family_and_every_device_answers() {
    let topology = sample();
    let names: Vec<String> = topology.device.iter().map(|d| d.name.clone()).collect();
    let mut families: Vec<&str> = topology
        .device
        .iter()
        .map(|d| d.pid.get(..4).unwrap())
        .collect();
    families.sort_unstable();
    families.dedup();
    assert_eq!(
        families,
        [
            "ASR-", "ASR1", "C112", "C800", "C830", "C920", "C930", "C940", "C950", "C960", "CSR1",
            "ISR4", "NCS4", "NCS5", "WS-C"
        ]
    );
    let fleet = fleet(topology.device).await;
    for name in names {
        let mut shell = fleet.shell(&name).await;
        let said = shell.command("show version").await;
        assert!(said.contains(&format!("{name} uptime is ")), "{said}");
        let full = shell.command("show interfaces").await;
        let brief = shell.command("show ip interface brief").await;
        // Every interface of the short list stands in the long one, with the same state.
        for line in brief.lines().skip(1) {
            let port = line.split_whitespace().next().unwrap();
            let head = full.lines().find(|l| l.starts_with(&format!("{port} is ")));
            let head = head.unwrap_or_else(|| panic!("{name}: no {port}\n{full}"));
            let up = line.trim_end().ends_with(" up");
            assert_eq!(head.contains("line protocol is up"), up, "{head}");
        }
    }
}

#[tokio::test]
async fn a_stackwise_virtual_is_two_switches_with_one_configuration() {
    let mut pair = device("a", "C9500-24Y4C");
    pair.members = 2;
    let fleet = fleet(vec![pair]).await;
    let rows: &[Row<'_>] = &[
        (
            "show switch",
            &["*1       Active ", " 2       Standby "],
            &[],
        ),
        (
            "show stackwise-virtual",
            &[
                "Stackwise Virtual : Enabled",
                "Domain Number : 1",
                "HundredGigE2/0/28",
            ],
            &[],
        ),
        (
            "show stackwise-virtual link",
            &[
                "HundredGigE1/0/27               U               R",
                "R-Ready",
            ],
            &[" D "],
        ),
        (
            "show stackwise-virtual dual-active-detection",
            &[
                "In dual-active recovery mode: No",
                "1\tHundredGigE1/0/26          \tup",
            ],
            &[],
        ),
        (
            "show install summary",
            &["[ Chassis 1/R0 2/R0 ] Installed"],
            &[],
        ),
        (
            "show boot",
            &["Standby BOOT variable = bootflash:packages.conf;"],
            &[],
        ),
        (
            "show module",
            &["Switch Number 2", "Standby             sso"],
            &[],
        ),
        (
            "dir stby-bootflash:",
            &["Directory of stby-bootflash:/", "packages.conf"],
            &[],
        ),
        (
            "dir bootflash-2-0:",
            &["Directory of stby-bootflash:/"],
            &[],
        ),
        (
            "show issu state detail",
            &["Platform ISSU Support               Yes", "HA-REMOTE"],
            &[],
        ),
        ("show version", &["Switch 02\n---------\n"], &[]),
        ("show inventory", &["NAME: \"Switch 2 Chassis\""], &[]),
        ("show interfaces status", &["Twe2/0/24"], &[]),
    ];
    shows(&fleet, "a", rows).await;
}

#[tokio::test]
async fn an_older_stackwise_virtual_has_the_older_legend() {
    let mut pair = DeviceSpec::new("a", "C9500-40X", "16.12.05");
    pair.members = 2;
    let fleet = fleet(vec![pair]).await;
    let rows: &[Row<'_>] = &[(
        "show stackwise-virtual link",
        &[
            "P-Bundled",
            "TenGigabitEthernet1/1/7         U               P",
        ],
        &["R-Ready"],
    )];
    shows(&fleet, "a", rows).await;
}

#[tokio::test]
async fn a_catalyst_9400_has_supervisors_in_slots_three_and_four() {
    let fleet = fleet(one("C9407R")).await;
    let rows: &[Row<'_>] = &[
        (
            "show version",
            &[
                "cisco C9407R (X86) processor",
                "bytes of Bootflash at bootflash:.",
            ],
            &["Configuration register"],
        ),
        (
            "show module",
            &[
                "Chassis Type: C9407R",
                "3   8    Supervisor 1 Module",
                "4   Standby             sso             sso              Standby Hot",
            ],
            &[],
        ),
        (
            "show platform",
            &[
                "R0        C9400-SUP-1         ok, active",
                "R1        C9400-SUP-1         ok, standby",
            ],
            &[],
        ),
        (
            "show inventory",
            &[
                "Slot 3 Supervisor",
                "Slot 4 Supervisor",
                "PID: C9400-LC-48U",
            ],
            &[],
        ),
        (
            "show redundancy",
            &["Active Location = slot 3", "Standby Location = slot 4"],
            &["Configuration register"],
        ),
        (
            "show redundancy states",
            &["peer state = 8  -STANDBY HOT", "Unit ID = 3"],
            &[],
        ),
        (
            "show boot",
            &["Standby MANUAL_BOOT variable = no"],
            &["egister"],
        ),
        ("show install summary", &["[ R0 R1 ] Installed"], &[]),
        (
            "show file systems",
            &["stby-bootflash:", "crashinfo:", "stby-disk0:"],
            &[],
        ),
        ("show environment all", &["Temp: Coretemp   R1 "], &[]),
        (
            "show firmware version all",
            &[" 4         Supervisor Rommon (Standby)"],
            &[],
        ),
        (
            "show issu state detail",
            &["HA-STANDALONE", "No ISSU operation is in progress"],
            &[],
        ),
        ("show switch", &["% Invalid input"], &[]),
        ("show ip interface brief", &["TenGigabitEthernet4/0/1"], &[]),
    ];
    shows(&fleet, "a", rows).await;
}

#[tokio::test]
async fn a_catalyst_9600_writes_its_modules_in_three_columns() {
    let fleet = fleet(one("C9606R")).await;
    let rows: &[Row<'_>] = &[
        (
            "show version",
            &["cisco C9606R (X86) processor (revision V01)"],
            &["Configuration register"],
        ),
        (
            "show module",
            &[
                "Mod Redundancy Role     Operating Redundancy Mode Configured",
                "4   Standby             sso                       sso",
            ],
            &[],
        ),
        (
            "show platform",
            &[
                "5         C9600-LC-24C        ok",
                "R1        C9600-SUP-1         ok, standby",
            ],
            &[],
        ),
        ("show ip interface brief", &["HundredGigE5/0/12"], &[]),
    ];
    shows(&fleet, "a", rows).await;
}

#[tokio::test]
async fn one_supervisor_is_a_chassis_without_a_standby() {
    let mut single = device("a", "C9407R");
    single.members = 1;
    let fleet = fleet(vec![single]).await;
    let rows: &[Row<'_>] = &[
        ("show install summary", &["[ R0 ] Installed"], &[]),
        (
            "show redundancy states",
            &["peer state = 1  -DISABLED", "Simplex"],
            &[],
        ),
        ("show boot", &["Standby not ready to show bootvar"], &[]),
        ("dir stby-bootflash:", &["%Error opening"], &[]),
        (
            "redundancy force-switchover",
            &["There is no STANDBY present"],
            &[],
        ),
        (
            "show issu state detail",
            &["Platform ISSU Support               No"],
            &[],
        ),
    ];
    shows(&fleet, "a", rows).await;
}

#[tokio::test]
async fn an_asr_1006_has_two_route_processors_and_a_disk() {
    let mut router = DeviceSpec::new("a", "ASR1006", "17.03.05");
    router.target_version = Some("17.03.08a".into());
    let fleet = fleet(vec![router]).await;
    let rows: &[Row<'_>] = &[
        (
            "show version",
            &[
                "ASR1000 Software (X86_64_LINUX_IOSD-UNIVERSALK9-M), Version 17.3.5",
                "cisco ASR1006 (RP2) processor (revision RP2) with",
                "System image file is \"bootflash:asr1000rpx86-universalk9.17.03.05.SPA.bin\"",
                "bytes of SATA hard disk at harddisk:.",
                "Configuration register is 0x2102",
            ],
            &[],
        ),
        (
            "show platform",
            &[
                "Chassis type: ASR1006",
                "R1        ASR1000-RP2         ok, standby",
                "F1        ASR1000-ESP40       ok, standby",
            ],
            &[],
        ),
        (
            "show inventory",
            &["NAME: \"module R1\"", "PID: ASR1000-SIP40"],
            &[],
        ),
        (
            "show bootvar",
            &[
                "SPA.bin,12;",
                "Standby BOOT variable = ",
                "Standby Configuration register is 0x2102",
            ],
            &[],
        ),
        (
            "show redundancy",
            &["Active Location = slot 6", "Standby Location = slot 7"],
            &[],
        ),
        (
            "show hw-programmable all",
            &["R1                14111801"],
            &[],
        ),
        (
            "show rom-monitor r1",
            &["System Bootstrap, Version 16.3(2r)"],
            &[],
        ),
        (
            "dir stby-harddisk:",
            &["Directory of stby-harddisk:/", "79959252992 bytes total"],
            &[],
        ),
        (
            "show issu state detail",
            &[
                "local lock acquisition on R0",
                "installation state synchronization",
                "No ISSU operation is in progress",
            ],
            &["System Check"],
        ),
        (
            "show issu rollback-timer",
            &["Rollback: inactive, no ISSU operation is in progress"],
            &[],
        ),
        ("show interfaces status", &["% Invalid input"], &[]),
        ("show license summary", &["adventerprise"], &[]),
    ];
    shows(&fleet, "a", rows).await;
}

#[tokio::test]
async fn an_ncs_4206_has_route_switch_processors_and_no_install_engine() {
    let fleet = fleet(one("NCS4206-SA")).await;
    let rows: &[Row<'_>] = &[
        (
            "show version",
            &[
                "NCS42xx Software",
                "cisco NCS4206-SA (RSP3_400) processor",
                "ncs4200rsp3-universalk9.17.09.04a.SPA.bin",
            ],
            &[],
        ),
        (
            "show platform",
            &[
                " 0/0      NCS4200-1T8LR-PS    ok",
                "R1        NCS420X-RSP         ok, standby",
                "F1                            ok, standby",
            ],
            &[],
        ),
        ("show install summary", &["% Invalid input"], &[]),
        ("install commit", &["% Invalid input"], &[]),
        ("show redundancy", &["Standby Location = slot 1"], &[]),
        ("dir stby-bootflash:", &["ncs4200rsp3-universalk9"], &[]),
    ];
    shows(&fleet, "a", rows).await;
}

#[tokio::test]
async fn an_asr_903_has_two_processors_that_boot_from_flashes_of_their_own() {
    let fleet = fleet(one("ASR-903")).await;
    let image = "asr900rsp3-universalk9.17.09.04a.SPA.bin";
    let rows: &[Row<'_>] = &[
        (
            "show version",
            &[
                "ASR900 Software (PPC_LINUX_IOSD-UNIVERSALK9-M), Version 17.9.4a",
                "cisco ASR-903 (RSP3_400) processor (revision RSP3_400) with",
                image,
                "K bytes of eUSB flash at bootflash:.",
                "Configuration register is 0x2102",
            ],
            &["Router operating mode"],
        ),
        (
            "show platform",
            &[
                "Chassis type: ASR-903",
                " 0/0      A900-IMA8S1Z        ok",
                "R0        A900-RSP3C-400-S    ok, active",
                "R1        A900-RSP3C-400-S    ok, standby",
                "F1                            ok, standby",
                "P2        A903-FAN-E          ok",
            ],
            &[],
        ),
        (
            "show redundancy",
            &[
                "Active Location = slot 6",
                "Standby Location = slot 7",
                "BOOT = bootflash:asr900rsp3-universalk9.17.09.04a.SPA.bin,1;",
            ],
            &[],
        ),
        (
            "show bootvar",
            &["SPA.bin,1;", "Standby BOOT variable = bootflash:asr900rsp3"],
            &[],
        ),
        (
            "show inventory",
            &[
                "NAME: \"module R1\"",
                "ASR 900 Route Switch Processor 3, 400G",
            ],
            &[],
        ),
        ("dir bootflash:", &[image], &[]),
        (
            "dir stby-bootflash:",
            &["Directory of stby-bootflash:/", image],
            &[],
        ),
        ("show install summary", &["% Invalid input"], &[]),
    ];
    shows(&fleet, "a", rows).await;
}

#[tokio::test]
async fn sub_packages_on_an_asr_900_are_booted_without_an_install_engine() {
    let mut router = device("a", "ASR-907");
    router.boot_mode = Some(BootModeSpec::Install);
    let fleet = fleet(vec![router]).await;
    let rows: &[Row<'_>] = &[
        (
            "show version",
            &["System image file is \"bootflash:packages.conf\""],
            &[],
        ),
        ("show install summary", &["% Invalid input"], &[]),
        (
            "dir bootflash:",
            &["asr900rsp3-rpios-universalk9.17.09.04a.SPA.pkg"],
            &[],
        ),
    ];
    shows(&fleet, "a", rows).await;
}

/// What a transfer to the active side leaves out: nobody copies it across but the operator.
#[tokio::test]
async fn a_bundle_is_copied_to_the_second_processor_by_hand_and_boots_on_both() {
    let fleet = fleet(one("ASR-903")).await;
    let dir = tempfile::tempdir().unwrap();
    let (file, bytes) = image("17.12.04", "asr900rsp3-universalk9", dir.path());
    let handle = fleet.login("a").await;
    super::client::scp(&handle, &format!("bootflash:{file}"), &bytes).await;
    let mut shell = fleet.shell("a").await;
    let there = shell.command("dir stby-bootflash:").await;
    assert!(!there.contains(&file), "{there}");
    shell
        .send(&format!("copy bootflash:{file} stby-bootflash:{file}\n"))
        .await;
    shell.until("]? ").await;
    let said = shell.command("").await;
    assert!(said.contains("bytes copied in"), "{said}");
    let size = bytes.len().to_string();
    let there = shell.command("dir stby-bootflash:").await;
    let line = there.lines().find(|l| l.ends_with(&file)).unwrap();
    assert!(line.contains(&size), "{line}");
    let mut sums = Vec::new();
    for fs in ["bootflash", "stby-bootflash"] {
        let said = shell.command(&format!("verify /md5 {fs}:{file}")).await;
        let sum = said.lines().find_map(|l| l.split_once(") = "));
        sums.push(sum.unwrap().1.trim().to_owned());
    }
    assert_eq!(sums[0].len(), 32, "{sums:?}");
    assert_eq!(sums[0], sums[1]);
}

#[tokio::test]
async fn an_asr_920_calls_its_supplies_by_two_names() {
    let fleet = fleet(one("ASR-920-12CZ-A")).await;
    let rows: &[Row<'_>] = &[
        (
            "show platform",
            &[
                " 0/0      12xGE-2x10GE-FIXED  ok",
                "R0        ASR-920-12CZ-A      ok, active",
                "F0                            ok, active",
                "P0        ASR920-PSU0         ok",
                "P2        ASR920-FAN          ok",
            ],
            &["ASR-920-PWR-A"],
        ),
        (
            "show inventory",
            &["PID: ASR-920-PWR-A", "NAME: \"Fan Tray\""],
            &["ASR920-PSU0"],
        ),
        (
            "show redundancy",
            &["Active Location = slot 6", "Hardware Mode = Simplex"],
            &[],
        ),
    ];
    shows(&fleet, "a", rows).await;
}

#[tokio::test]
async fn a_catalyst_3850_stack_names_its_image_with_and_without_the_ending() {
    let mut stack = DeviceSpec::new("a", "WS-C3850-24P", "16.12.05b");
    stack.members = 2;
    let fleet = fleet(vec![stack]).await;
    let rows: &[Row<'_>] = &[
        (
            "show version",
            &[
                "Catalyst L3 Switch Software (CAT3K_CAA-UNIVERSALK9-M), Version 16.12.5b",
                "BOOTLDR: CAT3K_CAA Boot Loader (CAT3K_CAA-HBOOT-M) Version 4.78",
                "cisco WS-C3850-24P (MIPS) processor",
                "WS-C3850-24P       16.12.05b         CAT3K_CAA-UNIVERSALK9 INSTALL",
                "System image file is \"flash:packages.conf\"",
                "Configuration register is 0x102",
            ],
            &[],
        ),
        ("show install summary", &["[ Switch 1 2 ] Installed"], &[]),
        ("dir flash-2:", &["cat3k_caa-rpbase.16.12.05b.SPA.pkg"], &[]),
        ("show inventory", &["NAME: \"c38xx Stack\""], &["C9300"]),
    ];
    shows(&fleet, "a", rows).await;
}

#[tokio::test]
async fn routers_with_one_processor_say_what_they_are() {
    let pids = [
        (
            "ASR1001-X",
            "cisco ASR1001-X (1NG) processor",
            "asr1001x-universalk9",
            "eUSB flash at bootflash:",
        ),
        (
            "C1121-8P",
            "cisco C1121-8P (1RU) processor",
            "c1100-universalk9",
            "flash memory at bootflash:",
        ),
        (
            "C8300-1N1S-6T",
            "cisco C8300-1N1S-6T (1RU) processor",
            "packages.conf",
            "flash memory at bootflash:",
        ),
        (
            "C8000V",
            "cisco C8000V (VXE) processor (revision VXE)",
            "packages.conf",
            "virtual hard disk at bootflash:",
        ),
        (
            "CSR1000V",
            "cisco CSR1000V (VXE) processor (revision VXE)",
            "packages.conf",
            "virtual hard disk at bootflash:",
        ),
        (
            "ASR-902",
            "cisco ASR-902 (RSP2) processor (revision RSP2)",
            "asr900rsp2-universalk9",
            "SD flash at bootflash:",
        ),
        (
            "ASR-920-12CZ-A",
            "cisco ASR-920-12CZ-A (Freescale P2020) processor",
            "asr920-universalk9_npe",
            "eMMC flash at bootflash:",
        ),
        (
            "NCS520-4G4Z-A",
            "cisco NCS520-4G4Z-A (Freescale P2020) processor",
            "ncs520-universalk9_npe",
            "eMMC flash at bootflash:",
        ),
        (
            "NCS4202-SA",
            "cisco NCS4202-SA (Freescale P2020) processor",
            "ncs4200-universalk9",
            "SD flash at bootflash:",
        ),
    ];
    let fleet = fleet(pids.iter().map(|(pid, ..)| device(pid, pid)).collect()).await;
    for (pid, processor, image, storage) in pids {
        let chassis = format!("Chassis type: {pid}");
        let rows: &[Row<'_>] = &[
            (
                "show version",
                &[
                    processor,
                    image,
                    storage,
                    "Configuration register is 0x2102",
                ],
                &[],
            ),
            (
                "show platform",
                &[chassis.as_str(), "ok, active"],
                &["standby"],
            ),
            ("show bootvar", &["Standby not ready to show bootvar"], &[]),
            ("show redundancy states", &["Mode = Simplex"], &[]),
            ("show inventory", &["NAME: \"Chassis\""], &[]),
        ];
        shows(&fleet, pid, rows).await;
    }
    let images = fleet.dir.path().join("images");
    assert!(
        images
            .join("c8000be-universalk9.17.12.04.SPA.bin")
            .is_file()
    );
    assert!(
        images
            .join("ncs4200-universalk9.17.12.04.SPA.bin")
            .is_file()
    );
}

#[tokio::test]
async fn an_image_of_another_family_is_refused_by_name_of_the_platform() {
    let fleet = fleet(one("C8000V")).await;
    let dir = tempfile::tempdir().unwrap();
    let (file, bytes) = image("17.12.04", "c8000be-universalk9", dir.path());
    let handle = fleet.login("a").await;
    super::client::scp(&handle, &format!("bootflash:{file}"), &bytes).await;
    let mut shell = fleet.shell("a").await;
    let said = shell
        .command(&format!("install add file bootflash:{file}"))
        .await;
    assert!(said.contains("is not compatible with platform"), "{said}");
    assert!(said.contains("FAILED: install_add"), "{said}");
}

#[tokio::test]
async fn neighbours_of_the_topology_are_heard_on_both_sides() {
    let fleet = fleet(sample().device).await;
    let rows: &[Row<'_>] = &[
        (
            "show cdp neighbors",
            &["stack-01.lab.example", "Total cdp entries displayed : 4"],
            &[],
        ),
        (
            "show lldp neighbors detail",
            &[
                "Local Intf: Twe2/0/1",
                "System Name: stack-01.lab.example",
                "Port id: Te2/1/1",
            ],
            &[],
        ),
    ];
    shows(&fleet, "svl-01", rows).await;
    let rows: &[Row<'_>] = &[(
        "show cdp neighbors detail",
        &["Device ID: svl-01.lab.example"],
        &[],
    )];
    shows(&fleet, "stack-01", rows).await;
}
