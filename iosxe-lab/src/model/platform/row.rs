//! The lab's table as others may read it: what devices of a PID are like from outside.

use super::{Members, Platform};
use crate::model::device::BootMode;
use crate::topology::BootModeSpec;

/// What a simulated device of one PID is like. The table is the lab's own: it shares nothing with the
/// program that is tested against it, so that the two can be held against each other.
#[derive(Debug, Clone, PartialEq)]
pub struct PlatformRow {
    /// Product id.
    pub pid: &'static str,
    /// What the names of its images begin with, up to the release.
    pub image_prefix: &'static str,
    /// The file system that it boots from, `bootflash:`.
    pub file_system: String,
    /// The same of a second member, where there may be one.
    pub second_file_system: Option<String>,
    /// How many switches, supervisors or route processors it may have.
    pub most_members: u8,
    /// How it boots when a topology does not say.
    pub boot_mode: BootModeSpec,
    /// It has `install` and `show install`.
    pub install_engine: bool,
    /// It has `show bootvar` beside `show boot`.
    pub bootvar: bool,
    /// The configuration register of a healthy device.
    pub config_register: u16,
    /// Simulated seconds of `install add` with every member that it may have.
    pub add_s: f64,
    /// Simulated seconds from `install activate` to the loss of the session, likewise.
    pub activate_s: f64,
    /// Simulated seconds from the loss of the session until every member is ready and the standby
    /// could take over, at the first boot of another train.
    pub reload_s: f64,
}

/// Every PID that the lab can be, in the order of its table.
#[must_use]
pub fn platforms() -> Vec<PlatformRow> {
    super::all().map(row).collect()
}

fn row(p: &Platform) -> PlatformRow {
    let most = p.most_members();
    let times = p.durations(usize::from(most));
    PlatformRow {
        pid: p.pid,
        image_prefix: p.prefix,
        file_system: format!("{}:", p.fs()),
        second_file_system: match p.members {
            Members::Single => None,
            Members::Stack => Some(format!("{}-2:", p.fs())),
            Members::Virtual | Members::Engines(_) => Some(format!("stby-{}:", p.fs())),
        },
        most_members: most,
        boot_mode: match p.born {
            BootMode::Install => BootModeSpec::Install,
            BootMode::Bundle => BootModeSpec::Bundle,
        },
        install_engine: p.has_install(),
        bootvar: !p.stackable(),
        config_register: p.normal_confreg(),
        add_s: times.add_s,
        activate_s: times.activate_s,
        reload_s: times.boot_s
            + p.first_boot_s()
            + times.settle_s
            + if most > 1 { times.standby_s } else { 0.0 },
    }
}
