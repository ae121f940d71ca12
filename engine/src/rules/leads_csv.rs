//! Reads leads from CSV: a column for each field, with an optional column `NAME__confidence` for its
//! confidence.
//!
//! Cells are trimmed, and an empty cell means that the field was not found. `true`, `yes` and `1` are true,
//! `false`, `no` and `0` are false; timestamps are in RFC 3339 format.

use std::cell::Cell as Shared;
use std::io::{self, Cursor, Read};
use std::rc::Rc;

use chrono::DateTime;
use unicode_normalization::{UnicodeNormalization as _, is_nfc};

use super::numeric::Numeric;
use super::row::{Datum, RowCell, instant};
use super::rule_set::RuleSet;
use crate::catalogue::{Catalogue, FieldDefinition, FieldType};
use crate::problem::{Problem, nearest};
use crate::time;

/// The maximum number of bytes in a line; a longer line is caused by an unclosed quote.
const LINE_BYTES: usize = 1024 * 1024;

/// The number of bytes read at once.
const BUFFER_BYTES: usize = 64 * 1024;

/// The suffix of a confidence column, after the name of its field.
const CONFIDENCE: &str = "__confidence";

/// Reads leads one by one, in bounded memory.
pub(super) struct LeadReader<'a, R> {
    rules: &'a RuleSet,
    reader: csv::Reader<LineLimitReader<Text<R>>>,
    record: csv::ByteRecord,
    watch: ReadProgress,
    columns: Vec<Column<'a>>,
    width: usize,
    ends: LineEnds,
    /// Headers that match no field.
    pub ignored: Vec<String>,
}

/// The beginning of a file that was already inspected, followed by the rest.
type Text<R> = io::Chain<Cursor<Vec<u8>>, R>;

/// The cells of a lead, by the slots of the rules.
type Lead<'a> = Result<Vec<RowCell<'a>>, RejectedLead>;

/// A line that is not a valid lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedLead {
    /// The line it begins on, starting at 1.
    pub line: u64,
    /// The problems; pointers name the column.
    pub problems: Vec<Problem>,
}

/// The columns of a field, and the slot of its cell.
struct Column<'a> {
    name: &'a str,
    definition: &'a FieldDefinition,
    value: usize,
    confidence: Option<usize>,
    slot: Option<usize>,
}

/// A reader that fails if a line does not end, and whose progress can be observed.
pub(super) struct LineLimitReader<R> {
    inner: R,
    watch: ReadProgress,
}

/// Observes a reader that something else reads.
#[derive(Clone, Default)]
pub(super) struct ReadProgress(Rc<Seen>);

#[derive(Default)]
struct Seen {
    since_line: Shared<usize>,
    is_at_end: Shared<bool>,
}

impl<'a, R: Read> LeadReader<'a, R> {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// Returns the problems if the file cannot be read or its header is invalid.
    pub fn open(rules: &'a RuleSet, catalogue: &'a Catalogue, mut file: R) -> Result<Self, Vec<Problem>> {
        let mut head = head(&mut file).map_err(|error| vec![unreadable(&error)])?;
        if head.starts_with(b"\xEF\xBB\xBF") {
            head.drain(..3);
        }
        let (delimiter, ends) = (delimiter(&head), LineEnds::of(&head));
        let (bounded, watch) = LineLimitReader::new(Cursor::new(head).chain(file));
        let mut builder = csv::ReaderBuilder::new();
        let mut reader =
            builder.flexible(true).delimiter(delimiter).buffer_capacity(BUFFER_BYTES).from_reader(bounded);
        let headers = reader.byte_headers().map_err(|error| vec![unreadable(&error)])?;
        let headers: Vec<String> =
            headers.iter().map(|cell| String::from_utf8_lossy(cell).trim().to_owned()).collect();
        let (columns, ignored) = columns(&headers, rules, catalogue)?;
        let record = csv::ByteRecord::new();
        Ok(Self { rules, reader, record, watch, columns, width: headers.len(), ends, ignored })
    }

