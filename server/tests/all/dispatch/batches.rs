//! Effects that are written together.

use std::collections::HashSet;
use std::time::Duration;

use engine::ids::WorkflowId;
use engine::sync::keys::remote_key;
use serde_json::json;
use store::sync::EffectState::{Dead, Delivered};
use store::sync::fixture::{self, NewEffect};
use uuid::Uuid;

use super::World;
use super::fake::{Fake, refused, retry};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_are_bounded_and_hold_a_lead_once_and_in_order() {
    let fake = Fake::new(|_, _| async {
        tokio::time::sleep(Duration::from_millis(5)).await;
        Ok(())
    });
    let world = World::new(fake.in_flight(2).batch(10)).await;
    let crm = world.destination("warehouse").await;
    let mut leads = Vec::new();
    for _ in 0..60 {
        let lead = world.lead().await;
        world.effects(crm, lead, 4).await;
        leads.push(lead);
    }
    let dispatchers = [world.dispatcher().await, world.dispatcher().await];
    world.drained().await;
    let batches = world.fake.batches();
    assert_eq!(batches.iter().map(Vec::len).sum::<usize>(), 240);
    assert_eq!(batches.iter().map(Vec::len).max(), Some(10), "a backlog fills them");
    for batch in &batches {
        assert_eq!(
            batch.iter().map(|(lead, _)| lead).collect::<HashSet<_>>().len(),
            batch.len(),
            "{batch:?}"
        );
    }
    for lead in leads {
        let record = remote_key(lead, WorkflowId(Uuid::from_u128(1)), "lead", crm);
        assert_eq!(world.fake.sequences(record), [1, 2, 3, 4]);
    }
    assert_eq!(world.fake.most_of_a_record(), 1);
    for dispatcher in dispatchers {
        dispatcher.stop().await;
    }
}

#[tokio::test]
async fn each_row_of_a_batch_has_its_own_result() {
    let fake = Fake::new(|request, before| async move {
        match request.effect.order.lead_sequence {
            1 => Err(refused()),
            2 if before == 0 => Err(retry()),
            _ => Ok(()),
        }
    });
    let world = World::new(fake.in_flight(2).batch(10)).await;
    let crm = world.destination("warehouse").await;
    let leads = [world.lead().await, world.lead().await, world.lead().await];
    let wanted: Vec<NewEffect> = (1..)
        .zip(leads)
        .map(|(sequence, lead)| NewEffect {
            destination: crm,
            lead,
            sequence,
            kind: "lead_update",
            expires_at: None,
        })
        .collect();
    fixture::effects(&world.database.store, &wanted).await.unwrap();
    let dispatcher = world.dispatcher().await;
    world.becomes(leads[0], &[Dead]).await;
    world.becomes(leads[1], &[Delivered]).await;
    world.becomes(leads[2], &[Delivered]).await;
    assert_eq!(world.fake.batches()[0].len(), 3);
    assert_eq!(world.number("SELECT count(*) FROM deliveries").await, 4);
    dispatcher.stop().await;
}

#[tokio::test]
async fn a_panicking_row_does_not_fail_its_batch() {
    let fake = Fake::new(|request, _| async move {
        assert!(request.effect.order.lead_sequence != 7, "a defect in a destination");
        Ok(())
    });
    let world = World::new(fake.in_flight(2).batch(10)).await;
    let crm = world.destination("warehouse").await;
    let (poison, sound) = (world.lead().await, world.lead().await);
    let new = |lead, sequence| NewEffect {
        destination: crm,
        lead,
        sequence,
        kind: "lead_update",
        expires_at: None,
    };
    fixture::effects(&world.database.store, &[new(sound, 1), new(poison, 7)]).await.unwrap();
    let dispatcher = world.dispatcher().await;
    world.becomes(sound, &[Delivered]).await;
    world.becomes(poison, &[Dead]).await;
    assert_eq!(
        world.number("SELECT max(attempt)::bigint FROM deliveries WHERE result = 'delivered'").await,
        1
    );
    dispatcher.stop().await;
}

#[tokio::test]
async fn a_body_of_unknown_form_waits_for_a_person_and_is_not_sent() {
    let world = World::new(Fake::willing()).await;
    let (crm, lead) = (world.destination("crm").await, world.lead().await);
    fixture::effect_with_body(
        &world.database.store,
        crm,
        lead,
        &json!({"schema": "meshline.decision.v9", "name": "zoltan"}),
    )
    .await
    .unwrap();
    let dispatcher = world.dispatcher().await;
    world.becomes(lead, &[Dead]).await;
    assert!(world.fake.begun().is_empty());
    let mut owner = world.database.owner().await;
    let error: String =
        sqlx::query_scalar("SELECT last_error FROM outbox").fetch_one(&mut owner).await.unwrap();
    assert_eq!(error, "the effect's body is not in the form meshline.decision.v1");
    dispatcher.stop().await;
}
