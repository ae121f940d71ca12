//! Single events that arrive at the same time, and the kill switch during a commit.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic fails the test")]

use std::sync::Arc;
use std::time::Duration;

use crate::lead::{Office, good, receipt};
use chrono::Utc;
use engine::decision::Mode;
use engine::event::EventRequest;
use service::decide::{Intake, Pipeline, Signal, SignalRefusal, SignalResult};
use sqlx::{Connection as _, Executor as _};
use store::Actor;
use store::control::kill::{self, StopScope};

async fn number(office: &Office, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(office.store().pool()).await.unwrap()
}

fn intake(office: &Office) -> Intake {
    Intake::new(Arc::new(Pipeline::new(office.store().clone())))
}

/// Returns an event of a separate lead.
fn event(n: usize) -> EventRequest {
    let mut event = good("Ana", "Initech");
    event.lead.email = Some(format!("ana-{n}@initech.example"));
    event
}

async fn send(intake: &Intake, key: String, event: EventRequest) -> Result<SignalResult, SignalRefusal> {
    intake.take(receipt(Utc::now(), Mode::Live), Signal { key, event }).await.unwrap()
}

#[tokio::test]
async fn concurrent_events_share_commits_and_get_separate_answers() {
    let office = Office::open().await;
    let intake = intake(&office);
    let sent: Vec<_> = (0..240)
        .map(|n| {
            let intake = intake.clone();
            // Every lead sends four events, and every tenth key is used twice.
            tokio::spawn(async move {
                (n, send(&intake, format!("k{}", n - usize::from(n % 10 == 1)), event(n / 10)).await)
            })
        })
        .collect();
    let (mut fresh, mut repeated) = (0, 0);
    for task in sent {
        match task.await.unwrap() {
            (_, Ok(SignalResult::New(_))) => fresh += 1,
            (_, Ok(SignalResult::Repeat(_))) => repeated += 1,
            (n, Err(refusal)) => panic!("event {n}: {refusal}"),
        }
    }
    assert_eq!((fresh, repeated), (216, 24));
    assert_eq!(number(&office, "SELECT count(*) FROM decisions").await, 216);
    // Sequence numbers are consecutive for each lead.
    let gaps = "SELECT count(*) FROM (SELECT count(*) AS n, max(sequence) AS last FROM decisions GROUP BY lead_id) l WHERE n <> last OR n <> 9";
    assert_eq!(number(&office, gaps).await, 0);
    let commits = number(&office, "SELECT count(DISTINCT xact) FROM decisions").await;
    assert!(commits <= 216 / 4, "{commits} commits");
}

#[tokio::test]
async fn an_event_that_cannot_be_committed_fails_alone() {
    let office = Office::open().await;
    let mut owner = office.database.owner().await;
    owner
        .execute(
            "CREATE FUNCTION refuse_poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'poison'; END $$; \
             CREATE TRIGGER poison BEFORE INSERT ON events FOR EACH ROW WHEN (NEW.request_id = 'poison') EXECUTE FUNCTION refuse_poison()",
        )
        .await
        .unwrap();
    let intake = intake(&office);
    let sent: Vec<_> = (0..40)
        .map(|n| {
            let intake = intake.clone();
            tokio::spawn(async move {
                let mut receipt = receipt(Utc::now(), Mode::Live);
                if n == 17 {
                    receipt.request_id = "poison".into();
                }
                intake.take(receipt, Signal { key: format!("k{n}"), event: event(n) }).await
            })
        })
        .collect();
    for (n, task) in sent.into_iter().enumerate() {
        let answer = task.await.unwrap();
        assert_eq!(answer.is_err(), n == 17, "{n}: {answer:?}");
    }
    assert_eq!(number(&office, "SELECT count(*) FROM decisions").await, 39);
    assert_eq!(number(&office, "SELECT count(*) FROM idempotency_keys WHERE scope LIKE 'event:%'").await, 39);
}

#[tokio::test]
async fn leads_of_a_stopped_workflow_go_to_people_and_nothing_is_sent() {
    let office = Office::open().await;
    let intake = intake(&office);
    let actor = Actor::command("test");
    let before: Vec<_> = (0..60)
        .map(|n| {
            let intake = intake.clone();
            tokio::spawn(async move { send(&intake, format!("a{n}"), event(n)).await.unwrap() })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(20)).await;
    kill::kill(office.store(), &actor, &StopScope::Workflow("inbound-form".into()), "wrong owners")
        .await
        .unwrap();
    // Stopping waited for commits in progress, so no further effect may appear.
    let effects = number(&office, "SELECT count(*) FROM effects").await;
    for task in before {
        task.await.unwrap();
    }
    let Ok(SignalResult::New(stopped)) = send(&intake, "b".into(), event(100)).await else {
        panic!("not new")
    };
    assert_eq!(number(&office, "SELECT count(*) FROM effects").await, effects);
    assert_eq!((stopped.decision.mode, stopped.decision.effects.len()), (Mode::Manual, 0));
    let queued = "SELECT count(*) FROM lead_states WHERE queue = 'manual'";
    let manual = "SELECT count(*) FROM decisions WHERE mode = 'manual'";
    assert_eq!(number(&office, queued).await, number(&office, manual).await);
    let owned = "SELECT count(*) FROM leads l JOIN decisions d ON d.lead_id = l.id WHERE d.mode = 'manual' AND l.assignee IS NOT NULL";
    assert_eq!(number(&office, owned).await, 0, "rules of a stopped workflow assigned no lead");

    kill::resume(office.store(), &actor, &StopScope::Workflow("inbound-form".into()), "fixed").await.unwrap();
    let Ok(SignalResult::New(live)) = send(&intake, "c".into(), event(101)).await else { panic!("not new") };
    assert_eq!((live.decision.mode, live.decision.effects.is_empty()), (Mode::Live, false));
}

const OTHER_WORKFLOW: &str = "\
workflows:
  offers:
    takes: [{kind: form, source: shop}]
    fields: {price: {type: number, min: 0}}
    map: {price: {from: /payload/price, extract: number, decimal: point}}
    rules: [{id: large, when: price >= 100, then: [advance]}]
    default: nurture
";

#[tokio::test]
async fn events_of_other_workflows_are_taken_while_one_workflow_is_locked() {
    let office = Office::open().await;
    office.apply(OTHER_WORKFLOW, true).await.unwrap();
    let intake = intake(&office);
    let mut owner = office.database.owner().await;
    let mut lock = owner.begin().await.unwrap();
    lock.execute("SELECT pg_advisory_xact_lock(hashtextextended(id::text, 0)) FROM workflows WHERE name = 'inbound-form'")
        .await
        .unwrap();
    let sent: Vec<_> = (0..60)
        .map(|n| {
            let (intake, mut event) = (intake.clone(), event(n));
            if n % 2 == 0 {
                event.source = "shop".into();
                event.payload = serde_json::json!({ "price": 120 });
            }
            tokio::spawn(async move {
                let signal = Signal { key: format!("k{n}"), event };
                (n, intake.take(receipt(Utc::now(), Mode::Live), signal).await)
            })
        })
        .collect();
    for task in sent {
        let (n, answer) = task.await.unwrap();
        if n % 2 == 0 {
            assert!(matches!(&answer, Ok(Ok(SignalResult::New(_)))), "{n}: {answer:?}");
        } else {
            assert!(answer.as_ref().is_err_and(|error| error.is_timeout()), "{n}: {answer:?}");
        }
    }
    lock.rollback().await.unwrap();
    assert_eq!(number(&office, "SELECT count(*) FROM decisions").await, 30);
}
