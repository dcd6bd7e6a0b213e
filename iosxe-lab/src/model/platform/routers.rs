//! Routers with one route processor: ISR 1000 and 4000, Catalyst 8000, CSR 1000V, ASR 1001-X, ASR 920,
//! NCS 520 and 4202.

use super::chassis::HARDDISK;
use super::ports::{
    ASR_GI6, ASR_TE2, ASR920_GI12, ASR920_TE2, C1121_LAN, C1121_WAN, C8300_6, ISR3, ISR4, NCS_GI12,
    NCS_TE4, NCS520_GI4, NCS520_TE4, VIRTUAL,
};
use super::{Disk, Family, Members, Part, Platform};
use crate::model::device::BootMode;

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

const ISR4451: Platform = Platform {
    pid: "ISR4451-X/K9",
    family: Family::Router,
    members: Members::Single,
    prefix: "isr4400-universalk9",
    software: "X86_64_LINUX_IOSD-UNIVERSALK9-M",
    ios: "ISR Software",
    described: "Cisco ISR4451 Chassis",
    processor: "(2RU) processor with 1647778K/6147K bytes of memory.",
    serial: "FOC",
    flash: 7_451_738_112,
    storage: "flash memory",
    disks: &[],
    dram_k: 8_388_608,
    ports: &[ISR4],
    cards: &[
        part(
            "0",
            "module 0",
            "ISR4451-X/K9",
            "Cisco ISR4451-X Built-In NIM controller",
        ),
        part(" 0/0", "", "ISR4451-X-4x1GE", ""),
    ],
    engine: part(
        "R0",
        "module R0",
        "ISR4451-X/K9",
        "Cisco ISR4451-X Route Processor",
    ),
    forwarding: Some(part(
        "F0",
        "module F0",
        "ISR4451-X/K9",
        "Cisco ISR4451-X Forwarding Processor",
    )),
    supplies: &[
        part(
            "P0",
            "Power Supply Module 0",
            "PWR-4450-AC",
            "450W AC Power Supply for Cisco ISR 4000",
        ),
        part(
            "P2",
            "Fan Tray",
            "ACS-4450-FANASSY",
            "Cisco ISR4000 Fan Assembly",
        ),
    ],
    power: "PWR-4450-AC",
    rommon: "16.12(2r)",
    born: BootMode::Bundle,
};

const C8300: Platform = Platform {
    pid: "C8300-1N1S-6T",
    prefix: "c8000be-universalk9",
    ios: "c8000be Software",
    described: "Cisco C8300-1N1S-6T Chassis",
    processor: "(1RU) processor with 3747220K/6147K bytes of memory.",
    serial: "FDO",
    disks: &[Disk {
        name: "harddisk",
        bytes: 15_680_794_624,
        words: "M.2 USB",
    }],
    ports: &[C8300_6],
    cards: &[
        part(
            "0",
            "module 0",
            "C8300-1N1S-6T",
            "Cisco C8300-1N1S-6T Built-In NIM controller",
        ),
        part(
            " 0/0",
            "NIM subslot 0/0",
            "6x1G",
            "Front Panel 6 ports Gigabitethernet Module",
        ),
        part("1", "", "C8300-1N1S-6T", ""),
    ],
    engine: part(
        "R0",
        "module R0",
        "C8300-1N1S-6T",
        "Cisco C8300-1N1S-6T Route Processor",
    ),
    forwarding: Some(part(
        "F0",
        "module F0",
        "C8300-1N1S-6T",
        "Cisco C8300-1N1S-6T Forwarding Processor",
    )),
    supplies: &[
        part(
            "P0",
            "Power Supply Module 0",
            "PWR-CC1-250WAC",
            "250W AC Power Supply for Cisco C8300 1RU",
        ),
        part(
            "P2",
            "Fan Tray",
            "C8300-FAN-1R",
            "Cisco C8300 1RU Fan Assembly",
        ),
    ],
    power: "PWR-CC1-250WAC",
    rommon: "17.6(8.1r)",
    // The family ships in install mode since 17.7.1a.
    born: BootMode::Install,
    ..ISR4451
};

