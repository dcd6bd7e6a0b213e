//! The image catalogue: the file, and the sheet of images of a workbook beside it.

use std::path::Path;
use std::sync::Arc;

use iosxe_core::fault::Fault;
use iosxe_core::ports::ImageSheet;
use iosxe_transport::images::{self, AddTo, Catalogue};

use crate::config::Config;

/// The catalogue that the configuration names. A sheet that it names too is the one that images are
/// added to.
pub(crate) fn open(config: &Config) -> Result<Arc<Catalogue>, Fault> {
    let file = config.catalogue();
    let added_to = match config.images.sheet {
        Some(_) => AddTo::Sheet,
        None => AddTo::File,
    };
    Ok(
        match sheet(config, file.parent().unwrap_or(Path::new("")))? {
            Some(sheet) => images::open_with(file, sheet, added_to),
            None => images::open(file),
        },
    )
}

fn sheet(config: &Config, folder: &Path) -> Result<Option<Arc<dyn ImageSheet>>, Fault> {
    let named = config.images.sheet.as_deref();
    if config.inventory.is_none() && named.is_none() {
        return Ok(None);
    }
    iosxe_inventory::images(config.inventory()?, named, folder).map_err(|e| Fault::from(&e))
}
