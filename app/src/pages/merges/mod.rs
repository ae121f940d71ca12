//! Suggestions to merge leads: the list, and two leads side by side.

mod list;
mod pair;
mod side;

pub use self::list::Merges;
pub use self::pair::MergePage;
pub(super) use self::pair::undoing;

use store::merges::MergeSuggestion;

use crate::texts::texts;

/// Returns the path of a suggestion.
pub(super) fn path(suggestion: &MergeSuggestion) -> String {
    format!("/merges/{}/{}", suggestion.lead_id, suggestion.other_lead_id)
}

/// Returns the two leads' names.
fn names(suggestion: &MergeSuggestion) -> [String; 2] {
    let name = |name: &Option<String>| name.clone().unwrap_or_else(|| texts().merges_unnamed());
    [name(&suggestion.lead), name(&suggestion.other)]
}
