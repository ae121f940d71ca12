//! Leads: reading a profile.
//!
//! Hand-written SQL: leads and their states are on the hot path of events.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use engine::action::Action;
use engine::ids::{DecisionId, LeadId};
use serde::Serialize;
use sqlx::FromRow;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::pool::Store;

/// Current state of a lead.
#[derive(Clone, Debug, Serialize)]
pub struct Lead {
    /// Unique ID.
    pub lead_id: LeadId,
    /// The lead that it was merged into, if any.
    pub merged_into: Option<LeadId>,
    /// E-mail address.
    pub email: Option<String>,
    /// Full name.
    pub name: Option<String>,
    /// Company name.
    pub company: Option<String>,
    /// Company domain.
    pub domain: Option<String>,
    /// The person's ID in the source system.
    pub external_id: Option<String>,
    /// Address of the person the lead is assigned to.
    pub assignee: Option<String>,
    /// Stage of the latest outcome.
    pub stage: Option<String>,
    /// When the first event about the lead was received.
    #[serde(with = "engine::time::micros")]
    pub created_at: DateTime<Utc>,
    /// Whether the person was erased.
    pub erased: bool,
    /// State in each workflow.
    pub workflows: Vec<LeadInWorkflow>,
}

/// State of a lead in one workflow.
#[derive(Clone, Debug, Serialize)]
pub struct LeadInWorkflow {
    /// Name of the workflow.
    pub workflow: String,
    /// Latest decision in the workflow.
    pub decision_id: DecisionId,
    /// The action that was decided.
    pub action: Action,
    /// `as_of` of that decision, or of an earlier one from a process with a faster clock.
    #[serde(with = "engine::time::micros")]
    pub as_of: DateTime<Utc>,
    /// The action that counts: that of the person's verdict on the decision, if one stands, and else `action`.
    pub effective_action: Action,
    /// When that action was decided.
    #[serde(with = "engine::time::micros")]
    pub effective_at: DateTime<Utc>,
    /// The verdict or the decision that counts.
    #[serde(skip)]
    pub effective_id: Uuid,
    /// Queue that the lead waits in: `sdr`, `manual` or none.
    pub queue: Option<String>,
}

#[derive(FromRow)]
struct LeadRow {
    merged_into: Option<Uuid>,
    email: Option<String>,
    name: Option<String>,
    company: Option<String>,
    domain: Option<String>,
    external_id: Option<String>,
    assignee: Option<String>,
    stage: Option<String>,
    created_at: DateTime<Utc>,
    erased: bool,
}

#[derive(FromRow)]
struct StandingRow {
    workflow: String,
    last_decision_id: Uuid,
    last_action: String,
    last_as_of: DateTime<Utc>,
    effective_id: Uuid,
    effective_action: String,
    effective_at: DateTime<Utc>,
    queue: Option<String>,
}

/// Returns the domains that identify each lead's account: the company domain and the domain of the e-mail address.
/// Leads without either are omitted.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn domains(store: &Store, leads: &[LeadId]) -> Result<HashMap<LeadId, Vec<String>>> {
    let ids: Vec<Uuid> = leads.iter().map(|lead| lead.0).collect();
    let rows: Vec<(Uuid, String)> = sqlx::query_as(
        "SELECT l.id, lower(d.domain) FROM leads l CROSS JOIN LATERAL (VALUES (l.domain), (split_part(l.email, '@', 2))) AS d (domain) \
         WHERE l.id = ANY($1) AND d.domain <> ''",
    )
    .bind(ids)
    .fetch_all(store.pool())
    .await?;
    let mut domains: HashMap<LeadId, Vec<String>> = HashMap::new();
    for (lead, domain) in rows {
        domains.entry(lead.into()).or_default().push(domain);
    }
    Ok(domains)
}

/// What a lead is called.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct NamedLead {
    /// Unique ID.
    pub id: Uuid,
    /// Full name.
    pub name: Option<String>,
    /// Company name.
    pub company: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// The person's ID in the source system.
    pub external_id: Option<String>,
}

/// Returns what leads are called. Leads that were erased have no name.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn names(store: &Store, leads: &[LeadId]) -> Result<HashMap<LeadId, NamedLead>> {
    let ids: Vec<Uuid> = leads.iter().map(|lead| lead.0).collect();
    let rows: Vec<NamedLead> =
        sqlx::query_as("SELECT id, name, company, email, external_id FROM leads WHERE id = ANY($1)")
            .bind(ids)
            .fetch_all(store.pool())
            .await?;
    Ok(rows.into_iter().map(|row| (row.id.into(), row)).collect())
}

/// Returns a lead by its ID.
///
/// # Errors
/// Returns [`Error::NotFound`] if it does not exist.
pub async fn get(store: &Store, id: LeadId) -> Result<Lead> {
    let row: LeadRow = sqlx::query_as(
        "SELECT a.merged_into, l.email, l.name, l.company, l.domain, l.external_id, l.assignee, l.stage, l.created_at, l.erased_at IS NOT NULL AS erased \
         FROM leads l LEFT JOIN lead_aliases a ON a.lead_id = l.id WHERE l.id = $1",
    )
    .bind(id.0)
    .fetch_optional(store.pool())
    .await?
    .ok_or(Error::NotFound("lead"))?;
    let standings: Vec<StandingRow> = sqlx::query_as(
        "SELECT w.name AS workflow, s.last_decision_id, s.last_action, s.last_as_of, s.effective_id, s.effective_action, s.effective_at, s.queue FROM lead_states s JOIN workflows w ON w.id = s.workflow_id \
         WHERE s.lead_id = $1 ORDER BY w.name",
    )
    .bind(id.0)
    .fetch_all(store.pool())
    .await?;
    let workflows = standings
        .into_iter()
        .map(|row| {
            let action = |text: &str| {
                text.parse().map_err(|_| Error::Corrupt(format!("lead {id} has an unreadable action")))
            };
            Ok(LeadInWorkflow {
                decision_id: row.last_decision_id.into(),
                action: action(&row.last_action)?,
                as_of: row.last_as_of,
                effective_action: action(&row.effective_action)?,
                effective_at: row.effective_at,
                effective_id: row.effective_id,
                workflow: row.workflow,
                queue: row.queue,
            })
        })
        .collect::<Result<_>>()?;
    Ok(Lead {
        lead_id: id,
        merged_into: row.merged_into.map(LeadId),
        email: row.email,
        name: row.name,
        company: row.company,
        domain: row.domain,
        external_id: row.external_id,
        assignee: row.assignee,
        stage: row.stage,
        created_at: row.created_at,
        erased: row.erased,
        workflows,
    })
}
