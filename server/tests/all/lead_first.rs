//! The knowledge about a lead before an event is read, the choice of the release, and the content of stored decisions.

use chrono::{DateTime, TimeDelta, Utc};
use engine::action::Action;
use engine::control::bucket;
use engine::decision::{Mode, Trigger};
use engine::event::EventRequest;
use engine::ids::ReleaseId;
use serde_json::json;
use service::decide::{Pipeline, Reevaluation, ReevaluationRefusal, Signal, SignalResult};
use store::Actor;
use store::availability::{self, Availability};
use store::control::kill::{self, StopScope};

use crate::lead::{Office, form, good, receipt};

const DEMO: &str = include_str!("../../demo/demo.yaml");

/// Returns the demo, with company size also read from the lead's events of the last 30 days.
fn looking_back() -> String {
    let field = "company_size: {from: [/payload/company_size, /payload/employees], extract: range, min_confidence: 0.7}";
    assert!(DEMO.contains(field));
    DEMO.replace(field, &field.replace("0.7}", "0.7, earlier_days: 30}"))
}

fn size(name: &str, size: &str) -> EventRequest {
    form(name, "Initech", &json!({ "company": "Initech", "company_size": size }))
}

fn silent(name: &str) -> EventRequest {
    form(name, "Initech", &json!({ "company": "Initech", "message": "Hello" }))
}

#[tokio::test]
async fn a_field_is_read_from_earlier_events_within_the_days_of_its_map() {
    let office = Office::with(&looking_back()).await;
    let start: DateTime<Utc> = Utc::now() - TimeDelta::days(40);
    store::migrate::make_partitions(&office.database.url, start, Utc::now()).await.unwrap();
    let first = office.send_at("k1", &size("Ana", "51-200 employees"), start).await.unwrap();
    office.send_at("k2", &size("Ben", "11-50"), start).await.unwrap();
    let soon = office.send_at("k3", &silent("Ana"), start + TimeDelta::days(29)).await.unwrap();
    let field = &soon.decision.content_snapshot.as_ref().unwrap().fields["company_size"];
    assert_eq!((&field.value, field.evidence[0].event_id), (&json!(126), first.event_id));
    let late = office.send_at("k4", &silent("Ana"), start + TimeDelta::days(31)).await.unwrap();
    assert!(!late.decision.content_snapshot.unwrap().fields.contains_key("company_size"));
    // The event's own value takes precedence over earlier ones.
    let own = office.send_at("k5", &size("Ben", "201 to 500"), start + TimeDelta::days(1)).await.unwrap();
    assert_eq!(own.decision.content_snapshot.unwrap().fields["company_size"].value, json!(351));
    for answer in [soon.decision.decision_id, late.decision.decision_id] {
        assert_eq!(office.pipeline.replay(answer).await.unwrap().same, Some(true));
    }
}

#[tokio::test]
async fn without_earlier_days_every_event_is_read_alone() {
    let office = Office::open().await;
    office.send("k1", &size("Ana", "51-200 employees")).await.unwrap();
    let second = office.send("k2", &silent("Ana")).await.unwrap();
    assert!(!second.decision.content_snapshot.unwrap().fields.contains_key("company_size"));
}

#[tokio::test]
async fn the_later_of_two_events_sees_the_earlier_in_a_batch_or_concurrently() {
    let office = Office::with(&looking_back()).await;
    let now = Utc::now();
    let signals = [("k1", size("Ana", "51-200")), ("k2", silent("Ana"))];
    let signals =
        signals.into_iter().map(|(key, event)| Signal { key: key.into(), event }).collect::<Vec<_>>();
    let answers = office.pipeline.take(&receipt(now, Mode::Live), signals).await.unwrap();
    let Ok(SignalResult::New(second)) = &answers[1] else { panic!("{answers:?}") };
    assert!(second.decision.content_snapshot.as_ref().unwrap().fields.contains_key("company_size"));

    let other = Pipeline::new(office.store().clone());
    for round in 0..12 {
        let name = format!("p{round}");
        office.send(&format!("{name}-0"), &form(&name, "Initech", &json!({ "role": "CFO" }))).await.unwrap();
        let at = receipt(Utc::now(), Mode::Live);
        let one = vec![Signal { key: format!("{name}-1"), event: size(&name, "51-200") }];
        let two = vec![Signal { key: format!("{name}-2"), event: silent(&name) }];
        let (one, two) = tokio::join!(office.pipeline.take(&at, one), other.take(&at, two));
        let (Ok(SignalResult::New(one)), Ok(SignalResult::New(two))) = (&one.unwrap()[0], &two.unwrap()[0])
        else {
            panic!()
        };
        let sequence = async |id| store::log::stored_decision(office.store(), id).await.unwrap().sequence;
        let (sized, silent) =
            (sequence(one.decision.decision_id).await, sequence(two.decision.decision_id).await);
        assert_eq!(sized.min(silent), 2);
        let has_size = two.decision.content_snapshot.as_ref().unwrap().fields.contains_key("company_size");
        assert_eq!(has_size, silent > sized, "round {round}: the later decision knew the earlier event");
    }
}

