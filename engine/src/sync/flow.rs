//! Limits the rate of writes to a destination across all processes, and pauses them while the destination is
//! failing.
//!
//! Besides an effect's own backoff, two limits hold writes back. The **pace** is a configured limit: a number
//! of concurrent writes, a number per minute (a token bucket, <https://en.wikipedia.org/wiki/Token_bucket>), or
//! a share of the daily quota. The **breaker** opens after consecutive failures: nothing is sent for a while,
//! then a single effect probes the destination.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The consecutive failures, of any effects, after which a destination counts as down unless its pace sets
/// another number.
const BREAKS_AFTER: u32 = 5;
/// The upper bound of an open breaker's first wait; it doubles up to [`OPEN_MAX`] while trials fail.
pub const OPEN_BASE: TimeDelta = TimeDelta::seconds(2);
/// The longest wait of an open breaker, which bounds how late a recovery is noticed.
pub const OPEN_MAX: TimeDelta = TimeDelta::minutes(2);
/// The time before another process may start a trial; longer than any lease, so that only one runs at a time.
pub const TRIAL: TimeDelta = TimeDelta::seconds(30);
/// The time over which unused tokens accumulate; at least one token always does.
const BURST: TimeDelta = TimeDelta::seconds(2);

/// The limits on writes to a destination by all processes together. Absent fields set no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Pace {
    /// Concurrent writes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000))]
    pub at_once: Option<u32>,
    /// Writes per minute, evenly spread.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub per_minute: Option<u32>,
    /// Calls per day (UTC) that the destination grants to the whole organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub daily_quota: Option<u32>,
    /// The percentage of `daily_quota` that Meshline may use; 30 by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub quota_share_percent: Option<u8>,
    /// The consecutive failures after which writes pause for a while; 5 by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub breaks_after: Option<u32>,
}

impl Pace {
    /// The default share of an organisation's daily quota. A tool that uses up the whole quota gets switched
    /// off.
    pub const QUOTA_SHARE_PERCENT: u8 = 30;

    /// Returns a sentence about the first invalid setting, if any.
    pub fn problem(&self) -> Option<&'static str> {
        let within = |value: Option<u32>, most: u32| value.is_none_or(|value| (1..=most).contains(&value));
        if !within(self.at_once, 1_000) {
            return Some("`at_once` must be between 1 and 1000");
        }
        if !within(self.per_minute, 1_000_000) {
            return Some("`per_minute` must be between 1 and 1000000");
        }
        if !within(self.daily_quota, u32::MAX) {
            return Some("`daily_quota` must be at least 1");
        }
        if !within(self.breaks_after, 1_000_000) {
            return Some("`breaks_after` must be between 1 and 1000000");
        }
        if !within(self.quota_share_percent.map(u32::from), 100) {
            return Some("`quota_share_percent` must be between 1 and 100");
        }
        None
    }

    /// Returns whether any limit is set.
    pub fn is_bounded(&self) -> bool {
        self.at_once.is_some() || self.per_minute.is_some() || self.daily_quota.is_some()
    }

    /// Returns the consecutive failures after which the destination counts as down.
    pub fn breaks_after(&self) -> u32 {
        self.breaks_after.unwrap_or(BREAKS_AFTER)
    }

    /// Returns the writes per day that Meshline may use, which is at least one.
    pub fn per_day(&self) -> Option<u32> {
        let share = u64::from(self.quota_share_percent.unwrap_or(Self::QUOTA_SHARE_PERCENT));
        self.daily_quota.map(|quota| u32::try_from(u64::from(quota) * share / 100).unwrap_or(u32::MAX).max(1))
    }

    /// Returns the tokens per second and the capacity of the bucket.
    fn bucket(&self) -> Option<(f64, f64)> {
        let per_second = f64::from(self.per_minute?) / 60.0;
        Some((per_second, (per_second * BURST.as_seconds_f64()).max(1.0)))
    }
}

