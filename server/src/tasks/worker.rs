//! Delivers the effects of one destination.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use destinations::Destination;
use store::sync;
use store::{Actor, Error};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::tasks::health::BreakerChange;
use crate::tasks::in_flight::InFlightEffects;
use crate::tasks::outage::DatabaseOutage;
use crate::tasks::outbox_client::{OutboxClient, Requests};

/// Maximum delay of work without a signal: due retries, and lost notifications.
const POLL: Duration = Duration::from_secs(1);
/// Several heartbeats per lease, so that a lost one does no harm.
const HEARTBEAT: Duration = Duration::from_secs(3);
/// Time limit for pending writes when the worker stops.
const STOP_WITHIN: Duration = Duration::from_secs(10);

pub(super) struct Worker {
    pub(super) outbox: OutboxClient,
    pub(super) destination: Arc<dyn Destination>,
    pub(super) committed: watch::Receiver<()>,
    pub(super) stop: CancellationToken,
}

impl Worker {
    pub(super) async fn run(mut self) {
        let mut held = InFlightEffects::new(self.destination.clone(), &self.outbox.pace);
        let mut requests = Requests::default();
        let (mut poll, mut heartbeat) = (ticks(POLL), ticks(HEARTBEAT));
        let mut trouble = DatabaseOutage::default();
        let mut look = true;
        while !self.stop.is_cancelled() {
            let done = self.step(&mut held, &mut requests, &mut look).await;
            let done = match done {
                Err(error) => Err(error),
                Ok(()) => tokio::select! {
                    () = held.end() => Ok(()),
                    answered = requests.end() => held.receive(answered).map(|more| {
                        look |= more;
                        trouble.over("working the outbox");
                    }),
                    _ = self.committed.changed() => { look = true; Ok(()) }
                    _ = poll.tick() => { look = true; Ok(()) }
                    _ = heartbeat.tick() => self.heartbeat(&mut held).await,
                    () = self.stop.cancelled() => Ok(()),
                },
            };
            if let Err(error) = done {
                trouble.wait("working the outbox", &error, &self.stop).await;
                look = true;
            }
        }
        self.wind_down(held, requests).await;
    }

    /// Updates pause and breaker from the results of attempts, then starts the next requests: reports results, claims effects
    /// within the available room, and begins writes.
    async fn step(
        &mut self,
        held: &mut InFlightEffects,
        requests: &mut Requests,
        look: &mut bool,
    ) -> Result<(), Error> {
        if let Some(reason) = held.pause.take() {
            tracing::warn!(destination = %self.outbox.name, reason, "destination paused");
            sync::pause(&self.outbox.store, &Actor::command("dispatcher"), self.outbox.id, &reason).await?;
            // Waiting effects would fail in the same way.
            sync::release(&self.outbox.store, &held.give_back()).await?;
        }
        if let Some(change) = held.health.change() {
            // Newly claimed effects would end up waiting behind the breaker.
            requests.settle(held).await?;
            self.set_breaker(held, change).await?;
        }
        requests.report(&self.outbox, held);
        let room = held.room();
        if *look && room > 0 && !requests.is_claiming {
            *look = false;
            // Mark as seen before the check, so that a signal from here on triggers another check.
            self.committed.mark_unchanged();
            requests.claim(&self.outbox, room);
        }
        held.begin();
        Ok(())
    }

    /// Opens or closes the breaker for all processes. Releases the effects that wait behind an open breaker, so that they do not
    /// stay claimed while no process can send them.
    async fn set_breaker(&self, held: &mut InFlightEffects, change: BreakerChange) -> Result<(), Error> {
        match change {
            BreakerChange::Open { not_before, is_trial, reason } => {
                metrics::counter!("meshline_breaker_opened_total", "destination" => self.outbox.name.clone())
                    .increment(1);
                tracing::warn!(destination = %self.outbox.name, reason, "destination is down; it is tried again after a while");
                let now = Utc::now();
                sync::open_breaker(&self.outbox.store, self.outbox.id, not_before, is_trial, &reason, now)
                    .await?;
                sync::release(&self.outbox.store, &held.give_back()).await
            }
            BreakerChange::Close => {
                tracing::info!(destination = %self.outbox.name, "destination is back");
                sync::close_breaker(&self.outbox.store, self.outbox.id).await
            }
        }
    }

    async fn heartbeat(&self, held: &mut InFlightEffects) -> Result<(), Error> {
        let leases = held.leases();
        if leases.is_empty() {
            return Ok(());
        }
        let since = Instant::now();
        let still = sync::heartbeat(&self.outbox.store, &leases).await?;
        held.keep(still, since);
        Ok(())
    }

    /// Releases effects that were not begun, waits for those that were, and reports the results. Leases of results that cannot be
    /// reported expire.
    async fn wind_down(&self, mut held: InFlightEffects, mut requests: Requests) {
        let settled = requests.settle(&mut held).await;
        let given_back = sync::release(&self.outbox.store, &held.give_back()).await;
        let all = async {
            while !held.is_idle() {
                held.end().await;
            }
        };
        if tokio::time::timeout(STOP_WITHIN, all).await.is_err() {
            held.break_off();
        }
        let reported = self.report_all(&mut held, &mut requests).await;
        if let Err(error) = settled.and(given_back).and(reported) {
            tracing::warn!(destination = %self.outbox.name, error = %error, "stopped without reporting all results; their leases lapse");
        }
    }

    async fn report_all(&self, held: &mut InFlightEffects, requests: &mut Requests) -> Result<(), Error> {
        while !held.ended.is_empty() {
            requests.report(&self.outbox, held);
            requests.settle(held).await?;
        }
        Ok(())
    }
}

fn ticks(every: Duration) -> tokio::time::Interval {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
