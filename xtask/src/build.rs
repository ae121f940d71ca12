//! `cargo xtask build`, and the server's binary for the other commands.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::output::kilobytes;
use crate::wasm::Mode;
use crate::workspace::Workspace;
use crate::{assets, output, process, site};

/// What cargo builds for the host, the same everywhere: another selection would have other features,
/// and so compile half of the dependencies a second time. Xtask stays out, since it runs already.
pub const HOST: &[&str] = &["--workspace", "--exclude", "xtask"];

/// Builds everything as it ships into `target/dist`.
///
/// # Errors
/// Something does not compile, or cannot be written.
pub fn build() -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    let dist = workspace.target.join("dist");
    let half = workspace.target.join("dist.half-made");
    fs::create_dir_all(&half)?;
    let sizes = output::phase("WebAssembly and styles", || {
        site::build(&workspace, Mode::Shipped, &half.join("site"))
    })?;
    output::phase("server", || {
        let mut cargo = workspace.cargo();
        process::run(cargo.args(["build", "--release", "--package", "server", "--bin", "meshline"]))
    })?;
    let server = workspace.target.join("release/meshline");
    fs::copy(&server, half.join("meshline")).with_context(|| format!("copying {}", server.display()))?;
    assets::replace(&half, &dist)?;

    println!("{:<24}{:>14}{:>14}", "", "raw", "brotli");
    for size in sizes {
        let (raw, brotli) = (kilobytes(size.raw_bytes), kilobytes(size.brotli_bytes));
        println!("{:<24}{raw:>14}{brotli:>14}", size.name);
    }
    let server_bytes = usize::try_from(fs::metadata(dist.join("meshline"))?.len())?;
    println!("{:<24}{:>14}", "meshline", kilobytes(server_bytes));
    println!("{}", dist.display());
    Ok(ExitCode::SUCCESS)
}

/// Builds the server for development and returns its path.
///
/// # Errors
/// It does not compile.
pub fn server(workspace: &Workspace) -> Result<PathBuf> {
    built(workspace, &["--bins"])
}

/// Builds the server with the tests, whose features it then shares: `cargo test` has nothing left to
/// compile afterwards. Returns its path.
///
/// # Errors
/// It or a test does not compile.
pub fn server_and_tests(workspace: &Workspace) -> Result<PathBuf> {
    built(workspace, &["--lib", "--bins", "--tests"])
}

fn built(workspace: &Workspace, targets: &[&str]) -> Result<PathBuf> {
    process::run(workspace.cargo().arg("build").args(HOST).args(targets))?;
    let path = workspace.target.join("debug/meshline");
    path.is_file().then_some(path).context("the workspace has no binary `meshline`")
}
