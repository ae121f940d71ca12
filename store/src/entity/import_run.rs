//! Imports of files.

use sea_orm::entity::prelude::*;

/// The import of one file into one workflow.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "import_runs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workflow_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    #[sea_orm(column_type = "VarBinary(StringLen::None)")]
    pub file_hash: Vec<u8>,
    pub as_of: DateTimeUtc,
    pub rows_done: i64,
    pub finished_at: Option<DateTimeUtc>,
    pub imported: i64,
    pub repeated: i64,
    pub rejected: i64,
    pub outcomes: i64,
    pub rejects_bytes: i64,
    pub outcomes_rejected: i64,
    pub rejects_left_out: i64,
    #[sea_orm(column_type = "JsonBinary")]
    pub notes: Json,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
