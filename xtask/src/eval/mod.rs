//! `cargo xtask eval`: how Meshline does on cases that others wrote.

mod cel;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};

/// Runs the cases of a file.
///
/// # Errors
/// The file cannot be read, or is not what it should be.
pub fn eval(arguments: &[&str]) -> Result<ExitCode> {
    match arguments {
        ["cel", file] => cel::run(Path::new(file)),
        _ => bail!("usage: cargo xtask eval cel FILE.jsonl"),
    }
}
