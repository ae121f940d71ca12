//! Pages and actions, shared by the menu, the search and the keyboard shortcuts.

use std::sync::LazyLock;

use engine::change::Kind;
use http::Method;
use leptos::server_fn::ServerFn as _;
use store::actor::Role;
use strum::VariantArray as _;

use crate::access::{self, Caller};
use crate::actions::changes::StartChange;
use crate::actions::people::{AddKey, AddPerson, ChangePassword, EndOtherSessions, SetPreferences};
use crate::actions::runs::{CancelRun, StartReplay};
use crate::actions::settings::{SendTestMail, SetOrganisation, SetOwners};
use crate::actions::stop::StopWorkflow;
use crate::actions::sync::{PauseDestination, ReplayEffects, RunJob};
use crate::actions::{SetTheme, SignOut};
use crate::context::Viewer;
use crate::texts::texts;
use crate::ui::icon::Icon;
use crate::ui::kinds;

/// A page in the menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    Home,
    Queue,
    Leads,
    Merges,
    Outbox,
    Jobs,
    Runs,
    Import,
    Dashboard,
    AuditLog,
    People,
    Keys,
    Styleguide,
    Settings,
    Account,
    Search,
    Approvals,
    Releases,
    Suggestions,
    /// The pages of a kind of version.
    Versions(Kind),
}

impl Section {
    /// Returns the title of the page.
    fn title(self) -> String {
        match self {
            Self::Home => texts().places_home(),
            Self::Queue => texts().places_queue(),
            Self::Leads => texts().places_leads(),
            Self::Merges => texts().places_merges(),
            Self::Approvals => texts().places_approvals(),
            Self::Suggestions => texts().places_suggestions(),
            Self::Versions(kind) => kinds::plural(kind),
            Self::Releases => texts().places_releases(),
            Self::Outbox => texts().places_outbox(),
            Self::Jobs => texts().places_jobs(),
            Self::Runs => texts().places_runs(),
            Self::Import => texts().places_import(),
            Self::Dashboard => texts().places_dashboard(),
            Self::AuditLog => texts().places_audit_log(),
            Self::People => texts().places_people(),
            Self::Keys => texts().places_keys(),
            Self::Styleguide => texts().places_styleguide(),
            Self::Settings => texts().places_settings(),
            Self::Account => texts().places_account(),
            Self::Search => texts().places_search(),
        }
    }

    /// Returns words, besides the title, that find the page in the search.
    fn keywords(self) -> String {
        match self {
            Self::Home => texts().places_home_keywords(),
            Self::Queue => texts().places_queue_keywords(),
            Self::Leads => texts().places_leads_keywords(),
            Self::Merges => texts().places_merges_keywords(),
            Self::Approvals => texts().places_approvals_keywords(),
            Self::Suggestions => texts().places_suggestions_keywords(),
            Self::Versions(kind) => kinds::keywords(kind),
            Self::Releases => texts().places_releases_keywords(),
            Self::Outbox => texts().places_outbox_keywords(),
            Self::Jobs => texts().places_jobs_keywords(),
            Self::Runs => texts().places_runs_keywords(),
            Self::Import => texts().places_import_keywords(),
            Self::Dashboard => texts().places_dashboard_keywords(),
            Self::AuditLog => texts().places_audit_log_keywords(),
            Self::People => texts().places_people_keywords(),
            Self::Keys => texts().places_keys_keywords(),
            Self::Styleguide => texts().places_styleguide_keywords(),
            Self::Settings => texts().places_settings_keywords(),
            Self::Account => texts().places_account_keywords(),
            Self::Search => String::new(),
        }
    }

    /// Returns the paragraphs of the page's help.
    pub fn help(self) -> Vec<String> {
        let text = match self {
            Self::Home => texts().help_home(),
            Self::Queue => texts().help_queue(),
            Self::Leads => texts().help_leads(),
            Self::Merges => texts().help_merges(),
            Self::Approvals => texts().help_approvals(),
            Self::Suggestions => texts().help_suggestions(),
            Self::Versions(kind) => kinds::help(kind),
            Self::Releases => texts().help_releases(),
            Self::Outbox => texts().help_outbox(),
            Self::Jobs => texts().help_jobs(),
            Self::Runs => texts().help_runs(),
            Self::Import => texts().help_import(),
            Self::Dashboard => texts().help_dashboard(),
            Self::AuditLog => texts().help_audit_log(),
            Self::People => texts().help_people(),
            Self::Keys => texts().help_keys(),
            Self::Styleguide => texts().help_styleguide(),
            Self::Settings => texts().help_settings(),
            Self::Account => texts().help_account(),
            Self::Search => texts().help_search(),
        };
        text.split("\n\n").map(str::to_owned).collect()
    }
}

