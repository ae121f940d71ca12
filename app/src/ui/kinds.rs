//! The appearance of each kind of version on screen, which complements its row in the engine's table.

use std::borrow::Borrow;

use engine::change::Kind;

use super::icon::Icon;
use super::number;
use crate::texts::texts;

/// The appearance of a kind in the menu, in the search and on its pages.
#[derive(Clone, Copy, Debug)]
pub struct KindAppearance {
    /// The icon.
    pub icon: Icon,
    /// The key that opens the kind's page after `g`.
    pub go: char,
}

/// Returns the appearance of a kind.
pub fn appearance(kind: Kind) -> KindAppearance {
    let (icon, go) = match kind {
        Kind::Catalogue => (Icon::Fields, 'f'),
        Kind::Map => (Icon::Extract, 'e'),
        Kind::RuleSet => (Icon::Rules, 'r'),
        Kind::List => (Icon::Target, 't'),
        Kind::Pool => (Icon::Route, 'w'),
    };
    KindAppearance { icon, go }
}

/// Returns the singular name of a kind, for example `Rule set`.
pub fn title<K: Borrow<Kind>>(kind: K) -> String {
    match kind.borrow() {
        Kind::Catalogue => texts().kinds_catalogue(),
        Kind::Map => texts().kinds_map(),
        Kind::RuleSet => texts().kinds_rules(),
        Kind::List => texts().kinds_list(),
        Kind::Pool => texts().kinds_pool(),
    }
}

/// Returns the plural name of a kind, the heading of its page.
pub fn plural<K: Borrow<Kind>>(kind: K) -> String {
    match kind.borrow() {
        Kind::Catalogue => texts().kinds_catalogue_plural(),
        Kind::Map => texts().kinds_map_plural(),
        Kind::RuleSet => texts().kinds_rules_plural(),
        Kind::List => texts().kinds_list_plural(),
        Kind::Pool => texts().kinds_pool_plural(),
    }
}

/// Returns the purpose of a kind, as a phrase below the heading.
pub fn about(kind: Kind) -> String {
    match kind {
        Kind::Catalogue => texts().kinds_catalogue_about(),
        Kind::Map => texts().kinds_map_about(),
        Kind::RuleSet => texts().kinds_rules_about(),
        Kind::List => texts().kinds_list_about(),
        Kind::Pool => texts().kinds_pool_about(),
    }
}

/// Returns the size of a version: the number of its fields, rules, entries or people.
pub fn size(kind: Kind, n: i64) -> String {
    let shown = number::count(n);
    match kind {
        Kind::Catalogue | Kind::Map => texts().kinds_fields(n, shown),
        Kind::RuleSet => texts().kinds_rules_size(n, shown),
        Kind::List => texts().kinds_entries(n, shown),
        Kind::Pool => texts().kinds_people(n, shown),
    }
}

/// Returns how to choose a name, for kinds of which people create new ones.
pub fn name_hint(kind: Kind) -> Option<String> {
    match kind {
        Kind::List => Some(texts().kinds_list_name_hint()),
        Kind::Pool => Some(texts().kinds_pool_name_hint()),
        Kind::Catalogue | Kind::Map | Kind::RuleSet => None,
    }
}

/// Returns the title of the button that creates one.
pub fn new(kind: Kind) -> String {
    match kind {
        Kind::Pool => texts().kinds_pool_new(),
        Kind::List | Kind::Catalogue | Kind::Map | Kind::RuleSet => texts().kinds_list_new(),
    }
}

/// Returns words, besides the title, that find the kind's page in the search.
pub fn keywords(kind: Kind) -> String {
    match kind {
        Kind::Catalogue => texts().kinds_catalogue_keywords(),
        Kind::Map => texts().kinds_map_keywords(),
        Kind::RuleSet => texts().kinds_rules_keywords(),
        Kind::List => texts().kinds_list_keywords(),
        Kind::Pool => texts().kinds_pool_keywords(),
    }
}

/// Returns the help of the kind's page, in paragraphs.
pub fn help(kind: Kind) -> String {
    match kind {
        Kind::Catalogue => texts().kinds_catalogue_help(),
        Kind::Map => texts().kinds_map_help(),
        Kind::RuleSet => texts().kinds_rules_help(),
        Kind::List => texts().kinds_list_help(),
        Kind::Pool => texts().kinds_pool_help(),
    }
}

/// Returns the heading and the hint of the empty state.
pub fn empty(kind: Kind) -> (String, String) {
    match kind {
        Kind::Catalogue | Kind::Map | Kind::RuleSet => (texts().kinds_none_title(), texts().kinds_none()),
        Kind::List => (texts().kinds_list_none_title(), texts().kinds_list_none()),
        Kind::Pool => (texts().kinds_pool_none_title(), texts().kinds_pool_none()),
    }
}
