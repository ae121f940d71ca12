//! Reading rows of CSV or NDJSON, each with the key that makes it unique.

use std::fs::File;
use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Seek as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use engine::limits;
use serde_json::{Map, Value as Json};
use sha2::{Digest as _, Sha256};

use super::seen::Occurrences;
use crate::error::{Error, Result};

/// A row as it stands in the file.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// The columns.
    pub(super) cells: Map<String, Json>,
    /// hash(workflow, row, its occurrence among equal rows).
    pub(super) key: String,
}

/// Reads a file row by row.
pub(super) struct Reader {
    format: Format,
    columns: Option<Vec<String>>,
    seen: Occurrences,
    path: PathBuf,
    bytes: u64,
}

enum Format {
    Csv(Box<csv::Reader<Bounded>>, Budget),
    Ndjson(BufReader<File>),
}

impl Reader {
    /// Opens a file; one whose first character is a brace is NDJSON.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let failed = |error| Error::File { path: path.display().to_string(), error };
        let mut file = File::open(path).map_err(failed)?;
        let mut head = vec![0; 64 * 1024];
        let length = file.read(&mut head).map_err(failed)?;
        file.rewind().map_err(failed)?;
        head.truncate(length);
        let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&head);
        if text.trim_ascii_start().starts_with(b"{") {
            return Ok(Self {
                format: Format::Ndjson(BufReader::new(file)),
                columns: None,
                seen: Occurrences::default(),
                path: path.to_owned(),
                bytes: 0,
            });
        }
        let header = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let count = |wanted: u8| header.iter().filter(|byte| **byte == wanted).count();
        let delimiter = if count(b';') > count(b',') { b';' } else { b',' };
        let budget = Budget::default();
        budget.refill();
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .buffer_capacity(READ_BYTES)
            .from_reader(Bounded { file, budget: budget.clone() });
        let header = reader
            .headers()
            .map_err(|error| Error::Invalid(format!("the header cannot be read: {error}")))?;
        let columns: Vec<String> =
            header.iter().map(|name| name.trim_start_matches('\u{feff}').to_owned()).collect();
        if let Some(twice) = columns.iter().enumerate().find(|(i, name)| columns[..*i].contains(name)) {
            return Err(Error::Invalid(format!("the column `{}` is there twice", twice.1)));
        }
        Ok(Self {
            format: Format::Csv(Box::new(reader), budget),
            columns: Some(columns),
            seen: Occurrences::default(),
            path: path.to_owned(),
            bytes: 0,
        })
    }

    /// The columns, where the format has a header.
    pub(super) fn columns(&self) -> Option<&[String]> {
        self.columns.as_deref()
    }

    /// How far the file has been read.
    pub(super) fn bytes_read(&self) -> u64 {
        self.bytes
    }

    /// Returns the next row, or why it cannot be taken; `None` at the end of the file.
    ///
    /// # Errors
    /// [`Error::File`] when the file cannot be read any further.
    pub(super) fn next(&mut self, workflow: &str) -> Result<Option<Result<Row, String>>, Error> {
        let failed = |error: std::io::Error| match error.kind() {
            // What [`Bounded`] says.
            ErrorKind::Other => Error::Invalid(error.to_string()),
            _ => Error::File { path: self.path.display().to_string(), error },
        };
        let cells = match &mut self.format {
            Format::Csv(reader, budget) => {
                let mut record = csv::StringRecord::new();
                budget.refill();
                let read = reader.read_record(&mut record);
                self.bytes = reader.position().byte();
                match read {
                    Ok(false) => return Ok(None),
                    Ok(true) => cells(self.columns.as_deref().unwrap_or_default(), &record),
                    Err(error) if error.is_io_error() => return Err(failed(error.into())),
                    Err(error) => Err(error.to_string()),
                }
            }
            Format::Ndjson(reader) => loop {
                let mut line = Vec::new();
                let mut limited = reader.by_ref().take(limits::EVENT_BYTES as u64 + 1);
                let read = limited.read_until(b'\n', &mut line).map_err(failed)?;
                self.bytes += read as u64;
                if read == 0 {
                    return Ok(None);
                }
                if line.len() > limits::EVENT_BYTES {
                    self.bytes += skip_line(reader).map_err(failed)?;
                    break Err(format!("the line is longer than {} bytes", limits::EVENT_BYTES));
                }
                if !line.trim_ascii().is_empty() {
                    break serde_json::from_slice(&line).map_err(|error| format!("no JSON object: {error}"));
                }
            },
        };
        Ok(Some(cells.and_then(|cells| {
            let key = self.key(workflow, &cells)?;
            Ok(Row { cells, key })
        })))
    }

    fn key(&mut self, workflow: &str, cells: &Map<String, Json>) -> Result<String, String> {
        let bytes = engine::canonical::bytes(cells).map_err(|error| error.to_string())?;
        let mut hash = Sha256::new();
        hash.update(workflow.as_bytes());
        hash.update([0]);
        hash.update(&bytes);
        let row: [u8; 32] = hash.finalize().into();
        let occurrence = self.seen.count(&row);
        Ok(format!("row:{}:{occurrence}", hex::encode(row)))
    }
}

/// Reads past the end of a line without keeping it; returns its length.
fn skip_line(reader: &mut BufReader<File>) -> std::io::Result<u64> {
    let mut skipped = 0;
    loop {
        let buffer = reader.fill_buf()?;
        let (length, is_end) = match buffer.iter().position(|byte| *byte == b'\n') {
            Some(place) => (place + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        reader.consume(length);
        skipped += length as u64;
        if is_end {
            return Ok(skipped);
        }
    }
}

/// Bytes of a row of CSV at most: twice what an event may have, since its payload is written shorter there.
const ROW_BYTES: usize = 2 * limits::EVENT_BYTES;
/// Bytes read at once.
const READ_BYTES: usize = 64 * 1024;

/// How many bytes may still be read for the row that is being read. A quote that is never closed makes a row of the rest of the
/// file, which must not end up in memory.
#[derive(Clone, Default)]
struct Budget(Arc<AtomicUsize>);

impl Budget {
    fn refill(&self) {
        self.0.store(ROW_BYTES + READ_BYTES, Ordering::Relaxed);
    }
}

/// A file that is read within a budget.
struct Bounded {
    file: File,
    budget: Budget,
}

impl std::io::Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let left = self.budget.0.load(Ordering::Relaxed);
        if left == 0 {
            let why = format!("a row is longer than {ROW_BYTES} bytes; look for a quote that is not closed");
            return Err(std::io::Error::other(why));
        }
        let length = buffer.len().min(left);
        let read = self.file.read(&mut buffer[..length])?;
        self.budget.0.store(left - read, Ordering::Relaxed);
        Ok(read)
    }
}

fn cells(columns: &[String], record: &csv::StringRecord) -> Result<Map<String, Json>, String> {
    if record.len() != columns.len() {
        return Err(format!("{} cells, but the header has {}", record.len(), columns.len()));
    }
    Ok(columns.iter().cloned().zip(record.iter().map(Json::from)).collect())
}
