//! A worker's requests to the outbox: claiming effects and reporting results.

use std::collections::HashMap;

use chrono::Utc;
use engine::ids::{DestinationId, EffectId};
use engine::sync::flow::Pace;
use store::sync::{self, AttemptOutcome, BATCH, ClaimedBatch, FinishedAttempt};
use store::{Error, Store};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::tasks::in_flight::InFlightEffects;

/// The outbox as the worker of one destination sees it. Cheap to clone.
#[derive(Clone)]
pub(super) struct OutboxClient {
    pub(super) store: Store,
    pub(super) id: DestinationId,
    pub(super) name: String,
    pub(super) pace: Pace,
}

/// The requests under way: at most one that claims and one that reports, concurrent with the writes.
#[derive(Default)]
pub(super) struct Requests {
    running: JoinSet<RequestResult>,
    pub(super) is_claiming: bool,
    is_reporting: bool,
}

/// The answer to a request.
pub(super) enum RequestResult {
    /// The effects claimed by a request for up to `wanted` of them, made at `since`.
    Claimed { since: Instant, wanted: usize, taken: Result<ClaimedBatch, Error> },
    /// The reported results, and whether any of them counted.
    Reported { ended: Vec<FinishedAttempt>, counted: Result<bool, Error> },
}

impl Requests {
    /// Requests effects, unless such a request is under way.
    pub(super) fn claim(&mut self, outbox: &OutboxClient, wanted: usize) {
        if self.is_claiming {
            return;
        }
        self.is_claiming = true;
        let (outbox, since) = (outbox.clone(), Instant::now());
        self.running.spawn(async move {
            let taken = sync::claim(&outbox.store, outbox.id, &outbox.pace, Utc::now(), wanted).await;
            RequestResult::Claimed { since, wanted, taken }
        });
    }

    /// Reports results, unless such a request is under way. Results that arrive in the meantime share the next report.
    pub(super) fn report(&mut self, outbox: &OutboxClient, held: &mut InFlightEffects) {
        if self.is_reporting || held.ended.is_empty() {
            return;
        }
        self.is_reporting = true;
        let ended: Vec<FinishedAttempt> = held.ended.drain(..held.ended.len().min(BATCH)).collect();
        held.reporting = ended.len();
        let outbox = outbox.clone();
        self.running.spawn(async move {
            let counted = outbox.report(&ended).await;
            RequestResult::Reported { ended, counted }
        });
    }

    /// Waits for the next answer. Never completes while no request is under way.
    pub(super) async fn end(&mut self) -> RequestResult {
        let answered = match self.running.join_next().await {
            None => std::future::pending().await,
            Some(Ok(answered)) => answered,
            // Propagates the panic, so that the worker stops and is replaced.
            Some(Err(broken)) => match broken.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => std::future::pending().await,
            },
        };
        match &answered {
            RequestResult::Claimed { .. } => self.is_claiming = false,
            RequestResult::Reported { .. } => self.is_reporting = false,
        }
        answered
    }

    /// Waits until no request is under way.
    pub(super) async fn settle(&mut self, held: &mut InFlightEffects) -> Result<(), Error> {
        while !self.running.is_empty() {
            held.receive(self.end().await)?;
        }
        Ok(())
    }
}

impl OutboxClient {
    /// Reports the results of attempts, and returns whether any of them counted.
    async fn report(&self, ended: &[FinishedAttempt]) -> Result<bool, Error> {
        let finished = match sync::finish(&self.store, ended).await {
            Ok(finished) => finished,
            Err(error) if is_refusal(&error) => self.report_one_by_one(ended, &error).await?,
            Err(error) => return Err(error),
        };
        let reported: HashMap<EffectId, &FinishedAttempt> =
            ended.iter().map(|finish| (finish.ticket.effect_id, finish)).collect();
        for finish in finished.counted.iter().filter_map(|id| reported.get(id)) {
            self.count(finish);
        }
        if finished.stale > 0 {
            metrics::counter!("meshline_outbox_stale_finishes_total").increment(finished.stale as u64);
            tracing::warn!(destination = %self.name, results = finished.stale, "results came after their leases and were dropped");
        }
        Ok(!finished.counted.is_empty())
    }

    /// Reports results one by one, so that a result that the database rejects does not block the others. Drops that result, and
    /// its lease expires.
    async fn report_one_by_one(
        &self,
        ended: &[FinishedAttempt],
        error: &Error,
    ) -> Result<sync::FinishResult, Error> {
        tracing::error!(destination = %self.name, results = ended.len(), error = %error, "results were refused and are reported one by one");
        let mut all = sync::FinishResult::default();
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

    fn count(&self, finish: &FinishedAttempt) {
        metrics::counter!("meshline_deliveries_total", "destination" => self.name.clone(), "result" => finish.outcome.result()).increment(1);
        let (effect, attempt) = (finish.ticket.effect_id, finish.ticket.attempt);
        let error = finish.answer.error.as_deref().unwrap_or_default();
        match finish.outcome {
            AttemptOutcome::Retry { due_at, .. } => {
                let due_at = engine::time::stamp(due_at);
                tracing::info!(destination = %self.name, %effect, attempt, error, due_at, "delivery failed and is tried again");
            }
            AttemptOutcome::Dead => {
                tracing::warn!(destination = %self.name, %effect, attempt, error, "delivery failed and needs a person")
            }
            _ => {}
        }
    }
}

/// Returns whether the database rejected the rows themselves. Any other failure may succeed unchanged on a retry.
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
