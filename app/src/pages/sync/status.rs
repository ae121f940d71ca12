//! The state of an effect, as a label with its color.

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use store::sync::{EffectState, UnfinishedState};

use crate::texts::texts;
use crate::ui::chip::dotted;
use crate::ui::clock::Clock;

/// The reason that a waiting effect is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldReason {
    /// Its workflow is stopped.
    Stopped,
    /// Its destination is paused.
    Paused,
    /// The circuit breaker of its destination is open.
    NoAnswer,
}

/// The state of an unfinished effect.
#[derive(Clone, Copy, Debug)]
pub struct EffectStatus {
    /// The stored state.
    pub state: UnfinishedState,
    /// Whether it was attempted before.
    pub is_again: bool,
    /// The earliest time of the next attempt.
    pub due_at: Option<DateTime<Utc>>,
    /// End of the lease held by the sending worker.
    pub leased_until: Option<DateTime<Utc>>,
    /// The reason that it is not sent, if any.
    pub hold: Option<HoldReason>,
}

impl EffectStatus {
    /// Returns the tone and the label.
    pub fn words(&self, clock: Clock) -> (&'static str, String) {
        match (self.state, self.hold) {
            (UnfinishedState::Dead, _) => ("bad", texts().deliveries_action_failed()),
            (UnfinishedState::Expired, _) => ("warn", texts().deliveries_action_expired()),
            (UnfinishedState::Running, _) => match self.leased_until {
                Some(until) => ("info", texts().deliveries_action_sending_until(clock.time(until))),
                None => ("info", texts().deliveries_action_sending()),
            },
            (UnfinishedState::Ready, Some(HoldReason::Stopped)) => {
                ("bad", texts().deliveries_action_stopped())
            }
            (UnfinishedState::Ready, Some(HoldReason::Paused)) => {
                ("warn", texts().deliveries_action_paused())
            }
            (UnfinishedState::Ready, Some(HoldReason::NoAnswer)) => {
                ("warn", texts().deliveries_action_no_response())
            }
            (UnfinishedState::Ready, None) => match self.due_at {
                Some(due) if self.is_again => ("warn", texts().deliveries_action_retry(clock.until(due))),
                _ => ("info", texts().deliveries_action_waiting()),
            },
        }
    }

    /// Renders the label with its color.
    pub fn chip(&self, clock: Clock) -> impl IntoView + use<> {
        let (tone, text) = self.words(clock);
        dotted(tone, text)
    }
}

/// Returns the tone and the label of a finished effect; `None` means that neither outbox nor log contains it any more.
pub fn finished(state: Option<EffectState>) -> (&'static str, String) {
    match state {
        Some(EffectState::Delivered) => ("good", texts().deliveries_action_delivered()),
        Some(EffectState::Expired) => ("warn", texts().deliveries_action_expired()),
        Some(EffectState::Superseded) => ("info", texts().deliveries_action_superseded()),
        Some(EffectState::Withdrawn) => ("info", texts().deliveries_action_withdrawn()),
        Some(EffectState::Ready | EffectState::Running | EffectState::Dead) | None => {
            ("info", texts().deliveries_action_archived())
        }
    }
}

/// Converts to the state of an unfinished effect; returns `None` if the effect is finished.
pub fn unfinished(state: Option<EffectState>) -> Option<UnfinishedState> {
    match state? {
        EffectState::Ready => Some(UnfinishedState::Ready),
        EffectState::Running => Some(UnfinishedState::Running),
        EffectState::Dead => Some(UnfinishedState::Dead),
        EffectState::Delivered | EffectState::Expired | EffectState::Superseded | EffectState::Withdrawn => {
            None
        }
    }
}

/// Returns the tone and the label of a logged attempt.
pub fn result(name: &str) -> (&'static str, String) {
    match name {
        "retry" => ("warn", texts().deliveries_attempt_retried()),
        "failed" => ("bad", texts().deliveries_attempt_failed()),
        other => finished(other.parse().ok()),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn the_reason_of_a_hold_comes_before_the_due_time() {
        let clock = Clock { now: Utc::now(), zone: chrono_tz::UTC };
        let due_at = Some(clock.now + TimeDelta::minutes(3));
        let waits = EffectStatus {
            state: UnfinishedState::Ready,
            is_again: true,
            due_at,
            leased_until: None,
            hold: None,
        };
        assert_eq!(waits.words(clock), ("warn", "Next attempt in 3\u{a0}min".into()));
        assert_eq!(EffectStatus { is_again: false, ..waits }.words(clock).1, "Waiting");
        assert_eq!(
            EffectStatus { hold: Some(HoldReason::Paused), ..waits }.words(clock).1,
            "Waiting, destination paused"
        );
        let dead = EffectStatus { state: UnfinishedState::Dead, hold: Some(HoldReason::Paused), ..waits };
        assert_eq!(dead.words(clock).1, "Failed, needs you");
        let expired =
            EffectStatus { state: UnfinishedState::Expired, hold: Some(HoldReason::Paused), ..waits };
        assert_eq!(expired.words(clock), ("warn", "Expired, not sent".into()));
    }

    #[test]
    fn every_result_of_the_log_has_words() {
        for name in ["delivered", "retry", "failed", "expired", "superseded", "withdrawn"] {
            assert_ne!(result(name).1, "Archived", "{name}");
        }
    }
}
