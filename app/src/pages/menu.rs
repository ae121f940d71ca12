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
    /// Returns the help text of the page.
    pub fn help(self) -> &'static [&'static str] {
        match self {
            Self::Home => &[
                "Your tasks, alerts and key figures, in the order that your roles need them.",
                "AEs accept or reject here what is assigned to them. A rejected lead returns to the queue and counts as a false positive.",
                "RevOps and the RevOps lead can stop a workflow here at once. Its new leads go to the queue, and nothing is sent until someone resumes it.",
            ],
            Self::Queue => &[
                "Leads that need a person: those that rules hold or send here, those that an AE rejected, and all of a stopped workflow. Sorted by priority, then waiting time.",
                "Claim a lead to reserve it for ten minutes. Accept the suggestion, change it, or disqualify the lead; the next one opens at once. Shortcuts are on the buttons.",
                "You can undo a decision for two minutes. The lead returns to the queue, and both stay in its history. A claim ends when you sign out or close the tab.",
            ],
            Self::Leads => &[
                "All leads, newest first. Each row shows the decision, the rule behind it, its confidence, and the person it is assigned to.",
                "Hold means that information is missing or that a person has to decide. Confidence is the lowest confidence among the values that the rule read.",
                "The address contains the filters, so you can send a list to a colleague. Open a lead to see how it was decided.",
            ],
            Self::Merges => &[
                "Leads that may be the same person: one event named both, one by its external ID and the other by its e-mail address.",
                "Compare them, then merge them or keep them separate, with a reason. A merge can be undone; decisions always stay with the lead that they were made about.",
                "RevOps, SDR managers and administrators decide. Figures count merged leads as one person.",
            ],
            Self::Approvals => &[
                "Changes to rules, lists, pools and field extraction. Every change needs the approval of a second person before it becomes a version; a release then puts it live.",
                "Open a change to see what is different and how the newest leads would be decided, then approve it or request changes.",
                "A change is outdated when another version was approved after it was written. Its author updates it: both changes are merged, and conflicts are resolved one by one.",
            ],
            Self::Releases => &[
                "A release takes an approved change live in one workflow. An approved release decides nothing until someone from RevOps who did not edit the change takes it live.",
                "When another release goes live first, the others are rebuilt on it. An approval counts for exactly one bundle, so a rebuilt release needs approval again.",
            ],
            Self::Suggestions => &[
                "The changes that you have written. Anyone can suggest one; the owners of the layer approve it.",
                "A returned change says what should change: continue it in a new draft. An outdated one has to be updated before it can be approved.",
            ],
            Self::Versions(kind) => kinds::appearance(kind).help,
            Self::Outbox => &[
                "Actions that decisions trigger in other systems. Each action takes effect once, even if the other system answers late or twice.",
                "Waiting actions are sent automatically and in order. Failed actions need you: open them, fix the cause, and retry.",
                "You can pause a destination. Decisions continue, and pending actions are sent after you resume.",
            ],
            Self::Jobs => &[
                "Background jobs and when each last ran. One server process at a time runs a job.",
                "A failed job runs again at its next scheduled time, or at once with Run now.",
            ],
            Self::Runs => &[
                "Imports, replays and other long work. Each run shows who started it, its progress and its result.",
                "A run survives a restart: another process resumes it. Cancel one at any time; what it has done so far stays.",
            ],
            Self::Import => &[
                "Import past leads from a CSV, Excel or NDJSON file. Each lead is evaluated at its original time, and nothing is sent.",
                "Upload the file, check the column mapping, then start. You can download rejected rows with their reasons, correct them and import them again. Rows that were already imported are skipped.",
            ],
            Self::Dashboard => &[
                "How well qualification works, for a period and a workflow. Open a figure's name to see how it is counted and which leads are behind it.",
                "Intervals show the uncertainty of a rate: with few leads they are wide, and two rates whose intervals overlap may be equal.",
                "Completeness is the share of decisions that can be reproduced from their stored inputs, with all evidence found.",
            ],
            Self::AuditLog => &[
                "Every change by a person, an API key or a command, recorded once and never altered. Sign-ins are recorded, too, and hidden at first.",
                "Search for a name, a number such as #4, a link to a page, or a word in the row. Hover over the time to see the request ID.",
            ],
            Self::People => &[
                "Everyone with an account. All of them can read everything; roles determine what a person can change.",
                "Administrators add people, assign roles, create password links and deactivate accounts. Invited means that the person has not set a password yet.",
            ],
            Self::Keys => &[
                "Other systems authenticate with API keys: a web form that sends leads, a CRM that reports outcomes, a warehouse that reads.",
                "A key is shown once and stored only as a hash. Revoke a key when a system is retired or the key may have leaked; it stops working within a second.",
            ],
            Self::Account => &[
                "Your password, time zone, number format and sessions.",
                "If a session is not yours, sign it out and change your password, which signs out all other browsers.",
            ],
            Self::Styleguide => &[
                "All components in all states, in the light and the dark theme.",
                "Its data is invented; it serves people who build pages.",
            ],
            Self::Settings => &[
                "Settings of the whole organisation. Everyone can read them, administrators can change them.",
                "One person is accountable for each layer. Content and rules need two different owners, so that one person cannot control both what is read and what is decided.",
            ],
            Self::Search => &[
                "Finds leads by name, company, e-mail address or the source's ID; changes by title or number (#4); rules, lists, destinations, people, pages and actions.",
                "Searches the newest leads first, and among very many only those. A whole e-mail address is always found.",
            ],
        }
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
    pub title: &'static str,
    /// The key that opens the page after `g`.
    pub go: char,
    /// Additional search keywords.
    pub about: &'static str,
}

