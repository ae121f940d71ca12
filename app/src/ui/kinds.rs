//! The appearance of each kind of version on screen, which complements its row in the engine's table.

use engine::change::Kind;

use super::icon::Icon;
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
