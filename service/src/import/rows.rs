//! Reading rows of CSV or NDJSON, each with the key that makes it unique.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _};
use std::path::Path;

use engine::limits;
use serde_json::{Map, Value as Json};
use sha2::{Digest as _, Sha256};

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
    /// How often each row came, by the first 16 bytes of its hash: a million rows take 24 MB.
    seen: HashMap<[u8; 16], u32>,
    bytes: u64,
}

enum Format {
    Csv(Box<csv::Reader<BufReader<File>>>),
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
                seen: HashMap::new(),
                bytes: 0,
            });
        }
        let header = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let count = |wanted: u8| header.iter().filter(|byte| **byte == wanted).count();
        let delimiter = if count(b';') > count(b',') { b';' } else { b',' };
        let mut reader =
            csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(BufReader::new(file));
        let header =
            reader.headers().map_err(|error| Error::Invalid(format!("{}: {error}", path.display())))?;
        let columns: Vec<String> =
            header.iter().map(|name| name.trim_start_matches('\u{feff}').to_owned()).collect();
        if let Some(twice) = columns.iter().enumerate().find(|(i, name)| columns[..*i].contains(name)) {
            return Err(Error::Invalid(format!(
                "{}: the column `{}` is there twice",
                path.display(),
                twice.1
            )));
        }
        Ok(Self {
            format: Format::Csv(Box::new(reader)),
            columns: Some(columns),
            seen: HashMap::new(),
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

    /// The next row, or why it cannot be read.
    pub(super) fn next(&mut self, workflow: &str) -> Option<Result<Row, String>> {
        let cells = match &mut self.format {
            Format::Csv(reader) => {
                let mut record = csv::StringRecord::new();
                let read = reader.read_record(&mut record);
                self.bytes = reader.position().byte();
                match read {
                    Ok(false) => return None,
                    Ok(true) => cells(self.columns.as_deref().unwrap_or_default(), &record),
                    Err(error) if error.is_io_error() => return None,
                    Err(error) => Err(error.to_string()),
                }
            }
            Format::Ndjson(reader) => loop {
                let mut line = Vec::new();
                let read = reader
                    .by_ref()
                    .take(limits::EVENT_BYTES as u64 + 1)
                    .read_until(b'\n', &mut line)
                    .unwrap_or(0);
                self.bytes += read as u64;
                if read == 0 {
                    return None;
                }
                if line.len() > limits::EVENT_BYTES {
                    let mut rest = Vec::new();
                    self.bytes += reader.read_until(b'\n', &mut rest).unwrap_or(0) as u64;
                    break Err(format!("the line is longer than {} bytes", limits::EVENT_BYTES));
                }
                if !line.trim_ascii().is_empty() {
                    break serde_json::from_slice(&line).map_err(|error| format!("no JSON object: {error}"));
                }
            },
        };
        Some(cells.and_then(|cells| {
            let key = self.key(workflow, &cells)?;
            Ok(Row { cells, key })
        }))
    }

    fn key(&mut self, workflow: &str, cells: &Map<String, Json>) -> Result<String, String> {
        let bytes = engine::canonical::bytes(cells).map_err(|error| error.to_string())?;
        let mut hash = Sha256::new();
        hash.update(workflow.as_bytes());
        hash.update([0]);
        hash.update(&bytes);
        let row: [u8; 32] = hash.finalize().into();
        let mut short = [0; 16];
        short.copy_from_slice(&row[..16]);
        let occurrence = self.seen.entry(short).and_modify(|n| *n += 1).or_insert(0);
        Ok(format!("row:{}:{occurrence}", hex::encode(row)))
    }
}

fn cells(columns: &[String], record: &csv::StringRecord) -> Result<Map<String, Json>, String> {
    if record.len() != columns.len() {
        return Err(format!("{} cells, but the header has {}", record.len(), columns.len()));
    }
    Ok(columns.iter().cloned().zip(record.iter().map(Json::from)).collect())
}
