//! Values for tests of this crate.

use std::time::Duration;

use iosxe_core::boot::{BootMode, BootSettings, InstallState, Package, PackageKind, PackageState};
use iosxe_core::device::{Facts, FileSystem, Member, Record, Release, Role};

/// A healthy standalone Catalyst in install mode.
pub(crate) fn facts(version: &str) -> Facts {
    let version: iosxe_core::version::Version = version.parse().unwrap();
    Facts {
        hostname: "sw1".into(),
        pid: "C9300-48P".into(),
        serials: vec!["FOC1".into()],
        running: Release::Number(version.clone()),
        boot_mode: BootMode::Install,
        system_image: Some("flash:packages.conf".into()),
        boot: BootSettings {
            next: Some(vec!["flash:packages.conf".into()]),
            manual: Some(false),
            config_register_next: Some(0x102),
            ignore_startup: Some(false),
            ..BootSettings::default()
        },
        uptime: Duration::from_secs(3600 * 24 * 30),
        reload_reason: Some("Reload Command".into()),
        members: vec![Member {
            id: 1,
            role: Role::Active,
            ready: true,
            state: "Ready".into(),
            pid: Some("C9300-48P".into()),
            serial: Some("FOC1".into()),
            release: Some(Release::Number(version.clone())),
            boot_mode: Some(BootMode::Install),
            ring: None,
        }],
        file_systems: vec![FileSystem {
            name: "flash:".into(),
            member: 1,
            total_bytes: 11_000_000_000,
            free_bytes: 6_000_000_000,
            files: Vec::new(),
        }],
        install: Some(InstallState {
            packages: vec![Package {
                kind: PackageKind::Image,
                state: PackageState::Committed,
                label: version.full(),
                version: Some(version),
                members: "Switch 1".into(),
            }],
            members_differ: false,
            auto_abort: None,
        }),
        install_busy: None,
        history: Vec::new(),
        issu: None,
        rollback_point: None,
        xfsu: None,
        redundancy: None,
        feature_set: None,
        memory_bytes: None,
        rommon: None,
        provisioned: Vec::new(),
        auto_upgrade: None,
        firmware: None,
        controller_managed: false,
        surroundings: None,
        privilege: 15,
        unknown_lines: Vec::new(),
        traces: Vec::new(),
    }
}

/// A row that asks for a release.
pub(crate) fn record(name: &str) -> Record {
    Record {
        target: Some("17.09.04a".parse().unwrap()),
        ..Record::new(name.into(), "192.0.2.1:22".parse().unwrap(), "row 2")
    }
}
