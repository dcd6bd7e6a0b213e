//! `approve`, `reject`, `pause`, `cancel`: what a person says to a run from another terminal.
//!
//! It is left in a table beside the records of the run, where the process that drives the run looks
//! every second; where none does, the next `iosxe resume` takes it up before anything else.

use std::time::{Duration, Instant};

use iosxe_core::event::{ApproveMode, Event, Takeover};
use iosxe_core::fault::{Class, Fault, Remedy};
use iosxe_core::ids::{DeviceName, RunId};
use iosxe_core::plan::fleet_hash;
use iosxe_core::ports::{Decision, Journal, JournalError};
use iosxe_core::words::counted;
use iosxe_workflow::dispatcher::DECISION_REFUSED;
use iosxe_workflow::engine::DECISIONS;
use iosxe_workflow::status::{DeviceState, RunState};
use iosxe_workflow::summary::Summary;
use jiff::Timestamp;

use super::approve::operator;
use super::{Context, drive, status};
use crate::app::{GateAnswer, Order};
use crate::exit::{Aim, Asked, Exit};
use crate::show;

/// How long a process that drives the run may take until it looks. Wall time.
const TAKEN_UP_WITHIN: Duration = Duration::from_secs(20);

/// Between two looks whether it has.
const LOOK: Duration = Duration::from_millis(100);

pub(crate) async fn approve(context: &Context, args: GateAnswer) -> Result<Exit, Fault> {
    answer(context, args, |plan_hash| Takeover::Approve { plan_hash }).await
}

pub(crate) async fn reject(context: &Context, args: GateAnswer) -> Result<Exit, Fault> {
    answer(context, args, |plan_hash| Takeover::Reject { plan_hash }).await
}

/// Answers the gates of the devices whose plan was read: one plan's hash, or that of all together.
async fn answer(
    context: &Context,
    args: GateAnswer,
    how: impl Fn(String) -> Takeover,
) -> Result<Exit, Fault> {
    let hash = args.plan_hash.trim().to_lowercase();
    let digits = hash.len() >= 8 && hash.bytes().all(|b| b.is_ascii_hexdigit());
    if !digits {
        return Err(Fault::new(
            Class::Operator,
            "plan_hash",
            format!("`{}` is no hash of a plan", args.plan_hash),
        )
        .remedy(Remedy::with(
            "give its first 8 digits, as they stand in the `plan` column and in",
            format!("iosxe status {}", args.run),
        )));
    }
    let (journal, state) = of_run(context, &args.run).await?;
    let run = RunId::new(args.run);
    let plans = state.devices.values().filter_map(|d| d.plan.as_ref());
    let all = fleet_hash(plans).starts_with(&hash);
    let named = |name: &DeviceName| args.device.as_ref().is_none_or(|d| d == name.as_str());
    let mut decisions = Vec::new();
    let mut why_not = None;
    // In the order in which they may go: who is answered first sees the others still waiting.
    let waves = state.header.as_ref().map(|h| {
        let rows = state.in_order().into_iter().map(|d| &d.record);
        h.policy.fleet.wave_of(rows)
    });
    let mut devices = state.in_order();
    devices.sort_by_key(|d| waves.as_ref().and_then(|w| w.get(&d.record.name)).copied());
    let devices = devices.into_iter().map(|d| (&d.record.name, d));
    for (name, device) in devices.filter(|(name, _)| named(name)) {
        let Some(plan) = &device.plan else { continue };
        if !all && !plan.hash.starts_with(&hash) {
            continue;
        }
        let takeover = how(plan.hash.clone());
        if let Err(why) = device.may_be_decided(&takeover) {
            why_not = Some(format!("{name}: {why}"));
            continue;
        }
        decisions.push(Decision {
            device: name.clone(),
            takeover,
            by: operator(),
            reason: args.reason.clone(),
            at: Some(Timestamp::now()),
        });
    }
    let Some(first) = decisions.first() else {
        let why = why_not.unwrap_or_else(|| "no such plan waits in it".to_owned());
        return Err(nothing(&run, &why));
    };
    if let (Takeover::Approve { .. }, Some(header)) = (&first.takeover, &state.header) {
        let may = header.policy.approval.may_approve(&operator(), &header.by);
        may.map_err(|why| {
            Fault::new(Class::Operator, "not_an_approver", why)
                .remedy(Remedy::new("ask somebody who may"))
        })?;
    }
    leave(context, journal.as_ref(), &run, state, &decisions).await
}

pub(crate) async fn pause(context: &Context, args: Order) -> Result<Exit, Fault> {
    stop(context, args, Takeover::Pause).await
}

pub(crate) async fn cancel(context: &Context, args: Order) -> Result<Exit, Fault> {
    stop(context, args, Takeover::Cancel).await
}

