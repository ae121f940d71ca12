//! Looking at the first rows of a file: its columns, which of them mean what, and how rows would be read.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use engine::control::outcome::OutcomeStage;
use engine::event::EventKind;
use serde_json::Value as Json;

use super::guess;
use super::mapping::{Mapping, OutcomeRule, Problem, Times, text};
use super::rows::Reader;
use crate::error::{Error, Result};

/// Rows that are looked at.
const ROWS: usize = 1_000;
/// Bytes of the file that are looked at, for files of long rows.
const BYTES: u64 = 4 * 1024 * 1024;
/// Columns of a file; more is a file of something else.
pub const COLUMNS: usize = 500;

/// What the first rows of a file show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileLook {
    /// The columns, in the order of the file.
    pub columns: Vec<String>,
    /// The first rows, each with its cells as texts in the order of the columns.
    pub rows: Vec<Vec<String>>,
    /// Which columns seem to mean what.
    pub guess: MappingGuess,
}

/// Which columns mean what, as far as names and values tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MappingGuess {
    /// Columns of the lead's own fields: `email`, `external_id`, `name`, `company`, `domain`.
    pub fields: BTreeMap<&'static str, String>,
    /// The column of the time at which a row happened.
    pub at: Option<String>,
    /// Values that say that a lead reached a stage.
    pub outcomes: Vec<OutcomeGuess>,
}

/// A value of a column that says that a lead reached a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutcomeGuess {
    /// The column.
    pub column: String,
    /// The value.
    pub value: String,
    /// The stage.
    pub stage: OutcomeStage,
    /// The column of the time at which it was reached.
    pub at: Option<String>,
}

/// A row as a mapping reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleRow {
    /// The line of the file on which it begins.
    pub line: u64,
    /// The lead's own fields that have a value: `email`, `external_id`, `name`, `company`, `domain`.
    pub fields: BTreeMap<&'static str, String>,
    /// When it happened.
    pub at: Option<DateTime<Utc>>,
    /// Stages that it says the lead reached.
    pub stages: Vec<OutcomeStage>,
    /// Why it, or what it says of an outcome, would be rejected.
    pub problem: Option<SampleProblem>,
}

/// Why a row of a sample, or what it says of an outcome, would be rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleProblem {
    /// The column that is wrong, where it is one.
    pub column: Option<String>,
    /// What is wrong and what to do, as a sentence.
    pub reason: String,
    /// Whether the lead is imported all the same.
    pub is_outcome: bool,
}

/// How the rows of a sample are read.
#[derive(Clone, Debug)]
pub struct SampleMapping {
    /// `FIELD=COLUMN` pairs.
    pub fields: Vec<String>,
    /// The column with the time at which a row happened.
    pub at: Option<String>,
    /// The zone of times that name none.
    pub zone: Tz,
    /// Outcomes, as `COLUMN=VALUE:STAGE[@COLUMN]`.
    pub outcomes: Vec<String>,
}

/// Looks at the first rows of a file.
///
/// # Errors
/// [`Error::Invalid`] when it is no table: neither CSV with a header nor NDJSON, not text in UTF-8, or without rows.
pub fn look(path: &Path) -> Result<FileLook> {
    check_text(path)?;
    let mut reader = Reader::open(path)?;
    let mut columns: Vec<String> = reader.columns().map(<[String]>::to_vec).unwrap_or_default();
    let mut rows = Vec::new();
    while rows.len() < ROWS
        && reader.bytes_read() < BYTES
        && let Some(row) = reader.next("")?
    {
        let Ok(row) = row else { continue };
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
    Ok(FileLook { columns, rows, guess })
}

/// Reads the first rows of a file as a mapping would.
///
/// # Errors
/// [`Error::Invalid`] when the mapping names a column that does not exist, or an outcome cannot be read.
pub fn sample(
    path: &Path,
    mapping: &SampleMapping,
    now: DateTime<Utc>,
    rows: usize,
) -> Result<Vec<SampleRow>> {
    let mut reader = Reader::open(path)?;
    let outcomes: Vec<OutcomeRule> = mapping
        .outcomes
        .iter()
        .map(|text| OutcomeRule::parse(text))
        .collect::<Result<_, _>>()
        .map_err(Error::Invalid)?;
    let times = Times { at: mapping.at.clone(), zone: mapping.zone };
    let mapping =
        Mapping::new(EventKind::Form, "import".into(), "sample".into(), &mapping.fields, times, outcomes)
            .map_err(Error::Invalid)?;
    mapping.check_columns(reader.columns())?;
    let mut all = Vec::with_capacity(rows);
    while all.len() < rows
        && let Some(row) = reader.next("")?
    {
        let read = row.map_err(|reject| (reject.line, reject.column, reject.reason)).and_then(|row| {
            let told = |problem: Problem| (row.line, problem.column, problem.reason);
            let signal = mapping.signal(&row, now).map_err(told)?;
            Ok((row.line, signal, mapping.outcomes(&row).map_err(told)?))
        });
        all.push(match read {
            Ok((line, signal, outcomes)) => {
                let lead = signal.event.lead;
                let fields = [
                    ("email", lead.email),
                    ("external_id", lead.external_id),
                    ("name", lead.name),
                    ("company", lead.company),
                    ("domain", lead.domain),
                ];
                let half = outcomes.problems.into_iter().next();
                SampleRow {
                    line,
                    fields: fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
                    at: signal.event.occurred_at,
                    stages: outcomes.reached.iter().map(|outcome| outcome.stage).collect(),
                    problem: half.map(|Problem { column, reason }| SampleProblem {
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

/// Refuses what is no text: a spreadsheet or an archive under another name.
fn check_text(path: &Path) -> Result<()> {
    use std::io::Read as _;
    let failed = |error| Error::File { path: path.display().to_string(), error };
    let mut head = Vec::new();
    std::fs::File::open(path).map_err(failed)?.take(64 * 1024).read_to_end(&mut head).map_err(failed)?;
    let is_cut = |error: std::str::Utf8Error| error.error_len().is_none();
    let is_text = !head.contains(&0) && std::str::from_utf8(&head).map_or_else(is_cut, |_| true);
    if head.is_empty() {
        return Err(Error::Invalid("the file is empty".into()));
    }
    if !is_text {
        let why = "this is not a text file in UTF-8; in a spreadsheet, save it as “CSV UTF-8” first";
        return Err(Error::Invalid(why.into()));
    }
    Ok(())
}
