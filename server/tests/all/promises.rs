//! Guarantees about data: append-only rows, erasure, monthly partitions, keys.

use crate::lead::{self, Office};
use chrono::{DateTime, TimeDelta, Utc};
use engine::decision::Mode;
use service::decide::{Signal, SignalRefusal, SignalResult};
use sqlx::{AssertSqlSafe, Executor as _};
use store::Error;

const LOGS: [&str; 6] = ["events", "decisions", "deliveries", "outcomes", "overrides", "audit_log"];

/// Fills every table of the log; tables that are still empty get a row from the owner.
async fn with_a_row_each(office: &Office) {
    office.send("k1", &lead::good("Ana", "Initech")).await.unwrap();
    office.outcome("o1", "accepted").await;
    let mut owner = office.database.owner().await;
    owner
        .execute(
            "INSERT INTO deliveries (id, effect_id, decision_id, lead_id, destination_id, attempt, run_lease, result, started_at, finished_at, hash) \
             SELECT uuid_v7_floor(now()), e.id, e.decision_id, e.lead_id, e.destination_id, 1, 1, 'delivered', now(), now(), sha256('') FROM effects e LIMIT 1; \
             INSERT INTO overrides (id, decision_id, lead_id, action, reason, by_whom, at, hash) \
             SELECT uuid_v7_floor(now()), id, lead_id, 'hold', '', 'somebody', now(), sha256('') FROM decisions LIMIT 1",
        )
        .await
        .unwrap();
}

#[tokio::test]
async fn the_application_cannot_change_the_log() {
    let office = Office::open().await;
    with_a_row_each(&office).await;
    for table in LOGS {
        for statement in [
            format!("UPDATE {table} SET hash = hash"),
            format!("DELETE FROM {table}"),
            format!("TRUNCATE {table}"),
        ] {
            let error = office.store().pool().execute(AssertSqlSafe(statement.clone())).await.unwrap_err();
            assert_eq!(error.as_database_error().unwrap().code().unwrap(), "42501", "{statement}");
        }
    }
}

#[tokio::test]
async fn triggers_refuse_even_the_owner_on_every_log_table_and_partition() {
    let office = Office::open().await;
    with_a_row_each(&office).await;
    let mut owner = office.database.owner().await;
    for table in LOGS {
        let partitions: Vec<String> = sqlx::query_scalar(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = $1::regclass",
        )
        .bind(table)
        .fetch_all(&mut owner)
        .await
        .unwrap();
        assert!(partitions.len() >= 4, "{table} has partitions for the coming months");
        let full: String = sqlx::query_scalar(AssertSqlSafe(format!(
            "SELECT tableoid::regclass::text FROM {table} LIMIT 1"
        )))
        .fetch_one(&mut owner)
        .await
        .unwrap();
        let mut statements: Vec<String> =
            partitions.iter().map(|partition| format!("TRUNCATE {partition}")).collect();
        statements.push(format!("TRUNCATE {table}"));
        for name in [table, &full] {
            statements.extend([format!("UPDATE {name} SET hash = hash"), format!("DELETE FROM {name}")]);
        }
        for statement in statements {
            let error = owner.execute(AssertSqlSafe(statement.clone())).await.unwrap_err();
            assert_eq!(error.as_database_error().unwrap().code().unwrap(), "23001", "{statement}");
        }
    }
}

#[tokio::test]
async fn readiness_fails_when_the_application_could_change_a_log_table() {
    let office = Office::open().await;
    office.store().check_ready().await.unwrap();
    let mut owner = office.database.owner().await;
    owner.execute("GRANT UPDATE ON decisions TO meshline_app").await.unwrap();
    let error = office.store().check_ready().await.unwrap_err();
    assert!(matches!(&error, Error::Refused(what) if what.contains("decisions")), "{error}");
}

#[tokio::test]
async fn an_erased_lead_is_unreadable_and_its_hashes_still_verify() {
    let office = Office::open().await;
    let answer = office.send("k1", &lead::good("Ana", "Initech")).await.unwrap();
    let id = answer.lead_id;
    let before = office.hashes().await;
    store::erasure::erase(office.store(), &store::Actor::command("test"), id, "They asked").await.unwrap();
    assert_eq!(office.hashes().await, before, "no hash changes");
    assert_eq!(office.recomputed_hashes().await, before, "and every hash is that of its row");
    let lead = store::leads::get(office.store(), id).await.unwrap();
    assert!(lead.erased && lead.email.is_none() && lead.name.is_none() && lead.company.is_none());
    let decision = store::log::decision(office.store(), answer.decision.decision_id).await.unwrap();
    assert!(decision.content_snapshot.is_none());
    assert!(store::log::event(office.store(), answer.event_id).await.unwrap().body.is_none());
    let replay = office.pipeline.replay(decision.decision_id).await.unwrap();
    assert_eq!(serde_json::to_value(replay).unwrap(), serde_json::json!({"same": null, "reason": "erased"}));
    let features: i64 =
        sqlx::query_scalar("SELECT count(*) FROM features").fetch_one(office.store().pool()).await.unwrap();
    assert_eq!(features, 0);
    // No plaintext about the person remains in any table.
    for word in ["ana@initech.example", "Ana"] {
        assert_eq!(office.rows_containing(word).await, Vec::<String>::new(), "{word}");
    }
    // A new event from the same address belongs to a new lead.
    let again = office.send("k2", &lead::good("Ana", "Initech")).await.unwrap();
    assert_ne!(again.lead_id, id);
}

