//! Derives a destination's health from the attempts of one worker: whether it is down, and whether it has recovered.

use chrono::{DateTime, Utc};
use store::sync::AttemptOutcome;

/// The results of attempts since the last change to the breaker.
pub(super) struct DestinationHealth {
    /// Number of consecutive failures after which the destination counts as down.
    breaks_after: u32,
    failures: u32,
    has_arrived: bool,
    /// Whether a trial is under way: the breaker is open, and one effect tests whether the destination has recovered.
    pub(super) is_trial: bool,
    not_before: Option<DateTime<Utc>>,
    reason: String,
}

/// A change to the breaker.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BreakerChange {
    /// Opens the breaker.
    Open {
        /// The time that the destination asked for.
        not_before: Option<DateTime<Utc>>,
        /// Whether the breaker is already open, so that a trial has failed.
        is_trial: bool,
        /// The last error.
        reason: String,
    },
    /// Closes the breaker.
    Close,
}

impl DestinationHealth {
    /// Creates the health of a destination without any attempts.
    pub(super) fn new(breaks_after: u32) -> Self {
        Self {
            breaks_after,
            failures: 0,
            has_arrived: false,
            is_trial: false,
            not_before: None,
            reason: String::new(),
        }
    }

    /// Records the result of an attempt. `not_before` is the time until which the destination accepts no requests at all, not
    /// only for this effect.
    pub(super) fn note(
        &mut self,
        outcome: AttemptOutcome,
        error: Option<&str>,
        not_before: Option<DateTime<Utc>>,
    ) {
        match outcome {
            AttemptOutcome::Retry { due_at, counts } => {
                self.failures += 1;
                // An attempt that does not count means that the daily quota is used up, and `due_at` is tomorrow.
                let asked = if counts { not_before } else { Some(due_at) };
                self.not_before = self.not_before.max(asked);
                self.reason = error.unwrap_or_default().to_owned();
            }
            // The destination answered, even if it rejected the write, so it is up.
            AttemptOutcome::Delivered | AttemptOutcome::Dead => {
                self.failures = 0;
                self.has_arrived = true;
            }
            AttemptOutcome::Expired | AttemptOutcome::Superseded | AttemptOutcome::Withdrawn => {}
        }
    }

    /// Returns the change that the breaker needs, once.
    pub(super) fn change(&mut self) -> Option<BreakerChange> {
        let has_arrived = std::mem::take(&mut self.has_arrived);
        let not_before = self.not_before.take();
        if not_before.is_some() || self.failures >= self.breaks_after || (self.is_trial && self.failures > 0)
        {
            self.failures = 0;
            let is_trial = std::mem::take(&mut self.is_trial);
            return Some(BreakerChange::Open {
                not_before,
                is_trial,
                reason: std::mem::take(&mut self.reason),
            });
        }
        (has_arrived && std::mem::take(&mut self.is_trial)).then_some(BreakerChange::Close)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-11-22T09:00:00Z".parse().unwrap()
    }

    const RETRY: AttemptOutcome = AttemptOutcome::Retry { due_at: DateTime::<Utc>::UNIX_EPOCH, counts: true };

    #[test]
    fn failures_in_a_row_open_the_breaker_and_one_success_between_them_does_not() {
        let mut health = DestinationHealth::new(5);
        for outcome in [RETRY, RETRY, RETRY, RETRY, AttemptOutcome::Delivered, RETRY, RETRY, RETRY, RETRY] {
            health.note(outcome, Some("down"), None);
            assert_eq!(health.change(), None);
        }
        health.note(RETRY, Some("down"), None);
        let open = BreakerChange::Open { not_before: None, is_trial: false, reason: "down".into() };
        assert_eq!(health.change(), Some(open));
        assert_eq!(health.change(), None);
    }

    #[test]
    fn a_trial_decides_at_once() {
        let mut health = DestinationHealth { is_trial: true, ..DestinationHealth::new(5) };
        health.note(RETRY, Some("down"), None);
        assert!(matches!(health.change(), Some(BreakerChange::Open { is_trial: true, .. })));
        health.is_trial = true;
        health.note(AttemptOutcome::Dead, Some("down"), None);
        assert_eq!(health.change(), Some(BreakerChange::Close));
        assert!(!health.is_trial);
    }

    #[test]
    fn what_the_destination_asks_for_holds_for_all() {
        let asked = now() + TimeDelta::minutes(3);
        let mut health = DestinationHealth::new(5);
        health.note(RETRY, Some("down"), Some(asked));
        assert!(
            matches!(health.change(), Some(BreakerChange::Open { not_before: Some(at), .. }) if at == asked)
        );
        let tomorrow = now() + TimeDelta::hours(15);
        health.note(AttemptOutcome::Retry { due_at: tomorrow, counts: false }, Some("down"), None);
        assert!(
            matches!(health.change(), Some(BreakerChange::Open { not_before: Some(at), .. }) if at == tomorrow)
        );
    }
}
