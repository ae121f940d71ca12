//! The frame around every page: menu, bar, flash message, and the error shown if the page cannot be loaded.

use std::future::Future;

use http::request::Parts;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use store::reads::frame::{FrameData, frame_data};
use store::titles::titles;
use store::{changes, queue};

use super::help::help;
use super::menu::{MenuGroup, MenuPage, Section, pages};
use super::palette::{palette, search_link};
use crate::actions::queue::count;
use crate::actions::{self, SetTheme, SignOut};
use crate::context::{PageForbidden, Request, Theme, Viewer};
use crate::error::{Error, Result};
use crate::flash::Flash;
use crate::texts::{part, texts};
use crate::ui::clock::Clock;
use crate::ui::icon::{Icon, Logo, Sprite, icon};
use crate::ui::{note, roles, words};

/// Context for rendering a page.
#[derive(Clone)]
pub struct PageContext {
    /// The current request.
    pub request: Request,
    /// The current time and the viewer's time zone.
    pub clock: Clock,
    /// Number of leads waiting in the queue, which the menu shows too, or the error of the failed count.
    pub queued: Result<i64>,
}

impl PageContext {
    /// Returns whether the viewer may send this form. Pages hide forms that the viewer cannot send.
    pub fn may<A: ServerFn>(&self) -> bool {
        actions::may::<A>(&self.request).is_ok()
    }
}

/// The content of a page.
pub struct PageContent {
    /// Title of the browser tab.
    pub title: String,
    /// Content of the top bar: breadcrumb, heading and tools.
    pub bar: AnyView,
    /// Content below the bar.
    pub body: AnyView,
}

/// Renders a page for signed-in people. `load` reads all its data under a single suspense.
pub fn page<Loading>(
    section: Section,
    load: impl FnOnce(PageContext) -> Loading + Send + 'static,
) -> impl IntoView
where
    Loading: Future<Output = Result<PageContent>> + Send + 'static,
{
    let request = Request::current();
    let flash = use_context::<Flash>();
    let path = current_path();
    let is_refused = use_context::<PageForbidden>().is_some();
    let load = move |here: PageContext| async move {
        if is_refused {
            return Err(Error::Forbidden);
        }
        load(here).await
    };
    view! { <Suspense>{Suspend::new(framed(section, request, flash, path, load))}</Suspense> }
}

async fn framed<Loading>(
    section: Section,
    request: Option<Request>,
    flash: Option<Flash>,
    path: String,
    load: impl FnOnce(PageContext) -> Loading + Send + 'static,
) -> AnyView
where
    Loading: Future<Output = Result<PageContent>> + Send + 'static,
{
    let Some(request) = request else { return broken(&Error::Internal, None).into_any() };
    let Some(viewer) = request.viewer.clone() else {
        return broken(&Error::SignedOut, Some(&request)).into_any();
    };
    let clock = Clock { now: request.now, zone: viewer.time_zone };
    let everything = queue::QueueListFilter::default();
    let (around, titles, queued, waiting) = tokio::join!(
        frame_data(&request.store),
        titles(&request.store),
        queue::count(&request.store, &everything),
        changes::waiting_for(&request.store, viewer.id, &viewer.roles),
    );
    // If the titles cannot be loaded, pages fall back to names.
    provide_context(titles.unwrap_or_default());
    let queued = queued.map_err(Error::from);
    let waits =
        Waits { queued: queued.as_ref().copied().unwrap_or_default(), waiting: waiting.unwrap_or_default() };
    let page = match load(PageContext { request: request.clone(), clock, queued }).await {
        Ok(page) => page,
        Err(error) => broken_page(&error, &request),
    };
    let around = around.unwrap_or_default();
    let foot = print_foot(around.organisation.clone(), &viewer, clock);
    let menu = menu(section, &viewer, around, waits, request.theme, path.clone()).into_any();
    let flash = flash.or(request.flash).filter(|flash| !flash.message.is_empty());
    let message = flash.map(|flash| note::flash(flash.message, flash.is_problem, Some(path)));
    view! {
        <Title text=in_tab(&page.title) />
        <a class="skip" href="#main">{texts().frame_skip()}</a>
        <Sprite />
        <div class="shell">
            {menu}
            <main id="main">
                <header class="bar">{page.bar}{help(section)}</header>
                <div class="page">{message}{page.body}</div>
                {foot}
            </main>
        </div>
        {palette(&viewer)}
    }
    .into_any()
}

