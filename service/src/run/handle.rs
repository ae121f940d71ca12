//! What the work of a run has of its run: telling how far it is, saving checkpoints, and being told to stop.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use engine::ids::PersonId;
use serde::Serialize;
use sqlx::PgConnection;
use store::actor::Who;
use store::runs::{self, Claim, Progress};
use store::{Actor, Store};
use tokio_util::sync::CancellationToken;

use crate::error::{Error, Result};

/// A run that this process works on.
pub struct RunHandle {
    store: Store,
    claim: Claim,
    progress: Mutex<Progress>,
    stop: CancellationToken,
}

impl RunHandle {
    /// A handle of a run that was just claimed.
    pub(super) fn new(store: Store, claim: Claim) -> Self {
        Self { store, claim, progress: Mutex::default(), stop: CancellationToken::new() }
    }

    /// Tells how far the run is. Costs nothing; the heartbeat writes it down.
    pub fn tell(&self, phase: impl Into<String>, done: u64, total: Option<u64>) {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner) =
            Progress { phase: phase.into(), done, total };
    }

    /// Returns how far the run is.
    pub(super) fn progress(&self) -> Progress {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns whether to go on.
    ///
    /// # Errors
    /// [`Error::Interrupted`] when the run is cancelled, the process is stopping, or another one has taken the run over.
    pub fn check(&self) -> Result<()> {
        if self.stop.is_cancelled() { Err(Error::Interrupted) } else { Ok(()) }
    }

    /// Has the work stop at its next [`Self::check`].
    pub(super) fn stop(&self) {
        self.stop.cancel();
    }

    /// Saves where another process would resume.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub async fn save(&self, checkpoint: &impl Serialize) -> Result<()> {
        let mut connection = self.store.pool().acquire().await?;
        self.save_with(&mut connection, checkpoint).await
    }

    /// As [`Self::save`], in the transaction of the work that it stands for: both are there, or neither.
    ///
    /// # Errors
    /// As [`Self::check`]; the caller rolls back.
    pub async fn save_with(&self, connection: &mut PgConnection, checkpoint: &impl Serialize) -> Result<()> {
        let checkpoint = serde_json::to_value(checkpoint)?;
        let is_held = runs::save(connection, &self.claim, &self.progress(), &checkpoint).await?;
        if is_held { Ok(()) } else { Err(Error::Interrupted) }
    }

    /// Returns when the run was asked for.
    pub fn created_at(&self) -> DateTime<Utc> {
        self.claim.created_at
    }

    /// Returns who acts in the run: the person who started it, with the roles they hold now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn actor(&self) -> Result<Actor> {
        let mut actor = Actor { request_id: self.claim.id.to_string(), ..Actor::command("run") };
        let person = self.claim.created_by.strip_prefix("person:").and_then(|id| id.parse::<PersonId>().ok());
        if let Some(id) = person {
            actor.who = Who::Person(id);
            actor.roles =
                store::people::by_id(&self.store, id).await?.map(|person| person.roles).unwrap_or_default();
        }
        Ok(actor)
    }
}
