//! Lists, pauses and replays of effects, and their records in the log.

use std::time::Duration;

use chrono::Utc;
use engine::ids::{DestinationId, EffectId, LeadId};
use engine::sync::flow::Pace;
use serde_json::json;
use sqlx::postgres::PgListener;
use store::sync::fixture::{self, NewEffect};
use store::sync::{
    AttemptExchange, AttemptOutcome, DeliveryRow, EffectState, FinishedAttempt, ReplayResult, claim, dead,
    deliveries, destinations, effects_of_decision, effects_of_lead, finish, outbox_counts, pause, replay,
    resume,
};
use store::testing::TestDatabase;
use store::{Actor, Error, Store};

async fn destination(store: &Store, name: &str) -> DestinationId {
    fixture::destination(store, name, "webhook", &json!({"url": "http://127.0.0.1/"}), Some(b"whsec_x"))
        .await
        .unwrap()
}

/// Claims what is due and finishes it with this outcome.
async fn work(store: &Store, destination: DestinationId, outcome: AttemptOutcome) {
    let ends: Vec<FinishedAttempt> = claim(store, destination, &Pace::default(), Utc::now(), 500)
        .await
        .unwrap()
        .effects
        .into_iter()
        .map(|claimed| FinishedAttempt {
            ticket: claimed.ticket,
            outcome,
            answer: AttemptExchange {
                status: Some(200),
                request: Some(json!({"a": 1})),
                response: Some(json!({"b": 2})),
                ..AttemptExchange::none("it rained", Utc::now())
            },
        })
        .collect();
    assert_eq!(finish(store, &ends).await.unwrap().stale, 0);
}

async fn states(store: &Store, lead: LeadId) -> Vec<Option<EffectState>> {
    effects_of_lead(store, lead, None, 100)
        .await
        .unwrap()
        .into_iter()
        .map(|effect| effect.state)
        .rev()
        .collect()
}

/// Returns the audited actions in the order of their transactions; ids within one millisecond are not ordered.
async fn audited(store: &Store) -> Vec<String> {
    sqlx::query_scalar("SELECT action FROM audit_log ORDER BY xact").fetch_all(store.pool()).await.unwrap()
}

#[tokio::test]
async fn the_log_keeps_each_attempt_sealed_and_its_hash_verifies() {
    let database = TestDatabase::new().await;
    let store = &database.store;
    let (crm, lead) = (destination(store, "crm").await, fixture::lead(store).await.unwrap());
    let effect = fixture::effect(store, crm, lead, 1).await.unwrap();
    work(store, crm, AttemptOutcome::Retry { due_at: Utc::now(), counts: true }).await;
    work(store, crm, AttemptOutcome::Delivered).await;
    let kept = deliveries(store, effect).await.unwrap();
    assert_eq!(
        kept.iter().map(|delivery| (delivery.row.attempt, delivery.row.result.as_str())).collect::<Vec<_>>(),
        [(1, "retry"), (2, "delivered")]
    );
    assert_eq!(
        (kept[1].request.clone(), kept[1].response.clone()),
        (Some(json!({"a": 1})), Some(json!({"b": 2})))
    );
    let hashes: Vec<Vec<u8>> = sqlx::query_scalar("SELECT hash FROM deliveries ORDER BY run_lease")
        .fetch_all(store.pool())
        .await
        .unwrap();
    for (delivery, hash) in kept.iter().zip(hashes) {
        assert_eq!(delivery.row.hash().unwrap().0.as_slice(), hash);
        assert_ne!(DeliveryRow { attempt: 9, ..delivery.row.clone() }.hash().unwrap().0.as_slice(), hash);
        assert!(!delivery.row.request.clone().unwrap().windows(3).any(|window| window == b"\"a\""));
    }
    fixture::erase(store, lead).await.unwrap();
    assert!(
        deliveries(store, effect)
            .await
            .unwrap()
            .iter()
            .all(|delivery| delivery.request.is_none() && delivery.row.request.is_some())
    );
    let refused: Error = sqlx::query("UPDATE deliveries SET result = 'delivered'")
        .execute(store.pool())
        .await
        .unwrap_err()
        .into();
    assert!(matches!(refused, Error::Refused(_)), "{refused}");
}

#[tokio::test]
async fn pages_show_the_states_of_effects() {
    let database = TestDatabase::new().await;
    let store = &database.store;
    let (crm, chat, lead) = (
        destination(store, "crm").await,
        destination(store, "chat").await,
        fixture::lead(store).await.unwrap(),
    );
    for sequence in 1..=4 {
        fixture::effect(store, crm, lead, sequence).await.unwrap();
    }
    work(store, crm, AttemptOutcome::Delivered).await;
    work(store, crm, AttemptOutcome::Dead).await;
    claim(store, crm, &Pace::default(), Utc::now(), 500).await.unwrap();
    use EffectState::{Dead, Delivered, Ready, Running};
    assert_eq!(states(store, lead).await, [Some(Delivered), Some(Dead), Some(Running), Some(Ready)]);
    let page = effects_of_lead(store, lead, None, 3).await.unwrap();
    let rest = effects_of_lead(store, lead, Some(page[2].id), 3).await.unwrap();
    assert_eq!((page.len(), rest.len(), rest[0].lead_sequence), (3, 1, 1));
    let last = rest[0].last.as_ref().unwrap();
    assert_eq!(
        (last.result.as_str(), last.attempt, last.status, last.error.as_deref()),
        ("delivered", 1, Some(200), Some("it rained"))
    );
    assert_eq!(
        (rest[0].destination.as_str(), rest[0].destination_id, rest[0].kind.as_str()),
        ("crm", crm, "lead_update")
    );
    assert_eq!(effects_of_decision(store, rest[0].decision_id).await.unwrap().len(), 1);
    let failed = dead(store, crm, None, 10).await.unwrap();
    assert_eq!(failed.iter().map(|effect| effect.lead_sequence).collect::<Vec<_>>(), [2]);
    assert!(dead(store, chat, None, 10).await.unwrap().is_empty());
    let counts = outbox_counts(store, chrono::Utc::now()).await.unwrap();
    let counted: Vec<_> = counts
        .iter()
        .map(|count| {
            (count.destination.as_str(), count.ready, count.running, count.dead, count.due_since.is_some())
        })
        .collect();
    assert_eq!(counted, [("chat", 0, 0, 0, false), ("crm", 1, 1, 1, true)]);
}

