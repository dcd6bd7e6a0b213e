//! Catalyst 3850, 9200, 9300 and 9500: boxes that stack, or that pair by StackWise Virtual.

use super::ports::{GI24, GI48, HU4, HU32, TE40, TWE24, UP4, UP8};
use super::{Disk, Family, Members, Part, Platform};
use crate::model::device::BootMode;

pub(super) const CRASHINFO: Disk = Disk {
    name: "crashinfo",
    bytes: 1_651_314_688,
    words: "Crash Files",
};

const C9300: Platform = Platform {
    pid: "C9300-48P",
    family: Family::Stackable,
    members: Members::Stack,
    prefix: "cat9k_iosxe",
    software: "CAT9K_IOSXE",
    ios: "Catalyst L3 Switch Software",
    described: "C9300-48P",
    processor: "(X86) processor with 1331521K/6147K bytes of memory.",
    serial: "FCW",
    flash: 11_353_194_496,
    storage: "Flash",
    disks: &[CRASHINFO],
    dram_k: 8_388_608,
    ports: &[GI48, UP8],
    cards: &[],
    engine: Part {
        slot: "",
        name: "",
        pid: "",
        described: "",
    },
    forwarding: None,
    supplies: &[],
    power: "PWR-C1-1100WAC",
    rommon: "17.8.1r",
    born: BootMode::Install,
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

/// Up to 16.12: Cisco's parsers have its outputs of 16.4 and 16.6.
const C3850: Platform = Platform {
    pid: "WS-C3850-24P",
    prefix: "cat3k_caa-universalk9",
    software: "CAT3K_CAA-UNIVERSALK9",
    described: "WS-C3850-24P",
    processor: "(MIPS) processor (revision U0) with 862498K/6147K bytes of memory.",
    flash: 1_621_966_848,
    dram_k: 4_194_304,
    ports: &[GI24, UP4],
    power: "PWR-C1-715WAC",
    rommon: "4.78",
    ..C9300
};

/// A fixed 9500 lists itself as its own line card and supervisor.
macro_rules! c9500 {
    ($pid:literal, $ports:expr) => {
        Platform {
            pid: $pid,
            family: Family::Core,
            members: Members::Virtual,
            described: "Cisco Catalyst 9500 Series Switch",
            processor: "(X86) processor (revision V01) with 2863107K/6147K bytes of memory.",
            serial: "FDO",
            flash: 11_250_098_176,
            storage: "Bootflash",
            dram_k: 16_777_216,
            ports: $ports,
            cards: &[
                Part {
                    slot: "1",
                    name: "",
                    pid: $pid,
                    described: "",
                },
                Part {
                    slot: " 1/0",
                    name: "",
                    pid: $pid,
                    described: "",
                },
            ],
            engine: Part {
                slot: "R0",
                name: "Slot 1 Supervisor",
                pid: $pid,
                described: "Cisco Catalyst 9500 Series Switch",
            },
            supplies: &[
                Part {
                    slot: "P0",
                    name: "Power Supply Module 0",
                    pid: "C9K-PWR-650WAC-R",
                    described: "Cisco Catalyst 9500 Series 650W AC Power Supply",
                },
                Part {
                    slot: "P1",
                    name: "Power Supply Module 1",
                    pid: "C9K-PWR-650WAC-R",
                    described: "Cisco Catalyst 9500 Series 650W AC Power Supply",
                },
                Part {
                    slot: "P2",
                    name: "Fan Tray 0",
                    pid: "C9K-T1-FANTRAY",
                    described: "Cisco Catalyst 9500 Series Fan Tray",
                },
                Part {
                    slot: "P3",
                    name: "Fan Tray 1",
                    pid: "C9K-T1-FANTRAY",
                    described: "Cisco Catalyst 9500 Series Fan Tray",
                },
            ],
            power: "C9K-PWR-650WAC-R",
            rommon: "17.10.1r",
            ..C9300
        }
    };
}

pub(super) const ROWS: &[Platform] = &[
    C9300,
    Platform {
        pid: "C9300-24P",
        described: "C9300-24P",
        ports: &[GI24, UP8],
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
    C3850,
    Platform {
        pid: "WS-C3850-48P",
        described: "WS-C3850-48P",
        ports: &[GI48, UP4],
        ..C3850
    },
    c9500!("C9500-24Y4C", &[TWE24, HU4]),
    c9500!("C9500-32C", &[HU32]),
    c9500!("C9500-40X", &[TE40, UP8]),
];
