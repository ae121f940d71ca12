//! The access table: the single list of who may call which page, action or route.
//!
//! The server checks it before every page, action and route, and each action and handler checks it again for itself. Paths that
//! are not in the table are refused.

use std::sync::LazyLock;

use engine::change::{Kind, KindSpec};
use http::Method;
use service::run::RunKind;
use store::actor::Role;
use store::people::Scope;
use strum::VariantArray as _;

use crate::lists::LISTS;

/// The access that a path requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// No sign-in at all.
    Anyone,
    /// Any signed-in person, whatever their role.
    SignedIn,
    /// A signed-in person who holds at least one of these roles.
    Roles(&'static [Role]),
    /// A program whose key has this scope.
    Scope(Scope),
    /// Like [`Need::Scope`], but also grants access to callers on this machine.
    ScopeOrLocal(Scope),
}

/// A line of the access table.
#[derive(Clone, Debug)]
pub struct AccessRule {
    /// The HTTP method; `GET` also covers `HEAD`.
    pub method: Method,
    /// The path as the router spells it, for example `/leads/{id}`.
    pub path: &'static str,
    /// The access that the path requires.
    pub need: Need,
}

const fn get(path: &'static str, need: Need) -> AccessRule {
    AccessRule { method: Method::GET, path, need }
}

const fn post(path: &'static str, need: Need) -> AccessRule {
    AccessRule { method: Method::POST, path, need }
}

/// Roles that operate execution and sync: the layer's owner, the RevOps lead and the administrator.
const SYNCS: Need = Need::Roles(&[Role::Integrations, Role::RevopsLead, Role::Admin]);

/// Roles that can stop a workflow.
const STOPPERS: Need = Need::Roles(&[Role::Revops, Role::RevopsLead]);

/// Roles that decide leads in the queue.
const DECIDERS: Need = Need::Roles(&[Role::Sdr, Role::RepLeader, Role::RevopsLead]);

/// Roles that can have a lead evaluated again.
const EVALUATORS: Need = Need::Roles(&[Role::Revops, Role::RevopsLead]);

/// Roles that change the decision about a lead outside the queue, and undo it.
const CHANGERS: Need = Need::Roles(&[Role::Sdr, Role::RepLeader, Role::Revops, Role::RevopsLead]);

/// Roles that accept and reject leads assigned to them.
const ASSIGNEES: Need = Need::Roles(&[Role::Ae]);

/// Roles that decide whether two leads are the same person: RevOps, whose rules and figures depend on it, the SDR manager, whose
/// people work the leads, and the administrator.
const MERGERS: Need = Need::Roles(&[Role::Revops, Role::RepLeader, Role::Admin]);

/// Roles that manage people and API keys.
const ADMINS: Need = Need::Roles(&[Role::Admin]);

/// Every role that approves some kind of change; [`KindSpec::approvers`] lists which ones a given kind needs.
pub const APPROVING_ROLES: &[Role] = &[Role::Enablement, Role::RepLeader, Role::Revops, Role::AeRepLeader];

/// Roles that approve changes and releases.
const SIGNERS: Need = Need::Roles(APPROVING_ROLES);

/// Roles that set the weight and absence of pool members.
const AVAILABILITY: Need = Need::Roles(&[Role::Revops, Role::AeRepLeader]);
/// Roles that switch rules off and mute them.
const SWITCHERS: Need = Need::Roles(&[Role::Revops, Role::RevopsLead]);

/// Roles that can start, cancel or retry at least one kind of run; [`RunKind::owners`] narrows this to a single kind.
const RUN_OWNERS: Need = Need::Roles(&[
    Role::Enablement,
    Role::RepLeader,
    Role::Revops,
    Role::RevopsLead,
    Role::Integrations,
    Role::Admin,
]);

/// Roles that import leads and download the rejected rows.
const IMPORTERS: Need = Need::Roles(RunKind::Import.owners());

/// Roles that start a replay of decisions.
const REPLAYERS: Need = Need::Roles(RunKind::ReplayDecisions.owners());

/// Roles that make releases live and withdraw them.
const RELEASERS: Need = Need::Roles(&[Role::Revops]);

