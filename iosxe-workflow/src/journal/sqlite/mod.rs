//! A journal in one SQLite file: one writer, any number of readers.

mod lock;
mod reader;
mod writer;

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::time::Duration;

use iosxe_core::ports::JournalError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection as _, Row as _};

use super::storage;
pub(super) use reader::Reader;
pub(super) use writer::Writer;

/// The layout of the tables. Records carry a format of their own inside.
const SCHEMA: i64 = 1;

const TABLES: [&str; 3] = [
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE records (
        id INTEGER PRIMARY KEY,
        run TEXT NOT NULL,
        seq INTEGER NOT NULL,
        device TEXT,
        at TEXT NOT NULL,
        kind TEXT NOT NULL,
        record TEXT NOT NULL,
        UNIQUE (run, seq)
    ) STRICT",
    "CREATE TABLE cursors (
        run TEXT NOT NULL,
        reader TEXT NOT NULL,
        seq INTEGER NOT NULL,
        PRIMARY KEY (run, reader)
    ) STRICT, WITHOUT ROWID",
];

/// Where decisions are left. Also made in a journal that was begun without it.
const DECISIONS: &str = "CREATE TABLE IF NOT EXISTS decisions (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        run TEXT NOT NULL,
        decision TEXT NOT NULL
    ) STRICT";

/// How long a statement waits for somebody else's (a checkpoint, a person's SQL shell).
const BUSY: Duration = Duration::from_secs(10);

/// The file that a path leads to, so that two ways to one journal meet at one lock.
fn resolve(journal: &str, path: &Path) -> Result<PathBuf, JournalError> {
    if let Ok(found) = path.canonicalize() {
        return Ok(found);
    }
    let folder = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let name = path
        .file_name()
        .ok_or_else(|| storage(journal, "the path names no file"))?;
    let folder = folder
        .canonicalize()
        .map_err(|e| storage(journal, format!("the folder {}: {e}", folder.display())))?;
    Ok(folder.join(name))
}

/// The file of what is not yet in the journal itself.
fn wal(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}

fn owner_only(options: &mut OpenOptions) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    #[cfg(not(unix))]
    let _ = options;
}

/// What SQLite says, without the library's frame around it.
fn said(journal: &str, error: &sqlx::Error) -> JournalError {
    let reason = match error {
        sqlx::Error::Database(e) => e.message().to_owned(),
        other => other.to_string(),
    };
    storage(journal, reason)
}

/// Numbers are kept as SQLite's signed integers; ours stay far below their limit.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// Whether a file holds our tables; refuses what it must not touch.
async fn has_tables(
    journal: &str,
    connection: &mut SqliteConnection,
) -> Result<bool, JournalError> {
    let said = |e: sqlx::Error| said(journal, &e);
    let tables: Vec<String> = sqlx::query("SELECT name FROM sqlite_schema WHERE type = 'table'")
        .fetch_all(&mut *connection)
        .await
        .map_err(said)?
        .iter()
        .map(|row| row.try_get(0))
        .collect::<Result<_, _>>()
        .map_err(said)?;
    if tables.is_empty() {
        return Ok(false);
    }
    let foreign = || storage(journal, "this SQLite file is no journal of iosxe");
    if !tables.iter().any(|t| t == "meta") {
        return Err(foreign());
    }
    let found = sqlx::query("SELECT value FROM meta WHERE key = 'schema'")
        .fetch_optional(&mut *connection)
        .await
        .map_err(|_| foreign())?
        .and_then(|row| row.try_get::<String, _>(0).ok())
        .and_then(|text| text.parse::<i64>().ok())
        .ok_or_else(foreign)?;
    if found > SCHEMA {
        return Err(JournalError::FromTheFuture {
            journal: journal.to_owned(),
            found,
            known: SCHEMA,
        });
    }
    Ok(true)
}

/// A connection that cannot change the file.
async fn connect_reading(journal: &str, path: &Path) -> Result<SqliteConnection, JournalError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .busy_timeout(BUSY);
    let first = match SqliteConnection::connect_with(&options).await {
        Ok(mut connection) => match probe(&mut connection).await {
            Ok(()) => return Ok(connection),
            Err(e) => e,
        },
        Err(e) => e,
    };
    // A journal that was closed cleanly and then moved to a place that cannot be written (an
    // archive, another user's folder) has no `-wal` file, and SQLite cannot make its shared memory
    // there. Nobody can be writing it, so that it may be read as it is.
    let archived = !wal(path).exists() && OpenOptions::new().write(true).open(path).is_err();
    if archived {
        let mut connection = SqliteConnection::connect_with(&options.immutable(true))
            .await
            .map_err(|e| said(journal, &e))?;
        probe(&mut connection)
            .await
            .map_err(|e| said(journal, &e))?;
        return Ok(connection);
    }
    Err(said(journal, &first))
}

async fn probe(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT COUNT(*) FROM sqlite_schema")
        .fetch_one(connection)
        .await
        .map(|_| ())
}

/// A connection that may change a file that is there.
async fn connect(journal: &str, path: &Path) -> Result<SqliteConnection, JournalError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        // On macOS a plain fsync leaves the data in the drive's cache.
        .pragma("fullfsync", "1")
        .busy_timeout(BUSY);
    SqliteConnection::connect_with(&options)
        .await
        .map_err(|e| said(journal, &e))
}

/// For the one writer.
pub(super) async fn connect_writing(
    journal: &str,
    path: &Path,
) -> Result<SqliteConnection, JournalError> {
    let said = |e: sqlx::Error| said(journal, &e);
    let mut connection = connect(journal, path).await?;
    if !has_tables(journal, &mut connection).await? {
        let mut transaction = connection
            .begin_with("BEGIN IMMEDIATE")
            .await
            .map_err(said)?;
        for table in TABLES {
            sqlx::query(table)
                .execute(&mut *transaction)
                .await
                .map_err(said)?;
        }
        sqlx::query("INSERT INTO meta (key, value) VALUES ('schema', ?)")
            .bind(SCHEMA.to_string())
            .execute(&mut *transaction)
            .await
            .map_err(said)?;
        transaction.commit().await.map_err(said)?;
    }
    sqlx::query(DECISIONS)
        .execute(&mut connection)
        .await
        .map_err(said)?;
    Ok(connection)
}
