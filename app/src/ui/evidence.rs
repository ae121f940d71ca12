//! Evidence in the original text, numbered like the decision inputs.

use std::collections::BTreeSet;

use engine::content::highlight::{EvidenceMark, segments};
use leptos::either::Either;
use leptos::prelude::*;

use super::number;
use crate::texts::texts;

/// The maximum number of characters to show; a note counts the rest.
const SHOWN_CHARS: usize = 6_000;

/// The evidence that a page has marked so far, shared by all of its texts.
#[derive(Debug)]
pub struct MarkedEvidence {
    /// The numbers of readings below their confidence threshold.
    unsure: BTreeSet<usize>,
    /// The numbers that already have an anchor. Links lead to the first of several places.
    anchored: BTreeSet<usize>,
}

impl MarkedEvidence {
    /// Starts without anchors; `unsure` are the numbers of readings below their confidence threshold.
    pub fn new(unsure: BTreeSet<usize>) -> Self {
        Self { unsure, anchored: BTreeSet::new() }
    }
}

/// Renders a text with its evidence. Each piece shows the number of its decision input and links to it.
pub fn evidence(text: &str, marks: &[EvidenceMark], marked: &mut MarkedEvidence) -> impl IntoView + use<> {
    let shown = text.char_indices().nth(SHOWN_CHARS).map_or(text, |(byte, _)| &text[..byte]);
    let left = text.chars().skip(SHOWN_CHARS).count();
    let pieces: Vec<_> = segments(shown, marks)
        .into_iter()
        .map(|segment| {
            let text = segment.text.to_owned();
            let Some(first) = segment.numbers.first().copied() else { return Either::Left(text) };
            let unsure =
                segment.numbers.iter().all(|number| marked.unsure.contains(number)).then_some("unknown");
            let anchor = segment.numbers.iter().copied().find(|number| marked.anchored.insert(*number));
            let numbers = segment.numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            Either::Right(view! {
                <mark class="ev" id=anchor.map(|number| format!("e{number}")) data-a=unsure>
                    <a href=format!("#f{first}")>{text}<sup>{numbers}</sup></a>
                </mark>
            })
        })
        .collect();
    let rest = (left > 0).then(|| {
        let said = texts().ui_more_characters(left, number::count(left as i64));
        view! { <span class="quiet">" "{said}</span> }
    });
    view! { {pieces}{rest} }
}
