//! Which cells there are: every platform with every method that it has, undisturbed and disturbed.

use std::fmt::Write as _;

/// A device of the lab that stands for its family.
#[derive(Clone, Copy, Debug)]
pub(super) struct Platform {
    pub(super) name: &'static str,
    pid: &'static str,
    members: u8,
    from: &'static str,
    pub(super) to: &'static str,
    methods: &'static [Method],
}

/// How it is upgraded, in the words of the inventory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    ThreeStep,
    OneStep,
    /// In service, by one command of the install engine.
    Issu,
    /// In service, by location.
    IssuLocation,
    /// In service, by `issu loadversion` and what follows.
    IssuVersions,
    /// In service, by `request platform software package install node`.
    IssuNode,
    Bundle,
    Convert,
    /// A patch that reloads.
    Smu,
    /// A patch that does not.
    SmuHot,
    /// `request platform software`: the packages in place.
    RequestInPlace,
    /// The same beside those that run, booted by the boot variable.
    RequestBeside,
    /// In one step, by a fast reload.
    Xfsu,
    /// The boot loader of a router.
    Firmware,
}

impl Method {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::ThreeStep => "three_step",
            Self::OneStep => "one_step",
            Self::Issu | Self::IssuLocation | Self::IssuVersions | Self::IssuNode => "issu",
            Self::Bundle => "bundle",
            Self::Convert => "convert",
            Self::Smu => "smu",
            Self::SmuHot => "smu_hot",
            Self::RequestInPlace | Self::RequestBeside => "request_platform",
            Self::Xfsu => "xfsu",
            Self::Firmware => "firmware",
        }
    }

    /// The word for it in the inventory.
    pub(super) fn wanted(self) -> &'static str {
        if self.is_patch() { "smu" } else { self.word() }
    }

    /// Whether the release stays.
    pub(super) fn is_patch(self) -> bool {
        matches!(self, Self::Smu | Self::SmuHot)
    }

    /// Whether it changes no release.
    pub(super) fn leaves_release(self) -> bool {
        self.is_patch() || self == Self::Firmware
    }

    /// What the timeline of a cell must show to count as one of this method.
    pub(super) fn own_command(self, trouble: Trouble) -> &'static str {
        match (self, trouble) {
            (Self::ThreeStep | Self::Issu | Self::IssuLocation, Trouble::BadSignature) => {
                "install add file "
            }
            (Self::ThreeStep, _) => "install activate auto-abort-timer ",
            (Self::Issu, _) => "install activate issu ",
            (Self::IssuLocation, Trouble::Refused | Trouble::StandbyDead) => {
                "install activate location standby "
            }
            (Self::IssuLocation, _) => "install activate location active",
            (Self::IssuVersions | Self::IssuNode, Trouble::NoRoom) => "dir ",
            (Self::IssuVersions, Trouble::Refused | Trouble::StandbyDead) => "issu loadversion ",
            (Self::IssuVersions, Trouble::PortDownInService) => "issu abortversion",
            (Self::IssuVersions, _) => "issu commitversion",
            (Self::IssuNode, _) => "request platform software package install node ",
            (Self::OneStep | Self::Convert | Self::Xfsu, _) => "install add file ",
            (Self::Bundle, Trouble::NoRoom) => "dir ",
            (Self::Bundle, _) => "boot system ",
            (Self::Smu | Self::SmuHot, _) => "install activate file ",
            (Self::RequestInPlace, Trouble::PortDown) => {
                "request platform software package install switch all rollback "
            }
            (Self::RequestInPlace, _) => {
                "request platform software package install switch all file "
            }
            (Self::RequestBeside, _) => "request platform software package expand file ",
            (Self::Firmware, _) => "upgrade rom-monitor filename ",
        }
    }

    /// One side after the other.
    pub(super) fn in_service(self) -> bool {
        self.word() == "issu"
    }

    /// Whether a timer of the device's own takes it back until somebody commits.
    pub(super) fn has_timer(self) -> bool {
        self == Self::ThreeStep || self.is_patch() || (self.in_service() && self != Self::IssuNode)
    }

    /// What may happen to it, the undisturbed cell first.
    fn troubles(self) -> &'static [Trouble] {
        match self {
            Self::ThreeStep => &[
                Trouble::None,
                Trouble::BadSignature,
                Trouble::SessionLost,
                Trouble::PortDown,
                Trouble::BootsOld,
            ],
            Self::OneStep | Self::Convert => {
                &[Trouble::None, Trouble::BadSignature, Trouble::PortDown]
            }
            Self::IssuVersions => &[
                Trouble::None,
                Trouble::NoRoom,
                Trouble::Refused,
                Trouble::StandbyDead,
                Trouble::PortDownInService,
            ],
            Self::IssuNode => &[
                Trouble::None,
                Trouble::NoRoom,
                Trouble::Refused,
                Trouble::StandbyDead,
                Trouble::PortDownInService,
            ],
            Self::Issu | Self::IssuLocation => &[
                Trouble::None,
                Trouble::BadSignature,
                Trouble::Refused,
                Trouble::StandbyDead,
                Trouble::PortDownInService,
            ],
            Self::Bundle => &[
                Trouble::None,
                Trouble::NoRoom,
                Trouble::PortDown,
                Trouble::BootsOld,
            ],
            Self::Smu => &[
                Trouble::None,
                Trouble::Incompatible,
                Trouble::SessionLost,
                Trouble::PortDown,
            ],
            Self::SmuHot => &[Trouble::None, Trouble::Incompatible],
            Self::RequestInPlace | Self::RequestBeside => &[
                Trouble::None,
                Trouble::BadSignature,
                Trouble::SessionLost,
                Trouble::PortDown,
                Trouble::BootsOld,
            ],
            Self::Xfsu => &[Trouble::None, Trouble::FastRefused, Trouble::PortDown],
            Self::Firmware => &[Trouble::None, Trouble::NoRoom, Trouble::Silent],
        }
    }
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Nothing.
    None,
    /// Before the point of no return: the engine refuses the image.
    BadSignature,
    /// Before it: the flash fills up under the copy.
    NoRoom,
    /// Before it: the device refuses an upgrade in service.
    Refused,
    /// Before it: the device refuses an intact patch.
    Incompatible,
    /// In the middle of `install add`: the session.
    SessionLost,
    /// Behind it: an uplink stays down.
    PortDown,
    /// Behind it: the same after the switchover.
    PortDownInService,
    /// Behind it: the old image boots.
    BootsOld,
    /// Behind it: the standby does not come up.
    StandbyDead,
    /// Before it: the device refuses a fast reload.
    FastRefused,
    /// Behind it: firmware that was said to be written is the old one.
    Silent,
}

