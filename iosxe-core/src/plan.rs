//! The plan: what will be done to a device and why, as a value.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::device::{Facts, Record};
use crate::event::Way;
use crate::fault::{Class, Fault, Remedy};
use crate::firmware::Change;
use crate::ids::DeviceName;
use crate::image::Image;
use crate::pull::Terms;
use crate::stage::StageKind;
use crate::surroundings::BlastRadius;
use crate::version::Version;
use crate::why::{Evidence, Reason};
use crate::words::counted;

pub use crate::policy::{OnFailedGate, OnInconclusive, Policy};
pub use crate::step_kind::StepKind;

/// How the version changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Add, activate with the auto-abort timer, commit after the proof.
    ThreeStep,
    /// Add, activate and commit in one command, without the timer.
    OneStep,
    /// In-service upgrade.
    Issu,
    /// Fast reload.
    Xfsu,
    /// Boot variable and reload.
    Bundle,
    /// From bundle to install mode.
    Convert,
    /// `request platform software`.
    RequestPlatform,
    /// A point fix.
    Smu,
    /// ROMMON, CPLD, FPGA.
    Firmware,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 9] = [
        Self::ThreeStep,
        Self::OneStep,
        Self::Issu,
        Self::Xfsu,
        Self::Bundle,
        Self::Convert,
        Self::RequestPlatform,
        Self::Smu,
        Self::Firmware,
    ];

    /// The word for it in columns, JSON and flags.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::ThreeStep => "three_step",
            Self::OneStep => "one_step",
            Self::Issu => "issu",
            Self::Xfsu => "xfsu",
            Self::Bundle => "bundle",
            Self::Convert => "convert",
            Self::RequestPlatform => "request_platform",
            Self::Smu => "smu",
            Self::Firmware => "firmware",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// A word that names no method.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no method (auto, three_step, one_step, issu, xfsu, bundle, convert, request_platform, smu, firmware)"
)]
pub struct UnknownMethod(pub String);

impl FromStr for Method {
    type Err = UnknownMethod;

    fn from_str(text: &str) -> Result<Self, UnknownMethod> {
        Self::ALL
            .into_iter()
            .find(|m| m.word() == text)
            .ok_or_else(|| UnknownMethod(text.to_owned()))
    }
}

/// What a step takes away from the network while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disturbs {
    /// Nothing.
    None,
    /// One side of a redundant pair.
    Switchover,
    /// The device.
    Reload,
}

/// One step, complete: no choice is left for the time of execution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What it does.
    pub kind: StepKind,
    /// The stage it belongs to.
    pub stage: StageKind,
    /// The commands that the device is sent, in order.
    pub commands: Vec<String>,
    /// The file system of the further member that it is about; `None`: the one that the image is
    /// sent to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member_fs: Option<String>,
    /// What a device's conversation with a server needs beside the command: of a pull alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<Terms>,
    /// The parts that it writes, each from exactly one version to another: of firmware alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub firmware: Vec<Change>,
    /// What it takes away.
    pub disturbs: Disturbs,
    /// The longest that it may take, in seconds of device time.
    pub bound_s: u64,
    /// How it is undone, in words.
    pub undo: String,
    /// Why it is there.
    #[serde(default, skip_serializing_if = "Reason::is_empty")]
    pub why: Reason,
}

/// What will be done to one device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DevicePlan {
    /// The device.
    pub device: DeviceName,
    /// Its model.
    pub pid: String,
    /// Its serials, sorted.
    pub serials: Vec<String>,
    /// The release it runs.
    pub from: Version,
    /// The release it will run.
    pub to: Version,
    /// Releases that follow, each by a plan and an approval of its own; the last one is the target.
    /// Empty where `to` is the target.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub then: Vec<Version>,
    /// Patches that follow, each by a plan and an approval of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub then_patches: Vec<String>,
    /// How.
    pub method: Method,
    /// With what.
    pub image: Image,
    /// The file system that the image goes to.
    pub file_system: String,
    /// How many members must be ready before and after.
    pub members: usize,
    /// The steps in order.
    pub steps: Vec<Step>,
    /// The steps back, in order, for the time between activation and commit.
    pub way_back: Vec<Step>,
    /// The steps back, in order, from the commit on; empty where the device knows no such way, or the
    /// method has no commit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undo_commit: Vec<Step>,
    /// What the upgrade takes away while it runs; `None` where nobody looked. Not part of the hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blast_radius: Option<BlastRadius>,
    /// The space on every member. Not part of the hash.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub space: Vec<SpaceNeed>,
    /// Why each choice was made. Not part of the hash.
    pub reasons: Vec<Reason>,
    /// Auto-abort timer that activation asks for, in device time; `None` where there is none.
    pub auto_abort: Option<Duration>,
    /// Estimated time of disturbance, in seconds of device time. Not part of the hash.
    pub estimate_s: u64,
    /// Hash over everything that an approval covers (design rule 19), in lower-case hex.
    pub hash: String,
}

