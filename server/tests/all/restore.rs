//! Backup and restore as `docs/deploying.md` describes them: dump, restore, replay every decision, and recompute the hash of
//! every row of the log in SQL.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use chrono::Utc;
use engine::action::Action;
use engine::ids::PersonId;
use serde_json::json;
use server::signals::Signals;
use server::tasks::dispatch;
use service::decide::verdict::{self, VerdictResult};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use store::actor::{ActorId, Role};
use store::people;
use store::queue::{Kind, QueueItem, Verdict};
use store::{Actor, Store};
use tokio_util::sync::CancellationToken;

use crate::lead::{Office, form, good};

/// The tables of the log, each with a column to tamper with and its new value.
const LOG: [(&str, &str); 6] = [
    ("audit_log", "actor = 'somebody-else'"),
    ("decisions", "confidence = 0.125, rule_id = coalesce(rule_id, 'x')"),
    ("deliveries", "attempt = attempt + 1"),
    ("events", "body = body || '\\x00'"),
    ("outcomes", "at = at - interval '1 microsecond'"),
    ("overrides", "action = 'nurture'"),
];

/// A database that a backup is restored into; dropped with the value.
struct Restored {
    server: String,
    name: String,
    url: String,
}

impl Restored {
    async fn from(dump: &Path) -> Self {
        let server = store::testing::server();
        let name = format!("restored_{}", uuid::Uuid::from_bytes(rand::random()).simple());
        let url = format!("{}/{name}", server.rsplit_once('/').unwrap().0);
        let restored = Self { server, name, url };
        let mut admin = PgConnection::connect(&restored.server).await.unwrap();
        admin.execute(AssertSqlSafe(format!("CREATE DATABASE {}", restored.name))).await.unwrap();
        let arguments = ["--exit-on-error", "--no-owner", "--dbname", &restored.url];
        succeeded(&Command::new("pg_restore").args(arguments).arg(dump).output().unwrap());
        restored
    }

    async fn owner(&self) -> PgConnection {
        PgConnection::connect(&self.url).await.unwrap()
    }
}

impl Drop for Restored {
    fn drop(&mut self) {
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        Command::new("psql").args([&self.server, "-qc", &statement]).output().ok();
    }
}

#[tokio::test]
async fn a_restored_backup_replays_and_a_row_that_was_tampered_with_is_found() {
    let office = Box::pin(filled()).await;
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("meshline.dump");
    let arguments = ["--format=custom", "--dbname", &office.database.url, "--file"];
    succeeded(&Command::new("pg_dump").args(arguments).arg(&dump).output().unwrap());
    let restored = Restored::from(&dump).await;

    let rows = counts(&mut restored.owner().await).await;
    assert_eq!(rows, counts(&mut office.database.owner().await).await);
    assert!(rows.values().all(|count| *count > 0), "every table of the log has rows: {rows:?}");
    // Roles, grants and guards came along.
    let store = Store::connect(&restored.url, store::testing::keyring()).await.unwrap();
    store.check_ready().await.unwrap();
    let refused = restored.owner().await.execute("UPDATE decisions SET action = 'hold'").await.unwrap_err();
    assert!(refused.to_string().contains("its rows are written once"), "{refused}");

    let key = folder.path().join("master.key");
    private_file(&key, &"2a".repeat(32));
    let replay = Command::new(env!("CARGO_BIN_EXE_meshline"))
        .args(["replay", "--all"])
        .env("DATABASE_URL", &restored.url)
        .env("MESHLINE_KEY_FILE", &key)
        .output()
        .unwrap();
    let said = succeeded(&replay);
    assert!(said.contains(&format!("{} decisions", rows["decisions"])), "{said}");

    let verified = verify(&restored.url);
    let said = succeeded(&verified);
    for (table, count) in &rows {
        assert!(said.lines().any(|line| line == format!("{table}|{count}|0")), "{table} in {said}");
    }

    let mut owner = restored.owner().await;
    let mut tampered = Vec::new();
    for (table, change) in LOG {
        let statement = format!(
            "ALTER TABLE {table} DISABLE TRIGGER USER; \
             UPDATE {table} SET {change} WHERE id = (SELECT id FROM {table} ORDER BY id LIMIT 1); \
             ALTER TABLE {table} ENABLE TRIGGER USER"
        );
        owner.execute(AssertSqlSafe(statement)).await.unwrap();
        let first = format!("SELECT id FROM {table} ORDER BY id LIMIT 1");
        let id: uuid::Uuid = sqlx::query_scalar(AssertSqlSafe(first)).fetch_one(&mut owner).await.unwrap();
        tampered.push(format!("{table}|{id}|"));
    }
    let verified = verify(&restored.url);
    let said = String::from_utf8_lossy(&verified.stdout);
    assert_eq!(verified.status.code(), Some(3), "{said}");
    let listed: Vec<&str> = said.lines().filter(|line| line.matches('|').count() == 3).collect();
    assert_eq!(listed.len(), tampered.len(), "{said}");
    for (line, start) in listed.iter().zip(&tampered) {
        assert!(line.starts_with(start.as_str()), "{start} in {said}");
    }
    let error = String::from_utf8_lossy(&verified.stderr);
    assert!(error.contains("6 rows of the log do not match their hash"), "{error}");
}

