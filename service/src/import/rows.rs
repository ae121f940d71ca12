//! Reads rows of CSV or NDJSON, each with its idempotency key.

use std::fs::File;
use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use engine::limits;
use serde_json::{Map, Value as Json};
use sha2::{Digest as _, Sha256};

use super::format::{self, LineEnd};
use super::object::UniqueNames;
use super::occurrences::Occurrences;
use super::rejects::Reject;
use crate::error::{Error, Result};

/// A row of the file.
#[derive(Clone, Debug)]
pub(super) struct FileRow {
    /// The line on which the row begins, counted from 1.
    pub(super) line: u64,
    /// The cells, by column name.
    pub(super) cells: Map<String, Json>,
    /// A hash of the workflow, the row, and its occurrence among equal rows.
    pub(super) key: String,
}

/// Reads a file row by row.
pub(super) struct FileReader {
    format: Format,
    columns: Option<Vec<String>>,
    seen: Occurrences,
    path: PathBuf,
    bytes: u64,
    line: u64,
}

enum Format {
    Csv(Box<csv::Reader<Bounded>>, CsvLines),
    Ndjson(BufReader<File>),
}

impl FileReader {
    /// Opens a file. A file whose first character is a brace is NDJSON.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let failed = |error| Error::File { path: path.display().to_string(), error };
        let mut file = File::open(path).map_err(failed)?;
        let mut head = Vec::new();
        file.by_ref().take(HEAD_BYTES).read_to_end(&mut head).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        let ends_line = ends_line(&mut file, length).map_err(failed)?;
        file.rewind().map_err(failed)?;
        let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&head);
        let reader = |format, columns| Self {
            format,
            columns,
            seen: Occurrences::default(),
            path: path.to_owned(),
            bytes: 0,
            line: 0,
        };
        if text.trim_ascii_start().starts_with(b"{") {
            return Ok(reader(Format::Ndjson(BufReader::new(file)), None));
        }
        let budget = Budget::default();
        budget.refill();
        let mut csv = csv::ReaderBuilder::new()
            .delimiter(format::delimiter(text, head.len() as u64 == length))
            .flexible(true)
            .buffer_capacity(READ_BYTES)
            .from_reader(Bounded { file, budget: budget.clone() });
        let header =
            csv.headers().map_err(|error| Error::Invalid(format!("the header cannot be read: {error}")))?;
        let names = header.iter().map(|name| name.trim_start_matches('\u{feff}').to_owned()).collect();
        let columns = format::make_unique(names);
        let lines = CsvLines { budget, end: format::line_end(text), length, ends_line, records: 1 };
        Ok(reader(Format::Csv(Box::new(csv), lines), Some(columns)))
    }

    /// Returns the columns, if the format has a header.
    pub(super) fn columns(&self) -> Option<&[String]> {
        self.columns.as_deref()
    }

    /// Returns the number of bytes read so far.
    pub(super) fn bytes_read(&self) -> u64 {
        self.bytes
    }

    /// Returns the next row or the reason to reject it, or `None` at the end of the file.
    ///
    /// # Errors
    /// Returns [`Error::File`] if the rest of the file cannot be read.
    pub(super) fn next(&mut self, workflow: &str) -> Result<Option<Result<FileRow, Reject>>, Error> {
        let failed = |error: std::io::Error| match error.kind() {
            // The error that [`Bounded`] returns for a row without end.
            ErrorKind::Other => Error::Invalid(error.to_string()),
            _ => Error::File { path: self.path.display().to_string(), error },
        };
        let cells = match &mut self.format {
            Format::Csv(reader, lines) => {
                let mut record = csv::ByteRecord::new();
                let read = lines.read(reader, &mut record).map_err(|error| failed(error.into()))?;
                self.bytes = reader.position().byte();
                let Some(line) = read else { return Ok(None) };
                self.line = line;
                cells(self.columns.as_deref().unwrap_or_default(), record)
            }
            Format::Ndjson(reader) => loop {
                let mut line = Vec::new();
                let mut limited = reader.by_ref().take(limits::EVENT_BYTES as u64 + 1);
                let read = limited.read_until(b'\n', &mut line).map_err(failed)?;
                self.bytes += read as u64;
                if read == 0 {
                    return Ok(None);
                }
                self.line += 1;
                if line.len() > limits::EVENT_BYTES {
                    self.bytes += skip_line(reader).map_err(failed)?;
                    let why = format!("The line is longer than {} bytes; shorten it.", limits::EVENT_BYTES);
                    break Err((None, why));
                }
                if !line.trim_ascii().is_empty() {
                    // Some programs write a byte order mark at the start of the file.
                    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&line);
                    break serde_json::from_slice(line).map(|UniqueNames(cells)| cells).map_err(|error| {
                        let raw = String::from_utf8_lossy(line.trim_ascii()).into_owned();
                        (Some(raw.into()), format!("The line is not a JSON object: {error}."))
                    });
                }
            },
        };
        let line = self.line;
        Ok(Some(
            cells
                .and_then(|cells| {
                    let key = self.key(workflow, &cells).map_err(|why| (None, why))?;
                    Ok(FileRow { line, cells, key })
                })
                .map_err(|(cells, reason)| Reject { line, column: None, reason, cells }),
        ))
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

