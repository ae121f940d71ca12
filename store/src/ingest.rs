//! The commit of a lead's way: keys, identity, the lead's lock, and all rows of one or many decisions at once.
//!
//! Everything here runs in one transaction. Rows are locked in one order (keys, then identities, then leads by id, then
//! pools by name), so that two transactions wait for each other but never in a circle.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use engine::event::LeadInput;
use engine::ids::{LeadId, WorkflowId};
use serde_json::Value as Json;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::keyring::{DataKey, Keyring};
use crate::log::column;

/// Channel that tells dispatchers that effects were committed.
pub const OUTBOX_CHANNEL: &str = "meshline_outbox";
/// Channel that tells processes that a workflow was released or changed.
pub const RELEASE_CHANNEL: &str = "meshline_release";

/// A request's claim on its idempotency key.
#[derive(Clone, Debug)]
pub struct Claim {
    /// What the key is unique within.
    pub scope: String,
    /// The key.
    pub key: String,
    /// The canonical body.
    pub body: Vec<u8>,
    /// What the request will make.
    pub result_id: Uuid,
}

/// What became of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// The key is new and now taken.
    Fresh,
    /// The same request was accepted before and made this.
    Repeat(Uuid),
    /// The key was taken by another body.
    Other,
}

/// Takes idempotency keys, each once; waits for a transaction that is taking the same key. Of two equal claims in
/// `claims` the first counts.
///
/// # Errors
/// When the database fails.
pub async fn claim_keys(connection: &mut PgConnection, keyring: &Keyring, claims: &[Claim], now: DateTime<Utc>) -> Result<Vec<Claimed>> {
    struct Hashed<'a> {
        claim: &'a Claim,
        key: Vec<u8>,
        body: Vec<u8>,
    }
    let hashed: Vec<Hashed<'_>> = claims
        .iter()
        .map(|claim| Hashed {
            claim,
            key: keyring.lookup(&format!("key:{}", claim.scope), claim.key.as_bytes()).to_vec(),
            body: keyring.lookup("body", &claim.body).to_vec(),
        })
        .collect();
    let mut firsts: BTreeMap<(&str, &[u8]), usize> = BTreeMap::new();
    for (i, hashed) in hashed.iter().enumerate() {
        firsts.entry((&hashed.claim.scope, &hashed.key)).or_insert(i);
    }
    let first: Vec<&Hashed<'_>> = firsts.values().map(|i| &hashed[*i]).collect();
    let taken: Vec<(String, Vec<u8>)> = sqlx::query_as(
        "INSERT INTO idempotency_keys (scope, key_hmac, body_hmac, result_id, created_at) \
         SELECT scope, key_hmac, body_hmac, result_id, $5 FROM unnest($1::text[], $2::bytea[], $3::bytea[], $4::uuid[]) AS c (scope, key_hmac, body_hmac, result_id) \
         ON CONFLICT (scope, key_hmac) DO NOTHING RETURNING scope, key_hmac",
    )
    .bind(column(&first, |h| h.claim.scope.clone()))
    .bind(column(&first, |h| h.key.clone()))
    .bind(column(&first, |h| h.body.clone()))
    .bind(column(&first, |h| h.claim.result_id))
    .bind(now)
    .fetch_all(&mut *connection)
    .await?;
    let taken: BTreeSet<(String, Vec<u8>)> = taken.into_iter().collect();
    let mut stored: BTreeMap<(String, Vec<u8>), (Vec<u8>, Uuid)> = BTreeMap::new();
    if taken.len() < first.len() {
        let rows: Vec<(String, Vec<u8>, Vec<u8>, Uuid)> = sqlx::query_as(
            "SELECT k.scope, k.key_hmac, k.body_hmac, k.result_id FROM idempotency_keys k \
             JOIN unnest($1::text[], $2::bytea[]) AS c (scope, key_hmac) USING (scope, key_hmac)",
        )
        .bind(column(&first, |h| h.claim.scope.clone()))
        .bind(column(&first, |h| h.key.clone()))
        .fetch_all(connection)
        .await?;
        stored.extend(rows.into_iter().map(|(scope, key, body, result)| ((scope, key), (body, result))));
    }
    Ok(hashed
        .iter()
        .enumerate()
        .map(|(i, h)| {
            let id = (h.claim.scope.clone(), h.key.clone());
            let first = firsts.get(&(h.claim.scope.as_str(), h.key.as_slice())).copied().unwrap_or(i);
            if taken.contains(&id) {
                return match first {
                    first if first == i => Claimed::Fresh,
                    first if hashed[first].body == h.body => Claimed::Repeat(hashed[first].claim.result_id),
                    _ => Claimed::Other,
                };
            }
            match stored.get(&id) {
                Some((body, result)) if *body == h.body => Claimed::Repeat(*result),
                _ => Claimed::Other,
            }
        })
        .collect())
}

