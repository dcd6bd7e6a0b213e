//! `upgrade` and `transfer`.

use std::collections::BTreeMap;

use iosxe_core::device::Record;
use iosxe_core::event::ApproveMode;
use iosxe_core::fault::{Class, Fault, Remedy};
use iosxe_core::ids::DeviceName;
use iosxe_core::stage::StageKind;

use super::drive::{self, Start};
use super::{Context, plan};
use crate::app::{Upgrade, Work};
use crate::exit::{Aim, Asked, Exit};

pub(crate) async fn run(context: &Context, args: Upgrade) -> Result<Exit, Fault> {
    let limits = &args.work.limit.limit;
    if !args.all && args.plan.is_none() && limits.is_empty() {
        return Err(nothing_selected("--limit EXPR, --plan FILE or --all"));
    }
    let until = stage(&args.until)?;
    let mut records = drive::rows(context, limits).await?;
    let mut bound = BTreeMap::new();
    if let Some(file) = &args.plan {
        (records, bound) = restrict(records, plan::load(file)?)?;
    }
    // Only a run that reaches the gate needs an answer to it. Behind the input: what is wrong with
    // that is told first.
    let approve = if until >= StageKind::Approve {
        drive::approve_mode(args.approve)?
    } else {
        ApproveMode::Wait
    };
    let accept_new = args.work.accept_new_host_keys;
    let named = !limits.is_empty() || args.plan.is_some();
    let end = drive::start(
        context,
        Start {
            verb: "upgrade",
            until,
            approve,
            accept_new,
            named,
            bound,
            emergency: args.emergency,
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

/// Nobody said which devices.
pub(super) fn nothing_selected(flags: &str) -> Fault {
    Fault::new(
        Class::Operator,
        "nothing_selected",
        "no devices are selected",
    )
    .remedy(Remedy::with("say which devices", flags))
}

/// The stage that `--until` names.
pub(super) fn stage(word: &str) -> Result<StageKind, Fault> {
    word.parse().map_err(|e: iosxe_core::stage::UnknownStage| {
        Fault::new(Class::Operator, "until", format!("--until: {e}"))
            .remedy(Remedy::new("give one of these words"))
    })
}

/// The rows of a saved plan, each bound to the hash that was signed off: a device whose plan comes out
/// differently now is not touched.
fn restrict(
    records: Vec<Record>,
    saved: plan::Saved,
) -> Result<(Vec<Record>, BTreeMap<DeviceName, String>), Fault> {
    let mut chosen = Vec::new();
    let mut bound = BTreeMap::new();
    for planned in saved.devices {
        let record = records
            .iter()
            .find(|r| r.name == planned.device)
            .ok_or_else(|| {
                Fault::new(
                    Class::Operator,
                    "plan_device",
                    format!(
                        "the plan names {}, which the inventory does not have",
                        planned.device
                    ),
                )
                .remedy(Remedy::new(
                    "give its row back to the inventory, or make a plan without it",
                ))
            })?;
        chosen.push(record.clone());
        bound.insert(planned.device, planned.hash);
    }
    Ok((chosen, bound))
}

pub(crate) async fn transfer(context: &Context, work: &Work) -> Result<Exit, Fault> {
    let records = drive::rows(context, &work.limit.limit).await?;
    let end = drive::start(
        context,
        Start {
            verb: "transfer",
            until: StageKind::Transfer,
            approve: ApproveMode::Wait,
            accept_new: work.accept_new_host_keys,
            named: !work.limit.limit.is_empty(),
            bound: BTreeMap::new(),
            emergency: None,
            against: BTreeMap::new(),
        },
        records,
    )
    .await?;
    let asked = Asked {
        by_name: !work.limit.limit.is_empty(),
        aim: Aim::Forth,
        interrupted: end.interrupted,
    };
    Ok(drive::finish(context, &end, asked).await)
}
