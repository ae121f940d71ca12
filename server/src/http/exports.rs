//! Streams lists as CSV files and serves charts as files.

use app::actions::changes::list_file;
use app::context::Request as PageRequest;
use app::exports::{Export, charts};
use app::pages::LIST_PAGES;
use app::pages::list_page::ListEntry;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State as FromState};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use futures::stream;

use super::{Arrival, Failure, State, pages};

/// Path of the entries of a list.
pub(crate) const ENTRIES: &str = "/lists/{name}/entries.csv";

/// Returns the routes of every list and chart that can be downloaded.
pub(crate) fn routes() -> Router<State> {
    let charts = Router::new().route(charts::PATH, get(chart)).route(ENTRIES, get(entries));
    LIST_PAGES.iter().copied().fold(charts, |router, list| {
        let handler = move |state: FromState<State>, request: Request| send(state, request, list);
        router.route(list.info.csv, get(handler))
    })
}

async fn send(
    FromState(state): FromState<State>,
    request: Request,
    list: ListEntry,
) -> Result<Response, Failure> {
    let page = page_of(&state, &request)?;
    let mut export = Export::begin(list, &page, pairs(&request)).await?;
    // Reads the first chunk before sending headers, so that an early error still yields an error response.
    let first = export.next().await?.unwrap_or_default();
    let rest = stream::try_unfold(export, |mut export| async move {
        let piece = export.next().await?;
        Ok::<_, app::error::Error>(piece.map(|piece| (piece, export)))
    });
    let body = Body::from_stream(futures::StreamExt::chain(stream::iter([Ok(first)]), rest));
    let file = format!("{}-{}.csv", list.info.file, page.now.format("%Y-%m-%d"));
    Ok(named(body.into_response(), "text/csv; charset=utf-8; header=present", &file))
}

async fn chart(
    FromState(state): FromState<State>,
    Path(file): Path<String>,
    request: Request,
) -> Result<Response, Failure> {
    let page = page_of(&state, &request)?;
    let (kind, body) = Box::pin(charts::chart(&page, pairs(&request), &file)).await?;
    Ok(named(Body::from(body).into_response(), kind, &file))
}

/// Returns the entries of a list as a file that can be uploaded again.
async fn entries(
    FromState(state): FromState<State>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Failure> {
    let page = page_of(&state, &request)?;
    let version = pairs(&request).into_iter().find(|(key, _)| key == "version");
    let version = version.and_then(|(_, version)| version.parse().ok());
    let body = list_file(&page, &name, version).await?;
    let file = format!("{}.csv", name.replace('_', "-"));
    Ok(named(Body::from(body).into_response(), "text/csv; charset=utf-8; header=present", &file))
}

/// Checks that the person may open what the path names, and returns the page's request.
fn page_of(state: &State, request: &Request) -> Result<PageRequest, Failure> {
    pages::allowed(request)?;
    let arrival = request.extensions().get::<Arrival>();
    let arrival = arrival.ok_or_else(|| Failure::internal(&"a request without an id"))?;
    Ok(pages::page_request(state, request, arrival, None))
}

fn pairs(request: &Request) -> Vec<(String, String)> {
    let query = request.uri().query().unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// Turns the response into a download. Drops all characters from the name that could form a path.
pub(super) fn named(mut response: Response, kind: &'static str, file: &str) -> Response {
    let file: String = file.chars().filter(|c| c.is_ascii_alphanumeric() || ['-', '.'].contains(c)).collect();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{file}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}
