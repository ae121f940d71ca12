//! `POST /api/v1/events`.

use reqwest::Method;
use serde_json::{Value as Json, json};
use store::people::Scope;

use crate::support::{TestApp, event, problem};

#[tokio::test]
async fn an_event_and_its_repeat_get_the_same_decision() {
    let app = TestApp::start().await;
    let key = app.key(&[Scope::Ingest]).await;
    let first = app.post_event(&key, "k1", &event("ana")).await;
    assert_eq!(first.status(), 201);
    let first = first.text().await.unwrap();
    let answer: Json = serde_json::from_str(&first).unwrap();
    assert_eq!(answer["decision"]["action"], "assign");
    assert_eq!(
        (&answer["event_id"], &answer["lead_id"]),
        (&answer["decision"]["event_id"], &answer["decision"]["lead_id"])
    );
    let again = app.post_event(&key, "k1", &event("ana")).await;
    assert_eq!(again.status(), 200);
    assert_eq!(again.text().await.unwrap(), first);
    let other = problem(app.post_event(&key, "k1", &event("ben")).await, 422).await;
    assert_eq!(other["type"], "urn:meshline:problem:key-reused");
    let events: i64 =
        sqlx::query_scalar("SELECT count(*) FROM events").fetch_one(app.store().pool()).await.unwrap();
    assert_eq!(events, 1);
    let from: String =
        sqlx::query_scalar("SELECT received_from FROM events").fetch_one(app.store().pool()).await.unwrap();
    assert!(from.starts_with("key:"), "{from}");
}

#[tokio::test]
async fn a_rejected_event_gets_the_reason() {
    let app = TestApp::start().await;
    let key = app.key(&[Scope::Ingest]).await;
    let with = |name: &str, value: Json| {
        let mut event = event("ana");
        event[name] = value;
        event
    };
    let soon = chrono::Utc::now() + chrono::TimeDelta::minutes(6);
    for (n, (event, kind, pointer)) in [
        (with("workflow", json!("nowhere")), "urn:meshline:problem:unknown-workflow", "/workflow"),
        (with("source", json!("elsewhere")), "urn:meshline:problem:no-route", "/workflow"),
        (with("kind", json!("fax")), "urn:meshline:problem:invalid", "/kind"),
        (with("payload", json!([])), "urn:meshline:problem:invalid", "/payload"),
        (with("payload", json!({"a": "\u{0}"})), "urn:meshline:problem:invalid", "/payload/a"),
        (with("occurred_at", json!(soon)), "urn:meshline:problem:invalid", "/occurred_at"),
        (with("lead", json!({"email": "nobody"})), "urn:meshline:problem:invalid", "/lead/email"),
        (with("lead", json!({"mail": "x"})), "urn:meshline:problem:invalid", "/lead/mail"),
        (with("colour", json!("red")), "urn:meshline:problem:invalid", "/colour"),
        (json!({"kind": "form", "payload": {}}), "urn:meshline:problem:invalid", "/source"),
        (json!([]), "urn:meshline:problem:invalid", ""),
    ]
    .into_iter()
    .enumerate()
    {
        let problem = problem(app.post_event(&key, &format!("k{n}"), &event).await, 422).await;
        assert_eq!(
            (&problem["type"], &problem["errors"][0]["pointer"]),
            (&json!(kind), &json!(pointer)),
            "{problem}"
        );
        assert!(problem["errors"][0]["detail"].as_str().unwrap().ends_with('.'), "{problem}");
    }
    let keys: i64 = sqlx::query_scalar("SELECT count(*) FROM idempotency_keys")
        .fetch_one(app.store().pool())
        .await
        .unwrap();
    assert_eq!(keys, 0, "a rejected event can be corrected and sent again");
}

#[tokio::test]
async fn what_is_not_used_of_an_event_is_said_each_time() {
    let app = TestApp::start().await;
    let key = app.key(&[Scope::Ingest]).await;
    let mut sent = event("ana");
    sent["lead"]["external_id"] = json!("undefined");
    sent["lead"]["name"] = json!("");
    let first: Json = app.post_event(&key, "k1", &sent).await.json().await.unwrap();
    assert_eq!(first["notes"][0]["pointer"], "/lead/external_id", "{first}");
    assert_eq!(first["notes"].as_array().unwrap().len(), 1);
    let again: Json = app.post_event(&key, "k1", &sent).await.json().await.unwrap();
    assert_eq!(again, first);
    sent["idempotency_key"] = json!("k1");
    let lines = format!("{sent}\n");
    let batch = app.request(Method::POST, "/api/v1/events/batch").bearer_auth(&key);
    let batch = batch.header("content-type", "application/x-ndjson").body(lines).send().await.unwrap();
    let line: Json = serde_json::from_str(&batch.text().await.unwrap()).unwrap();
    assert_eq!((&line["status"], &line["notes"]), (&json!(200), &first["notes"]), "{line}");
    let plain: Json = app.post_event(&key, "k2", &event("ben")).await.json().await.unwrap();
    assert_eq!(plain.get("notes"), None);
}

#[tokio::test]
async fn an_idempotency_key_is_required() {
    let app = TestApp::start().await;
    let key = app.key(&[Scope::Ingest]).await;
    let post = || app.request(Method::POST, "/api/v1/events").bearer_auth(&key).json(&event("ana"));
    let long = "x".repeat(201);
    for request in [
        post(),
        post().header("idempotency-key", ""),
        post().header("idempotency-key", &long),
        post().header("idempotency-key", "a").header("idempotency-key", "b"),
    ] {
        let problem = problem(request.send().await.unwrap(), 400).await;
        assert_eq!(problem["errors"][0]["pointer"], "Idempotency-Key");
    }
    let exact = post().header("idempotency-key", "x".repeat(200)).send().await.unwrap();
    assert_eq!(exact.status(), 201);
}

#[tokio::test]
async fn without_its_database_the_process_asks_to_retry() {
    let app = TestApp::start().await;
    let key = app.key(&[Scope::Ingest, Scope::Read]).await;
    assert_eq!(app.post_event(&key, "k1", &event("ana")).await.status(), 201);
    app.disconnect().await;
    let response = app.post_event(&key, "k2", &event("ben")).await;
    assert_eq!(response.headers()["retry-after"], "5");
    problem(response, 503).await;
    problem(app.get_api(&key, "/api/v1/decisions").await, 503).await;
    problem(app.request(Method::GET, "/readyz").send().await.unwrap(), 503).await;
    assert_eq!(app.request(Method::GET, "/healthz").send().await.unwrap().status(), 200);
    let mut browser = app.browser();
    browser.cookies.insert("meshline_session".into(), "AAAAAAAAAAAAAAAAAAAAAA".into());
    let page = browser.get("/leads").await;
    assert_eq!((page.status().as_u16(), page.headers()["retry-after"].to_str().unwrap()), (503, "5"));
    assert!(page.text().await.unwrap().contains("The database does not answer at the moment."));
}
