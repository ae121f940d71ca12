//! Long work and its progress.

use sea_orm::entity::prelude::*;

/// A run, as it is stored.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "runs")]
pub struct Model {
    /// Its id, minted from the instant it was asked for.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What kind of work it is; another version of Meshline may know kinds that this one does not.
    pub kind: String,
    /// Names the work where its result can be used again.
    pub work_key: Option<String>,
    /// What it works on, in the form of its kind.
    #[sea_orm(column_type = "JsonBinary")]
    pub input: Json,
    /// A [`crate::runs::RunState`] by name.
    pub state: String,
    /// What it does at the moment, in words.
    pub phase: String,
    /// How much is done, in the unit of its kind.
    pub done: i64,
    /// How much there is to do; `None` while that is unknown.
    pub total: Option<i64>,
    /// Where the next process resumes.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub checkpoint: Option<Json>,
    /// What it found or did, once it is done.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub result: Option<Json>,
    /// Why it failed, as a sentence.
    pub error: Option<String>,
    /// Rises with every claim.
    pub run_lease: i64,
    /// Until when the process that works on it holds it.
    pub leased_until: Option<DateTimeUtc>,
    /// How many processes have begun it.
    pub attempts: i32,
    /// The process that works on it, or did last.
    pub runner: Option<String>,
    /// Who asked for it, as the audit log names them.
    pub created_by: String,
    /// When it was asked for.
    pub created_at: DateTimeUtc,
    /// When the first process began it.
    pub started_at: Option<DateTimeUtc>,
    /// When it was over.
    pub finished_at: Option<DateTimeUtc>,
    /// Who asked for it to be cancelled.
    pub cancelled_by: Option<String>,
    /// When they did.
    pub cancelled_at: Option<DateTimeUtc>,
}

/// Relations to other tables: none.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
