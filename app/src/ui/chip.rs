//! Actions and results of conditions, each as a word with its colour and icon.

use engine::action::Action;
use engine::decision::Outcome3;
use leptos::prelude::*;

use super::icon::{Icon, icon};
use super::words;
use crate::texts::texts;

/// Renders an action in its colour.
pub fn action_chip(action: Action) -> impl IntoView {
    view! { <span class="act" data-a=words::action_tone(action)>{icon(words::action_icon(action))}{words::action(action)}</span> }
}

/// Renders a hold due to missing information.
pub fn unknown_chip(text: impl Into<String>) -> impl IntoView {
    view! { <span class="act" data-a="unknown">{icon(Icon::Question)}{text.into()}</span> }
}

/// The result of a condition within a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConditionResult {
    /// The condition was evaluated.
    Told(Outcome3),
    /// The scan stopped before this condition.
    NotReached,
}

/// Renders a result as an icon: filled, hollow or dashed.
pub fn truth(truth: ConditionResult) -> impl IntoView {
    let (state, sign) = match truth {
        ConditionResult::Told(Outcome3::True) => ("true", Some(Icon::Check)),
        ConditionResult::Told(Outcome3::False) => ("false", Some(Icon::Cross)),
        ConditionResult::Told(Outcome3::Unknown) => ("unknown", Some(Icon::Question)),
        ConditionResult::Told(Outcome3::Error) => ("error", Some(Icon::Alert)),
        ConditionResult::NotReached => ("skipped", None),
    };
    let word = match truth {
        ConditionResult::Told(outcome) => words::outcome3(outcome),
        ConditionResult::NotReached => texts().ui_not_reached(),
    };
    view! { <span class="st" data-s=state>{sign.map(icon)}<span class="sr">{word}</span></span> }
}

/// Renders a word with a coloured dot; `tone` is good, warn, bad or an action.
pub fn dotted(tone: &'static str, text: impl Into<String>) -> impl IntoView {
    view! { <span class="pair tone" data-a=tone><span class="dot"></span>{text.into()}</span> }
}
