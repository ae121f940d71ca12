//! Runs: long work that one process does at a time.
//!
//! A run is claimed like an effect: by the database's clock, for a while, with a `run_lease` that only rises. The process that
//! holds it renews the lease with its progress. One that dies falls silent, and another one claims the run; whatever the first
//! one still writes names an older lease and changes nothing.
//!
//! Hand-written SQL: an insert guarded by a partial index, which SeaORM cannot name, a guarded cancel, and notifications.

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

pub use self::lease::{Claim, Ending, Progress, claim, finish, hand_back, heartbeat, save};
pub use self::list::{Cursor, PAGE_ROWS, RunFilter, RunPage, page};
use crate::entity::run;
pub use crate::entity::run::Model as Run;

/// Where a run stands.
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
    /// No process has claimed it yet.
    Waiting,
    /// A process works on it.
    Running,
    /// It is over and has a result.
    Done,
    /// It is over and says why it has no result.
    Failed,
    /// A person ended it early.
    Cancelled,
}

impl RunState {
    /// Returns whether nothing happens to it any more.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

impl Run {
    /// Returns where it stands.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when the database holds another word.
    pub fn state(&self) -> Result<RunState> {
        self.state.parse().map_err(|_| Error::Corrupt(format!("the run {} is {}", self.id, self.state)))
    }
}

/// Work to be done.
#[derive(Clone, Copy, Debug)]
pub struct NewRun<'a> {
    /// Its kind.
    pub kind: &'a str,
    /// Names the work where its result can be used again.
    pub work_key: Option<&'a str>,
    /// What it works on, in the form of its kind.
    pub input: &'a Json,
}

/// Adds a run for a person, with its audit row; returns its id. The caller commits.
///
/// # Errors
/// [`Error::Repeated`] when the actor's form was sent before, [`Error::Refused`] when there is a run already whose result this one
/// would be.
pub async fn start(connection: &mut PgConnection, actor: &Actor, new: NewRun<'_>) -> Result<Uuid> {
    let id = engine::ids::mint(actor.now, rand::random());
    let detail = json!({ "kind": new.kind });
    let entry = Audit { action: "run.start", subject: &format!("run:{id}"), lead: None, detail };
    audit(connection, actor, entry).await?;
    if !insert(connection, actor, id, new).await? {
        return Err(Error::Refused("this work is already running or has a result".into()));
    }
    Ok(id)
}

/// Returns the newest run with this kind and key, and adds one where there is none. Nobody's act: it has no audit row.
///
/// # Errors
/// When the database fails.
pub async fn ensure(store: &Store, actor: &Actor, kind: &str, work_key: &str, input: &Json) -> Result<Run> {
    if let Some(found) = by_key(store, kind, work_key).await? {
        return Ok(found);
    }
    let mut tx = store.pool().begin().await?;
    let id = engine::ids::mint(actor.now, rand::random());
    insert(&mut tx, actor, id, NewRun { kind, work_key: Some(work_key), input }).await?;
    tx.commit().await?;
    // Of two requests at one moment, one adds it and both find it.
    by_key(store, kind, work_key).await?.ok_or(Error::NotFound("run"))
}

/// Finds the run of a key that will have a result or has one; where there is none, the newest that failed or was cancelled.
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

/// Adds a run unless there is one of the same work that will have a result or has one; returns whether it did.
async fn insert(connection: &mut PgConnection, actor: &Actor, id: Uuid, new: NewRun<'_>) -> Result<bool> {
    // By hand, since the entity cannot name a partial index.
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
    refresh::tell(connection, Topic::Runs).await?;
    Ok(true)
}

/// Returns a run by its id.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
pub async fn by_id(store: &Store, id: Uuid) -> Result<Run> {
    run::Entity::find_by_id(id).one(store.db()).await?.ok_or(Error::NotFound("run"))
}

/// Cancels a run: one that waits, or whose process died, is over at once; one that is under way is asked to stop.
///
/// # Errors
/// [`Error::NotFound`] when there is no such run, [`Error::Refused`] when it is over already.
pub async fn cancel(store: &Store, actor: &Actor, id: Uuid) -> Result<()> {
    let mut tx = store.pool().begin().await?;
    // By hand: whether the lease has run out is the database's clock's to say.
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
        return Err(Error::Refused("this run is over, or is being cancelled already".into()));
    }
    let entry = Audit { action: "run.cancel", subject: &format!("run:{id}"), lead: None, detail: json!({}) };
    audit(&mut tx, actor, entry).await?;
    tx.commit().await?;
    Ok(())
}
