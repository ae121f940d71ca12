//! Reads rows of a table or of NDJSON, each with its idempotency key.

use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use engine::limits;
use engine::tabular::{BrokenRow, DataRow, TextEncoding};
use serde_json::{Map, Value as Json};
use sha2::{Digest as _, Sha256};

use super::file::{self, LeadContent, LeadFile};
use super::object::UniqueNames;
use super::occurrences::Occurrences;
use super::rejects::Reject;
use super::source::{LeadTable, unreadable};
use crate::error::Error;

/// A row of the file.
#[derive(Clone, Debug)]
pub(super) struct FileRow {
    /// The line on which the row begins, counted from 1.
    pub(super) line: u64,
    /// The cells, by column name.
    pub(super) cells: Map<String, Json>,
    /// A hash of the workflow, the row, and its occurrence among equal rows.
    pub(super) key: String,
    /// Whether the file writes numbers with a decimal comma.
    pub(super) has_decimal_comma: bool,
}

/// What is read of a file next.
#[derive(Debug)]
pub(super) enum FileItem {
    /// A row with content.
    Row(FileRow),
    /// A row without any text.
    Blank,
    /// A row that cannot be read.
    Rejected(Reject),
}

/// Reads a file row by row.
pub(super) struct FileReader {
    content: LeadContent,
    seen: Occurrences,
    bytes: Arc<AtomicU64>,
    line: u64,
}

/// A row's cells, or the reason to reject it with the cells as they are.
type Cells = Result<Map<String, Json>, (Option<Json>, Option<String>, String)>;

