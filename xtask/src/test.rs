//! `cargo xtask test`: runs all tests and prints one line of totals.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Result, bail};

use crate::postgres::{self, Cluster};
use crate::rust_tests::Kind;
use crate::skips::Allowed;
use crate::wasm::Mode;
use crate::workspace::Workspace;
use crate::{browser, differ, output, packages, process, rust_tests, torture};

/// The results of tests.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The number of tests that passed.
    pub passed: usize,
    /// The number of tests that failed.
    pub failed: usize,
    /// The names of the tests that did not run.
    pub skipped: Vec<String>,
}

impl Outcome {
    /// Adds the results of other tests.
    pub fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped.extend(other.skipped);
    }
}

/// The parts to run.
#[derive(Clone, Copy)]
struct Selection {
    unit: bool,
    database: bool,
    browser: bool,
    mode: Mode,
}

/// Runs the tests. The last line of output contains the numbers of passed, failed and skipped tests.
///
/// # Errors
/// Returns an error if the options are invalid. A part that cannot start counts as one failed test.
pub fn test(options: &[&str]) -> Result<ExitCode> {
    let selection = parse(options)?;
    let start = Instant::now();
    let mut total = Outcome::default();
    let mut complaints = Vec::new();
    match Workspace::find().and_then(|workspace| Ok((Allowed::read(&workspace)?, workspace))) {
        Ok((allowed, workspace)) => {
            run_all(&workspace, selection, &mut total, &mut complaints);
            for name in allowed.missing(&total.skipped) {
                complaints.push(format!("{name} was skipped and is not in .ci/allowed-skips"));
            }
        }
        Err(error) => complaints.push(format!("{error:#}")),
    }
    for complaint in &complaints {
        eprintln!("error: {complaint}");
    }
    eprintln!("== all tests: {}", output::seconds(start.elapsed()));
    let failed = total.failed + complaints.len();
    println!("{} passed, {failed} failed, {} skipped", total.passed, total.skipped.len());
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Keeps the test database running, for running `cargo test` directly.
///
/// # Errors
/// Returns an error if Postgres cannot be set up.
pub fn keep_database() -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    packages::ensure(&[&packages::POSTGRES])?;
    let cluster = Cluster::start(&workspace, &postgres::TEST)?;
    println!("export {VARIABLE}={}", cluster.url("postgres"));
    eprintln!("press Ctrl-C to stop");
    process::wait_for_interrupt();
    Ok(ExitCode::SUCCESS)
}

/// The variable with the URL of a superuser's database, from which each test creates its own.
pub const VARIABLE: &str = "MESHLINE_TEST_POSTGRES";

fn parse(options: &[&str]) -> Result<Selection> {
    let mut selection = Selection { unit: true, database: true, browser: true, mode: Mode::Development };
    let mut rest = options;
    loop {
        rest = match rest {
            [] => return Ok(selection),
            ["--shipped", rest @ ..] => {
                selection.mode = Mode::Shipped;
                rest
            }
            ["--only", part @ ("unit" | "db" | "browser"), rest @ ..] => {
                selection = Selection {
                    unit: *part == "unit",
                    database: *part == "db",
                    browser: *part == "browser",
                    ..selection
                };
                rest
            }
            _ => bail!("usage: cargo xtask test [--only unit|db|browser] [--shipped]"),
        };
    }
}

fn run_all(workspace: &Workspace, selection: Selection, total: &mut Outcome, complaints: &mut Vec<String>) {
    let mut part = |name: &str, work: &mut dyn FnMut() -> Result<Outcome>| match output::phase(name, work) {
        Ok(outcome) => total.add(outcome),
        Err(error) => complaints.push(format!("{name}: {error:#}")),
    };
    if selection.unit {
        part("unit and property tests", &mut || rust_tests::run(workspace, Kind::Unit, None));
        part("rules in WebAssembly", &mut || differ::short(workspace));
        part("documentation tests", &mut || rust_tests::documentation(workspace));
    }
    if !selection.database && !selection.browser {
        return;
    }
    let cluster =
        packages::ensure(&[&packages::POSTGRES]).and_then(|()| Cluster::start(workspace, &postgres::TEST));
    let url = match cluster.as_ref() {
        Ok(cluster) => cluster.url("postgres"),
        Err(error) => {
            complaints.push(format!("test database: {error:#}"));
            return;
        }
    };
    if selection.database {
        part("database tests", &mut || {
            packages::ensure(&[&packages::PYTHON, &packages::NGINX])?;
            rust_tests::run(workspace, Kind::Database, Some(&url))
        });
        part("a short torture test", &mut || torture::short(workspace));
    }
    if selection.browser {
        part("browser tests", &mut || browser::run(workspace, selection.mode, &url));
    }
}
