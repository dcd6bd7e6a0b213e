//! The lab's own table of platforms: what a device of that PID looks like from its CLI.
//!
//! Sizes, file systems and output shapes follow public captures of these families; the rows are
//! written for the simulator and shared with no other crate.

/// Which family's conventions a device follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    /// Catalyst 9200 and 9300: stackable, `flash:`, `show boot` in two blocks.
    Stackable,
    /// Catalyst 9500: `bootflash:`, one-line boot variables, `show module`.
    Core,
    /// ISR 4000 and C8000: router, `bootflash:`, configuration register 0x2102.
    Router,
}

/// A run of like ports.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ports {
    /// Long name up to the slot, such as `GigabitEthernet`.
    pub(crate) long: &'static str,
    /// Short name, such as `Gi`.
    pub(crate) short: &'static str,
    /// `1/0/` with the member's number in place of `{}`; `0/0/` on routers.
    pub(crate) slot: &'static str,
    /// Number of the first port.
    pub(crate) first: u32,
    /// How many.
    pub(crate) count: u32,
    /// Media column of `show interfaces status`.
    pub(crate) media: &'static str,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Platform {
    /// Product id.
    pub(crate) pid: &'static str,
    /// Conventions.
    pub(crate) family: Family,
    /// Image file prefix.
    pub(crate) prefix: &'static str,
    /// Image name in member tables and the IOS line.
    pub(crate) software: &'static str,
    /// Product words of the IOS line.
    pub(crate) ios: &'static str,
    /// Description in `show inventory`.
    pub(crate) described: &'static str,
    /// First letters of serial numbers.
    pub(crate) serial: &'static str,
    /// Flash size in bytes.
    pub(crate) flash: u64,
    /// Ports, in the order of listings.
    pub(crate) ports: &'static [Ports],
    /// Power supply PID.
    pub(crate) power: &'static str,
    /// Boot loader or ROMMON version.
    pub(crate) rommon: &'static str,
}