#[tokio::test]
async fn what_was_committed_before_is_known_though_the_clock_that_took_it_is_ahead() {
    let office = Office::with(&looking_back()).await;
    let now = Utc::now();
    let ahead = now + TimeDelta::milliseconds(40);
    let first = office.send_at("k1", &size("Ana", "51-200"), ahead).await.unwrap();
    let second = office.send_at("k2", &silent("Ana"), now).await.unwrap();
    let field = &second.decision.content_snapshot.as_ref().unwrap().fields["company_size"];
    assert_eq!(field.evidence[0].event_id, first.event_id);
    assert_eq!(office.pipeline.replay(second.decision.decision_id).await.unwrap().same, Some(true));

    // What is imported is still read as of its own time.
    let then = EventRequest { occurred_at: Some(now - TimeDelta::hours(1)), ..silent("Ana") };
    let signal = Signal { key: "then".into(), event: then };
    let answers = office.pipeline.take(&receipt(now, Mode::Historical), vec![signal]).await.unwrap();
    let Ok(SignalResult::New(then)) = &answers[0] else { panic!("{answers:?}") };
    assert!(!then.decision.content_snapshot.as_ref().unwrap().fields.contains_key("company_size"));
}

#[tokio::test]
async fn the_decision_that_was_made_last_counts_though_its_clock_is_behind() {
    let office = Office::open().await;
    let now = Utc::now();
    let ahead = now + TimeDelta::milliseconds(40);
    office.send_at("k1", &good("Ana", "Initech"), ahead).await.unwrap();
    let held = office.send_at("k2", &form("Ana", "Initech", &json!({})), now).await.unwrap();
    assert_eq!(held.decision.action, Action::Hold);
    type Row = (uuid::Uuid, Option<String>, DateTime<Utc>, DateTime<Utc>);
    let state: Row =
        sqlx::query_as("SELECT last_decision_id, queue, first_as_of, last_as_of FROM lead_states")
            .fetch_one(office.store().pool())
            .await
            .unwrap();
    let ahead = engine::time::cut(ahead);
    assert_eq!(state, (held.decision.decision_id.0, Some("sdr".into()), ahead, ahead));
    // What is imported takes its place by its own time.
    let then = EventRequest { occurred_at: Some(now), ..good("Ana", "Initech") };
    let signal = Signal { key: "then".into(), event: then };
    office.pipeline.take(&receipt(now, Mode::Historical), vec![signal]).await.unwrap();
    let state: (uuid::Uuid, Option<String>) =
        sqlx::query_as("SELECT last_decision_id, queue FROM lead_states")
            .fetch_one(office.store().pool())
            .await
            .unwrap();
    assert_eq!(state, (held.decision.decision_id.0, Some("sdr".into())));
}

#[tokio::test]
async fn a_repeat_gets_its_first_answer_despite_later_configuration() {
    let office = Office::open().await;
    let first = office.send("k1", &good("Ana", "Initech")).await.unwrap();
    sqlx::query("DELETE FROM routes").execute(&mut office.database.owner().await).await.unwrap();
    let again = Pipeline::new(office.store().clone());
    let signal = |key: &str, event: &EventRequest| Signal { key: key.into(), event: event.clone() };
    let signals = vec![
        signal("k1", &good("Ana", "Initech")),
        signal("k1", &good("Ana", "Globex")),
        signal("k2", &good("Ana", "Initech")),
    ];
    let answers = again.take(&receipt(Utc::now(), Mode::Live), signals).await.unwrap();
    let Ok(SignalResult::Repeat(repeat)) = &answers[0] else { panic!("{answers:?}") };
    assert_eq!(repeat, &first);
    assert_eq!(answers[1], Err(service::decide::SignalRefusal::KeyReused));
    assert!(matches!(answers[2], Err(service::decide::SignalRefusal::NoRoute { .. })));
}

