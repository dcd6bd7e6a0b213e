//! The lab's own table of platforms: what a device of that PID looks like from its CLI.
//!
//! Sizes, file systems and output shapes follow public captures of these families; the rows are
//! written for the simulator and shared with no other crate. Rows stand in [`switches`],
//! [`chassis`] and [`routers`]; what the rows have in common stands here.

mod chassis;
mod ports;
mod routers;
pub(crate) mod row;
mod switches;

use super::device::BootMode;

pub(crate) use ports::Ports;

/// Which family's conventions a device follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    /// Catalyst 3850, 9200 and 9300: stackable, `flash:`, `show boot` in two blocks.
    Stackable,
    /// Catalyst 9500: `bootflash:`, one-line boot variables, `show module`; two of them may be one
    /// StackWise Virtual system.
    Core,
    /// Catalyst 9400 and 9600: a chassis with one or two supervisors, no configuration register.
    Modular,
    /// ISR 1000, ISR 4000, Catalyst 8300 and 8000V: one route processor, register 0x2102.
    Router,
    /// ASR 1000: register 0x2102, `harddisk:`, programmable parts, one or two route processors.
    Asr,
    /// ASR 900 and 920, NCS 520 and 4200: no install engine, one or two route and switch processors.
    Ncs,
}

/// What the members of a device are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Members {
    /// One box that cannot be doubled.
    Single,
    /// Up to eight switches of a stack.
    Stack,
    /// One switch, or two that are one by StackWise Virtual.
    Virtual,
    /// One or two supervisors or route processors of one chassis, with the slot numbers that
    /// `show redundancy` gives them.
    Engines([u8; 2]),
}

/// A part of a device, as `show platform` and `show inventory` list it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    /// Slot of `show platform`; empty where it is not listed there.
    pub(crate) slot: &'static str,
    /// Name in `show inventory`; empty where it is not listed there.
    pub(crate) name: &'static str,
    /// Product id.
    pub(crate) pid: &'static str,
    /// Description in `show inventory`.
    pub(crate) described: &'static str,
}

/// A file system beside the main one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Disk {
    /// Name without the colon.
    pub(crate) name: &'static str,
    /// Size in bytes.
    pub(crate) bytes: u64,
    /// What `show version` calls it, up to ` at name:`.
    pub(crate) words: &'static str,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Platform {
    /// Product id.
    pub(crate) pid: &'static str,
    /// Conventions.
    pub(crate) family: Family,
    /// What there may be more than one of.
    pub(crate) members: Members,
    /// Image file prefix.
    pub(crate) prefix: &'static str,
    /// Image name in member tables and the IOS line.
    pub(crate) software: &'static str,
    /// Product words of the IOS line.
    pub(crate) ios: &'static str,
    /// Description in `show inventory`.
    pub(crate) described: &'static str,
    /// What follows the PID in the processor line of `show version`.
    pub(crate) processor: &'static str,
    /// First letters of serial numbers.
    pub(crate) serial: &'static str,
    /// Flash size in bytes.
    pub(crate) flash: u64,
    /// What `show version` calls the main file system.
    pub(crate) storage: &'static str,
    /// Other file systems with files, per member.
    pub(crate) disks: &'static [Disk],
    /// Memory in kilobytes.
    pub(crate) dram_k: u64,
    /// Ports, in the order of listings.
    pub(crate) ports: &'static [Ports],
    /// Line cards, carriers and built-in ports.
    pub(crate) cards: &'static [Part],
    /// The supervisor or route processor; its slot and name are those of the first one.
    pub(crate) engine: Part,
    /// The forwarding processor beside each route processor, where it is listed.
    pub(crate) forwarding: Option<Part>,
    /// Power supplies and fans.
    pub(crate) supplies: &'static [Part],
    /// Power supply PID.
    pub(crate) power: &'static str,
    /// Boot loader or ROMMON version.
    pub(crate) rommon: &'static str,
    /// How it boots when the topology does not say.
    pub(crate) born: BootMode,
}

