//! Tests of behaviour that only warehouses have.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use destinations::{Destination, open};
use engine::canonical::Digest;
use engine::sync::backoff::FailureKind;
use serde_json::{Value as Json, json};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, PgPool};
use url::Url;

use crate::chaos::{Chaos, nowhere};
use crate::suite::{Keeps, Subject, Truth, edited, request};

/// A test's own database, dropped with the value.
struct Database {
    server: Url,
    name: String,
    pool: PgPool,
}

impl Database {
    async fn new() -> Self {
        let server: Url = std::env::var("MESHLINE_TEST_POSTGRES")
            .expect("MESHLINE_TEST_POSTGRES is not set; `cargo xtask test` starts a Postgres and sets it")
            .parse()
            .unwrap();
        let name = format!("warehouse_{:032x}", rand::random::<u128>());
        let mut admin = PgConnection::connect(server.as_str()).await.unwrap();
        admin.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
        let pool = PgPool::connect_lazy(Self::url(&server, &name, None).as_str()).unwrap();
        Self { server, name, pool }
    }

    fn url(server: &Url, name: &str, address: Option<SocketAddr>) -> Url {
        let mut url = server.clone();
        url.set_path(name);
        url.set_password(None).unwrap();
        if let Some(address) = address {
            url.set_host(Some(&address.ip().to_string())).unwrap();
            url.set_port(Some(address.port())).unwrap();
        }
        url
    }

    fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.server.port().unwrap_or(5432)))
    }

    fn warehouse(&self, address: SocketAddr) -> Box<dyn Destination> {
        let url = Self::url(&self.server, &self.name, Some(address));
        open("postgres", &json!({"url": url.as_str(), "timeout_seconds": 1}), Some(SECRET.as_bytes()))
            .unwrap()
    }

    /// Opens the warehouse as another user, who has only the granted privileges.
    async fn warehouse_as(&self, user: &str) -> Box<dyn Destination> {
        sqlx::query(AssertSqlSafe(format!("CREATE ROLE {user} LOGIN"))).execute(&self.pool).await.unwrap();
        self.reopened(user)
    }

    /// Opens the warehouse once more as that user.
    fn reopened(&self, user: &str) -> Box<dyn Destination> {
        let mut url = Self::url(&self.server, &self.name, Some(self.address()));
        url.set_username(user).unwrap();
        open("postgres", &json!({"url": url.as_str(), "timeout_seconds": 1}), None).unwrap()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        let dropper = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let mut admin = PgConnection::connect(server.as_str()).await.unwrap();
                admin
                    .execute(AssertSqlSafe(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")))
                    .await
                    .ok();
                for role in ["a", "b", "c"] {
                    admin.execute(AssertSqlSafe(format!("DROP ROLE IF EXISTS {role}_{name}"))).await.ok();
                }
            });
        });
        dropper.join().ok();
    }
}

/// The test server accepts any password, but this one is sent.
const SECRET: &str = "pa55-of-the-warehouse";

/// Returns a warehouse as a subject of the contract suite.
pub async fn subject() -> Subject {
    let database = Database::new().await;
    let chaos = Chaos::before(database.address()).await;
    Subject {
        destination: database.warehouse(chaos.address),
        unreachable: database.warehouse(nowhere().await),
        chaos,
        truth: Box::new(database),
        secret: SECRET,
        is_readable: true,
        keeps: Keeps::Bodies,
        write_mark: |request| request.effect.key.to_string(),
    }
}

#[async_trait::async_trait]
impl Truth for Database {
    async fn events(&self) -> Vec<String> {
        let exists: bool = sqlx::query_scalar("SELECT to_regclass('meshline.decision_events') IS NOT NULL")
            .fetch_one(&self.pool)
            .await
            .unwrap();
        if !exists {
            return Vec::new();
        }
        sqlx::query_scalar("SELECT effect_key FROM meshline.decision_events")
            .fetch_all(&self.pool)
            .await
            .unwrap()
    }

