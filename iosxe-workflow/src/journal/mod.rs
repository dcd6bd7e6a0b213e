//! The journal: what is meant and what is known, kept so that a killed run can go on.
//!
//! Two implementations of core's [`Journal`] port, held to one conformance suite:
//!
//! - `memory:` lives as long as the process: for tests, the simulation and `plan`.
//! - `sqlite:PATH`, or a plain path, is a file (feature `sqlite`). [`open`] makes the calling
//!   process its only writer; [`open_reader`] lets any number of others look on meanwhile.
//!
//! # What is promised
//!
//! - **An append that returned is durable.** The file is in WAL mode with `synchronous=FULL`: the
//!   commit is flushed to the disk before [`Journal::append`] returns. Appends that wait at the
//!   same time share one commit. An append that failed wrote nothing, as far as the disk can be
//!   believed; an append whose future was dropped may have been written.
//! - **A run has no gaps.** Records of a run are numbered from 1; an append that does not continue
//!   at the next number is refused, so that two engines can never weave one run. A missing or
//!   unreadable record is [`JournalError::Damaged`], never skipped.
//! - **One writer.** A lock of the operating system on `PATH.lock` is held as long as the writer
//!   lives and dies with its process, however that ends; the file names its holder. It is an
//!   advisory lock: keep the journal on a local disk.
//! - **Decisions may be left by anybody.** [`Journal::decide`] is open to those who only look on: a
//!   table beside the records, from which the writer's process takes up what a person decided.
//! - **Closed, it is one file.** [`Journal::close`] writes the WAL into `PATH` and lets go of the
//!   lock, unless somebody still looks on. A process that dies instead leaves `PATH-wal` to the next
//!   one that opens the journal: keep the two together until then.
//! - **Progress is not kept.** [`Event::is_progress`] and [`Event::Unknown`] are refused.
//!
//! Reading a run of which there is no record is [`JournalError::NoSuchRun`]; the cursor of a
//! reader that never moved is 0, and a cursor never moves back. A run counts as ended when its
//! last record is [`Event::RunEnded`].
//!
//! ```
//! # async fn example() -> Result<(), iosxe_core::ports::JournalError> {
//! let journal = iosxe_workflow::journal::open("memory:").await?;
//! assert!(journal.runs().await?.is_empty());
//! # Ok(())
//! # }
//! ```

mod memory;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use iosxe_core::event::{Envelope, Event, FORMAT};
use iosxe_core::ids::RunId;
use iosxe_core::ports::{Journal, JournalError};

pub use memory::MemoryJournal;

/// What a journal's URL names.
enum Place<'a> {
    Memory,
    #[cfg_attr(
        not(feature = "sqlite"),
        expect(dead_code, reason = "only the sqlite feature opens files")
    )]
    File(&'a str),
}

fn place(url: &str) -> Result<Place<'_>, JournalError> {
    if url == "memory:" {
        return Ok(Place::Memory);
    }
    let path = match url.strip_prefix("sqlite:") {
        Some(rest) => rest.strip_prefix("//").unwrap_or(rest),
        None => url,
    };
    if path.is_empty() {
        return Err(storage(url, "the journal needs a path: sqlite:PATH"));
    }
    if let Some((scheme, _)) = path.split_once("://") {
        return Err(storage(
            url,
            format!("there is no journal of the kind `{scheme}` in this build"),
        ));
    }
    Ok(Place::File(path))
}

/// Opens a journal for writing: `memory:`, `sqlite:PATH` or a plain path. A file that does not
/// exist is made, readable by its owner only; its folder must exist.
///
/// Must be called inside a tokio runtime; the writer of a file is a task of that runtime.
///
/// # Errors
/// [`JournalError::InUse`] while another process writes it, [`JournalError::FromTheFuture`],
/// [`JournalError::Storage`].
pub async fn open(url: &str) -> Result<Arc<dyn Journal>, JournalError> {
    match place(url)? {
        Place::Memory => Ok(Arc::new(MemoryJournal::default())),
        #[cfg(feature = "sqlite")]
        Place::File(path) => Ok(Arc::new(sqlite::Writer::open(path).await?)),
        #[cfg(not(feature = "sqlite"))]
        Place::File(_) => Err(without_sqlite(url)),
    }
}

/// Opens a journal for reading, also while another process writes it. A file that does not exist
/// (nothing ran yet) in a folder that does is an empty journal.
///
/// Appending to it or moving a cursor is [`JournalError::Storage`].
///
/// # Errors
/// [`JournalError::FromTheFuture`], [`JournalError::Storage`].
pub async fn open_reader(url: &str) -> Result<Arc<dyn Journal>, JournalError> {
    match place(url)? {
        Place::Memory => Err(storage(
            url,
            "a journal in memory is seen by its own process only",
        )),
        #[cfg(feature = "sqlite")]
        Place::File(path) => Ok(Arc::new(sqlite::Reader::open(path).await?)),
        #[cfg(not(feature = "sqlite"))]
        Place::File(_) => Err(without_sqlite(url)),
    }
}

#[cfg(not(feature = "sqlite"))]
fn without_sqlite(url: &str) -> JournalError {
    storage(url, "this build keeps journals in memory only (`memory:`)")
}

fn storage(journal: &str, reason: impl Into<String>) -> JournalError {
    JournalError::Storage {
        journal: journal.to_owned(),
        reason: reason.into(),
    }
}

/// Holds a batch against itself: one run, numbered without gaps, nothing that is not kept. Returns
/// the run and the first number; `None` for an empty batch.
fn check_batch<'a>(
    journal: &str,
    records: &'a [Envelope],
) -> Result<Option<(&'a RunId, u64)>, JournalError> {
    let Some(head) = records.first() else {
        return Ok(None);
    };
    let mut expected = head.seq;
    for record in records {
        let reason = if record.run != head.run {
            format!(
                "one append holds records of {} and {}",
                head.run, record.run
            )
        } else if record.seq != expected {
            format!("record {} stands where {expected} should", record.seq)
        } else if record.event.is_progress() || record.event == Event::Unknown {
            format!("record {} is of a kind that is not kept", record.seq)
        } else if record.v != FORMAT {
            format!("record {} has format {}", record.seq, record.v)
        } else {
            expected = expected.saturating_add(1);
            continue;
        };
        return Err(storage(journal, format!("run {}: {reason}", head.run)));
    }
    Ok(Some((&head.run, head.seq)))
}

/// Holds the first number of a batch against the last one that is kept.
fn check_follows(journal: &str, run: &RunId, first: u64, last: u64) -> Result<(), JournalError> {
    if first == last.saturating_add(1) {
        return Ok(());
    }
    Err(storage(
        journal,
        format!("run {run}: record {first} cannot follow record {last}"),
    ))
}
