//! `firmware list|upgrade`: ROMMON, CPLD and FPGA beside the image.

use std::collections::BTreeMap;
use std::path::Path;

use iosxe_core::device::Record;
use iosxe_core::event::ApproveMode;
use iosxe_core::fault::{Class, Fault, Remedy};
use iosxe_core::firmware::{self, Firmware as Part, Fit, Package, is_package};
use iosxe_core::image::Image;
use iosxe_core::patch::PatchAim;
use iosxe_core::plan::Method;
use iosxe_core::stage::StageKind;
use iosxe_workflow::engine::RunEnd;
use iosxe_workflow::status::DeviceState;
use serde_json::{Value, json};

use super::drive::{self, Start};
use super::{Context, upgrade};
use crate::app::{Firmware, FirmwareList, FirmwareUpgrade};
use crate::catalogue;
use crate::exit::{self, Aim, Asked, Exit};
use crate::show::{self, Output};

pub(crate) async fn run(context: &Context, args: Firmware) -> Result<Exit, Fault> {
    match args {
        Firmware::List(args) => list(context, &args).await,
        Firmware::Upgrade(args) => change(context, args).await,
    }
}

/// A run over rows that ask for this package.
async fn change(context: &Context, args: FirmwareUpgrade) -> Result<Exit, Fault> {
    let limits = &args.work.limit.limit;
    if !args.all && limits.is_empty() && args.devices.is_empty() {
        return Err(upgrade::nothing_selected("DEVICE, --limit EXPR or --all"));
    }
    let package = package(&args.package)?;
    let until = upgrade::stage(&args.until)?;
    let records = named(drive::rows(context, limits).await?, &args.devices)?;
    let asking = |record: Record| Record {
        want_method: Some(Method::Firmware),
        target: None,
        image: Some(package.clone()),
        patch_aim: PatchAim::Apply,
        ..record
    };
    let records = records.into_iter().map(asking).collect();
    let approve = if until >= StageKind::Approve {
        drive::approve_mode(args.approve)?
    } else {
        ApproveMode::Wait
    };
    let by_name = !limits.is_empty() || !args.devices.is_empty();
    let end = drive::start(
        context,
        Start {
            verb: "firmware upgrade",
            until,
            approve,
            accept_new: args.work.accept_new_host_keys,
            named: by_name,
            bound: BTreeMap::new(),
            emergency: None,
            against: BTreeMap::new(),
        },
        records,
    )
    .await?;
    let asked = Asked {
        by_name,
        aim: Aim::Forth,
        interrupted: end.interrupted,
    };
    Ok(drive::finish(context, &end, asked).await)
}

/// The rows of these devices; every row where none is named.
fn named(records: Vec<Record>, devices: &[String]) -> Result<Vec<Record>, Fault> {
    if devices.is_empty() {
        return Ok(records);
    }
    let is = |record: &Record, name: &String| record.name.as_str() == name;
    if let Some(unknown) = devices
        .iter()
        .find(|name| !records.iter().any(|record| is(record, name)))
    {
        return Err(Fault::new(
            Class::Operator,
            "no_such_device",
            format!("no row that is selected has the hostname {unknown}"),
        )
        .remedy(Remedy::with("look at the rows", "iosxe inventory show")));
    }
    let wanted = |record: &Record| devices.iter().any(|name| is(record, name));
    Ok(records.into_iter().filter(wanted).collect())
}

/// The name of the package, as the `image` cell of a row would have it.
fn package(given: &str) -> Result<String, Fault> {
    let name = Path::new(given).file_name().map(|n| n.to_string_lossy());
    let name = name.unwrap_or_default().into_owned();
    if is_package(&name) {
        return Ok(name);
    }
    Err(Fault::new(
        Class::Operator,
        "not_firmware",
        format!("{given} is no package of firmware: one is a ROMMON or hw-programmables .pkg file"),
    )
    .remedy(Remedy::with(
        "give the name of a package that the catalogue has",
        "iosxe image list",
    )))
}

async fn list(context: &Context, args: &FirmwareList) -> Result<Exit, Fault> {
    let limits = &args.work.limit.limit;
    let only = args.package.as_deref().map(package).transpose()?;
    let packages = packages(context, only.as_deref()).await?;
    let records = drive::rows(context, limits).await?;
    let end = drive::start(
        context,
        Start {
            verb: "firmware list",
            until: StageKind::Discover,
            approve: ApproveMode::Wait,
            accept_new: args.work.accept_new_host_keys,
            named: !limits.is_empty(),
            bound: BTreeMap::new(),
            emergency: None,
            against: BTreeMap::new(),
        },
        records,
    )
    .await?;
    print(context.output, &end, &packages);
    drive::after(context, &end).await;
    let asked = Asked {
        by_name: !limits.is_empty(),
        aim: Aim::Answers,
        interrupted: end.interrupted,
    };
    Ok(exit::of(&end.summary(), asked))
}

