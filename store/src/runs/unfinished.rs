//! Partially received uploads for import. Uploads belong to one person, so functions take the owner.
//!
//! Nothing here writes an audit row: [`super::uploads::add`] records a file once it is complete.

use chrono::{DateTime, Utc};
use engine::ids::PersonId;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Select, Set,
};
use sqlx::PgConnection;
use uuid::Uuid;

pub use crate::entity::unfinished_upload::Model as UnfinishedUpload;
use crate::entity::unfinished_upload::{ActiveModel, Column, Entity};
use crate::error::{Error, Result};
use crate::orm::orm;
use crate::pool::Store;

/// Hash of an upload without any received bytes.
pub const NO_BYTES: [u8; 32] = [0; 32];

/// An upload to start.
#[derive(Clone, Copy, Debug)]
pub struct NewUpload<'a> {
    /// Unique ID.
    pub id: Uuid,
    /// File name on the person's machine.
    pub file_name: &'a str,
    /// Size of the whole file, in bytes.
    pub bytes: i64,
}

/// Starts an upload, or returns the person's existing upload of a file with this name and size.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn begin(
    connection: &mut PgConnection,
    person: PersonId,
    now: DateTime<Utc>,
    new: NewUpload<'_>,
) -> Result<UnfinishedUpload> {
    let row = ActiveModel {
        id: Set(new.id),
        person_id: Set(person.0),
        file_name: Set(new.file_name.to_owned()),
        bytes: Set(new.bytes),
        received: Set(0),
        received_hash: Set(NO_BYTES.to_vec()),
        created_at: Set(now),
        updated_at: Set(now),
    };
    let file = [Column::PersonId, Column::FileName, Column::Bytes];
    // The update returns the existing row, and keeps it from being removed as abandoned.
    let known = OnConflict::columns(file).update_column(Column::UpdatedAt).to_owned();
    Ok(Entity::insert(row).on_conflict(known).exec_with_returning(&orm(connection)).await?)
}

/// Returns a person's unfinished uploads, newest first.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn of_person(store: &Store, person: PersonId) -> Result<Vec<UnfinishedUpload>> {
    let all = Entity::find().filter(Column::PersonId.eq(person.0)).order_by_desc(Column::UpdatedAt);
    Ok(all.all(store.db()).await?)
}

/// Returns how many unfinished uploads a person has.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn count(connection: &mut PgConnection, person: PersonId) -> Result<u64> {
    Ok(Entity::find().filter(Column::PersonId.eq(person.0)).count(&orm(connection)).await?)
}

/// Returns this person's upload and locks it, so that only one process writes its bytes.
///
/// # Errors
/// Returns [`Error::NotFound`] if it does not exist or belongs to another person.
pub async fn lock(connection: &mut PgConnection, person: PersonId, id: Uuid) -> Result<UnfinishedUpload> {
    let found = of(person, id).lock_exclusive().one(&orm(connection)).await?;
    found.ok_or(Error::NotFound("upload"))
}

fn of(person: PersonId, id: Uuid) -> Select<Entity> {
    Entity::find_by_id(id).filter(Column::PersonId.eq(person.0))
}

/// Records that more bytes of a locked upload were received.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn advance(
    connection: &mut PgConnection,
    id: Uuid,
    now: DateTime<Utc>,
    received: i64,
    received_hash: [u8; 32],
) -> Result<()> {
    let row = ActiveModel {
        id: Set(id),
        received: Set(received),
        received_hash: Set(received_hash.to_vec()),
        updated_at: Set(now),
        ..Default::default()
    };
    row.update(&orm(connection)).await?;
    Ok(())
}

/// Deletes an upload that is complete or no longer needed.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn forget(connection: &mut PgConnection, id: Uuid) -> Result<()> {
    Entity::delete_by_id(id).exec(&orm(connection)).await?;
    Ok(())
}

/// Deletes the uploads that have received nothing since `since`, and returns their IDs so that the caller can remove
/// their bytes.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn forget_abandoned(store: &Store, since: DateTime<Utc>) -> Result<Vec<Uuid>> {
    let abandoned = Entity::delete_many().filter(Column::UpdatedAt.lt(since));
    let rows = abandoned.exec_with_returning(store.db()).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Returns whether an unfinished upload with this ID exists, regardless of its owner.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn is_known(store: &Store, id: Uuid) -> Result<bool> {
    Ok(Entity::find_by_id(id).one(store.db()).await?.is_some())
}