const fn place(
    section: Section,
    group: MenuGroup,
    href: &'static str,
    icon: Icon,
    title: &'static str,
    go: char,
    about: &'static str,
) -> MenuPage {
    MenuPage { section, group, href, icon, title, go, about }
}

impl MenuPage {
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
    place(Section::Versions(kind), group, spec.path, look.icon, spec.plural, look.go, look.about)
}

/// Pages that precede the kinds of versions in the menu.
const FIRST: &[MenuPage] = &[
    place(Section::Home, MenuGroup::Start, "/", Icon::Home, "Home", 'h', "start overview today"),
    place(
        Section::Queue,
        MenuGroup::Start,
        "/queue",
        Icon::Inbox,
        "Queue",
        'q',
        "waiting leads sdr triage decide",
    ),
    place(Section::Leads, MenuGroup::Start, "/leads", Icon::Leads, "Leads", 'l', "list decisions contacts"),
    place(
        Section::Merges,
        MenuGroup::Start,
        "/merges",
        Icon::Merge,
        "Duplicates",
        'b',
        "merge suggestions same person identity",
    ),
    place(
        Section::Approvals,
        MenuGroup::Start,
        "/changes",
        Icon::Approve,
        "Approvals",
        'c',
        "changes reviews sign waiting",
    ),
    place(
        Section::Suggestions,
        MenuGroup::Start,
        "/changes?show=mine",
        Icon::Bulb,
        "My suggestions",
        'm',
        "changes drafts",
    ),
];

/// Pages that follow the kinds of versions in the menu.
const LATER: &[MenuPage] = &[
    place(
        Section::Releases,
        MenuGroup::Rules,
        "/releases",
        Icon::Release,
        "Releases",
        'v',
        "go live rollout bundles versions",
    ),
    place(
        Section::Outbox,
        MenuGroup::Sync,
        "/sync",
        Icon::Send,
        "Deliveries",
        'o',
        "destinations deliveries actions failed",
    ),
    place(Section::Jobs, MenuGroup::Sync, "/sync/jobs", Icon::Clock, "Jobs", 'j', "tasks schedule"),
    place(
        Section::Runs,
        MenuGroup::Sync,
        "/runs",
        Icon::Hourglass,
        "Runs",
        'n',
        "progress imports replays long work cancel",
    ),
    place(
        Section::Dashboard,
        MenuGroup::Control,
        "/dashboard",
        Icon::Dashboard,
        "Dashboard",
        'd',
        "figures kpi report charts",
    ),
    place(
        Section::AuditLog,
        MenuGroup::Control,
        "/audit",
        Icon::Log,
        "Audit log",
        'a',
        "who did what history",
    ),
    place(Section::People, MenuGroup::Settings, "/people", Icon::Person, "People", 'p', "users roles team"),
    place(Section::Keys, MenuGroup::Settings, "/keys", Icon::Key, "API keys", 'k', "programs tokens"),
    place(
        Section::Styleguide,
        MenuGroup::Settings,
        "/styleguide",
        Icon::Columns,
        "Styleguide",
        'y',
        "components design tokens",
    ),
    place(
        Section::Settings,
        MenuGroup::Settings,
        "/settings",
        Icon::Sliders,
        "Settings",
        's',
        "organisation owners mail",
    ),
    place(
        Section::Import,
        MenuGroup::Elsewhere,
        "/import",
        Icon::Upload,
        "Import leads",
        'i',
        "upload csv file history ndjson",
    ),
    place(
        Section::Account,
        MenuGroup::Elsewhere,
        "/account",
        Icon::Person,
        "Your account",
        'u',
        "password time zone sessions profile",
    ),
];

