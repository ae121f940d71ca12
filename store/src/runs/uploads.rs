//! Metadata of files that people uploaded for import. Their bytes are in the server's data directory.
//!
//! Hand-written SQL: a join with runs that may be gone.

use chrono::{DateTime, Utc};
use engine::ids::PersonId;
use sea_orm::{ActiveModelTrait as _, EntityTrait as _, Set};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::actor::{Actor, ActorId};
use crate::control::{Audit, audit};
use crate::entity::upload;
pub use crate::entity::upload::Model as Upload;
use crate::error::{Error, Result};
use crate::orm::orm;
use crate::pool::Store;

/// Maximum length of a stored file name, in characters.
pub const FILE_NAME_CHARS: usize = 200;

/// Records a complete file. The caller commits.
///
/// # Errors
/// Returns [`Error::Refused`] if the actor is not a person.
pub async fn add(
    connection: &mut PgConnection,
    actor: &Actor,
    id: Uuid,
    file_name: &str,
    bytes: u64,
) -> Result<()> {
    let ActorId::Person(person) = actor.who else {
        return Err(Error::Refused("only a person can upload a file".into()));
    };
    let row = upload::ActiveModel {
        id: Set(id),
        person_id: Set(person.0),
        file_name: Set(file_name.to_owned()),
        bytes: Set(i64::try_from(bytes).unwrap_or(i64::MAX)),
        created_at: Set(actor.now),
        run_id: Set(None),
    };
    upload::Entity::insert(row).exec_without_returning(&orm(connection)).await?;
    let detail = json!({ "bytes": bytes });
    let entry = Audit { action: "import.upload", subject: &format!("upload:{id}"), lead: None, detail };
    audit(connection, actor, entry).await
}

/// Returns an upload, regardless of its owner.
///
/// # Errors
/// Returns [`Error::NotFound`] if it does not exist.
pub async fn by_id(store: &Store, id: Uuid) -> Result<Upload> {
    upload::Entity::find_by_id(id).one(store.db()).await?.ok_or(Error::NotFound("upload"))
}

/// Returns an upload that belongs to this person.
///
/// # Errors
/// Returns [`Error::NotFound`] if it does not exist or belongs to another person.
pub async fn of_person(store: &Store, person: PersonId, id: Uuid) -> Result<Upload> {
    let found = by_id(store, id).await?;
    if found.person_id == person.0 { Ok(found) } else { Err(Error::NotFound("upload")) }
}

/// Records the run that imports an upload, in the transaction that starts the run.
///
/// # Errors
/// Returns [`Error::Refused`] if another run is importing the upload or has done so.
pub async fn set_run(connection: &mut PgConnection, id: Uuid, run: Uuid) -> Result<()> {
    let changed = sqlx::query(
        "UPDATE uploads u SET run_id = $2 WHERE u.id = $1 AND (u.run_id IS NULL \
           OR EXISTS (SELECT FROM runs r WHERE r.id = u.run_id AND r.state IN ('failed', 'cancelled')))",
    )
    .bind(id)
    .bind(run)
    .execute(connection)
    .await?;
    match changed.rows_affected() {
        0 => Err(Error::Refused("this file has already been imported or is being imported; see Runs".into())),
        _ => Ok(()),
    }
}

/// Returns the uploads that no run needs any more: those older than `since` whose run, if any, ended before it.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn outdated(store: &Store, since: DateTime<Utc>) -> Result<Vec<Uuid>> {
    Ok(sqlx::query_scalar(
        "SELECT u.id FROM uploads u LEFT JOIN runs r ON r.id = u.run_id \
         WHERE u.created_at < $1 AND (r.id IS NULL OR r.finished_at < $1) ORDER BY u.id",
    )
    .bind(since)
    .fetch_all(store.pool())
    .await?)
}

/// Returns whether an upload exists, regardless of its owner.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn is_known(store: &Store, id: Uuid) -> Result<bool> {
    Ok(upload::Entity::find_by_id(id).one(store.db()).await?.is_some())
}

/// Deletes an upload whose bytes were removed.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn forget(store: &Store, id: Uuid) -> Result<()> {
    upload::ActiveModel { id: Set(id), ..Default::default() }.delete(store.db()).await?;
    Ok(())
}
