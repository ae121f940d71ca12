//! Evidence in the words it was read from, numbered like the decision inputs.

use std::collections::BTreeSet;

use engine::content::highlight::{Mark, segments};
use leptos::either::Either;
use leptos::prelude::*;

/// Characters of one text that a page shows; more is said to be there.
const SHOWN_CHARS: usize = 6_000;

/// Whose marks a page has shown already, and which of them do not count for rules.
#[derive(Debug)]
pub struct Marked {
    /// Numbers of readings that are not sure enough.
    unsure: BTreeSet<usize>,
    /// Numbers that an anchor was set for: the first place of several is the one that links lead to.
    anchored: BTreeSet<usize>,
}

impl Marked {
    /// Nothing shown yet; these numbers are of readings that are not sure enough.
    pub fn new(unsure: BTreeSet<usize>) -> Self {
        Self { unsure, anchored: BTreeSet::new() }
    }
}

/// A text with its evidence, each piece with the number of its decision input and a link to it.
pub fn evidence(text: &str, marks: &[Mark], marked: &mut Marked) -> impl IntoView + use<> {
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
    let rest =
        (left > 0).then(|| view! { <span class="quiet">{format!(" … {left} more characters")}</span> });
    view! { {pieces}{rest} }
}