#[tokio::test]
async fn two_events_with_one_key_in_a_batch_get_one_answer() {
    let office = Office::with(&looking_back()).await;
    let signal = |event: EventRequest| Signal { key: "k".into(), event };
    let signals = vec![
        signal(size("Ana", "51-200")),
        signal(size("Ana", "51-200")),
        signal(size("Ana", "11-50")),
        Signal { key: "l".into(), event: silent("Ana") },
    ];
    let answers = office.pipeline.take(&receipt(Utc::now(), Mode::Live), signals).await.unwrap();
    let Ok(SignalResult::New(first)) = &answers[0] else { panic!("{answers:?}") };
    assert_eq!(answers[1], Ok(SignalResult::Repeat(first.clone())));
    assert_eq!(answers[2], Err(service::decide::SignalRefusal::KeyReused));
    let Ok(SignalResult::New(last)) = &answers[3] else { panic!("{answers:?}") };
    let stored = store::log::stored_decision(office.store(), last.decision.decision_id).await.unwrap();
    assert_eq!(stored.sequence, 2);
}

/// Approves a rule set that advances what the demo assigns, and leaves its release in the approved stage.
async fn candidate(office: &Office) -> (ReleaseId, i64) {
    let changed = DEMO.replace("then: [{assign: {pool: enterprise-ae}}]", "then: [advance]");
    let changed = if changed == DEMO { DEMO.replace("> 0.85", "> 0.99") } else { changed };
    office.apply(&changed, false).await.unwrap();
    let drafts = store::testing::drafts(office.store()).await;
    assert_eq!(drafts.len(), 1);
    service::testing::approve_without_going_live(office.store(), drafts[0].number).await;
    let row: (uuid::Uuid, i64) = sqlx::query_as("SELECT id, number FROM releases WHERE stage = 'approved'")
        .fetch_one(office.store().pool())
        .await
        .unwrap();
    (row.0.into(), row.1)
}

/// Moves a release through stages as the owner, and notifies every process.
async fn stage(office: &Office, release: ReleaseId, stages: &[(&str, i16)]) {
    let mut owner = office.database.owner().await;
    let second = store::testing::person(office.store(), "Second", &[store::actor::Role::Revops]).await;
    for (stage, share) in stages {
        sqlx::query(
            "UPDATE releases SET stage = $2, share = $3, stage_since = now(), stage_by = $4 WHERE id = $1",
        )
        .bind(release.0)
        .bind(stage)
        .bind(share)
        .bind(second.who.to_string())
        .execute(&mut owner)
        .await
        .unwrap();
    }
    sqlx::query("UPDATE workflows SET release_epoch = release_epoch + 1").execute(&mut owner).await.unwrap();
}

#[tokio::test]
async fn a_withdrawn_candidate_decides_nothing() {
    let office = Office::open().await;
    let (release, number) = candidate(&office).await;
    let path = [("simulation", 0), ("shadow", 0), ("assign_review", 0), ("rollout", 100)];
    stage(&office, release, &path).await;
    let before = office.send("k1", &good("Ana", "Initech")).await.unwrap();
    assert_eq!(before.decision.release, Some(release));
    let owner = store::testing::person(office.store(), "Owner", &[store::actor::Role::Revops]).await;
    service::release::withdraw(office.store(), &owner, number, "A test").await.unwrap();
    let after = office.send("k2", &good("Ana", "Initech")).await.unwrap();
    assert_ne!(after.decision.release, Some(release));
}

