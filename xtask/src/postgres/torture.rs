//! The cluster of `cargo xtask torture`: as durable as in production, and crashed on purpose.

use std::process::Command;

use anyhow::Result;

use super::{Cluster, PATIENCE, Purpose, as_owner};
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
