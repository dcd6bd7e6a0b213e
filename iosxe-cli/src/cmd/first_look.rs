//! `discover --snmp`: what devices tell without a login, held against their rows.
//!
//! Nothing is kept of it: no run, no facts, no cell of the inventory.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Instant;

use iosxe_core::device::{Address, Record};
use iosxe_core::fault::{Class, Fault, Remedy};
use iosxe_core::ids::CredentialName;
use iosxe_core::platform::PlatformTable;
use iosxe_core::ports::{FirstLook, Probe, ProbeError, ProbeTarget, SnmpCredential};
use iosxe_core::stage::{Outcome, StageKind};
use iosxe_core::words::counted;
use iosxe_drivers::snmp::{compare, identify, outlook};
use iosxe_transport::creds::env::DEFAULT;
use iosxe_transport::snmp::SnmpPolicy;
use iosxe_workflow::summary::{DeviceSummary, FaultSummary, Summary};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::{Context, drive};
use crate::exit::Exit;
use crate::show::{self, Answer, Output};
use crate::{tables, wire};

/// What came of a row.
enum Came {
    /// The row says hold: nobody was asked.
    Held,
    /// Nobody could be asked.
    Unasked(Fault),
    /// The device was asked, and this is how long it took.
    Asked(Result<FirstLook, ProbeError>, f64),
    /// The command was stopped before.
    Stopped,
}

pub(crate) async fn run(context: &Context, limits: &[String]) -> Result<Exit, Fault> {
    let begun = Instant::now();
    let records = drive::rows(context, limits).await?;
    let table = tables::platforms(&context.config)?;
    let targets = targets(context, &records).await?;
    let versions: Vec<Option<&'static str>> = targets
        .iter()
        .map(|t| Some(t.as_ref()?.as_ref().ok()?.credential.version()))
        .collect();
    if versions.contains(&Some("v2c")) {
        show::note("SNMPv2c sends the community in clear text");
    }
    let (came, interrupted) = ask(context, targets).await;

    let mut devices = Vec::new();
    let mut answers = Vec::new();
    let mut exit = Exit::AsWanted;
    for ((record, version), came) in records.iter().zip(versions).zip(came) {
        exit = worse(exit, &came, !limits.is_empty());
        let address = address(context, record);
        let mut answer = Answer::of(record, &address, version);
        devices.push(device(record, &mut answer, came, &table));
        answers.push(answer);
    }
    devices.sort_by(|a, b| a.name.cmp(&b.name));
    answers.sort_by(|a, b| a.name.cmp(&b.name));
    let mut counts: BTreeMap<Outcome, usize> = Outcome::ALL.into_iter().map(|o| (o, 0)).collect();
    for device in &devices {
        *counts.entry(device.outcome).or_default() += 1;
    }
    let summary = Summary {
        run: None,
        devices,
        counts,
        wall_s: seconds(begun),
    };
    print(context.output, &summary, &answers);
    if interrupted {
        show::note("stopped; nothing was kept: ask again with iosxe discover --snmp");
        return Ok(Exit::Interrupted);
    }
    Ok(exit)
}

fn print(output: Output, summary: &Summary, answers: &[Answer]) {
    if output == Output::Table {
        show::first_looks(summary, answers);
    } else {
        let mut document = json!(summary);
        if let Value::Object(map) = &mut document {
            map.insert("snmp".into(), json!(answers));
            if output == Output::Ndjson {
                map.insert("type".into(), json!("summary"));
            }
        }
        show::document(output, &document);
    }
}

/// Whom to ask, row by row: nobody for a row on hold, a fault for one without a credential. Where no
/// row has one, nothing begins.
async fn targets(
    context: &Context,
    records: &[Record],
) -> Result<Vec<Option<Result<ProbeTarget, Fault>>>, Fault> {
    let secrets = wire::secrets(&context.config)?;
    let common = context.config.snmp.credential.as_deref();
    let mut known: HashMap<CredentialName, Result<SnmpCredential, Fault>> = HashMap::new();
    let mut targets = Vec::new();
    for record in records {
        if record.hold {
            targets.push(None);
            continue;
        }
        let own = record.credential.clone();
        let name = common
            .map(CredentialName::new)
            .or(own)
            .unwrap_or_else(|| CredentialName::new(DEFAULT));
        let credential = match known.get(&name) {
            Some(found) => found.clone(),
            None => {
                let found = secrets.snmp(&name).await;
                known.insert(name, found.clone());
                found
            }
        };
        targets.push(Some(credential.map(|credential| ProbeTarget {
            device: record.name.clone(),
            address: address(context, record),
            credential,
        })));
    }
    let mut asked = targets.iter().flatten();
    let first = asked.clone().find_map(|t| t.as_ref().err().cloned());
    match first {
        Some(fault) if asked.all(Result::is_err) => Err(fault),
        _ => Ok(targets),
    }
}

