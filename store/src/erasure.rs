//! Erasing a person, and what the destinations still hold then.
//!
//! Hand-written SQL: leads are on the hot path of events, and the deliveries of a person are grouped by record.

use chrono::{DateTime, Utc};
use engine::canonical::Digest;
use engine::ids::LeadId;
use serde_json::json;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::actor::Actor;
use crate::control::{Audit, audit};
use crate::error::{Error, Result};
use crate::pool::Store;

/// What is stored about a person.
#[derive(Clone, Debug)]
pub struct StoredAboutPerson {
    /// The lead, and all that were merged into it. They are one person and erased together.
    pub leads: Vec<LeadId>,
    /// Number of events.
    pub events: i64,
    /// Number of decisions.
    pub decisions: i64,
    /// Number of outcomes.
    pub outcomes: i64,
    /// Number of identities, such as e-mail addresses and external IDs.
    pub identities: i64,
    /// Number of effects that have not been sent yet.
    pub waiting: i64,
    /// The records at destinations, by destination.
    pub held: Vec<HeldRecord>,
}

/// A record that a destination received about a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldRecord {
    /// Name of the destination.
    pub destination: String,
    /// Kind of the destination, for example `webhook`.
    pub kind: String,
    /// Key of the record at the destination.
    pub remote_key: Digest,
    /// Number of deliveries to it.
    pub deliveries: i64,
    /// When the last one arrived.
    pub last_at: DateTime<Utc>,
}

#[derive(FromRow)]
struct HeldRow {
    destination: String,
    kind: String,
    remote_key: Vec<u8>,
    deliveries: i64,
    last_at: DateTime<Utc>,
}

/// Returns what is stored about the person that a lead stands for. The records at destinations are known after erasure too.
///
/// # Errors
/// Returns [`Error::NotFound`] if the lead does not exist.
pub async fn stored_about(store: &Store, lead: LeadId) -> Result<StoredAboutPerson> {
    let mut connection = store.pool().acquire().await?;
    let leads = person(&mut connection, lead).await?;
    let (events, decisions, outcomes, identities, waiting): (i64, i64, i64, i64, i64) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM events WHERE lead_id = ANY($1)), (SELECT count(*) FROM decisions WHERE lead_id = ANY($1)), \
           (SELECT count(*) FROM outcomes WHERE lead_id = ANY($1)), (SELECT count(*) FROM lead_identities WHERE lead_id = ANY($1)), \
           (SELECT count(*) FROM outbox WHERE lead_id = ANY($1))",
    )
    .bind(&leads)
    .fetch_one(&mut *connection)
    .await?;
    let rows: Vec<HeldRow> = sqlx::query_as(
        "SELECT n.name AS destination, n.kind, e.remote_key, count(*) AS deliveries, max(d.finished_at) AS last_at \
         FROM effects e JOIN deliveries d ON d.effect_id = e.id AND d.result = 'delivered' JOIN destinations n ON n.id = e.destination_id \
         WHERE e.lead_id = ANY($1) GROUP BY 1, 2, 3 ORDER BY 1, 5 DESC",
    )
    .bind(&leads)
    .fetch_all(&mut *connection)
    .await?;
    let record = |row: HeldRow| {
        let remote_key = Digest::from_slice(&row.remote_key)
            .ok_or_else(|| Error::Corrupt(format!("an effect for {} has no remote key", row.destination)))?;
        let HeldRow { destination, kind, deliveries, last_at, .. } = row;
        Ok(HeldRecord { destination, kind, remote_key, deliveries, last_at })
    };
    let held = rows.into_iter().map(record).collect::<Result<_>>()?;
    let leads = leads.into_iter().map(LeadId).collect();
    Ok(StoredAboutPerson { leads, events, decisions, outcomes, identities, waiting, held })
}

/// Returns the lead that remains, followed by those that were merged into it.
async fn person(connection: &mut PgConnection, lead: LeadId) -> Result<Vec<Uuid>> {
    let leads: Vec<Uuid> = sqlx::query_scalar(
        "WITH remains AS (SELECT coalesce(a.merged_into, l.id) AS id FROM leads l LEFT JOIN lead_aliases a ON a.lead_id = l.id WHERE l.id = $1) \
         SELECT id FROM remains UNION ALL (SELECT a.lead_id FROM lead_aliases a JOIN remains r ON a.merged_into = r.id ORDER BY 1)",
    )
    .bind(lead.0)
    .fetch_all(connection)
    .await?;
    if leads.is_empty() { Err(Error::NotFound("lead")) } else { Ok(leads) }
}

/// Erases a person: clears the profiles, destroys the keys to their data in the log, and deletes identities and feature rows, of
/// the lead and of all leads that are merged with it. Log rows and their hashes remain unchanged.
///
/// # Errors
/// Returns [`Error::NotFound`] if the lead does not exist.
pub async fn erase(store: &Store, actor: &Actor, lead: LeadId, reason: &str) -> Result<Vec<LeadId>> {
    let mut tx = store.begin().await?;
    let leads = person(&mut tx, lead).await?;
    sqlx::query("SELECT FROM leads WHERE id = ANY($1) ORDER BY id FOR UPDATE")
        .bind(&leads)
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "UPDATE leads SET data_key = NULL, email = NULL, name = NULL, company = NULL, domain = NULL, external_source = NULL, external_id = NULL, \
         email_at = NULL, name_at = NULL, company_at = NULL, domain_at = NULL, external_at = NULL, \
         erased_at = coalesce(erased_at, $2) WHERE id = ANY($1)",
    )
    .bind(&leads)
    .bind(actor.now)
    .execute(&mut *tx)
    .await?;
    sqlx::query("DELETE FROM lead_identities WHERE lead_id = ANY($1)").bind(&leads).execute(&mut *tx).await?;
    sqlx::query("DELETE FROM features WHERE lead_id = ANY($1)").bind(&leads).execute(&mut *tx).await?;
    // An erased lead needs no decision by a person, neither about the lead nor about whom it is the same as.
    sqlx::query("UPDATE lead_states SET queue = NULL, queued_at = NULL, suggested = NULL WHERE lead_id = ANY($1) AND queue IS NOT NULL")
        .bind(&leads)
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "UPDATE merge_suggestions SET reason = NULL, closed_at = coalesce(closed_at, $2), closed_by = coalesce(closed_by, $3), \
         verdict = coalesce(verdict, 'erased') WHERE lead_id = ANY($1) OR other_lead_id = ANY($1)",
    )
    .bind(&leads)
    .bind(actor.now)
    .bind(actor.who.to_string())
    .execute(&mut *tx)
    .await?;
    let others: Vec<Uuid> = leads.iter().copied().filter(|id| *id != lead.0).collect();
    let entry = Audit {
        action: "lead.erase",
        subject: &format!("lead:{lead}"),
        lead: Some(lead),
        detail: json!({ "reason": reason, "merged": others }),
    };
    audit(&mut tx, actor, entry).await?;
    tx.commit().await?;
    Ok(leads.into_iter().map(LeadId).collect())
}
