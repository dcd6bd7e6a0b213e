//! The one task that writes, and the handle that others ask it through.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::path::Path;

use async_trait::async_trait;
use iosxe_core::event::Envelope;
use iosxe_core::ids::RunId;
use iosxe_core::ports::{Decision, Journal, JournalError, RunHead};
use sqlx::Connection as _;
use sqlx::Row as _;
use sqlx::sqlite::SqliteConnection;
use tokio::sync::{mpsc, oneshot};

use super::lock::Lock;
use super::reader::Reader;
use super::{
    connect_reading, connect_writing, has_tables, owner_only, resolve, said, signed, unsigned,
};
use crate::journal::{check_batch, check_follows, storage};

/// Requests that may wait for the writer. A full queue makes appenders wait, which is what a slow
/// disk should do to an engine.
const QUEUE: usize = 1024;

/// Records that share one commit at most: a bound on the time that one commit takes and on the
/// memory that it holds, far above what a fleet writes at one moment.
const BATCH: usize = 4096;

/// One record as it goes into its row.
struct Line {
    seq: i64,
    device: Option<String>,
    at: String,
    kind: String,
    record: String,
}

impl Line {
    fn of(journal: &str, envelope: &Envelope) -> Result<Self, JournalError> {
        let bad = |e: serde_json::Error| {
            storage(
                journal,
                format!("record {} cannot be written: {e}", envelope.seq),
            )
        };
        let value = serde_json::to_value(envelope).map_err(bad)?;
        let kind = value
            .pointer("/event/kind")
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default()
            .to_owned();
        Ok(Self {
            seq: signed(envelope.seq),
            device: envelope.device.as_ref().map(ToString::to_string),
            at: envelope.at.to_string(),
            kind,
            record: serde_json::to_string(&value).map_err(bad)?,
        })
    }
}

type Done = oneshot::Sender<Result<(), JournalError>>;

enum Request {
    Append {
        run: RunId,
        first: u64,
        lines: Vec<Line>,
        done: Done,
    },
    Cursor {
        run: RunId,
        reader: String,
        seq: u64,
        done: Done,
    },
}

impl Request {
    fn weight(&self) -> usize {
        match self {
            Self::Append { lines, .. } => lines.len(),
            Self::Cursor { .. } => 1,
        }
    }
}

/// What the writer's task is sent.
enum Order {
    Write(Request),
    /// No more will be written.
    Close(Done),
}

/// The only one that writes the file.
struct Scribe {
    journal: String,
    connection: SqliteConnection,
    /// The last number of each run that was written to; filled from the file on first use.
    last: BTreeMap<RunId, u64>,
    lock: Lock,
}

impl Scribe {
    async fn work(mut self, mut orders: mpsc::Receiver<Order>) {
        let mut closing = None;
        while closing.is_none() {
            let Some(order) = orders.recv().await else {
                break;
            };
            let mut next = Some(order);
            let mut weight = 0;
            let mut batch = Vec::new();
            while let Some(order) = next.take() {
                match order {
                    Order::Write(request) => {
                        weight += request.weight();
                        batch.push(request);
                        if weight < BATCH {
                            next = orders.try_recv().ok();
                        }
                    }
                    Order::Close(done) => closing = Some(done),
                }
            }
            if !batch.is_empty() {
                self.serve(batch).await;
            }
        }
        // The last connection to leave writes the `-wal` file into the journal and removes it.
        let closed = self
            .connection
            .close()
            .await
            .map_err(|e| said(&self.journal, &e));
        let released = self
            .lock
            .release()
            .map_err(|e| storage(&self.journal, format!("its lock file: {e}")));
        match closing {
            Some(done) => {
                // Nobody waits any more when its future was dropped.
                let _gone = done.send(closed.and(released));
            }
            None => {
                if let Err(error) = closed.and(released) {
                    tracing::warn!(%error, "the journal was not closed cleanly");
                }
            }
        }
    }

    /// Writes a batch in one transaction and answers everybody.
    async fn serve(&mut self, batch: Vec<Request>) {
        let mut answers = Vec::with_capacity(batch.len());
        let outcome = self.write(batch, &mut answers).await;
        if outcome.is_err() {
            // What the file holds now is not known for sure: ask it again.
            self.last.clear();
        }
        for (done, verdict) in answers {
            // Nobody waits any more when its future was dropped.
            let _gone = done.send(verdict.and_then(|()| outcome.clone()));
        }
    }

    /// Fills `answers` with everybody who waits; a request that is refused takes no part in the
    /// transaction.
    async fn write(
        &mut self,
        batch: Vec<Request>,
        answers: &mut Vec<(Done, Result<(), JournalError>)>,
    ) -> Result<(), JournalError> {
        let journal = self.journal.as_str();
        let said = |e: sqlx::Error| said(journal, &e);
        let mut failed = None;
        let mut transaction = match self.connection.begin_with("BEGIN IMMEDIATE").await {
            Ok(transaction) => Some(transaction),
            Err(e) => {
                failed = Some(said(e));
                None
            }
        };
        for request in batch {
            let Some(open) = transaction.as_mut().filter(|_| failed.is_none()) else {
                match request {
                    Request::Append { done, .. } | Request::Cursor { done, .. } => {
                        answers.push((done, Ok(())));
                    }
                }
                continue;
            };
            match request {
                Request::Append {
                    run,
                    first,
                    lines,
                    done,
                } => {
                    let verdict = match last_of(open, &mut self.last, &run).await {
                        Ok(last) => check_follows(journal, &run, first, last),
                        Err(e) => {
                            failed = Some(said(e));
                            Ok(())
                        }
                    };
                    if verdict.is_ok() && failed.is_none() {
                        match insert(open, &run, &lines).await {
                            Ok(()) => {
                                let written = u64::try_from(lines.len()).unwrap_or(u64::MAX);
                                self.last.insert(run, (first - 1).saturating_add(written));
                            }
                            Err(e) => failed = Some(said(e)),
                        }
                    }
                    answers.push((done, verdict));
                }
                Request::Cursor {
                    run,
                    reader,
                    seq,
                    done,
                } => {
                    if let Err(e) = move_cursor(open, &run, &reader, seq).await {
                        failed = Some(said(e));
                    }
                    answers.push((done, Ok(())));
                }
            }
        }
        match (failed, transaction) {
            (None, Some(transaction)) => transaction.commit().await.map_err(said),
            // Dropping the transaction takes it back.
            (Some(error), _) => Err(error),
            (None, None) => Ok(()),
        }
    }
}

