//! Schedules retries of failed deliveries.
//!
//! Delays grow exponentially with full jitter: each is drawn uniformly between zero and a bound, because
//! retries that are nearly simultaneous would overload a destination as soon as it recovers.

use chrono::{DateTime, Days, NaiveTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The retry policy of one effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "Policy")]
pub struct RetryPolicy {
    /// The upper bound of the first delay, in milliseconds. It doubles with every further failure.
    pub base_ms: u64,
    /// The maximum of the bound, in milliseconds.
    pub cap_ms: u64,
    /// The number of attempts, including the first, after which a person has to act.
    pub attempts: u32,
}

impl Default for RetryPolicy {
    /// Starts at half a second, doubles up to an hour, and makes 24 attempts. This takes up to eleven hours and
    /// half of that on average, so a destination can be down for an afternoon.
    fn default() -> Self {
        Self { base_ms: 500, cap_ms: 3_600_000, attempts: 24 }
    }
}

/// The kind of a failure.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum FailureKind {
    /// Retrying later can succeed: a time-out, a lost connection, 429 or 5xx.
    Retry,
    /// The daily quota is used up; further calls today would be wasted.
    WaitUntilTomorrow,
    /// Retrying fails until a person fixes the cause: 401, a missing field or a deleted record.
    NeedsPerson,
}

impl FailureKind {
    /// Adds the time before which the destination asked not to be called again.
    pub fn not_before(self, at: Option<DateTime<Utc>>) -> AttemptFailure {
        AttemptFailure { failure: self, not_before: at }
    }
}

/// A failure, with the destination's instruction about retries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttemptFailure {
    /// The kind of the failure.
    pub failure: FailureKind,
    /// The earliest time of the next attempt, from [`retry_after`].
    pub not_before: Option<DateTime<Utc>>,
}

impl From<FailureKind> for AttemptFailure {
    fn from(failure: FailureKind) -> Self {
        failure.not_before(None)
    }
}

/// The next step for an effect whose attempt failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextAttempt {
    /// Retries at this time, unless the effect has [expired](is_expired).
    At(DateTime<Utc>),
    /// Does not retry automatically.
    Dead,
}

/// The longest `Retry-After` that is honoured, so that a wrong header cannot delay an effect for years.
pub const RETRY_AFTER_MAX: TimeDelta = TimeDelta::hours(24);

/// The minutes after midnight UTC over which effects that waited for the new day are spread.
pub const TOMORROW_SPREAD_MINUTES: i64 = 30;

/// Returns the next step for an effect whose `attempt`-th attempt, counted from 1, has just failed.
///
/// The caller draws `random` uniformly from 0 to 1; values outside are clamped. Waiting for the next day uses
/// up no attempt, since nothing was tried; it ends when the effect expires.
pub fn next_attempt(
    policy: &RetryPolicy,
    attempt: u32,
    failed: impl Into<AttemptFailure>,
    now: DateTime<Utc>,
    random: f64,
) -> NextAttempt {
    let AttemptFailure { failure, not_before } = failed.into();
    let random = if random.is_finite() { random.clamp(0.0, 1.0) } else { 1.0 };
    match failure {
        FailureKind::NeedsPerson => NextAttempt::Dead,
        FailureKind::Retry if attempt >= policy.attempts => NextAttempt::Dead,
        FailureKind::Retry => {
            let wait = jitter(bound_ms(policy, attempt), random);
            // The time requested by the destination is the earliest; jitter is added so that waiting effects
            // stay spread out.
            NextAttempt::At(later(
                not_before.map_or(now, |at| at.clamp(now, later(now, RETRY_AFTER_MAX))),
                wait,
            ))
        }
        FailureKind::WaitUntilTomorrow => {
            let spread = jitter(TOMORROW_SPREAD_MINUTES.unsigned_abs() * 60_000, random);
            let opens = tomorrow(now);
            NextAttempt::At(later(
                not_before.map_or(opens, |at| at.clamp(opens, later(opens, RETRY_AFTER_MAX))),
                spread,
            ))
        }
    }
}

