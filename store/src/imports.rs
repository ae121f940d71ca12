//! How far files have been imported.

use chrono::{DateTime, Utc};
use engine::ids::WorkflowId;
use sea_orm::sea_query::{Expr, Func, OnConflict};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, Set, UpdateMany};
use serde_json::json;

use crate::actor::Actor;
use crate::control::{Audit, audit};
use crate::entity::import_run;
use crate::error::Result;
use crate::orm::orm;
use crate::pool::Store;

/// The import of one file into one workflow.
#[derive(Clone, Debug)]
pub struct Run {
    /// The workflow.
    pub workflow: WorkflowId,
    /// Tells the file and how it is read.
    pub file_hash: [u8; 32],
    /// Start of the first run: what rows without a time of their own are decided as of.
    pub as_of: DateTime<Utc>,
    /// Rows an earlier run took.
    pub rows_done: u64,
}

/// Begins an import, or goes on with one that was interrupted.
///
/// # Errors
/// When the database fails.
pub async fn begin(store: &Store, actor: &Actor, workflow: WorkflowId, file_hash: &[u8; 32]) -> Result<Run> {
    let row = import_run::ActiveModel {
        workflow_id: Set(workflow.0),
        file_hash: Set(file_hash.to_vec()),
        as_of: Set(actor.now),
        ..Default::default()
    };
    let key = [import_run::Column::WorkflowId, import_run::Column::FileHash];
    let import_run::Model { as_of, rows_done, .. } = import_run::Entity::insert(row)
        // An update of nothing returns the row that is there.
        .on_conflict(OnConflict::columns(key).update_column(import_run::Column::FileHash).to_owned())
        .exec_with_returning(store.db())
        .await?;
    Ok(Run {
        workflow,
        file_hash: *file_hash,
        as_of,
        rows_done: u64::try_from(rows_done).unwrap_or_default(),
    })
}

/// Notes that all rows up to one are taken.
///
/// # Errors
/// When the database fails.
pub async fn advance(store: &Store, run: &Run, rows_done: u64) -> Result<()> {
    update(run, rows_done).exec(store.db()).await?;
    Ok(())
}

/// The update of a run's row that counts rows and never counts back.
fn update(run: &Run, rows_done: u64) -> UpdateMany<import_run::Entity> {
    let rows_done = i64::try_from(rows_done).unwrap_or(i64::MAX);
    let counted = Func::greatest([import_run::Column::RowsDone.into_expr(), Expr::value(rows_done)]);
    import_run::Entity::update_many()
        .col_expr(import_run::Column::RowsDone, counted.into())
        .filter(import_run::Column::WorkflowId.eq(run.workflow.0))
        .filter(import_run::Column::FileHash.eq(run.file_hash.to_vec()))
}

/// Notes that the file is done; the first time with an audit row.
///
/// # Errors
/// When the database fails.
pub async fn finish(store: &Store, actor: &Actor, run: &Run, rows: u64) -> Result<()> {
    let mut tx = store.pool().begin().await?;
    let finished = update(run, rows)
        .set(import_run::ActiveModel { finished_at: Set(Some(actor.now)), ..Default::default() })
        .filter(import_run::Column::FinishedAt.is_null())
        .exec(&orm(&mut tx))
        .await?;
    if finished.rows_affected == 1 {
        let subject = format!("workflow_id:{}", run.workflow);
        audit(
            &mut tx,
            actor,
            Audit { action: "import.finish", subject: &subject, lead: None, detail: json!({ "rows": rows }) },
        )
        .await?;
    }
    tx.commit().await?;
    Ok(())
}
