//! What all verbs that go to devices share: a run from records to its end on the screen.

use std::collections::{BTreeMap, BTreeSet};
use std::io::IsTerminal as _;
use std::sync::Arc;

use iosxe_core::device::Record;
use iosxe_core::event::{ApproveMode, Envelope, Event};
use iosxe_core::fault::{Class, Fault, Remedy};
use iosxe_core::ids::{CredentialName, DeviceName, RunId};
use iosxe_core::reference::Against;
use iosxe_core::stage::StageKind;
use iosxe_transport::creds::env::DEFAULT;
use iosxe_workflow::engine::{Engine, EngineError, Reader, Request, RunEnd, Stop};
use iosxe_workflow::system::WallClock;
use iosxe_workflow::write_back;
use jiff::Timestamp;
use tokio::sync::watch;

use super::approve::operator;
use super::{Context, Onward, report};
use crate::app::{Approve, Work};
use crate::exit::{self, Aim, Asked, Exit};
use crate::show;
use crate::{select, tables, wire};

/// The rows that the flags choose.
pub(crate) async fn rows(context: &Context, limits: &[String]) -> Result<Vec<Record>, Fault> {
    let inventory = wire::inventory(&context.config)?;
    let read = inventory.read().await?;
    for warning in &read.warnings {
        show::note(warning);
    }
    if read.records.is_empty() {
        return Err(Fault::new(
            Class::Operator,
            "inventory_empty",
            format!("{} has no devices", inventory.location()),
        )
        .remedy(Remedy::new(
            "write a row for each device: `hostname` and `address`, and `target_version` or `image` \
             for those that shall be upgraded",
        )));
    }
    select::select(read.records, limits, &tables::platforms(&context.config)?)
}

/// How gates are answered: the flag, else a question on the terminal.
pub(crate) fn approve_mode(flag: Option<Approve>) -> Result<ApproveMode, Fault> {
    match flag {
        Some(Approve::Auto) => Ok(ApproveMode::Auto),
        Some(Approve::Wait) => Ok(ApproveMode::Wait),
        Some(Approve::Prompt) | None if std::io::stdin().is_terminal() => Ok(ApproveMode::Prompt),
        Some(Approve::Prompt) | None => Err(Fault::new(
            Class::Operator,
            "needs_terminal",
            "the gate would ask, and standard input is no terminal",
        )
        .remedy(Remedy::with(
            "say how gates are answered",
            "--approve auto|wait",
        ))),
    }
}

/// A verb that only asks: discover, check.
pub(crate) async fn ask(
    context: &Context,
    verb: &str,
    until: StageKind,
    work: &Work,
) -> Result<Exit, Fault> {
    let records = rows(context, &work.limit.limit).await?;
    let end = start(
        context,
        Start {
            verb,
            until,
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
    if until == StageKind::Precheck {
        own_checks(&end);
    }
    let asked = Asked {
        by_name: !work.limit.limit.is_empty(),
        aim: Aim::Answers,
        interrupted: end.interrupted,
    };
    Ok(finish(context, &end, asked).await)
}

/// The user's own checks, and what each device said to them.
fn own_checks(end: &RunEnd) {
    let policy = end.state.header.as_ref().map(|h| &h.policy);
    for check in policy.into_iter().flat_map(|p| &p.checks) {
        show::note(&format!("check:{}: {check}", check.name));
        for (name, device) in &end.state.devices {
            let baseline = device.baseline.iter().flat_map(|b| &b.own);
            for answer in baseline.filter(|a| a.check == check.name) {
                show::note(&format!("  {name}: {}", answer.said));
            }
        }
    }
}

/// How a run is started.
pub(crate) struct Start<'a> {
    pub(crate) verb: &'a str,
    pub(crate) until: StageKind,
    pub(crate) approve: ApproveMode,
    pub(crate) accept_new: bool,
    /// The devices were chosen by name or pattern.
    pub(crate) named: bool,
    pub(crate) bound: BTreeMap<DeviceName, String>,
    /// Why one person may open the gates.
    pub(crate) emergency: Option<String>,
    pub(crate) against: BTreeMap<DeviceName, Against>,
}

/// Starts a run and follows it to its end.
pub(crate) async fn start(
    context: &Context,
    how: Start<'_>,
    records: Vec<Record>,
) -> Result<RunEnd, Fault> {
    let config = &context.config;
    let fleet = &config.policy.fleet;
    if how.until >= StageKind::Upgrade && how.against.is_empty() {
        fleet.checked_for(&records, Timestamp::now())?;
    } else if how.until >= StageKind::Plan && how.against.is_empty() {
        // Nothing is disturbed: a window that is over is none of its business.
        for record in &records {
            fleet.window(record)?;
        }
    }
    credentials(context, records.iter()).await?;
    // A run that only asks leaves no trace that anybody could resume: but it is kept all the same,
    // for `status` and for the audit.
    let engine = context.engine(how.approve, how.accept_new).await?;
    let names: Vec<DeviceName> = records.iter().map(|r| r.name.clone()).collect();
    let mut policy = config.policy.clone();
    policy.approval.emergency = how.emergency;
    let request = Request {
        verb: how.verb.to_owned(),
        until: how.until,
        policy,
        approve: how.approve,
        scale: config.clock.scale,
        by: operator(),
        resume_with: match &context.onward {
            Onward::Resume(command) => command.clone(),
            #[cfg(feature = "lab")]
            Onward::Anew(command) => command.clone(),
        },
        named: how.named,
        records,
        bound: how.bound,
        against: how.against,
    };
    follow(context, names, |readers, stop| {
        engine.start(request, readers, stop)
    })
    .await
}

/// Whether any device of these can be logged in to. Where none can, nothing begins; where some can,
/// each of the others is told by itself.
pub(crate) async fn credentials(
    context: &Context,
    records: impl Iterator<Item = &Record>,
) -> Result<(), Fault> {
    let secrets = wire::secrets(&context.config)?;
    let mut first = None;
    // A device that is held is not greeted.
    for record in records.filter(|r| !r.hold) {
        let named = record.credential.clone();
        let name = named.unwrap_or_else(|| CredentialName::new(DEFAULT));
        match secrets.credential(&name).await {
            Ok(_) => return Ok(()),
            Err(fault) => first = first.or(Some(fault)),
        }
    }
    first.map_or(Ok(()), Err)
}

/// Takes a run on and follows it to its end.
pub(crate) async fn resume(
    context: &Context,
    engine: &Engine,
    run: RunId,
    only: Option<BTreeSet<DeviceName>>,
    first: Vec<(DeviceName, Event)>,
    names: Vec<DeviceName>,
) -> Result<RunEnd, Fault> {
    let by = operator();
    follow(context, names, |readers, stop| async move {
        engine.resume(run, &by, only, first, readers, stop).await
    })
    .await
}

async fn follow<F>(
    context: &Context,
    names: Vec<DeviceName>,
    drive: impl FnOnce(Vec<Box<dyn Reader>>, watch::Receiver<Stop>) -> F,
) -> Result<RunEnd, Fault>
where
    F: Future<Output = Result<RunEnd, EngineError>>,
{
    let stop = context.stop.subscribe();
    let interrupts = tokio::spawn(interrupts(context.stop.clone()));
    let end = drive(show::readers(context.output, &names), stop).await;
    interrupts.abort();
    end.map_err(|error| match error {
        EngineError::Journal(error) => Fault::from(&error),
        EngineError::Illegal(error) => {
            Fault::new(Class::Operator, "illegal_transition", error.to_string()).remedy(
                Remedy::new("report this with the journal; look at each device before going on"),
            )
        }
    })
}

/// First Ctrl-C: stop what can be stopped. Second: leave at once (design rule 3).
async fn interrupts(sender: watch::Sender<Stop>) {
    for stop in [Stop::Soon, Stop::Now] {
        if !signalled().await {
            return;
        }
        if stop == Stop::Soon {
            show::note(
                "stopping: devices that are activated are carried to their commit first; \
                 once more leaves at once",
            );
        }
        if sender.send(stop).is_err() {
            return;
        }
    }
}

/// Returns when somebody wants this process to end; no where that cannot be told.
pub(crate) async fn signalled() -> bool {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut term) = signal(SignalKind::terminate()) else {
            return tokio::signal::ctrl_c().await.is_ok();
        };
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted.is_ok(),
            terminated = term.recv() => terminated.is_some(),
        }
    }
    #[cfg(not(unix))]
    {
        tokio::signal::ctrl_c().await.is_ok()
    }
}

