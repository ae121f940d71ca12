//! Where one can go and what one can do: the menu, the search and the keyboard map show the same.

use http::Method;
use leptos::server_fn::ServerFn as _;

use crate::access::{self, Caller};
use crate::actions::people::{AddKey, AddPerson, ChangePassword, EndOtherSessions, SetPreferences};
use crate::actions::settings::{SendTestMail, SetOrganisation, SetOwners};
use crate::actions::stop::StopWorkflow;
use crate::actions::sync::{PauseDestination, ReplayEffects, RunJob};
use crate::context::Viewer;
use crate::ui::icon::Icon;

/// A page of the menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    Home,
    Queue,
    Leads,
    Outbox,
    Jobs,
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
    Maps,
    Fields,
    RuleSets,
    Lists,
    Pools,
}

/// Part of the menu, each layer with its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    Start,
    Content,
    Rules,
    Sync,
    Control,
    Settings,
    /// Not in the menu: reached from elsewhere in the frame.
    Elsewhere,
}

/// A page of its own.
pub struct Place {
    pub section: Section,
    pub group: Group,
    pub href: &'static str,
    pub icon: Icon,
    pub title: &'static str,
    /// The key that leads to it after `g`.
    pub go: char,
    /// What it is also looked for by.
    pub about: &'static str,
}

const fn place(
    section: Section,
    group: Group,
    href: &'static str,
    icon: Icon,
    title: &'static str,
    go: char,
    about: &'static str,
) -> Place {
    Place { section, group, href, icon, title, go, about }
}

impl Place {
    /// The address without its query.
    fn path(&self) -> &'static str {
        self.href.split('?').next().unwrap_or(self.href)
    }
}

/// The pages, in the order of the menu.
pub const PLACES: &[Place] = &[
    place(Section::Home, Group::Start, "/", Icon::Home, "Home", 'h', "start overview today"),
    place(
        Section::Queue,
        Group::Start,
        "/queue",
        Icon::Inbox,
        "Queue",
        'q',
        "waiting leads sdr triage decide",
    ),
    place(Section::Leads, Group::Start, "/leads", Icon::Leads, "Leads", 'l', "list decisions contacts"),
    place(
        Section::Approvals,
        Group::Start,
        "/changes",
        Icon::Approve,
        "Approvals",
        'c',
        "changes reviews sign waiting",
    ),
    place(
        Section::Suggestions,
        Group::Start,
        "/changes?show=mine",
        Icon::Bulb,
        "My suggestions",
        'm',
        "changes drafts",
    ),
    place(Section::Maps, Group::Content, "/maps", Icon::Extract, "Field extraction", 'e', "maps content"),
    place(Section::Fields, Group::Content, "/fields", Icon::Fields, "Fields", 'f', "catalogue"),
    place(Section::RuleSets, Group::Rules, "/rules", Icon::Rules, "Rule sets", 'r', "conditions decide"),
    place(
        Section::Lists,
        Group::Rules,
        "/lists",
        Icon::Target,
        "Lists",
        't',
        "target accounts companies domains",
    ),
    place(
        Section::Releases,
        Group::Rules,
        "/releases",
        Icon::Release,
        "Releases",
        'v',
        "go live rollout bundles versions",
    ),
    place(Section::Pools, Group::Rules, "/pools", Icon::Route, "Pools", 'w', "turns assign round robin"),
    place(
        Section::Outbox,
        Group::Sync,
        "/sync",
        Icon::Send,
        "Deliveries",
        'o',
        "destinations deliveries actions failed",
    ),
    place(Section::Jobs, Group::Sync, "/sync/jobs", Icon::Clock, "Jobs", 'j', "tasks schedule"),
    place(
        Section::Dashboard,
        Group::Control,
        "/dashboard",
        Icon::Dashboard,
        "Dashboard",
        'd',
        "figures kpi report charts",
    ),
    place(Section::AuditLog, Group::Control, "/audit", Icon::Log, "Audit log", 'a', "who did what history"),
    place(Section::People, Group::Settings, "/people", Icon::Person, "People", 'p', "users roles team"),
    place(Section::Keys, Group::Settings, "/keys", Icon::Key, "API keys", 'k', "programs tokens"),
    place(
        Section::Styleguide,
        Group::Settings,
        "/styleguide",
        Icon::Columns,
        "Styleguide",
        'y',
        "components design tokens",
    ),
    place(
        Section::Settings,
        Group::Settings,
        "/settings",
        Icon::Sliders,
        "Settings",
        's',
        "organisation owners mail",
    ),
    place(
        Section::Account,
        Group::Elsewhere,
        "/account",
        Icon::Person,
        "Your account",
        'u',
        "password time zone sessions profile",
    ),
];

/// Something one can do on a page.
pub struct Act {
    pub title: &'static str,
    pub href: &'static str,
    action: &'static str,
}

const ACTS: &[Act] = &[
    Act { title: "Stop a workflow", href: "/", action: StopWorkflow::PATH },
    Act { title: "Add a person", href: "/people", action: AddPerson::PATH },
    Act { title: "Make an API key", href: "/keys", action: AddKey::PATH },
    Act { title: "Pause or resume a destination", href: "/sync", action: PauseDestination::PATH },
    Act { title: "Try failed actions again", href: "/sync/effects?state=dead", action: ReplayEffects::PATH },
    Act { title: "Run a job now", href: "/sync/jobs", action: RunJob::PATH },
    Act { title: "Change your password", href: "/account#h-password", action: ChangePassword::PATH },
    Act {
        title: "Change your time zone and number format",
        href: "/account#h-shown",
        action: SetPreferences::PATH,
    },
    Act { title: "Sign out in other browsers", href: "/account#h-sessions", action: EndOtherSessions::PATH },
    Act { title: "Rename the organisation", href: "/settings#h-organisation", action: SetOrganisation::PATH },
    Act { title: "Name who answers for each layer", href: "/settings#h-owners", action: SetOwners::PATH },
    Act { title: "Send yourself a test e-mail", href: "/settings#h-mail", action: SendTestMail::PATH },
];

/// The pages that somebody may see.
pub fn places(viewer: &Viewer) -> impl Iterator<Item = &'static Place> + use<> {
    let caller = Caller::Person(viewer.roles.clone());
    PLACES.iter().filter(move |place| access::check(&Method::GET, place.path(), &caller, false).is_ok())
}

/// What somebody may do.
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
        for place in PLACES {
            assert!(access::need(&Method::GET, place.path()).is_some(), "{}", place.href);
        }
        for act in ACTS {
            let path = act.href.split(['?', '#']).next().unwrap();
            assert!(access::need(&Method::GET, path).is_some(), "{}", act.href);
            assert!(access::need(&Method::POST, act.action).is_some(), "{}", act.action);
        }
    }
}