/// Holds the workflows' releases until the transaction ends, and reads their epochs: what is committed under an epoch
/// is committed before the next one begins. A lock in memory, so that it writes nothing.
///
/// # Errors
/// When the database fails.
pub async fn lock_epochs(connection: &mut PgConnection, workflows: &BTreeSet<WorkflowId>) -> Result<HashMap<WorkflowId, i64>> {
    let ids: Vec<Uuid> = workflows.iter().map(|id| id.0).collect();
    // Two statements: the epochs must be read after the locks are held, and a statement sees what was committed before it began.
    sqlx::query("SELECT pg_advisory_xact_lock_shared(hashtextextended(id::text, 0)) FROM unnest($1::uuid[]) AS w (id)")
        .bind(&ids)
        .execute(&mut *connection)
        .await?;
    let rows: Vec<(Uuid, i64)> =
        sqlx::query_as("SELECT id, release_epoch FROM workflows WHERE id = ANY($1)").bind(&ids).fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(id, epoch)| (id.into(), epoch)).collect())
}

/// What an event says about who its lead is.
#[derive(Clone, Debug)]
pub struct Named<'a> {
    /// The source that external ids belong to.
    pub source: &'a str,
    /// The lead as the event names it.
    pub lead: &'a LeadInput,
    /// The event, for merge suggestions.
    pub event_id: Uuid,
    /// When the event came.
    pub received_at: DateTime<Utc>,
}

/// A lead, locked until the transaction ends.
pub struct LockedLead {
    /// Its id.
    pub id: LeadId,
    /// Number of its last decision.
    pub sequence: i64,
    /// Key of its immutable rows.
    pub key: DataKey,
    /// The person it is assigned to.
    pub assignee: Option<String>,
    /// Its profile.
    pub profile: Profile,
    /// When its first event happened, as far as known.
    pub first_occurred_at: Option<DateTime<Utc>>,
}

/// What is known of who a lead is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// E-mail address.
    pub email: Option<String>,
    /// Full name.
    pub name: Option<String>,
    /// Company name.
    pub company: Option<String>,
    /// Company domain.
    pub domain: Option<String>,
    /// The source of the external id.
    pub external_source: Option<String>,
    /// The source's id of the person.
    pub external_id: Option<String>,
}

