//! `commit`, `abort`, `accept`, `answer`: a person decides for a device, journalled, and the engine follows:
//! the one of this process, or the one that drives the run already.

use iosxe_core::event::{ApproveMode, Event, Takeover};
use iosxe_core::fault::{Class, Fault, Remedy};
use iosxe_core::ids::{DeviceName, RunId};
use iosxe_core::ports::{Decision, Journal};
use iosxe_workflow::dispatcher::DECISION_REFUSED;
use iosxe_workflow::engine::{DECISIONS, RunEnd};
use iosxe_workflow::status::RunState;
use jiff::Timestamp;

use super::approve::operator;
use super::{Context, drive, status};
use crate::app::{AcceptArgs, AnswerArgs, ByHand};
use crate::exit::{Aim, Asked, Exit};
use crate::show;

pub(crate) async fn commit(context: &Context, args: ByHand) -> Result<Exit, Fault> {
    take_over(context, &args.device, Takeover::Commit, args.reason).await
}

pub(crate) async fn abort(context: &Context, args: ByHand) -> Result<Exit, Fault> {
    take_over(context, &args.device, Takeover::Abort, args.reason).await
}

pub(crate) async fn accept(context: &Context, args: AcceptArgs) -> Result<Exit, Fault> {
    let check = args.check;
    take_over(
        context,
        &args.device,
        Takeover::Accept { check },
        args.reason,
    )
    .await
}

pub(crate) async fn answer(context: &Context, args: AnswerArgs) -> Result<Exit, Fault> {
    let text = args.text;
    if text.chars().any(char::is_control) {
        return Err(Fault::new(
            Class::Operator,
            "not_a_line",
            "an answer is one line of text",
        )
        .remedy(Remedy::new(
            "leave out line breaks and other control characters",
        )));
    }
    // What the person saw last is what the answer is for, whatever is asked by the time it arrives.
    let question = asked_by(context, &args.device.as_str().into()).await?;
    let takeover = Takeover::Answer { text, question };
    take_over(context, &args.device, takeover, args.reason).await
}

/// The question at which a device's conversation stands, as the journal has it.
async fn asked_by(context: &Context, device: &DeviceName) -> Result<Option<String>, Fault> {
    let Some(journal) = context.reader().await? else {
        return Ok(None);
    };
    let state = status::state(journal.as_ref(), None, false).await?;
    let asked = state
        .as_ref()
        .and_then(|s| s.devices.get(device)?.question());
    Ok(asked.map(|(question, _)| question.text.clone()))
}

/// Nobody keeps a session open that could be typed into.
fn nobody_listens(device: &DeviceName) -> Fault {
    Fault::new(
        Class::Operator,
        "nothing_to_decide",
        format!("no process keeps a conversation with {device} open"),
    )
    .remedy(Remedy::with(
        "answer on the device by hand, then take the run on",
        "iosxe resume",
    ))
}

async fn take_over(
    context: &Context,
    device: &str,
    takeover: Takeover,
    reason: String,
) -> Result<Exit, Fault> {
    let decision = Decision {
        device: device.into(),
        takeover,
        by: operator(),
        reason,
        at: Some(Timestamp::now()),
    };
    match context.journal().await {
        Ok(_) if is_answer(&decision) => Err(nobody_listens(&decision.device)),
        Ok(journal) => {
            let state = about(journal.as_ref(), &decision).await?;
            let record = state.devices.get(&decision.device).map(|d| &d.record);
            drive::credentials(context, record.into_iter()).await?;
            let run = run_of(&state);
            say_open(context, &state, &decision.device).await;
            here(context, run, &decision, Record::Due).await
        }
        Err(fault) if fault.code == "journal_in_use" => elsewhere(context, decision, fault).await,
        Err(fault) => Err(fault),
    }
}

/// Says how the device stands before anything is done for it: what was sent, and when it goes back.
async fn say_open(context: &Context, state: &RunState, name: &DeviceName) {
    let records = drive::records(context, &run_of(state)).await;
    let device = state.devices.get_key_value(name);
    show::left(state, device, &records);
}

/// The run that a decision is about: the latest that changed the device.
async fn about(journal: &dyn Journal, decision: &Decision) -> Result<RunState, Fault> {
    let name = &decision.device;
    for head in journal.runs().await.map_err(|e| Fault::from(&e))? {
        let Some(state) = status::state(journal, Some(head.run.as_str()), false).await? else {
            continue;
        };
        let Some(found) = state.devices.get(name) else {
            continue;
        };
        if found.intents.is_empty() {
            continue;
        }
        return match found.may_be_decided(&decision.takeover) {
            Ok(()) => Ok(state),
            Err(why) => Err(Fault::new(
                Class::Operator,
                "nothing_to_decide",
                format!("{name} is {} in run {}: {why}", found.outcome(), head.run),
            )
            .remedy(Remedy::with(
                "look at the run",
                format!("iosxe status {}", head.run),
            ))),
        };
    }
    Err(Fault::new(
        Class::Operator,
        "no_such_device",
        format!("no run has changed {name}"),
    )
    .remedy(Remedy::with("look at the runs", "iosxe status --all")))
}