#[tokio::test]
async fn a_shadow_candidate_decides_alongside_the_live_release_without_effects() {
    let office = Office::open().await;
    office.send("k0", &good("Ana", "Initech")).await.unwrap();
    let (release, _) = candidate(&office).await;
    stage(&office, release, &[("simulation", 0), ("shadow", 0)]).await;
    let answer = office.send("k1", &good("Ana", "Initech")).await.unwrap();
    assert_ne!(answer.decision.release, Some(release));
    type Row = (uuid::Uuid, uuid::Uuid, Option<String>, String, Vec<u8>);
    let rows: Vec<Row> =
        sqlx::query_as("SELECT decision_id, release_id, rule_id, action, snapshot FROM shadow_verdicts")
            .fetch_all(office.store().pool())
            .await
            .unwrap();
    let [(decision, by, _, action, snapshot)] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!((*decision, *by), (answer.decision.decision_id.0, release.0));
    assert_ne!(*action, answer.decision.action.to_string());
    assert!(!String::from_utf8_lossy(snapshot).contains("Initech"), "the fields of a lead are encrypted");
    let stored = store::log::stored_decision(office.store(), answer.decision.decision_id).await.unwrap();
    assert_eq!(stored.sequence, 2, "a shadow verdict uses no sequence number");
    let effects: i64 = sqlx::query_scalar("SELECT count(*) FROM effects WHERE decision_id = $1")
        .bind(decision)
        .fetch_one(office.store().pool())
        .await
        .unwrap();
    assert_eq!(effects as usize, stored.decision.effects.len());
}

#[tokio::test]
async fn a_shadow_candidate_decides_nothing_about_imported_history() {
    let office = Office::open().await;
    let (release, _) = candidate(&office).await;
    stage(&office, release, &[("simulation", 0), ("shadow", 0)]).await;
    let then = EventRequest { occurred_at: Some(Utc::now() - TimeDelta::days(1)), ..good("Ana", "Initech") };
    let signal = Signal { key: "then".into(), event: then };
    office
        .pipeline
        .take(&receipt(Utc::now(), Mode::Historical), vec![signal])
        .await
        .unwrap()
        .remove(0)
        .unwrap();
    let count = async || -> i64 {
        let count = sqlx::query_scalar("SELECT count(*) FROM shadow_verdicts");
        count.fetch_one(office.store().pool()).await.unwrap()
    };
    assert_eq!(count().await, 0);
    office.send("now", &good("Ana", "Initech")).await.unwrap();
    assert_eq!(count().await, 1);
}

#[tokio::test]
async fn a_shadow_candidate_that_does_not_compile_is_left_out() {
    let office = Office::open().await;
    let (release, _) = candidate(&office).await;
    stage(&office, release, &[("simulation", 0), ("shadow", 0)]).await;
    let mut owner = office.database.owner().await;
    for statement in [
        "ALTER TABLE versions DISABLE TRIGGER USER",
        "UPDATE versions SET body = jsonb_set(body, '{rules,0,when}', '\"no_such_field > 1\"') WHERE kind = 'rule_set' AND version = 2",
    ] {
        assert!(sqlx::query(statement).execute(&mut owner).await.is_ok(), "{statement}");
    }
    // A process that has not compiled it yet.
    let pipeline = Pipeline::new(office.store().clone());
    let signal = Signal { key: "k1".into(), event: good("Ana", "Initech") };
    let answers = pipeline.take(&receipt(Utc::now(), Mode::Live), vec![signal]).await.unwrap();
    let Ok(SignalResult::New(answer)) = &answers[0] else { panic!("{answers:?}") };
    assert_eq!(answer.decision.action, Action::Assign);
}

#[tokio::test]
async fn a_rollout_decides_its_share_of_leads_and_each_lead_keeps_its_release() {
    let office = Office::open().await;
    let (release, _) = candidate(&office).await;
    let path = [("simulation", 0), ("shadow", 0), ("assign_review", 0), ("rollout", 30)];
    stage(&office, release, &path).await;
    let mut by_candidate = 0;
    for n in 0..60 {
        let event = good(&format!("p{n}"), "Globex");
        let first = office.send(&format!("a{n}"), &event).await.unwrap();
        let again = office.send(&format!("b{n}"), &event).await.unwrap();
        let is_candidate = first.decision.release == Some(release);
        assert_eq!(again.decision.release, first.decision.release);
        let workflow: uuid::Uuid =
            sqlx::query_scalar("SELECT id FROM workflows").fetch_one(office.store().pool()).await.unwrap();
        let bucket = bucket::bucket(workflow.into(), first.lead_id);
        assert_eq!(is_candidate, bucket < 3_000, "bucket {bucket}");
        by_candidate += usize::from(is_candidate);
        assert_eq!(office.pipeline.replay(first.decision.decision_id).await.unwrap().same, Some(true));
    }
    assert!((6..=32).contains(&by_candidate), "{by_candidate} of 60 at 30 %");
}

