//! Checks that decisions of people in the queue reach the destinations once, in order, and with the effective content.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::lead::{Office, form, good, with_partners};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use chrono::Utc;
use engine::action::Action;
use engine::event::EventRequest;
use engine::ids::{LeadId, PersonId};
use serde_json::{Value as Json, json};
use server::signals::Signals;
use server::tasks::{dispatch, listen};
use service::decide::EventAnswer;
use service::decide::verdict::{self, UndoResult, VerdictResult};
use store::actor::{ActorId, Role};
use store::control::kill::{self, StopScope};
use store::queue::{Kind, QueueItem, Verdict};
use store::{Actor, people};
use tokio_util::sync::CancellationToken;

/// The bodies that a receiver accepted, in order, and how often each id arrived.
#[derive(Clone, Default)]
struct Receiver(Arc<Mutex<Taken>>);

#[derive(Default)]
struct Taken {
    bodies: Vec<Json>,
    ids: BTreeMap<String, usize>,
    refused: usize,
}

async fn take(State(Receiver(taken)): State<Receiver>, headers: HeaderMap, bytes: Bytes) -> StatusCode {
    let mut taken = taken.lock().unwrap();
    if taken.refused > 0 {
        taken.refused -= 1;
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    *taken.ids.entry(headers["webhook-id"].to_str().unwrap().to_owned()).or_default() += 1;
    taken.bodies.push(serde_json::from_slice(&bytes).unwrap());
    StatusCode::NO_CONTENT
}

/// The demo's workflow with a webhook that answers, and an SDR.
struct Desk {
    office: Office,
    /// The file that was applied.
    text: String,
    receiver: Receiver,
    sdr: PersonId,
}

impl Desk {
    async fn open() -> Self {
        let receiver = Receiver::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().route("/", post(take)).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let demo = include_str!("../../demo/demo.yaml");
        let paused = "    paused: No URL configured. Set one to start sending.\n";
        let retry = "retry: {base_ms: 20, cap_ms: 50, attempts: 9}";
        let text = demo
            .replace(paused, "")
            .replace("\"https://crm.invalid/hooks/meshline\"", &format!("\"http://{address}/\", {retry}"))
            .replace("      - {to: warehouse, purpose: decision_event}\n", "");
        assert!(text.contains(&address.to_string()) && !text.contains("paused"));
        let office = Box::pin(Office::with(&text)).await;
        let command = Actor::command("test");
        let sdr =
            people::add(office.store(), &command, "sam@corvane.example", "Sam", &[Role::Sdr]).await.unwrap();
        people::add(office.store(), &command, "jane@corvane.example", "Jane", &[Role::Ae]).await.unwrap();
        Self { office, text, receiver, sdr }
    }

    fn actor(&self) -> Actor {
        let who = ActorId::Person(self.sdr);
        Actor { who, roles: vec![Role::Sdr], request_id: "test".into(), form: None, now: Utc::now() }
    }

    /// Sends a lead with unknown intent. Returns its answer and a verdict to assign it, as the rule that could not be evaluated would.
    async fn held(&self, name: &str) -> (EventAnswer, Verdict) {
        let answer =
            self.office.send(name, &form(name, "Initech", &json!({"company": "Initech"}))).await.unwrap();
        let workflow: uuid::Uuid = sqlx::query_scalar("SELECT id FROM workflows WHERE name = 'inbound-form'")
            .fetch_one(self.office.store().pool())
            .await
            .unwrap();
        let verdict = Verdict {
            place: QueueItem { lead: answer.lead_id, workflow: workflow.into() },
            decision: answer.decision.decision_id,
            seen: None,
            kind: Kind::Accept,
            action: Action::Assign,
            parameters: [("meeting".to_owned(), json!("intro"))].into(),
            assignee: Some("jane@corvane.example".into()),
            pool: Some("enterprise-ae".into()),
            reason: None,
        };
        (answer, verdict)
    }

    async fn decide(&self, verdict: &Verdict) {
        assert_eq!(
            verdict::decide(self.office.store(), &self.actor(), verdict).await.unwrap(),
            VerdictResult::Done
        );
    }

    async fn take_back(&self, place: QueueItem) {
        assert_eq!(
            verdict::give_back(self.office.store(), &self.actor(), place).await.unwrap(),
            UndoResult::Done
        );
    }

    /// Runs a dispatcher until this many bodies have arrived and nothing else does.
    async fn delivered(&self, wanted: usize) -> Vec<Json> {
        let stop = CancellationToken::new();
        let signals = Signals::default();
        tokio::spawn(listen::run(self.office.store().clone(), signals.clone(), stop.clone()));
        let running = tokio::spawn(dispatch::run(
            self.office.store().clone(),
            dispatch::DispatchOptions::default(),
            signals,
            stop.clone(),
        ));
        for _ in 0..300 {
            if self.bodies().len() >= wanted {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        stop.cancel();
        running.await.unwrap();
        let left: Vec<(i64, String, i32, Option<String>)> = sqlx::query_as(
            "SELECT lead_sequence, state, attempts, last_error FROM outbox ORDER BY lead_sequence",
        )
        .fetch_all(self.office.store().pool())
        .await
        .unwrap();
        let taken = self.receiver.0.lock().unwrap();
        assert!(taken.bodies.len() >= wanted, "{} of {wanted}; left: {left:?}", taken.bodies.len());
        assert!(taken.ids.values().all(|times| *times == 1), "{:?}", taken.ids);
        taken.bodies.clone()
    }

    fn bodies(&self) -> Vec<Json> {
        self.receiver.0.lock().unwrap().bodies.clone()
    }

    /// Who has the lead.
    async fn assignee(&self, lead: LeadId) -> Option<String> {
        store::leads::get(self.office.store(), lead).await.unwrap().assignee
    }

    async fn waiting_effects(&self, lead: LeadId) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM outbox WHERE lead_id = $1")
            .bind(lead.0)
            .fetch_one(self.office.store().pool())
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn a_verdict_and_its_undo_arrive_once_and_in_order() {
    let desk = Desk::open().await;
    let (answer, verdict) = desk.held("Ana").await;
    assert!(answer.decision.effects.is_empty(), "a held lead does not concern the CRM");
    // The first attempts fail, so that everything queues behind the first effect.
    desk.receiver.0.lock().unwrap().refused = 2;
    desk.decide(&verdict).await;
    desk.take_back(verdict.place).await;
    let reason = Some("They buy from our reseller".to_owned());
    let out = Verdict {
        kind: Kind::Disqualify,
        action: Action::Reject,
        assignee: None,
        pool: None,
        parameters: BTreeMap::new(),
        reason,
        ..verdict.clone()
    };
    desk.decide(&out).await;
    let bodies = desk.delivered(3).await;
    let told: Vec<_> =
        bodies.iter().map(|body| (body["lead_sequence"].as_i64().unwrap(), &body["verdict"])).collect();
    let [(2, accepted), (3, back), (4, disqualified)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((&accepted["kind"], &accepted["action"]), (&json!("accept"), &json!("assign")));
    assert_eq!(accepted["by"], "sam@corvane.example");
    let parameters = json!({"assignee": "jane@corvane.example", "meeting": "intro", "pool": "enterprise-ae"});
    assert_eq!(accepted["parameters"], parameters);
    assert_eq!((&back["kind"], &back["action"]), (&json!("give_back"), &json!("hold")));
    assert_eq!(back["parameters"], json!({"assignee": null}), "it was unassigned before");
    assert_eq!(
        (&disqualified["action"], &disqualified["reason"]),
        (&json!("reject"), &json!("They buy from our reseller"))
    );
    for body in &bodies {
        assert_eq!(body["schema"], "meshline.decision.v1");
        assert_eq!(body["remote_key"], bodies[0]["remote_key"], "one record");
        assert_eq!(
            body["decision"]["decision_id"],
            json!(answer.decision.decision_id),
            "the decision is unchanged"
        );
        assert_eq!(body["decision"]["action"], "hold");
    }
    // The next decision of the rules has the next number.
    let next = desk.office.send("later", &good("Ana", "Initech")).await.unwrap();
    assert_eq!(next.lead_id, answer.lead_id);
    let last = desk.delivered(4).await.pop().unwrap();
    assert_eq!((&last["lead_sequence"], &last["verdict"]), (&json!(5), &Json::Null));
    assert_eq!(desk.waiting_effects(answer.lead_id).await, 0);
}

#[tokio::test]
async fn a_destination_not_listed_for_the_action_receives_nothing() {
    let desk = Desk::open().await;
    let (answer, verdict) = desk.held("Ana").await;
    let nurtured = Verdict {
        kind: Kind::Change,
        action: Action::Nurture,
        assignee: None,
        pool: None,
        reason: Some("Next year".into()),
        ..verdict
    };
    desk.decide(&nurtured).await;
    desk.take_back(nurtured.place).await;
    assert_eq!(desk.waiting_effects(answer.lead_id).await, 0);
}

#[tokio::test]
async fn a_verdict_and_its_effects_are_committed_together() {
    let desk = Desk::open().await;
    let (answer, verdict) = desk.held("Ana").await;
    let mut owner = desk.office.database.owner().await;
    for statement in [
        "CREATE FUNCTION refuse_outbox() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no room'; END $$",
        "CREATE TRIGGER refuse_outbox BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION refuse_outbox()",
    ] {
        sqlx::query(statement).execute(&mut owner).await.unwrap();
    }
    verdict::decide(desk.office.store(), &desk.actor(), &verdict).await.unwrap_err();
    let (verdicts, waits): (i64, bool) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM queue_verdicts), queue IS NOT NULL FROM lead_states WHERE lead_id = $1",
    )
    .bind(answer.lead_id.0)
    .fetch_one(&mut owner)
    .await
    .unwrap();
    assert_eq!((verdicts, waits), (0, true));
    sqlx::query("DROP TRIGGER refuse_outbox ON outbox").execute(&mut owner).await.unwrap();
    desk.decide(&verdict).await;
    assert_eq!(desk.waiting_effects(answer.lead_id).await, 1);
}

#[tokio::test]
async fn a_verdict_in_a_stopped_workflow_waits_until_it_resumes() {
    let desk = Desk::open().await;
    let command = Actor::command("test");
    kill::kill(desk.office.store(), &command, &StopScope::Workflow("inbound-form".into()), "A test")
        .await
        .unwrap();
    let (answer, verdict) = desk.held("Ana").await;
    assert_eq!(answer.decision.mode, engine::decision::Mode::Manual);
    desk.decide(&verdict).await;
    assert!(desk.delivered(0).await.is_empty());
    kill::resume(desk.office.store(), &command, &StopScope::Workflow("inbound-form".into()), "fixed")
        .await
        .unwrap();
    let [body] = desk.delivered(1).await.try_into().unwrap();
    assert_eq!(body["verdict"]["parameters"]["assignee"], "jane@corvane.example");
}

#[tokio::test]
async fn taking_a_verdict_back_leaves_the_lead_with_whom_another_workflow_gave_it_to() {
    let desk = Desk::open().await;
    desk.office.apply(&with_partners(&desk.text), true).await.unwrap();
    desk.office.pipeline.registry().forget();
    let jane = Some("jane@corvane.example".to_owned());

    let (answer, verdict) = desk.held("Ana").await;
    desk.decide(&verdict).await;
    assert_eq!(desk.assignee(answer.lead_id).await, jane);
    desk.take_back(verdict.place).await;
    assert_eq!(desk.assignee(answer.lead_id).await, None, "nobody else gave it to anybody");

    let (answer, verdict) = desk.held("Ben").await;
    desk.decide(&verdict).await;
    let elsewhere = EventRequest { source: "partners".into(), ..good("Ben", "Initech") };
    let second = desk.office.send("partners", &elsewhere).await.unwrap();
    assert_eq!((second.lead_id, &second.decision.parameters["assignee"]), (answer.lead_id, &json!(jane)));
    desk.take_back(verdict.place).await;
    assert_eq!(desk.assignee(answer.lead_id).await, jane, "the other workflow's decision holds");

    let (answer, verdict) = desk.held("Cem").await;
    desk.decide(&verdict).await;
    sqlx::query("UPDATE leads SET assignee = 'omar@corvane.example' WHERE id = $1")
        .bind(answer.lead_id.0)
        .execute(desk.office.store().pool())
        .await
        .unwrap();
    desk.take_back(verdict.place).await;
    assert_eq!(desk.assignee(answer.lead_id).await.as_deref(), Some("omar@corvane.example"));
}

#[tokio::test]
async fn who_was_told_of_a_verdict_is_told_that_it_was_taken_back_whatever_the_workflow_names_by_then() {
    let desk = Desk::open().await;
    let (_, verdict) = desk.held("Ana").await;
    desk.decide(&verdict).await;
    let without = desk.text.replace("on: [assign, advance, reject]", "on: [reject]");
    assert_ne!(without, desk.text);
    desk.office.apply(&without, true).await.unwrap();
    desk.take_back(verdict.place).await;
    let bodies = desk.delivered(2).await;
    let kinds: Vec<&Json> = bodies.iter().map(|body| &body["verdict"]["kind"]).collect();
    assert_eq!(kinds, [&json!("accept"), &json!("give_back")]);
}
