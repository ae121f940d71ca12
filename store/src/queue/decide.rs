//! What people decide, each lead once.
//!
//! Hand-written SQL: a verdict locks the lead's row, works with the immutable log and has to agree with the commit of events.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use engine::action::Action;
use engine::control::outcome::OutcomeStage;
use engine::effect::PersonVerdict;
use engine::ids::{DecisionId, PersonId, VerdictId};
use engine::rules::pick::{Pool, chosen};
use engine::time::micros;
use serde::Serialize;
use serde_json::{Value as Json, json};
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use super::claims::{person, taken};
use super::tell::tell;
use super::{Kind, Place, TAKE_BACK, Taken, Verdict};
use crate::actor::Actor;
use crate::control::{Audit, audit};
use crate::error::{Error, Result};
use crate::hash::{hex, row_hash};
use crate::ingest;
use crate::keyring::{DataKey, Place as Sealed};
use crate::log;
use crate::outcomes::{self, OutcomeInput, OutcomeRow};
use crate::pool::Store;

/// What became of a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decided {
    /// It counts.
    Done,
    /// Nothing was changed: somebody else works on the lead.
    Taken(Taken),
    /// Nothing was changed: the lead does not wait with this decision any more.
    Gone(Gone),
}

/// Why a lead does not wait any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gone {
    /// Somebody decided it.
    Decided {
        /// Who.
        person: PersonId,
        /// What the person is called.
        by: String,
        /// What they chose.
        action: Action,
        /// When.
        at: DateTime<Utc>,
    },
    /// Something came in and the rules decided again.
    Again,
    /// It left the queue in another way.
    Left,
}

/// What became of taking a verdict back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GivenBack {
    /// The lead waits again, where it was.
    Done,
    /// It is too late, or something has happened to the lead since.
    TooLate,
}

/// The lead as it waits.
#[derive(FromRow)]
struct Standing {
    last_decision_id: Uuid,
    queue: String,
    queued_at: DateTime<Utc>,
    suggested: Option<String>,
}

impl Standing {
    /// Whether the lead stands as the person saw it: with the same decision and, where they agree, the same suggestion.
    fn is_as_seen(&self, verdict: &Verdict) -> bool {
        let suggested = self.suggested.as_deref().and_then(|action| action.parse().ok()).map(Action::agreed);
        self.last_decision_id == verdict.decision.0
            && (verdict.kind != Kind::Accept || suggested == Some(verdict.action))
    }
}

/// Decides a waiting lead: the verdict, an override where it differs from what the rules suggest, the outcome of one who is
/// disqualified, the way out of the queue, and what destinations are told, in one transaction. Of two who decide at one
/// moment, one does.
///
/// # Errors
/// [`Error::Erased`] when the person behind the lead was erased, [`Error::Refused`] for what is no person.
pub async fn verdict(store: &Store, actor: &Actor, verdict: &Verdict) -> Result<Decided> {
    let (person, place) = (person(actor)?, verdict.place);
    let decision = log::decision(store, verdict.decision).await?;
    let mut tx = store.pool().begin().await?;
    let key = lock(&mut tx, store, place).await?;
    if let Some(taken) = taken(&mut tx, actor, person, place).await? {
        return Ok(Decided::Taken(taken));
    }
    takes_leads(&mut tx, verdict).await?;
    let counters = turn(&mut tx, verdict).await?;
    let standing = standing(&mut tx, place).await?;
    let Some(standing) = standing.filter(|standing| standing.is_as_seen(verdict)) else {
        return Ok(Decided::Gone(super::list::gone_now(&mut tx, place, verdict.decision).await?));
    };
    let by = address(&mut tx, person).await?;
    let override_id = write_override(&mut tx, actor, verdict, &key, &by).await?;
    let outcome_id = write_outcome(&mut tx, actor, verdict, &key, &by).await?;
    let before: Option<String> = sqlx::query_scalar("SELECT assignee FROM leads WHERE id = $1")
        .bind(place.lead.0)
        .fetch_one(&mut *tx)
        .await?;
    let left = sqlx::query(
        "UPDATE lead_states SET queue = NULL, queued_at = NULL, suggested = NULL \
         WHERE lead_id = $1 AND workflow_id = $2 AND last_decision_id = $3 AND queue IS NOT NULL",
    )
    .bind(place.lead.0)
    .bind(place.workflow.0)
    .bind(verdict.decision.0)
    .execute(&mut *tx)
    .await?;
    if left.rows_affected() != 1 {
        return Err(Error::Raced);
    }
    if let Some(assignee) = &verdict.assignee {
        assign(&mut tx, place, Some(assignee)).await?;
    }
    ingest::update_pools(&mut tx, &counters).await?;
    let row = Row {
        kind: verdict.kind,
        action: verdict.action,
        assignee: verdict.assignee.clone(),
        assignee_before: before,
        override_id,
        outcome_id,
        standing,
    };
    let id = insert(&mut tx, actor, person, place, &row).await?;
    let said = PersonVerdict {
        verdict_id: id,
        kind: verdict.kind,
        by,
        at: engine::time::cut(actor.now),
        action: verdict.action,
        parameters: parameters(verdict),
        reason: verdict.reason.clone(),
    };
    let is_told = tell(&mut tx, key, place, &decision, &said, verdict.action).await?;
    sqlx::query("DELETE FROM queue_claims WHERE lead_id = $1 AND workflow_id = $2")
        .bind(place.lead.0)
        .bind(place.workflow.0)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    if is_told {
        ingest::wake_dispatchers(store).await;
    }
    Ok(Decided::Done)
}

