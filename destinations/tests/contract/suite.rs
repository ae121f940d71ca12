//! The promises of `Destination::write`, each as a test of any destination.

use std::time::{Duration, Instant};

use destinations::{Destination, ReadError, Request};
use engine::canonical::Digest;
use engine::effect::{Body, Lead, SCHEMA};
use engine::ids::{EffectId, LeadId};
use engine::sync::backoff::Failure;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::chaos::{Chaos, Mode};

/// A word of the lead that must not turn up in messages.
pub const PERSONAL: &str = "zoltan-the-lead";

/// A destination under test.
pub struct Subject {
    /// It, seen through [`Subject::chaos`].
    pub destination: Box<dyn Destination>,
    /// The same where nothing listens.
    pub unreachable: Box<dyn Destination>,
    /// The network in between.
    pub chaos: Chaos,
    /// What really stands there.
    pub truth: Box<dyn Truth>,
    /// The secret it was opened with.
    pub secret: &'static str,
    /// Whether it can be read back.
    pub is_readable: bool,
    /// What of the writes to a record can be found there.
    pub keeps: Keeps,
    /// A text that every request holds which writes this, and no other request.
    pub write_mark: fn(&Request) -> String,
}

/// What of the writes to a record can be found at a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeps {
    /// Every body, as it was.
    Bodies,
    /// What the last write made of its body.
    LastState,
}

impl Keeps {
    /// How many of this many writes to one record can be found.
    fn of(self, writes: usize) -> usize {
        match self {
            Self::Bodies => writes,
            Self::LastState => writes.min(1),
        }
    }
}

/// A look at the destination that does not go through it.
#[async_trait::async_trait]
pub trait Truth: Send + Sync {
    /// The keys of all writes that count, in no particular order.
    async fn events(&self) -> Vec<String>;
    /// The last write to a record, by key, and its body.
    async fn current(&self, remote_key: Digest) -> Option<(String, Json)>;
}

/// A write about lead `lead`, the `sequence`-th decision.
pub fn request(lead: u128, sequence: i64) -> Request {
    named_request(lead, sequence, PERSONAL)
}

fn named_request(lead: u128, sequence: i64, name: &str) -> Request {
    let remote_key = Digest::of(&lead.to_be_bytes());
    let effect_key = Digest::of(&[lead.to_be_bytes(), (sequence as u128).to_be_bytes()].concat());
    let id = Uuid::from_u128;
    let decision = json!({
        "decision_id": id(lead * 1000 + sequence as u128), "lead_id": id(lead), "event_id": id(7), "workflow": "inbound-form", "mode": "live",
        "rule_set": "inbound-form", "rule_version": 7, "bundle": Digest::of(b"bundle"), "variant": null, "rule_id": "tam", "action": "assign",
        "parameters": {"pool": "ae", "assignee": "jane@acme.example", "meeting": "intro"}, "confidence": 0.91, "risk_tags": [], "held_by": null, "because": [],
        "content_snapshot": {"fields": {}, "lists": {}}, "trace": [], "as_of": "2026-11-22T09:00:00.000000Z",
        "decided_at": "2026-11-22T09:00:00.012345Z", "effects": [id(lead)],
    });
    let Json::Object(decision) = decision else { unreachable!() };
    let lead = Lead {
        id: LeadId(id(lead)),
        email: Some(format!("{name}@beta.example")),
        name: Some(name.into()),
        company: None,
        domain: None,
        external_id: None,
    };
    let body = Body {
        schema: SCHEMA.into(),
        effect: effect_key,
        remote_key,
        lead_sequence: sequence,
        workflow: "inbound-form".into(),
        lead,
        decision,
        verdict: None,
    };
    Request {
        effect_id: EffectId(id(9)),
        effect_key,
        remote_key,
        lead_sequence: sequence,
        attempt: 1,
        body: body.bytes().unwrap(),
    }
}

pub async fn a_write_arrives(subject: Subject) {
    let request = request(1, 1);
    subject.destination.write(&request).await.unwrap();
    assert_eq!(subject.truth.events().await, [request.effect_key.to_string()]);
    let (key, body) = subject.truth.current(request.remote_key).await.unwrap();
    assert_eq!(key, request.effect_key.to_string());
    if subject.keeps == Keeps::Bodies {
        assert_eq!(body, serde_json::from_slice::<Json>(&request.body).unwrap());
    }
    match subject.destination.read_back(request.remote_key).await {
        Ok(record) => {
            let record = record.unwrap();
            assert_eq!((record.effect_key, record.lead_sequence, record.body), (request.effect_key, 1, body));
            assert_eq!(subject.destination.read_back(Digest::of(b"nobody")).await, Ok(None));
            assert!(subject.is_readable);
        }
        Err(error) => assert_eq!((error, subject.is_readable), (ReadError::Unreadable, false)),
    }
}

pub async fn the_same_write_twice_is_one(subject: Subject) {
    let request = request(1, 1);
    for _ in 0..3 {
        subject.destination.write(&request).await.unwrap();
    }
    assert_eq!(subject.truth.events().await.len(), 1);
}

pub async fn the_same_write_at_the_same_time_is_one(subject: Subject) {
    let request = request(1, 1);
    let writes = (0..8).map(|_| subject.destination.write(&request));
    for result in futures::future::join_all(writes).await {
        result.unwrap();
    }
    assert_eq!(subject.truth.events().await.len(), 1);
}

