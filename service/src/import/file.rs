//! Opens a file of leads: delimited text, a spreadsheet, or NDJSON, in whatever encoding.

use std::fs::File;
use std::io::{BufReader, Read, Seek as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use engine::tabular::{DecodedText, TextEncoding, TextTable, UNKNOWN_ENCODING};

use super::sheet;
use super::source::{LeadTable, unreadable};
use crate::error::{Error, Result};

/// A file of leads, opened.
pub(super) struct LeadFile {
    pub(super) content: LeadContent,
    /// The number of bytes read so far.
    pub(super) bytes: Arc<AtomicU64>,
}

/// The content of a file of leads.
pub(super) enum LeadContent {
    /// Rows below a header.
    Table(Box<LeadTable>),
    /// A JSON object a line.
    Ndjson(Box<BufReader<DecodedText<CountedFile>>>, TextEncoding),
}

/// A file that counts what is read of it.
pub(super) struct CountedFile {
    file: File,
    bytes: Arc<AtomicU64>,
}

impl Read for CountedFile {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.bytes.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Number of bytes that identify the kind of a file.
const MAGIC_BYTES: u64 = 8;

/// Opens a table of leads: delimited text or a spreadsheet.
///
/// # Errors
/// Returns [`Error::File`] if the file cannot be opened, [`Error::Unreadable`] if it cannot be read, and [`Error::Invalid`] if it is
/// not a table.
pub fn open_table(path: &Path) -> Result<LeadTable> {
    match open(path, u64::MAX)?.content {
        LeadContent::Table(table) => Ok(*table),
        LeadContent::Ndjson(..) => {
            Err(Error::Invalid("this is NDJSON; give a CSV file or a spreadsheet with a header".into()))
        }
    }
}

/// Opens a file of leads. Its encoding is recognized from its first bytes, at most `scanned` of them.
pub(super) fn open(path: &Path, scanned: u64) -> Result<LeadFile> {
    let failed = |error| Error::File { path: path.display().to_string(), error };
    let mut file = File::open(path).map_err(failed)?;
    let mut magic = Vec::new();
    file.by_ref().take(MAGIC_BYTES).read_to_end(&mut magic).map_err(unreadable)?;
    file.rewind().map_err(failed)?;
    let bytes = Arc::new(AtomicU64::new(0));
    if magic.is_empty() {
        return Err(Error::Invalid("the file is empty".into()));
    }
    if magic.starts_with(b"PK\x03\x04") {
        let table = Box::new(sheet::open(file, &bytes)?);
        return Ok(LeadFile { content: LeadContent::Table(table), bytes });
    }
    if let Some(kind) = other_kind(&magic) {
        return Err(Error::Invalid(kind.into()));
    }
    let encoding = TextEncoding::detect(&mut file.by_ref().take(scanned)).map_err(unreadable)?;
    let encoding = encoding.ok_or_else(|| Error::Invalid(uncapitalized(UNKNOWN_ENCODING)))?;
    file.rewind().map_err(failed)?;
    let mut start = BufReader::new(DecodedText::new(&file, encoding));
    let is_ndjson = is_object(&mut start)?;
    file.rewind().map_err(failed)?;
    let counted = CountedFile { file, bytes: bytes.clone() };
    let content = if is_ndjson {
        LeadContent::Ndjson(Box::new(BufReader::new(DecodedText::new(counted, encoding))), encoding)
    } else {
        let table = TextTable::of_text(counted, Some(encoding)).map_err(unreadable)?;
        let table = table.map_err(|problem| Error::Invalid(uncapitalized(&problem.message)))?;
        LeadContent::Table(Box::new(table.boxed()))
    };
    Ok(LeadFile { content, bytes })
}

/// Returns whether the first character of a text is a brace.
fn is_object(text: &mut impl std::io::BufRead) -> Result<bool> {
    loop {
        let start = text.fill_buf().map_err(unreadable)?;
        let length = start.len();
        let text_start = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start).trim_ascii_start();
        if !text_start.is_empty() || length == 0 {
            return Ok(text_start.starts_with(b"{"));
        }
        text.consume(length);
    }
}

/// Returns why a file of a well-known kind is not taken, and what to do.
fn other_kind(magic: &[u8]) -> Option<&'static str> {
    const KINDS: [(&[u8], &str); 5] = [
        (
            b"\xD0\xCF\x11\xE0",
            "this is an old Excel file (.xls) or a protected one; save it as .xlsx without a password, or as “CSV UTF-8”",
        ),
        (b"\x1F\x8B", "the file is compressed; unpack it first"),
        (b"%PDF", "this is a PDF; export the table as “CSV UTF-8” instead"),
        (b"PAR1", "this is a Parquet file; export the table as CSV or NDJSON instead"),
        (b"BZh", "the file is compressed; unpack it first"),
    ];
    KINDS.iter().find(|(start, _)| magic.starts_with(start)).map(|(_, why)| *why)
}

/// Turns a sentence into the end of one.
fn uncapitalized(sentence: &str) -> String {
    let mut letters = sentence.trim_end_matches('.').chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
