//! `GET /api/v1/leads/{id}`: the current state of a lead.

use axum::Json;
use axum::extract::State as FromState;
use chrono::{DateTime, Utc};
use engine::action::Action;
use engine::control::outcome::OutcomeStage;
use engine::decision::Mode;
use engine::ids::{DecisionId, LeadId, OutcomeId};
use schemars::JsonSchema;
use serde::Serialize;
use store::log::DecisionFilter;

use super::caller::ApiCaller;
use super::query::Id;
use crate::http::{Failure, State};

/// Maximum number of decisions in the response. All of them are at `/decisions?lead_id=…`.
const DECISIONS: i64 = 50;

/// A lead.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct LeadAnswer {
    /// Its id.
    pub lead_id: LeadId,
    /// The lead it was merged into, if it was.
    pub merged_into: Option<LeadId>,
    /// E-mail address.
    pub email: Option<String>,
    /// Full name.
    pub name: Option<String>,
    /// Company name.
    pub company: Option<String>,
    /// Company domain.
    pub domain: Option<String>,
    /// The person it is assigned to.
    pub assignee: Option<String>,
    /// Latest outcome stage.
    pub stage: Option<OutcomeStage>,
    /// When it was first heard of.
    #[serde(with = "engine::time::micros")]
    #[schemars(with = "DateTime<Utc>")]
    pub created_at: DateTime<Utc>,
    /// Whether the person was erased.
    pub erased: bool,
    /// Where it stands in each workflow.
    pub workflows: Vec<LeadInWorkflow>,
    /// What really happened, oldest first.
    pub outcomes: Vec<Outcome>,
    /// The latest decisions, newest first.
    pub decisions: Vec<DecisionSummary>,
}

/// Where a lead stands in one workflow.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Standing")]
pub(super) struct LeadInWorkflow {
    /// The workflow's name.
    pub workflow: String,
    /// Its last decision there.
    pub decision_id: DecisionId,
    /// What was decided.
    pub action: Action,
    /// `as_of` of that decision.
    #[serde(with = "engine::time::micros")]
    #[schemars(with = "DateTime<Utc>")]
    pub as_of: DateTime<Utc>,
    /// The action that counts: that of a person's verdict on the decision, if one stands, and else `action`.
    pub effective_action: Action,
    /// When that was decided.
    #[serde(with = "engine::time::micros")]
    #[schemars(with = "DateTime<Utc>")]
    pub effective_at: DateTime<Utc>,
    /// The queue it waits in: `sdr`, `manual` or none.
    pub queue: Option<String>,
}

/// Something that really happened.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Outcome {
    /// Its id.
    pub outcome_id: OutcomeId,
    /// The stage that was reached.
    pub stage: OutcomeStage,
    /// When, if known.
    pub at: Option<DateTime<Utc>>,
    /// Who brought it about.
    pub by: Option<String>,
    /// Money, in units of `currency`.
    pub amount: Option<f64>,
    /// The currency of `amount`, ISO 4217.
    pub currency: Option<String>,
    /// The opportunity in the CRM.
    pub opportunity_id: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

/// A decision in short.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct DecisionSummary {
    /// Its id.
    pub decision_id: DecisionId,
    /// The workflow's name.
    pub workflow: String,
    /// The mode.
    pub mode: Mode,
    /// The rule that fired; `null` by default.
    pub rule_id: Option<String>,
    /// What was decided.
    pub action: Action,
    /// The least confidence among the fields the fired rule read.
    pub confidence: Option<f64>,
    /// `now`, as the rules saw it.
    #[serde(with = "engine::time::micros")]
    #[schemars(with = "DateTime<Utc>")]
    pub as_of: DateTime<Utc>,
}

/// Returns a lead.
pub(super) async fn show(
    FromState(state): FromState<State>,
    _: ApiCaller,
    Id(id): Id,
) -> Result<Json<LeadAnswer>, Failure> {
    let id = LeadId(id);
    let lead = store::leads::get(&state.store, id).await?;
    let outcomes = store::outcomes::of_lead(&state.store, id).await?;
    let filter = DecisionFilter { lead: Some(id), ..DecisionFilter::default() };
    let decisions = store::log::decisions(&state.store, &filter, None, DECISIONS).await?;
    Ok(Json(LeadAnswer {
        lead_id: lead.lead_id,
        merged_into: lead.merged_into,
        email: lead.email,
        name: lead.name,
        company: lead.company,
        domain: lead.domain,
        assignee: lead.assignee,
        stage: lead.stage.and_then(|stage| stage.parse().ok()),
        created_at: lead.created_at,
        erased: lead.erased,
        workflows: lead.workflows.into_iter().map(LeadInWorkflow::from).collect(),
        outcomes: outcomes.into_iter().map(Outcome::from).collect(),
        decisions: decisions.into_iter().map(DecisionSummary::from).collect(),
    }))
}

impl From<store::leads::LeadInWorkflow> for LeadInWorkflow {
    fn from(standing: store::leads::LeadInWorkflow) -> Self {
        Self {
            workflow: standing.workflow,
            decision_id: standing.decision_id,
            action: standing.action,
            as_of: standing.as_of,
            effective_action: standing.effective_action,
            effective_at: standing.effective_at,
            queue: standing.queue,
        }
    }
}

impl From<store::outcomes::Outcome> for Outcome {
    fn from(outcome: store::outcomes::Outcome) -> Self {
        Self {
            outcome_id: outcome.outcome_id,
            stage: outcome.stage,
            at: outcome.at,
            by: outcome.by,
            amount: outcome.amount.and_then(|amount| amount.parse().ok()),
            currency: outcome.currency,
            opportunity_id: outcome.opportunity_id,
            reason: outcome.reason,
        }
    }
}

impl From<engine::decision::Decision> for DecisionSummary {
    fn from(decision: engine::decision::Decision) -> Self {
        Self {
            decision_id: decision.decision_id,
            workflow: decision.workflow,
            mode: decision.mode,
            rule_id: decision.rule_id,
            action: decision.action,
            confidence: decision.confidence,
            as_of: decision.as_of,
        }
    }
}