/// The used part of a destination's pace and the state of its breaker, in one row shared by all processes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FlowState {
    /// The tokens in the bucket at `refilled_at`.
    pub tokens: f64,
    /// When the tokens were counted; `None` if no write has been made under a pace.
    pub refilled_at: Option<DateTime<Utc>>,
    /// The day that `used_today` refers to.
    pub day: Option<NaiveDate>,
    /// The writes made on that day.
    pub used_today: u32,
    /// The time of the next trial, if the breaker is open.
    pub open_until: Option<DateTime<Utc>>,
    /// How often the breaker has opened since the last successful write.
    pub openings: u32,
}

/// The number of effects that may be claimed now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// The number of effects.
    pub effects: usize,
    /// Whether this is a trial: the breaker is open, and this one effect shows whether the destination has
    /// recovered.
    pub is_trial: bool,
}

impl FlowState {
    /// Returns how many of `wanted` effects may be claimed at `now`, while all processes together hold
    /// `running`.
    pub fn allow(&self, pace: &Pace, wanted: usize, running: usize, now: DateTime<Utc>) -> Allowance {
        let is_trial = match self.open_until {
            Some(until) if now < until => return Allowance { effects: 0, is_trial: false },
            Some(_) => true,
            None => false,
        };
        let mut effects = if is_trial { wanted.min(1) } else { wanted };
        if let Some(at_once) = pace.at_once {
            effects = effects.min((at_once as usize).saturating_sub(running));
        }
        if let Some(tokens) = self.tokens_at(pace, now) {
            effects = effects.min(tokens.floor() as usize);
        }
        if let Some(per_day) = pace.per_day() {
            effects = effects.min(per_day.saturating_sub(self.used_on(now.date_naive())) as usize);
        }
        Allowance { effects, is_trial: is_trial && effects > 0 }
    }

    /// Returns the row after `taken` effects were claimed at `now`.
    pub fn after(mut self, pace: &Pace, taken: usize, allowance: Allowance, now: DateTime<Utc>) -> Self {
        if let Some(tokens) = self.tokens_at(pace, now) {
            self.tokens = tokens - taken as f64;
            self.refilled_at = Some(now);
        }
        let today = now.date_naive();
        self.used_today = self.used_on(today).saturating_add(u32::try_from(taken).unwrap_or(u32::MAX));
        self.day = Some(today);
        if allowance.is_trial && taken > 0 {
            self.open_until = Some(now + TRIAL);
        }
        self
    }

    /// Returns the row after consecutive failures or a failed trial. `not_before` is the time that the
    /// destination asked for; `random` is drawn uniformly from 0 to 1.
    pub fn opened(mut self, not_before: Option<DateTime<Utc>>, now: DateTime<Utc>, random: f64) -> Self {
        let doubled = OPEN_BASE * 2_i32.pow(self.openings.min(10));
        let bound = doubled.min(OPEN_MAX).as_seconds_f64();
        let random = if random.is_finite() { random.clamp(0.0, 1.0) } else { 1.0 };
        // The wait is at least half of the bound, since an immediate trial would prove nothing.
        let wait = TimeDelta::milliseconds((bound * (0.5 + random / 2.0) * 1_000.0) as i64);
        let earliest = not_before.map_or(now, |at| at.clamp(now, now + super::backoff::RETRY_AFTER_MAX));
        self.open_until = Some(earliest.max(now + wait));
        self.openings = self.openings.saturating_add(1);
        self
    }

    /// Returns the row after a successful write.
    pub fn closed(mut self) -> Self {
        self.open_until = None;
        self.openings = 0;
        self
    }

    fn used_on(&self, day: NaiveDate) -> u32 {
        if self.day == Some(day) { self.used_today } else { 0 }
    }

    /// Returns the tokens at `now`: the tokens left plus those added since, up to the capacity. A clock that
    /// runs backwards adds none.
    fn tokens_at(&self, pace: &Pace, now: DateTime<Utc>) -> Option<f64> {
        let (per_second, most) = pace.bucket()?;
        let Some(refilled_at) = self.refilled_at else { return Some(most) };
        let since = (now - refilled_at).as_seconds_f64().max(0.0);
        Some((self.tokens + since * per_second).min(most))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-11-22T09:00:00Z".parse().unwrap()
    }

