//! One table from the status of an answer to what happens next, shared by all destinations that speak HTTP.
//!
//! | status | what happens | source |
//! |---|---|---|
//! | 2xx | it counts | RFC 9110 §15.3 |
//! | 3xx | a person, for the destination: redirects are not followed | RFC 9110 §15.4 |
//! | 401, 407 | a person, for the destination: the credential is refused | RFC 9110 §15.5.2, §15.5.8 |
//! | 402 | a person, for the destination: in use for unpaid accounts | RFC 9110 §15.5.3 |
//! | 408 | retry | RFC 9110 §15.5.9 |
//! | 410 | a person, for the destination: gone for good | RFC 9110 §15.5.11, Standard Webhooks |
//! | 413 with `Retry-After` | retry: the condition is temporary | RFC 9110 §15.5.14 |
//! | 421 | retry, on another connection | RFC 9110 §15.5.20 |
//! | 423 | retry: locked by somebody else | RFC 4918 §11.3 |
//! | 425 | retry | RFC 8470 §5.2 |
//! | 429 | retry; where `Retry-After` reaches into the next day (UTC), wait until tomorrow: the day's quota is spent | RFC 6585 §4 |
//! | other 4xx | a person, for this effect | RFC 9110 §15.5; unknown codes as x00, §15 |
//! | 501, 505 | a person, for the destination: it does not support what we send | RFC 9110 §15.6.2, §15.6.6 |
//! | 507, 508 | a person, for the destination: full, or configured in a circle | RFC 4918 §11.5, RFC 5842 §7.2 |
//! | other 5xx | retry | RFC 9110 §15.6 |
//!
//! `Retry-After` (RFC 9110 §10.2.3) is the earliest time of the next attempt wherever there is one. A connection that cannot be
//! made, breaks or stays silent is worth a retry: see [`no_answer`](super::no_answer).
//!
//! A destination that knows better, for example since its service reports a spent day in the body of a 403, changes the
//! [`StatusRule`] before it makes an error of it.

use chrono::{DateTime, Utc};
use engine::sync::backoff::{Failure, is_tomorrow};
use reqwest::StatusCode;

use crate::destination::WriteError;

/// Whom a failed answer concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Only the effect that was written.
    Effect,
    /// The destination: every other write would fail in the same way, so it is paused.
    Destination,
}

/// What an answer that does not count means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusRule {
    /// The status.
    pub status: StatusCode,
    /// What happens next.
    pub failure: Failure,
    /// Whom it concerns.
    pub scope: Scope,
    /// What it means, for the person who has to act; empty where the status says it.
    pub meaning: String,
    /// The earliest time of the next attempt.
    pub not_before: Option<DateTime<Utc>>,
}

/// Looks an answer up in the table; `None` when it counts. `retry_after` is what it asked for.
pub fn rule(
    status: StatusCode,
    retry_after: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Option<StatusRule> {
    use Failure::{NeedsPerson, Retry, WaitUntilTomorrow};
    use Scope::{Destination, Effect};
    let (failure, scope, meaning) = match status.as_u16() {
        200..=299 => return None,
        300..=399 => {
            (NeedsPerson, Destination, "redirects are not followed, so the settings need the final address")
        }
        401 | 407 => (NeedsPerson, Destination, "the credential was refused"),
        402 => (NeedsPerson, Destination, "the account has to be paid for"),
        410 => (NeedsPerson, Destination, "the receiver is gone for good"),
        413 if retry_after.is_some() => (Retry, Effect, ""),
        429 if retry_after.is_some_and(|at| is_tomorrow(at, now)) => {
            (WaitUntilTomorrow, Effect, "the day's quota is spent")
        }
        408 | 421 | 423 | 425 | 429 => (Retry, Effect, ""),
        501 | 505 => (NeedsPerson, Destination, "it does not support such requests"),
        507 => (NeedsPerson, Destination, "no storage is left"),
        508 => (NeedsPerson, Destination, "it is configured in a circle"),
        500..=599 => (Retry, Effect, ""),
        _ => (NeedsPerson, Effect, ""),
    };
    Some(StatusRule { status, failure, scope, meaning: meaning.to_owned(), not_before: retry_after })
}

impl StatusRule {
    /// Returns the same rule for the destination as a whole, with what the status means there.
    pub fn for_destination(self, meaning: impl Into<String>) -> Self {
        Self { scope: Scope::Destination, meaning: meaning.into(), ..self }
    }

    /// Returns the error of a write that `host` answered like this.
    pub fn error(&self, host: &str) -> WriteError {
        let answered = format!("{host} answered {}", self.status);
        let message =
            if self.meaning.is_empty() { answered } else { format!("{answered}: {}", self.meaning) };
        let error = WriteError::new(self.failure, message).not_before(self.not_before);
        let error = WriteError { status: Some(self.status.as_u16()), ..error };
        match self.scope {
            Scope::Effect => error,
            Scope::Destination => error.pausing(),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::Failure::{NeedsPerson, Retry, WaitUntilTomorrow};
    use super::Scope::{Destination, Effect};
    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-11-22T09:00:00Z".parse().unwrap()
    }

    fn rule_of(status: u16, wait: Option<TimeDelta>) -> Option<(Failure, Scope)> {
        let rule = rule(StatusCode::from_u16(status).unwrap(), wait.map(|wait| now() + wait), now())?;
        assert_eq!(rule.not_before, wait.map(|wait| now() + wait), "{status}");
        Some((rule.failure, rule.scope))
    }

    #[test]
    fn every_row_of_the_table() {
        type Expected = (&'static [u16], Option<(Failure, Scope)>);
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
    fn retry_after_makes_a_large_body_a_matter_of_time() {
        assert_eq!(rule_of(413, Some(TimeDelta::minutes(1))), Some((Retry, Effect)));
    }

    #[test]
    fn a_quota_is_spent_for_the_day_when_the_wait_reaches_into_the_next() {
        // It is 09:00 in UTC: the day has 15 hours left.
        assert_eq!(rule_of(429, Some(TimeDelta::hours(15) - TimeDelta::seconds(1))), Some((Retry, Effect)));
        assert_eq!(rule_of(429, Some(TimeDelta::hours(15))), Some((WaitUntilTomorrow, Effect)));
        assert_eq!(
            rule_of(503, Some(TimeDelta::hours(15))),
            Some((Retry, Effect)),
            "503 says nothing of a quota"
        );
    }

    #[test]
    fn an_error_says_what_was_answered_and_what_it_means() {
        let rule = rule(StatusCode::GONE, None, now()).unwrap();
        let error = rule.error("hooks.example");
        assert_eq!(error.message, "hooks.example answered 410 Gone: the receiver is gone for good");
        assert_eq!((error.status, error.pause.as_ref()), (Some(410), Some(&error.message)));
        let wider = super::rule(StatusCode::FORBIDDEN, None, now()).unwrap();
        assert_eq!(wider.error("h").pause, None);
        assert_eq!(
            wider.for_destination("no rights").error("h").pause.unwrap(),
            "h answered 403 Forbidden: no rights"
        );
    }
}
