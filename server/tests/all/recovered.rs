//! A database that goes back in time under a server, as a person meets it: with the program, a warehouse and a webhook
//! receiver.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::routing::post;
use reqwest::Client;
use serde_json::{Value as Json, json};
use sqlx::Executor as _;

use crate::cli::{Desk, ended, meshline};

/// Long enough for a busy machine; nothing waits this long unless it fails.
const PATIENCE: Duration = Duration::from_secs(60);
const SIGNING_KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// An installation that delivers to a warehouse in its own database server and to a webhook receiver.
struct Installation {
    desk: Desk,
    warehouse: Desk,
    received: Arc<Mutex<Vec<Json>>>,
    key: String,
    client: Client,
}

/// A running server, killed with the value.
struct Serving {
    process: Child,
    log: PathBuf,
    address: String,
}

impl Installation {
    async fn new() -> Self {
        let (desk, warehouse) = (Desk::new().await, Desk::new().await);
        let received: Arc<Mutex<Vec<Json>>> = Arc::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let hook = format!("http://{}/", listener.local_addr().unwrap());
        let taken = received.clone();
        let receiver = Router::new().route(
            "/",
            post(async move |body: Bytes| {
                taken.lock().unwrap().push(serde_json::from_slice(&body).unwrap());
                StatusCode::NO_CONTENT
            }),
        );
        tokio::spawn(async move { axum::serve(listener, receiver).await });
        let mut url: url::Url = warehouse.url().parse().unwrap();
        url.set_password(None).unwrap();
        let definition = json!({
            "destinations": {
                "warehouse": {"kind": "postgres", "settings": {"url": url.as_str()}, "secret": {"env": "PASSWORD"}},
                "hook": {"kind": "webhook", "settings": {"url": hook}, "secret": {"env": "SIGNING_KEY"}},
            },
            "workflows": {"offers": {
                "takes": [{"kind": "form", "source": "shop"}],
                "fields": {"price": {"type": "number", "min": 0}},
                "map": {"price": {"from": "/payload/price", "extract": "number", "decimal": "point"}},
                "rules": [{"id": "large", "when": "price >= 100", "then": ["advance"]}],
                "default": "nurture",
                "destinations": [{"to": "warehouse", "purpose": "decision_event"}, {"to": "hook", "purpose": "lead_update"}],
            }},
        });
        // JSON is valid YAML.
        desk.file("offers.yaml", &definition.to_string());
        ended(&desk.run(&["migrate"]), 0);
        let mut apply = meshline(desk.folder.path());
        apply.env("DATABASE_URL", desk.url()).env("PASSWORD", "any").env("SIGNING_KEY", SIGNING_KEY);
        ended(&apply.args(["apply", "offers.yaml", "--bootstrap"]).output().unwrap(), 0);
        let key = ended(&desk.run(&["key", "add", "--name", "shop", "--scope", "ingest"]), 0);
        let key = key.lines().next().unwrap().to_owned();
        Self { desk, warehouse, received, key, client: Client::new() }
    }

    fn data_dir(&self) -> PathBuf {
        self.desk.folder.path().join("data")
    }

    fn serve(&self, data_dir: &Path) -> Command {
        let mut command = meshline(self.desk.folder.path());
        command.args(["serve", "--listen", "127.0.0.1:0"]);
        command.env("DATABASE_URL", self.desk.url()).env("MESHLINE_DATA_DIR", data_dir);
        command
    }

    /// Starts a server and waits until it is ready.
    async fn start(&self) -> Serving {
        let serving = Serving::start(&mut self.serve(&self.data_dir()), self.desk.folder.path()).await;
        self.until("the server is ready", async || self.readyz(&serving).await.0 == 200).await;
        serving
    }

