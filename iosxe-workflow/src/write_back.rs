//! A reader that writes our own columns of the source of truth after every stage.
//!
//! Losing a write (the workbook is open elsewhere, the disk is full) never stops an upgrade: the rows
//! stay due, are written at the next chance, and the operator is told once. What a process could not
//! write in its life is the [`Backlog`] of the next one: the reader's cursor in the journal says how
//! far the rows of a run are written.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use iosxe_core::event::{Envelope, Event};
use iosxe_core::fault::Fault;
use iosxe_core::ids::{DeviceName, RunId};
use iosxe_core::ports::{Clock, Inventory, Journal, JournalError, RowUpdate};
use iosxe_core::reference::Against;
use iosxe_core::stage::Outcome;
use iosxe_core::words::counted;
use tokio::sync::mpsc;

use crate::dispatcher::later;
use crate::retry::Delays;
use crate::status::{DeviceState, RunState};

/// Name of this reader's cursor in the journal.
pub const READER: &str = "write_back";

/// Tries after the end of the run before the rows are left to the next command.
const LAST_TRIES: u32 = 3;

/// Whether an event changes a cell of ours.
pub(crate) fn concerns(event: &Event) -> bool {
    matches!(
        event,
        Event::StageEntered { .. }
            | Event::Planned { .. }
            | Event::FactsSeen { .. }
            | Event::HeldFor { .. }
            | Event::Approved { .. }
            | Event::RollbackBegun { .. }
            | Event::Ended { .. }
            | Event::LookFailed { .. }
    )
}

/// Our columns for one device as it stands.
#[must_use]
pub fn row(run: &RunId, name: &DeviceName, device: &DeviceState) -> RowUpdate {
    let facts = device.facts.as_ref().map(|(_, f)| f);
    let fault = device
        .ended
        .as_ref()
        .and_then(|(_, f)| f.as_ref())
        .or(device.held.as_ref());
    let rollback = match (&device.rollback, &device.ended) {
        (None, _) => None,
        (Some(_), Some((Outcome::RolledBack, _))) => Some("rolled back, verified"),
        (Some(_), Some(_)) => Some("rolled back, not proven"),
        (Some(_), None) => Some("on its way back"),
    };
    let upgraded = matches!(device.ended, Some((Outcome::Upgraded, _)));
    let at = device
        .last
        .map(|t| t.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string());
    let whole = RowUpdate {
        device: Some(name.clone()),
        plan: device.plan.as_ref().map(|p| p.hash8().to_owned()),
        current_version: device
            .running
            .as_ref()
            .map(ToString::to_string)
            .or_else(|| facts.map(|f| f.running.to_string())),
        boot_mode: facts.map(|f| f.boot_mode.word().to_owned()),
        method: device.plan.as_ref().map(|p| p.method.word().to_owned()),
        status: Some(device.outcome().word().to_owned()),
        stage: Some(device.stage.word().to_owned()),
        last_error: Some(fault.map(in_a_cell).unwrap_or_default()),
        rollback_status: rollback.map(str::to_owned),
        last_upgrade: if upgraded { at.clone() } else { None },
        run: Some(run.to_string()),
        updated_at: at,
    };
    match &device.against {
        None => whole,
        Some(against) => verified(whole, against, device),
    }
}

/// What a verification writes. How the device stands is the word of the run that it is held against:
/// that stays, but where the verification found something, and is put back when all is well again.
/// While somebody has to decide for the device in that run its row is not touched.
fn verified(whole: RowUpdate, against: &Against, device: &DeviceState) -> RowUpdate {
    let seen = RowUpdate {
        device: whole.device,
        current_version: whole.current_version,
        boot_mode: whole.boot_mode,
        updated_at: whole.updated_at,
        ..RowUpdate::default()
    };
    let Against::Seen(reference) = against else {
        return seen;
    };
    let left = &reference.left;
    match device.ended.as_ref().map(|(outcome, _)| outcome) {
        Some(Outcome::DeadLetter) if !left.is_open() => RowUpdate {
            status: whole.status,
            stage: whole.stage,
            last_error: whole.last_error,
            run: whole.run,
            ..seen
        },
        Some(Outcome::Already) if left.complained_since => RowUpdate {
            status: Some(left.outcome.word().to_owned()),
            stage: Some(left.stage.word().to_owned()),
            last_error: Some(left.fault.as_ref().map(in_a_cell).unwrap_or_default()),
            run: Some(reference.run.to_string()),
            ..seen
        },
        Some(_) | None => seen,
    }
}

