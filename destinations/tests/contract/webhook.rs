//! Tests of behaviour that only webhooks have.

use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Response, StatusCode, header};
use chrono::Utc;
use destinations::{Destination, WriteError, WriteRequest, open};
use engine::canonical::Digest;
use engine::sync::backoff::FailureKind;
use serde_json::{Value as Json, json};

use crate::chaos::{Chaos, Mode, nowhere};
use crate::receiver::Receiver;
use crate::suite::{Keeps, Subject, Truth, request};

/// The signing key of all tests.
pub const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Returns a webhook and its receiver as a subject of the contract suite.
pub async fn subject() -> Subject {
    let (receiver, address) = Receiver::start().await;
    let chaos = Chaos::before(address).await;
    let hook = |address| format!("http://{address}/hook");
    Subject {
        destination: webhook(&hook(chaos.address)),
        unreachable: webhook(&hook(nowhere().await)),
        chaos,
        truth: Box::new(receiver),
        secret: KEY,
        is_readable: false,
        keeps: Keeps::Bodies,
        write_mark: |request| request.effect.key.to_string(),
    }
}

fn webhook(url: &str) -> Box<dyn Destination> {
    open("webhook", &json!({"url": url, "timeout_seconds": 1}), Some(KEY.as_bytes())).unwrap()
}

#[async_trait::async_trait]
impl Truth for Receiver {
    async fn events(&self) -> Vec<String> {
        self.events()
    }

    async fn current(&self, remote_key: Digest) -> Option<(String, Json)> {
        self.current(&remote_key.to_string())
    }
}

async fn with_receiver() -> (Box<dyn Destination>, Receiver) {
    let (receiver, address) = Receiver::start().await;
    (webhook(&format!("http://{address}/hook?token=abc")), receiver)
}

async fn refusal(answer: Response<Body>) -> WriteError {
    let (webhook, receiver) = with_receiver().await;
    receiver.answer(answer);
    webhook.write(&request(1, 1)).await.unwrap_err()
}

fn answer(status: u16) -> axum::http::response::Builder {
    Response::builder().status(status)
}

#[tokio::test]
async fn attempts_share_the_id_and_are_signed_separately() {
    let (webhook, receiver) = with_receiver().await;
    receiver.answer(StatusCode::SERVICE_UNAVAILABLE);
    webhook.write(&request(1, 1)).await.unwrap_err();
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let receipt = webhook.write(&request(1, 1)).await.unwrap();
    assert_eq!(receipt.status, Some(204));
    let [first, second] = receiver.requests().try_into().unwrap();
    assert_eq!(first["webhook-id"], request(1, 1).effect.key.to_string());
    assert_eq!(first["webhook-id"], second["webhook-id"]);
    assert_ne!(first["webhook-timestamp"], second["webhook-timestamp"]);
    assert_ne!(first["webhook-signature"], second["webhook-signature"]);
    assert_eq!(first["content-type"], "application/json");
}

#[tokio::test]
async fn a_wrong_key_is_rejected() {
    let (_, address) = Receiver::start().await;
    let other = "whsec_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";
    let webhook =
        open("webhook", &json!({"url": format!("http://{address}/hook")}), Some(other.as_bytes())).unwrap();
    let error = webhook.write(&request(1, 1)).await.unwrap_err();
    assert_eq!((error.status, error.failed.failure), (Some(401), FailureKind::NeedsPerson));
    assert!(webhook.test_connection().await.unwrap_err().to_string().contains("401"));
}

#[tokio::test]
async fn retry_after_sets_the_next_attempt() {
    let error = refusal(answer(429).header(header::RETRY_AFTER, "120").body(Body::empty()).unwrap()).await;
    let wait = error.failed.not_before.unwrap() - Utc::now();
    assert!((115..=120).contains(&wait.num_seconds()), "{wait}");
    let error = refusal(
        answer(503).header(header::RETRY_AFTER, "Fri, 31 Dec 2100 23:59:59 GMT").body(Body::empty()).unwrap(),
    )
    .await;
    assert_eq!(error.failed.not_before.unwrap().to_rfc3339(), "2100-12-31T23:59:59+00:00");
    let error = refusal(answer(503).header(header::RETRY_AFTER, "soon").body(Body::empty()).unwrap()).await;
    assert_eq!((error.failed.failure, error.failed.not_before), (FailureKind::Retry, None));
}

