//! Stops of workflows.

use sea_orm::entity::prelude::*;

/// A stop of one workflow, or of all if no workflow is named. SeaORM requires a primary key, but the table's key is
/// an expression over the nullable workflow; no row is ever looked up by the column used in its place here.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "kill_switches")]
pub struct Model {
    pub workflow_id: Option<Uuid>,
    pub reason: String,
    pub killed_by: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub killed_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::workflow::Entity",
        from = "Column::WorkflowId",
        to = "super::workflow::Column::Id"
    )]
    Workflow,
}

impl ActiveModelBehavior for ActiveModel {}
