//! The table of lists with a page. Saved views, the access table and exports look them up here. `ListPage` defines the content
//! of a list and how it is read.

use store::actor::Role;

/// A list: its page and its export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListInfo {
    /// The path of the page.
    pub path: &'static str,
    /// The path of the rows as CSV.
    pub csv: &'static str,
    /// The file's name, without date and extension.
    pub file: &'static str,
    /// The roles that may read it; `None` for every signed-in person.
    pub readers: Option<&'static [Role]>,
}

const fn list(path: &'static str, csv: &'static str, file: &'static str) -> ListInfo {
    ListInfo { path, csv, file, readers: None }
}

/// Leads and the latest decision about each.
pub const LEADS: ListInfo = list("/leads", "/leads.csv", "leads");
/// Actions that are not finished.
pub const EFFECTS: ListInfo = list("/sync/effects", "/sync/effects.csv", "unfinished-actions");
/// Actions that were delivered, and those that were not sent.
pub const HISTORY: ListInfo = list("/sync/history", "/sync/history.csv", "delivery-history");
/// The audit log.
pub const AUDIT: ListInfo = list("/audit", "/audit.csv", "audit-log");
/// People who can sign in.
pub const PEOPLE: ListInfo = list("/people", "/people.csv", "people");
/// Long-running work and its progress.
pub const RUNS: ListInfo = list("/runs", "/runs.csv", "runs");
/// Drafts, changes to approve and completed ones.
pub const CHANGES: ListInfo = list("/changes", "/changes.csv", "changes");
/// Releases of all workflows.
pub const RELEASES: ListInfo = list("/releases", "/releases.csv", "releases");
/// API keys.
pub const KEYS: ListInfo =
    ListInfo { readers: Some(&[Role::Admin]), ..list("/keys", "/keys.csv", "api-keys") };

/// All lists.
pub const LISTS: [&ListInfo; 9] =
    [&LEADS, &EFFECTS, &HISTORY, &AUDIT, &PEOPLE, &RUNS, &CHANGES, &RELEASES, &KEYS];

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
