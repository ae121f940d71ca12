//! `cargo xtask bench outbox`: compares the dispatcher with two job queues for Node.js on the same Postgres.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::stand::Stand;
use super::{Figures, machine, median, program, statements};
use crate::workspace::{self, Workspace};
use crate::{node, output, postgres, process};

/// The peers, in the measured versions.
const PACKAGES: [&str; 3] = ["graphile-worker@0.18.0", "pg-boss@12.38.0", "pg@8.23.1"];

/// The oldest Node.js version that they support.
const NODE: u32 = 22;

/// The drivers: the name, and the script that processes a number of jobs.
const DRIVERS: [(&str, &str); 2] =
    [("graphile.mjs", include_str!("peers/graphile.mjs")), ("pgboss.mjs", include_str!("peers/pgboss.mjs"))];

/// The database of Meshline's outbox.
const DATABASE: &str = "outbox";

/// Options of the measurement.
#[derive(Debug, clap::Args)]
pub struct OutboxOptions {
    /// Number of effects in each round.
    #[arg(long, default_value_t = 50_000, value_parser = clap::value_parser!(u64).range(1..))]
    jobs: u64,
    /// Number of rounds; the median is reported.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..))]
    rounds: u64,
    /// Number of effects whose latency is measured one by one.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..))]
    samples: u64,
    /// Number of finished effects in the aged database.
    #[arg(long, default_value_t = 10_000_000)]
    aged: u64,
    /// Print the slowest statements.
    #[arg(long)]
    statements: bool,
}

/// Runs the measurement.
///
/// # Errors
/// Returns an error if the environment cannot be set up.
pub fn run(options: &OutboxOptions) -> Result<ExitCode> {
    let OutboxOptions { jobs, rounds, samples, aged, statements: count_statements } = *options;
    let workspace = Workspace::find()?;
    let purpose = if count_statements { &postgres::BENCH_STATEMENTS } else { &postgres::BENCH };
    let stand = Stand::set_up(&workspace, purpose)?;
    let ours = Ours {
        program: output::phase("dispatcher's measurement", || program(&workspace, "bench", "outbox"))?,
        stand: &stand,
    };
    let peers = Peers::set_up();
    let mut figures = Figures::default();

    stand.empty_database(DATABASE)?;
    if count_statements {
        statements::reset(&stand, DATABASE)?;
        ours.throughput(jobs)?;
        statements::print(&stand, DATABASE, jobs)?;
    }
    let mut measured: [Vec<f64>; 3] = Default::default();
    let mut complaints: [Option<String>; 3] = Default::default();
    for round in 0..rounds {
        let [graphile, pgboss] =
            DRIVERS.map(|(driver, _)| peers.as_ref().map(|peers| peers.run(&stand, driver, jobs)));
        let peer = |run: Result<Result<f64>, &anyhow::Error>| match run {
            Ok(run) => run.map_err(|error| format!("{error:#}")),
            Err(error) => Err(format!("{error:#}")),
        };
        let own = ours.throughput(jobs).map_err(|error| format!("{error:#}"));
        for (place, run) in [own, peer(graphile), peer(pgboss)].into_iter().enumerate() {
            match run {
                Ok(per_s) => measured[place].push(per_s),
                Err(complaint) => complaints[place] = Some(complaint),
            }
        }
        eprintln!("   round {round}: Meshline, graphile-worker and pg-boss: {measured:.0?} jobs/s");
    }
    let [fresh, graphile, pgboss] = [0, 1, 2].map(|place: usize| {
        median(&measured[place]).map_err(|error| match &complaints[place] {
            Some(complaint) => anyhow::anyhow!("{complaint}"),
            None => error,
        })
    });
    let fresh_per_s = fresh.as_ref().ok().copied();
    figures.add("jobs_per_s", &format!("effects per second, {jobs} of them"), fresh);
    figures.add("graphile_per_s", "graphile-worker, localQueue 500", graphile);
    figures.add("pgboss_per_s", "pg-boss, batches of 200", pgboss);
    let pickup = ours.run("pickup", samples);
    let wait = |key: &str| match &pickup {
        Ok(answer) => number(answer, key),
        Err(error) => Err(anyhow::anyhow!("{error:#}")),
    };
    figures.add("pickup_p50_ms", "median start latency of single effects, ms", wait("p50_ms"));
    figures.add("pickup_p99_ms", "99th percentile start latency, ms", wait("p99_ms"));
    figures.add(
        "aged_ratio",
        &format!("throughput after {aged} finished effects ÷ fresh"),
        ours.aged(jobs, rounds, aged, fresh_per_s),
    );
    stand.cluster.drop_database(DATABASE)?;
    figures.print();
    Ok(ExitCode::SUCCESS)
}

