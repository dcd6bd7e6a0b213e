//! Chassis with two supervisors or route processors: Catalyst 9400 and 9600, ASR 1006, ASR 900 and
//! NCS 4206.

use super::ports::{
    CARD1_GI48, CARD1_TWE48, CARD2_TE24, CARD5_HU12, IM_GI8, IM_TE1, IMA_GI8, IMA_TE1, SPA_GI8,
    SPA_TE1, SUP3_TE8,
};
use super::switches::CRASHINFO;
use super::{Disk, Family, Members, Part, Platform};
use crate::model::device::BootMode;

const DISK0: Disk = Disk {
    name: "disk0",
    bytes: 240_056_344_576,
    words: "SATA hard disk",
};
pub(super) const HARDDISK: Disk = Disk {
    name: "harddisk",
    bytes: 79_959_252_992,
    words: "SATA hard disk",
};

const fn part(
    slot: &'static str,
    name: &'static str,
    pid: &'static str,
    described: &'static str,
) -> Part {
    Part {
        slot,
        name,
        pid,
        described,
    }
}

const C9407R: Platform = Platform {
    pid: "C9407R",
    family: Family::Modular,
    members: Members::Engines([3, 4]),
    prefix: "cat9k_iosxe",
    software: "CAT9K_IOSXE",
    ios: "Catalyst L3 Switch Software",
    described: "Cisco Catalyst 9400 Series 7 Slot Chassis",
    processor: "(X86) processor (revision V00) with 869398K/6147K bytes of memory.",
    serial: "FXS",
    flash: 10_984_255_488,
    storage: "Bootflash",
    disks: &[CRASHINFO, DISK0],
    dram_k: 16_777_216,
    ports: &[CARD1_GI48, CARD2_TE24, SUP3_TE8],
    cards: &[
        part(
            "1",
            "Slot 1 Linecard",
            "C9400-LC-48U",
            "Cisco Catalyst 9400 Series 48-Port UPOE 10/100/1000 (RJ-45)",
        ),
        part(" 1/0", "", "C9400-LC-48U", ""),
        part(
            "2",
            "Slot 2 Linecard",
            "C9400-LC-24XS",
            "Cisco Catalyst 9400 Series 24-Port 10 Gigabit Ethernet (SFP+)",
        ),
        part(" 2/0", "", "C9400-LC-24XS", ""),
    ],
    engine: part(
        "R0",
        "Slot 3 Supervisor",
        "C9400-SUP-1",
        "Cisco Catalyst 9400 Series Supervisor 1 Module",
    ),
    forwarding: None,
    supplies: &[
        part(
            "P1",
            "Power Supply Module 1",
            "C9400-PWR-3200AC",
            "Cisco Catalyst 9400 Series 3200W AC Power Supply",
        ),
        part(
            "P2",
            "Power Supply Module 2",
            "C9400-PWR-3200AC",
            "Cisco Catalyst 9400 Series 3200W AC Power Supply",
        ),
        part(
            "P17",
            "Fan Tray",
            "C9407-FAN",
            "Cisco Catalyst 9400 Series 7 Slot Chassis Fan Tray",
        ),
    ],
    power: "C9400-PWR-3200AC",
    rommon: "17.8.1r[FC1]",
    born: BootMode::Install,
};

