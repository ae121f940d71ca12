//! Outcomes: the stages that leads actually reached.
//!
//! Hand-written SQL: outcomes are append-only and have no entities.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use engine::control::outcome::OutcomeStage;
use engine::ids::{LeadId, OutcomeId};
use engine::time::micros;
use serde::Serialize;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::columns::{TableRow as _, columns};
use crate::error::Result;
use crate::hash::{hex_or_null, row_hash, stamp_or_null};
use crate::ingest;
use crate::keyring::{CiphertextLocation, DataKey, Keyring};
use crate::pool::Store;

/// An outcome as it is reported.
#[derive(Clone, Debug, PartialEq)]
pub struct OutcomeInput {
    /// Stage that the lead reached.
    pub stage: OutcomeStage,
    /// When the stage was reached; `None` if an import does not state it.
    pub at: Option<DateTime<Utc>>,
    /// Who caused the outcome.
    pub by: Option<String>,
    /// Amount, as a decimal number.
    pub amount: Option<String>,
    /// ISO 4217 currency code.
    pub currency: Option<String>,
    /// ID of the opportunity in the CRM.
    pub opportunity_id: Option<String>,
    /// Reason.
    pub reason: Option<String>,
}

/// An outcome as it is stored. Its hash covers exactly these columns.
#[derive(Clone, Debug, Serialize, FromRow)]
pub struct OutcomeRow {
    /// Unique ID.
    pub id: Uuid,
    /// The lead.
    pub lead_id: Uuid,
    /// Stage that the lead reached.
    pub stage: String,
    /// When the stage was reached, if known.
    #[serde(serialize_with = "stamp_or_null")]
    pub at: Option<DateTime<Utc>>,
    /// Who caused the outcome.
    pub by_whom: Option<String>,
    /// Amount, as written.
    pub amount: Option<String>,
    /// Currency of the amount.
    pub currency: Option<String>,
    /// ID of the opportunity in the CRM.
    pub opportunity_id: Option<String>,
    /// Reason, encrypted.
    #[serde(serialize_with = "hex_or_null")]
    pub reason: Option<Vec<u8>>,
    /// When it was received.
    #[serde(with = "micros")]
    pub received_at: DateTime<Utc>,
    /// Who reported it, as the audit log names actors.
    pub received_from: String,
}

columns!(OutcomeRow {
    id,
    lead_id,
    stage,
    at,
    by_whom,
    amount,
    currency,
    opportunity_id,
    reason,
    received_at,
    received_from,
});

impl OutcomeRow {
    /// Builds the row for an outcome, and seals its reason with the lead's key.
    pub fn new(
        id: Uuid,
        lead: LeadId,
        key: &DataKey,
        input: &OutcomeInput,
        received_at: DateTime<Utc>,
        received_from: &str,
    ) -> Self {
        let place = CiphertextLocation { column: "outcomes.reason", row: id };
        Self {
            id,
            lead_id: lead.0,
            stage: input.stage.to_string(),
            at: input.at.map(engine::time::cut),
            by_whom: input.by.clone(),
            amount: input.amount.clone(),
            currency: input.currency.clone(),
            opportunity_id: input.opportunity_id.clone(),
            reason: input.reason.as_ref().map(|reason| key.seal(reason.as_bytes(), place)),
            received_at: engine::time::cut(received_at),
            received_from: received_from.to_owned(),
        }
    }
}

/// Inserts outcomes, and updates each lead's stage to its latest outcome.
///
/// # Errors
/// Returns an error if the database rejects a row.
pub async fn insert(connection: &mut PgConnection, rows: &[OutcomeRow]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let hashes =
        rows.iter().map(|row| Ok(row_hash("outcomes", row)?.0.to_vec())).collect::<Result<Vec<_>>>()?;
    let columns = OutcomeRow::columns(rows).and("hash", hashes.iter());
    let names = columns.names();
    // The amount is bound as text, because the hash covers it as written.
    let values = names.replace("amount", "amount::numeric");
    let sql = format!("INSERT INTO outcomes ({names}) SELECT {values} FROM {}", columns.table("o"));
    columns.query(sql)?.execute(&mut *connection).await?;
    let leads: Vec<Uuid> = rows.iter().map(|row| row.lead_id).collect();
    restage(connection, &leads).await
}

/// Updates leads to the stage of their latest outcome, or of a lead that was merged into them. A verdict that hands a lead on
/// opens it again.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn restage(connection: &mut PgConnection, leads: &[Uuid]) -> Result<()> {
    sqlx::query("UPDATE leads l SET stage = current_stage(l.id) WHERE l.id = ANY($1)")
        .bind(leads)
        .execute(connection)
        .await?;
    Ok(())
}

/// How an outcome identifies its lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutcomeSubject {
    /// By lead ID.
    Lead(LeadId),
    /// By an ID in a source system; matches any source if none is given.
    External {
        /// The source system.
        source: Option<String>,
        /// The person's ID in the source system.
        id: String,
    },
    /// By e-mail address.
    Email(String),
}

