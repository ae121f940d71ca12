//! Converts the rows of tables to rules.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde_json::Value as Json;

use super::csv::{self, CsvCell};
use super::{Column, cell, in_cell};
use crate::action::{Action, Consequence};
use crate::limits;
use crate::problem::{Problem, Span};
use crate::rules::ast::ExprKind;
use crate::rules::{RuleDefinition, RuleSetFile, parse};

/// A rule with its location in the file.
#[derive(Clone, Debug)]
pub struct WrittenRule {
    /// The rule, without a table.
    pub rule: RuleDefinition,
    /// The index of the rule in the file.
    index: usize,
    /// The row of the table, if the rule comes from one.
    row: Option<Row>,
}

#[derive(Clone, Debug)]
struct Row {
    /// The line number in the table's text.
    number: usize,
    span: Span,
    /// The pieces of its condition, with the cells that they come from.
    pieces: Vec<(Range<usize>, Piece)>,
}

#[derive(Clone, Debug)]
enum Piece {
    /// The condition shared by all rows.
    Shared,
    Cell {
        header: String,
        span: Span,
    },
}

impl RuleSetFile {
    /// Returns the rules in scan order, with tables expanded row by row, and the problems of the tables.
    pub(crate) fn written(&self) -> (Vec<WrittenRule>, Vec<Problem>) {
        let mut written = Vec::with_capacity(self.rules.len());
        let mut problems = Vec::new();
        for (index, rule) in self.rules.iter().enumerate() {
            match &rule.table {
                None => written.push(WrittenRule { rule: rule.clone(), index, row: None }),
                Some(text) => {
                    let (rows, found) = rows(index, rule, text);
                    written.extend(rows);
                    let place = format!("/rules/{index}/table");
                    problems.extend(found.into_iter().map(|problem| problem.under(&place)));
                }
            }
        }
        (written, problems)
    }

    /// Returns the same set without tables: each row is a rule. Invalid rows are skipped.
    pub fn written_out(&self) -> Self {
        Self { rules: self.written().0.into_iter().map(|written| written.rule).collect(), ..self.clone() }
    }
}

impl WrittenRule {
    /// Returns the index of the rule in the file whose table this is a row of.
    pub fn table(&self) -> Option<usize> {
        self.row.as_ref().map(|_| self.index)
    }

    /// Converts a problem of the rule, with pointers relative to the rule, to the point of view of the file.
    pub fn problem(&self, problem: Problem) -> Problem {
        let index = self.index;
        let Some(row) = &self.row else { return problem.under(&format!("/rules/{index}")) };
        let table = format!("/rules/{index}/table");
        let piece = problem.span.filter(|_| problem.pointer == "/when").and_then(|span| {
            row.pieces
                .iter()
                .find(|(range, _)| range.start <= span.start && span.start < range.end.max(range.start + 1))
        });
        let found = match (piece, problem.span) {
            (Some((range, Piece::Shared)), Some(span)) => {
                let span = Span::new(span.start - range.start, span.end.min(range.end) - range.start);
                Problem { pointer: format!("/rules/{index}/when"), span: Some(span), ..problem.clone() }
            }
            (Some((_, Piece::Cell { header, span })), _) => {
                Problem { pointer: table, ..in_cell(row.number, header, *span, &problem.message) }
            }
            _ => {
                let message = format!("Row {}: {}", row.number, problem.message);
                Problem { pointer: table, ..Problem::spanned(row.span, message) }
            }
        };
        Problem { suggestion: problem.suggestion, ..found }
    }
}

/// Returns the rules of a table and its problems; invalid rows are skipped.
fn rows(index: usize, rule: &RuleDefinition, text: &str) -> (Vec<WrittenRule>, Vec<Problem>) {
    let lines = match csv::read(text) {
        Ok(lines) => lines,
        Err(problems) => return (Vec::new(), problems),
    };
    let Some((header, lines)) = lines.split_first() else { return (Vec::new(), Vec::new()) };
    if lines.len() > limits::RULES {
        let message = format!("A table can have at most {} rows.", limits::RULES);
        return (Vec::new(), vec![Problem::at("", message)]);
    }
    let mut problems = Vec::new();
    let layout = Layout::of(&header.cells, &mut problems);
    if !problems.is_empty() {
        return (Vec::new(), problems);
    }
    let mut names = BTreeSet::new();
    let mut written = Vec::new();
    for line in lines {
        let before = problems.len();
        let drafts = layout.drafts(line.number, &header.cells, &line.cells, &mut problems);
        if problems.len() > before {
            continue;
        }
        for draft in drafts {
            let (when, pieces) = draft.condition(&rule.when);
            let id = draft.id.clone().unwrap_or_else(|| unused(&mut names, &rule.id, &draft.tests));
            let mut then = rule.then.clone();
            then.extend(draft.then);
            let row = Row { number: line.number, span: line.span(), pieces };
            let rule = RuleDefinition {
                id,
                name: draft.name.or_else(|| rule.name.as_ref().map(|name| titled(name, &draft.tests))),
                when,
                then,
                min_confidence: rule.min_confidence.clone().into_iter().chain(draft.min_confidence).collect(),
                risk: rule.risk.iter().cloned().chain(draft.risk).collect(),
                table: None,
            };
            written.push(WrittenRule { rule, index, row: Some(row) });
        }
    }
    (written, problems)
}

