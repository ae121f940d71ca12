//! Private Postgres clusters in `.meshline/`: one to run with, one to test on, one to torture, one to measure on.
//!
//! Each has a free port on 127.0.0.1, one superuser with a random password and no Unix socket.
//! Everybody who uses a cluster holds a shared lock on its file of users; whoever leaves last stops it.
//! Coming and leaving happen under a second, exclusive lock, one at a time.

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

/// The superuser of our clusters.
const USER: &str = "meshline";

/// Seconds that starting or stopping may take.
const PATIENCE: &str = "120";

/// A running cluster, kept up as long as this value lives.
pub struct Cluster {
    bin: PathBuf,
    place: Place,
    users: File,
    door: PathBuf,
}

/// Where a cluster is and how to get in.
struct Place {
    data: PathBuf,
    port: u16,
    password: String,
}

impl Cluster {
    /// Makes the cluster if it is not there, starts it if it does not run, and joins its users.
    ///
    /// # Errors
    /// There is no Postgres server, or it does not start; the message has the end of its log.
    pub fn start(workspace: &Workspace, purpose: &Purpose) -> Result<Self> {
        let private = workspace.private()?;
        let file = |kind: &str| private.join(format!("{}.{kind}", purpose.name));
        let door = file("lock");
        let _held = pass(&door)?;
        let users = File::create(file("users"))?;
        let alone = is_alone(&users)?;
        let place = Place::read(&file("json"));
        let place = match place {
            Some(place) if !alone && is_up(&place.data)? => place,
            place => start_up(&private, purpose, place.filter(|_| purpose.kept), &file("json"))?,
        };
        users.lock_shared()?;
        Ok(Self { bin: bin_for(&place.data)?, place, users, door })
    }

    /// The address of one of its databases, with the password.
    pub fn url(&self, database: &str) -> String {
        let Place { port, password, .. } = &self.place;
        format!("postgres://{USER}:{password}@127.0.0.1:{port}/{database}")
    }

    /// Makes the database and tells whether it is new.
    ///
    /// # Errors
    /// Postgres refuses.
    pub fn create_database(&self, name: &str) -> Result<bool> {
        let query = format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'");
        if self.query(&query)?.trim() == "1" {
            return Ok(false);
        }
        self.query(&format!("CREATE DATABASE {name}"))?;
        Ok(true)
    }

    /// Removes the database, if it is there, and everybody from it.
    ///
    /// # Errors
    /// Postgres refuses.
    pub fn drop_database(&self, name: &str) -> Result<()> {
        self.query(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).map(drop)
    }

    /// The database's schema as `pg_dump` writes it.
    ///
    /// # Errors
    /// `pg_dump` fails.
    pub fn schema(&self, database: &str) -> Result<String> {
        process::capture(self.client("pg_dump", database).arg("--schema-only"))
    }

    fn query(&self, sql: &str) -> Result<String> {
        self.query_in("postgres", sql)
    }

    /// What `psql` prints for a query in one of its databases: values without decoration.
    ///
    /// # Errors
    /// Postgres refuses.
    pub fn query_in(&self, database: &str, sql: &str) -> Result<String> {
        let mut command = self.client("psql", database);
        process::capture(command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql]))
    }

    /// The process all others of the cluster descend from.
    ///
    /// # Errors
    /// The cluster is not up.
    pub fn pid(&self) -> Result<u32> {
        let file = fs::read_to_string(self.place.data.join("postmaster.pid"))?;
        file.lines()
            .next()
            .and_then(|line| line.trim().parse().ok())
            .context("postmaster.pid names no process")
    }

    /// One of Postgres' client programs at one of its databases.
    ///
    /// All goes by the environment, which every one of them reads: a command line is for everybody to see.
    pub fn client(&self, program: &str, database: &str) -> Command {
        let mut command = Command::new(self.bin.join(program));
        command.env("PGHOST", "127.0.0.1").env("PGPORT", self.place.port.to_string());
        command.env("PGUSER", USER).env("PGPASSWORD", &self.place.password).env("PGDATABASE", database);
        command
    }

    fn leave(&self) -> Result<()> {
        let _held = pass(&self.door)?;
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

/// Gets the cluster up for its first user, with what is in `known` or, without that, empty.
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
    // It may still be up if whoever used it last was killed.
    if !is_up(&place.data)? {
        if !is_free(place.port) {
            place.port = free_port()?;
        }
        place.write(state)?;
        start(&place, purpose)?;
    }
    Ok(place)
}

/// The folder for a cluster, which the user who runs Postgres can reach: in `.meshline/`, or for root,
/// whose folders may be closed to that user, below `/var/lib/meshline/`.
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

/// Makes a new cluster at `data`, instead of one that may be there.
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
    made.context("making a Postgres cluster")?;
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
    // Not through `process`: after a signal that starts nothing more.
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

/// The programs of the version that made the cluster.
fn bin_for(data: &Path) -> Result<PathBuf> {
    let newest = packages::postgres_bin().context("no Postgres server is installed")?;
    let Ok(version) = fs::read_to_string(data.join("PG_VERSION")) else { return Ok(newest) };
    let bin = Path::new("/usr/lib/postgresql").join(version.trim()).join("bin");
    if bin.join("postgres").is_file() {
        return Ok(bin);
    }
    if newest.starts_with("/usr/lib/postgresql") {
        bail!(
            "{} was made by Postgres {}, which is not installed; install it, or remove the folder",
            data.display(),
            version.trim()
        );
    }
    Ok(newest)
}

/// A program run by the user who owns the clusters: us, or for root, whom Postgres refuses, `postgres`.
fn as_owner(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = if workspace::is_root().unwrap_or(false) {
        let mut runuser = Command::new("runuser");
        runuser.args(["-u", "postgres", "--"]).arg(program);
        runuser
    } else {
        Command::new(program)
    };
    // Our own folder may be closed to that user.
    command.current_dir("/");
    command
}

fn own(path: &Path) -> Result<()> {
    process::run(Command::new("chown").arg("postgres:postgres").arg(path))
}

/// Waits for the exclusive lock on a file; it lasts as long as the value.
fn pass(door: &Path) -> Result<File> {
    let file = File::create(door).with_context(|| format!("opening {}", door.display()))?;
    file.lock()?;
    Ok(file)
}

/// Whether nobody else uses the cluster. If so, `users` is locked for us alone, else not at all.
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