impl Trouble {
    pub(super) const ALL: [Self; 12] = [
        Self::None,
        Self::BadSignature,
        Self::NoRoom,
        Self::Refused,
        Self::Incompatible,
        Self::SessionLost,
        Self::PortDown,
        Self::PortDownInService,
        Self::BootsOld,
        Self::StandbyDead,
        Self::FastRefused,
        Self::Silent,
    ];

    /// The head of its column.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::None => "undisturbed",
            Self::BadSignature => "signature refused",
            Self::NoRoom => "flash full",
            Self::Refused => "device refuses",
            Self::Incompatible => "patch refused",
            Self::SessionLost => "session lost",
            Self::PortDown => "port down",
            Self::PortDownInService => "port down in service",
            Self::BootsOld => "old image boots",
            Self::StandbyDead => "standby dead",
            Self::FastRefused => "fast reload refused",
            Self::Silent => "silent failure",
        }
    }

    /// The lab's fault and its moment.
    fn fault(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::None => None,
            Self::BadSignature => Some(("image_corrupted", "install_add")),
            Self::NoRoom => Some(("flash_full", "transfer")),
            Self::Refused => Some(("issu_refused", "issu")),
            Self::Incompatible => Some(("smu_incompatible", "install_activate")),
            Self::SessionLost => Some(("session_dropped", "install_add")),
            Self::PortDown => Some(("interface_down_after_upgrade", "reload")),
            Self::PortDownInService => Some(("interface_down_after_upgrade", "issu")),
            Self::BootsOld => Some(("boots_old_image", "reload")),
            Self::StandbyDead => Some(("standby_does_not_boot", "issu")),
            Self::FastRefused => Some(("xfsu_refused", "requirement")),
            Self::Silent => Some(("firmware_silent", "reload")),
        }
    }

    /// How a device that meets it has to end where it can be taken back.
    fn outcome(self) -> &'static str {
        match self {
            Self::None | Self::SessionLost => "upgraded",
            Self::BadSignature
            | Self::NoRoom
            | Self::Incompatible
            | Self::FastRefused
            | Self::Silent => "dead_letter",
            Self::Refused
            | Self::PortDown
            | Self::PortDownInService
            | Self::BootsOld
            | Self::StandbyDead => "rolled_back",
        }
    }

    /// Whether the device is disturbed at all.
    pub(super) fn disturbs(self) -> bool {
        !matches!(
            self,
            Self::BadSignature
                | Self::NoRoom
                | Self::Refused
                | Self::Incompatible
                | Self::FastRefused
        )
    }
}

