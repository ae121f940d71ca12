//! The accountable person for each layer.

use sea_orm::entity::prelude::*;

/// The single row that names the accountable person for each layer.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "layers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i16,
    pub content_owner: Option<Uuid>,
    pub rules_owner: Option<Uuid>,
    pub sync_owner: Option<Uuid>,
    pub control_owner: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