/// Meshline's dispatcher.
struct Ours<'a> {
    program: PathBuf,
    stand: &'a Stand,
}

impl Ours<'_> {
    fn run(&self, what: &str, count: u64) -> Result<Value> {
        let mut command = self.stand.with_database(Command::new(&self.program), DATABASE);
        let said = process::capture(command.args([what, &count.to_string()]))?;
        Ok(serde_json::from_str(said.lines().last().unwrap_or_default())?)
    }

    /// Brings the tables' statistics and caches into the same state before every run.
    fn settle(&self) -> Result<()> {
        self.stand.cluster.query_in(DATABASE, "VACUUM ANALYZE")?;
        self.stand.cluster.query_in(DATABASE, "CHECKPOINT").map(drop)
    }

    fn throughput(&self, jobs: u64) -> Result<f64> {
        self.settle()?;
        let postgres = self.stand.cluster.pid()?;
        let before = (machine::family_cpu_s(postgres)?, machine::family_cpu_s(std::process::id())?);
        let per_s = number(&self.run("throughput", jobs)?, "jobs_per_s")?;
        eprintln!(
            "   {per_s:.0}/s; creating and processing {jobs} effects took {:.1} s of processor time in Postgres and {:.1} s in Meshline",
            machine::family_cpu_s(postgres)? - before.0,
            machine::family_cpu_s(std::process::id())? - before.1
        );
        Ok(per_s)
    }

    fn aged(&self, jobs: u64, rounds: u64, aged: u64, fresh: Option<f64>) -> Result<f64> {
        let fresh = fresh.context("the figure on a fresh database is missing")?;
        ensure!(aged > 0, "skipped by --aged 0");
        output::phase("history", || self.run("age", aged))?;
        let mut measured = Vec::new();
        for _ in 0..rounds {
            measured.push(self.throughput(jobs)?);
        }
        Ok(median(&measured)? / fresh)
    }
}

/// The peers' folder and the path of Node.js.
struct Peers {
    folder: PathBuf,
    path: OsString,
}

impl Peers {
    fn set_up() -> Result<Self> {
        let path = node::ensure(NODE)?;
        let folder = workspace::cache()?.join("bench-peers");
        if !PACKAGES.iter().all(|package| is_installed(&folder, package)) {
            node::install(&PACKAGES, &folder)?;
        }
        for (name, script) in DRIVERS {
            fs::write(folder.join(name), script)?;
        }
        Ok(Self { folder, path })
    }

    /// Returns the jobs per second in a new database for the peer.
    fn run(&self, stand: &Stand, driver: &str, jobs: u64) -> Result<f64> {
        let database = driver.trim_end_matches(".mjs");
        stand.cluster.drop_database(database)?;
        stand.cluster.create_database(database)?;
        let mut command = stand.with_database(Command::new("node"), database);
        command.arg(driver).arg(jobs.to_string()).current_dir(&self.folder).env("PATH", &self.path);
        let said = process::capture(&mut command)?;
        stand.cluster.drop_database(database)?;
        number(&serde_json::from_str(said.lines().last().unwrap_or_default())?, "per_s")
    }
}

fn is_installed(folder: &Path, package: &str) -> bool {
    let Some((name, version)) = package.rsplit_once('@') else { return false };
    let manifest = fs::read_to_string(folder.join("node_modules").join(name).join("package.json"));
    let manifest: Value = manifest.ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    manifest["version"] == version
}

fn number(answer: &Value, key: &str) -> Result<f64> {
    answer[key].as_f64().with_context(|| format!("the answer has no {key}: {answer}"))
}
