//! Private Postgres clusters in `.meshline/`: for running, testing, torture tests and measurements.
//!
//! Each listens on a free port on 127.0.0.1 and has one superuser with a random password and no Unix socket. Every process that uses
//! a cluster holds a shared lock on its file of users; the last one to leave stops it. Joining and leaving are serialized by a
//! second, exclusive lock.

mod purpose;
mod torture;

use std::fs::{self, File, TryLockError};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::workspace::{self, Workspace};
use crate::{packages, process, secrets};

pub use purpose::{BENCH, BENCH_STATEMENTS, Purpose, RUN, TEST};
pub use torture::TORTURE;

/// The superuser of the clusters.
const USER: &str = "meshline";

/// The time limit for starting and stopping, in seconds.
const PATIENCE: &str = "120";

/// A running cluster, kept up as long as this value lives.
pub struct Cluster {
    bin: PathBuf,
    place: Place,
    users: File,
    lock_file: PathBuf,
}

/// The location and credentials of a cluster.
struct Place {
    data: PathBuf,
    port: u16,
    password: String,
}

impl Cluster {
    /// Creates the cluster if it is missing, starts it if it is not running, and joins its users.
    ///
    /// # Errors
    /// Returns an error if there is no Postgres server or it does not start; the message contains the end of its log.
    pub fn start(workspace: &Workspace, purpose: &Purpose) -> Result<Self> {
        let private = workspace.private()?;
        let file = |kind: &str| private.join(format!("{}.{kind}", purpose.name));
        let lock_file = file("lock");
        let _held = pass(&lock_file)?;
        let users = File::create(file("users"))?;
        let alone = is_alone(&users)?;
        let place = Place::read(&file("json"));
        let place = match place {
            Some(place) if !alone && is_up(&place.data)? => place,
            place => start_up(&private, purpose, place.filter(|_| purpose.kept), &file("json"))?,
        };
        users.lock_shared()?;
        Ok(Self { bin: bin_for(&place.data)?, place, users, lock_file })
    }

    /// Returns the URL of a database, including the password.
    pub fn url(&self, database: &str) -> String {
        let Place { port, password, .. } = &self.place;
        format!("postgres://{USER}:{password}@127.0.0.1:{port}/{database}")
    }

    /// Creates a database if it is missing. Returns whether it is new.
    ///
    /// # Errors
    /// Returns an error if the statement fails.
    pub fn create_database(&self, name: &str) -> Result<bool> {
        let query = format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'");
        if self.query(&query)?.trim() == "1" {
            return Ok(false);
        }
        self.query(&format!("CREATE DATABASE {name}"))?;
        Ok(true)
    }

    /// Drops a database if it exists, and disconnects its users.
    ///
    /// # Errors
    /// Returns an error if the statement fails.
    pub fn drop_database(&self, name: &str) -> Result<()> {
        self.query(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).map(drop)
    }

    /// Returns the schema of a database as written by `pg_dump`.
    ///
    /// # Errors
    /// Returns an error if `pg_dump` fails.
    pub fn schema(&self, database: &str) -> Result<String> {
        process::capture(self.client("pg_dump", database).arg("--schema-only"))
    }

    fn query(&self, sql: &str) -> Result<String> {
        self.query_in("postgres", sql)
    }

    /// Returns the output of `psql` for a query: bare values.
    ///
    /// # Errors
    /// Returns an error if the query fails.
    pub fn query_in(&self, database: &str, sql: &str) -> Result<String> {
        let mut command = self.client("psql", database);
        process::capture(command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql]))
    }

    /// Returns the id of the postmaster process.
    ///
    /// # Errors
    /// Returns an error if the cluster is not running.
    pub fn pid(&self) -> Result<u32> {
        let file = fs::read_to_string(self.place.data.join("postmaster.pid"))?;
        file.lines()
            .next()
            .and_then(|line| line.trim().parse().ok())
            .context("postmaster.pid contains no process id")
    }

    /// Returns a command that runs one of Postgres' client programs on a database.
    ///
    /// The connection is passed in the environment, because command lines are visible to all users.
    pub fn client(&self, program: &str, database: &str) -> Command {
        let mut command = Command::new(self.bin.join(program));
        command.env("PGHOST", "127.0.0.1").env("PGPORT", self.place.port.to_string());
        command.env("PGUSER", USER).env("PGPASSWORD", &self.place.password).env("PGDATABASE", database);
        command
    }

    fn leave(&self) -> Result<()> {
        let _held = pass(&self.lock_file)?;
        if is_alone(&self.users)? { stop(&self.bin, &self.place.data) } else { Ok(()) }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Err(error) = self.leave() {
            eprintln!("leaving Postgres: {error:#}");
        }
    }
}

impl Place {
    fn read(path: &Path) -> Option<Self> {
        let state: Value = serde_json::from_str(&fs::read_to_string(path).ok()?).ok()?;
        Some(Self {
            data: PathBuf::from(state["data"].as_str()?),
            port: state["port"].as_u64()?.try_into().ok()?,
            password: state["password"].as_str()?.to_owned(),
        })
    }

    fn write(&self, path: &Path) -> Result<()> {
        let Self { data, port, password } = self;
        secrets::write(path, &json!({"data": data, "port": port, "password": password}).to_string())
    }
}