type Identity = (&'static str, String, Vec<u8>);

/// The leads that events are about: by (source, external id), else by e-mail, else new. New identities are kept; an
/// event whose two identities belong to two leads goes to the external id's, and a merge is suggested.
///
/// Answers a lead for each of `named`, and all of them locked.
///
/// # Errors
/// When the database fails.
pub async fn identify(connection: &mut PgConnection, keyring: &Keyring, named: &[Named<'_>]) -> Result<(Vec<LeadId>, HashMap<LeadId, LockedLead>)> {
    let identities: Vec<(Option<Identity>, Option<Identity>)> = named.iter().map(|named| identities_of(keyring, named)).collect();
    let wanted: BTreeSet<Identity> = identities.iter().flat_map(|(external, email)| [external, email]).flatten().cloned().collect();
    let owners = find(connection, &wanted).await?;
    let mut fresh: BTreeMap<Uuid, &Named<'_>> = BTreeMap::new();
    let mut added: BTreeMap<Identity, Uuid> = BTreeMap::new();
    let leads = assign(named, &identities, &owners, &mut fresh, &mut added);
    let mut locked = create(connection, keyring, &fresh).await?;
    add(connection, &added).await?;
    suggest_merges(connection, named, &identities, &owners).await?;
    let known: BTreeSet<Uuid> = leads.iter().filter(|id| !fresh.contains_key(id)).copied().collect();
    locked.extend(lock(connection, keyring, &known).await?);
    Ok((leads.into_iter().map(LeadId).collect(), locked))
}

fn identities_of(keyring: &Keyring, named: &Named<'_>) -> (Option<Identity>, Option<Identity>) {
    let external = named.lead.external_id.as_deref().map(|id| external_identity(keyring, named.source, id));
    let email = named.lead.email.as_deref().and_then(engine::event::normal_email).map(|email| email_identity(keyring, &email));
    (external, email)
}

/// How a lead is found by its source's id.
pub(crate) fn external_identity(keyring: &Keyring, source: &str, id: &str) -> Identity {
    ("external", source.to_owned(), keyring.lookup("identity:external", id.trim().as_bytes()).to_vec())
}

/// How a lead is found by a normalised e-mail address.
pub(crate) fn email_identity(keyring: &Keyring, email: &str) -> Identity {
    ("email", String::new(), keyring.lookup("identity:email", email.as_bytes()).to_vec())
}

/// The lead of each event, given who owns which identity; new leads and identities are noted.
fn assign<'a, 'n>(
    named: &'a [Named<'n>],
    identities: &[(Option<Identity>, Option<Identity>)],
    owners: &BTreeMap<Identity, Uuid>,
    fresh: &mut BTreeMap<Uuid, &'a Named<'n>>,
    added: &mut BTreeMap<Identity, Uuid>,
) -> Vec<Uuid> {
    let mut leads = Vec::with_capacity(named.len());
    for (named, (external, email)) in named.iter().zip(identities) {
        let owner = |identity: &Option<Identity>, added: &BTreeMap<Identity, Uuid>| {
            identity.as_ref().and_then(|identity| owners.get(identity).or_else(|| added.get(identity)).copied())
        };
        let lead = owner(external, added).or_else(|| owner(email, added)).unwrap_or_else(|| {
            let id = engine::ids::mint(named.received_at, rand::random());
            fresh.insert(id, named);
            id
        });
        for identity in [external, email].into_iter().flatten() {
            if !owners.contains_key(identity) {
                added.entry(identity.clone()).or_insert(lead);
            }
        }
        leads.push(lead);
    }
    leads
}

/// Who owns identities, merges followed.
pub(crate) async fn find(connection: &mut PgConnection, wanted: &BTreeSet<Identity>) -> Result<BTreeMap<Identity, Uuid>> {
    if wanted.is_empty() {
        return Ok(BTreeMap::new());
    }
    let wanted: Vec<&Identity> = wanted.iter().collect();
    let rows: Vec<(String, String, Vec<u8>, Uuid)> = sqlx::query_as(
        "WITH RECURSIVE found AS ( \
           SELECT i.kind, i.source, i.value_hmac, i.lead_id FROM lead_identities i \
           JOIN unnest($1::text[], $2::text[], $3::bytea[]) AS w (kind, source, value_hmac) USING (kind, source, value_hmac) \
           UNION ALL SELECT f.kind, f.source, f.value_hmac, a.merged_into FROM found f JOIN lead_aliases a ON a.lead_id = f.lead_id) \
         SELECT f.kind, f.source, f.value_hmac, f.lead_id FROM found f WHERE NOT EXISTS (SELECT 1 FROM lead_aliases a WHERE a.lead_id = f.lead_id)",
    )
    .bind(column(&wanted, |identity| identity.0.to_owned()))
    .bind(column(&wanted, |identity| identity.1.clone()))
    .bind(column(&wanted, |identity| identity.2.clone()))
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(kind, source, value, lead)| ((if kind == "email" { "email" } else { "external" }, source, value), lead))
        .collect())
}