/// Renders the foot of a printed page: whose data it is, and who printed it when.
fn print_foot(organisation: Option<String>, viewer: &Viewer, clock: Clock) -> impl IntoView + use<> {
    let organisation = organisation.map_or_else(|| "Meshline".to_owned(), |name| format!("{name}, Meshline"));
    view! { <footer class="print-foot"><span>{organisation}</span><span>{texts().frame_printed(&viewer.name, clock.full(clock.now))}</span></footer> }
}

/// Returns the title of the browser tab. Leptos does not escape it, and lead names are untrusted input.
fn in_tab(title: &str) -> String {
    format!("{} · Meshline", title.replace('&', "&amp;").replace('<', "&lt;"))
}

/// Returns the path and query of the request.
pub fn current_path() -> String {
    use_context::<Parts>()
        .and_then(|parts| parts.uri.path_and_query().map(ToString::to_string))
        .unwrap_or_else(|| "/".into())
}

/// Counters shown in the menu.
#[derive(Clone, Copy)]
struct Waits {
    /// Leads in the queue.
    queued: i64,
    /// Changes waiting for the viewer's approval.
    waiting: i64,
}

impl Waits {
    /// Renders the counter of a menu entry.
    fn of(self, section: Section) -> Option<AnyView> {
        match section {
            Section::Queue if self.queued > 0 => {
                Some(counted("count", count(self.queued), texts().frame_waiting().to_string()).into_any())
            }
            Section::Approvals if self.waiting > 0 => Some(
                counted("count mine", self.waiting, texts().frame_waiting_for_you().to_string()).into_any(),
            ),
            _ => None,
        }
    }
}

/// Renders a count in the menu; only screen readers get the words after it.
fn counted(class: &'static str, shown: impl IntoView, words: String) -> impl IntoView {
    view! { <span class=class>{shown}<span class="sr">{words}</span></span> }
}

fn menu(
    section: Section,
    viewer: &Viewer,
    around: FrameData,
    waits: Waits,
    theme: Theme,
    path: String,
) -> impl IntoView + use<> {
    let owners = around.owners;
    let list = |of: MenuGroup| {
        let all = pages(viewer).filter(|place| place.group == of);
        let link = |place: &MenuPage| {
            let here = (section == place.section).then_some("page");
            let count = waits.of(place.section);
            view! { <li><a href=place.href aria-current=here>{icon(place.icon)}<span>{place.title()}</span>{count}</a></li> }
        };
        view! { <ul>{all.map(link).collect_view()}</ul> }
    };
    let layer = |of: MenuGroup, id: &'static str, title: String, owner: Option<String>| {
        view! {
            <section aria-labelledby=id>
                <h2 id=id>{title}{owner.map(|name| view! { <span>{name}</span> })}</h2>
                {list(of)}
            </section>
        }
    };
    view! {
        <header class="side">
            <a class="brand" href="/"><Logo /><span>"Meshline"{around.organisation.map(|name| view! { <small class="clip">{name}</small> })}</span></a>
            {search_link()}
            <details class="menu wide-open">
                <summary class="btn plain">{icon(Icon::Menu)}{texts().frame_menu()}</summary>
                <nav class="nav" aria-label=texts().frame_main()>
                    <section aria-label=texts().frame_start()>{list(MenuGroup::Start)}</section>
                    {layer(MenuGroup::Content, "n-content", texts().frame_content(), owners.content)}
                    {layer(MenuGroup::Rules, "n-rules", texts().frame_rules(), owners.rules)}
                    {layer(MenuGroup::Sync, "n-sync", texts().frame_sync(), owners.sync)}
                    {layer(MenuGroup::Control, "n-control", texts().frame_control(), owners.control)}
                    {layer(MenuGroup::Settings, "n-settings", texts().frame_settings(), None)}
                </nav>
                <div class="side-foot">
                    {person(viewer, section == Section::Account)}{themes(theme, path)}
                    <small class="version">{format!("Meshline {}", crate::VERSION)}</small>
                </div>
            </details>
        </header>
    }
}

