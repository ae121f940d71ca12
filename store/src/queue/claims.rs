//! Claims on leads in the queue.
//!
//! Hand-written SQL: picking a waiting lead in queue order, and the upsert that takes over an expired claim.

use chrono::{DateTime, Utc};
use engine::ids::PersonId;
use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _, QuerySelect as _, Set};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::list::{QueueListFilter, push_conditions};
use super::{CLAIM, ClaimedByOther, QueueItem};
use crate::actor::Actor;
use crate::control::{Audit, audit};
use crate::entity::{person, queue_claim};
use crate::error::Result;
use crate::orm::orm;
use crate::pool::Store;

/// Result of claiming a lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimResult {
    /// The actor has claimed the lead.
    Yours,
    /// Another person claimed it first.
    Taken(ClaimedByOther),
    /// The lead is no longer waiting.
    Gone,
}

/// Claims a lead for the actor for [`super::CLAIM`], and releases the lead they had claimed before.
///
/// # Errors
/// Returns [`crate::Error::Refused`] if the actor is not a person.
pub async fn claim(store: &Store, actor: &Actor, place: QueueItem) -> Result<ClaimResult> {
    let person = actor.person()?;
    let mut tx = store.begin().await?;
    settle(&mut tx, person).await?;
    let waits: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM lead_states WHERE lead_id = $1 AND workflow_id = $2 AND queue IS NOT NULL)",
    )
    .bind(place.lead.0)
    .bind(place.workflow.0)
    .fetch_one(&mut *tx)
    .await?;
    if !waits {
        return Ok(ClaimResult::Gone);
    }
    if !take(&mut tx, actor, person, place).await? {
        let taken = taken(&mut tx, actor, person, place).await?;
        return Ok(taken.map_or(ClaimResult::Gone, ClaimResult::Taken));
    }
    tx.commit().await?;
    Ok(ClaimResult::Yours)
}

/// Claims the first unclaimed lead of a list, if there is one.
///
/// # Errors
/// Returns [`crate::Error::Refused`] if the actor is not a person.
pub async fn claim_next(store: &Store, actor: &Actor, filter: &QueueListFilter) -> Result<Option<QueueItem>> {
    for _ in 0..TRIES {
        if let Next::Done(place) = try_next(store, actor, filter).await? {
            return Ok(place);
        }
    }
    Ok(None)
}

/// Maximum number of attempts to claim the next lead when other people claim it first.
const TRIES: usize = 8;

enum Next {
    Done(Option<QueueItem>),
    Raced,
}

async fn try_next(store: &Store, actor: &Actor, filter: &QueueListFilter) -> Result<Next> {
    let person = actor.person()?;
    let mut tx = store.begin().await?;
    settle(&mut tx, person).await?;
    let mut query = sqlx::QueryBuilder::new("SELECT s.lead_id, s.workflow_id FROM lead_states s WHERE ");
    push_conditions(&mut query, filter);
    query.push(
        " AND NOT EXISTS (SELECT FROM queue_claims c WHERE c.lead_id = s.lead_id AND c.workflow_id = s.workflow_id AND c.person_id <> ",
    );
    query.push_bind(person.0).push(" AND c.expires_at > ").push_bind(actor.now).push(")");
    // Skips locked rows, so that two people who ask at the same time each get a different lead.
    query.push(" ORDER BY queue_priority(s.suggested) DESC, s.queued_at, s.lead_id, s.workflow_id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED");
    let found: Option<(Uuid, Uuid)> = query.build_query_as().fetch_optional(&mut *tx).await?;
    let Some((lead, workflow)) = found else { return Ok(Next::Done(None)) };
    let place = QueueItem { lead: lead.into(), workflow: workflow.into() };
    if !take(&mut tx, actor, person, place).await? {
        return Ok(Next::Raced);
    }
    tx.commit().await?;
    Ok(Next::Done(Some(place)))
}

