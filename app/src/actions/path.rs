//! Redirect targets of forms.

use std::fmt;

use percent_encoding::{AsciiSet, utf8_percent_encode};

use crate::ui::filters::QUERY_VALUE;

/// The maximum length of a path in characters; no page of this site has a longer one.
const CHARS: usize = 500;

/// Characters to encode in a path that is a query value. Slashes stay, to keep the address readable.
const PATH_IN_QUERY: &AsciiSet = &QUERY_VALUE.remove(b'/');

/// A path of this site with its query, never an address of another site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalPath(String);

impl LocalPath {
    /// Parses a path from outside, or returns `None` if it could lead to another site. A second slash or a backslash starts a
    /// host, and browsers drop control characters before they parse (WHATWG URL §4.4).
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix('/')?;
        let fits = text.len() <= CHARS && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        (fits && !rest.starts_with('/')).then(|| Self(text.to_owned()))
    }

    /// Returns the page to open after sign-in: the requested one, or else the home page.
    pub fn next(asked: Option<&str>) -> Self {
        asked
            .and_then(Self::parse)
            .filter(|path| !path.0.starts_with("/sign-in"))
            .unwrap_or_else(|| Self("/".into()))
    }

    /// Returns the sign-in page, which continues to `next`.
    pub fn sign_in(next: &Self) -> Self {
        if next.0 == "/" {
            return Self("/sign-in".into());
        }
        Self(format!("/sign-in?next={}", utf8_percent_encode(&next.0, PATH_IN_QUERY)))
    }

    /// Returns the path with a query from our own code, which can be longer than one from outside. Drops the query if it could
    /// lead to another site.
    #[must_use]
    pub fn with_query(&self, query: &str) -> Self {
        let is_plain = query.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        if is_plain { Self(format!("{}?{query}", self.0)) } else { self.clone() }
    }

    /// Returns the path without its query.
    pub fn page(&self) -> &str {
        self.0.split_once('?').map_or(&*self.0, |(page, _)| page)
    }

    /// Returns the path with its query as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LocalPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_site_pass() {
        for good in ["/", "/leads", "/leads/0199?tab=log&x=%2F%2Fy", "/leads?q=a//b"] {
            assert_eq!(LocalPath::parse(good).unwrap().as_str(), good);
        }
        let long = format!("/{}", "x".repeat(500));
        let bad = [
            "",
            "leads",
            "//evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "https://evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "javascript:alert(1)",
            " /leads",
            "/a b",
            "/ä",
            "/a\\b",
            &long,
        ];
        for bad in bad {
            assert_eq!(LocalPath::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn the_sign_in_page_carries_the_way_on_and_never_itself() {
        let next = LocalPath::next(Some("/leads?action=hold&x=1"));
        assert_eq!(LocalPath::sign_in(&next).as_str(), "/sign-in?next=/leads%3Faction%3Dhold%26x%3D1");
        assert_eq!(LocalPath::sign_in(&LocalPath::next(None)).as_str(), "/sign-in");
        assert_eq!(LocalPath::next(Some("/sign-in?next=/x")).as_str(), "/");
        assert_eq!(LocalPath::next(Some("//evil.example")).as_str(), "/");
    }
}
