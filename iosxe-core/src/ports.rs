//! What the engine needs from the world: object-safe traits, one struct of them.
//!
//! An embedder replaces exactly what differs. Time and randomness are ports too, so that a run can
//! be replayed.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::device::{Address, Facts, Record};
use crate::event::{Envelope, Takeover};
use crate::fault::{Class, Classified, Effect, Fault, Remedy};
use crate::ids::{CredentialName, DeviceName, RunId};
use crate::image::{HashKind, Image, ImageError};
use crate::observation::{Backup, Observation};
use crate::plan::{DevicePlan, PlanRequest, Refusal, Standing, Step, StepState};
use crate::secret::{Redactor, Secret};
use crate::talk::{Conversation, Dialogue, Exchange, TalkError};
use crate::version::Version;

/// Which algorithms a client may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AlgorithmProfile {
    /// What is safe today.
    #[default]
    Modern,
    /// SHA-1 key exchange and `ssh-rsa` too: what releases up to 16.12 offer. Allowed per device,
    /// every use is logged.
    Legacy,
}

/// Who logs in, and with what.
#[derive(Clone, Debug)]
pub struct Credential {
    /// The user.
    pub username: String,
    /// Password, for `password` and `keyboard-interactive`.
    pub password: Option<Secret>,
    /// Enable secret, where login does not grant privilege 15.
    pub enable: Option<Secret>,
    /// Private key file in OpenSSH format.
    pub key_file: Option<std::path::PathBuf>,
    /// Passphrase of the private key.
    pub key_passphrase: Option<Secret>,
    /// Ask the SSH agent.
    pub agent: bool,
}

impl Credential {
    /// A user with a password.
    pub fn password(username: impl Into<String>, password: Secret) -> Self {
        Self {
            username: username.into(),
            password: Some(password),
            enable: None,
            key_file: None,
            key_passphrase: None,
            agent: false,
        }
    }

    /// Every secret in it, for a redactor.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.password
            .iter()
            .chain(&self.enable)
            .chain(&self.key_passphrase)
    }
}

/// A hop on the way to a device.
#[derive(Clone, Debug)]
pub struct Jump {
    /// Where.
    pub address: Address,
    /// Who.
    pub credential: Credential,
    /// Which algorithms may be used with it.
    pub profile: AlgorithmProfile,
}

/// Everything that a connection to one device needs.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The device, for messages and evidence.
    pub device: DeviceName,
    /// Where.
    pub address: Address,
    /// Who.
    pub credential: Credential,
    /// The hops before it, nearest to us first.
    pub jumps: Vec<Jump>,
    /// Which algorithms may be used.
    pub profile: AlgorithmProfile,
}

/// Why there is no session.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// Refused, no route, no name.
    #[error("cannot reach {address}: {reason}")]
    Unreachable {
        /// Where.
        address: String,
        /// Why.
        reason: String,
    },
    /// Nothing answered in time.
    #[error("{address} did not answer within {} s", waited.as_secs())]
    TimedOut {
        /// Where.
        address: String,
        /// How long was waited, wall time.
        waited: Duration,
    },
    /// What answers speaks no SSH, or ended in the handshake.
    #[error("{address} breaks off the SSH handshake: {reason}")]
    Handshake {
        /// Where.
        address: String,
        /// Why.
        reason: String,
    },
    /// No common algorithm.
    #[error("{address} offers no algorithm that the profile allows: {reason}")]
    NoCommonAlgorithm {
        /// Where.
        address: String,
        /// What is missing.
        reason: String,
    },
    /// The host key is not in the known hosts.
    #[error("the host key of {address} is not known: {fingerprint}")]
    HostKeyUnknown {
        /// Where.
        address: String,
        /// `ssh-ed25519 SHA256:…`.
        fingerprint: String,
    },
    /// The host key is another than the known one. No credential was sent.
    #[error("the host key of {address} changed: {fingerprint} instead of {expected}")]
    HostKeyChanged {
        /// Where.
        address: String,
        /// What it shows now.
        fingerprint: String,
        /// What is known.
        expected: String,
    },
    /// The credential was refused.
    #[error("{address} refuses the credential of {username} ({methods})")]
    CredentialRefused {
        /// Where.
        address: String,
        /// Who.
        username: String,
        /// The methods that were tried.
        methods: String,
    },
    /// A hop before the device failed.
    #[error("the jump host {jump} does not lead to {address}: {reason}")]
    Jump {
        /// The hop.
        jump: String,
        /// Where to.
        address: String,
        /// Why.
        reason: String,
    },
    /// The server refuses another channel: all lines are taken.
    #[error("{address} opens no channel: {reason}")]
    NoChannel {
        /// Where.
        address: String,
        /// Why.
        reason: String,
    },
    /// Something on our own side: a key file, a known-hosts file.
    #[error("{what}: {reason}")]
    Local {
        /// What.
        what: String,
        /// Why.
        reason: String,
    },
}