pub async fn a_later_write_updates(subject: Subject) {
    subject.destination.write(&request(1, 1)).await.unwrap();
    subject.destination.write(&request(1, 2)).await.unwrap();
    let (key, _) = subject.truth.current(request(1, 1).remote_key).await.unwrap();
    assert_eq!(key, request(1, 2).effect_key.to_string());
    assert_eq!(subject.truth.events().await.len(), subject.keeps.of(2));
}

pub async fn a_stale_write_loses_and_is_kept(subject: Subject) {
    subject.destination.write(&request(1, 3)).await.unwrap();
    subject.destination.write(&request(1, 2)).await.unwrap();
    subject.destination.write(&request(1, 3)).await.unwrap();
    let (key, _) = subject.truth.current(request(1, 1).remote_key).await.unwrap();
    assert_eq!(key, request(1, 3).effect_key.to_string());
    assert_eq!(subject.truth.events().await.len(), subject.keeps.of(2));
}

pub async fn records_are_apart(subject: Subject) {
    subject.destination.write(&request(1, 2)).await.unwrap();
    subject.destination.write(&request(2, 1)).await.unwrap();
    for request in [request(1, 2), request(2, 1)] {
        assert_eq!(
            subject.truth.current(request.remote_key).await.unwrap().0,
            request.effect_key.to_string()
        );
    }
}

pub async fn hostile_texts_arrive(subject: Subject) {
    let name = format!(
        "Zo\u{0}lt\u{e9}'; DROP TABLE leads; --\r\nX-Evil: 1 \u{1F600} \u{202E}{}",
        "x".repeat(100_000)
    );
    let request = named_request(1, 1, &name);
    subject.destination.write(&request).await.unwrap();
    let (_, body) = subject.truth.current(request.remote_key).await.unwrap();
    if subject.keeps == Keeps::Bodies {
        let arrived = body["lead"]["name"].as_str().unwrap();
        assert!(arrived == name || arrived == name.replace('\0', "\u{FFFD}"));
    } else {
        assert!(body.to_string().contains("lt\u{e9}'; DROP TABLE leads; --"), "{body}");
    }
}

pub async fn a_refused_connection_is_worth_a_retry(subject: Subject) {
    let error = subject.unreachable.write(&request(1, 1)).await.unwrap_err();
    assert_eq!(error.failed.failure, Failure::Retry, "{error}");
    assert_eq!(error.pause, None);
    assert!(subject.unreachable.test_connection().await.is_err());
}

pub async fn a_lost_answer_is_made_good_by_a_retry(subject: Subject) {
    let request = request(1, 1);
    subject.chaos.set(Mode::CutAnswersTo((subject.write_mark)(&request)));
    let error = subject.destination.write(&request).await.unwrap_err();
    assert_eq!(error.failed.failure, Failure::Retry, "{error}");
    assert_eq!(subject.truth.events().await.len(), 1, "it had arrived");
    subject.chaos.set(Mode::Pass);
    subject.destination.write(&request).await.unwrap();
    assert_eq!(subject.truth.events().await.len(), 1);
}

pub async fn a_silent_destination_does_not_hold_us(subject: Subject) {
    let request = request(1, 1);
    subject.chaos.set(Mode::SwallowAnswersTo((subject.write_mark)(&request)));
    let started = Instant::now();
    let error = subject.destination.write(&request).await.unwrap_err();
    assert_eq!(error.failed.failure, Failure::Retry, "{error}");
    assert!(started.elapsed() < Duration::from_secs(5), "the settings say one second");
    subject.chaos.set(Mode::Pass);
    for sequence in 1..=8 {
        subject.destination.write(&named_request(1, sequence, "x")).await.unwrap();
    }
}

pub async fn a_body_of_another_form_needs_a_person(subject: Subject) {
    let request = Request { body: format!("{PERSONAL} is no JSON \u{7f}").into_bytes(), ..request(1, 1) };
    // A webhook passes on what it was given, and its receiver refuses it.
    let error = subject.destination.write(&request).await.unwrap_err();
    assert_eq!(error.failed.failure, Failure::NeedsPerson, "{error}");
    assert!(!error.message.contains(PERSONAL), "{error}");
}

pub async fn a_connection_can_be_tested(subject: Subject) {
    let said = subject.destination.test_connection().await.unwrap();
    assert!(said.starts_with("127.0.0.1:") && said.ends_with('.'), "{said}");
    assert!(subject.truth.events().await.is_empty());
}

pub async fn nothing_secret_is_told(subject: Subject) {
    let request = request(1, 1);
    let receipt = subject.destination.write(&self::request(2, 1)).await.unwrap();
    subject.chaos.set(Mode::CutAnswersTo((subject.write_mark)(&request)));
    let cut = subject.destination.write(&request).await.unwrap_err();
    let refused = subject.unreachable.write(&request).await.unwrap_err();
    for told in [format!("{receipt:?}"), format!("{cut:?}"), format!("{refused:?}"), format!("{request:?}")] {
        assert!(!told.contains(subject.secret) && !told.contains(PERSONAL), "{told}");
    }
}
