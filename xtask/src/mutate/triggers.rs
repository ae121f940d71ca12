//! `cargo xtask mutate triggers`: removes one trigger, one clause of a guard function or one constraint, or grants one more
//! privilege, in a copy of the migrated database, and runs the store's guard tests on it.

use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::catalogue::{self, Mutant};
use super::{Verdict, report};
use crate::postgres::{self, Cluster};
use crate::rust_tests::{self, Program};
use crate::test::VARIABLE;
use crate::workspace::Workspace;
use crate::{output, packages, process};

/// Names the database that tests copy; they create it when it does not exist.
const TEMPLATE: &str = "MESHLINE_TEST_TEMPLATE";

/// The tests that run on every mutant, by the start of their names: the second group only where the first passes, since it is
/// slower.
const TESTS: [&str; 2] = ["guards::", "releases::"];

/// How long the tests may take on one mutant; a mutant that makes them hang counts as caught.
const LIMIT: Duration = Duration::from_secs(180);

/// Mutants that behave exactly like the original schema, and why.
const EQUIVALENT: &[(&str, &str)] = &[
    (
        "constraint outcomes_amount_is_finite: without (amount <> 'NaN'::NUMERIC)",
        "NaN is not below infinity, so another part refuses it",
    ),
    (
        "function change_is_signed: without r.verdict = 'approve'",
        "only an approval names a role, by change_reviews_role_signs",
    ),
    (
        "index change_reviews_a_role_signs_once: without WHERE (verdict = 'approve'::text)",
        "only an approval names a role, by change_reviews_role_signs",
    ),
];

/// Tries every mutant whose name contains `filter`.
///
/// # Errors
/// Postgres or the tests do not start, or the tests fail on the schema as it is.
pub fn triggers(filter: &str) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    packages::ensure(&[&packages::POSTGRES])?;
    let selection = ["--package", "store", "--test", "all"];
    let program = output::phase("building", || rust_tests::programs(&workspace, &selection))?;
    let program = program.into_iter().next().context("store has no test program `all`")?;
    let cluster = Cluster::start(&workspace, &postgres::TEST)?;
    let base = Template { cluster: &cluster, name: format!("mutate_{}", std::process::id()) };
    let unchanged = output::phase("the schema as it is", || base.failing_test(&program))?;
    ensure!(unchanged.is_none(), "{} fails without any mutation", unchanged.unwrap_or_default());
    let mut mutants = catalogue::mutants(&cluster, &base.name)?;
    for (name, reason) in EQUIVALENT {
        let before = mutants.len();
        mutants.retain(|mutant| mutant.name != *name);
        ensure!(mutants.len() < before, "there is no mutant `{name}` any more; take it out of the list");
        println!("equivalent  {name}  ({reason})");
    }
    mutants.retain(|mutant| mutant.name.contains(filter));
    let mut verdicts = Vec::with_capacity(mutants.len());
    for (number, mutant) in mutants.iter().enumerate() {
        let caught_by = base.mutated(mutant)?.failing_test(&program)?;
        let word = if caught_by.is_some() { "caught" } else { "MISSED" };
        eprintln!("{:>4}/{} {word} {}", number + 1, mutants.len(), mutant.name);
        verdicts.push(Verdict { name: mutant.name.clone(), caught_by });
    }
    Ok(report(&verdicts))
}

/// A database that tests copy, dropped with the value.
struct Template<'a> {
    cluster: &'a Cluster,
    name: String,
}

impl<'a> Template<'a> {
    /// Copies the database and applies a mutant to the copy.
    fn mutated(&self, mutant: &Mutant) -> Result<Template<'a>> {
        let copy = Template { cluster: self.cluster, name: format!("{}_mutant", self.name) };
        self.cluster.drop_database(&copy.name)?;
        self.cluster
            .query_in("postgres", &format!("CREATE DATABASE {} TEMPLATE {}", copy.name, self.name))?;
        self.cluster
            .query_in(&copy.name, &mutant.sql)
            .with_context(|| format!("the mutant does not apply: {}\n{}", mutant.name, mutant.sql))?;
        Ok(copy)
    }

    /// Runs the tests on copies of the database and returns the first that fails, if one does.
    fn failing_test(&self, program: &Program) -> Result<Option<String>> {
        for tests in TESTS {
            if let Some(failed) = self.failing_test_of(program, tests)? {
                return Ok(Some(failed));
            }
        }
        Ok(None)
    }

    fn failing_test_of(&self, program: &Program, tests: &str) -> Result<Option<String>> {
        let mut command = Command::new(&program.executable);
        command.arg(tests).current_dir(&program.folder).env("CARGO_MANIFEST_DIR", &program.folder);
        command.env(VARIABLE, self.cluster.url("postgres")).env(TEMPLATE, &self.name);
        let output = process::output_within(&mut command, LIMIT)?;
        if output.status.is_none() {
            return Ok(Some("killed at its time limit".to_owned()));
        }
        let failed = output.stdout.lines().find_map(failed);
        let is_success = output.status.is_some_and(|status| status.success());
        // Otherwise the program did not get as far as its tests, which says nothing about the mutant.
        ensure!(
            is_success != failed.is_some() && output.stdout.contains("test result: "),
            "{}\n{}",
            output.stdout,
            output.stderr
        );
        Ok(failed)
    }
}

impl Drop for Template<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.cluster.drop_database(&self.name) {
            eprintln!("dropping {}: {error:#}", self.name);
        }
    }
}

/// Returns the name of the test that a line of libtest's output reports as failed.
fn failed(line: &str) -> Option<String> {
    let (name, result) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
    (result == "FAILED").then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_test_is_named() {
        assert_eq!(failed("test log::a ... FAILED").as_deref(), Some("log::a"));
        assert_eq!(failed("test log::a ... ok"), None);
        assert_eq!(failed("test result: FAILED. 1 passed; 1 failed;"), None);
    }
}
