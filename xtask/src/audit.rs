//! `cargo xtask audit`: looks for known vulnerabilities in the dependencies of the program, its build and its tests.
//!
//! Crates are checked by cargo-deny with `deny.toml`, packages of the browser tests by `npm audit`. Both ask a database that is not part
//! of the project, so CI checks crates only where cargo-deny and its database are at hand.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::cargo_tool::CargoTool;
use crate::workspace::Workspace;
use crate::{node, output, process};

const CARGO_DENY: CargoTool = CargoTool { name: "cargo-deny", version: "0.20.2" };

/// The workspaces that have a lock file of their own. Only the first is shipped.
const MANIFESTS: &[&str] = &["Cargo.toml", "fuzz/Cargo.toml"];

/// The oldest Node.js whose `npm audit` gives the report that this file reads.
const OLDEST_NODE: u32 = 18;

/// Checks everything. `--database FOLDER` is a clone of <https://github.com/RustSec/advisory-db> to use instead of a download.
///
/// # Errors
/// Returns an error if something vulnerable was found, or if a check could not be made.
pub fn audit(options: &[&str]) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    let database = match options {
        [] => None,
        ["--database", folder] => Some(Path::new(folder)),
        _ => bail!("the only option is `--database FOLDER`"),
    };
    let program = CARGO_DENY.ensure(&workspace)?;
    let crates = output::phase("crates", || match database {
        Some(folder) => {
            copy_database(&workspace, folder)?;
            for manifest in MANIFESTS {
                let mut cargo = workspace.cargo();
                process::run(cargo.args(["fetch", "--quiet", "--locked", "--manifest-path", manifest]))?;
            }
            crates(&workspace, &program, MANIFESTS, Source::AtHand)
        }
        None => crates(&workspace, &program, MANIFESTS, Source::Download),
    });
    let packages = output::phase("packages of the browser tests", || packages(&workspace));
    for result in [&crates, &packages] {
        if let Err(error) = result {
            eprintln!("error: {error:#}");
        }
    }
    ensure!(crates.is_ok() && packages.is_ok(), "the audit failed");
    Ok(ExitCode::SUCCESS)
}

/// Checks crates if cargo-deny and its database are at hand, and says so if they are not.
///
/// # Errors
/// Returns an error if a crate is vulnerable.
pub fn check_offline(workspace: &Workspace) -> Result<()> {
    let Some(program) = CARGO_DENY.find()? else {
        println!("not checked: run `cargo xtask audit` once, which installs cargo-deny");
        return Ok(());
    };
    if !databases(workspace).join(CLONE).is_dir() {
        println!("not checked: run `cargo xtask audit` once, which downloads the database of advisories");
        return Ok(());
    }
    // What is not shipped may never have been downloaded.
    crates(workspace, &program, &MANIFESTS[..1], Source::AtHand)
}

/// The folder that cargo-deny gives its clone of the database, named after the database's URL.
const CLONE: &str = "advisory-db-3157b0e258782691";

/// Where the database of advisories comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    /// It is downloaded, or updated if an earlier audit downloaded it.
    Download,
    /// It is used as it is.
    AtHand,
}

/// Returns the folder of the database, for `deny.toml`.
fn databases(workspace: &Workspace) -> PathBuf {
    workspace.target.join("advisories")
}

/// Replaces the database with a clone of a folder.
fn copy_database(workspace: &Workspace, from: &Path) -> Result<()> {
    let folder = databases(workspace);
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("removing {}", folder.display()))?;
    }
    fs::create_dir_all(&folder)?;
    process::run(Command::new("git").args(["clone", "--quiet"]).arg(from).arg(folder.join(CLONE)))
}

fn crates(workspace: &Workspace, program: &Path, manifests: &[&str], source: Source) -> Result<()> {
    let rules = fs::read_to_string(workspace.root.join("deny.toml")).context("reading deny.toml")?;
    let config = workspace.target.join("deny.toml");
    fs::write(&config, with_database(&rules, &databases(workspace))?)?;
    for manifest in manifests {
        let mut deny = Command::new(program);
        deny.current_dir(&workspace.root).args([
            "--log-level=warn",
            "--locked",
            "--manifest-path",
            manifest,
            "--config",
        ]);
        deny.arg(&config);
        if source == Source::AtHand {
            deny.arg("--offline");
        }
        process::run(deny.args(["check", "--hide-inclusion-graph", "advisories", "bans", "sources"]))?;
    }
    Ok(())
}

/// Returns the rules of `deny.toml` with the place of the database.
fn with_database(rules: &str, folder: &Path) -> Result<String> {
    let section = "[advisories]\n";
    ensure!(rules.contains(section), "deny.toml has no section [advisories]");
    Ok(rules.replacen(section, &format!("{section}db-path = \"{}\"\n", folder.display()), 1))
}

fn packages(workspace: &Workspace) -> Result<()> {
    let path = node::ensure(OLDEST_NODE)?;
    let mut npm = Command::new("npm");
    npm.current_dir(workspace.root.join("end2end")).env("PATH", path).args(["audit", "--json"]);
    // npm also fails if it found something.
    let report = String::from_utf8(process::output(&mut npm)?.stdout)?;
    let found = vulnerable(&report)?;
    ensure!(found.is_empty(), "vulnerable: {}", found.join(", "));
    Ok(())
}

/// Returns the vulnerable packages in a report of `npm audit --json`.
fn vulnerable(report: &str) -> Result<Vec<String>> {
    let report: Value = serde_json::from_str(report).context("npm audit gave no report")?;
    if let Some(message) = report.get("message").or_else(|| report.pointer("/error/summary")) {
        bail!("npm audit: {}", message.as_str().unwrap_or_default());
    }
    let found = report["vulnerabilities"].as_object().context("npm audit reported no vulnerabilities")?;
    Ok(found
        .iter()
        .map(|(name, about)| format!("{name} ({})", about["severity"].as_str().unwrap_or("?")))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vulnerable_packages_are_listed_and_failures_are_not_successes() {
        assert!(vulnerable(r#"{"auditReportVersion":2,"vulnerabilities":{}}"#).unwrap().is_empty());
        let report = r#"{"vulnerabilities":{"tar":{"severity":"high"}}}"#;
        assert_eq!(vulnerable(report).unwrap(), ["tar (high)"]);
        for failure in
            [r#"{"message":"405 Method Not Allowed"}"#, r#"{"error":{"summary":"offline"}}"#, "{}", ""]
        {
            vulnerable(failure).unwrap_err();
        }
    }

    #[test]
    fn the_rules_get_the_place_of_the_database() {
        let config =
            with_database("[graph]\n\n[advisories]\nyanked = \"deny\"\n", Path::new("/t/db")).unwrap();
        assert_eq!(config, "[graph]\n\n[advisories]\ndb-path = \"/t/db\"\nyanked = \"deny\"\n");
        with_database("[graph]", Path::new("/t/db")).unwrap_err();
    }
}
