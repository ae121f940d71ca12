//! Merging leads that are the same person, declining such suggestions, and undoing merges.
//!
//! Hand-written SQL: chains of aliases, and joins of suggestions with the leads that remain.

use chrono::{DateTime, Utc};
use engine::ids::LeadId;
use serde_json::json;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::actor::Actor;
use crate::control::{Audit, audit};
use crate::error::{Error, Result};
use crate::outcomes::restage;
use crate::pool::Store;

/// Maximum length of a reason, in characters, which the database enforces.
pub const REASON_CHARS: usize = 1_000;

/// Two leads as a suggestion names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SuggestedPair {
    /// The lead with the external ID.
    pub lead: LeadId,
    /// The lead with the e-mail address.
    pub other: LeadId,
}

/// A suggestion to merge two leads, with what they are called.
#[derive(Clone, Debug, FromRow)]
pub struct MergeSuggestion {
    /// The lead with the external ID, as the event found it.
    pub lead_id: Uuid,
    /// The lead with the e-mail address, as the event found it.
    pub other_lead_id: Uuid,
    /// The lead that the first one is part of by now.
    pub lead_now: Uuid,
    /// The lead that the second one is part of by now.
    pub other_now: Uuid,
    /// Name, company or address of the first lead.
    pub lead: Option<String>,
    /// Name, company or address of the second lead.
    pub other: Option<String>,
    /// The event that named both.
    pub event_id: Uuid,
    /// When that event was received.
    pub opened_at: DateTime<Utc>,
    /// When it was decided.
    pub closed_at: Option<DateTime<Utc>>,
    /// Who decided it, as the audit log names actors.
    pub closed_by: Option<String>,
    /// What was decided: `merged`, `declined`, or `erased` if a person was erased before.
    pub verdict: Option<String>,
    /// Why it was decided so.
    pub reason: Option<String>,
}

impl MergeSuggestion {
    /// Returns the pair that identifies the suggestion.
    pub fn pair(&self) -> SuggestedPair {
        SuggestedPair { lead: self.lead_id.into(), other: self.other_lead_id.into() }
    }
}

const SUGGESTIONS: &str = "SELECT s.lead_id, s.other_lead_id, coalesce(a.merged_into, s.lead_id) AS lead_now, \
    coalesce(b.merged_into, s.other_lead_id) AS other_now, coalesce(l.name, l.company, l.email) AS lead, \
    coalesce(o.name, o.company, o.email) AS other, s.event_id, s.opened_at, s.closed_at, s.closed_by, s.verdict, s.reason \
    FROM merge_suggestions s JOIN leads l ON l.id = s.lead_id JOIN leads o ON o.id = s.other_lead_id \
    LEFT JOIN lead_aliases a ON a.lead_id = s.lead_id LEFT JOIN lead_aliases b ON b.lead_id = s.other_lead_id";

/// Returns the open suggestions, newest first.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn open(store: &Store, limit: i64) -> Result<Vec<MergeSuggestion>> {
    let sql =
        format!("{SUGGESTIONS} WHERE s.closed_at IS NULL ORDER BY s.opened_at DESC, s.lead_id LIMIT $1");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(limit).fetch_all(store.pool()).await?)
}

/// Returns the decided suggestions, newest first.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn decided(store: &Store, limit: i64) -> Result<Vec<MergeSuggestion>> {
    let sql =
        format!("{SUGGESTIONS} WHERE s.closed_at IS NOT NULL ORDER BY s.closed_at DESC, s.lead_id LIMIT $1");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(limit).fetch_all(store.pool()).await?)
}

/// Returns how many suggestions are open.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn count_open(store: &Store) -> Result<i64> {
    let sql = "SELECT count(*) FROM merge_suggestions WHERE closed_at IS NULL";
    Ok(sqlx::query_scalar(sql).fetch_one(store.pool()).await?)
}

/// Returns a suggestion.
///
/// # Errors
/// Returns [`Error::NotFound`] if this merge was not suggested.
pub async fn suggestion(store: &Store, pair: SuggestedPair) -> Result<MergeSuggestion> {
    let sql = format!("{SUGGESTIONS} WHERE s.lead_id = $1 AND s.other_lead_id = $2");
    sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(pair.lead.0)
        .bind(pair.other.0)
        .fetch_optional(store.pool())
        .await?
        .ok_or(Error::NotFound("merge suggestion"))
}