fn person(viewer: &Viewer, is_here: bool) -> impl IntoView + use<> {
    let roles = match viewer.roles.as_slice() {
        [] => texts().frame_no_role(),
        [only] => roles::title(only),
        [first, rest @ ..] => texts().frame_roles(roles::title(first), rest.len().to_string()),
    };
    let all: Vec<String> = viewer.roles.iter().map(roles::title).collect();
    view! {
        <div class="person">
            <span class="avatar" aria-hidden="true">{words::initials(&viewer.name)}</span>
            <a class="me" href="/account" aria-current=is_here.then_some("page") title=texts().frame_account()>
                <b class="clip">{viewer.name.clone()}</b><span title=all.join(", ")>{roles}</span>
            </a>
            <form method="post" action=SignOut::PATH>
                <button class="btn plain icon" title=texts().frame_sign_out()>{icon(Icon::SignOut)}<span class="sr">{texts().frame_sign_out()}</span></button>
            </form>
        </div>
    }
}

/// Renders the choice of the colour theme.
pub fn themes(current: Theme, path: String) -> impl IntoView {
    let button = |theme: Theme, text: String| {
        let pressed = if theme == current { "true" } else { "false" };
        view! { <button name="theme" value={<&'static str>::from(theme)} aria-pressed=pressed>{text}</button> }
    };
    view! {
        <form class="seg" method="post" action=SetTheme::PATH aria-label=texts().frame_colors()>
            <input type="hidden" name="next" value=path />
            {button(Theme::Auto, texts().frame_colors_auto())}
            {button(Theme::Light, texts().frame_colors_light())}
            {button(Theme::Dark, texts().frame_colors_dark())}
        </form>
    }
}

/// Builds the page shown when loading fails. The menu remains.
fn broken_page(error: &Error, request: &Request) -> PageContent {
    error.set_status();
    let title = broken_title(error);
    PageContent {
        bar: view! { <h1>{title.clone()}</h1> }.into_any(),
        title,
        body: error_message(error, Some(request)).into_any(),
    }
}

/// Renders a bare error page for when even the menu cannot be loaded.
fn broken(error: &Error, request: Option<&Request>) -> impl IntoView + use<> {
    error.set_status();
    view! {
        <Title text="Meshline" />
        <Sprite />
        <main id="main" class="page"><h1>{broken_title(error)}</h1>{error_message(error, request)}</main>
    }
}

fn broken_title(error: &Error) -> String {
    match error {
        Error::SignedOut => texts().frame_signed_out(),
        Error::Forbidden => texts().frame_forbidden(),
        Error::NotFound { .. } => texts().frame_not_found(),
        Error::Invalid { .. } => texts().frame_invalid(),
        Error::Conflict { .. } => texts().frame_conflict(),
        Error::Busy { .. } | Error::Unavailable | Error::Overloaded => texts().frame_unavailable(),
        Error::Internal => texts().frame_internal(),
    }
}

fn error_message(error: &Error, request: Option<&Request>) -> impl IntoView + use<> {
    let way_on = match error {
        Error::SignedOut => {
            view! { <a class="btn primary" href="/sign-in">{texts().frame_sign_in()}</a> }.into_any()
        }
        Error::Forbidden => view! {
            <p>{texts().frame_roles_next()}</p>
            <a class="btn" href="/">{texts().frame_to_home()}</a>
        }
        .into_any(),
        _ => view! { <a class="btn" href="/leads">{texts().frame_to_leads()}</a> }.into_any(),
    };
    let request_id = request.map(|request| request_id(&request.request_id));
    view! {
        <div class="empty">
            {icon(Icon::Alert)}
            <h2>{error.to_string()}</h2>
            {request_id}
            {way_on}
        </div>
    }
}

/// Renders the request ID, which support asks for.
pub fn request_id(id: &str) -> impl IntoView + use<> {
    let said = texts().frame_request_id();
    view! { <p class="meta">{part(said.s0)}<code>{id.to_owned()}</code>{part(said.s1)}</p> }
}
