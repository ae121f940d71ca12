//! `POST /api/v1/outcomes`: records what happened to a lead.

use axum::body::Body;
use axum::extract::State as FromState;
use axum::http::{HeaderMap, StatusCode};
use chrono::{DateTime, TimeDelta, Utc};
use engine::control::outcome::OutcomeStage;
use engine::event::{EMAIL, PLAIN_TEXT, normal_email};
use engine::identity;
use engine::ids::{LeadId, OutcomeId};
use engine::limits;
use engine::problem::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use store::outcomes::{OutcomeInput, OutcomeSubject};

use super::body;
use super::caller::ApiCaller;
use crate::http::{Failure, FailureKind, State};
use service::decide::{OutcomeRefusal, OutcomeSignal};

/// The scope in which idempotency keys of outcomes are unique.
const SCOPE: &str = "outcome";
/// Maximum length of ids and names from other systems, in characters.
const FOREIGN_CHARS: usize = 300;
/// Maximum length of a reason, in characters.
const REASON_CHARS: usize = 2_000;
/// Maximum amount. Larger JSON numbers are no longer exact to the cent.
const AMOUNT: f64 = 1e13;

/// An outcome as a caller tells it. The lead is named in one of three ways.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = named_once(), "if" = { "required": ["amount"], "properties": { "amount": { "type": "number" } } },
    "then" = { "required": ["currency"], "properties": { "currency": { "type": "string" } } }))]
pub struct OutcomeRequest {
    /// The lead by its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_id: Option<LeadId>,
    /// The lead by a source's own id of the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 300), regex(pattern = PLAIN_TEXT))]
    pub external_id: Option<String>,
    /// The source of `external_id`; needed where several sources have the same id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100), regex(pattern = PLAIN_TEXT))]
    pub source: Option<String>,
    /// The lead by e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 3, max = 1000), regex(pattern = EMAIL))]
    pub email: Option<String>,
    /// The stage that was reached.
    pub stage: OutcomeStage,
    /// When, with an offset from UTC.
    #[serde(deserialize_with = "engine::time::sent::deserialize")]
    pub at: DateTime<Utc>,
    /// Who brought it about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 300), regex(pattern = PLAIN_TEXT))]
    pub by: Option<String>,
    /// Money, in units of `currency`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1e13))]
    pub amount: Option<f64>,
    /// The currency of `amount`, ISO 4217.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^[A-Z]{3}$"))]
    pub currency: Option<String>,
    /// The opportunity in the CRM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 300), regex(pattern = PLAIN_TEXT))]
    pub opportunity_id: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2000))]
    pub reason: Option<String>,
}

/// What is answered for an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OutcomeAnswer {
    /// The outcome.
    pub outcome_id: OutcomeId,
    /// The lead it is about.
    pub lead_id: LeadId,
}

/// Records an outcome.
pub(super) async fn record(
    FromState(state): FromState<State>,
    program: ApiCaller,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, axum::Json<OutcomeAnswer>), Failure> {
    let request: OutcomeRequest = body::json(body, &headers, limits::EVENT_BYTES).await?;
    let key = body::idempotency_key(&headers)?;
    let signal = request.signal(key, program.arrival.at)?;
    let taken = state.pipeline.record_outcomes(&program.receipt(), &[signal]).await;
    let taken = taken.map_err(Failure::while_writing)?;
    match taken.into_iter().next() {
        Some(Ok(taken)) => {
            let status = if taken.repeat { StatusCode::OK } else { StatusCode::CREATED };
            Ok((status, axum::Json(OutcomeAnswer { outcome_id: taken.outcome_id, lead_id: taken.lead_id })))
        }
        Some(Err(refusal)) => Err(refusal.into()),
        None => Err(Failure::internal(&"an outcome got no answer")),
    }
}

/// Returns the JSON Schema rule that the lead is identified in exactly one of three ways.
fn named_once() -> Json {
    let by = |name: &str| {
        let member = |other: &str| {
            let schema = if other == name { json!({ "type": "string" }) } else { json!({ "type": "null" }) };
            (other.to_owned(), schema)
        };
        let mut members: Map<String, Json> =
            ["lead_id", "external_id", "email"].map(member).into_iter().collect();
        if name != "external_id" {
            members.insert("source".into(), json!({ "type": "null" }));
        }
        json!({ "required": [name], "properties": members })
    };
    json!([by("lead_id"), by("external_id"), by("email")])
}

impl OutcomeRequest {
    /// Converts the request to an outcome for the pipeline.
    ///
    /// # Errors
    /// Returns 422 with every invalid part.
    fn signal(self, key: String, now: DateTime<Utc>) -> Result<OutcomeSignal, Failure> {
        let problems = self.check(now);
        if !problems.is_empty() {
            return Err(Failure::invalid(problems));
        }
        let body = engine::canonical::bytes(&self).map_err(|error| Failure::internal(&error))?;
        let subject = match (self.lead_id, self.external_id, self.email) {
            (Some(id), ..) => OutcomeSubject::Lead(id),
            (_, Some(id), _) => OutcomeSubject::External { source: self.source, id },
            (.., email) => OutcomeSubject::Email(email.unwrap_or_default()),
        };
        let input = OutcomeInput {
            stage: self.stage,
            at: Some(self.at),
            by: self.by,
            // Rust formats a number as the shortest decimal that parses to the same value, never with an exponent.
            amount: self.amount.map(|amount| amount.to_string()),
            currency: self.currency,
            opportunity_id: self.opportunity_id,
            reason: self.reason,
        };
        Ok(OutcomeSignal { scope: SCOPE.into(), key, body, subject, input })
    }

