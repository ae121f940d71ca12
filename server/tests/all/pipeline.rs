//! The path of a lead from event to committed decision and effects.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::lead::{Office, form, good, receipt, with_partners};
use chrono::Utc;
use engine::action::Action;
use engine::decision::{Mode, UnknownReason};
use engine::event::{EventRequest, LeadInput};
use serde_json::json;
use service::decide::{Signal, SignalRefusal, SignalResult};
use store::ingest;

const DEMO: &str = include_str!("../../demo/demo.yaml");

#[tokio::test]
async fn a_target_account_with_high_intent_is_assigned_with_effects_at_both_destinations() {
    let office = Office::open().await;
    let answer = office.send("k1", &good("Ana", "Initech")).await.unwrap();
    let decision = &answer.decision;
    assert_eq!((decision.action, decision.rule_id.as_deref()), (Action::Assign, Some("tam-high-intent")));
    assert_eq!(decision.parameters["pool"], "enterprise-ae");
    assert_eq!(
        decision.parameters["assignee"], "jane@corvane.example",
        "the person with the highest weight comes first"
    );
    let snapshot = decision.content_snapshot.as_ref().unwrap();
    assert_eq!(snapshot.fields["company_size"].value, 126);
    assert_eq!(snapshot.fields["company_size"].evidence[0].span, [0, 6]);
    assert_eq!((snapshot.lists["tam"].version, snapshot.lists["tam"].contains), (1, Some(true)));
    let least = [&snapshot.fields["intent_confidence"], &snapshot.fields["company"]]
        .map(|field| field.confidence)
        .into_iter()
        .fold(1.0, f64::min);
    assert_eq!(decision.confidence, Some(least), "the lowest confidence of the fields that the rule read");
    let effects: Vec<(uuid::Uuid, String, String)> =
        sqlx::query_as("SELECT e.id, d.name, e.kind FROM effects e JOIN destinations d ON d.id = e.destination_id JOIN outbox o ON o.effect_id = e.id ORDER BY d.name")
            .fetch_all(office.store().pool())
            .await
            .unwrap();
    assert_eq!(
        effects.iter().map(|(_, name, kind)| (name.as_str(), kind.as_str())).collect::<Vec<_>>(),
        [("crm-webhook", "lead_update"), ("warehouse", "decision_event")]
    );
    let ids: BTreeSet<uuid::Uuid> = effects.iter().map(|(id, ..)| *id).collect();
    assert_eq!(decision.effects.iter().map(|id| id.0).collect::<BTreeSet<_>>(), ids);
    let stored = store::log::decision(office.store(), decision.decision_id).await.unwrap();
    assert_eq!(
        serde_json::to_string(&stored).unwrap(),
        serde_json::to_string(decision).unwrap(),
        "the stored decision equals the answer"
    );
}

#[tokio::test]
async fn a_lead_that_cannot_be_evaluated_is_held_for_the_sdr_queue_with_the_reason() {
    let office = Office::open().await;
    let answer = office
        .send("k1", &form("Ana", "Initech", &json!({"company": "Initech", "role": "VP Sales"})))
        .await
        .unwrap();
    let decision = answer.decision;
    assert_eq!((decision.action, decision.rule_id, decision.confidence), (Action::Hold, None, None));
    assert_eq!(decision.held_by.as_deref(), Some("tam-high-intent"));
    assert_eq!(decision.because, [UnknownReason::Missing { field: "intent_confidence".into() }]);
    let queue: Option<String> =
        sqlx::query_scalar("SELECT queue FROM lead_states").fetch_one(office.store().pool()).await.unwrap();
    assert_eq!(queue.as_deref(), Some("sdr"));
}

