//! Releases.

use sea_orm::entity::prelude::*;

/// The rollout of a bundle to traffic.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "releases")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub number: i64,
    pub workflow_id: Uuid,
    pub change_id: Option<Uuid>,
    pub waiver: Option<String>,
    #[sea_orm(column_type = "VarBinary(StringLen::None)")]
    pub bundle: Vec<u8>,
    #[sea_orm(column_type = "VarBinary(StringLen::None)", nullable)]
    pub base_bundle: Option<Vec<u8>>,
    pub built_at: DateTimeUtc,
    pub built_by: String,
    pub stage: String,
    pub stage_since: DateTimeUtc,
    pub stage_by: String,
    pub stage_why: String,
    pub paused_from: Option<String>,
    pub share: i16,
    pub in_flight: String,
    pub live_since: Option<DateTimeUtc>,
    pub replaced_by: Option<Uuid>,
    pub created_at: DateTimeUtc,
    pub created_by: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
