//! Runs: which process holds one, what a process can write after losing it, and how a person cancels one.

use std::time::Duration;

use serde_json::json;
use sqlx::Executor as _;
use store::actor::Role;
use store::reads::keyset::Order;
use store::runs::{self, NewRun, RunClaim, RunCursor, RunFilter, RunProgress, RunResult, RunState, uploads};
use store::testing::{TestDatabase, person};
use store::{Actor, Error, Store};
use uuid::Uuid;

const LEASE: Duration = Duration::from_secs(20);
const KIND: &str = "replay_decisions";

async fn start(store: &Store, actor: &Actor) -> Uuid {
    let mut tx = store.begin().await.unwrap();
    let new = NewRun { kind: KIND, work_key: None, input: &json!({}) };
    let id = runs::start(&mut tx, actor, new).await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn claim(store: &Store, runner: &str) -> Option<RunClaim> {
    runs::claim(store, runner, &[KIND], LEASE).await.unwrap()
}

/// Simulates that the process that holds a run has sent no heartbeat for a lease.
async fn fall_silent(store: &Store) {
    store
        .pool()
        .execute("UPDATE runs SET leased_until = now() - interval '1 second' WHERE state = 'running'")
        .await
        .unwrap();
}

fn progress(done: u64) -> RunProgress {
    RunProgress { phase: "Counting".into(), done, total: Some(10) }
}

async fn save(store: &Store, claim: &RunClaim, done: u64) -> bool {
    let mut connection = store.pool().acquire().await.unwrap();
    runs::save(&mut connection, claim, &progress(done), &json!({ "at": done })).await.unwrap()
}

async fn state(store: &Store, id: Uuid) -> RunState {
    runs::by_id(store, id).await.unwrap().state().unwrap()
}

async fn audited(store: &Store) -> Vec<String> {
    sqlx::query_scalar("SELECT action || ' ' || subject FROM audit_log WHERE action LIKE 'run.%' ORDER BY id")
        .fetch_all(store.pool())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_run_goes_from_waiting_to_done_in_one_process() {
    let database = TestDatabase::new().await;
    let store = &database.store;
    let actor = person(store, "Ana", &[Role::Revops]).await;
    let id = start(store, &actor).await;
    assert_eq!(state(store, id).await, RunState::Waiting);
    assert!(runs::claim(store, "a", &["import"], LEASE).await.unwrap().is_none(), "another kind");
    let held = claim(store, "a").await.unwrap();
    assert_eq!((held.id, held.attempts, held.is_cancelled), (id, 1, false));
    assert!(claim(store, "b").await.is_none(), "a run has one process");
    assert_eq!(runs::heartbeat(store, &held, &progress(3), LEASE).await.unwrap(), Some(false));
    let run = runs::by_id(store, id).await.unwrap();
    assert_eq!(
        (run.phase.as_str(), run.done, run.total, run.runner.as_deref()),
        ("Counting", 3, Some(10), Some("a"))
    );
    assert!(runs::finish(store, &held, &RunResult::Done(json!({ "found": 7 }))).await.unwrap());
    let run = runs::by_id(store, id).await.unwrap();
    assert_eq!(
        (run.state().unwrap(), run.done, run.result),
        (RunState::Done, 10, Some(json!({ "found": 7 })))
    );
    assert_eq!(audited(store).await, [format!("run.start run:{id}")]);
}

#[tokio::test]
async fn another_process_resumes_and_the_first_one_can_no_longer_write() {
    let database = TestDatabase::new().await;
    let store = &database.store;
    let id = start(store, &Actor::command("test")).await;
    let first = claim(store, "a").await.unwrap();
    assert!(save(store, &first, 4).await);
    fall_silent(store).await;
    let second = claim(store, "b").await.unwrap();
    assert_eq!((second.id, second.attempts, second.checkpoint.clone()), (id, 2, Some(json!({ "at": 4 }))));
    assert_eq!(runs::heartbeat(store, &first, &progress(9), LEASE).await.unwrap(), None);
    assert!(!save(store, &first, 9).await);
    assert!(!runs::finish(store, &first, &RunResult::Failed("late".into())).await.unwrap());
    runs::hand_back(store, &first).await.unwrap();
    let run = runs::by_id(store, id).await.unwrap();
    assert_eq!((run.state().unwrap(), run.done, run.error), (RunState::Running, 4, None));
    runs::hand_back(store, &second).await.unwrap();
    let third = claim(store, "c").await.unwrap();
    assert_eq!(third.attempts, 2, "a clean shutdown does not count as an attempt");
}

#[tokio::test]
async fn waiting_running_and_abandoned_runs_can_be_cancelled() {
    let database = TestDatabase::new().await;
    let store = &database.store;
    let actor = person(store, "Ana", &[Role::Revops]).await;
    let waiting = start(store, &actor).await;
    runs::cancel(store, &actor, waiting).await.unwrap();
    assert_eq!(state(store, waiting).await, RunState::Cancelled);
    assert!(claim(store, "a").await.is_none());

    let running = start(store, &actor).await;
    let held = claim(store, "a").await.unwrap();
    runs::cancel(store, &actor, running).await.unwrap();
    assert_eq!(state(store, running).await, RunState::Running);
    assert_eq!(runs::heartbeat(store, &held, &progress(1), LEASE).await.unwrap(), Some(true));
    assert!(matches!(runs::cancel(store, &actor, running).await, Err(Error::Refused(_))));
    assert!(runs::finish(store, &held, &RunResult::Cancelled).await.unwrap());
    assert_eq!(state(store, running).await, RunState::Cancelled);

    let left = start(store, &actor).await;
    claim(store, "a").await.unwrap();
    fall_silent(store).await;
    runs::cancel(store, &actor, left).await.unwrap();
    assert_eq!(state(store, left).await, RunState::Cancelled);
    assert!(matches!(runs::cancel(store, &actor, left).await, Err(Error::Refused(_))));
    assert!(matches!(runs::cancel(store, &actor, Uuid::nil()).await, Err(Error::NotFound(_))));
    let cancelled = audited(store).await.iter().filter(|act| act.starts_with("run.cancel")).count();
    assert_eq!(cancelled, 3, "a rejected action leaves no row");
}

#[tokio::test]
async fn work_with_a_key_is_done_once() {
    let database = TestDatabase::new().await;
    let store = &database.store;
    let actor = Actor::command("test");
    let ensure = || async { runs::ensure(store, &actor, "change_impact", "k", &json!({})).await.unwrap().id };
    let (first, second) = tokio::join!(ensure(), ensure());
    assert_eq!(first, second);
    let held = runs::claim(store, "a", &["change_impact"], LEASE).await.unwrap().unwrap();
    runs::finish(store, &held, &RunResult::Failed("It was too much.".into())).await.unwrap();
    assert_eq!(ensure().await, first, "a failure is reported, not retried on every view");
    let mut tx = store.begin().await.unwrap();
    let new = NewRun { kind: "change_impact", work_key: Some("k"), input: &json!({}) };
    // Ids within one instant are not ordered, so this run starts later.
    let later = Actor { now: actor.now + chrono::TimeDelta::seconds(1), ..actor.clone() };
    let again = runs::start(&mut tx, &later, new).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(ensure().await, again);
    let mut tx = store.begin().await.unwrap();
    let refused = runs::start(&mut tx, &later, new).await;
    assert!(matches!(refused, Err(Error::Refused(_))), "{refused:?}");
    tx.rollback().await.unwrap();
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM runs").fetch_one(store.pool()).await.unwrap();
    assert_eq!(count, 2);
}

#[tokio::test]
async fn resubmitting_a_form_starts_one_run() {
    let database = TestDatabase::new().await;
    let store = &database.store;
    let actor = person(store, "Ana", &[Role::Revops]).await;
    let form = |request: &str| Actor { form: Some("f".into()), request_id: request.into(), ..actor.clone() };
    start(store, &form("1")).await;
    let mut tx = store.begin().await.unwrap();
    let again =
        runs::start(&mut tx, &form("2"), NewRun { kind: KIND, work_key: None, input: &json!({}) }).await;
    assert!(matches!(again, Err(Error::Repeated)));
}

#[tokio::test]
async fn the_list_is_filtered_and_paged() {
    let database = TestDatabase::new().await;
    let store = &database.store;
    let mut ids = Vec::new();
    for n in 0..5 {
        let now = chrono::DateTime::from_timestamp(1_800_000_000 + n, 0).unwrap();
        ids.push(start(store, &Actor { now, ..Actor::command("test") }).await);
    }
    let held = claim(store, "a").await.unwrap();
    let page = async |filter: RunFilter, cursor| {
        let page = runs::page(store, &filter, Order::Newest, cursor, 2).await.unwrap();
        (page.runs.iter().map(|run| run.id).collect::<Vec<_>>(), page.beside)
    };
    let (first, beside) = page(RunFilter::default(), RunCursor::Start).await;
    assert_eq!(first, [ids[4], ids[3]]);
    assert_eq!(page(RunFilter::default(), beside.older.unwrap()).await.0, [ids[2], ids[1]]);
    let running = RunFilter { state: Some(RunState::Running), ..RunFilter::default() };
    assert_eq!(page(running, RunCursor::Start).await.0, [held.id]);
    let imports = RunFilter { kind: Some("import".into()), ..RunFilter::default() };
    assert!(page(imports, RunCursor::Start).await.0.is_empty());
}

#[tokio::test]
async fn an_upload_belongs_to_its_person_and_expires_once_no_run_needs_it() {
    let database = TestDatabase::new().await;
    let store = &database.store;
    let (ana, ben) =
        (person(store, "Ana", &[Role::Revops]).await, person(store, "Ben", &[Role::Revops]).await);
    let id = |actor: &Actor| match actor.who {
        store::actor::ActorId::Person(id) => id,
        _ => panic!("{actor:?}"),
    };
    let upload = Uuid::from_u128(7);
    uploads::add(&mut store.pool().acquire().await.unwrap(), &ana, upload, "leads.csv", 12).await.unwrap();
    assert_eq!(uploads::of_person(store, id(&ana), upload).await.unwrap().bytes, 12);
    assert!(matches!(uploads::of_person(store, id(&ben), upload).await, Err(Error::NotFound(_))));
    let mut connection = store.pool().acquire().await.unwrap();
    let command = uploads::add(&mut connection, &Actor::command("test"), Uuid::nil(), "leads.csv", 12).await;
    assert!(matches!(command, Err(Error::Refused(_))));

    let later = chrono::Utc::now() + chrono::TimeDelta::minutes(1);
    assert_eq!(uploads::outdated(store, later).await.unwrap(), [upload]);
    assert!(uploads::outdated(store, later - chrono::TimeDelta::hours(1)).await.unwrap().is_empty());
    let run = start(store, &ana).await;
    uploads::set_run(&mut store.pool().acquire().await.unwrap(), upload, run).await.unwrap();
    assert!(uploads::outdated(store, later).await.unwrap().is_empty(), "a waiting run needs it");
    let again = start(store, &ana).await;
    let twice = uploads::set_run(&mut store.pool().acquire().await.unwrap(), upload, again).await;
    assert!(matches!(twice, Err(Error::Refused(_))), "{twice:?}");
    runs::cancel(store, &ana, run).await.unwrap();
    uploads::set_run(&mut store.pool().acquire().await.unwrap(), upload, again).await.unwrap();
    runs::cancel(store, &ana, again).await.unwrap();
    assert_eq!(uploads::outdated(store, later).await.unwrap(), [upload]);
    uploads::forget(store, upload).await.unwrap();
    assert!(!uploads::is_known(store, upload).await.unwrap());
}

#[tokio::test]
async fn an_unfinished_upload_is_found_again_by_its_person_and_file() {
    use store::runs::unfinished::{self, NO_BYTES, NewUpload};
    let database = TestDatabase::new().await;
    let store = &database.store;
    let who = async |name: &str| match person(store, name, &[Role::Revops]).await.who {
        store::actor::ActorId::Person(person) => person,
        other => panic!("{other:?}"),
    };
    let (ana, ben) = (who("Ana").await, who("Ben").await);
    let now = engine::time::cut(chrono::Utc::now());
    let new = |id| NewUpload { id: Uuid::from_u128(id), file_name: "leads.csv", bytes: 20 };
    let mut connection = store.pool().acquire().await.unwrap();
    let begun = unfinished::begin(&mut connection, ana, now, new(1)).await.unwrap();
    assert_eq!((begun.received, begun.received_hash.as_slice()), (0, &NO_BYTES[..]));
    unfinished::advance(&mut connection, begun.id, now, 8, [7; 32]).await.unwrap();
    let later = now + chrono::TimeDelta::minutes(1);
    let again = unfinished::begin(&mut connection, ana, later, new(2)).await.unwrap();
    assert_eq!((again.id, again.received, again.updated_at), (begun.id, 8, later));
    let other = unfinished::begin(&mut connection, ben, now, new(3)).await.unwrap();
    assert_eq!(other.id, Uuid::from_u128(3));
    let locked = unfinished::lock(&mut connection, ben, begun.id).await;
    assert!(matches!(locked, Err(Error::NotFound(_))), "{locked:?}");
    assert_eq!(unfinished::lock(&mut connection, ana, begun.id).await.unwrap().received_hash, [7; 32]);
    assert_eq!(unfinished::count(&mut connection, ana).await.unwrap(), 1);
    assert_eq!(unfinished::of_person(store, ben).await.unwrap(), [other]);
    assert_eq!(unfinished::forget_abandoned(store, later).await.unwrap(), [Uuid::from_u128(3)]);
    unfinished::forget(&mut connection, begun.id).await.unwrap();
    assert!(!unfinished::is_known(store, begun.id).await.unwrap());
}