/// Keeps new identities. When somebody else takes one of them at this moment, the transaction has to start again and
/// will find that lead.
async fn add(connection: &mut PgConnection, added: &BTreeMap<Identity, Uuid>) -> Result<()> {
    if added.is_empty() {
        return Ok(());
    }
    let rows: Vec<(&Identity, &Uuid)> = added.iter().collect();
    let kept = sqlx::query(
        "INSERT INTO lead_identities (kind, source, value_hmac, lead_id) SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[], $4::uuid[]) \
         ON CONFLICT DO NOTHING",
    )
    .bind(column(&rows, |(identity, _)| identity.0.to_owned()))
    .bind(column(&rows, |(identity, _)| identity.1.clone()))
    .bind(column(&rows, |(identity, _)| identity.2.clone()))
    .bind(column(&rows, |(_, lead)| **lead))
    .execute(connection)
    .await?;
    if kept.rows_affected() == added.len() as u64 { Ok(()) } else { Err(Error::Raced) }
}

async fn suggest_merges(
    connection: &mut PgConnection,
    named: &[Named<'_>],
    identities: &[(Option<Identity>, Option<Identity>)],
    owners: &BTreeMap<Identity, Uuid>,
) -> Result<()> {
    for (named, (external, email)) in named.iter().zip(identities) {
        let owner = |identity: &Option<Identity>| identity.as_ref().and_then(|identity| owners.get(identity)).copied();
        if let (Some(lead), Some(other)) = (owner(external), owner(email))
            && lead != other
        {
            sqlx::query("INSERT INTO merge_suggestions (lead_id, other_lead_id, event_id, opened_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING")
                .bind(lead)
                .bind(other)
                .bind(named.event_id)
                .bind(named.received_at)
                .execute(&mut *connection)
                .await?;
        }
    }
    Ok(())
}

async fn create(connection: &mut PgConnection, keyring: &Keyring, fresh: &BTreeMap<Uuid, &Named<'_>>) -> Result<HashMap<LeadId, LockedLead>> {
    let mut leads = HashMap::with_capacity(fresh.len());
    let mut keys = Vec::with_capacity(fresh.len());
    for id in fresh.keys() {
        let (key, wrapped) = keyring.new_data_key(*id);
        keys.push(wrapped);
        let lead = LockedLead { id: LeadId(*id), sequence: 0, key, assignee: None, profile: Profile::default(), first_occurred_at: None };
        leads.insert(lead.id, lead);
    }
    sqlx::query("INSERT INTO leads (id, data_key, created_at) SELECT * FROM unnest($1::uuid[], $2::bytea[], $3::timestamptz[])")
        .bind(fresh.keys().copied().collect::<Vec<_>>())
        .bind(keys)
        .bind(fresh.values().map(|named| named.received_at).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(leads)
}

#[derive(sqlx::FromRow)]
struct LeadRow {
    id: Uuid,
    sequence: i64,
    data_key: Option<Vec<u8>>,
    assignee: Option<String>,
    email: Option<String>,
    name: Option<String>,
    company: Option<String>,
    domain: Option<String>,
    external_source: Option<String>,
    external_id: Option<String>,
    first_occurred_at: Option<DateTime<Utc>>,
}

async fn lock(connection: &mut PgConnection, keyring: &Keyring, ids: &BTreeSet<Uuid>) -> Result<HashMap<LeadId, LockedLead>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<LeadRow> = sqlx::query_as(
        "SELECT id, sequence, data_key, assignee, email, name, company, domain, external_source, external_id, first_occurred_at \
         FROM leads WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE",
    )
    .bind(ids.iter().copied().collect::<Vec<_>>())
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let key = keyring.unwrap_data_key(row.id, row.data_key.as_deref().ok_or(Error::Erased)?)?;
            let profile = Profile {
                email: row.email,
                name: row.name,
                company: row.company,
                domain: row.domain,
                external_source: row.external_source,
                external_id: row.external_id,
            };
            let lead = LockedLead { id: row.id.into(), sequence: row.sequence, key, assignee: row.assignee, profile, first_occurred_at: row.first_occurred_at };
            Ok((lead.id, lead))
        })
        .collect()
}

