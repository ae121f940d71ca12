//! `cargo xtask mutate code`: runs cargo-mutants on the rules and the service layer. It replaces operators and results in the code
//! and runs the package's tests. All files take hours, so the command also accepts single files.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{Verdict, report};
use crate::cargo_tool::CargoTool;
use crate::postgres::{self, Cluster};
use crate::test::VARIABLE;
use crate::workspace::Workspace;
use crate::{output, packages, process};

const CARGO_MUTANTS: CargoTool = CargoTool { name: "cargo-mutants", version: "27.1.0" };

/// The files that decide about leads and changes.
const FILES: &[&str] = &["engine/src/rules/**/*.rs", "service/src/**/*.rs"];

/// The time limit of the tests on one mutant, in seconds; some mutants loop forever.
const TIMEOUT: &str = "300";

/// Mutates these files, or all of [`FILES`].
///
/// # Errors
/// Returns an error if cargo-mutants cannot be installed or the tests fail without any mutation.
pub fn code(files: &[&str]) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    packages::ensure(&[&packages::POSTGRES])?;
    let program = CARGO_MUTANTS.ensure(&workspace)?;
    let cluster = Cluster::start(&workspace, &postgres::TEST)?;
    let folder = workspace.target.join("mutants");
    fs::create_dir_all(&folder)?;
    let mut mutants = Command::new(program);
    mutants
        .arg("mutants")
        .args(["--no-shuffle", "--colors=never", "--timeout", TIMEOUT, "--output"])
        .arg(&folder);
    for file in if files.is_empty() { FILES } else { files } {
        mutants.args(["--file", file]);
    }
    mutants.current_dir(&workspace.root).env(VARIABLE, cluster.url("postgres"));
    // cargo-mutants also fails if it missed a mutant, so the result is read from its report.
    output::phase("mutants", || process::status(&mut mutants))?;
    let verdicts = read(&folder.join("mutants.out").join("outcomes.json"))?;
    ensure!(
        !verdicts.is_empty(),
        "no mutants were tested: check that the files exist and that the tests pass without mutations"
    );
    Ok(report(&verdicts))
}

fn read(path: &Path) -> Result<Vec<Verdict>> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let outcomes: Value = serde_json::from_str(&text)?;
    Ok(outcomes["outcomes"].as_array().into_iter().flatten().filter_map(verdict).collect())
}

/// Parses the result for a mutant; `None` if it does not compile.
fn verdict(outcome: &Value) -> Option<Verdict> {
    let name = outcome["scenario"]["Mutant"]["name"].as_str()?.to_owned();
    let caught_by = match outcome["summary"].as_str()? {
        "MissedMutant" => None,
        "CaughtMutant" => Some("a test".to_owned()),
        "Timeout" => Some("killed at its time limit".to_owned()),
        _ => return None,
    };
    Some(Verdict { name, caught_by })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_mutants_that_compile_count() {
        let outcome = |summary: &str| {
            verdict(&json!({ "scenario": { "Mutant": { "name": "m" } }, "summary": summary }))
        };
        assert_eq!(outcome("MissedMutant").map(|verdict| verdict.caught_by), Some(None));
        assert!(outcome("CaughtMutant").is_some_and(|verdict| verdict.caught_by.is_some()));
        assert!(outcome("Timeout").is_some_and(|verdict| verdict.caught_by.is_some()));
        assert!(outcome("Unviable").is_none());
        assert!(verdict(&json!({ "scenario": "Baseline", "summary": "Success" })).is_none());
    }
}
