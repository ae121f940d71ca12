//! The table from HTTP statuses to what happens next, shared by all destinations that speak HTTP.
//!
//! | status | what happens | source |
//! |---|---|---|
//! | 2xx | success | RFC 9110 §15.3 |
//! | 3xx | pause the destination: redirects are not followed | RFC 9110 §15.4 |
//! | 401, 407 | pause the destination: the credential was refused | RFC 9110 §15.5.2, §15.5.8 |
//! | 402 | pause the destination: used for unpaid accounts | RFC 9110 §15.5.3 |
//! | 408 | retry | RFC 9110 §15.5.9 |
//! | 410 | pause the destination: gone permanently | RFC 9110 §15.5.11, Standard Webhooks |
//! | 413 with `Retry-After` | retry: the condition is temporary | RFC 9110 §15.5.14 |
//! | 421 | retry on another connection | RFC 9110 §15.5.20 |
//! | 423 | retry: locked by another client | RFC 4918 §11.3 |
//! | 425 | retry | RFC 8470 §5.2 |
//! | 429 | retry; wait until tomorrow if `Retry-After` reaches into the next day (UTC), since the daily quota is used up | RFC 6585 §4 |
//! | other 4xx | fail this effect: a person has to act | RFC 9110 §15.5; unknown codes as x00, §15 |
//! | 501, 505 | pause the destination: it does not support the request | RFC 9110 §15.6.2, §15.6.6 |
//! | 507, 508 | pause the destination: out of storage, or a configuration loop | RFC 4918 §11.5, RFC 5842 §7.2 |
//! | other 5xx | retry | RFC 9110 §15.6 |
//!
//! A receiver that is being deployed, or a proxy in front of it, gives some of these answers for a minute: 302, 303, 307, 401, 403,
//! 404, 405, 410 and 501. They are retried for a while before the table applies ([`WriteError::may_pass`]).
//!
//! `Retry-After` (RFC 9110 §10.2.3), where present, is the earliest time of the next attempt. A connection that cannot be
//! established, is lost or times out is retried: see [`no_answer`](super::no_answer).
//!
//! A destination that knows more, for example because its service reports a used-up quota in the body of a 403, changes the
//! [`StatusRule`] before turning it into an error.

use chrono::{DateTime, Utc};
use engine::sync::backoff::{FailureKind, is_tomorrow};
use reqwest::StatusCode;

use crate::destination::WriteError;

/// The scope of a failed response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureScope {
    /// Only the effect that was written.
    Effect,
    /// The destination: every other write would fail in the same way, so it is paused.
    Destination,
}

/// The consequences of an unsuccessful response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusRule {
    /// The status of the response.
    pub status: StatusCode,
    /// The kind of failure, which determines what happens next.
    pub failure: FailureKind,
    /// Whether it affects one effect or the destination.
    pub scope: FailureScope,
    /// An explanation for the person who has to act; empty if the status is self-explanatory.
    pub meaning: String,
    /// The earliest time of the next attempt.
    pub not_before: Option<DateTime<Utc>>,
    /// Whether the status may pass by itself.
    pub may_pass: bool,
}

