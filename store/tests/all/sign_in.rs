//! Counts of attempts to sign in, which several processes share.

use std::net::IpAddr;

use chrono::{TimeDelta, Utc};
use store::actor::Role;
use store::people::attempts::{self, AttemptKey, AttemptLimit, LimitOutcome};
use store::testing::{TestDatabase, keyring};
use store::{Actor, Store, people};

const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

fn limit(account: &str, most: i32) -> AttemptLimit {
    let key = AttemptKey::new(&keyring(), "password", Some(account), Some(HOME));
    AttemptLimit { key, most, period: TimeDelta::minutes(15) }
}

fn is_taken(outcome: &LimitOutcome) -> bool {
    matches!(outcome, LimitOutcome::Taken(_))
}

#[tokio::test]
async fn attempts_end_at_the_limit_and_are_allowed_again_after_the_period() {
    let database = TestDatabase::new().await;
    let (store, now, ana) = (&database.store, engine::time::cut(Utc::now()), limit("ana", 5));
    let late = now + TimeDelta::minutes(10);
    for n in 1..=5 {
        let reached = if n == 5 { vec![ana.key] } else { Vec::new() };
        let at = if n == 5 { late } else { now };
        assert_eq!(attempts::take(store, &[ana], at).await.unwrap(), LimitOutcome::Taken(reached));
    }
    let until = late + ana.period;
    assert_eq!(
        attempts::take(store, &[ana], late).await.unwrap(),
        LimitOutcome::Rejected(until),
        "the lock lasts for the whole period"
    );
    assert!(is_taken(&attempts::take(store, &[limit("ben", 5)], late).await.unwrap()));
    attempts::delete_expired(store, until - TimeDelta::seconds(1)).await.unwrap();
    assert_eq!(attempts::take(store, &[ana], late).await.unwrap(), LimitOutcome::Rejected(until));
    assert!(is_taken(&attempts::take(store, &[ana], until).await.unwrap()));
}

#[tokio::test]
async fn concurrent_attempts_of_several_processes_are_counted_one_by_one() {
    let database = TestDatabase::new().await;
    let other = Store::connect(&database.url, keyring()).await.unwrap();
    let now = engine::time::cut(Utc::now());
    let limits = [limit("ana", 5), limit("", 50)];
    let mut tries = Vec::new();
    for n in 0..40 {
        let store = if n % 2 == 0 { database.store.clone() } else { other.clone() };
        tries.push(tokio::spawn(async move { attempts::take(&store, &limits, now).await.unwrap() }));
    }
    let mut taken = 0;
    for one in tries {
        taken += usize::from(is_taken(&one.await.unwrap()));
    }
    assert_eq!(taken, 5);
}

#[tokio::test]
async fn a_rejected_attempt_raises_no_count_and_a_right_password_lowers_them() {
    let database = TestDatabase::new().await;
    let (store, now) = (&database.store, engine::time::cut(Utc::now()));
    let (ana, everyone) = (limit("ana", 1), limit("", 3));
    assert!(is_taken(&attempts::take(store, &[ana, everyone], now).await.unwrap()));
    for _ in 0..10 {
        assert!(!is_taken(&attempts::take(store, &[ana, everyone], now).await.unwrap()));
    }
    attempts::give_back(store, ana.key, &[everyone.key]).await.unwrap();
    for account in ["ana", "ben", "cleo"] {
        assert!(is_taken(&attempts::take(store, &[limit(account, 1), everyone], now).await.unwrap()));
    }
    let refused = attempts::take(store, &[limit("dan", 1), everyone], now).await.unwrap();
    assert!(!is_taken(&refused), "the count of all");
}

#[tokio::test]
async fn networks_are_known_for_a_while_and_tables_hold_no_address() {
    let database = TestDatabase::new().await;
    let (store, now) = (&database.store, engine::time::cut(Utc::now()));
    let key = AttemptKey::new(&keyring(), "known network", None, Some(HOME));
    attempts::remember_networks(store, &[key], now).await.unwrap();
    attempts::remember_networks(store, &[key], now + TimeDelta::hours(1)).await.unwrap();
    assert_eq!(attempts::known_networks(store, now).await.unwrap(), [key]);
    let much_later = now + TimeDelta::days(91);
    assert_eq!(attempts::known_networks(store, much_later).await.unwrap(), []);
    attempts::delete_expired(store, much_later).await.unwrap();
    assert_eq!(attempts::known_networks(store, now).await.unwrap(), []);
}

#[tokio::test]
async fn a_lock_is_recorded_for_accounts_that_exist() {
    let database = TestDatabase::new().await;
    let (store, actor) = (&database.store, Actor::command("sign-in"));
    let ana = people::add(store, &actor, "ana@acme.example", "Ana", &[Role::Sdr]).await.unwrap();
    for account in ["ana@acme.example", "nobody@acme.example", "no address"] {
        attempts::record_lock(store, &actor, account, actor.now).await.unwrap();
    }
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT subject, actor FROM audit_log WHERE action = 'person.lock_sign_in'")
            .fetch_all(store.pool())
            .await
            .unwrap();
    assert_eq!(rows, [(format!("person:{ana}"), "command:sign-in".to_owned())]);
}