const C9606R: Platform = Platform {
    pid: "C9606R",
    described: "Cisco Catalyst 9600 Series 6 Slot Chassis",
    processor: "(X86) processor (revision V01) with 5769224K/6147K bytes of memory.",
    flash: 11_429_478_400,
    dram_k: 33_554_432,
    ports: &[CARD1_TWE48, CARD5_HU12],
    cards: &[
        part(
            "1",
            "Slot 1 Linecard",
            "C9600-LC-48YL",
            "Cisco Catalyst 9600 Series 48-Port 10GE / 25GE",
        ),
        part(" 1/0", "", "C9600-LC-48YL", ""),
        part(
            "5",
            "Slot 5 Linecard",
            "C9600-LC-24C",
            "Cisco Catalyst 9600 Series 24-Port 40GE/12-Port 100GE",
        ),
        part(" 5/0", "", "C9600-LC-24C", ""),
    ],
    engine: part(
        "R0",
        "Slot 3 Supervisor",
        "C9600-SUP-1",
        "Cisco Catalyst 9600 Series Supervisor 1 Module",
    ),
    supplies: &[
        part(
            "P1",
            "Power Supply Module 1",
            "C9600-PWR-2KWAC",
            "Cisco Catalyst 9600 Series 2000W AC Power Supply",
        ),
        part(
            "P2",
            "Power Supply Module 2",
            "C9600-PWR-2KWAC",
            "Cisco Catalyst 9600 Series 2000W AC Power Supply",
        ),
        part(
            "P5",
            "Fan Tray",
            "C9606-FAN",
            "Cisco Catalyst 9600 Series C9606R Chassis Fan Tray",
        ),
    ],
    power: "C9600-PWR-2KWAC",
    rommon: "17.7.1r[FC3]",
    ..C9407R
};

const ASR1006: Platform = Platform {
    pid: "ASR1006",
    family: Family::Asr,
    members: Members::Engines([6, 7]),
    prefix: "asr1000rpx86-universalk9",
    software: "X86_64_LINUX_IOSD-UNIVERSALK9-M",
    ios: "ASR1000 Software",
    described: "Cisco ASR1006 Chassis",
    processor: "(RP2) processor (revision RP2) with 4138965K/6147K bytes of memory.",
    serial: "FOX",
    flash: 1_971_322_880,
    storage: "eUSB flash",
    disks: &[HARDDISK],
    dram_k: 8_388_608,
    ports: &[SPA_GI8, SPA_TE1],
    cards: &[
        part(
            "0",
            "module 0",
            "ASR1000-SIP40",
            "Cisco ASR1000 SPA Interface Processor 40",
        ),
        part(
            " 0/0",
            "SPA subslot 0/0",
            "SPA-8X1GE-V2",
            "8-port Gigabit Ethernet Shared Port Adapter",
        ),
        part(
            " 0/1",
            "SPA subslot 0/1",
            "SPA-1X10GE-L-V2",
            "1-port 10 Gigabit Ethernet Shared Port Adapter XFP based",
        ),
    ],
    engine: part(
        "R0",
        "module R0",
        "ASR1000-RP2",
        "Cisco ASR1000 Route Processor 2",
    ),
    forwarding: Some(part(
        "F0",
        "module F0",
        "ASR1000-ESP40",
        "Cisco ASR1000 Embedded Services Processor, 40Gbps",
    )),
    supplies: &[
        part(
            "P0",
            "Power Supply Module 0",
            "ASR1006-PWR-AC",
            "Cisco ASR1006 AC Power Supply",
        ),
        part(
            "P1",
            "Power Supply Module 1",
            "ASR1006-PWR-AC",
            "Cisco ASR1006 AC Power Supply",
        ),
    ],
    power: "ASR1006-PWR-AC",
    rommon: "16.3(2r)",
    born: BootMode::Bundle,
};

const NCS4206: Platform = Platform {
    pid: "NCS4206-SA",
    family: Family::Ncs,
    members: Members::Engines([0, 1]),
    prefix: "ncs4200rsp3-universalk9",
    software: "X86_64_LINUX_IOSD-UNIVERSALK9-M",
    ios: "NCS42xx Software",
    described: "NCS 4206 Series Router Chassis",
    processor: "(RSP3_400) processor (revision RSP3_400) with 1953664K/6147K bytes of memory.",
    flash: 5_840_768_000,
    disks: &[],
    ports: &[IM_GI8, IM_TE1],
    cards: &[part(
        " 0/0",
        "IM subslot 0/0",
        "NCS4200-1T8LR-PS",
        "8 port Gigabit Ethernet and 1 port 10 Gigabit Ethernet Interface Module",
    )],
    engine: part(
        "R0",
        "module R0",
        "NCS420X-RSP",
        "NCS 4206 Route Switch Processor 3, 400Gbps",
    ),
    // The forwarding part of an RSP has its slot and no product id of its own.
    forwarding: Some(part("F0", "", "", "")),
    supplies: &[
        part(
            "P0",
            "Power Supply Module 0",
            "A900-PWR1200-A",
            "ASR 900 1200W AC Power Supply",
        ),
        part(
            "P1",
            "Power Supply Module 1",
            "A900-PWR1200-A",
            "ASR 900 1200W AC Power Supply",
        ),
        part("P2", "Fan Tray", "NCS4206-FAN-F", "NCS 4206 Fan Tray"),
    ],
    power: "A900-PWR1200-A",
    rommon: "15.6(42r)S",
    ..ASR1006
};

