//! Who did what: the audit log.

pub mod kill;

use chrono::{DateTime, Utc};
use engine::ids::LeadId;
use serde::Serialize;
use serde_json::Value as Json;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::hash::row_hash;
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
    let done =
        sqlx::query("DELETE FROM used_forms WHERE used_at < $1").bind(before).execute(store.pool()).await?;
    Ok(done.rows_affected())
}

/// Whether the actor's form was used: what it asks for was done.
///
/// # Errors
/// When the database fails.
pub async fn is_used(store: &Store, actor: &Actor) -> Result<bool> {
    Ok(sqlx::query_scalar("SELECT EXISTS (SELECT FROM used_forms WHERE actor = $1 AND token = $2)")
        .bind(actor.who.to_string())
        .bind(&actor.form)
        .fetch_one(store.pool())
        .await?)
}

/// Marks the actor's form as used; the second of two requests waits here for the first one's end.
async fn use_form(connection: &mut PgConnection, actor: &Actor) -> Result<()> {
    let Some(form) = &actor.form else { return Ok(()) };
    let used = sqlx::query(
        "INSERT INTO used_forms (actor, token, request_id, used_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT ON CONSTRAINT used_forms_pkey DO UPDATE SET request_id = excluded.request_id \
         WHERE used_forms.request_id = excluded.request_id",
    )
    .bind(actor.who.to_string())
    .bind(form)
    .bind(&actor.request_id)
    .bind(actor.now)
    .execute(connection)
    .await?;
    if used.rows_affected() == 0 { Err(Error::Repeated) } else { Ok(()) }
}

/// The topic of [`crate::refresh`] that an act concerns.
fn topic(action: &str) -> Option<Topic> {
    match action.split('.').next().unwrap_or_default() {
        "effect" | "destination" | "kill" => Some(Topic::Sync),
        "job" => Some(Topic::Jobs),
        "lead" | "import" => Some(Topic::Leads),
        "queue" | "decision" | "override" => Some(Topic::Queue),
        "change" | "version" | "workflow" | "release" => Some(Topic::Changes),
        _ => None,
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
    if let Some(topic) = topic(entry.action) {
        refresh::tell(connection, topic).await?;
    }
    Ok(())
}
