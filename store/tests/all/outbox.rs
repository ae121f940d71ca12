//! The outbox on a real Postgres: which process gets which effect when, and whose result counts.

use std::collections::BTreeSet;

use chrono::{TimeDelta, Utc};
use engine::ids::{DestinationId, EffectId, LeadId};
use engine::sync::flow::Pace;
use serde_json::json;
use sqlx::Executor as _;
use store::Store;
use store::sync::fixture::{self, NewEffect};
use store::sync::{
    AttemptExchange, AttemptOutcome, ClaimedBatch, ClaimedEffect, FinishedAttempt, claim, finish, heartbeat,
    reclaim, release,
};
use store::testing::{TestDatabase, keyring};

/// A database with one destination.
struct Outbox {
    database: TestDatabase,
    destination: DestinationId,
}

impl Outbox {
    async fn new() -> Self {
        let database = TestDatabase::new().await;
        let destination =
            fixture::destination(&database.store, "crm", "webhook", &json!({}), None).await.unwrap();
        Self { database, destination }
    }

    async fn lead(&self) -> LeadId {
        fixture::lead(&self.database.store).await.unwrap()
    }

    async fn effect(&self, lead: LeadId, sequence: i64) -> EffectId {
        fixture::effect(&self.database.store, self.destination, lead, sequence).await.unwrap()
    }

    async fn claim(&self) -> Vec<ClaimedEffect> {
        self.claim_paced(&Pace::default(), 500).await.effects
    }

    async fn claim_paced(&self, pace: &Pace, limit: usize) -> ClaimedBatch {
        claim(&self.database.store, self.destination, pace, Utc::now(), limit).await.unwrap()
    }

    async fn claim_ids(&self) -> Vec<EffectId> {
        self.claim().await.iter().map(|claimed| claimed.ticket.effect_id).collect()
    }

    async fn claim_one(&self) -> ClaimedEffect {
        self.claim().await.pop().unwrap()
    }

    async fn finish(&self, claimed: &ClaimedEffect, outcome: AttemptOutcome) -> (usize, usize) {
        let finished = finish(&self.database.store, &[end(claimed, outcome)]).await.unwrap();
        (finished.counted.len(), finished.stale)
    }

    /// Creates effects of this many leads.
    async fn fill(&self, leads: usize, effects_each: i64) {
        let mut wanted = Vec::new();
        for _ in 0..leads {
            let (destination, lead) = (self.destination, self.lead().await);
            wanted.extend((1..=effects_each).map(|sequence| NewEffect {
                destination,
                lead,
                sequence,
                kind: "lead_update",
                expires_at: None,
            }));
        }
        fixture::effects(&self.database.store, &wanted).await.unwrap();
    }

    /// Returns how many rows full scans of the outbox, or of the index of leases, have read.
    async fn rows_read_whole(&self) -> i64 {
        let mut owner = self.database.owner().await;
        let rows = "SELECT t.seq_tup_read + i.idx_tup_read FROM pg_stat_user_tables t JOIN pg_stat_user_indexes i USING (relid) WHERE i.indexrelname = 'outbox_leased_idx'";
        sqlx::query_scalar(rows).fetch_one(&mut owner).await.unwrap()
    }

    async fn as_owner(&self, sql: &'static str) {
        self.database.owner().await.execute(sql).await.unwrap();
    }

    /// Returns the states in the outbox and the results in the log.
    async fn states(&self) -> (Vec<String>, Vec<String>) {
        let pool = self.database.store.pool();
        (
            sqlx::query_scalar("SELECT state FROM outbox ORDER BY lead_sequence")
                .fetch_all(pool)
                .await
                .unwrap(),
            sqlx::query_scalar("SELECT result FROM deliveries ORDER BY run_lease, id")
                .fetch_all(pool)
                .await
                .unwrap(),
        )
    }
}

fn end(claimed: &ClaimedEffect, outcome: AttemptOutcome) -> FinishedAttempt {
    let answer = AttemptExchange {
        error: None,
        request: Some(json!({"to": "crm"})),
        response: Some(json!({"id": 1})),
        ..AttemptExchange::none("", Utc::now())
    };
    FinishedAttempt { ticket: claimed.ticket.clone(), outcome, answer }
}

