//! Files to import that have arrived in part. One person's are never another's: each function takes whose they are.
//!
//! Nothing here has an audit row: a file is recorded there once it has arrived whole, see [`super::uploads::add`].

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

/// The hash of an upload of which nothing has arrived.
pub const NO_BYTES: [u8; 32] = [0; 32];

/// A file of which the first byte is still to come.
#[derive(Clone, Copy, Debug)]
pub struct NewUpload<'a> {
    /// Its id.
    pub id: Uuid,
    /// What it is called.
    pub file_name: &'a str,
    /// Its size.
    pub bytes: i64,
}

/// Begins an upload, or returns the one that the person has begun of a file with this name and size.
///
/// # Errors
/// When the database fails.
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
    // An update returns the row that is there, and keeps it from being removed as abandoned.
    let known = OnConflict::columns(file).update_column(Column::UpdatedAt).to_owned();
    Ok(Entity::insert(row).on_conflict(known).exec_with_returning(&orm(connection)).await?)
}

/// Returns the uploads that a person has not finished, newest first.
///
/// # Errors
/// When the database fails.
pub async fn of_person(store: &Store, person: PersonId) -> Result<Vec<UnfinishedUpload>> {
    let all = Entity::find().filter(Column::PersonId.eq(person.0)).order_by_desc(Column::UpdatedAt);
    Ok(all.all(store.db()).await?)
}

/// Returns how many uploads a person has not finished.
///
/// # Errors
/// When the database fails.
pub async fn count(connection: &mut PgConnection, person: PersonId) -> Result<u64> {
    Ok(Entity::find().filter(Column::PersonId.eq(person.0)).count(&orm(connection)).await?)
}

/// Returns an upload of this person and locks it: one process at a time writes its bytes.
///
/// # Errors
/// [`Error::NotFound`] when there is none, or it is another person's.
pub async fn lock(connection: &mut PgConnection, person: PersonId, id: Uuid) -> Result<UnfinishedUpload> {
    let found = of(person, id).lock_exclusive().one(&orm(connection)).await?;
    found.ok_or(Error::NotFound("upload"))
}

fn of(person: PersonId, id: Uuid) -> Select<Entity> {
    Entity::find_by_id(id).filter(Column::PersonId.eq(person.0))
}

/// Notes that more has arrived of an upload that is locked.
///
/// # Errors
/// When the database fails.
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

/// Forgets an upload that has arrived whole or is not wanted any more.
///
/// # Errors
/// When the database fails.
pub async fn forget(connection: &mut PgConnection, id: Uuid) -> Result<()> {
    Entity::delete_by_id(id).exec(&orm(connection)).await?;
    Ok(())
}

/// Forgets the uploads of which nothing has arrived since `since`; returns their ids, whose bytes are to be removed.
///
/// # Errors
/// When the database fails.
pub async fn forget_abandoned(store: &Store, since: DateTime<Utc>) -> Result<Vec<Uuid>> {
    let abandoned = Entity::delete_many().filter(Column::UpdatedAt.lt(since));
    let rows = abandoned.exec_with_returning(store.db()).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Returns whether there is an unfinished upload with this id, of whichever person.
///
/// # Errors
/// When the database fails.
pub async fn is_known(store: &Store, id: Uuid) -> Result<bool> {
    Ok(Entity::find_by_id(id).one(store.db()).await?.is_some())
}
