//! The source of truth of the IOS-XE upgrade orchestrator: inventories in CSV files and Excel
//! workbooks, read with errors that name the cell, and written back in place.
//!
//! [`open`] gives the backend for a path behind the port [`iosxe_core::ports::Inventory`]:
//!
//! ```
//! # #[cfg(feature = "csv")] {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("fleet.csv");
//! std::fs::write(&path, "Device,Mgmt IP,Target\nsw1,10.0.0.1,17.9.4a\n")?;
//! let inventory = iosxe_inventory::open(&path.to_string_lossy())?;
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let read = inventory.read().await?;
//! assert_eq!(read.records[0].name.as_str(), "sw1");
//! # Ok::<(), iosxe_core::fault::Fault>(())
//! # })?;
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What holds for every backend, and what the suite `conformance` (a feature) checks:
//!
//! - The operator's columns are read, never written. Columns that nobody here knows are not touched.
//! - Every problem of a file is reported at once, each with file, sheet and cell.
//! - A write reads the file as it is at that moment and finds rows by hostname: sorting, filtering,
//!   inserting and editing between two writes is safe. Columns of ours that are missing are appended
//!   right of everything on the first write.
//! - A file is replaced as one act, after a look that nobody else changed it; a file that is open in
//!   a spreadsheet program is not written ([`InventoryError::Locked`], transient).
//! - What a device says is written as text, never as a formula.
//!
//! [`images`] gives the sheet of images of a workbook, behind [`iosxe_core::ports::ImageSheet`].

#[cfg(any(feature = "csv", feature = "xlsx"))]
mod backend;
#[cfg(any(feature = "csv", feature = "xlsx"))]
mod blocking;
#[cfg(any(feature = "csv", feature = "xlsx"))]
mod cells;
#[cfg(any(feature = "csv", feature = "xlsx"))]
mod column;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
#[cfg(feature = "csv")]
mod csv;
mod error;
#[cfg(any(feature = "csv", feature = "xlsx"))]
mod file;
mod images;
mod open;
mod place;
#[cfg(any(feature = "csv", feature = "xlsx"))]
mod row;
#[cfg(any(feature = "csv", feature = "xlsx"))]
mod table;
#[cfg(any(feature = "csv", feature = "xlsx"))]
mod template;
#[cfg(any(feature = "csv", feature = "xlsx"))]
mod update;
#[cfg(feature = "xlsx")]
mod xlsx;

pub use error::{InventoryError, Problem, ProblemKind, Spot};
pub use images::images;
pub use open::open;
pub use place::{Area, CellAt, Source};
#[cfg(any(feature = "csv", feature = "xlsx"))]
pub use template::template;
