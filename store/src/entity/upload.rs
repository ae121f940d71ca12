//! Files that people uploaded to import.

use sea_orm::entity::prelude::*;

/// An uploaded file, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "uploads")]
pub struct Model {
    /// Its id, and the name of its folder in the data directory.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Who uploaded it.
    pub person_id: Uuid,
    /// What it was called on the person's machine.
    pub file_name: String,
    /// Its size.
    pub bytes: i64,
    /// When it had arrived whole.
    pub created_at: DateTimeUtc,
    /// The newest run that imports it.
    pub run_id: Option<Uuid>,
}

/// Relations to other tables: none.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