impl Classified for ConnectError {
    fn class(&self) -> Class {
        match self {
            Self::Unreachable { .. }
            | Self::TimedOut { .. }
            | Self::Handshake { .. }
            | Self::Jump { .. }
            | Self::NoChannel { .. } => Class::Transient,
            Self::NoCommonAlgorithm { .. }
            | Self::HostKeyUnknown { .. }
            | Self::HostKeyChanged { .. }
            | Self::CredentialRefused { .. }
            | Self::Local { .. } => Class::Operator,
        }
    }

    fn effect(&self) -> Effect {
        Effect::None
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "unreachable",
            Self::TimedOut { .. } => "connect_timeout",
            Self::Handshake { .. } => "no_ssh",
            Self::NoCommonAlgorithm { .. } => "no_common_algorithm",
            Self::HostKeyUnknown { .. } => "host_key_unknown",
            Self::HostKeyChanged { .. } => "host_key_changed",
            Self::CredentialRefused { .. } => "credential_refused",
            Self::Jump { .. } => "jump_failed",
            Self::NoChannel { .. } => "no_channel",
            Self::Local { .. } => "local_file",
        }
    }

    fn remedy(&self) -> Option<Remedy> {
        match self {
            Self::Unreachable { .. } | Self::TimedOut { .. } => Some(Remedy::new(
                "check the `address` cell and the way to the device",
            )),
            Self::Handshake { .. } => Some(Remedy::new(
                "check that the port is the device's SSH port and that a vty line is free",
            )),
            Self::NoCommonAlgorithm { .. } => Some(Remedy::new(
                "if the device speaks only old algorithms, allow them for it: `[[ssh]] match = \"NAME\", profile = \"legacy\"`",
            )),
            Self::HostKeyUnknown { .. } => Some(Remedy::with(
                "compare the fingerprint with the device's console, then accept it",
                "--accept-new-host-keys",
            )),
            Self::HostKeyChanged { .. } => Some(Remedy::with(
                "find out why the key changed; if it is right, trust it",
                "iosxe trust DEVICE",
            )),
            Self::CredentialRefused { .. } => {
                Some(Remedy::new("check user and password of this credential"))
            }
            Self::Jump { .. } => Some(Remedy::new("check the `jump` cell and the jump host")),
            Self::NoChannel { .. } => {
                Some(Remedy::new("free a vty line, or wait until one is free"))
            }
            Self::Local { .. } => Some(Remedy::new("check the file and its permissions")),
        }
    }
}

/// Where raw evidence goes: every byte, with time, redacted (design rule 21).
pub trait Evidence: Send + Sync {
    /// The device said this.
    fn received(&self, text: &str);
    /// We sent this; a secret arrives here already masked.
    fn sent(&self, text: &str);
    /// Something that no byte shows: connected, key, closed.
    fn note(&self, text: &str);
}

/// Opens sessions.
#[async_trait]
pub trait Connector: Send + Sync {
    /// Opens an authenticated shell.
    ///
    /// Reads only: nothing is sent but the login.
    ///
    /// # Errors
    /// [`ConnectError`]. A refused credential is reported at once and never tried again here.
    async fn connect(
        &self,
        to: &Endpoint,
        evidence: Arc<dyn Evidence>,
    ) -> Result<Box<dyn Session>, ConnectError>;

    /// Pins the key that the device shows now in place of the known one (`iosxe trust`).
    ///
    /// # Errors
    /// [`ConnectError`] when the device cannot be reached or the file not be written.
    async fn trust(&self, to: &Endpoint) -> Result<String, ConnectError>;
}

/// One shell on one device.
#[async_trait]
pub trait Session: Send {
    /// Drives a dialogue to its end.
    ///
    /// # Errors
    /// [`TalkError::Channel`] when the channel fails below the conversation; the end of the
    /// connection is an input of the dialogue, not an error.
    async fn talk(&mut self, dialogue: &mut dyn Dialogue) -> Result<(), TalkError>;

