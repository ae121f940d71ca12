//! Carries out the effects of one destination.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use destinations::Destination;
use engine::ids::{DestinationId, EffectId};
use engine::sync::flow::Pace;
use store::sync::{self, Finish, Outcome};
use store::{Actor, Error, Store};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::tasks::health::Change;
use crate::tasks::held::Held;
use crate::tasks::trouble::Trouble;

/// How late work is found that nobody rang for: retries that are due, and lost notifications.
const POLL: Duration = Duration::from_secs(1);
/// Several times within a lease, so that one lost heartbeat is none.
const HEARTBEAT: Duration = Duration::from_secs(3);
/// How long a write that has begun may go on when the worker is to stop.
const STOP_WITHIN: Duration = Duration::from_secs(10);

pub(super) struct Worker {
    pub(super) store: Store,
    pub(super) id: DestinationId,
    pub(super) name: String,
    pub(super) destination: Arc<dyn Destination>,
    pub(super) pace: Pace,
    pub(super) bell: watch::Receiver<()>,
    pub(super) stop: CancellationToken,
}

impl Worker {
    pub(super) async fn run(mut self) {
        let mut held = Held::new(self.destination.clone(), &self.pace);
        let (mut poll, mut heartbeat) = (ticks(POLL), ticks(HEARTBEAT));
        let mut trouble = Trouble::default();
        let mut look = true;
        while !self.stop.is_cancelled() {
            let done = self.step(&mut held, &mut look).await;
            match done {
                Ok(()) => trouble.over("working the outbox"),
                Err(error) => {
                    trouble.wait("working the outbox", &error, &self.stop).await;
                    continue;
                }
            }
            if look && held.room() > 0 {
                continue;
            }
            tokio::select! {
                () = held.end() => {}
                _ = self.bell.changed() => look = true,
                _ = poll.tick() => look = true,
                _ = heartbeat.tick() => {
                    if let Err(error) = self.heartbeat(&mut held).await {
                        trouble.wait("working the outbox", &error, &self.stop).await;
                    }
                }
                () = self.stop.cancelled() => {}
            }
        }
        self.wind_down(held).await;
    }

    /// Tells results, claims what there is room for, and begins writes.
    async fn step(&mut self, held: &mut Held, look: &mut bool) -> Result<(), Error> {
        if !held.ended.is_empty() {
            // What is finished lets its successors go.
            *look |= self.tell(held).await?;
        }
        if let Some(reason) = held.pause.take() {
            tracing::warn!(destination = %self.name, reason, "destination paused");
            sync::pause(&self.store, &Actor::command("dispatcher"), self.id, &reason).await?;
        }
        if let Some(change) = held.health.change() {
            self.tell_breaker(held, change).await?;
        }
        let room = held.room();
        if *look && room > 0 {
            // Heard before looking: a ring from here on makes it look again.
            self.bell.mark_unchanged();
            let since = Instant::now();
            let taken = sync::claim(&self.store, self.id, &self.pace, Utc::now(), room).await?;
            *look = taken.effects.len() == room;
            held.health.is_trial |= taken.is_trial;
            held.take(taken.effects, since);
        }
        held.begin();
        Ok(())
    }

    /// Opens or closes the breaker, for all processes. What waits behind an open one is given back, so that nobody holds
    /// what nobody may send.
    async fn tell_breaker(&self, held: &mut Held, change: Change) -> Result<(), Error> {
        match change {
            Change::Open { not_before, is_trial, reason } => {
                metrics::counter!("meshline_breaker_opened_total", "destination" => self.name.clone())
                    .increment(1);
                tracing::warn!(destination = %self.name, reason, "destination is down; it is tried again after a while");
                let now = Utc::now();
                sync::open_breaker(&self.store, self.id, not_before, is_trial, &reason, now).await?;
                let leases = held.give_back();
                if leases.is_empty() { Ok(()) } else { sync::release(&self.store, &leases).await }
            }
            Change::Close => {
                tracing::info!(destination = %self.name, "destination is back");
                sync::close_breaker(&self.store, self.id).await
            }
        }
    }

