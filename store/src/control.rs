//! The audit log: who did what.
//!
//! Hand-written SQL: the audit log is append-only and has no entity.

pub mod kill;

use chrono::{DateTime, Utc};
use engine::ids::LeadId;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait as _, EntityTrait as _, ExprTrait as _, QueryFilter as _, SelectExt as _, Set};
use serde::Serialize;
use serde_json::Value as Json;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::actor::Actor;
use crate::entity::used_form;
use crate::error::{Error, Result};
use crate::hash::row_hash;
use crate::orm::orm;
use crate::pool::Store;
use crate::refresh::{self, Topic};

/// An entry in the audit log.
#[derive(Clone, Debug)]
pub struct Audit<'a> {
    /// The action, for example `person.add`.
    pub action: &'a str,
    /// The subject, for example `person:0199…`.
    pub subject: &'a str,
    /// The lead that the act concerns, if any.
    pub lead: Option<LeadId>,
    /// Further details; must not contain data about the lead.
    pub detail: Json,
}

/// Action that [`export`] records.
pub const EXPORT: &str = "export.csv";

/// Records that a person exports a list. `detail` names the list and its filters, and contains no data about leads.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn export(store: &Store, actor: &Actor, page: &str, detail: Json) -> Result<()> {
    let mut tx = store.begin().await?;
    let entry = Audit { action: EXPORT, subject: &format!("page:{page}"), lead: None, detail };
    audit(&mut tx, actor, entry).await?;
    tx.commit().await?;
    Ok(())
}

/// Deletes form IDs used before an instant. Pages that old are no longer resubmitted.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn forget_forms(store: &Store, before: DateTime<Utc>) -> Result<u64> {
    let done = used_form::Entity::delete_many()
        .filter(used_form::Column::UsedAt.lt(before))
        .exec(store.db())
        .await?;
    Ok(done.rows_affected)
}

/// Returns whether the actor's form was already used, in which case the act has been done.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn is_used(store: &Store, actor: &Actor) -> Result<bool> {
    let Some(form) = &actor.form else { return Ok(false) };
    Ok(used_form::Entity::find_by_id((actor.who.to_string(), form.clone())).exists(store.db()).await?)
}

/// Marks the actor's form as used. A concurrent second request waits here until the first one ends.
async fn use_form(connection: &mut PgConnection, actor: &Actor) -> Result<()> {
    let Some(form) = &actor.form else { return Ok(()) };
    let row = used_form::ActiveModel {
        actor: Set(actor.who.to_string()),
        token: Set(form.clone()),
        request_id: Set(actor.request_id.clone()),
        used_at: Set(actor.now),
    };
    let same_request = used_form::Column::RequestId.into_expr().eq(Expr::val(&actor.request_id));
    let used = used_form::Entity::insert(row)
        .on_conflict(
            OnConflict::columns([used_form::Column::Actor, used_form::Column::Token])
                .update_column(used_form::Column::RequestId)
                .action_and_where(same_request)
                .to_owned(),
        )
        .exec_without_returning(&orm(connection))
        .await?;
    if used == 0 { Err(Error::Repeated) } else { Ok(()) }
}

/// Returns the topics of [`crate::refresh`] that an act affects.
fn topics(action: &str) -> &'static [Topic] {
    match action {
        // The queue shows which workflows are stopped, and receives the leads that AEs reject.
        "workflow.kill" | "workflow.resume" => return &[Topic::Changes, Topic::Queue, Topic::Sync],
        "queue.accept" | "queue.change" | "queue.disqualify" | "queue.give_back" => {
            return &[Topic::Leads, Topic::Queue];
        }
        "lead.accept" | "lead.reject" => return &[Topic::Leads, Topic::Queue],
        _ => {}
    }
    match action.split('.').next().unwrap_or_default() {
        "effect" | "destination" | "kill" => &[Topic::Sync],
        "job" => &[Topic::Jobs],
        "run" => &[Topic::Runs],
        "lead" | "import" => &[Topic::Leads],
        "queue" | "decision" | "override" => &[Topic::Queue],
        "change" | "version" | "workflow" | "release" | "rule" => &[Topic::Changes],
        _ => &[],
    }
}

/// Writes the audit row for an act, in the act's transaction. Rejects an act whose form was already used. Pages that
/// show the affected data are notified when the transaction commits.
///
/// # Errors
/// Returns [`Error::Repeated`] if the form was already used, or another error if the row cannot be written. In either
/// case the act is rolled back.
pub async fn audit(connection: &mut PgConnection, actor: &Actor, entry: Audit<'_>) -> Result<()> {
    #[derive(Serialize)]
    struct Row<'a> {
        id: Uuid,
        at: String,
        actor: &'a str,
        roles: &'a [&'static str],
        action: &'a str,
        subject: &'a str,
        lead_id: Option<LeadId>,
        detail: &'a Json,
        personal_detail: Option<&'a str>,
        request_id: &'a str,
    }
    use_form(connection, actor).await?;
    let id = engine::ids::mint(actor.now, rand::random());
    let who = actor.who.to_string();
    let roles: Vec<&'static str> = actor.roles.iter().map(|role| role.into()).collect();
    let row = Row {
        id,
        at: engine::time::stamp(actor.now),
        actor: &who,
        roles: &roles,
        action: entry.action,
        subject: entry.subject,
        lead_id: entry.lead,
        detail: &entry.detail,
        personal_detail: None,
        request_id: &actor.request_id,
    };
    let hash = row_hash("audit_log", &row)?;
    sqlx::query(
        "INSERT INTO audit_log (id, at, actor, roles, action, subject, lead_id, detail, request_id, hash) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(id)
    .bind(engine::time::cut(actor.now))
    .bind(&who)
    .bind(roles.iter().map(|role| (*role).to_owned()).collect::<Vec<_>>())
    .bind(entry.action)
    .bind(entry.subject)
    .bind(entry.lead.map(|lead| lead.0))
    .bind(&entry.detail)
    .bind(&actor.request_id)
    .bind(hash.0.as_slice())
    .execute(&mut *connection)
    .await?;
    for topic in topics(entry.action) {
        refresh::notify(connection, *topic).await?;
    }
    Ok(())
}
