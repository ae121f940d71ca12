//! Rules that are switched off.

use sea_orm::entity::prelude::*;

/// A rule of a workflow that is switched off, outside releases.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rules_off")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workflow_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub rule_id: String,
    pub reason: String,
    pub since: DateTimeUtc,
    pub until: Option<DateTimeUtc>,
    pub by_whom: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
