//! When a failed delivery is tried again.
//!
//! Waits grow exponentially with full jitter: the wait is drawn evenly from nothing up to the bound, because
//! waits that only differ a little bring a destination down again the moment it is back.

use chrono::{DateTime, Days, NaiveTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How often, and how far apart, one effect is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Bound of the wait after the first failure, in milliseconds. It doubles with each further one.
    pub base_ms: u64,
    /// The bound never exceeds this, in milliseconds.
    pub cap_ms: u64,
    /// Attempts after which a person has to look, the first one included.
    pub attempts: u32,
}

impl Default for Policy {
    /// Half a second, doubling up to an hour, 24 times: eleven hours at most and half of that on average, so
    /// that a destination may be down for an afternoon.
    fn default() -> Self {
        Self { base_ms: 500, cap_ms: 3_600_000, attempts: 24 }
    }
}

/// What kind of failure it was.
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
pub enum Failure {
    /// It may work in a while: a time-out, a lost connection, 429, 5xx.
    Retry,
    /// The day's quota is spent; asking again today only costs.
    WaitUntilTomorrow,
    /// It will not work before somebody changes something: 401, a missing field, a deleted record.
    NeedsPerson,
}

impl Failure {
    /// The failure with the instant before which the destination asked not to be called again.
    pub fn not_before(self, at: Option<DateTime<Utc>>) -> Failed {
        Failed { failure: self, not_before: at }
    }
}

/// A failure and what the destination said about trying again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failed {
    /// What kind it was.
    pub failure: Failure,
    /// From [`retry_after`].
    pub not_before: Option<DateTime<Utc>>,
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Self {
        failure.not_before(None)
    }
}

/// What becomes of an effect whose attempt failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is tried again then, if it has not [expired](is_expired).
    At(DateTime<Utc>),
    /// It is not tried again by itself.
    Dead,
}

/// The longest a destination's `Retry-After` is believed: a wrong header must not bury an effect for years.
pub const RETRY_AFTER_MAX: TimeDelta = TimeDelta::hours(24);

/// Minutes after midnight UTC over which effects that waited for the new day are spread.
pub const TOMORROW_SPREAD_MINUTES: i64 = 30;

/// What becomes of an effect whose `attempt`-th attempt, counted from 1, has just failed.
///
/// `random` is drawn evenly from 0 to 1 by the caller; anything else counts as the nearer of the two. A wait
/// for tomorrow does not use up attempts, since nothing was tried; the effect's expiry ends it.
pub fn next_attempt(
    policy: &Policy,
    attempt: u32,
    failed: impl Into<Failed>,
    now: DateTime<Utc>,
    random: f64,
) -> Next {
    let Failed { failure, not_before } = failed.into();
    let random = if random.is_finite() { random.clamp(0.0, 1.0) } else { 1.0 };
    match failure {
        Failure::NeedsPerson => Next::Dead,
        Failure::Retry if attempt >= policy.attempts => Next::Dead,
        Failure::Retry => {
            let wait = jitter(bound_ms(policy, attempt), random);
            // What the destination asked for is the earliest; the jitter on top keeps the waiting ones apart.
            Next::At(later(not_before.map_or(now, |at| at.clamp(now, later(now, RETRY_AFTER_MAX))), wait))
        }
        Failure::WaitUntilTomorrow => {
            let spread = jitter(TOMORROW_SPREAD_MINUTES.unsigned_abs() * 60_000, random);
            let opens = tomorrow(now);
            Next::At(later(
                not_before.map_or(opens, |at| at.clamp(opens, later(opens, RETRY_AFTER_MAX))),
                spread,
            ))
        }
    }
}

/// Whether it is too late to send an effect. At the instant itself it still goes out.
pub fn is_expired(expires_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    expires_at.is_some_and(|expires_at| now > expires_at)
}

/// The instant a `Retry-After` header names (RFC 9110 §10.2.3): seconds from `now`, or an HTTP date in any of
/// its three forms. `None` when it is neither, and then it is as if there were none.
pub fn retry_after(header: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let header = header.trim();
    if !header.is_empty() && header.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit mean longer than anything that is believed.
        let seconds = header.parse().unwrap_or(i64::MAX);
        let wait = TimeDelta::try_seconds(seconds).map_or(RETRY_AFTER_MAX, |wait| wait.min(RETRY_AFTER_MAX));
        return Some(later(now, wait));
    }
    http_date(header)
}

/// Returns whether an instant is on a later day (UTC) than now.
pub fn is_tomorrow(at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    at >= tomorrow(now)
}

/// Reads an HTTP date in any of its three forms (RFC 9110 §5.6.7).
pub fn http_date(text: &str) -> Option<DateTime<Utc>> {
    httpdate::parse_http_date(text).ok().map(DateTime::from)
}

