//! Node.js and npm, for Playwright, `wasm-opt` and the job queues that we compare with.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{packages, process, workspace};

/// The oldest major version that Playwright supports.
pub const FOR_PLAYWRIGHT: u32 = 20;

/// The version to download if the system's own is too old.
const FETCHED: &str = "22";

/// Returns whether Node.js and npm are installed, in any version.
pub fn is_there() -> bool {
    process::find("node").is_some() && process::find("npm").is_some()
}

/// Ensures that Node.js is available in this major version or a newer one. Returns a `PATH` that contains it.
///
/// # Errors
/// Returns an error if it cannot be installed.
pub fn ensure(oldest: u32) -> Result<OsString> {
    packages::ensure(&[&packages::NODE])?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    if major(Path::new("node"))? >= oldest {
        return Ok(path);
    }
    let processor = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => bail!(
            "Node.js is older than {oldest}, and npm offers no build for {other}: install a newer version"
        ),
    };
    let package = format!("node-linux-{processor}");
    let folder = workspace::cache()?.join(format!("node-{FETCHED}"));
    let bin = folder.join("node_modules").join(&package).join("bin");
    if !bin.join("node").is_file() {
        eprintln!("missing: Node.js {oldest} or newer");
        install(&[&format!("{package}@{FETCHED}")], &folder)?;
    }
    let folders = std::iter::once(bin).chain(std::env::split_paths(&path));
    Ok(std::env::join_paths(folders)?)
}

/// Installs npm packages into a separate folder.
///
/// # Errors
/// Returns an error if npm fails, for example without a network.
pub fn install(packages: &[&str], folder: &Path) -> Result<()> {
    let names = packages.join(" ");
    eprintln!("installing {names} from npm into {}", folder.display());
    std::fs::create_dir_all(folder)?;
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", "--prefix"]);
    process::capture(npm.arg(folder).args(packages).current_dir(folder))
        .map(drop)
        .with_context(|| format!("installing {names}"))
}

/// Installs the packages in a folder's `package-lock.json`, unless exactly those are installed.
///
/// # Errors
/// Returns an error if npm fails.
pub fn install_locked(folder: &Path, path: &OsString) -> Result<()> {
    let modified = |file: PathBuf| file.metadata().and_then(|metadata| metadata.modified()).ok();
    let lock = modified(folder.join("package-lock.json"));
    let installed = modified(folder.join("node_modules/.package-lock.json"));
    if lock.is_some() && installed >= lock {
        return Ok(());
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(folder);
    process::run(npm.env("PATH", path).env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"))
}

/// Returns the major version, such as 20 for `v20.20.2`.
fn major(node: &Path) -> Result<u32> {
    let version = process::capture(Command::new(node).arg("--version"))?;
    let major =
        version.trim().trim_start_matches('v').split('.').next().and_then(|digits| digits.parse().ok());
    major.with_context(|| format!("`node --version` printed {version:?}"))
}