/// A source that knows a lead by an identity. The identity itself is stored as a keyed hash only.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct KnownBy {
    /// The kind: `external` or `email`.
    pub kind: String,
    /// The source system; empty for e-mail addresses.
    pub source: String,
    /// The number of identities of this kind and source.
    pub count: i64,
}

/// Returns what identifies a lead.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn known_by(store: &Store, lead: LeadId) -> Result<Vec<KnownBy>> {
    let sql = "SELECT kind, source, count(*) AS count FROM lead_identities WHERE lead_id = $1 GROUP BY 1, 2 ORDER BY 1 DESC, 2";
    Ok(sqlx::query_as(sql).bind(lead.0).fetch_all(store.pool()).await?)
}

/// Merges two leads: from now on, `merged` is an alias of `keep`. Closes the suggestion and every other one about the two.
///
/// # Errors
/// Returns [`Error::Refused`] if the suggestion was decided already, a lead was merged elsewhere meanwhile or a person was erased.
pub async fn accept(
    store: &Store,
    actor: &Actor,
    pair: SuggestedPair,
    keep: LeadId,
    reason: &str,
) -> Result<()> {
    let mut tx = store.begin().await?;
    let (lead, other) = lock_open(&mut tx, pair).await?;
    let merged = match keep.0 {
        id if id == lead => other,
        id if id == other => lead,
        _ => return Err(Error::Refused("the lead to keep is not one of the two; reload the page".into())),
    };
    append(&mut tx, actor, merged, keep.0, "merge").await?;
    sqlx::query("UPDATE lead_aliases SET merged_into = $2 WHERE merged_into = $1")
        .bind(merged)
        .bind(keep.0)
        .execute(&mut *tx)
        .await?;
    sqlx::query("INSERT INTO lead_aliases (lead_id, merged_into, at, by_whom) VALUES ($1, $2, $3, $4)")
        .bind(merged)
        .bind(keep.0)
        .bind(actor.now)
        .bind(actor.who.to_string())
        .execute(&mut *tx)
        .await?;
    // Both are one lead by now, so every suggestion between their parts is settled too.
    sqlx::query(
        "UPDATE merge_suggestions s SET closed_at = $2, closed_by = $3, verdict = 'merged', reason = $4 WHERE s.closed_at IS NULL \
         AND coalesce((SELECT merged_into FROM lead_aliases WHERE lead_id = s.lead_id), s.lead_id) = $1 \
         AND coalesce((SELECT merged_into FROM lead_aliases WHERE lead_id = s.other_lead_id), s.other_lead_id) = $1",
    )
    .bind(keep.0)
    .bind(actor.now)
    .bind(actor.who.to_string())
    .bind(reason)
    .execute(&mut *tx)
    .await?;
    restage(&mut tx, &[keep.0]).await?;
    let entry = Audit {
        action: "lead.merge",
        subject: &format!("lead:{keep}"),
        lead: Some(keep),
        detail: json!({ "merged": merged, "reason": reason }),
    };
    audit(&mut tx, actor, entry).await?;
    tx.commit().await?;
    Ok(())
}

/// Declines a suggestion: the two stay leads of their own, and it is not made again.
///
/// # Errors
/// Returns [`Error::Refused`] if the suggestion was decided already or a person was erased.
pub async fn decline(store: &Store, actor: &Actor, pair: SuggestedPair, reason: &str) -> Result<()> {
    let mut tx = store.begin().await?;
    lock_open(&mut tx, pair).await?;
    sqlx::query(
        "UPDATE merge_suggestions SET closed_at = $3, closed_by = $4, verdict = 'declined', reason = $5 \
         WHERE closed_at IS NULL AND (lead_id, other_lead_id) IN (($1, $2), ($2, $1))",
    )
    .bind(pair.lead.0)
    .bind(pair.other.0)
    .bind(actor.now)
    .bind(actor.who.to_string())
    .bind(reason)
    .execute(&mut *tx)
    .await?;
    let entry = Audit {
        action: "lead.decline_merge",
        subject: &format!("lead:{}", pair.lead),
        lead: Some(pair.lead),
        detail: json!({ "other": pair.other, "reason": reason }),
    };
    audit(&mut tx, actor, entry).await?;
    tx.commit().await?;
    Ok(())
}