/// Writes what changed of leads.
///
/// # Errors
/// When the database fails.
pub async fn update_leads(connection: &mut PgConnection, leads: &[&LockedLead]) -> Result<()> {
    sqlx::query(
        "UPDATE leads l SET sequence = u.sequence, assignee = u.assignee, email = u.email, name = u.name, company = u.company, domain = u.domain, \
         external_source = u.external_source, external_id = u.external_id, first_occurred_at = u.first_occurred_at \
         FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::timestamptz[]) \
         AS u (id, sequence, assignee, email, name, company, domain, external_source, external_id, first_occurred_at) WHERE l.id = u.id",
    )
    .bind(column(leads, |lead| lead.id.0))
    .bind(column(leads, |lead| lead.sequence))
    .bind(column(leads, |lead| lead.assignee.clone()))
    .bind(column(leads, |lead| lead.profile.email.clone()))
    .bind(column(leads, |lead| lead.profile.name.clone()))
    .bind(column(leads, |lead| lead.profile.company.clone()))
    .bind(column(leads, |lead| lead.profile.domain.clone()))
    .bind(column(leads, |lead| lead.profile.external_source.clone()))
    .bind(column(leads, |lead| lead.profile.external_id.clone()))
    .bind(column(leads, |lead| lead.first_occurred_at))
    .execute(connection)
    .await?;
    Ok(())
}

/// Where the round robins of pools stand, locked until the transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn lock_pools(connection: &mut PgConnection, names: &BTreeSet<String>) -> Result<BTreeMap<String, Json>> {
    let rows: Vec<(String, Json)> = sqlx::query_as("SELECT name, counters FROM pool_states WHERE name = ANY($1) ORDER BY name FOR NO KEY UPDATE")
        .bind(names.iter().cloned().collect::<Vec<_>>())
        .fetch_all(connection)
        .await?;
    Ok(rows.into_iter().collect())
}

