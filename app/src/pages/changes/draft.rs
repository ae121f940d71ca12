//! The form that edits a draft.

use engine::change::kinds::TextFormat;
use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;

use super::change::ChangeData;
use super::{entries, impact};
use crate::actions::changes::{SaveChange, WithdrawChange};
use crate::islands::Unsaved;
use crate::texts::texts;
use crate::ui::code::{editor, problems};
use crate::ui::diff::text_diff;
use crate::ui::form::{TextAreaProps, ask, text};
use crate::ui::icon::{Icon, icon};
use crate::ui::number;

/// Largest list, in bytes, that is edited as text; the entries of a longer one are edited one by one.
const EDITED_BYTES: usize = 200_000;

/// Id of the form, which the buttons in the bar send.
const FORM: &str = "draft";

/// Renders the acts on a draft, for the bar.
pub fn bar(loaded: &ChangeData) -> impl IntoView + use<> {
    let is_outdated = loaded.change.is_outdated();
    let submit = (!is_outdated).then(|| {
        view! { <button class="btn primary" form=FORM name="then" value="submit">{icon(Icon::Send)}{texts().changes_submit()}</button> }
    });
    view! {
        <span class="meta">{state(loaded)}</span>
        {discard(loaded)}
        // The first button of a form is what Enter in a field presses, so saving comes before submitting.
        <button class="btn" form=FORM name="then" value="save">{texts().changes_save()}</button>
        {submit}
    }
}

/// Renders the edit form of a draft.
pub fn editing(loaded: &ChangeData) -> impl IntoView + use<> {
    let change = &loaded.change;
    let marks = loaded.view.problems.as_deref().unwrap_or_default();
    let title_error = loaded.flash.errors.get("title").cloned();
    let is_list = change.kind.spec().text == TextFormat::Lines;
    // Skipped lines of a list do no harm.
    let is_wrong = !marks.is_empty() && !is_list;
    let source = if is_list && change.source_bytes > EDITED_BYTES {
        Either::Left(view! {
            <input type="hidden" name="keep_source" value="true" />
            <p class="note-line">{texts().changes_too_long()}</p>
        })
    } else {
        let label = if is_list { texts().changes_entries_field() } else { texts().changes_text() };
        Either::Right(editor(label, "source", loaded.view.source.clone(), is_wrong))
    };
    let has_title_error = title_error.is_some();
    let why = TextAreaProps {
        id: "why",
        label: texts().changes_reason(),
        name: "why",
        rows: 2,
        maxlength: 5_000,
        required: false,
    };
    view! {
        {other_version(loaded)}
        {problems(&loaded.view.source, marks, is_list, is_wrong && loaded.flash.is_problem && !has_title_error).into_any()}
        <form id=FORM class="draft" method="post" action=SaveChange::PATH data-unsaved>
            <input type="hidden" name="number" value=change.number.to_string() />
            <input type="hidden" name="revision" value=change.revision.to_string() />
            <label class="label">
                {texts().changes_summary()}
                <input class="field" name="title" maxlength="200" value=change.title.clone() autocomplete="off" autofocus=has_title_error
                    aria-invalid=has_title_error.then_some("true") aria-describedby=has_title_error.then_some("title-error") />
            </label>
            {title_error.map(|error| view! { <p id="title-error" class="tone" data-a="bad">{error}</p> })}
            {text(why, &change.why, None)}
            {source}
        </form>
        <Unsaved />
        {is_list.then(|| entries::section(loaded).into_any())}
        {impact::assignees_help(loaded)}
    }
}

/// Renders the comparison with the draft that another person saved while this one was written.
fn other_version(loaded: &ChangeData) -> Option<AnyView> {
    let (other, lines) = loaded.started_from.as_ref().zip(loaded.view.other.as_ref())?;
    let href = format!("/changes/{}", other.number);
    let number = other.number.to_string();
    let caption = texts().changes_compare_caption(&number);
    let author = other.author_name.clone().unwrap_or_else(|| texts().changes_someone_else());
    let said = texts().changes_other_version(author);
    Some(
        view! {
            <p class="note-line">{said.s0}<a href=href>{texts().changes_draft_number(number)}</a>{said.s1}</p>
            <details class="fold"><summary>{texts().changes_compare()}</summary>{text_diff(caption, lines)}</details>
        }
        .into_any(),
    )
}

fn state(loaded: &ChangeData) -> String {
    let wrong = loaded.view.problems.as_ref().map_or(0, Vec::len);
    let shown = number::count(wrong as i64);
    match wrong {
        0 => texts().changes_no_problems(),
        _ if loaded.change.kind.spec().text == TextFormat::Lines => {
            texts().changes_lines_skipped(wrong, shown)
        }
        _ => texts().changes_errors(wrong, shown),
    }
}

fn discard(loaded: &ChangeData) -> impl IntoView + use<> {
    let error = loaded.flash.errors.get("reason").cloned();
    let author = loaded.change.author_name.clone().unwrap_or_else(|| texts().changes_someone_else());
    let reason = (!loaded.is_mine()).then(|| {
        let field = TextAreaProps {
            id: "reason",
            label: texts().changes_reason(),
            name: "reason",
            rows: 2,
            maxlength: 5_000,
            required: true,
        };
        view! { <p>{texts().changes_discard_other(author)}</p>{text(field, "", error.clone())} }
    });
    let form = view! {
        <form method="post" action=WithdrawChange::PATH>
            <input type="hidden" name="number" value=loaded.change.number.to_string() />
            <p>{texts().changes_discard_about()}</p>
            {reason}
            <button class="btn danger">{texts().changes_discard_draft()}</button>
        </form>
    };
    ask(texts().changes_discard(), error.is_some(), form)
}