/// Whether the record of a decision is in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Record {
    Due,
    Kept,
}

/// This process takes the run on.
async fn here(
    context: &Context,
    run: RunId,
    decision: &Decision,
    record: Record,
) -> Result<Exit, Fault> {
    let first = match record {
        Record::Kept => Vec::new(),
        Record::Due => {
            let taken = Event::TakenOver {
                takeover: decision.takeover.clone(),
                by: decision.by.clone(),
                reason: decision.reason.clone(),
            };
            vec![(decision.device.clone(), taken)]
        }
    };
    let engine = context.engine(ApproveMode::Wait, false).await?;
    let names = vec![decision.device.clone()];
    // Nobody else is begun, nor the pause of anybody ended, by a word for one device.
    let only = Some(std::iter::once(decision.device.clone()).collect());
    let end = drive::resume(context, &engine, run, only, first, names).await?;
    let asked = asked(decision, end.interrupted);
    Ok(drive::finish(context, &end, asked).await)
}

fn is_answer(decision: &Decision) -> bool {
    matches!(decision.takeover, Takeover::Answer { .. })
}

fn run_of(state: &RunState) -> RunId {
    state.run.clone().unwrap_or_else(|| "".into())
}

fn asked(decision: &Decision, interrupted: bool) -> Asked {
    Asked {
        by_name: true,
        aim: match decision.takeover {
            Takeover::Abort | Takeover::RollBack | Takeover::ReplaceConfig { .. } => Aim::Back,
            Takeover::Commit
            | Takeover::Accept { .. }
            | Takeover::Answer { .. }
            | Takeover::Approve { .. }
            | Takeover::Reject { .. }
            | Takeover::Pause
            | Takeover::Cancel => Aim::Forth,
        },
        interrupted,
    }
}

/// Another process drives the run: the decision is left for it, and what it makes of it is followed.
/// Should it end first, this one goes on in its place.
async fn elsewhere(context: &Context, decision: Decision, in_use: Fault) -> Result<Exit, Fault> {
    let Some(journal) = context.reader().await? else {
        return Err(in_use);
    };
    let journal = journal.as_ref();
    let ours = |e| Fault::from(&e);
    let mut state = about(journal, &decision).await?;
    let run = run_of(&state);
    say_open(context, &state, &decision.device).await;
    let number = journal.decide(&run, &decision).await.map_err(ours)?;
    show::note(&format!(
        "{}: left for the process that drives run {run}; following it",
        decision.device
    ));
    let mut readers = show::readers(context.output, std::slice::from_ref(&decision.device));
    loop {
        let up = journal.cursor(&run, DECISIONS).await.map_err(ours)? >= number;
        // Behind the cursor, so that the record of the decision is among them when it is up.
        for record in journal.read(&run, state.seq).await.map_err(ours)? {
            if record.device.as_ref() == Some(&decision.device) {
                for reader in &mut readers {
                    reader.see(&record);
                }
                if let Event::Warned { code, message } = &record.event
                    && code == DECISION_REFUSED
                {
                    let message = message.clone();
                    return Err(
                        Fault::new(Class::Operator, "nothing_to_decide", message).remedy(
                            Remedy::with("look at the run", format!("iosxe status {run}")),
                        ),
                    );
                }
            }
            state
                .apply(&record)
                .map_err(|e| status::damaged(&run, &e))?;
        }
        if up && is_over(&state, &decision.device) {
            break;
        }
        // As long as that process lives this fails, after half a second.
        if let Ok(journal) = context.journal().await {
            if is_answer(&decision) && !up {
                // Whoever takes the run on refuses it: the question went with the process.
                return Err(nobody_listens(&decision.device));
            }
            // What was not taken up is still there, this decision and those of others: the engine takes
            // them up in their order, and none of them twice.
            let up = journal.cursor(&run, DECISIONS).await.map_err(ours)? >= number;
            if !up {
                about(journal.as_ref(), &decision).await?;
            }
            return here(context, run, &decision, Record::Kept).await;
        }
    }
    state.devices.retain(|name, _| *name == decision.device);
    let end = RunEnd {
        run,
        state,
        interrupted: false,
        not_written: None,
    };
    Ok(drive::finish(context, &end, asked(&decision, false)).await)
}

/// Whether that process will do nothing more for the device without another word.
fn is_over(state: &RunState, name: &DeviceName) -> bool {
    state
        .devices
        .get(name)
        .is_none_or(|d| d.ended.is_some() || d.held.is_some())
}