const C1121: Platform = Platform {
    pid: "C1121-8P",
    prefix: "c1100-universalk9",
    software: "ARMV8EL_LINUX_IOSD-UNIVERSALK9-M",
    described: "Cisco C1121-8P Chassis",
    processor: "(1RU) processor with 1377050K/6147K bytes of memory.",
    serial: "FGL",
    flash: 2_907_979_776,
    dram_k: 4_194_304,
    ports: &[C1121_WAN, C1121_LAN],
    cards: &[
        part(
            "0",
            "module 0",
            "C1121-8P",
            "Cisco C1121-8P Built-In NIM controller",
        ),
        part(
            " 0/0",
            "NIM subslot 0/0",
            "C1121-8P-2x1GE",
            "Front Panel 2 port Gigabitethernet Module",
        ),
        part(" 0/1", "NIM subslot 0/1", "C1121-ES-8", "C1121-ES-8"),
    ],
    engine: part(
        "R0",
        "module R0",
        "C1121-8P",
        "Cisco C1121-8P Route Processor",
    ),
    forwarding: Some(part(
        "F0",
        "module F0",
        "C1121-8P",
        "Cisco C1121-8P Forwarding Processor",
    )),
    supplies: &[part(
        "P0",
        "Power Supply Module 0",
        "PWR-12V",
        "External Power Supply Module",
    )],
    power: "PWR-12V",
    rommon: "16.12(1r)",
    ..ISR4451
};

const C8000V: Platform = Platform {
    pid: "C8000V",
    prefix: "c8000v-universalk9",
    ios: "Virtual XE Software",
    described: "Cisco C8000V Chassis",
    processor: "(VXE) processor (revision VXE) with 1996137K/3075K bytes of memory.",
    serial: "9K",
    flash: 5_183_766_528,
    storage: "virtual hard disk",
    dram_k: 3_965_112,
    ports: &[VIRTUAL],
    cards: &[],
    engine: part("R0", "module R0", "C8000V", "Cisco C8000V Route Processor"),
    forwarding: Some(part(
        "F0",
        "module F0",
        "C8000V",
        "Cisco C8000V Embedded Services Processor",
    )),
    supplies: &[],
    power: "",
    rommon: "17.3(1r)",
    born: BootMode::Install,
    ..ISR4451
};

const ASR1001X: Platform = Platform {
    pid: "ASR1001-X",
    family: Family::Asr,
    prefix: "asr1001x-universalk9",
    ios: "ASR1000 Software",
    described: "Cisco ASR1001-X Chassis",
    processor: "(1NG) processor (revision 1NG) with 3746359K/6147K bytes of memory.",
    serial: "FXS",
    flash: 6_215_958_528,
    storage: "eUSB flash",
    disks: &[HARDDISK],
    ports: &[ASR_GI6, ASR_TE2],
    cards: &[
        part(
            "0",
            "module 0",
            "ASR1001-X",
            "Cisco ASR1001-X SPA Interface Processor",
        ),
        part(
            " 0/0",
            "SPA subslot 0/0",
            "BUILT-IN-2T+6X1GE",
            "8-port Built-in GE SPA",
        ),
    ],
    engine: part(
        "R0",
        "module R0",
        "ASR1001-X",
        "Cisco ASR1001-X Route Processor",
    ),
    forwarding: Some(part(
        "F0",
        "module F0",
        "ASR1001-X",
        "Cisco ASR1001-X Embedded Services Processor",
    )),
    supplies: &[
        part(
            "P0",
            "Power Supply Module 0",
            "ASR1001-X-PWR-AC",
            "Cisco ASR1001-X AC Power Supply",
        ),
        part(
            "P1",
            "Power Supply Module 1",
            "ASR1001-X-PWR-AC",
            "Cisco ASR1001-X AC Power Supply",
        ),
        part("P2", "", "ASR1001-X-FANTRAY", ""),
    ],
    power: "ASR1001-X-PWR-AC",
    rommon: "16.9(4r)",
    ..ISR4451
};

const NCS4202: Platform = Platform {
    pid: "NCS4202-SA",
    family: Family::Ncs,
    prefix: "ncs4200-universalk9",
    software: "PPC_LINUX_IOSD-UNIVERSALK9-M",
    ios: "NCS42xx Software",
    described: "NCS 4202 Series - 12GE and 4-10GE - IM",
    processor: "(Freescale P2020) processor (revision 1.2 GHz) with 706838K/6147K bytes of memory.",
    serial: "CAT",
    flash: 1_328_029_696,
    storage: "SD flash",
    dram_k: 3_670_016,
    ports: &[NCS_GI12, NCS_TE4],
    cards: &[part(" 0/0", "", "12xGE-4x10GE-FIXED", "")],
    engine: part("R0", "", "NCS4202-SA", ""),
    forwarding: Some(part("F0", "", "NCS4202-SA", "")),
    supplies: &[
        part(
            "P0",
            "Power Supply Module 0",
            "A920-PWR400-A",
            "ASR 920 400W AC Power Supply",
        ),
        part("P2", "Fan Tray", "A920-FAN-E", "ASR 920 Fan Tray"),
    ],
    power: "A920-PWR400-A",
    rommon: "15.6(46r)S",
    ..ISR4451
};

