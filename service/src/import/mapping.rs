//! Maps rows to signals and outcomes.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use engine::control::outcome::OutcomeStage;
use engine::event::{EventKind, EventRequest, LeadInput};
use engine::identity::{self, NoId};
use engine::limits;
use engine::problem::nearest;
use engine::tabular::with_clear_comma;
use engine::time::{DateOrder, TimeFormat};
use serde_json::Value as Json;
use store::outcomes::OutcomeInput;

use super::rejects::Reject;
use super::rows::FileRow;
use crate::decide::Signal;
use crate::error::{Error, Result};

/// How to read rows.
pub(super) struct Mapping {
    kind: EventKind,
    source: String,
    workflow: String,
    fields: Vec<(String, String)>,
    times: TimeColumn,
    outcomes: Vec<OutcomeRule>,
}

/// The column of timestamps and how to read them.
#[derive(Clone, Debug)]
pub(super) struct TimeColumn {
    /// The column with a row's timestamp.
    pub(super) at: Option<String>,
    /// The time zone of timestamps without an offset.
    pub(super) zone: Tz,
    /// The order of day and month in dates such as `3/4/2026`.
    pub(super) order: Option<DateOrder>,
}

/// A rule that derives an outcome: if the column has this value, the lead reached the stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OutcomeRule {
    column: String,
    value: String,
    stage: OutcomeStage,
    at: Option<String>,
}

/// The outcomes of a row.
#[derive(Debug, Default)]
pub(super) struct RowOutcomes {
    /// Complete outcomes, at most one per stage.
    pub(super) reached: Vec<OutcomeInput>,
    /// Incomplete outcomes, which cannot be recorded.
    pub(super) problems: Vec<RowProblem>,
    /// Columns of outcomes with a value that means none.
    pub(super) unmatched: Vec<(String, String)>,
}

/// Why a row, or a part of it, cannot be imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RowProblem {
    /// The column at fault, if there is a single one.
    pub(super) column: Option<String>,
    /// The problem and its remedy, as a sentence.
    pub(super) reason: String,
}

impl RowProblem {
    /// Turns the problem into a reject of its row.
    pub(super) fn of(self, row: &FileRow) -> Reject {
        let cells = Some(Json::Object(row.cells.clone()));
        Reject { line: row.line, column: self.column, reason: self.reason, cells }
    }
}

impl OutcomeRule {
    /// Parses `COLUMN=VALUE:STAGE[@COLUMN]`. The value may contain colons.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not COLUMN=VALUE:STAGE[@COLUMN], as in Status=Won:won@Closed");
        let (column, rest) = text.split_once('=').ok_or_else(wrong)?;
        let (first, _) = rest.split_once(':').ok_or_else(wrong)?;
        let parts = |value: &str| {
            let stage = &rest[value.len() + 1..];
            let (stage, at) =
                stage.split_once('@').map_or((stage, None), |(stage, at)| (stage, Some(at.to_owned())));
            (value.to_owned(), stage.to_owned(), at)
        };
        let mut ends = rest.match_indices(':').map(|(end, _)| parts(&rest[..end]));
        let (value, stage, at) =
            ends.find(|(_, stage, _)| stage.parse::<OutcomeStage>().is_ok()).unwrap_or_else(|| parts(first));
        let stage = stage.parse().map_err(|_| {
            format!("there is no stage `{stage}`; there are touched, accepted, rejected, sales_qualified, opportunity, won, lost and disqualified")
        })?;
        Ok(Self { column: column.to_owned(), value, stage, at })
    }

    /// Returns whether a value means this outcome. Case and spaces make no difference.
    fn is_met(&self, value: &str) -> bool {
        folded(value) == folded(&self.value)
    }

    /// Returns whether a row has the outcome's timestamp, but no value that identifies the outcome.
    fn is_half(&self, row: &FileRow) -> bool {
        let is_filled = |column: &String| row.cells.get(column).and_then(text).is_some();
        self.at.as_ref().is_some_and(is_filled) && !is_filled(&self.column)
    }
}

