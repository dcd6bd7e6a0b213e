//! `commit`, `abort`, `accept`: a person decides for a device, journalled, and the engine follows.

use iosxe_core::event::{ApproveMode, Event, Takeover};
use iosxe_core::fault::{Class, Fault, Remedy};
use iosxe_core::ids::DeviceName;
use iosxe_workflow::status::RunState;

use super::approve::operator;
use super::{Context, drive};
use crate::app::{AcceptArgs, ByHand};
use crate::exit::{Aim, Asked, Exit};
use crate::wire;

pub(crate) async fn commit(context: &Context, args: ByHand) -> Result<Exit, Fault> {
    take_over(context, &args.device, Takeover::Commit, args.reason).await
}

pub(crate) async fn abort(context: &Context, args: ByHand) -> Result<Exit, Fault> {
    take_over(context, &args.device, Takeover::Abort, args.reason).await
}

pub(crate) async fn accept(context: &Context, args: AcceptArgs) -> Result<Exit, Fault> {
    take_over(
        context,
        &args.device,
        Takeover::Accept { check: args.check },
        args.reason,
    )
    .await
}

async fn take_over(
    context: &Context,
    device: &str,
    takeover: Takeover,
    reason: String,
) -> Result<Exit, Fault> {
    let back = takeover == Takeover::Abort;
    let name: DeviceName = device.into();
    let journal = context.journal().await?;
    let runs = journal.runs().await.map_err(|e| Fault::from(&e))?;
    for head in runs {
        let records = journal
            .read(&head.run, 0)
            .await
            .map_err(|e| Fault::from(&e))?;
        let state = RunState::replay(&records)
            .map_err(|e| Fault::new(Class::Operator, "journal_damaged", e.to_string()))?;
        let Some(found) = state.devices.get(&name) else {
            continue;
        };
        // The latest run that changed the device is the one that a decision is about.
        if found.intents.is_empty() {
            continue;
        }
        if !found.disturbed || found.committed == found.plan.as_ref().map(|p| p.to.clone()) {
            return Err(Fault::new(
                Class::Operator,
                "nothing_to_decide",
                format!(
                    "{name} is {} in run {}: nothing is activated and uncommitted",
                    found.outcome(),
                    head.run
                ),
            ));
        }
        let event = Event::TakenOver {
            takeover,
            by: operator(),
            reason,
        };
        let inventory = wire::inventory(&context.config)?;
        let engine = wire::engine(
            &context.config,
            journal,
            inventory,
            ApproveMode::Wait,
            false,
        )?;
        let names = vec![name.clone()];
        let first = vec![(name, event)];
        let end = drive::resume(context, &engine, head.run, first, names).await?;
        let asked = Asked {
            by_name: true,
            aim: if back { Aim::Back } else { Aim::Forth },
            interrupted: end.interrupted,
        };
        return Ok(drive::finish(context, &end, asked));
    }
    Err(Fault::new(
        Class::Operator,
        "no_such_device",
        format!("no run has changed {name}"),
    )
    .remedy(Remedy::with("look at the runs", "iosxe status --all")))
}
