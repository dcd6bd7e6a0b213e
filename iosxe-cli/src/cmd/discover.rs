//! `discover`, and what CDP and LLDP say beside the inventory.

use std::collections::BTreeMap;

use iosxe_core::event::ApproveMode;
use iosxe_core::fault::Fault;
use iosxe_core::stage::StageKind;
use iosxe_core::surroundings::Neighbourhood;
use iosxe_workflow::engine::RunEnd;
use serde_json::{Value, json};

use super::Context;
use super::drive::{self, Start};
use crate::app::DiscoverArgs;
use crate::exit::{self, Aim, Asked, Exit};
use crate::show::{self, Output};
use crate::{select, tables};

pub(crate) async fn run(context: &Context, args: &DiscoverArgs) -> Result<Exit, Fault> {
    #[cfg(feature = "snmp")]
    if args.snmp {
        return super::first_look::run(context, &args.work.limit.limit).await;
    }
    if !args.neighbors {
        return drive::ask(context, "discover", StageKind::Discover, &args.work).await;
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
        },
        chosen,
    )
    .await?;
    let found = Neighbourhood::of(&all, seen(&end));
    let summary = end.summary();
    match context.output {
        Output::Table => {
            show::summary(context.output, &summary);
            show::neighbourhood(&found);
        }
        Output::Json | Output::Ndjson => {
            let mut document = json!(summary);
            if let Value::Object(map) = &mut document {
                map.insert("neighbors".into(), json!(found));
                if context.output == Output::Ndjson {
                    map.insert("type".into(), json!("summary"));
                }
            }
            show::document(context.output, &document);
        }
    }
    drive::after(context, &end).await;
    let asked = Asked {
        by_name: !limits.is_empty(),
        aim: Aim::Answers,
        interrupted: end.interrupted,
    };
    Ok(exit::of(&summary, asked))
}

fn seen(
    end: &RunEnd,
) -> impl Iterator<Item = (&iosxe_core::ids::DeviceName, &iosxe_core::device::Facts)> {
    let devices = end.state.devices.iter();
    devices.filter_map(|(name, device)| Some((name, &device.facts.as_ref()?.1)))
}