    /// Returns the cells of the next lead, by the slots of the rules; `None` at the end.
    ///
    /// # Errors
    /// Returns the outer error if the file cannot be read any further, and the inner one if this line is not a
    /// valid lead.
    pub fn next(&mut self) -> Result<Option<Lead<'_>>, Vec<Problem>> {
        self.watch.begin_line();
        let more =
            self.reader.read_byte_record(&mut self.record).map_err(|error| vec![unreadable(&error)])?;
        compose(&mut self.record);
        Ok(more.then(|| self.lead()))
    }

    fn lead(&self) -> Lead<'_> {
        let mut problems = Vec::new();
        if self.record.len() != self.width {
            let message = format!("Expected {} cells, found {}.", self.width, self.record.len());
            problems.push(Problem::at("", message));
            return Err(self.rejected(problems));
        }
        let mut cells: Vec<RowCell<'_>> = self.rules.slots().iter().map(|slot| slot.cell(None)).collect();
        for column in &self.columns {
            match column.cell(&self.record) {
                Ok(Some(cell)) => {
                    if let Some(place) = column.slot.and_then(|slot| cells.get_mut(slot)) {
                        *place = cell;
                    }
                }
                Ok(None) => {}
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() { Ok(cells) } else { Err(self.rejected(problems)) }
    }

    fn rejected(&self, problems: Vec<Problem>) -> RejectedLead {
        RejectedLead { line: self.ends.line_of(&self.record, self.reader.position(), &self.watch), problems }
    }
}

/// Composes the accents of a record, as extraction does.
fn compose(record: &mut csv::ByteRecord) {
    let composed = |cell: &[u8]| {
        let text = std::str::from_utf8(cell).ok().filter(|text| !is_nfc(text))?;
        Some(text.nfc().collect::<String>())
    };
    if record.as_slice().is_ascii() || record.iter().all(|cell| composed(cell).is_none()) {
        return;
    }
    let mut cells = csv::ByteRecord::new();
    for cell in &*record {
        match composed(cell) {
            Some(text) => cells.push_field(text.as_bytes()),
            None => cells.push_field(cell),
        }
    }
    cells.set_position(record.position().cloned());
    *record = cells;
}

impl Column<'_> {
    fn cell<'r>(&self, record: &'r csv::ByteRecord) -> Result<Option<RowCell<'r>>, Problem> {
        let value = text(record, self.value, self.name)?;
        let confidence = self.confidence.map(|column| text(record, column, self.name)).transpose()?;
        if value.is_empty() {
            return Ok(None);
        }
        let confidence = match confidence {
            None | Some("") => 1.0,
            Some(text) => text.parse().ok().filter(|n| (0.0..=1.0).contains(n)).ok_or_else(|| {
                Problem::at(
                    format!("/{}{CONFIDENCE}", self.name),
                    format!("`{text}` is not a confidence between 0 and 1."),
                )
            })?,
        };
        let datum =
            datum(value, self.definition).map_err(|problem| problem.under(&format!("/{}", self.name)))?;
        Ok(Some(RowCell::read(datum, confidence)))
    }
}

impl<R> LineLimitReader<R> {
    pub fn new(inner: R) -> (Self, ReadProgress) {
        let watch = ReadProgress::default();
        (Self { inner, watch: watch.clone() }, watch)
    }
}

impl ReadProgress {
    /// Starts counting the bytes of a line.
    pub fn begin_line(&self) {
        self.0.since_line.set(0);
    }
}

impl<R: Read> Read for LineLimitReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let since_line = &self.watch.0.since_line;
        if since_line.get() > LINE_BYTES + BUFFER_BYTES {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a line is longer than 1 MiB; a quote may be unclosed",
            ));
        }
        let count = self.inner.read(buffer)?;
        since_line.set(since_line.get() + count);
        self.watch.0.is_at_end.set(count == 0);
        Ok(count)
    }
}

/// The line endings of a file, which affect line numbers.
#[derive(Clone, Copy)]
pub(super) struct LineEnds {
    has_return: bool,
}

impl LineEnds {
    /// Detects the line endings from the beginning of a file.
    pub fn of(head: &[u8]) -> Self {
        Self {
            has_return: head.split(|byte| *byte == b'\n').next().is_some_and(|line| line.ends_with(b"\r")),
        }
    }

    /// Returns the line that a record begins on, starting at 1. The reader's own position is unsuitable: it
    /// counts empty lines towards the record after them, and ends a record at the carriage return.
    pub fn line_of(self, record: &csv::ByteRecord, after: &csv::Position, watch: &ReadProgress) -> u64 {
        let is_past_end = !self.has_return && !watch.0.is_at_end.get();
        let last = after.line().saturating_sub(u64::from(is_past_end));
        let inside = record.as_slice().iter().filter(|byte| **byte == b'\n').count();
        last.saturating_sub(inside as u64)
    }
}

