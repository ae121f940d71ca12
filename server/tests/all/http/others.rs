//! Other people's objects: drafts, approvals, claimed leads, verdicts, saved views, sessions, accounts and API keys. A person with
//! the right role but someone else's object changes nothing about it, and its owner still can.

use reqwest::StatusCode;
use serde_json::{Value as Json, json};
use store::actor::Role;
use store::changes::{self, Change, ChangeState};
use store::people::{self, Scope, sessions};
use store::{Actor, views};

use super::changes::{begin, save};
use crate::support::{PASSWORD, TestApp, event, location};

async fn change(app: &TestApp, number: i64) -> Change {
    let mut connection = app.store().pool().acquire().await.unwrap();
    changes::by_number(&mut connection, number).await.unwrap()
}

async fn approvals(app: &TestApp) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM change_reviews WHERE verdict <> 'comment'")
        .fetch_one(app.store().pool())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_draft_is_closed_to_people_outside_its_layer() {
    let app = TestApp::start().await;
    let mut author = app.signed_in("ana@acme.example", &[Role::Revops]).await;
    let number = begin(&mut author, "list", "partners").await;
    save(&mut author, number, "1", "Initech\n", "save").await;
    let text = number.to_string();
    for role in [Role::Sdr, Role::Ae, Role::Enablement, Role::AeRepLeader, Role::RevopsLead, Role::Admin] {
        let mut other = app.signed_in(&format!("{role}@acme.example"), &[role]).await;
        for then in ["save", "submit"] {
            let fields =
                [("number", &*text), ("revision", "2"), ("title", "Mine"), ("source", "x"), ("then", then)];
            let answer = other.post("/actions/save-change", &fields).await;
            assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{role} {then}");
        }
        other.post("/actions/withdraw-change", &[("number", &text)]).await;
        let upload = other.upload(&format!("/changes/{number}/upload"), "2", b"company\nEvil\n").await;
        assert_eq!(upload.status(), StatusCode::FORBIDDEN, "{role}");
        let now = change(&app, number).await;
        assert_eq!(
            (now.state, now.revision, now.source.as_str()),
            (ChangeState::Draft, 2, "Initech\n"),
            "{role}"
        );
    }
    author.post("/actions/withdraw-change", &[("number", &text)]).await;
    assert_eq!(change(&app, number).await.state, ChangeState::Withdrawn);
}

#[tokio::test]
async fn editors_and_people_without_the_role_cannot_approve_a_change() {
    let app = TestApp::start().await;
    let mut author = app.signed_in("ana@acme.example", &[Role::Revops]).await;
    let mut editor = app.signed_in("eve@acme.example", &[Role::Revops]).await;
    let mut manager = app.signed_in("cleo@acme.example", &[Role::AeRepLeader]).await;
    let number = begin(&mut author, "list", "partners").await;
    save(&mut author, number, "1", "Initech\n", "save").await;
    save(&mut editor, number, "2", "Initech\nGlobex\n", "save").await;
    save(&mut author, number, "3", "Initech\nGlobex\n", "submit").await;
    let submitted = change(&app, number).await;
    assert_eq!(submitted.state, ChangeState::Submitted);
    let (number_text, hash) = (number.to_string(), submitted.hash.unwrap().to_string());
    for (browser, who) in [(&mut author, "author"), (&mut editor, "editor"), (&mut manager, "manager")] {
        let sign = [("number", &*number_text), ("hash", &*hash), ("role", "revops")];
        browser.post("/actions/sign-change", &sign).await;
        let back = [("number", &*number_text), ("hash", &*hash), ("comment", "No")];
        browser.post("/actions/return-change", &back).await;
        assert_eq!(
            (change(&app, number).await.state, approvals(&app).await),
            (ChangeState::Submitted, 0),
            "{who}"
        );
    }
    let mut approver = app.signed_in("ben@acme.example", &[Role::Revops]).await;
    let stale = [
        ("number", &*number_text),
        ("hash", &*hash.replace(|c: char| c.is_ascii_digit(), "0")),
        ("role", "revops"),
    ];
    approver.post("/actions/sign-change", &stale).await;
    assert_eq!(approvals(&app).await, 0, "the hash is of other content");
    let sign = [("number", &*number_text), ("hash", &*hash), ("role", "revops")];
    approver.post("/actions/sign-change", &sign).await;
    assert_eq!((change(&app, number).await.state, approvals(&app).await), (ChangeState::Approved, 1));
}

