//! Differences: in words, and line by line.

use engine::change::{ComparisonSummary, DiffLine, DiffPiece, LineComparison, WordDifference};
use leptos::either::Either;
use leptos::prelude::*;

use super::number;
use crate::texts::texts;

/// Renders the differences, each with its old and new value.
pub fn differences(comparison: &ComparisonSummary) -> impl IntoView + use<> {
    if comparison.differences.is_empty() {
        return Either::Left(view! { <p class="quiet">{texts().diff_none()}</p> });
    }
    let rows = comparison.differences.iter().map(difference).collect_view();
    let more = comparison.more;
    let rest = (more > 0).then(|| {
        view! { <p class="meta">{texts().diff_more(more, number::count(more as i64))}</p> }
    });
    Either::Right(view! { <ul class="differences">{rows}</ul>{rest} })
}

fn difference(one: &WordDifference) -> impl IntoView + use<> {
    let part = one.part.clone().map(|part| view! { <span class="quiet">{part}</span> });
    let what = match (&one.before, &one.after) {
        (Some(was), Some(is)) => Either::Left(view! {
            <del>{pieces(was.clone())}</del>" "<span class="quiet" aria-hidden="true">"→"</span>" "<ins>{pieces(is.clone())}</ins>
        }),
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

fn unless(text: &[DiffPiece], said: &str) -> Option<String> {
    let text: String = text.iter().map(|piece| piece.text.as_str()).collect();
    (text != said).then_some(text)
}

fn pieces(all: Vec<DiffPiece>) -> impl IntoView {
    let one = |piece: DiffPiece| match piece.differs {
        true => Either::Left(view! { <mark>{piece.text}</mark> }),
        false => Either::Right(piece.text),
    };
    all.into_iter().map(one).collect_view()
}

/// Renders a line-by-line diff. Collapses unchanged lines except for some context.
pub fn text_diff(caption: String, lines: &LineComparison) -> impl IntoView + use<> {
    let (all, more) = match lines {
        LineComparison::TooLong => {
            return Either::Left(view! { <p class="quiet">{texts().diff_too_long()}</p> });
        }
        LineComparison::Same => {
            return Either::Left(view! { <p class="quiet">{texts().diff_same()}</p> });
        }
        LineComparison::Lines(all, more) => (all.clone(), *more),
    };
    let rows = all.into_iter().map(line).collect_view();
    let rest = (more > 0).then(|| {
        view! { <p class="meta">{texts().diff_more_lines(more, number::count(more as i64))}</p> }
    });
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
        {rest}
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
