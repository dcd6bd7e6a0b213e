//! From an image to changes of cells: those of its row, or of a new one below the last.

use std::path::Path;

use iosxe_core::image::Image;

use super::column::ImageColumn;
use super::row::is_used;
use crate::error::{InventoryError, Spot};
use crate::place::CellAt;
use crate::table::{Header, Row, Table, Value, missing_column};
use crate::update::{Changes, clean, holds};

/// What has to change so that the sheet has the image.
///
/// # Errors
/// [`InventoryError::Invalid`] when the sheet has no column for something that is known of it.
pub(super) fn changes(
    table: &Table,
    image: &Image,
    folder: &Path,
) -> Result<Changes, InventoryError> {
    let header = Header::find(table)?;
    let missing = |column| InventoryError::Invalid {
        problems: vec![table.problem(
            Spot::Row {
                row: header.row,
                line: None,
            },
            missing_column(column),
        )],
    };
    let Some(&files) = header.columns.get(&ImageColumn::File) else {
        return Err(missing(ImageColumn::File));
    };
    let named = |row: &&Row| row.value(files).and_then(Value::plain).as_ref() == Some(&image.file);
    let old = table.below(&header).iter().find(named);
    let last = table.below(&header).iter().rfind(|r| is_used(&header, r));
    let index = match old {
        Some(row) => row.index,
        None => last.map_or(header.row, |row| row.index) + 1,
    };
    // A row that is new to us may hold cells of the operator's own.
    let row = table.rows.iter().find(|row| row.index == index);
    let mut changes = Changes {
        header_row: header.row,
        new_row: old.is_none().then_some(index),
        ours: header.columns.values().copied().collect(),
        ..Changes::default()
    };
    for (column, text) in values(image, folder) {
        match header.columns.get(&column) {
            None if text.is_empty() => {}
            None => return Err(missing(column)),
            Some(&at) => {
                let text = clean(&text);
                let is_there = match row {
                    Some(row) => holds(row, at, &text),
                    None => text.is_empty(),
                };
                if !is_there {
                    changes.cells.push((CellAt::new(index, at), text));
                }
            }
        }
    }
    changes.cells.sort();
    Ok(changes)
}

/// What is known of an image that was added, by column. What it needs of a device is the operator's
/// to say.
fn values(image: &Image, folder: &Path) -> [(ImageColumn, String); 10] {
    let given = |text: &Option<String>| text.clone().unwrap_or_default();
    let provenance = &image.provenance;
    let path = if image.path == folder.join(&image.file) {
        String::new()
    } else {
        image.path.display().to_string()
    };
    let approval = provenance
        .approved_by
        .as_ref()
        .map(|name| format!("approved by {name}"));
    let verified = if provenance.verified { "yes" } else { "" };
    [
        (ImageColumn::File, image.file.clone()),
        (ImageColumn::Release, image.version.to_string()),
        (ImageColumn::Platform, image.platforms.join(", ")),
        (ImageColumn::Size, image.size_bytes.to_string()),
        (ImageColumn::Md5, given(&image.md5)),
        (ImageColumn::Sha512, given(&image.sha512)),
        (ImageColumn::Approval, given(&approval)),
        (ImageColumn::Source, given(&provenance.source)),
        (ImageColumn::Verified, verified.to_owned()),
        (ImageColumn::Path, path),
    ]
}