fn again() -> AttemptOutcome {
    AttemptOutcome::Retry { due_at: Utc::now() - TimeDelta::milliseconds(1), counts: true }
}

fn lease(claimed: &ClaimedEffect) -> (EffectId, i64) {
    (claimed.ticket.effect_id, claimed.ticket.run_lease)
}

#[tokio::test]
async fn a_claim_contains_everything_needed_to_write() {
    let outbox = Outbox::new().await;
    let lead = outbox.lead().await;
    let effect = outbox.effect(lead, 3).await;
    let claimed = outbox.claim_one().await;
    assert_eq!(claimed.ticket.effect_id, effect);
    assert_eq!((claimed.ticket.lead_id, claimed.ticket.destination_id), (lead, outbox.destination));
    assert_eq!((claimed.ticket.attempt, claimed.ticket.run_lease, claimed.lead_sequence), (1, 1, 3));
    assert_eq!(claimed.kind, "lead_update");
    let body: serde_json::Value = serde_json::from_slice(&claimed.body).unwrap();
    assert_eq!(body["effect"], json!(claimed.effect_key));
    assert_eq!(body["remote_key"], json!(claimed.remote_key));
    assert_eq!(body["lead"]["name"], "Bob");
}

#[tokio::test]
async fn effects_of_a_lead_go_in_order() {
    let outbox = Outbox::new().await;
    let lead = outbox.lead().await;
    let (second, first) = (outbox.effect(lead, 2).await, outbox.effect(lead, 1).await);
    let claimed = outbox.claim_one().await;
    assert_eq!(claimed.ticket.effect_id, first);
    assert!(outbox.claim().await.is_empty(), "the first is in progress");
    outbox
        .finish(&claimed, AttemptOutcome::Retry { due_at: Utc::now() + TimeDelta::hours(1), counts: true })
        .await;
    assert!(outbox.claim().await.is_empty(), "the first waits for its retry");
    outbox.as_owner("UPDATE outbox SET due_at = now() WHERE lead_sequence = 1").await;
    let claimed = outbox.claim_one().await;
    assert_eq!((claimed.ticket.effect_id, claimed.ticket.attempt), (first, 2));
    assert_eq!(outbox.finish(&claimed, AttemptOutcome::Delivered).await, (1, 0));
    assert_eq!(outbox.claim_ids().await, [second]);
}

#[tokio::test]
async fn a_failed_effect_does_not_delay_later_ones() {
    let outbox = Outbox::new().await;
    let lead = outbox.lead().await;
    outbox.effect(lead, 1).await;
    let second = outbox.effect(lead, 2).await;
    outbox.finish(&outbox.claim_one().await, AttemptOutcome::Dead).await;
    assert_eq!(outbox.claim_ids().await, [second]);
    assert_eq!(outbox.states().await, (vec!["dead".into(), "running".into()], vec!["failed".into()]));
}

#[tokio::test]
async fn other_leads_other_destinations_and_the_same_decision_do_not_wait() {
    let outbox = Outbox::new().await;
    let store = &outbox.database.store;
    let other = fixture::destination(store, "warehouse", "postgres", &json!({}), None).await.unwrap();
    let (lead, stranger) = (outbox.lead().await, outbox.lead().await);
    let wanted = [
        (outbox.destination, lead, 1, "lead_update"),
        (outbox.destination, lead, 1, "task"),
        (other, lead, 2, "lead_update"),
        (outbox.destination, stranger, 2, "lead_update"),
    ]
    .map(|(destination, lead, sequence, kind)| NewEffect {
        destination,
        lead,
        sequence,
        kind,
        expires_at: None,
    });
    fixture::effects(store, &wanted).await.unwrap();
    assert_eq!(outbox.claim().await.len(), 3);
    assert_eq!(claim(store, other, &Pace::default(), Utc::now(), 500).await.unwrap().effects.len(), 1);
}

