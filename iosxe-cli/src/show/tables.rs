//! Tables for people.

use std::collections::BTreeMap;

use iosxe_core::device::Record;
use iosxe_core::ids::RunId;
use iosxe_core::image::Listed;
use iosxe_core::stage::Outcome;
use iosxe_core::surroundings::Neighbourhood;
use iosxe_workflow::summary::Summary;
use jiff::Timestamp;

use super::{line, local, note};

/// Rows under a heading, each column as wide as its widest cell.
pub(super) fn table(heading: &[&str], rows: &[Vec<String>]) {
    let mut widths: Vec<usize> = heading.iter().map(|h| h.len()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let print = |cells: &mut dyn Iterator<Item = &str>| {
        let text: Vec<String> = cells
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        line(text.join("  ").trim_end());
    };
    print(&mut heading.iter().copied());
    for row in rows {
        print(&mut row.iter().map(String::as_str));
    }
}

/// What CDP and LLDP say beside the inventory.
pub(crate) fn neighbourhood(found: &Neighbourhood) {
    let rows: Vec<Vec<String>> = found
        .unknown
        .iter()
        .map(|stranger| {
            let by: Vec<String> = stranger
                .seen_by
                .iter()
                .map(|s| format!("{} {}", s.device, s.port))
                .collect();
            let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
            vec![
                stranger.name.clone(),
                text(&stranger.address),
                text(&stranger.platform),
                by.join(", "),
            ]
        })
        .collect();
    if rows.is_empty() {
        line("every neighbour that was seen is in the inventory");
    } else {
        table(
            &["not in the inventory", "address", "platform", "seen by"],
            &rows,
        );
    }
    for name in &found.missing {
        line(&format!("{name} did not answer, and nobody sees it"));
    }
}

/// The summary of a run.
pub(crate) fn summary(summary: &Summary) {
    let Some(run) = &summary.run else {
        line("no run yet");
        return;
    };
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    let rows: Vec<Vec<String>> = summary
        .devices
        .iter()
        .map(|d| {
            vec![
                d.name.clone(),
                text(&d.platform),
                text(&d.from),
                text(&d.to),
                text(&d.running),
                text(&d.committed),
                text(&d.method),
                d.outcome.to_string(),
                d.stage.to_string(),
                format!("{:.0} s", d.seconds),
            ]
        })
        .collect();
    table(
        &[
            "device",
            "platform",
            "from",
            "to",
            "running",
            "committed",
            "method",
            "outcome",
            "stage",
            "took",
        ],
        &rows,
    );
    line(&format!(
        "run {run}: {} in {:.0} s",
        occurring(&summary.counts),
        summary.wall_s
    ));
    remarks(summary);
}

/// What a person should read of each device, beside the data.
pub(crate) fn remarks(summary: &Summary) {
    for device in &summary.devices {
        for warning in &device.warnings {
            note(&format!("{}: warning: {warning}", device.name));
        }
        if let Some(what) = &device.waits_for {
            note(&format!("{}: waits for {what}", device.name));
        }
        if let Some(fault) = &device.fault {
            note(&format!(
                "{}: {} [{}]",
                device.name, fault.message, fault.code
            ));
            if let Some(remedy) = &fault.remedy {
                note(&format!("  next: {remedy}"));
            }
        }
        if let Some(deadline) = device.auto_abort_deadline {
            note(&format!(
                "{}: goes back by itself at {} unless committed",
                device.name,
                local(deadline)
            ));
        }
    }
}

/// A run of the list of runs.
#[derive(Debug, serde::Serialize)]
pub(crate) struct RunLine {
    pub(crate) run: RunId,
    pub(crate) started: Timestamp,
    pub(crate) ended: bool,
    /// What was asked for; none where its beginning cannot be read.
    pub(crate) verb: Option<String>,
    /// How many devices have each outcome; every outcome is there.
    pub(crate) counts: BTreeMap<Outcome, usize>,
}

/// Outcomes that occur, with their numbers.
fn occurring(counts: &BTreeMap<Outcome, usize>) -> String {
    let occur = counts.iter().filter(|(_, n)| **n > 0);
    let words: Vec<String> = occur.map(|(outcome, n)| format!("{n} {outcome}")).collect();
    words.join(", ")
}

/// Runs, newest first.
pub(crate) fn runs(runs: &[RunLine]) {
    let rows: Vec<Vec<String>> = runs
        .iter()
        .map(|r| {
            vec![
                r.run.to_string(),
                local(r.started),
                r.verb.clone().unwrap_or_else(|| "-".to_owned()),
                if r.ended { "ended" } else { "unfinished" }.to_owned(),
                occurring(&r.counts),
            ]
        })
        .collect();
    table(&["run", "started", "verb", "state", "devices"], &rows);
}

/// Rows of an inventory.
pub(crate) fn records(records: &[Record]) {
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    let rows: Vec<Vec<String>> = records
        .iter()
        .map(|r| {
            vec![
                r.name.to_string(),
                r.address.to_string(),
                text(&r.platform),
                text(&r.site),
                text(&r.role),
                r.target
                    .as_ref()
                    .map_or_else(|| "-".to_owned(), ToString::to_string),
                text(&r.image),
                r.want_method.map_or("auto", |m| m.word()).to_owned(),
                if r.hold { "hold" } else { "" }.to_owned(),
            ]
        })
        .collect();
    table(
        &[
            "hostname", "address", "platform", "site", "role", "target", "image", "method", "",
        ],
        &rows,
    );
}

/// Patches: device, release, file, state, members, and whether the file is on flash.
pub(crate) fn patches(rows: &[Vec<String>]) {
    table(
        &["device", "release", "patch", "state", "members", "file"],
        rows,
    );
}

/// Firmware: device, slot, part, version, what is brought, whether it is behind, by which package.
pub(crate) fn firmware(rows: &[Vec<String>]) {
    table(
        &[
            "device", "slot", "part", "version", "brings", "behind", "package",
        ],
        rows,
    );
}

/// Images of a catalogue.
pub(crate) fn images(images: &[Listed]) {
    let rows: Vec<Vec<String>> = images
        .iter()
        .map(|Listed { image: i, origin }| {
            let digest = i.digest().map_or_else(String::new, |(kind, hex)| {
                format!("{kind} {}…", hex.get(..16).unwrap_or(hex))
            });
            vec![
                i.file.clone(),
                i.version.to_string(),
                i.platforms.join(","),
                i.size_bytes.to_string(),
                digest,
                origin.clone(),
            ]
        })
        .collect();
    table(
        &["file", "release", "platforms", "bytes", "digest", "from"],
        &rows,
    );
}