/// The packages of the catalogue, or the one that is asked about. Without a catalogue the devices' own
/// word is listed alone.
async fn packages(context: &Context, only: Option<&str>) -> Result<Vec<Image>, Fault> {
    let all = match catalogue::open(&context.config)?.list().await {
        Ok(all) => all,
        Err(_) if only.is_none() => return Ok(Vec::new()),
        Err(error) => return Err(Fault::from(&error)),
    };
    let mut images: Vec<Image> = all.into_iter().map(|listed| listed.image).collect();
    images.retain(|i| match only {
        Some(only) => i.file == only,
        None => is_package(&i.file),
    });
    let sent = only.and_then(Package::of).is_none_or(|p| p.has_file());
    match only {
        Some(only) if images.is_empty() && sent => Err(Fault::new(
            Class::Operator,
            "image_not_named",
            format!("the catalogue has no package named {only}"),
        )
        .remedy(Remedy::with(
            "add it to the catalogue",
            "iosxe image add FILE",
        ))),
        _ => Ok(images),
    }
}

/// One part, with what would come of it.
struct Line<'a> {
    part: &'a Part,
    /// What the newest package brings, and its file; without one what the running release comes with.
    brought: Option<(String, Option<&'a str>)>,
    behind: Option<bool>,
}

fn lines<'a>(device: &'a DeviceState, packages: &'a [Image]) -> Vec<Line<'a>> {
    let Some((_, facts)) = &device.facts else {
        return Vec::new();
    };
    let Some(state) = &facts.firmware else {
        return Vec::new();
    };
    let fitting: Vec<&Image> = packages.iter().filter(|i| i.fits(&facts.pid)).collect();
    state
        .parts
        .iter()
        .map(|part| line(part, &fitting))
        .collect()
}

fn line<'a>(part: &'a Part, packages: &[&'a Image]) -> Line<'a> {
    let newer = |a: &str, b: &str| {
        firmware::compare(part.kind, a, b).is_some_and(std::cmp::Ordering::is_gt)
    };
    let mut best: Option<(String, &Image)> = None;
    for image in packages {
        let Some(version) = firmware::brought(part, image) else {
            continue;
        };
        if best.as_ref().is_none_or(|(held, _)| newer(&version, held)) {
            best = Some((version, image));
        }
    }
    if let Some((version, image)) = best {
        let behind = match firmware::fit(part, image) {
            Fit::Behind(_) => Some(true),
            Fit::Same | Fit::Newer(_) => Some(false),
            Fit::Unclear(_) | Fit::NotConcerned => None,
        };
        return Line {
            part,
            brought: Some((version, Some(&image.file))),
            behind,
        };
    }
    Line {
        part,
        brought: part.expected.clone().map(|version| (version, None)),
        behind: part.is_behind().then_some(true),
    }
}

fn print(output: Output, end: &RunEnd, packages: &[Image]) {
    if output == Output::Table {
        let devices = end.state.devices.values();
        let rows: Vec<Vec<String>> = devices.flat_map(|d| rows(d, packages)).collect();
        show::firmware(&rows);
        show::remarks(&end.summary());
        return;
    }
    let devices = end.state.devices.values();
    let devices: Vec<Value> = devices.map(|d| one(d, packages)).collect();
    let mut document = json!({ "run": end.run, "devices": devices });
    if let (Output::Ndjson, Value::Object(map)) = (output, &mut document) {
        map.insert("type".into(), json!("summary"));
    }
    show::document(output, &document);
}

/// One device as JSON; `parts` is `null` where nobody could look.
fn one(device: &DeviceState, packages: &[Image]) -> Value {
    let state = device.facts.as_ref().and_then(|(_, f)| f.firmware.as_ref());
    let parts = state.map(|_| {
        let all = lines(device, packages);
        let all = all.iter().map(|line| {
            let (version, package) = line.brought.clone().unzip();
            json!({
                "slot": line.part.slot,
                "part": line.part.kind,
                "name": line.part.name,
                "board": line.part.board,
                "version": line.part.version,
                "brings": version,
                "package": package.flatten(),
                "behind": line.behind,
            })
        });
        all.collect::<Vec<_>>()
    });
    json!({
        "name": device.record.name,
        "release": device.running,
        "outcome": device.outcome(),
        "parts": parts,
        "inconclusive": state.map(|s| &s.inconclusive),
        "fault": device.ended.as_ref().and_then(|(_, fault)| fault.as_ref()),
    })
}

fn rows(device: &DeviceState, packages: &[Image]) -> Vec<Vec<String>> {
    let word = |behind| match behind {
        Some(true) => "BEHIND",
        Some(false) => "no",
        None => "-",
    };
    lines(device, packages)
        .into_iter()
        .map(|line| {
            let (version, package) = match &line.brought {
                Some((version, Some(file))) => (version.clone(), (*file).to_owned()),
                Some((version, None)) => (version.clone(), "the running release".to_owned()),
                None => ("-".to_owned(), "-".to_owned()),
            };
            vec![
                device.record.name.to_string(),
                line.part.slot.clone(),
                line.part.name.clone(),
                line.part.version.clone(),
                version,
                word(line.behind).to_owned(),
                package,
            ]
        })
        .collect()
}
