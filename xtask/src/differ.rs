//! `cargo xtask differ`: rule sets and leads by chance, decided by the row engine and the vector engine, here and in
//! WebAssembly. The program stops at a difference between the engines; a line with a digest of all outcomes is compared
//! between here and there.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use wasm_bindgen_cli_support::Bindgen;

use crate::test::Outcome;
use crate::wasm::Mode;
use crate::wasm_target::{Compiler, TARGET};
use crate::workspace::Workspace;
use crate::{node, output, process};

/// The package with the program.
const PACKAGE: &str = "bench-rules";

/// The oldest Node.js that is asked to run WebAssembly.
const NODE: u32 = 20;

/// Cases that every run of the tests compares.
const FEW: u32 = 20_000;

/// Compares many cases.
///
/// # Errors
/// There is a difference, or something does not compile or run.
pub fn differ(options: &[&str]) -> Result<ExitCode> {
    let (mut cases, mut seed) = (1_000_000, 1);
    for pair in options.chunks(2) {
        match pair {
            ["--cases", number] => cases = number.parse().context("--cases takes a number")?,
            ["--seed", number] => seed = number.parse().context("--seed takes a number")?,
            _ => anyhow::bail!("usage: cargo xtask differ [--cases 1000000] [--seed 1]"),
        }
    }
    let workspace = Workspace::find()?;
    let line = compare(&workspace, &["--release"], seed, cases)?;
    println!("{line}, here and in WebAssembly");
    Ok(ExitCode::SUCCESS)
}

/// Compares a few cases, as one test.
///
/// # Errors
/// As [`differ`].
pub fn short(workspace: &Workspace) -> Result<Outcome> {
    eprintln!("{}", compare(workspace, &[], 1, FEW)?);
    Ok(Outcome { passed: 1, ..Outcome::default() })
}

/// What both said, which is the same.
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
    ensure!(here == there, "the answers differ:\nhere: {here}\nin WebAssembly: {there}");
    Ok(here.to_owned())
}

/// The compiled module that Node.js can load.
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
    bindgen.nodejs(true)?.generate(out).context("binding the module to Node.js")?;
    Ok(out.join("differ.js"))
}
