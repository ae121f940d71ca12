//! `cargo xtask build`, and builds of the server for the other commands.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::output::kilobytes;
use crate::wasm::Mode;
use crate::workspace::Workspace;
use crate::{assets, output, process, sbom, site};

/// The packages that cargo builds for the host. All commands use the same selection: another one would enable other features and
/// so recompile half of the dependencies. Excludes xtask, which is already running.
pub const HOST: &[&str] = &["--workspace", "--exclude", "xtask"];

/// Builds a release into `target/dist`, with its bill of materials.
///
/// # Errors
/// Returns an error if something does not compile or cannot be written.
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
    fs::write(half.join(sbom::FILE), sbom::make(&workspace)?)?;
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

/// Builds WebAssembly and styles for development into a folder, by default `target/site`.
///
/// # Errors
/// Returns an error if something does not compile or cannot be written.
pub fn site(folder: Option<&str>) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    let place = folder.map_or_else(|| workspace.target.join("site"), PathBuf::from);
    site::build(&workspace, Mode::Development, &place)?;
    println!("{}", place.display());
    Ok(ExitCode::SUCCESS)
}

/// Builds the server for development. Returns its path.
///
/// # Errors
/// Returns an error if it does not compile.
pub fn server(workspace: &Workspace) -> Result<PathBuf> {
    built(workspace, &["--bins"])
}

/// Builds the server together with the tests, so that both share features and `cargo test` has nothing left to compile. Returns
/// the server's path.
///
/// # Errors
/// Returns an error if the server or a test does not compile.
pub fn server_and_tests(workspace: &Workspace) -> Result<PathBuf> {
    built(workspace, &["--lib", "--bins", "--tests"])
}

fn built(workspace: &Workspace, targets: &[&str]) -> Result<PathBuf> {
    process::run(workspace.cargo().arg("build").args(HOST).args(targets))?;
    let path = workspace.target.join("debug/meshline");
    path.is_file().then_some(path).context("the workspace has no binary `meshline`")
}
