//! Queries a database with Postgres' own `psql`, independently of Meshline.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::postgres::Cluster;
use crate::process;

/// The time limit for a crashed server to answer again.
const PATIENCE: Duration = Duration::from_secs(60);
/// The line that ends the result of each query.
const END: &str = "-- that was all --";

/// A session that survives crashes of the server.
pub struct Sql<'a> {
    cluster: &'a Cluster,
    database: &'static str,
    open: Option<Open>,
}

/// A running `psql`, which exits when its stdin is closed.
struct Open {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl<'a> Sql<'a> {
    /// Creates a session, which connects on first use.
    pub fn new(cluster: &'a Cluster, database: &'static str) -> Self {
        Self { cluster, database, open: None }
    }

    /// Returns the rows of a query, which is retried while the server is unavailable. It must therefore be idempotent.
    ///
    /// # Errors
    /// Returns an error if the server stays unavailable or the query fails; `psql` has printed the reason to stderr.
    pub fn rows(&mut self, sql: &str) -> Result<Vec<Vec<String>>> {
        let start = Instant::now();
        loop {
            match self.once(sql) {
                Ok(rows) => return Ok(rows),
                Err(error) => {
                    self.open = None;
                    if process::interrupted() || start.elapsed() > PATIENCE {
                        return Err(error);
                    }
                }
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Returns the single number that a query yields.
    ///
    /// # Errors
    /// Returns the same errors as [`Self::rows`], and one if the result is not a number.
    pub fn number(&mut self, sql: &str) -> Result<i64> {
        let rows = self.rows(sql)?;
        let cell = rows.first().and_then(|row| row.first()).with_context(|| format!("no answer to {sql}"))?;
        cell.parse().with_context(|| format!("{cell} is not a number"))
    }

    fn once(&mut self, sql: &str) -> Result<Vec<Vec<String>>> {
        let open = match self.open.take() {
            Some(open) => self.open.insert(open),
            None => self.open.insert(Open::start(self.cluster.psql(self.database))?),
        };
        writeln!(open.to, "{sql};\n\\echo {END}")?;
        open.to.flush()?;
        let mut rows = Vec::new();
        loop {
            let mut line = String::new();
            if open.from.read_line(&mut line)? == 0 {
                bail!("{} does not answer: {sql}", self.database);
            }
            match line.trim_end_matches('\n') {
                END => return Ok(rows),
                line => rows.push(line.split('\t').map(str::to_owned).collect()),
            }
        }
    }
}

impl Open {
    fn start(mut command: Command) -> Result<Self> {
        // Unavailability is detected here and reported only if it lasts.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
        let mut child = command.spawn().context("starting psql")?;
        let (to, from) = (child.stdin.take(), child.stdout.take());
        let (to, from) = (to.context("psql without stdin")?, from.context("psql without stdout")?);
        Ok(Self { child, to, from: BufReader::new(from) })
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        // Errors would mean that it has already exited.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