/// `base × 2^(attempt − 1)`, at most the cap, in milliseconds.
fn bound_ms(policy: &Policy, attempt: u32) -> u64 {
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

    const POLICY: Policy = Policy { base_ms: 1_000, cap_ms: 60_000, attempts: 10 };

    fn now() -> DateTime<Utc> {
        "2026-11-22T09:00:00Z".parse().unwrap()
    }

    fn wait_ms(attempt: u32, failed: impl Into<Failed>, random: f64) -> i64 {
        match next_attempt(&POLICY, attempt, failed, now(), random) {
            Next::At(at) => (at - now()).num_milliseconds(),
            Next::Dead => panic!("dead"),
        }
    }

    #[test]
    fn the_bound_doubles_up_to_the_cap() {
        let bounds: Vec<i64> = (1..10).map(|attempt| wait_ms(attempt, Failure::Retry, 1.0)).collect();
        assert_eq!(bounds, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    }

    #[test]
    fn the_jitter_is_full() {
        assert_eq!(wait_ms(3, Failure::Retry, 0.0), 0);
        assert_eq!(wait_ms(3, Failure::Retry, 0.25), 1_000);
        assert_eq!(wait_ms(3, Failure::Retry, 7.0), 4_000);
        assert_eq!(wait_ms(3, Failure::Retry, -7.0), 0);
        assert_eq!(wait_ms(3, Failure::Retry, f64::NAN), 4_000);
    }

    #[test]
    fn the_last_attempt_is_the_last() {
        assert_eq!(next_attempt(&POLICY, 10, Failure::Retry, now(), 0.5), Next::Dead);
        assert_eq!(next_attempt(&POLICY, 1, Failure::NeedsPerson, now(), 0.5), Next::Dead);
        let once = Policy { attempts: 1, ..POLICY };
        assert_eq!(next_attempt(&once, 1, Failure::Retry, now(), 0.5), Next::Dead);
    }

    #[test]
    fn retry_after_is_the_earliest_and_the_jitter_comes_on_top() {
        let asked = Failure::Retry.not_before(retry_after("120", now()));
        assert_eq!(wait_ms(1, asked, 0.0), 120_000);
        assert_eq!(wait_ms(1, asked, 1.0), 121_000);
        let past = Failure::Retry.not_before(Some(now() - TimeDelta::hours(1)));
        assert_eq!(wait_ms(1, past, 0.5), 500);
        let absurd = Failure::Retry.not_before(Some(DateTime::<Utc>::MAX_UTC));
        assert_eq!(wait_ms(1, absurd, 0.0), RETRY_AFTER_MAX.num_milliseconds());
    }

    #[test]
    fn a_spent_quota_waits_for_the_new_day_and_costs_no_attempt() {
        let opens = "2026-11-23T00:00:00Z".parse::<DateTime<Utc>>().unwrap();
        assert_eq!(next_attempt(&POLICY, 99, Failure::WaitUntilTomorrow, now(), 0.0), Next::At(opens));
        assert_eq!(
            next_attempt(&POLICY, 1, Failure::WaitUntilTomorrow, now(), 1.0),
            Next::At(opens + TimeDelta::minutes(30))
        );
        let early = Failure::WaitUntilTomorrow.not_before(retry_after("60", now()));
        assert_eq!(next_attempt(&POLICY, 1, early, now(), 0.0), Next::At(opens));
        let late = opens + TimeDelta::hours(8);
        assert_eq!(
            next_attempt(&POLICY, 1, Failure::WaitUntilTomorrow.not_before(Some(late)), now(), 0.0),
            Next::At(late)
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
        let policy = Policy::default();
        let longest_ms: u64 = (1..policy.attempts).map(|attempt| bound_ms(&policy, attempt)).sum();
        assert!((11 * 3_600_000..12 * 3_600_000).contains(&longest_ms), "{longest_ms}");
    }

    proptest! {
        #[test]
        fn nothing_panics_and_nothing_is_in_the_past(
            base_ms in any::<u64>(), cap_ms in any::<u64>(), attempts in any::<u32>(), attempt in any::<u32>(),
            random in any::<f64>(), header in any::<String>(), seconds in any::<i64>(),
        ) {
            let policy = Policy { base_ms, cap_ms, attempts };
            for header in [header, seconds.to_string()] {
                for failure in [Failure::Retry, Failure::WaitUntilTomorrow, Failure::NeedsPerson] {
                    let failed = failure.not_before(retry_after(&header, now()));
                    if let Next::At(at) = next_attempt(&policy, attempt, failed, now(), random) {
                        prop_assert!(at >= now());
                    }
                }
            }
        }
    }
}