    /// Whether the connection still stands, as far as is known.
    fn is_open(&self) -> bool;

    /// The algorithms in use, for people: `curve25519-sha256, ssh-ed25519, aes256-gcm`.
    fn algorithms(&self) -> String;

    /// Leaves.
    async fn close(&mut self);
}

/// Joins a session and a typed conversation.
///
/// # Errors
/// What stopped either.
pub async fn converse<C: Conversation>(
    session: &mut dyn Session,
    mut conversation: C,
) -> Result<C::Output, TalkError> {
    session.talk(&mut conversation).await?;
    conversation.finish()
}

/// Why a file did not arrive.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransferError {
    /// No session.
    #[error("no session for the transfer")]
    Connect(#[from] ConnectError),
    /// The device says no.
    #[error("the device refuses the file: {answer}")]
    Refused {
        /// What it said.
        answer: String,
    },
    /// The device has no room left. A part of the file is on its flash.
    #[error("the device has no room for the file: {answer}")]
    NoSpace {
        /// What it said.
        answer: String,
    },
    /// The connection ended after so many bytes. A part of the file is on its flash.
    #[error("the connection ended after {sent} of {total} bytes")]
    Broken {
        /// Bytes that were sent.
        sent: u64,
        /// Bytes in all.
        total: u64,
    },
    /// No byte moved for so long. A part of the file is on its flash.
    #[error("no byte moved for {} s after {sent} of {total} bytes", waited.as_secs())]
    Stalled {
        /// Bytes that were sent.
        sent: u64,
        /// Bytes in all.
        total: u64,
        /// Wall time.
        waited: Duration,
    },
    /// The source cannot be read.
    #[error("cannot read {path}: {reason}")]
    Source {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// The device speaks another protocol than SCP.
    #[error("the device answers outside the protocol: {answer}")]
    Protocol {
        /// What it said.
        answer: String,
    },
    /// Somebody stopped it.
    #[error("stopped after {sent} of {total} bytes")]
    Cancelled {
        /// Bytes that were sent.
        sent: u64,
        /// Bytes in all.
        total: u64,
    },
}

impl Classified for TransferError {
    fn class(&self) -> Class {
        match self {
            Self::Connect(e) => e.class(),
            Self::Refused { .. } | Self::Source { .. } | Self::Protocol { .. } => Class::Operator,
            Self::NoSpace { .. } => Class::Permanent,
            Self::Broken { .. } | Self::Stalled { .. } | Self::Cancelled { .. } => Class::Transient,
        }
    }

    fn effect(&self) -> Effect {
        match self {
            Self::Connect(_) | Self::Refused { .. } | Self::Source { .. } => Effect::None,
            Self::NoSpace { .. }
            | Self::Broken { .. }
            | Self::Stalled { .. }
            | Self::Protocol { .. }
            | Self::Cancelled { .. } => Effect::Unknown,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Connect(e) => e.code(),
            Self::Refused { .. } => "transfer_refused",
            Self::NoSpace { .. } => "flash_full",
            Self::Broken { .. } => "transfer_broken",
            Self::Stalled { .. } => "transfer_stalled",
            Self::Source { .. } => "image_unreadable",
            Self::Protocol { .. } => "transfer_protocol",
            Self::Cancelled { .. } => "transfer_cancelled",
        }
    }

    fn remedy(&self) -> Option<Remedy> {
        match self {
            Self::Connect(e) => e.remedy(),
            Self::Refused { .. } => Some(Remedy::with(
                "let the device accept SCP from a user that lands in privilege 15",
                "ip scp server enable",
            )),
            Self::NoSpace { .. } => Some(Remedy::with(
                "free room on the device's flash",
                "install remove inactive",
            )),
            Self::Source { .. } => Some(Remedy::new("check the image file and its permissions")),
            Self::Protocol { .. } => {
                Some(Remedy::new("look at the raw output in the run's folder"))
            }
            Self::Broken { .. } | Self::Stalled { .. } | Self::Cancelled { .. } => None,
        }
    }
}

/// Follows a transfer and may stop it.
pub trait TransferWatch: Send + Sync {
    /// So many bytes are over. Called often; must not block.
    fn moved(&self, bytes: u64, total: u64);
    /// Whether to stop at the next chance.
    fn cancelled(&self) -> bool;
}

/// Moves files onto devices.
#[async_trait]
pub trait FileMover: Send + Sync {
    /// Writes one local file to a device's flash, on a session of its own.
    ///
    /// Writes flash. Overwrites a file of that name. Nothing else is retried or deleted here: what
    /// arrived is proven by the caller on the device.
    ///
    /// # Errors
    /// [`TransferError`]; after all but `Connect`, `Refused` and `Source` a part of the file may be
    /// on flash under its final name.
    async fn push(
        &self,
        to: &Endpoint,
        source: &Path,
        destination: &str,
        watch: &dyn TransferWatch,
        evidence: Arc<dyn Evidence>,
    ) -> Result<u64, TransferError>;
}

/// What a look is after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// [`crate::observation::Observation::Facts`].
    Facts,
    /// [`crate::observation::Observation::Readiness`].
    Readiness,
    /// [`crate::observation::Observation::Health`].
    Health,
    /// [`crate::observation::Observation::Backup`].
    Backup,
    /// [`crate::observation::Observation::Digest`].
    Digest {
        /// `flash:image.bin`.
        path: String,
        /// How.
        kind: HashKind,
    },
}