/// Canonical JSON has rules of its own for numbers, keys and strings; what the engine writes and the script recomputes must
/// agree beyond what decisions happen to contain.
#[tokio::test]
async fn the_script_writes_json_as_the_engine_does() {
    let script = std::fs::read_to_string(script()).unwrap();
    let functions = script.split("CREATE TEMPORARY TABLE").next().unwrap();
    let functions: String =
        functions.lines().filter(|line| !line.starts_with('\\')).map(|line| format!("{line}\n")).collect();
    let numbers = json!([
        0,
        -0.0,
        1,
        -7,
        100,
        0.1,
        -12.5,
        2.50,
        4.35,
        1e15,
        1e16,
        1e20,
        1e21,
        1.5e22,
        0.000001,
        1e-7,
        1.5e-9,
        5e-324,
        1.797_693_134_862_315_7e308,
        333_333_333.333_333_3,
        9_007_199_254_740_993_i64,
        u64::MAX,
        i64::MIN
    ]);
    let values = [
        numbers,
        json!({"b": 1, "a": {}, "": [], "B": null, "é": true, "10": 1, "9": 2, "\u{1f600}": 3, "\u{ff01}": 4}),
        json!(
            "quote \" backslash \\ slash / tab \t line \n control \u{1} delete \u{7f} é € \u{1f600} \u{2028}"
        ),
    ];
    let mut connection = PgConnection::connect(&store::testing::server()).await.unwrap();
    connection.execute(AssertSqlSafe(functions)).await.unwrap();
    for value in values {
        let written: String = sqlx::query_scalar("SELECT pg_temp.canonical($1)")
            .bind(&value)
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(written, String::from_utf8(engine::canonical::bytes(&value).unwrap()).unwrap());
    }
}

/// A database whose log has rows in each of its tables: decisions with and without a person's verdict, outcomes, and
/// deliveries to a webhook.
async fn filled() -> Office {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let webhook = Router::new().route("/", post(async || StatusCode::NO_CONTENT));
    tokio::spawn(async move { axum::serve(listener, webhook).await });
    let demo = include_str!("../../demo/demo.yaml");
    let text: String = demo
        .replace("https://crm.invalid/hooks/meshline", &format!("http://{address}/"))
        .lines()
        .filter(|line| !line.trim_start().starts_with("paused:") && !line.contains("{to: warehouse,"))
        .map(|line| format!("{line}\n"))
        .collect();
    let office = Box::pin(Office::with(&text)).await;
    let command = Actor::command("test");
    let sdr =
        people::add(office.store(), &command, "sam@corvane.example", "Sam", &[Role::Sdr]).await.unwrap();
    for name in ["Ana", "Bo", "Zoë"] {
        office.send(name, &good(name, "Initech")).await.unwrap();
    }
    office
        .send("odd", &form("Odd", "Initech", &json!({"company": "Ünïted \u{1f600} \"x\"\\"})))
        .await
        .unwrap();
    office.outcome("won", "won").await;
    disqualify(&office, sdr).await;
    deliver(&office).await;
    office
}

/// A lead that a person decides otherwise than the rules suggest, with a reason.
async fn disqualify(office: &Office, person: PersonId) {
    let answer = office.send("held", &form("Held", "Initech", &json!({"company": "Initech"}))).await.unwrap();
    let workflow: uuid::Uuid =
        sqlx::query_scalar("SELECT id FROM workflows").fetch_one(office.store().pool()).await.unwrap();
    let verdict = Verdict {
        place: QueueItem { lead: answer.lead_id, workflow: workflow.into() },
        decision: answer.decision.decision_id,
        seen: None,
        kind: Kind::Disqualify,
        action: Action::Reject,
        parameters: BTreeMap::new(),
        assignee: None,
        pool: None,
        reason: Some("They buy from our reseller".into()),
    };
    let who = ActorId::Person(person);
    let actor = Actor { who, roles: vec![Role::Sdr], request_id: "test".into(), form: None, now: Utc::now() };
    assert_eq!(verdict::decide(office.store(), &actor, &verdict).await.unwrap(), VerdictResult::Done);
}

/// Runs a dispatcher until the outbox is empty.
async fn deliver(office: &Office) {
    let stop = CancellationToken::new();
    let dispatcher = tokio::spawn(dispatch::run(
        office.store().clone(),
        dispatch::DispatchOptions::default(),
        Signals::default(),
        stop.clone(),
    ));
    let waiting = || sqlx::query_scalar::<_, i64>("SELECT count(*) FROM outbox");
    for _ in 0..200 {
        if waiting().fetch_one(office.store().pool()).await.unwrap() == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    stop.cancel();
    dispatcher.await.unwrap();
    assert_eq!(waiting().fetch_one(office.store().pool()).await.unwrap(), 0, "everything is delivered");
}

async fn counts(connection: &mut PgConnection) -> BTreeMap<&'static str, i64> {
    let mut counts = BTreeMap::new();
    for (table, _) in LOG {
        let statement = format!("SELECT count(*) FROM {table}");
        let count = sqlx::query_scalar(AssertSqlSafe(statement)).fetch_one(&mut *connection).await.unwrap();
        counts.insert(table, count);
    }
    counts
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/verify-log.sql")
}

/// Runs the script that the chapter names, with output that is easier to compare.
fn verify(url: &str) -> Output {
    Command::new("psql")
        .args(["--no-psqlrc", "--no-align", "--tuples-only", "--file"])
        .arg(script())
        .arg(url)
        .output()
        .unwrap()
}

fn private_file(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

#[track_caller]
fn succeeded(output: &Output) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{out}\n{err}", output.status);
    out.into_owned()
}
