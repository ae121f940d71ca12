//! Change requests.

use sea_orm::entity::prelude::*;

/// A proposed version.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "changes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub number: i64,
    pub kind: String,
    pub name: String,
    pub base_version: i32,
    pub state: String,
    pub title: String,
    pub why: String,
    pub source: String,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub body: Option<Json>,
    #[sea_orm(column_type = "VarBinary(StringLen::None)", nullable)]
    pub hash: Option<Vec<u8>>,
    pub required: Vec<String>,
    pub revision: i32,
    pub author_id: Option<Uuid>,
    pub created_by: String,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    pub submitted_at: Option<DateTimeUtc>,
    pub closed_at: Option<DateTimeUtc>,
    pub version_id: Option<Uuid>,
    pub started_from_id: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::person::Entity",
        from = "Column::AuthorId",
        to = "super::person::Column::Id"
    )]
    Author,
    #[sea_orm(
        belongs_to = "super::version::Entity",
        from = "Column::VersionId",
        to = "super::version::Column::Id"
    )]
    Version,
}

impl Related<super::person::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Author.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
