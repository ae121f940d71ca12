//! One attempt at one effect, and what becomes of the effect after it.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use destinations::{Destination, Limits, Receipt, Request, WriteError};
use engine::sync::backoff::{Failure, Next, Policy, next_attempt};
use futures::FutureExt as _;
use store::sync::{Answer, Claimed, Finish, Outcome, Ticket};

/// What a destination may take beyond its own timeout, for connecting; then it is broken off.
const GRACE: Duration = Duration::from_secs(5);

/// How long a write can take at the very most. A lease must have that much left for one to begin.
pub(super) fn longest(limits: &Limits) -> Duration {
    limits.timeout + GRACE
}

/// The end of an attempt.
pub(super) struct Attempted {
    pub(super) finish: Finish,
    /// Why nothing more should be sent to the destination.
    pub(super) pause: Option<String>,
    /// When the destination wants to be asked again.
    pub(super) not_before: Option<DateTime<Utc>>,
}

/// Writes an effect.
pub(super) async fn attempt(destination: Arc<dyn Destination>, claimed: Claimed) -> Attempted {
    let limits = destination.limits();
    let started_at = Utc::now();
    let attempt = u32::try_from(claimed.ticket.attempt).unwrap_or(u32::MAX);
    let request = Request {
        effect_id: claimed.ticket.effect_id,
        effect_key: claimed.effect_key,
        remote_key: claimed.remote_key,
        lead_sequence: claimed.lead_sequence,
        attempt,
        body: claimed.body,
    };
    // An effect that brings down whoever works on it comes back without ever having failed.
    let result = if attempt > limits.retry.attempts {
        Err(WriteError::new(
            Failure::NeedsPerson,
            format!("{} attempts have not brought it there", limits.retry.attempts),
        ))
    } else {
        write(&*destination, &request, &limits).await
    };
    ended(claimed.ticket, claimed.expires_at, &limits.retry, started_at, result)
}

/// An attempt that was broken off before its answer came.
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

async fn write(
    destination: &dyn Destination,
    request: &Request,
    limits: &Limits,
) -> Result<Receipt, WriteError> {
    let write = AssertUnwindSafe(destination.write(request)).catch_unwind();
    match tokio::time::timeout(longest(limits), write).await {
        Ok(Ok(result)) => result,
        Ok(Err(_panic)) => {
            Err(WriteError::new(Failure::Retry, "writing failed inside Meshline; its log says where"))
        }
        Err(_) => {
            Err(WriteError::new(Failure::Retry, format!("no answer within {} s", longest(limits).as_secs())))
        }
    }
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
            let outcome = after(policy, attempt, &error, expires_at, finished_at, rand::random());
            let WriteError { message, status, request, response, pause, failed } = error;
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

/// What becomes of an effect whose `attempt`-th attempt failed.
fn after(
    policy: &Policy,
    attempt: u32,
    error: &WriteError,
    expires_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
    random: f64,
) -> Outcome {
    match next_attempt(policy, attempt, error.failed, now, random) {
        Next::Dead => Outcome::Dead,
        Next::At(at) => {
            // One that will be too late by then is looked at when it is, and closed, so that it holds up no other.
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
    fn a_failure_decides_what_comes_next() {
        let after = |failure, attempt, expires_at| {
            after(&POLICY, attempt, &WriteError::new(failure, "x"), expires_at, now(), 1.0)
        };
        let due = |seconds| now() + TimeDelta::seconds(seconds);
        assert_eq!(after(Failure::Retry, 1, None), Outcome::Retry { due_at: due(1), counts: true });
        assert_eq!(after(Failure::Retry, 2, None), Outcome::Retry { due_at: due(2), counts: true });
        assert_eq!(after(Failure::Retry, 3, None), Outcome::Dead);
        assert_eq!(after(Failure::NeedsPerson, 1, None), Outcome::Dead);
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