/// What a device family knows: pure, no I/O.
pub trait Driver: Send + Sync {
    /// From a fresh shell to a usable prompt: waits for it, enables, sets the terminal up.
    fn login(&self, enable: Option<Secret>) -> Box<dyn Exchange>;

    /// A read-only look. `hostname` is the one that the login learnt.
    fn look(&self, look: &Look, hostname: &str) -> Box<dyn Exchange>;

    /// A changing step: sends its commands, answers what its table knows.
    fn act(&self, step: &Step, hostname: &str) -> Box<dyn Exchange>;

    /// Decides the steps.
    ///
    /// # Errors
    /// [`Refusal`]: the device is left alone.
    fn plan(&self, request: &PlanRequest<'_>) -> Result<DevicePlan, Refusal>;

    /// The look that tells how a step stands.
    fn look_for(&self, step: &Step, plan: &DevicePlan) -> Look;

    /// Holds a step against what that look saw.
    fn assess(&self, step: &Step, plan: &DevicePlan, seen: &Observation) -> StepState;

    /// What the device is, seen against its plan, after an activation or reload.
    fn standing(&self, plan: &DevicePlan, facts: &Facts) -> Standing;

    /// How long a reload of this device takes, in device time: (p90, bound).
    fn reload_time(&self, facts: &Facts) -> (Duration, Duration);
}

/// Finds the driver for a device.
pub trait Drivers: Send + Sync {
    /// The driver for a device of which nothing is known: logs in and reads facts.
    fn any(&self) -> Arc<dyn Driver>;

    /// The driver for a device.
    ///
    /// # Errors
    /// [`Refusal`] for a device that is recognised and not supported, or not recognised.
    fn of(&self, facts: &Facts) -> Result<Arc<dyn Driver>, Refusal>;
}

/// The values of our own columns for one row. `None` leaves the cell alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowUpdate {
    /// The row.
    pub device: Option<DeviceName>,
    /// `plan`.
    pub plan: Option<String>,
    /// `current_version`.
    pub current_version: Option<String>,
    /// `boot_mode`.
    pub boot_mode: Option<String>,
    /// `method`.
    pub method: Option<String>,
    /// `status`.
    pub status: Option<String>,
    /// `stage`.
    pub stage: Option<String>,
    /// `last_error`; empty clears the cell.
    pub last_error: Option<String>,
    /// `rollback_status`.
    pub rollback_status: Option<String>,
    /// `last_upgrade`.
    pub last_upgrade: Option<String>,
    /// `run`.
    pub run: Option<String>,
    /// `updated_at`.
    pub updated_at: Option<String>,
}

/// An inventory as it was read.
#[derive(Clone, Debug, Default)]
pub struct InventoryRead {
    /// The rows.
    pub records: Vec<Record>,
    /// What a person should know: a lock file, a cell without a cached value that does not matter.
    pub warnings: Vec<String>,
}

/// An inventory as it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InventoryWritten {
    /// What a person should know: a row that is gone, a cell that could not be changed. The other
    /// cells are on disk.
    pub warnings: Vec<String>,
}

/// The source of truth.
#[async_trait]
pub trait Inventory: Send + Sync {
    /// Where it is, for messages.
    fn location(&self) -> String;

