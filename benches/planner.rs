//! How long does a fleet's plan take? Five thousand devices of every family that the table plans, each
//! distinct, from facts that were saved as JSON lines: read, planned, refused where they must be.
//!
//! ```text
//! cargo bench -p iosxe-benches --bench planner
//! ```
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a program for people that fails by panicking"
)]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::time::{Duration, Instant};

use iosxe_core::boot::{BootMode, BootSettings, InstallState, Package, PackageKind, PackageState};
use iosxe_core::device::{
    FactKind, Facts, FileSystem, FlashFile, Member, Record, RedundancyState, Release, Role, Trace,
};
use iosxe_core::image::Image;
use iosxe_core::plan::{PlanRequest, Policy};
use iosxe_core::platform::{Family, Kind, PlatformTable, Redundancy};
use iosxe_core::surroundings::{Adjacent, Surroundings};
use iosxe_core::version::Version;
use iosxe_core::why::Evidence;

const RELEASES: [&str; 5] = [
    "17.06.05",
    "17.09.04a",
    "17.09.05a",
    "17.12.02",
    "17.03.08a",
];

/// One saved device: what the row says and what it said.
#[derive(serde::Serialize, serde::Deserialize)]
struct Saved {
    record: Record,
    facts: Facts,
}

fn record(n: usize) -> Record {
    let address = format!("10.{}.{}.{}:22", n / 65_536, n / 256 % 256, n % 256);
    Record {
        site: Some(format!("site-{}", n % 40)),
        save_config: n.is_multiple_of(3),
        ..Record::new(
            format!("device-{n:04}").as_str().into(),
            address.parse().unwrap(),
            format!("fleet.xlsx, row {}", n + 2),
        )
    }
}

fn trace(kind: FactKind, member: Option<u32>, source: &str, line: String) -> Trace {
    Trace {
        kind,
        member,
        evidence: Evidence::new(source, line),
    }
}

/// A device of a family; every number makes another one.
fn facts(n: usize, family: &Family) -> Facts {
    let release: Version = if family.name == "catalyst-3850" {
        "16.09.08".parse().unwrap()
    } else {
        RELEASES[n % RELEASES.len()].parse().unwrap()
    };
    let pids = &family.pids;
    let pid = format!("{}{}", pids[n % pids.len()], ["24P", "48U", "12X"][n % 3]);
    let count = match family.redundancy {
        Redundancy::None => 1,
        Redundancy::Stack => n % 8 + 1,
        Redundancy::StackwiseVirtual
        | Redundancy::DualSupervisor
        | Redundancy::DualRouteProcessor => n % 2 + 1,
    };
    let mode = if family.install {
        BootMode::Install
    } else {
        BootMode::Bundle
    };
    let old = format!("{}.{release}.SPA.bin", family.images[0]);
    let booted = match mode {
        BootMode::Install => format!("{}packages.conf", family.primary),
        BootMode::Bundle => format!("{}{old}", family.primary),
    };
    let mut traces = vec![
        trace(
            FactKind::Model,
            None,
            "show version",
            format!("cisco {pid} processor with {n}K bytes of memory."),
        ),
        trace(
            FactKind::Release,
            None,
            "show version",
            format!("Cisco IOS XE Software, Version {release}"),
        ),
        trace(
            FactKind::BootMode,
            None,
            "show version",
            format!("System image file is \"{booted}\""),
        ),
        trace(
            FactKind::SystemImage,
            None,
            "show version",
            format!("System image file is \"{booted}\""),
        ),
        trace(
            FactKind::NextBoot,
            None,
            "show bootvar",
            format!("BOOT variable = {booted};"),
        ),
    ];
    let mut members = Vec::new();
    let mut file_systems = Vec::new();
    for id in 1..=u32::try_from(count).unwrap() {
        let role = match id {
            1 => Role::Active,
            2 => Role::Standby,
            _ => Role::Member,
        };
        members.push(Member {
            id,
            role,
            ready: true,
            state: "Ready".into(),
            pid: Some(pid.clone()),
            serial: Some(format!("FOC{n:06}{id}")),
            release: Some(Release::Number(release.clone())),
            boot_mode: Some(mode),
            ring: (count > 1).then_some(true),
        });
        let name = family.file_system(id, role == Role::Active);
        // One in fifty has no room on its last member.
        let free = if n.is_multiple_of(50) && usize::try_from(id).unwrap() == count {
            900_000_000
        } else {
            4_000_000_000 + n as u64
        };
        traces.push(trace(
            FactKind::Member,
            Some(id),
            "show switch detail",
            format!("{id} Ready"),
        ));
        traces.push(trace(
            FactKind::Space,
            Some(id),
            &format!("dir {name}"),
            format!("11353194496 bytes total ({free} bytes free)"),
        ));
        file_systems.push(FileSystem {
            name,
            member: id,
            total_bytes: 11_353_194_496,
            free_bytes: free,
            files: (0..20)
                .map(|f| FlashFile {
                    name: format!("file-{f:02}.pkg"),
                    size_bytes: 10_000_000 + f,
                })
                .chain([FlashFile {
                    name: old.clone(),
                    size_bytes: 700_000_000,
                }])
                .collect(),
        });
    }
    Facts {
        hostname: format!("device-{n:04}"),
        pid,
        serials: members.iter().filter_map(|m| m.serial.clone()).collect(),
        running: Release::Number(release.clone()),
        boot_mode: mode,
        system_image: Some(booted.clone()),
        boot: BootSettings {
            next: Some(vec![booted]),
            manual: Some(false),
            config_register_next: Some(0x2102),
            ignore_startup: Some(false),
            ..BootSettings::default()
        },
        uptime: Duration::from_secs(86_400 + n as u64),
        reload_reason: Some("Reload Command".into()),
        members,
        file_systems,
        install: Some(InstallState {
            packages: vec![Package {
                kind: PackageKind::Image,
                state: PackageState::Committed,
                label: release.full(),
                version: Some(release),
                members: "R0".into(),
            }],
            members_differ: false,
            auto_abort: None,
        }),
        install_busy: None,
        history: Vec::new(),
        issu: None,
        rollback_point: None,
        xfsu: None,
        redundancy: (count > 1 && family.redundancy != Redundancy::Stack).then(|| {
            RedundancyState {
                sso: true,
                peer: "STANDBY HOT".into(),
                switchover_enabled: Some(true),
                communications: true,
                peer_since: None,
            }
        }),
        feature_set: None,
        memory_bytes: Some(8 << 30),
        rommon: Some("17.9.1r".into()),
        provisioned: Vec::new(),
        auto_upgrade: None,
        firmware: None,
        controller_managed: false,
        surroundings: Some(Surroundings {
            ports_up: n % 48,
            ports_powered: n % 13,
            neighbours: vec![Adjacent {
                name: format!("device-{:04}", n / 10),
                port: "Te1/1/1".into(),
                address: None,
                platform: None,
            }],
            ..Surroundings::default()
        }),
        privilege: 15,
        unknown_lines: Vec::new(),
        traces,
    }
}