/// Sends a lead that goes to the queue; returns its id and the id of the decision that sent it there.
async fn waiting(app: &TestApp) -> (String, String) {
    let key = app.key(&[Scope::Ingest]).await;
    let mut silent = event("silent");
    silent["payload"] = json!({ "company": "Initech" });
    let answer: Json = app.post_event(&key, "silent", &silent).await.json().await.unwrap();
    let id = |value: &Json| value.as_str().unwrap().to_owned();
    let waits: Option<String> =
        sqlx::query_scalar("SELECT queue FROM lead_states").fetch_one(app.store().pool()).await.unwrap();
    assert!(waits.is_some(), "not in the queue: {answer}");
    (id(&answer["lead_id"]), id(&answer["decision"]["decision_id"]))
}

#[tokio::test]
async fn a_claimed_lead_and_its_verdict_belong_to_the_person_who_claimed_it() {
    let app = TestApp::start().await;
    let (lead, decision) = waiting(&app).await;
    let ana = app.person("ana@acme.example", &[Role::Sdr]).await;
    let mut owner = app.browser();
    owner.sign_in("ana@acme.example", PASSWORD, None).await;
    let mut other = app.signed_in("ben@acme.example", &[Role::Sdr]).await;
    let place = [("lead", &*lead), ("workflow", "inbound-form")];
    let holder = async || -> Option<uuid::Uuid> {
        let claims = "SELECT person_id FROM queue_claims WHERE expires_at > now()";
        sqlx::query_scalar(claims).fetch_optional(app.store().pool()).await.unwrap()
    };
    let verdicts = async || -> Vec<String> {
        let all = "SELECT kind FROM queue_verdicts ORDER BY turn";
        sqlx::query_scalar(all).fetch_all(app.store().pool()).await.unwrap()
    };
    owner.post("/actions/take-lead", &place).await;
    assert_eq!(holder().await, Some(ana.0));
    let verdict =
        [place[0], place[1], ("decision", &*decision), ("kind", "disqualify"), ("reason", "Sells to us")];
    for (action, fields) in [
        ("/actions/take-lead", &place[..]),
        ("/actions/release-lead", &place),
        ("/actions/decide-lead", &verdict),
        ("/actions/give-back-lead", &place),
    ] {
        assert_eq!(other.post(action, fields).await.status(), StatusCode::SEE_OTHER, "{action}");
        assert_eq!((holder().await, verdicts().await), (Some(ana.0), vec![]), "{action}");
    }
    // Everything that the page's form sends arrives: it leads on within the filters that are shown.
    let form: Vec<_> =
        verdict.into_iter().chain([("stopped", "true"), ("shown[workflow]", "inbound-form")]).collect();
    let answer = owner.post("/actions/decide-lead", &form).await;
    assert_eq!(location(&answer), "/queue?workflow=inbound-form");
    assert_eq!(verdicts().await, ["disqualify"]);
    // Only the person who decided may undo it.
    other.post("/actions/give-back-lead", &place).await;
    assert_eq!(verdicts().await, ["disqualify"]);
    owner.post("/actions/give-back-lead", &place).await;
    assert_eq!(verdicts().await, ["disqualify", "give_back"]);
    owner.post("/actions/release-lead", &place).await;
    assert_eq!(holder().await, None);
}

#[tokio::test]
async fn a_saved_view_is_renamed_and_deleted_by_its_owner_only() {
    let app = TestApp::start().await;
    let ana = app.person("ana@acme.example", &[Role::Sdr]).await;
    let mut owner = app.browser();
    owner.sign_in("ana@acme.example", PASSWORD, None).await;
    let fields = [("page", "/leads"), ("query", "action=hold"), ("name", "On hold")];
    owner.post("/actions/save-view", &fields).await;
    let names = async || -> Vec<String> {
        views::views(app.store(), ana, "/leads").await.unwrap().into_iter().map(|view| view.name).collect()
    };
    let view = views::views(app.store(), ana, "/leads").await.unwrap().remove(0).id.to_string();
    for role in [Role::Sdr, Role::Admin] {
        let mut other = app.signed_in(&format!("{role}@acme.example"), &[role]).await;
        let renamed = other.post("/actions/rename-view", &[("view", &view), ("name", "Mine")]).await;
        let deleted = other.post("/actions/delete-view", &[("view", &view)]).await;
        assert_eq!(
            (renamed.status(), deleted.status()),
            (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND),
            "{role}"
        );
        // A view of the same name becomes their own.
        other.post("/actions/save-view", &fields).await;
        assert_eq!(names().await, ["On hold"], "{role}");
    }
    owner.post("/actions/rename-view", &[("view", &view), ("name", "Held")]).await;
    assert_eq!(names().await, ["Held"]);
    owner.post("/actions/delete-view", &[("view", &view)]).await;
    assert_eq!(names().await, [""; 0]);
}