/// Host of the row, port of the agents.
fn address(context: &Context, record: &Record) -> Address {
    Address {
        host: record.address.host.clone(),
        port: context.config.snmp.port,
    }
}

/// Asks, no more devices at once than any run of this program; says whether it was stopped.
async fn ask(
    context: &Context,
    targets: Vec<Option<Result<ProbeTarget, Fault>>>,
) -> (Vec<Came>, bool) {
    let room = Arc::new(Semaphore::new(context.config.limits.devices.max(1)));
    let probe = wire::probe(SnmpPolicy::default());
    let mut at_work = JoinSet::new();
    let mut came = Vec::new();
    for (row, target) in targets.into_iter().enumerate() {
        came.push(match target {
            None => Came::Held,
            Some(Err(fault)) => Came::Unasked(fault),
            Some(Ok(target)) => {
                at_work.spawn(one(Arc::clone(&room), Arc::clone(&probe), row, target));
                Came::Stopped
            }
        });
    }
    let mut stop = std::pin::pin!(drive::signalled());
    // It listens from here on: whoever reads the line may press Ctrl-C.
    tokio::select! {
        biased;
        _ = &mut stop => return (came, true),
        () = std::future::ready(()) => {}
    }
    let asked = counted(at_work.len(), "device");
    show::note(&format!("asking {asked} by SNMP"));
    loop {
        tokio::select! {
            done = at_work.join_next() => match done {
                None => return (came, false),
                Some(Ok((row, looked, took))) => {
                    if let Some(place) = came.get_mut(row) {
                        *place = Came::Asked(looked, took);
                    }
                }
                // Only a defect of this program ends one so.
                Some(Err(error)) => tracing::error!(%error, "a first look broke off"),
            },
            _ = &mut stop => {
                at_work.shutdown().await;
                return (came, true);
            }
        }
    }
}

async fn one(
    room: Arc<Semaphore>,
    probe: Arc<dyn Probe>,
    row: usize,
    target: ProbeTarget,
) -> (usize, Result<FirstLook, ProbeError>, f64) {
    // Never closed; were it, the look would go on without a place.
    let _place = room.acquire().await;
    let begun = Instant::now();
    let looked = probe.look(&target).await;
    (row, looked, seconds(begun))
}

fn seconds(begun: Instant) -> f64 {
    (begun.elapsed().as_secs_f64() * 1000.0).round() / 1000.0
}

/// A row without an answer is what fails here; an answer that differs from its row is one.
fn worse(exit: Exit, came: &Came, by_name: bool) -> Exit {
    match (exit, came) {
        (Exit::SomeFailed, _) | (_, Came::Unasked(_) | Came::Asked(Err(_), _) | Came::Stopped) => {
            Exit::SomeFailed
        }
        (_, Came::Held) if by_name => Exit::Stopped,
        (exit, Came::Held | Came::Asked(Ok(_), _)) => exit,
    }
}

/// The row of the summary; what the device told goes into the answer.
fn device(
    record: &Record,
    answer: &mut Answer,
    came: Came,
    table: &PlatformTable,
) -> DeviceSummary {
    let mut warnings = Vec::new();
    let mut took = 0.0;
    let (outcome, fault) = match came {
        Came::Held => (
            Outcome::Held,
            Some(
                Fault::new(Class::Operator, "hold", "the row says hold").remedy(Remedy::new(
                    "clear the `hold` cell when the device may be worked on",
                )),
            ),
        ),
        Came::Stopped => (Outcome::NotStarted, None),
        Came::Unasked(fault) => (Outcome::NotStarted, Some(fault)),
        Came::Asked(Err(error), seconds) => {
            took = seconds;
            answer.silent(&error);
            (Outcome::NotStarted, Some(Fault::from(&error)))
        }
        Came::Asked(Ok(look), seconds) => {
            took = seconds;
            let identity = identify(&look);
            let compared = compare(record, &look, &identity, table);
            let outlook = outlook(&identity, &compared, table);
            warnings.extend(
                look.cut
                    .iter()
                    .map(|cut| format!("not all was told: {cut}")),
            );
            warnings.extend(compared.warnings.iter().cloned());
            let fault = compared.fault();
            answer.told(look, identity, compared, outlook);
            match fault {
                Some(fault) => (Outcome::Refused, Some(fault)),
                None => (Outcome::Ready, None),
            }
        }
    };
    let fault = fault.map(|f| f.at(&record.name, StageKind::Discover));
    DeviceSummary {
        name: record.name.to_string(),
        platform: answer.model.clone().or_else(|| record.platform.clone()),
        from: None,
        to: record.target.as_ref().map(ToString::to_string),
        running: answer.release.clone(),
        committed: None,
        method: None,
        outcome,
        stage: StageKind::Discover,
        auto_abort_deadline: None,
        auto_abort_deadline_from: None,
        waits_for: None,
        fault: fault.as_ref().map(FaultSummary::from),
        seconds: took,
        against: None,
        plan: None,
        warnings,
    }
}