impl Platform {
    /// The file system's main name, without the colon.
    pub(crate) fn fs(&self) -> &'static str {
        match self.family {
            Family::Stackable => "flash",
            Family::Core | Family::Router => "bootflash",
        }
    }

    /// True for members of the StackWise families.
    pub(crate) fn stackable(&self) -> bool {
        self.family == Family::Stackable
    }

    /// True where the install engine exists beside bundle mode.
    pub(crate) fn is_switch(&self) -> bool {
        self.family != Family::Router
    }

    /// The configuration register a healthy device has.
    pub(crate) fn normal_confreg(&self) -> u16 {
        if self.is_switch() { 0x102 } else { 0x2102 }
    }

    /// Sub-package names of an image, without release and ending.
    pub(crate) fn packages(&self) -> &'static [&'static str] {
        match self.family {
            Family::Stackable | Family::Core => &[
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
        }
    }

    /// The stem of sub-package names.
    pub(crate) fn package_stem(&self) -> &'static str {
        match self.prefix {
            "cat9k_iosxe" => "cat9k",
            "cat9k_lite_iosxe" => "cat9k_lite",
            other => other.split('-').next().unwrap_or(other),
        }
    }

    /// Simulated seconds of the phases of an upgrade (field notes 5.6, typical values).
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
                add_s: 120.0,
                activate_s: 80.0,
                boot_s: 330.0,
                settle_s: 60.0,
                standby_s: 150.0,
            },
            Family::Router => Durations {
                add_s: 100.0,
                activate_s: 60.0,
                boot_s: 240.0,
                settle_s: 40.0,
                standby_s: 150.0,
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

const GI: &str = "10/100/1000BaseTX";
const UP10: Ports = Ports {
    long: "TenGigabitEthernet",
    short: "Te",
    slot: "{}/1/",
    first: 1,
    count: 8,
    media: "SFP-10GBase-SR",
};
const GI24: Ports = Ports {
    long: "GigabitEthernet",
    short: "Gi",
    slot: "{}/0/",
    first: 1,
    count: 24,
    media: GI,
};
const GI48: Ports = Ports { count: 48, ..GI24 };
const UP4: Ports = Ports { count: 4, ..UP10 };
const TE40: Ports = Ports {
    slot: "{}/0/",
    count: 40,
    ..UP10
};
const TWE24: Ports = Ports {
    long: "TwentyFiveGigE",
    short: "Twe",
    slot: "{}/0/",
    first: 1,
    count: 24,
    media: "SFP-10/25GBase-CSR",
};
const HU4: Ports = Ports {
    long: "HundredGigE",
    short: "Hu",
    slot: "{}/0/",
    first: 25,
    count: 4,
    media: "QSFP 100G SR4",
};
const HU32: Ports = Ports {
    first: 1,
    count: 32,
    ..HU4
};
const ISR4: Ports = Ports {
    long: "GigabitEthernet",
    short: "Gi",
    slot: "0/0/",
    first: 0,
    count: 4,
    media: "RJ45",
};
const ISR3: Ports = Ports { count: 3, ..ISR4 };
const ISR6: Ports = Ports { count: 6, ..ISR4 };

const C9300: Platform = Platform {
    pid: "C9300-48P",
    family: Family::Stackable,
    prefix: "cat9k_iosxe",
    software: "CAT9K_IOSXE",
    ios: "Catalyst L3 Switch Software",
    described: "C9300-48P",
    serial: "FCW",
    flash: 11_353_194_496,
    ports: &[GI48, UP10],
    power: "PWR-C1-1100WAC",
    rommon: "17.8.1r",
};
const C9200: Platform = Platform {
    pid: "C9200-24P",
    prefix: "cat9k_lite_iosxe",
    software: "CAT9K_LITE_IOSXE",
    described: "C9200-24P",
    serial: "JAD",
    flash: 1_957_167_104,
    ports: &[GI24, UP4],
    power: "PWR-C5-600WAC",
    ..C9300
};
const C9500: Platform = Platform {
    pid: "C9500-24Y4C",
    family: Family::Core,
    described: "Cisco Catalyst 9500 Series Switch",
    serial: "FDO",
    flash: 11_250_098_176,
    ports: &[TWE24, HU4],
    power: "C9K-PWR-650WAC-R",
    rommon: "17.10.1r",
    ..C9300
};
const ISR4451: Platform = Platform {
    pid: "ISR4451-X/K9",
    family: Family::Router,
    prefix: "isr4400-universalk9",
    software: "X86_64_LINUX_IOSD-UNIVERSALK9-M",
    ios: "ISR Software",
    described: "Cisco ISR4451 Chassis",
    serial: "FOC",
    flash: 7_451_738_112,
    ports: &[ISR4],
    power: "PWR-4450-AC",
    rommon: "16.12(2r)",
};

/// All platforms the lab can be.
pub(crate) const PLATFORMS: &[Platform] = &[
    C9300,
    Platform {
        pid: "C9300-24P",
        described: "C9300-24P",
        ports: &[GI24, UP10],
        ..C9300
    },
    Platform {
        pid: "C9300-48UXM",
        described: "C9300-48UXM",
        ..C9300
    },
    Platform {
        pid: "C9300L-24P-4X",
        described: "C9300L-24P-4X",
        ports: &[GI24, UP4],
        ..C9300
    },
    C9200,
    Platform {
        pid: "C9200L-48P-4X",
        described: "C9200L-48P-4X",
        ports: &[GI48, UP4],
        ..C9200
    },
    C9500,
    Platform {
        pid: "C9500-32C",
        ports: &[HU32],
        ..C9500
    },
    Platform {
        pid: "C9500-40X",
        ports: &[TE40, UP10],
        ..C9500
    },
    ISR4451,
    Platform {
        pid: "ISR4331/K9",
        prefix: "isr4300-universalk9",
        described: "Cisco ISR4331 Chassis",
        serial: "FDO",
        flash: 3_249_049_600,
        ports: &[ISR3],
        power: "PWR-4330-AC",
        ..ISR4451
    },
    Platform {
        pid: "C8300-1N1S-6T",
        prefix: "c8000be-universalk9",
        ios: "c8000be Software",
        described: "Cisco C8300-1N1S-6T Chassis",
        serial: "FDO",
        ports: &[ISR6],
        power: "PWR-CC1-250WAC",
        rommon: "17.6(8.1r)",
        ..ISR4451
    },
];

/// The row of a PID.
pub(crate) fn find(pid: &str) -> Option<&'static Platform> {
    PLATFORMS.iter().find(|p| p.pid.eq_ignore_ascii_case(pid))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pid_is_once_in_the_table() {
        for p in PLATFORMS {
            assert_eq!(
                PLATFORMS.iter().filter(|q| q.pid == p.pid).count(),
                1,
                "{}",
                p.pid
            );
            assert!(!p.ports.is_empty() && p.flash > 1 << 30);
        }
        assert_eq!(find("c9300-48p").unwrap().fs(), "flash");
    }
}