/// Returns whether an effect has expired. It can still be sent at exactly `expires_at`.
pub fn is_expired(expires_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    expires_at.is_some_and(|expires_at| now > expires_at)
}

/// Parses a `Retry-After` header (RFC 9110 §10.2.3), which holds seconds from `now` or an HTTP date in any of
/// its three forms. Returns `None` if it is neither; the header is then ignored.
pub fn retry_after(header: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let header = header.trim();
    if !header.is_empty() && header.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number with too many digits exceeds every delay that is honoured.
        let seconds = header.parse().unwrap_or(i64::MAX);
        let wait = TimeDelta::try_seconds(seconds).map_or(RETRY_AFTER_MAX, |wait| wait.min(RETRY_AFTER_MAX));
        return Some(later(now, wait));
    }
    http_date(header)
}

/// Returns whether a time is on a later day (UTC) than `now`.
pub fn is_tomorrow(at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    at >= tomorrow(now)
}

/// Parses an HTTP date in any of its three forms (RFC 9110 §5.6.7).
pub fn http_date(text: &str) -> Option<DateTime<Utc>> {
    httpdate::parse_http_date(text).ok().map(DateTime::from)
}

/// Returns `base × 2^(attempt − 1)` milliseconds, capped at `cap_ms`.
fn bound_ms(policy: &RetryPolicy, attempt: u32) -> u64 {
    let factor = 1_u64.checked_shl(attempt.saturating_sub(1)).unwrap_or(u64::MAX);
    policy.base_ms.saturating_mul(factor).min(policy.cap_ms)
}

fn jitter(bound_ms: u64, random: f64) -> TimeDelta {
    let ms = (bound_ms as f64 * random) as i64;
    TimeDelta::try_milliseconds(ms).unwrap_or(TimeDelta::MAX)
}

fn tomorrow(now: DateTime<Utc>) -> DateTime<Utc> {
    now.date_naive()
        .checked_add_days(Days::new(1))
        .map_or(DateTime::<Utc>::MAX_UTC, |day| day.and_time(NaiveTime::MIN).and_utc())
}

