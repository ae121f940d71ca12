//! Who did what: the audit log.

pub mod kill;

use engine::ids::LeadId;
use serde::Serialize;
use serde_json::Value as Json;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::actor::Actor;
use crate::error::Result;
use crate::hash::row_hash;

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

/// Writes the audit row of an act, in the act's transaction.
///
/// # Errors
/// When the row cannot be written; the act is then rolled back with it.
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
    .execute(connection)
    .await?;
    Ok(())
}
