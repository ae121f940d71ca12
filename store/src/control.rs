//! Who did what: the audit log.
//!
//! Hand-written SQL: the audit log is written once and has no entity.

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

/// One act, as the audit log keeps it.
#[derive(Clone, Debug)]
pub struct Audit<'a> {
    /// What was done, for example `person.add`.
    pub action: &'a str,
    /// To what, for example `person:0199…`.
    pub subject: &'a str,
    /// The lead it concerns, if one.
    pub lead: Option<LeadId>,
    /// What else there is to say; nothing of a lead.
    pub detail: Json,
}

/// What was done about a list, for [`export`].
pub const EXPORT: &str = "export.csv";

/// Records that somebody takes a list away as a file; `detail` says which and how it was narrowed, nothing of a lead.
///
/// # Errors
/// When the database fails.
pub async fn export(store: &Store, actor: &Actor, page: &str, detail: Json) -> Result<()> {
    let mut tx = store.pool().begin().await?;
    let entry = Audit { action: EXPORT, subject: &format!("page:{page}"), lead: None, detail };
    audit(&mut tx, actor, entry).await?;
    tx.commit().await?;
    Ok(())
}

/// Forgets forms used before an instant: a page that old is not sent again.
///
/// # Errors
/// When the database fails.
pub async fn forget_forms(store: &Store, before: DateTime<Utc>) -> Result<u64> {
    let done = used_form::Entity::delete_many()
        .filter(used_form::Column::UsedAt.lt(before))
        .exec(store.db())
        .await?;
    Ok(done.rows_affected)
}

/// Whether the actor's form was used: what it asks for was done.
///
/// # Errors
/// When the database fails.
pub async fn is_used(store: &Store, actor: &Actor) -> Result<bool> {
    let Some(form) = &actor.form else { return Ok(false) };
    Ok(used_form::Entity::find_by_id((actor.who.to_string(), form.clone())).exists(store.db()).await?)
}

/// Marks the actor's form as used; the second of two requests waits here for the first one's end.
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

/// The topics of [`crate::refresh`] that an act concerns.
fn topics(action: &str) -> &'static [Topic] {
    match action {
        // The queue says which workflows are stopped, and gets back what an AE rejects.
        "workflow.kill" | "workflow.resume" => return &[Topic::Changes, Topic::Queue],
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

/// Writes the audit row of an act, in the act's transaction. An act of a form that was used before is refused, and pages
/// that show what it concerns hear of it when the transaction is committed.
///
/// # Errors
/// [`Error::Repeated`], or when the row cannot be written; the act is then rolled back with it.
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
        refresh::tell(connection, *topic).await?;
    }
    Ok(())
}
