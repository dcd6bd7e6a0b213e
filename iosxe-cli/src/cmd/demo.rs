//! `demo`: the main job end to end against simulated devices in the same process.

use std::collections::BTreeMap;
use std::path::Path;

use iosxe_core::event::ApproveMode;
use iosxe_core::fault::{Class, Fault, Remedy};
use iosxe_core::stage::StageKind;
use iosxe_lab::{Base, Fault as LabFault, Lab, LabOptions};

use super::drive::{self, Start};
use super::lab::lab_fault;
use super::{Context, Onward};
use crate::app::{Demo, Global};
use crate::config::Config;
use crate::exit::{Aim, Asked, Exit};
use crate::show::{self, Output};

/// Says that a folder is a demo's, so that the next demo may empty it.
const MARK: &str = ".iosxe-demo";

pub(crate) async fn run(args: Demo, output: Output) -> Result<Exit, Fault> {
    prepare(&args.dir)?;
    let mut options = LabOptions::new(&args.dir);
    options.devices = usize::from(args.devices);
    options.speed = args.speed;
    options.seed = args.seed;
    options.base = Base::Auto;
    options.port = 0;
    let lab = Lab::start(options).await.map_err(|e| lab_fault(&e))?;
    for fault in &args.fault {
        let (device, kind) = fault.split_once('=').ok_or_else(|| {
            Fault::new(
                Class::Operator,
                "fault",
                format!("--fault {fault}: give DEVICE=KIND"),
            )
            .remedy(Remedy::with("list the kinds", "iosxe lab faults"))
        })?;
        let (kind, at) = kind.split_once('@').unwrap_or((kind, ""));
        let fault = LabFault {
            kind: kind.into(),
            at: at.into(),
            times: None,
        };
        lab.set_fault(device, fault).map_err(|e| lab_fault(&e))?;
    }
    show::note(&format!(
        "{} simulated devices are up; upgrading them from {}",
        lab.devices().len(),
        args.dir.join("inventory.xlsx").display()
    ));
    let result = upgrade(&args, &lab, output).await;
    lab.shutdown().await;
    result
}

async fn upgrade(args: &Demo, lab: &Lab, output: Output) -> Result<Exit, Fault> {
    let global = Global {
        config: args.dir.join("iosxe.toml"),
        inventory: None,
        journal: None,
        output: Some(output),
    };
    let mut config = Config::read(&global)?;
    let credentials = lab.credentials();
    config.environment = vec![
        ("IOSXE_USERNAME".into(), credentials.username),
        ("IOSXE_PASSWORD".into(), credentials.password),
        ("IOSXE_ENABLE".into(), credentials.enable),
    ];
    config.limits.devices = config.limits.devices.max(50);
    let mut context = Context::new(config, output, Onward::Anew(anew(args)));
    context.report = Some(args.dir.join("report.html"));
    let result = upgrade_all(args, &context).await;
    context.close().await;
    result
}

async fn upgrade_all(args: &Demo, context: &Context) -> Result<Exit, Fault> {
    let records = drive::rows(context, &[]).await?;
    let end = drive::start(
        context,
        Start {
            verb: "upgrade",
            until: StageKind::Close,
            approve: ApproveMode::Auto,
            accept_new: false,
            named: false,
            bound: BTreeMap::new(),
            emergency: None,
            against: BTreeMap::new(),
        },
        records,
    )
    .await?;
    let asked = Asked {
        by_name: false,
        aim: Aim::Forth,
        interrupted: end.interrupted,
    };
    if end.not_written.is_none() {
        let workbook = args.dir.join("inventory.xlsx");
        show::note(&format!("workbook, written back: {}", workbook.display()));
    }
    Ok(drive::finish(context, &end, asked).await)
}

/// The command that starts the same demo anew.
fn anew(args: &Demo) -> String {
    let mut text = format!(
        "iosxe demo --dir {} --devices {} --speed {} --seed {}",
        args.dir.display(),
        args.devices,
        args.speed,
        args.seed
    );
    for fault in &args.fault {
        text.push_str(&format!(" --fault {fault}"));
    }
    text
}

/// An empty folder, or one of an earlier demo, which is emptied.
fn prepare(dir: &Path) -> Result<(), Fault> {
    let bad = |e: std::io::Error| {
        Fault::new(
            Class::Operator,
            "demo_dir",
            format!("cannot use {}: {e}", dir.display()),
        )
        .remedy(Remedy::with(
            "choose another folder",
            "iosxe demo --dir DIR",
        ))
    };
    if dir.exists() {
        let empty = std::fs::read_dir(dir).map_err(bad)?.next().is_none();
        if !empty && !dir.join(MARK).is_file() {
            return Err(Fault::new(
                Class::Operator,
                "demo_dir",
                format!("{} is not empty and no earlier demo's", dir.display()),
            )
            .remedy(Remedy::with(
                "choose another folder",
                "iosxe demo --dir DIR",
            )));
        }
        if !empty {
            std::fs::remove_dir_all(dir).map_err(bad)?;
        }
    }
    std::fs::create_dir_all(dir).map_err(bad)?;
    std::fs::write(
        dir.join(MARK),
        "Made by `iosxe demo`, which may empty this folder.\n",
    )
    .map_err(bad)
}
