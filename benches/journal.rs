//! What does a record cost, and how soon does a killed run know where it stood?
//!
//! An append of the SQLite journal returns when the disk has it; so beside it stands what the disk
//! takes for the same bytes alone, and a journal in memory.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs,
    reason = "a program for a terminal that ends at the first trouble"
)]

mod support;

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, Throughput, criterion_group};
use iosxe_core::event::{Envelope, Event, StepRef, Way};
use iosxe_core::ids::{DeviceName, RunId};
use iosxe_core::ports::Journal;
use iosxe_core::stage::Outcome;
use iosxe_workflow::journal;
use iosxe_workflow::status::{DeviceState, RunState};
use tokio::runtime::Runtime;

/// A run of 2,400 devices that were all upgraded.
const RECORDS: u64 = 100_000;

/// A whole run as it is kept, from the journal's own sample; one of its devices goes all the way.
const SAMPLE: &str = include_str!("../iosxe-workflow/src/journal/samples/format-1.jsonl");

fn sample() -> Vec<Envelope> {
    SAMPLE
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The records of one device that was upgraded, from its selection to its end.
fn life_of_a_device() -> Vec<Envelope> {
    let upgraded = DeviceName::new("acc-01");
    let mut life = sample();
    life.retain(|r| r.device.as_ref() == Some(&upgraded));
    // The sample has each kind of record and leaves the end of the approval out.
    let gate = life
        .iter()
        .position(|r| matches!(r.event, Event::Approved { .. }))
        .unwrap();
    let mut passed = life[gate].clone();
    passed.event = Event::StepDone {
        step: StepRef {
            way: Way::Forth,
            index: 3,
        },
        found_so: false,
    };
    life.insert(gate + 1, passed);
    life
}

/// A run of that many records.
fn run_of(records: u64) -> Vec<Envelope> {
    let begin = sample().into_iter().take(1);
    let life = life_of_a_device();
    let devices = (1_u64..).flat_map(|n| {
        life.clone().into_iter().map(move |mut record| {
            let name = DeviceName::new(format!("acc-{n:05}"));
            if let Event::Selected { record, .. } = &mut record.event {
                record.name = name.clone();
            }
            record.device = Some(name);
            record
        })
    });
    begin
        .chain(devices)
        .zip(1..=records)
        .map(|(record, seq)| Envelope { seq, ..record })
        .collect()
}

/// An endless run of intents: the record that an act waits for.
struct Intents {
    intent: Envelope,
    seq: u64,
}

impl Intents {
    fn new() -> Self {
        let intent = life_of_a_device()
            .into_iter()
            .find(|r| matches!(r.event, Event::Intent { .. }))
            .unwrap();
        Self { intent, seq: 0 }
    }

    fn next(&mut self, records: u64) -> Vec<Envelope> {
        (0..records)
            .map(|_| {
                self.seq += 1;
                Envelope {
                    seq: self.seq,
                    ..self.intent.clone()
                }
            })
            .collect()
    }
}

fn open(runtime: &Runtime, url: &str) -> Arc<dyn Journal> {
    runtime.block_on(journal::open(url)).unwrap()
}

fn sqlite(runtime: &Runtime, dir: &Path) -> Arc<dyn Journal> {
    open(
        runtime,
        &format!("sqlite:{}", dir.join("journal.db").display()),
    )
}

fn append(c: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    for records in [1_u64, 100] {
        let mut group = c.benchmark_group(format!("append in batches of {records}"));
        group.throughput(Throughput::Elements(records));
        let dir = tempfile::tempdir().unwrap();
        let journals = [
            ("sqlite, durable", sqlite(&runtime, dir.path())),
            ("memory", open(&runtime, "memory:")),
        ];
        for (name, journal) in journals {
            let mut intents = Intents::new();
            group.bench_function(name, |b| {
                b.iter_batched(
                    || intents.next(records),
                    |batch| runtime.block_on(journal.append(&batch)).unwrap(),
                    BatchSize::SmallInput,
                );
            });
        }
        let bytes = serde_json::to_vec(&Intents::new().next(records)).unwrap();
        // In place, as a write-ahead log that has its size does it: a file that grows costs the disk
        // a second write, for its new size.
        let file = File::create(dir.path().join("plain")).unwrap();
        file.write_all_at(&bytes, 0).unwrap();
        file.sync_all().unwrap();
        group.bench_function("the disk alone: overwrite and fdatasync", |b| {
            b.iter(|| {
                file.write_all_at(&bytes, 0).unwrap();
                file.sync_data().unwrap();
            });
        });
        group.finish();
    }
}

fn replay(c: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    // Criterion's own look whether a bench works needs no hundred thousand records.
    let records = if support::measures() { RECORDS } else { 1_000 };
    let all = run_of(records);
    let run: RunId = all[0].run.clone();
    let dir = tempfile::tempdir().unwrap();
    let journals = [
        ("sqlite", sqlite(&runtime, dir.path())),
        ("memory", open(&runtime, "memory:")),
    ];
    let mut group = c.benchmark_group(format!("{records} records"));
    group
        .throughput(Throughput::Elements(records))
        .sample_size(10);
    for (name, journal) in journals {
        for part in all.chunks(1_000) {
            runtime.block_on(journal.append(part)).unwrap();
        }
        let read = runtime.block_on(journal.read(&run, 0)).unwrap();
        assert!(read == all, "{name} reads back something else");
        group.bench_function(format!("read from {name}"), |b| {
            b.iter_with_large_drop(|| runtime.block_on(journal.read(&run, 0)).unwrap());
        });
    }
    let state = RunState::replay(&all).unwrap();
    let upgraded = |d: &&DeviceState| d.outcome() == Outcome::Upgraded;
    let devices = state.devices.values().filter(upgraded).count();
    assert_eq!(
        devices as u64,
        (records - 1) / life_of_a_device().len() as u64
    );
    group.bench_function("fold into the state of the run", |b| {
        b.iter_with_large_drop(|| RunState::replay(&all).unwrap());
    });
    group.finish();
}

criterion_group!(benches, append, replay);

fn main() {
    support::print_machine();
    benches();
    Criterion::default().configure_from_args().final_summary();
}
