//! What a run leaves behind: raw evidence and backups while it goes on, a report afterwards.
//!
//! Nothing here is called by a stage: [`keeper`] implements core's port for evidence, [`report`]
//! folds the records of the journal.
//!
//! ```
//! use iosxe_core::event::Envelope;
//! use iosxe_observe::report::{Report, html, json};
//!
//! // `records` come from `Journal::read`.
//! fn write(records: &[Envelope]) -> std::io::Result<()> {
//!     let report = Report::of(records);
//!     std::fs::write("report.html", html::page(&report, &jiff::tz::TimeZone::system()).to_string())?;
//!     std::fs::write("report.json", json::text(&report))
//! }
//! ```

pub mod keeper;
pub mod report;
