//! The form that edits a draft.

use engine::change::kinds::TextFormat;
use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;

use super::change::ChangeData;
use super::impact;
use crate::actions::changes::{SaveChange, WithdrawChange};
use crate::islands::Unsaved;
use crate::ui::code::{editor, problems};
use crate::ui::diff::differences;
use crate::ui::form::{TextAreaProps, ask, text};
use crate::ui::icon::{Icon, icon};
use crate::ui::number;

/// Largest list, in bytes, that is edited as text; a longer one has to be uploaded.
const EDITED_BYTES: usize = 200_000;

const WHY: TextAreaProps =
    TextAreaProps { id: "why", label: "Why", name: "why", rows: 2, maxlength: 5_000, required: false };

/// Renders the edit form of a draft.
pub fn editing(loaded: &ChangeData) -> impl IntoView + use<> {
    let change = &loaded.change;
    let marks = loaded.reading.as_ref().map(|reading| reading.draft.marks.clone()).unwrap_or_default();
    let is_wrong = !marks.is_empty();
    let title_error = loaded.flash.errors.get("title").cloned();
    let stale = loaded
        .reading
        .as_ref()
        .is_some_and(|reading| reading.base.as_ref().map_or(0, |base| base.version) != change.base_version);
    let stale = stale.then(|| {
        view! { <p class="note-line tone" data-a="bad">"Another version was approved since this draft began: begin a new draft from it and bring over what still counts."</p> }
    });
    let is_list = change.kind.spec().text == TextFormat::Lines;
    let source = if is_list && change.source.len() > EDITED_BYTES {
        Either::Left(view! {
            <input type="hidden" name="keep_source" value="true" />
            <p class="note-line">"This list is too long to be edited here. Upload a file instead; what it changes is shown below."</p>
        })
    } else {
        let label = if is_list { "Entries, one a line" } else { "Text" };
        Either::Right(editor(label, "source", change.source.clone(), is_wrong))
    };
    let upload = is_list.then(|| upload(change.number, change.revision));
    view! {
        {stale}
        <form id="draft" class="draft" method="post" action=SaveChange::PATH data-unsaved>
            <input type="hidden" name="number" value=change.number.to_string() />
            <input type="hidden" name="revision" value=change.revision.to_string() />
            <label class="label">
                "What it does, in a line"
                <input class="field" name="title" maxlength="200" value=change.title.clone() autocomplete="off"
                    aria-invalid=title_error.is_some().then_some("true") aria-describedby=title_error.is_some().then_some("title-error") />
            </label>
            {title_error.map(|error| view! { <p id="title-error" class="tone" data-a="bad">{error}</p> })}
            {text(WHY, &change.why, None)}
            {source}
            {problems(&change.source, &marks, is_list).into_any()}
            <div class="row actions">
                <button class="btn primary" name="then" value="submit">{icon(Icon::Send)}"Submit for sign-off"</button>
                <button class="btn" name="then" value="save">"Save and check"</button>
                <span class="meta">{state(loaded)}</span>
            </div>
        </form>
        <Unsaved />
        {upload}
        {impact::section(loaded).into_any()}
        <section class="stacked-sections"><h2>"What it changes so far"</h2>{differences(&loaded.comparison)}</section>
        {discard(change.number)}
    }
}

fn state(loaded: &ChangeData) -> String {
    let wrong = loaded.reading.as_ref().map_or(0, |reading| reading.draft.marks.len());
    match wrong {
        0 => "Valid".to_owned(),
        _ if loaded.change.kind.spec().text == TextFormat::Lines => {
            format!("Valid; {} left out", number::plural(wrong as i64, "line is", "lines are"))
        }
        many => number::plural(many as i64, "problem", "problems"),
    }
}

/// Renders the upload of a CSV file that replaces the text. The preview shows what it changes.
fn upload(number: i64, revision: i32) -> impl IntoView {
    view! {
        <form class="row upload" method="post" action=format!("/changes/{number}/upload") enctype="multipart/form-data">
            <input type="hidden" name="revision" value=revision.to_string() />
            <label class="label">
                "Or a CSV file: its column company, domain, name or value, else the first"
                <input class="field" type="file" name="file" accept=".csv,.txt,text/csv,text/plain" required />
            </label>
            <button class="btn">"Upload and preview"</button>
        </form>
    }
}

fn discard(number: i64) -> impl IntoView {
    let form = view! {
        <form method="post" action=WithdrawChange::PATH>
            <input type="hidden" name="number" value=number.to_string() />
            <p>"The draft is closed. Its text stays readable here."</p>
            <button class="btn danger">"Discard the draft"</button>
        </form>
    };
    view! { <p class="gap">{ask("Discard", false, form)}</p> }
}
