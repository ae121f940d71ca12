//! Files that people uploaded to import: what is known of them. Their bytes are in the data directory of the server.

use chrono::{DateTime, Utc};
use engine::ids::PersonId;
use sea_orm::{ActiveModelTrait as _, EntityTrait as _, Set};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::entity::upload;
pub use super::entity::upload::Model as Upload;
use crate::actor::{Actor, Who};
use crate::control::{Audit, audit};
use crate::error::{Error, Result};
use crate::pool::Store;

/// Characters of a file's name that are kept.
pub const FILE_NAME_CHARS: usize = 200;

/// Records a file that has arrived whole.
///
/// # Errors
/// [`Error::Refused`] when no person acts.
pub async fn add(store: &Store, actor: &Actor, id: Uuid, file_name: &str, bytes: u64) -> Result<()> {
    let Who::Person(person) = actor.who else {
        return Err(Error::Refused("only a person uploads a file".into()));
    };
    let mut tx = store.pool().begin().await?;
    // On the transaction of the audit row, which an entity cannot share.
    sqlx::query(
        "INSERT INTO uploads (id, person_id, file_name, bytes, created_at) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(id)
    .bind(person.0)
    .bind(file_name)
    .bind(i64::try_from(bytes).unwrap_or(i64::MAX))
    .bind(actor.now)
    .execute(&mut *tx)
    .await?;
    let detail = json!({ "bytes": bytes });
    let entry = Audit { action: "import.upload", subject: &format!("upload:{id}"), lead: None, detail };
    audit(&mut tx, actor, entry).await?;
    tx.commit().await?;
    Ok(())
}

/// Returns an upload of this person.
///
/// # Errors
/// [`Error::NotFound`] when there is none, or it is another person's.
pub async fn of_person(store: &Store, person: PersonId, id: Uuid) -> Result<Upload> {
    let found = upload::Entity::find_by_id(id).one(store.db()).await?;
    found.filter(|upload| upload.person_id == person.0).ok_or(Error::NotFound("upload"))
}

/// Notes the run that imports an upload, in the transaction that starts it.
///
/// # Errors
/// When the database fails.
pub async fn set_run(connection: &mut PgConnection, id: Uuid, run: Uuid) -> Result<()> {
    sqlx::query("UPDATE uploads SET run_id = $2 WHERE id = $1")
        .bind(id)
        .bind(run)
        .execute(connection)
        .await?;
    Ok(())
}

/// Returns uploads that no run will read any more: those from before `since` whose run, if there is one, is over since then.
///
/// # Errors
/// When the database fails.
pub async fn outdated(store: &Store, since: DateTime<Utc>) -> Result<Vec<Uuid>> {
    Ok(sqlx::query_scalar(
        "SELECT u.id FROM uploads u LEFT JOIN runs r ON r.id = u.run_id \
         WHERE u.created_at < $1 AND (r.id IS NULL OR r.finished_at < $1) ORDER BY u.id",
    )
    .bind(since)
    .fetch_all(store.pool())
    .await?)
}

/// Returns whether there is an upload, of whichever person.
///
/// # Errors
/// When the database fails.
pub async fn is_known(store: &Store, id: Uuid) -> Result<bool> {
    Ok(upload::Entity::find_by_id(id).one(store.db()).await?.is_some())
}

/// Forgets an upload whose bytes are gone.
///
/// # Errors
/// When the database fails.
pub async fn forget(store: &Store, id: Uuid) -> Result<()> {
    upload::ActiveModel { id: Set(id), ..Default::default() }.delete(store.db()).await?;
    Ok(())
}
