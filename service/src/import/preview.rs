//! Inspects the first rows of a file: its columns, their likely meaning, and how a mapping would read the rows.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use engine::control::outcome::OutcomeStage;
use engine::event::EventKind;
use engine::time::DateOrder;
use serde_json::Value as Json;

use super::guess;
use super::mapping::{Mapping, OutcomeRule, RowProblem, TimeColumn, text};
use super::rows::{FileItem, FileReader};
use super::source::COLUMNS;
use crate::error::{Error, Result};

/// Maximum number of rows to inspect.
const ROWS: usize = 1_000;
/// Maximum number of bytes to inspect, for files with long rows.
const BYTES: u64 = 4 * 1024 * 1024;

/// The result of inspecting the first rows of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilePreview {
    /// How the file is written, such as `Windows-1252, semicolons`.
    pub format: String,
    /// The columns, in file order.
    pub columns: Vec<String>,
    /// The first rows. Each holds its cells as text, in column order.
    pub rows: Vec<Vec<String>>,
    /// The likely meaning of the columns.
    pub guess: MappingGuess,
}

/// The likely meaning of columns, judged by their names and values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MappingGuess {
    /// Columns of the lead's standard fields: `email`, `external_id`, `name`, `company`, `domain`.
    pub fields: BTreeMap<&'static str, String>,
    /// The column with a row's timestamp.
    pub at: Option<String>,
    /// Values that mean that a lead reached a stage.
    pub outcomes: Vec<OutcomeGuess>,
}

/// A value in a column that means that a lead reached a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutcomeGuess {
    /// The column's name.
    pub column: String,
    /// The value that marks the stage.
    pub value: String,
    /// The stage that was reached.
    pub stage: OutcomeStage,
    /// The column with the time at which the stage was reached.
    pub at: Option<String>,
}

/// A sample row as a mapping reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleRow {
    /// The line on which the row begins.
    pub line: u64,
    /// The lead's standard fields that have a value: `email`, `external_id`, `name`, `company`, `domain`.
    pub fields: BTreeMap<&'static str, String>,
    /// The row's timestamp.
    pub at: Option<DateTime<Utc>>,
    /// The stages that the lead reached, according to the row.
    pub stages: Vec<OutcomeStage>,
    /// Why the row or its outcome would be rejected.
    pub problem: Option<SampleProblem>,
}

/// Why a sample row or its outcome would be rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleProblem {
    /// The column at fault, if there is a single one.
    pub column: Option<String>,
    /// The problem and its remedy, as a sentence.
    pub reason: String,
    /// Whether only the outcome is rejected, so that the lead is still imported.
    pub is_outcome: bool,
}

/// The mapping of a sample.
#[derive(Clone, Debug)]
pub struct SampleMapping {
    /// `FIELD=COLUMN` pairs.
    pub fields: Vec<String>,
    /// The column with a row's timestamp.
    pub at: Option<String>,
    /// The time zone of timestamps without an offset.
    pub zone: Tz,
    /// The order of day and month in dates such as `3/4/2026`.
    pub order: Option<DateOrder>,
    /// Outcomes, as `COLUMN=VALUE:STAGE[@COLUMN]`.
    pub outcomes: Vec<String>,
}

/// Inspects the first rows of a file.
///
/// # Errors
/// Returns [`Error::Invalid`] if the file is not a table: neither text with a header nor a spreadsheet nor NDJSON, or without rows.
pub fn preview(path: &Path) -> Result<FilePreview> {
    let mut reader = FileReader::open_start(path)?;
    let mut columns: Vec<String> = reader.columns().map(<[String]>::to_vec).unwrap_or_default();
    let mut rows = Vec::new();
    while rows.len() < ROWS
        && reader.bytes_read() < BYTES
        && let Some(row) = reader.next("")?
    {
        let FileItem::Row(row) = row else { continue };
        if reader.columns().is_none() {
            let new = row.cells.keys().filter(|name| !columns.contains(name)).cloned().collect::<Vec<_>>();
            columns.extend(new);
        }
        if columns.len() > COLUMNS {
            return Err(Error::Invalid(format!("the file has more than {COLUMNS} columns")));
        }
        rows.push(row.cells);
    }
    if rows.is_empty() {
        return Err(Error::Invalid("the file has no rows below its header".into()));
    }
    let cell = |row: &serde_json::Map<String, Json>, column: &String| {
        row.get(column).and_then(text).unwrap_or_default()
    };
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| columns.iter().map(|column| cell(row, column)).collect()).collect();
    let guess = guess::guess(&columns, &rows);
    Ok(FilePreview { format: reader.format(), columns, rows, guess })
}

/// Reads the first rows of a file with a mapping.
///
/// # Errors
/// Returns [`Error::Invalid`] if the mapping refers to a missing column or an outcome is malformed.
pub fn sample(
    path: &Path,
    mapping: &SampleMapping,
    now: DateTime<Utc>,
    rows: usize,
) -> Result<Vec<SampleRow>> {
    let mut reader = FileReader::open_start(path)?;
    let outcomes: Vec<OutcomeRule> = mapping
        .outcomes
        .iter()
        .map(|text| OutcomeRule::parse(text))
        .collect::<Result<_, _>>()
        .map_err(Error::Invalid)?;
    let times = TimeColumn { at: mapping.at.clone(), zone: mapping.zone, order: mapping.order };
    let mapping =
        Mapping::new(EventKind::Form, "import".into(), "sample".into(), &mapping.fields, times, outcomes)
            .map_err(Error::Invalid)?;
    mapping.check_columns(reader.columns())?;
    let mut all = Vec::with_capacity(rows);
    while all.len() < rows
        && let Some(row) = reader.next("")?
    {
        let row = match row {
            FileItem::Blank => continue,
            FileItem::Row(row) => Ok(row),
            FileItem::Rejected(reject) => Err((reject.line, reject.column, reject.reason)),
        };
        let read = row.and_then(|row| {
            let told = |problem: RowProblem| (row.line, problem.column, problem.reason);
            let signal = mapping.signal(&row, now, now).map_err(told)?;
            Ok((row.line, signal, mapping.outcomes(&row, now).map_err(told)?))
        });
        all.push(match read {
            Ok((line, signal, outcomes)) => {
                let lead = signal.event.lead;
                let fields = [
                    ("email", lead.normal_email()),
                    ("external_id", lead.trusted_id().map(str::to_owned)),
                    ("name", lead.shown_name()),
                    ("company", lead.shown_company()),
                    ("domain", lead.shown_domain()),
                ];
                let half = outcomes.problems.into_iter().next();
                SampleRow {
                    line,
                    fields: fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
                    at: signal.event.occurred_at,
                    stages: outcomes.reached.iter().map(|outcome| outcome.stage).collect(),
                    problem: half.map(|RowProblem { column, reason }| SampleProblem {
                        column,
                        reason,
                        is_outcome: true,
                    }),
                }
            }
            Err((line, column, reason)) => SampleRow {
                line,
                fields: BTreeMap::new(),
                at: None,
                stages: Vec::new(),
                problem: Some(SampleProblem { column, reason, is_outcome: false }),
            },
        });
    }
    Ok(all)
}