/// What an upgrade needs of one file system, and what that leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpaceNeed {
    /// As the device names it.
    pub file_system: String,
    /// The member it belongs to.
    pub member: u32,
    /// Bytes free now.
    pub free_bytes: u64,
    /// Bytes of a file of the image's name that is there already.
    pub reused_bytes: u64,
    /// Bytes of the image.
    pub image_bytes: u64,
    /// Bytes of the packages that are extracted from it.
    pub expand_bytes: u64,
    /// Bytes that must stay free.
    pub margin_bytes: u64,
}

impl SpaceNeed {
    /// Bytes in all, margin included.
    #[must_use]
    pub fn needed_bytes(&self) -> u64 {
        self.image_bytes + self.expand_bytes + self.margin_bytes
    }

    /// Bytes free while image and packages are there.
    #[must_use]
    pub fn left_bytes(&self) -> u64 {
        (self.free_bytes + self.reused_bytes).saturating_sub(self.image_bytes + self.expand_bytes)
    }

    /// Bytes that are missing, if any.
    #[must_use]
    pub fn short_bytes(&self) -> Option<u64> {
        let have = self.free_bytes + self.reused_bytes;
        self.needed_bytes()
            .checked_sub(have)
            .filter(|short| *short > 0)
    }
}

impl DevicePlan {
    /// First 8 digits of the hash: what people read and type.
    #[must_use]
    pub fn hash8(&self) -> &str {
        self.hash.get(..8).unwrap_or(&self.hash)
    }

    /// The same plan with its hash filled in. It covers serials, releases, image digest, method,
    /// commands and reversals; it leaves out estimates (design rule 19).
    #[must_use]
    pub fn sealed(mut self) -> Self {
        let steps = |steps: &[Step]| -> Vec<serde_json::Value> {
            steps
                .iter()
                .map(|s| serde_json::json!([s.kind, s.commands, s.disturbs, s.undo]))
                .collect()
        };
        let mut covered = serde_json::json!([
            "iosxe-plan-1",
            self.device,
            self.serials,
            self.from.to_string(),
            self.to.to_string(),
            self.method,
            self.image.file,
            self.image.size_bytes,
            self.image.sha512,
            self.image.md5,
            steps(&self.steps),
            steps(&self.way_back),
        ]);
        if let (Some(list), false) = (covered.as_array_mut(), self.then.is_empty()) {
            list.push(serde_json::json!(self.then));
        }
        if let (Some(list), false) = (covered.as_array_mut(), self.undo_commit.is_empty()) {
            list.push(serde_json::json!(["undo_commit", steps(&self.undo_commit)]));
        }
        if let (Some(list), false) = (covered.as_array_mut(), self.then_patches.is_empty()) {
            list.push(serde_json::json!(self.then_patches));
        }
        let firmware: Vec<&Change> = self.changes().collect();
        if let (Some(list), false) = (covered.as_array_mut(), firmware.is_empty()) {
            list.push(serde_json::json!(["firmware", firmware]));
        }
        let digest = Sha256::digest(covered.to_string().as_bytes());
        self.hash = hex(&digest);
        self
    }

    /// The releases that the device runs on its way, in order: that of this plan first.
    pub fn legs(&self) -> impl Iterator<Item = &Version> {
        std::iter::once(&self.to).chain(&self.then)
    }

    /// The release that the device is on its way to, over whatever comes first.
    #[must_use]
    pub fn target(&self) -> &Version {
        self.then.last().unwrap_or(&self.to)
    }

