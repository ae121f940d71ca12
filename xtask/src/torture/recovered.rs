//! Fails over to a replica that lacks the last commits, under a running server.
//!
//! The destinations are outside: a warehouse in another cluster and a webhook receiver. They have seen decisions that the
//! promoted database does not know, and must hold the first decision after `meshline recovered`.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use super::http;
use super::receiver::Receiver;
use crate::postgres::{self, Cluster};
use crate::process::{self, Started};
use crate::workspace::Workspace;
use crate::{build, output, packages, secrets};

/// The time limit of each step, on a slow machine.
const PATIENCE: Duration = Duration::from_secs(90);
/// The decisions that are lost.
const LOST: i64 = 3;

/// Runs the trial and prints its report.
///
/// # Errors
/// Returns an error at the first step that goes wrong.
pub fn run(workspace: &Workspace) -> Result<ExitCode> {
    packages::ensure(&[&packages::POSTGRES])?;
    let meshline = output::phase("server", || build::server(workspace))?;
    let folder = workspace.target.join("torture");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("emptying {}", folder.display()))?;
    }
    fs::create_dir_all(&folder)?;
    let cluster = Cluster::start(workspace, &postgres::TORTURE)?;
    let outside = Cluster::start(workspace, &postgres::TEST)?;
    let trial = Trial::new(&cluster, &outside, meshline, folder)?;
    let report = output::phase("failover", || trial.run());
    outside.drop_database(&trial.warehouse)?;
    // The old primary runs again, so that leaving the cluster can stop it.
    cluster.crash()?;
    println!("{}", report?);
    Ok(ExitCode::SUCCESS)
}

struct Trial<'a> {
    cluster: &'a Cluster,
    outside: &'a Cluster,
    warehouse: String,
    meshline: PathBuf,
    folder: PathBuf,
    receiver: Receiver,
    port: u16,
    key: String,
}

impl<'a> Trial<'a> {
    fn new(cluster: &'a Cluster, outside: &'a Cluster, meshline: PathBuf, folder: PathBuf) -> Result<Self> {
        let warehouse = format!("warehouse_{}", std::process::id());
        outside.create_database(&warehouse)?;
        if !cluster.create_database("meshline")? {
            bail!("another torture test of this checkout is running");
        }
        let receiver = Receiver::start(1)?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let mut trial =
            Self { cluster, outside, warehouse, meshline, folder, receiver, port, key: String::new() };
        process::run(&mut trial.command(&["migrate"]))?;
        let file = trial.folder.join("recovered.yaml");
        // JSON is valid YAML.
        secrets::write(&file, &trial.definition().to_string())?;
        process::capture(trial.command(&["apply", "--bootstrap"]).arg(&file))?;
        let mut key = trial.command(&["key", "add", "--name", "torture", "--scope", "ingest"]);
        trial.key = process::capture(&mut key)?.trim().to_owned();
        Ok(trial)
    }