    /// The same for every way that leads to one source: kept in the journal, so that rows which a run
    /// could not write are never written into another inventory.
    fn identity(&self) -> String {
        self.location()
    }

    /// Reads every row.
    ///
    /// # Errors
    /// A [`Fault`] that names file, sheet and cell.
    async fn read(&self) -> Result<InventoryRead, Fault>;

    /// Writes our own columns of some rows; every other cell stays as it is on disk now. A row that
    /// the operator removed meanwhile is a warning.
    ///
    /// # Errors
    /// A [`Fault`]; transient ones (the file is open elsewhere) leave the caller to try again.
    /// After any of them nothing was written.
    async fn write(&self, updates: &[RowUpdate]) -> Result<InventoryWritten, Fault>;
}

/// Where images come from.
#[async_trait]
pub trait Images: Send + Sync {
    /// The image for a model: by the file name of the row, else by release.
    ///
    /// # Errors
    /// [`ImageError`].
    async fn find(
        &self,
        pid: &str,
        target: Option<&Version>,
        file: Option<&str>,
    ) -> Result<Image, ImageError>;

    /// Holds the bytes against the catalogue. Cheap when they were held before and did not change.
    ///
    /// # Errors
    /// [`ImageError::Differs`], [`ImageError::Unreadable`].
    async fn verify(&self, image: &Image) -> Result<(), ImageError>;
}

/// Credentials by name.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// A credential.
    ///
    /// # Errors
    /// A [`Fault`] that names the credential and where it was looked for, never its value.
    async fn credential(&self, name: &CredentialName) -> Result<Credential, Fault>;
}

/// Why the journal cannot be used. Nothing that changes a device is sent after it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// Another process drives it.
    #[error("{journal} is in use by another process ({holder})")]
    InUse {
        /// Where.
        journal: String,
        /// Who, as far as it says.
        holder: String,
    },
    /// Written by a newer version of this program.
    #[error("{journal} has format {found}; this program knows formats up to {known}")]
    FromTheFuture {
        /// Where.
        journal: String,
        /// Its format.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// The run is not in it.
    #[error("{journal} has no run {run}")]
    NoSuchRun {
        /// Where.
        journal: String,
        /// The run.
        run: String,
    },
    /// A record that cannot be read.
    #[error("{journal}, run {run}, record {seq} cannot be read: {reason}")]
    Damaged {
        /// Where.
        journal: String,
        /// The run.
        run: String,
        /// The record.
        seq: u64,
        /// Why.
        reason: String,
    },
    /// The file or its disk.
    #[error("{journal}: {reason}")]
    Storage {
        /// Where.
        journal: String,
        /// Why.
        reason: String,
    },
}

impl Classified for JournalError {
    fn class(&self) -> Class {
        Class::Operator
    }

    fn effect(&self) -> Effect {
        Effect::None
    }

    fn code(&self) -> &'static str {
        match self {
            Self::InUse { .. } => "journal_in_use",
            Self::FromTheFuture { .. } => "journal_from_the_future",
            Self::NoSuchRun { .. } => "no_such_run",
            Self::Damaged { .. } => "journal_damaged",
            Self::Storage { .. } => "journal_storage",
        }
    }

    fn remedy(&self) -> Option<Remedy> {
        Some(match self {
            Self::InUse { .. } => Remedy::new("wait for that process, or stop it"),
            Self::FromTheFuture { .. } => Remedy::new("use the newer program for this journal"),
            Self::NoSuchRun { .. } => Remedy::with("list the runs", "iosxe status --all"),
            Self::Damaged { .. } => {
                Remedy::new("keep the file, and look at each device before anything is started")
            }
            Self::Storage { .. } => {
                Remedy::new("check that the folder exists, can be written and has room")
            }
        })
    }
}

/// A run as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunHead {
    /// The run.
    pub run: RunId,
    /// Its first record's time.
    pub started: Timestamp,
    /// Whether its end is recorded.
    pub ended: bool,
}

