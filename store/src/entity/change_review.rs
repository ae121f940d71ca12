//! Reviews of changes.

use sea_orm::entity::prelude::*;

/// An approval, a returned change or a comment.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "change_reviews")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub change_id: Uuid,
    pub person_id: Uuid,
    pub verdict: String,
    pub role: Option<String>,
    #[sea_orm(column_type = "VarBinary(StringLen::None)", nullable)]
    pub hash: Option<Vec<u8>>,
    pub comment: String,
    pub at: DateTimeUtc,
    pub live_bundles: Option<Vec<Vec<u8>>>,
    pub role_since: Option<DateTimeUtc>,
    pub role_given_by: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::person::Entity",
        from = "Column::PersonId",
        to = "super::person::Column::Id"
    )]
    Person,
    #[sea_orm(
        belongs_to = "super::change::Entity",
        from = "Column::ChangeId",
        to = "super::change::Column::Id"
    )]
    Change,
}

impl Related<super::person::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Person.def()
    }
}

impl Related<super::change::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Change.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