    fn definition(&self) -> Value {
        let warehouse = format!("postgres://meshline@127.0.0.1:{}/{}", self.outside.port(), self.warehouse);
        let hook = format!("http://127.0.0.1:{}/0", self.receiver.port());
        let retry = json!({"base_ms": 20, "cap_ms": 100, "attempts": 100});
        json!({
            "destinations": {
                "warehouse": {"kind": "postgres", "settings": {"url": warehouse, "retry": retry}, "secret": {"env": "TORTURE_PASSWORD"}},
                "hook": {"kind": "webhook", "settings": {"url": hook, "retry": retry}, "secret": {"env": "TORTURE_SIGNING_KEY"}},
            },
            "workflows": {"torture": {
                "takes": [{"kind": "form", "source": "torture"}],
                "fields": {"n": {"type": "number", "min": 0}},
                "map": {"n": {"from": "/payload/n", "extract": "number", "decimal": "point"}},
                "rules": [{"id": "large", "when": "n >= 100", "then": ["advance"]}],
                "default": "nurture",
                "destinations": [{"to": "warehouse", "purpose": "decision_event"}, {"to": "hook", "purpose": "lead_update"}],
            }},
        })
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.meshline);
        command.args(arguments).current_dir(&self.folder).env_remove("MESHLINE_CONFIG");
        command
            .env("DATABASE_URL", self.cluster.url("meshline"))
            .env("MESHLINE_KEY_FILE", self.folder.join("master.key"))
            .env("MESHLINE_DATA_DIR", self.folder.join("data"))
            .env("TORTURE_PASSWORD", self.outside.password())
            .env("TORTURE_SIGNING_KEY", Receiver::secret());
        command
    }

    /// Runs the steps, and returns the report.
    fn run(&self) -> Result<Value> {
        let replica = self.cluster.replica()?;
        let log = fs::File::create(self.folder.join("server.log"))?;
        let listen = format!("127.0.0.1:{}", self.port);
        let _server = Started::new(self.command(&["serve", "--listen", &listen]).stderr(log))?;
        self.until("the server is ready", || Ok(self.ready() == Some(200)))?;
        self.decided("first", 200)?;
        self.until("the replica has the first decision", || {
            let behind = "SELECT count(*) FROM pg_stat_replication WHERE replay_lsn >= pg_current_wal_lsn()";
            Ok(self.cluster.query_in("postgres", behind)?.trim() == "1")
        })?;
        replica.stop()?;
        let replicated = self.mark()?;
        for n in 0..LOST {
            self.decided(&format!("lost-{n}"), 200)?;
        }
        self.until("a heartbeat follows the lost commits", || Ok(self.mark()? > replicated))?;

        let failover = Instant::now();
        self.cluster.kill()?;
        replica.start(self.cluster.port())?;
        replica.promote()?;
        self.until("the server has noticed the loss", || {
            let said = self.ask("GET", "/readyz", "")?;
            Ok(String::from_utf8_lossy(&said.body).contains("went back in time"))
        })?;
        let noticed_s = failover.elapsed().as_secs_f64();
        let refused = self.send("refused", 5)?;
        ensure!(refused.status() == Some(503), "an event was answered with {:?}", refused.status());
        let second = process::output(&mut self.command(&["serve", "--listen", "127.0.0.1:0"]))?;
        let said = String::from_utf8_lossy(&second.stderr).into_owned();
        ensure!(second.status.code() == Some(1) && said.contains("`meshline recovered`"), "{said}");

        let acknowledged = Instant::now();
        let said = process::capture(&mut self.command(&["recovered", "--reason", "Failed over"]))?;
        self.until("the server is ready again", || Ok(self.ready() == Some(200)))?;
        let resumed_s = acknowledged.elapsed().as_secs_f64();
        self.decided("refused", 5)?;
        let shown = self.current()?;
        ensure!(shown.0 > 0 && shown.1 == 2, "the warehouse shows {shown:?}");
        let taken = self.receiver.record(|record| {
            record
                .shown
                .last()
                .map(|shown| shown.sequence)
                .zip(record.taken.last().map(|taken| taken.sequence))
        });
        ensure!(taken == Some((2, 2)), "the receiver shows {taken:?}");
        println!("{said}");
        drop(replica);
        Ok(json!({"lost": LOST, "noticed_s": noticed_s, "resumed_s": resumed_s, "incarnation": shown.0}))
    }

    /// Sends an event, which must be decided, and waits until both destinations have the decision.
    fn decided(&self, key: &str, n: u32) -> Result<()> {
        let before = self.receiver.record(|record| record.taken.len());
        let answer = self.send(key, n)?;
        let said = String::from_utf8_lossy(&answer.body).into_owned();
        ensure!(answer.status() == Some(201), "{said}");
        let answer: Value = serde_json::from_str(&said)?;
        let decision = answer["decision"]["decision_id"].as_str().context("no decision")?.to_owned();
        self.until("the receiver has the decision", || {
            Ok(self.receiver.record(|record| record.taken.len()) > before)
        })?;
        self.until("the warehouse has the decision", || {
            let sql = "SELECT decision_id FROM meshline.lead_current";
            Ok(self.outside.query_in(&self.warehouse, sql).is_ok_and(|current| current.trim() == decision))
        })
    }

    fn send(&self, key: &str, n: u32) -> Result<http::Message> {
        let event = json!({"kind": "form", "source": "torture", "lead": {"email": "ana@beta.example"}, "payload": {"n": n}});
        let bearer = format!("Bearer {}", self.key);
        let headers = [
            ("authorization", bearer.as_str()),
            ("idempotency-key", key),
            ("content-type", "application/json"),
        ];
        let answer = http::ask(self.port, "POST", "/api/v1/events", &headers, &event.to_string(), PATIENCE)?;
        Ok(answer)
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> Result<http::Message> {
        Ok(http::ask(self.port, method, path, &[], body, PATIENCE)?)
    }

    fn ready(&self) -> Option<u16> {
        self.ask("GET", "/readyz", "").ok()?.status()
    }

    /// Returns the high-water mark that is kept outside of the database.
    fn mark(&self) -> Result<i64> {
        for file in fs::read_dir(self.folder.join("data/high-water-marks"))? {
            let path = file?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                let mark: Value = serde_json::from_slice(&fs::read(path)?)?;
                return mark["high_water_mark"].as_i64().context("no number in the high-water mark");
            }
        }
        bail!("no high-water mark")
    }

    /// Returns the incarnation and the sequence number that the warehouse shows.
    fn current(&self) -> Result<(i64, i64)> {
        let sql = "SELECT incarnation || ' ' || lead_sequence FROM meshline.lead_current";
        let shown = self.outside.query_in(&self.warehouse, sql)?;
        let (incarnation, sequence) = shown.trim().split_once(' ').context("no row")?;
        Ok((incarnation.parse()?, sequence.parse()?))
    }

    fn until(&self, what: &str, mut holds: impl FnMut() -> Result<bool>) -> Result<()> {
        let start = Instant::now();
        while !holds()? {
            if start.elapsed() > PATIENCE || process::interrupted() {
                bail!("{what}: not within {} s; see {}", PATIENCE.as_secs(), self.folder.display());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}
