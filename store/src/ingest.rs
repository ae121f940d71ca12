//! The commit of a lead's way: keys, identity, the lead's lock, and all rows of one or many decisions at once.
//!
//! Everything here runs in one transaction. Rows are locked in one order (keys, then leads by id, then pools by name,
//! then new identities), so that two transactions wait for each other but never in a circle.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use engine::ids::WorkflowId;
use serde_json::Value as Json;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::Result;

mod claims;
mod effects;
mod features;
mod identity;
mod states;

pub use claims::{Claim, Claimed, claim_keys};
pub use effects::{EffectRow, LeadThen, announce_effects, insert_effects, wake_dispatchers};
pub use features::{FeatureRow, feature_codes, insert_features};
pub use identity::{Identified, Identity, LockedLead, Named, Profile, identify, save_leads};
pub(crate) use identity::{email_identity, external_identity, find};
pub use states::{State, upsert_states};

/// What a commit has to know of a workflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Counts releases and rollbacks.
    pub epoch: i64,
    /// Somebody stopped it: its leads go to people, and nothing is sent.
    pub is_killed: bool,
}

/// Holds the workflows' releases and stops until the transaction ends, and reads where they stand: what is committed
/// under an epoch is committed before the next one begins. A lock in memory, so that it writes nothing.
///
/// # Errors
/// When the database fails.
pub async fn lock_epochs(
    connection: &mut PgConnection,
    workflows: &BTreeSet<WorkflowId>,
) -> Result<HashMap<WorkflowId, Standing>> {
    let ids: Vec<Uuid> = workflows.iter().map(|id| id.0).collect();
    // Two statements: the epochs must be read after the locks are held, and a statement sees what was committed before it began.
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
    Ok(rows.into_iter().map(|(id, epoch, is_killed)| (id.into(), Standing { epoch, is_killed })).collect())
}

/// Where the round robins of pools stand, locked until the transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn lock_pools(
    connection: &mut PgConnection,
    names: &BTreeSet<String>,
) -> Result<BTreeMap<String, Json>> {
    let rows: Vec<(String, Json)> = sqlx::query_as(
        "SELECT name, counters FROM pool_states WHERE name = ANY($1) ORDER BY name FOR NO KEY UPDATE",
    )
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
