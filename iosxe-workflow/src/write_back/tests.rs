//! Rows that wait, and the next process that writes them.

use std::sync::Mutex;

use iosxe_core::event::{ApproveMode, Event, FORMAT};
use iosxe_core::fault::{Class, Fault};
use iosxe_core::health::Health;
use iosxe_core::plan::Policy;
use iosxe_core::ports::{InventoryRead, InventoryWritten};
use iosxe_core::reference::{Boot, Left, Reference};
use iosxe_core::stage::StageKind;
use jiff::Timestamp;

use super::*;
use crate::journal::MemoryJournal;

/// An inventory that somebody has open, or not.
#[derive(Default)]
struct Table {
    open_elsewhere: Mutex<bool>,
    written: Mutex<Vec<RowUpdate>>,
}

impl Table {
    fn take(&self) -> Vec<(String, String, String)> {
        let written = std::mem::take(&mut *self.written.lock().unwrap());
        let text = |t: Option<String>| t.unwrap_or_default();
        written
            .into_iter()
            .map(|r| (r.device.unwrap().to_string(), text(r.run), text(r.status)))
            .collect()
    }
}

#[async_trait::async_trait]
impl Inventory for Table {
    fn location(&self) -> String {
        "fleet.xlsx".into()
    }

    async fn read(&self) -> Result<InventoryRead, Fault> {
        unreachable!("the write-back reads nothing")
    }

    async fn write(&self, updates: &[RowUpdate]) -> Result<InventoryWritten, Fault> {
        if *self.open_elsewhere.lock().unwrap() {
            return Err(Fault::new(Class::Transient, "inventory_locked", "open"));
        }
        self.written.lock().unwrap().extend_from_slice(updates);
        Ok(InventoryWritten::default())
    }
}

/// A clock that is always already there.
struct Jump;

#[async_trait::async_trait]
impl Clock for Jump {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
    async fn until(&self, _at: Timestamp) {}
}

/// A run whose devices were looked at and ended.
async fn finished(journal: &dyn Journal, run: &str, inventory: &str, names: &[&str]) {
    finished_as(journal, run, inventory, names, Outcome::Ready, None).await;
}

/// The same with another end, and held against what an earlier run has of them.
async fn finished_as(
    journal: &dyn Journal,
    run: &str,
    inventory: &str,
    names: &[&str],
    outcome: Outcome,
    against: Option<&Against>,
) {
    let mut events = vec![(
        None,
        Event::RunStarted {
            verb: "discover".into(),
            until: StageKind::Discover,
            policy: Policy::default(),
            approve: ApproveMode::Wait,
            scale: 1.0,
            by: "tester".into(),
            resume_with: String::new(),
            named: false,
            inventory: Some(inventory.into()),
        },
    )];
    for name in names {
        let mut event = selected(name);
        if let Event::Selected { against: held, .. } = &mut event {
            *held = against.cloned();
        }
        events.push((Some(*name), event));
    }
    for name in names {
        let stage = StageKind::Discover;
        events.push((Some(*name), Event::StageEntered { stage }));
        let ended = Event::Ended {
            outcome,
            fault: None,
            running: None,
            committed: None,
        };
        events.push((Some(*name), ended));
    }
    events.push((None, Event::RunEnded));
    let records: Vec<Envelope> = events
        .into_iter()
        .zip(1..)
        .map(|((device, event), seq)| Envelope {
            v: FORMAT,
            run: run.into(),
            seq,
            device: device.map(DeviceName::from),
            at: Timestamp::UNIX_EPOCH,
            event,
        })
        .collect();
    RunState::replay(&records).unwrap();
    journal.append(&records).await.unwrap();
}

fn selected(name: &str) -> Event {
    let record = crate::testing::record(name);
    Event::Selected {
        record: Box::new(record),
        bound_to: None,
        against: None,
    }
}

async fn catches_up(journal: &Arc<MemoryJournal>, table: &Arc<Table>) -> Option<String> {
    let journal: Arc<dyn Journal> = journal.clone();
    catch_up(journal, table.clone(), Arc::new(Jump))
        .await
        .unwrap()
}

fn rows(rows: &[(&str, &str)]) -> Vec<(String, String, String)> {
    let own = |t: &str| t.to_owned();
    rows.iter()
        .map(|(device, run)| (own(device), own(run), own("ready")))
        .collect()
}

#[tokio::test]
async fn rows_that_stayed_locked_are_written_by_the_next_command_and_once() {
    let journal = Arc::new(MemoryJournal::default());
    let table = Arc::new(Table::default());
    finished(journal.as_ref(), "r1", "fleet.xlsx", &["sw-a", "sw-b"]).await;
    *table.open_elsewhere.lock().unwrap() = true;
    let told = catches_up(&journal, &table).await.unwrap();
    assert!(
        told.starts_with("2 rows of fleet.xlsx are not written"),
        "{told}"
    );
    *table.open_elsewhere.lock().unwrap() = false;
    assert_eq!(catches_up(&journal, &table).await, None);
    assert_eq!(table.take(), rows(&[("sw-a", "r1"), ("sw-b", "r1")]));
    assert_eq!(catches_up(&journal, &table).await, None);
    assert_eq!(table.take(), []);
}

