//! Serves pages and actions: runs Leptos with the context of the request.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use app::access::{self, Caller, Need};
use app::actions::{Connection, THEME_COOKIE};
use app::app::App;
use app::context::{PageForbidden, Request as PageRequest, Theme};
use app::flash::{Flash, FlashSeal, cookie_name};
use app::pages::search;
use app::shell::shell;
use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Query, Request, State as FromState};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{get, post};
use leptos::nonce::Nonce;
use leptos::prelude::provide_context;
use leptos::server_fn::axum::server_fn_paths;
use service::mail::EmailSender;
use store::settings::NumberFormat;
use tower_sessions::Session;

use super::cookies::cookie;
use super::{Arrival, Failure, FailureKind, Identity, State, nul, sessions};

/// The path of the quick search.
pub(crate) const FOUND: &str = "/search/found";
/// Maximum size of a form. A percent-encoded rule set with two thousand rules fits.
pub(super) const FORM_BYTES: usize = 2 * 1024 * 1024;
/// Maximum size of a form that is open to everyone, such as the one for signing in.
const OPEN_FORM_BYTES: usize = 8 * 1024;

/// Returns the routes of every page and every action.
pub(crate) fn routes() -> Router<State> {
    let mut router = Router::new();
    for page in page_paths() {
        router = router.route(&page, get(render));
    }
    for action in action_paths() {
        router = router.route(action, post(act));
    }
    router.route(FOUND, get(found))
}

/// Returns the paths of the pages, as the app's own router lists them.
pub(crate) fn page_paths() -> Vec<String> {
    leptos_axum::generate_route_list(App).iter().map(|page| page.path().to_owned()).collect()
}

/// Returns the paths of the actions. Omits actions with other methods than POST, which makes them unreachable.
pub(crate) fn action_paths() -> Vec<&'static str> {
    server_fn_paths().filter(|(_, method)| *method == Method::POST).map(|(path, _)| path).collect()
}

/// Returns whether a route pattern is a page of the app.
pub(super) fn is_page(path: &str) -> bool {
    static PATHS: LazyLock<BTreeSet<String>> = LazyLock::new(|| page_paths().into_iter().collect());
    PATHS.contains(path)
}

/// Renders the page for a person whose roles do not include the requested one: with the menu, and without reading data.
pub(super) async fn refused(state: State, request: Request) -> Response {
    Box::pin(show(state, request, true)).await
}

/// Renders a page, or the page for an unknown address.
pub(crate) async fn render(FromState(state): FromState<State>, request: Request) -> Response {
    let is_known = request.extensions().get::<MatchedPath>().is_some();
    if is_known && let Err(failure) = allowed(&request) {
        return failure.into_response();
    }
    Box::pin(show(state, request, false)).await
}

async fn show(state: State, request: Request, is_refused: bool) -> Response {
    let is_known = request.extensions().get::<MatchedPath>().is_some();
    if !is_known && !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Failure::new(FailureKind::NotFound, "There is nothing at this address.").into_response();
    }
    let Some(arrival) = request.extensions().get::<Arrival>().cloned() else {
        return Failure::internal(&"a request without an id").into_response();
    };
    // A script that refreshes a page must not consume the message for the next page.
    let is_script = request.headers().get("sec-fetch-dest").is_some_and(|dest| dest == "empty");
    let is_secure = state.config.secure_cookies;
    let brought = cookie(request.headers(), cookie_name(is_secure)).filter(|_| !is_script);
    let seal = flash_seal(&state, &request, &arrival, request.uri().path());
    let flash = brought.and_then(|value| Flash::read(value, &seal));
    let is_flash_spent = brought.is_some();
    let page = page_request(&state, &request, &arrival, flash.as_ref());
    let nonce = arrival.nonce;
    let context = move || {
        provide_context(Nonce::from_value(nonce.clone()));
        provide_context(flash.clone().unwrap_or_default());
        provide_context(number_format(&page));
        provide_context(page.clone());
        if is_refused {
            provide_context(PageForbidden);
        }
    };
    let mut response = Box::pin(leptos_axum::render_app_async_with_context(context, shell)(request)).await;
    if !is_known && response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    if is_flash_spent && let Ok(removal) = HeaderValue::from_str(&Flash::removal(is_secure)) {
        response.headers_mut().append(header::SET_COOKIE, removal);
    }
    response
}

/// Returns what binds a message to the request's session and to the page that shows it.
pub(super) fn flash_seal<'a>(
    state: &'a State,
    request: &Request,
    arrival: &Arrival,
    page: &'a str,
) -> FlashSeal<'a> {
    let session = request.extensions().get::<Session>().and_then(sessions::id_hash);
    let (keyring, is_secure) = (state.store.keyring(), state.config.secure_cookies);
    FlashSeal { keyring, now: arrival.at, session, page, is_secure }
}

