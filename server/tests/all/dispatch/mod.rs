//! The dispatcher on a real Postgres: each effect arrives once and in order, whatever fails.

mod batches;
mod broken;
mod crash;
mod credentials;
mod fake;
mod held_back;
mod once;

use std::time::Duration;

use engine::ids::{DestinationId, EffectId, LeadId};
use serde_json::json;
use server::signals::Signals;
use server::tasks::dispatch::{self, DispatchOptions};
use server::tasks::listen;
use sqlx::{Connection as _, Executor as _};
use store::sync::EffectState;
use store::sync::fixture::{self, NewEffect};
use store::testing::TestDatabase;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use fake::Fake;

/// A database with dispatchers.
pub struct World {
    /// The database.
    pub database: TestDatabase,
    /// The destination that effects are written to.
    pub fake: Fake,
}

impl World {
    /// Creates a database without a dispatcher.
    pub async fn new(fake: Fake) -> Self {
        Self { database: TestDatabase::new().await, fake }
    }

    /// Creates a destination that uses the fake.
    pub async fn destination(&self, name: &str) -> DestinationId {
        fixture::destination(&self.database.store, name, "fake", &json!({"name": name}), None).await.unwrap()
    }

    /// Creates a lead.
    pub async fn lead(&self) -> LeadId {
        fixture::lead(&self.database.store).await.unwrap()
    }

    /// Creates effects of a lead's decisions `1..=count`.
    pub async fn effects(&self, destination: DestinationId, lead: LeadId, count: i64) -> Vec<EffectId> {
        let wanted: Vec<NewEffect> = (1..=count)
            .map(|sequence| NewEffect { destination, lead, sequence, kind: "lead_update", expires_at: None })
            .collect();
        fixture::effects(&self.database.store, &wanted).await.unwrap()
    }

    /// Starts a dispatcher with its own connection pool, like another process.
    pub async fn dispatcher(&self) -> Dispatcher {
        let store = store::Store::connect(&self.database.url, store::testing::keyring()).await.unwrap();
        Dispatcher::start(store, self.fake.options())
    }

    /// Returns the states of the lead's effects, in the order of its decisions.
    pub async fn states(&self, lead: LeadId) -> Vec<EffectState> {
        let effects = store::sync::effects_of_lead(&self.database.store, lead, None, 1000).await.unwrap();
        let mut states: Vec<_> =
            effects.into_iter().map(|effect| (effect.lead_sequence, effect.state.unwrap())).collect();
        states.sort_by_key(|(sequence, _)| *sequence);
        states.into_iter().map(|(_, state)| state).collect()
    }

    /// Waits until the lead's effects are in these states.
    pub async fn becomes(&self, lead: LeadId, states: &[EffectState]) {
        for _ in 0..200 {
            if self.states(lead).await == states {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(self.states(lead).await, states);
    }

    /// Waits until the outbox is empty.
    pub async fn drained(&self) {
        for _ in 0..600 {
            if self.number("SELECT count(*) FROM outbox WHERE state <> 'dead'").await == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the outbox is not empty after half a minute");
    }

    /// Returns the result of a query for a number.
    pub async fn number(&self, sql: &'static str) -> i64 {
        let mut owner = self.database.owner().await;
        sqlx::query_scalar(sql).fetch_one(&mut owner).await.unwrap()
    }

    /// Returns the result of a composed query for a number.
    pub async fn number_of(&self, sql: String) -> i64 {
        let mut owner = self.database.owner().await;
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut owner).await.unwrap()
    }

    /// Runs a statement as the owner.
    pub async fn execute(&self, sql: &'static str) {
        let mut owner = self.database.owner().await;
        owner.execute(sql).await.unwrap();
        owner.close().await.ok();
    }
}

/// A running dispatcher.
pub struct Dispatcher {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Dispatcher {
    fn start(store: store::Store, options: DispatchOptions) -> Self {
        let stop = CancellationToken::new();
        let signals = Signals::default();
        tokio::spawn(listen::run(store.clone(), signals.clone(), stop.clone()));
        Self { task: tokio::spawn(dispatch::run(store, options, signals, stop.clone())), stop }
    }

    /// Stops it after it has finished writes in progress.
    pub async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }

    /// Aborts it immediately.
    pub async fn kill(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
        self.stop.cancel();
    }
}
