//! Lists as CSV files, streamed while they are read.

use app::exports::{Export, LISTS, List};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State as FromState};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use futures::stream;

use super::{Arrival, Failure, State, pages};

/// Every list that is had as a file, by path.
pub(super) fn routes() -> Router<State> {
    LISTS.into_iter().fold(Router::new(), |router, (list, path, _, name)| {
        router.route(
            path,
            get(move |state: FromState<State>, request: Request| send(state, request, list, name)),
        )
    })
}

async fn send(
    FromState(state): FromState<State>,
    request: Request,
    list: List,
    name: &'static str,
) -> Result<Response, Failure> {
    pages::allowed(&request)?;
    let Some(arrival) = request.extensions().get::<Arrival>().cloned() else {
        return Err(Failure::internal(&"a request without an id"));
    };
    let query = request.uri().query().unwrap_or_default();
    let pairs = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let page = pages::page_request(&state, &request, &arrival, None);
    let mut export = Export::begin(list, &page, pairs).await?;
    // The first piece before the head of the answer: what fails at once is told as a failure.
    let first = export.next().await?.unwrap_or_default();
    let rest = stream::try_unfold(export, |mut export| async move {
        let piece = export.next().await?;
        Ok::<_, app::error::Error>(piece.map(|piece| (piece, export)))
    });
    let body = Body::from_stream(futures::StreamExt::chain(stream::iter([Ok(first)]), rest));
    let day = arrival.at.format("%Y-%m-%d");
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present"));
    if let Ok(file) = HeaderValue::from_str(&format!("attachment; filename=\"{name}-{day}.csv\"")) {
        headers.insert(header::CONTENT_DISPOSITION, file);
    }
    Ok(response)
}
