//! Access control: calls every route as every role, with every API key scope and anonymously, and compares the answers with a
//! table that is written by hand.

use std::collections::BTreeSet;

use reqwest::{Method, Response, StatusCode};
use server::router::routes;
use store::actor::Role;
use store::people::Scope;
use strum::VariantArray as _;

use crate::support::{PASSWORD, TestApp, location};

/// The roles, in the order of the table's columns.
const ROLES: [Role; 10] = [
    Role::Enablement,
    Role::RepLeader,
    Role::Revops,
    Role::AeRepLeader,
    Role::Integrations,
    Role::RevopsLead,
    Role::SalesLeader,
    Role::Sdr,
    Role::Ae,
    Role::Admin,
];

/// The scopes of keys, in the order of the table's columns.
const SCOPES: [Scope; 4] = [Scope::Ingest, Scope::Read, Scope::Outcome, Scope::Admin];

/// Who may call each route: `x` if allowed, `.` if refused. The columns are the ten roles, API keys with one of the four scopes,
/// and anonymous callers. A new route needs a new line here.
///
/// Roles: enablement, SDR manager, RevOps, sales manager, integrations, RevOps lead, sales leadership, SDR, AE,
/// administrator.
#[rustfmt::skip]
const MATRIX: &[(&str, &str, &str)] = &[
    //                                              En Sm Ro Sa In Le Sl Sd Ae Ad    in re ou ad    anonymous
    // Signing in, open to everyone.
    ("GET", "/sign-in",                            "x  x  x  x  x  x  x  x  x  x  |  x  x  x  x  |  x"),
    ("GET", "/setup/{token}",                      "x  x  x  x  x  x  x  x  x  x  |  x  x  x  x  |  x"),
    ("GET", "/first-run",                          "x  x  x  x  x  x  x  x  x  x  |  x  x  x  x  |  x"),
    ("GET", "/forgot",                             "x  x  x  x  x  x  x  x  x  x  |  x  x  x  x  |  x"),
    // The forms for signing in. They ask for a password, a setup token or the first-run code instead.
    ("POST", "/actions/sign-in",                   "x  x  x  x  x  x  x  x  x  x  |  x  x  x  x  |  x"),
    ("POST", "/sign-in/again",                     "x  x  x  x  x  x  x  x  x  x  |  x  x  x  x  |  x"),
    ("POST", "/actions/sign-out",                  "x  x  x  x  x  x  x  x  x  x  |  x  x  x  x  |  x"),
    ("POST", "/actions/set-password",              "x  x  x  x  x  x  x  x  x  x  |  x  x  x  x  |  x"),
    ("POST", "/actions/first-run",                 "x  x  x  x  x  x  x  x  x  x  |  x  x  x  x  |  x"),
    ("POST", "/actions/forgot-password",           "x  x  x  x  x  x  x  x  x  x  |  x  x  x  x  |  x"),
    ("POST", "/actions/set-theme",                 "x  x  x  x  x  x  x  x  x  x  |  x  x  x  x  |  x"),
    // Everyone signed in may read everything except secrets and the admin pages.
    ("GET", "/",                                   "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/queue",                              "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/dashboard",                          "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/leads",                              "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/leads/{id}",                         "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/merges",                             "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/merges/{lead}/{other}",              "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/sync",                               "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/sync/effects",                       "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/sync/effects/{id}",                  "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/sync/jobs",                          "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/sync/resume",                        "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/sync/history",                       "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/sync/history.csv",                   "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/runs",                               "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/runs.csv",                           "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/runs/{id}",                          "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/rules",                              "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/rules/{name}",                       "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/lists",                              "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/lists/{name}",                       "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/pools",                              "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/pools/{name}",                       "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/maps",                               "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/maps/{name}",                        "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/fields",                             "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/fields/{name}",                      "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/changes",                            "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/changes/{number}",                   "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/lists/{name}/entries.csv",           "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/releases",                           "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/releases/{number}",                  "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/audit",                              "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/people",                             "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/people/{id}",                        "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/account",                            "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/leads.csv",                          "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/sync/effects.csv",                   "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/audit.csv",                          "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/people.csv",                         "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/changes.csv",                        "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/releases.csv",                       "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/dashboard/charts/{file}",            "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/refresh",                            "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/settings",                           "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/search",                             "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("GET", "/search/found",                       "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    // Admin pages.
    ("GET", "/keys",                               ".  .  .  .  .  .  .  .  .  x  |  .  .  .  .  |  ."),
    ("GET", "/keys.csv",                           ".  .  .  .  .  .  .  .  .  x  |  .  .  .  .  |  ."),
    ("GET", "/leads/{id}/erase",                   ".  .  .  .  .  .  .  .  .  x  |  .  .  .  .  |  ."),
    ("GET", "/styleguide",                         ".  .  .  .  .  .  .  .  .  x  |  .  .  .  .  |  ."),
    // Execution and sync: the owner of the layer, the owner of the control plane, and administrators.
    ("POST", "/actions/pause-destination",         ".  .  .  .  x  x  .  .  .  x  |  .  .  .  .  |  ."),
    ("POST", "/actions/resume-destination",        ".  .  .  .  x  x  .  .  .  x  |  .  .  .  .  |  ."),
    ("POST", "/actions/review-expired",            ".  .  .  .  x  x  .  .  .  x  |  .  .  .  .  |  ."),
    ("POST", "/actions/set-destination-title",     ".  .  .  .  x  x  .  .  .  x  |  .  .  .  .  |  ."),
    ("POST", "/actions/replay-effect",             ".  .  .  .  x  x  .  .  .  x  |  .  .  .  .  |  ."),
    ("GET", "/import",                             ".  .  x  .  .  .  .  .  .  x  |  .  .  .  .  |  ."),
    ("GET", "/import/{id}",                        ".  .  x  .  .  .  .  .  .  x  |  .  .  .  .  |  ."),
    ("GET", "/runs/{id}/rejects.csv",              ".  .  x  .  .  .  .  .  .  x  |  .  .  .  .  |  ."),
    ("POST", "/import/upload",                     ".  .  x  .  .  .  .  .  .  x  |  .  .  .  .  |  ."),
    ("POST", "/import/uploads",                    ".  .  x  .  .  .  .  .  .  x  |  .  .  .  .  |  ."),
    ("POST", "/import/uploads/{id}",               ".  .  x  .  .  .  .  .  .  x  |  .  .  .  .  |  ."),
    ("POST", "/import/uploads/{id}/finish",        ".  .  x  .  .  .  .  .  .  x  |  .  .  .  .  |  ."),
    ("POST", "/actions/cancel-upload",             ".  .  x  .  .  .  .  .  .  x  |  .  .  .  .  |  ."),
    ("POST", "/actions/start-import",              ".  .  x  .  .  .  .  .  .  x  |  .  .  .  .  |  ."),
    ("POST", "/actions/start-replay",              ".  .  x  .  .  x  .  .  .  x  |  .  .  .  .  |  ."),
    ("POST", "/actions/cancel-run",                "x  x  x  .  x  x  .  .  .  x  |  .  .  .  .  |  ."),
    ("POST", "/actions/retry-run",                 "x  x  x  .  x  x  .  .  .  x  |  .  .  .  .  |  ."),
    ("POST", "/actions/replay-effects",            ".  .  .  .  x  x  .  .  .  x  |  .  .  .  .  |  ."),
    ("POST", "/actions/replay-chosen",             ".  .  .  .  x  x  .  .  .  x  |  .  .  .  .  |  ."),
    ("POST", "/actions/stop-replay",               ".  .  .  .  x  x  .  .  .  x  |  .  .  .  .  |  ."),
    ("POST", "/actions/run-job",                   ".  .  .  .  x  x  .  .  .  x  |  .  .  .  .  |  ."),
    // Who is the same person, and who is erased.
    ("POST", "/actions/accept-merge",              ".  x  x  .  .  .  .  .  .  x  |  .  .  .  .  |  ."),
    ("POST", "/actions/decline-merge",             ".  x  x  .  .  .  .  .  .  x  |  .  .  .  .  |  ."),
    ("POST", "/actions/undo-merge",                ".  x  x  .  .  .  .  .  .  x  |  .  .  .  .  |  ."),
    ("POST", "/actions/erase-lead",                ".  .  .  .  .  .  .  .  .  x  |  .  .  .  .  |  ."),
    // The kill switch.
    ("POST", "/actions/stop-workflow",             ".  .  x  .  .  x  .  .  .  .  |  .  .  .  .  |  ."),
    ("POST", "/actions/resume-workflow",           ".  .  x  .  .  x  .  .  .  .  |  .  .  .  .  |  ."),
    // Rules that are switched off or muted: who may throw the kill switch.
    ("POST", "/actions/switch-rule-off",             ".  .  x  .  .  x  .  .  .  .  |  .  .  .  .  |  ."),
    ("POST", "/actions/switch-rule-on",              ".  .  x  .  .  x  .  .  .  .  |  .  .  .  .  |  ."),
    ("POST", "/actions/mute-rule",                   ".  .  x  .  .  x  .  .  .  .  |  .  .  .  .  |  ."),
    ("POST", "/actions/unmute-rule",                 ".  .  x  .  .  x  .  .  .  .  |  .  .  .  .  |  ."),
    // The queue: SDRs, their manager, and the owner of the control plane.
    ("POST", "/actions/take-lead",                 ".  x  .  .  .  x  .  x  .  .  |  .  .  .  .  |  ."),
    ("POST", "/actions/release-lead",              ".  x  .  .  .  x  .  x  .  .  |  .  .  .  .  |  ."),
    ("POST", "/actions/evaluate-lead",             ".  .  x  .  .  x  .  .  .  .  |  .  .  .  .  |  ."),
    ("POST", "/actions/decide-lead",               ".  x  .  .  .  x  .  x  .  .  |  .  .  .  .  |  ."),
    // RevOps changes decisions, too, on the lead's page; whoever changed one may undo it.
    ("POST", "/actions/give-back-lead",            ".  x  x  .  .  x  .  x  .  .  |  .  .  .  .  |  ."),
    ("POST", "/actions/change-decision",           ".  x  x  .  .  x  .  x  .  .  |  .  .  .  .  |  ."),
    // Leads that are assigned to the AE who answers.
    ("POST", "/actions/answer-lead",               ".  .  .  .  .  .  .  .  x  .  |  .  .  .  .  |  ."),
    // People and keys.
    ("POST", "/actions/add-person",                ".  .  .  .  .  .  .  .  .  x  |  .  .  .  .  |  ."),
    ("POST", "/actions/make-link",                 ".  .  .  .  .  .  .  .  .  x  |  .  .  .  .  |  ."),
    ("POST", "/actions/confirm-role",              ".  .  .  .  .  .  .  .  .  x  |  .  .  .  .  |  ."),
    ("POST", "/actions/set-person-roles",          ".  .  .  .  .  .  .  .  .  x  |  .  .  .  .  |  ."),
    ("POST", "/actions/set-person-disabled",       ".  .  .  .  .  .  .  .  .  x  |  .  .  .  .  |  ."),
    ("POST", "/actions/add-key",                   ".  .  .  .  .  .  .  .  .  x  |  .  .  .  .  |  ."),
    ("POST", "/actions/revoke-key",                ".  .  .  .  .  .  .  .  .  x  |  .  .  .  .  |  ."),
    ("POST", "/actions/set-organisation",          ".  .  .  .  .  .  .  .  .  x  |  .  .  .  .  |  ."),
    ("POST", "/actions/set-owners",                ".  .  .  .  .  .  .  .  .  x  |  .  .  .  .  |  ."),
    ("POST", "/actions/send-test-mail",            ".  .  .  .  .  .  .  .  .  x  |  .  .  .  .  |  ."),
    // The caller's own account, drafts and views. Anyone may suggest a change; `others.rs` tests what belongs to someone else.
    ("POST", "/actions/change-password",           "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("POST", "/actions/set-preferences",           "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("POST", "/actions/end-session",               "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("POST", "/actions/end-other-sessions",        "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("POST", "/actions/start-change",              "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("POST", "/actions/save-change",               "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("POST", "/actions/withdraw-change",           "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("POST", "/actions/update-change",            "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("POST", "/actions/start-over-change",        "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("POST", "/actions/edit-entries",             "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("POST", "/actions/comment-change",            "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("POST", "/actions/set-availability",          ".  .  x  x  .  .  .  .  .  .  |  .  .  .  .  |  ."),
    ("POST", "/actions/set-version-title",         "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("POST", "/changes/{number}/upload",           "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("POST", "/actions/save-view",                 "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("POST", "/actions/rename-view",               "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    ("POST", "/actions/delete-view",               "x  x  x  x  x  x  x  x  x  x  |  .  .  .  .  |  ."),
    // Approvals: the roles that sign at least one kind of change.
    ("POST", "/actions/sign-change",               "x  x  x  x  .  .  .  .  .  .  |  .  .  .  .  |  ."),
    ("POST", "/actions/return-change",             "x  x  x  x  .  .  .  .  .  .  |  .  .  .  .  |  ."),
    ("POST", "/actions/approve-release",           "x  x  x  x  .  .  .  .  .  .  |  .  .  .  .  |  ."),
    // Going live: RevOps. A release is approved first, and goes live by someone other than its author.
    ("POST", "/actions/go-live",                   ".  .  x  .  .  .  .  .  .  .  |  .  .  .  .  |  ."),
    ("POST", "/actions/withdraw-release",          ".  .  x  .  .  .  .  .  .  .  |  .  .  .  .  |  ."),
    // The API: a key with the scope; a session does not count.
    ("POST", "/api/v1/events",                     ".  .  .  .  .  .  .  .  .  .  |  x  .  .  .  |  ."),
    ("POST", "/api/v1/events/batch",               ".  .  .  .  .  .  .  .  .  .  |  x  .  .  .  |  ."),
    ("POST", "/api/v1/outcomes",                   ".  .  .  .  .  .  .  .  .  .  |  .  .  x  .  |  ."),
    ("GET", "/api/v1/leads/{id}",                  ".  .  .  .  .  .  .  .  .  .  |  .  x  .  .  |  ."),
    ("GET", "/api/v1/decisions",                   ".  .  .  .  .  .  .  .  .  .  |  .  x  .  .  |  ."),
    ("GET", "/api/v1/decisions/{id}",              ".  .  .  .  .  .  .  .  .  .  |  .  x  .  .  |  ."),
    ("POST", "/api/v1/decisions/{id}/replay",      ".  .  .  .  .  .  .  .  .  .  |  .  x  .  .  |  ."),
    ("GET", "/api/openapi.json",                   "x  x  x  x  x  x  x  x  x  x  |  x  x  x  x  |  x"),
    ("GET", "/metrics",                            ".  .  .  .  .  .  .  .  .  .  |  .  x  .  .  |  ."),
    // Built files and health checks.
    ("GET", "/pkg/{*file}",                        "x  x  x  x  x  x  x  x  x  x  |  x  x  x  x  |  x"),
    ("GET", "/healthz",                            "x  x  x  x  x  x  x  x  x  x  |  x  x  x  x  |  x"),
    ("GET", "/readyz",                             "x  x  x  x  x  x  x  x  x  x  |  x  x  x  x  |  x"),
];

/// Who makes a request.
enum Caller {
    /// A person who is signed in, with their cookies.
    Person(String),
    /// A program with its API key.
    Program(String),
    /// Neither.
    Anonymous,
}

/// Calls a route with an empty form: the test is about who is allowed in, not about the result. The request claims to come
/// through a proxy, because `/metrics` is open to the machine itself.
async fn call(app: &TestApp, caller: &Caller, method: &str, path: &str) -> Response {
    let example = path
        .replace("{id}", "01990000-0000-7000-8000-000000000000")
        .replace("{lead}", "01990000-0000-7000-8000-000000000000")
        .replace("{other}", "01990000-0000-7000-8000-000000000001")
        .replace("{number}", "1")
        .replace("{*file}", "nothing.css")
        .replace("{file}", "nothing.svg")
        .replace("{token}", "nothing")
        .replace("{name}", "nothing");
    assert!(!example.contains('{'), "say what {path} is to be called with");
    let request = app.request(method.parse().unwrap(), &example).header("x-forwarded-for", "192.0.2.7");
    let request = match caller {
        Caller::Person(cookies) => request.header("cookie", cookies),
        Caller::Program(key) => request.bearer_auth(key),
        Caller::Anonymous => request,
    };
    let form = "application/x-www-form-urlencoded";
    let request = if method == "POST" { request.header("content-type", form).body("") } else { request };
    request.header("sec-fetch-site", "same-origin").header("accept", "text/html").send().await.unwrap()
}

/// Asserts that a caller is allowed in, or is refused with the status that fits the caller and the route.
async fn assert_allowed(app: &TestApp, caller: &Caller, who: &str, (method, path): (&str, &str), mark: &str) {
    let response = call(app, caller, method, path).await;
    let (status, to) = (response.status(), location(&response).to_owned());
    let is_for_programs = path.starts_with("/api/") || path == "/metrics";
    let expected = match (is_for_programs, caller) {
        // Known, but without the role or scope.
        (false, Caller::Person(_)) | (true, Caller::Program(_)) => StatusCode::FORBIDDEN,
        // Unknown here: pages redirect to the sign-in page, everything else answers 401.
        (false, _) if method == "GET" => StatusCode::SEE_OTHER,
        _ => StatusCode::UNAUTHORIZED,
    };
    let is_sent_to_sign_in = status == StatusCode::SEE_OTHER && to.starts_with("/sign-in") && method == "GET";
    match mark {
        "x" => {
            let is_refused = [StatusCode::FORBIDDEN, StatusCode::UNAUTHORIZED].contains(&status);
            assert!(!is_refused && !is_sent_to_sign_in, "{who} may: {method} {path} gave {status} {to}");
        }
        "." => {
            assert_eq!(status, expected, "{who} may not: {method} {path}");
            assert_eq!(is_sent_to_sign_in, expected == StatusCode::SEE_OTHER, "{who}: {method} {path} {to}");
        }
        other => panic!("{method} {path} has the mark {other}"),
    }
}

/// The marks of a line: for each role, for each scope, and for anonymous callers.
fn marks(line: &str) -> (Vec<&str>, Vec<&str>, &str) {
    let parts: Vec<Vec<&str>> = line.split('|').map(|part| part.split_whitespace().collect()).collect();
    let [roles, scopes, anonymous] = &parts[..] else { panic!("three parts: {line}") };
    assert_eq!((roles.len(), scopes.len(), anonymous.len()), (ROLES.len(), SCOPES.len(), 1), "{line}");
    (roles.clone(), scopes.clone(), anonymous[0])
}

#[test]
fn the_table_has_every_route_once_and_every_role_and_scope() {
    let routes = routes();
    let routed: BTreeSet<(&str, &str)> =
        routes.iter().map(|(method, path)| (*method, path.as_str())).collect();
    let listed: BTreeSet<(&str, &str)> = MATRIX.iter().map(|(method, path, _)| (*method, *path)).collect();
    assert_eq!(listed, routed);
    assert_eq!(listed.len(), MATRIX.len(), "a route is there twice");
    assert_eq!(BTreeSet::from(ROLES), Role::VARIANTS.iter().copied().collect());
    let scopes = |all: &[Scope]| all.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
    assert_eq!(scopes(&SCOPES), scopes(Scope::VARIANTS));
}

#[tokio::test]
async fn every_role_gets_what_the_table_allows() {
    let app = TestApp::start().await;
    for (column, role) in ROLES.iter().enumerate() {
        let email = format!("{role}@acme.example");
        let mut browser = app.signed_in(&email, &[*role]).await;
        for (method, path, line) in MATRIX {
            let caller = Caller::Person(browser.cookie_header());
            assert_allowed(&app, &caller, &role.to_string(), (*method, *path), marks(line).0[column]).await;
            if *path == "/actions/sign-out" {
                browser.sign_in(&email, PASSWORD, None).await;
            }
        }
        // The session still works, so every route above was called by this person.
        assert_eq!(browser.get("/account").await.status(), StatusCode::OK, "{role}");
    }
}

#[tokio::test]
async fn every_key_gets_what_the_table_allows() {
    let app = TestApp::start().await;
    for (column, scope) in SCOPES.iter().enumerate() {
        let caller = Caller::Program(app.key(&[*scope]).await);
        for (method, path, line) in MATRIX {
            assert_allowed(&app, &caller, &scope.to_string(), (*method, *path), marks(line).1[column]).await;
        }
    }
}

#[tokio::test]
async fn anonymous_callers_get_what_the_table_allows() {
    let app = TestApp::start().await;
    for (method, path, line) in MATRIX {
        assert_allowed(&app, &Caller::Anonymous, "anonymous", (*method, *path), marks(line).2).await;
    }
}

#[tokio::test]
async fn unknown_keys_and_session_cookies_count_as_anonymous() {
    let app = TestApp::start().await;
    let unknown = "ml_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    for (method, path, line) in MATRIX {
        let mark = marks(line).2;
        let is_for_programs = path.starts_with("/api/") || *path == "/metrics";
        for text in [unknown, "x"] {
            let response = call(&app, &Caller::Program(text.to_owned()), method, path).await;
            if is_for_programs && mark == "." {
                assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{text}: {method} {path}");
            } else if mark == "." {
                let response =
                    call(&app, &Caller::Person(format!("meshline_session={text}")), method, path).await;
                let expected =
                    if *method == "GET" { StatusCode::SEE_OTHER } else { StatusCode::UNAUTHORIZED };
                assert_eq!(response.status(), expected, "{text}: {method} {path}");
            }
        }
    }
}

#[tokio::test]
async fn metrics_are_open_to_the_machine_itself() {
    let app = TestApp::start().await;
    let here = app.request(Method::GET, "/metrics").send().await.unwrap();
    assert_eq!(here.status(), StatusCode::OK);
    for header in ["forwarded", "x-forwarded-for", "x-real-ip", "via"] {
        let elsewhere =
            app.request(Method::GET, "/metrics").header(header, "192.0.2.7").send().await.unwrap();
        assert_eq!(elsewhere.status(), StatusCode::UNAUTHORIZED, "{header}");
    }
}

#[tokio::test]
async fn a_key_that_was_taken_back_opens_nothing() {
    let app = TestApp::start().await;
    let key = app.key(&[Scope::Read]).await;
    assert_eq!(app.get_api(&key, "/api/v1/decisions").await.status(), StatusCode::OK);
    let id = store::testing::keys(app.store()).await.remove(0).id;
    store::people::revoke_key(app.store(), &store::Actor::command("test"), id).await.unwrap();
    // A key is taken at its word for a second.
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let response = app.get_api(&key, "/api/v1/decisions").await;
    assert_eq!(response.headers()["www-authenticate"], "Bearer error=\"invalid_token\"");
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn another_method_is_told_which_there_are() {
    let app = TestApp::start().await;
    for (method, path, allow) in [
        (Method::GET, "/api/v1/events", "POST"),
        (Method::DELETE, "/api/v1/decisions", "GET, HEAD"),
        (Method::OPTIONS, "/api/v1/decisions", "GET, HEAD"),
        (Method::PUT, "/healthz", "GET, HEAD"),
    ] {
        let response = app.request(method, path).send().await.unwrap();
        assert_eq!(response.headers()["allow"], allow, "{path}");
        crate::support::problem(response, 405).await;
    }
}