/// Returns the delimiter of a file with this beginning: whichever of `,` and `;` its first line contains more
/// often.
pub(super) fn delimiter(head: &[u8]) -> u8 {
    let mut is_quoted = false;
    let (mut commas, mut semicolons) = (0, 0);
    for byte in head.split(|byte| *byte == b'\n').next().unwrap_or_default() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b',' if !is_quoted => commas += 1,
            b';' if !is_quoted => semicolons += 1,
            _ => {}
        }
    }
    if semicolons > commas { b';' } else { b',' }
}

/// Returns the beginning of the file, including its first line unless that is too long.
fn head(file: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = vec![0; BUFFER_BYTES];
    let mut len = 0;
    while len < head.len() && !head[..len].contains(&b'\n') {
        match file.read(&mut head[len..]) {
            Ok(0) => break,
            Ok(count) => len += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    head.truncate(len);
    Ok(head)
}

/// Returns the columns of fields, and the headers that match no field.
fn columns<'a>(
    headers: &[String],
    rules: &'a RuleSet,
    catalogue: &'a Catalogue,
) -> Result<(Vec<Column<'a>>, Vec<String>), Vec<Problem>> {
    let mut problems = Vec::new();
    for (index, header) in headers.iter().enumerate() {
        if !header.is_empty() && headers[..index].contains(header) {
            problems.push(Problem::at(format!("/{header}"), format!("Column `{header}` exists twice.")));
        }
    }
    let place = |name: &str| headers.iter().position(|header| header == name);
    let column = |(name, definition): (&'a String, &'a FieldDefinition)| {
        let slot = rules.slots().iter().position(|slot| slot.name == *name);
        Some(Column {
            name,
            definition,
            value: place(name)?,
            confidence: place(&format!("{name}{CONFIDENCE}")),
            slot,
        })
    };
    let columns: Vec<Column<'a>> = catalogue.0.iter().filter_map(column).collect();
    if columns.is_empty() {
        let suggestion = headers.iter().find_map(|header| nearest(header, catalogue.names()));
        problems.push(Problem::at("", "No column matches a field.").suggest(suggestion));
    }
    let is_used =
        |index: usize| columns.iter().any(|column| column.value == index || column.confidence == Some(index));
    let ignored = headers
        .iter()
        .enumerate()
        .filter(|(index, _)| !is_used(*index))
        .map(|(_, header)| header.clone())
        .collect();
    if problems.is_empty() { Ok((columns, ignored)) } else { Err(problems) }
}

fn text<'r>(record: &'r csv::ByteRecord, column: usize, name: &str) -> Result<&'r str, Problem> {
    let cell = record.get(column).unwrap_or_default();
    let text =
        std::str::from_utf8(cell).map_err(|_| Problem::at(format!("/{name}"), "The text is not UTF-8."))?;
    Ok(text.trim())
}

/// Converts a cell to a value of a field.
fn datum<'r>(text: &'r str, definition: &FieldDefinition) -> Result<Datum<'r>, Problem> {
    let datum = match definition.kind {
        FieldType::Bool => boolean(text).map(Datum::Bool),
        FieldType::Integer => whole(text).map(|n| Datum::Number(Numeric::Integer(n))),
        FieldType::Number => {
            text.parse().ok().filter(|n: &f64| n.is_finite()).map(|n| Datum::Number(Numeric::Float(n)))
        }
        FieldType::String => Some(Datum::Text(text)),
        FieldType::Enum => {
            let code = definition.values.iter().position(|value| value == text);
            code.and_then(|code| u32::try_from(code).ok()).map(Datum::Code)
        }
        FieldType::Timestamp => DateTime::parse_from_rfc3339(text)
            .ok()
            .map(|at| Datum::Timestamp(instant(time::cut(at.to_utc())))),
    };
    let datum = datum.ok_or_else(|| {
        let message = format!("`{}` is not a value of type {}.", shortened(text), definition.kind);
        Problem::at("", message).suggest(nearest(text, definition.values.iter().map(String::as_str)))
    })?;
    if let Datum::Number(number) = datum {
        definition.check_range(number.to_f64()).map_err(|error| Problem::at("", format!("{error}.")))?;
    }
    Ok(datum)
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" => Some(true),
        "false" | "no" | "0" => Some(false),
        _ => None,
    }
}

/// Parses a whole number, which can be written with a decimal point.
fn whole(text: &str) -> Option<i64> {
    let with_point =
        || text.parse().ok().filter(|n: &f64| n.fract() == 0.0 && n.abs() <= 9e15).map(|n| n as i64);
    text.parse().ok().or_else(with_point)
}

fn shortened(text: &str) -> String {
    const SHOWN: usize = 40;
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

fn unreadable(error: &dyn std::fmt::Display) -> Problem {
    Problem::at("", format!("The file could not be read: {error}."))
}
