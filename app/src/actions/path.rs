//! Where a form leads on to.

use std::fmt;

use percent_encoding::{AsciiSet, utf8_percent_encode};

use crate::ui::filters::QUERY_VALUE;

/// Characters of a path; a longer one is none of ours.
const CHARS: usize = 500;

/// What is encoded in a path that is a query's value; slashes stay, so that people can read it.
const PATH_IN_QUERY: &AsciiSet = &QUERY_VALUE.remove(b'/');

/// A path of this site with its query, never another site's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalPath(String);

impl LocalPath {
    /// Reads a path that came from outside; `None` for whatever could lead elsewhere. A second slash or a backslash
    /// begins a host, and browsers drop control characters before they look (WHATWG URL §4.4).
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix('/')?;
        let fits = text.len() <= CHARS && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        (fits && !rest.starts_with('/')).then(|| Self(text.to_owned()))
    }

    /// Where to go after signing in: what was asked for, else the home page.
    pub fn next(asked: Option<&str>) -> Self {
        asked
            .and_then(Self::parse)
            .filter(|path| !path.0.starts_with("/sign-in"))
            .unwrap_or_else(|| Self("/".into()))
    }

    /// The page to sign in on, which leads on to `next`.
    pub fn sign_in(next: &Self) -> Self {
        if next.0 == "/" {
            return Self("/sign-in".into());
        }
        Self(format!("/sign-in?next={}", utf8_percent_encode(&next.0, PATH_IN_QUERY)))
    }

    /// Returns the path with a query of ours, which may be longer than one from outside. What could lead elsewhere is left out.
    #[must_use]
    pub fn with_query(&self, query: &str) -> Self {
        let is_plain = query.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        if is_plain { Self(format!("{}?{query}", self.0)) } else { self.clone() }
    }

    /// The text.
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
