//! Drafts submitted from browsers: forms that are sent twice, are stale or too long, or come from people without the right.

use engine::change::Kind;
use reqwest::StatusCode;
use store::actor::Role;
use store::changes::{self, Change, ChangeState};

use crate::support::{Browser, TestApp, location};

/// Starts a draft and returns its number.
pub async fn begin(browser: &mut Browser<'_>, kind: &str, name: &str) -> i64 {
    let answer = browser.post("/actions/start-change", &[("kind", kind), ("name", name)]).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    location(&answer).strip_prefix("/changes/").unwrap().parse().unwrap()
}

/// Saves the form of a draft and returns the target of the redirect.
pub async fn save(
    browser: &mut Browser<'_>,
    number: i64,
    revision: &str,
    source: &str,
    then: &str,
) -> String {
    let number = number.to_string();
    let fields = [
        ("number", &*number),
        ("revision", revision),
        ("title", "A list"),
        ("source", source),
        ("then", then),
    ];
    let answer = browser.post("/actions/save-change", &fields).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    location(&answer).to_owned()
}

async fn change(app: &TestApp, number: i64) -> Change {
    let mut connection = app.store().pool().acquire().await.unwrap();
    changes::by_number(&mut connection, number).await.unwrap()
}

async fn drafts(app: &TestApp) -> usize {
    store::testing::drafts(app.store()).await.len()
}

#[tokio::test]
async fn resubmitting_a_form_is_not_a_conflict() {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("ana@acme.example", &[Role::Revops]).await;
    let number = begin(&mut browser, "list", "partners").await;
    let here = format!("/changes/{number}");
    for _ in 0..2 {
        assert_eq!(save(&mut browser, number, "1", "Initech\r\n", "save").await, here);
    }
    assert_eq!((change(&app, number).await.revision, drafts(&app).await), (2, 1));
    for _ in 0..2 {
        assert_eq!(save(&mut browser, number, "2", "Initech\r\n", "submit").await, here);
    }
    assert_eq!((change(&app, number).await.state, drafts(&app).await), (ChangeState::Submitted, 0));
}

#[tokio::test]
async fn an_approval_or_a_return_that_is_sent_twice_says_what_the_first_one_came_to() {
    let app = TestApp::start().await;
    let mut ana = app.signed_in("ana@acme.example", &[Role::Revops]).await;
    let mut ben = app.signed_in("ben@acme.example", &[Role::Revops]).await;
    for (action, name, fields, said) in [
        ("sign-change", "partners", [("role", "revops"), ("comment", "")], "Approved. It is version 1 now."),
        (
            "return-change",
            "closers",
            [("role", ""), ("comment", "Not yet")],
            "Sent back, with what you wrote.",
        ),
    ] {
        let number = begin(&mut ana, "list", name).await;
        save(&mut ana, number, "1", "Initech\n", "submit").await;
        let (hash, number) = (change(&app, number).await.hash.unwrap().to_string(), number.to_string());
        let mut form = vec![("number", &*number), ("hash", &*hash)];
        form.extend(fields);
        for _ in 0..2 {
            let answer = ben.post(&format!("/actions/{action}"), &form).await;
            assert_eq!(
                (answer.status(), location(&answer)),
                (StatusCode::SEE_OTHER, &*format!("/changes/{number}"))
            );
            let page = ben.get(&format!("/changes/{number}")).await.text().await.unwrap();
            assert!(page.contains(said), "{action}: {said}");
        }
    }
}

#[tokio::test]
async fn saving_a_change_that_was_submitted_starts_a_new_draft() {
    let app = TestApp::start().await;
    let mut ana = app.signed_in("ana@acme.example", &[Role::Revops]).await;
    let mut ben = app.signed_in("ben@acme.example", &[Role::Revops]).await;
    let number = begin(&mut ana, "list", "partners").await;
    save(&mut ana, number, "1", "Initech\n", "submit").await;
    let kept = save(&mut ben, number, "1", "Globex\n", "save").await;
    let other = change(&app, kept.strip_prefix("/changes/").unwrap().parse().unwrap()).await;
    assert_eq!(
        (other.source.as_str(), other.state, other.name.as_str()),
        ("Globex\n", ChangeState::Draft, "partners")
    );
    assert_eq!(change(&app, number).await.source, "Initech\n");
    // A person without the right to edit changes nothing.
    let mut sdr = app.signed_in("sam@acme.example", &[Role::Sdr]).await;
    let number = number.to_string();
    let fields = [("number", &*number), ("revision", "1"), ("source", "x"), ("then", "save")];
    assert_eq!(sdr.post("/actions/save-change", &fields).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(drafts(&app).await, 1);
}

#[tokio::test]
async fn a_list_file_needs_an_editor_and_the_current_revision() {
    let app = TestApp::start().await;
    let mut ana = app.signed_in("ana@acme.example", &[Role::Revops]).await;
    let number = begin(&mut ana, "list", "partners").await;
    let path = format!("/changes/{number}/upload");
    let file = b"company\nInitech\nGlobex\n";
    let mut sdr = app.signed_in("sam@acme.example", &[Role::Sdr]).await;
    assert_eq!(sdr.upload(&path, "1", file).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(ana.upload("/changes/999/upload", "1", file).await.status(), StatusCode::NOT_FOUND);
    let large = vec![b'x'; 33 * 1024 * 1024];
    assert_eq!(ana.upload(&path, "1", &large).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(change(&app, number).await.revision, 1);
    assert_eq!(ana.upload(&path, "1", file).await.status(), StatusCode::SEE_OTHER);
    let body = change(&app, number).await.body.unwrap();
    assert_eq!(body["entries"], serde_json::json!(["Globex", "Initech"]));
    // An upload for an outdated revision becomes a separate draft.
    let late = ana.upload(&path, "1", b"Umbrella\n").await;
    assert_ne!(location(&late), format!("/changes/{number}"));
    assert_eq!(change(&app, number).await.body.unwrap(), body);
    // A list file cannot replace other content.
    let pool = begin(&mut ana, &Kind::Pool.to_string(), "closers").await;
    let refused = ana.upload(&format!("/changes/{pool}/upload"), "1", file).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_form_that_is_too_long_is_rejected_and_changes_nothing() {
    let app = TestApp::start().await;
    let mut ana = app.signed_in("ana@acme.example", &[Role::Revops]).await;
    let number = begin(&mut ana, "list", "partners").await;
    let (text, number) = ("x".repeat(10 * 1024 * 1024), number.to_string());
    let fields = [("number", &*number), ("revision", "1"), ("source", &*text), ("then", "save")];
    assert_eq!(ana.post("/actions/save-change", &fields).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(change(&app, number.parse().unwrap()).await.revision, 1);
}
