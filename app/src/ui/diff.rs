//! Differences: in words, and line by line.

use engine::change::{Comparison, DiffLine, DiffPiece, Difference, lines, words};
use leptos::either::Either;
use leptos::prelude::*;

use super::number;
use crate::texts::texts;

/// The maximum number of differences to show.
const SHOWN: usize = 200;

/// Renders the differences, each with its old and new value.
pub fn differences(comparison: &Comparison) -> impl IntoView + use<> {
    let all = &comparison.differences;
    if all.is_empty() {
        return Either::Left(view! { <p class="quiet">{texts().diff_none()}</p> });
    }
    let rows = all.iter().take(SHOWN).map(difference).collect_view();
    let left = all.len().saturating_sub(SHOWN);
    let rest = (left > 0).then(|| {
        view! { <p class="meta">{texts().diff_more(left, number::count(left as i64))}</p> }
    });
    Either::Right(view! { <ul class="differences">{rows}</ul>{rest} })
}

fn difference(one: &Difference) -> impl IntoView + use<> {
    let part = one.part.clone().map(|part| view! { <span class="quiet">{part}</span> });
    let what = match (&one.before, &one.after) {
        (Some(before), Some(after)) => {
            let (was, is) = words(before, after);
            Either::Left(view! {
                <del>{pieces(was)}</del>" "<span class="quiet" aria-hidden="true">"→"</span>" "<ins>{pieces(is)}</ins>
            })
        }
        // If the subject is the text itself, it is not repeated.
        (Some(before), None) => Either::Right(Either::Left(
            view! { <span class="tag">{texts().diff_removed()}</span>" "<del>{unless(before, &one.subject)}</del> },
        )),
        (None, Some(after)) => Either::Right(Either::Right(
            view! { <span class="tag" data-a="info">{texts().diff_new()}</span>" "<ins>{unless(after, &one.subject)}</ins> },
        )),
        (None, None) => return Either::Left(()),
    };
    Either::Right(
        view! { <li><span class="what"><b>{one.subject.clone()}</b>" "{part}</span><span class="change">{what}</span></li> },
    )
}

fn unless(text: &str, said: &str) -> Option<String> {
    (text != said).then(|| text.to_owned())
}

fn pieces(all: Vec<DiffPiece>) -> impl IntoView {
    let one = |piece: DiffPiece| match piece.differs {
        true => Either::Left(view! { <mark>{piece.text}</mark> }),
        false => Either::Right(piece.text),
    };
    all.into_iter().map(one).collect_view()
}

/// Renders a line-by-line diff. Collapses unchanged lines except for some context.
pub fn text_diff(caption: String, old: &str, new: &str) -> impl IntoView + use<> {
    let all = match lines(old, new) {
        None => {
            return Either::Left(view! { <p class="quiet">{texts().diff_too_long()}</p> });
        }
        Some(all) if all.is_empty() => {
            return Either::Left(view! { <p class="quiet">{texts().diff_same()}</p> });
        }
        Some(all) => all,
    };
    let rows = all.into_iter().map(line).collect_view();
    let label = caption.clone();
    Either::Right(view! {
        // Wide lines scroll within this box, also by keyboard.
        <div class="scroll lines" tabindex="0" role="region" aria-label=label>
            <table class="diff">
                <caption class="sr">{caption}</caption>
                <thead class="sr"><tr><th scope="col">{texts().diff_old_line()}</th><th scope="col">{texts().diff_new_line()}</th><th scope="col">{texts().diff_sign()}</th><th scope="col">{texts().diff_text()}</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    })
}

fn line(line: DiffLine) -> impl IntoView {
    let number = |n: Option<usize>| n.map(|n| n.to_string());
    let (kind, old, new, sign, text) = match line {
        DiffLine::Skipped(count) => {
            let said = texts().diff_skipped(count, number::count(count as i64));
            return Either::Left(view! { <tr data-d="skip"><td colspan="4">{said}</td></tr> });
        }
        DiffLine::Same { old, new, text } => {
            ("same", Some(old), Some(new), "", vec![DiffPiece { differs: false, text }])
        }
        DiffLine::Gone { old, pieces } => ("gone", Some(old), None, "−", pieces),
        DiffLine::New { new, pieces } => ("new", None, Some(new), "+", pieces),
    };
    Either::Right(view! {
        <tr data-d=kind>
            <td class="no">{number(old)}</td><td class="no">{number(new)}</td><td class="sign">{sign}</td>
            <td><code>{pieces(text)}</code></td>
        </tr>
    })
}
