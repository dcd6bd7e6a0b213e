//! What is meant and what is known, and what persons decide meanwhile.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::event::{Envelope, Takeover};
use crate::fault::{Class, Classified, Effect, Remedy};
use crate::ids::{DeviceName, RunId};

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
    /// When it was left. Wall time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
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