#[tokio::test]
async fn a_row_belongs_to_the_latest_run_of_its_device() {
    let journal = Arc::new(MemoryJournal::default());
    let table = Arc::new(Table::default());
    finished(journal.as_ref(), "r1", "fleet.xlsx", &["sw-a", "sw-b"]).await;
    finished(journal.as_ref(), "r2", "fleet.xlsx", &["sw-b", "sw-c"]).await;
    // The later run has written its own.
    journal.set_cursor(&"r2".into(), READER, 9).await.unwrap();
    catches_up(&journal, &table).await;
    assert_eq!(table.take(), rows(&[("sw-a", "r1")]));
}

#[tokio::test]
async fn rows_of_another_inventory_wait_for_that() {
    let journal = Arc::new(MemoryJournal::default());
    let table = Arc::new(Table::default());
    finished(journal.as_ref(), "r1", "other.xlsx", &["sw-a"]).await;
    assert_eq!(catches_up(&journal, &table).await, None);
    assert_eq!(table.take(), []);
    assert_eq!(journal.cursor(&"r1".into(), READER).await.unwrap(), 0);
}

#[test]
fn what_a_later_update_leaves_alone_is_the_older_ones() {
    let older = RowUpdate {
        status: Some("upgraded".into()),
        last_upgrade: Some("2026-11-23".into()),
        ..RowUpdate::default()
    };
    let later = RowUpdate {
        status: Some("ready".into()),
        ..RowUpdate::default()
    };
    let both = over(older, later);
    assert_eq!(both.status.as_deref(), Some("ready"));
    assert_eq!(both.last_upgrade.as_deref(), Some("2026-11-23"));
}

fn against(outcome: Outcome, complained_since: bool) -> Against {
    let facts = crate::testing::facts("17.06.05");
    Against::Seen(Box::new(Reference {
        run: "r1".into(),
        at: Timestamp::UNIX_EPOCH,
        release: "17.06.05".parse().unwrap(),
        baseline: Health::default(),
        checks: Vec::new(),
        accepted: BTreeSet::new(),
        plan: None,
        members: 1,
        boot: Boot::from(&facts),
        left: Left {
            outcome,
            stage: StageKind::Close,
            fault: None,
            complained_since,
        },
    }))
}

/// What a verification with that end writes of the cells that the run before has written.
async fn written_by_a_verification(outcome: Outcome, against: &Against) -> (String, String) {
    let journal = Arc::new(MemoryJournal::default());
    let table = Arc::new(Table::default());
    finished_as(
        journal.as_ref(),
        "r2",
        "fleet.xlsx",
        &["sw-a"],
        outcome,
        Some(against),
    )
    .await;
    catches_up(&journal, &table).await;
    let (_, run, status) = table.take().remove(0);
    (run, status)
}

#[tokio::test]
async fn a_verification_writes_what_it_found_and_takes_that_back_and_nothing_else() {
    let cells = |run: &str, status: &str| (run.to_owned(), status.to_owned());
    let nothing = cells("", "");
    for (ended, left, complained, written) in [
        (Outcome::Already, Outcome::Upgraded, false, &nothing),
        (Outcome::Held, Outcome::Upgraded, false, &nothing),
        (
            Outcome::DeadLetter,
            Outcome::Upgraded,
            false,
            &cells("r2", "dead_letter"),
        ),
        (
            Outcome::Already,
            Outcome::RolledBack,
            true,
            &cells("r1", "rolled_back"),
        ),
        // Somebody has to decide for it in that run.
        (Outcome::DeadLetter, Outcome::Held, false, &nothing),
        (Outcome::Uncommitted, Outcome::Uncommitted, false, &nothing),
    ] {
        let found = written_by_a_verification(ended, &against(left, complained)).await;
        assert_eq!(found, *written, "{ended} against {left}");
    }
    let none = Against::Nothing { run: None };
    let found = written_by_a_verification(Outcome::Refused, &none).await;
    assert_eq!(found, nothing);
}

#[tokio::test]
async fn rows_that_stayed_locked_are_not_lost_to_a_verification_after_them() {
    let journal = Arc::new(MemoryJournal::default());
    let table = Arc::new(Table::default());
    finished(journal.as_ref(), "r1", "fleet.xlsx", &["sw-a"]).await;
    let held = against(Outcome::Ready, false);
    finished_as(
        journal.as_ref(),
        "r2",
        "fleet.xlsx",
        &["sw-a"],
        Outcome::Already,
        Some(&held),
    )
    .await;
    catches_up(&journal, &table).await;
    assert_eq!(table.take(), rows(&[("sw-a", "r1")]));
}
