//! The source of truth, which is the user's.

use async_trait::async_trait;

use crate::device::Record;
use crate::fault::Fault;
use crate::ids::DeviceName;

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
