//! The environment of a measurement: a Postgres cluster, databases with the demo's workflow, and a release server on one of them.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::http::Connection;
use crate::postgres::{Cluster, Purpose};
use crate::process::{self, Started};
use crate::workspace::Workspace;
use crate::{build, output, packages, secrets};

/// How long to wait for the server to become ready.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// A placeholder: nothing is signed, because the destination is paused.
const WEBHOOK_SECRET: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// The people in the demo's pool.
const DEMO_AES: [&str; 3] = ["jane@corvane.example", "omar@corvane.example", "lucia@corvane.example"];

/// A Postgres cluster and the server to measure.
pub struct Stand {
    /// The cluster that all peers share.
    pub cluster: Cluster,
    /// The path of the release server.
    pub server: PathBuf,
    /// The folder for files of this run.
    pub folder: PathBuf,
    root: PathBuf,
    key_file: PathBuf,
}

impl Stand {
    /// Builds the server and starts the cluster.
    ///
    /// # Errors
    /// Returns an error if something does not compile or Postgres is unavailable.
    pub fn set_up(workspace: &Workspace, purpose: &Purpose) -> Result<Self> {
        output::phase("release server", || {
            let mut cargo = workspace.cargo();
            process::run(cargo.args(["build", "--release", "--package", "server", "--bin", "meshline"]))
        })?;
        Self::with(workspace, purpose, workspace.target.join("release/meshline"))
    }

    /// Does the same as [`Self::set_up`] with a debug build of the server, for trying out a measurement.
    ///
    /// # Errors
    /// Returns the same errors.
    pub fn set_up_debug(workspace: &Workspace, purpose: &Purpose) -> Result<Self> {
        Self::with(workspace, purpose, build::server(workspace)?)
    }

    /// As [`Self::set_up`] with a server that is built already.
    ///
    /// # Errors
    /// Postgres cannot be had.
    pub fn with(workspace: &Workspace, purpose: &Purpose, server: PathBuf) -> Result<Self> {
        packages::ensure(&[&packages::POSTGRES])?;
        let folder = workspace.private()?.join("bench");
        fs::create_dir_all(&folder)?;
        let cluster = Cluster::start(workspace, purpose)?;
        eprintln!(
            "Postgres: fsync on, {}; all other settings at their defaults",
            purpose.settings.join(", ")
        );
        Ok(Self {
            cluster,
            server,
            key_file: folder.join("master.key"),
            folder,
            root: workspace.root.clone(),
        })
    }

    /// Creates a database with the schema and the demo's live workflow. Its destinations are paused: effects are committed and stay
    /// in the outbox, so that only the way to the commit is measured.
    ///
    /// # Errors
    /// Returns an error if one of the server's commands fails.
    pub fn database(&self, name: &str) -> Result<()> {
        self.empty_database(name)?;
        let demo = self.root.join("server/demo");
        let workflow = fs::read_to_string(demo.join("demo.yaml"))?;
        // A webhook requires a signing key, which `meshline demo` generates at random.
        let signed =
            workflow.replace("kind: webhook\n", "kind: webhook\n    secret: {env: BENCH_WEBHOOK_SECRET}\n");
        let file = self.folder.join("workflow.yaml");
        fs::write(&file, signed)?;
        fs::copy(demo.join("tam.csv"), self.folder.join("tam.csv"))?;
        // A pool takes only people who exist.
        for person in DEMO_AES {
            process::capture(self.meshline(name).args(["user", "add", person, "--role", "ae"]))?;
        }
        let mut apply = self.meshline(name);
        apply.arg("apply").arg(file).arg("--bootstrap").env("BENCH_WEBHOOK_SECRET", WEBHOOK_SECRET);
        process::capture(&mut apply)?;
        self.cluster.query_in(name, "UPDATE destinations SET paused_reason = 'measuring'")?;
        Ok(())
    }

    /// Creates a database with only the schema.
    ///
    /// # Errors
    /// Returns an error if one of the server's commands fails.
    pub fn empty_database(&self, name: &str) -> Result<()> {
        self.cluster.drop_database(name)?;
        self.cluster.create_database(name)?;
        process::capture(self.meshline(name).arg("migrate")).map(drop)
    }

