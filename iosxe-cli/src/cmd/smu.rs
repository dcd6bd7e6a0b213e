//! `smu list|add|remove`: patches over the running release.

use std::collections::BTreeMap;
use std::path::Path;

use iosxe_core::boot::{Package, PackageState, file_name};
use iosxe_core::device::{Facts, Record};
use iosxe_core::event::ApproveMode;
use iosxe_core::fault::{Class, Fault, Remedy};
use iosxe_core::patch::{PatchAim, is_patch};
use iosxe_core::plan::Method;
use iosxe_core::stage::StageKind;
use iosxe_workflow::engine::RunEnd;
use iosxe_workflow::status::DeviceState;
use serde_json::{Value, json};

use super::drive::{self, Start};
use super::{Context, upgrade};
use crate::app::{Smu, SmuChange, Work};
use crate::exit::{self, Aim, Asked, Exit};
use crate::show::{self, Output};

pub(crate) async fn run(context: &Context, args: Smu) -> Result<Exit, Fault> {
    match args {
        Smu::List(work) => list(context, &work).await,
        Smu::Add(args) => change(context, args, PatchAim::Apply).await,
        Smu::Remove(args) => change(context, args, PatchAim::Remove).await,
    }
}

/// A run over rows that ask for these patches.
async fn change(context: &Context, args: SmuChange, aim: PatchAim) -> Result<Exit, Fault> {
    let limits = &args.work.limit.limit;
    if !args.all && limits.is_empty() {
        return Err(upgrade::nothing_selected("--limit EXPR or --all"));
    }
    let files = files(&args.files)?;
    let until = upgrade::stage(&args.until)?;
    let asking = |record: Record| Record {
        want_method: Some(Method::Smu),
        target: None,
        image: Some(files.clone()),
        patch_aim: aim,
        ..record
    };
    let records = drive::rows(context, limits).await?;
    let records = records.into_iter().map(asking).collect();
    let approve = if until >= StageKind::Approve {
        drive::approve_mode(args.approve)?
    } else {
        ApproveMode::Wait
    };
    let named = !limits.is_empty();
    let end = drive::start(
        context,
        Start {
            verb: match aim {
                PatchAim::Apply => "smu add",
                PatchAim::Remove => "smu remove",
            },
            until,
            approve,
            accept_new: args.work.accept_new_host_keys,
            named,
            bound: BTreeMap::new(),
            emergency: None,
            against: BTreeMap::new(),
        },
        records,
    )
    .await?;
    let asked = Asked {
        by_name: named,
        aim: Aim::Forth,
        interrupted: end.interrupted,
    };
    Ok(drive::finish(context, &end, asked).await)
}

/// The names of the files, as the `image` cell of a row would have them.
fn files(given: &[String]) -> Result<String, Fault> {
    let mut names = Vec::new();
    for path in given {
        let name = Path::new(path).file_name().map(|n| n.to_string_lossy());
        let name = name.unwrap_or_default();
        if !is_patch(&name) || name.contains(',') {
            return Err(Fault::new(
                Class::Operator,
                "not_a_patch",
                format!("{path} is no patch: the name of one ends in .smu.bin"),
            )
            .remedy(Remedy::with(
                "give the names of patches that the catalogue has",
                "iosxe image list",
            )));
        }
        names.push(name.into_owned());
    }
    Ok(names.join(","))
}

async fn list(context: &Context, work: &Work) -> Result<Exit, Fault> {
    let limits = &work.limit.limit;
    let records = drive::rows(context, limits).await?;
    let end = drive::start(
        context,
        Start {
            verb: "smu list",
            until: StageKind::Discover,
            approve: ApproveMode::Wait,
            accept_new: work.accept_new_host_keys,
            named: !limits.is_empty(),
            bound: BTreeMap::new(),
            emergency: None,
            against: BTreeMap::new(),
        },
        records,
    )
    .await?;
    print(context.output, &end);
    drive::after(context, &end).await;
    let asked = Asked {
        by_name: !limits.is_empty(),
        aim: Aim::Answers,
        interrupted: end.interrupted,
    };
    Ok(exit::of(&end.summary(), asked))
}

fn print(output: Output, end: &RunEnd) {
    if output == Output::Table {
        let rows: Vec<Vec<String>> = end.state.devices.values().flat_map(rows).collect();
        show::patches(&rows);
        show::remarks(&end.summary());
        return;
    }
    let devices: Vec<Value> = end.state.devices.values().map(one).collect();
    let mut document = json!({ "run": end.run, "devices": devices });
    if let (Output::Ndjson, Value::Object(map)) = (output, &mut document) {
        map.insert("type".into(), json!("summary"));
    }
    show::document(output, &document);
}

/// One device as JSON; `patches` is `null` where nobody could look, or the release has no engine.
fn one(device: &DeviceState) -> Value {
    let facts = device.facts.as_ref().map(|(_, facts)| facts);
    let install = facts.and_then(|f| f.install.as_ref().map(|i| (f, i)));
    let patches = install.map(|(facts, install)| {
        let line = |p: &Package| {
            json!({
                "file": file_name(&p.label),
                "state": p.state,
                "members": p.members,
                "on_flash": on_flash(facts, p),
            })
        };
        install.patches().map(line).collect::<Vec<_>>()
    });
    json!({
        "name": device.record.name,
        "release": device.running,
        "outcome": device.outcome(),
        "patches": patches,
        "fault": device.ended.as_ref().and_then(|(_, fault)| fault.as_ref()),
    })
}

fn rows(device: &DeviceState) -> Vec<Vec<String>> {
    let name = device.record.name.to_string();
    let release = device.running.as_ref();
    let release = release.map_or_else(|| "-".to_owned(), ToString::to_string);
    let Some((_, facts)) = &device.facts else {
        return Vec::new();
    };
    let patches = facts.install.iter().flat_map(|i| i.patches());
    let mut rows: Vec<Vec<String>> = patches
        .map(|p| {
            vec![
                name.clone(),
                release.clone(),
                file_name(&p.label).to_owned(),
                word(p.state).to_owned(),
                p.members.clone(),
                match on_flash(facts, p) {
                    Some(true) => "there",
                    Some(false) => "MISSING",
                    None => "-",
                }
                .to_owned(),
            ]
        })
        .collect();
    if rows.is_empty() {
        let none = ["none", "-", "-", "-"].map(str::to_owned);
        rows.push([name, release].into_iter().chain(none).collect());
    }
    rows
}

fn word(state: PackageState) -> &'static str {
    match state {
        PackageState::Inactive => "inactive",
        PackageState::Uncommitted => "uncommitted",
        PackageState::Committed => "committed",
        PackageState::Deactivated => "deactivated",
    }
}

/// Whether the file of a patch is at the root of the file system that its line names; `None` where
/// that was not listed.
fn on_flash(facts: &Facts, patch: &Package) -> Option<bool> {
    let name = file_name(&patch.label);
    let (place, _) = patch.label.split_once(':')?;
    let flash = facts
        .file_systems
        .iter()
        .find(|fs| fs.name.trim_end_matches(':') == place)?;
    Some(flash.files.iter().any(|f| f.name == name))
}