fn in_a_cell(fault: &Fault) -> String {
    format!("{} [{}]", fault.message, fault.code)
}

/// Rows that are due: those of earlier runs, whose process could not write them, or those of a run
/// that goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    rows: BTreeMap<DeviceName, RowUpdate>,
    /// How far the rows of a run are written when these are.
    cursors: BTreeMap<RunId, u64>,
}

impl Backlog {
    /// The rows of every run that an inventory has not got yet, but for `without`, whose process
    /// writes them itself. A row that a later run has dealt with is that run's.
    ///
    /// Cheap where nothing is due: one look behind the cursor of each run.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn of(
        journal: &dyn Journal,
        inventory: &str,
        without: Option<&RunId>,
    ) -> Result<Self, JournalError> {
        // Newest first, each with what its reader has not seen.
        let mut behind = Vec::new();
        for head in journal.runs().await? {
            if Some(&head.run) != without {
                let cursor = journal.cursor(&head.run, READER).await?;
                let unseen = journal.read(&head.run, cursor).await?;
                let due: BTreeSet<DeviceName> = unseen.iter().filter_map(device_due).collect();
                behind.push((head.run, due));
            }
        }
        let oldest = behind.iter().rposition(|(_, due)| !due.is_empty());
        behind.truncate(oldest.map_or(0, |at| at + 1));
        let mut backlog = Self::default();
        let mut later: BTreeSet<DeviceName> = BTreeSet::new();
        for (run, due) in behind {
            let records = journal.read(&run, 0).await?;
            let Ok(state) = RunState::replay(&records) else {
                tracing::warn!(%run, "its rows are not caught up: it cannot be replayed");
                continue;
            };
            let header = state.header.as_ref();
            if header.and_then(|h| h.inventory.as_deref()) != Some(inventory) {
                continue;
            }
            for name in due {
                if let Some(device) = state.devices.get(&name)
                    && !later.contains(&name)
                {
                    let update = row(&run, &name, device);
                    let newer = backlog.rows.remove(&name).unwrap_or_default();
                    backlog.rows.insert(name, over(update, newer));
                }
            }
            // A verification leaves most of a row to the runs before it.
            let whole = state.devices.into_iter();
            later.extend(whole.filter(|(_, d)| d.against.is_none()).map(|(n, _)| n));
            backlog.cursors.insert(run, state.seq);
        }
        Ok(backlog)
    }

    /// Whether nothing is due.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn add(&mut self, later: Self) {
        for (name, update) in later.rows {
            let older = self.rows.remove(&name).unwrap_or_default();
            self.rows.insert(name, over(older, update));
        }
        self.cursors.extend(later.cursors);
    }
}

/// A later update over an older one that was not written: what the later leaves alone is the older's.
fn over(older: RowUpdate, later: RowUpdate) -> RowUpdate {
    RowUpdate {
        device: later.device.or(older.device),
        plan: later.plan.or(older.plan),
        current_version: later.current_version.or(older.current_version),
        boot_mode: later.boot_mode.or(older.boot_mode),
        method: later.method.or(older.method),
        status: later.status.or(older.status),
        stage: later.stage.or(older.stage),
        last_error: later.last_error.or(older.last_error),
        rollback_status: later.rollback_status.or(older.rollback_status),
        last_upgrade: later.last_upgrade.or(older.last_upgrade),
        run: later.run.or(older.run),
        updated_at: later.updated_at.or(older.updated_at),
    }
}

