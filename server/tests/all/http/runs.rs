//! Runs: who can start and cancel them, that a killed process changes no result, and that jobs do not wait for each other.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value as Json, json};
use server::signals::Signals;
use server::tasks::{JobResources, listen, schedule};
use service::decide::{ReplayRange, ReplayReport};
use service::run::{self, RunContext, RunKind};
use store::actor::Role;
use store::runs::{self, NewRun, Run, RunState};
use store::sync::fixture;
use store::{Actor, Store};
use strum::VariantArray as _;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::support::{TestApp, event, location, text};

/// The number of kills for each kind of run.
const KILLS: usize = 50;

pub async fn start(store: &Store, actor: &Actor, kind: RunKind, input: &Json) -> Uuid {
    let mut tx = store.begin().await.unwrap();
    let new = NewRun { kind: kind.into(), work_key: None, input };
    let id = runs::start(&mut tx, actor, new).await.unwrap();
    tx.commit().await.unwrap();
    id
}

/// Waits until a run has finished.
pub async fn over(store: &Store, id: Uuid) -> Run {
    for _ in 0..1_200 {
        let run = runs::by_id(store, id).await.unwrap();
        if run.state().unwrap().is_over() {
            return run;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the run {id} has not finished");
}

/// Works on a run like processes that are killed at random, until `most` kills. Returns the number of kills.
async fn killed(context: &RunContext, id: Uuid, kind: RunKind, longest_ms: u64, most: usize) -> usize {
    let store = context.pipeline.store();
    let mut kills = 0;
    while !runs::by_id(store, id).await.unwrap().state().unwrap().is_over() {
        sqlx::query("UPDATE runs SET leased_until = now() - interval '1 second' WHERE state = 'running'")
            .execute(store.pool())
            .await
            .unwrap();
        // The transaction of a killed process may hold the row for another moment.
        let Some(claim) = runs::claim(store, "test", &[kind.into()], run::LEASE).await.unwrap() else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let context = context.clone();
        let process =
            tokio::spawn(async move { run::execute(&context, claim, &CancellationToken::new()).await });
        if kills == most {
            process.await.unwrap().unwrap();
            continue;
        }
        tokio::time::sleep(Duration::from_micros(rand::random_range(0..longest_ms * 1_000))).await;
        if !process.is_finished() {
            process.abort();
            process.await.ok();
            kills += 1;
        }
    }
    kills
}

/// Kills runs of a kind, starting new ones until there were enough kills. Returns their results.
pub async fn results_under_kills(
    app: &TestApp,
    context: &RunContext,
    kind: RunKind,
    longest_ms: u64,
    mut begin: impl AsyncFnMut(usize) -> Uuid,
) -> Vec<Run> {
    let (mut kills, mut all) = (0, Vec::new());
    while kills < KILLS {
        let id = begin(all.len()).await;
        kills += killed(context, id, kind, longest_ms, KILLS - kills).await;
        all.push(over(app.store(), id).await);
        assert!(all.len() < 200, "{kind} finishes too quickly to be killed");
    }
    all
}

/// Starts the process without its own loop, so that the test can kill the workers.
pub async fn idle() -> (TestApp, RunContext) {
    let app = TestApp::without_runs().await;
    let context = app.run_context();
    (app, context)
}

#[tokio::test]
async fn a_replay_of_decisions_has_the_same_result_however_often_its_process_is_killed() {
    let (app, context) = idle().await;
    for n in 0..450 {
        let lead: engine::event::EventRequest = serde_json::from_value(event(&format!("lead{n}"))).unwrap();
        app.office.send(&format!("k{n}"), &lead).await.unwrap();
    }
    let input = serde_json::to_value(ReplayRange::default()).unwrap();
    let actor = Actor::command("test");
    let begin = async |_| start(app.store(), &actor, RunKind::ReplayDecisions, &input).await;
    for run in results_under_kills(&app, &context, RunKind::ReplayDecisions, 400, begin).await {
        assert_eq!(run.state().unwrap(), RunState::Done, "{:?}", run.error);
        let report: ReplayReport = serde_json::from_value(run.result.unwrap()).unwrap();
        assert_eq!((report.same, report.erased, report.different), (450, 0, 0));
        assert_eq!((run.done, run.total), (450, Some(450)));
    }
}

#[tokio::test]
async fn failed_deliveries_are_retried_once_however_often_the_process_is_killed() {
    let (app, context) = idle().await;
    let store = app.store();
    let spare = fixture::destination(store, "spare", "webhook", &json!({}), None).await.unwrap();
    for _ in 0..1_100 {
        let lead = fixture::lead(store).await.unwrap();
        fixture::effect(store, spare, lead, 1).await.unwrap();
    }
    let begin = async |_| {
        sqlx::query("UPDATE outbox SET state = 'dead', last_error = 'refused' WHERE destination_id = $1")
            .bind(spare.0)
            .execute(store.pool())
            .await
            .unwrap();
        let input = json!({ "destination": spare, "error": "refused" });
        start(store, &Actor::command("test"), RunKind::ReplayDeliveries, &input).await
    };
    let runs = results_under_kills(&app, &context, RunKind::ReplayDeliveries, 150, begin).await;
    for run in &runs {
        let result = run.result.clone().unwrap_or_else(|| panic!("{:?}", run.error));
        assert_eq!(result["ready"], 1_100);
        let due = run.created_at;
        // Each batch is recorded once, together with the deliveries that it queued, or not at all.
        let rows: (i64, i64) = sqlx::query_as(
            "SELECT count(*), sum((detail->>'ready')::bigint)::bigint FROM audit_log WHERE action = 'effect.replay_all' AND at = $1",
        )
        .bind(due)
        .fetch_one(store.pool())
        .await
        .unwrap();
        assert_eq!(rows, (3, 1_100));
    }
    let ready: i64 =
        sqlx::query_scalar("SELECT count(*) FROM outbox WHERE destination_id = $1 AND state = 'ready'")
            .bind(spare.0)
            .fetch_one(store.pool())
            .await
            .unwrap();
    assert_eq!(ready, 1_100);
}

#[tokio::test]
async fn the_impact_of_a_change_is_the_same_however_often_the_process_is_killed() {
    let (app, context) = idle().await;
    for n in 0..30 {
        let lead = serde_json::from_value(event(&format!("lead{n}"))).unwrap();
        app.office.send(&format!("k{n}"), &lead).await.unwrap();
    }
    let change = draft(&app).await;
    let input = json!({ "change": change.number, "hash": change.hash });
    let actor = Actor::command("test");
    let begin = async |_| start(app.store(), &actor, RunKind::ChangeImpact, &input).await;
    let runs = results_under_kills(&app, &context, RunKind::ChangeImpact, 60, begin).await;
    let first = runs[0].result.clone().unwrap();
    assert_eq!(first["workflows"][0]["decided"], 30);
    assert!(first["workflows"][0]["moved"].as_u64().unwrap() > 0, "{first}");
    for run in &runs {
        assert_eq!(run.result.as_ref(), Some(&first), "{:?}", run.error);
    }
}

/// Creates a draft of the rule set that disqualifies every lead.
async fn draft(app: &TestApp) -> store::changes::Change {
    use engine::change::Kind;
    let store = app.store();
    let author = store::testing::person(store, "Ana", &[Role::Revops]).await;
    let mut connection = store.pool().acquire().await.unwrap();
    let version =
        store::workflows::newest(&mut connection, Kind::RuleSet, "inbound-form").await.unwrap().unwrap();
    let source = service::change::text_of(&version).unwrap();
    let source =
        source.replacen("rules:\n", "rules:\n- id: nobody\n  when: 'true'\n  then:\n  - reject\n", 1);
    let reading = service::change::read(store, Kind::RuleSet, "inbound-form", &source).await.unwrap();
    let body = reading.draft.body.as_ref();
    let number =
        service::change::start(store, &author, Kind::RuleSet, "inbound-form", &source, body).await.unwrap();
    store::changes::by_number(&mut connection, number).await.unwrap()
}

#[tokio::test]
async fn an_impact_is_computed_once_per_saved_text_and_not_per_view() {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("rita@acme.example", &[Role::Revops]).await;
    let lead = serde_json::from_value(event("ana")).unwrap();
    app.office.send("k", &lead).await.unwrap();
    let change = draft(&app).await;
    let page = format!("/changes/{}", change.number);
    let impact = |page: &str| page.contains("would be decided differently");
    for _ in 0..100 {
        if impact(&text(&mut browser, &page).await) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for _ in 0..3 {
        assert!(impact(&text(&mut browser, &page).await));
    }
    let count: i64 =
        sqlx::query_scalar("SELECT count(*) FROM runs").fetch_one(app.store().pool()).await.unwrap();
    assert_eq!(count, 1);
}

/// The test that kills runs of a kind. A new kind needs one.
fn killing_test(kind: RunKind) -> fn() {
    match kind {
        RunKind::ReplayDecisions => {
            a_replay_of_decisions_has_the_same_result_however_often_its_process_is_killed
        }
        RunKind::ReplayDeliveries => failed_deliveries_are_retried_once_however_often_the_process_is_killed,
        RunKind::ChangeImpact => the_impact_of_a_change_is_the_same_however_often_the_process_is_killed,
        RunKind::Import => super::imports::an_import_has_the_same_result_however_often_its_process_is_killed,
    }
}

#[tokio::test]
async fn every_kind_of_run_is_known_to_the_database_and_killed_by_a_test() {
    let (app, _) = idle().await;
    for kind in RunKind::VARIANTS {
        let _: fn() = killing_test(*kind);
        let id = start(app.store(), &Actor::command("test"), *kind, &json!({})).await;
        let mut browser = app.signed_in(&format!("{kind}@acme.example"), &[Role::Sdr]).await;
        assert!(text(&mut browser, "/runs").await.contains(&format!("/runs/{id}")), "{kind}");
    }
}

#[tokio::test]
async fn a_run_is_cancelled_only_by_the_owners_of_its_kind() {
    let (app, context) = idle().await;
    let id = start(app.store(), &Actor::command("test"), RunKind::ReplayDecisions, &json!({})).await;
    let (page, run) = (format!("/runs/{id}"), id.to_string());
    let fields = [("run", run.as_str())];
    for (role, status) in [(Role::Sdr, StatusCode::FORBIDDEN), (Role::Integrations, StatusCode::FORBIDDEN)] {
        let mut browser = app.signed_in(&format!("{role}@acme.example"), &[role]).await;
        assert!(!text(&mut browser, &page).await.contains("Cancel run"), "{role}");
        assert_eq!(browser.post("/actions/cancel-run", &fields).await.status(), status, "{role}");
    }
    let mut browser = app.signed_in("rita@acme.example", &[Role::Revops]).await;
    assert!(text(&mut browser, &page).await.contains("Cancel run"));
    // A run in progress stops within seconds.
    let claim = runs::claim(app.store(), "test", &["replay_decisions"], run::LEASE).await.unwrap().unwrap();
    let answer = browser.post("/actions/cancel-run", &fields).await;
    assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, page.as_str()));
    let claim = store::runs::RunClaim { is_cancelled: true, ..claim };
    run::execute(&context, claim, &CancellationToken::new()).await.unwrap();
    assert_eq!(over(app.store(), id).await.state().unwrap(), RunState::Cancelled);
    let shown = text(&mut browser, &page).await;
    assert!(
        shown.contains("Cancelled") && shown.contains("Somebody") && shown.contains("Retry run"),
        "{shown}"
    );
    let answer = browser.post("/actions/retry-run", &fields).await;
    assert!(location(&answer).starts_with("/runs/") && location(&answer) != page);
    assert_eq!(browser.post("/actions/cancel-run", &[("run", "none")]).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn decisions_are_replayed_from_the_page_and_the_result_is_shown() {
    let app = TestApp::start().await;
    let lead = serde_json::from_value(event("ana")).unwrap();
    app.office.send("k", &lead).await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    let mut browser = app.signed_in("rita@acme.example", &[Role::Revops]).await;
    assert!(text(&mut browser, "/runs").await.contains("Replay decisions"));
    let fields = [("workflow", "inbound-form"), ("days", "7"), ("form", "once")];
    let answer = browser.post("/actions/start-replay", &fields).await;
    let page = location(&answer).to_owned();
    let id = page.strip_prefix("/runs/").unwrap().parse().unwrap();
    over(app.store(), id).await;
    assert!(text(&mut browser, &page).await.contains("decision: the result is the same."));
    let answer = browser.post("/actions/start-replay", &fields).await;
    assert_eq!(location(&answer), "/runs", "the same form starts one run");
    let answer = browser.post("/actions/start-replay", &[("workflow", "nothing")]).await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_job_that_hangs_delays_no_other_one() {
    let (app, _) = idle().await;
    // The job `sessions` waits for this lock; it represents one that takes half an hour.
    let mut owner = app.office.database.owner().await;
    let mut held = sqlx::Connection::begin(&mut owner).await.unwrap();
    sqlx::query("LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE").execute(&mut *held).await.unwrap();
    let stop = CancellationToken::new();
    let means = JobResources { letters: None, data_dir: None };
    let signals = Signals::default();
    tokio::spawn(listen::run(app.store().clone(), signals.clone(), stop.clone()));
    tokio::spawn(schedule::run(app.store().clone(), means, signals.jobs(), stop.clone()));
    let _guard = stop.drop_guard();
    let running = "SELECT coalesce(bool_or(leased_until > now()), false) FROM jobs WHERE name = 'sessions'";
    let started = async |query: &'static str| {
        let since = Instant::now();
        while !sqlx::query_scalar::<_, bool>(query).fetch_one(app.store().pool()).await.unwrap() {
            assert!(since.elapsed() < Duration::from_secs(20), "never: {query}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        since.elapsed()
    };
    started(running).await;
    started("SELECT finished_at IS NOT NULL FROM jobs WHERE name = 'backlog'").await;
    store::sync::jobs::request(app.store(), &Actor::command("test"), store::sync::jobs::JobKind::Backlog)
        .await
        .unwrap();
    let delay =
        started("SELECT requested_by IS NULL AND due_at > now() FROM jobs WHERE name = 'backlog'").await;
    assert!(delay < Duration::from_secs(2), "{delay:?}");
    assert!(sqlx::query_scalar::<_, bool>(running).fetch_one(app.store().pool()).await.unwrap());
}
