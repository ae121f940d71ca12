//! Uploads for import that are only partially received.

use sea_orm::entity::prelude::*;

/// A partially received upload, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "unfinished_uploads")]
pub struct Model {
    /// Unique ID, and the name of the upload's folder in the data directory.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The person who uploads the file.
    pub person_id: Uuid,
    /// File name on the person's machine.
    pub file_name: String,
    /// Size of the whole file, in bytes.
    pub bytes: i64,
    /// Number of bytes received.
    pub received: i64,
    /// Fingerprint of the bytes received: a chain of SHA-256 over the chunks.
    #[sea_orm(column_type = "VarBinary(StringLen::None)")]
    pub received_hash: Vec<u8>,
    /// When the upload started.
    pub created_at: DateTimeUtc,
    /// When the last chunk was received.
    pub updated_at: DateTimeUtc,
}

/// Relations to other tables. There are none.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