/// Returns the search results as a fragment, which is shown above the current page.
async fn found(FromState(state): FromState<State>, request: Request) -> Result<Html<String>, Failure> {
    #[derive(serde::Deserialize)]
    struct Asked {
        #[serde(default)]
        q: String,
    }
    allowed(&request)?;
    let Query(asked) = Query::<Asked>::try_from_uri(request.uri())
        .map_err(|error| Failure::new(FailureKind::Malformed, error.body_text()))?;
    let Some(arrival) = request.extensions().get::<Arrival>().cloned() else {
        return Err(Failure::internal(&"a request without an id"));
    };
    let page = page_request(&state, &request, &arrival, None);
    Ok(Html(search::options(&page, &asked.q).await?))
}

/// Runs an action.
async fn act(FromState(state): FromState<State>, request: Request) -> Result<Response, Failure> {
    allowed(&request)?;
    let (mut parts, body) = request.into_parts();
    if !is_form(&parts.headers) {
        return Err(Failure::new(
            FailureKind::UnsupportedMediaType,
            "Actions take application/x-www-form-urlencoded.",
        ));
    }
    let body = super::body::read(body, &parts.headers, form_bytes(parts.uri.path())).await?;
    nul::check(&body)?;
    // Without these headers, Leptos does not redirect to the form's page with the error in the address. Our actions choose their
    // own target, and [`super::failure`] reports errors.
    parts.headers.remove(header::REFERER);
    let wants_json = parts.headers.remove(header::ACCEPT).is_some_and(|accept| accept == "application/json");
    let request = Request::from_parts(parts, Body::from(body));
    let (Some(arrival), Some(session)) =
        (request.extensions().get::<Arrival>().cloned(), request.extensions().get::<Session>().cloned())
    else {
        return Err(Failure::internal(&"an action without a session"));
    };
    let page = page_request(&state, &request, &arrival, None);
    let connection = Connection {
        session,
        peer: arrival.peer,
        agent: agent(request.headers()),
        gate: state.gate.clone(),
        secure_cookies: state.config.secure_cookies,
    };
    let context = move || {
        provide_context(number_format(&page));
        provide_context(page.clone());
        provide_context(connection.clone());
    };
    let response =
        Box::pin(leptos_axum::handle_server_fns_with_context(context, request)).await.into_response();
    if wants_json || !(response.status().is_client_error() || response.status().is_server_error()) {
        return Ok(response);
    }
    let body = axum::body::to_bytes(response.into_body(), FORM_BYTES).await.unwrap_or_default();
    let error: app::error::Error = serde_json::from_slice(&body).unwrap_or(app::error::Error::Internal);
    Err(error.into())
}

/// Returns the maximum size of an action's form.
fn form_bytes(path: &str) -> usize {
    if access::need(&Method::POST, path) == Some(Need::Anyone) { OPEN_FORM_BYTES } else { FORM_BYTES }
}

/// Consults the access table again, independently of the layer.
pub(super) fn allowed(request: &Request) -> Result<(), Failure> {
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let identity = request.extensions().get::<Identity>();
    let (caller, is_local) =
        identity.map_or((&Caller::Nobody, false), |identity| (&identity.caller, identity.is_local));
    access::check(request.method(), path, caller, is_local)
        .map_err(|denied| Failure::from(app::error::Error::from(denied)))
}

pub(super) fn page_request(
    state: &State,
    request: &Request,
    arrival: &Arrival,
    flash: Option<&Flash>,
) -> PageRequest {
    let theme = cookie(request.headers(), THEME_COOKIE).and_then(|name| name.parse::<Theme>().ok());
    PageRequest {
        store: state.store.clone(),
        bundles: state.pipeline.bundles().on(state.store.clone()),
        pipeline: state.pipeline.clone(),
        viewer: request.extensions().get::<Identity>().and_then(|identity| identity.viewer.clone()),
        request_id: arrival.id.to_string(),
        now: arrival.at,
        theme: theme.unwrap_or_default(),
        assets: state.assets.clone(),
        nonce: arrival.nonce.clone(),
        public_url: state.config.origin.as_deref().map(Arc::from),
        data_dir: state.config.data_dir.as_deref().map(Arc::from),
        figures: state.figures.clone(),
        compute: state.compute.clone(),
        changes: state.changes.clone(),
        post: state.config.mail.clone().map(|mail| Arc::new(mail) as Arc<dyn EmailSender>),
        breached_passwords: state.config.breached_passwords.clone(),
        flash: flash.cloned(),
    }
}

/// Returns the user agent of the browser.
pub(super) fn agent(headers: &HeaderMap) -> String {
    headers.get(header::USER_AGENT).and_then(|name| name.to_str().ok()).unwrap_or_default().to_owned()
}

/// Returns the number format for pages and messages of actions.
fn number_format(page: &PageRequest) -> NumberFormat {
    page.viewer.as_ref().map_or_else(NumberFormat::default, |viewer| viewer.number_format)
}

pub(super) fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .eq_ignore_ascii_case("application/x-www-form-urlencoded")
}
