//! Where things are: the checkout, cargo's target directory, the user's cache.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process;

/// The checkout that xtask was started in.
pub struct Workspace {
    /// The folder of the root `Cargo.toml`.
    pub root: PathBuf,
    /// Cargo's target directory, wherever the environment or configuration puts it.
    pub target: PathBuf,
    /// Each package of the workspace as `cargo metadata` tells it.
    pub packages: Vec<Value>,
}

impl Workspace {
    /// Asks cargo.
    ///
    /// # Errors
    /// `cargo metadata` fails, as it does on a broken manifest.
    pub fn find() -> Result<Self> {
        let mut command = cargo();
        command.args(["metadata", "--no-deps", "--format-version", "1"]);
        let metadata: Value = serde_json::from_str(&process::capture(&mut command)?)?;
        let path = |key: &str| {
            metadata[key].as_str().map(PathBuf::from).with_context(|| format!("cargo metadata has no {key}"))
        };
        let packages = metadata["packages"].as_array().cloned().unwrap_or_default();
        Ok(Self { root: path("workspace_root")?, target: path("target_directory")?, packages })
    }

    /// Cargo, started in the root.
    pub fn cargo(&self) -> Command {
        let mut command = cargo();
        command.current_dir(&self.root);
        command
    }

    /// The git-ignored folder for what belongs to this checkout alone; made if missing. Others may
    /// pass through it (Postgres does, as its own user), not list it.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn private(&self) -> Result<PathBuf> {
        let folder = self.root.join(".meshline");
        if !folder.is_dir() {
            fs::DirBuilder::new()
                .mode(0o711)
                .create(&folder)
                .with_context(|| format!("making {}", folder.display()))?;
        }
        Ok(folder)
    }
}

/// The user's cache for what can be made again: `$XDG_CACHE_HOME/meshline` or `~/.cache/meshline`.
///
/// # Errors
/// There is no home directory, or the folder cannot be made.
pub fn cache() -> Result<PathBuf> {
    let base = match std::env::var_os("XDG_CACHE_HOME").filter(|value| Path::new(value).is_absolute()) {
        Some(folder) => PathBuf::from(folder),
        None => std::env::home_dir().context("no home directory; set XDG_CACHE_HOME")?.join(".cache"),
    };
    let folder = base.join("meshline");
    fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    Ok(folder)
}

/// Whether we are root.
///
/// # Errors
/// `/proc` is not there.
pub fn is_root() -> Result<bool> {
    Ok(fs::metadata("/proc/self").context("asking who we are")?.uid() == 0)
}

/// The cargo that runs us, without what it told us about the package xtask: a build script that looks
/// at those variables would run anew each time.
fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") || text == "CARGO_BIN_NAME" {
            command.env_remove(&name);
        }
    }
    command
}
