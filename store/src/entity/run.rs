//! Long-running work and its progress.

use sea_orm::entity::prelude::*;

/// A run, as it is stored.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "runs")]
pub struct Model {
    /// Unique ID, minted from the time of the request.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Kind of work. Another version of Meshline may define kinds that this one does not support.
    pub kind: String,
    /// Key under which the result can be reused; `None` if it cannot.
    pub work_key: Option<String>,
    /// Input, in the format of the run's kind.
    #[sea_orm(column_type = "JsonBinary")]
    pub input: Json,
    /// State; a [`crate::runs::RunState`] by name.
    pub state: String,
    /// Human-readable description of the current phase.
    pub phase: String,
    /// Completed work, in units of the run's kind.
    pub done: i64,
    /// Total work, in units of the run's kind; `None` while unknown.
    pub total: Option<i64>,
    /// Checkpoint from which the next process resumes.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub checkpoint: Option<Json>,
    /// Result, once the run is done.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub result: Option<Json>,
    /// Reason for the failure, as a sentence.
    pub error: Option<String>,
    /// Lease number, incremented on each claim.
    pub run_lease: i64,
    /// When the current process's lease expires.
    pub leased_until: Option<DateTimeUtc>,
    /// Number of times a process has started the run.
    pub attempts: i32,
    /// The process that is working on the run, or was the last to do so.
    pub runner: Option<String>,
    /// Who requested the run, as the audit log names actors.
    pub created_by: String,
    /// When the run was requested.
    pub created_at: DateTimeUtc,
    /// When a process first started the run.
    pub started_at: Option<DateTimeUtc>,
    /// When the run ended.
    pub finished_at: Option<DateTimeUtc>,
    /// Who requested the cancellation.
    pub cancelled_by: Option<String>,
    /// When the cancellation was requested.
    pub cancelled_at: Option<DateTimeUtc>,
}

/// Relations to other tables. There are none.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