/// After a public capture of 16.9: its processors are numbered as those of an ASR 1000, and the RSP 3
/// says PPC.
const ASR903: Platform = Platform {
    pid: "ASR-903",
    members: Members::Engines([6, 7]),
    prefix: "asr900rsp3-universalk9",
    software: "PPC_LINUX_IOSD-UNIVERSALK9-M",
    ios: "ASR900 Software",
    described: "ASR 903 Series Router Chassis",
    ports: &[IMA_GI8, IMA_TE1],
    cards: &[part(
        " 0/0",
        "IM subslot 0/0",
        "A900-IMA8S1Z",
        "8-port Gigabit Ethernet & 1-port Ten Gigabit Ethernet SFP Interface Module",
    )],
    engine: part(
        "R0",
        "module R0",
        "A900-RSP3C-400-S",
        "ASR 900 Route Switch Processor 3, 400G, XL Scale",
    ),
    supplies: &[
        part(
            "P0",
            "Power Supply Module 0",
            "A900-PWR1200-D",
            "ASR 900 1200W DC Power Supply",
        ),
        part(
            "P1",
            "Power Supply Module 1",
            "A900-PWR1200-D",
            "ASR 900 1200W DC Power Supply",
        ),
        part("P2", "Fan Tray", "A903-FAN-E", "ASR 903 FAN Tray"),
    ],
    power: "A900-PWR1200-D",
    rommon: "15.6(20r)S",
    ..NCS4206
};

/// The chassis with room for one processor, here of the generation before.
const ASR902: Platform = Platform {
    pid: "ASR-902",
    members: Members::Single,
    prefix: "asr900rsp2-universalk9",
    described: "ASR 902 Series Router Chassis",
    processor: "(RSP2) processor (revision RSP2) with 918638K/6147K bytes of memory.",
    flash: 1_328_029_696,
    storage: "SD flash",
    dram_k: 4_194_304,
    engine: part(
        "R0",
        "module R0",
        "A900-RSP2A-128",
        "ASR 900 Route Switch Processor 2 - 128G, Base Scale",
    ),
    supplies: &[
        part(
            "P0",
            "Power Supply Module 0",
            "A900-PWR550-A",
            "ASR 900 550W AC Power Supply",
        ),
        part("P2", "Fan Tray", "A902-FAN-E", "ASR 902 FAN Tray"),
    ],
    power: "A900-PWR550-A",
    rommon: "15.6(33r)S",
    ..ASR903
};

const ASR907: Platform = Platform {
    pid: "ASR-907",
    described: "ASR 907 Series Router Chassis",
    supplies: &[
        part(
            "P0",
            "Power Supply Module 0",
            "A900-PWR1200-A",
            "ASR 900 1200W AC Power Supply",
        ),
        part(
            "P1",
            "Power Supply Module 1",
            "A900-PWR1200-A",
            "ASR 900 1200W AC Power Supply",
        ),
        part("P2", "Fan Tray", "A907-FAN-E", "ASR 907 FAN Tray"),
    ],
    power: "A900-PWR1200-A",
    ..ASR903
};

pub(super) const ROWS: &[Platform] = &[C9407R, C9606R, ASR1006, NCS4206, ASR902, ASR903, ASR907];