#[tokio::test]
async fn a_pool_is_shared_by_weight_and_an_owner_keeps_the_lead() {
    let office = Office::open().await;
    let mut shares: BTreeMap<String, usize> = BTreeMap::new();
    for n in 0..40 {
        let answer = office.send(&format!("k{n}"), &good(&format!("p{n}"), "Globex")).await.unwrap();
        *shares.entry(answer.decision.parameters["assignee"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    assert_eq!(shares.into_values().collect::<Vec<_>>(), [20, 10, 10], "jane has weight 2, lucia and omar 1");
    let first = office.send("again-0", &good("p7", "Globex")).await.unwrap();
    let second = office.send("again-1", &good("p7", "Globex")).await.unwrap();
    assert_eq!(first.lead_id, second.lead_id);
    assert_eq!(first.decision.parameters["assignee"], second.decision.parameters["assignee"]);
}

#[tokio::test]
async fn leads_are_identified_by_external_id_then_e_mail_never_by_company() {
    let office = Office::open().await;
    let named = |external_id: Option<&str>, email: Option<&str>| EventRequest {
        lead: LeadInput {
            external_id: external_id.map(Into::into),
            email: email.map(Into::into),
            company: Some("Initech".into()),
            ..LeadInput::default()
        },
        ..good("Ana", "Initech")
    };
    let both = office.send("1", &named(Some("7"), Some("ana@initech.example"))).await.unwrap().lead_id;
    let by_id = office.send("2", &named(Some("7"), None)).await.unwrap().lead_id;
    let by_email = office.send("3", &named(None, Some(" ANA@Initech.example "))).await.unwrap().lead_id;
    assert_eq!((by_id, by_email), (both, both));
    let elsewhere = EventRequest {
        source: "crm".into(),
        workflow: Some("inbound-form".into()),
        ..named(Some("7"), None)
    };
    assert_ne!(
        office.send("4", &elsewhere).await.unwrap().lead_id,
        both,
        "an external id belongs to its source"
    );
    let nobody = office.send("5", &named(None, None)).await.unwrap().lead_id;
    assert_ne!(nobody, both, "a company does not identify a person");
    // The identities belong to two leads: the external id's lead gets the event, and a merge is suggested.
    let other = office.send("6", &named(None, Some("bob@initech.example"))).await.unwrap().lead_id;
    assert_eq!(office.send("7", &named(Some("7"), Some("bob@initech.example"))).await.unwrap().lead_id, both);
    let suggested: Vec<(uuid::Uuid, uuid::Uuid)> =
        sqlx::query_as("SELECT lead_id, other_lead_id FROM merge_suggestions")
            .fetch_all(office.store().pool())
            .await
            .unwrap();
    assert_eq!(suggested, [(both.0, other.0)]);
}

#[tokio::test]
async fn decisions_of_one_lead_are_serial_and_a_new_lead_is_created_once() {
    let office = Arc::new(Office::open().await);
    let tasks: Vec<_> = (0..24)
        .map(|n| {
            let office = office.clone();
            tokio::spawn(async move { office.send(&format!("k{n}"), &good("Ana", "Initech")).await.unwrap() })
        })
        .collect();
    let mut leads = BTreeSet::new();
    for task in tasks {
        leads.insert(task.await.unwrap().lead_id);
    }
    assert_eq!(leads.len(), 1);
    let sequences: Vec<i64> = sqlx::query_scalar("SELECT sequence FROM decisions ORDER BY sequence")
        .fetch_all(office.store().pool())
        .await
        .unwrap();
    assert_eq!(sequences, (1..=24).collect::<Vec<_>>());
    let counted: i64 =
        sqlx::query_scalar("SELECT count(*) FROM leads").fetch_one(office.store().pool()).await.unwrap();
    assert_eq!(counted, 1);
}

#[tokio::test]
async fn concurrent_requests_with_one_key_create_one_event() {
    let office = Arc::new(Office::open().await);
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let office = office.clone();
            tokio::spawn(async move { office.take("k1", &good("Ana", "Initech")).await.unwrap() })
        })
        .collect();
    let (mut fresh, mut answers) = (0, BTreeSet::new());
    for task in tasks {
        let answer = match task.await.unwrap() {
            SignalResult::New(answer) => {
                fresh += 1;
                answer
            }
            SignalResult::Repeat(answer) => answer,
        };
        answers.insert(serde_json::to_string(&answer).unwrap());
    }
    assert_eq!((fresh, answers.len()), (1, 1));
}

#[tokio::test]
async fn a_batch_with_repeats_and_new_leads_answers_each_in_order() {
    let office = Office::open().await;
    let signal = |key: &str, event: EventRequest| Signal { key: key.into(), event };
    let batch = vec![
        signal("a", good("Ana", "Initech")),
        signal("a", good("Ana", "Initech")),
        signal("a", good("Ana", "Globex")),
        signal("b", EventRequest { source: "nowhere".into(), ..good("Bob", "Globex") }),
        signal("c", EventRequest { workflow: Some("inbound-fax".into()), ..good("Bob", "Globex") }),
        signal("d", good("Ana", "Initech")),
    ];
    let answers = office.pipeline.take(&receipt(Utc::now(), Mode::Live), batch).await.unwrap();
    let [
        Ok(SignalResult::New(first)),
        Ok(SignalResult::Repeat(repeat)),
        Err(reused),
        Err(unrouted),
        Err(unknown),
        Ok(SignalResult::New(last)),
    ] = answers.as_slice()
    else {
        panic!("{answers:?}")
    };
    assert_eq!(first, repeat);
    assert_eq!(*reused, SignalRefusal::KeyReused);
    assert!(matches!(unrouted, SignalRefusal::NoRoute { .. }));
    assert_eq!(*unknown, SignalRefusal::UnknownWorkflow("inbound-fax".into()));
    assert_eq!(first.lead_id, last.lead_id);
    let newest: uuid::Uuid = sqlx::query_scalar("SELECT last_decision_id FROM lead_states")
        .fetch_one(office.store().pool())
        .await
        .unwrap();
    assert_eq!(newest, last.decision.decision_id.0);
}

#[tokio::test]
async fn an_import_has_no_effects_and_leaves_later_decisions_in_place() {
    let office = Office::open().await;
    let live = office.send("now", &good("Ana", "Initech")).await.unwrap();
    let old = EventRequest {
        occurred_at: Some("2024-03-01T10:00:00Z".parse().unwrap()),
        ..form("Ana", "Initech", &json!({"message": "the white paper please"}))
    };
    let signal = Signal { key: "then".into(), event: old };
    let answers = office.pipeline.take(&receipt(Utc::now(), Mode::Historical), vec![signal]).await.unwrap();
    let Ok(SignalResult::New(past)) = &answers[0] else { panic!("{answers:?}") };
    assert_eq!(past.decision.as_of.to_rfc3339(), "2024-03-01T10:00:00+00:00");
    assert!(past.decision.effects.is_empty());
    let (first, last): (uuid::Uuid, uuid::Uuid) =
        sqlx::query_as("SELECT first_decision_id, last_decision_id FROM lead_states")
            .fetch_one(office.store().pool())
            .await
            .unwrap();
    assert_eq!((first, last), (past.decision.decision_id.0, live.decision.decision_id.0));
}

#[tokio::test]
async fn every_decision_replays_to_the_same_bytes_even_after_a_release() {
    let office = Office::open().await;
    let mut decisions = Vec::new();
    for (n, event) in [
        good("Ana", "Initech"),
        good("Bob", "Globex"),
        good("Cem", "Pine"),
        form("Dee", "Pine", &json!({"message": 7})),
    ]
    .iter()
    .enumerate()
    {
        decisions.push(office.send(&n.to_string(), event).await.unwrap().decision);
    }
    release(&office, &include_str!("../../demo/demo.yaml").replace("> 0.85", "> 0.99")).await;
    let later = office.send("later", &good("Eva", "Initech")).await.unwrap().decision;
    assert_eq!((decisions[0].rule_version, later.rule_version), (1, 2));
    assert_ne!(decisions[0].bundle, later.bundle);
    assert_ne!(
        later.rule_id.as_deref(),
        Some("tam-high-intent"),
        "the next event is decided by the new version"
    );
    for decision in decisions.iter().chain([&later]) {
        let replay = office.pipeline.replay(decision.decision_id).await.unwrap();
        assert_eq!(replay.same, Some(true), "{replay:?}");
    }
}

#[tokio::test]
async fn a_tampered_decision_does_not_replay() {
    let office = Office::open().await;
    let decision = office.send("1", &good("Ana", "Initech")).await.unwrap().decision;
    let mut owner = office.database.owner().await;
    for statement in [
        "ALTER TABLE decisions DISABLE TRIGGER USER",
        "DO $$ DECLARE p regclass; BEGIN FOR p IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'decisions'::regclass LOOP EXECUTE format('ALTER TABLE %s DISABLE TRIGGER USER', p); END LOOP; END $$",
        "UPDATE decisions SET action = 'nurture'",
    ] {
        sqlx::query(statement).execute(&mut owner).await.unwrap();
    }
    let replay = office.pipeline.replay(decision.decision_id).await.unwrap();
    assert_eq!((replay.same, &replay.difference.unwrap()["part"]), (Some(false), &json!("action")));
    assert_ne!(
        office.hashes().await,
        office.recomputed_hashes().await,
        "and its hash no longer matches its row"
    );
}

#[tokio::test]
async fn reapplying_a_file_changes_nothing_and_a_live_workflow_only_gets_drafts() {
    let office = Office::open().await;
    let demo = include_str!("../../demo/demo.yaml");
    assert_eq!(office.apply(demo, true).await.unwrap(), Vec::<String>::new());
    let changes = office.apply(&demo.replace("> 0.85", "> 0.8"), false).await.unwrap();
    assert_eq!(changes, ["draft   rule_set inbound-form (6 rules)"]);
    let decision = office.send("1", &good("Ana", "Initech")).await.unwrap().decision;
    assert_eq!(decision.rule_version, 1, "a draft decides nothing");
    let refused = office
        .apply(&demo.replace("type: number, title: Intent", "type: integer, title: Intent"), false)
        .await
        .unwrap_err()
        .to_string();
    assert!(refused.contains("intent_confidence"), "{refused}");
    let wrong = office
        .apply(&demo.replace("company in lists.tam", "compny in lists.tams"), false)
        .await
        .unwrap_err()
        .to_string();
    assert!(
        wrong.contains("/workflows/inbound-form/rules/1/when")
            && wrong.contains("`company`")
            && wrong.contains("`tam`"),
        "{wrong}"
    );
}

#[tokio::test]
async fn an_outcome_is_stored_once_and_finds_its_lead_by_any_identity() {
    let office = Office::open().await;
    office.send("1", &good("Ana", "Initech")).await.unwrap();
    office.outcome("o1", "accepted").await;
    office.outcome("o1", "accepted").await;
    let stages: Vec<String> =
        sqlx::query_scalar("SELECT stage FROM outcomes").fetch_all(office.store().pool()).await.unwrap();
    assert_eq!(stages, ["accepted"]);
    let stage: Option<String> =
        sqlx::query_scalar("SELECT stage FROM leads").fetch_one(office.store().pool()).await.unwrap();
    assert_eq!(stage.as_deref(), Some("accepted"));
}

#[tokio::test]
async fn applying_a_file_waits_for_commits_in_several_workflows_and_never_in_a_circle() {
    // By name the second workflow comes first, by id last.
    let office = Office::open().await;
    let both = with_partners(DEMO);
    office.apply(&both, true).await.unwrap();
    let ids: Vec<uuid::Uuid> = sqlx::query_scalar("SELECT id FROM workflows ORDER BY id")
        .fetch_all(office.store().pool())
        .await
        .unwrap();
    let mut commit = office.store().begin().await.unwrap();
    ingest::lock_epochs(&mut commit, &[ids[0].into()].into()).await.unwrap();
    let changed = both
        .replace("title: Inbound form", "title: Inbound")
        .replace("title: Partner form", "title: Partners");
    let applying = async { office.apply(&changed, true).await.map(drop) };
    let committing = async {
        let waits = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        while sqlx::query_scalar::<_, i64>(waits).fetch_one(office.store().pool()).await.unwrap() == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let locked = ingest::lock_epochs(&mut commit, &[ids[1].into()].into()).await.map(drop);
        commit.commit().await.unwrap();
        locked
    };
    let (applied, committed) = tokio::join!(applying, committing);
    committed.unwrap();
    applied.unwrap();
}

/// Applies a changed file and has all of its changes approved.
async fn release(office: &Office, text: &str) {
    office.apply(text, false).await.unwrap();
    service::testing::approve_all(office.store()).await;
}
