//! The promises of [`Destination`], each as a test that runs against any destination.

use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use destinations::{ChangeCursor, Changes, Destination, Lookup, RemoteRecord, WriteRequest};
use engine::canonical::Digest;
use engine::effect::{Effect, EffectBody, EffectLead, SCHEMA};
use engine::ids::{EffectId, LeadId};
use engine::sync::backoff::FailureKind;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::chaos::{Chaos, Mode};

/// Part of the lead's name, which must not appear in messages.
pub const PERSONAL: &str = "zoltan-the-lead";

/// A destination under test.
pub struct Subject {
    /// The destination, connected through [`Subject::chaos`].
    pub destination: Box<dyn Destination>,
    /// The same destination at an address that refuses connections.
    pub unreachable: Box<dyn Destination>,
    /// The network in between.
    pub chaos: Chaos,
    /// Direct access to what the destination holds.
    pub truth: Box<dyn Truth>,
    /// The secret that the destination was opened with.
    pub secret: &'static str,
    /// Whether the destination can be read.
    pub is_readable: bool,
    /// How much of the writes to a record the destination keeps.
    pub keeps: Keeps,
    /// Returns a text that only requests of this write contain.
    pub write_mark: fn(&WriteRequest) -> String,
}

/// How much of the writes to one record a destination keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeps {
    /// Every body, unchanged.
    Bodies,
    /// The state after the last write.
    LastState,
}

impl Keeps {
    /// Returns how many of this many writes to one record remain visible.
    fn of(self, writes: usize) -> usize {
        match self {
            Self::Bodies => writes,
            Self::LastState => writes.min(1),
        }
    }
}

/// Reads the destination directly, bypassing the code under test.
#[async_trait::async_trait]
pub trait Truth: Send + Sync {
    /// Returns the keys of all effective writes, in no particular order.
    async fn events(&self) -> Vec<String>;
    /// Returns the key and body of the last write to a record.
    async fn current(&self, remote_key: Digest) -> Option<(String, Json)>;
}

/// Returns a write of the `sequence`-th decision about lead `lead`.
pub fn request(lead: u128, sequence: i64) -> WriteRequest {
    named_request(lead, sequence, PERSONAL)
}

fn named_request(lead: u128, sequence: i64, name: &str) -> WriteRequest {
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
    let lead = EffectLead {
        id: LeadId(id(lead)),
        email: Some(format!("{name}@beta.example")),
        name: Some(name.into()),
        company: None,
        domain: None,
        external_id: None,
    };
    let body = EffectBody {
        schema: SCHEMA.into(),
        effect: effect_key,
        remote_key,
        incarnation: 0,
        lead_sequence: sequence,
        workflow: "inbound-form".into(),
        lead,
        decision,
        verdict: None,
    };
    let effect = Effect::parse(body.bytes().unwrap()).unwrap();
    WriteRequest { effect_id: EffectId(id(9)), attempt: 1, is_repeat: false, effect }
}

/// Returns the request with an edited body.
pub fn edited(request: WriteRequest, edit: impl FnOnce(&mut Json)) -> WriteRequest {
    let mut body = request.effect.body;
    edit(&mut body);
    let effect = Effect::parse(body.to_string().into_bytes()).unwrap();
    WriteRequest { effect, ..request }
}

/// Returns what the destination finds, if it can be read.
async fn found(subject: &Subject, remote_key: Digest) -> Option<RemoteRecord> {
    match subject.destination.find(remote_key).await.unwrap() {
        Lookup::Found(record) => Some(record),
        Lookup::Absent => None,
        Lookup::NotCheckable => panic!("the destination is readable"),
    }
}

pub async fn a_write_arrives(subject: Subject) {
    let request = request(1, 1);
    subject.destination.write(&request).await.unwrap();
    let request = request.effect;
    assert_eq!(subject.truth.events().await, [request.key.to_string()]);
    let (key, body) = subject.truth.current(request.remote_key).await.unwrap();
    assert_eq!(key, request.key.to_string());
    if subject.keeps == Keeps::Bodies {
        assert_eq!(body, request.body);
    }
    if subject.is_readable {
        let record = found(&subject, request.remote_key).await.unwrap();
        assert_eq!((record.remote_key, record.effect_key), (request.remote_key, request.key));
        assert_eq!((record.order.lead_sequence, record.body), (1, body));
    }
}

