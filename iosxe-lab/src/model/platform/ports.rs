//! Runs of like ports.

/// A run of like ports.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ports {
    /// Long name up to the slot, such as `GigabitEthernet`.
    pub(crate) long: &'static str,
    /// Short name, such as `Gi`.
    pub(crate) short: &'static str,
    /// `1/0/` with the member's number in place of `{}`; without it the ports stand on a line card
    /// or on the box itself and belong to no member.
    pub(crate) slot: &'static str,
    /// Number of the first port.
    pub(crate) first: u32,
    /// How many.
    pub(crate) count: u32,
    /// Media column of `show interfaces status`.
    pub(crate) media: &'static str,
    /// What `show interfaces` calls the hardware.
    pub(crate) hardware: &'static str,
}

const GI: &str = "10/100/1000BaseTX";
const UP10: Ports = Ports {
    long: "TenGigabitEthernet",
    short: "Te",
    slot: "{}/1/",
    first: 1,
    count: 8,
    media: "SFP-10GBase-SR",
    hardware: "Ten Gigabit Ethernet",
};

pub(super) const UP8: Ports = UP10;
pub(super) const UP4: Ports = Ports { count: 4, ..UP10 };
pub(super) const GI24: Ports = Ports {
    long: "GigabitEthernet",
    short: "Gi",
    slot: "{}/0/",
    first: 1,
    count: 24,
    media: GI,
    hardware: "Gigabit Ethernet",
};
pub(super) const GI48: Ports = Ports { count: 48, ..GI24 };
pub(super) const TE40: Ports = Ports {
    slot: "{}/0/",
    count: 40,
    ..UP10
};
pub(super) const TWE24: Ports = Ports {
    long: "TwentyFiveGigE",
    short: "Twe",
    slot: "{}/0/",
    first: 1,
    count: 24,
    media: "SFP-10/25GBase-CSR",
    hardware: "Twenty Five Gigabit Ethernet",
};
pub(super) const HU4: Ports = Ports {
    long: "HundredGigE",
    short: "Hu",
    slot: "{}/0/",
    first: 25,
    count: 4,
    media: "QSFP 100G SR4",
    hardware: "Hundred Gigabit Ethernet",
};
pub(super) const HU32: Ports = Ports {
    first: 1,
    count: 32,
    ..HU4
};

pub(super) const CARD1_GI48: Ports = Ports {
    slot: "1/0/",
    ..GI48
};
pub(super) const CARD2_TE24: Ports = Ports {
    slot: "2/0/",
    count: 24,
    ..UP10
};
/// Uplinks on the supervisors of a C9407R, which sit in slots 3 and 4.
pub(super) const SUP3_TE8: Ports = Ports {
    slot: "{}/0/",
    ..UP10
};
pub(super) const CARD1_TWE48: Ports = Ports {
    slot: "1/0/",
    count: 48,
    ..TWE24
};
pub(super) const CARD5_HU12: Ports = Ports {
    slot: "5/0/",
    first: 1,
    count: 12,
    ..HU4
};

pub(super) const ISR4: Ports = Ports {
    long: "GigabitEthernet",
    short: "Gi",
    slot: "0/0/",
    first: 0,
    count: 4,
    media: "RJ45",
    hardware: "ISR4451-X-4x1GE",
};
pub(super) const ISR3: Ports = Ports {
    count: 3,
    hardware: "ISR4331-3x1GE",
    ..ISR4
};
pub(super) const C8300_6: Ports = Ports {
    count: 6,
    hardware: "6x1G",
    ..ISR4
};
pub(super) const C1121_WAN: Ports = Ports {
    count: 2,
    hardware: "C1121-8P-2x1GE",
    ..ISR4
};
pub(super) const C1121_LAN: Ports = Ports {
    slot: "0/1/",
    count: 8,
    hardware: "C1121-ES-8",
    ..ISR4
};
pub(super) const VIRTUAL: Ports = Ports {
    slot: "",
    first: 1,
    count: 4,
    media: "Virtual",
    hardware: "vNIC",
    ..ISR4
};
pub(super) const ASR_GI6: Ports = Ports {
    count: 6,
    hardware: "BUILT-IN-2T+6X1GE",
    ..ISR4
};
pub(super) const ASR_TE2: Ports = Ports {
    long: "TenGigabitEthernet",
    short: "Te",
    slot: "0/0/",
    first: 0,
    count: 2,
    media: "10GBase-SR",
    hardware: "BUILT-IN-2T+6X1GE",
};
pub(super) const SPA_GI8: Ports = Ports {
    count: 8,
    hardware: "SPA-8X1GE-V2",
    ..ISR4
};
pub(super) const SPA_TE1: Ports = Ports {
    slot: "0/1/",
    count: 1,
    hardware: "SPA-1X10GE-L-V2",
    ..ASR_TE2
};
pub(super) const IM_GI8: Ports = Ports {
    count: 8,
    hardware: "NCS4200-1T8LR-PS",
    ..ISR4
};
pub(super) const IM_TE1: Ports = Ports {
    first: 8,
    count: 1,
    hardware: "NCS4200-1T8LR-PS",
    ..ASR_TE2
};
pub(super) const IMA_GI8: Ports = Ports {
    hardware: "A900-IMA8S1Z",
    ..IM_GI8
};
pub(super) const IMA_TE1: Ports = Ports {
    hardware: "A900-IMA8S1Z",
    ..IM_TE1
};
pub(super) const ASR920_GI12: Ports = Ports {
    hardware: "12xGE-2x10GE-FIXED",
    ..NCS_GI12
};
pub(super) const ASR920_TE2: Ports = Ports {
    count: 2,
    hardware: "12xGE-2x10GE-FIXED",
    ..NCS_TE4
};
pub(super) const NCS520_GI4: Ports = Ports {
    hardware: "4xGE-4x10GE-FIXED",
    ..ISR4
};
pub(super) const NCS520_TE4: Ports = Ports {
    first: 4,
    hardware: "4xGE-4x10GE-FIXED",
    ..NCS_TE4
};
pub(super) const NCS_GI12: Ports = Ports {
    count: 12,
    hardware: "12xGE-4x10GE-FIXED",
    ..ISR4
};
pub(super) const NCS_TE4: Ports = Ports {
    first: 12,
    count: 4,
    hardware: "12xGE-4x10GE-FIXED",
    ..ASR_TE2
};