#[tokio::test]
async fn a_paused_destination_is_not_claimed_from_until_it_is_resumed() {
    let database = TestDatabase::new().await;
    let store = &database.store;
    let (crm, lead) = (destination(store, "crm").await, fixture::lead(store).await.unwrap());
    fixture::effect(store, crm, lead, 1).await.unwrap();
    let actor = Actor::command("test");
    pause(store, &actor, crm, "it rains").await.unwrap();
    pause(store, &actor, crm, "it still rains").await.unwrap();
    assert!(claim(store, crm, &Pace::default(), Utc::now(), 500).await.unwrap().effects.is_empty());
    assert_eq!(destinations(store).await.unwrap()[0].paused_reason.as_deref(), Some("it rains"));
    let mut listener = PgListener::connect_with(store.pool()).await.unwrap();
    listener.listen(store::channel::Channel::Outbox.name()).await.unwrap();
    resume(store, &actor, crm, "the rain is over").await.unwrap();
    tokio::time::timeout(Duration::from_secs(5), listener.recv()).await.unwrap().unwrap();
    assert_eq!(claim(store, crm, &Pace::default(), Utc::now(), 500).await.unwrap().effects.len(), 1);
    assert_eq!(audited(store).await, ["destination.pause", "destination.resume"]);
    let nobody = DestinationId(uuid::Uuid::nil());
    assert!(matches!(pause(store, &actor, nobody, "x").await, Err(Error::NotFound(_))));
}

#[tokio::test]
async fn a_secret_opens_only_for_its_destination() {
    let database = TestDatabase::new().await;
    let store = &database.store;
    destination(store, "crm").await;
    destination(store, "erp").await;
    let found = destinations(store).await.unwrap();
    assert_eq!(found[0].secret(store).unwrap().unwrap().as_slice(), b"whsec_x");
    assert!(found[0].has_secret());
    sqlx::query("UPDATE destinations SET secret = (SELECT secret FROM destinations WHERE name = 'crm')")
        .execute(store.pool())
        .await
        .unwrap();
    let swapped = destinations(store).await.unwrap();
    assert!(swapped[0].secret(store).is_ok() && swapped[1].secret(store).is_err());
    assert!(found[0] == swapped[0] && found[1] != swapped[1]);
}

#[tokio::test]
async fn a_failed_effect_is_replayed_unless_a_later_one_was_delivered() {
    let database = TestDatabase::new().await;
    let store = &database.store;
    let (crm, lead) = (destination(store, "crm").await, fixture::lead(store).await.unwrap());
    let actor = Actor::command("test");
    let first = fixture::effect(store, crm, lead, 1).await.unwrap();
    assert!(matches!(replay(store, &actor, first).await, Err(Error::NotFound(_))), "it has not failed");
    work(store, crm, AttemptOutcome::Dead).await;
    assert_eq!(replay(store, &actor, first).await.unwrap(), ReplayResult::Ready);
    assert!(matches!(replay(store, &actor, first).await, Err(Error::NotFound(_))), "it is ready already");
    work(store, crm, AttemptOutcome::Dead).await;

    fixture::effect(store, crm, lead, 2).await.unwrap();
    let later = claim(store, crm, &Pace::default(), Utc::now(), 500).await.unwrap().effects.pop().unwrap();
    assert!(
        matches!(replay(store, &actor, first).await, Err(Error::Refused(_))),
        "a later one is in progress"
    );
    finish(
        store,
        &[FinishedAttempt {
            ticket: later.ticket,
            outcome: AttemptOutcome::Delivered,
            answer: AttemptExchange::none("", Utc::now()),
        }],
    )
    .await
    .unwrap();
    assert_eq!(replay(store, &actor, first).await.unwrap(), ReplayResult::Superseded);
    assert_eq!(states(store, lead).await, [Some(EffectState::Superseded), Some(EffectState::Delivered)]);
    assert_eq!(audited(store).await, ["effect.replay", "effect.replay"]);
    assert!(matches!(replay(store, &actor, EffectId(uuid::Uuid::nil())).await, Err(Error::NotFound(_))));
}

#[tokio::test]
async fn events_of_a_warehouse_are_never_superseded() {
    let database = TestDatabase::new().await;
    let store = &database.store;
    let (warehouse, lead) = (destination(store, "warehouse").await, fixture::lead(store).await.unwrap());
    let event = |sequence| NewEffect {
        destination: warehouse,
        lead,
        sequence,
        kind: "decision_event",
        expires_at: None,
    };
    let first = fixture::effects(store, &[event(1)]).await.unwrap()[0];
    work(store, warehouse, AttemptOutcome::Dead).await;
    fixture::effects(store, &[event(2)]).await.unwrap();
    work(store, warehouse, AttemptOutcome::Delivered).await;
    assert_eq!(replay(store, &Actor::command("test"), first).await.unwrap(), ReplayResult::Ready);
}
