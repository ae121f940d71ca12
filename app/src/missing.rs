//! The items that may be missing, and the message about each.

use engine::change::Kind;
use serde::{Deserialize, Serialize};

use crate::texts::texts;

/// An item that a page or an action asked for and that does not exist.
#[allow(missing_docs, reason = "the names say which item it is")]
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Missing {
    #[strum(to_string = "action", serialize = "effect", serialize = "failed effect")]
    Action,
    Bundle,
    Change,
    Chart,
    Credential,
    Decision,
    Destination,
    Draft,
    Event,
    Fields,
    Figures,
    File,
    #[strum(to_string = "first-run-code", serialize = "first-run code")]
    FirstRunCode,
    Import,
    Item,
    Job,
    Key,
    Kind,
    Lead,
    #[strum(to_string = "link", serialize = "set-up link")]
    Link,
    List,
    Map,
    #[strum(to_string = "merge-suggestion", serialize = "merge suggestion")]
    MergeSuggestion,
    NumberFormat,
    Page,
    Period,
    Person,
    Pool,
    Release,
    Replay,
    Role,
    Rule,
    RuleSet,
    Run,
    Scope,
    Session,
    Stop,
    TimeZone,
    Upload,
    Version,
    View,
    #[strum(to_string = "workflow", serialize = "live workflow")]
    Workflow,
}

impl Missing {
    /// Returns the message that the item was not found.
    pub fn message(self) -> String {
        texts().missing_item(<&str>::from(self))
    }

    /// Returns the item by its name in errors of the store.
    pub(crate) fn named(name: &str) -> Self {
        name.parse().unwrap_or(Self::Item)
    }
}

impl From<Kind> for Missing {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Catalogue => Self::Fields,
            Kind::Map => Self::Map,
            Kind::RuleSet => Self::RuleSet,
            Kind::List => Self::List,
            Kind::Pool => Self::Pool,
        }
    }
}

#[cfg(test)]
mod tests {
    use strum::VariantArray as _;

    use super::*;

    #[test]
    fn every_item_has_a_message_of_its_own() {
        for item in Missing::VARIANTS {
            let is_item = *item == Missing::Item;
            assert_eq!(item.message() == texts().missing_item("item"), is_item, "{item:?}");
        }
    }

    #[test]
    fn errors_of_the_store_name_items() {
        assert_eq!(Missing::named("failed effect").message(), "The action was not found.");
        assert_eq!(Missing::named("live workflow"), Missing::Workflow);
        assert_eq!(Missing::named("row"), Missing::Item);
    }
}
