//! `POST /api/v1/events/batch`.

use reqwest::{Method, Response};
use serde_json::{Value as Json, json};
use store::people::Scope;

use crate::support::{TestApp, event, problem};

async fn post(app: &TestApp, key: &str, body: String) -> Response {
    let request = app.request(Method::POST, "/api/v1/events/batch").bearer_auth(key);
    request.header("content-type", "application/x-ndjson").body(body).send().await.unwrap()
}

async fn lines(response: Response) -> Vec<Json> {
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/x-ndjson");
    let text = response.text().await.unwrap();
    assert!(text.is_empty() || text.ends_with('\n'));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn line(key: &str, event: Json) -> String {
    let mut event = event;
    event["idempotency_key"] = key.into();
    event.to_string()
}

#[tokio::test]
async fn every_line_is_answered_in_order_and_an_invalid_one_blocks_no_other() {
    let app = TestApp::start().await;
    let key = app.key(&[Scope::Ingest]).await;
    let single: Json = app.post_event(&key, "single", &event("ana")).await.json().await.unwrap();
    let body = [
        line("a", event("ana")),
        "{ nonsense".into(),
        line("b", json!({ "kind": "fax", "source": "website", "payload": {} })),
        String::new(),
        event("ben").to_string(),
        line("a", event("cleo")),
        line("single", event("ana")),
        line("c", json!({ "kind": "form", "source": "elsewhere", "payload": {} })),
        line("d", json!({ "kind": "form", "source": "website", "payload": {}, "colour": "red" })),
        format!("{}\r", line("e", event("dora"))),
        line("f", json!({ "kind": "form", "source": "website", "payload": { "a": "x".repeat(300_000) } })),
        line("e", event("dora")),
    ]
    .join("\n");
    let answers = lines(post(&app, &key, body).await).await;
    let statuses: Vec<(u64, u64)> = answers
        .iter()
        .map(|answer| (answer["line"].as_u64().unwrap(), answer["status"].as_u64().unwrap()))
        .collect();
    let expected = [
        (1, 201),
        (2, 400),
        (3, 422),
        (5, 400),
        (6, 422),
        (7, 200),
        (8, 422),
        (9, 422),
        (10, 201),
        (11, 413),
        (12, 200),
    ];
    assert_eq!(statuses, expected, "{answers:#?}");
    let members = |answer: &Json| answer.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(members(&answers[0]), ["line", "status", "event_id", "lead_id", "decision"]);
    assert_eq!(members(&answers[1]), ["line", "status", "problem"]);
    assert_eq!(
        answers[5]["decision"], single["decision"],
        "a repeat of a single request gets the same answer"
    );
    assert_eq!(answers[2]["problem"]["errors"][0]["pointer"], "/kind");
    assert_eq!(answers[3]["problem"]["errors"][0]["pointer"], "/idempotency_key");
    assert_eq!(answers[4]["problem"]["type"], "urn:meshline:problem:key-reused");
    assert_eq!(answers[7]["problem"]["errors"][0]["pointer"], "/colour");
    assert_eq!(answers[10]["decision"], answers[8]["decision"]);
}

#[tokio::test]
async fn lines_keep_their_order_across_transactions() {
    let app = TestApp::start().await;
    let key = app.key(&[Scope::Ingest]).await;
    let body: Vec<String> = (0..1_203).map(|n| line(&format!("k{n}"), event(&format!("p{n}")))).collect();
    let answers = lines(post(&app, &key, body.join("\n")).await).await;
    assert_eq!(answers.len(), 1_203);
    assert!(answers.iter().zip(1..).all(|(answer, n)| answer["line"] == n && answer["status"] == 201));
    let again = lines(post(&app, &key, body.join("\n")).await).await;
    assert!(
        again
            .iter()
            .zip(&answers)
            .all(|(again, first)| again["status"] == 200 && again["event_id"] == first["event_id"])
    );
}

#[tokio::test]
async fn a_batch_has_limits() {
    let app = TestApp::start().await;
    let key = app.key(&[Scope::Ingest]).await;
    assert_eq!(lines(post(&app, &key, String::new()).await).await.len(), 0);
    assert_eq!(lines(post(&app, &key, "\n\n".into()).await).await.len(), 0);
    problem(post(&app, &key, "{}\n".repeat(10_001)).await, 413).await;
    problem(post(&app, &key, "x".repeat(33 * 1024 * 1024)).await, 413).await;
    let json = app
        .request(Method::POST, "/api/v1/events/batch")
        .bearer_auth(&key)
        .json(&json!([]))
        .send()
        .await
        .unwrap();
    problem(json, 415).await;
}

#[tokio::test]
async fn without_its_database_every_line_asks_to_retry() {
    let app = TestApp::start().await;
    let key = app.key(&[Scope::Ingest]).await;
    // Keys are cached for a second; then the database goes away.
    lines(post(&app, &key, String::new()).await).await;
    app.disconnect().await;
    let body: Vec<String> = (0..600).map(|n| line(&format!("k{n}"), event("ana"))).collect();
    let answers = lines(post(&app, &key, body.join("\n")).await).await;
    assert_eq!(answers.len(), 600);
    assert!(answers.iter().all(|answer| answer["status"] == 503 && answer["problem"]["status"] == 503));
}

#[tokio::test]
async fn a_compressed_answer_is_complete() {
    let app = TestApp::start().await;
    let key = app.key(&[Scope::Ingest]).await;
    let request = app.request(Method::POST, "/api/v1/events/batch").bearer_auth(&key);
    let request = request.header("content-type", "text/plain").header("accept-encoding", "gzip");
    let response = request.body(line("a", event("ana"))).send().await.unwrap();
    assert_eq!(response.headers()["content-encoding"], "gzip");
    assert_eq!(response.bytes().await.unwrap()[..2], [0x1F, 0x8B]);
}