/// Writes what earlier runs could not. Says what could not be written now either.
///
/// # Errors
/// [`JournalError`].
pub async fn catch_up(
    journal: Arc<dyn Journal>,
    inventory: Arc<dyn Inventory>,
    clock: Arc<dyn Clock>,
) -> Result<Option<String>, JournalError> {
    let backlog = Backlog::of(journal.as_ref(), &inventory.identity(), None).await?;
    let writer = WriteBack::start(backlog, inventory, journal, clock);
    Ok(writer.finish().await)
}

/// What the writer is sent.
enum Message {
    /// Rows as they stand at a record of a run.
    Due(Backlog),
    /// No more will come.
    End,
}

/// Hands rows to the writer.
pub(crate) struct WriteBack {
    sender: mpsc::UnboundedSender<Message>,
    writer: tokio::task::JoinHandle<Option<String>>,
}

impl WriteBack {
    /// Starts the writer, with what earlier processes left to it.
    pub(crate) fn start(
        backlog: Backlog,
        inventory: Arc<dyn Inventory>,
        journal: Arc<dyn Journal>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        let writer = tokio::spawn(write(backlog, inventory, journal, clock, receiver));
        Self { sender, writer }
    }

    /// These devices changed.
    pub(crate) fn due(
        &self,
        run: &RunId,
        state: &RunState,
        names: impl Iterator<Item = DeviceName>,
    ) {
        let rows: BTreeMap<DeviceName, RowUpdate> = names
            .filter_map(|name| {
                let device = state.devices.get(&name)?;
                let update = row(run, &name, device);
                Some((name, update))
            })
            .collect();
        if !rows.is_empty() {
            let cursors = BTreeMap::from([(run.clone(), state.seq)]);
            // A writer that is gone has said why when it went.
            drop(self.sender.send(Message::Due(Backlog { rows, cursors })));
        }
    }

    /// Waits for the last rows; says what could not be written.
    pub(crate) async fn finish(self) -> Option<String> {
        drop(self.sender.send(Message::End));
        self.writer
            .await
            .unwrap_or_else(|e| Some(format!("the write-back broke off: {e}")))
    }
}

async fn write(
    mut due: Backlog,
    inventory: Arc<dyn Inventory>,
    journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    mut receiver: mpsc::UnboundedReceiver<Message>,
) -> Option<String> {
    let mut ended = false;
    let mut last_tries = 0;
    let mut delays = Delays::new(Duration::from_millis(250), Duration::from_secs(10));
    loop {
        if due.is_empty() {
            if ended {
                return None;
            }
            match receiver.recv().await {
                Some(message) => take(message, &mut due, &mut ended),
                None => ended = true,
            }
        }
        while let Ok(message) = receiver.try_recv() {
            take(message, &mut due, &mut ended);
        }
        if due.is_empty() {
            continue;
        }
        let rows: Vec<RowUpdate> = due.rows.values().cloned().collect();
        match inventory.write(&rows).await {
            Ok(written) => {
                for warning in &written.warnings {
                    tracing::warn!("{warning}");
                }
                delays.reset();
                for (run, seq) in std::mem::take(&mut due).cursors {
                    if let Err(error) = journal.set_cursor(&run, READER, seq).await {
                        tracing::warn!(%error, "the cursor of the write-back was not kept");
                    }
                }
            }
            Err(fault) => {
                if ended {
                    last_tries += 1;
                }
                tracing::warn!(%fault, rows = rows.len(), "the inventory was not written; its rows stay due");
                if last_tries >= LAST_TRIES {
                    let verb = if rows.len() == 1 { "is" } else { "are" };
                    return Some(format!(
                        "{} of {} {verb} not written: {fault}",
                        counted(rows.len(), "row"),
                        inventory.location()
                    ));
                }
                clock.until(later(clock.now(), delays.next_delay())).await;
            }
        }
    }
}

fn take(message: Message, due: &mut Backlog, ended: &mut bool) {
    match message {
        Message::Due(later) => due.add(later),
        Message::End => *ended = true,
    }
}

/// The device whose row an envelope makes due.
pub(crate) fn device_due(envelope: &Envelope) -> Option<DeviceName> {
    if concerns(&envelope.event) {
        envelope.device.clone()
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
