//! Programs for cargo that single commands need, built from source when they are missing.

use std::path::PathBuf;

use anyhow::Result;

use crate::process;
use crate::workspace::{self, Workspace};

/// A program from crates.io, in the version whose options and output the commands depend on.
pub struct CargoTool {
    /// The crate, which is also the program.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

impl CargoTool {
    /// Returns the program if it is in the user's cache already.
    ///
    /// # Errors
    /// Returns an error if there is no cache folder.
    pub fn find(&self) -> Result<Option<PathBuf>> {
        Ok(Some(self.program()?).filter(|program| program.is_file()))
    }

    /// Returns the program, building it into the user's cache first if it is missing.
    ///
    /// # Errors
    /// Returns an error if it cannot be downloaded or built.
    pub fn ensure(&self, workspace: &Workspace) -> Result<PathBuf> {
        let program = self.program()?;
        if !program.is_file() {
            eprintln!("missing: {} {}; building it", self.name, self.version);
            let mut cargo = workspace.cargo();
            cargo.args(["install", "--quiet", "--locked", self.name, "--version", self.version, "--root"]);
            // They run for seconds, and would be optimised for minutes.
            cargo
                .arg(self.folder()?)
                .env("CARGO_PROFILE_RELEASE_LTO", "off")
                .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
                .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
            process::run(&mut cargo)?;
        }
        Ok(program)
    }

    fn folder(&self) -> Result<PathBuf> {
        Ok(workspace::cache()?.join(format!("{}-{}", self.name, self.version)))
    }

    fn program(&self) -> Result<PathBuf> {
        Ok(self.folder()?.join("bin").join(self.name))
    }
}
