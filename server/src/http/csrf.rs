//! Rejects forms from other sites, since browsers would send our cookies with them.

use axum::extract::{Request, State as FromState};
use axum::http::{HeaderMap, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::cookies::{cookie, session_name};
use super::{Config, Failure, FailureKind, State};

/// Admits a writing request only if its browser confirms that it comes from one of our pages. The API ignores cookies, so it is
/// not vulnerable to forged requests.
pub(crate) async fn same_site(FromState(state): FromState<State>, request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let is_api = request.uri().path().starts_with("/api/");
    if reads || is_api || is_ours(request.headers(), request.uri(), &state.config) {
        return next.run(request).await;
    }
    tracing::warn!("a form of another site was refused");
    Failure::new(FailureKind::Forbidden, "This form came from another site.").into_response()
}

/// Returns whether the request comes from our site. Current browsers send `Sec-Fetch-Site`, which scripts cannot set. For older
/// browsers, `Origin` must match. Programs send neither, and have no session to abuse.
fn is_ours(headers: &HeaderMap, uri: &Uri, config: &Config) -> bool {
    let text = |name| headers.get(name).map(|value: &header::HeaderValue| value.to_str().unwrap_or_default());
    match (text(header::HeaderName::from_static("sec-fetch-site")), text(header::ORIGIN)) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => match &config.origin {
            Some(ours) => origin.eq_ignore_ascii_case(ours.trim_end_matches('/')),
            None => {
                let host =
                    text(header::HOST).or_else(|| uri.authority().map(axum::http::uri::Authority::as_str));
                let origin = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
                matches!((origin, host), (Some(origin), Some(host)) if origin.eq_ignore_ascii_case(host))
            }
        },
        (None, None) => cookie(headers, session_name(config.secure_cookies)).is_none(),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn passes(headers: &[(&'static str, &'static str)], origin: Option<&str>) -> bool {
        let headers = headers
            .iter()
            .map(|(name, value)| (header::HeaderName::from_static(name), HeaderValue::from_static(value)));
        let config = Config { origin: origin.map(str::to_owned), ..Config::default() };
        is_ours(&headers.collect(), &Uri::from_static("/actions/sign-in"), &config)
    }

    #[test]
    fn the_browser_s_word_counts() {
        for (site, ours) in
            [("same-origin", true), ("none", true), ("same-site", false), ("cross-site", false), ("", false)]
        {
            let headers =
                [("sec-fetch-site", site), ("origin", "http://localhost:3000"), ("host", "localhost:3000")];
            let headers: Vec<_> = headers.to_vec();
            assert_eq!(passes(&headers, None), ours, "{site}");
        }
    }

    #[test]
    fn an_older_browser_s_origin_has_to_be_ours() {
        let at = |origin| vec![("origin", origin), ("host", "app.example:3000")];
        assert!(passes(&at("http://app.example:3000"), None));
        assert!(passes(&at("https://APP.example:3000"), None));
        for other in [
            "https://evil.example",
            "null",
            "http://app.example",
            "https://app.example:3000.evil.example",
            "",
        ] {
            assert!(!passes(&at(other), None), "{other}");
        }
        assert!(passes(&at("https://meshline.example"), Some("https://meshline.example/")));
        assert!(!passes(&at("http://app.example:3000"), Some("https://meshline.example")));
    }

    #[test]
    fn who_says_nothing_has_no_session() {
        assert!(passes(&[("host", "app.example")], None));
        assert!(!passes(&[("host", "app.example"), ("cookie", "meshline_session=x")], None));
    }
}
