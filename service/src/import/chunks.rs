//! Reading a file chunk by chunk on a thread of its own: parsing and hashing must not keep other requests waiting.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;

use super::mapping::Mapping;
use super::rejects::Reject;
use super::rows::{Reader, Row};
use crate::decide::{Incoming, Receipt};
use crate::error::{Error, Result};

/// Rows taken in one transaction: enough to make its cost small, few enough to see progress.
const ROWS: usize = 500;
/// Bytes of the file after which a chunk has no more rows, for files of long ones.
const BYTES: u64 = 2 * 1024 * 1024;
/// Rows that were done before after which a chunk has no more rows: a large file that is resumed shows its progress, and can be
/// cancelled.
const SKIPPED_ROWS: u64 = 50_000;
/// Chunks that wait for the one before them.
const AHEAD: usize = 1;

/// Rows that are taken together, in the order of the file.
pub(super) struct Chunk {
    /// How many rows of the file are in it or before it.
    pub(super) rows: u64,
    /// How far the file has been read.
    pub(super) bytes: u64,
    /// When it was read, and by whom.
    pub(super) receipt: Arc<Receipt>,
    /// Rows to take.
    pub(super) lines: Vec<Row>,
    /// The same as signals.
    pub(super) incoming: Vec<Incoming>,
    /// Rows that cannot be taken.
    pub(super) rejected: Vec<Reject>,
    /// Rows that were done before.
    pub(super) skipped: u64,
}

/// What is read, and how.
pub(super) struct Source {
    pub(super) file: PathBuf,
    pub(super) workflow: String,
    pub(super) mapping: Arc<Mapping>,
    pub(super) receipt: Receipt,
    /// Rows at the start of the file that were done before.
    pub(super) done: u64,
}

/// Reads a file on a thread of its own; the last chunk is followed by the end of the channel. Dropping the receiver ends the
/// thread with its next chunk.
pub(super) fn read(source: Source) -> mpsc::Receiver<Result<Chunk>> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    tokio::task::spawn_blocking(move || {
        if let Err(error) = read_all(&source, &sender) {
            sender.blocking_send(Err(error)).ok();
        }
    });
    receiver
}

fn read_all(source: &Source, sender: &mpsc::Sender<Result<Chunk>>) -> Result<()> {
    let mut reader = Reader::open(&source.file)?;
    source.mapping.check_columns(reader.columns())?;
    let mut rows = 0;
    loop {
        let chunk = read_chunk(source, &mut reader, rows, sender)?;
        let is_last = chunk.rows == rows;
        rows = chunk.rows;
        if is_last || sender.blocking_send(Ok(chunk)).is_err() {
            return Ok(());
        }
    }
}

/// Reads the next rows; none at the end of the file, or when nobody waits for them any more.
fn read_chunk(
    source: &Source,
    reader: &mut Reader,
    before: u64,
    sender: &mpsc::Sender<Result<Chunk>>,
) -> Result<Chunk> {
    let received_at: DateTime<Utc> = engine::time::cut(Utc::now());
    let receipt = Arc::new(Receipt { received_at, ..source.receipt.clone() });
    let mut chunk = Chunk {
        rows: before,
        bytes: reader.bytes_read(),
        receipt,
        lines: Vec::new(),
        incoming: Vec::new(),
        rejected: Vec::new(),
        skipped: 0,
    };
    let start = chunk.bytes;
    while chunk.lines.len() + chunk.rejected.len() < ROWS
        && chunk.skipped < SKIPPED_ROWS
        && !sender.is_closed()
    {
        let has_rows = !chunk.lines.is_empty() || !chunk.rejected.is_empty();
        if has_rows && chunk.bytes - start >= BYTES {
            break;
        }
        let Some(row) = reader.next(&source.workflow)? else { break };
        chunk.rows += 1;
        chunk.bytes = reader.bytes_read();
        if chunk.rows <= source.done {
            chunk.skipped += 1;
            continue;
        }
        let signal = row.and_then(|row| match source.mapping.signal(&row, source.receipt.as_of) {
            Ok(signal) => Ok((row, signal)),
            Err(problem) => Err(problem.of(&row)),
        });
        match signal {
            Ok((row, signal)) => {
                chunk.lines.push(row);
                chunk.incoming.push(Incoming { receipt: chunk.receipt.clone(), signal: Arc::new(signal) });
            }
            Err(reject) => chunk.rejected.push(reject),
        }
    }
    Ok(chunk)
}

/// Returns what tells one import from another: a hash of the file's content and of how it is read.
pub(super) async fn fingerprint(file: PathBuf, how: Vec<u8>) -> Result<[u8; 32]> {
    use sha2::{Digest as _, Sha256};
    let hashed = tokio::task::spawn_blocking(move || {
        let mut hash = Sha256::new();
        let copied = std::fs::File::open(&file).and_then(|mut open| std::io::copy(&mut open, &mut hash));
        copied.map_err(|error| Error::File { path: file.display().to_string(), error })?;
        hash.update(how);
        Ok(hash.finalize().into())
    });
    hashed.await.map_err(|_| Error::Interrupted)?
}
