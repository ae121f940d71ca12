//! The forms that edit the draft of a list without its text: an upload, and single entries.

use engine::change::Kind;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;

use service::change::FoundEntries;

use super::change::ChangeData;
use crate::actions::changes::EditEntries;
use crate::texts::texts;
use crate::ui::form::lines;
use crate::ui::icon::{Icon, icon};
use crate::ui::number;

/// Entries to show at once; the search finds the others.
pub const SHOWN: usize = 200;

/// Renders the upload and the single entries of a list's draft.
pub(super) fn section(loaded: &ChangeData) -> impl IntoView + use<> {
    let change = &loaded.change;
    let page = format!("/changes/{}", change.number);
    let add = loaded.flash.errors.get("add").cloned();
    view! {
        <section class="stacked-sections" aria-labelledby="entries">
            <h2 id="entries">{texts().changes_entries()}</h2>
            {upload(loaded).into_any()}
            {add_form(&change.name, Some(change.number), add).into_any()}
            {remove_form(&change.name, Some(change.number), &page, &loaded.entries, &loaded.search).into_any()}
        </section>
    }
}

/// Renders the upload of a file. The preview shows what it changes.
fn upload(loaded: &ChangeData) -> impl IntoView + use<> {
    let error = loaded.flash.errors.get("file").cloned();
    let is_wrong = error.is_some();
    let mode = |value: &'static str, words: String, is_first: bool| {
        view! { <label class="check"><input type="radio" name="mode" value=value checked=is_first /><span>{words}</span></label> }
    };
    view! {
        <form class="row upload" method="post" action=format!("/changes/{}/upload", loaded.change.number) enctype="multipart/form-data">
            <input type="hidden" name="revision" value=loaded.change.revision.to_string() />
            <fieldset class="checks"><legend class="sr">{texts().changes_upload_mode()}</legend>
                {mode("add", texts().changes_upload_add(), true)}{mode("replace", texts().changes_upload_replace(), false)}
            </fieldset>
            <label class="label">
                {texts().changes_upload_field()}
                <input class="field" type="file" name="file" required accept=".csv,.txt,.xlsx,.xls,.ods,text/csv,text/plain"
                    autofocus=is_wrong aria-invalid=is_wrong.then_some("true") aria-describedby=if is_wrong { "file-error" } else { "file-help" } />
            </label>
            <button class="btn">{texts().changes_upload()}</button>
            {error.map(|error| view! { <p id="file-error" class="tone wide" data-a="bad">{error}</p> })}
            <p id="file-help" class="meta wide">{texts().changes_upload_about()}</p>
        </form>
    }
}

/// Renders the form that adds entries.
pub fn add_form(name: &str, draft: Option<i64>, error: Option<String>) -> impl IntoView + use<> {
    let is_wrong = error.is_some();
    view! {
        <form class="stack-form" method="post" action=EditEntries::PATH>
            <input type="hidden" name="name" value=name.to_owned() />
            {draft.map(|number| view! { <input type="hidden" name="number" value=number.to_string() /> })}
            <div class="label">
                <label for="add">{texts().changes_add_field()}</label>
                <textarea id="add" class="field" name="add" rows="2" maxlength="100000"
                    autofocus=is_wrong aria-invalid=is_wrong.then_some("true") aria-describedby=is_wrong.then_some("add-error")>{lines("")}</textarea>
            </div>
            {error.map(|error| view! { <p id="add-error" class="tone" data-a="bad">{error}</p> })}
            <button class="btn">{texts().changes_add()}</button>
        </form>
    }
}

/// Renders the entries with a search, and the form that removes some of them.
pub fn remove_form(
    name: &str,
    draft: Option<i64>,
    page: &str,
    entries: &FoundEntries,
    search: &str,
) -> impl IntoView + use<> {
    let is_search = !search.trim().is_empty();
    let count = counted(entries, is_search);
    let rows = entries
        .shown
        .iter()
        .map(|entry| view! { <li><label class="check"><input type="checkbox" name="remove[]" value=entry.clone() /><span>{entry.clone()}</span></label></li> })
        .collect_view();
    let nothing = (entries.found == 0 && is_search)
        .then(|| view! { <p class="quiet">{texts().changes_no_entry()}</p> });
    let remove = (entries.found > 0).then(|| {
        view! {
            <form method="post" action=EditEntries::PATH>
                <input type="hidden" name="name" value=name.to_owned() />
                {draft.map(|number| view! { <input type="hidden" name="number" value=number.to_string() /> })}
                <ul class="entries">{rows}</ul>
                <button class="btn">{texts().changes_remove()}</button>
            </form>
        }
    });
    view! {
        <form class="row search-line" method="get" action=page.to_owned() role="search" aria-label=texts().changes_find_entry()>
            <input class="field" type="search" name="q" value=search.to_owned() placeholder=texts().changes_find_entry() aria-label=texts().changes_find_entry() maxlength="200" />
            <button class="btn">{icon(Icon::Search)}{texts().changes_find_submit()}</button>
            <span class="meta">{count}</span>
        </form>
        {nothing}
        {remove}
    }
}

/// Returns how many entries are shown, in words.
pub fn counted(entries: &FoundEntries, is_search: bool) -> String {
    let FoundEntries { shown, found, total: all } = entries;
    let total = number::count(*all as i64);
    match (is_search, *found > shown.len()) {
        (false, false) => texts().changes_entries_all(*all, total),
        (false, true) => texts().changes_entries_first(number::count(shown.len() as i64), total),
        (true, _) => texts().changes_entries_found(*all, number::count(*found as i64), total),
    }
}

/// Returns the path of the file with a list's entries.
pub fn file_path(name: &str, version: u32) -> String {
    format!("{}/{name}/entries.csv?version={version}", Kind::List.spec().path)
}
