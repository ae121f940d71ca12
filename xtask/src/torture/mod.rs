//! `cargo xtask torture`: tests that each effect arrives once and in order, whatever fails, and that attackers keep no one else out
//! ([`edge`]).
//!
//! Meshline runs as in production, as processes on a Postgres, and does not know that it is being tested. The expected effects are
//! read from its tables, and the actual ones from the destinations themselves.

mod calendar;
mod cuts;
mod edge;
mod http;
mod journal;
mod kills;
mod load;
mod proxy;
mod random;
mod receiver;
mod recovered;
mod report;
mod servers;
mod sql;
mod stopped;
mod world;

use std::fs;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

pub use report::Report;

use crate::postgres::{self, Cluster};
use crate::test::Outcome;
use crate::workspace::Workspace;
use crate::{build, output, packages};
use world::World;

/// The time limit for the outbox to drain at the end: the leases of killed processes, and all effects behind them.
const SETTLE_WITHIN: Duration = Duration::from_secs(900);

const USAGE: &str = "usage: cargo xtask torture [--kills N] [--effects N] [--seed S] [--seconds-limit T] | --cuts N [--seed S] | --stopped N [--seed S] | recovered | edge [--debug | --program FILE]";

/// The parsed options.
#[derive(Clone, Copy)]
pub struct Options {
    seed: u64,
    kills: usize,
    effects: usize,
    /// The time after which no more kills begin.
    limit: Duration,
    what: What,
    started: Instant,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum What {
    Kills,
    Cuts(usize),
    Stopped(usize),
}

/// Runs a torture test. The last line of stdout is its report as JSON.
///
/// # Errors
/// Returns an error if the options are invalid, or if something does not start or recover.
pub fn torture(options: &[&str]) -> Result<ExitCode> {
    if let ["recovered"] = options {
        return recovered::run(&Workspace::find()?);
    }
    if let ["edge", options @ ..] = options {
        return edge::run(options);
    }
    let options = parse(options)?;
    let report = run(&Workspace::find()?, &options)?;
    report.print();
    Ok(if report.is_fine() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs a short torture test, which `cargo xtask test` counts as one test.
///
/// # Errors
/// Returns an error if something does not start or recover.
pub fn short(workspace: &Workspace) -> Result<Outcome> {
    let options = parse(&["--kills", "8", "--effects", "400", "--seconds-limit", "60"])?;
    let report = run(workspace, &options)?;
    let is_fine = report.is_fine();
    if !is_fine {
        report.print();
    }
    Ok(Outcome { passed: usize::from(is_fine), failed: usize::from(!is_fine), skipped: Vec::new() })
}

fn run(workspace: &Workspace, options: &Options) -> Result<Report> {
    packages::ensure(&[&packages::POSTGRES, &packages::PYTHON])?;
    let built = output::phase("server", || build::server(workspace))?;
    let folder = workspace.target.join("torture");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("emptying {}", folder.display()))?;
    }
    fs::create_dir_all(&folder)?;
    // A copy, because a build in the meantime must not replace the program that processes are restarted from.
    let meshline = folder.join("meshline");
    fs::copy(&built, &meshline).with_context(|| format!("copying {}", built.display()))?;
    let cluster = Cluster::start(workspace, &postgres::TORTURE)?;
    let plan = match options.what {
        What::Kills => kills::PLAN,
        What::Cuts(_) => cuts::PLAN,
        What::Stopped(_) => stopped::PLAN,
    };
    let plan = world::Plan { seed: options.seed, ..plan };
    let world = output::phase("world", || World::new(&cluster, meshline, folder, &plan))?;
    // The time limit does not include the build.
    let options = &Options { started: Instant::now(), ..*options };
    output::phase("torture", || match options.what {
        What::Kills => kills::run(&world, options),
        What::Cuts(cuts) => cuts::run(&world, options, cuts),
        What::Stopped(workers) => stopped::run(&world, options, workers),
    })
}

fn parse(options: &[&str]) -> Result<Options> {
    let mut parsed = Options {
        seed: 1,
        kills: 200,
        effects: 10_000,
        limit: Duration::from_secs(3600),
        what: What::Kills,
        started: Instant::now(),
    };
    for pair in options.chunks(2) {
        let [name, value] = pair else { bail!(USAGE) };
        let number: u64 = value.parse().with_context(|| format!("{name} needs a number\n{USAGE}"))?;
        let count = usize::try_from(number)?;
        match *name {
            "--kills" if count > 0 => parsed.kills = count,
            "--effects" => parsed.effects = count,
            "--seed" => parsed.seed = number,
            "--seconds-limit" => parsed.limit = Duration::from_secs(number),
            "--cuts" => parsed.what = What::Cuts(count),
            "--stopped" => parsed.what = What::Stopped(count),
            _ => bail!(USAGE),
        }
    }
    Ok(parsed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_pairs() {
        let options = parse(&["--kills", "8", "--seed", "7"]).unwrap();
        assert_eq!((options.kills, options.seed, options.effects, options.what), (8, 7, 10_000, What::Kills));
        assert_eq!(parse(&["--cuts", "9"]).unwrap().what, What::Cuts(9));
        for wrong in [&["--kills"][..], &["--kills", "0"], &["--kills", "x"], &["--mercy", "1"]] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
