//! Attempts effects and determines what happens to each of them next.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use destinations::{Destination, Limits, Receipt, WriteError, WriteRequest};
use engine::canonical::Digest;
use engine::effect::Effect;
use engine::sync::backoff::{Failed, Failure, Next, Policy, next_attempt};
use futures::FutureExt as _;
use store::sync::{Answer, Claimed, Finish, Outcome, Ticket};

/// Additional time for connecting, beyond the destination's own timeout. After that, the write is cancelled.
const GRACE: Duration = Duration::from_secs(5);

/// Returns the maximum duration of a batch. A batch begins only if its leases last that long.
pub(super) fn longest(limits: &Limits) -> Duration {
    limits.timeout + GRACE
}

/// The result of an attempt.
pub(super) struct Attempted {
    pub(super) finish: Finish,
    /// The reason to pause the destination, if there is one.
    pub(super) pause: Option<String>,
    /// When the destination accepts requests again, if it set a time.
    pub(super) not_before: Option<DateTime<Utc>>,
}

/// Writes a batch of effects and returns one result per effect.
pub(super) async fn attempt(destination: Arc<dyn Destination>, batch: Vec<Claimed>) -> Vec<Attempted> {
    let limits = destination.limits();
    let started_at = Utc::now();
    let (mut ended, mut requests, mut written) = (Vec::new(), Vec::new(), Vec::new());
    for Claimed { ticket, body, effect_key, expires_at, was_tried, .. } in batch {
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
    retry: &Policy,
) -> Result<WriteRequest, WriteError> {
    let attempt = u32::try_from(ticket.attempt).unwrap_or(u32::MAX);
    // An effect that crashes every process working on it returns without a recorded failure.
    if attempt > retry.attempts {
        let message = format!("gave up after {} attempts", retry.attempts);
        return Err(WriteError::new(Failure::NeedsPerson, message));
    }
    let effect =
        Effect::parse(body).map_err(|error| WriteError::new(Failure::NeedsPerson, error.to_string()))?;
    if effect.key != effect_key {
        return Err(WriteError::new(Failure::NeedsPerson, "the effect's body belongs to another effect"));
    }
    Ok(WriteRequest { effect_id: ticket.effect_id, attempt, is_repeat: attempt > 1, effect })
}

/// Returns the result of an attempt that was aborted before its answer arrived.
pub(super) fn broken_off(ticket: Ticket) -> Finish {
    let now = Utc::now();
    let outcome = Outcome::Retry { due_at: now, counts: true };
    Finish {
        ticket,
        outcome,
        answer: Answer::none(
            "the process was stopped before the answer came; whether it arrived is not known",
            now,
        ),
    }
}

/// Writes a batch within its time limit. Returns one result per request, even if the destination misbehaves.
async fn write(
    destination: &dyn Destination,
    requests: &[WriteRequest],
    limits: &Limits,
) -> Vec<Result<Receipt, WriteError>> {
    let all = |message: &str| vec![Err(WriteError::new(Failure::Retry, message)); requests.len()];
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
) -> Vec<Result<Receipt, WriteError>> {
    if let Ok(results) = AssertUnwindSafe(destination.write_many(requests)).catch_unwind().await {
        return results;
    }
    let mut results = Vec::with_capacity(requests.len());
    for request in requests {
        let panicked =
            || Err(WriteError::new(Failure::Retry, "writing failed inside Meshline; its log says where"));
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
    policy: &Policy,
    started_at: DateTime<Utc>,
    result: Result<Receipt, WriteError>,
) -> Attempted {
    let finished_at = Utc::now();
    match result {
        Ok(receipt) => {
            let (request, response) = (Some(receipt.request), Some(receipt.response));
            let answer = Answer {
                status: receipt.status.map(i32::from),
                request,
                response,
                to_queue: receipt.to_queue.is_some(),
                error: receipt.to_queue,
                started_at,
                finished_at,
            };
            Attempted {
                finish: Finish { ticket, outcome: Outcome::Delivered, answer },
                pause: None,
                not_before: None,
            }
        }
        Err(error) => {
            let attempt = u32::try_from(ticket.attempt).unwrap_or(u32::MAX);
            let error = patient(policy, attempt, error);
            let outcome = after(policy, attempt, &error, expires_at, finished_at, rand::random());
            let WriteError { message, status, request, response, pause, failed, .. } = error;
            let answer = Answer {
                status: status.map(i32::from),
                request,
                response,
                error: Some(message),
                to_queue: false,
                started_at,
                finished_at,
            };
            Attempted { finish: Finish { ticket, outcome, answer }, pause, not_before: failed.not_before }
        }
    }
}

/// Retries what may pass by itself during the first half of the attempts, before a person has to act.
fn patient(policy: &Policy, attempt: u32, error: WriteError) -> WriteError {
    if error.may_pass && attempt <= policy.attempts / 2 {
        let failed = Failed { failure: Failure::Retry, ..error.failed };
        WriteError { failed, pause: None, ..error }
    } else {
        error
    }
}

/// Determines what happens to an effect after a failed attempt.
fn after(
    policy: &Policy,
    attempt: u32,
    error: &WriteError,
    expires_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
    random: f64,
) -> Outcome {
    // If the destination needs a person, the effect itself does not. It waits until the destination is resumed.
    let failed = match (error.failed.failure, &error.pause) {
        (Failure::NeedsPerson, Some(_)) => Failed { failure: Failure::Retry, ..error.failed },
        _ => error.failed,
    };
    match next_attempt(policy, attempt, failed, now, random) {
        Next::Dead => Outcome::Dead,
        Next::At(at) => {
            // If the effect will have expired by then, it becomes due at its expiry and is closed, so that it blocks no other
            // effect.
            let too_late =
                expires_at.and_then(|expires_at| expires_at.checked_add_signed(TimeDelta::microseconds(1)));
            let due_at = too_late.map_or(at, |too_late| at.min(too_late));
            Outcome::Retry { due_at, counts: error.failed.failure != Failure::WaitUntilTomorrow }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: Policy = Policy { base_ms: 1_000, cap_ms: 60_000, attempts: 3 };

    fn now() -> DateTime<Utc> {
        "2026-11-22T09:00:00Z".parse().unwrap()
    }

    #[test]
    fn what_may_pass_is_retried_for_half_of_the_attempts() {
        let policy = Policy::default();
        let error =
            |may_pass| WriteError { may_pass, ..WriteError::new(Failure::NeedsPerson, "x").pausing() };
        for attempt in [1, 12] {
            let patient = patient(&policy, attempt, error(true));
            assert_eq!((patient.failed.failure, patient.pause), (Failure::Retry, None));
        }
        for (attempt, may_pass) in [(13, true), (24, true), (1, false)] {
            let impatient = patient(&policy, attempt, error(may_pass));
            assert_eq!((impatient.failed.failure, impatient.pause), (Failure::NeedsPerson, Some("x".into())));
        }
        let once = Policy { attempts: 1, ..policy };
        assert_eq!(patient(&once, 1, error(true)).failed.failure, Failure::NeedsPerson);
        // As long as the documentation says.
        let wait = |attempt| match next_attempt(&policy, attempt, Failure::Retry, now(), 1.0) {
            Next::At(at) => at - now(),
            Next::Dead => panic!("dead"),
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
        assert_eq!(after(Failure::Retry, 1, None), Outcome::Retry { due_at: due(1), counts: true });
        assert_eq!(after(Failure::Retry, 2, None), Outcome::Retry { due_at: due(2), counts: true });
        assert_eq!(after(Failure::Retry, 3, None), Outcome::Dead);
        assert_eq!(after(Failure::NeedsPerson, 1, None), Outcome::Dead);
        let paused = WriteError::new(Failure::NeedsPerson, "x").pausing();
        assert_eq!(
            super::after(&POLICY, 1, &paused, None, now(), 1.0),
            Outcome::Retry { due_at: due(1), counts: true }
        );
        let midnight = "2026-11-23T00:30:00Z".parse().unwrap();
        assert_eq!(
            after(Failure::WaitUntilTomorrow, 3, None),
            Outcome::Retry { due_at: midnight, counts: false }
        );
        assert_eq!(after(Failure::Retry, 2, Some(due(9))), Outcome::Retry { due_at: due(2), counts: true });
        let too_late = Outcome::Retry { due_at: due(1) + TimeDelta::microseconds(1), counts: true };
        assert_eq!(after(Failure::Retry, 2, Some(due(1))), too_late);
    }
}
