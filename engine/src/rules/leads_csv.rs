//! Reads leads from a table: a column for each field, with an optional column `NAME__confidence` for its
//! confidence.
//!
//! Cells are trimmed, and an empty cell means that the field was not found. `true`, `yes` and `1` are true,
//! `false`, `no` and `0` are false; timestamps without an offset are in UTC.

use unicode_normalization::{UnicodeNormalization as _, is_nfc};

use super::numeric::Numeric;
use super::row::{Datum, RowCell, instant};
use super::rule_set::RuleSet;
use crate::catalogue::{Catalogue, FieldDefinition, FieldType};
use crate::problem::{Problem, nearest};
use crate::tabular::{BrokenRow, DataRow, DataTable, RecordSource, decimal_point};
use crate::time::{self, TimeFormat, TimeProblem};

/// The suffix of a confidence column, after the name of its field.
const CONFIDENCE: &str = "__confidence";

/// Reads leads one by one, in bounded memory.
pub(super) struct LeadReader<'a, S> {
    rules: &'a RuleSet,
    table: DataTable<S>,
    times: TimeFormat,
    line: u64,
    cells: Vec<String>,
    columns: Vec<Column<'a>>,
    /// Headers that match no field.
    pub ignored: Vec<String>,
}

/// The cells of a lead, by the slots of the rules.
type Lead<'a> = Result<Vec<RowCell<'a>>, RejectedLead>;

/// A row of the file.
pub(super) enum LeadRow<'a> {
    /// A row with a lead, or one that is not a valid lead.
    Lead(Lead<'a>),
    /// A row without any text.
    Blank,
}

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

impl<'a, S: RecordSource> LeadReader<'a, S> {
    /// Finds the columns of the fields in a table.
    ///
    /// # Errors
    /// Returns the problems with the header.
    pub fn open(
        rules: &'a RuleSet,
        catalogue: &'a Catalogue,
        table: DataTable<S>,
        times: TimeFormat,
    ) -> Result<Self, Vec<Problem>> {
        let headers: Vec<String> = table.names().iter().map(|name| name.trim().to_owned()).collect();
        let (columns, ignored) = columns(&headers, rules, catalogue)?;
        let ignored = ignored.into_iter().filter(|place| table.is_column(*place));
        let ignored = ignored.map(|place| headers[place].clone()).collect();
        Ok(Self { rules, table, times, line: 0, cells: Vec::new(), columns, ignored })
    }

    /// Returns the next row, its cells by the slots of the rules; `None` at the end.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read any further.
    pub fn next(&mut self) -> std::io::Result<Option<LeadRow<'_>>> {
        Ok(Some(match self.table.next_row()? {
            None => return Ok(None),
            Some(DataRow::Blank { .. }) => LeadRow::Blank,
            Some(DataRow::Broken(BrokenRow { line, column, reason, .. })) => {
                let pointer = column.map(|name| format!("/{name}")).unwrap_or_default();
                LeadRow::Lead(Err(RejectedLead { line, problems: vec![Problem::at(pointer, reason)] }))
            }
            Some(DataRow::Cells { line, cells }) => {
                (self.line, self.cells) = (line, composed(cells));
                LeadRow::Lead(self.lead())
            }
        }))
    }

    fn lead(&self) -> Lead<'_> {
        let mut problems = Vec::new();
        let mut cells: Vec<RowCell<'_>> = self.rules.slots().iter().map(|slot| slot.cell(None)).collect();
        let reading = Reading { times: &self.times, has_comma: self.table.dialect().has_decimal_comma };
        for column in &self.columns {
            match column.cell(&self.cells, &reading) {
                Ok(Some(cell)) => {
                    if let Some(place) = column.slot.and_then(|slot| cells.get_mut(slot)) {
                        *place = cell;
                    }
                }
                Ok(None) => {}
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() { Ok(cells) } else { Err(RejectedLead { line: self.line, problems }) }
    }
}

/// How cells are read.
struct Reading<'a> {
    times: &'a TimeFormat,
    has_comma: bool,
}

