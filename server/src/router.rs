//! The router, and the ordered list of layers around every request.

use axum::Router;
use axum::extract::{Request, State as FromState};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use tower::ServiceBuilder;
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

use crate::api;
use crate::http::failure::is_program;
use crate::http::{
    Failure, FailureKind, State, admission, arrival, assets, csrf, exports, failure, guard, headers, health,
    nul, pages, refresh, sessions, sign_in_again, stuck, uploads,
};

/// Returns the router of the whole process.
pub fn router(state: State) -> Router {
    let routes = Router::new()
        .merge(pages::routes())
        .merge(sign_in_again::routes())
        .merge(uploads::routes())
        .merge(exports::routes())
        .merge(assets::routes(&state))
        .merge(api::routes())
        .merge(health::routes())
        .merge(refresh::routes())
        .fallback(nothing_here);
    layered(routes, state)
}

/// Returns the router of the listener that only monitoring uses.
pub fn health_router(state: State) -> Router {
    layered(health::routes().fallback(no_such_check), state)
}

/// Puts the layers around routes.
fn layered(routes: Router<State>, state: State) -> Router {
    let layers = ServiceBuilder::new()
        // Outermost: every response gets a request id, a log line and metrics, including those that other layers produce.
        .layer(from_fn_with_state(state.clone(), arrival::record_arrival))
        // Applies to every response, including failures.
        .layer(from_fn_with_state(state.clone(), headers::secure))
        // Surrounds the layers that write bodies. Built files are already compressed and pass unchanged. At quality 4, brotli is
        // as fast as gzip.
        .layer(CompressionLayer::new().quality(CompressionLevel::Precise(4)))
        // Formats the failures of all inner layers.
        .layer(from_fn_with_state(state.clone(), failure::format_failures))
        // Turns panics in handlers and inner layers into failures.
        .layer(CatchPanicLayer::custom(guard::caught))
        // The time limit includes waiting for the database.
        .layer(from_fn(guard::limit_time))
        // Leaves connections for the pages that work. Outside the time limit: a page that does not answer in time is stuck, too.
        .layer(from_fn_with_state(state.clone(), stuck::refuse))
        // Rejects forged forms before any work is done for them.
        .layer(from_fn_with_state(state.clone(), csrf::same_site))
        // Refuses what no text in the database can hold.
        .layer(from_fn(nul::refuse))
        // Attaches the session to the request. The database is read on first use.
        .layer(sessions::layer(&state))
        // Innermost: requires the session, and must precede every handler that writes.
        .layer(from_fn_with_state(state.clone(), admission::check));
    // `http::body::read` enforces the size limits of bodies.
    routes.layer(layers).with_state(state)
}

/// Returns every path with its method, as the router has them. The access table must list the same.
pub fn routes() -> Vec<(&'static str, String)> {
    let pages = pages::page_paths().into_iter().map(|path| ("GET", path));
    let actions = pages::action_paths().into_iter().map(|path| ("POST", path.to_owned()));
    let api = api::ROUTES.iter().map(|(method, path)| (*method, (*path).to_owned()));
    let uploads = uploads::ROUTES.iter().map(|(method, path)| (*method, (*path).to_owned()));
    let others = ["/healthz", "/readyz", "/metrics", "/refresh", "/pkg/{*file}", pages::FOUND]
        .map(|path| ("GET", path.to_owned()));
    let again = [("POST", sign_in_again::PATH.to_owned())];
    let files = app::lists::LISTS
        .map(|list| list.csv)
        .into_iter()
        .chain([app::exports::charts::PATH, exports::ENTRIES]);
    let files = files.map(|path| ("GET", path.to_owned()));
    pages.chain(actions).chain(uploads).chain(api).chain(others).chain(again).chain(files).collect()
}

async fn no_such_check() -> Failure {
    Failure::new(FailureKind::NotFound, "Only /healthz, /readyz and /metrics are served here.")
}

async fn nothing_here(state: FromState<State>, request: Request) -> Response {
    if is_program(request.uri().path()) {
        return Failure::new(FailureKind::NotFound, "There is nothing at this address.").into_response();
    }
    Box::pin(pages::render(state, request)).await
}
