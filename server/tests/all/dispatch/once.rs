//! Checks that each effect arrives once, in order, and only where it should.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::Utc;
use destinations::WriteError;
use engine::ids::WorkflowId;
use engine::sync::keys::remote_key;
use store::Actor;
use store::sync::EffectState::{Dead, Delivered, Expired, Ready};
use store::sync::fixture::{self, NewEffect};
use uuid::Uuid;

use super::World;
use super::fake::{Fake, refused, retry};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_dispatchers_share_the_work_without_repeats() {
    let fake = Fake::new(|request, _| async move {
        tokio::time::sleep(Duration::from_millis(request.effect_id.0.as_bytes()[15] as u64 % 5)).await;
        Ok(())
    });
    let world = World::new(fake).await;
    let crm = world.destination("crm").await;
    let dispatchers = [world.dispatcher().await, world.dispatcher().await];
    let mut leads = Vec::new();
    for _ in 0..60 {
        let lead = world.lead().await;
        world.effects(crm, lead, 5).await;
        leads.push(lead);
    }
    world.drained().await;
    let begun = world.fake.begun();
    assert_eq!(begun.len(), 300);
    assert_eq!(begun.iter().map(|(_, request)| request.effect.key).collect::<HashSet<_>>().len(), 300);
    assert_eq!(world.fake.most_of_a_record(), 1);
    for lead in leads {
        let record = remote_key(lead, WorkflowId(Uuid::from_u128(1)), "lead", crm);
        assert_eq!(world.fake.sequences(record), [1, 2, 3, 4, 5]);
    }
    assert_eq!(world.number("SELECT count(*) FROM deliveries WHERE result = 'delivered'").await, 300);
    for dispatcher in dispatchers {
        dispatcher.stop().await;
    }
}

#[tokio::test]
async fn a_retried_effect_delays_only_later_effects_of_its_lead() {
    let fake = Fake::new(|request, before| async move {
        if request.effect.order.lead_sequence == 1 && before < 3 { Err(retry()) } else { Ok(()) }
    });
    let world = World::new(fake).await;
    let crm = world.destination("crm").await;
    let lead = world.lead().await;
    world.effects(crm, lead, 3).await;
    let dispatcher = world.dispatcher().await;
    world.becomes(lead, &[Delivered, Delivered, Delivered]).await;
    let order: Vec<i64> =
        world.fake.begun().iter().map(|(_, request)| request.effect.order.lead_sequence).collect();
    assert_eq!(order, [1, 1, 1, 1, 2, 3]);
    let attempts: Vec<u32> = world.fake.begun().iter().map(|(_, request)| request.attempt).collect();
    assert_eq!(attempts, [1, 2, 3, 4, 1, 1]);
    assert_eq!(world.number("SELECT count(*) FROM deliveries WHERE result = 'retry'").await, 3);
    dispatcher.stop().await;
}

#[tokio::test]
async fn a_failed_effect_delays_no_other() {
    let fake = Fake::new(|request, _| async move {
        match request.effect.order.lead_sequence {
            1 => Err(refused()),
            2 => Err(retry()),
            _ => Ok(()),
        }
    });
    let world = World::new(fake).await;
    let crm = world.destination("crm").await;
    let lead = world.lead().await;
    world.effects(crm, lead, 3).await;
    let dispatcher = world.dispatcher().await;
    world.becomes(lead, &[Dead, Dead, Delivered]).await;
    let order: Vec<i64> =
        world.fake.begun().iter().map(|(_, request)| request.effect.order.lead_sequence).collect();
    assert_eq!(order, [1, 2, 2, 2, 2, 2, 3], "five attempts are allowed");
    dispatcher.stop().await;
}

#[tokio::test]
async fn expired_effects_are_not_sent() {
    let fake = Fake::new(|_, _| async { Err(retry()) }).attempts(50);
    let world = World::new(fake).await;
    let (crm, lead) = (world.destination("crm").await, world.lead().await);
    let late =
        NewEffect { destination: crm, lead, sequence: 1, kind: "lead_update", expires_at: Some(Utc::now()) };
    let soon = NewEffect {
        sequence: 2,
        expires_at: Some(Utc::now() + chrono::TimeDelta::milliseconds(1_500)),
        ..late
    };
    fixture::effects(&world.database.store, &[late, soon]).await.unwrap();
    let dispatcher = world.dispatcher().await;
    // The second is retried and expires before it is out of attempts.
    world.becomes(lead, &[Expired, Expired]).await;
    assert!(world.fake.begun().iter().all(|(_, request)| request.effect.order.lead_sequence == 2));
    assert!((1..50).contains(&world.fake.begun().len()));
    dispatcher.stop().await;
}

#[tokio::test]
async fn a_slow_destination_delays_no_other() {
    let fake = Fake::new(|request, _| async move {
        if request.effect.order.lead_sequence == 7 {
            std::future::pending::<()>().await;
        }
        Ok(())
    });
    let world = World::new(fake).await;
    let (slow, quick) = (world.destination("slow").await, world.destination("quick").await);
    let dispatcher = world.dispatcher().await;
    for _ in 0..20 {
        let lead = world.lead().await;
        fixture::effect(&world.database.store, slow, lead, 7).await.unwrap();
    }
    world.fake.asked(8).await;
    let lead = world.lead().await;
    world.effects(quick, lead, 3).await;
    world.becomes(lead, &[Delivered, Delivered, Delivered]).await;
    assert_eq!(
        world.fake.begun().iter().filter(|(name, _)| name == "slow").count(),
        8,
        "no more than the limit of concurrent writes"
    );
    dispatcher.kill().await;
}