#[tokio::test]
async fn concurrent_claims_share_no_effect() {
    let outbox = Outbox::new().await;
    let store = &outbox.database.store;
    let mut wanted = Vec::new();
    for _ in 0..50 {
        let lead = outbox.lead().await;
        wanted.extend((1..=4).map(|sequence| NewEffect {
            destination: outbox.destination,
            lead,
            sequence,
            kind: "lead_update",
            expires_at: None,
        }));
    }
    fixture::effects(store, &wanted).await.unwrap();
    let (mut seen, mut order) = (BTreeSet::new(), std::collections::BTreeMap::<LeadId, Vec<i64>>::new());
    while seen.len() < wanted.len() {
        let pace = Pace::default();
        let claims = (0..8).map(|_| claim(store, outbox.destination, &pace, Utc::now(), 10));
        let claimed: Vec<ClaimedEffect> = futures::future::join_all(claims)
            .await
            .into_iter()
            .flat_map(|taken| taken.unwrap().effects)
            .collect();
        let leads: BTreeSet<LeadId> = claimed.iter().map(|claimed| claimed.ticket.lead_id).collect();
        assert_eq!(leads.len(), claimed.len(), "one effect of a lead at a time");
        for claimed in &claimed {
            assert!(seen.insert(claimed.ticket.effect_id), "claimed twice");
            order.entry(claimed.ticket.lead_id).or_default().push(claimed.lead_sequence);
        }
        let ends: Vec<FinishedAttempt> =
            claimed.iter().map(|claimed| end(claimed, AttemptOutcome::Delivered)).collect();
        assert_eq!(finish(store, &ends).await.unwrap().stale, 0);
    }
    assert!(order.values().all(|sequences| *sequences == [1, 2, 3, 4]));
}

#[tokio::test]
async fn the_result_of_a_lost_lease_changes_nothing() {
    let outbox = Outbox::new().await;
    outbox.effect(outbox.lead().await, 1).await;
    let first = outbox.claim_one().await;
    outbox.as_owner("UPDATE outbox SET leased_until = now() - interval '1 second'").await;
    assert_eq!(reclaim(&outbox.database.store, Utc::now()).await.unwrap(), 1);
    assert_eq!(outbox.finish(&first, AttemptOutcome::Delivered).await, (0, 1), "no process holds it now");
    let second = outbox.claim_one().await;
    assert_eq!((second.ticket.run_lease, second.ticket.attempt), (2, 2));
    for outcome in [AttemptOutcome::Delivered, AttemptOutcome::Dead, again()] {
        assert_eq!(outbox.finish(&first, outcome).await, (0, 1), "another process holds it");
    }
    assert_eq!(outbox.states().await, (vec!["running".into()], vec!["retry".into()]));
    // Both in one batch: the one that holds the lease counts.
    let batch = [end(&first, AttemptOutcome::Dead), end(&second, AttemptOutcome::Delivered)];
    let finished = finish(&outbox.database.store, &batch).await.unwrap();
    assert_eq!((finished.counted, finished.stale), (vec![second.ticket.effect_id], 1));
    assert_eq!(outbox.states().await, (vec![], vec!["retry".into(), "delivered".into()]));
    assert_eq!(outbox.finish(&second, AttemptOutcome::Delivered).await, (0, 1), "it is finished");
}

#[tokio::test]
async fn leases_expire_only_without_a_heartbeat() {
    let outbox = Outbox::new().await;
    let store = &outbox.database.store;
    outbox.effect(outbox.lead().await, 1).await;
    outbox.effect(outbox.lead().await, 1).await;
    let [a, b] = outbox.claim().await.try_into().ok().unwrap();
    assert_eq!(reclaim(store, Utc::now()).await.unwrap(), 0);
    outbox.as_owner("UPDATE outbox SET leased_until = now() - interval '1 second'").await;
    assert_eq!(heartbeat(store, &[lease(&a)]).await.unwrap(), [a.ticket.effect_id]);
    assert_eq!(reclaim(store, Utc::now()).await.unwrap(), 1);
    assert_eq!(heartbeat(store, &[lease(&a), lease(&b)]).await.unwrap(), [a.ticket.effect_id]);
    assert_eq!(outbox.finish(&a, AttemptOutcome::Delivered).await, (1, 0));
}