/// Writes where the round robins stand now.
///
/// # Errors
/// When the database fails.
pub async fn update_pools(connection: &mut PgConnection, pools: &BTreeMap<String, Json>) -> Result<()> {
    sqlx::query("UPDATE pool_states p SET counters = u.counters FROM unnest($1::text[], $2::jsonb[]) AS u (name, counters) WHERE p.name = u.name")
        .bind(pools.keys().cloned().collect::<Vec<_>>())
        .bind(pools.values().cloned().collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}

/// Where a lead stands in a workflow after a decision.
#[derive(Clone, Debug)]
pub struct State {
    /// The lead.
    pub lead_id: Uuid,
    /// The workflow.
    pub workflow_id: Uuid,
    /// The event's source.
    pub source: String,
    /// The decision.
    pub decision_id: Uuid,
    /// Its `as_of`.
    pub as_of: DateTime<Utc>,
    /// What was decided.
    pub action: String,
    /// The rule that fired.
    pub rule_id: Option<String>,
    /// The decision's confidence.
    pub confidence: Option<f64>,
    /// The rule set's version.
    pub rule_version: i32,
    /// The queue the lead now waits in, if any.
    pub queue: Option<&'static str>,
}

/// Notes where leads stand. The first decision is the one with the smallest `as_of`, the last the one with the
/// greatest: an import of history does not move a lead that has been decided since. One row for each lead and workflow.
///
/// # Errors
/// When the database fails.
pub async fn upsert_states(connection: &mut PgConnection, rows: &[State]) -> Result<()> {
    sqlx::query(
        "INSERT INTO lead_states AS s (lead_id, workflow_id, source, first_decision_id, first_as_of, first_action, first_rule_id, \
           last_decision_id, last_as_of, last_action, last_rule_id, last_confidence, last_rule_version, queue, queued_at) \
         SELECT lead_id, workflow_id, source, decision_id, as_of, action, rule_id, decision_id, as_of, action, rule_id, confidence, rule_version, queue, \
           CASE WHEN queue IS NOT NULL THEN as_of END \
         FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::timestamptz[], $6::text[], $7::text[], $8::float8[], $9::int[], $10::text[]) \
           AS u (lead_id, workflow_id, source, decision_id, as_of, action, rule_id, confidence, rule_version, queue) \
         ON CONFLICT (lead_id, workflow_id) DO UPDATE SET \
           source = CASE WHEN excluded.first_as_of < s.first_as_of THEN excluded.source ELSE s.source END, \
           first_decision_id = CASE WHEN excluded.first_as_of < s.first_as_of THEN excluded.first_decision_id ELSE s.first_decision_id END, \
           first_action = CASE WHEN excluded.first_as_of < s.first_as_of THEN excluded.first_action ELSE s.first_action END, \
           first_rule_id = CASE WHEN excluded.first_as_of < s.first_as_of THEN excluded.first_rule_id ELSE s.first_rule_id END, \
           first_as_of = least(excluded.first_as_of, s.first_as_of), \
           last_decision_id = CASE WHEN excluded.last_as_of >= s.last_as_of THEN excluded.last_decision_id ELSE s.last_decision_id END, \
           last_action = CASE WHEN excluded.last_as_of >= s.last_as_of THEN excluded.last_action ELSE s.last_action END, \
           last_rule_id = CASE WHEN excluded.last_as_of >= s.last_as_of THEN excluded.last_rule_id ELSE s.last_rule_id END, \
           last_confidence = CASE WHEN excluded.last_as_of >= s.last_as_of THEN excluded.last_confidence ELSE s.last_confidence END, \
           last_rule_version = CASE WHEN excluded.last_as_of >= s.last_as_of THEN excluded.last_rule_version ELSE s.last_rule_version END, \
           queue = CASE WHEN excluded.last_as_of >= s.last_as_of THEN excluded.queue ELSE s.queue END, \
           queued_at = CASE WHEN excluded.last_as_of < s.last_as_of THEN s.queued_at WHEN excluded.queue = s.queue THEN s.queued_at ELSE excluded.queued_at END, \
           last_as_of = greatest(excluded.last_as_of, s.last_as_of)",
    )
    .bind(column(rows, |row| row.lead_id))
    .bind(column(rows, |row| row.workflow_id))
    .bind(column(rows, |row| row.source.clone()))
    .bind(column(rows, |row| row.decision_id))
    .bind(column(rows, |row| row.as_of))
    .bind(column(rows, |row| row.action.clone()))
    .bind(column(rows, |row| row.rule_id.clone()))
    .bind(column(rows, |row| row.confidence))
    .bind(column(rows, |row| row.rule_version))
    .bind(column(rows, |row| row.queue))
    .execute(connection)
    .await?;
    Ok(())
}

/// A decision's inputs as codes.
#[derive(Clone, Debug)]
pub struct FeatureRow {
    /// The decision.
    pub decision_id: Uuid,
    /// The lead, for erasure.
    pub lead_id: Uuid,
    /// The workflow.
    pub workflow_id: Uuid,
    /// Version of the catalogue that orders the fields.
    pub catalogue_version: i32,
    /// The cells.
    pub cells: Vec<u8>,
}

/// Writes feature rows.
///
/// # Errors
/// When the database fails.
pub async fn insert_features(connection: &mut PgConnection, rows: &[FeatureRow]) -> Result<()> {
    sqlx::query(
        "INSERT INTO features (decision_id, lead_id, workflow_id, catalogue_version, cells) \
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int[], $5::bytea[])",
    )
    .bind(column(rows, |row| row.decision_id))
    .bind(column(rows, |row| row.lead_id))
    .bind(column(rows, |row| row.workflow_id))
    .bind(column(rows, |row| row.catalogue_version))
    .bind(column(rows, |row| row.cells.clone()))
    .execute(connection)
    .await?;
    Ok(())
}

/// One write to one destination.
#[derive(Clone, Debug)]
pub struct EffectRow {
    /// Its id.
    pub id: Uuid,
    /// The decision it belongs to.
    pub decision_id: Uuid,
    /// The lead.
    pub lead_id: Uuid,
    /// The decision's number among those of its lead.
    pub lead_sequence: i64,
    /// The destination.
    pub destination_id: Uuid,
    /// What is written.
    pub kind: String,
    /// Unique for decision, kind and destination.
    pub effect_key: Vec<u8>,
    /// Names the record at the destination.
    pub remote_key: Vec<u8>,
    /// What to write, ciphertext.
    pub body: Vec<u8>,
    /// When it was decided.
    pub created_at: DateTime<Utc>,
    /// When it is of no use any more.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Writes effects, takes their keys, puts them into the outbox and wakes the dispatchers at commit.
///
/// # Errors
/// [`Error::Duplicate`] when an effect key is taken.
pub async fn insert_effects(connection: &mut PgConnection, rows: &[EffectRow]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query("INSERT INTO effect_keys (effect_key, effect_id) SELECT * FROM unnest($1::bytea[], $2::uuid[])")
        .bind(column(rows, |row| row.effect_key.clone()))
        .bind(column(rows, |row| row.id))
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "INSERT INTO effects (id, decision_id, lead_id, lead_sequence, destination_id, kind, effect_key, remote_key, body, created_at, expires_at) \
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::uuid[], $6::text[], $7::bytea[], $8::bytea[], $9::bytea[], $10::timestamptz[], $11::timestamptz[])",
    )
    .bind(column(rows, |row| row.id))
    .bind(column(rows, |row| row.decision_id))
    .bind(column(rows, |row| row.lead_id))
    .bind(column(rows, |row| row.lead_sequence))
    .bind(column(rows, |row| row.destination_id))
    .bind(column(rows, |row| row.kind.clone()))
    .bind(column(rows, |row| row.effect_key.clone()))
    .bind(column(rows, |row| row.remote_key.clone()))
    .bind(column(rows, |row| row.body.clone()))
    .bind(column(rows, |row| row.created_at))
    .bind(column(rows, |row| row.expires_at))
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO outbox (effect_id, destination_id, lead_id, lead_sequence, due_at, expires_at) \
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::timestamptz[], $6::timestamptz[])",
    )
    .bind(column(rows, |row| row.id))
    .bind(column(rows, |row| row.destination_id))
    .bind(column(rows, |row| row.lead_id))
    .bind(column(rows, |row| row.lead_sequence))
    .bind(column(rows, |row| row.created_at))
    .bind(column(rows, |row| row.expires_at))
    .execute(&mut *connection)
    .await?;
    sqlx::query("SELECT pg_notify($1, '')").bind(OUTBOX_CHANNEL).execute(connection).await?;
    Ok(())
}

