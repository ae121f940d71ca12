//! Attempts effects and determines what happens to each of them next.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use destinations::{Destination, DestinationLimits, WriteError, WriteReceipt, WriteRequest};
use engine::canonical::Digest;
use engine::effect::Effect;
use engine::sync::backoff::{AttemptFailure, FailureKind, NextAttempt, RetryPolicy, next_attempt};
use futures::FutureExt as _;
use store::sync::{AttemptExchange, AttemptOutcome, ClaimedEffect, FinishedAttempt, Ticket};

/// Additional time for connecting, beyond the destination's own timeout. After that, the write is cancelled.
const GRACE: Duration = Duration::from_secs(5);

/// Returns the maximum duration of a batch. A batch begins only if its leases last that long.
pub(super) fn longest(limits: &DestinationLimits) -> Duration {
    limits.timeout + GRACE
}

/// The result of an attempt.
pub(super) struct AttemptResult {
    pub(super) finish: FinishedAttempt,
    /// The reason to pause the destination, if there is one.
    pub(super) pause: Option<String>,
    /// When the destination accepts requests again, if it set a time.
    pub(super) not_before: Option<DateTime<Utc>>,
}

/// Writes a batch of effects and returns one result per effect.
pub(super) async fn attempt(
    destination: Arc<dyn Destination>,
    batch: Vec<ClaimedEffect>,
) -> Vec<AttemptResult> {
    let limits = destination.limits();
    let started_at = Utc::now();
    let (mut ended, mut requests, mut written) = (Vec::new(), Vec::new(), Vec::new());
    for ClaimedEffect { ticket, body, effect_key, expires_at, was_tried, .. } in batch {
        match request(&ticket, body, effect_key, &limits.retry) {
            Ok(request) => {
                let is_repeat = request.is_repeat || was_tried;
                requests.push(WriteRequest { is_repeat, ..request });
                written.push((ticket, expires_at));
            }
            Err(error) => ended.push(self::ended(ticket, expires_at, &limits.retry, started_at, Err(error))),
        }
    }
    if !requests.is_empty() {
        let results = write(&*destination, &requests, &limits).await;
        ended.extend(written.into_iter().zip(results).map(|((ticket, expires_at), result)| {
            self::ended(ticket, expires_at, &limits.retry, started_at, result)
        }));
    }
    ended
}

/// Returns the request for an effect, or an error if the write is certain to fail.
fn request(
    ticket: &Ticket,
    body: Vec<u8>,
    effect_key: Digest,
    retry: &RetryPolicy,
) -> Result<WriteRequest, WriteError> {
    let attempt = u32::try_from(ticket.attempt).unwrap_or(u32::MAX);
    // An effect that crashes every process working on it returns without a recorded failure.
    if attempt > retry.attempts {
        let message = format!("gave up after {} attempts", retry.attempts);
        return Err(WriteError::new(FailureKind::NeedsPerson, message));
    }
    let effect =
        Effect::parse(body).map_err(|error| WriteError::new(FailureKind::NeedsPerson, error.to_string()))?;
    if effect.key != effect_key {
        return Err(WriteError::new(FailureKind::NeedsPerson, "the effect's body belongs to another effect"));
    }
    Ok(WriteRequest { effect_id: ticket.effect_id, attempt, is_repeat: attempt > 1, effect })
}

/// Returns the result of an attempt that was aborted before its answer arrived.
pub(super) fn broken_off(ticket: Ticket) -> FinishedAttempt {
    let now = Utc::now();
    let outcome = AttemptOutcome::Retry { due_at: now, counts: true };
    FinishedAttempt {
        ticket,
        outcome,
        answer: AttemptExchange::none(
            "the process was stopped before the answer came; whether it arrived is not known",
            now,
        ),
    }
}

/// Writes a batch within its time limit. Returns one result per request, even if the destination misbehaves.
async fn write(
    destination: &dyn Destination,
    requests: &[WriteRequest],
    limits: &DestinationLimits,
) -> Vec<Result<WriteReceipt, WriteError>> {
    let all = |message: &str| vec![Err(WriteError::new(FailureKind::Retry, message)); requests.len()];
    match tokio::time::timeout(longest(limits), write_guarded(destination, requests)).await {
        Ok(results) if results.len() == requests.len() => results,
        Ok(_) => all("the destination lost count of its results"),
        Err(_) => all(&format!("no answer within {} s", longest(limits).as_secs())),
    }
}

/// Writes a batch and catches panics. A panic is a defect in one effect, so the effects are then written one by one.
async fn write_guarded(
    destination: &dyn Destination,
    requests: &[WriteRequest],
) -> Vec<Result<WriteReceipt, WriteError>> {
    if let Ok(results) = AssertUnwindSafe(destination.write_many(requests)).catch_unwind().await {
        return results;
    }
    let mut results = Vec::with_capacity(requests.len());
    for request in requests {
        let panicked =
            || Err(WriteError::new(FailureKind::Retry, "writing failed inside Meshline; its log says where"));
        let is_alone = requests.len() == 1;
        let result = if is_alone {
            panicked()
        } else {
            let write = AssertUnwindSafe(destination.write(request)).catch_unwind();
            write.await.unwrap_or_else(|_| panicked())
        };
        results.push(result);
    }
    results
}

