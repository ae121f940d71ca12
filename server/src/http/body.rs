//! Reads bodies within size limits.

use std::error::Error;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt as _;

use super::streaming::is_too_slow;
use super::{Failure, FailureKind};

/// Number of bytes to read and discard from an oversized body before rejecting it. Most clients read the response only after
/// sending everything, and would otherwise see a broken connection.
const DRAIN_BYTES: usize = 64 * 1024 * 1024;

/// Number of bytes reserved for a body before any of it has arrived. Announcing a large body must cost nothing.
const FIRST_BYTES: usize = 16 * 1024;

/// Reads a whole body of at most `limit` bytes. Memory grows with what arrives, not with what is announced.
///
/// # Errors
/// Returns 413 if the body is larger, 415 if it is compressed, 408 if it arrives too slowly, and 400 if it is incomplete.
pub(crate) async fn read(mut body: Body, headers: &HeaderMap, limit: usize) -> Result<Bytes, Failure> {
    if headers.get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return Err(Failure::new(FailureKind::UnsupportedMediaType, "Send the body uncompressed."));
    }
    let announced = announced(headers).unwrap_or(0);
    let mut bytes = Vec::with_capacity(first_bytes(announced, limit));
    let mut seen = 0;
    while seen <= DRAIN_BYTES.max(limit)
        && let Some(frame) = body.frame().await
    {
        let frame = frame.map_err(|error| broken(&error))?;
        let Ok(data) = frame.into_data() else { continue };
        seen += data.len();
        if seen.max(announced) <= limit {
            reserve(&mut bytes, data.len(), announced);
            bytes.extend_from_slice(&data);
        }
    }
    if seen.max(announced) > limit {
        return Err(Failure::new(FailureKind::TooLarge, format!("The body has more than {limit} bytes.")));
    }
    Ok(bytes.into())
}

/// Returns the failure for a body that did not arrive completely.
pub(super) fn broken(error: &(dyn Error + 'static)) -> Failure {
    if is_too_slow(error) {
        Failure::new(
            FailureKind::TooSlow,
            "The body arrived too slowly. Send it again over a faster connection.",
        )
    } else {
        Failure::new(FailureKind::Malformed, "The body breaks off.")
    }
}

/// Returns the announced length of a body.
pub(super) fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Returns how much to reserve before anything has arrived.
fn first_bytes(announced: usize, limit: usize) -> usize {
    if announced <= limit { announced.min(FIRST_BYTES) } else { 0 }
}

/// Makes room for `more` bytes. Doubles the capacity, but not beyond the announced length.
fn reserve(bytes: &mut Vec<u8>, more: usize, announced: usize) {
    let needed = bytes.len() + more;
    if needed > bytes.capacity() {
        let grown = (2 * bytes.capacity()).min(announced).max(needed);
        bytes.reserve_exact(grown - bytes.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_announced_body_costs_almost_nothing() {
        let limit = 2 * 1024 * 1024;
        assert_eq!(first_bytes(limit, limit), 16 * 1024);
        assert_eq!((first_bytes(100, limit), first_bytes(limit + 1, limit)), (100, 0));
    }

    #[test]
    fn capacity_follows_what_arrives_and_ends_at_what_is_announced() {
        let mut bytes = Vec::new();
        let announced = 100 * 1024;
        let mut largest = 0;
        for _ in 0..100 {
            reserve(&mut bytes, 1024, announced);
            bytes.extend_from_slice(&[0; 1024]);
            assert!(
                bytes.capacity() <= (2 * bytes.len()).max(1024),
                "{} of {}",
                bytes.capacity(),
                bytes.len()
            );
            largest = largest.max(bytes.capacity());
        }
        assert_eq!((bytes.len(), largest), (announced, announced));
        reserve(&mut bytes, 1, announced);
        assert!(bytes.capacity() > announced, "more may arrive than a wrong length announces");
    }
}
