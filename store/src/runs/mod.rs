//! Runs: long-running work that only one process does at a time.
//!
//! A run is claimed like an effect: by the database's clock, for a limited time, with a `run_lease` that only
//! increases. The process that holds it renews the lease as it reports progress. If it dies, the lease expires and
//! another process claims the run; any late write by the first process has an older lease and is ignored.
//!
//! Hand-written SQL: an insert guarded by a partial index, which SeaORM cannot name, a guarded cancel, and
//! notifications.

mod lease;
mod list;
pub mod unfinished;
pub mod uploads;

use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use serde_json::{Value as Json, json};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::actor::Actor;
use crate::channel::{Channel, notify};
use crate::control::{Audit, audit};
use crate::error::{Error, Result};
use crate::pool::Store;
use crate::refresh::{self, Topic};

pub use self::lease::{RunClaim, RunProgress, RunResult, claim, finish, hand_back, heartbeat, save};
pub use self::list::{PAGE_ROWS, RunCursor, RunFilter, RunPage, page};
use crate::entity::run;
pub use crate::entity::run::Model as Run;

/// State of a run.
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
pub enum RunState {
    /// It is waiting for a process.
    Waiting,
    /// A process is working on it.
    Running,
    /// It ended with a result.
    Done,
    /// It ended with an error.
    Failed,
    /// A person canceled it.
    Cancelled,
}

impl RunState {
    /// Returns whether the state is final.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

impl Run {
    /// Returns the current state.
    ///
    /// # Errors
    /// Returns [`Error::Corrupt`] if the stored state is unknown.
    pub fn state(&self) -> Result<RunState> {
        self.state.parse().map_err(|_| Error::Corrupt(format!("the run {} is {}", self.id, self.state)))
    }
}

/// A run to add.
#[derive(Clone, Copy, Debug)]
pub struct NewRun<'a> {
    /// Kind of work.
    pub kind: &'a str,
    /// Key under which the result can be reused; `None` if it cannot.
    pub work_key: Option<&'a str>,
    /// Input, in the format of the run's kind.
    pub input: &'a Json,
}

/// Adds a run for a person, together with its audit row, and returns its ID. The caller commits.
///
/// # Errors
/// Returns [`Error::Repeated`] if the actor's form was already submitted, or [`Error::Refused`] if a run already
/// provides the same result.
pub async fn start(connection: &mut PgConnection, actor: &Actor, new: NewRun<'_>) -> Result<Uuid> {
    let id = engine::ids::mint(actor.now, rand::random());
    let detail = json!({ "kind": new.kind });
    let entry = Audit { action: "run.start", subject: &format!("run:{id}"), lead: None, detail };
    audit(connection, actor, entry).await?;
    if !insert(connection, actor, id, new).await? {
        return Err(Error::Refused("this is already running, or already has a result".into()));
    }
    Ok(id)
}

/// Returns the newest run with this kind and key, and adds one if there is none. This is not attributed to a person,
/// so it has no audit row.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn ensure(store: &Store, actor: &Actor, kind: &str, work_key: &str, input: &Json) -> Result<Run> {
    if let Some(found) = by_key(store, kind, work_key).await? {
        return Ok(found);
    }
    let mut tx = store.begin().await?;
    let id = engine::ids::mint(actor.now, rand::random());
    insert(&mut tx, actor, id, NewRun { kind, work_key: Some(work_key), input }).await?;
    tx.commit().await?;
    // Of two concurrent requests, one adds the run and both find it.
    by_key(store, kind, work_key).await?.ok_or(Error::NotFound("run"))
}

/// Finds the run for a key that has or will have a result. If there is none, returns the newest one that failed or
/// was canceled.
async fn by_key(store: &Store, kind: &str, work_key: &str) -> Result<Option<Run>> {
    let of_key = run::Entity::find()
        .filter(run::Column::Kind.eq(kind))
        .filter(run::Column::WorkKey.eq(work_key))
        .order_by_desc(run::Column::Id);
    let without_result = [RunState::Failed, RunState::Cancelled].map(<&str>::from);
    let with_result = of_key.clone().filter(run::Column::State.is_not_in(without_result));
    match with_result.one(store.db()).await? {
        Some(run) => Ok(Some(run)),
        None => Ok(of_key.one(store.db()).await?),
    }
}

/// Adds a run, unless another run for the same work has or will have a result. Returns whether it was added.
async fn insert(connection: &mut PgConnection, actor: &Actor, id: Uuid, new: NewRun<'_>) -> Result<bool> {
    // The entity cannot name a partial index.
    let inserted = sqlx::query(
        "INSERT INTO runs (id, kind, work_key, input, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (kind, work_key) WHERE state IN ('waiting', 'running', 'done') DO NOTHING",
    )
    .bind(id)
    .bind(new.kind)
    .bind(new.work_key)
    .bind(new.input)
    .bind(actor.who.to_string())
    .bind(actor.now)
    .execute(&mut *connection)
    .await?;
    if inserted.rows_affected() == 0 {
        return Ok(false);
    }
    notify(connection, Channel::Runs, "").await?;
    refresh::notify(connection, Topic::Runs).await?;
    Ok(true)
}

/// Returns a run by its ID.
///
/// # Errors
/// Returns [`Error::NotFound`] if it does not exist.
pub async fn by_id(store: &Store, id: Uuid) -> Result<Run> {
    run::Entity::find_by_id(id).one(store.db()).await?.ok_or(Error::NotFound("run"))
}

/// Cancels a run. A run that is waiting, or whose process died, ends at once; a run in progress is asked to stop.
///
/// # Errors
/// Returns [`Error::NotFound`] if the run does not exist, or [`Error::Refused`] if it has already ended.
pub async fn cancel(store: &Store, actor: &Actor, id: Uuid) -> Result<()> {
    let mut tx = store.begin().await?;
    // The database's clock determines whether the lease has expired.
    let cancelled = sqlx::query(
        "UPDATE runs SET cancelled_by = $2, cancelled_at = $3, \
           state = CASE WHEN held THEN 'running' ELSE 'cancelled' END, leased_until = CASE WHEN held THEN leased_until END, \
           finished_at = CASE WHEN held THEN NULL ELSE $3 END \
         FROM (SELECT id AS held_id, coalesce(leased_until > now(), false) AS held FROM runs WHERE id = $1 FOR UPDATE) h \
         WHERE id = held_id AND state IN ('waiting', 'running') AND cancelled_by IS NULL",
    )
    .bind(id)
    .bind(actor.who.to_string())
    .bind(actor.now)
    .execute(&mut *tx)
    .await?;
    if cancelled.rows_affected() == 0 {
        by_id(store, id).await?;
        return Err(Error::Refused("this run has ended or is already being cancelled".into()));
    }
    let entry = Audit { action: "run.cancel", subject: &format!("run:{id}"), lead: None, detail: json!({}) };
    audit(&mut tx, actor, entry).await?;
    tx.commit().await?;
    Ok(())
}