/// A group of the menu. Each layer is a group with its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MenuGroup {
    Start,
    Content,
    Rules,
    Sync,
    Control,
    Settings,
    /// Absent from the menu; linked from elsewhere in the frame.
    Elsewhere,
}

/// A page with its menu entry.
#[derive(Clone, Copy)]
pub struct MenuPage {
    pub section: Section,
    pub group: MenuGroup,
    pub href: &'static str,
    pub icon: Icon,
    /// The key that opens the page after `g`.
    pub go: char,
}

const fn place(section: Section, group: MenuGroup, href: &'static str, icon: Icon, go: char) -> MenuPage {
    MenuPage { section, group, href, icon, go }
}

impl MenuPage {
    /// Returns the title of the page.
    pub fn title(&self) -> String {
        self.section.title()
    }

    /// Returns words, besides the title, that find the page in the search.
    pub fn keywords(&self) -> String {
        self.section.keywords()
    }

    /// Returns the path without the query.
    fn path(&self) -> &'static str {
        self.href.split('?').next().unwrap_or(self.href)
    }
}

/// All pages in menu order.
static PLACES: LazyLock<Vec<MenuPage>> = LazyLock::new(|| {
    let kinds = Kind::VARIANTS.iter().map(|kind| versions(*kind));
    FIRST.iter().copied().chain(kinds).chain(LATER.iter().copied()).collect()
});

/// Builds the menu entry for a kind of version, in the layer of the kind's owner.
fn versions(kind: Kind) -> MenuPage {
    let (spec, look) = (kind.spec(), kinds::appearance(kind));
    let group = if spec.owner == Role::Enablement { MenuGroup::Content } else { MenuGroup::Rules };
    place(Section::Versions(kind), group, spec.path, look.icon, look.go)
}

/// Pages that precede the kinds of versions in the menu.
const FIRST: &[MenuPage] = &[
    place(Section::Home, MenuGroup::Start, "/", Icon::Home, 'h'),
    place(Section::Queue, MenuGroup::Start, "/queue", Icon::Inbox, 'q'),
    place(Section::Leads, MenuGroup::Start, "/leads", Icon::Leads, 'l'),
    place(Section::Merges, MenuGroup::Start, "/merges", Icon::Merge, 'b'),
    place(Section::Approvals, MenuGroup::Start, "/changes", Icon::Approve, 'c'),
    place(Section::Suggestions, MenuGroup::Start, "/changes?show=mine", Icon::Bulb, 'm'),
];

/// Pages that follow the kinds of versions in the menu.
const LATER: &[MenuPage] = &[
    place(Section::Releases, MenuGroup::Rules, "/releases", Icon::Release, 'v'),
    place(Section::Outbox, MenuGroup::Sync, "/sync", Icon::Send, 'o'),
    place(Section::Jobs, MenuGroup::Sync, "/sync/jobs", Icon::Clock, 'j'),
    place(Section::Runs, MenuGroup::Sync, "/runs", Icon::Hourglass, 'n'),
    place(Section::Dashboard, MenuGroup::Control, "/dashboard", Icon::Dashboard, 'd'),
    place(Section::AuditLog, MenuGroup::Control, "/audit", Icon::Log, 'a'),
    place(Section::People, MenuGroup::Settings, "/people", Icon::Person, 'p'),
    place(Section::Keys, MenuGroup::Settings, "/keys", Icon::Key, 'k'),
    place(Section::Styleguide, MenuGroup::Settings, "/styleguide", Icon::Columns, 'y'),
    place(Section::Settings, MenuGroup::Settings, "/settings", Icon::Sliders, 's'),
    place(Section::Import, MenuGroup::Elsewhere, "/import", Icon::Upload, 'i'),
    place(Section::Account, MenuGroup::Elsewhere, "/account", Icon::Person, 'u'),
];

/// An action that a person can take on a page.
pub struct PageAction {
    /// Returns the title.
    pub title: fn() -> String,
    /// Returns words, besides the title, that find the action in the search.
    pub keywords: fn() -> String,
    pub href: &'static str,
    action: &'static str,
}

