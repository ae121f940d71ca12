//! Files that people uploaded for import.

use sea_orm::entity::prelude::*;

/// An uploaded file, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "uploads")]
pub struct Model {
    /// Unique ID, and the name of the upload's folder in the data directory.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The person who uploaded the file.
    pub person_id: Uuid,
    /// File name on the person's machine.
    pub file_name: String,
    /// Size in bytes.
    pub bytes: i64,
    /// When the upload completed.
    pub created_at: DateTimeUtc,
    /// The newest run that imports the file.
    pub run_id: Option<Uuid>,
}

/// Relations to other tables. There are none.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
