//! Serves built files, which are named by their content, compressed at build time, and cached indefinitely by browsers.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use app::context::Assets;
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, get_service};
use tower_http::services::ServeDir;

use super::State;

/// Reads the map from logical names to files.
pub(super) fn read_manifest(site: Option<&Path>) -> std::io::Result<Assets> {
    let Some(site) = site else {
        tracing::warn!("no site directory is given; pages come without styles and scripts");
        return Ok(Assets::default());
    };
    let text = std::fs::read(site.join("manifest.json"))?;
    let names: HashMap<String, String> = serde_json::from_slice(&text)?;
    Ok(Arc::new(names))
}

/// Serves `/pkg/`. Its files are in a directory of the same name, so that nothing outside of it is reachable.
pub(crate) fn routes(state: &State) -> Router<State> {
    let router = Router::new();
    let router = match &state.config.site_dir {
        Some(site) => {
            let files = ServeDir::new(site).append_index_html_on_directories(false);
            router.route("/pkg/{*file}", get_service(files.precompressed_br().precompressed_gzip()))
        }
        None => router.route("/pkg/{*file}", get(|| async { StatusCode::NOT_FOUND })),
    };
    router.layer(middleware::from_fn(keep_for_ever))
}

/// Marks successful responses as immutable, since changed content gets a new name. Skips errors: a missing file may exist after
/// the next deployment.
async fn keep_for_ever(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED {
        let value = HeaderValue::from_static("public, max-age=31536000, immutable");
        response.headers_mut().insert(header::CACHE_CONTROL, value);
    }
    response
}