impl Mapping {
    /// Creates a mapping from `FIELD=COLUMN` pairs.
    pub(super) fn new(
        kind: EventKind,
        source: String,
        workflow: String,
        pairs: &[String],
        times: TimeColumn,
        outcomes: Vec<OutcomeRule>,
    ) -> Result<Self, String> {
        let split = |pair: &String| {
            let (field, column) =
                pair.split_once('=').ok_or_else(|| format!("`{pair}` is not FIELD=COLUMN"))?;
            Ok((field.to_owned(), column.to_owned()))
        };
        let fields = pairs.iter().map(split).collect::<Result<_, String>>()?;
        Ok(Self { kind, source, workflow, fields, times, outcomes })
    }

    /// Checks that the file has every column that the mapping refers to.
    pub(super) fn check_columns(&self, columns: Option<&[String]>) -> Result<(), Error> {
        let Some(columns) = columns else { return Ok(()) };
        let mapped = self.fields.iter().map(|(_, column)| column);
        let judged = self.outcomes.iter().flat_map(|rule| [Some(&rule.column), rule.at.as_ref()]).flatten();
        for column in mapped.chain(&self.times.at).chain(judged) {
            if !columns.contains(column) {
                let near = nearest(column, columns.iter().map(String::as_str))
                    .map(|near| format!("; did you mean `{near}`?"))
                    .unwrap_or_default();
                return Err(Error::Invalid(format!("the file has no column `{column}`{near}")));
            }
        }
        Ok(())
    }

