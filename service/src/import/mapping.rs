//! From a row to a signal and its outcomes.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use engine::control::outcome::OutcomeStage;
use engine::event::{EventKind, EventRequest, LeadInput};
use engine::problem::nearest;
use serde_json::Value as Json;
use store::outcomes::OutcomeInput;

use super::rows::Row;
use crate::decide::Signal;
use crate::error::{Error, Result};

/// How rows are read.
pub(super) struct Mapping {
    kind: EventKind,
    source: String,
    workflow: String,
    fields: Vec<(String, String)>,
    at: Option<String>,
    outcomes: Vec<OutcomeRule>,
}

/// When a column has a value, the lead reached a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OutcomeRule {
    column: String,
    value: String,
    stage: OutcomeStage,
    at: Option<String>,
}

impl OutcomeRule {
    /// Returns the stage that the lead reached.
    pub(super) fn stage(&self) -> OutcomeStage {
        self.stage
    }

    /// Reads `COLUMN=VALUE:STAGE[@COLUMN]`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not COLUMN=VALUE:STAGE[@COLUMN], as in Status=Won:won@Closed");
        let (column, rest) = text.split_once('=').ok_or_else(wrong)?;
        let (value, stage) = rest.split_once(':').ok_or_else(wrong)?;
        let (stage, at) =
            stage.split_once('@').map_or((stage, None), |(stage, at)| (stage, Some(at.to_owned())));
        let stage = stage.parse().map_err(|_| {
            format!("there is no stage `{stage}`; there are touched, accepted, rejected, sales_qualified, opportunity, won, lost and disqualified")
        })?;
        Ok(Self { column: column.to_owned(), value: value.to_owned(), stage, at })
    }
}

impl Mapping {
    /// A mapping of `FIELD=COLUMN` pairs.
    pub(super) fn new(
        kind: EventKind,
        source: String,
        workflow: String,
        pairs: &[String],
        at: Option<String>,
        outcomes: Vec<OutcomeRule>,
    ) -> Result<Self, String> {
        let split = |pair: &String| {
            let (field, column) =
                pair.split_once('=').ok_or_else(|| format!("`{pair}` is not FIELD=COLUMN"))?;
            Ok((field.to_owned(), column.to_owned()))
        };
        let fields = pairs.iter().map(split).collect::<Result<_, String>>()?;
        Ok(Self { kind, source, workflow, fields, at, outcomes })
    }

    /// Whether every column that is named is there.
    pub(super) fn check_columns(&self, columns: Option<&[String]>) -> Result<(), Error> {
        let Some(columns) = columns else { return Ok(()) };
        let mapped = self.fields.iter().map(|(_, column)| column);
        let judged = self.outcomes.iter().flat_map(|rule| [Some(&rule.column), rule.at.as_ref()]).flatten();
        for column in mapped.chain(&self.at).chain(judged) {
            if !columns.contains(column) {
                let near = nearest(column, columns.iter().map(String::as_str))
                    .map(|near| format!("; did you mean `{near}`?"))
                    .unwrap_or_default();
                return Err(Error::Invalid(format!("the file has no column `{column}`{near}")));
            }
        }
        Ok(())
    }