/// Releases the actor's claim on a lead.
///
/// # Errors
/// Returns [`crate::Error::Refused`] if the actor is not a person.
pub async fn release(store: &Store, actor: &Actor, place: QueueItem) -> Result<()> {
    let person = actor.person()?;
    let mut tx = store.begin().await?;
    let gone = queue_claim::Entity::delete_many()
        .filter(is_at(place))
        .filter(queue_claim::Column::PersonId.eq(person.0))
        .exec(&orm(&mut tx))
        .await?;
    if gone.rows_affected > 0 {
        audit_claim(&mut tx, actor, "queue.release", place).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Releases all of the actor's claims, for example when they sign out.
///
/// # Errors
/// Returns [`crate::Error::Refused`] if the actor is not a person.
pub async fn release_all(store: &Store, actor: &Actor) -> Result<()> {
    let person = actor.person()?;
    let mut tx = store.begin().await?;
    let claims = queue_claim::Entity::find()
        .filter(queue_claim::Column::PersonId.eq(person.0))
        .filter(queue_claim::Column::ExpiresAt.gt(actor.now))
        .lock_exclusive()
        .all(&orm(&mut tx))
        .await?;
    for claim in claims {
        let place = QueueItem { lead: claim.lead_id.into(), workflow: claim.workflow_id.into() };
        queue_claim::Entity::delete_many().filter(is_at(place)).exec(&orm(&mut tx)).await?;
        audit_claim(&mut tx, actor, "queue.release", place).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Extends the actor's claim on a lead in response to activity. Does nothing if they have lost the claim.
///
/// # Errors
/// Returns [`crate::Error::Refused`] if the actor is not a person.
pub async fn renew(store: &Store, actor: &Actor, place: QueueItem) -> Result<()> {
    queue_claim::Entity::update_many()
        .set(queue_claim::ActiveModel { expires_at: Set(actor.now + CLAIM), ..Default::default() })
        .filter(is_at(place))
        .filter(queue_claim::Column::PersonId.eq(actor.person()?.0))
        .filter(queue_claim::Column::ExpiresAt.gt(actor.now))
        .exec(store.db())
        .await?;
    Ok(())
}

/// Matches the claim on a lead.
fn is_at(place: QueueItem) -> Condition {
    Condition::all()
        .add(queue_claim::Column::LeadId.eq(place.lead.0))
        .add(queue_claim::Column::WorkflowId.eq(place.workflow.0))
}

/// Returns the other person who has claimed a lead, if any.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn taken(
    connection: &mut PgConnection,
    actor: &Actor,
    person: PersonId,
    place: QueueItem,
) -> Result<Option<ClaimedByOther>> {
    let claim: Option<(String, DateTime<Utc>)> = queue_claim::Entity::find()
        .select_only()
        .column(person::Column::Name)
        .column(queue_claim::Column::ExpiresAt)
        .inner_join(person::Entity)
        .filter(is_at(place))
        .filter(queue_claim::Column::PersonId.ne(person.0))
        .filter(queue_claim::Column::ExpiresAt.gt(actor.now))
        .into_tuple()
        .one(&orm(connection))
        .await?;
    Ok(claim.map(|(by, until)| ClaimedByOther { by, until }))
}

/// Locks the person, so that two of their tabs cannot both claim a lead.
async fn settle(connection: &mut PgConnection, person: PersonId) -> Result<()> {
    let _: Option<Uuid> = person::Entity::find_by_id(person.0)
        .select_only()
        .column(person::Column::Id)
        .lock(LockType::NoKeyUpdate)
        .into_tuple()
        .one(&orm(connection))
        .await?;
    Ok(())
}

/// Claims the lead for the person, unless another person holds it. Returns whether the claim succeeded.
async fn take(
    connection: &mut PgConnection,
    actor: &Actor,
    person: PersonId,
    place: QueueItem,
) -> Result<bool> {
    queue_claim::Entity::delete_many()
        .filter(queue_claim::Column::PersonId.eq(person.0))
        .filter(is_at(place).not())
        .exec(&orm(connection))
        .await?;
    let taken = sqlx::query(
        "INSERT INTO queue_claims AS c (lead_id, workflow_id, person_id, claimed_at, expires_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (lead_id, workflow_id) DO UPDATE SET person_id = excluded.person_id, expires_at = excluded.expires_at, \
           claimed_at = CASE WHEN c.person_id = excluded.person_id THEN c.claimed_at ELSE excluded.claimed_at END \
         WHERE c.person_id = excluded.person_id OR c.expires_at <= $4",
    )
    .bind(place.lead.0)
    .bind(place.workflow.0)
    .bind(person.0)
    .bind(actor.now)
    .bind(actor.now + CLAIM)
    .execute(&mut *connection)
    .await?;
    if taken.rows_affected() == 0 {
        return Ok(false);
    }
    audit_claim(connection, actor, "queue.claim", place).await?;
    Ok(true)
}

async fn audit_claim(
    connection: &mut PgConnection,
    actor: &Actor,
    action: &'static str,
    place: QueueItem,
) -> Result<()> {
    let subject = format!("lead:{}", place.lead);
    let detail = json!({ "workflow": place.workflow });
    audit(connection, actor, Audit { action, subject: &subject, lead: Some(place.lead), detail }).await
}