/// Every page, action and route.
pub static ACCESS: LazyLock<Vec<AccessRule>> = LazyLock::new(|| {
    let kinds = Kind::VARIANTS.iter().flat_map(|kind| versions(kind.spec()));
    // Exporting a list requires the same access as reading it.
    let lists = LISTS.iter().flat_map(|list| {
        let need = list.readers.map_or(Need::SignedIn, Need::Roles);
        [get(list.path, need), get(list.csv, need)]
    });
    LINES.iter().cloned().chain(kinds).chain(lists).collect()
});

/// Returns the two pages of a kind of version: the overview and the detail page.
fn versions(kind: &KindSpec) -> [AccessRule; 2] {
    let each: &'static str = format!("{}/{{name}}", kind.path).leak();
    [get(kind.path, Need::SignedIn), get(each, Need::SignedIn)]
}

/// The lines that do not derive from another table.
const LINES: &[AccessRule] = &[
    // Pages. Every signed-in person can read everything: roles own layers, they do not hide them.
    get("/", Need::SignedIn),
    get("/sign-in", Need::Anyone),
    get("/setup/{token}", Need::Anyone),
    get("/first-run", Need::Anyone),
    get("/forgot", Need::Anyone),
    get("/queue", Need::SignedIn),
    get("/dashboard", Need::SignedIn),
    get("/leads/{id}", Need::SignedIn),
    get("/leads/{id}/erase", ADMINS),
    get("/merges", Need::SignedIn),
    get("/merges/{lead}/{other}", Need::SignedIn),
    get("/sync", Need::SignedIn),
    get("/sync/effects/{id}", Need::SignedIn),
    get("/sync/jobs", Need::SignedIn),
    get("/sync/resume", Need::SignedIn),
    get("/runs/{id}", Need::SignedIn),
    get("/runs/{id}/rejects.csv", IMPORTERS),
    get("/import", IMPORTERS),
    get("/import/{id}", IMPORTERS),
    get("/changes/{number}", Need::SignedIn),
    get("/lists/{name}/entries.csv", Need::SignedIn),
    get("/releases/{number}", Need::SignedIn),
    get("/people/{id}", Need::SignedIn),
    get("/styleguide", ADMINS),
    get("/account", Need::SignedIn),
    get("/dashboard/charts/{file}", Need::SignedIn),
    // Notifies open pages of changes. It sends topic names only, no personal data.
    get("/refresh", Need::SignedIn),
    get("/settings", Need::SignedIn),
    get("/search", Need::SignedIn),
    get("/search/found", Need::SignedIn),
    // Actions: the endpoints that forms post to. Set-up links and the first run carry their own authorization: a token or a
    // code.
    post("/actions/sign-in", Need::Anyone),
    post("/actions/sign-out", Need::Anyone),
    // Signs in again and replays the form that was sent after the session had ended.
    post("/sign-in/again", Need::Anyone),
    post("/actions/set-password", Need::Anyone),
    post("/actions/first-run", Need::Anyone),
    post("/actions/forgot-password", Need::Anyone),
    post("/actions/set-theme", Need::Anyone),
    post("/actions/pause-destination", SYNCS),
    post("/actions/resume-destination", SYNCS),
    post("/actions/review-expired", SYNCS),
    post("/actions/set-destination-title", SYNCS),
    post("/actions/replay-effect", SYNCS),
    post("/actions/replay-effects", SYNCS),
    post("/actions/replay-chosen", SYNCS),
    post("/actions/stop-replay", SYNCS),
    post("/actions/run-job", SYNCS),
    post("/actions/cancel-run", RUN_OWNERS),
    post("/actions/retry-run", RUN_OWNERS),
    post("/actions/start-replay", REPLAYERS),
    post("/actions/start-import", IMPORTERS),
    post("/actions/cancel-upload", IMPORTERS),
    post("/import/upload", IMPORTERS),
    post("/import/uploads", IMPORTERS),
    post("/import/uploads/{id}", IMPORTERS),
    post("/import/uploads/{id}/finish", IMPORTERS),
    post("/actions/stop-workflow", STOPPERS),
    post("/actions/resume-workflow", STOPPERS),
    post("/actions/take-lead", DECIDERS),
    post("/actions/release-lead", DECIDERS),
    post("/actions/decide-lead", DECIDERS),
    post("/actions/give-back-lead", CHANGERS),
    post("/actions/change-decision", CHANGERS),
    post("/actions/evaluate-lead", EVALUATORS),
    post("/actions/answer-lead", ASSIGNEES),
    post("/actions/accept-merge", MERGERS),
    post("/actions/decline-merge", MERGERS),
    post("/actions/undo-merge", MERGERS),
    post("/actions/erase-lead", ADMINS),
    post("/actions/add-person", ADMINS),
    post("/actions/make-link", ADMINS),
    post("/actions/confirm-role", ADMINS),
    post("/actions/set-person-roles", ADMINS),
    post("/actions/set-person-disabled", ADMINS),
    post("/actions/add-key", ADMINS),
    post("/actions/revoke-key", ADMINS),
    post("/actions/set-organisation", ADMINS),
    post("/actions/set-owners", ADMINS),
    post("/actions/send-test-mail", ADMINS),
    post("/actions/change-password", Need::SignedIn),
    post("/actions/set-preferences", Need::SignedIn),
    post("/actions/end-session", Need::SignedIn),
    post("/actions/end-other-sessions", Need::SignedIn),
    // Any signed-in person can propose a change; the database enforces who approves it.
    post("/actions/start-change", Need::SignedIn),
    post("/actions/save-change", Need::SignedIn),
    post("/actions/withdraw-change", Need::SignedIn),
    post("/actions/update-change", Need::SignedIn),
    post("/actions/start-over-change", Need::SignedIn),
    post("/actions/edit-entries", Need::SignedIn),
    post("/actions/comment-change", Need::SignedIn),
    // Restricted to the owner of the layer; the kind's row names that role.
    post("/actions/set-version-title", Need::SignedIn),
    post("/actions/set-availability", AVAILABILITY),
    post("/actions/switch-rule-off", SWITCHERS),
    post("/actions/switch-rule-on", SWITCHERS),
    post("/actions/mute-rule", SWITCHERS),
    post("/actions/unmute-rule", SWITCHERS),
    post("/actions/sign-change", SIGNERS),
    post("/actions/return-change", SIGNERS),
    post("/changes/{number}/upload", Need::SignedIn),
    post("/actions/approve-release", SIGNERS),
    post("/actions/go-live", RELEASERS),
    post("/actions/withdraw-release", RELEASERS),
    // Saved views, which each person owns.
    post("/actions/save-view", Need::SignedIn),
    post("/actions/rename-view", Need::SignedIn),
    post("/actions/delete-view", Need::SignedIn),
    // Built assets: identical for every visitor and named after a hash of their content.
    get("/pkg/{*file}", Need::Anyone),
    // The API.
    post("/api/v1/events", Need::Scope(Scope::Ingest)),
    post("/api/v1/events/batch", Need::Scope(Scope::Ingest)),
    post("/api/v1/outcomes", Need::Scope(Scope::Outcome)),
    get("/api/v1/leads/{id}", Need::Scope(Scope::Read)),
    get("/api/v1/decisions", Need::Scope(Scope::Read)),
    get("/api/v1/decisions/{id}", Need::Scope(Scope::Read)),
    post("/api/v1/decisions/{id}/replay", Need::Scope(Scope::Read)),
    get("/api/openapi.json", Need::Anyone),
    // Endpoints for monitoring.
    get("/healthz", Need::Anyone),
    get("/readyz", Need::Anyone),
    get("/metrics", Need::ScopeOrLocal(Scope::Read)),
];

