//! `show install rollback` and `show install rollback id N`: where the device can go back to.
//!
//! Source: genieparser golden outputs of Catalyst 9600, 17.x.
//!
//! ```text
//! ID      Label                            Description
//! -------------------------------------------------------
//! 2       No Label                         No Description
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Lines, ignored};
use super::show_install_summary::{Package, package};
use super::table::{Table, wide};
use super::{ParseError, Parsed};

/// The value of the command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowInstallRollback {
    /// Rollback points, as listed.
    pub points: Vec<Point>,
    /// The point that was asked for with `id N`.
    pub detail: Option<Detail>,
}

/// One rollback point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    /// Its number.
    pub id: u32,
    /// Its label; `None` for `No Label`.
    pub label: Option<String>,
    /// Its description; `None` for `No Description`.
    pub description: Option<String>,
}

/// One rollback point in detail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detail {
    /// The point.
    #[serde(flatten)]
    pub point: Point,
    /// When it was made, as the device prints it.
    pub created: Option<String>,
    /// Whether going there needs a reload.
    pub reload_required: Option<bool>,
    /// The packages that will be active.
    pub packages: Vec<Package>,
}

const IGNORED: &[Ignored] = &[
    ignored(
        "State (St): I - Inactive, U - Activated & Uncommitted,",
        "legend; the letters are fixed",
    ),
    ignored(
        "C - Activated & Committed, D - Deactivated & Uncommitted",
        "legend; the letters are fixed",
    ),
    ignored("Type St Filename/Version", "heading"),
];

/// Reads `show install rollback` in both forms.
///
/// # Errors
/// On a malformed row, and when neither the list nor a point was printed.
pub fn parse(text: &str) -> Result<Parsed<ShowInstallRollback>, ParseError> {
    let mut lines = Lines::new("show install rollback", text)?;
    let mut value = ShowInstallRollback {
        points: Vec::new(),
        detail: None,
    };
    let mut table = None;
    let mut none = false;
    while let Some(line) = lines.next() {
        if line.is_rule() {
        } else if line.starts("No rollback") || line.starts("There are no rollback") {
            none = true;
        } else if let Some([id, created]) = line.scan("Rollback id - {#} (Created on {*})") {
            value.detail = Some(Detail {
                point: Point {
                    id: line.number(id)?,
                    label: None,
                    description: None,
                },
                created: Some(created.to_owned()),
                reload_required: None,
                packages: Vec::new(),
            });
        } else if let Some(found) = Table::header(&line, ["ID", "Label", "Description"]) {
            table = Some(found);
        } else if table.is_some() && line.body().starts_with(|c: char| c.is_ascii_digit()) {
            let cells = wide(line.text);
            let [id, label, description] = cells.as_slice() else {
                return Err(line.bad(line.body(), "id, label and description"));
            };
            value.points.push(Point {
                id: line.number(id)?,
                label: named(label),
                description: named(description),
            });
        } else if let Some(detail) = value.detail.as_mut() {
            if let Some([label]) = line.scan("Label:~{*}") {
                detail.point.label = named(label);
            } else if let Some([description]) = line.scan("Description:~{*}") {
                detail.point.description = named(description);
            } else if let Some([required]) = line.scan("Reload required:~{*}") {
                detail.reload_required = Some(line.switch(required)?);
            } else if let Some(package) = package(line)? {
                detail.packages.push(package);
            } else {
                lines.pass(line, IGNORED);
            }
        } else {
            lines.pass(line, IGNORED);
        }
    }
    if value.points.is_empty() && !none && value.detail.is_none() {
        return Err(lines.incomplete("the list of rollback points"));
    }
    if value.detail.as_ref().is_some_and(|d| d.packages.is_empty()) {
        return Err(lines.incomplete("the packages of the rollback point"));
    }
    Ok(lines.finish(value))
}

fn named(text: &str) -> Option<String> {
    super::units::text(text).filter(|t| t != "No Label" && t != "No Description")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_in_detail() {
        let value = parse(
            "Rollback id - 2 (Created on Wed Jun 18 07:51:18 UTC 2025)\nLabel: before\n\
             Description: No Description\nReload required: NO\nType  St   Filename/Version\n\
             IMG   C    17.09.04a.0.6\n",
        )
        .unwrap()
        .value;
        let detail = value.detail.unwrap();
        assert_eq!(detail.reload_required, Some(false));
        assert_eq!(detail.point.label.as_deref(), Some("before"));
        assert_eq!(detail.packages.len(), 1);
    }
}
