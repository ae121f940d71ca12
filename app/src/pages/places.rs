//! Pages and actions, shared by the menu, the search and the keyboard shortcuts.

use std::sync::LazyLock;

use engine::change::Kind;
use http::Method;
use leptos::server_fn::ServerFn as _;
use store::actor::Role;
use strum::VariantArray as _;

use crate::access::{self, Caller};
use crate::actions::people::{AddKey, AddPerson, ChangePassword, EndOtherSessions, SetPreferences};
use crate::actions::runs::{CancelRun, StartReplay};
use crate::actions::settings::{SendTestMail, SetOrganisation, SetOwners};
use crate::actions::stop::StopWorkflow;
use crate::actions::sync::{PauseDestination, ReplayEffects, RunJob};
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
            Self::Approvals => texts().places_approvals(),
            Self::Suggestions => texts().places_suggestions(),
            Self::Versions(kind) => kind.spec().plural.to_owned(),
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
            Self::Approvals => texts().places_approvals_keywords(),
            Self::Suggestions => texts().places_suggestions_keywords(),
            Self::Versions(kind) => kinds::look(kind).about.to_owned(),
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
            Self::Approvals => texts().help_approvals(),
            Self::Suggestions => texts().help_suggestions(),
            Self::Versions(kind) => {
                return kinds::look(kind).help.iter().map(|paragraph| (*paragraph).to_owned()).collect();
            }
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
pub enum Group {
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
pub struct Place {
    pub section: Section,
    pub group: Group,
    pub href: &'static str,
    pub icon: Icon,
    /// The key that opens the page after `g`.
    pub go: char,
}

const fn place(section: Section, group: Group, href: &'static str, icon: Icon, go: char) -> Place {
    Place { section, group, href, icon, go }
}

impl Place {
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
static PLACES: LazyLock<Vec<Place>> = LazyLock::new(|| {
    let kinds = Kind::VARIANTS.iter().map(|kind| versions(*kind));
    FIRST.iter().copied().chain(kinds).chain(LATER.iter().copied()).collect()
});

/// Builds the menu entry for a kind of version, in the layer of the kind's owner.
fn versions(kind: Kind) -> Place {
    let (spec, look) = (kind.spec(), kinds::look(kind));
    let group = if spec.owner == Role::Enablement { Group::Content } else { Group::Rules };
    place(Section::Versions(kind), group, spec.path, look.icon, look.go)
}

/// Pages that precede the kinds of versions in the menu.
const FIRST: &[Place] = &[
    place(Section::Home, Group::Start, "/", Icon::Home, 'h'),
    place(Section::Queue, Group::Start, "/queue", Icon::Inbox, 'q'),
    place(Section::Leads, Group::Start, "/leads", Icon::Leads, 'l'),
    place(Section::Approvals, Group::Start, "/changes", Icon::Approve, 'c'),
    place(Section::Suggestions, Group::Start, "/changes?show=mine", Icon::Bulb, 'm'),
];

/// Pages that follow the kinds of versions in the menu.
const LATER: &[Place] = &[
    place(Section::Releases, Group::Rules, "/releases", Icon::Release, 'v'),
    place(Section::Outbox, Group::Sync, "/sync", Icon::Send, 'o'),
    place(Section::Jobs, Group::Sync, "/sync/jobs", Icon::Clock, 'j'),
    place(Section::Runs, Group::Sync, "/runs", Icon::Hourglass, 'n'),
    place(Section::Dashboard, Group::Control, "/dashboard", Icon::Dashboard, 'd'),
    place(Section::AuditLog, Group::Control, "/audit", Icon::Log, 'a'),
    place(Section::People, Group::Settings, "/people", Icon::Person, 'p'),
    place(Section::Keys, Group::Settings, "/keys", Icon::Key, 'k'),
    place(Section::Styleguide, Group::Settings, "/styleguide", Icon::Columns, 'y'),
    place(Section::Settings, Group::Settings, "/settings", Icon::Sliders, 's'),
    place(Section::Import, Group::Elsewhere, "/import", Icon::Upload, 'i'),
    place(Section::Account, Group::Elsewhere, "/account", Icon::Person, 'u'),
];

/// An action that a person can take on a page.
pub struct Act {
    /// Returns the title.
    pub title: fn() -> String,
    pub href: &'static str,
    action: &'static str,
}

const ACTS: &[Act] = &[
    Act { title: || texts().places_stop_workflow(), href: "/", action: StopWorkflow::PATH },
    Act { title: || texts().places_add_person(), href: "/people", action: AddPerson::PATH },
    Act { title: || texts().places_add_key(), href: "/keys", action: AddKey::PATH },
    Act { title: || texts().places_pause_destination(), href: "/sync", action: PauseDestination::PATH },
    Act {
        title: || texts().places_retry_deliveries(),
        href: "/sync/effects?state=dead",
        action: ReplayEffects::PATH,
    },
    Act { title: || texts().places_run_job(), href: "/sync/jobs", action: RunJob::PATH },
    Act { title: || texts().places_replay(), href: "/runs", action: StartReplay::PATH },
    Act { title: || texts().places_cancel_run(), href: "/runs?state=running", action: CancelRun::PATH },
    Act {
        title: || texts().places_change_password(),
        href: "/account#h-password",
        action: ChangePassword::PATH,
    },
    Act { title: || texts().places_change_formats(), href: "/account#h-shown", action: SetPreferences::PATH },
    Act {
        title: || texts().places_sign_out_others(),
        href: "/account#h-sessions",
        action: EndOtherSessions::PATH,
    },
    Act {
        title: || texts().places_rename_organization(),
        href: "/settings#h-organisation",
        action: SetOrganisation::PATH,
    },
    Act { title: || texts().places_set_owners(), href: "/settings#h-owners", action: SetOwners::PATH },
    Act { title: || texts().places_send_test(), href: "/settings#h-mail", action: SendTestMail::PATH },
];

/// Returns the pages that the viewer may see.
pub fn places(viewer: &Viewer) -> impl Iterator<Item = &'static Place> + use<> {
    let caller = Caller::Person(viewer.roles.clone());
    PLACES.iter().filter(move |place| access::check(&Method::GET, place.path(), &caller, false).is_ok())
}

/// Returns the actions that the viewer may take.
pub fn acts(viewer: &Viewer) -> impl Iterator<Item = &'static Act> + use<> {
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
