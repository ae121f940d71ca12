//! Reads bodies within size limits.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt as _;

use super::{Failure, FailureKind};

/// Number of bytes to read and discard from an oversized body before rejecting it. Most clients read the response only after
/// sending everything, and would otherwise see a broken connection.
const DRAIN_BYTES: usize = 64 * 1024 * 1024;

/// Reads a whole body of at most `limit` bytes.
///
/// # Errors
/// Returns 413 if the body is larger, 415 if it is compressed, and 400 if it is incomplete.
pub(crate) async fn read(mut body: Body, headers: &HeaderMap, limit: usize) -> Result<Bytes, Failure> {
    if headers.get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return Err(Failure::new(
            FailureKind::UnsupportedMediaType,
            "Send the body as it is, not compressed.",
        ));
    }
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse().ok())
        .unwrap_or(0);
    let mut bytes = Vec::with_capacity(if announced <= limit { announced } else { 0 });
    let mut seen = 0;
    while seen <= DRAIN_BYTES.max(limit)
        && let Some(frame) = body.frame().await
    {
        let frame = frame.map_err(|_| Failure::new(FailureKind::Malformed, "The body breaks off."))?;
        let Ok(data) = frame.into_data() else { continue };
        seen += data.len();
        if seen.max(announced) <= limit {
            bytes.extend_from_slice(&data);
        }
    }
    if seen.max(announced) > limit {
        return Err(Failure::new(FailureKind::TooLarge, format!("The body has more than {limit} bytes.")));
    }
    Ok(bytes.into())
}