fn image(family: &Family, kind: Kind) -> Image {
    let release = match (family.name.as_str(), kind) {
        ("catalyst-3850", _) => "16.12.11",
        _ => "17.12.04",
    };
    let file = format!("{}.{release}.SPA.bin", family.images[0]);
    Image {
        version: release.parse().unwrap(),
        platforms: family.pids.clone(),
        size_bytes: 900_000_000,
        sha512: Some("5e".repeat(64)),
        md5: None,
        provenance: iosxe_core::image::Provenance {
            verified: true,
            ..Default::default()
        },
        path: file.clone().into(),
        file,
    }
}

/// A line of `/proc/self/status` in KiB; 0 where there is no such file.
fn status_kib(name: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find(|l| l.starts_with(name));
    line.and_then(|l| l.split_whitespace().nth(1)?.parse().ok())
        .unwrap_or(0)
}

fn main() {
    let bench = std::env::args().any(|a| a == "--bench");
    let count = if bench { 5_000 } else { 100 };
    let table = PlatformTable::built_in().unwrap();
    let drivers = iosxe_drivers::all(table.clone()).unwrap();
    let families: Vec<&Family> = table
        .families()
        .iter()
        .filter(|f| !f.primary.is_empty())
        .collect();

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("facts.jsonl");
    let mut file = BufWriter::new(std::fs::File::create(&path).unwrap());
    for n in 0..count {
        let saved = Saved {
            record: record(n),
            facts: facts(n, families[n % families.len()]),
        };
        serde_json::to_writer(&mut file, &saved).unwrap();
        file.write_all(b"\n").unwrap();
    }
    file.flush().unwrap();
    drop(file);
    let bytes = std::fs::metadata(&path).unwrap().len();

    let policy = Policy::default();
    let before = status_kib("VmRSS");
    let begun = Instant::now();
    let lines = BufReader::new(std::fs::File::open(&path).unwrap()).lines();
    let fleet: Vec<Saved> = lines
        .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
        .collect();
    let read = begun.elapsed();
    let begun = Instant::now();
    let mut plans = Vec::new();
    let mut refused: BTreeMap<String, usize> = BTreeMap::new();
    for saved in &fleet {
        let family = table.family(&saved.facts.pid).unwrap();
        let image = image(family, family.kind);
        let answer = drivers.of(&saved.facts).and_then(|driver| {
            driver.plan(&PlanRequest {
                record: &saved.record,
                facts: &saved.facts,
                image: &image,
                then: &[],
                policy: &policy,
            })
        });
        match answer {
            Ok(plan) => plans.push(plan),
            Err(refusal) => *refused.entry(refusal.code).or_default() += 1,
        }
    }
    let planned = begun.elapsed();
    let hashes: std::collections::BTreeSet<&str> = plans.iter().map(|p| p.hash.as_str()).collect();
    assert_eq!(hashes.len(), plans.len(), "every plan is another device's");
    println!(
        "{count} devices of {} families, {:.1} MB of saved facts: read in {:.3} s, planned in {:.3} s",
        families.len(),
        bytes as f64 / 1e6,
        read.as_secs_f64(),
        planned.as_secs_f64(),
    );
    println!("{} plans; refused: {refused:?}", plans.len());
    println!(
        "memory: {:.0} MB before, {:.0} MB at most",
        before as f64 / 1024.0,
        status_kib("VmHWM") as f64 / 1024.0
    );
}
