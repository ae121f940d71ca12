//! Converts a whole rule set to a single table and back.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::{Column, Table, cell, csv, in_cell};
use crate::action::{Action, Consequence};
use crate::catalogue::Catalogue;
use crate::problem::Problem;
use crate::rules::ast::{Expr, ExprKind};
use crate::rules::unparse::unparse;
use crate::rules::{RuleDefinition, RuleSetFile, parse};

/// The ID of the row that defines the default.
const DEFAULT: &str = "default";

/// A row before all columns are known.
type Cells = BTreeMap<Column, String>;

impl RuleSetFile {
    /// Reads a rule set from a table. A last row with the ID `default` and an action defines the default;
    /// without one, leads are held.
    ///
    /// # Errors
    /// Returns problems with row and column; spans refer to the text.
    pub fn from_table(
        name: &str,
        text: &str,
        fields: Catalogue,
        lists: BTreeMap<String, Vec<String>>,
    ) -> Result<Self, Vec<Problem>> {
        let mut lines = csv::read(text)?;
        let place = |name: &str| lines.first()?.cells.iter().position(|header| header.text == name);
        let mut default = Action::Hold;
        let mut end = text.len();
        let mut problems = Vec::new();
        if let (Some(id), Some(action), Some(last)) = (place("id"), place("action"), lines.last())
            && last.cells[id].text == DEFAULT
        {
            let cell = &last.cells[action];
            match cell.text.parse() {
                Ok(action) => default = action,
                Err(_) => {
                    let message = format!("`{}` is not an action.", cell.text);
                    problems.push(in_cell(last.number, "action", cell.span, &message));
                }
            }
            end = last.span().start;
            lines.pop();
        }
        let rule = RuleDefinition {
            id: "row".into(),
            name: None,
            when: "true".into(),
            then: Vec::new(),
            min_confidence: BTreeMap::new(),
            risk: Vec::new(),
            table: Some(text[..end].to_owned()),
        };
        let mut set = Self { rule_set: name.to_owned(), fields, lists, rules: vec![rule], default };
        // All problems are located in this text, because the table is rewritten afterwards.
        problems.extend(match set.fields.0.is_empty() {
            // The fields are defined in another file.
            true => set.written().1,
            false => set.compile().err().unwrap_or_default(),
        });
        if !problems.is_empty() {
            problems.sort_by_key(|problem| problem.span.map(|span| span.start));
            return Err(problems.into_iter().map(in_the_text).collect());
        }
        set.rules[0].table = Some(Table::of(lines).write());
        Ok(set)
    }

