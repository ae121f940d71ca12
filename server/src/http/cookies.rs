//! Reads the cookies of a request.

use axum::http::{HeaderMap, header};

/// Returns the name of the session cookie. Over HTTPS, browsers accept a name with the prefix `__Host-` from this host only, so that
/// no other subdomain can plant a session.
pub(super) fn session_name(is_secure: bool) -> &'static str {
    if is_secure { "__Host-meshline_session" } else { "meshline_session" }
}

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
        assert_eq!(cookie(&headers, session_name(false)), None);
        headers.append(header::COOKIE, HeaderValue::from_static("a=b; meshline_session=x=y"));
        assert_eq!(cookie(&headers, session_name(false)), Some("x=y"));
        assert_eq!(cookie(&headers, session_name(true)), None, "a cookie without the prefix");
    }
}