/// Returns the lead that an outcome identifies, following merges, or `None` if there is no match or an external ID
/// without a source is ambiguous.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn find(
    connection: &mut PgConnection,
    keyring: &Keyring,
    subject: &OutcomeSubject,
) -> Result<Option<LeadId>> {
    let found: Vec<Uuid> = match subject {
        OutcomeSubject::Lead(id) => follow(connection, &[id.0]).await?.into_values().collect(),
        OutcomeSubject::External { source: Some(source), id } => {
            let identity = ingest::external_identity(keyring, source, id);
            ingest::find(connection, &[identity].into()).await?.into_values().collect()
        }
        OutcomeSubject::External { source: None, id } => {
            let (kind, _, value) = ingest::external_identity(keyring, "", id);
            let sources: Vec<String> = sqlx::query_scalar(
                "SELECT source FROM lead_identities WHERE kind = $1 AND value_hmac = $2 LIMIT 2",
            )
            .bind(kind)
            .bind(&value)
            .fetch_all(&mut *connection)
            .await?;
            let identities = sources.into_iter().map(|source| (kind, source, value.clone())).collect();
            ingest::find(connection, &identities).await?.into_values().collect()
        }
        OutcomeSubject::Email(email) => {
            let identities: Vec<ingest::LeadIdentity> = ingest::email_identities(keyring, email).collect();
            let owners = ingest::find(connection, &identities.iter().cloned().collect()).await?;
            // The normal form comes first.
            identities.iter().find_map(|identity| owners.get(identity).copied()).into_iter().collect()
        }
    };
    match found.as_slice() {
        [lead] => Ok(Some(LeadId(*lead))),
        [lead, other] if lead == other => Ok(Some(LeadId(*lead))),
        _ => Ok(None),
    }
}

/// Maps lead IDs to the leads they were merged into, or to themselves. Unknown IDs are omitted.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn follow(connection: &mut PgConnection, ids: &[Uuid]) -> Result<HashMap<Uuid, Uuid>> {
    let rows: Vec<(Uuid, Uuid)> = sqlx::query_as(
        "WITH RECURSIVE f AS (SELECT id AS named, id FROM leads WHERE id = ANY($1) \
           UNION ALL SELECT f.named, a.merged_into FROM f JOIN lead_aliases a ON a.lead_id = f.id) \
         SELECT named, id FROM f WHERE NOT EXISTS (SELECT 1 FROM lead_aliases a WHERE a.lead_id = f.id)",
    )
    .bind(ids)
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().collect())
}

/// Locks leads in ID order and unwraps their keys; an erased lead has no key.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn lock_leads(
    connection: &mut PgConnection,
    keyring: &Keyring,
    leads: &BTreeSet<LeadId>,
) -> Result<HashMap<LeadId, Option<DataKey>>> {
    let rows: Vec<(Uuid, Option<Vec<u8>>)> =
        sqlx::query_as("SELECT id, data_key FROM leads WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE")
            .bind(leads.iter().map(|lead| lead.0).collect::<Vec<_>>())
            .fetch_all(connection)
            .await?;
    rows.into_iter()
        .map(|(id, wrapped)| {
            Ok((LeadId(id), wrapped.map(|wrapped| keyring.unwrap_data_key(id, &wrapped)).transpose()?))
        })
        .collect()
}

/// An outcome as the API serves it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// Unique ID.
    pub outcome_id: OutcomeId,
    /// Stage that the lead reached.
    pub stage: OutcomeStage,
    /// When the stage was reached, if known.
    #[serde(serialize_with = "stamp_or_null")]
    pub at: Option<DateTime<Utc>>,
    /// Who caused the outcome.
    pub by: Option<String>,
    /// Amount, as a decimal number.
    pub amount: Option<String>,
    /// Currency of the amount.
    pub currency: Option<String>,
    /// ID of the opportunity in the CRM.
    pub opportunity_id: Option<String>,
    /// Reason; `None` if not given or if the person has been erased.
    pub reason: Option<String>,
}

/// Returns the outcomes of a lead, oldest first.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn of_lead(store: &Store, lead: LeadId) -> Result<Vec<Outcome>> {
    let rows: Vec<OutcomeRow> = sqlx::query_as(
        "SELECT id, lead_id, stage, at, by_whom, amount::text AS amount, currency, opportunity_id, reason, received_at, received_from \
         FROM standing_outcomes WHERE lead_id = $1 ORDER BY at, id LIMIT 1000",
    )
    .bind(lead.0)
    .fetch_all(store.pool())
    .await?;
    let wrapped: Option<Option<Vec<u8>>> = sqlx::query_scalar("SELECT data_key FROM leads WHERE id = $1")
        .bind(lead.0)
        .fetch_optional(store.pool())
        .await?;
    let key =
        wrapped.flatten().map(|wrapped| store.keyring().unwrap_data_key(lead.0, &wrapped)).transpose()?;
    rows.into_iter()
        .map(|row| {
            let reason = match (&key, &row.reason) {
                (Some(key), Some(reason)) => Some(
                    String::from_utf8_lossy(
                        &key.open(reason, CiphertextLocation { column: "outcomes.reason", row: row.id })?,
                    )
                    .into_owned(),
                ),
                _ => None,
            };
            Ok(Outcome {
                outcome_id: row.id.into(),
                stage: row.stage.parse().map_err(|_| {
                    crate::Error::Corrupt(format!("outcome {} has an unreadable stage", row.id))
                })?,
                at: row.at,
                by: row.by_whom,
                amount: row.amount,
                currency: row.currency,
                opportunity_id: row.opportunity_id,
                reason,
            })
        })
        .collect()
}
