//! The lists that have a page of their own, where saved views, the table of access and the files look them up. What a list
//! shows, and how it is read, is its `ListPage`.

use store::actor::Role;

/// A list: its page and the file it can be exported to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListInfo {
    /// The path of its page.
    pub path: &'static str,
    /// The path of its rows as CSV.
    pub csv: &'static str,
    /// What the file is called, without date and ending.
    pub file: &'static str,
    /// The roles that may read it; `None` for everyone who is signed in.
    pub readers: Option<&'static [Role]>,
}

const fn list(path: &'static str, csv: &'static str, file: &'static str) -> ListInfo {
    ListInfo { path, csv, file, readers: None }
}

/// Leads and the last decision about each.
pub const LEADS: ListInfo = list("/leads", "/leads.csv", "leads");
/// Actions that are not finished.
pub const EFFECTS: ListInfo = list("/sync/effects", "/sync/effects.csv", "unfinished-actions");
/// Who did what.
pub const AUDIT: ListInfo = list("/audit", "/audit.csv", "audit-log");
/// Who signs in.
pub const PEOPLE: ListInfo = list("/people", "/people.csv", "people");
/// Long work and its progress.
pub const RUNS: ListInfo = list("/runs", "/runs.csv", "runs");
/// Drafts, changes to approve and those that were decided.
pub const CHANGES: ListInfo = list("/changes", "/changes.csv", "changes");
/// Releases of all workflows.
pub const RELEASES: ListInfo = list("/releases", "/releases.csv", "releases");
/// Keys of the API.
pub const KEYS: ListInfo =
    ListInfo { readers: Some(&[Role::Admin]), ..list("/keys", "/keys.csv", "api-keys") };

/// All of them.
pub const LISTS: [&ListInfo; 8] = [&LEADS, &EFFECTS, &AUDIT, &PEOPLE, &RUNS, &CHANGES, &RELEASES, &KEYS];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_beside_its_page() {
        for list in LISTS {
            assert_eq!(list.csv, format!("{}.csv", list.path));
        }
    }
}
