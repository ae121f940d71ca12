//! The interface between a run and its work: reporting progress, saving checkpoints, and receiving stop requests.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use engine::ids::PersonId;
use serde::Serialize;
use sqlx::PgConnection;
use store::actor::ActorId;
use store::runs::{self, RunClaim, RunProgress};
use store::{Actor, Store};
use tokio_util::sync::CancellationToken;

use crate::error::{Error, Result};

/// A run that this process is working on.
pub struct RunHandle {
    store: Store,
    claim: RunClaim,
    progress: Mutex<RunProgress>,
    stop: CancellationToken,
}

impl RunHandle {
    /// Creates the handle of a newly claimed run.
    pub(super) fn new(store: Store, claim: RunClaim) -> Self {
        Self { store, claim, progress: Mutex::default(), stop: CancellationToken::new() }
    }

    /// Reports progress. This is cheap: only the heartbeat writes it to the database.
    pub fn report_progress(&self, phase: impl Into<String>, done: u64, total: Option<u64>) {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner) =
            RunProgress { phase: phase.into(), done, total };
    }

    /// Returns the latest progress.
    pub(super) fn progress(&self) -> RunProgress {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Checks whether to continue.
    ///
    /// # Errors
    /// Returns [`Error::Interrupted`] if the run is cancelled, the process is stopping, or another process has taken the run
    /// over.
    pub fn check(&self) -> Result<()> {
        if self.stop.is_cancelled() { Err(Error::Interrupted) } else { Ok(()) }
    }

    /// Requests the work to stop at its next [`Self::check`].
    pub(super) fn stop(&self) {
        self.stop.cancel();
    }

    /// Saves the checkpoint from which another process would resume.
    ///
    /// # Errors
    /// Same as [`Self::check`]. Also returns an error if the database fails.
    pub async fn save(&self, checkpoint: &impl Serialize) -> Result<()> {
        let mut connection = self.store.pool().acquire().await?;
        self.save_with(&mut connection, checkpoint).await
    }

    /// Saves a checkpoint like [`Self::save`], in the transaction of the work that it covers, so that both are committed or
    /// neither is.
    ///
    /// # Errors
    /// Same as [`Self::save`]. The caller must roll back.
    pub async fn save_with(&self, connection: &mut PgConnection, checkpoint: &impl Serialize) -> Result<()> {
        let checkpoint = serde_json::to_value(checkpoint)?;
        let is_held = runs::save(connection, &self.claim, &self.progress(), &checkpoint).await?;
        if is_held { Ok(()) } else { Err(Error::Interrupted) }
    }

    /// Returns when the run was requested.
    pub fn created_at(&self) -> DateTime<Utc> {
        self.claim.created_at
    }

    /// Returns the actor of the run: the person who started it, with their current roles.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub async fn actor(&self) -> Result<Actor> {
        let mut actor = Actor { request_id: self.claim.id.to_string(), ..Actor::command("run") };
        let person = self.claim.created_by.strip_prefix("person:").and_then(|id| id.parse::<PersonId>().ok());
        if let Some(id) = person {
            actor.who = ActorId::Person(id);
            actor.roles =
                store::people::by_id(&self.store, id).await?.map(|person| person.roles).unwrap_or_default();
        }
        Ok(actor)
    }
}
