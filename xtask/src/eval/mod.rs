//! `cargo xtask eval`: runs Meshline on external test suites.

mod cel;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};

/// Runs the cases of a file.
///
/// # Errors
/// Returns an error if the file cannot be read or has the wrong format.
pub fn eval(arguments: &[&str]) -> Result<ExitCode> {
    match arguments {
        ["cel", file] => cel::run(Path::new(file)),
        _ => bail!("usage: cargo xtask eval cel FILE.jsonl"),
    }
}
