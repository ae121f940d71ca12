//! What people have to be told: committed with the act, shown on their home page, and e-mailed by a job.

use chrono::{DateTime, TimeDelta, Utc};
use engine::ids::{PersonId, WorkflowId};
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::actor::{Actor, Role};
use crate::error::Result;
use crate::pool::Store;

/// How long a notice is of use: shown, and tried to be e-mailed.
pub const USE: TimeDelta = TimeDelta::hours(24);
/// Notices e-mailed in one go; the next follow.
const BATCH: i64 = 50;
/// From a failed attempt to the next: doubled each time, up to the second.
const BACK_OFF: (TimeDelta, TimeDelta) = (TimeDelta::seconds(30), TimeDelta::hours(1));

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum What {
    /// A workflow was stopped.
    Stopped,
    /// It goes on again.
    Resumed,
}

/// A notice.
#[derive(Clone, Debug, FromRow)]
pub struct Notice {
    /// Its id.
    pub id: Uuid,
    /// `stopped` or `resumed`: [`What`].
    pub what: String,
    /// The workflow; none where it is every one.
    pub workflow_id: Option<Uuid>,
    /// What it is called.
    pub workflow: Option<String>,
    /// Why it was stopped.
    pub reason: String,
    /// Who did it, as in the audit log.
    pub by_whom: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Whom it is for: address, name and time zone.
    pub email: String,
    /// What they are called.
    pub name: String,
    /// Their time zone, an IANA name.
    pub time_zone: String,
    /// How often it was tried in vain.
    pub attempts: i32,
}

const NOTICES: &str = "SELECT n.id, n.what, n.workflow_id, w.title AS workflow, n.reason, n.by_whom, n.at, p.email, p.name, p.time_zone, n.attempts \
    FROM notices n JOIN people p ON p.id = n.person_id LEFT JOIN workflows w ON w.id = n.workflow_id ";

/// Tells everybody of sales leadership, in the transaction of the act.
pub(crate) async fn tell_leadership(
    connection: &mut PgConnection,
    actor: &Actor,
    what: What,
    workflow: Option<WorkflowId>,
    reason: &str,
) -> Result<()> {
    let leaders: Vec<Uuid> = sqlx::query_scalar(
        "SELECT p.id FROM people p JOIN person_roles r ON r.person_id = p.id WHERE r.role = $1 AND p.disabled_at IS NULL",
    )
    .bind(<&str>::from(Role::SalesLeader))
    .fetch_all(&mut *connection)
    .await?;
    let ids: Vec<Uuid> =
        (0..leaders.len()).map(|n| engine::ids::mint_nth(actor.now, n, rand::random())).collect();
    sqlx::query(
        "INSERT INTO notices (id, person_id, what, workflow_id, reason, by_whom, at, due_at) \
         SELECT u.id, u.person_id, $3, $4, $5, $6, $7, $7 FROM unnest($1::uuid[], $2::uuid[]) AS u (id, person_id)",
    )
    .bind(ids)
    .bind(leaders)
    .bind(<&str>::from(what))
    .bind(workflow.map(|id| id.0))
    .bind(reason)
    .bind(actor.who.to_string())
    .bind(actor.now)
    .execute(connection)
    .await?;
    Ok(())
}

/// What somebody was told lately, newest first.
///
/// # Errors
/// When the database fails.
pub async fn of_person(store: &Store, person: PersonId, now: DateTime<Utc>) -> Result<Vec<Notice>> {
    let query =
        format!("{NOTICES} WHERE n.person_id = $1 AND n.at > $2 ORDER BY n.at DESC, n.id DESC LIMIT $3");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(query))
        .bind(person.0)
        .bind(now - USE)
        .bind(BATCH)
        .fetch_all(store.pool())
        .await?)
}

/// The notices that are due to be e-mailed, the oldest first. Whoever may not sign in any more is not written to.
///
/// # Errors
/// When the database fails.
pub async fn due(store: &Store, now: DateTime<Utc>) -> Result<Vec<Notice>> {
    let query = format!(
        "{NOTICES} WHERE n.sent_at IS NULL AND n.due_at <= $1 AND n.at > $2 AND p.disabled_at IS NULL ORDER BY n.due_at, n.id LIMIT $3"
    );
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(query))
        .bind(now)
        .bind(now - USE)
        .bind(BATCH)
        .fetch_all(store.pool())
        .await?)
}

/// Notes that a notice was e-mailed.
///
/// # Errors
/// When the database fails; it is e-mailed again then.
pub async fn sent(store: &Store, notice: &Notice, now: DateTime<Utc>) -> Result<()> {
    sqlx::query("UPDATE notices SET sent_at = $2, attempts = attempts + 1, last_error = NULL WHERE id = $1")
        .bind(notice.id)
        .bind(now)
        .execute(store.pool())
        .await?;
    Ok(())
}

/// Notes that the mail server did not take a notice, which is tried again later.
///
/// # Errors
/// When the database fails.
pub async fn failed(store: &Store, notice: &Notice, error: &str, now: DateTime<Utc>) -> Result<()> {
    let wait = (BACK_OFF.0 * (1 << notice.attempts.clamp(0, 10))).min(BACK_OFF.1);
    sqlx::query("UPDATE notices SET attempts = attempts + 1, last_error = $2, due_at = $3 WHERE id = $1")
        .bind(notice.id)
        .bind(error)
        .bind(now + wait)
        .execute(store.pool())
        .await?;
    Ok(())
}

/// Deletes notices that are of no use any more. The audit log keeps what they told.
///
/// # Errors
/// When the database fails.
pub async fn forget(store: &Store, now: DateTime<Utc>) -> Result<()> {
    sqlx::query("DELETE FROM notices WHERE at <= $1").bind(now - USE).execute(store.pool()).await?;
    Ok(())
}
