//! Adds and removes single entries of a list.

use serde_json::{Value as Json, json};

use crate::rules::ReferenceList;

/// A list after an edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditedEntries {
    /// The content.
    pub body: Json,
    /// The number of entries that were added.
    pub added: usize,
    /// The number of entries that were removed.
    pub removed: usize,
    /// The number of entries that could not be added, since they are in the list or have no letters or digits.
    pub skipped: usize,
}

/// Removes and then adds entries. Entries are compared as rules look them up: letter case and spaces do not matter.
pub fn edit_entries<'a>(
    body: Option<&Json>,
    add: impl IntoIterator<Item = &'a str>,
    remove: impl IntoIterator<Item = &'a str>,
) -> EditedEntries {
    let before = body.and_then(|body| body.get("entries")).and_then(Json::as_array);
    let before: Vec<&str> = before.into_iter().flatten().filter_map(Json::as_str).collect();
    let removed = ReferenceList::new(remove.into_iter().map(str::to_owned));
    let kept = before.iter().filter(|entry| !removed.has_equal(entry)).map(|entry| (*entry).to_owned());
    let mut list = ReferenceList::new(kept);
    let kept = list.len();
    let mut skipped = 0;
    for entry in add.into_iter().map(str::trim).filter(|entry| !entry.is_empty()) {
        if !list.insert(entry) {
            skipped += 1;
        }
    }
    let mut all: Vec<&str> = list.entries().collect();
    all.sort_unstable();
    EditedEntries {
        body: json!({ "entries": all }),
        added: list.len() - kept,
        removed: before.len() - kept,
        skipped,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_added_and_removed_as_rules_look_them_up() {
        let body = json!({ "entries": ["Globex", "Initech", "Umbrella"] });
        let edited = edit_entries(Some(&body), [" Hooli ", "", "GLOBEX.", "..."], ["initech", "none"]);
        assert_eq!(edited.body, json!({ "entries": ["Globex", "Hooli", "Umbrella"] }));
        assert_eq!((edited.added, edited.removed, edited.skipped), (1, 1, 2));
        // An entry can be written differently by removing and adding it.
        let rewritten = edit_entries(Some(&body), ["GLOBEX"], ["Globex"]);
        assert_eq!(rewritten.body, json!({ "entries": ["GLOBEX", "Initech", "Umbrella"] }));
        assert_eq!(edit_entries(None, ["a"], []).body, json!({ "entries": ["a"] }));
    }
}
