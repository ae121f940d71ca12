//! Conditions that hold back all processes: an unavailable destination, a pace, a stopped workflow.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use engine::sync::backoff::FailureKind;
use store::Actor;
use store::control::kill::{StopScope, kill, resume};

use super::World;
use super::fake::{Fake, retry};

async fn effects(world: &World, destination: engine::ids::DestinationId, n: usize) {
    for _ in 0..n {
        let lead = world.lead().await;
        world.effects(destination, lead, 1).await;
    }
}

#[tokio::test]
async fn an_unavailable_destination_is_spared_until_one_effect_succeeds() {
    let is_down = Arc::new(AtomicBool::new(true));
    let down = is_down.clone();
    let fake = Fake::new(move |_, _| {
        let down = down.clone();
        async move { if down.load(Ordering::Relaxed) { Err(retry()) } else { Ok(()) } }
    });
    let world = World::new(fake).await;
    let destination = world.destination("down").await;
    effects(&world, destination, 60).await;
    let (first, second) = (world.dispatcher().await, world.dispatcher().await);
    tokio::time::sleep(Duration::from_secs(6)).await;
    // The writes in progress in both processes when it failed, and at most one trial per second.
    let asked = world.fake.begun().len();
    assert!((5..60).contains(&asked), "{asked} writes while it was unavailable");
    assert_eq!(world.number("SELECT count(*) FROM outbox WHERE state = 'dead'").await, 0);
    assert_eq!(world.number("SELECT count(*) FROM destination_flows WHERE open_until IS NOT NULL").await, 1);

    is_down.store(false, Ordering::Relaxed);
    world.execute("UPDATE destination_flows SET open_until = now()").await;
    world.drained().await;
    assert_eq!(world.number("SELECT count(*) FROM destination_flows WHERE open_until IS NOT NULL").await, 0);
    assert_eq!(world.number("SELECT count(*) FROM deliveries WHERE result = 'delivered'").await, 60);
    first.stop().await;
    second.stop().await;
}

#[tokio::test]
async fn nothing_is_sent_before_retry_after_has_passed() {
    let fake = Fake::new(|_, _| async {
        Err(destinations::WriteError::new(FailureKind::Retry, "429")
            .not_before(Some(Utc::now() + TimeDelta::minutes(5))))
    })
    .in_flight(1);
    let world = World::new(fake).await;
    let destination = world.destination("busy").await;
    effects(&world, destination, 20).await;
    let dispatcher = world.dispatcher().await;
    world.fake.asked(1).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(world.fake.begun().len(), 1);
    dispatcher.stop().await;
}

#[tokio::test]
async fn a_used_up_quota_waits_for_the_next_day_and_costs_no_attempt() {
    let fake = Fake::new(|_, _| async {
        Err(destinations::WriteError::new(FailureKind::WaitUntilTomorrow, "the daily quota is used up"))
    })
    .in_flight(1);
    let world = World::new(fake).await;
    let destination = world.destination("metered").await;
    effects(&world, destination, 5).await;
    let dispatcher = world.dispatcher().await;
    world.fake.asked(1).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(world.fake.begun().len(), 1, "the quota applies to all of its effects");
    let tomorrow = "date_trunc('day', now() AT TIME ZONE 'UTC') + interval '1 day'";
    let waits = format!(
        "SELECT count(*) FROM outbox WHERE state = 'ready' AND attempts = 0 AND due_at AT TIME ZONE 'UTC' >= {tomorrow}"
    );
    assert_eq!(world.number_of(waits).await, 1);
    let closed =
        format!("SELECT count(*) FROM destination_flows WHERE open_until AT TIME ZONE 'UTC' >= {tomorrow}");
    assert_eq!(world.number_of(closed).await, 1);
    dispatcher.stop().await;
}

#[tokio::test]
async fn two_processes_share_the_limit_of_concurrent_writes() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counted = (now.clone(), most.clone());
    let fake = Fake::new(move |_, _| {
        let (now, most) = counted.clone();
        async move {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(20)).await;
            now.fetch_sub(1, Ordering::SeqCst);
            Ok(())
        }
    });
    let world = World::new(fake).await;
    let destination = world.destination("narrow").await;
    world.execute(r#"UPDATE destinations SET pace = '{"at_once": 2}'"#).await;
    effects(&world, destination, 60).await;
    let (first, second) = (world.dispatcher().await, world.dispatcher().await);
    world.drained().await;
    assert_eq!(most.load(Ordering::SeqCst), 2);
    first.stop().await;
    second.stop().await;
}

#[tokio::test]
async fn a_stopped_workflow_releases_claimed_effects() {
    let fake = Fake::new(|_, _| async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        Ok(())
    })
    .in_flight(1);
    let world = World::new(fake).await;
    let destination = world.destination("slow").await;
    effects(&world, destination, 12).await;
    world
        .execute(
            "INSERT INTO workflows (id, name, title, definition, created_at) \
             VALUES ('00000000-0000-0000-0000-000000000001', 'inbound-form', 'Inbound form', '{}', now())",
        )
        .await;
    let dispatcher = world.dispatcher().await;
    world.fake.asked(2).await;
    let (store, actor) = (&world.database.store, Actor::command("test"));
    let scope = StopScope::Workflow("inbound-form".into());
    kill(store, &actor, &scope, "wrong owners").await.unwrap();
    tokio::time::sleep(Duration::from_secs(3)).await;
    let asked = world.fake.begun().len();
    assert!(asked <= 6, "{asked} were sent");
    assert_eq!(world.number("SELECT count(*) FROM outbox WHERE state = 'running'").await, 0);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(world.fake.begun().len(), asked);

    resume(store, &actor, &scope, "fixed").await.unwrap();
    world.drained().await;
    assert_eq!(world.fake.begun().len(), 12, "none was sent twice");
    dispatcher.stop().await;
}