/// The layout of a table.
enum Layout {
    Rows(Vec<Column>),
    /// The fields of the first columns, and the field that the other columns test.
    Territory {
        keys: Vec<String>,
        across: String,
    },
}

/// The content of a row.
#[derive(Default)]
struct Draft {
    id: Option<String>,
    name: Option<String>,
    /// The conditions, each with the cell it comes from.
    conditions: Vec<Condition>,
    /// The test cells, from which the row's ID and name are made.
    tests: Vec<String>,
    then: Vec<Consequence>,
    min_confidence: BTreeMap<String, f64>,
    risk: Vec<String>,
}

/// A piece of a row's condition.
struct Condition {
    text: String,
    /// Whether it needs parentheses when combined with others.
    is_joined: bool,
    header: String,
    span: Span,
}

impl Layout {
    fn of(header: &[CsvCell], problems: &mut Vec<Problem>) -> Self {
        if let Some(at) = header.iter().position(|cell| cell.text.contains('\\')) {
            let (down, across) = header[at].text.split_once('\\').unwrap_or_default();
            let keys =
                header[..at].iter().map(|cell| cell.text.clone()).chain([down.trim().to_owned()]).collect();
            return Self::Territory { keys, across: across.trim().to_owned() };
        }
        let mut columns: Vec<Column> = Vec::new();
        for cell in header {
            match Column::of(&cell.text) {
                Ok(column) => {
                    if !matches!(column, Column::Field(_) | Column::When) && columns.contains(&column) {
                        problems.push(in_cell(1, &cell.text, cell.span, "this column exists twice."));
                    }
                    columns.push(column);
                }
                Err(message) => problems.push(in_cell(1, &cell.text, cell.span, &message)),
            }
        }
        Self::Rows(columns)
    }

    fn drafts(
        &self,
        number: usize,
        header: &[CsvCell],
        line: &[CsvCell],
        problems: &mut Vec<Problem>,
    ) -> Vec<Draft> {
        match self {
            Self::Rows(columns) => {
                let mut draft = Draft::default();
                let mut acts = Acts::default();
                for (column, (header, cell)) in columns.iter().zip(header.iter().zip(line)) {
                    if let Err(message) = draft.take(column, &header.text, cell, &mut acts) {
                        problems.push(in_cell(number, &header.text, cell.span, &message));
                    }
                }
                draft.then.extend(acts.consequence());
                vec![draft]
            }
            Self::Territory { keys, across } => {
                let down = line.iter().zip(keys).collect::<Vec<_>>();
                let fields = down.len();
                let pools = header.iter().zip(line).skip(fields).filter(|(_, pool)| !pool.text.is_empty());
                let mut drafts = Vec::new();
                for (test, pool) in pools {
                    let mut draft = Draft::default();
                    let parts = down.iter().map(|(cell, field)| (*cell, *field)).chain([(test, across)]);
                    for (cell, field) in parts {
                        if let Err(message) = draft.test(field, field, cell) {
                            problems.push(in_cell(number, field, cell.span, &message));
                        }
                    }
                    let parameters = BTreeMap::from([("pool".to_owned(), pool.text.clone().into())]);
                    draft.then.push(Consequence::Act { action: Action::Assign, parameters });
                    drafts.push(draft);
                }
                drafts
            }
        }
    }
}

/// The action of a row while its cells are read.
#[derive(Default)]
struct Acts {
    action: Option<Action>,
    parameters: BTreeMap<String, Json>,
}

impl Acts {
    /// A pool without an action means `assign`.
    fn consequence(self) -> Option<Consequence> {
        let action = self.action.or(self.parameters.contains_key("pool").then_some(Action::Assign))?;
        Some(Consequence::Act { action, parameters: self.parameters })
    }
}

