//! Periodic jobs. Each run of a job belongs to one process.
//!
//! A run is claimed like an effect: by the database's clock, for a limited time, with a `run_lease` that only
//! increases. If a process dies during a run, its lease expires and another process runs the job again; jobs are
//! idempotent.
//!
//! Hand-written SQL: statements that use the database's clock, since a row of SeaORM cannot say `now()`, and
//! notifications.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, Func};
use sea_orm::{
    ColumnTrait as _, DerivePartialModel, EntityTrait as _, ExprTrait as _, QueryFilter as _,
    QueryOrder as _, Set,
};
use strum::VariantArray as _;

use crate::actor::Actor;
use crate::channel::{Channel, notify};
use crate::control::{Audit, audit};
use crate::entity::job;
use crate::error::{Error, Result};
use crate::orm::orm;
use crate::pool::Store;
use crate::refresh::Topic;

/// A kind of periodic job.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum JobKind {
    /// Creates the partitions for the coming months.
    Partitions,
    /// Deletes expired sessions.
    Sessions,
    /// Detects effects that have been waiting for too long.
    Backlog,
    /// E-mails pending notices.
    Notices,
    /// Deletes uploaded files that no import needs any more.
    Uploads,
}

impl JobKind {
    /// Returns the interval between runs.
    pub fn every(self) -> Duration {
        match self {
            Self::Partitions | Self::Sessions | Self::Uploads => Duration::from_secs(3_600),
            Self::Backlog => Duration::from_secs(60),
            Self::Notices => Duration::from_secs(15),
        }
    }
}

/// Current state of a job.
#[derive(Clone, Debug, DerivePartialModel)]
#[sea_orm(entity = "job::Entity")]
pub struct Job {
    /// Name.
    pub name: String,
    /// When the next run is due.
    pub due_at: DateTime<Utc>,
    /// Whether a process is running it.
    #[sea_orm(from_expr = "is_running()")]
    pub is_running: bool,
    /// The process that is running the job, or was the last to do so.
    pub runner: Option<String>,
    /// When the last run started.
    pub started_at: Option<DateTime<Utc>>,
    /// When the last run ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// Whether the last run succeeded.
    pub succeeded: Option<bool>,
    /// Summary of the last run, or the reason why it failed.
    pub result: Option<String>,
    /// Who requested an immediate run.
    pub requested_by: Option<String>,
}

fn is_running() -> Expr {
    let is_leased = job::Column::LeasedUntil.into_expr().gt(Expr::current_timestamp());
    Func::coalesce([is_leased, Expr::value(false)]).into()
}

/// Registers all jobs, so that they are visible before their first run. Existing ones are unchanged.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn register(store: &Store) -> Result<()> {
    let names: Vec<String> = JobKind::VARIANTS.iter().map(ToString::to_string).collect();
    sqlx::query("INSERT INTO jobs (name, due_at) SELECT name, now() FROM unnest($1::text[]) AS j (name) ON CONFLICT DO NOTHING")
        .bind(names)
        .execute(store.pool())
        .await?;
    Ok(())
}

/// Returns all jobs, by name.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn jobs(store: &Store) -> Result<Vec<Job>> {
    let jobs = job::Entity::find().order_by_asc(job::Column::Name);
    Ok(jobs.into_partial_model().all(store.db()).await?)
}

/// A run of a job that this process holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobClaim {
    /// The job.
    pub job: JobKind,
    /// Lease number.
    pub run_lease: i64,
}

/// Claims a run that is due and not in progress, if there is one.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn begin(store: &Store, runner: &str, lease: Duration) -> Result<Option<JobClaim>> {
    let row: Option<(String, i64)> = sqlx::query_as(
        "UPDATE jobs SET leased_until = now() + make_interval(secs => $2), run_lease = run_lease + 1, runner = $1, started_at = now() \
         WHERE name = (SELECT name FROM jobs WHERE due_at <= now() AND (leased_until IS NULL OR leased_until < now()) AND name = ANY($3) \
           ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING name, run_lease",
    )
    .bind(runner)
    .bind(lease.as_secs_f64())
    // Another version of Meshline may define jobs that this one does not support.
    .bind(JobKind::VARIANTS.iter().map(ToString::to_string).collect::<Vec<_>>())
    .fetch_optional(store.pool())
    .await?;
    if row.is_some() {
        store.mark(&[Topic::Jobs]);
    }
    Ok(row.and_then(|(name, run_lease)| Some(JobClaim { job: name.parse().ok()?, run_lease })))
}

/// Result of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobResult {
    /// Whether the run succeeded.
    pub succeeded: bool,
    /// Summary of the run or the reason why it failed, as a sentence.
    pub result: String,
}

/// Records the end of a run, and returns whether it was accepted. It is not if the lease has passed to another
/// process.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn end(store: &Store, run: JobClaim, ended: &JobResult) -> Result<bool> {
    let told = sqlx::query(
        "UPDATE jobs SET leased_until = NULL, finished_at = now(), succeeded = $3, result = $4, \
           requested_by = CASE WHEN due_at > started_at THEN requested_by END, \
           due_at = CASE WHEN due_at > started_at THEN due_at ELSE now() + make_interval(secs => $5) END \
         WHERE name = $1 AND run_lease = $2 AND leased_until IS NOT NULL",
    )
    .bind(run.job.to_string())
    .bind(run.run_lease)
    .bind(ended.succeeded)
    .bind(&ended.result)
    .bind(run.job.every().as_secs_f64())
    .execute(store.pool())
    .await?;
    store.mark(&[Topic::Jobs]);
    Ok(told.rows_affected() > 0)
}

/// Requests an immediate run. If a run is in progress, another one follows it.
///
/// # Errors
/// Returns [`Error::NotFound`] if the job is not registered.
pub async fn request(store: &Store, actor: &Actor, job: JobKind) -> Result<()> {
    let mut transaction = store.begin().await?;
    let row = job::ActiveModel { requested_by: Set(Some(actor.who.to_string())), ..Default::default() };
    let found = job::Entity::update_many()
        .set(row)
        .col_expr(job::Column::DueAt, Expr::cust("clock_timestamp()"))
        .filter(job::Column::Name.eq(job.to_string()))
        .exec(&orm(&mut transaction))
        .await?;
    if found.rows_affected == 0 {
        return Err(Error::NotFound("job"));
    }
    let detail = serde_json::json!({});
    let entry = Audit { action: "job.request", subject: &format!("job:{job}"), lead: None, detail };
    audit(&mut transaction, actor, entry).await?;
    notify(&mut transaction, Channel::Jobs, "").await?;
    transaction.commit().await?;
    Ok(())
}
