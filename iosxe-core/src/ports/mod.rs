//! What the engine needs from the world: object-safe traits, one struct of them.
//!
//! An embedder replaces exactly what differs. Time and randomness are ports too, so that a run can
//! be replayed.

mod driver;
mod gate;
mod inventory;
mod journal;
mod probe;
mod session;
mod transfer;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::fault::{Class, Fault, Remedy};
use crate::ids::{CredentialName, DeviceName, RunId};
use crate::image::{Image, ImageError, Listed};
use crate::observation::Backup;
use crate::secret::Redactor;
use crate::version::Version;

pub use driver::{Driver, Drivers, Look, ServerSide};
pub use gate::{Approver, GateAnswer, GateQuestion};
pub use inventory::{Inventory, InventoryRead, InventoryWritten, RowUpdate};
pub use journal::{Decision, Journal, JournalError, RunHead};
pub use probe::{
    Entity, EntityClass, FirstLook, Probe, ProbeError, ProbeTarget, SnmpCredential, SnmpHash,
};
pub use session::{
    AlgorithmProfile, ConnectError, Connector, Credential, Endpoint, Evidence, Jump, Session,
    converse,
};
pub use transfer::{FileMover, TransferError, TransferWatch};

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

/// Images that stand beside the catalogue: on a sheet of the workbook that is the inventory.
#[async_trait]
pub trait ImageSheet: std::fmt::Debug + Send + Sync {
    /// Where it is, for messages.
    fn location(&self) -> String;

    /// Every image on it, in its order; `None` when there is no such sheet and nobody asked for it
    /// by name. Cheap when it was read before and did not change.
    ///
    /// # Errors
    /// [`ImageError::Sheet`] with the cells, [`ImageError::Unreadable`].
    async fn read(&self) -> Result<Option<Vec<Listed>>, ImageError>;

    /// Writes an image into its row, or into a new one below the last. Changes nothing else.
    ///
    /// # Errors
    /// A [`Fault`]; the sheet is then as it was. Transient while the file is open elsewhere.
    async fn put(&self, image: &Image) -> Result<(), Fault>;
}

/// Credentials by name.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// A credential.
    ///
    /// # Errors
    /// A [`Fault`] that names the credential and where it was looked for, never its value.
    async fn credential(&self, name: &CredentialName) -> Result<Credential, Fault>;

    /// What the credential of that name holds for SNMP. A source of credentials that knows nothing of
    /// SNMP need not say so.
    ///
    /// # Errors
    /// A [`Fault`] that names the credential and where it was looked for, never its value.
    async fn snmp(&self, name: &CredentialName) -> Result<SnmpCredential, Fault> {
        Err(Fault::new(
            Class::Operator,
            "credential_missing",
            format!("credential `{name}` holds nothing for SNMP"),
        )
        .remedy(Remedy::new(
            "keep SNMP credentials in the environment, or ask by SSH",
        )))
    }
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