/// The caller of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A caller without credentials.
    Nobody,
    /// A signed-in person, with the roles they hold now.
    Person(Vec<Role>),
    /// A program, with its key's scopes.
    Key(Vec<Scope>),
}

/// The reason a caller is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccessDenied {
    /// The caller has to authenticate first.
    #[error("no one is signed in")]
    SignedOut,
    /// The caller is authenticated but lacks the role or scope.
    #[error("this needs another role or scope")]
    Forbidden,
    /// The path is missing from the table.
    #[error("the path is not in the table of who may call what")]
    Unlisted,
}

/// Returns the access that a path requires, or `None` if the table does not list it.
pub fn need(method: &Method, path: &str) -> Option<Need> {
    let method = if method == Method::HEAD { &Method::GET } else { method };
    ACCESS.iter().find(|line| line.path == path && line.method == *method).map(|line| line.need)
}

/// Checks whether a caller may call a path. `is_local` marks calls from this machine.
///
/// # Errors
/// Returns [`AccessDenied`] if the caller is refused.
pub fn check(method: &Method, path: &str, caller: &Caller, is_local: bool) -> Result<(), AccessDenied> {
    let allowed = match (need(method, path).ok_or(AccessDenied::Unlisted)?, caller) {
        (Need::Anyone, _) | (Need::SignedIn, Caller::Person(_)) => true,
        (Need::Roles(roles), Caller::Person(held)) => held.iter().any(|role| roles.contains(role)),
        (Need::ScopeOrLocal(_), _) if is_local => true,
        (Need::Scope(scope) | Need::ScopeOrLocal(scope), Caller::Key(scopes)) => scopes.contains(&scope),
        _ => false,
    };
    match (allowed, need(method, path), caller) {
        (true, ..) => Ok(()),
        // Pages do not accept keys and the API does not accept sessions, so the wrong kind of credential counts as none.
        (false, Some(Need::SignedIn | Need::Roles(_)), Caller::Person(_))
        | (false, Some(Need::Scope(_) | Need::ScopeOrLocal(_)), Caller::Key(_)) => {
            Err(AccessDenied::Forbidden)
        }
        (false, ..) => Err(AccessDenied::SignedOut),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(method: Method, path: &str, caller: &Caller) -> Result<(), AccessDenied> {
        check(&method, path, caller, false)
    }

    #[test]
    fn what_is_not_listed_is_refused() {
        for caller in [Caller::Nobody, Caller::Person(vec![Role::Admin]), Caller::Key(vec![Scope::Admin])] {
            assert_eq!(ask(Method::GET, "/nowhere", &caller), Err(AccessDenied::Unlisted));
            assert_eq!(ask(Method::DELETE, "/leads", &caller), Err(AccessDenied::Unlisted));
        }
    }

    #[test]
    fn the_owners_of_each_kind_of_run_may_cancel_runs() {
        for kind in <RunKind as strum::VariantArray>::VARIANTS {
            for role in kind.owners() {
                let caller = Caller::Person(vec![*role]);
                assert_eq!(ask(Method::POST, "/actions/cancel-run", &caller), Ok(()), "{kind} {role}");
            }
        }
    }

    #[test]
    fn no_line_stands_twice() {
        for (index, line) in ACCESS.iter().enumerate() {
            let again = ACCESS[index + 1..]
                .iter()
                .any(|other| other.path == line.path && other.method == line.method);
            assert!(!again, "{} {}", line.method, line.path);
        }
    }

    #[test]
    fn a_session_opens_pages_and_a_key_opens_the_api_and_never_the_other_way_round() {
        let (person, key) = (Caller::Person(vec![Role::Sdr]), Caller::Key(vec![Scope::Read]));
        assert_eq!(ask(Method::HEAD, "/leads/{id}", &person), Ok(()));
        assert_eq!(ask(Method::GET, "/leads/{id}", &key), Err(AccessDenied::SignedOut));
        assert_eq!(ask(Method::GET, "/api/v1/leads/{id}", &key), Ok(()));
        assert_eq!(ask(Method::GET, "/api/v1/leads/{id}", &person), Err(AccessDenied::SignedOut));
        assert_eq!(ask(Method::POST, "/api/v1/events", &key), Err(AccessDenied::Forbidden));
    }

    #[test]
    fn every_role_that_approves_a_kind_may_approve() {
        for kind in Kind::VARIANTS {
            for role in kind.spec().approvers {
                assert!(APPROVING_ROLES.contains(role), "{role} approves {kind}");
            }
        }
    }

    #[test]
    fn metrics_are_for_this_machine_and_for_keys() {
        let ask = |caller: &Caller, is_local| check(&Method::GET, "/metrics", caller, is_local);
        assert_eq!(ask(&Caller::Nobody, true), Ok(()));
        assert_eq!(ask(&Caller::Nobody, false), Err(AccessDenied::SignedOut));
        assert_eq!(ask(&Caller::Key(vec![Scope::Read]), false), Ok(()));
    }
}