pub async fn records_can_be_looked_up_or_are_not_checkable(subject: Subject) {
    let nobody = Digest::of(b"nobody");
    if !subject.is_readable {
        assert_eq!(subject.destination.find(nobody).await, Ok(Lookup::NotCheckable));
        return;
    }
    assert_eq!(subject.destination.find(nobody).await, Ok(Lookup::Absent));
    assert!(
        subject.unreachable.find(nobody).await.is_err(),
        "unreachable is neither absent nor not checkable"
    );
    subject.destination.write(&request(1, 1)).await.unwrap();
    subject.destination.write(&request(1, 2)).await.unwrap();
    let record = found(&subject, request(1, 1).effect.remote_key).await.unwrap();
    assert_eq!((record.effect_key, record.order.lead_sequence), (request(1, 2).effect.key, 2));
    assert_eq!(subject.destination.find(request(2, 1).effect.remote_key).await, Ok(Lookup::Absent));
}

pub async fn changes_are_listed_page_by_page_or_are_not_checkable(subject: Subject) {
    let begun = ChangeCursor::since(Utc::now() - TimeDelta::seconds(2));
    if !subject.is_readable {
        assert_eq!(subject.destination.changed_since(begun, 10).await, Ok(Changes::NotCheckable));
        return;
    }
    for lead in 1..=5 {
        subject.destination.write(&request(lead, 1)).await.unwrap();
    }
    let (mut seen, mut cursor, mut pages) = (Vec::new(), Some(begun), 0);
    while let Some(at) = cursor {
        let Changes::Page { records, next } = subject.destination.changed_since(at, 2).await.unwrap() else {
            panic!("the destination is readable")
        };
        assert!(records.len() <= 2);
        assert!(records.is_sorted_by_key(|record| (record.changed_at, record.remote_key)));
        seen.extend(records.into_iter().map(|record| record.effect_key));
        (cursor, pages) = (next, pages + 1);
        assert!(pages < 10);
    }
    seen.sort();
    let mut written: Vec<Digest> = (1..=5).map(|lead| request(lead, 1).effect.key).collect();
    written.sort();
    assert_eq!(seen, written, "each once");
    let later = ChangeCursor::since(Utc::now() + TimeDelta::seconds(5));
    assert_eq!(
        subject.destination.changed_since(later, 10).await,
        Ok(Changes::Page { records: Vec::new(), next: None })
    );
}

pub async fn a_batch_has_a_result_for_each_row(subject: Subject) {
    let batch = [request(1, 1), request(2, 1), request(3, 1), request(4, 1)];
    let results = subject.destination.write_many(&batch).await;
    assert_eq!(results.len(), batch.len());
    for result in results {
        result.unwrap();
    }
    assert_eq!(subject.truth.events().await.len(), batch.len());
    for request in &batch {
        let (key, _) = subject.truth.current(request.effect.remote_key).await.unwrap();
        assert_eq!(key, request.effect.key.to_string());
    }
    assert!(subject.destination.write_many(&[]).await.is_empty());
    let failed = subject.unreachable.write_many(&batch[..2]).await;
    assert_eq!(failed.len(), 2);
    assert!(failed.iter().all(|result| result.as_ref().unwrap_err().failed.failure == FailureKind::Retry));
}

pub async fn a_batch_about_one_record_ends_with_the_latest(subject: Subject) {
    let batch = [request(1, 1), request(1, 3), request(1, 2), request(1, 3)];
    for _ in 0..2 {
        for result in subject.destination.write_many(&batch).await {
            result.unwrap();
        }
    }
    let (key, _) = subject.truth.current(request(1, 1).effect.remote_key).await.unwrap();
    assert_eq!(key, request(1, 3).effect.key.to_string());
    assert_eq!(subject.truth.events().await.len(), subject.keeps.of(3));
}

pub async fn a_repeated_write_counts_once(subject: Subject) {
    let request = request(1, 1);
    for _ in 0..3 {
        subject.destination.write(&request).await.unwrap();
    }
    assert_eq!(subject.truth.events().await.len(), 1);
}

pub async fn a_concurrent_repeat_counts_once(subject: Subject) {
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
    let (key, _) = subject.truth.current(request(1, 1).effect.remote_key).await.unwrap();
    assert_eq!(key, request(1, 2).effect.key.to_string());
    assert_eq!(subject.truth.events().await.len(), subject.keeps.of(2));
}

pub async fn a_stale_write_loses_and_is_kept(subject: Subject) {
    subject.destination.write(&request(1, 3)).await.unwrap();
    subject.destination.write(&request(1, 2)).await.unwrap();
    subject.destination.write(&request(1, 3)).await.unwrap();
    let (key, _) = subject.truth.current(request(1, 1).effect.remote_key).await.unwrap();
    assert_eq!(key, request(1, 3).effect.key.to_string());
    assert_eq!(subject.truth.events().await.len(), subject.keeps.of(2));
}

