//! Locates the checkout, cargo's target directory and the user's cache.

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
    /// Cargo's target directory, as set by environment or configuration.
    pub target: PathBuf,
    /// The packages of the workspace, as reported by `cargo metadata`.
    pub packages: Vec<Value>,
}

impl Workspace {
    /// Reads the workspace from `cargo metadata`.
    ///
    /// # Errors
    /// Returns an error if `cargo metadata` fails, for example because of an invalid manifest.
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

    /// Returns a cargo command that runs in the root.
    pub fn cargo(&self) -> Command {
        let mut command = cargo();
        command.current_dir(&self.root);
        command
    }

    /// Returns the git-ignored folder for files of this checkout, and creates it if it is missing. Other users can traverse it, as
    /// Postgres does, but not list it.
    ///
    /// # Errors
    /// Returns an error if it cannot be created.
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

/// Returns the user's cache for reproducible files: `$XDG_CACHE_HOME/meshline` or `~/.cache/meshline`.
///
/// # Errors
/// Returns an error if there is no home directory or the folder cannot be created.
pub fn cache() -> Result<PathBuf> {
    let base = match std::env::var_os("XDG_CACHE_HOME").filter(|value| Path::new(value).is_absolute()) {
        Some(folder) => PathBuf::from(folder),
        None => std::env::home_dir().context("no home directory; set XDG_CACHE_HOME")?.join(".cache"),
    };
    let folder = base.join("meshline");
    fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    Ok(folder)
}

/// Returns whether the current user is root.
///
/// # Errors
/// Returns an error if `/proc` is not mounted.
pub fn is_root() -> Result<bool> {
    Ok(fs::metadata("/proc/self").context("asking who we are")?.uid() == 0)
}

/// Returns a cargo command without the variables about the package xtask: build scripts that read those would rerun every
/// time.
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
