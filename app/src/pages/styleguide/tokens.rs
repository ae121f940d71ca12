//! Type, space and color. This module lists the names; the style sheet defines the values.

use leptos::prelude::*;

use super::{PieceGroup, example};

const SIZES: [(&str, &str); 7] = [
    ("fs-1", "11 axes and keys"),
    ("fs-2", "12 meta and heads of tables"),
    ("fs-3", "13 base"),
    ("fs-4", "14 section titles"),
    ("fs-5", "16 page title"),
    ("fs-6", "20 the one sentence"),
    ("fs-7", "24 figures"),
];

const SPACES: [&str; 8] = ["s-1", "s-2", "s-3", "s-4", "s-5", "s-6", "s-8", "s-10"];

/// Surfaces, text, lines, and the accent.
const NEUTRALS: [&str; 13] = [
    "canvas",
    "sunken",
    "raised",
    "lifted",
    "hover",
    "ink",
    "ink-2",
    "ink-3",
    "line",
    "line-2",
    "line-control",
    "accent",
    "accent-soft",
];

const MEANINGS: [(&str, &str); 10] = [
    ("assign", "Assign"),
    ("advance", "Advance"),
    ("nurture", "Nurture"),
    ("hold", "Hold"),
    ("escalate", "Escalate"),
    ("disqualify", "Disqualify"),
    ("unknown", "Unknown"),
    ("good", "Good"),
    ("warn", "Warning"),
    ("bad", "Bad"),
];

pub fn type_and_space() -> PieceGroup {
    let sizes = |_| {
        SIZES
            .map(|(token, words)| view! { <p class="size" data-size=token>{words}<small>{token}</small></p> })
            .collect_view()
    };
    let spaces = |_| {
        SPACES
            .map(|token| view! { <p class="space" data-space=token><span></span><small>{token}</small></p> })
            .collect_view()
    };
    let weights = |_| view! { <p>"400 text"</p><p class="medium">"500 what is said of it"</p><p><b>"600 heads and figures"</b></p><p class="mono">"Mono for expressions"</p> };
    PieceGroup {
        name: "Type and space",
        about: "Seven sizes, three weights, a grid of 4",
        examples: vec![example("Sizes", sizes), example("Weights", weights), example("Spaces", spaces)],
    }
}

pub fn colours() -> PieceGroup {
    let neutrals = |_| {
        NEUTRALS
            .map(|token| view! { <p class="swatch"><span data-token=token></span><small>{token}</small></p> })
            .collect_view()
    };
    let meanings = |_| {
        MEANINGS.map(|(tone, words)| view! { <p class="swatch" data-a=tone><span class="soft"></span><span class="mark"></span><span class="tone">{words}</span></p> }).collect_view()
    };
    PieceGroup {
        name: "Colours",
        about: "Ink on paper, one accent; colour is meaning and never alone",
        examples: vec![
            example("Neutrals and accent", neutrals),
            example("Meanings: soft ground, mark, text", meanings),
        ],
    }
}
