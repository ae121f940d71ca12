//! `cargo xtask bench rules`: measures the rule engine on its reference workload in one thread, and compares it with other engines.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{Figures, program};
use crate::assets::{self, Effort};
use crate::wasm::{self, Bundle};
use crate::workspace::{self, Workspace};
use crate::{output, packages, process};

/// The column engines in the measured versions, and the script that drives them.
const PYTHON_PACKAGES: [&str; 2] = ["polars==2.1.0", "duckdb==2.0.0"];
const DRIVER: &str = "bench/peers/peers.py";

/// The Rust engines, which have their own workspace.
const PEERS: &str = "bench/peers/Cargo.toml";

/// Options of the measurement.
#[derive(Debug, clap::Args)]
pub struct RulesOptions {
    /// Measure only Meshline.
    #[arg(long)]
    no_peers: bool,
}

/// Runs the measurement.
///
/// # Errors
/// Returns an error if our own measurement does not compile or run.
pub fn run(options: &RulesOptions) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    let program = output::phase("our measurement", || program(&workspace, "bench-rules", "rules"))?;
    let folder = workspace.target.join("bench-rules");
    fs::create_dir_all(&folder)?;
    process::run(Command::new(&program).arg("data").arg(&folder))?;
    let peers = Peers { workspace: &workspace, folder: &folder, is_wanted: !options.no_peers };
    let prepared = peers.prepare();
    let sizes = output::phase("the WebAssembly", || sizes(&workspace));
    let ours: Value = output::phase("ours", || {
        let said = process::capture(Command::new(&program).arg("measure"))?;
        serde_json::from_str(said.trim()).context("our measurement printed no JSON")
    })?;
    let one_by_one = prepared.rust.and_then(|program| peers.one_by_one(&program, &ours));
    let polars =
        prepared.python.as_ref().map_err(again).and_then(|python| peers.columns(python, "polars", &ours));
    let duckdb =
        prepared.python.as_ref().map_err(again).and_then(|python| peers.columns(python, "duckdb", &ours));
    fs::remove_dir_all(&folder)?;
    print(&ours, &one_by_one, polars, duckdb, sizes);
    Ok(ExitCode::SUCCESS)
}

/// The engine as a page's web worker uses it: check, analyse, simulate and explain.
const WORKER: Bundle = Bundle { package: "bench-worker", name: "rules" };

/// The sizes of the module in bytes: compiled, optimised, and compressed.
struct Sizes {
    raw: usize,
    optimised: usize,
    gzip: usize,
    brotli: usize,
}

fn sizes(workspace: &Workspace) -> Result<Sizes> {
    let (plain, optimised) = wasm::weighed(workspace, &WORKER)?;
    let module = optimised.context("wasm-opt is missing")?.module;
    Ok(Sizes {
        raw: plain.module.len(),
        optimised: module.len(),
        gzip: assets::gzip(&module, Effort::Best)?.len(),
        brotli: assets::brotli(&module, Effort::Best)?.len(),
    })
}

fn print(
    ours: &Value,
    one_by_one: &Result<Value>,
    polars: Result<f64>,
    duckdb: Result<f64>,
    sizes: Result<Sizes>,
) {
    let own = |key: &str| ours[key].as_f64().with_context(|| format!("our measurement has no {key}"));
    let peer = |name: &str| match one_by_one {
        Ok(reported) => reported[name]["per_s"].as_f64().with_context(|| format!("no figure for {name}")),
        Err(error) => Err(again(error)),
    };
    let mut figures = Figures::default();
    let peers = [
        ("row_per_s", peer("zen"), "zen-engine"),
        ("row_traced_per_s", peer("zen_traced"), "zen-engine, traced"),
        ("row_per_s", peer("cel"), "the cel crate"),
        ("vector_3v_per_s", polars.as_ref().copied().map_err(again), "Polars"),
        ("vector_3v_per_s", duckdb.as_ref().copied().map_err(again), "DuckDB"),
    ];
    let times = peers.map(|(key, peer, name)| (own(key).ok().zip(peer.ok()), format!("{key}, times {name}")));
    figures.add("row_per_s", "decisions per second", own("row_per_s"));
    figures.add("row_traced_per_s", "decisions per second, with full trace", own("row_traced_per_s"));
    figures.add("vector_per_s", "leads per second over columns, counts by rule", own("vector_per_s"));
    figures.add("vector_3v_per_s", "the same, three-valued with confidences", own("vector_3v_per_s"));
    for (level, per_s) in ours["levels"].as_object().into_iter().flatten() {
        figures.say(
            &format!("leads per second, {}", level.replace('_', " ")),
            format!("{:.0}", per_s.as_f64().unwrap_or(0.0)),
        );
    }
    figures.add("zen_per_s", "zen-engine, a compiled table", peer("zen"));
    figures.add("zen_traced_per_s", "zen-engine, traced", peer("zen_traced"));
    figures.add("cel_per_s", "the cel crate, compiled programs", peer("cel"));
    figures.add("polars_per_s", "Polars, Categorical, the faster of two ways", polars);
    figures.add("duckdb_per_s", "DuckDB, ENUM, the faster of two ways", duckdb);
    figures.add("whatif_ms", "a million leads, one threshold changed, ms", own("whatif_ms"));
    figures.add("matrix_ms", "a million leads, two rule sets and their matrix, ms", own("matrix_ms"));
    figures.add("check_us", "parsing and checking a condition, µs", own("check_us"));
    figures.add(
        "check_set_us",
        "parsing and checking the reference set of twelve rules, µs",
        own("check_set_us"),
    );
    figures.add("bytes_per_lead", "bytes per lead in columns, including confidences", own("bytes_per_lead"));
    figures.add("lookups_ms", "looking up the companies of a million leads once, ms", own("lookups_ms"));
    figures.add(
        "named_traced_per_s",
        "traced decisions per second, with fields by name",
        own("named_traced_per_s"),
    );
    figures.add(
        "analysis_reference_ms",
        "static analysis of the reference set, ms",
        own("analysis_reference_ms"),
    );
    figures.add("analysis_1000_ms", "static analysis of 1,000 rules, ms", own("analysis_1000_ms"));
    let size = |of: fn(&Sizes) -> usize| match &sizes {
        Ok(sizes) => Ok(of(sizes) as f64 / 1000.0),
        Err(error) => Err(again(error)),
    };
    figures.add("wasm_kb", "WebAssembly of the engine in a web worker, kB", size(|sizes| sizes.raw));
    figures.add("wasm_opt_kb", "optimised with wasm-opt, kB", size(|sizes| sizes.optimised));
    figures.add("wasm_gzip_kb", "optimised and compressed with gzip, kB", size(|sizes| sizes.gzip));
    figures.add("wasm_brotli_kb", "optimised and compressed with brotli, kB", size(|sizes| sizes.brotli));
    for (both, what) in times {
        figures.say(&what, both.map_or("unknown".to_owned(), |(ours, peer)| format!("{:.2}", ours / peer)));
    }
    figures.say("counts, a missing value makes its comparison false", reported(&ours["counts_2v"]));
    figures.say("counts, three-valued", reported(&ours["counts_3v"]));
    figures.print();
}

