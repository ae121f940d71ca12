//! Decision tables: rules as the rows of a table, first match first. A rule of a file holds one as CSV text, so that
//! a table reads and compares line by line; a file may be nothing but a table (see [`RuleSetFile::from_table`]).
//!
//! A column is a field whose cells are tests (see `cell.rs`), or one of `id`, `name`, `when` (any condition), `action`,
//! `pool`, `parameter.NAME`, `tags`, `risk` and `min_confidence.FIELD`. A field that is called like one of these is
//! written `field.NAME`. All cells of a row have to hold; an empty one asks nothing.
//!
//! A header such as `country \ company_size` makes it a territory table: the columns after it are tests on the second
//! field, and a cell names the pool that gets the lead; an empty one lets it fall through to the rows below.
//!
//! [`RuleSetFile::from_table`]: super::RuleSetFile::from_table

pub(super) mod cell;
mod csv;
mod rows;
mod set;

use crate::catalogue::{Catalogue, FieldDefinition};
use crate::problem::{Problem, Span};

/// A table as it is written: texts in rows and columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The first line.
    pub header: Vec<String>,
    /// The other lines; none is longer or shorter than the header.
    pub rows: Vec<Vec<String>>,
}

/// What a column says.
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
    /// Reads CSV, comma or semicolon.
    ///
    /// # Errors
    /// With row and column; row 1 is the header, as in a spreadsheet.
    pub fn read(text: &str) -> Result<Self, Vec<Problem>> {
        Ok(Self::of(&csv::read(text)?))
    }

    fn of(lines: &[Vec<csv::Cell>]) -> Self {
        let mut lines = lines.iter().map(|line| line.iter().map(|cell| cell.text.clone()).collect());
        Self { header: lines.next().unwrap_or_default(), rows: lines.collect() }
    }

    /// The fields that its columns are, each of the type that all its cells have: numbers, `true` and `false`, or text.
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

    /// Writes CSV with commas, always the same way.
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
                        "`{header}` is no column; a column is a field, or one of id, name, when, action, pool, parameter.NAME, tags, risk, min_confidence.FIELD."
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

/// A problem of one cell.
fn in_cell(row: usize, column: &str, span: Span, message: &str) -> Problem {
    Problem::spanned(span, format!("Row {row}, column `{column}`: {message}"))
}
