//! The report of an upgrade, left beside the session logs of its run.

use std::path::PathBuf;

use iosxe_core::event::Envelope;
use iosxe_core::fault::{Class, Fault, Remedy};
use iosxe_observe::keeper::FolderKeeper;
use iosxe_observe::report::{Report, html};
use iosxe_workflow::engine::RunEnd;
use iosxe_workflow::system::WallClock;

use super::Context;
use crate::show;

/// Whether a run leaves a report: an upgrade does, and a verification.
pub(crate) fn is_due(end: &RunEnd) -> bool {
    let header = end.state.header.as_ref();
    let told = [
        "upgrade",
        "smu add",
        "smu remove",
        "firmware upgrade",
        "verify",
    ];
    header.is_some_and(|h| told.contains(&h.verb.as_str()))
}

/// Writes the report of such a run, however it ended, and says where. What keeps it from being
/// written is told and stops nothing: the journal has it all.
pub(crate) fn write(context: &Context, end: &RunEnd, records: &[Envelope]) {
    if !is_due(end) || records.is_empty() {
        return;
    }
    let file = context.report.clone().unwrap_or_else(|| {
        let keeper = FolderKeeper::new(context.config.runs(), std::sync::Arc::new(WallClock));
        keeper.folder(&end.run).join("report.html")
    });
    match written(&file, records) {
        Ok(()) => show::note(&format!("report: {}", file.display())),
        Err(error) => show::fault(
            &Fault::new(
                Class::Operator,
                "report",
                format!("cannot write {}: {error}", file.display()),
            )
            .remedy(Remedy::new(
                "check that the folder can be written and has room; `iosxe resume RUN` of a \
                 finished run writes its report again",
            )),
        ),
    }
}

fn written(file: &PathBuf, records: &[Envelope]) -> std::io::Result<()> {
    let zone = jiff::tz::TimeZone::system();
    let page = html::page(&Report::of(records), &zone).to_string();
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(file, page)
}
