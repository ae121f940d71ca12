//! The lists that have a page of their own, where saved views, the table of access and the files look them up. What a list
//! shows, and how it is read, is its `ListPage`.

/// A list: its page and the file it can be exported to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListInfo {
    /// The path of its page.
    pub path: &'static str,
    /// The path of its rows as CSV.
    pub csv: &'static str,
    /// What the file is called, without date and ending.
    pub file: &'static str,
}

/// Leads and the last decision about each.
pub const LEADS: ListInfo = ListInfo { path: "/leads", csv: "/leads.csv", file: "leads" };
/// Actions that are not finished.
pub const EFFECTS: ListInfo =
    ListInfo { path: "/sync/effects", csv: "/sync/effects.csv", file: "unfinished-actions" };
/// Who did what.
pub const AUDIT: ListInfo = ListInfo { path: "/audit", csv: "/audit.csv", file: "audit-log" };
/// Who signs in.
pub const PEOPLE: ListInfo = ListInfo { path: "/people", csv: "/people.csv", file: "people" };
/// Long work and its progress.
pub const RUNS: ListInfo = ListInfo { path: "/runs", csv: "/runs.csv", file: "runs" };

/// All of them.
pub const LISTS: [&ListInfo; 5] = [&LEADS, &EFFECTS, &AUDIT, &PEOPLE, &RUNS];

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