/// Every device of the run that has not ended stops at its next safe point.
async fn stop(context: &Context, args: Order, how: Takeover) -> Result<Exit, Fault> {
    let (journal, state) = of_run(context, &args.run).await?;
    let run = RunId::new(args.run);
    let devices = state.devices.iter();
    let open = devices.filter(|(_, d)| d.may_be_decided(&how).is_ok());
    let decisions: Vec<Decision> = open
        .map(|(name, _)| Decision {
            device: name.clone(),
            takeover: how.clone(),
            by: operator(),
            reason: args.reason.clone(),
            at: Some(Timestamp::now()),
        })
        .collect();
    if decisions.is_empty() {
        return Err(nothing(&run, "every device of it has ended"));
    }
    match context.journal().await {
        Err(fault) if fault.code == "journal_in_use" => {
            leave(context, journal.as_ref(), &run, state, &decisions).await
        }
        Err(fault) => Err(fault),
        Ok(_) if how == Takeover::Pause => Err(nothing(&run, "no process drives it: it stands")),
        Ok(_) => here(context, run, decisions).await,
    }
}

/// Nobody drives the run: this process writes down what was decided, and carries what is activated to
/// its end.
async fn here(context: &Context, run: RunId, decisions: Vec<Decision>) -> Result<Exit, Fault> {
    let names: Vec<DeviceName> = decisions.iter().map(|d| d.device.clone()).collect();
    // Nobody else is begun by it.
    let only = Some(names.iter().cloned().collect());
    let first = decisions.into_iter().map(|decision| {
        let taken = Event::TakenOver {
            takeover: decision.takeover,
            by: decision.by,
            reason: decision.reason,
        };
        (decision.device, taken)
    });
    let engine = context.engine(ApproveMode::Wait, false).await?;
    let end = drive::resume(context, &engine, run, only, first.collect(), names).await?;
    let summary = end.summary();
    show::summary(context.output, &summary);
    drive::after(context, &end).await;
    let asked = Asked {
        by_name: false,
        aim: Aim::Answers,
        interrupted: end.interrupted,
    };
    Ok(crate::exit::of(&summary, asked))
}

async fn of_run(
    context: &Context,
    run: &str,
) -> Result<(std::sync::Arc<dyn Journal>, RunState), Fault> {
    let unknown = || {
        Fault::from(&JournalError::NoSuchRun {
            journal: context.config.journal().to_owned(),
            run: run.to_owned(),
        })
    };
    let journal = context.reader().await?.ok_or_else(unknown)?;
    let state = status::state(journal.as_ref(), Some(run), false).await?;
    let state = state.filter(|s| s.run.is_some()).ok_or_else(unknown)?;
    Ok((journal, state))
}

fn nothing(run: &RunId, why: &str) -> Fault {
    Fault::new(
        Class::Operator,
        "nothing_to_decide",
        format!("nothing of run {run} can be decided so: {why}"),
    )
    .remedy(Remedy::with(
        "look at the run",
        format!("iosxe status {run}"),
    ))
}

/// Leaves what was decided for the process that drives the run, and says what it makes of it.
async fn leave(
    context: &Context,
    journal: &dyn Journal,
    run: &RunId,
    mut state: RunState,
    decisions: &[Decision],
) -> Result<Exit, Fault> {
    let ours = |e| Fault::from(&e);
    let mut last = 0;
    for decision in decisions {
        last = journal.decide(run, decision).await.map_err(ours)?;
    }
    let is_driven = match context.journal().await {
        Ok(_) => false,
        Err(fault) if fault.code == "journal_in_use" => true,
        Err(fault) => return Err(fault),
    };
    if !is_driven {
        show::note(&format!(
            "left for {}: no process drives run {run}; take it on with `iosxe resume {run}`",
            counted(decisions.len(), "device")
        ));
        show::summary(context.output, &Summary::of(&state));
        return Ok(Exit::AsWanted);
    }
    let begun = Instant::now();
    while journal.cursor(run, DECISIONS).await.map_err(ours)? < last {
        if begun.elapsed() > TAKEN_UP_WITHIN {
            show::note(&format!(
                "left for the process that drives run {run}, which has not taken it up yet"
            ));
            return Ok(Exit::AsWanted);
        }
        tokio::time::sleep(LOOK).await;
    }
    let mut refused = None;
    for record in journal.read(run, state.seq).await.map_err(ours)? {
        if let Event::Warned { code, message } = &record.event
            && code == DECISION_REFUSED
        {
            refused = Some(message.clone());
        }
        state.apply(&record).map_err(|e| status::damaged(run, &e))?;
    }
    for (name, device) in &state.devices {
        show::note(&format!("{name}: {}", stands(device)));
    }
    show::summary(context.output, &Summary::of(&state));
    match refused {
        Some(message) => Err(nothing(run, &message)),
        None => Ok(Exit::AsWanted),
    }
}

/// Where a device is, and what becomes of it, in a line.
fn stands(device: &DeviceState) -> String {
    let outcome = device.outcome();
    let stops = device.paused.is_some() || device.cancelled.is_some();
    match (&device.ended, device.must_go_on(), stops) {
        (Some(_), ..) => outcome.to_string(),
        (None, true, true) => format!(
            "in {}, begun: it is carried to its commit or back first",
            device.stage
        ),
        (None, false, true) => format!("stops in {}", device.stage),
        (None, _, false) => format!("{outcome} in {}", device.stage),
    }
}