fn reported(counts: &Value) -> String {
    counts.to_string().replace('"', "")
}

/// Copies an error for another figure.
fn again(error: &anyhow::Error) -> anyhow::Error {
    anyhow::anyhow!("{error:#}")
}

/// The programs that the peers need.
struct Peers<'a> {
    workspace: &'a Workspace,
    folder: &'a Path,
    is_wanted: bool,
}

struct Prepared {
    rust: Result<PathBuf>,
    python: Result<PathBuf>,
}

impl Peers<'_> {
    /// Compiles and installs everything before the measurement.
    fn prepare(&self) -> Prepared {
        let wanted = || {
            ensure!(self.is_wanted, "skipped by --no-peers");
            Ok(())
        };
        Prepared {
            rust: wanted().and_then(|()| output::phase("peers in Rust", || self.compile())),
            python: wanted().and_then(|()| output::phase("Polars and DuckDB", install)),
        }
    }

    fn compile(&self) -> Result<PathBuf> {
        let target = self.workspace.target.join("peers");
        let mut cargo = self.workspace.cargo();
        cargo.args(["build", "--release", "--manifest-path", PEERS, "--target-dir"]).arg(&target);
        process::run(&mut cargo)?;
        Ok(target.join("release/peers"))
    }

    /// Measures engines that decide lead by lead. Their counts must match ours.
    fn one_by_one(&self, program: &Path, ours: &Value) -> Result<Value> {
        let mut command = Command::new(program);
        command
            .args([self.folder.join("leads.csv"), self.folder.join("tam.txt")])
            .arg(ours["rows"].to_string());
        let said = output::phase("peers in Rust", || process::capture(&mut command))?;
        let reported: Value = serde_json::from_str(said.trim())?;
        for name in ["zen", "zen_traced", "cel"] {
            ensure!(
                reported[name]["counts"] == ours["counts_rows"],
                "{name} counts {}, ours {}",
                reported[name]["counts"],
                ours["counts_rows"]
            );
        }
        Ok(reported)
    }

    /// Measures a column engine. Its counts must match ours.
    fn columns(&self, python: &Path, name: &str, ours: &Value) -> Result<f64> {
        let mut command = Command::new(python);
        command.arg(self.workspace.root.join(DRIVER)).arg(name);
        command.args([self.folder.join("leads.csv"), self.folder.join("tam.txt")]);
        let said = output::phase(name, || process::capture(&mut command))?;
        let reported: Value = serde_json::from_str(said.lines().last().unwrap_or_default())?;
        ensure!(
            reported["counts"] == ours["counts_2v"],
            "{name} counts {}, ours {}",
            reported["counts"],
            ours["counts_2v"]
        );
        reported["per_s"].as_f64().with_context(|| format!("no figure for {name}"))
    }
}

/// Installs the column engines into a cached virtual environment. Returns its Python.
fn install() -> Result<PathBuf> {
    let folder =
        workspace::cache()?.join(format!("bench-python@{}", PYTHON_PACKAGES.join("+").replace("==", "-")));
    let python = folder.join("bin/python");
    let has_all = || {
        let asked = Command::new(&python).args(["-c", "import duckdb, polars"]).output();
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