fn later(at: DateTime<Utc>, wait: TimeDelta) -> DateTime<Utc> {
    at.checked_add_signed(wait).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const POLICY: RetryPolicy = RetryPolicy { base_ms: 1_000, cap_ms: 60_000, attempts: 10 };

    fn now() -> DateTime<Utc> {
        "2026-11-22T09:00:00Z".parse().unwrap()
    }

    fn wait_ms(attempt: u32, failed: impl Into<AttemptFailure>, random: f64) -> i64 {
        match next_attempt(&POLICY, attempt, failed, now(), random) {
            NextAttempt::At(at) => (at - now()).num_milliseconds(),
            NextAttempt::Dead => panic!("dead"),
        }
    }

    #[test]
    fn the_bound_doubles_up_to_the_cap() {
        let bounds: Vec<i64> = (1..10).map(|attempt| wait_ms(attempt, FailureKind::Retry, 1.0)).collect();
        assert_eq!(bounds, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    }

    #[test]
    fn the_jitter_is_full() {
        assert_eq!(wait_ms(3, FailureKind::Retry, 0.0), 0);
        assert_eq!(wait_ms(3, FailureKind::Retry, 0.25), 1_000);
        assert_eq!(wait_ms(3, FailureKind::Retry, 7.0), 4_000);
        assert_eq!(wait_ms(3, FailureKind::Retry, -7.0), 0);
        assert_eq!(wait_ms(3, FailureKind::Retry, f64::NAN), 4_000);
    }

    #[test]
    fn the_last_attempt_is_the_last() {
        assert_eq!(next_attempt(&POLICY, 10, FailureKind::Retry, now(), 0.5), NextAttempt::Dead);
        assert_eq!(next_attempt(&POLICY, 1, FailureKind::NeedsPerson, now(), 0.5), NextAttempt::Dead);
        let once = RetryPolicy { attempts: 1, ..POLICY };
        assert_eq!(next_attempt(&once, 1, FailureKind::Retry, now(), 0.5), NextAttempt::Dead);
    }

    #[test]
    fn retry_after_is_the_earliest_and_the_jitter_comes_on_top() {
        let asked = FailureKind::Retry.not_before(retry_after("120", now()));
        assert_eq!(wait_ms(1, asked, 0.0), 120_000);
        assert_eq!(wait_ms(1, asked, 1.0), 121_000);
        let past = FailureKind::Retry.not_before(Some(now() - TimeDelta::hours(1)));
        assert_eq!(wait_ms(1, past, 0.5), 500);
        let absurd = FailureKind::Retry.not_before(Some(DateTime::<Utc>::MAX_UTC));
        assert_eq!(wait_ms(1, absurd, 0.0), RETRY_AFTER_MAX.num_milliseconds());
    }

    #[test]
    fn a_spent_quota_waits_for_the_new_day_and_costs_no_attempt() {
        let opens = "2026-11-23T00:00:00Z".parse::<DateTime<Utc>>().unwrap();
        assert_eq!(
            next_attempt(&POLICY, 99, FailureKind::WaitUntilTomorrow, now(), 0.0),
            NextAttempt::At(opens)
        );
        assert_eq!(
            next_attempt(&POLICY, 1, FailureKind::WaitUntilTomorrow, now(), 1.0),
            NextAttempt::At(opens + TimeDelta::minutes(30))
        );
        let early = FailureKind::WaitUntilTomorrow.not_before(retry_after("60", now()));
        assert_eq!(next_attempt(&POLICY, 1, early, now(), 0.0), NextAttempt::At(opens));
        let late = opens + TimeDelta::hours(8);
        assert_eq!(
            next_attempt(&POLICY, 1, FailureKind::WaitUntilTomorrow.not_before(Some(late)), now(), 0.0),
            NextAttempt::At(late)
        );
    }

    #[test]
    fn an_effect_expires_after_its_instant() {
        assert!(!is_expired(None, now()));
        assert!(!is_expired(Some(now()), now()));
        assert!(is_expired(Some(now() - TimeDelta::microseconds(1)), now()));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_in_three_forms() {
        let date = "1994-11-06T08:49:37Z".parse::<DateTime<Utc>>().unwrap();
        for text in
            ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
        {
            assert_eq!(retry_after(text, now()), Some(date), "{text}");
        }
        assert_eq!(retry_after(" 0 ", now()), Some(now()));
        assert_eq!(retry_after("99999999999999999999", now()), Some(now() + RETRY_AFTER_MAX));
        for text in [
            "",
            "-1",
            "1.5",
            "soon",
            "Sun, 31 Feb 2026 08:49:37 GMT",
            "Mon, 06 Nov 1994 08:49:37 GMT",
            "１２",
        ] {
            assert_eq!(retry_after(text, now()), None, "{text}");
        }
    }

    #[test]
    fn the_default_policy_outlasts_an_afternoon() {
        let policy = RetryPolicy::default();
        let longest_ms: u64 = (1..policy.attempts).map(|attempt| bound_ms(&policy, attempt)).sum();
        assert!((11 * 3_600_000..12 * 3_600_000).contains(&longest_ms), "{longest_ms}");
    }

    proptest! {
        #[test]
        fn nothing_panics_and_nothing_is_in_the_past(
            base_ms in any::<u64>(), cap_ms in any::<u64>(), attempts in any::<u32>(), attempt in any::<u32>(),
            random in any::<f64>(), header in any::<String>(), seconds in any::<i64>(),
        ) {
            let policy = RetryPolicy { base_ms, cap_ms, attempts };
            for header in [header, seconds.to_string()] {
                for failure in [FailureKind::Retry, FailureKind::WaitUntilTomorrow, FailureKind::NeedsPerson] {
                    let failed = failure.not_before(retry_after(&header, now()));
                    if let NextAttempt::At(at) = next_attempt(&policy, attempt, failed, now(), random) {
                        prop_assert!(at >= now());
                    }
                }
            }
        }
    }
}