#[tokio::test]
async fn sessions_and_accounts_are_changed_by_their_owner_only() {
    let app = TestApp::start().await;
    let ana = app.person("ana@acme.example", &[Role::Sdr]).await;
    let mut owner = app.browser();
    owner.sign_in("ana@acme.example", PASSWORD, None).await;
    let session = sessions::of(app.store(), ana, chrono::Utc::now()).await.unwrap().remove(0).0.to_string();
    let before = people::by_id(app.store(), ana).await.unwrap();
    let new = "another correct horse";
    for role in [Role::Sdr, Role::Admin] {
        let mut other = app.signed_in(&format!("{role}@acme.example"), &[role]).await;
        other.post("/actions/end-session", &[("session", &session)]).await;
        other.post("/actions/end-other-sessions", &[]).await;
        other.post("/actions/set-preferences", &[("zone", "Asia/Tokyo"), ("numbers", "dot")]).await;
        // Both have the same password. The form changes the caller's own, whatever address it carries.
        let fields =
            [("current", PASSWORD), ("password", new), ("again", new), ("email", "ana@acme.example")];
        other.post("/actions/change-password", &fields).await;
        assert_eq!(owner.get("/account").await.status(), StatusCode::OK, "{role}");
        assert_eq!(people::by_id(app.store(), ana).await.unwrap(), before, "{role}");
        let same = people::check_password(app.store(), "ana@acme.example", PASSWORD, people::HashLane::Known)
            .await
            .unwrap();
        assert!(same.is_some(), "{role}");
    }
    owner.post("/actions/end-session", &[("session", &session)]).await;
    assert_eq!(location(&owner.get("/account").await), "/sign-in?next=/account");
}

#[tokio::test]
async fn api_keys_are_revoked_by_administrators_only() {
    let app = TestApp::start().await;
    let key = app.key(&[Scope::Read]).await;
    let id = store::testing::keys(app.store()).await.remove(0).id.to_string();
    for role in [Role::Revops, Role::RevopsLead, Role::Integrations] {
        let mut other = app.signed_in(&format!("{role}@acme.example"), &[role]).await;
        let answer = other.post("/actions/revoke-key", &[("key", &id)]).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{role}");
    }
    assert_eq!(store::testing::keys(app.store()).await[0].revoked_at, None);
    assert_eq!(app.get_api(&key, "/api/v1/decisions").await.status(), StatusCode::OK);
    let mut admin = app.signed_in("admin@acme.example", &[Role::Admin]).await;
    admin.post("/actions/revoke-key", &[("key", &id)]).await;
    assert!(store::testing::keys(app.store()).await[0].revoked_at.is_some());
}

#[tokio::test]
async fn a_session_follows_the_current_roles_of_its_person() {
    let app = TestApp::start().await;
    let ana = app.person("ana@acme.example", &[Role::Admin]).await;
    app.person("ben@acme.example", &[Role::Admin]).await;
    let mut browser = app.browser();
    browser.sign_in("ana@acme.example", PASSWORD, None).await;
    assert_eq!(browser.get("/keys").await.status(), StatusCode::OK);
    let actor = Actor::command("test");
    people::set_roles(app.store(), &actor, ana, &[Role::Sdr]).await.unwrap();
    assert_eq!(browser.get("/keys").await.status(), StatusCode::FORBIDDEN);
    let key = [("name", "mine"), ("scopes[]", "read")];
    assert_eq!(browser.post("/actions/add-key", &key).await.status(), StatusCode::FORBIDDEN);
    people::set_disabled(app.store(), &actor, ana, true).await.unwrap();
    assert_eq!(location(&browser.get("/leads").await), "/sign-in?next=/leads");
    assert_eq!(browser.post("/actions/end-other-sessions", &[]).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(store::testing::keys(app.store()).await.len(), 0);
}
