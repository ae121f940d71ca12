//! Node.js and npm, for what is only to be had there: Playwright and `wasm-opt`.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;

/// Whether both are there.
pub fn is_there() -> bool {
    process::find("node").is_some() && process::find("npm").is_some()
}

/// Installs one npm package, with its exact version, into a folder of its own.
///
/// # Errors
/// npm fails, as it does without a network.
pub fn install(package: &str, folder: &Path) -> Result<()> {
    eprintln!("fetching {package} from npm into {}", folder.display());
    std::fs::create_dir_all(folder)?;
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", "--prefix"]);
    process::capture(npm.arg(folder).arg(package).current_dir(folder))
        .map(drop)
        .with_context(|| format!("installing {package}"))
}
