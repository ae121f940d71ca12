//! The dispatcher: runs one worker per active destination, so that a slow destination does not delay the others.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use destinations::{Credential, Destination, OpenError};
use engine::ids::DestinationId;
use engine::sync::flow::Pace;
use serde_json::Value as Json;
use service::credentials::StoredTokens;
use store::control::kill::{KillSwitch, kill_switches};
use store::sync::{self, DestinationRecord};
use store::{Error, Store};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::signals::{Signal, Signals};
use crate::tasks::outage::DatabaseOutage;
use crate::tasks::outbox_client::OutboxClient;
use crate::tasks::worker::Worker;

/// Twice per second, since changes to a destination must take effect within a second.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Counting is rare because it reads the whole outbox.
const COUNT_EVERY: Duration = Duration::from_secs(15);

/// Opens a destination from its kind, settings and credential.
pub type OpenDestination =
    Arc<dyn Fn(&str, &Json, Credential<'_>) -> Result<Box<dyn Destination>, OpenError> + Send + Sync>;

/// Options for tests and measurements.
#[derive(Clone)]
pub struct DispatchOptions {
    /// Opens destinations.
    pub open: OpenDestination,
}

impl Default for DispatchOptions {
    fn default() -> Self {
        Self { open: Arc::new(|kind, settings, credential| destinations::open(kind, settings, credential)) }
    }
}

/// Delivers effects until the token is cancelled, then completes the writes under way and returns.
pub async fn run(store: Store, options: DispatchOptions, signals: Signals, shutdown: CancellationToken) {
    let mut dispatcher = Dispatcher {
        store,
        options,
        signals,
        workers: HashMap::new(),
        broken: HashMap::new(),
        counted_at: None,
    };
    let mut trouble = DatabaseOutage::default();
    while !shutdown.is_cancelled() {
        match dispatcher.look().await {
            Ok(()) => {
                trouble.over("dispatching effects");
                tokio::select! {
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                    () = shutdown.cancelled() => {}
                }
            }
            Err(error) => trouble.wait("dispatching effects", &error, &shutdown).await,
        }
    }
    dispatcher.stop().await;
}

struct Dispatcher {
    store: Store,
    options: DispatchOptions,
    signals: Signals,
    workers: HashMap<DestinationId, Running>,
    /// Destinations that cannot be opened with their current settings.
    broken: HashMap<DestinationId, DestinationRecord>,
    counted_at: Option<Instant>,
}

/// Returns the effective pace. A destination that accepts one write at a time accepts one from all processes together, regardless
/// of its configured pace.
fn pace(said: &Pace, in_flight: usize) -> Pace {
    let at_once = if in_flight == 1 { Some(1) } else { said.at_once };
    Pace { at_once, ..*said }
}

struct Running {
    record: DestinationRecord,
    /// The kill switches at the start of the worker.
    stops: Vec<KillSwitch>,
    stop: CancellationToken,
    task: AbortOnDropHandle<()>,
}

impl Dispatcher {
    /// Reclaims expired leases of other processes, and starts or stops workers to match the current destinations.
    async fn look(&mut self) -> Result<(), Error> {
        if sync::reclaim(&self.store, Utc::now()).await? > 0 {
            self.signals.send(Signal::Outbox);
        }
        let records = sync::destinations(&self.store).await?;
        let stops = kill_switches(&self.store).await?;
        for running in self.workers.values() {
            // Claims are rejected as soon as a destination is paused or a workflow is stopped. Stopping the worker also releases
            // what it has already claimed.
            let is_stopped = stops.iter().any(|stop| !running.stops.contains(stop));
            if is_stopped || !records.contains(&running.record) {
                running.stop.cancel();
            }
        }
        self.workers.retain(|_, running| !running.task.is_finished());
        for record in records.into_iter().filter(|record| record.paused_reason.is_none()) {
            self.start(record, &stops);
        }
        self.count().await
    }

    /// Starts a destination's worker, unless one is running or still stopping, or the destination cannot be opened.
    fn start(&mut self, record: DestinationRecord, stops: &[KillSwitch]) {
        let id = record.id();
        if self.workers.contains_key(&id) || self.broken.get(&id) == Some(&record) {
            return;
        }
        let destination = match self.open(&record) {
            Ok(destination) => destination,
            Err(reason) => {
                tracing::error!(destination = %record.name, reason, "destination cannot be opened; its effects wait");
                self.broken.insert(id, record);
                return;
            }
        };
        self.broken.remove(&id);
        let pace = pace(&record.pace, destination.limits().in_flight);
        let stop = CancellationToken::new();
        let worker = Worker {
            outbox: OutboxClient { store: self.store.clone(), id, name: record.name.clone(), pace },
            destination: destination.into(),
            committed: self.signals.outbox(),
            stop: stop.clone(),
        };
        let task = AbortOnDropHandle::new(tokio::spawn(worker.run()));
        self.workers.insert(id, Running { record, stops: stops.to_vec(), stop, task });
    }

    fn open(&self, record: &DestinationRecord) -> Result<Box<dyn Destination>, String> {
        let secret = record.secret(&self.store).map_err(|error| error.to_string())?;
        let credential = match record.credential_id {
            Some(id) => Credential::Tokens(Arc::new(StoredTokens::new(self.store.clone(), id))),
            None => Credential::from(secret.as_ref().map(|secret| secret.as_slice())),
        };
        (self.options.open)(&record.kind, &record.settings, credential).map_err(|error| error.to_string())
    }

    async fn count(&mut self) -> Result<(), Error> {
        if self.counted_at.is_some_and(|at| at.elapsed() < COUNT_EVERY) {
            return Ok(());
        }
        for count in sync::outbox_counts(&self.store, chrono::Utc::now()).await? {
            let states = [
                ("ready", count.ready),
                ("running", count.running),
                ("dead", count.dead),
                ("expired", count.not_sent()),
            ];
            for (state, effects) in states {
                metrics::gauge!("meshline_outbox_backlog", "destination" => count.destination.clone(), "state" => state).set(effects as f64);
            }
        }
        self.counted_at = Some(Instant::now());
        Ok(())
    }

    async fn stop(self) {
        for running in self.workers.values() {
            running.stop.cancel();
        }
        futures::future::join_all(self.workers.into_values().map(|running| running.task)).await;
    }
}