#[tokio::test]
async fn a_lead_is_reevaluated_without_an_event_under_its_next_number() {
    let office = Office::open().await;
    let first = office.send("k1", &good("Ana", "Initech")).await.unwrap();
    let again = |lead| Reevaluation { lead, workflow: "inbound-form".into(), trigger: Trigger::Redecision };
    let actor = Actor::command("test");
    let decision = office.pipeline.decide_again(&actor, &again(first.lead_id)).await.unwrap().unwrap();
    assert_eq!((decision.event_id, decision.trigger), (None, Trigger::Redecision));
    assert_eq!(
        (decision.action, &decision.parameters["assignee"]),
        (Action::Assign, &first.decision.parameters["assignee"])
    );
    let stored = store::log::stored_decision(office.store(), decision.decision_id).await.unwrap();
    assert_eq!((stored.sequence, stored.decision.effects.len()), (2, 2));
    let json = serde_json::to_value(&stored.decision).unwrap();
    assert_eq!((&json["event_id"], &json["trigger"]), (&json!(null), &json!("redecision")));
    assert_eq!(office.pipeline.replay(decision.decision_id).await.unwrap().same, Some(true));
    assert_eq!(office.hashes().await, office.recomputed_hashes().await);
    let nobody = engine::ids::LeadId(uuid::Uuid::from_u128(1));
    let refused = office.pipeline.decide_again(&actor, &again(nobody)).await.unwrap();
    assert_eq!(refused, Err(ReevaluationRefusal::NothingToRead));
}

#[tokio::test]
async fn a_lead_is_not_decided_again_where_that_would_mean_nothing() {
    let office = Office::open().await;
    let lead = office.send("k1", &good("Ana", "Initech")).await.unwrap().lead_id;
    let other = office.send("k2", &good("Ben", "Initech")).await.unwrap().lead_id;
    let again = |lead| Reevaluation { lead, workflow: "inbound-form".into(), trigger: Trigger::Person };
    let actor = Actor::command("test");
    let refused = async |lead| office.pipeline.decide_again(&actor, &again(lead)).await.unwrap().unwrap_err();
    let scope = StopScope::Workflow("inbound-form".into());
    kill::kill(office.store(), &actor, &scope, "A test").await.unwrap();
    assert_eq!(refused(lead).await, ReevaluationRefusal::Stopped);
    kill::resume(office.store(), &actor, &scope, "fixed").await.unwrap();
    sqlx::query(
        "INSERT INTO lead_aliases (lead_id, merged_into, at, by_whom) VALUES ($1, $2, now(), 'test')",
    )
    .bind(other.0)
    .bind(lead.0)
    .execute(office.store().pool())
    .await
    .unwrap();
    assert_eq!(refused(other).await, ReevaluationRefusal::Merged);
    store::erasure::erase(office.store(), &actor, lead, "They asked").await.unwrap();
    assert_eq!(refused(lead).await, ReevaluationRefusal::Erased);
    let elsewhere = Reevaluation { workflow: "no-such".into(), ..again(lead) };
    let refused = office.pipeline.decide_again(&actor, &elsewhere).await.unwrap().unwrap_err();
    assert_eq!(
        refused,
        ReevaluationRefusal::Workflow(service::decide::SignalRefusal::UnknownWorkflow("no-such".into()))
    );
    let count = "SELECT (SELECT count(*) FROM decisions), (SELECT count(*) FROM audit_log WHERE action = 'lead.evaluate')";
    let counted: (i64, i64) = sqlx::query_as(count).fetch_one(office.store().pool()).await.unwrap();
    assert_eq!(counted, (2, 0));
}

#[tokio::test]
async fn who_had_a_lead_decided_again_is_in_the_audit_log_and_a_form_does_it_once() {
    let office = Office::open().await;
    let lead = office.send("k1", &good("Ana", "Initech")).await.unwrap().lead_id;
    let person = store::testing::person(office.store(), "Rae", &[store::actor::Role::Revops]).await;
    let again = Reevaluation { lead, workflow: "inbound-form".into(), trigger: Trigger::Person };
    let sent = |request: &str| Actor { form: Some("f".into()), request_id: request.into(), ..person.clone() };
    let decision = office.pipeline.decide_again(&sent("1"), &again).await.unwrap().unwrap();
    assert_eq!(decision.trigger, Trigger::Person);
    let repeated = office.pipeline.decide_again(&sent("2"), &again).await;
    assert!(matches!(repeated, Err(store::Error::Repeated)), "{repeated:?}");
    let rows: Vec<(String, uuid::Uuid, serde_json::Value)> =
        sqlx::query_as("SELECT actor, lead_id, detail FROM audit_log WHERE action = 'lead.evaluate'")
            .fetch_all(office.store().pool())
            .await
            .unwrap();
    let detail = json!({ "workflow": "inbound-form", "decision": decision.decision_id });
    assert_eq!(rows, [(person.who.to_string(), lead.0, detail)]);
}

