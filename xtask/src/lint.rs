//! `cargo xtask lint`: runs all static checks.

use std::process::{Command, ExitCode};

use anyhow::{Result, bail};
use serde_json::Value;

use crate::wasm::{BUNDLES, Mode};
use crate::wasm_target::Compiler;
use crate::workspace::Workspace;
use crate::{audit, build, layers, licences, output, process, texts};

type Check = fn(&Workspace) -> Result<()>;

const CHECKS: &[(&str, Check)] = &[
    ("fmt", format),
    ("clippy", clippy),
    ("wasm", wasm),
    ("doc", doc),
    ("licences", licences::check),
    ("advisories", audit::check_offline),
    ("layers", layers::check),
    ("texts", texts::check),
];

/// Runs the named checks, or all of them, and continues after a failure.
///
/// # Errors
/// Returns an error if a name is unknown or a check failed.
pub fn lint(names: &[&str]) -> Result<ExitCode> {
    if let Some(unknown) = names.iter().find(|name| !CHECKS.iter().any(|(known, _)| known == *name)) {
        let known: Vec<&str> = CHECKS.iter().map(|(name, _)| *name).collect();
        bail!("unknown check `{unknown}`; available checks: {}", known.join(", "));
    }
    let workspace = Workspace::find()?;
    let mut failed = Vec::new();
    for (name, check) in CHECKS.iter().filter(|(name, _)| names.is_empty() || names.contains(name)) {
        if let Err(error) = output::phase(name, || check(&workspace)) {
            eprintln!("error: {name}: {error:#}");
            failed.push(*name);
        }
    }
    if failed.is_empty() { Ok(ExitCode::SUCCESS) } else { bail!("{} failed", failed.join(", ")) }
}

fn format(workspace: &Workspace) -> Result<()> {
    process::run(workspace.cargo().args(["fmt", "--all", "--check"]))
}

fn clippy(workspace: &Workspace) -> Result<()> {
    for selection in [build::HOST, &["--package", "xtask"]] {
        let mut cargo = workspace.cargo();
        process::run(
            cargo.args(["clippy", "--all-targets"]).args(selection).args(["--", "--deny", "warnings"]),
        )?;
    }
    Ok(())
}

/// Checks the code that runs in browsers, with the features it has there.
fn wasm(workspace: &Workspace) -> Result<()> {
    let compiler = Compiler::ensure(workspace)?;
    let mut cargo = workspace.cargo();
    cargo.args([if matches!(compiler, Compiler::Native) { "clippy" } else { "check" }, "--lib"]);
    cargo.args([
        "--profile",
        Mode::Development.profile(),
        "--package",
        "app",
        "--no-default-features",
        "--features",
        "app/hydrate",
        "--package",
        "bench-rules",
        "--package",
        "bench-worker",
    ]);
    for bundle in BUNDLES {
        cargo.args(["--package", bundle.package]);
    }
    compiler.prepare(&mut cargo);
    deny_warnings(&mut cargo)
}

fn doc(workspace: &Workspace) -> Result<()> {
    for selection in [build::HOST, &["--package", "xtask", "--document-private-items"]] {
        let mut cargo = workspace.cargo();
        cargo.args(["doc", "--no-deps"]).args(selection).env("RUSTDOCFLAGS", "--deny warnings");
        process::run(&mut cargo)?;
    }
    Ok(())
}

/// Fails on a warning without changing the compiler's flags, which would rebuild every dependency.
fn deny_warnings(cargo: &mut Command) -> Result<()> {
    cargo.arg("--message-format=json");
    let mut warnings = 0;
    let status = process::each_line(cargo, |line| {
        if let Some(warning) = diagnostic(line) {
            eprint!("{warning}");
            warnings += 1;
        }
    })?;
    if !status.success() {
        bail!("`{}` exited with {status}", process::line(cargo));
    }
    if warnings > 0 { bail!("{warnings} warnings") } else { Ok(()) }
}

/// Returns the text of the warning or error in a message from cargo, if there is one.
fn diagnostic(line: &str) -> Option<String> {
    let message: Value = serde_json::from_str(line).ok()?;
    message["message"]["rendered"].as_str().map(str::to_owned)
}
