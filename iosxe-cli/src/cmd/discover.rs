//! `discover`, what CDP and LLDP say beside the inventory, and the facts in a file.

use std::collections::BTreeMap;

use iosxe_core::event::ApproveMode;
use iosxe_core::fault::Fault;
use iosxe_core::stage::StageKind;
use iosxe_core::surroundings::Neighbourhood;
use iosxe_workflow::engine::RunEnd;
use iosxe_workflow::summary::Summary;
use serde_json::{Value, json};

use super::drive::{self, Start};
use super::{Context, facts_file};
use crate::app::DiscoverArgs;
use crate::exit::{self, Aim, Asked, Exit};
use crate::show::{self, Output};
use crate::{select, tables};

pub(crate) async fn run(context: &Context, args: &DiscoverArgs) -> Result<Exit, Fault> {
    #[cfg(feature = "snmp")]
    if args.snmp {
        return super::first_look::run(context, &args.work.limit.limit).await;
    }
    let limits = &args.work.limit.limit;
    // Every row: a neighbour that was not asked in this run is no stranger.
    let all = drive::rows(context, &[]).await?;
    let chosen = select::select(all.clone(), limits, &tables::platforms(&context.config)?)?;
    let end = drive::start(
        context,
        Start {
            verb: "discover",
            until: StageKind::Discover,
            approve: ApproveMode::Wait,
            accept_new: args.work.accept_new_host_keys,
            named: !limits.is_empty(),
            bound: BTreeMap::new(),
            emergency: None,
            against: BTreeMap::new(),
        },
        chosen,
    )
    .await?;
    let summary = end.summary();
    let found = args.neighbors.then(|| Neighbourhood::of(&all, seen(&end)));
    print(context.output, &summary, found.as_ref());
    let saved = match &args.save {
        Some(file) => facts_file::save(file, &end),
        None => Ok(()),
    };
    drive::after(context, &end).await;
    saved?;
    let asked = Asked {
        by_name: !limits.is_empty(),
        aim: Aim::Answers,
        interrupted: end.interrupted,
    };
    Ok(exit::of(&summary, asked))
}

/// The summary of the run, with what hangs on the devices where that was asked for.
fn print(output: Output, summary: &Summary, found: Option<&Neighbourhood>) {
    let Some(found) = found else {
        show::summary(output, summary);
        return;
    };
    if output == Output::Table {
        show::summary(output, summary);
        show::neighbourhood(found);
        return;
    }
    let mut document = json!(summary);
    if let Value::Object(map) = &mut document {
        map.insert("neighbors".into(), json!(found));
        if output == Output::Ndjson {
            map.insert("type".into(), json!("summary"));
        }
    }
    show::document(output, &document);
}

fn seen(
    end: &RunEnd,
) -> impl Iterator<Item = (&iosxe_core::ids::DeviceName, &iosxe_core::device::Facts)> {
    let devices = end.state.devices.iter();
    devices.filter_map(|(name, device)| Some((name, &device.facts.as_ref()?.1)))
}