    /// Tells what became of attempts; whether anything of it counted.
    async fn tell(&self, held: &mut Held) -> Result<bool, Error> {
        let finished = match sync::finish(&self.store, &held.ended).await {
            Ok(finished) => finished,
            Err(error) if is_refusal(&error) => self.tell_one_by_one(&held.ended, &error).await?,
            Err(error) => return Err(error),
        };
        let told: HashMap<EffectId, Finish> =
            held.ended.drain(..).map(|finish| (finish.ticket.effect_id, finish)).collect();
        for finish in finished.counted.iter().filter_map(|id| told.get(id)) {
            self.count(finish);
        }
        if finished.stale > 0 {
            metrics::counter!("meshline_outbox_stale_finishes_total").increment(finished.stale as u64);
            tracing::warn!(destination = %self.name, results = finished.stale, "results came after their leases and were dropped");
        }
        Ok(!finished.counted.is_empty())
    }

    /// One result that the database refuses must not keep back the others. It is dropped, and its lease lapses.
    async fn tell_one_by_one(&self, ended: &[Finish], error: &Error) -> Result<sync::Finished, Error> {
        tracing::error!(destination = %self.name, results = ended.len(), error = %error, "results were refused and are told one by one");
        let mut all = sync::Finished::default();
        for finish in ended {
            match sync::finish(&self.store, std::slice::from_ref(finish)).await {
                Ok(one) => {
                    all.counted.extend(one.counted);
                    all.stale += one.stale;
                }
                Err(error) if is_refusal(&error) => {
                    tracing::error!(effect = %finish.ticket.effect_id, error = %error, "a result was refused")
                }
                Err(error) => return Err(error),
            }
        }
        Ok(all)
    }

    fn count(&self, finish: &Finish) {
        metrics::counter!("meshline_deliveries_total", "destination" => self.name.clone(), "result" => finish.outcome.result()).increment(1);
        let (effect, attempt) = (finish.ticket.effect_id, finish.ticket.attempt);
        let error = finish.answer.error.as_deref().unwrap_or_default();
        match finish.outcome {
            Outcome::Retry { due_at, .. } => {
                let due_at = engine::time::stamp(due_at);
                tracing::info!(destination = %self.name, %effect, attempt, error, due_at, "delivery failed and is tried again");
            }
            Outcome::Dead => {
                tracing::warn!(destination = %self.name, %effect, attempt, error, "delivery failed and needs a person")
            }
            _ => {}
        }
    }

    async fn heartbeat(&self, held: &mut Held) -> Result<(), Error> {
        let leases = held.leases();
        if leases.is_empty() {
            return Ok(());
        }
        let since = Instant::now();
        let still = sync::heartbeat(&self.store, &leases).await?;
        held.keep(still, since);
        Ok(())
    }

    /// Gives back what was not begun, lets what was begun end, and tells the results. What cannot be told is left to
    /// the lease.
    async fn wind_down(&self, mut held: Held) {
        let leases = held.give_back();
        let given_back = if leases.is_empty() { Ok(()) } else { sync::release(&self.store, &leases).await };
        let all = async {
            while !held.is_idle() {
                held.end().await;
            }
        };
        if tokio::time::timeout(STOP_WITHIN, all).await.is_err() {
            held.break_off();
        }
        let told = if held.ended.is_empty() { Ok(false) } else { self.tell(&mut held).await };
        if let Err(error) = given_back.and(told.map(drop)) {
            tracing::warn!(destination = %self.name, error = %error, "stopped without telling all results; their leases lapse");
        }
    }
}

/// Whether the database read the rows and will not have them. Anything else may work later, unchanged.
fn is_refusal(error: &Error) -> bool {
    match error {
        Error::Refused(_) | Error::Duplicate(_) | Error::Corrupt(_) => true,
        // Class 22: a value that cannot be stored.
        Error::Db(error) => error
            .as_database_error()
            .and_then(|error| error.code())
            .is_some_and(|code| code.starts_with("22")),
        _ => false,
    }
}

fn ticks(every: Duration) -> tokio::time::Interval {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
