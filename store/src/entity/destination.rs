//! Destinations.

use sea_orm::entity::prelude::*;

/// A system that effects are delivered to.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "destinations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub kind: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub settings: Json,
    #[sea_orm(column_type = "VarBinary(StringLen::None)", nullable)]
    pub secret: Option<Vec<u8>>,
    pub paused_reason: Option<String>,
    #[sea_orm(column_type = "JsonBinary")]
    pub pace: Json,
    pub created_at: DateTimeUtc,
    pub credential_id: Option<Uuid>,
    pub title: Option<String>,
    pub expired_reviewed_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
