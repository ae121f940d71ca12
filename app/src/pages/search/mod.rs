//! The search by name: a separate page, and a fragment for the search dialog.

mod hits;

use leptos::either::Either;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use self::hits::{SearchHit, SearchResults, find};
use super::frame::{PageContent, PageContext, page};
use super::menu::Section;
use crate::context::Request;
use crate::error::{Error, Result};
use crate::texts::texts;
use crate::ui::icon::{Icon, icon};
use crate::ui::{note, number};

const PATH: &str = "/search";
/// Longest search text, in characters.
const TEXT_CHARS: usize = 200;

/// Renders the search page.
#[component]
pub fn Search() -> impl IntoView {
    let text = use_query_map().read_untracked().get("q").unwrap_or_default();
    page(Section::Search, move |here| load(here, text))
}

async fn load(here: PageContext, text: String) -> Result<PageContent> {
    let text = cut(&text);
    let viewer = here.request.viewer.as_ref().ok_or(Error::SignedOut)?;
    let found = find(&here.request.store, viewer, &text).await?;
    let count = texts().search_results(found.count(), number::count(found.count() as i64));
    let bar = view! { <h1>{texts().search_title()}</h1><span class="meta">{count}</span> };
    let title = if text.is_empty() { texts().search_title() } else { texts().search_title_of(&text) };
    let list = if found.groups.is_empty() {
        let steps = view! { <p>{texts().search_none()}</p> };
        Either::Left(note::empty(Icon::Search, texts().search_none_title(), steps))
    } else {
        Either::Right(found.groups.into_iter().enumerate().map(section).collect_view())
    };
    let body = view! {
        <form class="row search-page" method="get" action=PATH role="search" aria-label=texts().search_form()>
            <span class="search">
                {icon(Icon::Search)}
                <input class="field" type="search" name="q" value=text autofocus placeholder=texts().search_placeholder() aria-label=texts().search_title() maxlength=TEXT_CHARS.to_string() />
            </span>
            <button class="btn">{texts().search_title()}</button>
        </form>
        <div class="found">{list}</div>
    };
    Ok(PageContent { title, bar: bar.into_any(), body: body.into_any() })
}

fn section((n, (title, hits)): (usize, (String, Vec<SearchHit>))) -> impl IntoView {
    let id = format!("f-{n}");
    let heading = id.clone();
    let line = |hit: SearchHit| {
        view! { <li><a href=hit.href>{icon(hit.icon)}<span><b>{hit.title}</b>" "<small>{hit.detail}</small></span></a></li> }
    };
    view! {
        <section aria-labelledby=id>
            <div class="sec-head"><h2 id=heading>{title}</h2></div>
            <ul>{hits.into_iter().map(line).collect_view()}</ul>
        </section>
    }
}

/// Renders the results as options of a list box, for the search dialog.
///
/// # Errors
/// Returns an error if the viewer is signed out or the database fails.
pub async fn options(request: &Request, text: &str) -> Result<String> {
    let text = cut(text);
    let viewer = request.viewer.as_ref().ok_or(Error::SignedOut)?;
    let found = find(&request.store, viewer, &text).await?;
    let count = found.count();
    let said = match count {
        0 => texts().search_none_title(),
        many => texts().search_results(many, number::count(many as i64)),
    };
    let empty = (count == 0).then(|| view! { <p class="nothing">{texts().search_list_none()}</p> });
    let mut next = 0;
    let groups = numbered(found, &mut next)
        .into_iter()
        .enumerate()
        .map(|(n, (title, hits))| group(n, title, hits))
        .collect_view();
    let html = view! {
        <div id="palette-list" role="listbox" aria-label=texts().search_list() data-count=count.to_string() data-said=said>{groups}</div>
        {empty}
    };
    Ok(html.to_html())
}

/// Numbers the hits across all groups.
fn numbered(found: SearchResults, next: &mut usize) -> Vec<(String, Vec<(usize, SearchHit)>)> {
    let mut number = |hit: SearchHit| {
        *next += 1;
        (*next - 1, hit)
    };
    found
        .groups
        .into_iter()
        .map(|(title, hits)| (title, hits.into_iter().map(&mut number).collect()))
        .collect()
}

fn group(n: usize, title: String, hits: Vec<(usize, SearchHit)>) -> impl IntoView {
    let id = format!("og-{n}");
    let heading = id.clone();
    let option = |(n, hit): (usize, SearchHit)| {
        view! {
            <a role="option" id=format!("o-{n}") tabindex="-1" aria-selected="false" href=hit.href>
                {icon(hit.icon)}<span class="clip"><b>{hit.title}</b>" "<small>{hit.detail}</small></span>
            </a>
        }
    };
    view! {
        <div role="group" aria-labelledby=id>
            <div class="group" id=heading role="presentation">{title}</div>
            {hits.into_iter().map(option).collect_view()}
        </div>
    }
}

fn cut(text: &str) -> String {
    text.trim().chars().filter(|c| !c.is_control()).take(TEXT_CHARS).collect()
}