/// Prints the summary, what is left to a person, and the command that resumes.
pub(crate) async fn finish(context: &Context, end: &RunEnd, asked: Asked) -> Exit {
    let summary = end.summary();
    show::summary(context.output, &summary);
    after(context, end).await;
    exit::of(&summary, asked)
}

/// What a person has to know at the end of a run: its report, rows not written, deadlines, how to go
/// on.
pub(crate) async fn after(context: &Context, end: &RunEnd) {
    let records = if end.interrupted || report::is_due(end) {
        records(context, &end.run).await
    } else {
        Vec::new()
    };
    report::write(context, end, &records);
    let onward = end.state.header.as_ref().map(|h| h.resume_with.as_str());
    if let Some(text) = &end.not_written {
        show::note(&format!(
            "{text}; then write what is due with `{}`",
            onward.unwrap_or("iosxe resume")
        ));
    }
    let open = end.state.devices.values().any(|d| d.ended.is_none());
    if !open && !end.interrupted {
        return;
    }
    let Some(onward) = onward else { return };
    match &context.onward {
        Onward::Resume(_) => {
            if end.interrupted {
                show::left(&end.state, &end.state.devices, &records);
            }
            show::note(&format!("resume with: {onward}"));
        }
        #[cfg(feature = "lab")]
        Onward::Anew(_) => {
            show::note("the simulated devices have ended: this run cannot be taken on");
            show::note(&format!("start anew with: {onward}"));
        }
    }
}

/// What the journal has of a run; nothing where it cannot be read, which is said.
pub(crate) async fn records(context: &Context, run: &RunId) -> Vec<Envelope> {
    let read = match context.at_hand().await {
        Ok(Some(journal)) => journal.read(run, 0).await.map_err(|e| Fault::from(&e)),
        Ok(None) => Ok(Vec::new()),
        Err(fault) => Err(fault),
    };
    read.unwrap_or_else(|fault| {
        show::fault(&fault);
        Vec::new()
    })
}

/// Writes the rows that earlier runs could not write; says which still cannot be.
pub(crate) async fn catch_up(context: &Context) -> Result<Option<String>, Fault> {
    let journal = context.journal().await?;
    let inventory = match wire::inventory(&context.config) {
        Ok(inventory) => inventory,
        // Whoever only wants to see how a run ended need not have its inventory at hand.
        Err(fault) => {
            tracing::warn!(%fault, "rows of earlier runs are not caught up");
            return Ok(None);
        }
    };
    write_back::catch_up(journal, inventory, Arc::new(WallClock))
        .await
        .map_err(|e| Fault::from(&e))
}
