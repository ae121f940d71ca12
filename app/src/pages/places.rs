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
                "Everybody who came in, the last decided first. A lead's row says what was decided, by which rule, how surely, and who has it now.",
                "Hold means that not enough is known or that a person has to look. Confidence is the least sure of the values that the rule read.",
                "Narrow the list by the filters; the address keeps them, so that a list can be sent to a colleague. A lead's own page explains its decision word for word.",
            ],
            Self::Approvals => &[
                "Changes of what decides: each is written by one person and approved by others before it becomes a version. Then a release brings it live. Nothing is changed on its author's word alone.",
                "Open one to read what differs and what it would have done to the newest leads, then approve it or send it back with a reason.",
            ],
            Self::Releases => &[
                "A release brings an approved change to traffic in one workflow. Approved is not live: nothing is decided by it until someone from RevOps who did not edit the change goes live with it.",
                "When another release goes live first, the others are rebuilt on it. An approval counts for exactly one bundle, so a rebuilt release needs approval again.",
            ],
            Self::Suggestions => &[
                "The changes that you have written or begun. Anybody may suggest one; whoever owns the layer signs it.",
                "A draft is yours until it is submitted. A returned one says why, and can be mended and submitted again.",
            ],
            Self::Versions(kind) => kinds::look(kind).help,
            Self::Outbox => &[
                "What decisions have set off in other systems. Each action is made once, even if the other system answers late or twice.",
                "Waiting actions go out by themselves and in their order. Failed ones need somebody: open them, mend the cause, and try them again.",
                "Pause a destination with a reason; decisions go on, and what waits is sent when it is resumed.",
            ],
            Self::Jobs => &[
                "What the system does by itself and when it did so last. Any process may run a job, and one at a time does.",
                "A job that failed is tried again at its next time, or at once with Run now.",
            ],
            Self::Runs => &[
                "Imports, replays and other work that takes longer than a page may. Each run shows who started it, how far it is and what it found.",
                "A run survives a restart: another process resumes it. Cancel one at any time; what it has done so far stays.",
            ],
            Self::Import => &[
                "Leads of the past from a CSV file, a spreadsheet or NDJSON. They are decided as of their own time, and nothing is sent.",
                "Upload the file, check which column means what, then start. Rejected rows can be downloaded with their reasons, corrected and imported again; rows that are in already are skipped.",
            ],
            Self::Dashboard => &[
                "How well qualification works, for a period and a workflow. Open a figure's name to see how it is counted and which leads are behind it.",
                "Ranges say how sure a share is: with few leads they are wide, and two that overlap may well be the same.",
                "Completeness tells how many decisions are known to have reached the warehouse and the other systems.",
            ],
            Self::AuditLog => &[
                "Every act that changed something, written once and never changed. Signing in and out is in it too.",
                "Narrow it by person, by part of the product, or by a name or id. Each entry knows the request it happened in; its time shows it.",
            ],
            Self::People => &[
                "Everybody who can sign in. Whoever is signed in reads everything; a role says what a person may change.",
                "Administrators add people, give roles, make links to set a password with, and shut people out at once. Invited means that no password was set yet.",
            ],
            Self::Keys => &[
                "Keys let programs in: a web form that sends leads, a CRM that reports outcomes, a warehouse that reads.",
                "A key is shown once and kept as a hash only. Take a key back when a program is retired or the key may have leaked; it stops working within a second.",
            ],
            Self::Account => &[
                "Your password, how times and figures are shown to you, and the browsers you are signed in with.",
                "If a browser in the list is not yours, sign it out and change the password; that signs all other browsers out.",
            ],
            Self::Styleguide => &[
                "Every piece that pages are made of, in every state, light and dark beside each other.",
                "Nothing on it is real: it is for whoever builds or judges pages.",
            ],
            Self::Settings => &[
                "What holds for the whole organisation. Everybody can read it, administrators change it.",
                "One person answers for each layer, and content and rules cannot be one person's: whoever reads a lead's words must not also decide what follows from them.",
            ],
            Self::Search => &[
                "Finds leads by name, company, e-mail address or the source's id, rules and lists by name, people, pages, and what you can do.",
                "Leads are looked through from the newest back; of very many only the newest are. A whole e-mail address is always found.",
            ],
        }
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
    pub title: &'static str,
    /// The key that opens the page after `g`.
    pub go: char,
    /// Additional search keywords.
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
    place(Section::Versions(kind), group, spec.path, look.icon, spec.plural, look.go, look.about)
}

/// Pages that precede the kinds of versions in the menu.
const FIRST: &[Place] = &[
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
];

/// Pages that follow the kinds of versions in the menu.
const LATER: &[Place] = &[
    place(
        Section::Releases,
        Group::Rules,
        "/releases",
        Icon::Release,
        "Releases",
        'v',
        "go live rollout bundles versions",
    ),
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
        Section::Runs,
        Group::Sync,
        "/runs",
        Icon::Hourglass,
        "Runs",
        'n',
        "progress imports replays long work cancel",
    ),
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
        Section::Import,
        Group::Elsewhere,
        "/import",
        Icon::Upload,
        "Import leads",
        'i',
        "upload csv file history ndjson",
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

/// An action that a person can take on a page.
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
    Act { title: "Replay decisions", href: "/runs", action: StartReplay::PATH },
    Act { title: "Cancel a run", href: "/runs?state=running", action: CancelRun::PATH },
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
