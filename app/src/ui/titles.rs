//! What lists, pools and destinations are called on screen. The titles are a Leptos context, as names stand in too many places
//! to hand it to each; the page's frame provides it.

use engine::change::Kind;
use leptos::prelude::use_context;
use store::titles::{Titled, Titles};

use super::words;

/// Returns what something that has versions is called: its title, or its name in words.
pub fn version(kind: Kind, name: &str) -> String {
    title(Titled::Version(kind, name)).unwrap_or_else(|| words::sentence(name))
}

/// Returns what a list is called.
pub fn list(name: &str) -> String {
    version(Kind::List, name)
}

/// Returns what a pool is called.
pub fn pool(name: &str) -> String {
    version(Kind::Pool, name)
}

/// Returns what a destination is called: its title, or its name.
pub fn destination(name: &str) -> String {
    title(Titled::Destination(name)).unwrap_or_else(|| name.to_owned())
}

/// Returns the title that people gave something.
pub fn title(what: Titled<'_>) -> Option<String> {
    use_context::<Titles>()?.get(what).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_title_the_name_is_shown() {
        assert_eq!(version(Kind::List, "target_accounts"), "Target accounts");
        assert_eq!(destination("crm-webhook"), "crm-webhook");
    }
}