fn ended(
    ticket: Ticket,
    expires_at: Option<DateTime<Utc>>,
    policy: &RetryPolicy,
    started_at: DateTime<Utc>,
    result: Result<WriteReceipt, WriteError>,
) -> AttemptResult {
    let finished_at = Utc::now();
    match result {
        Ok(receipt) => {
            let (request, response) = (Some(receipt.request), Some(receipt.response));
            let answer = AttemptExchange {
                status: receipt.status.map(i32::from),
                request,
                response,
                to_queue: receipt.to_queue.is_some(),
                error: receipt.to_queue,
                started_at,
                finished_at,
            };
            AttemptResult {
                finish: FinishedAttempt { ticket, outcome: AttemptOutcome::Delivered, answer },
                pause: None,
                not_before: None,
            }
        }
        Err(error) => {
            let attempt = u32::try_from(ticket.attempt).unwrap_or(u32::MAX);
            let error = patient(policy, attempt, error);
            let outcome = after(policy, attempt, &error, expires_at, finished_at, rand::random());
            let WriteError { message, status, request, response, pause, failed, .. } = error;
            let answer = AttemptExchange {
                status: status.map(i32::from),
                request,
                response,
                error: Some(message),
                to_queue: false,
                started_at,
                finished_at,
            };
            AttemptResult {
                finish: FinishedAttempt { ticket, outcome, answer },
                pause,
                not_before: failed.not_before,
            }
        }
    }
}

/// Retries what may pass by itself during the first half of the attempts, before a person has to act.
fn patient(policy: &RetryPolicy, attempt: u32, error: WriteError) -> WriteError {
    if error.may_pass && attempt <= policy.attempts / 2 {
        let failed = AttemptFailure { failure: FailureKind::Retry, ..error.failed };
        WriteError { failed, pause: None, ..error }
    } else {
        error
    }
}

/// Determines what happens to an effect after a failed attempt.
fn after(
    policy: &RetryPolicy,
    attempt: u32,
    error: &WriteError,
    expires_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
    random: f64,
) -> AttemptOutcome {
    // If the destination needs a person, the effect itself does not. It waits until the destination is resumed.
    let failed = match (error.failed.failure, &error.pause) {
        (FailureKind::NeedsPerson, Some(_)) => AttemptFailure { failure: FailureKind::Retry, ..error.failed },
        _ => error.failed,
    };
    match next_attempt(policy, attempt, failed, now, random) {
        NextAttempt::Dead => AttemptOutcome::Dead,
        NextAttempt::At(at) => {
            // If the effect will have expired by then, it becomes due at its expiry and is closed, so that it blocks no other
            // effect.
            let too_late =
                expires_at.and_then(|expires_at| expires_at.checked_add_signed(TimeDelta::microseconds(1)));
            let due_at = too_late.map_or(at, |too_late| at.min(too_late));
            AttemptOutcome::Retry { due_at, counts: error.failed.failure != FailureKind::WaitUntilTomorrow }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: RetryPolicy = RetryPolicy { base_ms: 1_000, cap_ms: 60_000, attempts: 3 };

    fn now() -> DateTime<Utc> {
        "2026-11-22T09:00:00Z".parse().unwrap()
    }

    #[test]
    fn what_may_pass_is_retried_for_half_of_the_attempts() {
        let policy = RetryPolicy::default();
        let error =
            |may_pass| WriteError { may_pass, ..WriteError::new(FailureKind::NeedsPerson, "x").pausing() };
        for attempt in [1, 12] {
            let patient = patient(&policy, attempt, error(true));
            assert_eq!((patient.failed.failure, patient.pause), (FailureKind::Retry, None));
        }
        for (attempt, may_pass) in [(13, true), (24, true), (1, false)] {
            let impatient = patient(&policy, attempt, error(may_pass));
            assert_eq!(
                (impatient.failed.failure, impatient.pause),
                (FailureKind::NeedsPerson, Some("x".into()))
            );
        }
        let once = RetryPolicy { attempts: 1, ..policy };
        assert_eq!(patient(&once, 1, error(true)).failed.failure, FailureKind::NeedsPerson);
        // As long as the documentation says.
        let wait = |attempt| match next_attempt(&policy, attempt, FailureKind::Retry, now(), 1.0) {
            NextAttempt::At(at) => at - now(),
            NextAttempt::Dead => panic!("dead"),
        };
        let longest: TimeDelta = (1..=12).map(wait).sum();
        assert_eq!(longest.num_minutes(), 34);
    }

    #[test]
    fn a_failure_decides_what_comes_next() {
        let after = |failure, attempt, expires_at| {
            after(&POLICY, attempt, &WriteError::new(failure, "x"), expires_at, now(), 1.0)
        };
        let due = |seconds| now() + TimeDelta::seconds(seconds);
        assert_eq!(
            after(FailureKind::Retry, 1, None),
            AttemptOutcome::Retry { due_at: due(1), counts: true }
        );
        assert_eq!(
            after(FailureKind::Retry, 2, None),
            AttemptOutcome::Retry { due_at: due(2), counts: true }
        );
        assert_eq!(after(FailureKind::Retry, 3, None), AttemptOutcome::Dead);
        assert_eq!(after(FailureKind::NeedsPerson, 1, None), AttemptOutcome::Dead);
        let paused = WriteError::new(FailureKind::NeedsPerson, "x").pausing();
        assert_eq!(
            super::after(&POLICY, 1, &paused, None, now(), 1.0),
            AttemptOutcome::Retry { due_at: due(1), counts: true }
        );
        let midnight = "2026-11-23T00:30:00Z".parse().unwrap();
        assert_eq!(
            after(FailureKind::WaitUntilTomorrow, 3, None),
            AttemptOutcome::Retry { due_at: midnight, counts: false }
        );
        assert_eq!(
            after(FailureKind::Retry, 2, Some(due(9))),
            AttemptOutcome::Retry { due_at: due(2), counts: true }
        );
        let too_late = AttemptOutcome::Retry { due_at: due(1) + TimeDelta::microseconds(1), counts: true };
        assert_eq!(after(FailureKind::Retry, 2, Some(due(1))), too_late);
    }
}