#[tokio::test]
async fn weights_and_absences_apply_from_the_next_pick_and_are_stored_with_it() {
    let office = Office::open().await;
    let first = office.send("k0", &good("p0", "Globex")).await.unwrap().decision;
    let weights = json!({"jane@corvane.example": 2, "lucia@corvane.example": 1, "omar@corvane.example": 1});
    assert_eq!(serde_json::to_value(&first.conditions).unwrap()["weights"], weights);
    let (actor, pool) = (Actor::command("test"), "enterprise-ae");
    let away = Availability { weight: None, away_until: Some(Utc::now() + TimeDelta::days(1)) };
    availability::set(office.store(), &actor, pool, "jane@corvane.example", &away).await.unwrap();
    let more = Availability { weight: Some(3), away_until: None };
    availability::set(office.store(), &actor, pool, "omar@corvane.example", &more).await.unwrap();
    let mut picked = std::collections::BTreeMap::<String, usize>::new();
    let mut last = first.decision_id;
    for n in 1..=40 {
        let decision =
            office.send(&format!("k{n}"), &good(&format!("p{n}"), "Globex")).await.unwrap().decision;
        *picked.entry(decision.parameters["assignee"].as_str().unwrap().to_owned()).or_default() += 1;
        let weights = json!({"lucia@corvane.example": 1, "omar@corvane.example": 3});
        assert_eq!(serde_json::to_value(&decision.conditions).unwrap()["weights"], weights);
        last = decision.decision_id;
    }
    assert_eq!(picked.get("jane@corvane.example"), None);
    assert!(picked["omar@corvane.example"].abs_diff(30) <= 1, "{picked:?}");
    let back = Availability::default();
    availability::set(office.store(), &actor, pool, "jane@corvane.example", &back).await.unwrap();
    for decision in [first.decision_id, last] {
        assert_eq!(office.pipeline.replay(decision).await.unwrap().same, Some(true));
    }
    let bundle: i64 =
        sqlx::query_scalar("SELECT count(*) FROM bundles").fetch_one(office.store().pool()).await.unwrap();
    assert_eq!(bundle, 1, "it creates no new bundle");
    let refused = Availability { weight: Some(0), away_until: None };
    let refused = availability::set(office.store(), &actor, pool, "omar@corvane.example", &refused).await;
    assert!(matches!(refused, Err(store::Error::Refused(_))));
    let acts: i64 =
        sqlx::query_scalar("SELECT count(*) FROM audit_log WHERE action = 'pool.set_availability'")
            .fetch_one(office.store().pool())
            .await
            .unwrap();
    assert_eq!(acts, 3);
}

#[tokio::test]
async fn deactivated_people_get_no_leads_even_while_the_live_pool_names_them() {
    let office = Office::open().await;
    office.add_demo_aes().await;
    let command = Actor::command("test");
    let jane = store::people::by_email(office.store(), "jane@corvane.example").await.unwrap().unwrap().id;
    let picked = async |key: &str| {
        let decision = office.send(key, &good(key, "Globex")).await.unwrap().decision;
        assert_eq!(office.pipeline.replay(decision.decision_id).await.unwrap().same, Some(true));
        decision.parameters["assignee"].as_str().unwrap().to_owned()
    };
    assert_eq!(picked("k0").await, "jane@corvane.example");
    store::people::set_disabled(office.store(), &command, jane, true).await.unwrap();
    for n in 1..=6 {
        assert_ne!(picked(&format!("k{n}")).await, "jane@corvane.example");
    }
    store::people::set_disabled(office.store(), &command, jane, false).await.unwrap();
    let mut back = Vec::new();
    for n in 7..=10 {
        back.push(picked(&format!("k{n}")).await);
    }
    assert!(back.contains(&"jane@corvane.example".to_owned()), "{back:?}");
}
