//! Runs the Rust tests: built by one cargo command, run one program at a time.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde_json::Value;

use crate::test::{Outcome, VARIABLE};
use crate::workspace::Workspace;
use crate::{build, output, process};

/// The packages whose tests need no database. The tests of all others get one.
const WITHOUT_DATABASE: &[&str] = &["bench-rules", "bench-worker", "engine", "islands", "xtask"];

/// The time limit of one test program.
const LIMIT: Duration = Duration::from_secs(20 * 60);

/// The kind of tests to run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Tests of packages that need no database.
    Unit,
    /// Tests of all other packages.
    Database,
}

/// A compiled test program.
pub struct Program {
    package: String,
    target: String,
    /// The path of the program.
    pub executable: PathBuf,
    /// The folder of its package, used as the working directory.
    pub folder: PathBuf,
}

/// Builds all test programs and runs those of one kind.
///
/// # Errors
/// Returns an error if they do not compile.
pub fn run(workspace: &Workspace, kind: Kind, database: Option<&str>) -> Result<Outcome> {
    let mut programs = programs(workspace, build::HOST)?;
    programs.extend(self::programs(workspace, &["--package", "xtask"])?);
    programs.retain(|program| WITHOUT_DATABASE.contains(&program.package.as_str()) == (kind == Kind::Unit));
    programs.sort_by(|a, b| (&a.package, &a.target).cmp(&(&b.package, &b.target)));
    let mut total = Outcome::default();
    for program in &programs {
        total.add(run_program(program, database)?);
    }
    Ok(total)
}

/// Runs the examples in the documentation of every library.
///
/// # Errors
/// Returns an error if they do not compile.
pub fn documentation(workspace: &Workspace) -> Result<Outcome> {
    let start = Instant::now();
    let mut cargo = workspace.cargo();
    let output =
        process::output_within(cargo.args(["test", "--doc", "--no-fail-fast"]).args(build::HOST), LIMIT)?;
    let outcome = read(&output.stdout, "doc");
    let ended_well = output.status.is_some_and(|status| status.success());
    report("documentation", "examples", &outcome, start);
    if !ended_well {
        eprintln!("{}\n{}", output.stdout, output.stderr);
        if outcome.failed == 0 {
            bail!("`{}` failed", process::line(&cargo));
        }
    }
    Ok(outcome)
}

/// Builds the test programs that cargo's options select.
///
/// # Errors
/// Returns an error if they do not compile.
pub fn programs(workspace: &Workspace, selection: &[&str]) -> Result<Vec<Program>> {
    let mut cargo = workspace.cargo();
    cargo.args(["test", "--no-run", "--message-format=json-render-diagnostics"]).args(selection);
    let mut found = Vec::new();
    let status = process::each_line(&mut cargo, |line| found.extend(program(line)))?;
    if !status.success() {
        bail!("the tests do not compile");
    }
    Ok(found)
}

/// Returns the test program that a message from cargo announces, if any.
fn program(message: &str) -> Option<Program> {
    let message: Value = serde_json::from_str(message).ok()?;
    if message["profile"]["test"] != Value::Bool(true) {
        return None;
    }
    let folder = Path::new(message["manifest_path"].as_str()?).parent()?;
    let name = message["target"]["name"].as_str()?;
    let kind = message["target"]["kind"][0].as_str()?;
    let target = match kind {
        "test" | "bin" => format!("{kind} {name}"),
        _ => "lib".to_owned(),
    };
    Some(Program {
        package: message["package_id"].as_str().and_then(package_name)?,
        target,
        executable: PathBuf::from(message["executable"].as_str()?),
        folder: folder.to_path_buf(),
    })
}

/// Returns the name in `path+file:///checkout/engine#0.1.0` or `path+file:///checkout/frontend/x#islands@0.1.0`.
fn package_name(id: &str) -> Option<String> {
    let (path, version) = id.rsplit_once('#')?;
    match version.split_once('@') {
        Some((name, _)) => Some(name.to_owned()),
        None => path.rsplit('/').next().map(str::to_owned),
    }
}

fn run_program(program: &Program, database: Option<&str>) -> Result<Outcome> {
    let start = Instant::now();
    let mut command = Command::new(&program.executable);
    command
        .current_dir(&program.folder)
        .env("CARGO_MANIFEST_DIR", &program.folder)
        .env_remove("DATABASE_URL");
    match database {
        Some(url) => command.env(VARIABLE, url),
        None => command.env_remove(VARIABLE),
    };
    let output = process::output_within(&mut command, LIMIT)?;
    let mut outcome = read(&output.stdout, &program.package);
    let ended_well = output.status.is_some_and(|status| status.success());
    if !ended_well && outcome.failed == 0 {
        outcome.failed = 1;
    }
    report(&program.package, &program.target, &outcome, start);
    if !ended_well {
        let how =
            output.status.map_or_else(|| "killed at its time limit".to_owned(), |status| status.to_string());
        eprintln!("{}\n{}\n{how}", output.stdout.trim_end(), output.stderr.trim_end());
    }
    Ok(outcome)
}

fn report(package: &str, target: &str, outcome: &Outcome, start: Instant) {
    let Outcome { passed, failed, skipped } = outcome;
    if passed + failed + skipped.len() > 0 {
        let time = output::seconds(start.elapsed());
        eprintln!(
            "{package:>14} {target:<20} {passed:>5} passed {failed:>3} failed {:>3} skipped  {time:>8}",
            skipped.len()
        );
    }
}

/// Parses the output of libtest. Skipped tests are named `PACKAGE::path::of::the_test`.
fn read(stdout: &str, package: &str) -> Outcome {
    let mut outcome = Outcome::default();
    for line in stdout.lines() {
        if let Some(counts) = line.strip_prefix("test result: ") {
            outcome.passed += count(counts, " passed");
            outcome.failed += count(counts, " failed");
        } else if let Some((name, result)) =
            line.strip_prefix("test ").and_then(|rest| rest.rsplit_once(" ... "))
            && result.starts_with("ignored")
        {
            outcome.skipped.push(format!("{package}::{name}"));
        }
    }
    outcome
}

/// Returns the number before `word`, or 0 if there is none.
fn count(text: &str, word: &str) -> usize {
    let before = text.split_once(word).map_or("", |(before, _)| before);
    before.rsplit(' ').next().and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libtest_output_is_counted() {
        let stdout = "\nrunning 4 tests\ntest a::one ... ok\ntest a::two ... FAILED\ntest a::three ... ignored\n\
                      test a::four ... ignored, needs a year\n\n\
                      test result: FAILED. 1 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.1s\n\
                      test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.1s\n";
        let skipped = vec!["engine::a::three".to_owned(), "engine::a::four".to_owned()];
        assert_eq!(read(stdout, "engine"), Outcome { passed: 13, failed: 1, skipped });
    }

    #[test]
    fn package_and_target_are_read_from_a_message() {
        let message = r#"{"reason":"compiler-artifact","package_id":"path+file:///c/frontend/x#islands@0.1.0",
            "manifest_path":"/c/frontend/x/Cargo.toml","target":{"kind":["test"],"name":"wakes"},
            "profile":{"test":true},"executable":"/t/wakes-1"}"#;
        let found = program(message).unwrap();
        assert_eq!((found.package.as_str(), found.target.as_str()), ("islands", "test wakes"));
        assert_eq!(found.folder, Path::new("/c/frontend/x"));
        assert!(program(r#"{"reason":"build-finished","success":true}"#).is_none());
        assert_eq!(package_name("path+file:///c/engine#0.1.0").as_deref(), Some("engine"));
    }
}
