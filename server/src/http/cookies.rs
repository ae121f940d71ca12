//! Reads the cookies of a request.

use axum::http::{HeaderMap, header};

/// The name of the session cookie.
pub(super) const SESSION: &str = "meshline_session";

/// Returns the value of a cookie, unmodified.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("xmeshline_session=1; meshline_session2=2"));
        assert_eq!(cookie(&headers, SESSION), None);
        headers.append(header::COOKIE, HeaderValue::from_static("a=b; meshline_session=x=y"));
        assert_eq!(cookie(&headers, SESSION), Some("x=y"));
    }
}
