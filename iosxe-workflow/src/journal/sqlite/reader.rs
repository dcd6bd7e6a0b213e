//! Looking on, in the writer's process or in another.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use iosxe_core::event::{Envelope, FORMAT};
use iosxe_core::ids::RunId;
use iosxe_core::ports::{Decision, Journal, JournalError, RunHead};
use jiff::Timestamp;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection as _, Row as _};
use tokio::sync::Mutex;

use super::lock::Lock;
use super::{
    DECISIONS, connect, connect_reading, has_tables, resolve, said, signed, unsigned, wal,
};
use crate::journal::storage;

/// Walks the index from run to run, so that its cost grows with the number of runs and not with
/// that of records.
const RUNS: &str = "
    WITH RECURSIVE names (run) AS (
        SELECT MIN(run) FROM records
        UNION ALL
        SELECT (SELECT MIN(run) FROM records WHERE run > names.run) FROM names
        WHERE names.run IS NOT NULL
    )
    SELECT
        names.run AS run,
        (SELECT id FROM records WHERE run = names.run ORDER BY seq LIMIT 1) AS id,
        (SELECT seq FROM records WHERE run = names.run ORDER BY seq LIMIT 1) AS seq,
        (SELECT at FROM records WHERE run = names.run ORDER BY seq LIMIT 1) AS at,
        (SELECT kind FROM records WHERE run = names.run ORDER BY seq DESC LIMIT 1) AS kind
    FROM names WHERE names.run IS NOT NULL
    ORDER BY id DESC";

/// Records that are fetched at once.
const PAGE: i64 = 2000;

fn damaged(journal: &str, run: &str, seq: u64, reason: impl ToString) -> JournalError {
    JournalError::Damaged {
        journal: journal.to_owned(),
        run: run.to_owned(),
        seq,
        reason: reason.to_string(),
    }
}

/// What a reader reads from.
#[derive(Debug)]
enum Source {
    /// There was no journal yet when it was opened.
    Nothing,
    File(SqliteConnection),
    Closed,
}

/// A journal in a file, opened for reading.
#[derive(Debug)]
pub(in crate::journal) struct Reader {
    journal: String,
    path: PathBuf,
    source: Mutex<Source>,
}

impl Reader {
    /// A reader of a file that is open for writing in this process.
    pub(super) async fn beside_writer(journal: &str, path: &Path) -> Result<Self, JournalError> {
        Ok(Self {
            journal: journal.to_owned(),
            path: path.to_owned(),
            source: Mutex::new(Source::File(connect_reading(journal, path).await?)),
        })
    }

    pub(super) fn journal(&self) -> &str {
        &self.journal
    }

    pub(in crate::journal) async fn open(journal: &str) -> Result<Self, JournalError> {
        let path = resolve(journal, Path::new(journal))?;
        let found = match std::fs::metadata(&path) {
            Ok(meta) => meta.len() > 0,
            Err(e) if e.kind() == ErrorKind::NotFound => false,
            Err(e) => return Err(storage(journal, e.to_string())),
        };
        let mut source = Source::Nothing;
        if found {
            let mut look = connect_reading(journal, &path).await?;
            if has_tables(journal, &mut look).await? {
                source = Source::File(look);
            }
        }
        Ok(Self {
            journal: journal.to_owned(),
            path,
            source: Mutex::new(source),
        })
    }

