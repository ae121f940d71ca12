//! The stand: a Postgres cluster of its own, databases with the demo's workflow, and the release server on one of them.

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

/// How long the server may take to become ready.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// Nothing is ever signed with it: the destination is paused.
const WEBHOOK_SECRET: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// A cluster and the program to measure.
pub struct Stand {
    /// The cluster all peers use.
    pub cluster: Cluster,
    /// The release server's program.
    pub server: PathBuf,
    /// The folder for files of the run.
    pub folder: PathBuf,
    root: PathBuf,
    key_file: PathBuf,
}

impl Stand {
    /// Builds the server and starts the cluster.
    ///
    /// # Errors
    /// Something does not compile, or Postgres cannot be had.
    pub fn set_up(workspace: &Workspace, purpose: &Purpose) -> Result<Self> {
        output::phase("release server", || {
            let mut cargo = workspace.cargo();
            process::run(cargo.args(["build", "--release", "--package", "server", "--bin", "meshline"]))
        })?;
        Self::with(workspace, purpose, workspace.target.join("release/meshline"))
    }

    /// As [`Self::set_up`] with the server as it is built for development: to try a measurement, not to measure.
    ///
    /// # Errors
    /// As there.
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
        eprintln!("Postgres: fsync on, {}; all else as Postgres has it", purpose.settings.join(", "));
        Ok(Self {
            cluster,
            server,
            key_file: folder.join("master.key"),
            folder,
            root: workspace.root.clone(),
        })
    }

    /// A new database with the schema and the demo's workflow, live. Its destinations are paused: effects are committed
    /// and stay in the outbox, so that what is measured is the way to the commit.
    ///
    /// # Errors
    /// The server's commands fail.
    pub fn database(&self, name: &str) -> Result<()> {
        self.empty_database(name)?;
        let demo = self.root.join("server/demo");
        let workflow = fs::read_to_string(demo.join("demo.yaml"))?;
        // A webhook is not taken without a key to sign with, which `meshline demo` makes at random.
        let signed =
            workflow.replace("kind: webhook\n", "kind: webhook\n    secret: {env: BENCH_WEBHOOK_SECRET}\n");
        let file = self.folder.join("workflow.yaml");
        fs::write(&file, signed)?;
        fs::copy(demo.join("tam.csv"), self.folder.join("tam.csv"))?;
        let mut apply = self.meshline(name);
        apply.arg("apply").arg(file).arg("--bootstrap").env("BENCH_WEBHOOK_SECRET", WEBHOOK_SECRET);
        process::capture(&mut apply)?;
        self.cluster.query_in(name, "UPDATE destinations SET paused_reason = 'measuring'")?;
        Ok(())
    }

    /// A new database with nothing but the schema.
    ///
    /// # Errors
    /// The server's commands fail.
    pub fn empty_database(&self, name: &str) -> Result<()> {
        self.cluster.drop_database(name)?;
        self.cluster.create_database(name)?;
        process::capture(self.meshline(name).arg("migrate")).map(drop)
    }

    /// Where the server keeps files that are uploaded.
    pub fn data_dir(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// The program, at one of the databases.
    pub fn meshline(&self, database: &str) -> Command {
        self.with_database(Command::new(&self.server), database)
    }

    /// A command that is told which database to use.
    pub fn with_database(&self, mut command: Command, database: &str) -> Command {
        command.env("DATABASE_URL", self.cluster.url(database)).env("MESHLINE_KEY_FILE", &self.key_file);
        command.env("MESHLINE_DATA_DIR", self.data_dir());
        command.current_dir(&self.folder);
        command
    }
}

/// A server that is up.
pub struct Serving {
    process: Started,
    /// Where it listens.
    pub address: SocketAddr,
    /// A key that may send events.
    pub key: String,
    /// From its start until it was ready.
    pub ready_ms: f64,
}

impl Serving {
    /// Starts the server at a database, which has to be there, and waits until it is ready.
    ///
    /// # Errors
    /// It ends, or is not ready in time; its log is in the stand's folder.
    pub fn start(stand: &Stand, database: &str) -> Result<Self> {
        Self::start_with(stand, database, None)
    }

    /// As [`Self::start`], with the folder of the built styles and scripts.
    ///
    /// # Errors
    /// As there.
    pub fn start_with(stand: &Stand, database: &str, site: Option<&Path>) -> Result<Self> {
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
        if let Some(site) = site {
            command.arg("--site-dir").arg(site);
        }
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

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Sends one event and returns the answer.
    ///
    /// # Errors
    /// It is not taken.
    pub fn send(&self, number: u64, event: &str) -> Result<serde_json::Value> {
        let head = format!(
            "POST /api/v1/events HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nIdempotency-Key: bench-{number}\r\n",
            self.address, self.key
        );
        let mut connection = Connection::open(self.address)?;
        let answer = connection.ask(&head, event.as_bytes())?;
        if answer.status != 201 {
            bail!("an event was answered {}: {}", answer.status, String::from_utf8_lossy(answer.body));
        }
        serde_json::from_slice(answer.body).context("the answer is no JSON")
    }
}

fn is_ready(address: SocketAddr) -> bool {
    let head = format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\n");
    let status = Connection::open(address).and_then(|mut connection| Ok(connection.ask(&head, b"")?.status));
    status.is_ok_and(|status| status == 200)
}