    /// The steps back of an upgrade that is there to stay.
    #[must_use]
    pub fn way_back_for_good(&self) -> &[Step] {
        if self.steps.iter().any(|s| s.kind.commits()) {
            &self.undo_commit
        } else {
            &self.way_back
        }
    }

    /// Whether something follows it, by a plan of its own.
    #[must_use]
    pub fn is_on_the_way(&self) -> bool {
        !self.then.is_empty() || !self.then_patches.is_empty()
    }

    /// Whether it takes a patch out.
    #[must_use]
    pub fn takes_patch_out(&self) -> bool {
        let kinds = [StepKind::Deactivate, StepKind::RemovePatch];
        self.method == Method::Smu && self.steps.iter().any(|s| kinds.contains(&s.kind))
    }

    /// How its patch has to stand on every member at one of its two ends, in words.
    #[must_use]
    pub fn patch_words(&self, way: Way) -> String {
        let in_use = (way == Way::Forth) != self.takes_patch_out();
        let state = if in_use { "in use" } else { "out of use" };
        format!("{} {state} on every member", self.image.file)
    }

    /// The parts whose firmware it writes.
    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        let writing = self.steps.iter().filter(|s| s.kind.is_for_good());
        writing.flat_map(|s| &s.firmware)
    }

    /// The file system that a step is about.
    #[must_use]
    pub fn file_system_of<'a>(&'a self, step: &'a Step) -> &'a str {
        step.member_fs.as_deref().unwrap_or(&self.file_system)
    }

    /// Whether any step takes the device away.
    #[must_use]
    pub fn disturbs(&self) -> Disturbs {
        self.steps
            .iter()
            .map(|s| s.disturbs)
            .max()
            .unwrap_or(Disturbs::None)
    }
}

/// Lower-case hex of some bytes.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a String cannot fail.
            let _infallible = write!(text, "{byte:02x}");
            text
        })
}

/// The hash of a fleet's plan: over the hashes of its devices, by name.
#[must_use]
pub fn fleet_hash<'a>(plans: impl IntoIterator<Item = &'a DevicePlan>) -> String {
    let by_name: BTreeMap<&str, &str> = plans
        .into_iter()
        .map(|p| (p.device.as_str(), p.hash.as_str()))
        .collect();
    let mut hasher = Sha256::new();
    for (name, hash) in by_name {
        hasher.update(name.as_bytes());
        hasher.update([0]);
        hasher.update(hash.as_bytes());
        hasher.update([0]);
    }
    hex(&hasher.finalize())
}

/// Lines printed behind a reason; a saved plan has them all.
const LINES_SHOWN: usize = 3;