    /// The connection, as long as somebody holds the guard; `None` where there was no journal yet.
    fn file<'a>(
        &self,
        source: &'a mut Source,
    ) -> Result<Option<&'a mut SqliteConnection>, JournalError> {
        match source {
            Source::Nothing => Ok(None),
            Source::File(connection) => Ok(Some(connection)),
            Source::Closed => Err(storage(&self.journal, "it was closed")),
        }
    }

    /// Looking on leaves an empty `-wal` file behind, which a connection that may only read cannot
    /// remove. One that may write does, where nobody writes and nobody forbids it.
    async fn tidy_up(&self) -> Result<(), JournalError> {
        if !wal(&self.path).exists() {
            return Ok(());
        }
        let Some(lock) = Lock::if_free(&self.journal, &self.path) else {
            return Ok(());
        };
        let connection = connect(&self.journal, &self.path).await?;
        connection
            .close()
            .await
            .map_err(|e| said(&self.journal, &e))?;
        lock.release()
            .map_err(|e| storage(&self.journal, format!("its lock file: {e}")))
    }

    fn no_such(&self, run: &RunId) -> JournalError {
        JournalError::NoSuchRun {
            journal: self.journal.clone(),
            run: run.to_string(),
        }
    }

    fn only_reads(&self) -> JournalError {
        storage(&self.journal, "it was opened for reading only")
    }

    /// One page of records, each held against its row and its place.
    async fn page(
        &self,
        connection: &mut SqliteConnection,
        run: &RunId,
        after: u64,
        records: &mut Vec<Envelope>,
    ) -> Result<bool, JournalError> {
        let said = |e: sqlx::Error| said(&self.journal, &e);
        let rows = sqlx::query(
            "SELECT seq, record FROM records WHERE run = ? AND seq > ? ORDER BY seq LIMIT ?",
        )
        .bind(run.as_str())
        .bind(signed(after))
        .bind(PAGE)
        .fetch_all(connection)
        .await
        .map_err(said)?;
        for (row, expected) in rows.iter().zip(after.saturating_add(1)..) {
            let seq = unsigned(row.try_get(0).map_err(said)?);
            let bad = |reason: String| damaged(&self.journal, run.as_str(), expected, reason);
            if seq != expected {
                return Err(bad(format!("it is missing; the next one is {seq}")));
            }
            let text: String = row.try_get(1).map_err(|e| bad(e.to_string()))?;
            records.push(self.envelope(&text, run, seq)?);
        }
        Ok(rows.len() == usize::try_from(PAGE).unwrap_or(usize::MAX))
    }

    /// Reads a record back and holds it against the row that it stood in.
    fn envelope(&self, text: &str, run: &RunId, seq: u64) -> Result<Envelope, JournalError> {
        /// What every format of a record has.
        #[derive(serde::Deserialize)]
        struct Format {
            v: u16,
        }
        let bad = |reason: String| damaged(&self.journal, run.as_str(), seq, reason);
        let format: Format = serde_json::from_str(text).map_err(|e| bad(e.to_string()))?;
        if format.v > FORMAT {
            return Err(JournalError::FromTheFuture {
                journal: self.journal.clone(),
                found: i64::from(format.v),
                known: i64::from(FORMAT),
            });
        }
        let record: Envelope = serde_json::from_str(text).map_err(|e| bad(e.to_string()))?;
        if record.run != *run || record.seq != seq {
            return Err(bad(format!(
                "it calls itself record {} of run {}",
                record.seq, record.run
            )));
        }
        Ok(record)
    }
}

#[async_trait]
impl Journal for Reader {
    async fn append(&self, _records: &[Envelope]) -> Result<(), JournalError> {
        Err(self.only_reads())
    }

    async fn read(&self, run: &RunId, after: u64) -> Result<Vec<Envelope>, JournalError> {
        let mut source = self.source.lock().await;
        let connection = self.file(&mut source)?.ok_or_else(|| self.no_such(run))?;
        let mut records: Vec<Envelope> = Vec::new();
        let mut from = after;
        while self.page(connection, run, from, &mut records).await? {
            from = records.last().map_or(from, |r| r.seq);
        }
        if records.is_empty() {
            sqlx::query("SELECT 1 FROM records WHERE run = ? LIMIT 1")
                .bind(run.as_str())
                .fetch_optional(connection)
                .await
                .map_err(|e| said(&self.journal, &e))?
                .ok_or_else(|| self.no_such(run))?;
        }
        Ok(records)
    }

