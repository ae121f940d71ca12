//! Maps rows to signals and outcomes.

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;
use engine::control::outcome::OutcomeStage;
use engine::event::{EventKind, EventRequest, LeadInput};
use engine::problem::nearest;
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

    /// Returns the signal of a row, or the problem that prevents one.
    pub(super) fn signal(&self, row: &FileRow, now: DateTime<Utc>) -> Result<Signal, RowProblem> {
        let mut lead = LeadInput::default();
        let mut payload = row.cells.clone();
        for (field, column) in &self.fields {
            let value = row.cells.get(column).cloned().unwrap_or(Json::Null);
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
        if let Some(first) = event.check(now).into_iter().next() {
            let column = self.column_of(&first.pointer);
            // The author of a file understands a column name, but not a pointer into the event.
            let reason = if column.is_some() { first.message } else { first.to_string() };
            return Err(RowProblem { column, reason });
        }
        self.outcomes(row)?;
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
    pub(super) fn outcomes(&self, row: &FileRow) -> Result<RowOutcomes, RowProblem> {
        let mut outcomes = RowOutcomes::default();
        for rule in &self.outcomes {
            if row.cells.get(&rule.column).and_then(text).as_deref() == Some(rule.value.trim()) {
                let at = rule.at.as_ref().map(|column| self.instant(row, column)).transpose()?.flatten();
                outcomes.add(rule, at);
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
        Ok(outcomes)
    }

    /// Returns the instant in a column.
    fn instant(&self, row: &FileRow, column: &str) -> Result<Option<DateTime<Utc>>, RowProblem> {
        let Some(text) = row.cells.get(column).and_then(text) else { return Ok(None) };
        parse_instant(&text, self.times.zone).map(Some).ok_or_else(|| RowProblem {
            column: Some(column.to_owned()),
            reason: format!("`{text}` is no date; write 2026-11-22 or 2026-11-22T09:00:00Z."),
        })
    }
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

/// Parses RFC 3339, or a date with an optional local time in the zone. When clocks go back, the earlier of two possible instants
/// applies. A local time that is skipped when clocks go forward counts as one hour later.
pub(super) fn parse_instant(text: &str, zone: Tz) -> Option<DateTime<Utc>> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.to_utc());
    }
    let naive = |format: &&str| NaiveDateTime::parse_from_str(text, format).ok();
    let formats = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M"];
    let local = formats
        .iter()
        .find_map(naive)
        .or_else(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0))?;
    let later = local.checked_add_signed(TimeDelta::hours(1))?;
    let at = zone.from_local_datetime(&local).earliest();
    at.or_else(|| zone.from_local_datetime(&later).earliest()).map(|at| at.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &Json) -> FileRow {
        FileRow { line: 2, cells: cells.as_object().unwrap().clone(), key: "row:1:0".into() }
    }

    fn mapping(pairs: &[&str], at: Option<&str>, outcomes: &[&str]) -> Mapping {
        let pairs: Vec<String> = pairs.iter().map(|pair| (*pair).to_owned()).collect();
        let times = TimeColumn { at: at.map(str::to_owned), zone: Tz::UTC };
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
        let signal = mapping.signal(&row, Utc::now()).unwrap();
        assert_eq!(signal.event.lead.external_id.as_deref(), Some("7"));
        assert_eq!(signal.event.payload["size"], "51-200");
        assert_eq!(signal.event.payload["Staff"], "51-200");
        assert_eq!(signal.event.occurred_at.unwrap().to_rfc3339(), "2019-11-24T00:00:00+00:00");
        let reached = mapping.outcomes(&row).unwrap().reached;
        assert_eq!(reached[0].at.unwrap().to_rfc3339(), "2019-11-25T00:00:00+00:00");
    }

    #[test]
    fn half_an_outcome_and_two_times_of_one_are_reported() {
        let mapping = mapping(&[], None, &["S=Won:won@A", "S=Lost:lost@A", "T=1:won@B"]);
        let read = |cells: Json| mapping.outcomes(&row(&cells)).unwrap();
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
        let read = |cells: Json| mapping.signal(&row(&cells), Utc::now());
        let problem = read(serde_json::json!({"Created": "24/11/2019"})).unwrap_err();
        assert!(problem.reason.contains("no date") && problem.column.as_deref() == Some("Created"));
        assert!(read(serde_json::json!({"Created": ""})).unwrap().event.occurred_at.is_none());
        let problem = read(serde_json::json!({"Created": "2999-01-01"})).unwrap_err();
        assert!(problem.reason.contains("future") && problem.column.as_deref() == Some("Created"));
        let problem = read(serde_json::json!({"Mail": "ana"})).unwrap_err();
        assert_eq!(problem.column.as_deref(), Some("Mail"));
    }

    #[test]
    fn a_time_without_a_zone_is_one_of_the_chosen_zone() {
        let read = |text, zone| parse_instant(text, zone).unwrap().to_rfc3339();
        let berlin = Tz::Europe__Berlin;
        assert_eq!(read("2026-11-02 09:00", Tz::UTC), "2026-11-02T09:00:00+00:00");
        assert_eq!(read("2026-11-02 09:00", berlin), "2026-11-02T08:00:00+00:00");
        assert_eq!(read("2026-07-02", berlin), "2026-07-01T22:00:00+00:00");
        assert_eq!(read("2026-07-02T09:00:00Z", berlin), "2026-07-02T09:00:00+00:00");
        // Clocks go forward at two, and back at three.
        assert_eq!(read("2026-03-29 02:30", berlin), "2026-03-29T01:30:00+00:00");
        assert_eq!(read("2026-10-25 02:30", berlin), "2026-10-25T00:30:00+00:00");
    }
}