/// Returns the rule for a status; `None` for a success. `retry_after` is the instant that the response asks to wait for.
pub fn rule(
    status: StatusCode,
    retry_after: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Option<StatusRule> {
    use FailureKind::{NeedsPerson, Retry, WaitUntilTomorrow};
    use FailureScope::{Destination, Effect};
    let (failure, scope, meaning) = match status.as_u16() {
        200..=299 => return None,
        300..=399 => {
            (NeedsPerson, Destination, "redirects are not followed; enter the final URL in the settings")
        }
        401 | 407 => (NeedsPerson, Destination, "the credential was refused"),
        402 => (NeedsPerson, Destination, "the account requires payment"),
        410 => (NeedsPerson, Destination, "the receiver no longer exists"),
        413 if retry_after.is_some() => (Retry, Effect, ""),
        429 if retry_after.is_some_and(|at| is_tomorrow(at, now)) => {
            (WaitUntilTomorrow, Effect, "the daily quota is used up")
        }
        408 | 421 | 423 | 425 | 429 => (Retry, Effect, ""),
        501 | 505 => (NeedsPerson, Destination, "it does not support this kind of request"),
        507 => (NeedsPerson, Destination, "it is out of storage"),
        508 => (NeedsPerson, Destination, "it has a configuration loop"),
        500..=599 => (Retry, Effect, ""),
        _ => (NeedsPerson, Effect, ""),
    };
    let may_pass = matches!(status.as_u16(), 302 | 303 | 307 | 401 | 403 | 404 | 405 | 410 | 501);
    Some(StatusRule {
        status,
        failure,
        scope,
        meaning: meaning.to_owned(),
        not_before: retry_after,
        may_pass,
    })
}

impl StatusRule {
    /// Widens the rule to the destination as a whole and sets its explanation.
    pub fn for_destination(self, meaning: impl Into<String>) -> Self {
        Self { scope: FailureScope::Destination, meaning: meaning.into(), ..self }
    }

    /// Returns the error for a write that `host` answered with this status.
    pub fn error(&self, host: &str) -> WriteError {
        let answered = format!("{host} answered {}", self.status);
        let message =
            if self.meaning.is_empty() { answered } else { format!("{answered}: {}", self.meaning) };
        let error = WriteError::new(self.failure, message).not_before(self.not_before);
        let error = WriteError { status: Some(self.status.as_u16()), may_pass: self.may_pass, ..error };
        match self.scope {
            FailureScope::Effect => error,
            FailureScope::Destination => error.pausing(),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::FailureKind::{NeedsPerson, Retry, WaitUntilTomorrow};
    use super::FailureScope::{Destination, Effect};
    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-11-22T09:00:00Z".parse().unwrap()
    }

    fn rule_of(status: u16, wait: Option<TimeDelta>) -> Option<(FailureKind, FailureScope)> {
        let rule = rule(StatusCode::from_u16(status).unwrap(), wait.map(|wait| now() + wait), now())?;
        assert_eq!(rule.not_before, wait.map(|wait| now() + wait), "{status}");
        Some((rule.failure, rule.scope))
    }

    #[test]
    fn every_row_of_the_table() {
        type Expected = (&'static [u16], Option<(FailureKind, FailureScope)>);
        let rows: &[Expected] = &[
            (&[200, 201, 202, 204, 207, 299], None),
            (&[300, 301, 302, 303, 304, 307, 308], Some((NeedsPerson, Destination))),
            (&[401, 407], Some((NeedsPerson, Destination))),
            (&[402], Some((NeedsPerson, Destination))),
            (&[408], Some((Retry, Effect))),
            (&[410], Some((NeedsPerson, Destination))),
            (&[413], Some((NeedsPerson, Effect))),
            (&[421], Some((Retry, Effect))),
            (&[423], Some((Retry, Effect))),
            (&[425], Some((Retry, Effect))),
            (&[429], Some((Retry, Effect))),
            (
                &[400, 403, 404, 405, 406, 409, 411, 412, 414, 415, 422, 424, 426, 428, 431, 451, 499],
                Some((NeedsPerson, Effect)),
            ),
            (&[501, 505], Some((NeedsPerson, Destination))),
            (&[507, 508], Some((NeedsPerson, Destination))),
            (&[500, 502, 503, 504, 506, 511, 520, 599], Some((Retry, Effect))),
            (&[100, 101, 600, 999], Some((NeedsPerson, Effect))),
        ];
        for (statuses, expected) in rows {
            for status in *statuses {
                assert_eq!(rule_of(*status, None), *expected, "{status}");
            }
        }
    }

    #[test]
    fn answers_of_a_receiver_that_is_being_deployed_may_pass() {
        let may_pass = |status: &u16| {
            let rule = rule(StatusCode::from_u16(*status).unwrap(), None, now());
            rule.is_some_and(|rule| rule.error("h").may_pass)
        };
        let passing: Vec<u16> = (100..600).filter(may_pass).collect();
        assert_eq!(passing, [302, 303, 307, 401, 403, 404, 405, 410, 501]);
    }

    #[test]
    fn a_413_with_retry_after_is_retried() {
        assert_eq!(rule_of(413, Some(TimeDelta::minutes(1))), Some((Retry, Effect)));
    }

    #[test]
    fn a_429_waits_until_tomorrow_if_retry_after_reaches_into_the_next_day() {
        // It is 09:00 UTC, so the day has 15 hours left.
        assert_eq!(rule_of(429, Some(TimeDelta::hours(15) - TimeDelta::seconds(1))), Some((Retry, Effect)));
        assert_eq!(rule_of(429, Some(TimeDelta::hours(15))), Some((WaitUntilTomorrow, Effect)));
        assert_eq!(
            rule_of(503, Some(TimeDelta::hours(15))),
            Some((Retry, Effect)),
            "a 503 does not imply a quota"
        );
    }

    #[test]
    fn an_error_contains_the_status_and_its_meaning() {
        let rule = rule(StatusCode::GONE, None, now()).unwrap();
        let error = rule.error("hooks.example");
        assert_eq!(error.message, "hooks.example answered 410 Gone: the receiver no longer exists");
        assert_eq!((error.status, error.pause.as_ref()), (Some(410), Some(&error.message)));
        let wider = super::rule(StatusCode::FORBIDDEN, None, now()).unwrap();
        assert_eq!(wider.error("h").pause, None);
        assert_eq!(
            wider.for_destination("no rights").error("h").pause.unwrap(),
            "h answered 403 Forbidden: no rights"
        );
    }
}