#[tokio::test]
async fn a_process_suspended_in_a_transaction_blocks_others_no_longer_than_its_lease() {
    let outbox = Outbox::new().await;
    let after: String = sqlx::query_scalar(
        "SELECT setting FROM pg_settings WHERE name = 'idle_in_transaction_session_timeout'",
    )
    .fetch_one(outbox.database.store.pool())
    .await
    .unwrap();
    let after = std::time::Duration::from_millis(after.parse().unwrap());
    assert!(!after.is_zero() && after < store::sync::LEASE, "{after:?}");
}

#[tokio::test]
async fn expired_leases_keep_the_order_of_effects() {
    let outbox = Outbox::new().await;
    let first = outbox.effect(outbox.lead().await, 1).await;
    outbox.claim_one().await;
    outbox.effect(outbox.lead().await, 1).await;
    outbox
        .as_owner("UPDATE outbox SET leased_until = now() - interval '1 second' WHERE state = 'running'")
        .await;
    reclaim(&outbox.database.store, Utc::now()).await.unwrap();
    let next = outbox.claim_paced(&Pace::default(), 1).await.effects.pop().unwrap();
    assert_eq!(next.ticket.effect_id, first);
}

#[tokio::test]
async fn a_lost_attempt_is_in_the_log() {
    let outbox = Outbox::new().await;
    let effect = outbox.effect(outbox.lead().await, 1).await;
    outbox.claim_one().await;
    outbox.as_owner("UPDATE outbox SET leased_until = now() - interval '1 second'").await;
    reclaim(&outbox.database.store, Utc::now()).await.unwrap();
    let [lost] =
        store::sync::deliveries(&outbox.database.store, effect).await.unwrap().try_into().ok().unwrap();
    assert_eq!((lost.row.result.as_str(), lost.row.attempt, lost.request), ("retry", 1, None));
    assert!(lost.row.error.unwrap().contains("may or may not have arrived"));
    assert!(lost.row.started_at < lost.row.finished_at);
}

#[tokio::test]
async fn unstarted_effects_are_released_unchanged() {
    let outbox = Outbox::new().await;
    outbox.effect(outbox.lead().await, 1).await;
    let claimed = outbox.claim_one().await;
    release(&outbox.database.store, &[lease(&claimed)]).await.unwrap();
    assert_eq!(outbox.finish(&claimed, AttemptOutcome::Delivered).await, (0, 1));
    let claimed = outbox.claim_one().await;
    assert_eq!((claimed.ticket.attempt, claimed.ticket.run_lease), (1, 2));
}

#[tokio::test]
async fn waiting_for_a_new_day_does_not_count_as_an_attempt() {
    let outbox = Outbox::new().await;
    outbox.effect(outbox.lead().await, 1).await;
    let claimed = outbox.claim_one().await;
    outbox
        .finish(
            &claimed,
            AttemptOutcome::Retry { due_at: Utc::now() - TimeDelta::milliseconds(1), counts: false },
        )
        .await;
    let claimed = outbox.claim_one().await;
    assert_eq!(claimed.ticket.attempt, 1);
    outbox.finish(&claimed, again()).await;
    assert_eq!(outbox.claim_one().await.ticket.attempt, 2);
}

#[tokio::test]
async fn expired_effects_are_closed_and_not_claimed() {
    let outbox = Outbox::new().await;
    let store = &outbox.database.store;
    let lead = outbox.lead().await;
    let late = NewEffect {
        destination: outbox.destination,
        lead,
        sequence: 1,
        kind: "lead_update",
        expires_at: Some(Utc::now() - TimeDelta::seconds(1)),
    };
    let in_time = NewEffect { expires_at: Some(Utc::now() + TimeDelta::hours(1)), sequence: 2, ..late };
    let ids = fixture::effects(store, &[late, in_time]).await.unwrap();
    assert!(outbox.claim().await.is_empty());
    assert_eq!(outbox.claim_ids().await, [ids[1]], "it does not delay the next");
    assert_eq!(outbox.states().await, (vec!["running".into()], vec!["expired".into()]));
}