    /// Returns the folder in which the server stores uploaded files.
    pub fn data_dir(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Returns a command that runs the server's program on one of the databases.
    pub fn meshline(&self, database: &str) -> Command {
        self.with_database(Command::new(&self.server), database)
    }

    /// Sets the database of a command in its environment.
    pub fn with_database(&self, mut command: Command, database: &str) -> Command {
        command.env("DATABASE_URL", self.cluster.url(database)).env("MESHLINE_KEY_FILE", &self.key_file);
        command.env("MESHLINE_DATA_DIR", self.data_dir());
        command.current_dir(&self.folder);
        command
    }
}

/// A running server.
pub struct Serving {
    process: Started,
    /// The address that it listens on.
    pub address: SocketAddr,
    /// An API key that can send events.
    pub key: String,
    /// The time from start to readiness, in ms.
    pub ready_ms: f64,
}

impl Serving {
    /// Starts the server on an existing database and waits until it is ready.
    ///
    /// # Errors
    /// Returns an error if it exits or is not ready in time; its log is in the environment's folder.
    pub fn start(stand: &Stand, database: &str) -> Result<Self> {
        Self::start_with_options(stand, database, &[])
    }

    /// Does the same as [`Self::start`] with a folder of built styles and scripts.
    ///
    /// # Errors
    /// Returns the same errors.
    pub fn start_with(stand: &Stand, database: &str, site: Option<&Path>) -> Result<Self> {
        let site = site.map(|site| site.to_string_lossy().into_owned());
        let options: Vec<&str> = site.iter().flat_map(|site| ["--site-dir", site.as_str()]).collect();
        Self::start_with_options(stand, database, &options)
    }

    /// Does the same as [`Self::start`] with more options of `serve`.
    ///
    /// # Errors
    /// Returns the same errors.
    pub fn start_with_options(stand: &Stand, database: &str, options: &[&str]) -> Result<Self> {
        let add = ["key", "add", "--scope", "ingest,read,outcome", "--name"];
        let key = process::capture(
            stand
                .meshline(database)
                .args(add)
                .arg(format!("bench-{}", secrets::short_hash(format!("{:?}", Instant::now())))),
        )?
        .trim()
        .to_owned();
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let log = stand.folder.join("server.log");
        let mut command = stand.meshline(database);
        command.args(["serve", "--listen", &address.to_string()]);
        command.args(options);
        command.stdout(Stdio::null()).stderr(fs::File::create(&log)?);
        let start = Instant::now();
        let mut process = Started::new(&mut command)?;
        while !is_ready(address) {
            if !process.runs()? || start.elapsed() > READY_WITHIN {
                let said = fs::read_to_string(&log).unwrap_or_default();
                bail!("the server did not become ready\n{}", said.trim_end());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        let ready_ms = start.elapsed().as_secs_f64() * 1000.0;
        Ok(Self { process, address, key, ready_ms })
    }

    /// Returns the process id.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Sends one event and returns the response.
    ///
    /// # Errors
    /// Returns an error if the event is not accepted.
    pub fn send(&self, number: u64, event: &str) -> Result<serde_json::Value> {
        let head = format!(
            "POST /api/v1/events HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nIdempotency-Key: bench-{number}\r\n",
            self.address, self.key
        );
        let mut connection = Connection::open(self.address)?;
        let answer = connection.ask(&head, event.as_bytes())?;
        if answer.status != 201 {
            bail!(
                "the server answered an event with {}: {}",
                answer.status,
                String::from_utf8_lossy(answer.body)
            );
        }
        serde_json::from_slice(answer.body).context("the response is not JSON")
    }
}

fn is_ready(address: SocketAddr) -> bool {
    let head = format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\n");
    let status = Connection::open(address).and_then(|mut connection| Ok(connection.ask(&head, b"")?.status));
    status.is_ok_and(|status| status == 200)
}