    /// Runs a server that is expected to refuse, and returns what it says.
    fn refused(&self, data_dir: &Path) -> String {
        let mut process = self.serve(data_dir).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let started = Instant::now();
        while process.try_wait().unwrap().is_none() && started.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(20));
        }
        // One that serves after all is killed, and has no exit code.
        process.kill().ok();
        ended(&process.wait_with_output().unwrap(), 1)
    }

    async fn readyz(&self, serving: &Serving) -> (u16, String) {
        let response = self.client.get(format!("{}/readyz", serving.address)).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// Sends an event about the lead, and returns the status and the answer.
    async fn send(&self, serving: &Serving, key: &str, price: u32) -> (u16, Json) {
        let event = json!({"kind": "form", "source": "shop", "lead": {"email": "ana@beta.example"}, "payload": {"price": price}});
        let response = self
            .client
            .post(format!("{}/api/v1/events", serving.address))
            .bearer_auth(&self.key)
            .header("idempotency-key", key)
            .json(&event)
            .send()
            .await
            .unwrap();
        let status = response.status().as_u16();
        if status == 503 {
            assert!(response.headers().contains_key("retry-after"));
        }
        (status, response.json().await.unwrap())
    }

    /// Sends an event that must be decided, and waits until both destinations have the decision.
    async fn decided(&self, serving: &Serving, key: &str, price: u32) {
        let (status, answer) = self.send(serving, key, price).await;
        assert_eq!(status, 201, "{answer}");
        let decision = answer["decision"]["decision_id"].as_str().unwrap().to_owned();
        self.until("the warehouse has the decision", async || {
            let mut warehouse = self.warehouse.connection().await;
            let sql = "SELECT decision_id::text FROM meshline.lead_current";
            let current: Option<String> =
                sqlx::query_scalar(sql).fetch_optional(&mut warehouse).await.ok().flatten();
            current.as_ref() == Some(&decision)
        })
        .await;
        self.until("the receiver has the decision", async || {
            self.current_of_receiver().is_some_and(|body| body["decision"]["decision_id"] == *decision)
        })
        .await;
    }

    /// Returns the body that a receiver keeps which follows the documentation.
    fn current_of_receiver(&self) -> Option<Json> {
        let received = self.received.lock().unwrap();
        let order =
            |body: &&Json| (body["incarnation"].as_i64().unwrap(), body["lead_sequence"].as_i64().unwrap());
        received.iter().max_by_key(order).cloned()
    }

    async fn until(&self, what: &str, holds: impl AsyncFn() -> bool) {
        let started = Instant::now();
        while !holds().await {
            assert!(started.elapsed() < PATIENCE, "{what}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Makes the database look as if the last heartbeats and everything around them had been lost.
    async fn lose_heartbeats(&self) {
        let mut owner = self.desk.connection().await;
        owner
            .execute(
                "ALTER TABLE installation DISABLE TRIGGER USER; \
                 UPDATE installation SET high_water_mark = high_water_mark - 100; \
                 ALTER TABLE installation ENABLE TRIGGER USER",
            )
            .await
            .unwrap();
    }
}

impl Serving {
    async fn start(command: &mut Command, folder: &Path) -> Self {
        let log = folder.join(format!("log-{:016x}", rand::random::<u64>()));
        let output = std::fs::File::create(&log).unwrap();
        let process = command.stdout(Stdio::null()).stderr(output).spawn().unwrap();
        let mut serving = Self { process, log, address: String::new() };
        let started = Instant::now();
        loop {
            let said = serving.log();
            if let Some(rest) = said.split("\"address\":\"").nth(1) {
                serving.address = format!("http://{}", rest.split('"').next().unwrap());
                return serving;
            }
            let ended = serving.process.try_wait().unwrap();
            assert!(ended.is_none() && started.elapsed() < PATIENCE, "{ended:?} {said}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Stops the server as systemd does.
    fn stop(mut self) {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        assert!(self.process.wait().unwrap().success(), "{}", self.log());
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

#[tokio::test]
async fn a_restored_backup_is_refused_until_it_is_acknowledged_and_then_wins_at_destinations() {
    let world = Installation::new().await;
    let dump = world.desk.folder.path().join("meshline.dump");
    let serving = world.start().await;
    world.decided(&serving, "first", 200).await;
    let url = world.desk.url();
    let arguments = ["--format=custom", "--dbname", &url, "--file"];
    ended(&Command::new("pg_dump").args(arguments).arg(&dump).output().unwrap(), 0);
    world.decided(&serving, "lost-1", 200).await;
    world.decided(&serving, "lost-2", 300).await;
    serving.stop();

    world.desk.recreate().await;
    let arguments = ["--exit-on-error", "--no-owner", "--dbname", &url];
    ended(&Command::new("pg_restore").args(arguments).arg(&dump).output().unwrap(), 0);
    ended(&world.desk.run(&["migrate"]), 0);
    let said = world.refused(&world.data_dir());
    assert!(said.contains("went back in time") && said.contains("`meshline recovered`"), "{said}");
    // A machine that has never seen this installation cannot tell, and refuses as well.
    let said = world.refused(&world.desk.folder.path().join("another"));
    assert!(said.contains("was restored or moved") && said.contains("`meshline recovered`"), "{said}");

    let said = ended(&world.desk.run(&["recovered", "--plan"]), 0);
    assert!(said.contains("Nothing was changed") && said.contains("incarnation 0"), "{said}");
    world.refused(&world.data_dir());
    let said = ended(&world.desk.run(&["recovered", "--reason", "The disk broke"]), 0);
    assert!(said.contains("Incarnation") && said.contains("What destinations do next"), "{said}");
    let mut owner = world.desk.connection().await;
    let audited: (String, String) = sqlx::query_as(
        "SELECT actor, detail->>'reason' FROM audit_log WHERE action = 'installation.recover'",
    )
    .fetch_one(&mut owner)
    .await
    .unwrap();
    assert_eq!(audited, ("command:recovered".into(), "The disk broke".into()));

    let serving = world.start().await;
    // The second decision about the lead in this database, and the fourth that destinations see.
    world.decided(&serving, "after", 5).await;
    let mut warehouse = world.warehouse.connection().await;
    let current: (i64, bool, String) =
        sqlx::query_as("SELECT lead_sequence, incarnation > 0, action FROM meshline.lead_current")
            .fetch_one(&mut warehouse)
            .await
            .unwrap();
    assert_eq!(current, (2, true, "nurture".into()));
    serving.stop();
    // A later restart has nothing to acknowledge.
    world.start().await.stop();
}

#[tokio::test]
async fn a_server_whose_database_goes_back_stops_until_it_is_acknowledged() {
    let world = Installation::new().await;
    let serving = world.start().await;
    world.decided(&serving, "first", 200).await;
    world.lose_heartbeats().await;
    let (status, answer) = world.send(&serving, "refused", 5).await;
    assert_eq!(status, 503, "{answer}");
    assert!(answer["detail"].as_str().unwrap().contains("`meshline recovered`"), "{answer}");
    world.until("the server is not ready", async || world.readyz(&serving).await.0 == 503).await;
    assert!(world.readyz(&serving).await.1.contains("went back in time"));
    // Deliveries wait as well.
    let mut owner = world.desk.connection().await;
    owner
        .execute("INSERT INTO outbox (effect_id, destination_id, lead_id, lead_sequence, due_at, workflow_id) \
            SELECT e.id, e.destination_id, e.lead_id, e.lead_sequence, now(), d.workflow_id FROM effects e JOIN decisions d ON d.id = e.decision_id")
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_secs(3)).await;
    let waiting = "SELECT count(*) FROM outbox";
    let count: i64 = sqlx::query_scalar(waiting).fetch_one(&mut owner).await.unwrap();
    assert_eq!(count, 2);
    ended(&world.desk.run(&["recovered"]), 0);
    world.until("the server is ready", async || world.readyz(&serving).await.0 == 200).await;
    world.decided(&serving, "refused", 5).await;
    let log = serving.log();
    for said in ["decisions and deliveries are suspended", "decisions and deliveries resume"] {
        assert!(log.contains(said), "{said} in {log}");
    }
    world
        .until("waiting deliveries are sent", async || {
            let mut owner = world.desk.connection().await;
            sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut owner).await.unwrap() == 0
        })
        .await;
    serving.stop();
}

#[tokio::test]
async fn a_failover_without_a_loss_begins_an_incarnation_and_nothing_else() {
    let world = Installation::new().await;
    let serving = world.start().await;
    world.decided(&serving, "first", 200).await;
    let mut owner = world.desk.connection().await;
    // As if the place were the one before the failover.
    owner.execute("UPDATE incarnations SET timeline = timeline - 1").await.unwrap();
    world.until("events are taken again", async || world.send(&serving, "second", 5).await.0 != 503).await;
    world.decided(&serving, "third", 300).await;
    let incarnations: Vec<(bool, bool)> =
        sqlx::query_as("SELECT incarnation > 0, is_acknowledged FROM incarnations ORDER BY incarnation")
            .fetch_all(&mut owner)
            .await
            .unwrap();
    assert_eq!(incarnations, [(false, false), (true, false)]);
    assert!(serving.log().contains("the database moved"), "{}", serving.log());
    let moved: i64 = sqlx::query_scalar("SELECT count(*) FROM audit_log WHERE action = 'installation.move'")
        .fetch_one(&mut owner)
        .await
        .unwrap();
    assert_eq!(moved, 1);
    serving.stop();
}

#[tokio::test]
async fn a_fresh_database_starts_in_the_folder_of_another_one() {
    let world = Installation::new().await;
    let serving = world.start().await;
    world.decided(&serving, "first", 200).await;
    serving.stop();
    world.desk.recreate().await;
    ended(&world.desk.run(&["migrate"]), 0);
    world.start().await.stop();
    let marks = std::fs::read_dir(world.data_dir().join("high-water-marks")).unwrap().count();
    assert_eq!(marks, 2);
}

/// Sets the clock of a process ahead without touching that of the machine.
const CLOCK: &str = "
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, \"clock_gettime\");
    int result = real(clock, now);
    const char *ahead = getenv(\"AHEAD_SECONDS\");
    if (clock == CLOCK_REALTIME && ahead) now->tv_sec += atol(ahead);
    return result;
}
";

#[tokio::test]
async fn a_server_with_a_wrong_clock_is_not_ready_and_takes_no_events() {
    let world = Installation::new().await;
    let (source, shim) = (world.desk.file("clock.c", CLOCK), world.desk.folder.path().join("clock.so"));
    let compiled =
        Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&shim, &source]).arg("-ldl").output();
    ended(&compiled.unwrap(), 0);
    let year: i64 = 365 * 86_400;
    for (ahead, said) in [(20 * year, "7300 days ahead of"), (-90, "90 seconds behind")] {
        let mut command = world.serve(&world.data_dir());
        command.env("LD_PRELOAD", &shim).env("AHEAD_SECONDS", ahead.to_string());
        let serving = Serving::start(&mut command, world.desk.folder.path()).await;
        let (status, ready) = world.readyz(&serving).await;
        assert!(status == 503 && ready.contains(said) && ready.contains("Synchronize"), "{status} {ready}");
        let (status, answer) = world.send(&serving, &format!("at {ahead}"), 5).await;
        assert!(status == 503 && answer["detail"].as_str().unwrap().contains("clock"), "{status} {answer}");
        let mut owner = world.desk.connection().await;
        let rows: (i64, i64) = sqlx::query_as(
            "SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM pg_class WHERE relname ~ '_20[3-9][0-9]_[01][0-9]$')",
        )
        .fetch_one(&mut owner)
        .await
        .unwrap();
        assert_eq!(rows, (0, 0), "events and partitions of other years");
        serving.stop();
    }
    let mut command = world.serve(&world.data_dir());
    command.env("LD_PRELOAD", &shim).env("AHEAD_SECONDS", "30");
    let serving = Serving::start(&mut command, world.desk.folder.path()).await;
    assert_eq!(world.readyz(&serving).await.0, 200, "half a minute does no harm");
    world.decided(&serving, "in time", 5).await;
    serving.stop();
}