impl fmt::Display for DevicePlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "plan {}  {}  {}  {} -> {}  {}",
            self.hash8(),
            self.device,
            self.pid,
            self.from,
            self.to,
            self.method
        )?;
        for (n, step) in self.steps.iter().enumerate() {
            writeln!(
                f,
                "{:>3}  {:<12} {}",
                n + 1,
                step.kind.word(),
                step.commands.join("; ")
            )?;
            let disturbs = match step.disturbs {
                Disturbs::None => "",
                Disturbs::Switchover => "SWITCHOVER, ",
                Disturbs::Reload => "RELOAD, ",
            };
            let bound = if step.bound_s == 0 {
                "waits for a person".to_owned()
            } else {
                format!("at most {}", minutes(step.bound_s))
            };
            writeln!(f, "{:17}{disturbs}{bound}; undo: {}", "", step.undo)?;
            if step.kind.is_for_good() {
                for change in &step.firmware {
                    writeln!(f, "{:17}writes: {change}", "")?;
                }
            }
            if !step.why.text.is_empty() {
                writeln!(f, "{:17}why: {}", "", step.why)?;
            }
        }
        for release in &self.then {
            writeln!(
                f,
                "     then: {release}, by a plan and an approval of its own"
            )?;
        }
        for patch in &self.then_patches {
            writeln!(
                f,
                "     then: {patch}, by a plan and an approval of its own"
            )?;
        }
        if let Some(blast) = self.blast_radius {
            writeln!(
                f,
                "     takes away: {}, {}, {}, {}",
                counted(blast.members, "member"),
                counted(blast.ports_up, "port"),
                counted(blast.ports_powered, "powered device"),
                counted(blast.neighbours, "network neighbour"),
            )?;
        }
        for reason in &self.reasons {
            writeln!(f, "     because {reason}")?;
            for line in reason.evidence.iter().take(LINES_SHOWN) {
                writeln!(f, "             {line}")?;
            }
            let more = reason.evidence.len().saturating_sub(LINES_SHOWN);
            if more > 0 {
                writeln!(f, "             and {more} more")?;
            }
        }
        writeln!(f, "     without this tool:")?;
        for step in &self.steps {
            match step.kind {
                StepKind::Transfer => {
                    writeln!(f, "       copy {} to {}", self.image.file, self.file_system)?;
                }
                // Only where a copy went wrong; nobody deletes by a list.
                StepKind::DeleteFile | StepKind::Gate | StepKind::Verify => {}
                _ => {
                    for command in &step.commands {
                        writeln!(f, "       {}# {command}", self.device)?;
                    }
                }
            }
        }
        if let Some(timer) = self.auto_abort {
            let started = self.steps.iter().find(|s| s.kind.starts_timer());
            let (end, start) = match started.map(|s| s.kind) {
                Some(StepKind::LoadVersion) => ("accept", "issu loadversion"),
                _ => ("commit", "install activate"),
            };
            let then = match self.method {
                Method::Smu => "takes the patch out of use".to_owned(),
                _ => format!("goes back to {}", self.from),
            };
            writeln!(
                f,
                "       {end} within {} of `{start}`, or the device {then} by itself",
                minutes(timer.as_secs())
            )?;
        }
        Ok(())
    }
}

fn minutes(seconds: u64) -> String {
    if seconds < 120 {
        format!("{seconds} s")
    } else {
        format!("{} min", seconds.div_ceil(60))
    }
}

/// What the planner is asked.
#[derive(Clone, Copy, Debug)]
pub struct PlanRequest<'a> {
    /// The row.
    pub record: &'a Record,
    /// The device as it is.
    pub facts: &'a Facts,
    /// The image for it.
    pub image: &'a Image,
    /// Releases that follow the image's, in order: the image is on the way to the last of them.
    pub then: &'a [Version],
    /// The user's rules.
    pub policy: &'a Policy,
}

/// Why no plan is made: the device is left alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Stable code.
    pub code: String,
    /// One sentence.
    pub message: String,
    /// What to do about it.
    pub remedy: Option<Remedy>,
    /// The captured lines behind it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// The release that has to come first: with an image of it the device can be planned for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<Version>,
}

impl Refusal {
    /// A refusal with its remedy.
    pub fn new(code: &str, message: impl Into<String>, remedy: Remedy) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
            remedy: Some(remedy),
            evidence: Vec::new(),
            via: None,
        }
    }

    /// The same refusal with the lines that it rests on.
    #[must_use]
    pub fn seen(mut self, evidence: Vec<Evidence>) -> Self {
        self.evidence.extend(evidence);
        self
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        let mut fault = Self::new(Class::Operator, &refusal.code, refusal.message);
        fault.evidence = refusal.evidence.iter().map(ToString::to_string).collect();
        match refusal.remedy {
            Some(remedy) => fault.remedy(remedy),
            None => fault,
        }
    }
}

/// What a look at a device says about a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// What the step wants is so: nothing has to be sent.
    Done,
    /// The step can be carried out now.
    Ready,
    /// Something runs on the device; look again later.
    Pending {
        /// What is waited for.
        what: String,
    },
    /// The step cannot be carried out.
    Blocked {
        /// What the step needs.
        expected: String,
        /// What the device shows.
        found: String,
        /// Stable code.
        code: String,
    },
}

/// What a device is after an activation or reload, seen against its plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Not yet: booting, members missing, engine busy.
    Settling {
        /// What is waited for.
        what: String,
    },
    /// Runs the target on every member, activated and not committed.
    Uncommitted,
    /// Runs the target on every member, committed (or bundle mode: booted as configured).
    Committed,
    /// Runs the release that it came from, with nothing activated.
    Original,
    /// Runs a release that the plan does not name.
    Other {
        /// What runs.
        running: String,
    },
}
