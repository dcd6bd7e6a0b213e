//! A reader that writes our own columns of the source of truth after every stage.
//!
//! Losing a write (the workbook is open elsewhere, the disk is full) never stops an upgrade: the rows
//! stay due, are written at the next chance, and the operator is told once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use iosxe_core::event::{Envelope, Event};
use iosxe_core::ids::{DeviceName, RunId};
use iosxe_core::ports::{Clock, Inventory, Journal, RowUpdate};
use iosxe_core::stage::Outcome;
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
    RowUpdate {
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
        last_error: Some(
            fault
                .map(|f| format!("{} [{}]", f.message, f.code))
                .unwrap_or_default(),
        ),
        rollback_status: rollback.map(str::to_owned),
        last_upgrade: if upgraded { at.clone() } else { None },
        run: Some(run.to_string()),
        updated_at: at,
    }
}

/// What the writer is sent.
enum Message {
    /// Rows as they stand at a record.
    Due(u64, Vec<(DeviceName, RowUpdate)>),
    /// No more will come.
    End,
}

/// Hands rows to the writer.
pub(crate) struct WriteBack {
    sender: mpsc::UnboundedSender<Message>,
    writer: tokio::task::JoinHandle<Option<String>>,
}

impl WriteBack {
    /// Starts the writer of a run.
    pub(crate) fn start(
        run: RunId,
        inventory: Arc<dyn Inventory>,
        journal: Arc<dyn Journal>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        let writer = tokio::spawn(write(run, inventory, journal, clock, receiver));
        Self { sender, writer }
    }

    /// These devices changed.
    pub(crate) fn due(
        &self,
        run: &RunId,
        state: &RunState,
        names: impl Iterator<Item = DeviceName>,
    ) {
        let rows: Vec<(DeviceName, RowUpdate)> = names
            .filter_map(|name| {
                let device = state.devices.get(&name)?;
                Some((name.clone(), row(run, &name, device)))
            })
            .collect();
        if !rows.is_empty() {
            // A writer that is gone has said why when it went.
            drop(self.sender.send(Message::Due(state.seq, rows)));
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
    run: RunId,
    inventory: Arc<dyn Inventory>,
    journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    mut receiver: mpsc::UnboundedReceiver<Message>,
) -> Option<String> {
    let mut due: BTreeMap<DeviceName, RowUpdate> = BTreeMap::new();
    let mut seq = 0;
    let mut ended = false;
    let mut last_tries = 0;
    let mut delays = Delays::new(Duration::from_millis(250), Duration::from_secs(10));
    loop {
        if due.is_empty() {
            if ended {
                return None;
            }
            match receiver.recv().await {
                Some(message) => take(message, &mut due, &mut seq, &mut ended),
                None => ended = true,
            }
        }
        while let Ok(message) = receiver.try_recv() {
            take(message, &mut due, &mut seq, &mut ended);
        }
        if due.is_empty() {
            continue;
        }
        let rows: Vec<RowUpdate> = due.values().cloned().collect();
        match inventory.write(&rows).await {
            Ok(written) => {
                for warning in &written.warnings {
                    tracing::warn!("{warning}");
                }
                due.clear();
                delays.reset();
                if let Err(error) = journal.set_cursor(&run, READER, seq).await {
                    tracing::warn!(%error, "the cursor of the write-back was not kept");
                }
            }
            Err(fault) => {
                if ended {
                    last_tries += 1;
                }
                tracing::warn!(%fault, rows = due.len(), "the inventory was not written; its rows stay due");
                if last_tries >= LAST_TRIES {
                    return Some(format!(
                        "{} rows of {} are not written: {fault}",
                        due.len(),
                        inventory.location()
                    ));
                }
                clock.until(later(clock.now(), delays.next_delay())).await;
            }
        }
    }
}

fn take(
    message: Message,
    due: &mut BTreeMap<DeviceName, RowUpdate>,
    seq: &mut u64,
    ended: &mut bool,
) {
    match message {
        Message::Due(at, rows) => {
            *seq = at;
            due.extend(rows);
        }
        Message::End => *ended = true,
    }
}

/// Whether an envelope makes its device's row due.
pub(crate) fn device_due(envelope: &Envelope) -> Option<DeviceName> {
    if concerns(&envelope.event) {
        envelope.device.clone()
    } else {
        None
    }
}
