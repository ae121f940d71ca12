//! Data that every page shows around its content.
//!
//! Hand-written SQL: four joins of one table, and rules inside versions.

use std::collections::BTreeMap;

use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _};
use uuid::Uuid;

use crate::entity::person;
use crate::error::Result;
use crate::pool::Store;

/// Names of the people accountable for the four layers.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct LayerOwners {
    /// Accountable for the content layer.
    pub content: Option<String>,
    /// Accountable for the rule layer.
    pub rules: Option<String>,
    /// Accountable for execution and sync.
    pub sync: Option<String>,
    /// Accountable for observability and control.
    pub control: Option<String>,
}

/// Data that every page shows around its content.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct FrameData {
    /// Name of the organisation, if set.
    pub organisation: Option<String>,
    /// The accountable person for each layer.
    #[sqlx(flatten)]
    pub owners: LayerOwners,
}

/// Returns the data around every page, in one statement.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn frame_data(store: &Store) -> Result<FrameData> {
    let row = sqlx::query_as(
        "SELECT (SELECT nullif(value ->> 'name', '') FROM settings WHERE name = 'organisation') AS organisation, c.name AS content, r.name AS rules, s.name AS sync, o.name AS control FROM layers l \
         LEFT JOIN people c ON c.id = l.content_owner LEFT JOIN people r ON r.id = l.rules_owner \
         LEFT JOIN people s ON s.id = l.sync_owner LEFT JOIN people o ON o.id = l.control_owner",
    )
    .fetch_optional(store.pool())
    .await?;
    Ok(row.unwrap_or_default())
}

/// A workflow as filters show it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct WorkflowName {
    /// Unique ID.
    pub id: Uuid,
    /// Name used in URLs.
    pub name: String,
    /// Display title.
    pub title: String,
    /// Whether it has a live release.
    pub is_live: bool,
}

/// Returns all workflows, by title.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn workflow_names(store: &Store) -> Result<Vec<WorkflowName>> {
    Ok(sqlx::query_as(
        "SELECT id, name, title, EXISTS (SELECT 1 FROM live_releases l WHERE l.workflow_id = workflows.id) AS is_live FROM workflows ORDER BY title, name",
    )
    .fetch_all(store.pool())
    .await?)
}

/// A rule as filters and lists show it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct RuleName {
    /// The workflow whose rule set contains the rule.
    pub workflow_id: Uuid,
    /// Name of the rule set.
    pub rule_set: String,
    /// ID of the rule.
    pub rule_id: String,
    /// Display name, if the rule has one.
    pub name: Option<String>,
}

impl RuleName {
    /// Returns the display name, or the ID if the rule has none.
    pub fn title(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.rule_id)
    }
}

/// Returns the rules of the workflows' live rule sets, in scan order.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn live_rules(store: &Store) -> Result<Vec<RuleName>> {
    Ok(sqlx::query_as(
        "SELECT w.id AS workflow_id, v.name AS rule_set, r.rule->>'id' AS rule_id, r.rule->>'name' AS name FROM workflows w JOIN live_releases l ON l.workflow_id = w.id \
         JOIN versions v ON v.id = ANY(l.version_ids) AND v.kind = 'rule_set' \
         CROSS JOIN LATERAL jsonb_array_elements(v.body->'rules') WITH ORDINALITY AS r (rule, place) ORDER BY w.title, w.name, r.place LIMIT 2000",
    )
    .fetch_all(store.pool())
    .await?)
}

/// Returns the display names of people, by the e-mail addresses that decisions use.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn names_of(store: &Store, emails: &[String]) -> Result<BTreeMap<String, String>> {
    if emails.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<(String, String)> = person::Entity::find()
        .select_only()
        .columns([person::Column::Email, person::Column::Name])
        .filter(person::Column::Email.eq_any(emails.iter().cloned()))
        .into_tuple()
        .all(store.db())
        .await?;
    Ok(rows.into_iter().collect())
}

/// Returns the display names of people who acted, by actor (`person:0199…`). Omits programs and commands.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn names_of_actors(store: &Store, actors: &[String]) -> Result<BTreeMap<String, String>> {
    let ids: Vec<Uuid> =
        actors.iter().filter_map(|actor| actor.strip_prefix("person:")?.parse().ok()).collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<(Uuid, String)> = person::Entity::find()
        .select_only()
        .columns([person::Column::Id, person::Column::Name])
        .filter(person::Column::Id.eq_any(ids))
        .into_tuple()
        .all(store.db())
        .await?;
    Ok(rows.into_iter().map(|(id, name)| (format!("person:{id}"), name)).collect())
}
