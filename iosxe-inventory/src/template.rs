//! The first inventory of somebody who has none yet.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use crate::column::{Column, Field};
use crate::error::InventoryError;
use crate::file;

/// Two made-up devices, addressed as RFC 5737 sets aside for examples, and on hold: what a person
/// forgets to replace is not touched.
const EXAMPLES: [&[(Column, &str)]; 2] = [
    &[
        (Column::Hostname, "example-sw1"),
        (Column::Address, "192.0.2.1"),
        (Column::Platform, "C9300"),
        (Column::Site, "Example"),
        (Column::TargetVersion, "17.09.04a"),
        (Column::WantMethod, "auto"),
        (Column::Wave, "1"),
        (Column::SaveConfig, "no"),
        (Column::Hold, "yes"),
        (Column::Notes, "an example: replace it"),
    ],
    &[
        (Column::Hostname, "example-rtr1"),
        (Column::Address, "192.0.2.2:22"),
        (Column::Platform, "ISR4451"),
        (Column::Site, "Example"),
        (Column::Image, "isr4400-universalk9.17.09.04a.SPA.bin"),
        (Column::WantMethod, "bundle"),
        (Column::Wave, "2"),
        (Column::SaveConfig, "no"),
        (Column::Hold, "yes"),
        (Column::Notes, "an example: replace it"),
    ],
];

/// Writes a starter inventory: every column of the operator's, and two examples on hold.
///
/// The ending of the path decides on the format. In the workbook the columns are formatted as text,
/// so that no release turns into a number or a date.
///
/// # Errors
/// [`InventoryError::Url`] for another ending, [`InventoryError::Unwritable`] also when the file is
/// there already: nothing is overwritten.
pub fn template(path: &Path) -> Result<(), InventoryError> {
    let rows = rows();
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    let content = match ending.as_deref() {
        #[cfg(feature = "csv")]
        Some("csv") => crate::csv::fresh(&rows),
        #[cfg(feature = "xlsx")]
        Some("xlsx") => crate::xlsx::fresh(&rows).map_err(|e| InventoryError::Unwritable {
            path: file::shown(path),
            reason: e.to_string(),
        })?,
        _ => {
            return Err(InventoryError::Url {
                url: file::shown(path),
                reason: "a starter inventory ends in .csv or .xlsx".to_owned(),
            });
        }
    };
    create(path, &content).map_err(|e| InventoryError::Unwritable {
        path: file::shown(path),
        reason: match e.kind() {
            io::ErrorKind::AlreadyExists => "it is there already".to_owned(),
            _ => file::reason(&e),
        },
    })
}

fn create(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = File::options().write(true).create_new(true).open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

fn rows() -> Vec<Vec<&'static str>> {
    let header = Column::OPERATOR.map(Column::name).to_vec();
    let example = |cells: &[(Column, &'static str)]| {
        let cell = |column: &Column| cells.iter().find(|(c, _)| c == column);
        Column::OPERATOR
            .iter()
            .map(|c| cell(c).map_or("", |(_, text)| *text))
            .collect()
    };
    std::iter::once(header)
        .chain(EXAMPLES.into_iter().map(example))
        .collect()
}

#[cfg(test)]
mod tests {
    use iosxe_core::ids::DeviceName;
    use iosxe_core::ports::RowUpdate;

    use super::*;

    #[tokio::test]
    async fn a_starter_is_read_and_written_as_any_other() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["fleet.csv", "fleet.xlsx"] {
            if crate::open(name).is_err() {
                continue;
            }
            let path = folder.path().join(name);
            template(&path).unwrap();
            let inventory = crate::open(&path.to_string_lossy()).unwrap();
            let before = inventory.read().await.unwrap();
            assert_eq!(before.warnings, Vec::<String>::new());
            assert_eq!(before.records.len(), 2);
            assert!(before.records.iter().all(|r| r.hold));
            let update = RowUpdate {
                device: Some(DeviceName::new("example-rtr1")),
                status: Some("held".to_owned()),
                ..RowUpdate::default()
            };
            inventory.write(&[update]).await.unwrap();
            assert_eq!(inventory.read().await.unwrap().records, before.records);
            let again = template(&path).unwrap_err().to_string();
            assert!(again.ends_with(": it is there already"), "{again}");
        }
        assert!(template(Path::new("fleet.ods")).is_err());
    }
}
