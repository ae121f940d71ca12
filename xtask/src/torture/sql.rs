//! Looking into a database with Postgres' own `psql`: nothing of Meshline is in between.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::postgres::Cluster;
use crate::process;

/// How long a server that was crashed may take until it answers again.
const PATIENCE: Duration = Duration::from_secs(60);
/// What ends the answer to each question.
const END: &str = "-- that was all --";

/// A session that outlives the server's crashes.
pub struct Sql<'a> {
    cluster: &'a Cluster,
    database: &'static str,
    open: Option<Open>,
}

/// A running `psql`; it ends with its stdin.
struct Open {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl<'a> Sql<'a> {
    /// A session, opened when it is first used.
    pub fn new(cluster: &'a Cluster, database: &'static str) -> Self {
        Self { cluster, database, open: None }
    }

    /// The rows of a question, asked again while the server is away. So nothing but questions, and what may be done twice.
    ///
    /// # Errors
    /// The server stays away, or refuses; `psql` has said why on stderr.
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

    /// The one number that a question answers.
    ///
    /// # Errors
    /// As [`Self::rows`], or it is no number.
    pub fn number(&mut self, sql: &str) -> Result<i64> {
        let rows = self.rows(sql)?;
        let cell = rows.first().and_then(|row| row.first()).with_context(|| format!("no answer to {sql}"))?;
        cell.parse().with_context(|| format!("{cell} is no number"))
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
        // That the server is away is looked for, and told if it stays so.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
        let mut child = command.spawn().context("starting psql")?;
        let (to, from) = (child.stdin.take(), child.stdout.take());
        let (to, from) = (to.context("psql without stdin")?, from.context("psql without stdout")?);
        Ok(Self { child, to, from: BufReader::new(from) })
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        // The errors would be that it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
