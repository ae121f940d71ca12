//! Bodies as they pass through a connection: how fast they must arrive, and until when a request is under way.

use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::Sleep;

use super::connections::Busy;

/// The error of a request's body.
type BodyError = Box<dyn Error + Send + Sync>;

/// The least rate at which a body must arrive, so that no one occupies a place with a body that never comes.
#[derive(Clone, Copy, Debug)]
pub(super) struct LeastRate {
    /// How long a client may send nothing at all.
    pub grace: Duration,
    /// The bytes that buy another second.
    pub bytes_per_s: u64,
}

/// The rate of a poor mobile connection.
pub(super) const LEAST_RATE: LeastRate = LeastRate { grace: Duration::from_secs(10), bytes_per_s: 16 * 1024 };

/// A body arrived at less than the least rate.
#[derive(Debug, thiserror::Error)]
#[error("the body arrives too slowly")]
pub(super) struct TooSlow;

/// Returns whether an error was caused by [`TooSlow`].
pub(super) fn is_too_slow(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<TooSlow>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// A request's body. Fails if it arrives too slowly; only the time that is spent waiting for the client counts.
pub(super) struct RequestBody<B> {
    body: B,
    rate: LeastRate,
    arrived: u64,
    waited: Duration,
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl<B> RequestBody<B> {
    pub(super) fn new(body: B, rate: LeastRate) -> Self {
        Self { body, rate, arrived: 0, waited: Duration::ZERO, waiting: None }
    }

    /// Returns how much longer the client may take for the next bytes.
    fn left(&self) -> Duration {
        let bought = Duration::from_millis(self.arrived.saturating_mul(1_000) / self.rate.bytes_per_s);
        (self.rate.grace + bought).saturating_sub(self.waited)
    }
}

impl<B> Body for RequestBody<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BodyError>,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) else {
            let left = this.left();
            let (_, limit) =
                this.waiting.get_or_insert_with(|| (Instant::now(), Box::pin(tokio::time::sleep(left))));
            return limit.as_mut().poll(context).map(|()| Some(Err(TooSlow.into())));
        };
        if let Some((since, _)) = this.waiting.take() {
            this.waited += since.elapsed();
        }
        if let Some(Ok(frame)) = &frame {
            this.arrived += frame.data_ref().map_or(0, |data| data.len() as u64);
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A response's body. Its connection counts as busy until all of it has been taken.
pub(super) struct ResponseBody {
    body: axum::body::Body,
    _busy: Busy,
}

impl ResponseBody {
    pub(super) fn new(body: axum::body::Body, busy: Busy) -> Self {
        Self { body, _busy: busy }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use futures::stream::{self, StreamExt as _};
    use http_body_util::{BodyExt as _, StreamBody};

    use super::*;

    const FAST: LeastRate = LeastRate { grace: Duration::from_millis(40), bytes_per_s: 1 };

    fn frame(bytes: &'static [u8]) -> Result<Frame<Bytes>, BodyError> {
        Ok(Frame::data(Bytes::from_static(bytes)))
    }

    #[tokio::test]
    async fn a_body_that_never_comes_fails() {
        let body = StreamBody::new(stream::iter([frame(b"")]).chain(stream::pending()));
        let error = RequestBody::new(body, FAST).collect().await.err().unwrap();
        assert!(is_too_slow(&*error));
        // As handlers get it.
        let body = StreamBody::new(stream::pending::<Result<Frame<Bytes>, BodyError>>());
        let body = axum::body::Body::new(RequestBody::new(body, FAST));
        let error = axum::body::to_bytes(body, 10).await.unwrap_err();
        assert!(is_too_slow(&error));
    }

    #[tokio::test]
    async fn bytes_buy_time_and_our_own_pauses_cost_none() {
        let mut body = RequestBody::new(StreamBody::new(stream::iter([frame(b"ab"), frame(b"c")])), FAST);
        assert_eq!(body.left(), FAST.grace);
        body.frame().await.unwrap().unwrap();
        assert_eq!(body.left(), FAST.grace + Duration::from_secs(2));
        tokio::time::sleep(FAST.grace).await;
        body.frame().await.unwrap().unwrap();
        assert_eq!(body.left(), FAST.grace + Duration::from_secs(3));
        assert!(body.frame().await.is_none());
    }
}