    /// The signal of a row, or why it is none.
    pub(super) fn signal(&self, row: &Row, now: DateTime<Utc>) -> Result<Signal, String> {
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
        let occurred_at = self.at.as_ref().map(|column| instant(row, column)).transpose()?.flatten();
        let event = EventRequest {
            kind: self.kind,
            source: self.source.clone(),
            workflow: Some(self.workflow.clone()),
            lead,
            payload: payload.into(),
            occurred_at,
        };
        let problems = event.check(now);
        if !problems.is_empty() {
            return Err(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
        }
        self.outcomes(row)?;
        Ok(Signal { key: row.key.clone(), event })
    }

    /// The outcomes of a row, each with the place of its rule, or why they cannot be read.
    pub(super) fn outcomes(&self, row: &Row) -> Result<Vec<(usize, OutcomeInput)>, String> {
        let mut outcomes = Vec::new();
        for (place, rule) in self.outcomes.iter().enumerate() {
            if row.cells.get(&rule.column).and_then(text).as_deref() == Some(rule.value.as_str()) {
                let at = rule.at.as_ref().map(|column| instant(row, column)).transpose()?.flatten();
                let input = OutcomeInput {
                    stage: rule.stage,
                    at,
                    by: None,
                    amount: None,
                    currency: None,
                    opportunity_id: None,
                    reason: None,
                };
                outcomes.push((place, input));
            }
        }
        Ok(outcomes)
    }
}

/// The text of a cell; nothing when it is empty.
pub(super) fn text(value: &Json) -> Option<String> {
    let text = match value {
        Json::String(text) => text.trim().to_owned(),
        Json::Null => return None,
        other => other.to_string(),
    };
    (!text.is_empty()).then_some(text)
}

/// The instant in a column.
fn instant(row: &Row, column: &str) -> Result<Option<DateTime<Utc>>, String> {
    let Some(text) = row.cells.get(column).and_then(text) else { return Ok(None) };
    parse_instant(&text)
        .map(Some)
        .ok_or_else(|| format!("`{text}` in `{column}` is no date; write 2026-11-22 or 2026-11-22T09:00:00Z"))
}

/// Parses RFC 3339, or a date with or without a time, which is read as UTC.
pub(super) fn parse_instant(text: &str) -> Option<DateTime<Utc>> {
    let naive = |format| NaiveDateTime::parse_from_str(text, format).ok().map(|at| at.and_utc());
    DateTime::parse_from_rfc3339(text)
        .map(|at| at.to_utc())
        .ok()
        .or_else(|| naive("%Y-%m-%d %H:%M:%S%.f"))
        .or_else(|| naive("%Y-%m-%dT%H:%M:%S%.f"))
        .or_else(|| naive("%Y-%m-%d %H:%M"))
        .or_else(|| {
            NaiveDate::parse_from_str(text, "%Y-%m-%d")
                .ok()
                .and_then(|day| day.and_hms_opt(0, 0, 0))
                .map(|at| at.and_utc())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &Json) -> Row {
        Row { cells: cells.as_object().unwrap().clone(), key: "row:1:0".into() }
    }

    #[test]
    fn outcomes_are_read_from_their_columns() {
        let rule = OutcomeRule::parse("Status=Closed Won:won@Close Date").unwrap();
        assert_eq!(
            (rule.column.as_str(), rule.value.as_str(), rule.stage, rule.at.as_deref()),
            ("Status", "Closed Won", OutcomeStage::Won, Some("Close Date"))
        );
        assert!(OutcomeRule::parse("Converted:sales_qualified").unwrap_err().contains("COLUMN=VALUE"));
        assert!(OutcomeRule::parse("Converted=1:converted").unwrap_err().contains("no stage `converted`"));
        let mapping = Mapping::new(
            EventKind::Form,
            "crm".into(),
            "w".into(),
            &["external_id=Id".into(), "size=Staff".into()],
            Some("Created".into()),
            vec![rule],
        )
        .unwrap();
        let row = row(
            &serde_json::json!({"Id": " 7 ", "Staff": "51-200", "Status": "Closed Won", "Created": "2019-11-24", "Close Date": "2019-11-25"}),
        );
        let signal = mapping.signal(&row, Utc::now()).unwrap();
        assert_eq!(signal.event.lead.external_id.as_deref(), Some("7"));
        assert_eq!(signal.event.payload["size"], "51-200");
        assert_eq!(signal.event.payload["Staff"], "51-200");
        assert_eq!(signal.event.occurred_at.unwrap().to_rfc3339(), "2019-11-24T00:00:00+00:00");
        assert_eq!(
            mapping.outcomes(&row).unwrap()[0].1.at.unwrap().to_rfc3339(),
            "2019-11-25T00:00:00+00:00"
        );
    }

    #[test]
    fn a_row_with_an_unreadable_date_is_rejected() {
        let mapping =
            Mapping::new(EventKind::Form, "crm".into(), "w".into(), &[], Some("Created".into()), Vec::new())
                .unwrap();
        assert!(
            mapping
                .signal(&row(&serde_json::json!({"Created": "24/11/2019"})), Utc::now())
                .unwrap_err()
                .contains("no date")
        );
        assert!(
            mapping
                .signal(&row(&serde_json::json!({"Created": ""})), Utc::now())
                .unwrap()
                .event
                .occurred_at
                .is_none()
        );
        assert!(
            mapping
                .signal(&row(&serde_json::json!({"Created": "2999-01-01"})), Utc::now())
                .unwrap_err()
                .contains("future")
        );
    }
}