#[tokio::test]
async fn nothing_is_sent_to_a_paused_destination_until_it_is_resumed() {
    let world = World::new(Fake::willing()).await;
    let (crm, lead) = (world.destination("crm").await, world.lead().await);
    let store = &world.database.store;
    let dispatcher = world.dispatcher().await;
    store::sync::pause(store, &Actor::command("test"), crm, "it rains").await.unwrap();
    world.effects(crm, lead, 2).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert!(world.fake.begun().is_empty());
    assert_eq!(world.states(lead).await, [Ready, Ready]);
    store::sync::resume(store, &Actor::command("test"), crm, "fixed").await.unwrap();
    world.becomes(lead, &[Delivered, Delivered]).await;
    dispatcher.stop().await;
}

#[tokio::test]
async fn a_gone_destination_is_paused_and_its_effects_wait() {
    let is_gone = Arc::new(AtomicBool::new(true));
    let gone = is_gone.clone();
    let fake = Fake::new(move |_, _| {
        let is_gone = gone.load(Ordering::Relaxed);
        async move { if is_gone { Err(refused().pausing()) } else { Ok(()) } }
    });
    let world = World::new(fake.in_flight(1)).await;
    let crm = world.destination("crm").await;
    for _ in 0..3 {
        let lead = world.lead().await;
        world.effects(crm, lead, 1).await;
    }
    let dispatcher = world.dispatcher().await;
    for _ in 0..100 {
        if store::sync::destinations(&world.database.store).await.unwrap()[0].paused_reason.as_deref()
            == Some("not so")
        {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    // Its effects are not at fault and are sent when it is resumed.
    assert_eq!(world.number("SELECT count(*) FROM outbox WHERE state = 'ready'").await, 3);
    assert_eq!(world.fake.begun().len(), 1);
    assert_eq!(world.number("SELECT count(*) FROM audit_log WHERE action = 'destination.pause' AND actor = 'command:dispatcher'").await, 1);
    is_gone.store(false, Ordering::Relaxed);
    store::sync::resume(&world.database.store, &Actor::command("test"), crm, "fixed").await.unwrap();
    world.drained().await;
    assert_eq!(world.number("SELECT count(*) FROM deliveries WHERE result = 'delivered'").await, 3);
    dispatcher.stop().await;
}

#[tokio::test]
async fn a_changed_destination_takes_effect_within_a_second() {
    let world = World::new(Fake::willing()).await;
    let (crm, lead) = (world.destination("old").await, world.lead().await);
    world.effects(crm, lead, 1).await;
    let dispatcher = world.dispatcher().await;
    world.becomes(lead, &[Delivered]).await;
    world.execute("UPDATE destinations SET settings = '{\"name\": \"new\"}'").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    fixture::effect(&world.database.store, crm, lead, 2).await.unwrap();
    world.becomes(lead, &[Delivered, Delivered]).await;
    let names: Vec<String> = world.fake.begun().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["old", "new"]);
    dispatcher.stop().await;
}

#[tokio::test]
async fn a_destination_that_cannot_be_opened_delays_no_other() {
    let world = World::new(Fake::willing()).await;
    let store = &world.database.store;
    let broken = fixture::destination(store, "broken", "fax", &serde_json::json!({}), None).await.unwrap();
    let (crm, lead, stranger) = (world.destination("crm").await, world.lead().await, world.lead().await);
    world.effects(broken, stranger, 1).await;
    world.effects(crm, lead, 1).await;
    let dispatcher = world.dispatcher().await;
    world.becomes(lead, &[Delivered]).await;
    assert_eq!(world.states(stranger).await, [Ready]);
    world.execute("UPDATE destinations SET kind = 'fake' WHERE name = 'broken'").await;
    world.becomes(stranger, &[Delivered]).await;
    dispatcher.stop().await;
}

#[tokio::test]
async fn a_receiver_that_is_being_deployed_is_tried_again_and_then_fails_for_good() {
    // The first lead's receiver is back for the second attempt, the second lead's never.
    let fake = Fake::new(move |request, before| async move {
        let missing = WriteError { may_pass: true, ..refused() };
        if request.effect.order.lead_sequence == 1 && before > 0 { Ok(()) } else { Err(missing) }
    });
    let world = World::new(fake.attempts(4)).await;
    let crm = world.destination("crm").await;
    let lead = world.lead().await;
    fixture::effect(&world.database.store, crm, lead, 1).await.unwrap();
    let dispatcher = world.dispatcher().await;
    world.becomes(lead, &[Delivered]).await;
    assert_eq!(world.fake.begun().len(), 2);
    fixture::effect(&world.database.store, crm, lead, 2).await.unwrap();
    world.becomes(lead, &[Delivered, Dead]).await;
    assert_eq!(world.fake.begun().len(), 5, "half of the attempts, and the one that counts");
    dispatcher.stop().await;
}

#[tokio::test]
async fn a_retry_by_a_person_is_known_to_be_a_repeat() {
    let fake = Fake::new(move |_, before| async move { if before == 0 { Err(refused()) } else { Ok(()) } });
    let world = World::new(fake).await;
    let (crm, lead) = (world.destination("crm").await, world.lead().await);
    let effect = fixture::effect(&world.database.store, crm, lead, 1).await.unwrap();
    let dispatcher = world.dispatcher().await;
    world.becomes(lead, &[Dead]).await;
    store::sync::replay(&world.database.store, &Actor::command("test"), effect).await.unwrap();
    world.becomes(lead, &[Delivered]).await;
    let repeats: Vec<_> =
        world.fake.begun().iter().map(|(_, request)| (request.attempt, request.is_repeat)).collect();
    assert_eq!(repeats, [(1, false), (1, true)]);
    dispatcher.stop().await;
}
