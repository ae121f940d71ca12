//! Server-sent events about changed topics, for people who are signed in.

use std::time::Duration;

use reqwest::{Method, Response, StatusCode};
use store::Actor;
use store::actor::{ActorId, Role};
use store::people::Scope;
use store::refresh::Topic;
use store::sync::jobs::{self, JobKind};
use tokio::time::timeout;

use crate::support::{Browser, TestApp, event, location};

const PATIENCE: Duration = Duration::from_secs(10);

async fn open(browser: &mut Browser<'_>, topics: &str) -> Response {
    let response = browser.get(&format!("/refresh?topics={topics}")).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    response
}

/// Reads until the stream contains `what`. Returns everything received by then.
async fn hear(stream: &mut Response, what: &str) -> String {
    let mut said = String::new();
    let hearing = async {
        while !said.contains(what) {
            let piece =
                stream.chunk().await.unwrap().unwrap_or_else(|| panic!("the stream ended after {said:?}"));
            said.push_str(std::str::from_utf8(&piece).unwrap());
        }
    };
    let heard = timeout(PATIENCE, hearing).await;
    assert!(heard.is_ok(), "{what} was not received, only {said:?}");
    said
}

async fn ask_for_a_job(app: &TestApp, who: &str) {
    let id = store::people::by_email(app.store(), who).await.unwrap().unwrap().id;
    let actor = Actor { who: ActorId::Person(id), ..Actor::command("test") };
    jobs::register(app.store()).await.unwrap();
    jobs::request(app.store(), &actor, JobKind::Backlog).await.unwrap();
}

#[tokio::test]
async fn every_connection_receives_its_topics_and_no_personal_data() {
    let app = TestApp::start().await;
    let mut ana = app.signed_in("ana@acme.example", &[Role::Integrations]).await;
    let mut bob = app.signed_in("bob@acme.example", &[Role::Sdr]).await;
    let (mut one, mut two) = (open(&mut ana, "jobs").await, open(&mut bob, "leads,jobs").await);
    ask_for_a_job(&app, "ana@acme.example").await;
    hear(&mut one, "data: jobs").await;
    hear(&mut two, "data: jobs").await;

    let key = app.key(&[Scope::Ingest]).await;
    app.post_event(&key, "e1", &event("ana.ruiz")).await;
    let said = hear(&mut two, "data: leads").await;
    assert!(!said.contains("ruiz") && !said.contains("data: sync"));
    let lines: Vec<&str> = said.lines().filter(|line| !line.is_empty()).collect();
    assert!(
        lines.iter().all(|line| ["event: changed", "data: leads", "data: jobs"].contains(line)),
        "{lines:?}"
    );
}

#[tokio::test]
async fn a_reconnecting_client_receives_events_again() {
    let app = TestApp::start().await;
    let mut ana = app.signed_in("ana@acme.example", &[Role::Integrations]).await;
    let mut first = open(&mut ana, "sync").await;
    app.store().mark(&[Topic::Sync]);
    hear(&mut first, "data: sync").await;
    drop(first);
    let mut again = open(&mut ana, "sync").await;
    app.store().mark(&[Topic::Sync]);
    hear(&mut again, "data: sync").await;
}

#[tokio::test]
async fn the_end_of_the_process_ends_the_stream() {
    let app = TestApp::start().await;
    let mut ana = app.signed_in("ana@acme.example", &[Role::Sdr]).await;
    let mut stream = open(&mut ana, "sync").await;
    app.stop();
    let ended = async { while stream.chunk().await.unwrap().is_some() {} };
    assert!(timeout(PATIENCE, ended).await.is_ok());
}

#[tokio::test]
async fn anonymous_clients_are_rejected() {
    let app = TestApp::start().await;
    let answer = app.browser().get("/refresh").await;
    assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, "/sign-in?next=/refresh"));
    let key = app.key(&[Scope::Read, Scope::Admin]).await;
    let answer = app.request(Method::GET, "/refresh").bearer_auth(key).send().await.unwrap();
    assert!(answer.status().is_redirection() || answer.status().is_client_error());
}

#[tokio::test]
async fn refreshing_an_open_queue_does_not_extend_claims() {
    let app = TestApp::start().await;
    let mut ana = app.signed_in("ana@acme.example", &[Role::Sdr]).await;
    let key = app.key(&[Scope::Ingest]).await;
    let mut silent = event("kim.silent");
    silent["payload"] = serde_json::json!({"company": "Initech", "role": "VP Sales"});
    app.post_event(&key, "e1", &silent).await;
    let (lead, workflow): (uuid::Uuid, String) = sqlx::query_as(
        "SELECT s.lead_id, w.name FROM lead_states s JOIN workflows w ON w.id = s.workflow_id WHERE s.queue IS NOT NULL",
    )
    .fetch_one(app.store().pool())
    .await
    .unwrap();
    ana.post("/actions/take-lead", &[("lead", &lead.to_string()), ("workflow", &workflow)]).await;
    let soon = "UPDATE queue_claims SET expires_at = date_trunc('second', now()) + interval '2 minutes' RETURNING expires_at";
    let ends = |statement: &'static str| {
        let store = app.store().clone();
        async move {
            let at: chrono::DateTime<chrono::Utc> =
                sqlx::query_scalar(statement).fetch_one(store.pool()).await.unwrap();
            at
        }
    };
    let set = ends(soon).await;
    let path = format!("/queue?lead={lead}&in={workflow}");
    assert_eq!(ana.get(&format!("{path}&refresh=1")).await.status(), StatusCode::OK);
    assert_eq!(ends("SELECT expires_at FROM queue_claims").await, set);
    assert_eq!(ana.get(&path).await.status(), StatusCode::OK);
    assert!(ends("SELECT expires_at FROM queue_claims").await > set);
}