impl Reading<'_> {
    /// Parses a number with a decimal point, or a decimal comma where the file has such numbers.
    fn number(&self, text: &str) -> Option<f64> {
        let point = if self.has_comma { decimal_point(text) } else { None };
        point.as_deref().unwrap_or(text).parse().ok().filter(|n: &f64| n.is_finite())
    }
}

/// Composes the accents of cells, as extraction does.
fn composed(mut cells: Vec<String>) -> Vec<String> {
    for cell in cells.iter_mut().filter(|cell| !is_nfc(cell)) {
        *cell = cell.nfc().collect();
    }
    cells
}

impl Column<'_> {
    fn cell<'r>(&self, cells: &'r [String], reading: &Reading<'_>) -> Result<Option<RowCell<'r>>, Problem> {
        let text = |place: usize| cells.get(place).map(|cell| cell.trim()).unwrap_or_default();
        let (value, confidence) = (text(self.value), self.confidence.map(text));
        if value.is_empty() {
            return Ok(None);
        }
        let confidence = match confidence {
            None | Some("") => 1.0,
            Some(text) => reading.number(text).filter(|n| (0.0..=1.0).contains(n)).ok_or_else(|| {
                Problem::at(
                    format!("/{}{CONFIDENCE}", self.name),
                    format!("`{text}` is not a confidence between 0 and 1."),
                )
            })?,
        };
        let datum = datum(value, self.definition, reading)
            .map_err(|problem| problem.under(&format!("/{}", self.name)))?;
        Ok(Some(RowCell::read(datum, confidence)))
    }
}

/// Returns the columns of fields, and the places of headers that match no field.
fn columns<'a>(
    headers: &[String],
    rules: &'a RuleSet,
    catalogue: &'a Catalogue,
) -> Result<(Vec<Column<'a>>, Vec<usize>), Vec<Problem>> {
    let mut problems = Vec::new();
    for (index, header) in headers.iter().enumerate() {
        // A repeated name was numbered, as in `company (2)`.
        let name = header.strip_suffix(" (2)").unwrap_or_default();
        let is_field = catalogue.0.contains_key(name.strip_suffix(CONFIDENCE).unwrap_or(name));
        if is_field && !catalogue.0.contains_key(header) && headers[..index].iter().any(|other| other == name)
        {
            problems.push(Problem::at(format!("/{name}"), format!("Column `{name}` exists twice.")));
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
    let ignored = (0..headers.len()).filter(|index| !is_used(*index)).collect();
    if problems.is_empty() { Ok((columns, ignored)) } else { Err(problems) }
}

/// Converts a cell to a value of a field.
fn datum<'r>(
    text: &'r str,
    definition: &FieldDefinition,
    reading: &Reading<'_>,
) -> Result<Datum<'r>, Problem> {
    let datum = match definition.kind {
        FieldType::Bool => boolean(text).map(Datum::Bool),
        FieldType::Integer => whole(text, reading).map(|n| Datum::Number(Numeric::Integer(n))),
        FieldType::Number => reading.number(text).map(|n| Datum::Number(Numeric::Float(n))),
        FieldType::String => Some(Datum::Text(text)),
        FieldType::Enum => {
            let code = definition.values.iter().position(|value| value == text);
            code.and_then(|code| u32::try_from(code).ok()).map(Datum::Code)
        }
        FieldType::Timestamp => match time::read(text, reading.times) {
            Ok(read) => Some(Datum::Timestamp(instant(time::cut(read.at)))),
            Err(TimeProblem::NotATime) => None,
            Err(problem) => return Err(Problem::at("", problem.sentence(&shortened(text)))),
        },
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
fn whole(text: &str, reading: &Reading<'_>) -> Option<i64> {
    let with_point =
        || reading.number(text).filter(|n| n.fract() == 0.0 && n.abs() <= 9e15).map(|n| n as i64);
    text.parse().ok().or_else(with_point)
}

fn shortened(text: &str) -> String {
    const SHOWN: usize = 40;
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