/// Up to 17.3; from 17.4 on the same machine runs as C8000V.
const CSR1000V: Platform = Platform {
    pid: "CSR1000V",
    prefix: "csr1000v-universalk9",
    described: "Cisco CSR1000V Chassis",
    processor: "(VXE) processor (revision VXE) with 2071829K/3075K bytes of memory.",
    flash: 7_897_796_608,
    dram_k: 3_978_396,
    engine: part(
        "R0",
        "module R0",
        "CSR1000V",
        "Cisco CSR1000V Route Processor",
    ),
    forwarding: Some(part(
        "F0",
        "module F0",
        "CSR1000V",
        "Cisco CSR1000V Embedded Services Processor",
    )),
    rommon: "16.12(1r)",
    ..C8000V
};

/// Its supplies and fan are called otherwise in `show platform` than in `show inventory`.
const ASR920: Platform = Platform {
    pid: "ASR-920-12CZ-A",
    prefix: "asr920-universalk9_npe",
    software: "PPC_LINUX_IOSD-UNIVERSALK9_NPE-M",
    ios: "ASR920 Software",
    described: "Cisco ASR920 Series - 12GE and 2-10GE - AC model",
    processor: "(Freescale P2020) processor (revision 1.2 GHz) with 896500K/6147K bytes of memory.",
    flash: 1_241_329_664,
    storage: "eMMC flash",
    ports: &[ASR920_GI12, ASR920_TE2],
    cards: &[part(" 0/0", "", "12xGE-2x10GE-FIXED", "")],
    engine: part("R0", "", "ASR-920-12CZ-A", ""),
    forwarding: Some(part("F0", "", "", "")),
    supplies: &[
        part("P0", "", "ASR920-PSU0", ""),
        part("P1", "", "ASR920-PSU1", ""),
        part("P2", "", "ASR920-FAN", ""),
        part(
            "",
            "Power Supply Module 0",
            "ASR-920-PWR-A",
            "ASR 920 250W AC Power Supply",
        ),
        part(
            "",
            "Power Supply Module 1",
            "ASR-920-PWR-A",
            "ASR 920 250W AC Power Supply",
        ),
        part("", "Fan Tray", "ASR-920-FAN-F", "ASR 920 Fan tray"),
    ],
    power: "ASR-920-PWR-A",
    rommon: "15.6(32r)S",
    ..NCS4202
};

/// Made up after ASR 920, whose software it shares: no capture of one was found. Its image comes
/// without payload encryption only.
const NCS520: Platform = Platform {
    pid: "NCS520-4G4Z-A",
    prefix: "ncs520-universalk9_npe",
    ios: "NCS520 Software",
    described: "Cisco NCS520 Series - 4GE and 4-10GE - AC model",
    ports: &[NCS520_GI4, NCS520_TE4],
    cards: &[part(" 0/0", "", "4xGE-4x10GE-FIXED", "")],
    engine: part("R0", "", "NCS520-4G4Z-A", ""),
    supplies: &[
        part("P0", "", "NCS520-PSU0", ""),
        part("P2", "", "NCS520-FAN", ""),
    ],
    power: "NCS520-PSU0",
    rommon: "1.5",
    ..ASR920
};

pub(super) const ROWS: &[Platform] = &[
    ISR4451,
    Platform {
        pid: "ISR4331/K9",
        prefix: "isr4300-universalk9",
        described: "Cisco ISR4331 Chassis",
        processor: "(1RU) processor with 1647778K/6147K bytes of memory.",
        serial: "FDO",
        flash: 3_249_049_600,
        ports: &[ISR3],
        cards: &[
            part(
                "0",
                "module 0",
                "ISR4331/K9",
                "Cisco ISR4331 Built-In NIM controller",
            ),
            part(" 0/0", "", "ISR4331-3x1GE", ""),
        ],
        engine: part(
            "R0",
            "module R0",
            "ISR4331/K9",
            "Cisco ISR4331 Route Processor",
        ),
        forwarding: Some(part(
            "F0",
            "module F0",
            "ISR4331/K9",
            "Cisco ISR4331 Forwarding Processor",
        )),
        supplies: &[
            part(
                "P0",
                "Power Supply Module 0",
                "PWR-4330-AC",
                "250W AC Power Supply for Cisco ISR 4330",
            ),
            part(
                "P2",
                "Fan Tray",
                "ACS-4330-FANASSY",
                "Cisco ISR4330 Fan Assembly",
            ),
        ],
        power: "PWR-4330-AC",
        ..ISR4451
    },
    C8300,
    C1121,
    C8000V,
    CSR1000V,
    ASR1001X,
    ASR920,
    NCS520,
    NCS4202,
];