    /// Returns the signal of a row, or the problem that prevents one. `as_of` is the start of the import, and `now` the present.
    pub(super) fn signal(
        &self,
        row: &FileRow,
        as_of: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Signal, RowProblem> {
        let mut lead = LeadInput::default();
        let mut payload = row.cells.clone();
        if row.has_decimal_comma {
            for cell in payload.values_mut() {
                if let Some(clear) = cell.as_str().and_then(with_clear_comma) {
                    *cell = clear.into();
                }
            }
        }
        for (field, column) in &self.fields {
            let value = match field.as_str() {
                "email" | "external_id" | "name" | "company" | "domain" => row.cells.get(column),
                _ => payload.get(column),
            };
            let value = value.cloned().unwrap_or(Json::Null);
            let text = || text(&value);
            match field.as_str() {
                "email" => lead.email = text(),
                "external_id" => lead.external_id = text(),
                "name" => lead.name = text(),
                "company" => lead.company = text(),
                "domain" => lead.domain = text(),
                _ => drop(payload.insert(field.clone(), value)),
            }
        }
        let occurred_at =
            self.times.at.as_ref().map(|column| self.instant(row, column)).transpose()?.flatten();
        let event = EventRequest {
            kind: self.kind,
            source: self.source.clone(),
            workflow: Some(self.workflow.clone()),
            lead,
            payload: payload.into(),
            occurred_at,
        };
        if let Some(id) = &event.lead.external_id
            && identity::external_id(id) == Err(NoId::Rounded)
        {
            let column = self.column_of("/lead/external_id");
            return Err(RowProblem { column, reason: NoId::Rounded.sentence(id) });
        }
        if let Some(first) = event.check(as_of).into_iter().next() {
            let column = self.column_of(&first.pointer);
            // The author of a file understands a column name, but not a pointer into the event.
            let reason = if column.is_some() { first.message } else { first.to_string() };
            return Err(RowProblem { column, reason });
        }
        self.outcomes(row, now)?;
        Ok(Signal { key: row.key.clone(), event })
    }

    /// Returns the column that a part of an event is read from.
    fn column_of(&self, pointer: &str) -> Option<String> {
        if pointer == "/occurred_at" {
            return self.times.at.clone();
        }
        let field = pointer.strip_prefix("/lead/")?;
        self.fields.iter().find(|(known, _)| known == field).map(|(_, column)| column.clone())
    }

    /// Returns the outcomes of a row.
    ///
    /// # Errors
    /// Returns a problem if an outcome's timestamp is unreadable. The whole row is then rejected.
    pub(super) fn outcomes(&self, row: &FileRow, now: DateTime<Utc>) -> Result<RowOutcomes, RowProblem> {
        let mut outcomes = RowOutcomes::default();
        let mut matched = BTreeSet::new();
        for rule in &self.outcomes {
            if row.cells.get(&rule.column).and_then(text).is_some_and(|value| rule.is_met(&value)) {
                matched.insert(rule.column.as_str());
                let at = rule.at.as_ref().map(|column| self.instant(row, column)).transpose()?.flatten();
                match at.and_then(|at| impossible(at, now)) {
                    Some(reason) => outcomes.problems.push(RowProblem { column: rule.at.clone(), reason }),
                    None => outcomes.add(rule, at),
                }
            } else if rule.is_half(row) {
                let at = rule.at.clone().unwrap_or_default();
                let reason = format!(
                    "There is a time but `{}` is empty, so no outcome was recorded. Fill in both or neither.",
                    rule.column
                );
                let problem = RowProblem { column: Some(at), reason };
                if !outcomes.problems.contains(&problem) {
                    outcomes.problems.push(problem);
                }
            }
        }
        let columns: BTreeSet<&str> = self.outcomes.iter().map(|rule| rule.column.as_str()).collect();
        for column in columns.difference(&matched) {
            if let Some(value) = row.cells.get(*column).and_then(text) {
                outcomes.unmatched.push(((*column).to_owned(), value));
            }
        }
        Ok(outcomes)
    }

    /// Returns the instant in a column.
    fn instant(&self, row: &FileRow, column: &str) -> Result<Option<DateTime<Utc>>, RowProblem> {
        let Some(text) = row.cells.get(column).and_then(text) else { return Ok(None) };
        let TimeColumn { zone, order, .. } = self.times;
        let read = engine::time::read(&text, &TimeFormat { zone, order, numbers: true });
        read.map(|read| Some(read.at)).map_err(|problem| RowProblem {
            column: Some(column.to_owned()),
            reason: problem.sentence(&text),
        })
    }
}

/// Returns why an outcome cannot have happened at a time.
fn impossible(at: DateTime<Utc>, now: DateTime<Utc>) -> Option<String> {
    let day = at.format("%Y-%m-%d");
    if at > now + TimeDelta::minutes(limits::FUTURE_MINUTES) {
        Some(format!(
            "The time of the outcome, {day}, is in the future, so it was not recorded. Correct the time."
        ))
    } else if at.timestamp() < 0 {
        Some(format!(
            "The time of the outcome, {day}, is before 1970, so it was not recorded. Correct the time."
        ))
    } else {
        None
    }
}

/// Returns a value as it is compared.
fn folded(value: &str) -> String {
    value.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

impl RowOutcomes {
    fn add(&mut self, rule: &OutcomeRule, at: Option<DateTime<Utc>>) {
        let Some(known) = self.reached.iter_mut().find(|known| known.stage == rule.stage) else {
            self.reached.push(OutcomeInput {
                stage: rule.stage,
                at,
                by: None,
                amount: None,
                currency: None,
                opportunity_id: None,
                reason: None,
            });
            return;
        };
        match (known.at, at) {
            (None, at) => known.at = at,
            (Some(known), Some(at)) if known != at => self.problems.push(RowProblem {
                column: rule.at.clone(),
                reason: format!(
                    "Two columns give different times for the outcome `{}`; the first was recorded. Remove one of them from the mapping.",
                    rule.stage
                ),
            }),
            _ => {}
        }
    }
}

/// Returns the text of a cell, or `None` if it is empty.
pub(super) fn text(value: &Json) -> Option<String> {
    let text = match value {
        Json::String(text) => text.trim().to_owned(),
        Json::Null => return None,
        other => other.to_string(),
    };
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &Json) -> FileRow {
        let cells = cells.as_object().unwrap().clone();
        FileRow { line: 2, cells, key: "row:1:0".into(), has_decimal_comma: false }
    }

    fn mapping(pairs: &[&str], at: Option<&str>, outcomes: &[&str]) -> Mapping {
        let pairs: Vec<String> = pairs.iter().map(|pair| (*pair).to_owned()).collect();
        let times = TimeColumn { at: at.map(str::to_owned), zone: Tz::UTC, order: None };
        let outcomes = outcomes.iter().map(|text| OutcomeRule::parse(text).unwrap()).collect();
        Mapping::new(EventKind::Form, "crm".into(), "w".into(), &pairs, times, outcomes).unwrap()
    }

    #[test]
    fn outcomes_are_read_from_their_columns() {
        let rule = OutcomeRule::parse("Status=Closed Won:won@Close Date").unwrap();
        assert_eq!(
            (rule.column.as_str(), rule.value.as_str(), rule.stage, rule.at.as_deref()),
            ("Status", "Closed Won", OutcomeStage::Won, Some("Close Date"))
        );
        assert_eq!(OutcomeRule::parse("S=Deal: won:won").unwrap().value, "Deal: won");
        assert!(OutcomeRule::parse("Converted:sales_qualified").unwrap_err().contains("COLUMN=VALUE"));
        assert!(OutcomeRule::parse("Converted=1:converted").unwrap_err().contains("no stage `converted`"));
        let mapping = mapping(
            &["external_id=Id", "size=Staff"],
            Some("Created"),
            &["Status=Closed Won:won@Close Date"],
        );
        let row = row(
            &serde_json::json!({"Id": " 7 ", "Staff": "51-200", "Status": "Closed Won", "Created": "2019-11-24", "Close Date": "2019-11-25"}),
        );
        let signal = mapping.signal(&row, Utc::now(), Utc::now()).unwrap();
        assert_eq!(signal.event.lead.external_id.as_deref(), Some("7"));
        assert_eq!(signal.event.payload["size"], "51-200");
        assert_eq!(signal.event.payload["Staff"], "51-200");
        assert_eq!(signal.event.occurred_at.unwrap().to_rfc3339(), "2019-11-24T00:00:00+00:00");
        let reached = mapping.outcomes(&row, Utc::now()).unwrap().reached;
        assert_eq!(reached[0].at.unwrap().to_rfc3339(), "2019-11-25T00:00:00+00:00");
    }

    #[test]
    fn half_an_outcome_and_two_times_of_one_are_reported() {
        let mapping = mapping(&[], None, &["S=Won:won@A", "S=Lost:lost@A", "T=1:won@B"]);
        let read = |cells: Json| mapping.outcomes(&row(&cells), Utc::now()).unwrap();
        let half = read(serde_json::json!({"S": " ", "A": "2026-01-02"}));
        assert!(half.reached.is_empty());
        assert_eq!((half.problems.len(), half.problems[0].column.as_deref()), (1, Some("A")));
        assert!(half.problems[0].reason.contains("`S` is empty"), "{half:?}");
        let other = read(serde_json::json!({"S": "Open", "A": "2026-01-02", "T": "1", "B": ""}));
        assert_eq!((other.reached.len(), other.problems.len()), (1, 0));
        let twice = read(serde_json::json!({"S": "Won", "A": "2026-01-02", "T": "1", "B": "2026-01-03"}));
        assert_eq!(twice.reached.len(), 1);
        assert!(twice.problems[0].reason.contains("different times"), "{twice:?}");
        let agreeing = read(serde_json::json!({"S": "Won", "A": "", "T": "1", "B": "2026-01-03"}));
        assert!(agreeing.reached[0].at.is_some() && agreeing.problems.is_empty());
    }

    #[test]
    fn a_row_with_an_unreadable_date_is_rejected_and_says_where() {
        let mapping = mapping(&["email=Mail"], Some("Created"), &[]);
        let read = |cells: Json| mapping.signal(&row(&cells), Utc::now(), Utc::now());
        let problem = read(serde_json::json!({"Created": "early 2019"})).unwrap_err();
        assert!(problem.reason.contains("not a date") && problem.column.as_deref() == Some("Created"));
        assert!(read(serde_json::json!({"Created": ""})).unwrap().event.occurred_at.is_none());
        let problem = read(serde_json::json!({"Created": "2999-01-01"})).unwrap_err();
        assert!(problem.reason.contains("future") && problem.column.as_deref() == Some("Created"));
        let problem = read(serde_json::json!({"Mail": "ana"})).unwrap_err();
        assert_eq!(problem.column.as_deref(), Some("Mail"));
    }

    #[test]
    fn times_are_read_in_the_chosen_zone_and_order() {
        let times = |order| TimeColumn { at: Some("When".into()), zone: Tz::Europe__Berlin, order };
        let read = |order, text: &str| {
            let mapping =
                Mapping::new(EventKind::Form, "crm".into(), "w".into(), &[], times(order), vec![]).unwrap();
            let signal = mapping.signal(&row(&serde_json::json!({ "When": text })), Utc::now(), Utc::now());
            signal.map(|signal| signal.event.occurred_at.unwrap().to_rfc3339())
        };
        assert_eq!(read(None, "2023-05-01 14:03").unwrap(), "2023-05-01T12:03:00+00:00");
        assert_eq!(read(None, "45047.58").unwrap(), "2023-05-01T11:55:12+00:00");
        let problem = read(None, "01/05/2023 14:03").unwrap_err();
        assert!(problem.reason.contains("--date-format") && problem.column.as_deref() == Some("When"));
        let first = read(Some(DateOrder::DayFirst), "01/05/2023 14:03").unwrap();
        assert_eq!(first, "2023-05-01T12:03:00+00:00");
        assert_eq!(read(Some(DateOrder::MonthFirst), "01/05/2023").unwrap(), "2023-01-04T23:00:00+00:00");
    }

    #[test]
    fn outcomes_match_without_case_and_others_are_listed() {
        let mapping = mapping(&[], None, &["Status=Closed Won:won@Closed", "Status=Lost:lost"]);
        let read = |status: &str, closed: &str| {
            let cells = serde_json::json!({ "Status": status, "Closed": closed });
            mapping.outcomes(&row(&cells), Utc::now()).unwrap()
        };
        for status in ["closed won", " CLOSED  WON ", "Closed\u{a0}Won"] {
            assert_eq!(read(status, "2023-05-01").reached.len(), 1, "{status}");
        }
        let open = read("Open", "");
        assert_eq!(open.unmatched, [("Status".to_owned(), "Open".to_owned())]);
        assert!(read("lost", "").unmatched.is_empty() && read("", "").unmatched.is_empty());
        for closed in ["2099-01-01", "1969-01-01"] {
            let read = read("Closed Won", closed);
            assert_eq!((read.reached.len(), read.problems.len()), (0, 1), "{closed}");
            assert_eq!(read.problems[0].column.as_deref(), Some("Closed"));
        }
    }

    #[test]
    fn a_rounded_id_is_rejected_and_a_placeholder_is_none() {
        let mapping = mapping(&["external_id=Id"], None, &[]);
        let read = |id: &str| mapping.signal(&row(&serde_json::json!({ "Id": id })), Utc::now(), Utc::now());
        let problem = read("1.23457E+18").unwrap_err();
        assert!(problem.reason.contains("rounded") && problem.column.as_deref() == Some("Id"), "{problem:?}");
        assert_eq!(read("undefined").unwrap().event.lead.trusted_id(), None);
    }

    #[test]
    fn a_number_with_a_decimal_comma_is_not_taken_for_thousands() {
        let mapping = mapping(&["budget=B"], None, &[]);
        let cells = serde_json::json!({ "A": "1,5", "B": "1,234", "C": "1.234" });
        let row = FileRow { has_decimal_comma: true, ..row(&cells) };
        let payload = mapping.signal(&row, Utc::now(), Utc::now()).unwrap().event.payload;
        assert_eq!(
            payload,
            serde_json::json!({ "A": "1,5", "B": "1.2340", "C": "1.234", "budget": "1.2340" })
        );
        let reject = RowProblem { column: None, reason: String::new() }.of(&row);
        assert_eq!(reject.cells, Some(cells), "rejects keep the cells as they came");
    }
}
