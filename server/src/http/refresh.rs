//! `GET /refresh`: server-sent events (HTML §9.2) that name the kind of data that has changed, without the data itself.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, Request, State as FromState};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use futures::stream::{self, Stream};
use serde::Deserialize;
use store::refresh::Topic;
use strum::VariantArray as _;
use tokio::sync::broadcast;
use tokio::time::Instant;

use super::streams::{StreamPlace, StreamRefusal};
use super::{Failure, FailureKind, Identity, State, pages};
use crate::signals::Signals;

/// How long a subscription lasts. The page then reconnects and is authenticated again.
const LIFETIME: Duration = Duration::from_secs(600);
/// Interval of silence after which a comment is sent, so that no proxy considers the connection dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

pub(crate) fn routes() -> Router<State> {
    Router::new().route("/refresh", get(hear))
}

#[derive(Deserialize)]
struct RefreshQuery {
    /// Comma-separated topics. All of them if empty.
    #[serde(default)]
    topics: String,
}

async fn hear(
    FromState(state): FromState<State>,
    Query(query): Query<RefreshQuery>,
    request: Request,
) -> Result<Response, Failure> {
    pages::allowed(&request)?;
    let viewer = request.extensions().get::<Identity>().and_then(|identity| identity.viewer.as_ref());
    let session = viewer.and_then(|viewer| viewer.session);
    let session = session.ok_or_else(|| Failure::internal(&"a stream without a session"))?;
    let place = state.streams.open(session).map_err(|refusal| {
        let detail = match refusal {
            StreamRefusal::Session => {
                "Too many of your pages are open. Close some to keep this one up to date."
            }
            StreamRefusal::Process => "Too many pages are open here.",
        };
        Failure::new(FailureKind::Unavailable, detail)
    })?;
    let wanted: BTreeSet<Topic> = query.topics.split(',').filter_map(|topic| topic.parse().ok()).collect();
    let hearing = Hearing {
        heard: state.signals.topics(),
        signals: state.signals.clone(),
        wanted: if wanted.is_empty() { Topic::VARIANTS.iter().copied().collect() } else { wanted },
        owed: BTreeSet::new(),
        until: Instant::now() + LIFETIME,
        place,
    };
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
    Ok(Sse::new(hearing.events()).keep_alive(keep_alive).into_response())
}

struct Hearing {
    heard: broadcast::Receiver<Topic>,
    signals: Signals,
    wanted: BTreeSet<Topic>,
    /// Topics that were missed.
    owed: BTreeSet<Topic>,
    until: Instant,
    place: StreamPlace,
}

impl Hearing {
    fn events(self) -> impl Stream<Item = Result<Event, Infallible>> {
        stream::unfold(self, |mut hearing| async move {
            let topic = hearing.next().await?;
            Some((Ok(Event::default().event("changed").data(<&'static str>::from(topic))), hearing))
        })
    }

    /// Returns the next subscribed topic, or `None` when the subscription ends.
    async fn next(&mut self) -> Option<Topic> {
        loop {
            if let Some(owed) = self.owed.pop_first() {
                return Some(owed);
            }
            let heard = tokio::select! {
                heard = self.heard.recv() => heard,
                () = self.signals.closed().cancelled() => return None,
                () = self.place.ended() => return None,
                () = tokio::time::sleep_until(self.until) => return None,
            };
            match heard {
                Ok(topic) if self.wanted.contains(&topic) => return Some(topic),
                Ok(_) => {}
                Err(broadcast::error::RecvError::Lagged(_)) => self.owed.clone_from(&self.wanted),
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}