const ACTS: &[PageAction] = &[
    PageAction {
        title: || texts().places_stop_workflow(),
        keywords: || texts().places_stop_workflow_keywords(),
        href: "/",
        action: StopWorkflow::PATH,
    },
    PageAction {
        title: || texts().places_add_person(),
        keywords: || texts().places_add_person_keywords(),
        href: "/people",
        action: AddPerson::PATH,
    },
    PageAction {
        title: || texts().places_add_key(),
        keywords: || texts().places_add_key_keywords(),
        href: "/keys",
        action: AddKey::PATH,
    },
    PageAction {
        title: || texts().places_pause_destination(),
        keywords: String::new,
        href: "/sync",
        action: PauseDestination::PATH,
    },
    PageAction {
        title: || texts().places_retry_deliveries(),
        keywords: || texts().places_retry_deliveries_keywords(),
        href: "/sync/effects?state=failed",
        action: ReplayEffects::PATH,
    },
    PageAction {
        title: || texts().places_run_job(),
        keywords: String::new,
        href: "/sync/jobs",
        action: RunJob::PATH,
    },
    PageAction {
        title: || texts().places_replay(),
        keywords: String::new,
        href: "/runs",
        action: StartReplay::PATH,
    },
    PageAction {
        title: || texts().places_cancel_run(),
        keywords: String::new,
        href: "/runs?state=running",
        action: CancelRun::PATH,
    },
    PageAction {
        title: || texts().places_change_password(),
        keywords: String::new,
        href: "/account#h-password",
        action: ChangePassword::PATH,
    },
    PageAction {
        title: || texts().places_change_formats(),
        keywords: || texts().places_change_formats_keywords(),
        href: "/account#h-shown",
        action: SetPreferences::PATH,
    },
    PageAction {
        title: || texts().places_sign_out_others(),
        keywords: || texts().places_sign_out_others_keywords(),
        href: "/account#h-sessions",
        action: EndOtherSessions::PATH,
    },
    PageAction {
        title: || texts().places_rename_organization(),
        keywords: String::new,
        href: "/settings#h-organisation",
        action: SetOrganisation::PATH,
    },
    PageAction {
        title: || texts().places_set_owners(),
        keywords: || texts().places_set_owners_keywords(),
        href: "/settings#h-owners",
        action: SetOwners::PATH,
    },
    PageAction {
        title: || texts().places_send_test(),
        keywords: String::new,
        href: "/settings#h-mail",
        action: SendTestMail::PATH,
    },
    PageAction {
        title: || texts().places_sign_out(),
        keywords: || texts().places_sign_out_keywords(),
        href: "/account#h-sessions",
        action: SignOut::PATH,
    },
    PageAction {
        title: || texts().places_theme(),
        keywords: || texts().places_theme_keywords(),
        href: "/account#h-theme",
        action: SetTheme::PATH,
    },
    PageAction {
        title: || texts().places_edit_rule(),
        keywords: || texts().places_edit_rule_keywords(),
        href: "/rules",
        action: StartChange::PATH,
    },
    PageAction {
        title: || texts().places_edit_list(),
        keywords: || texts().places_edit_list_keywords(),
        href: "/lists",
        action: StartChange::PATH,
    },
    PageAction {
        title: || texts().places_edit_pool(),
        keywords: || texts().places_edit_pool_keywords(),
        href: "/pools",
        action: StartChange::PATH,
    },
    PageAction {
        title: || texts().places_edit_map(),
        keywords: || texts().places_edit_map_keywords(),
        href: "/maps",
        action: StartChange::PATH,
    },
];

/// Returns the title of the page with a path, if it is in the table.
pub fn title_of(path: &str) -> Option<String> {
    PLACES.iter().find(|place| place.path() == path).map(MenuPage::title)
}

/// Returns the pages that the viewer may see.
pub fn pages(viewer: &Viewer) -> impl Iterator<Item = &'static MenuPage> + use<> {
    let caller = Caller::Person(viewer.roles.clone());
    PLACES.iter().filter(move |place| access::check(&Method::GET, place.path(), &caller, false).is_ok())
}

/// Returns the actions that the viewer may take.
pub fn page_actions(viewer: &Viewer) -> impl Iterator<Item = &'static PageAction> + use<> {
    let caller = Caller::Person(viewer.roles.clone());
    ACTS.iter().filter(move |act| access::check(&Method::POST, act.action, &caller, false).is_ok())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_page_has_a_key_of_its_own_and_is_one() {
        let keys: BTreeSet<char> = PLACES.iter().map(|place| place.go).collect();
        assert_eq!(keys.len(), PLACES.len());
        for place in PLACES.iter() {
            assert!(access::need(&Method::GET, place.path()).is_some(), "{}", place.href);
        }
        for act in ACTS {
            let path = act.href.split(['?', '#']).next().unwrap();
            assert!(access::need(&Method::GET, path).is_some(), "{}", act.href);
            assert!(access::need(&Method::POST, act.action).is_some(), "{}", act.action);
        }
    }
}