    async fn runs(&self) -> Result<Vec<RunHead>, JournalError> {
        let mut source = self.source.lock().await;
        let Some(connection) = self.file(&mut source)? else {
            return Ok(Vec::new());
        };
        let said = |e: sqlx::Error| said(&self.journal, &e);
        let rows = sqlx::query(RUNS)
            .fetch_all(connection)
            .await
            .map_err(said)?;
        rows.iter()
            .map(|row| {
                let run: String = row.try_get("run").map_err(said)?;
                let seq = unsigned(row.try_get("seq").map_err(said)?);
                let at: String = row.try_get("at").map_err(said)?;
                let kind: String = row.try_get("kind").map_err(said)?;
                let started = at
                    .parse::<Timestamp>()
                    .map_err(|e| damaged(&self.journal, &run, seq, e))?;
                Ok(RunHead {
                    run: RunId::new(run),
                    started,
                    ended: kind == "run_ended",
                })
            })
            .collect()
    }

    async fn cursor(&self, run: &RunId, reader: &str) -> Result<u64, JournalError> {
        let mut source = self.source.lock().await;
        let Some(connection) = self.file(&mut source)? else {
            return Ok(0);
        };
        let said = |e: sqlx::Error| said(&self.journal, &e);
        let row = sqlx::query("SELECT seq FROM cursors WHERE run = ? AND reader = ?")
            .bind(run.as_str())
            .bind(reader)
            .fetch_optional(connection)
            .await
            .map_err(said)?;
        match row {
            Some(row) => Ok(unsigned(row.try_get(0).map_err(said)?)),
            None => Ok(0),
        }
    }

    async fn set_cursor(&self, _run: &RunId, _reader: &str, _seq: u64) -> Result<(), JournalError> {
        Err(self.only_reads())
    }

    /// The one thing that somebody who only looks on may write: SQLite lets it wait for the writer.
    async fn decide(&self, run: &RunId, decision: &Decision) -> Result<u64, JournalError> {
        let said = |e: sqlx::Error| said(&self.journal, &e);
        if self.file(&mut *self.source.lock().await)?.is_none() {
            return Err(self.no_such(run));
        }
        let text = serde_json::to_string(decision)
            .map_err(|e| storage(&self.journal, format!("a decision cannot be written: {e}")))?;
        let mut connection = connect(&self.journal, &self.path).await?;
        sqlx::query(DECISIONS)
            .execute(&mut connection)
            .await
            .map_err(said)?;
        let left = sqlx::query("INSERT INTO decisions (run, decision) VALUES (?, ?)")
            .bind(run.as_str())
            .bind(text)
            .execute(&mut connection)
            .await
            .map_err(said)?;
        connection.close().await.map_err(said)?;
        Ok(unsigned(left.last_insert_rowid()))
    }

    async fn decisions(
        &self,
        run: &RunId,
        after: u64,
    ) -> Result<Vec<(u64, Decision)>, JournalError> {
        let said = |e: sqlx::Error| said(&self.journal, &e);
        let mut source = self.source.lock().await;
        let Some(connection) = self.file(&mut source)? else {
            return Ok(Vec::new());
        };
        // A journal of a program that did not know them has none.
        let known = sqlx::query("SELECT 1 FROM sqlite_schema WHERE name = 'decisions'")
            .fetch_optional(&mut *connection)
            .await
            .map_err(said)?;
        if known.is_none() {
            return Ok(Vec::new());
        }
        let rows =
            sqlx::query("SELECT id, decision FROM decisions WHERE run = ? AND id > ? ORDER BY id")
                .bind(run.as_str())
                .bind(signed(after))
                .fetch_all(connection)
                .await
                .map_err(said)?;
        rows.iter()
            .map(|row| {
                let id = unsigned(row.try_get(0).map_err(said)?);
                let text: String = row.try_get(1).map_err(said)?;
                let decision = serde_json::from_str(&text).map_err(|e| {
                    storage(&self.journal, format!("decision {id} cannot be read: {e}"))
                })?;
                Ok((id, decision))
            })
            .collect()
    }

    async fn close(&self) -> Result<(), JournalError> {
        match std::mem::replace(&mut *self.source.lock().await, Source::Closed) {
            Source::File(connection) => {
                connection
                    .close()
                    .await
                    .map_err(|e| said(&self.journal, &e))?;
                self.tidy_up().await
            }
            Source::Nothing | Source::Closed => Ok(()),
        }
    }
}
