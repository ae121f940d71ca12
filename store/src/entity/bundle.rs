//! Bundles of versions.

use sea_orm::entity::prelude::*;

/// Immutable set of versions that are released and rolled back together.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bundles")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "VarBinary(StringLen::None)")]
    pub hash: Vec<u8>,
    pub workflow_id: Uuid,
    #[sea_orm(column_type = "JsonBinary")]
    pub manifest: Json,
    pub version_ids: Vec<Uuid>,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