/// What a person decides for a device while another process drives its run (design rule 20).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The device.
    pub device: DeviceName,
    /// What.
    pub takeover: Takeover,
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// What is meant and what is known, durable.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Appends records of one run. When it returns they survive a crash of the machine.
    ///
    /// # Errors
    /// [`JournalError`]; then none of them may be acted upon.
    async fn append(&self, records: &[Envelope]) -> Result<(), JournalError>;

    /// All records of a run after a sequence number, in order.
    ///
    /// # Errors
    /// [`JournalError`].
    async fn read(&self, run: &RunId, after: u64) -> Result<Vec<Envelope>, JournalError>;

    /// All runs, newest first.
    ///
    /// # Errors
    /// [`JournalError`].
    async fn runs(&self) -> Result<Vec<RunHead>, JournalError>;

    /// Where a reader of a run stands: the last sequence number it has dealt with.
    ///
    /// # Errors
    /// [`JournalError`].
    async fn cursor(&self, run: &RunId, reader: &str) -> Result<u64, JournalError>;

    /// Moves a reader on.
    ///
    /// # Errors
    /// [`JournalError`].
    async fn set_cursor(&self, run: &RunId, reader: &str, seq: u64) -> Result<(), JournalError>;

    /// Leaves a decision for the process that drives a run, also while that process writes the
    /// journal. Returns its number; numbers grow. It is no record: the process that takes it up
    /// writes one.
    ///
    /// # Errors
    /// [`JournalError`]; then nothing was left.
    async fn decide(&self, run: &RunId, decision: &Decision) -> Result<u64, JournalError>;

    /// The decisions for a run with a number after that one, in order.
    ///
    /// # Errors
    /// [`JournalError`].
    async fn decisions(
        &self,
        run: &RunId,
        after: u64,
    ) -> Result<Vec<(u64, Decision)>, JournalError>;

    /// Ends the work with the journal: what others find afterwards is one file that nobody holds.
    /// Nothing may be asked of it after. A journal that is dropped without it has lost nothing.
    ///
    /// # Errors
    /// [`JournalError`]; what was appended is durable all the same.
    async fn close(&self) -> Result<(), JournalError>;
}

/// What a gate asks.
#[derive(Clone, Debug)]
pub struct GateQuestion {
    /// The device.
    pub device: DeviceName,
    /// Its plan.
    pub plan: DevicePlan,
}

/// The answer at a gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GateAnswer {
    /// Go.
    Approved {
        /// Who.
        by: String,
    },
    /// Stay.
    Rejected {
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
    /// Nobody can answer now: the device waits.
    NotNow {
        /// What would answer it.
        how: String,
    },
}

/// Answers gates.
#[async_trait]
pub trait Approver: Send + Sync {
    /// Asks.
    async fn ask(&self, question: &GateQuestion) -> GateAnswer;
}

/// Keeps what a run writes besides its journal: raw evidence and configurations.
#[async_trait]
pub trait Keeper: Send + Sync {
    /// The evidence of one device in one run, with the secrets that it must mask.
    ///
    /// # Errors
    /// A [`Fault`] when the run's folder cannot be written.
    fn evidence(
        &self,
        run: &RunId,
        device: &DeviceName,
        redactor: Redactor,
    ) -> Result<Arc<dyn Evidence>, Fault>;

    /// Keeps the configurations, readable by the owner only; returns the names of the files.
    ///
    /// # Errors
    /// A [`Fault`] when the run's folder cannot be written.
    async fn backup(
        &self,
        run: &RunId,
        device: &DeviceName,
        backup: &Backup,
    ) -> Result<Vec<String>, Fault>;
}

/// Time. The only place where the engine learns it.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Wall time.
    fn now(&self) -> Timestamp;
    /// Returns at that instant, at once when it is over.
    async fn until(&self, at: Timestamp);
}

/// Randomness, for jitter and names.
pub trait Randomness: Send + Sync {
    /// 64 random bits.
    fn next(&self) -> u64;
}

/// Everything that the engine is given.
#[derive(Clone)]
pub struct Ports {
    /// Opens sessions.
    pub connector: Arc<dyn Connector>,
    /// Moves files.
    pub mover: Arc<dyn FileMover>,
    /// Knows devices.
    pub drivers: Arc<dyn Drivers>,
    /// The source of truth.
    pub inventory: Arc<dyn Inventory>,
    /// Images.
    pub images: Arc<dyn Images>,
    /// Credentials.
    pub secrets: Arc<dyn Secrets>,
    /// The journal.
    pub journal: Arc<dyn Journal>,
    /// Answers gates.
    pub approver: Arc<dyn Approver>,
    /// Evidence and backups.
    pub keeper: Arc<dyn Keeper>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub randomness: Arc<dyn Randomness>,
}

impl std::fmt::Debug for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ports")
    }
}