#[tokio::test]
async fn nothing_is_sent_about_an_erased_person() {
    let outbox = Outbox::new().await;
    let lead = outbox.lead().await;
    outbox.effect(lead, 1).await;
    fixture::erase(&outbox.database.store, lead).await.unwrap();
    assert!(outbox.claim().await.is_empty());
    assert_eq!(outbox.states().await, (vec![], vec!["withdrawn".into()]));
}

#[tokio::test]
async fn an_unreadable_effect_waits_for_a_person_and_delays_no_other() {
    let outbox = Outbox::new().await;
    let broken = outbox.effect(outbox.lead().await, 1).await;
    let missing = outbox.effect(outbox.lead().await, 1).await;
    let fine = outbox.effect(outbox.lead().await, 1).await;
    let mut owner = outbox.database.owner().await;
    sqlx::query("UPDATE effects SET body = '\\x00' WHERE id = $1")
        .bind(broken.0)
        .execute(&mut owner)
        .await
        .unwrap();
    sqlx::query("DELETE FROM effects WHERE id = $1").bind(missing.0).execute(&mut owner).await.unwrap();
    assert_eq!(outbox.claim_ids().await, [fine]);
    let dead: Vec<String> = sqlx::query_scalar("SELECT last_error FROM outbox WHERE state = 'dead'")
        .fetch_all(&mut owner)
        .await
        .unwrap();
    assert_eq!(dead.len(), 2);
    assert!(dead.iter().all(|error| error.starts_with("stored data cannot be read")), "{dead:?}");
}

#[tokio::test]
async fn nothing_is_claimed_early_or_beyond_the_limit() {
    let outbox = Outbox::new().await;
    let store = &outbox.database.store;
    for _ in 0..3 {
        outbox.effect(outbox.lead().await, 1).await;
    }
    let early = Utc::now() - TimeDelta::minutes(1);
    let pace = Pace::default();
    assert!(claim(store, outbox.destination, &pace, early, 500).await.unwrap().effects.is_empty());
    assert_eq!(claim(store, outbox.destination, &pace, Utc::now(), 2).await.unwrap().effects.len(), 2);
    assert_eq!(outbox.claim().await.len(), 1);
}

/// Statistics of a queue are always outdated; they must not decide how it is read.
#[tokio::test]
async fn a_long_backlog_is_never_scanned_in_full() {
    let outbox = Outbox::new().await;
    // Analyzed while the outbox is empty, and again while it is full.
    for full in [false, true] {
        if full {
            outbox.fill(400, 5).await;
        }
        outbox.as_owner("VACUUM ANALYZE outbox").await;
        if !full {
            outbox.fill(400, 5).await;
        }
        let before = outbox.rows_read_whole().await;
        let worker = Store::connect(&outbox.database.url, keyring()).await.unwrap();
        // More often than Postgres creates custom plans for a statement.
        for _ in 0..8 {
            let taken =
                claim(&worker, outbox.destination, &Pace::default(), Utc::now(), 40).await.unwrap().effects;
            assert_eq!(taken.len(), 40);
            let leases: Vec<_> =
                taken.iter().map(|one| (one.ticket.effect_id, one.ticket.run_lease)).collect();
            assert_eq!(heartbeat(&worker, &leases).await.unwrap().len(), 40);
            let (told, given_back) = taken.split_at(20);
            let told: Vec<_> = told.iter().map(|one| end(one, AttemptOutcome::Delivered)).collect();
            assert_eq!(finish(&worker, &told).await.unwrap().counted.len(), 20);
            release(&worker, &leases[leases.len() - given_back.len()..]).await.unwrap();
            reclaim(&worker, Utc::now()).await.unwrap();
        }
        // A connection reports its statistics when it ends.
        worker.pool().close().await;
        assert_eq!(outbox.rows_read_whole().await, before);
    }
}
