//! `status`: how a run stands, from its journal alone.

use iosxe_core::fault::{Class, Fault, Remedy};
use iosxe_core::ids::RunId;
use iosxe_core::ports::Journal;
use iosxe_core::stage::Outcome;
use iosxe_workflow::status::{IllegalTransition, RunState};
use iosxe_workflow::summary::Summary;
use serde_json::json;

use super::Context;
use crate::app::Status;
use crate::exit::Exit;
use crate::show::{self, Output, RunLine};

pub(crate) async fn run(context: &Context, args: &Status) -> Result<Exit, Fault> {
    let journal = context.reader().await?;
    if args.all {
        let runs = match &journal {
            Some(journal) => list(journal.as_ref()).await?,
            None => Vec::new(),
        };
        match context.output {
            Output::Table => show::runs(&runs),
            Output::Json | Output::Ndjson => {
                show::document(context.output, &json!({ "runs": runs }));
            }
        }
        return Ok(Exit::AsWanted);
    }
    let summary = match journal {
        None => None,
        Some(journal) => state(journal.as_ref(), args.run.as_deref(), false)
            .await?
            .map(|state| Summary::of(&state)),
    };
    let none = || Summary {
        run: None,
        devices: Vec::new(),
        counts: Outcome::ALL.into_iter().map(|o| (o, 0)).collect(),
        wall_s: 0.0,
    };
    show::summary(context.output, &summary.unwrap_or_else(none));
    Ok(Exit::AsWanted)
}

/// All runs, newest first, with what was asked of each and what came of it.
async fn list(journal: &dyn Journal) -> Result<Vec<RunLine>, Fault> {
    let mut runs = Vec::new();
    for head in journal.runs().await.map_err(|e| Fault::from(&e))? {
        let run = match state(journal, Some(head.run.as_str()), false).await {
            Ok(state) => state.unwrap_or_default(),
            // One run that cannot be read hides no other.
            Err(fault) => {
                show::fault(&fault);
                RunState::default()
            }
        };
        runs.push(RunLine {
            counts: Summary::of(&run).counts,
            verb: run.header.map(|h| h.verb),
            run: head.run,
            started: head.started,
            ended: head.ended,
        });
    }
    Ok(runs)
}

/// A run by its name, else the latest; `unfinished` passes over runs that ended.
pub(crate) async fn state(
    journal: &dyn Journal,
    run: Option<&str>,
    unfinished: bool,
) -> Result<Option<RunState>, Fault> {
    let fault = |e| Fault::from(&e);
    let run = match run {
        Some(run) => RunId::new(run),
        None => {
            let runs = journal.runs().await.map_err(fault)?;
            match runs.into_iter().find(|r| !unfinished || !r.ended) {
                Some(head) => head.run,
                None => return Ok(None),
            }
        }
    };
    let records = journal.read(&run, 0).await.map_err(fault)?;
    RunState::replay(&records)
        .map(Some)
        .map_err(|e| damaged(&run, &e))
}

/// A run whose records do not follow each other.
pub(crate) fn damaged(run: &RunId, error: &IllegalTransition) -> Fault {
    Fault::new(
        Class::Operator,
        "journal_damaged",
        format!("run {run}: {error}"),
    )
    .remedy(Remedy::new(
        "keep the file, and look at each device of the run before anything is started",
    ))
}