    fn per_minute(n: u32) -> Pace {
        Pace { per_minute: Some(n), ..Pace::default() }
    }

    #[test]
    fn nothing_is_limited_by_default() {
        let allowed = FlowState::default().allow(&Pace::default(), 500, 10_000, now());
        assert_eq!(allowed, Allowance { effects: 500, is_trial: false });
        assert!(!Pace::default().is_bounded());
    }

    #[test]
    fn at_once_counts_those_that_are_held() {
        let pace = Pace { at_once: Some(4), ..Pace::default() };
        assert_eq!(FlowState::default().allow(&pace, 500, 1, now()).effects, 3);
        assert_eq!(FlowState::default().allow(&pace, 500, 9, now()).effects, 0);
    }

    #[test]
    fn the_day_is_ours_by_a_share_and_begins_anew() {
        let pace = Pace { daily_quota: Some(100), ..Pace::default() };
        let allowance = FlowState::default().allow(&pace, 500, 0, now());
        assert_eq!(allowance.effects, 30);
        let spent = FlowState::default().after(&pace, 30, allowance, now());
        assert_eq!(spent.allow(&pace, 500, 0, now()).effects, 0);
        assert_eq!(spent.allow(&pace, 500, 0, now() + TimeDelta::days(1)).effects, 30);
    }

    #[test]
    fn an_open_breaker_lets_one_try_when_its_time_is_over() {
        let pace = Pace::default();
        let open = FlowState::default().opened(None, now(), 1.0);
        assert_eq!(open.open_until, Some(now() + OPEN_BASE));
        assert_eq!(open.allow(&pace, 9, 0, now()).effects, 0);
        let then = now() + OPEN_BASE;
        let trial = open.allow(&pace, 9, 0, then);
        assert_eq!(trial, Allowance { effects: 1, is_trial: true });
        let trying = open.after(&pace, 1, trial, then);
        assert_eq!(trying.allow(&pace, 9, 0, then + TimeDelta::seconds(1)).effects, 0);
        assert_eq!(trying.closed().allow(&pace, 9, 0, then).effects, 9);
        // Each wait is longer than the one before, up to the bound, and at least as long as the destination
        // asks.
        let again = (0..20).fold(open, |flow, _| flow.opened(None, now(), 1.0));
        assert_eq!(again.open_until, Some(now() + OPEN_MAX));
        let asked = now() + TimeDelta::hours(2);
        assert_eq!(FlowState::default().opened(Some(asked), now(), 0.5).open_until, Some(asked));
    }

    #[test]
    fn a_pace_says_what_is_wrong_with_it() {
        assert_eq!(per_minute(60).problem(), None);
        assert!(per_minute(0).problem().is_some());
        assert!(Pace { quota_share_percent: Some(101), ..Pace::default() }.problem().is_some());
    }

    proptest! {
        /// Whatever is requested and when, no minute exceeds its tokens plus those accumulated before.
        #[test]
        fn a_minute_never_gets_more_than_its_pace(
            rate in 1_u32..10_000,
            asks in proptest::collection::vec((0_i64..5_000, 1_usize..200), 1..200),
        ) {
            let pace = per_minute(rate);
            let (mut flow, mut at, mut taken) = (FlowState::default(), now(), Vec::new());
            for (wait_ms, wanted) in asks {
                at += TimeDelta::milliseconds(wait_ms);
                let allowance = flow.allow(&pace, wanted, 0, at);
                prop_assert!(allowance.effects <= wanted);
                flow = flow.after(&pace, allowance.effects, allowance, at);
                taken.push((at, allowance.effects));
            }
            let gathered = (f64::from(rate) / 60.0 * BURST.as_seconds_f64()).max(1.0);
            for (start, _) in &taken {
                let within = taken.iter().filter(|(at, _)| at >= start && *at < *start + TimeDelta::minutes(1));
                let sum: usize = within.map(|(_, n)| n).sum();
                prop_assert!(sum as f64 <= f64::from(rate) + gathered + 1e-6, "{sum} in a minute of {rate}");
            }
        }
    }
}