use Method::{
    Bundle, Convert, Firmware, Issu, IssuLocation, IssuNode, IssuVersions, OneStep, RequestBeside,
    RequestInPlace, Smu, SmuHot, ThreeStep, Xfsu,
};

const fn platform(
    name: &'static str,
    pid: &'static str,
    members: u8,
    [from, to]: [&'static str; 2],
    methods: &'static [Method],
) -> Platform {
    Platform {
        name,
        pid,
        members,
        from,
        to,
        methods,
    }
}

const NEW: [&str; 2] = ["17.09.04a", "17.12.04"];
const MIDDLE: [&str; 2] = ["17.06.05", "17.09.05a"];
const ALL_ALONE: &[Method] = &[ThreeStep, OneStep, Bundle, Convert];
const STACKED: &[Method] = &[ThreeStep, OneStep, Bundle, Convert];
const IN_SERVICE: &[Method] = &[ThreeStep, OneStep, Issu, Bundle, Convert];
const BY_NODE: &[Method] = &[Bundle, IssuNode];
const OLDER: [&str; 2] = ["17.12.04", "17.09.04a"];
const ALONE_FAST: &[Method] = &[ThreeStep, OneStep, Bundle, Convert, Smu, SmuHot, Xfsu];
const STACKED_FAST: &[Method] = &[ThreeStep, OneStep, Smu, SmuHot, Bundle, Convert, Xfsu];
const ALONE_BOOTED: &[Method] = &[ThreeStep, OneStep, Bundle, Convert, Firmware];
const BY_NODE_BOOTED: &[Method] = &[Bundle, IssuNode, Firmware];
const ALONE_PATCHED: &[Method] = &[ThreeStep, OneStep, Bundle, Convert, Smu, SmuHot];
const IN_SERVICE_PATCHED: &[Method] = &[ThreeStep, OneStep, Issu, Smu, SmuHot, Bundle, Convert];

/// Every platform row of the lab.
pub(super) const PLATFORMS: [Platform; 30] = [
    platform("c9200-stack", "C9200-24P", 2, NEW, STACKED),
    platform("c9200l", "C9200L-48P-4X", 1, NEW, ALL_ALONE),
    platform(
        "c3850-stack",
        "WS-C3850-24P",
        2,
        ["16.12.05b", "16.12.11"],
        STACKED,
    ),
    platform("c9300", "C9300-48P", 1, NEW, ALONE_FAST),
    platform("c9300-stack", "C9300-24P", 3, NEW, STACKED_FAST),
    platform("c9500", "C9500-24Y4C", 1, NEW, ALL_ALONE),
    platform("c9500-svl", "C9500-24Y4C", 2, NEW, IN_SERVICE),
    platform("c9400-dual", "C9407R", 2, NEW, IN_SERVICE_PATCHED),
    platform("c9600-dual", "C9606R", 2, NEW, IN_SERVICE),
    platform("isr4331", "ISR4331/K9", 1, NEW, ALL_ALONE),
    platform("isr4451", "ISR4451-X/K9", 1, NEW, ALONE_BOOTED),
    platform("c1121", "C1121-8P", 1, NEW, ALL_ALONE),
    platform("c8300", "C8300-1N1S-6T", 1, NEW, ALONE_PATCHED),
    platform("c8000v", "C8000V", 1, NEW, ALL_ALONE),
    platform(
        "csr1000v",
        "CSR1000V",
        1,
        ["17.02.03", "17.03.08a"],
        ALL_ALONE,
    ),
    platform("asr1001x", "ASR1001-X", 1, MIDDLE, ALL_ALONE),
    platform(
        "asr1006",
        "ASR1006",
        2,
        ["17.03.05", "17.03.08a"],
        &[ThreeStep, Bundle, IssuLocation, Convert, Firmware],
    ),
    platform(
        "asr1006-16",
        "ASR1006",
        2,
        ["16.09.05", "16.12.08"],
        &[IssuVersions],
    ),
    platform("asr902", "ASR-902", 1, MIDDLE, &[Bundle]),
    platform("asr903", "ASR-903", 2, MIDDLE, BY_NODE_BOOTED),
    platform("asr920", "ASR-920-12CZ-A", 1, MIDDLE, &[Bundle]),
    platform("ncs520", "NCS520-4G4Z-A", 1, MIDDLE, &[Bundle]),
    platform("ncs4206", "NCS4206-SA", 2, MIDDLE, BY_NODE),
    platform("ncs4202", "NCS4202-SA", 1, MIDDLE, &[Bundle]),
    platform(
        "c3850-16.3-stack",
        "WS-C3850-24P",
        2,
        ["16.03.06", "16.12.11"],
        &[RequestInPlace],
    ),
    platform(
        "c9300-16.6.1",
        "C9300-48P",
        1,
        ["16.06.01", "16.12.11"],
        &[RequestInPlace],
    ),
    platform(
        "isr4451-subpkg",
        "ISR4451-X/K9",
        1,
        ["16.09.08", "16.12.08"],
        &[RequestBeside],
    ),
    platform(
        "asr1001x-subpkg",
        "ASR1001-X",
        1,
        ["16.09.08", "16.12.08"],
        &[RequestBeside],
    ),
    platform("asr902-subpkg", "ASR-902", 1, MIDDLE, &[RequestBeside]),
    platform(
        "c9300-down",
        "C9300-48P",
        1,
        OLDER,
        &[ThreeStep, OneStep, Bundle],
    ),
];

/// One device, one method, one trouble.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub(super) platform: Platform,
    pub(super) method: Method,
    pub(super) trouble: Trouble,
    /// In a lab whose clock runs as fast as ours, with short times of its own.
    pub(super) real_time: bool,
}