/// An action that a person can take on a page.
pub struct PageAction {
    pub title: &'static str,
    /// Additional search keywords.
    pub about: &'static str,
    pub href: &'static str,
    action: &'static str,
}

const ACTS: &[PageAction] = &[
    PageAction {
        title: "Stop a workflow",
        about: "kill switch pause",
        href: "/",
        action: StopWorkflow::PATH,
    },
    PageAction { title: "Add a person", about: "invite user", href: "/people", action: AddPerson::PATH },
    PageAction { title: "Create an API key", about: "make token", href: "/keys", action: AddKey::PATH },
    PageAction {
        title: "Pause or resume a destination",
        about: "",
        href: "/sync",
        action: PauseDestination::PATH,
    },
    PageAction {
        title: "Retry failed actions",
        about: "try again deliveries",
        href: "/sync/effects?state=dead",
        action: ReplayEffects::PATH,
    },
    PageAction { title: "Run a job now", about: "", href: "/sync/jobs", action: RunJob::PATH },
    PageAction { title: "Replay decisions", about: "", href: "/runs", action: StartReplay::PATH },
    PageAction { title: "Cancel a run", about: "", href: "/runs?state=running", action: CancelRun::PATH },
    PageAction {
        title: "Change your password",
        about: "",
        href: "/account#h-password",
        action: ChangePassword::PATH,
    },
    PageAction {
        title: "Change your time zone and number format",
        about: "preferences",
        href: "/account#h-shown",
        action: SetPreferences::PATH,
    },
    PageAction {
        title: "Sign out in other browsers",
        about: "sessions log out",
        href: "/account#h-sessions",
        action: EndOtherSessions::PATH,
    },
    PageAction {
        title: "Change the organisation's name",
        about: "",
        href: "/settings#h-organisation",
        action: SetOrganisation::PATH,
    },
    PageAction {
        title: "Set the layer owners",
        about: "accountable",
        href: "/settings#h-owners",
        action: SetOwners::PATH,
    },
    PageAction {
        title: "Send a test e-mail",
        about: "",
        href: "/settings#h-mail",
        action: SendTestMail::PATH,
    },
    PageAction {
        title: "Sign out",
        about: "log out logout leave",
        href: "/account#h-sessions",
        action: SignOut::PATH,
    },
    PageAction {
        title: "Change the theme",
        about: "dark light auto colours colors mode appearance",
        href: "/account#h-theme",
        action: SetTheme::PATH,
    },
    PageAction {
        title: "Edit a rule",
        about: "rule set change draft suggest threshold",
        href: "/rules",
        action: StartChange::PATH,
    },
    PageAction {
        title: "Edit a list",
        about: "reference list target accounts upload draft suggest",
        href: "/lists",
        action: StartChange::PATH,
    },
    PageAction {
        title: "Edit a pool",
        about: "people assignment rotation draft suggest",
        href: "/pools",
        action: StartChange::PATH,
    },
    PageAction {
        title: "Edit field extraction",
        about: "map phrases draft suggest",
        href: "/maps",
        action: StartChange::PATH,
    },
];

/// Returns the title of the page with a path, if it is in the table.
pub fn title_of(path: &str) -> Option<&'static str> {
    PLACES.iter().find(|place| place.path() == path).map(|place| place.title)
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