/// Undoes the merge of a lead, which is a lead of its own again, with what had been merged into it before.
///
/// # Errors
/// Returns [`Error::Refused`] if the lead is not merged or the person was erased.
pub async fn undo(store: &Store, actor: &Actor, lead: LeadId, reason: &str) -> Result<()> {
    let mut tx = store.begin().await?;
    let root: Option<Uuid> =
        sqlx::query_scalar("SELECT merged_into FROM lead_aliases WHERE lead_id = $1 FOR UPDATE")
            .bind(lead.0)
            .fetch_optional(&mut *tx)
            .await?;
    let root = root.ok_or_else(|| Error::Refused("this lead is not merged into another one".into()))?;
    lock(&mut tx, lead.0, root).await?;
    let from: Uuid = sqlx::query_scalar(
        "SELECT other_lead_id FROM lead_merges WHERE lead_id = $1 ORDER BY at DESC, id DESC LIMIT 1",
    )
    .bind(lead.0)
    .fetch_optional(&mut *tx)
    .await?
    .unwrap_or(root);
    append(&mut tx, actor, lead.0, from, "undo").await?;
    sqlx::query("DELETE FROM lead_aliases WHERE lead_id = $1").bind(lead.0).execute(&mut *tx).await?;
    // What had been merged into this lead before comes back with it.
    sqlx::query(
        "WITH RECURSIVE last AS (SELECT DISTINCT ON (m.lead_id) m.lead_id, m.other_lead_id, m.kind FROM lead_merges m \
             WHERE m.lead_id IN (SELECT lead_id FROM lead_aliases WHERE merged_into = $2) ORDER BY m.lead_id, m.at DESC, m.id DESC), \
           back AS (SELECT $1::uuid AS lead_id UNION SELECT l.lead_id FROM last l JOIN back b ON b.lead_id = l.other_lead_id WHERE l.kind = 'merge') \
         UPDATE lead_aliases SET merged_into = $1 WHERE merged_into = $2 AND lead_id IN (SELECT lead_id FROM back)",
    )
    .bind(lead.0)
    .bind(root)
    .execute(&mut *tx)
    .await?;
    restage(&mut tx, &[lead.0, root]).await?;
    let entry = Audit {
        action: "lead.undo_merge",
        subject: &format!("lead:{lead}"),
        lead: Some(lead),
        detail: json!({ "from": root, "reason": reason }),
    };
    audit(&mut tx, actor, entry).await?;
    tx.commit().await?;
    Ok(())
}

async fn append(
    connection: &mut PgConnection,
    actor: &Actor,
    lead: Uuid,
    other: Uuid,
    kind: &str,
) -> Result<()> {
    sqlx::query("INSERT INTO lead_merges (id, lead_id, other_lead_id, kind, at, by_whom) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(engine::ids::mint(actor.now, rand::random()))
        .bind(lead)
        .bind(other)
        .bind(kind)
        .bind(actor.now)
        .bind(actor.who.to_string())
        .execute(connection)
        .await?;
    Ok(())
}

/// Locks an open suggestion and both leads, and returns the leads that the two are part of by now.
async fn lock_open(connection: &mut PgConnection, pair: SuggestedPair) -> Result<(Uuid, Uuid)> {
    let closed: Option<bool> = sqlx::query_scalar(
        "SELECT closed_at IS NOT NULL FROM merge_suggestions WHERE lead_id = $1 AND other_lead_id = $2 FOR UPDATE",
    )
    .bind(pair.lead.0)
    .bind(pair.other.0)
    .fetch_optional(&mut *connection)
    .await?;
    if closed.ok_or(Error::NotFound("merge suggestion"))? {
        return Err(Error::Refused("someone else has decided this suggestion; reload the page".into()));
    }
    let now: Vec<Uuid> = sqlx::query_scalar(
        "SELECT coalesce(a.merged_into, n.id) FROM unnest(ARRAY[$1::uuid, $2::uuid]) WITH ORDINALITY AS n (id, place) \
         LEFT JOIN lead_aliases a ON a.lead_id = n.id ORDER BY n.place",
    )
    .bind(pair.lead.0)
    .bind(pair.other.0)
    .fetch_all(&mut *connection)
    .await?;
    let [lead, other] = now[..] else { return Err(Error::NotFound("lead")) };
    lock(connection, lead, other).await?;
    Ok((lead, other))
}

async fn lock(connection: &mut PgConnection, lead: Uuid, other: Uuid) -> Result<()> {
    let erased: Vec<bool> = sqlx::query_scalar(
        "SELECT erased_at IS NOT NULL FROM leads WHERE id IN ($1, $2) ORDER BY id FOR NO KEY UPDATE",
    )
    .bind(lead)
    .bind(other)
    .fetch_all(connection)
    .await?;
    if erased.contains(&true) {
        return Err(Error::Refused("the person was erased".into()));
    }
    Ok(())
}