impl Cell {
    /// The device's name.
    pub(super) fn device(&self) -> String {
        let method = self.method.word().replace('_', "-");
        let trouble = self.trouble.word().replace(' ', "-");
        let pace = if self.real_time { "-real-time" } else { "" };
        format!("{}-{method}-{trouble}{pace}", self.platform.name)
    }

    /// The head of its row.
    pub(super) fn row(&self) -> String {
        let pace = if self.real_time { " (speed 1)" } else { "" };
        format!("{} | {}{pace}", self.platform.name, self.method.word())
    }

    /// How it has to end. One command that keeps what it installs has no way back.
    pub(super) fn outcome(&self) -> &'static str {
        match (self.method, self.trouble) {
            (IssuNode, Trouble::PortDownInService) => "dead_letter",
            (_, trouble) => trouble.outcome(),
        }
    }

    /// What it has to run then.
    pub(super) fn ends_on(&self) -> &'static str {
        match (self.method, self.trouble) {
            (IssuNode, Trouble::PortDownInService) => self.platform.to,
            (method, trouble) if trouble.outcome() == "upgraded" && !method.leaves_release() => {
                self.platform.to
            }
            _ => self.platform.from,
        }
    }

    /// The boot loader that it has, the one that its package brings, and the package.
    pub(super) fn rommon(&self) -> Option<[&'static str; 3]> {
        if self.method != Firmware {
            return None;
        }
        Some(match self.platform.name {
            "isr4451" => ["16.9(1r)", "16.12(2r)", "isr4400_rommon_1612_2r_SPA.pkg"],
            "asr903" => ["15.6(42r)S", "15.6(48r)S", "asr900_15_6_48r_s_rommon.pkg"],
            _ => ["16.2(1r)", "17.3(1r)", "asr1000-rommon.173-1r.SPA.pkg"],
        })
    }

    /// Regions of its boot loader, each with a reload of its own.
    pub(super) fn regions(&self) -> usize {
        let two = self.method == Firmware && self.platform.name == "asr903";
        if two { 2 } else { 1 }
    }

    /// The defect that its patch mends: each cell has one of its own, by which its file is found.
    pub(super) fn defect(&self) -> Option<String> {
        let name = self.device();
        let word = name.chars().filter(char::is_ascii_alphanumeric);
        let is_patch = self.method.is_patch();
        is_patch.then(|| format!("CSC{}", word.collect::<String>()))
    }

    /// Its part of the lab's topology. Nothing is cabled to anything else.
    fn spec(&self) -> String {
        let boots = match self.method {
            ThreeStep | OneStep | Issu | IssuLocation | IssuNode | Smu | SmuHot
            | RequestInPlace | RequestBeside | Xfsu => "install",
            Bundle | Convert | IssuVersions | Firmware => "bundle",
        };
        let mut text = format!(
            "[[device]]\nname = {:?}\npid = {:?}\nmembers = {}\nversion = {:?}\ntarget_version = {:?}\n\
             boot_mode = {boots:?}\n",
            self.device(),
            self.platform.pid,
            self.platform.members,
            self.platform.from,
            self.platform.to,
        );
        if self.real_time {
            text.push_str(
                "times = { add_s = 3, activate_s = 3, boot_s = 8, settle_s = 2, standby_s = 4 }\n",
            );
        }
        if self.method == IssuVersions {
            // The default of 45 min is shorter than two reloads and the proof.
            text.push_str("config = [\"issu set rollback-timer 01:30:00\"]\n");
        }
        if let Some(defect) = self.defect() {
            let hot = self.method == Method::SmuHot;
            // Writing to a String cannot fail.
            let _infallible = writeln!(text, "smus = [{{ defect = {defect:?}, hot = {hot} }}]");
        }
        if let Some([has, brings, _]) = self.rommon() {
            // Writing to a String cannot fail.
            let _infallible = writeln!(
                text,
                "firmware = {{ rommon = {has:?}, packages = [{{ rommon = {brings:?} }}] }}"
            );
        }
        if let Some((kind, at)) = self.trouble.fault() {
            // Writing to a String cannot fail.
            let _infallible = writeln!(text, "faults = [{{ kind = {kind:?}, at = {at:?} }}]");
        }
        text
    }
}

/// Every cell, in an order that spreads platforms and methods over the parts of a rotation. The last
/// ones are one of each method in real time.
pub(super) fn all() -> Vec<Cell> {
    let mut cells = Vec::new();
    for platform in PLATFORMS {
        for &method in platform.methods {
            for &trouble in method.troubles() {
                cells.push(Cell {
                    platform,
                    method,
                    trouble,
                    real_time: false,
                });
            }
        }
    }
    let mut methods: Vec<Method> = Vec::new();
    for platform in PLATFORMS {
        for &method in platform.methods {
            if !methods.contains(&method) {
                methods.push(method);
                cells.push(Cell {
                    platform,
                    method,
                    trouble: Trouble::None,
                    real_time: true,
                });
            }
        }
    }
    cells
}

/// A topology of these cells.
pub(super) fn topology(cells: &[Cell]) -> String {
    let specs: Vec<String> = cells.iter().map(Cell::spec).collect();
    specs.join("\n")
}
