//! Carries out the effects of one destination.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use destinations::Destination;
use store::sync;
use store::{Actor, Error};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::tasks::desk::{Desk, Requests};
use crate::tasks::health::Change;
use crate::tasks::held::Held;
use crate::tasks::trouble::Trouble;

/// How late work is found that was not signalled: retries that are due, and lost notifications.
const POLL: Duration = Duration::from_secs(1);
/// Several times within a lease, so that one lost heartbeat is none.
const HEARTBEAT: Duration = Duration::from_secs(3);
/// How long a write that has begun may go on when the worker is to stop.
const STOP_WITHIN: Duration = Duration::from_secs(10);

pub(super) struct Worker {
    pub(super) desk: Desk,
    pub(super) destination: Arc<dyn Destination>,
    pub(super) committed: watch::Receiver<()>,
    pub(super) stop: CancellationToken,
}

impl Worker {
    pub(super) async fn run(mut self) {
        let mut held = Held::new(self.destination.clone(), &self.desk.pace);
        let mut requests = Requests::default();
        let (mut poll, mut heartbeat) = (ticks(POLL), ticks(HEARTBEAT));
        let mut trouble = Trouble::default();
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

    /// Acts on what the attempts say of the destination, then sets off what there is to do: tell results, claim what
    /// there is room for, begin writes.
    async fn step(&mut self, held: &mut Held, requests: &mut Requests, look: &mut bool) -> Result<(), Error> {
        if let Some(reason) = held.pause.take() {
            tracing::warn!(destination = %self.desk.name, reason, "destination paused");
            sync::pause(&self.desk.store, &Actor::command("dispatcher"), self.desk.id, &reason).await?;
        }
        if let Some(change) = held.health.change() {
            // What is being claimed would come to wait behind the breaker.
            requests.settle(held).await?;
            self.tell_breaker(held, change).await?;
        }
        requests.tell(&self.desk, held);
        let room = held.room();
        if *look && room > 0 && !requests.is_claiming {
            *look = false;
            // Seen before looking: a signal from here on makes it look again.
            self.committed.mark_unchanged();
            requests.claim(&self.desk, room);
        }
        held.begin();
        Ok(())
    }

    /// Opens or closes the breaker, for all processes. What waits behind an open one is given back, so that nobody holds
    /// what nobody may send.
    async fn tell_breaker(&self, held: &mut Held, change: Change) -> Result<(), Error> {
        match change {
            Change::Open { not_before, is_trial, reason } => {
                metrics::counter!("meshline_breaker_opened_total", "destination" => self.desk.name.clone())
                    .increment(1);
                tracing::warn!(destination = %self.desk.name, reason, "destination is down; it is tried again after a while");
                let now = Utc::now();
                sync::open_breaker(&self.desk.store, self.desk.id, not_before, is_trial, &reason, now)
                    .await?;
                let leases = held.give_back();
                if leases.is_empty() { Ok(()) } else { sync::release(&self.desk.store, &leases).await }
            }
            Change::Close => {
                tracing::info!(destination = %self.desk.name, "destination is back");
                sync::close_breaker(&self.desk.store, self.desk.id).await
            }
        }
    }

    async fn heartbeat(&self, held: &mut Held) -> Result<(), Error> {
        let leases = held.leases();
        if leases.is_empty() {
            return Ok(());
        }
        let since = Instant::now();
        let still = sync::heartbeat(&self.desk.store, &leases).await?;
        held.keep(still, since);
        Ok(())
    }

    /// Gives back what was not begun, lets what was begun end, and tells the results. What cannot be told is left to
    /// the lease.
    async fn wind_down(&self, mut held: Held, mut requests: Requests) {
        let settled = requests.settle(&mut held).await;
        let leases = held.give_back();
        let given_back =
            if leases.is_empty() { Ok(()) } else { sync::release(&self.desk.store, &leases).await };
        let all = async {
            while !held.is_idle() {
                held.end().await;
            }
        };
        if tokio::time::timeout(STOP_WITHIN, all).await.is_err() {
            held.break_off();
        }
        let told = self.tell_all(&mut held, &mut requests).await;
        if let Err(error) = settled.and(given_back).and(told) {
            tracing::warn!(destination = %self.desk.name, error = %error, "stopped without telling all results; their leases lapse");
        }
    }

    async fn tell_all(&self, held: &mut Held, requests: &mut Requests) -> Result<(), Error> {
        while !held.ended.is_empty() {
            requests.tell(&self.desk, held);
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
