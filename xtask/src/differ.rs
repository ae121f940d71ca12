//! `cargo xtask differ`: compares two implementations of the same thing on random inputs.
//!
//! `differ` compares the row engine and the vector engine on random rule sets and leads, natively and in WebAssembly. The program
//! stops at the first difference between the engines; a digest of all outcomes is compared between the two platforms.
//! `differ calendars` compares the reading of calendars: see `differ/calendars.rs`.

mod calendars;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use wasm_bindgen_cli_support::Bindgen;

use crate::test::Outcome;
use crate::wasm::Mode;
use crate::wasm_target::{Compiler, TARGET};
use crate::workspace::Workspace;
use crate::{node, output, process};

/// The package that contains the program.
const PACKAGE: &str = "bench-rules";

/// The oldest Node.js version used to run the WebAssembly.
const NODE: u32 = 20;

/// The number of calendars that are compared unless a number is given.
const CALENDARS: u32 = 2_000;

/// The number of cases compared by `cargo xtask test`.
const FEW: u32 = 20_000;

/// Compares many cases.
///
/// # Errors
/// Returns an error if there is a difference, or if something does not compile or run.
pub fn differ(options: &[&str]) -> Result<ExitCode> {
    if let ["calendars", options @ ..] = options {
        let (cases, seed) = numbers(options, CALENDARS)?;
        return calendars::differ(seed, cases);
    }
    let (cases, seed) = numbers(options, 1_000_000)?;
    let workspace = Workspace::find()?;
    let line = compare(&workspace, &["--release"], seed, cases)?;
    println!("{line}, natively and in WebAssembly");
    Ok(ExitCode::SUCCESS)
}

/// Returns the number of cases and the seed.
fn numbers(options: &[&str], cases: u32) -> Result<(u32, u32)> {
    let (mut cases, mut seed) = (cases, 1);
    for pair in options.chunks(2) {
        match pair {
            ["--cases", number] => cases = number.parse().context("--cases takes a number")?,
            ["--seed", number] => seed = number.parse().context("--seed takes a number")?,
            _ => anyhow::bail!("usage: cargo xtask differ [calendars] [--cases N] [--seed 1]"),
        }
    }
    Ok((cases, seed))
}

/// Compares a few cases, which count as one test.
///
/// # Errors
/// Returns the same errors as [`differ`].
pub fn short(workspace: &Workspace) -> Result<Outcome> {
    eprintln!("{}", compare(workspace, &[], 1, FEW)?);
    Ok(Outcome { passed: 1, ..Outcome::default() })
}

/// Returns the output of both platforms, which must be identical.
fn compare(workspace: &Workspace, profile: &[&str], seed: u32, cases: u32) -> Result<String> {
    let numbers = [seed.to_string(), cases.to_string()];
    let here = output::phase("here", || {
        let mut cargo = workspace.cargo();
        cargo.args(["run", "--quiet", "--package", PACKAGE, "--bin", "differ"]).args(profile).arg("--");
        process::capture(cargo.args(&numbers))
    })?;
    let there = output::phase("in WebAssembly", || {
        let path = node::ensure(NODE)?;
        let module = module(workspace)?;
        let script = format!("console.log(require({module:?}).differ_line({}))", numbers.join(","));
        process::capture(Command::new("node").args(["--eval", &script]).env("PATH", path))
    })?;
    let (here, there) = (here.trim(), there.trim());
    ensure!(here == there, "the outcomes differ:\nnative: {here}\nWebAssembly: {there}");
    Ok(here.to_owned())
}

/// Compiles the module for Node.js. Returns its path.
fn module(workspace: &Workspace) -> Result<PathBuf> {
    let compiler = Compiler::ensure(workspace)?;
    let mode = Mode::Development;
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--lib", "--profile", mode.profile(), "--package", PACKAGE]);
    compiler.prepare(&mut cargo);
    process::run(&mut cargo)?;
    let folder = workspace.target.join(TARGET).join(mode.profile());
    let out: &Path = &folder.join("bound").join("differ");
    let mut bindgen = Bindgen::new();
    bindgen.input_path(folder.join("bench_rules.wasm")).out_name("differ").typescript(false);
    bindgen.nodejs(true)?.generate(out).context("generating the Node.js bindings")?;
    Ok(out.join("differ.js"))
}
