//! The inventory file as its owner sees it: cells by device and column.

use std::path::Path;

/// A CSV file in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

/// The columns that the tool writes.
const OURS: [&str; 11] = [
    "plan",
    "current_version",
    "boot_mode",
    "method",
    "status",
    "stage",
    "last_error",
    "rollback_status",
    "last_upgrade",
    "run",
    "updated_at",
];

impl Table {
    pub(crate) fn read(path: &Path) -> Self {
        let mut reader = csv::Reader::from_path(path).unwrap();
        let cells = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect();
        let header = cells(reader.headers().unwrap());
        let rows = reader.records().map(|r| cells(&r.unwrap())).collect();
        Self { header, rows }
    }

    pub(crate) fn write(&self, path: &Path) {
        let mut writer = csv::Writer::from_path(path).unwrap();
        writer.write_record(&self.header).unwrap();
        for row in &self.rows {
            writer.write_record(row).unwrap();
        }
        writer.flush().unwrap();
    }

    fn column(&self, name: &str) -> usize {
        self.header.iter().position(|h| h == name).unwrap()
    }

    fn row(&self, device: &str) -> usize {
        let hostname = self.column("hostname");
        self.rows
            .iter()
            .position(|r| r[hostname] == device)
            .unwrap()
    }

    pub(crate) fn cell(&self, device: &str, column: &str) -> &str {
        &self.rows[self.row(device)][self.column(column)]
    }

    pub(crate) fn set(&mut self, device: &str, column: &str, value: &str) {
        let (row, column) = (self.row(device), self.column(column));
        value.clone_into(&mut self.rows[row][column]);
    }

    /// Takes a column away.
    pub(crate) fn drop_column(&mut self, name: &str) {
        let at = self.column(name);
        self.header.remove(at);
        for row in &mut self.rows {
            row.remove(at);
        }
    }

    /// What belongs to its owner: nothing of it may ever change.
    pub(crate) fn owners(&self) -> Self {
        let mut table = self.clone();
        for ours in OURS {
            if table.header.iter().any(|h| h == ours) {
                table.drop_column(ours);
            }
        }
        table
    }
}
