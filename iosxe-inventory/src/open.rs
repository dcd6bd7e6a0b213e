//! From a path or URL to a backend.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use iosxe_core::ports::Inventory;

#[cfg(any(feature = "csv", feature = "xlsx"))]
use crate::backend::FileInventory;
use crate::error::InventoryError;

/// Which backend a text names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Csv(PathBuf),
    Xlsx(PathBuf, Option<String>),
}

/// Opens an inventory.
///
/// `fleet.csv` and `fleet.xlsx` (also `.xlsm`) are taken by their ending, `csv:PATH` and
/// `xlsx:PATH` whatever the ending. `fleet.xlsx#Core` means the sheet `Core`; without it the first
/// visible sheet that has the required columns is read.
///
/// The file is not touched before [`Inventory::read`].
///
/// # Errors
/// [`InventoryError::Url`] when the text names no backend, or one that this build does not have.
///
/// ```
/// # #[cfg(feature = "csv")] {
/// let inventory = iosxe_inventory::open("fleet.csv")?;
/// assert_eq!(inventory.location(), "fleet.csv");
/// # }
/// assert!(iosxe_inventory::open("fleet.pdf").is_err());
/// # Ok::<(), iosxe_inventory::InventoryError>(())
/// ```
pub fn open(url_or_path: &str) -> Result<Arc<dyn Inventory>, InventoryError> {
    match kind(url_or_path)? {
        #[cfg(feature = "csv")]
        Kind::Csv(path) => Ok(Arc::new(FileInventory::new(path, crate::csv::Csv))),
        #[cfg(feature = "xlsx")]
        Kind::Xlsx(path, sheet) => Ok(Arc::new(FileInventory::new(
            path,
            crate::xlsx::Xlsx { sheet },
        ))),
        #[cfg(not(feature = "csv"))]
        Kind::Csv(path) => Err(missing(&path, "csv")),
        #[cfg(not(feature = "xlsx"))]
        Kind::Xlsx(path, _) => Err(missing(&path, "xlsx")),
    }
}

#[cfg(not(all(feature = "csv", feature = "xlsx")))]
pub(crate) fn missing(path: &Path, feature: &str) -> InventoryError {
    InventoryError::Url {
        url: path.display().to_string(),
        reason: format!("this build has no `{feature}`"),
    }
}

pub(crate) fn kind(text: &str) -> Result<Kind, InventoryError> {
    let wrong = |reason: &str| InventoryError::Url {
        url: text.to_owned(),
        reason: reason.to_owned(),
    };
    if let Some(path) = text.strip_prefix("csv:") {
        return Ok(Kind::Csv(local(path)));
    }
    if let Some(rest) = text.strip_prefix("xlsx:") {
        let (path, sheet) = split_sheet(rest).unwrap_or((rest, None));
        return Ok(Kind::Xlsx(local(path), sheet));
    }
    if let Some((scheme, _)) = text.split_once("://") {
        return Err(wrong(&format!("`{scheme}` is not known")));
    }
    if let Some((path, sheet)) = split_sheet(text) {
        return Ok(Kind::Xlsx(local(path), sheet));
    }
    match ending(text).as_str() {
        "csv" | "tsv" | "txt" => Ok(Kind::Csv(local(text))),
        "xlsx" | "xlsm" => Ok(Kind::Xlsx(local(text), None)),
        "xls" | "xlsb" | "ods" => Err(wrong("save it as .xlsx")),
        "" => Err(wrong("its ending says no format")),
        other => Err(wrong(&format!("the ending .{other} is not known"))),
    }
}

/// `csv:///srv/fleet.csv` is `/srv/fleet.csv`, `csv:fleet.csv` is `fleet.csv`.
fn local(path: &str) -> PathBuf {
    PathBuf::from(path.strip_prefix("//").unwrap_or(path))
}

/// `fleet.xlsx#Core`; a `#` that does not follow a workbook's ending belongs to the path.
fn split_sheet(text: &str) -> Option<(&str, Option<String>)> {
    let lower = text.to_ascii_lowercase();
    let at = [".xlsx#", ".xlsm#"].iter().find_map(|e| lower.find(e))? + ".xlsx".len();
    let (path, sheet) = text.split_at_checked(at)?;
    let sheet = sheet.trim_start_matches('#');
    Some((path, (!sheet.is_empty()).then(|| sheet.to_owned())))
}

fn ending(text: &str) -> String {
    Path::new(text)
        .extension()
        .map(|e| e.to_string_lossy().to_lowercase())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_schemes_and_sheets() {
        let xlsx = |p: &str, s: Option<&str>| Kind::Xlsx(p.into(), s.map(str::to_owned));
        for (text, wanted) in [
            ("fleet.csv", Kind::Csv("fleet.csv".into())),
            ("/srv/Fleet.CSV", Kind::Csv("/srv/Fleet.CSV".into())),
            ("csv:fleet.txt", Kind::Csv("fleet.txt".into())),
            ("csv:///srv/a", Kind::Csv("/srv/a".into())),
            ("fleet.xlsx", xlsx("fleet.xlsx", None)),
            (
                "fleet.xlsx#Core Switches",
                xlsx("fleet.xlsx", Some("Core Switches")),
            ),
            ("xlsx:fleet.xlsx#A#1", xlsx("fleet.xlsx", Some("A#1"))),
            ("fleet.xlsx#", xlsx("fleet.xlsx", None)),
            ("fleet#1.xlsx", xlsx("fleet#1.xlsx", None)),
            ("C:\\net\\fleet.xlsm", xlsx("C:\\net\\fleet.xlsm", None)),
        ] {
            assert_eq!(kind(text), Ok(wanted), "{text}");
        }
        let errors: Vec<_> = ["fleet", "fleet.xls", "fleet.pdf", "netbox://host/x"]
            .iter()
            .map(|t| kind(t).unwrap_err().to_string())
            .collect();
        insta::assert_snapshot!(errors.join("\n"), @r"
        `fleet` is no inventory: its ending says no format
        `fleet.xls` is no inventory: save it as .xlsx
        `fleet.pdf` is no inventory: the ending .pdf is not known
        `netbox://host/x` is no inventory: `netbox` is not known
        ");
    }
}
