//! Rules that are muted for an account.

use sea_orm::entity::prelude::*;

/// A rule of a workflow that is muted for an account, outside releases.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rule_mutes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workflow_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub rule_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub account: String,
    pub reason: String,
    pub since: DateTimeUtc,
    pub until: DateTimeUtc,
    pub by_whom: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
