//! Reads a file chunk by chunk on a blocking thread, so that parsing and hashing do not delay other requests.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;

use super::mapping::Mapping;
use super::notes::ImportNotes;
use super::rejects::Reject;
use super::rows::{FileItem, FileReader, FileRow};
use super::source::unreadable;
use crate::decide::{IncomingSignal, Receipt};
use crate::error::{Error, Result};

/// Number of rows per transaction: enough to make its cost negligible, few enough to show progress.
const ROWS: usize = 500;
/// Number of bytes after which a chunk ends early, for files with long rows.
const BYTES: u64 = 2 * 1024 * 1024;
/// Number of already imported rows after which a chunk ends early, so that resuming a large file shows progress and remains
/// cancellable.
const SKIPPED_ROWS: u64 = 50_000;
/// Number of chunks to read ahead.
const AHEAD: usize = 1;

/// Rows that are imported together, in file order.
pub(super) struct RowChunk {
    /// The number of rows in the file up to the end of this chunk.
    pub(super) rows: u64,
    /// The number of bytes read so far.
    pub(super) bytes: u64,
    /// The receipt of these rows: time, actor and request.
    pub(super) receipt: Arc<Receipt>,
    /// The rows to import.
    pub(super) lines: Vec<FileRow>,
    /// The same rows as signals.
    pub(super) incoming: Vec<IncomingSignal>,
    /// The rows that were rejected.
    pub(super) rejected: Vec<Reject>,
    /// The number of rows that had been imported before.
    pub(super) skipped: u64,
    /// What is to be reported of these rows.
    pub(super) notes: ImportNotes,
}

/// The file to read, and how to read it.
pub(super) struct ImportSource {
    pub(super) file: PathBuf,
    pub(super) workflow: String,
    pub(super) mapping: Arc<Mapping>,
    pub(super) receipt: Receipt,
    /// The number of rows at the start of the file that have already been imported.
    pub(super) done: u64,
}

/// Reads a file on a blocking thread. The channel closes after the last chunk. Dropping the receiver stops the thread at its next
/// chunk.
pub(super) fn read(source: ImportSource) -> mpsc::Receiver<Result<RowChunk>> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    tokio::task::spawn_blocking(move || {
        if let Err(error) = read_all(&source, &sender) {
            sender.blocking_send(Err(error)).ok();
        }
    });
    receiver
}

fn read_all(source: &ImportSource, sender: &mpsc::Sender<Result<RowChunk>>) -> Result<()> {
    let mut reader = FileReader::open(&source.file)?;
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

/// Reads the next rows. The chunk is empty at the end of the file, or once the receiver is dropped.
fn read_chunk(
    source: &ImportSource,
    reader: &mut FileReader,
    before: u64,
    sender: &mpsc::Sender<Result<RowChunk>>,
) -> Result<RowChunk> {
    let received_at: DateTime<Utc> = engine::time::cut(Utc::now());
    let receipt = Arc::new(Receipt { received_at, ..source.receipt.clone() });
    let mut chunk = RowChunk {
        rows: before,
        bytes: reader.bytes_read(),
        receipt,
        lines: Vec::new(),
        incoming: Vec::new(),
        rejected: Vec::new(),
        skipped: 0,
        notes: ImportNotes { format: reader.format(), ..ImportNotes::default() },
    };
    // Rows that yield nothing end a chunk as well.
    let mut blank = 0;
    let start = chunk.bytes;
    while chunk.lines.len() + chunk.rejected.len() < ROWS
        && chunk.skipped + blank < SKIPPED_ROWS
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
        let signal = match row {
            FileItem::Blank => {
                blank += 1;
                chunk.notes.blank += 1;
                continue;
            }
            FileItem::Rejected(reject) => Err(reject),
            FileItem::Row(row) => {
                match source.mapping.signal(&row, source.receipt.as_of, chunk.receipt.received_at) {
                    Ok(signal) => Ok((row, signal)),
                    Err(problem) => Err(problem.of(&row)),
                }
            }
        };
        match signal {
            Ok((row, signal)) => {
                if let Some(id) = &signal.event.lead.external_id {
                    chunk.notes.add_id(id);
                }
                chunk.lines.push(row);
                chunk
                    .incoming
                    .push(IncomingSignal { receipt: chunk.receipt.clone(), signal: Arc::new(signal) });
            }
            Err(reject) => chunk.rejected.push(reject),
        }
    }
    Ok(chunk)
}

/// Returns the fingerprint that identifies an import: a hash of the file's content and of its mapping.
pub(super) async fn fingerprint(file: PathBuf, how: Vec<u8>) -> Result<[u8; 32]> {
    use sha2::{Digest as _, Sha256};
    let hashed = tokio::task::spawn_blocking(move || {
        let mut hash = Sha256::new();
        let mut open = std::fs::File::open(&file)
            .map_err(|error| Error::File { path: file.display().to_string(), error })?;
        std::io::copy(&mut open, &mut hash).map_err(unreadable)?;
        hash.update(how);
        Ok(hash.finalize().into())
    });
    hashed.await.map_err(|_| Error::Interrupted)?
}