#[tokio::test]
async fn the_log_contains_no_personal_data_in_plaintext() {
    let office = Office::open().await;
    office.send("k1", &lead::good("Ana", "Initech")).await.unwrap();
    assert_eq!(
        office.rows_containing("ana@initech.example").await,
        ["leads"],
        "the address appears only in the erasable profile"
    );
}

#[tokio::test]
async fn rows_of_the_next_month_go_into_its_partition() {
    let office = Office::open().await;
    let this_month = Utc::now();
    let next_month: DateTime<Utc> =
        (this_month + TimeDelta::days(31)).format("%Y-%m-01T00:00:00Z").to_string().parse().unwrap();
    let mut seen = Vec::new();
    for (key, at) in [("before", next_month - TimeDelta::milliseconds(1)), ("after", next_month)] {
        office.send_at(key, &lead::good(key, "Initech"), at).await.unwrap();
        let row: (String, String, String) = sqlx::query_as(
            "SELECT e.tableoid::regclass::text, d.tableoid::regclass::text, f.tableoid::regclass::text FROM events e JOIN decisions d ON d.event_id = e.id \
             JOIN features f ON f.decision_id = d.id WHERE e.received_at = $1",
        )
        .bind(engine::time::cut(at))
        .fetch_one(office.store().pool())
        .await
        .unwrap();
        let month = at.format("_%Y_%m").to_string();
        assert_eq!(row, (format!("events{month}"), format!("decisions{month}"), format!("features{month}")));
        seen.push(row.0);
    }
    assert_ne!(seen[0], seen[1]);
    // A row for a month without a partition is refused, not lost; the server creates partitions in time.
    let far = next_month + TimeDelta::days(300);
    assert!(office.try_send_at("far", &lead::good("far", "Initech"), far).await.is_err());
    store::migrate::make_partitions(&office.database.url, Utc::now(), far).await.unwrap();
    office.send_at("far", &lead::good("far", "Initech"), far).await.unwrap();
}

#[tokio::test]
async fn a_key_is_accepted_once() {
    let office = Office::open().await;
    let event = lead::good("Ana", "Initech");
    let first = office.send("k1", &event).await.unwrap();
    match office.take("k1", &event).await {
        Ok(SignalResult::Repeat(again)) => {
            assert_eq!(serde_json::to_string(&again).unwrap(), serde_json::to_string(&first).unwrap())
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(office.take("k1", &lead::good("Ana", "Globex")).await, Err(SignalRefusal::KeyReused));
    let count: i64 =
        sqlx::query_scalar("SELECT count(*) FROM events").fetch_one(office.store().pool()).await.unwrap();
    assert_eq!(count, 1);
    // The same key from another source is a different key.
    let elsewhere = engine::event::EventRequest {
        source: "landing-page".into(),
        workflow: Some("inbound-form".into()),
        ..event
    };
    assert!(matches!(office.take("k1", &elsewhere).await, Ok(SignalResult::New(_))));
}

#[tokio::test]
async fn submitted_content_never_changes_and_content_and_rules_have_two_owners() {
    let office = Office::open().await;
    let mut owner = office.database.owner().await;
    for statement in
        ["UPDATE versions SET body = '{}'", "DELETE FROM versions", "UPDATE bundles SET manifest = '{}'"]
    {
        let error = owner.execute(statement).await.unwrap_err();
        assert_eq!(error.as_database_error().unwrap().code().unwrap(), "23001", "{statement}");
    }
    let actor = store::Actor::command("test");
    store::people::add(office.store(), &actor, "a@x.example", "A", &[]).await.unwrap();
    let error = store::layers::set_owners(
        office.store(),
        &actor,
        ["a@x.example", "a@x.example", "a@x.example", "a@x.example"],
    )
    .await
    .unwrap_err();
    assert!(
        matches!(&error, Error::Refused(constraint) if constraint == "layers_content_and_rules_have_two_owners"),
        "{error}"
    );
}

#[tokio::test]
async fn another_master_key_is_refused() {
    let office = Office::open().await;
    let other = store::Keyring::new(&[1; 32]);
    assert!(matches!(store::Store::connect(&office.database.url, other.clone()).await, Err(Error::Key(_))));
    assert!(matches!(store::migrate::up(&office.database.url, &other, Utc::now()).await, Err(Error::Key(_))));
}

#[tokio::test]
async fn a_key_that_outlived_its_decision_is_refused_alone_with_what_to_do() {
    let office = Office::open().await;
    let first = office.send("k1", &lead::good("Ana", "Initech")).await.unwrap();
    let second = office.send("k2", &lead::good("Ben", "Initech")).await.unwrap();
    let mut owner = office.database.owner().await;
    // Triggers of partitions are those of the table.
    sqlx::query("SET session_replication_role = replica").execute(&mut owner).await.unwrap();
    sqlx::query("DELETE FROM decisions WHERE id = $1")
        .bind(first.decision.decision_id.0)
        .execute(&mut owner)
        .await
        .unwrap();
    let signal = |key: &str, name: &str| Signal { key: key.into(), event: lead::good(name, "Initech") };
    let signals = vec![signal("k1", "Ana"), signal("k2", "Ben"), signal("k3", "Cem")];
    let answers = office.pipeline.take(&lead::receipt(Utc::now(), Mode::Live), signals).await.unwrap();
    assert_eq!(answers[0], Err(SignalRefusal::FirstAnswerGone));
    assert_eq!(answers[1], Ok(SignalResult::Repeat(second)));
    assert!(matches!(answers[2], Ok(SignalResult::New(_))), "{answers:?}");
    assert!(SignalRefusal::FirstAnswerGone.to_string().contains("send it with a new key"));
}