/// Takes a verdict of the actor's back, within [`super::TAKE_BACK`] and while nothing else has happened to the lead: it waits
/// again, as long as it had. What the verdict wrote stays written, and a row says that it does not count; destinations that
/// were told of the verdict are told that.
///
/// # Errors
/// When the database fails, or for what is no person.
pub async fn give_back(store: &Store, actor: &Actor, place: Place) -> Result<GivenBack> {
    let person = person(actor)?;
    let Some(newest) = newest(store, place).await? else { return Ok(GivenBack::TooLate) };
    let decision = log::decision(store, newest).await?;
    let mut tx = store.pool().begin().await?;
    let key = lock(&mut tx, store, place).await?;
    let last: Option<LastRow> = sqlx::query_as(
        "SELECT v.decision_id AS last_decision_id, v.queue, v.queued_at, v.suggested, v.action, v.assignee, v.assignee_before, v.override_id, v.outcome_id \
         FROM lead_states s JOIN queue_verdicts v ON v.decision_id = s.last_decision_id \
         WHERE s.lead_id = $1 AND s.workflow_id = $2 AND v.decision_id = $5 AND s.queue IS NULL AND v.kind <> 'give_back' AND v.person_id = $3 AND v.at >= $4 \
           AND NOT EXISTS (SELECT FROM queue_verdicts later WHERE later.decision_id = v.decision_id AND later.turn > v.turn) \
           AND NOT EXISTS (SELECT FROM standing_outcomes o WHERE o.lead_id = s.lead_id AND o.received_at > v.at AND o.id IS DISTINCT FROM v.outcome_id) \
         FOR NO KEY UPDATE OF s",
    )
    .bind(place.lead.0)
    .bind(place.workflow.0)
    .bind(person.0)
    .bind(actor.now - TAKE_BACK)
    .bind(newest.0)
    .fetch_optional(&mut *tx)
    .await?;
    let Some(last) = last else { return Ok(GivenBack::TooLate) };
    sqlx::query(
        "UPDATE lead_states SET queue = $3, queued_at = $4, suggested = $5 WHERE lead_id = $1 AND workflow_id = $2",
    )
    .bind(place.lead.0)
    .bind(place.workflow.0)
    .bind(&last.standing.queue)
    .bind(last.standing.queued_at)
    .bind(&last.standing.suggested)
    .execute(&mut *tx)
    .await?;
    let mut parameters = BTreeMap::new();
    if last.assignee.is_some() {
        assign(&mut tx, place, last.assignee_before.as_deref()).await?;
        parameters.insert("assignee".to_owned(), json!(last.assignee_before));
    }
    let action: Action =
        last.action.parse().map_err(|_| Error::Corrupt("a verdict has an unreadable action".into()))?;
    let row = Row {
        kind: Kind::GiveBack,
        action,
        assignee: None,
        assignee_before: None,
        override_id: last.override_id,
        outcome_id: last.outcome_id,
        standing: last.standing,
    };
    let id = insert(&mut tx, actor, person, place, &row).await?;
    outcomes::restage(&mut tx, &[place.lead.0]).await?;
    let said = PersonVerdict {
        verdict_id: id,
        kind: Kind::GiveBack,
        by: address(&mut tx, person).await?,
        at: engine::time::cut(actor.now),
        action: Action::Hold,
        parameters,
        reason: None,
    };
    // Whoever was told of the verdict, whether or not they take what waits.
    let is_told = tell(&mut tx, key, place, &decision, &said, action).await?;
    tx.commit().await?;
    if is_told {
        ingest::wake_dispatchers(store).await;
    }
    Ok(GivenBack::Done)
}

