//! Hostile and malformed bodies: rejected in bounded time, with a document that gives the reason.

use std::time::{Duration, Instant};

use axum::body::Bytes;
use http_body_util::StreamBody;
use hyper::body::Frame;
use reqwest::{Method, Response};
use store::people::Scope;

use crate::support::{TestApp, problem};

async fn post(app: &TestApp, key: &str, kind: &str, body: impl Into<reqwest::Body>) -> Response {
    let request = app.request(Method::POST, "/api/v1/events").bearer_auth(key).header("idempotency-key", "k");
    request.header("content-type", kind).body(body).send().await.unwrap()
}

#[tokio::test]
async fn invalid_json_is_rejected_with_its_position() {
    let app = TestApp::start().await;
    let key = app.key(&[Scope::Ingest]).await;
    for body in [
        "",
        "{",
        "{\"kind\":}",
        "nonsense",
        "{} {}",
        "\u{feff}{}",
        "{\"a\":1,}",
        "{\"a\":NaN}",
        "{\"a\":1e999}",
        "\"\\ud800\"",
    ] {
        let problem = problem(post(&app, &key, "application/json", body).await, 400).await;
        assert_eq!(problem["type"], "about:blank");
        assert!(problem["errors"][0]["detail"].as_str().unwrap().contains("line 1"), "{body}: {problem}");
    }
    problem(post(&app, &key, "application/json", vec![0xFF, 0xFE]).await, 400).await;
    let twice = r#"{"kind":"form","source":"website","payload":{"budget":1,"budget":900000}}"#;
    let refused = problem(post(&app, &key, "application/json", twice).await, 400).await;
    assert_eq!(refused["errors"][0]["pointer"], "/payload");
}

#[tokio::test]
async fn deep_and_large_bodies_are_rejected_quickly() {
    let app = TestApp::start().await;
    let key = app.key(&[Scope::Ingest]).await;
    let started = Instant::now();
    let deep = |levels: usize| {
        format!(
            r#"{{"kind":"form","source":"website","payload":{}1{}}}"#,
            r#"{"a":"#.repeat(levels),
            "}".repeat(levels)
        )
    };
    problem(post(&app, &key, "application/json", deep(20_000)).await, 400).await;
    let refused = problem(post(&app, &key, "application/json", deep(33)).await, 422).await;
    assert_eq!(refused["errors"][0]["pointer"], "/payload");
    assert_eq!(post(&app, &key, "application/json", deep(32)).await.status(), 201);
    let long =
        format!(r#"{{"kind":"form","source":"website","payload":{{"a":"{}"}}}}"#, "x".repeat(10_000_000));
    problem(post(&app, &key, "application/json", long.clone()).await, 413).await;
    let frame = |chunk: &[u8]| Ok::<_, std::io::Error>(Frame::data(Bytes::copy_from_slice(chunk)));
    let frames: Vec<_> = long.as_bytes().chunks(65_536).map(frame).collect();
    let streamed = reqwest::Body::wrap(StreamBody::new(futures::stream::iter(frames)));
    problem(post(&app, &key, "application/json", streamed).await, 413).await;
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

#[tokio::test]
async fn other_formats_are_rejected() {
    let app = TestApp::start().await;
    let key = app.key(&[Scope::Ingest]).await;
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""] {
        problem(post(&app, &key, kind, "{}").await, 415).await;
    }
    let compressed =
        app.request(Method::POST, "/api/v1/events").bearer_auth(&key).header("content-encoding", "gzip");
    problem(compressed.header("content-type", "application/json").body("x").send().await.unwrap(), 415).await;
    let response = post(&app, &key, "application/json; charset=utf-8", "{}").await;
    problem(response, 422).await;
}

#[tokio::test]
async fn callers_are_authenticated_before_the_body_is_read() {
    let app = TestApp::start().await;
    let key = app.key(&[Scope::Read]).await;
    problem(post(&app, "ml_wrong", "application/json", "{").await, 401).await;
    problem(post(&app, &key, "application/json", "{").await, 403).await;
    let unknown = app.request(Method::GET, "/api/v1/nowhere").send().await.unwrap();
    problem(unknown, 404).await;
}
