//! `verify`: devices held against the baseline of an earlier run, at any time. Reads only.

use std::collections::BTreeMap;

use iosxe_core::device::Record;
use iosxe_core::event::ApproveMode;
use iosxe_core::fault::{Class, Fault, Remedy};
use iosxe_core::ids::{DeviceName, RunId};
use iosxe_core::reference::Against;
use iosxe_core::stage::StageKind;
use iosxe_workflow::reference;

use super::Context;
use super::drive::{self, Start};
use crate::app::Verify;
use crate::exit::{Aim, Asked, Exit};
use crate::show;

pub(crate) async fn run(context: &Context, args: Verify) -> Result<Exit, Fault> {
    let limits = &args.work.limit.limit;
    let records = named(drive::rows(context, limits).await?, &args.devices)?;
    let journal = context.journal().await?;
    let ours = |e| Fault::from(&e);
    let run = args.run.as_deref().map(RunId::new);
    if let Some(run) = &run {
        let runs = journal.runs().await.map_err(ours)?;
        if runs.iter().all(|head| head.run != *run) {
            return Err(Fault::new(
                Class::Operator,
                "no_such_run",
                format!("the journal has no run {run}"),
            )
            .remedy(Remedy::with("list the runs", "iosxe status --all")));
        }
    }
    let names: Vec<DeviceName> = records.iter().map(|r| r.name.clone()).collect();
    let against = reference::find(journal.as_ref(), &names, run.as_ref()).await;
    let against = against.map_err(ours)?;
    for (name, against) in &against {
        if let Against::Seen(reference) = against {
            show::note(&format!(
                "{name}: against run {} of {}, which wants {}",
                reference.run,
                reference.at.strftime("%Y-%m-%d %H:%M:%S UTC"),
                reference.wanted()
            ));
        }
    }
    let by_name = !limits.is_empty() || !args.devices.is_empty();
    let end = drive::start(
        context,
        Start {
            verb: "verify",
            until: StageKind::Postcheck,
            approve: ApproveMode::Wait,
            accept_new: args.work.accept_new_host_keys,
            named: by_name,
            bound: BTreeMap::new(),
            emergency: None,
            against,
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

/// The rows of the devices that were named; all where none was.
fn named(records: Vec<Record>, names: &[String]) -> Result<Vec<Record>, Fault> {
    if names.is_empty() {
        return Ok(records);
    }
    let is_row = |name: &&String| records.iter().any(|r| r.name.as_str() == name.as_str());
    if let Some(unknown) = names.iter().find(|name| !is_row(name)) {
        return Err(Fault::new(
            Class::Operator,
            "no_such_device",
            format!("no selected row of the inventory is {unknown}"),
        )
        .remedy(Remedy::with("look at the rows", "iosxe inventory show")));
    }
    let chosen = |record: &Record| names.iter().any(|name| name == record.name.as_str());
    Ok(records.into_iter().filter(chosen).collect())
}