impl FileReader {
    /// Opens a file. A file whose first character is a brace is NDJSON.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        Ok(Self::of(file::open(path, u64::MAX)?))
    }

    /// Opens a file to look at its beginning.
    pub(super) fn open_start(path: &Path) -> Result<Self, Error> {
        Ok(Self::of(file::open(path, START_BYTES)?))
    }

    fn of(file: LeadFile) -> Self {
        Self { content: file.content, seen: Occurrences::default(), bytes: file.bytes, line: 0 }
    }

    /// Returns the columns, if the format has a header.
    pub(super) fn columns(&self) -> Option<&[String]> {
        match &self.content {
            LeadContent::Table(table) => Some(table.columns()),
            LeadContent::Ndjson(..) => None,
        }
    }

    /// Returns how the file is written.
    pub(super) fn format(&self) -> String {
        match &self.content {
            LeadContent::Table(table) => table.dialect().to_string(),
            LeadContent::Ndjson(_, TextEncoding::Utf8) => "NDJSON".into(),
            LeadContent::Ndjson(_, encoding) => format!("{}, NDJSON", encoding.name()),
        }
    }

    /// Returns the number of bytes read so far.
    pub(super) fn bytes_read(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Returns the next row, or `None` at the end of the file.
    ///
    /// # Errors
    /// Returns [`Error::Unreadable`] if the rest of the file cannot be read.
    pub(super) fn next(&mut self, workflow: &str) -> Result<Option<FileItem>, Error> {
        let (cells, has_decimal_comma) = match &mut self.content {
            LeadContent::Table(table) => match table.next_row().map_err(unreadable)? {
                None => return Ok(None),
                Some(DataRow::Blank { line }) => {
                    self.line = line;
                    return Ok(Some(FileItem::Blank));
                }
                Some(DataRow::Broken(BrokenRow { line, column, reason, cells })) => {
                    self.line = line;
                    (Err((Some(cells.into()), column, reason)), false)
                }
                Some(DataRow::Cells { line, cells }) => {
                    self.line = line;
                    (Ok(named(table, cells)), table.dialect().has_decimal_comma)
                }
            },
            LeadContent::Ndjson(reader, _) => match next_object(reader, &mut self.line)? {
                Some(cells) => (cells, false),
                None => return Ok(None),
            },
        };
        let line = self.line;
        let row = cells.and_then(|cells| {
            let key = self.key(workflow, &cells).map_err(|why| (None, None, why))?;
            Ok(FileRow { line, cells, key, has_decimal_comma })
        });
        Ok(Some(match row {
            Ok(row) => FileItem::Row(row),
            Err((cells, column, reason)) => FileItem::Rejected(Reject { line, column, reason, cells }),
        }))
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

/// Number of bytes from which the encoding of a file is recognized for a preview.
const START_BYTES: u64 = 64 * 1024 * 1024;

/// Returns the cells by their names, without those that are no column and empty.
fn named(table: &LeadTable, cells: Vec<String>) -> Map<String, Json> {
    let cells = table.names().iter().cloned().zip(cells).enumerate();
    let cells = cells.filter(|(place, (_, cell))| table.is_column(*place) || !cell.trim().is_empty());
    cells.map(|(_, (name, cell))| (name, Json::String(cell))).collect()
}

/// Reads the next line that is not empty.
fn next_object<R: Read>(reader: &mut BufReader<R>, number: &mut u64) -> Result<Option<Cells>, Error> {
    loop {
        let mut line = Vec::new();
        let mut limited = reader.by_ref().take(limits::EVENT_BYTES as u64 + 1);
        let read = limited.read_until(b'\n', &mut line).map_err(unreadable)?;
        if read == 0 {
            return Ok(None);
        }
        *number += 1;
        if line.len() > limits::EVENT_BYTES {
            skip_line(reader).map_err(unreadable)?;
            let why = format!("The line is longer than {} bytes; shorten it.", limits::EVENT_BYTES);
            return Ok(Some(Err((None, None, why))));
        }
        if !line.trim_ascii().is_empty() {
            // Some programs write a byte order mark at the start of the file.
            let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&line);
            return Ok(Some(serde_json::from_slice(line).map(|UniqueNames(cells)| cells).map_err(|error| {
                let raw = String::from_utf8_lossy(line.trim_ascii()).into_owned();
                (Some(raw.into()), None, format!("The line is not a JSON object: {error}."))
            })));
        }
    }
}

/// Skips the rest of a line without buffering it.
fn skip_line<R: Read>(reader: &mut BufReader<R>) -> std::io::Result<()> {
    loop {
        let buffer = reader.fill_buf()?;
        let (length, is_end) = match buffer.iter().position(|byte| *byte == b'\n') {
            Some(place) => (place + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        reader.consume(length);
        if is_end {
            return Ok(());
        }
    }
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
                FileItem::Row(row) => {
                    (row.line, row.cells.values().next().unwrap().as_str().unwrap().to_owned())
                }
                FileItem::Blank => (reader.line, "blank".into()),
                FileItem::Rejected(reject) => {
                    assert!(reject.cells.is_some(), "rejects keep the cells: {reject:?}");
                    (reject.line, reject.reason)
                }
            });
        }
        assert_eq!(reader.bytes_read(), bytes.len() as u64);
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
        let utf16: Vec<u8> = "\u{feff}{\"a\":\"ü\"}\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(read(&utf16), [(1, "ü".into())]);
    }

    #[test]
    fn what_cannot_be_read_says_where_and_why() {
        let rows = read("a;b\n1;2;3\né;1\n;;\n5;6\n7;\"8\n9;0\n".as_bytes());
        assert_eq!(rows[0].0, 2);
        assert!(rows[0].1.contains("3 cells and the header 2"), "{rows:?}");
        assert_eq!(rows[1..4], [(3, "é".into()), (4, "blank".into()), (5, "5".into())]);
        assert!(rows[4].0 == 6 && rows[4].1.contains("opened on line 6 is not closed"), "{rows:?}");
        assert_eq!(rows[5], (7, "9".into()));
        let rows = read(b"{\"a\":\"1\"}\n{\"a\":\"1\",\"a\":\"2\"}\nnothing\n");
        assert!(rows[1].1.contains("`a` is there twice") && rows[2].0 == 3, "{rows:?}");
    }

    #[test]
    fn files_of_other_kinds_are_refused_with_a_remedy() {
        for (bytes, said) in [
            (&b""[..], "empty"),
            (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "save it as .xlsx"),
            (b"\x1F\x8B\x08\x00", "unpack"),
            (b"PK\x03\x04\x00\x00", "save it as “CSV UTF-8”"),
            (b"a\x00\x00\x00\x00b", "save it as “CSV UTF-8”"),
        ] {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), bytes).unwrap();
            let error = FileReader::open(file.path()).err().unwrap();
            assert!(matches!(error, Error::Invalid(_)) && error.to_string().contains(said), "{error}");
        }
    }

    #[test]
    fn a_failing_disk_is_an_error_and_not_the_end() {
        use engine::tabular::{BrokenRecord, DataTable, Dialect, RawRecord, RecordSource};

        struct Fails(u64);
        impl RecordSource for Fails {
            fn next_record(&mut self) -> std::io::Result<Option<Result<RawRecord, BrokenRecord>>> {
                self.0 += 1;
                match self.0 {
                    4 => Err(std::io::Error::from_raw_os_error(5)),
                    line => Ok(Some(Ok(RawRecord { line, cells: vec![b"x".to_vec()] }))),
                }
            }
        }
        let table = DataTable::new(Fails(0), Dialect::default(), &[]).unwrap().unwrap().boxed();
        let content = LeadContent::Table(Box::new(table));
        let mut reader = FileReader::of(LeadFile { content, bytes: Arc::default() });
        for _ in 0..2 {
            assert!(matches!(reader.next("w"), Ok(Some(FileItem::Row(_)))));
        }
        let error = reader.next("w").err().unwrap();
        assert!(matches!(error, Error::Unreadable(_)), "{error}");
        assert!(error.to_string().contains("resumes where it stopped"), "{error}");
    }

    #[test]
    fn a_row_has_the_same_key_in_every_encoding() {
        let text = "Name;Ort\nJürgen;Köln\n";
        let keys = |bytes: &[u8]| {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), bytes).unwrap();
            let Ok(Some(FileItem::Row(row))) = FileReader::open(file.path()).unwrap().next("w") else {
                panic!("no row")
            };
            row.key
        };
        let windows: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(keys(text.as_bytes()), keys(&windows));
        assert_eq!(keys(text.as_bytes()), keys(&utf16));
        assert_eq!(keys(text.as_bytes()), keys(format!("sep=;\n{text}").as_bytes()));
    }
}
