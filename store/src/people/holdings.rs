//! What depends on a person, and falls vacant when they are deactivated.
//!
//! Hand-written SQL: pools name their members inside versions, and approvals are compared with everyone who could give them.

use engine::ids::PersonId;
use sqlx::FromRow;

use crate::error::Result;
use crate::pool::Store;

/// What depends on a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromRow)]
pub struct Holdings {
    /// Names of the pools that assign leads to the person, in their newest version.
    pub pools: Vec<String>,
    /// Layers that the person is accountable for: `content`, `rules`, `sync` or `control`.
    pub layers: Vec<String>,
    /// Number of changes that the person can approve.
    pub approvals: i64,
    /// How many of those no one else can approve.
    pub sole_approvals: i64,
    /// Number of changes that the person has drafted or submitted.
    pub changes: i64,
    /// Number of leads that are assigned to the person and still open.
    pub leads: i64,
    /// Number of leads that the person has claimed in the queue.
    pub claims: i64,
}

impl Holdings {
    /// Returns whether nothing depends on the person.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Returns what depends on a person.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn holdings(store: &Store, person: PersonId) -> Result<Holdings> {
    Ok(sqlx::query_as(
        "WITH me AS (SELECT id, email FROM people WHERE id = $1), \
         mine AS (SELECT c.id, required.role FROM changes c CROSS JOIN LATERAL unnest(c.required) AS required (role) \
           WHERE c.state = 'submitted' AND required.role IN (SELECT role FROM person_roles WHERE person_id = $1) \
             AND NOT EXISTS (SELECT FROM change_editors e WHERE e.change_id = c.id AND e.person_id = $1) \
             AND NOT EXISTS (SELECT FROM change_reviews r WHERE r.change_id = c.id AND r.verdict = 'approve' AND (r.role = required.role OR r.person_id = $1))), \
         sole AS (SELECT id FROM mine WHERE NOT EXISTS (SELECT FROM person_roles o JOIN people p ON p.id = o.person_id AND p.disabled_at IS NULL \
           WHERE o.role = mine.role AND o.person_id <> $1 AND NOT EXISTS (SELECT FROM change_editors e WHERE e.change_id = mine.id AND e.person_id = o.person_id))) \
         SELECT ARRAY(SELECT v.name FROM (SELECT DISTINCT ON (name) name, body FROM versions WHERE kind = 'pool' ORDER BY name, version DESC) v, me \
             WHERE EXISTS (SELECT FROM jsonb_array_elements(v.body->'members') AS member WHERE lower(member->>'person') = me.email) ORDER BY v.name) AS pools, \
           ARRAY(SELECT owned.layer FROM layers l CROSS JOIN LATERAL (VALUES ('content', l.content_owner), ('rules', l.rules_owner), ('sync', l.sync_owner), ('control', l.control_owner)) \
             AS owned (layer, owner) WHERE owned.owner = $1) AS layers, \
           (SELECT count(DISTINCT id) FROM mine) AS approvals, (SELECT count(DISTINCT id) FROM sole) AS sole_approvals, \
           (SELECT count(*) FROM changes WHERE author_id = $1 AND state IN ('draft', 'submitted')) AS changes, \
           (SELECT count(*) FROM leads, me WHERE leads.assignee = me.email AND leads.erased_at IS NULL \
             AND (leads.stage IS NULL OR leads.stage NOT IN ('rejected', 'disqualified', 'won', 'lost'))) AS leads, \
           (SELECT count(*) FROM queue_claims WHERE person_id = $1 AND expires_at > now()) AS claims FROM me",
    )
    .bind(person.0)
    .fetch_optional(store.pool())
    .await?
    .unwrap_or_default())
}
