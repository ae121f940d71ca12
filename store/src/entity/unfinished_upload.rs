//! Files to import that have arrived in part.

use sea_orm::entity::prelude::*;

/// An upload that has not arrived whole, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "unfinished_uploads")]
pub struct Model {
    /// Its id, and the name of its folder in the data directory.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Who uploads it.
    pub person_id: Uuid,
    /// What it is called on the person's machine.
    pub file_name: String,
    /// The size of the whole file.
    pub bytes: i64,
    /// How many bytes have arrived.
    pub received: i64,
    /// Tells what has arrived: a chain of SHA-256 over the chunks.
    #[sea_orm(column_type = "VarBinary(StringLen::None)")]
    pub received_hash: Vec<u8>,
    /// When it was begun.
    pub created_at: DateTimeUtc,
    /// When its last chunk arrived.
    pub updated_at: DateTimeUtc,
}

/// Relations to other tables: none.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