impl Draft {
    fn take(&mut self, column: &Column, header: &str, cell: &CsvCell, acts: &mut Acts) -> Result<(), String> {
        let text = cell.text.as_str();
        if text.is_empty() {
            return Ok(());
        }
        let words = || text.split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty());
        match column {
            Column::Id => self.id = Some(text.to_owned()),
            Column::Name => self.name = Some(text.to_owned()),
            Column::Field(field) => return self.test(field, header, cell),
            Column::When => {
                self.push(text.to_owned(), is_joined(text), header, cell);
            }
            Column::Confidence(field) => {
                let least =
                    text.parse().map_err(|_| format!("`{text}` is not a confidence between 0 and 1."))?;
                self.min_confidence.insert(field.clone(), least);
            }
            Column::Action => {
                acts.action = Some(text.parse().map_err(|_| {
                    format!(
                        "`{text}` is not an action; use advance, nurture, reject, assign, hold or escalate."
                    )
                })?);
            }
            Column::Parameter(name) => {
                acts.parameters.insert(name.clone(), parameter(text)?);
            }
            Column::Tags => self.then.extend(words().map(Consequence::Tag)),
            Column::Risk => self.risk.extend(words()),
        }
        Ok(())
    }

    fn test(&mut self, field: &str, header: &str, cell: &CsvCell) -> Result<(), String> {
        if let Some(condition) = cell::condition(field, &cell.text)? {
            let is_joined = condition.contains(" || ");
            self.push(condition, is_joined, header, cell);
        }
        Ok(())
    }

    fn push(&mut self, text: String, is_joined: bool, header: &str, cell: &CsvCell) {
        self.conditions.push(Condition { text, is_joined, header: header.to_owned(), span: cell.span });
        self.tests.push(cell.text.clone());
    }

    /// Returns the whole condition, and the origin of its pieces.
    fn condition(&self, shared: &str) -> (String, Vec<(Range<usize>, Piece)>) {
        let mut when = String::new();
        let mut pieces = Vec::new();
        let mut push = |when: &mut String, text: &str, is_wrapped: bool, piece: Piece| {
            if !when.is_empty() {
                when.push_str(" && ");
            }
            if is_wrapped {
                when.push('(');
            }
            let start = when.len();
            when.push_str(text);
            pieces.push((start..when.len(), piece));
            if is_wrapped {
                when.push(')');
            }
        };
        if shared.trim() != "true" {
            push(&mut when, shared, is_joined(shared), Piece::Shared);
        }
        for condition in &self.conditions {
            let piece = Piece::Cell { header: condition.header.clone(), span: condition.span };
            push(&mut when, &condition.text, condition.is_joined, piece);
        }
        if when.is_empty() {
            when.push_str("true");
        }
        (when, pieces)
    }
}

/// Returns whether a condition needs parentheses before `&&`: one with `||` does, and so does one that may not
/// be complete.
fn is_joined(condition: &str) -> bool {
    let (Some(expr), _) = parse(condition) else { return true };
    !matches!(
        expr.kind,
        ExprKind::Bool(_)
            | ExprKind::Name(_)
            | ExprKind::Not(_)
            | ExprKind::All(_)
            | ExprKind::Compare { .. }
            | ExprKind::In { .. }
            | ExprKind::Has(_)
    )
}

/// Parses a parameter of an action: a number, `true`, `false`, or else a text.
fn parameter(text: &str) -> Result<Json, String> {
    if text.starts_with(['"', '\'']) {
        return match parse(text) {
            (Some(expr), problems) if problems.is_empty() => match expr.kind {
                ExprKind::Text(text) => Ok(text.into()),
                _ => Err(format!("`{text}` is not a valid text in quotes.")),
            },
            _ => Err(format!("`{text}` is not a valid text in quotes.")),
        };
    }
    let plain = serde_json::from_str(text).ok().filter(|json: &Json| json.is_number() || json.is_boolean());
    Ok(plain.unwrap_or_else(|| text.into()))
}

/// Returns a name for a row without one: the table's name and the row's tests.
fn titled(table: &str, tests: &[String]) -> String {
    let name = if tests.is_empty() {
        format!("{table}: otherwise")
    } else {
        format!("{table}: {}", tests.join(", "))
    };
    match name.char_indices().nth(limits::NAME_CHARS - 1) {
        Some((at, _)) => format!("{}…", &name[..at]),
        None => name,
    }
}

/// Returns an ID for a row without one, made from its tests so that it does not change when other rows are
/// added or removed.
fn unused(names: &mut BTreeSet<String>, table: &str, tests: &[String]) -> String {
    let mut id = table.to_owned();
    for test in tests {
        let worded =
            test.replace(">=", "from ").replace("<=", "to ").replace('>', "above ").replace('<', "below ");
        for c in std::iter::once('-').chain(worded.chars()) {
            let c = if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
            if c != '-' || !id.ends_with('-') {
                id.push(c);
            }
        }
    }
    if tests.is_empty() {
        id.push_str("-else");
    }
    id.truncate(limits::NAME_CHARS - 5);
    let id = id.trim_matches('-').to_owned();
    let mut unused = id.clone();
    let mut count = 1;
    while !names.insert(unused.clone()) {
        count += 1;
        unused = format!("{id}-{count}");
    }
    unused
}