/// Number of bytes at the start of a file that determine its format.
const HEAD_BYTES: u64 = 64 * 1024;

/// Returns whether a file's last byte ends a line.
fn ends_line(file: &mut File, length: u64) -> std::io::Result<bool> {
    if length == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::Start(length - 1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// Skips the rest of a line without buffering it, and returns its length.
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

/// Reads CSV rows and computes the line on which each begins. The reader counts line feeds up to its position, which is past
/// those inside the row, past the one that ends it (unless it is half of a CR LF), and past empty lines before it.
struct CsvLines {
    budget: Budget,
    end: LineEnd,
    /// The length of the file.
    length: u64,
    /// Whether the file's last byte ends a line.
    ends_line: bool,
    /// The number of rows read, including the header.
    records: u64,
}

impl CsvLines {
    /// Reads the next row and returns its line, or `None` at the end of the file.
    fn read(
        &mut self,
        reader: &mut csv::Reader<Bounded>,
        record: &mut csv::ByteRecord,
    ) -> csv::Result<Option<u64>> {
        self.budget.refill();
        if !reader.read_byte_record(record)? {
            return Ok(None);
        }
        self.records += 1;
        let (reached, byte) = (reader.position().line(), reader.position().byte());
        let inner = record.iter().flatten().filter(|byte| **byte == b'\n').count() as u64;
        let is_cut = byte >= self.length && !self.ends_line;
        let own = u64::from(self.end == LineEnd::Lf && !is_cut);
        Ok(Some(match self.end {
            LineEnd::Cr => self.records,
            LineEnd::Lf | LineEnd::CrLf => reached.saturating_sub(inner + own),
        }))
    }
}

/// Maximum size of a CSV row: twice that of an event, since quoting makes the payload longer.
const ROW_BYTES: usize = 2 * limits::EVENT_BYTES;
/// Number of bytes per read.
const READ_BYTES: usize = 64 * 1024;

/// The number of bytes that the current row may still use. An unclosed quote turns the rest of the file into one row, which must
/// not end up in memory.
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

/// Returns the cells of a row by column name, or the raw row with the reason to reject it.
fn cells(columns: &[String], record: csv::ByteRecord) -> Result<Map<String, Json>, (Option<Json>, String)> {
    let record = csv::StringRecord::from_byte_record(record).map_err(|error| {
        let place = error.utf8_error().field();
        let column = columns.get(place).map_or_else(|| (place + 1).to_string(), |name| format!("`{name}`"));
        let raw = error.into_byte_record();
        let raw: Vec<Json> = raw.iter().map(|cell| String::from_utf8_lossy(cell).into()).collect();
        let why = format!("Column {column} is not UTF-8; save the file as “CSV UTF-8”.");
        (Some(raw.into()), why)
    })?;
    if record.len() != columns.len() {
        let why = format!(
            "The row has {} and the header {}; look for a missing or unquoted delimiter.",
            counted(record.len()),
            columns.len()
        );
        return Err((Some(record.iter().map(Json::from).collect::<Vec<_>>().into()), why));
    }
    Ok(columns.iter().cloned().zip(record.iter().map(Json::from)).collect())
}

fn counted(cells: usize) -> String {
    if cells == 1 { "1 cell".into() } else { format!("{cells} cells") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the line of each row with its first cell or the reason for its rejection.
    fn read(bytes: &[u8]) -> Vec<(u64, String)> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let mut reader = FileReader::open(file.path()).unwrap();
        let mut rows = Vec::new();
        while let Some(row) = reader.next("w").unwrap() {
            rows.push(match row {
                Ok(row) => (row.line, row.cells.values().next().unwrap().as_str().unwrap().to_owned()),
                Err(reject) => (reject.line, reject.reason),
            });
        }
        rows
    }

    #[test]
    fn rows_know_their_lines() {
        let text = "a,b\n1,x\n\n2,\"two\nlines\"\n\n\n3,x\n4,x";
        let expected: Vec<(u64, String)> =
            [(2, "1"), (4, "2"), (8, "3"), (9, "4")].map(|(line, cell)| (line, cell.to_owned())).into();
        assert_eq!(read(text.as_bytes()), expected);
        assert_eq!(read(format!("{text}\n").as_bytes()), expected);
        assert_eq!(read(text.replace('\n', "\r\n").as_bytes()), expected);
        assert_eq!(read(format!("{text}\n").replace('\n', "\r\n").as_bytes()), expected);
        assert_eq!(read(b"{\"a\":\"1\"}\n\n{\"a\":\"2\"}"), [(1, "1".into()), (3, "2".into())]);
    }

    #[test]
    fn what_cannot_be_read_says_where_and_why() {
        let rows = read(b"a;b\n1;2;3\n\xff;1\n5;6\n");
        assert_eq!(rows[0].0, 2);
        assert!(rows[0].1.contains("3 cells and the header 2"), "{rows:?}");
        assert!(rows[1].1.contains("Column `a` is not UTF-8"), "{rows:?}");
        assert_eq!(rows[2], (4, "5".into()));
        let rows = read(b"{\"a\":\"1\"}\n{\"a\":\"1\",\"a\":\"2\"}\nnothing\n");
        assert!(rows[1].1.contains("`a` is there twice") && rows[2].0 == 3, "{rows:?}");
    }
}