impl Platform {
    /// The file system's main name, without the colon.
    pub(crate) fn fs(&self) -> &'static str {
        match self.family {
            Family::Stackable => "flash",
            Family::Core | Family::Modular | Family::Router | Family::Asr | Family::Ncs => {
                "bootflash"
            }
        }
    }

    /// True for members of the StackWise families.
    pub(crate) fn stackable(&self) -> bool {
        self.members == Members::Stack
    }

    /// True for supervisors and route processors that share a chassis.
    pub(crate) fn engines(&self) -> bool {
        matches!(self.members, Members::Engines(_))
    }

    /// How many members a device has when the topology does not say.
    pub(crate) fn usual_members(&self) -> u8 {
        if self.engines() { 2 } else { 1 }
    }

    /// How many members a device may have.
    pub(crate) fn most_members(&self) -> u8 {
        match self.members {
            Members::Single => 1,
            Members::Stack => 8,
            Members::Virtual | Members::Engines(_) => 2,
        }
    }

    /// True for the Catalyst switches.
    pub(crate) fn is_switch(&self) -> bool {
        matches!(
            self.family,
            Family::Stackable | Family::Core | Family::Modular
        )
    }

    /// True where `install` and `show install` exist.
    pub(crate) fn has_install(&self) -> bool {
        self.family != Family::Ncs
    }

    /// The configuration register a healthy device has.
    pub(crate) fn normal_confreg(&self) -> u16 {
        if self.is_switch() { 0x102 } else { 0x2102 }
    }

    /// Short name of the port that is for management only; C1121 and C8000V have none.
    pub(crate) fn management(&self) -> Option<&'static str> {
        match self.family {
            Family::Stackable | Family::Core | Family::Modular => Some("0/0"),
            Family::Router if self.prefix == "c1100-universalk9" || self.is_virtual() => None,
            Family::Router | Family::Asr | Family::Ncs => Some("0"),
        }
    }

    /// Sub-package names of an image, without release and ending.
    pub(crate) fn packages(&self) -> &'static [&'static str] {
        match self.family {
            Family::Stackable | Family::Core | Family::Modular => &[
                "cc_srdriver",
                "espbase",
                "guestshell",
                "rpbase",
                "sipbase",
                "sipspa",
                "srdriver",
                "webui",
                "wlc",
                "rpboot",
            ],
            Family::Router => &[
                "espbase",
                "firmware_nim_ge",
                "guestshell",
                "mono-universalk9",
                "rpboot",
            ],
            Family::Asr | Family::Ncs => &[
                "espbase",
                "rpaccess",
                "rpbase",
                "rpcontrol",
                "rpios-universalk9",
                "sipbase",
                "sipspa",
                "rpboot",
            ],
        }
    }

    /// True for routers that are virtual machines.
    pub(crate) fn is_virtual(&self) -> bool {
        matches!(self.prefix, "c8000v-universalk9" | "csr1000v-universalk9")
    }

    /// The stem of sub-package names.
    pub(crate) fn package_stem(&self) -> &'static str {
        match self.prefix {
            "cat9k_iosxe" => "cat9k",
            "cat9k_lite_iosxe" => "cat9k_lite",
            other => other.split('-').next().unwrap_or(other),
        }
    }

    /// True where what upgrades itself at the first boot of another train takes a reload of its own.
    pub(crate) fn reloads_at_first_boot(&self) -> bool {
        self.family == Family::Ncs
    }

    /// What the first boot of another train takes longer, in simulated seconds: the microcode of the
    /// ports of a Catalyst 3850 (field notes 5.6 have 374 s measured on a Catalyst), the FPGA of ASR
    /// 900 and its kin (no figure is published).
    pub(crate) fn first_boot_s(&self) -> f64 {
        match self.family {
            Family::Ncs => 240.0,
            Family::Stackable if self.prefix == "cat3k_caa-universalk9" => 374.0,
            Family::Stackable | Family::Core | Family::Modular | Family::Router | Family::Asr => {
                0.0
            }
        }
    }

    /// Simulated seconds of the phases of an upgrade (field notes 5.6 and 10, typical values).
    pub(crate) fn durations(&self, members: usize) -> Durations {
        let more = if members > 1 { 1.0 } else { 0.0 };
        match self.family {
            Family::Stackable => Durations {
                add_s: 150.0 + 60.0 * more,
                activate_s: 90.0 + 30.0 * more,
                boot_s: 360.0 + 120.0 * more,
                settle_s: 60.0 + 60.0 * more,
                standby_s: 150.0,
            },
            Family::Core => Durations {
                add_s: 120.0 + 60.0 * more,
                activate_s: 80.0 + 40.0 * more,
                boot_s: 330.0 + 60.0 * more,
                settle_s: 60.0 + 60.0 * more,
                standby_s: 150.0,
            },
            Family::Modular => Durations {
                add_s: 140.0 + 80.0 * more,
                activate_s: 90.0 + 30.0 * more,
                boot_s: 420.0,
                settle_s: 120.0,
                standby_s: 210.0,
            },
            Family::Router if self.is_virtual() => Durations {
                add_s: 60.0,
                activate_s: 45.0,
                boot_s: 120.0,
                settle_s: 20.0,
                standby_s: 150.0,
            },
            Family::Router => Durations {
                add_s: 100.0,
                activate_s: 60.0,
                boot_s: 240.0,
                settle_s: 40.0,
                standby_s: 150.0,
            },
            Family::Asr => Durations {
                add_s: 160.0 + 80.0 * more,
                activate_s: 80.0 + 30.0 * more,
                boot_s: 300.0,
                settle_s: 90.0,
                standby_s: 180.0,
            },
            Family::Ncs => Durations {
                add_s: 160.0 + 80.0 * more,
                activate_s: 80.0 + 30.0 * more,
                boot_s: 360.0,
                settle_s: 90.0,
                standby_s: 180.0,
            },
        }
    }
}

