//! `resume`: takes an unfinished run on.

use iosxe_core::event::ApproveMode;
use iosxe_core::fault::{Class, Fault, Remedy};
use iosxe_core::ids::DeviceName;
use iosxe_core::stage::{Outcome, StageKind};
use iosxe_workflow::engine::RunEnd;
use iosxe_workflow::status::RunState;

use super::{Context, drive, status};
use crate::app::{Approve, Resume};
use crate::exit::{Aim, Asked, Exit};
use crate::{show, wire};

pub(crate) async fn run(context: &Context, args: Resume) -> Result<Exit, Fault> {
    let journal = context.journal().await?;
    let named = args.run.is_some();
    let Some(state) = status::state(journal.as_ref(), args.run.as_deref(), !named).await? else {
        // Nothing to go on with; there may be rows to write.
        if let Some(text) = drive::catch_up(context).await? {
            show::note(&text);
        }
        return Err(
            Fault::new(Class::Operator, "nothing_to_resume", "no run is unfinished")
                .remedy(Remedy::with("look at the runs", "iosxe status --all")),
        );
    };
    let again = matches!(
        state.devices.values().map(iosxe_workflow::status::DeviceState::outcome).max_by_key(reopens),
        Some(outcome) if reopens(&outcome)
    );
    if state.ended && !again {
        // It ends as it did; what it could not write is written now.
        let not_written = drive::catch_up(context).await?;
        let end = RunEnd {
            run: state.run.clone().unwrap_or_else(|| "".into()),
            state,
            interrupted: false,
            not_written,
        };
        let asked = asked(&end.state, false);
        return Ok(drive::finish(context, &end, asked).await);
    }
    let until = state.header.as_ref().map_or(StageKind::Close, |h| h.until);
    let approve = match (args.approve, state.header.as_ref().map(|h| h.approve)) {
        (None, Some(ApproveMode::Auto)) => ApproveMode::Auto,
        (None, Some(ApproveMode::Wait)) => ApproveMode::Wait,
        (flag, _) if until >= StageKind::Approve => drive::approve_mode(flag)?,
        (Some(Approve::Auto), _) => ApproveMode::Auto,
        (_, _) => ApproveMode::Wait,
    };
    let again = state.devices.values().filter(|d| {
        let outcome = d.outcome();
        outcome == Outcome::InProgress || reopens(&outcome)
    });
    drive::credentials(context, again.map(|d| &d.record)).await?;
    warn(context).await;
    let run = state.run.clone().unwrap_or_else(|| "".into());
    let names: Vec<DeviceName> = state.devices.keys().cloned().collect();
    let engine = context.engine(approve, args.accept_new_host_keys).await?;
    let end = drive::resume(context, &engine, run, None, Vec::new(), names).await?;
    let asked = asked(&end.state, end.interrupted);
    Ok(drive::finish(context, &end, asked).await)
}

/// Shows what the inventory warns of as it is now: an `approval` cell that is none, for one. The run
/// has rows of its own: an inventory that cannot be read does not keep it.
async fn warn(context: &Context) {
    let Ok(inventory) = wire::inventory(&context.config) else {
        return;
    };
    match inventory.read().await {
        Ok(read) => {
            for warning in &read.warnings {
                show::note(warning);
            }
        }
        Err(fault) => show::fault(&fault),
    }
}

/// Outcomes that a resume takes up again.
fn reopens(outcome: &Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Lost | Outcome::Held | Outcome::Uncommitted | Outcome::NotStarted
    )
}

fn asked(state: &RunState, interrupted: bool) -> Asked {
    let until = state.header.as_ref().map_or(StageKind::Close, |h| h.until);
    Asked {
        by_name: state.header.as_ref().is_some_and(|h| h.named),
        aim: if until <= StageKind::Precheck {
            Aim::Answers
        } else {
            Aim::Forth
        },
        interrupted,
    }
}
