//! Titles of lists, pools and destinations on screen. They are a Leptos context that the page's frame provides, because too
//! many places show names to pass it to each.

use std::collections::BTreeMap;

use engine::change::Kind;
use leptos::prelude::use_context;
use store::titles::{TitledObject, Titles};

use super::words;

/// Returns what a versioned item is called: its title, or else its name in words.
pub fn version(kind: Kind, name: &str) -> String {
    title(TitledObject::Version(kind, name)).unwrap_or_else(|| words::sentence(name))
}

/// Returns what a list is called.
pub fn list(name: &str) -> String {
    version(Kind::List, name)
}

/// Returns what a pool is called.
pub fn pool(name: &str) -> String {
    version(Kind::Pool, name)
}

/// Returns what a destination is called: its title, or else its name.
pub fn destination(name: &str) -> String {
    title(TitledObject::Destination(name)).unwrap_or_else(|| name.to_owned())
}

/// Titles of fields by name, as a Leptos context of pages that show fields without their catalogue.
#[derive(Clone, Debug, Default)]
pub struct FieldTitles(pub BTreeMap<String, String>);

/// Returns what a field is called: its title in the catalogue, or else its name in words.
pub fn field(name: &str) -> String {
    let title = use_context::<FieldTitles>().and_then(|titles| titles.0.get(name).cloned());
    title.unwrap_or_else(|| words::sentence(name))
}

/// Returns the title that people gave an item.
pub fn title(what: TitledObject<'_>) -> Option<String> {
    use_context::<Titles>()?.get(what).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_title_the_name_is_shown() {
        assert_eq!(field("budget_eur"), "Budget eur");
        let titled = || {
            leptos::prelude::provide_context(FieldTitles(
                [("budget_eur".to_owned(), "Budget (EUR)".to_owned())].into(),
            ));
            field("budget_eur")
        };
        assert_eq!(leptos::prelude::Owner::new().with(titled), "Budget (EUR)");
        assert_eq!(version(Kind::List, "target_accounts"), "Target accounts");
        assert_eq!(destination("crm-webhook"), "crm-webhook");
    }
}