/// The decision that a lead stands with.
async fn newest(store: &Store, place: Place) -> Result<Option<DecisionId>> {
    let newest: Option<Uuid> = sqlx::query_scalar(
        "SELECT last_decision_id FROM lead_states WHERE lead_id = $1 AND workflow_id = $2",
    )
    .bind(place.lead.0)
    .bind(place.workflow.0)
    .fetch_optional(store.pool())
    .await?;
    Ok(newest.map(DecisionId))
}

async fn address(connection: &mut PgConnection, person: PersonId) -> Result<String> {
    Ok(sqlx::query_scalar("SELECT email FROM people WHERE id = $1")
        .bind(person.0)
        .fetch_one(connection)
        .await?)
}

/// The parameters of the action as the person chose them: whose turn it counted as, and who gets the lead.
fn parameters(verdict: &Verdict) -> BTreeMap<String, Json> {
    let mut parameters = verdict.parameters.clone();
    for (name, chosen) in [("pool", &verdict.pool), ("assignee", &verdict.assignee)] {
        match chosen {
            Some(chosen) => parameters.insert(name.to_owned(), json!(chosen)),
            None => parameters.remove(name),
        };
    }
    parameters
}

#[derive(FromRow)]
struct LastRow {
    #[sqlx(flatten)]
    standing: Standing,
    action: String,
    assignee: Option<String>,
    assignee_before: Option<String>,
    override_id: Option<Uuid>,
    outcome_id: Option<Uuid>,
}

/// A row of `queue_verdicts` beside who, where and when.
struct Row {
    kind: Kind,
    action: Action,
    assignee: Option<String>,
    assignee_before: Option<String>,
    override_id: Option<Uuid>,
    outcome_id: Option<Uuid>,
    standing: Standing,
}

/// Locks the lead, before its standing as commits of decisions do, and opens its key.
async fn lock(connection: &mut PgConnection, store: &Store, place: Place) -> Result<DataKey> {
    let mut keys = outcomes::lock_leads(connection, store.keyring(), &[place.lead].into()).await?;
    keys.remove(&place.lead).ok_or(Error::NotFound("lead"))?.ok_or(Error::Erased)
}

async fn standing(connection: &mut PgConnection, place: Place) -> Result<Option<Standing>> {
    Ok(sqlx::query_as(
        "SELECT last_decision_id, queue, queued_at, suggested FROM lead_states \
         WHERE lead_id = $1 AND workflow_id = $2 AND queue IS NOT NULL FOR NO KEY UPDATE",
    )
    .bind(place.lead.0)
    .bind(place.workflow.0)
    .fetch_optional(connection)
    .await?)
}

async fn assign(connection: &mut PgConnection, place: Place, assignee: Option<&str>) -> Result<()> {
    sqlx::query("UPDATE leads SET assignee = $2 WHERE id = $1")
        .bind(place.lead.0)
        .bind(assignee)
        .execute(connection)
        .await?;
    Ok(())
}

/// Refuses to give the lead to an address that nobody of sales has, nor anybody of the pools that decide here.
async fn takes_leads(connection: &mut PgConnection, verdict: &Verdict) -> Result<()> {
    let Some(assignee) = &verdict.assignee else { return Ok(()) };
    let known: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM people p JOIN person_roles r ON r.person_id = p.id WHERE p.email = $1 AND r.role = 'ae' AND p.disabled_at IS NULL) \
         OR EXISTS (SELECT FROM decisions d JOIN bundles b ON b.hash = d.bundle JOIN versions v ON v.id = ANY(b.version_ids) AND v.kind = 'pool' \
         CROSS JOIN LATERAL jsonb_array_elements(v.body->'members') AS member WHERE d.id = $2 AND lower(member->>'person') = $1)",
    )
    .bind(assignee)
    .bind(verdict.decision.0)
    .fetch_one(connection)
    .await?;
    if known { Ok(()) } else { Err(Error::Refused("nobody with this address takes leads".into())) }
}

/// Where the round robin stands once the chosen person has had the turn; the pool is locked from here to the commit.
async fn turn(connection: &mut PgConnection, verdict: &Verdict) -> Result<BTreeMap<String, Json>> {
    let (Some(pool), Some(assignee)) = (&verdict.pool, &verdict.assignee) else { return Ok(BTreeMap::new()) };
    let body: Option<Json> = sqlx::query_scalar(
        "SELECT v.body FROM decisions d JOIN bundles b ON b.hash = d.bundle JOIN versions v ON v.id = ANY(b.version_ids) AND v.kind = 'pool' AND v.name = $2 \
         WHERE d.id = $1",
    )
    .bind(verdict.decision.0)
    .bind(pool)
    .fetch_optional(&mut *connection)
    .await?;
    let members: Pool = serde_json::from_value(body.ok_or(Error::NotFound("pool"))?)?;
    let mut states = ingest::lock_pools(connection, &[pool.clone()].into()).await?;
    let counters = states.get(pool).cloned().unwrap_or_else(|| json!({}));
    let after = chosen(&members, &serde_json::from_value(counters)?, assignee)
        .ok_or_else(|| Error::Refused("the person is not in this pool".into()))?;
    states.insert(pool.clone(), serde_json::to_value(after)?);
    Ok(states)
}

