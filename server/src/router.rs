//! The router, and the one ordered list of what every request goes through.

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
    Failure, Kind, State, admission, again, arrival, assets, csrf, exports, failure, guard, headers, health,
    pages, refresh, sessions, uploads,
};

/// Everything the process serves.
pub fn router(state: State) -> Router {
    let layers = ServiceBuilder::new()
        // Outermost: every answer has a request id, a log line and a place in the figures, whoever made it.
        .layer(from_fn(arrival::arrive))
        // On every answer too, failures included.
        .layer(from_fn_with_state(state.clone(), headers::secure))
        // Outside of what writes bodies. Built files are compressed already and pass as they are. Quality 4 is what
        // brotli does as fast as gzip.
        .layer(CompressionLayer::new().quality(CompressionLevel::Precise(4)))
        // Writes out the failures of everything further in.
        .layer(from_fn_with_state(state.clone(), failure::tell))
        // A panic in a handler, or in a layer further in, is a failure like others.
        .layer(CatchPanicLayer::custom(guard::caught))
        // From here on time counts, waiting for the database included.
        .layer(from_fn(guard::limit_time))
        // Before anything is read or looked up for a forged form.
        .layer(from_fn_with_state(state.clone(), csrf::same_site))
        // Gives the request its session, which is read from the database when somebody asks for it first.
        .layer(sessions::layer(&state))
        // Innermost: needs the session, and nothing that writes comes before it.
        .layer(from_fn_with_state(state.clone(), admission::check));
    // Limits of bodies stand where bodies are read: `http::body::read`.
    Router::new()
        .merge(pages::routes())
        .merge(again::routes())
        .merge(uploads::routes())
        .merge(exports::routes())
        .merge(assets::routes(&state))
        .merge(api::routes())
        .merge(health::routes())
        .merge(refresh::routes())
        .fallback(nothing_here)
        .layer(layers)
        .with_state(state)
}

/// Every path with its method, as the router knows them; the table of who may call what has to list the same.
pub fn routes() -> Vec<(&'static str, String)> {
    let pages = pages::page_paths().into_iter().map(|path| ("GET", path));
    let actions = pages::action_paths().into_iter().map(|path| ("POST", path.to_owned()));
    let api = api::ROUTES.iter().map(|(method, path)| (*method, (*path).to_owned()));
    let uploads = uploads::ROUTES.iter().map(|(method, path)| (*method, (*path).to_owned()));
    let others = ["/healthz", "/readyz", "/metrics", "/refresh", "/pkg/{*file}", pages::FOUND]
        .map(|path| ("GET", path.to_owned()));
    let again = [("POST", again::PATH.to_owned())];
    let files = app::lists::LISTS.map(|list| list.csv).into_iter().chain([app::exports::charts::PATH]);
    let files = files.map(|path| ("GET", path.to_owned()));
    pages.chain(actions).chain(uploads).chain(api).chain(others).chain(again).chain(files).collect()
}

async fn nothing_here(state: FromState<State>, request: Request) -> Response {
    if is_program(request.uri().path()) {
        return Failure::new(Kind::NotFound, "There is nothing at this address.").into_response();
    }
    pages::render(state, request).await
}