#[tokio::test]
async fn a_gone_receiver_pauses_the_destination() {
    let error = refusal(answer(410).body(Body::empty()).unwrap()).await;
    assert_eq!(error.failed.failure, FailureKind::NeedsPerson);
    assert!(error.pause.unwrap().contains("410 Gone"));
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let (target, address) = Receiver::start().await;
    let error = refusal(
        answer(307).header(header::LOCATION, format!("http://{address}/hook")).body(Body::empty()).unwrap(),
    )
    .await;
    assert_eq!((error.status, error.failed.failure), (Some(307), FailureKind::NeedsPerson));
    assert!(target.requests().is_empty());
}

#[tokio::test]
async fn a_long_response_is_truncated() {
    let error = refusal(answer(500).body(Body::from("x".repeat(1_000_000))).unwrap()).await;
    let response = error.response.unwrap();
    assert_eq!(response["body"].as_str().unwrap().len(), 4096);
    assert_eq!(response["cut"], true);
    assert_eq!(error.request.unwrap()["url"].as_str().unwrap().split_once('?'), None);
    let error = refusal(answer(500).body(Body::from(&b"\xffshort\0"[..])).unwrap()).await;
    assert_eq!(error.response.unwrap(), json!({"body": "\u{FFFD}short\0", "cut": false}));
}

#[tokio::test]
async fn an_endless_response_does_not_block_and_its_status_counts() {
    let (webhook, receiver) = with_receiver().await;
    let drip = futures::stream::unfold((), |()| async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        Some((Ok::<_, std::io::Error>("x"), ()))
    });
    receiver.answer(answer(200).body(Body::from_stream(drip)).unwrap());
    let started = Instant::now();
    assert_eq!(webhook.write(&request(1, 1)).await.unwrap().status, Some(200));
    assert!(started.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn a_repeat_that_the_receiver_refuses_with_409_was_delivered() {
    let (webhook, receiver) = with_receiver().await;
    receiver.answer(StatusCode::CONFLICT);
    let error = webhook.write(&request(1, 1)).await.unwrap_err();
    assert_eq!(
        (error.status, error.failed.failure),
        (Some(409), FailureKind::NeedsPerson),
        "never sent before"
    );
    receiver.answer((StatusCode::CONFLICT, "kept already"));
    let repeat = WriteRequest { attempt: 2, is_repeat: true, ..request(1, 1) };
    let receipt = webhook.write(&repeat).await.unwrap();
    assert_eq!((receipt.status, receipt.to_queue), (Some(409), None));
    assert_eq!(receipt.response["body"], "kept already");
    // Other refusals of a repeat are failures.
    receiver.answer(StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(webhook.write(&repeat).await.unwrap_err().failed.failure, FailureKind::NeedsPerson);
}

#[tokio::test]
async fn a_message_that_was_kept_but_answered_too_late_or_not_at_all_is_delivered_by_its_repeat() {
    let (receiver, address) = Receiver::start().await;
    let chaos = Chaos::before(address).await;
    let webhook = webhook(&format!("http://{}/hook", chaos.address));
    for (lead, mode) in [(1, Mode::SwallowAnswersTo as fn(String) -> Mode), (2, Mode::CutAnswersTo)] {
        let request = request(lead, 1);
        chaos.set(mode(request.effect.key.to_string()));
        assert_eq!(webhook.write(&request).await.unwrap_err().failed.failure, FailureKind::Retry);
        chaos.set(Mode::Pass);
        receiver.answer(StatusCode::CONFLICT);
        webhook.write(&WriteRequest { attempt: 2, is_repeat: true, ..request }).await.unwrap();
    }
    assert_eq!(receiver.events().len(), 2, "each message was kept when it first came");
}

#[tokio::test]
async fn answers_during_a_deployment_may_pass() {
    for status in [302, 401, 403, 404, 405, 410, 501] {
        assert!(refusal(answer(status).body(Body::empty()).unwrap()).await.may_pass, "{status}");
    }
    for status in [301, 308, 400, 402, 409, 422, 505] {
        assert!(!refusal(answer(status).body(Body::empty()).unwrap()).await.may_pass, "{status}");
    }
}
