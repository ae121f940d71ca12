//! Reading bodies within bounds.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt as _;

use super::{Failure, Kind};

/// Bytes of a body that is too large that are read and thrown away before it is refused. Most clients read the answer
/// only when they have sent everything, and would see a broken connection instead.
const DRAIN_BYTES: usize = 64 * 1024 * 1024;

/// Reads a whole body of at most `limit` bytes.
///
/// # Errors
/// 413 when it is larger, 415 when it is compressed, 400 when it breaks off.
pub(crate) async fn read(mut body: Body, headers: &HeaderMap, limit: usize) -> Result<Bytes, Failure> {
    if headers.get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return Err(Failure::new(Kind::UnsupportedMediaType, "Send the body as it is, not compressed."));
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
        let frame = frame.map_err(|_| Failure::new(Kind::Malformed, "The body breaks off."))?;
        let Ok(data) = frame.into_data() else { continue };
        seen += data.len();
        if seen.max(announced) <= limit {
            bytes.extend_from_slice(&data);
        }
    }
    if seen.max(announced) > limit {
        return Err(Failure::new(Kind::TooLarge, format!("The body has more than {limit} bytes.")));
    }
    Ok(bytes.into())
}
