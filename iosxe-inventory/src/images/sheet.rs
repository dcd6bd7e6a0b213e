//! One sheet of images: read when its file changed, and written in place.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use iosxe_core::fault::{Class, Fault};
use iosxe_core::image::{Image, ImageError, Listed};
use iosxe_core::ports::ImageSheet;

use super::{put, row};
use crate::backend::{Format, rewrite};
use crate::error::InventoryError;
use crate::file::{self, Stamp};
use crate::table::Table;
use crate::xlsx::Xlsx;
use crate::{blocking, error};

/// The sheet that is read without being asked for.
const IMPLIED: &str = "images";

/// A sheet of images.
#[derive(Debug)]
pub(super) struct Images(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    path: PathBuf,
    /// The sheet that was asked for by name.
    named: Option<String>,
    folder: PathBuf,
    /// What was read last. A thousand devices that want an image have the workbook read once; the
    /// lock is held meanwhile.
    kept: Mutex<Option<Kept>>,
}

#[derive(Debug)]
struct Kept {
    stamp: Stamp,
    images: Option<Vec<Listed>>,
}

impl Images {
    pub(super) fn new(path: PathBuf, sheet: Option<&str>, folder: &Path) -> Self {
        Self(Arc::new(Shared {
            path,
            named: sheet.map(str::to_owned),
            folder: folder.to_owned(),
            kept: Mutex::new(None),
        }))
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared) -> Result<T, InventoryError> + Send + 'static,
    ) -> Option<Result<T, InventoryError>> {
        let shared = Arc::clone(&self.0);
        blocking::run(move || work(&shared)).await
    }
}

impl Shared {
    fn format(&self) -> Xlsx {
        Xlsx {
            sheet: Some(self.name().to_owned()),
        }
    }

    fn name(&self) -> &str {
        self.named.as_deref().unwrap_or(IMPLIED)
    }

    fn read(&self) -> Result<Option<Vec<Listed>>, InventoryError> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = &*kept
            && file::stamp(&self.path).as_ref() == Some(&kept.stamp)
        {
            return Ok(kept.images.clone());
        }
        let (bytes, stamp) = match file::read(&self.path) {
            // Whoever reads the inventory says that it is not there.
            Err(InventoryError::NotFound { .. }) if self.named.is_none() => return Ok(None),
            read => read?,
        };
        let images = match self.format().table(&self.path, &bytes) {
            Err(InventoryError::NoSheet { .. }) if self.named.is_none() => None,
            // One that nobody named and that names no files is somebody's own.
            Ok(table) if self.named.is_none() && !row::names_files(&table) => None,
            table => Some(row::images(&table?, &self.folder)?),
        };
        *kept = Some(Kept {
            stamp,
            images: images.clone(),
        });
        Ok(images)
    }

    fn put(&self, image: &Image) -> Result<(), InventoryError> {
        let format = self.format();
        rewrite(&self.path, |bytes| {
            let table = format.table(&self.path, bytes)?;
            // What cannot be read is not written to.
            row::images(&table, &self.folder)?;
            let changes = put::changes(&table, image, &self.folder)?;
            if changes.is_empty() {
                return Ok((None, ()));
            }
            let (content, skipped) = format.edit(&self.path, bytes, &table, &changes)?;
            let unwritable = |reason: String| InventoryError::Unwritable {
                path: file::shown(&self.path),
                reason,
            };
            if let Some(cell) = skipped.into_iter().next() {
                return Err(unwritable(cell));
            }
            let written: Table = format.table(&self.path, &content)?;
            let images = row::images(&written, &self.folder)?;
            if !images.iter().any(|listed| is_same(&listed.image, image)) {
                let reason = format!("{} would not be read as it was written", image.file);
                return Err(unwritable(reason));
            }
            Ok((Some(content), ()))
        })
    }
}

/// The same file, bytes and place. What is said beside them may have been cut to what a cell holds.
fn is_same(read: &Image, wanted: &Image) -> bool {
    read.file == wanted.file
        && read.version == wanted.version
        && read.platforms == wanted.platforms
        && read.size_bytes == wanted.size_bytes
        && read.sha512 == wanted.sha512
        && read.md5 == wanted.md5
        && read.path == wanted.path
}

#[async_trait]
impl ImageSheet for Images {
    fn location(&self) -> String {
        format!("{}, sheet {}", file::shown(&self.0.path), self.0.name())
    }

    async fn read(&self) -> Result<Option<Vec<Listed>>, ImageError> {
        match self.run(Shared::read).await {
            Some(read) => read.map_err(error::of_images),
            None => Err(ImageError::Sheet {
                reason: not_handled(&self.0.path),
            }),
        }
    }

    async fn put(&self, image: &Image) -> Result<(), Fault> {
        let image = image.clone();
        match self.run(move |shared| shared.put(&image)).await {
            Some(put) => put.map_err(|e| match e {
                InventoryError::Invalid { .. } | InventoryError::NoSheet { .. } => {
                    Fault::from_error(&error::of_images(e))
                }
                e => Fault::from_error(&e),
            }),
            None => Err(Fault::new(
                Class::Operator,
                "inventory_unwritable",
                not_handled(&self.0.path),
            )),
        }
    }
}

fn not_handled(path: &Path) -> String {
    format!(
        "{} could not be handled: a defect of this program, or no thread to run on",
        file::shown(path)
    )
}