    /// Converts the rule set to a table that is read back as the same rules; fields and lists are not included.
    ///
    /// # Errors
    /// Returns the rules that cannot be expressed as rows, and the reasons.
    pub fn to_table(&self) -> Result<String, Vec<Problem>> {
        let (written, mut problems) = self.written();
        let mut rows: Vec<Cells> = Vec::new();
        let mut columns: BTreeSet<Column> = BTreeSet::from([Column::Id, Column::Action]);
        let mut fields: Vec<Column> = Vec::new();
        for written in &written {
            match cells(&written.rule) {
                Ok(row) => {
                    for column in row.keys() {
                        if matches!(column, Column::Field(_)) && !fields.contains(column) {
                            fields.push(column.clone());
                        }
                        columns.insert(column.clone());
                    }
                    rows.push(row);
                }
                Err(message) => problems.push(written.problem(Problem::at("/then", message))),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        rows.push(Cells::from([
            (Column::Id, DEFAULT.to_owned()),
            (Column::Action, self.default.to_string()),
        ]));
        // The fields, in the order in which the rules use them, go between the names and the other columns.
        let (before, after): (Vec<_>, Vec<_>) = columns
            .into_iter()
            .filter(|column| !matches!(column, Column::Field(_)))
            .partition(|column| matches!(column, Column::Id | Column::Name));
        let order: Vec<Column> = before.into_iter().chain(fields).chain(after).collect();
        let line =
            |row: &Cells| order.iter().map(|column| row.get(column).cloned().unwrap_or_default()).collect();
        let table = Table {
            header: order.iter().map(Column::header).collect(),
            rows: rows.iter().map(line).collect(),
        };
        Ok(table.write())
    }
}

/// Converts a problem of the only table to one of the text itself.
fn in_the_text(problem: Problem) -> Problem {
    match problem.pointer.as_str() {
        "/rules/0/table" => Problem { pointer: String::new(), ..problem },
        _ => problem,
    }
}

fn cells(rule: &RuleDefinition) -> Result<Cells, String> {
    let mut row = Cells::from([(Column::Id, rule.id.clone())]);
    if let Some(name) = &rule.name {
        row.insert(Column::Name, name.clone());
    }
    conditions(&rule.when, &mut row);
    for (field, least) in &rule.min_confidence {
        row.insert(Column::Confidence(field.clone()), least.to_string());
    }
    let mut tags = Vec::new();
    for consequence in &rule.then {
        match consequence {
            Consequence::Tag(tag) => tags.push(tag.clone()),
            Consequence::Act { action, parameters } => {
                row.insert(Column::Action, action.to_string());
                for (name, value) in parameters {
                    row.insert(Column::Parameter(name.clone()), parameter(name, value)?);
                }
            }
        }
    }
    for (column, words) in [(Column::Tags, tags), (Column::Risk, rule.risk.clone())] {
        if words.iter().any(|word| word.contains(',') || word.trim() != word || word.is_empty()) {
            return Err("a tag with a comma cannot be part of a table.".to_owned());
        }
        if !words.is_empty() {
            row.insert(column, words.join(", "));
        }
    }
    Ok(row)
}

/// Distributes a condition over the columns of the fields; parts that fit in no column go to `when` unchanged.
fn conditions(when: &str, row: &mut Cells) {
    let (Some(expr), problems) = parse(when) else {
        row.insert(Column::When, when.to_owned());
        return;
    };
    if !problems.is_empty() {
        row.insert(Column::When, when.to_owned());
        return;
    }
    let items: &[Expr] = match &expr.kind {
        ExprKind::Bool(true) => return,
        ExprKind::All(items) => items,
        _ => std::slice::from_ref(&expr),
    };
    let mut rest: Vec<String> = Vec::new();
    let mut is_taken = vec![false; items.len()];
    for (at, item) in items.iter().enumerate() {
        if is_taken[at] {
            continue;
        }
        // Two bounds of one field form a range.
        let range = |(other, bound): (usize, &Expr)| {
            let both = Expr::new(ExprKind::All(vec![item.clone(), bound.clone()]), item.span);
            cell::of(&both).map(|(field, text)| (other, field.to_owned(), text))
        };
        let mut later = items.iter().enumerate().skip(at + 1).filter(|(other, _)| !is_taken[*other]);
        let found = later
            .find_map(range)
            .or_else(|| cell::of(item).map(|(field, text)| (at, field.to_owned(), text)));
        match found {
            Some((other, field, text)) if !row.contains_key(&Column::Field(field.clone())) => {
                row.insert(Column::Field(field), text);
                is_taken[other] = true;
            }
            _ => rest.push(match item.kind {
                ExprKind::Any(_) | ExprKind::All(_) => format!("({})", unparse(item)),
                _ => unparse(item),
            }),
        }
    }
    if !rest.is_empty() {
        row.insert(Column::When, rest.join(" && "));
    }
}

fn parameter(name: &str, value: &Json) -> Result<String, String> {
    match value {
        Json::String(text) => {
            let is_other = serde_json::from_str::<Json>(text).is_ok() || text.starts_with(['"', '\'']);
            let is_plain =
                !is_other && !text.is_empty() && text.trim() == text && !text.contains(char::is_control);
            Ok(if is_plain { text.clone() } else { crate::rules::quoted(text) })
        }
        Json::Number(_) | Json::Bool(_) => Ok(value.to_string()),
        _ => Err(format!("the parameter `{name}` is not a single value and cannot be part of a table.")),
    }
}
