//! What was decided and what a condition came to, each as a word with its colour and icon.

use engine::action::Action;
use engine::decision::Outcome3;
use leptos::prelude::*;

use super::icon::{Icon, icon};
use super::words;

/// An action in its colour.
pub fn action_chip(action: Action) -> impl IntoView {
    view! { <span class="act" data-a=words::action_tone(action)>{icon(words::action_icon(action))}{words::action(action)}</span> }
}

/// A hold because something is not known.
pub fn unknown_chip(text: &'static str) -> impl IntoView {
    view! { <span class="act" data-a="unknown">{icon(Icon::Question)}{text}</span> }
}

/// Where a condition stands in a scan: it came to something, or was not reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It was computed.
    Told(Outcome3),
    /// The scan had stopped before.
    NotReached,
}

/// A truth as a sign: filled, hollow, dashed.
pub fn truth(truth: Truth) -> impl IntoView {
    let (state, word, sign) = match truth {
        Truth::Told(Outcome3::True) => ("true", "True", Some(Icon::Check)),
        Truth::Told(Outcome3::False) => ("false", "False", Some(Icon::Cross)),
        Truth::Told(Outcome3::Unknown) => ("unknown", "Unknown", Some(Icon::Question)),
        Truth::Told(Outcome3::Error) => ("error", "Error", Some(Icon::Alert)),
        Truth::NotReached => ("skipped", "Not reached", None),
    };
    view! { <span class="st" data-s=state>{sign.map(icon)}<span class="sr">{word}</span></span> }
}

/// A coloured dot before a word; `tone` is good, warn, bad or an action.
pub fn dotted(tone: &'static str, text: impl Into<String>) -> impl IntoView {
    view! { <span class="pair tone" data-a=tone><span class="dot"></span>{text.into()}</span> }
}
