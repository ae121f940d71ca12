//! Sets headers that restrict what browsers permit our pages, and other sites, to do.

use axum::extract::{Request, State as FromState};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use super::{Arrival, State};

const FIXED: &[(&str, &str)] = &[
    // Prevents browsers from guessing another media type.
    ("x-content-type-options", "nosniff"),
    // A set-up link has its token in the address, which other sites must not see. (`no-referrer` would make browsers send
    // `Origin: null` with our own forms.)
    ("referrer-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// Sets the headers on every response.
pub(crate) async fn secure(FromState(state): FromState<State>, request: Request, next: Next) -> Response {
    let nonce =
        request.extensions().get::<Arrival>().map(|arrival| arrival.nonce.clone()).unwrap_or_default();
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in FIXED {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if let Ok(policy) = HeaderValue::from_str(&policy(&nonce)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if state.config.secure_cookies {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    // Pages and responses contain personal data, so no cache stores them. This also covers the back button after signing out.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'; worker-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
}
