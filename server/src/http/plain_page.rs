//! Renders pages without the app: errors, and signing in again. They use the same layout as the app's pages for people who are
//! signed out.

use app::actions::THEME_COOKIE;
use axum::http::HeaderMap;

use super::State;
use super::cookies::cookie;

/// Properties of a request that determine the look of such a page.
#[derive(Clone, Debug, Default)]
pub(super) struct PlainPage {
    stylesheet: Option<String>,
    theme: Option<&'static str>,
}

impl PlainPage {
    /// Returns the look that the browser asks for.
    pub(super) fn of(state: &State, headers: &HeaderMap) -> Self {
        let theme = cookie(headers, THEME_COOKIE)
            .and_then(|name| ["light", "dark"].into_iter().find(|one| *one == name));
        Self { stylesheet: state.assets.get("main.css").cloned(), theme }
    }

    /// Renders a whole page. `body` is HTML.
    pub(super) fn page(&self, title: &str, body: &str) -> String {
        let title = escape(title);
        let theme = self.theme.map_or_else(String::new, |theme| format!(" data-theme=\"{theme}\""));
        let link = self
            .stylesheet
            .as_ref()
            .map_or_else(String::new, |path| format!("<link rel=\"stylesheet\" href=\"/{}\">", escape(path)));
        format!(
            "<!DOCTYPE html><html lang=\"en\"{theme}><head><meta charset=\"utf-8\"><title>{title} · Meshline</title>\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <meta name=\"color-scheme\" content=\"light dark\">{link}</head>\
             <body><div class=\"gate\"><header><a class=\"brand\" href=\"/\">Meshline</a></header>\
             <main id=\"main\"><h1>{title}</h1>{body}</main></div></body></html>"
        )
    }
}

/// Escapes a text for HTML, including attribute values.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