pub async fn a_later_incarnation_replaces_decisions_that_the_database_lost(subject: Subject) {
    subject.destination.write(&request(1, 3)).await.unwrap();
    let after = edited(request(1, 2), |body| body["incarnation"] = 7.into());
    subject.destination.write(&after).await.unwrap();
    let current = async || subject.truth.current(after.effect.remote_key).await.unwrap().0;
    assert_eq!(current().await, after.effect.key.to_string());
    // A lost decision that arrives late, and the next one.
    subject.destination.write(&request(1, 4)).await.unwrap();
    assert_eq!(current().await, after.effect.key.to_string());
    if subject.is_readable {
        let order = found(&subject, after.effect.remote_key).await.unwrap().order;
        assert_eq!((order.incarnation, order.lead_sequence), (7, 2));
    }
    let next = edited(request(1, 3), |body| {
        body["incarnation"] = 7.into();
        body["effect"] = json!(Digest::of(b"the next decision"));
    });
    subject.destination.write(&next).await.unwrap();
    assert_eq!(current().await, next.effect.key.to_string());
}

pub async fn records_are_independent(subject: Subject) {
    subject.destination.write(&request(1, 2)).await.unwrap();
    subject.destination.write(&request(2, 1)).await.unwrap();
    for request in [request(1, 2), request(2, 1)] {
        assert_eq!(
            subject.truth.current(request.effect.remote_key).await.unwrap().0,
            request.effect.key.to_string()
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
    let (_, body) = subject.truth.current(request.effect.remote_key).await.unwrap();
    if subject.keeps == Keeps::Bodies {
        let arrived = body["lead"]["name"].as_str().unwrap();
        assert!(arrived == name || arrived == name.replace('\0', "\u{FFFD}"));
    } else {
        assert!(body.to_string().contains("lt\u{e9}'; DROP TABLE leads; --"), "{body}");
    }
}

pub async fn a_refused_connection_is_retried(subject: Subject) {
    let error = subject.unreachable.write(&request(1, 1)).await.unwrap_err();
    assert_eq!(error.failed.failure, FailureKind::Retry, "{error}");
    assert_eq!(error.pause, None);
    assert!(subject.unreachable.test_connection().await.is_err());
}

pub async fn a_retry_recovers_from_a_lost_response(subject: Subject) {
    let request = request(1, 1);
    subject.chaos.set(Mode::CutAnswersTo((subject.write_mark)(&request)));
    let error = subject.destination.write(&request).await.unwrap_err();
    assert_eq!(error.failed.failure, FailureKind::Retry, "{error}");
    assert_eq!(subject.truth.events().await.len(), 1, "the write arrived");
    subject.chaos.set(Mode::Pass);
    subject.destination.write(&request).await.unwrap();
    assert_eq!(subject.truth.events().await.len(), 1);
}

pub async fn a_silent_destination_times_out(subject: Subject) {
    let request = request(1, 1);
    subject.chaos.set(Mode::SwallowAnswersTo((subject.write_mark)(&request)));
    let started = Instant::now();
    let error = subject.destination.write(&request).await.unwrap_err();
    assert_eq!(error.failed.failure, FailureKind::Retry, "{error}");
    assert!(started.elapsed() < Duration::from_secs(5), "the timeout is one second");
    subject.chaos.set(Mode::Pass);
    for sequence in 1..=8 {
        subject.destination.write(&named_request(1, sequence, "x")).await.unwrap();
    }
}

pub async fn a_connection_can_be_tested(subject: Subject) {
    let said = subject.destination.test_connection().await.unwrap();
    assert!(said.starts_with("127.0.0.1:") && said.ends_with('.'), "{said}");
    assert!(subject.truth.events().await.is_empty());
}

pub async fn messages_contain_no_secret(subject: Subject) {
    let request = request(1, 1);
    let receipt = subject.destination.write(&self::request(2, 1)).await.unwrap();
    subject.chaos.set(Mode::CutAnswersTo((subject.write_mark)(&request)));
    let cut = subject.destination.write(&request).await.unwrap_err();
    let refused = subject.unreachable.write(&request).await.unwrap_err();
    for told in [format!("{receipt:?}"), format!("{cut:?}"), format!("{refused:?}"), format!("{request:?}")] {
        assert!(!told.contains(subject.secret) && !told.contains(PERSONAL), "{told}");
    }
}
