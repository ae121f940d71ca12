//! Saved views: named links to a set of filters.

use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use store::views::{self as reads, NAME_CHARS, SavedView};

use crate::actions::views::{DeleteView, RenameView, SaveView};
use crate::error::Result;
use crate::flash::Flash;
use crate::pages::frame::PageContext;
use crate::texts::texts;
use crate::ui::filters::Address;
use crate::ui::form::ask;

/// Renders the viewer's saved views of this page, and the form that saves the current filters or edits the open view.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn views(here: &PageContext, flash: &Flash, address: &Address) -> Result<AnyView> {
    let Some(viewer) = &here.request.viewer else { return Ok(().into_any()) };
    let saved = reads::views(&here.request.store, viewer.id, address.path()).await?;
    let query = address.start().query();
    let open = saved.iter().find(|view| view.query == query).cloned();
    let link = |view: &SavedView| {
        let href =
            if view.query.is_empty() { view.page.clone() } else { format!("{}?{}", view.page, view.query) };
        let current = (view.query == query).then_some("true");
        view! { <li><a href=href aria-current=current>{view.name.clone()}</a></li> }
    };
    let links = (!saved.is_empty()).then(|| {
        view! { <nav aria-label=texts().list_tools_views()><ul class="views">{saved.iter().map(link).collect_view()}</ul></nav> }
    });
    let form = match open {
        Some(view) => change(&view, flash).into_any(),
        None => save(address, query, flash).into_any(),
    };
    Ok(view! { {links}{form} }.into_any())
}

fn save(address: &Address, query: String, flash: &Flash) -> impl IntoView + use<> {
    let form = view! {
        <form method="post" action=SaveView::PATH>
            <input type="hidden" name="page" value=address.path() />
            <input type="hidden" name="query" value=query />
            {name(flash, None)}
            <button class="btn primary">{texts().list_tools_save()}</button>
            <p class="meta">{texts().list_tools_save_about()}</p>
        </form>
    };
    ask(texts().list_tools_save_this(), is_wrong(flash), form)
}

fn change(view: &SavedView, flash: &Flash) -> impl IntoView + use<> {
    let id = view.id.to_string();
    let form = view! {
        <form method="post" action=RenameView::PATH>
            <input type="hidden" name="view" value=id.clone() />
            {name(flash, Some(view.name.clone()))}
            <button class="btn primary">{texts().list_tools_rename()}</button>
        </form>
        <form method="post" action=DeleteView::PATH>
            <input type="hidden" name="view" value=id />
            <button class="btn danger">{texts().list_tools_delete(&view.name)}</button>
        </form>
    };
    ask(texts().list_tools_edit(), is_wrong(flash), form)
}

/// Returns whether the form was rejected, in which case it stays open.
fn is_wrong(flash: &Flash) -> bool {
    flash.errors.contains_key("view-name")
}

fn name(flash: &Flash, now: Option<String>) -> impl IntoView + use<> {
    let error = flash.errors.get("view-name").cloned();
    let typed = flash.values.get("view-name").cloned().or(now);
    let described = error.is_some().then_some("view-name-error");
    let invalid = error.is_some().then_some("true");
    view! {
        <div class="stacked">
            <label class="label">
                {texts().list_tools_name()}
                <input
                    class="field" type="text" name="name" required maxlength=NAME_CHARS.to_string() autocomplete="off"
                    value=typed aria-invalid=invalid aria-describedby=described
                />
            </label>
            {error.map(|error| view! { <p id="view-name-error" class="tone" data-a="bad">{error}</p> })}
        </div>
    }
}
