//! The sheet of images of a workbook: the image catalogue, or a part of it, where the fleet is.
//!
//! Its columns are found by their headers as those of the inventory are: `file`, `release`,
//! `platform` and `size` in bytes are required; `sha512`, `md5`, `approval`, `source`, `verified`,
//! `path`, `min_memory_bytes` and `min_rommon` may be there. Several platforms are joined by commas.

#[cfg(feature = "xlsx")]
mod column;
#[cfg(feature = "xlsx")]
mod put;
#[cfg(feature = "xlsx")]
mod row;
#[cfg(feature = "xlsx")]
mod sheet;

use std::path::Path;
use std::sync::Arc;

use iosxe_core::ports::ImageSheet;

use crate::error::InventoryError;
use crate::open::{Kind, kind};

/// The sheet of images of an inventory that [`crate::open`] takes.
///
/// With a name, that sheet has to be there; without one it is the sheet `images`, in any case, of a
/// workbook that has one, and `None` for inventories that have no sheets. `folder` is where the files
/// lie that say no other place.
///
/// The file is not touched before [`ImageSheet::read`].
///
/// # Errors
/// [`InventoryError::Url`] when the text names no inventory, [`InventoryError::NoSheet`] when a sheet
/// is named and the inventory has none.
pub fn images(
    url_or_path: &str,
    sheet: Option<&str>,
    folder: &Path,
) -> Result<Option<Arc<dyn ImageSheet>>, InventoryError> {
    match kind(url_or_path)? {
        #[cfg(feature = "xlsx")]
        Kind::Xlsx(path, _) => Ok(Some(Arc::new(sheet::Images::new(path, sheet, folder)))),
        #[cfg(not(feature = "xlsx"))]
        Kind::Xlsx(path, _) => {
            let _unused = (sheet, folder);
            Err(crate::open::missing(&path, "xlsx"))
        }
        Kind::Csv(_) => match sheet {
            None => Ok(None),
            Some(sheet) => Err(InventoryError::NoSheet {
                file: url_or_path.to_owned(),
                sheet: sheet.to_owned(),
                sheets: Vec::new(),
            }),
        },
    }
}
