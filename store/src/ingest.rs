//! Commits of decisions: keys, identities, lead locks, and all rows of one or many decisions at once.
//!
//! Everything here runs in one transaction. Rows are locked in a fixed order (keys, leads by ID, pools by name, then
//! new identities), so that concurrent transactions wait for each other instead of deadlocking.
//!
//! Hand-written SQL: the hot path of events, with one array per column.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use engine::ids::WorkflowId;
use serde_json::Value as Json;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::Result;

mod claims;
mod effects;
mod features;
mod history;
mod identity;
mod shadow;
mod states;

pub use claims::{KeyClaim, KeyClaimResult, claim_keys, look_up_keys};
pub use effects::{
    EffectRow, LeadSnapshot, announce_effects, insert_effects, targets_of_decision, targets_of_verdict,
    wake_dispatchers,
};
pub use features::{FeatureRow, feature_codes, insert_features};
pub use history::{HistoryRequest, LeadHistory, PastEvent, histories};
pub use identity::{
    IdentifiedLead, LeadIdentities, LeadIdentity, LockedLead, LockedLeads, MergeSuggestion, Profile,
    ProfileTimes, identify, lock_lead, lock_leads, save_leads, suggest_merges,
};
pub(crate) use identity::{email_identities, external_identity, find};
pub use shadow::{ShadowRow, insert_shadows};
pub use states::{LeadStateRow, upsert_states};

/// The state of a workflow that a commit depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkflowStatus {
    /// Release epoch, incremented by releases and rollbacks.
    pub epoch: i64,
    /// Whether the workflow is stopped: its leads go to people and nothing is sent.
    pub is_killed: bool,
}

/// Locks the workflows against releases and stops until the transaction ends, and reads their epochs. Everything
/// committed under an epoch is therefore committed before the next one starts. The advisory lock is held in memory
/// and writes nothing.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn lock_epochs(
    connection: &mut PgConnection,
    workflows: &BTreeSet<WorkflowId>,
) -> Result<HashMap<WorkflowId, WorkflowStatus>> {
    let ids: Vec<Uuid> = workflows.iter().map(|id| id.0).collect();
    // Use two statements: the epochs must be read after acquiring the locks, and a statement only sees rows committed
    // before it starts.
    sqlx::query("SELECT pg_advisory_xact_lock_shared(hashtextextended(id::text, 0)) FROM unnest($1::uuid[]) AS w (id)")
        .bind(&ids)
        .execute(&mut *connection)
        .await?;
    let rows: Vec<(Uuid, i64, bool)> = sqlx::query_as(
        "SELECT w.id, w.release_epoch, EXISTS (SELECT FROM kill_switches k WHERE k.workflow_id = w.id OR k.workflow_id IS NULL) \
         FROM workflows w WHERE w.id = ANY($1)",
    )
    .bind(&ids)
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(id, epoch, is_killed)| (id.into(), WorkflowStatus { epoch, is_killed }))
        .collect())
}

/// State of a pool during a pick, in addition to the pool's version.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PoolState {
    /// Credit that each person has accumulated since their last pick.
    pub counters: Json,
    /// Weights that override those in the pool's version, by e-mail address.
    pub weights: BTreeMap<String, u32>,
    /// People who currently receive no leads, since they are away or deactivated.
    pub away: BTreeSet<String>,
}

impl PoolState {
    /// Returns the state of a pool before its first pick.
    pub fn empty() -> Self {
        Self { counters: Json::Object(serde_json::Map::new()), ..Self::default() }
    }
}

/// Selects the counters, weights and absences of pools.
const POOLS: &str = "SELECT p.name, p.counters, \
       ARRAY(SELECT a.person FROM pool_availability a WHERE a.pool = p.name AND a.weight IS NOT NULL ORDER BY a.person) AS people, \
       ARRAY(SELECT a.weight FROM pool_availability a WHERE a.pool = p.name AND a.weight IS NOT NULL ORDER BY a.person) AS weights, \
       ARRAY(SELECT a.person FROM pool_availability a WHERE a.pool = p.name AND a.away_until > now() \
             UNION SELECT d.email FROM people d WHERE d.disabled_at IS NOT NULL) AS away \
     FROM pool_states p WHERE p.name = ANY($1)";

#[derive(sqlx::FromRow)]
struct PoolRow {
    name: String,
    counters: Json,
    people: Vec<String>,
    weights: Vec<i32>,
    away: Vec<String>,
}

/// Reads the states of pools and locks their counters until the transaction ends.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn lock_pools(
    connection: &mut PgConnection,
    names: &BTreeSet<String>,
) -> Result<BTreeMap<String, PoolState>> {
    pools(connection, &format!("{POOLS} ORDER BY p.name FOR NO KEY UPDATE OF p"), names).await
}

/// Reads the states of pools without locking.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn pool_states(
    connection: &mut PgConnection,
    names: &BTreeSet<String>,
) -> Result<BTreeMap<String, PoolState>> {
    pools(connection, POOLS, names).await
}

async fn pools(
    connection: &mut PgConnection,
    query: &str,
    names: &BTreeSet<String>,
) -> Result<BTreeMap<String, PoolState>> {
    let rows: Vec<PoolRow> = sqlx::query_as(sqlx::AssertSqlSafe(query))
        .bind(names.iter().cloned().collect::<Vec<_>>())
        .fetch_all(connection)
        .await?;
    let state = |row: PoolRow| {
        let weights = row.weights.into_iter().map(|weight| u32::try_from(weight).unwrap_or(1));
        let weights = row.people.into_iter().zip(weights).collect();
        (row.name, PoolState { counters: row.counters, weights, away: row.away.into_iter().collect() })
    };
    Ok(rows.into_iter().map(state).collect())
}

/// Writes the round-robin counters of pools.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn update_pools(connection: &mut PgConnection, pools: &BTreeMap<String, PoolState>) -> Result<()> {
    sqlx::query("INSERT INTO pool_states (name, counters) SELECT name, counters FROM unnest($1::text[], $2::jsonb[]) AS u (name, counters) ON CONFLICT (name) DO UPDATE SET counters = excluded.counters")
        .bind(pools.keys().cloned().collect::<Vec<_>>())
        .bind(pools.values().map(|pool| pool.counters.clone()).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}