/// The override of who did not agree with the rules.
async fn write_override(
    connection: &mut PgConnection,
    actor: &Actor,
    verdict: &Verdict,
    key: &DataKey,
    by: &str,
) -> Result<Option<Uuid>> {
    #[derive(Serialize)]
    struct OverrideRow<'a> {
        id: Uuid,
        decision_id: DecisionId,
        lead_id: Uuid,
        action: Action,
        #[serde(serialize_with = "hex")]
        reason: Vec<u8>,
        by_whom: &'a str,
        #[serde(with = "micros")]
        at: DateTime<Utc>,
    }
    if verdict.kind == Kind::Accept {
        return Ok(None);
    }
    let id = engine::ids::mint(actor.now, rand::random());
    let reason = verdict.reason.as_deref().unwrap_or_default();
    let row = OverrideRow {
        id,
        decision_id: verdict.decision,
        lead_id: verdict.place.lead.0,
        action: verdict.action,
        reason: key.seal(reason.as_bytes(), Sealed { column: "overrides.reason", row: id }),
        by_whom: by,
        at: engine::time::cut(actor.now),
    };
    let hash = row_hash("overrides", &row)?;
    sqlx::query("INSERT INTO overrides (id, decision_id, lead_id, action, reason, by_whom, at, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
        .bind(row.id)
        .bind(row.decision_id.0)
        .bind(row.lead_id)
        .bind(<&str>::from(row.action))
        .bind(&row.reason)
        .bind(row.by_whom)
        .bind(row.at)
        .bind(hash.0.as_slice())
        .execute(connection)
        .await?;
    Ok(Some(id))
}

/// The outcome of a lead that is out. Agreeing or changing the action is none: nobody has been in touch yet, and whether a
/// lead is accepted is said by the AE who gets it.
async fn write_outcome(
    connection: &mut PgConnection,
    actor: &Actor,
    verdict: &Verdict,
    key: &DataKey,
    by: &str,
) -> Result<Option<Uuid>> {
    if verdict.action != Action::Reject {
        return Ok(None);
    }
    let id = engine::ids::mint(actor.now, rand::random());
    let input = OutcomeInput {
        stage: OutcomeStage::Disqualified,
        at: Some(actor.now),
        by: Some(by.to_owned()),
        amount: None,
        currency: None,
        opportunity_id: None,
        reason: verdict.reason.clone(),
    };
    let row = OutcomeRow::new(id, verdict.place.lead, key, &input, actor.now, &actor.who.to_string());
    outcomes::insert(connection, &[row]).await?;
    Ok(Some(id))
}

/// Writes the next row on the decision, and its audit row; answers the row's id.
async fn insert(
    connection: &mut PgConnection,
    actor: &Actor,
    person: PersonId,
    place: Place,
    row: &Row,
) -> Result<VerdictId> {
    let id = engine::ids::mint(actor.now, rand::random());
    let kind: &'static str = row.kind.into();
    sqlx::query(
        "INSERT INTO queue_verdicts (id, decision_id, turn, lead_id, workflow_id, kind, suggested, action, assignee, assignee_before, override_id, outcome_id, \
         queue, queued_at, person_id, at) SELECT $1, $2, coalesce(max(turn), 0) + 1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15 \
         FROM queue_verdicts WHERE decision_id = $2",
    )
    .bind(id)
    .bind(row.standing.last_decision_id)
    .bind(place.lead.0)
    .bind(place.workflow.0)
    .bind(kind)
    .bind(&row.standing.suggested)
    .bind(<&str>::from(row.action))
    .bind(&row.assignee)
    .bind(&row.assignee_before)
    .bind(row.override_id)
    .bind(row.outcome_id)
    .bind(&row.standing.queue)
    .bind(row.standing.queued_at)
    .bind(person.0)
    .bind(engine::time::cut(actor.now))
    .execute(&mut *connection)
    .await?;
    let detail = json!({
        "decision": row.standing.last_decision_id, "action": row.action, "suggested": row.standing.suggested, "assignee": row.assignee,
    });
    let entry = Audit {
        action: &format!("queue.{kind}"),
        subject: &format!("lead:{}", place.lead),
        lead: Some(place.lead),
        detail,
    };
    audit(connection, actor, entry).await?;
    Ok(id.into())
}
