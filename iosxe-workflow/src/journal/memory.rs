//! A journal that lives as long as its process.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use iosxe_core::event::{Envelope, Event};
use iosxe_core::ids::RunId;
use iosxe_core::ports::{Decision, Journal, JournalError, RunHead};

use super::{check_batch, check_follows};

const NAME: &str = "memory:";

/// A journal in memory: for tests, simulation and runs that change nothing.
#[derive(Debug, Default)]
pub struct MemoryJournal {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    runs: BTreeMap<RunId, Vec<Envelope>>,
    /// In the order in which they began.
    order: Vec<RunId>,
    cursors: BTreeMap<(RunId, String), u64>,
    decisions: Vec<(RunId, Decision)>,
}

impl MemoryJournal {
    /// The state, whatever happened to another user of it: every change to it is one push or
    /// insert, so none can be half done.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn number(of: usize) -> u64 {
    u64::try_from(of).unwrap_or(u64::MAX)
}

#[async_trait]
impl Journal for MemoryJournal {
    async fn append(&self, records: &[Envelope]) -> Result<(), JournalError> {
        let Some((run, first)) = check_batch(NAME, records)? else {
            return Ok(());
        };
        let mut state = self.state();
        let last = state
            .runs
            .get(run)
            .and_then(|kept| kept.last())
            .map_or(0, |r| r.seq);
        check_follows(NAME, run, first, last)?;
        if last == 0 {
            state.order.push(run.clone());
        }
        state
            .runs
            .entry(run.clone())
            .or_default()
            .extend_from_slice(records);
        Ok(())
    }

    async fn read(&self, run: &RunId, after: u64) -> Result<Vec<Envelope>, JournalError> {
        let state = self.state();
        let kept = state.runs.get(run).ok_or_else(|| JournalError::NoSuchRun {
            journal: NAME.to_owned(),
            run: run.to_string(),
        })?;
        Ok(kept.iter().filter(|r| r.seq > after).cloned().collect())
    }

    async fn runs(&self) -> Result<Vec<RunHead>, JournalError> {
        let state = self.state();
        Ok(state
            .order
            .iter()
            .rev()
            .filter_map(|run| {
                let kept = state.runs.get(run)?;
                Some(RunHead {
                    run: run.clone(),
                    started: kept.first()?.at,
                    ended: matches!(kept.last()?.event, Event::RunEnded),
                })
            })
            .collect())
    }

    async fn cursor(&self, run: &RunId, reader: &str) -> Result<u64, JournalError> {
        let key = (run.clone(), reader.to_owned());
        Ok(self.state().cursors.get(&key).copied().unwrap_or(0))
    }

    async fn set_cursor(&self, run: &RunId, reader: &str, seq: u64) -> Result<(), JournalError> {
        let mut state = self.state();
        let at = state
            .cursors
            .entry((run.clone(), reader.to_owned()))
            .or_default();
        *at = seq.max(*at);
        Ok(())
    }

    async fn decide(&self, run: &RunId, decision: &Decision) -> Result<u64, JournalError> {
        let mut state = self.state();
        state.decisions.push((run.clone(), decision.clone()));
        Ok(number(state.decisions.len()))
    }

    async fn decisions(
        &self,
        run: &RunId,
        after: u64,
    ) -> Result<Vec<(u64, Decision)>, JournalError> {
        let state = self.state();
        let numbered = (1..).map(number).zip(&state.decisions);
        Ok(numbered
            .filter(|(n, (of, _))| of == run && *n > after)
            .map(|(n, (_, decision))| (n, decision.clone()))
            .collect())
    }

    async fn close(&self) -> Result<(), JournalError> {
        Ok(())
    }
}
