//! The dispatcher on a real Postgres: each effect once and in order, whatever breaks.

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
use server::tasks::dispatch::{self, Options};
use server::tasks::listen;
use sqlx::{Connection as _, Executor as _};
use store::sync::EffectState;
use store::sync::fixture::{self, New};
use store::testing::TestDatabase;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use fake::Fake;

/// A database with dispatchers on it.
pub struct World {
    /// The database.
    pub database: TestDatabase,
    /// What effects are written to.
    pub fake: Fake,
}

impl World {
    /// No dispatcher runs yet.
    pub async fn new(fake: Fake) -> Self {
        Self { database: TestDatabase::new().await, fake }
    }

    /// A destination that is the fake.
    pub async fn destination(&self, name: &str) -> DestinationId {
        fixture::destination(&self.database.store, name, "fake", &json!({"name": name}), None).await.unwrap()
    }

    /// A lead.
    pub async fn lead(&self) -> LeadId {
        fixture::lead(&self.database.store).await.unwrap()
    }

    /// Effects of one lead's decisions `1..=count`.
    pub async fn effects(&self, destination: DestinationId, lead: LeadId, count: i64) -> Vec<EffectId> {
        let wanted: Vec<New> = (1..=count)
            .map(|sequence| New { destination, lead, sequence, kind: "lead_update", expires_at: None })
            .collect();
        fixture::effects(&self.database.store, &wanted).await.unwrap()
    }

    /// Starts a dispatcher with a pool of its own, as another process would have.
    pub async fn dispatcher(&self) -> Dispatcher {
        let store = store::Store::connect(&self.database.url, store::testing::keyring()).await.unwrap();
        Dispatcher::start(store, self.fake.options())
    }

    /// Where the lead's effects stand, in the order of its decisions.
    pub async fn states(&self, lead: LeadId) -> Vec<EffectState> {
        let effects = store::sync::effects_of_lead(&self.database.store, lead, None, 1000).await.unwrap();
        let mut states: Vec<_> =
            effects.into_iter().map(|effect| (effect.lead_sequence, effect.state.unwrap())).collect();
        states.sort_by_key(|(sequence, _)| *sequence);
        states.into_iter().map(|(_, state)| state).collect()
    }

    /// Waits until the lead's effects stand like this.
    pub async fn becomes(&self, lead: LeadId, states: &[EffectState]) {
        for _ in 0..200 {
            if self.states(lead).await == states {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(self.states(lead).await, states);
    }

    /// Waits until nothing waits any more.
    pub async fn drained(&self) {
        for _ in 0..600 {
            if self.number("SELECT count(*) FROM outbox WHERE state <> 'dead'").await == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the outbox is not empty after half a minute");
    }

    /// A number that the database tells.
    pub async fn number(&self, sql: &'static str) -> i64 {
        let mut owner = self.database.owner().await;
        sqlx::query_scalar(sql).fetch_one(&mut owner).await.unwrap()
    }

    /// A number that a composed statement tells.
    pub async fn number_of(&self, sql: String) -> i64 {
        let mut owner = self.database.owner().await;
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut owner).await.unwrap()
    }

    /// Does something as the owner.
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
    fn start(store: store::Store, options: Options) -> Self {
        let stop = CancellationToken::new();
        let signals = Signals::default();
        tokio::spawn(listen::run(store.clone(), signals.clone(), stop.clone()));
        Self { task: tokio::spawn(dispatch::run(store, options, signals, stop.clone())), stop }
    }

    /// Lets it end what is under way.
    pub async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }

    /// Ends it in the middle of whatever it does.
    pub async fn kill(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
        self.stop.cancel();
    }
}
