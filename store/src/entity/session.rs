//! Browser sessions.

use sea_orm::entity::prelude::*;

/// A browser in which a person is signed in.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    #[sea_orm(column_type = "VarBinary(StringLen::None)")]
    pub id_hash: Vec<u8>,
    pub person_id: Uuid,
    pub address: String,
    pub agent: String,
    pub signed_in_at: DateTimeUtc,
    pub seen_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
