//! Progress of file imports.

use chrono::{DateTime, Utc};
use engine::ids::WorkflowId;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, Set, UpdateMany};
use serde_json::{Value as Json, json};

use crate::actor::Actor;
use crate::control::{Audit, audit};
use crate::entity::import_run;
use crate::error::Result;
use crate::orm::orm;
use crate::pool::Store;

/// The import of one file into one workflow.
#[derive(Clone, Debug)]
pub struct ImportState {
    /// The workflow.
    pub workflow: WorkflowId,
    /// Identifies the file and its format settings.
    pub file_hash: [u8; 32],
    /// When the import first started; rows without a timestamp are evaluated as of this instant.
    pub as_of: DateTime<Utc>,
    /// When all rows were processed, if they were.
    pub finished_at: Option<DateTime<Utc>>,
    /// Progress of the import.
    pub counts: ImportCounts,
}

/// Counts for the rows processed so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportCounts {
    /// Number of rows processed.
    pub rows: u64,
    /// Rows that became events.
    pub imported: u64,
    /// Rows that another import had already taken.
    pub repeated: u64,
    /// Rows that were rejected.
    pub rejected: u64,
    /// Outcomes that were recorded.
    pub outcomes: u64,
    /// Outcomes of imported rows that were rejected.
    pub outcomes_rejected: u64,
    /// Length of the file of rejected rows, in bytes.
    pub rejects_bytes: u64,
    /// Rejected rows and outcomes that did not fit into that file.
    pub rejects_left_out: u64,
    /// What else is to be reported of these rows.
    pub notes: Json,
}

/// Starts an import, or resumes an interrupted one.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn begin(
    store: &Store,
    actor: &Actor,
    workflow: WorkflowId,
    file_hash: &[u8; 32],
) -> Result<ImportState> {
    let row = import_run::ActiveModel {
        workflow_id: Set(workflow.0),
        file_hash: Set(file_hash.to_vec()),
        as_of: Set(actor.now),
        ..Default::default()
    };
    let key = [import_run::Column::WorkflowId, import_run::Column::FileHash];
    let row = import_run::Entity::insert(row)
        // A no-op update returns the existing row.
        .on_conflict(OnConflict::columns(key).update_column(import_run::Column::FileHash).to_owned())
        .exec_with_returning(store.db())
        .await?;
    let count = |stored: i64| u64::try_from(stored).unwrap_or_default();
    Ok(ImportState {
        workflow,
        file_hash: *file_hash,
        as_of: row.as_of,
        finished_at: row.finished_at,
        counts: ImportCounts {
            rows: count(row.rows_done),
            imported: count(row.imported),
            repeated: count(row.repeated),
            rejected: count(row.rejected),
            outcomes: count(row.outcomes),
            outcomes_rejected: count(row.outcomes_rejected),
            rejects_bytes: count(row.rejects_bytes),
            rejects_left_out: count(row.rejects_left_out),
            notes: row.notes,
        },
    })
}

/// Records the counts for all rows up to a row, unless later progress is already recorded.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn advance(store: &Store, import: &ImportState, counts: &ImportCounts) -> Result<()> {
    let counted = import_run::ActiveModel {
        rows_done: Set(number(counts.rows)),
        imported: Set(number(counts.imported)),
        repeated: Set(number(counts.repeated)),
        rejected: Set(number(counts.rejected)),
        outcomes: Set(number(counts.outcomes)),
        outcomes_rejected: Set(number(counts.outcomes_rejected)),
        rejects_bytes: Set(number(counts.rejects_bytes)),
        rejects_left_out: Set(number(counts.rejects_left_out)),
        notes: Set(counts.notes.clone()),
        ..Default::default()
    };
    let unfinished = unfinished(import).filter(import_run::Column::RowsDone.lte(number(counts.rows)));
    unfinished.set(counted).exec(store.db()).await?;
    Ok(())
}

/// Builds an update that applies only while the import is unfinished.
fn unfinished(import: &ImportState) -> UpdateMany<import_run::Entity> {
    import_run::Entity::update_many()
        .filter(import_run::Column::WorkflowId.eq(import.workflow.0))
        .filter(import_run::Column::FileHash.eq(import.file_hash.to_vec()))
        .filter(import_run::Column::FinishedAt.is_null())
}

/// Marks the file as imported, and writes an audit row the first time.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn finish(store: &Store, actor: &Actor, import: &ImportState, rows: u64) -> Result<()> {
    let mut tx = store.begin().await?;
    let finished_at = Set(Some(Utc::now()));
    let finished = unfinished(import)
        .set(import_run::ActiveModel { finished_at, ..Default::default() })
        .exec(&orm(&mut tx))
        .await?;
    if finished.rows_affected == 1 {
        let subject = format!("workflow_id:{}", import.workflow);
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

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
