//! The pages, rendered on the server only. Each one reads the store and returns a `frame::PageContent`.

// Lists name the types of their labels, which the trait leaves open: `&'static str` or `String`.
#![allow(refining_impl_trait)]

mod changes;
pub(crate) mod control;
pub(crate) mod dashboard;
pub(crate) mod frame;
mod gate;
mod help;
pub(crate) mod home;
mod import;
pub(crate) mod lead;
mod leads;
pub mod list_page;
mod list_tools;
mod menu;
mod merges;
mod palette;
mod period;
pub(crate) mod queue;
mod releases;
mod runs;
pub mod search;
mod styleguide;
pub(crate) mod sync;
mod versions;

pub use changes::ChangePage;
pub use control::{Account, PersonPage, Settings};
pub use dashboard::Dashboard;
pub use gate::{FirstRun, Forgot, NotFound, SetUp, SignIn};
pub use home::Home;
pub use import::{ImportMapping, ImportUpload};
pub use lead::{ErasePage, LeadPage};
pub use merges::{MergePage, Merges};
pub use queue::Queue;
pub use releases::ReleasePage;
pub use runs::RunPage;
pub use search::Search;
pub use styleguide::Styleguide;
pub use sync::{EffectPage, Jobs, Outbox, ResumePage};
pub use versions::{SubjectPage, Subjects};

use changes::ChangeList;
use control::{AuditList, KeyList, PeopleList};
use leads::LeadList;
use list_page::ListEntry;
use releases::ReleaseList;
use runs::RunList;
use sync::{EffectList, HistoryList};

/// All list pages, each with its CSV export.
pub static LIST_PAGES: [ListEntry; 9] = [
    ListEntry::of::<LeadList>(),
    ListEntry::of::<EffectList>(),
    ListEntry::of::<HistoryList>(),
    ListEntry::of::<AuditList>(),
    ListEntry::of::<PeopleList>(),
    ListEntry::of::<RunList>(),
    ListEntry::of::<ChangeList>(),
    ListEntry::of::<ReleaseList>(),
    ListEntry::of::<KeyList>(),
];

#[cfg(test)]
mod tests {
    use super::LIST_PAGES;
    use crate::lists::LISTS;

    #[test]
    fn every_list_has_its_page() {
        assert!(LIST_PAGES.iter().map(|page| &page.info).eq(LISTS), "the same lists in the same order");
    }
}
