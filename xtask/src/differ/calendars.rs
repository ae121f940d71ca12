//! Compares the busy times that Meshline reads from random calendars with those that Python's `icalendar` and
//! `recurring-ical-events` find in them.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, ensure};

use crate::workspace::{self, Workspace};
use crate::{packages, process};

/// The program that makes the calendars and reads them with Python's libraries.
const SCRIPT: &str = include_str!("calendars.py");

const PYTHON_PACKAGES: [&str; 3] = ["icalendar==7.3.2", "recurring-ical-events==3.8.2", "tzdata==2026.6"];

/// Compares random calendars. Exits with 1 if there is a difference.
///
/// # Errors
/// Returns an error if something does not compile or run.
pub fn differ(seed: u32, cases: u32) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    let python = install()?;
    let folder = workspace.target.join("differ-calendars");
    std::fs::create_dir_all(&folder)?;
    let at = |name: &str| folder.join(name);
    let (script, calendars, answers) = (at("calendars.py"), at("calendars.ndjson"), at("answers.ndjson"));
    std::fs::write(&script, SCRIPT)?;
    let mut make = Command::new(&python);
    make.arg(&script).args(["make", &seed.to_string(), &cases.to_string()]);
    process::run(make.stdout(File::create(&calendars)?))?;
    let mut read = workspace.cargo();
    read.args(["run", "--quiet", "--package", "destinations", "--features", "testing", "--example", "busy"]);
    process::run(read.stdin(File::open(&calendars)?).stdout(File::create(&answers)?))?;
    let mut compare = Command::new(&python);
    let status =
        compare.arg(&script).arg("compare").args([&calendars, &answers]).stdin(Stdio::null()).status();
    let status = status.context("Python does not start")?;
    ensure!(matches!(status.code(), Some(0 | 1)), "the comparison failed: {status}");
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Installs the libraries into a cached virtual environment. Returns its Python.
fn install() -> Result<PathBuf> {
    let folder = workspace::cache()?
        .join(format!("differ-calendars@{}", PYTHON_PACKAGES.join("+").replace("==", "-")));
    let python = folder.join("bin/python");
    let has_all = || {
        let asked =
            Command::new(&python).args(["-c", "import icalendar, recurring_ical_events, tzdata"]).output();
        asked.is_ok_and(|output| output.status.success())
    };
    if !has_all() {
        packages::ensure(&[&packages::PYTHON])?;
        process::capture(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
        let mut pip = Command::new(&python);
        process::capture(pip.args(["-m", "pip", "install", "--quiet"]).args(PYTHON_PACKAGES))?;
    }
    Ok(python)
}
