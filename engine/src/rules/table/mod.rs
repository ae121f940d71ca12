//! Decision tables, which define rules as the rows of a table; the first match wins. A rule in a file holds its
//! table as CSV text, so that it can be read and compared line by line. A file can also consist of just a table
//! (see [`RuleSetFile::from_table`]).
//!
//! A column is a field whose cells are tests (see `cell.rs`), or one of `id`, `name`, `when` (any condition),
//! `action`, `pool`, `parameter.NAME`, `tags`, `risk` and `min_confidence.FIELD`. A field with one of these
//! names is written `field.NAME`. All cells of a row must hold; an empty cell tests nothing.
//!
//! A header such as `country \ company_size` makes it a territory table: the columns after it are tests of the
//! second field, and each cell names the pool that gets the lead. An empty cell passes the lead on to the rows
//! below.
//!
//! [`RuleSetFile::from_table`]: super::RuleSetFile::from_table

pub(super) mod cell;
pub(super) mod csv;
mod rows;
mod set;

use crate::catalogue::{Catalogue, FieldDefinition};
use crate::problem::{Problem, Span};

/// A table as written: texts in rows and columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The first line.
    pub header: Vec<String>,
    /// The other lines, all as long as the header.
    pub rows: Vec<Vec<String>>,
}

/// The meaning of a column.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Column {
    Id,
    Name,
    Field(String),
    When,
    Confidence(String),
    Action,
    Parameter(String),
    Tags,
    Risk,
}

impl Table {
    /// Reads CSV with commas or semicolons.
    ///
    /// # Errors
    /// Returns problems with row and column. Rows are the lines of the text, and row 1 is the header, as in a
    /// spreadsheet.
    pub fn read(text: &str) -> Result<Self, Vec<Problem>> {
        Ok(Self::of(csv::read(text)?))
    }

    fn of(lines: Vec<csv::CsvLine>) -> Self {
        let mut lines = lines.into_iter().map(|line| line.cells.into_iter().map(|cell| cell.text).collect());
        Self { header: lines.next().unwrap_or_default(), rows: lines.collect() }
    }

    /// Returns the fields of the columns, each with the common type of its cells: number, boolean or text.
    pub fn fields(&self) -> Catalogue {
        let tests = self.header.iter().enumerate().flat_map(|(at, header)| {
            let column = self.rows.iter().filter_map(move |row| row.get(at)).map(String::as_str);
            match header.split_once('\\') {
                Some((down, across)) => {
                    vec![
                        (down.trim(), column.collect()),
                        (across.trim(), self.header[at + 1..].iter().map(String::as_str).collect()),
                    ]
                }
                None => match Column::of(header) {
                    Ok(Column::Field(_)) => {
                        vec![(header.strip_prefix("field.").unwrap_or(header), column.collect())]
                    }
                    _ => Vec::new(),
                },
            }
        });
        let is_territory = self.header.iter().position(|header| header.contains('\\'));
        let mut fields = Catalogue::default();
        for (name, cells) in tests.take(is_territory.map_or(usize::MAX, |at| at + 2)) {
            let cells: Vec<&str> = cells;
            fields.0.entry(name.to_owned()).or_insert_with(|| FieldDefinition::new(cell::kind(&cells)));
        }
        fields
    }

    /// Writes CSV with commas; equal tables are always written the same way.
    pub fn write(&self) -> String {
        [&self.header].into_iter().chain(&self.rows).map(|line| csv::line(line)).collect()
    }
}

impl Column {
    fn of(header: &str) -> Result<Self, String> {
        let column = match header {
            "id" => Self::Id,
            "name" => Self::Name,
            "when" => Self::When,
            "action" => Self::Action,
            "pool" => Self::Parameter("pool".to_owned()),
            "tags" => Self::Tags,
            "risk" => Self::Risk,
            _ => match header.split_once('.') {
                Some(("parameter", name)) if !name.is_empty() => Self::Parameter(name.to_owned()),
                Some(("min_confidence", field)) if is_name(field) => Self::Confidence(field.to_owned()),
                Some(("field", field)) if is_name(field) => Self::Field(field.to_owned()),
                None if is_name(header) => Self::Field(header.to_owned()),
                _ => {
                    return Err(format!(
                        "`{header}` is not a column; use a field, or one of id, name, when, action, pool, parameter.NAME, tags, risk, min_confidence.FIELD."
                    ));
                }
            },
        };
        Ok(column)
    }

    fn header(&self) -> String {
        match self {
            Self::Id => "id".into(),
            Self::Name => "name".into(),
            Self::When => "when".into(),
            Self::Action => "action".into(),
            Self::Tags => "tags".into(),
            Self::Risk => "risk".into(),
            Self::Parameter(name) if name == "pool" => "pool".into(),
            Self::Parameter(name) => format!("parameter.{name}"),
            Self::Confidence(field) => format!("min_confidence.{field}"),
            Self::Field(field) if matches!(Self::of(field), Ok(Self::Field(_))) => field.clone(),
            Self::Field(field) => format!("field.{field}"),
        }
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Creates a problem of one cell.
fn in_cell(row: usize, column: &str, span: Span, message: &str) -> Problem {
    Problem::spanned(span, format!("Row {row}, column `{column}`: {message}"))
}
