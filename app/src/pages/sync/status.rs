//! The state of an effect, as a label with its color.

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use store::sync::{EffectState, UnfinishedState};

use crate::ui::chip::dotted;
use crate::ui::clock::Clock;

/// The label of an effect that expired before it was sent, whether it is closed yet or not.
pub const EXPIRED: &str = "Expired, not sent";

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
            (UnfinishedState::Dead, _) => ("bad", "Failed, needs you".into()),
            (UnfinishedState::Expired, _) => ("warn", EXPIRED.into()),
            (UnfinishedState::Running, _) => match self.leased_until {
                Some(until) => ("info", format!("Being sent until {}", clock.time(until))),
                None => ("info", "Being sent".into()),
            },
            (UnfinishedState::Ready, Some(HoldReason::Stopped)) => ("bad", "Waits, stopped".into()),
            (UnfinishedState::Ready, Some(HoldReason::Paused)) => ("warn", "Waits, paused".into()),
            (UnfinishedState::Ready, Some(HoldReason::NoAnswer)) => ("warn", "Waits, no answer".into()),
            (UnfinishedState::Ready, None) => match self.due_at {
                Some(due) if self.is_again => ("warn", format!("Tries again {}", clock.until(due))),
                _ => ("info", "Waits to be sent".into()),
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
pub fn finished(state: Option<EffectState>) -> (&'static str, &'static str) {
    match state {
        Some(EffectState::Delivered) => ("good", "Delivered"),
        Some(EffectState::Expired) => ("warn", EXPIRED),
        Some(EffectState::Superseded) => ("info", "Overtaken by a newer decision"),
        Some(EffectState::Withdrawn) => ("info", "Withdrawn, person erased"),
        Some(EffectState::Ready | EffectState::Running | EffectState::Dead) | None => ("info", "Archived"),
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
pub fn result(name: &str) -> (&'static str, &'static str) {
    match name {
        "retry" => ("warn", "Not taken, tried again"),
        "failed" => ("bad", "Failed"),
        other => finished(other.parse().ok()),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn what_holds_an_effect_back_is_told_before_when_it_is_due() {
        let clock = Clock { now: Utc::now(), zone: chrono_tz::UTC };
        let due_at = Some(clock.now + TimeDelta::minutes(3));
        let waits = EffectStatus {
            state: UnfinishedState::Ready,
            is_again: true,
            due_at,
            leased_until: None,
            hold: None,
        };
        assert_eq!(waits.words(clock), ("warn", "Tries again in 3\u{a0}min".into()));
        assert_eq!(EffectStatus { is_again: false, ..waits }.words(clock).1, "Waits to be sent");
        assert_eq!(EffectStatus { hold: Some(HoldReason::Paused), ..waits }.words(clock).1, "Waits, paused");
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
