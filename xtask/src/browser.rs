//! Runs the browser tests in `end2end/` against the built server with a real Chromium.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::test::{Outcome, VARIABLE};
use crate::wasm::Mode;
use crate::workspace::Workspace;
use crate::{build, node, output, packages, process, site};

/// Builds the server and the site, and runs Playwright.
///
/// # Errors
/// Returns an error if something cannot be set up or built, or if Playwright writes no report.
pub fn run(workspace: &Workspace, mode: Mode, database: &str) -> Result<Outcome> {
    let folder = workspace.root.join("end2end");
    if !folder.join("package.json").is_file() {
        eprintln!("skipping the browser tests: end2end/package.json does not exist");
        return Ok(Outcome::default());
    }
    packages::ensure(&[&packages::CHROMIUM])?;
    let chromium = packages::chromium().context("no Chromium found")?;
    let path = node::ensure(node::FOR_PLAYWRIGHT)?;
    let server = output::phase("server", || build::server_and_tests(workspace))?;
    let site = workspace.target.join(if mode == Mode::Shipped { "site-shipped" } else { "site" });
    output::phase("WebAssembly and styles", || site::build(workspace, mode, &site))?;
    output::phase("Playwright", || node::install_locked(&folder, &path))?;

    let report = workspace.target.join("playwright.json");
    if report.exists() {
        fs::remove_file(&report)?;
    }
    let mut playwright = Command::new("npx");
    playwright.args(["playwright", "test", "--reporter=list,json"]).current_dir(&folder);
    playwright
        .env("PATH", path)
        .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
        .env("PLAYWRIGHT_JSON_OUTPUT_FILE", &report);
    playwright
        .env("MESHLINE_BIN", server)
        .env("MESHLINE_SITE_DIR", site)
        .env(VARIABLE, database)
        .env("CHROMIUM", chromium);
    let status = process::status(playwright.env_remove("DATABASE_URL"))?;
    let text = fs::read_to_string(&report)
        .with_context(|| format!("Playwright exited with {status} and wrote no report"))?;
    let report: Value = serde_json::from_str(&text)?;
    let mut outcome = read(&report);
    for error in report["errors"].as_array().into_iter().flatten() {
        eprintln!("{}", error["message"].as_str().unwrap_or("an error without a message"));
    }
    if !status.success() && outcome.failed == 0 {
        outcome.failed = 1;
    }
    Ok(outcome)
}

/// Counts the results in a Playwright report. A test that passed only on a retry counts as passed, and its name is printed.
fn read(report: &Value) -> Outcome {
    let mut outcome = Outcome::default();
    for suite in report["suites"].as_array().into_iter().flatten() {
        read_suite(suite, suite["title"].as_str().unwrap_or_default(), &mut outcome);
    }
    outcome
}

fn read_suite(suite: &Value, path: &str, outcome: &mut Outcome) {
    for spec in suite["specs"].as_array().into_iter().flatten() {
        let name = format!("{path} › {}", spec["title"].as_str().unwrap_or_default());
        for test in spec["tests"].as_array().into_iter().flatten() {
            match test["status"].as_str() {
                Some("expected") => outcome.passed += 1,
                Some("flaky") => {
                    eprintln!("passed only on a retry: {name}");
                    outcome.passed += 1;
                }
                Some("skipped") => outcome.skipped.push(name.clone()),
                _ => outcome.failed += 1,
            }
        }
    }
    for inner in suite["suites"].as_array().into_iter().flatten() {
        let path = format!("{path} › {}", inner["title"].as_str().unwrap_or_default());
        read_suite(inner, &path, outcome);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_suites_are_counted() {
        let test =
            |title: &str, status: &str| serde_json::json!({"title": title, "tests": [{"status": status}]});
        let report = serde_json::json!({"suites": [{
            "title": "rules.spec.ts",
            "specs": [test("one", "expected"), test("two", "unexpected")],
            "suites": [{"title": "editor", "specs": [test("three", "skipped"), test("four", "flaky")]}],
        }]});
        let skipped = vec!["rules.spec.ts › editor › three".to_owned()];
        assert_eq!(read(&report), Outcome { passed: 2, failed: 1, skipped });
    }
}
