//! `lab up|faults`: simulated devices.

use iosxe_core::fault::{Class, Fault, Remedy};
use iosxe_core::words::counted;
use iosxe_lab::{Base, Lab, LabError, LabOptions, Topology};
use serde_json::json;

use crate::app::{Lab as Args, LabUp};
use crate::exit::Exit;
use crate::show::{self, Output};

pub(crate) async fn run(args: Args, output: Output) -> Result<Exit, Fault> {
    match args {
        Args::Faults => {
            faults(output);
            Ok(Exit::AsWanted)
        }
        Args::Up(args) => up(args).await,
    }
}

fn faults(output: Output) {
    let all = iosxe_lab::faults();
    if output == Output::Table {
        for fault in all {
            show::line(&format!(
                "{:<28} {}\n{:<28} at {}, {} unless told otherwise",
                fault.kind,
                fault.description,
                "",
                fault.moments.join(", "),
                counted(fault.times, "time")
            ));
        }
        return;
    }
    let list: Vec<_> = all
        .iter()
        .map(|f| {
            json!({"kind": f.kind, "moments": f.moments, "times": f.times, "description": f.description})
        })
        .collect();
    show::document(output, &json!({ "faults": list }));
}

async fn up(args: LabUp) -> Result<Exit, Fault> {
    let mut options = LabOptions::new(args.dir);
    options.devices = args.devices;
    options.speed = args.speed;
    options.seed = args.seed;
    options.port = args.port;
    options.snmp_port = args.snmp_port;
    options.image_bytes = args.image_bytes;
    options.control = args.control;
    options.base = match args.base.as_str() {
        "auto" => Base::Auto,
        text => Base::Address(text.parse().map_err(|_| {
            Fault::new(
                Class::Operator,
                "base",
                format!("--base: `{text}` is no address"),
            )
            .remedy(Remedy::new("give a loopback address, or `auto`"))
        })?),
    };
    if let Some(file) = &args.topology {
        let text = std::fs::read_to_string(file).map_err(|e| {
            Fault::new(
                Class::Operator,
                "topology",
                format!("cannot read {}: {e}", file.display()),
            )
            .remedy(Remedy::new("check the path and its permissions"))
        })?;
        options.topology = Some(Topology::from_toml(&text).map_err(|e| lab_fault(&e))?);
    }
    let lab = Lab::start(options).await.map_err(|e| lab_fault(&e))?;
    show::line(&lab.ready_line());
    show::note(&format!(
        "lab is up. In another terminal: set -a; . {0}/lab.env; set +a; \
         iosxe --config {0}/iosxe.toml discover",
        lab.dir().display()
    ));
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated() => {}
        () = lab.shutdown_requested() => {}
    }
    lab.shutdown().await;
    Ok(Exit::AsWanted)
}

#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut term) => drop(term.recv().await),
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending().await
}

/// A lab that cannot be made.
pub(crate) fn lab_fault(error: &LabError) -> Fault {
    let next = match error {
        LabError::Fault { .. } => Remedy::with("list the kinds and moments", "iosxe lab faults"),
        LabError::UnknownDevice { .. } => {
            Remedy::new("take a name of the `hostname` column of the lab's inventory")
        }
        LabError::Listen { .. } => {
            Remedy::new("choose another --base, --port or --snmp-port, or `--base auto --port 0`")
        }
        LabError::File { .. } | LabError::Workbook(_) => {
            Remedy::new("check that the folder can be written and has room")
        }
        LabError::Topology { .. } | LabError::Release { .. } => {
            Remedy::new("correct the topology file")
        }
        _ => Remedy::new("report this: it is a fault of the lab"),
    };
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    Fault::new(Class::Operator, "lab", text).remedy(next)
}
