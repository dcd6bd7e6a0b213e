//! One inventory in one file: reading, and writing back our own cells. What differs between file
//! formats is behind [`Format`].

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use iosxe_core::fault::{Class, Fault};
use iosxe_core::ports::{Inventory, InventoryRead, InventoryWritten, RowUpdate};

use crate::error::InventoryError;
use crate::file::{self, Holder, Replaced};
use crate::table::Table;
use crate::update::{Changes, changes};
use crate::{blocking, row};

/// How often a write starts anew because the file changed under it. A program that saves takes a
/// moment; one that saves three times within our three reads is still at work, and the caller
/// comes back later anyway.
const ATTEMPTS_MAX: u32 = 3;

/// A file format: bytes to cells, and single cells changed in the bytes.
pub(crate) trait Format: fmt::Debug + Send + Sync + 'static {
    /// Reads the cells. `path` is for messages.
    fn table(&self, path: &Path, bytes: &[u8]) -> Result<Table, InventoryError>;

    /// What the format stores for a text.
    fn encode(text: &str) -> String
    where
        Self: Sized;

    /// Changes cells and leaves everything else as it is; warnings say which cells could not be
    /// changed.
    fn edit(
        &self,
        path: &Path,
        bytes: &[u8],
        table: &Table,
        changes: &Changes,
    ) -> Result<(Vec<u8>, Vec<String>), InventoryError>;
}

#[derive(Debug)]
struct Shared<F> {
    path: PathBuf,
    format: F,
    /// Two writes of one process would each undo the other's temporary work.
    writing: Mutex<()>,
}

/// An inventory in a file.
#[derive(Debug)]
pub(crate) struct FileInventory<F>(Arc<Shared<F>>);

impl<F: Format> FileInventory<F> {
    pub(crate) fn new(path: PathBuf, format: F) -> Self {
        Self(Arc::new(Shared {
            path,
            format,
            writing: Mutex::new(()),
        }))
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared<F>) -> Result<T, InventoryError> + Send + 'static,
    ) -> Result<T, Fault> {
        let shared = Arc::clone(&self.0);
        match blocking::run(move || work(&shared)).await {
            Some(Ok(value)) => Ok(value),
            Some(Err(error)) => Err(Fault::from_error(&error)),
            None => Err(Fault::new(
                Class::Operator,
                "inventory_unreadable",
                format!(
                    "{} could not be handled: a defect of this program, or no thread to run on",
                    file::shown(&self.0.path)
                ),
            )),
        }
    }
}

impl<F: Format> Shared<F> {
    fn read(&self) -> Result<InventoryRead, InventoryError> {
        let (bytes, _) = file::read(&self.path)?;
        let table = self.format.table(&self.path, &bytes)?;
        let mut read = row::records(&table)?;
        if let Some(holder) = Holder::of(&self.path) {
            read.warnings.push(format!(
                "{}: what is read is what was saved last, and what we write waits until it is closed",
                holder.error(&self.path)
            ));
        }
        Ok(read)
    }

    fn write(&self, updates: &[RowUpdate]) -> Result<InventoryWritten, InventoryError> {
        let _one_at_a_time = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        rewrite(&self.path, |bytes| {
            let table = self.format.table(&self.path, bytes)?;
            let changes = changes(&table, updates, F::encode)?;
            let mut warnings = changes.warnings.clone();
            if changes.is_empty() {
                return Ok((None, InventoryWritten { warnings }));
            }
            let (content, skipped) = self.format.edit(&self.path, bytes, &table, &changes)?;
            warnings.extend(skipped);
            Ok((Some(content), InventoryWritten { warnings }))
        })
    }
}

/// Reads a file, and puts what `edit` makes of it in its place: anew when somebody else saved it
/// meanwhile, not at all when a program has it open or nothing changes.
pub(crate) fn rewrite<T>(
    path: &Path,
    edit: impl Fn(&[u8]) -> Result<(Option<Vec<u8>>, T), InventoryError>,
) -> Result<T, InventoryError> {
    for _ in 0..ATTEMPTS_MAX {
        if let Some(holder) = Holder::of(path) {
            return Err(holder.error(path));
        }
        let (bytes, stamp) = file::read(path)?;
        let (content, done) = edit(&bytes)?;
        let Some(content) = content else {
            return Ok(done);
        };
        match file::replace(path, &content, &stamp)? {
            Replaced::Done => return Ok(done),
            Replaced::ChangedMeanwhile => {}
        }
    }
    Err(InventoryError::Busy {
        path: file::shown(path),
        attempts: ATTEMPTS_MAX,
    })
}

#[async_trait]
impl<F: Format> Inventory for FileInventory<F> {
    fn location(&self) -> String {
        file::shown(&self.0.path)
    }

    fn identity(&self) -> String {
        let found = std::fs::canonicalize(&self.0.path);
        file::shown(&found.unwrap_or_else(|_| self.0.path.clone()))
    }

    async fn read(&self) -> Result<InventoryRead, Fault> {
        self.run(Shared::read).await
    }

    async fn write(&self, updates: &[RowUpdate]) -> Result<InventoryWritten, Fault> {
        let updates = updates.to_vec();
        self.run(move |shared| shared.write(&updates)).await
    }
}

#[cfg(test)]
#[cfg(feature = "csv")]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use iosxe_core::ids::DeviceName;

    use super::*;
    use crate::csv::Csv;

    /// CSV, edited by somebody else whenever we are about to write, so many times.
    #[derive(Debug)]
    struct Contested(AtomicU32);

    impl Format for Contested {
        fn table(&self, path: &Path, bytes: &[u8]) -> Result<Table, InventoryError> {
            Csv.table(path, bytes)
        }

        fn encode(text: &str) -> String {
            Csv::encode(text)
        }

        fn edit(
            &self,
            path: &Path,
            bytes: &[u8],
            table: &Table,
            changes: &Changes,
        ) -> Result<(Vec<u8>, Vec<String>), InventoryError> {
            if self.0.load(Ordering::Relaxed) > 0 {
                self.0.fetch_sub(1, Ordering::Relaxed);
                let mut theirs = bytes.to_vec();
                theirs.extend(b"new,10.0.9.9\n");
                std::fs::write(path, theirs).unwrap();
            }
            Csv.edit(path, bytes, table, changes)
        }
    }

    async fn contested(times: u32) -> (Result<InventoryWritten, Fault>, String) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fleet.csv");
        std::fs::write(&path, "hostname,address\nsw1,10.0.0.1\n").unwrap();
        let inventory = FileInventory::new(path.clone(), Contested(AtomicU32::new(times)));
        let update = RowUpdate {
            device: Some(DeviceName::new("sw1")),
            status: Some("upgraded".to_owned()),
            ..RowUpdate::default()
        };
        let written = inventory.write(&[update]).await;
        (written, std::fs::read_to_string(path).unwrap())
    }

    #[tokio::test]
    async fn an_edit_between_our_reading_and_writing_is_kept() {
        let (written, text) = contested(2).await;
        assert_eq!(written.unwrap(), InventoryWritten::default());
        assert_eq!(text.matches("new,10.0.9.9").count(), 2);
        assert!(text.contains("upgraded"));
    }

    #[tokio::test]
    async fn a_file_that_never_rests_is_left_to_a_later_try() {
        let (written, text) = contested(ATTEMPTS_MAX).await;
        let fault = written.unwrap_err();
        assert_eq!(fault.code, "inventory_busy");
        assert!(fault.may_repeat());
        assert!(!text.contains("upgraded"));
    }
}
