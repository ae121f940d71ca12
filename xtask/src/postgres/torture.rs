//! The cluster of `cargo xtask torture`: as durable as in production, and crashed on purpose.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::{Cluster, PATIENCE, Place, Purpose, as_owner};
use crate::process;

/// The cluster of `cargo xtask torture`. Commits must survive a crash, so `fsync` stays on.
pub const TORTURE: Purpose = Purpose {
    name: "torture-pg",
    settings: &["fsync=on", "max_connections=300", "max_locks_per_transaction=256", "shared_buffers=256MB"],
    kept: false,
    auth: "--auth=scram-sha-256",
};

impl Cluster {
    /// Kills the server without a clean shutdown and starts it again, so that it has to recover from its log.
    ///
    /// # Errors
    /// Returns an error if it does not start again.
    pub fn crash(&self) -> Result<()> {
        let mut command = as_owner(self.bin.join("pg_ctl"));
        command.args(["restart", "--wait", "--timeout", PATIENCE, "--mode=immediate"]);
        command.arg("--log").arg(self.place.data.with_file_name("log"));
        process::capture(command.arg("--pgdata").arg(&self.place.data)).map(drop)
    }

    /// Kills the server and leaves it down.
    ///
    /// # Errors
    /// Returns an error if it does not stop.
    pub fn kill(&self) -> Result<()> {
        let mut command = as_owner(self.bin.join("pg_ctl"));
        command.args(["stop", "--wait", "--timeout", PATIENCE, "--mode=immediate"]);
        process::capture(command.arg("--pgdata").arg(&self.place.data)).map(drop)
    }

    /// Copies the cluster as a streaming replica, and starts it.
    ///
    /// # Errors
    /// Returns an error if the copy fails or does not start.
    pub fn replica(&self) -> Result<Replica> {
        let data = self.place.data.with_file_name("replica");
        if data.exists() {
            fs::remove_dir_all(&data)?;
        }
        let mut copy = as_owner(self.bin.join("pg_basebackup"));
        // A connection string, since `runuser` may drop the environment. The password is in it; nobody else uses this machine's
        // torture cluster, which lives for a minute.
        let source = self.url("postgres");
        copy.args(["--checkpoint=fast", "--wal-method=stream", "--write-recovery-conf", "--dbname"]);
        process::capture(copy.arg(&source).arg("--pgdata").arg(&data))?;
        let replica = Replica {
            bin: self.bin.clone(),
            place: Place { data, port: super::free_port()?, password: self.place.password.clone() },
        };
        replica.start(replica.place.port)?;
        Ok(replica)
    }

    /// Returns a `psql` command that prints bare, tab-separated rows.
    pub fn psql(&self, database: &str) -> Command {
        let mut command = self.client("psql", database);
        command.args(["-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1"]);
        command
    }

    /// Returns the port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.place.port
    }

    /// Returns the password of the superuser.
    pub fn password(&self) -> &str {
        &self.place.password
    }
}

/// A streaming replica of the cluster, removed with the value.
pub struct Replica {
    bin: PathBuf,
    place: Place,
}

impl Replica {
    /// Starts it on a port.
    ///
    /// # Errors
    /// Returns an error if it does not start.
    pub fn start(&self, port: u16) -> Result<()> {
        super::start(&Place { port, data: self.place.data.clone(), password: String::new() }, &TORTURE)
    }

    /// Stops it.
    ///
    /// # Errors
    /// Returns an error if it does not stop.
    pub fn stop(&self) -> Result<()> {
        super::stop(&self.bin, &self.place.data)
    }

    /// Makes it a primary on a new timeline.
    ///
    /// # Errors
    /// Returns an error if it stays a replica.
    pub fn promote(&self) -> Result<()> {
        let mut command = as_owner(self.bin.join("pg_ctl"));
        command.args(["promote", "--wait", "--timeout", PATIENCE]);
        process::capture(command.arg("--pgdata").arg(&self.place.data)).map(drop)
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        // It may be stopped already.
        self.stop().ok();
        fs::remove_dir_all(&self.place.data).ok();
    }
}