    fn check(&self, now: DateTime<Utc>) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut wrong = |pointer: &str, message: String| problems.push(Problem::at(pointer, message));
        if [self.lead_id.is_some(), self.external_id.is_some(), self.email.is_some()]
            .iter()
            .filter(|is| **is)
            .count()
            != 1
        {
            wrong("", "Name the lead by exactly one of `lead_id`, `external_id` and `email`.".into());
        }
        if self.source.is_some() && self.external_id.is_none() {
            wrong("/source", "`source` says whose `external_id` it is, and there is none.".into());
        }
        if self.email.as_deref().is_some_and(|email| normal_email(email).is_none()) {
            wrong("/email", "This is not an e-mail address.".into());
        }
        if let Some(id) = &self.external_id
            && let Err(why) = identity::external_id(id)
        {
            wrong("/external_id", why.sentence(id));
        }
        let texts = [
            ("/external_id", &self.external_id, FOREIGN_CHARS),
            ("/source", &self.source, limits::NAME_CHARS),
            ("/by", &self.by, FOREIGN_CHARS),
            ("/opportunity_id", &self.opportunity_id, FOREIGN_CHARS),
        ];
        for (pointer, text, chars) in texts {
            if text.as_ref().is_some_and(|text| {
                text.trim().is_empty() || text.chars().count() > chars || text.contains(char::is_control)
            }) {
                wrong(pointer, format!("This is 1 to {chars} characters, none of them a control character."));
            }
        }
        if self.reason.as_ref().is_some_and(|text| {
            text.trim().is_empty() || text.chars().count() > REASON_CHARS || text.contains('\0')
        }) {
            wrong("/reason", format!("A reason is 1 to {REASON_CHARS} characters."));
        }
        if self.amount.is_some_and(|amount| !(0.0..=AMOUNT).contains(&amount)) {
            wrong("/amount", "An amount is a number from 0 to 10,000,000,000,000.".into());
        }
        match &self.currency {
            Some(code) if code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) => {
                wrong("/currency", "A currency is three capital letters, as in ISO 4217.".into());
            }
            None if self.amount.is_some() => wrong("/currency", "An amount needs a currency.".into()),
            _ => {}
        }
        if self.at > now + TimeDelta::minutes(limits::FUTURE_MINUTES) {
            wrong("/at", format!("This is more than {} minutes in the future.", limits::FUTURE_MINUTES));
        }
        if self.at.timestamp() < 0 {
            wrong("/at", "This is before 1970.".into());
        }
        problems
    }
}

impl From<OutcomeRefusal> for Failure {
    fn from(refusal: OutcomeRefusal) -> Self {
        match refusal {
            OutcomeRefusal::KeyReused => {
                let detail = "This idempotency key was already used with a different body.";
                Self::new(FailureKind::KeyReused, detail).at("Idempotency-Key", detail)
            }
            OutcomeRefusal::UnknownLead => {
                Self::new(FailureKind::UnknownLead, "No lead, or more than one, matches.")
            }
            OutcomeRefusal::Erased => Self::new(FailureKind::Erased, "The person was erased."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pointers(value: serde_json::Value) -> Vec<String> {
        let request: OutcomeRequest = serde_json::from_value(value).unwrap();
        request.check(Utc::now()).into_iter().map(|problem| problem.pointer).collect()
    }

    #[test]
    fn a_lead_is_named_in_one_way() {
        let at = "2026-11-22T09:00:00Z".parse::<DateTime<Utc>>().unwrap().min(Utc::now());
        assert_eq!(pointers(json!({ "stage": "won", "at": at })), [""]);
        assert_eq!(
            pointers(json!({ "stage": "won", "at": at, "email": "a@b.example", "external_id": "7" })),
            [""]
        );
        assert_eq!(
            pointers(json!({ "stage": "won", "at": at, "email": "a@b.example", "source": "crm" })),
            ["/source"]
        );
        assert_eq!(
            pointers(json!({ "stage": "won", "at": at, "external_id": "7", "source": "crm" })),
            [] as [&str; 0]
        );
    }

    #[test]
    fn every_bad_part_is_named() {
        let found = pointers(json!({
            "stage": "won", "at": Utc::now() + TimeDelta::minutes(6), "email": "nobody", "by": " ", "amount": -1.0,
            "currency": "eur", "opportunity_id": "x".repeat(301), "reason": "",
        }));
        assert_eq!(found, ["/email", "/by", "/opportunity_id", "/reason", "/amount", "/currency", "/at"]);
        assert_eq!(
            pointers(
                json!({ "stage": "won", "at": "1969-12-31T23:59:59Z", "email": "a@b.example", "amount": 5 })
            ),
            ["/currency", "/at"]
        );
    }
}