    async fn current(&self, remote_key: Digest) -> Option<(String, Json)> {
        sqlx::query_as("SELECT effect_key, body FROM meshline.lead_current WHERE remote_key = $1")
            .bind(remote_key.to_string())
            .fetch_optional(&self.pool)
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn the_columns_match_the_body() {
    let database = Database::new().await;
    database.warehouse(database.address()).write(&request(1, 4)).await.unwrap();
    let row: (String, String, i32, Option<f64>, Option<String>, String, i64) = sqlx::query_as(
        "SELECT schema_version, action, rule_version, confidence, assignee, to_char(decided_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), lead_sequence \
         FROM meshline.decision_events",
    )
    .fetch_one(&database.pool)
    .await
    .unwrap();
    let assignee = Some("jane@acme.example".to_owned());
    assert_eq!(
        row,
        (
            "meshline.decision.v1".into(),
            "assign".into(),
            7,
            Some(0.91),
            assignee,
            "2026-11-22 09:00:00.012345".into(),
            4
        )
    );
}

#[tokio::test]
async fn concurrent_starts_create_the_tables_once() {
    let database = Database::new().await;
    let warehouses: Vec<_> = (0..8).map(|_| database.warehouse(database.address())).collect();
    let requests: Vec<_> = (1..=8).map(|lead| request(lead, 1)).collect();
    let writes = warehouses.iter().zip(&requests).map(|(warehouse, request)| warehouse.write(request));
    for result in futures::future::join_all(writes).await {
        result.unwrap();
    }
    assert_eq!(database.events().await.len(), 8);
}

#[tokio::test]
async fn dropped_tables_are_recreated() {
    let database = Database::new().await;
    let warehouse = database.warehouse(database.address());
    warehouse.write(&request(1, 1)).await.unwrap();
    sqlx::query("DROP SCHEMA meshline CASCADE").execute(&database.pool).await.unwrap();
    let error = warehouse.write(&request(1, 2)).await.unwrap_err();
    assert_eq!((error.failed.failure, error.pause), (FailureKind::Retry, None));
    warehouse.write(&request(1, 2)).await.unwrap();
}

#[tokio::test]
async fn the_privilege_to_write_rows_is_sufficient() {
    let database = Database::new().await;
    database.warehouse(database.address()).write(&request(1, 1)).await.unwrap();
    let user = format!("a_{}", database.name);
    let warehouse = database.warehouse_as(&user).await;
    let grant = format!(
        "GRANT USAGE ON SCHEMA meshline TO {user}; GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA meshline TO {user}"
    );
    sqlx::raw_sql(AssertSqlSafe(grant)).execute(&database.pool).await.unwrap();
    warehouse.write(&request(1, 2)).await.unwrap();
    warehouse.test_connection().await.unwrap();
    let revoke = format!(
        "REVOKE ALL ON ALL TABLES IN SCHEMA meshline FROM {user}; REVOKE ALL ON SCHEMA meshline FROM {user}; DROP ROLE {user}"
    );
    sqlx::raw_sql(AssertSqlSafe(revoke)).execute(&database.pool).await.unwrap();
}

/// Tables as they were before the column `incarnation` existed.
async fn older_tables(database: &Database) {
    database.warehouse(database.address()).write(&request(1, 3)).await.unwrap();
    let older = "ALTER TABLE meshline.decision_events DROP COLUMN incarnation; ALTER TABLE meshline.lead_current DROP COLUMN incarnation";
    sqlx::raw_sql(older).execute(&database.pool).await.unwrap();
}

async fn incarnations(database: &Database) -> Vec<(i64, i64)> {
    let rows = "SELECT incarnation, lead_sequence FROM meshline.decision_events ORDER BY 1, 2";
    sqlx::query_as(rows).fetch_all(&database.pool).await.unwrap()
}

#[tokio::test]
async fn older_tables_get_the_incarnation() {
    let database = Database::new().await;
    older_tables(&database).await;
    let after = edited(request(1, 2), |body| body["incarnation"] = 7.into());
    database.warehouse(database.address()).write(&after).await.unwrap();
    assert_eq!(incarnations(&database).await, [(0, 3), (7, 2)]);
    let current: (i64, i64) = sqlx::query_as("SELECT incarnation, lead_sequence FROM meshline.lead_current")
        .fetch_one(&database.pool)
        .await
        .unwrap();
    assert_eq!(current, (7, 2));
}

#[tokio::test]
async fn older_tables_of_another_owner_are_ordered_by_the_body() {
    let database = Database::new().await;
    older_tables(&database).await;
    let user = format!("c_{}", database.name);
    let warehouse = database.warehouse_as(&user).await;
    let grant = format!(
        "GRANT USAGE ON SCHEMA meshline TO {user}; GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA meshline TO {user}"
    );
    sqlx::raw_sql(AssertSqlSafe(grant)).execute(&database.pool).await.unwrap();
    let after = edited(request(1, 2), |body| body["incarnation"] = 7.into());
    warehouse.write(&after).await.unwrap();
    assert_eq!(database.current(after.effect.remote_key).await.unwrap().0, after.effect.key.to_string());
    warehouse.write(&request(1, 4)).await.unwrap();
    assert_eq!(database.current(after.effect.remote_key).await.unwrap().0, after.effect.key.to_string());
    let said = warehouse.test_connection().await.unwrap();
    assert!(said.contains("lack the column incarnation"), "{said}");
    // The owner adds it: rows have it from the next connection on.
    database.warehouse(database.address()).write(&request(2, 1)).await.unwrap();
    let again = database.reopened(&user);
    again.write(&edited(request(3, 1), |body| body["incarnation"] = 7.into())).await.unwrap();
    assert_eq!(incarnations(&database).await.last(), Some(&(7, 1)));
    let revoke = format!(
        "REVOKE ALL ON ALL TABLES IN SCHEMA meshline FROM {user}; REVOKE ALL ON SCHEMA meshline FROM {user}; DROP ROLE {user}"
    );
    sqlx::raw_sql(AssertSqlSafe(revoke)).execute(&database.pool).await.unwrap();
}

#[tokio::test]
async fn a_user_without_write_privileges_pauses_the_destination() {
    let database = Database::new().await;
    let warehouse = database.warehouse_as(&format!("b_{}", database.name)).await;
    let error = warehouse.write(&request(1, 1)).await.unwrap_err();
    assert_eq!(error.failed.failure, FailureKind::NeedsPerson);
    assert!(error.pause.unwrap().contains("42501"));
    assert!(warehouse.test_connection().await.is_err());
}

#[tokio::test]
async fn a_missing_database_pauses_the_destination() {
    let database = Database::new().await;
    let url = Database::url(&database.server, "no_such_database", None);
    let warehouse = open("postgres", &json!({"url": url.as_str()}), None).unwrap();
    let error = warehouse.write(&request(1, 1)).await.unwrap_err();
    assert_eq!(error.failed.failure, FailureKind::NeedsPerson);
    assert!(error.pause.unwrap().contains("3D000"));
}

#[tokio::test]
async fn a_locked_table_times_out_and_a_retry_succeeds() {
    let database = Database::new().await;
    let warehouse = database.warehouse(database.address());
    warehouse.write(&request(1, 1)).await.unwrap();
    #[expect(clippy::disallowed_methods, reason = "nothing cancels this test")]
    let mut lock = database.pool.begin().await.unwrap();
    lock.execute("LOCK meshline.decision_events").await.unwrap();
    let started = Instant::now();
    let error = warehouse.write(&request(1, 2)).await.unwrap_err();
    assert_eq!(error.failed.failure, FailureKind::Retry, "{error}");
    assert!(started.elapsed() < Duration::from_secs(4));
    lock.rollback().await.unwrap();
    warehouse.write(&request(1, 2)).await.unwrap();
    assert_eq!(database.events().await.len(), 2);
}

#[tokio::test]
async fn a_persons_verdict_is_the_current_state_of_the_lead() {
    let database = Database::new().await;
    let warehouse = database.warehouse(database.address());
    warehouse.write(&request(1, 1)).await.unwrap();
    let verdict = json!({
        "verdict_id": uuid::Uuid::nil(), "kind": "disqualify", "by": "sam@acme.example", "at": "2026-11-22T09:05:00.000000Z",
        "action": "reject", "parameters": {}, "reason": "Not our market",
    });
    warehouse.write(&edited(request(1, 2), |body| body["verdict"] = verdict)).await.unwrap();
    let stands: (String, Option<String>, i64, bool) = sqlx::query_as(
        "SELECT action, assignee, lead_sequence, decided_at = '2026-11-22T09:05:00Z' FROM meshline.lead_current",
    )
    .fetch_one(&database.pool)
    .await
    .unwrap();
    assert_eq!(stands, ("reject".into(), None, 2, true));
    let events: Vec<(String, Option<String>)> = sqlx::query_as(
        "SELECT action, body->'verdict'->>'by' FROM meshline.decision_events ORDER BY lead_sequence",
    )
    .fetch_all(&database.pool)
    .await
    .unwrap();
    assert_eq!(events, [("assign".into(), None), ("reject".into(), Some("sam@acme.example".into()))]);
}

#[tokio::test]
async fn an_undone_verdict_leaves_the_lead_unassigned() {
    let database = Database::new().await;
    let warehouse = database.warehouse(database.address());
    let verdict = json!({
        "verdict_id": uuid::Uuid::nil(), "kind": "give_back", "by": "sam@acme.example", "at": "2026-11-22T09:05:00.000000Z",
        "action": "hold", "parameters": {"assignee": null}, "reason": null,
    });
    warehouse.write(&edited(request(1, 2), |body| body["verdict"] = verdict)).await.unwrap();
    let current: (String, Option<String>) =
        sqlx::query_as("SELECT action, assignee FROM meshline.lead_current")
            .fetch_one(&database.pool)
            .await
            .unwrap();
    assert_eq!(current, ("hold".into(), None));
}

#[tokio::test]
async fn a_rejected_row_does_not_block_the_others() {
    let database = Database::new().await;
    let warehouse = database.warehouse(database.address());
    warehouse.write(&request(9, 1)).await.unwrap();
    sqlx::query("ALTER TABLE meshline.decision_events ADD CONSTRAINT no_second CHECK (lead_sequence <> 2)")
        .execute(&database.pool)
        .await
        .unwrap();
    let results = warehouse.write_many(&[request(1, 1), request(2, 2), request(3, 1)]).await;
    let failures: Vec<Option<FailureKind>> =
        results.iter().map(|result| result.as_ref().err().map(|error| error.failed.failure)).collect();
    assert_eq!(failures, [None, Some(FailureKind::NeedsPerson), None]);
    let refused = results[1].as_ref().unwrap_err();
    assert!(refused.pause.is_none() && refused.message.contains("23514"), "{refused}");
    assert!(refused.request.as_ref().unwrap().to_string().contains(&request(2, 2).effect.key.to_string()));
    assert_eq!(database.events().await.len(), 3);
}

#[tokio::test]
async fn a_batch_is_one_statement() {
    let database = Database::new().await;
    let warehouse = database.warehouse(database.address());
    let batch: Vec<_> = (1..=100).map(|lead| request(lead, 1)).collect();
    assert_eq!(batch.len(), warehouse.limits().batch);
    for result in warehouse.write_many(&batch).await {
        assert_eq!(result.unwrap().response, json!({"event": "written", "current": "written"}));
    }
    let instants: i64 = sqlx::query_scalar("SELECT count(DISTINCT written_at) FROM meshline.decision_events")
        .fetch_one(&database.pool)
        .await
        .unwrap();
    assert_eq!((database.events().await.len(), instants), (100, 1));
    let again = warehouse.write(&batch[0]).await.unwrap();
    assert_eq!(again.response, json!({"event": "unchanged", "current": "unchanged"}));
}

#[tokio::test]
async fn batches_with_common_leads_never_deadlock() {
    let database = Database::new().await;
    let warehouse = database.warehouse(database.address());
    let forwards: Vec<_> = (1..=50).map(|lead| request(lead, 1)).collect();
    let backwards: Vec<_> = (1..=50).rev().map(|lead| request(lead, 2)).collect();
    for _ in 0..5 {
        let both = futures::join!(warehouse.write_many(&forwards), warehouse.write_many(&backwards));
        assert!(both.0.iter().chain(&both.1).all(Result::is_ok));
    }
}