/// Simulated seconds of the phases of an upgrade.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Durations {
    /// `install add`.
    pub(crate) add_s: f64,
    /// Activate until the session is lost.
    pub(crate) activate_s: f64,
    /// Session lost until SSH answers.
    pub(crate) boot_s: f64,
    /// SSH answering until every member is Ready and neighbours are seen.
    pub(crate) settle_s: f64,
    /// Member Ready until the standby is hot.
    pub(crate) standby_s: f64,
}

/// All platforms the lab can be.
pub(crate) fn all() -> impl Iterator<Item = &'static Platform> {
    switches::ROWS
        .iter()
        .chain(chassis::ROWS)
        .chain(routers::ROWS)
}

/// The row of a PID.
pub(crate) fn find(pid: &str) -> Option<&'static Platform> {
    all().find(|p| p.pid.eq_ignore_ascii_case(pid))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pid_is_once_in_the_table() {
        for p in all() {
            assert_eq!(all().filter(|q| q.pid == p.pid).count(), 1, "{}", p.pid);
            assert!(!p.ports.is_empty() && p.flash > 1 << 30, "{}", p.pid);
            assert!(!p.prefix.is_empty() && p.processor.contains("bytes of memory"));
        }
        assert_eq!(find("c9300-48p").unwrap().fs(), "flash");
    }

    #[test]
    fn image_names_are_those_of_the_families() {
        let names = [
            ("C9407R", "cat9k_iosxe"),
            ("C9606R", "cat9k_iosxe"),
            ("ASR1006", "asr1000rpx86-universalk9"),
            ("ASR1001-X", "asr1001x-universalk9"),
            ("C8300-1N1S-6T", "c8000be-universalk9"),
            ("C1121-8P", "c1100-universalk9"),
            ("C8000V", "c8000v-universalk9"),
            ("NCS4206-SA", "ncs4200rsp3-universalk9"),
            ("NCS4202-SA", "ncs4200-universalk9"),
            ("ASR-902", "asr900rsp2-universalk9"),
            ("ASR-903", "asr900rsp3-universalk9"),
            ("ASR-907", "asr900rsp3-universalk9"),
            ("ASR-920-12CZ-A", "asr920-universalk9_npe"),
            ("NCS520-4G4Z-A", "ncs520-universalk9_npe"),
            ("WS-C3850-24P", "cat3k_caa-universalk9"),
            ("CSR1000V", "csr1000v-universalk9"),
        ];
        for (pid, prefix) in names {
            assert_eq!(find(pid).unwrap().prefix, prefix);
        }
    }
}
