//! The state after failures in the middle of a write.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use destinations::Destination;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use store::sync::EffectState::{Dead, Delivered, Ready, Running};
use store::sync::fixture::{self, NewEffect};

use super::World;
use super::fake::{Fake, retry};

const LAPSE: &str = "UPDATE outbox SET leased_until = now() - interval '1 second' WHERE state = 'running'";

/// A warehouse in the test's database. While the switch is off, writes arrive but their answers do not.
fn warehouse(url: &str, answers: Arc<AtomicBool>) -> Fake {
    // The URL must not contain the password, which is the secret.
    let mut url: url::Url = url.parse().unwrap();
    let password = url.password().map(|password| password.as_bytes().to_vec());
    url.set_password(None).unwrap();
    let warehouse: Arc<dyn Destination> = Arc::from(
        destinations::open("postgres", &json!({ "url": url.as_str() }), password.as_deref()).unwrap(),
    );
    Fake::new(move |request, _| {
        let (warehouse, answers) = (warehouse.clone(), answers.clone());
        async move {
            warehouse.write(&request).await?;
            if !answers.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
            Ok(())
        }
    })
}

#[tokio::test]
async fn a_crash_between_write_and_result_leaves_one_row_at_the_warehouse() {
    let answers = Arc::new(AtomicBool::new(false));
    let mut world = World::new(Fake::willing()).await;
    world.fake = warehouse(&world.database.url, answers.clone());
    let (destination, lead) = (world.destination("warehouse").await, world.lead().await);
    let event = NewEffect { destination, lead, sequence: 1, kind: "decision_event", expires_at: None };
    fixture::effects(&world.database.store, &[event]).await.unwrap();

    let first = world.dispatcher().await;
    for _ in 0..100 {
        if world.number("SELECT count(*) FROM pg_tables WHERE schemaname = 'meshline'").await == 2
            && world.number("SELECT count(*) FROM meshline.decision_events").await == 1
        {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    first.kill().await;
    assert_eq!(world.states(lead).await, [Running], "the result was not recorded");

    answers.store(true, Ordering::Relaxed);
    let second = world.dispatcher().await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(world.states(lead).await, [Running], "the lease is still valid");
    world.execute(LAPSE).await;
    world.becomes(lead, &[Delivered]).await;
    second.stop().await;
    assert_eq!(world.number("SELECT count(*) FROM meshline.decision_events").await, 1);
    assert_eq!(world.number("SELECT count(*) FROM meshline.lead_current").await, 1);
    let [(_, lost), (_, told)] = world.fake.begun().try_into().unwrap();
    assert_eq!(&lost.effect, &told.effect);
    assert_eq!((lost.attempt, told.attempt), (1, 2));
    assert_eq!(world.number("SELECT count(*) FROM deliveries").await, 2, "the lost attempt is in the log");
}

#[tokio::test]
async fn the_result_of_a_lost_lease_is_dropped() {
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let open = gate.clone();
    let fake = Fake::new(move |_, _| {
        let gate = gate.clone();
        async move { gate.acquire().await.map(drop).map_err(|_| retry()) }
    });
    let world = World::new(fake).await;
    let (crm, lead) = (world.destination("crm").await, world.lead().await);
    world.effects(crm, lead, 1).await;
    let dispatcher = world.dispatcher().await;
    world.fake.asked(1).await;
    // Another process has taken it over in the meantime.
    world.execute("UPDATE outbox SET run_lease = run_lease + 1, attempts = attempts + 1").await;
    open.add_permits(1);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(world.states(lead).await, [Running]);
    assert_eq!(world.number("SELECT count(*) FROM deliveries").await, 0);
    // That process never answers either, and the effect is retried.
    open.add_permits(1);
    world.execute(LAPSE).await;
    world.becomes(lead, &[Delivered]).await;
    dispatcher.stop().await;
}

#[tokio::test]
async fn stopping_finishes_writes_in_progress_and_releases_the_rest() {
    let fake = Fake::new(|_, _| async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        Ok(())
    });
    let world = World::new(fake.in_flight(2)).await;
    let crm = world.destination("crm").await;
    for _ in 0..8 {
        let lead = world.lead().await;
        world.effects(crm, lead, 1).await;
    }
    let dispatcher = world.dispatcher().await;
    world.fake.asked(2).await;
    dispatcher.stop().await;
    let begun = world.fake.begun().len() as i64;
    assert!(begun < 8);
    assert_eq!(world.number("SELECT count(*) FROM deliveries WHERE result = 'delivered'").await, begun);
    assert_eq!(
        world.number("SELECT count(*) FROM outbox WHERE state = 'ready' AND attempts = 0").await,
        8 - begun
    );
    assert_eq!(world.number("SELECT count(*) FROM outbox").await, 8 - begun);
}

#[tokio::test]
async fn a_panicking_destination_affects_no_other() {
    let fake = Fake::new(|request, before| async move {
        assert!(request.effect.order.lead_sequence != 1 || before > 0, "a defect in a destination");
        Ok(())
    });
    let world = World::new(fake).await;
    let (crm, lead, stranger) = (world.destination("crm").await, world.lead().await, world.lead().await);
    world.effects(crm, lead, 2).await;
    let dispatcher = world.dispatcher().await;
    world.effects(crm, stranger, 1).await;
    world.becomes(lead, &[Delivered, Delivered]).await;
    world.becomes(stranger, &[Delivered]).await;
    dispatcher.stop().await;
}

#[tokio::test]
async fn an_effect_that_crashes_its_worker_is_abandoned() {
    let world = World::new(Fake::willing()).await;
    let (crm, lead) = (world.destination("crm").await, world.lead().await);
    world.effects(crm, lead, 2).await;
    world.execute("UPDATE outbox SET attempts = 5 WHERE lead_sequence = 1").await;
    let dispatcher = world.dispatcher().await;
    world.becomes(lead, &[Dead, Delivered]).await;
    assert_eq!(world.fake.begun().len(), 1);
    dispatcher.stop().await;
}

#[tokio::test]
async fn lost_connections_to_our_own_database_are_reestablished() {
    let world = World::new(Fake::willing()).await;
    let crm = world.destination("crm").await;
    let dispatcher = world.dispatcher().await;
    for _ in 0..5 {
        let lead = world.lead().await;
        world.effects(crm, lead, 2).await;
        world.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()").await;
        // The test's own pool has lost its connections too.
        tokio::time::sleep(store::pool::TRUSTED * 2).await;
        world.becomes(lead, &[Delivered, Delivered]).await;
    }
    dispatcher.stop().await;
}

#[tokio::test]
async fn work_resumes_when_our_own_database_returns() {
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let open = gate.clone();
    let fake = Fake::new(move |_, _| {
        let gate = gate.clone();
        async move { gate.acquire().await.map(tokio::sync::SemaphorePermit::forget).map_err(|_| retry()) }
    });
    let world = World::new(fake).await;
    let (crm, lead) = (world.destination("crm").await, world.lead().await);
    world.effects(crm, lead, 2).await;
    let dispatcher = world.dispatcher().await;
    world.fake.asked(1).await;
    // A write is in progress when the database goes away; its result is recorded when it returns.
    let name = world.database.url.rsplit_once('/').unwrap().1.split('?').next().unwrap().to_owned();
    let mut admin = PgConnection::connect(&store::testing::server()).await.unwrap();
    admin.execute(AssertSqlSafe(format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"))).await.unwrap();
    admin
        .execute(AssertSqlSafe(format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        )))
        .await
        .unwrap();
    open.add_permits(2);
    tokio::time::sleep(Duration::from_secs(2)).await;
    admin.execute(AssertSqlSafe(format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true"))).await.unwrap();
    world.becomes(lead, &[Delivered, Delivered]).await;
    assert_eq!(world.fake.begun().len(), 2, "nothing was written twice");
    dispatcher.stop().await;
}

#[tokio::test]
async fn without_a_notification_work_is_found_by_polling() {
    let world = World::new(Fake::willing()).await;
    let (crm, lead) = (world.destination("crm").await, world.lead().await);
    let dispatcher = world.dispatcher().await;
    world.effects(crm, lead, 1).await;
    world.becomes(lead, &[Delivered]).await;
    // Notified long before it is due.
    let mut transaction = world.database.store.begin().await.unwrap();
    let due = "INSERT INTO outbox (effect_id, destination_id, lead_id, lead_sequence, due_at, workflow_id) \
        SELECT id, destination_id, lead_id, lead_sequence, now() + interval '2 seconds', gen_random_uuid() FROM effects";
    transaction.execute(due).await.unwrap();
    transaction.commit().await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(world.states(lead).await, [Ready]);
    world.becomes(lead, &[Delivered]).await;
    dispatcher.stop().await;
}