/// Starts the cluster for its first user, with the data in `known` or else empty.
fn start_up(private: &Path, purpose: &Purpose, known: Option<Place>, state: &Path) -> Result<Place> {
    let mut place = match known {
        Some(place) if place.data.join("PG_VERSION").is_file() => place,
        _ => {
            let data = folder(private, purpose)?.join("data");
            let password = secrets::password()?;
            make(&data, &password, purpose)?;
            Place { data, port: 0, password }
        }
    };
    // It may still be running if its last user was killed.
    if !is_up(&place.data)? {
        if !is_free(place.port) {
            place.port = free_port()?;
        }
        place.write(state)?;
        start(&place, purpose)?;
    }
    Ok(place)
}

/// Returns the folder for a cluster, which the user who runs Postgres must be able to reach: in `.meshline/`, or in
/// `/var/lib/meshline/` for root, whose folders may be inaccessible to that user.
fn folder(private: &Path, purpose: &Purpose) -> Result<PathBuf> {
    let inside = private.join(purpose.name);
    fs::create_dir_all(&inside)?;
    if !workspace::is_root()? {
        return Ok(inside);
    }
    own(&inside)?;
    if process::status(as_owner("test").arg("-w").arg(&inside))?.success() {
        return Ok(inside);
    }
    fs::remove_dir_all(&inside)?;
    let hash = secrets::short_hash(private.as_os_str().as_encoded_bytes());
    let outside = Path::new("/var/lib/meshline").join(hash).join(purpose.name);
    fs::create_dir_all(&outside)?;
    own(&outside)?;
    Ok(outside)
}

/// Creates a cluster at `data`, replacing an existing one.
fn make(data: &Path, password: &str, purpose: &Purpose) -> Result<()> {
    let bin = packages::postgres_bin().context("no Postgres server is installed")?;
    if is_up(data)? {
        stop(&bin_for(data)?, data)?;
    }
    let half = data.with_extension("half-made");
    for folder in [data, &half] {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
    }
    let password_file = data.with_extension("password");
    secrets::write(&password_file, password)?;
    if workspace::is_root()? {
        own(&password_file)?;
    }
    let mut initdb = as_owner(bin.join("initdb"));
    initdb.args([
        "--username",
        USER,
        purpose.auth,
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--data-checksums",
    ]);
    initdb.arg("--pwfile").arg(&password_file).arg("--pgdata").arg(&half);
    if !purpose.kept {
        initdb.arg("--no-sync");
    }
    let made = process::capture(&mut initdb);
    fs::remove_file(&password_file)?;
    made.context("creating a Postgres cluster")?;
    fs::rename(&half, data).with_context(|| format!("putting {} in place", data.display()))
}

fn start(place: &Place, purpose: &Purpose) -> Result<()> {
    let Place { data, port, .. } = place;
    let mut options = format!("-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories=");
    for setting in purpose.settings {
        options.push_str(" -c ");
        options.push_str(setting);
    }
    let log = data.with_file_name("log");
    let mut command = as_owner(bin_for(data)?.join("pg_ctl"));
    command.args(["start", "--wait", "--timeout", PATIENCE, "--options", &options, "--log"]).arg(&log);
    if let Err(error) = process::capture(command.arg("--pgdata").arg(data)) {
        let log = fs::read_to_string(&log).unwrap_or_default();
        let last: Vec<&str> = log.lines().rev().take(10).collect();
        bail!("Postgres did not start: {error:#}\n{}", last.into_iter().rev().collect::<Vec<_>>().join("\n"));
    }
    Ok(())
}

fn stop(bin: &Path, data: &Path) -> Result<()> {
    // Not through `process`, which starts nothing after a signal.
    let mut command = as_owner(bin.join("pg_ctl"));
    command.args(["stop", "--wait", "--timeout", PATIENCE, "--mode=fast", "--pgdata"]).arg(data);
    let output = command.output()?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

fn is_up(data: &Path) -> Result<bool> {
    if !data.join("postmaster.pid").is_file() {
        return Ok(false);
    }
    let mut command = as_owner(bin_for(data)?.join("pg_ctl"));
    Ok(process::output(command.arg("status").arg("--pgdata").arg(data))?.status.success())
}

/// Returns the programs of the version that created the cluster.
fn bin_for(data: &Path) -> Result<PathBuf> {
    let newest = packages::postgres_bin().context("no Postgres server is installed")?;
    let Ok(version) = fs::read_to_string(data.join("PG_VERSION")) else { return Ok(newest) };
    let bin = Path::new("/usr/lib/postgresql").join(version.trim()).join("bin");
    if bin.join("postgres").is_file() {
        return Ok(bin);
    }
    if newest.starts_with("/usr/lib/postgresql") {
        bail!(
            "{} was created by Postgres {}, which is not installed; install it or delete the folder",
            data.display(),
            version.trim()
        );
    }
    Ok(newest)
}

/// Returns a command that runs as the owner of the clusters: the current user, or `postgres` instead of root, because Postgres does
/// not run as root.
fn as_owner(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = if workspace::is_root().unwrap_or(false) {
        let mut runuser = Command::new("runuser");
        runuser.args(["-u", "postgres", "--"]).arg(program);
        runuser
    } else {
        Command::new(program)
    };
    // The current folder may be inaccessible to that user.
    command.current_dir("/");
    command
}

fn own(path: &Path) -> Result<()> {
    process::run(Command::new("chown").arg("postgres:postgres").arg(path))
}

/// Waits for the exclusive lock on a file, which is held as long as the value lives.
fn pass(lock_file: &Path) -> Result<File> {
    let file = File::create(lock_file).with_context(|| format!("opening {}", lock_file.display()))?;
    file.lock()?;
    Ok(file)
}

/// Returns whether no other process uses the cluster. If so, `users` is locked exclusively, otherwise not at all.
fn is_alone(users: &File) -> Result<bool> {
    match users.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

fn is_free(port: u16) -> bool {
    port != 0 && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