async fn last_of(
    connection: &mut SqliteConnection,
    known: &mut BTreeMap<RunId, u64>,
    run: &RunId,
) -> Result<u64, sqlx::Error> {
    if let Some(last) = known.get(run) {
        return Ok(*last);
    }
    let last: Option<i64> = sqlx::query("SELECT MAX(seq) FROM records WHERE run = ?")
        .bind(run.as_str())
        .fetch_one(connection)
        .await?
        .try_get(0)?;
    Ok(last.map_or(0, unsigned))
}

async fn insert(
    connection: &mut SqliteConnection,
    run: &RunId,
    lines: &[Line],
) -> Result<(), sqlx::Error> {
    for line in lines {
        sqlx::query(
            "INSERT INTO records (run, seq, device, at, kind, record) VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(run.as_str())
        .bind(line.seq)
        .bind(line.device.as_deref())
        .bind(line.at.as_str())
        .bind(line.kind.as_str())
        .bind(line.record.as_str())
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

async fn move_cursor(
    connection: &mut SqliteConnection,
    run: &RunId,
    reader: &str,
    seq: u64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO cursors (run, reader, seq) VALUES (?, ?, ?)
         ON CONFLICT (run, reader) DO UPDATE SET seq = MAX(seq, excluded.seq)",
    )
    .bind(run.as_str())
    .bind(reader)
    .bind(signed(seq))
    .execute(connection)
    .await
    .map(|_| ())
}

/// A journal in a file, opened for writing.
#[derive(Debug)]
pub(in crate::journal) struct Writer {
    orders: mpsc::Sender<Order>,
    reader: Reader,
}

impl Writer {
    pub(in crate::journal) async fn open(journal: &str) -> Result<Self, JournalError> {
        let path = resolve(journal, Path::new(journal))?;
        let lock = Lock::take(journal, &path).await?;
        if std::fs::metadata(&path).is_ok_and(|m| m.len() > 0) {
            // Look before anything is changed: a journal from the future is left as it is.
            let mut look = connect_reading(journal, &path).await?;
            has_tables(journal, &mut look).await?;
            look.close().await.map_err(|e| said(journal, &e))?;
        } else {
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(false);
            owner_only(&mut options);
            options
                .open(&path)
                .map_err(|e| storage(journal, format!("cannot create it: {e}")))?;
        }
        let connection = connect_writing(journal, &path).await?;
        let reader = Reader::beside_writer(journal, &path).await?;
        let (orders, queue) = mpsc::channel(QUEUE);
        let scribe = Scribe {
            journal: journal.to_owned(),
            connection,
            last: BTreeMap::new(),
            lock,
        };
        tokio::spawn(scribe.work(queue));
        Ok(Self { orders, reader })
    }

    async fn ask(&self, request: impl FnOnce(Done) -> Request) -> Result<(), JournalError> {
        self.order(|done| Order::Write(request(done))).await
    }

    async fn order(&self, order: impl FnOnce(Done) -> Order) -> Result<(), JournalError> {
        let gone = || storage(self.reader.journal(), "its writer has ended");
        let (done, answer) = oneshot::channel();
        self.orders.send(order(done)).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

#[async_trait]
impl Journal for Writer {
    async fn append(&self, records: &[Envelope]) -> Result<(), JournalError> {
        let journal = self.reader.journal();
        let Some((run, first)) = check_batch(journal, records)? else {
            return Ok(());
        };
        let lines = records
            .iter()
            .map(|record| Line::of(journal, record))
            .collect::<Result<Vec<_>, _>>()?;
        self.ask(|done| Request::Append {
            run: run.clone(),
            first,
            lines,
            done,
        })
        .await
    }

    async fn read(&self, run: &RunId, after: u64) -> Result<Vec<Envelope>, JournalError> {
        self.reader.read(run, after).await
    }

    async fn runs(&self) -> Result<Vec<RunHead>, JournalError> {
        self.reader.runs().await
    }

    async fn cursor(&self, run: &RunId, reader: &str) -> Result<u64, JournalError> {
        self.reader.cursor(run, reader).await
    }

    async fn set_cursor(&self, run: &RunId, reader: &str, seq: u64) -> Result<(), JournalError> {
        self.ask(|done| Request::Cursor {
            run: run.clone(),
            reader: reader.to_owned(),
            seq,
            done,
        })
        .await
    }
    async fn decide(&self, run: &RunId, decision: &Decision) -> Result<u64, JournalError> {
        self.reader.decide(run, decision).await
    }

    async fn decisions(
        &self,
        run: &RunId,
        after: u64,
    ) -> Result<Vec<(u64, Decision)>, JournalError> {
        self.reader.decisions(run, after).await
    }

    async fn close(&self) -> Result<(), JournalError> {
        // The reading connection first: one that may only read cannot finish the file.
        self.reader.close().await?;
        self.order(Order::Close).await
    }
}