/// The codes of texts in feature rows, made where they are missing. Runs in its own transaction, before the commit of
/// the decisions that use them.
///
/// # Errors
/// When the database fails.
pub async fn feature_codes(connection: &mut PgConnection, workflow: WorkflowId, texts: &BTreeSet<(String, String)>) -> Result<HashMap<(String, String), i32>> {
    use sha2::{Digest as _, Sha256};
    let texts: Vec<&(String, String)> = texts.iter().collect();
    let fields = column(&texts, |(field, _)| field.clone());
    let hashes = column(&texts, |(_, value)| Sha256::digest(value).to_vec());
    sqlx::query(
        "INSERT INTO feature_dictionary (workflow_id, field, value_hash, value) SELECT $1, u.* FROM unnest($2::text[], $3::bytea[], $4::text[]) AS u \
         ON CONFLICT DO NOTHING",
    )
    .bind(workflow.0)
    .bind(&fields)
    .bind(&hashes)
    .bind(column(&texts, |(_, value)| value.clone()))
    .execute(&mut *connection)
    .await?;
    let rows: Vec<(String, String, i32)> = sqlx::query_as(
        "SELECT d.field, d.value, d.code FROM feature_dictionary d JOIN unnest($2::text[], $3::bytea[]) AS u (field, value_hash) \
         ON d.workflow_id = $1 AND d.field = u.field AND d.value_hash = u.value_hash",
    )
    .bind(workflow.0)
    .bind(&fields)
    .bind(&hashes)
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|(field, value, code)| ((field, value), code)).collect())
}
