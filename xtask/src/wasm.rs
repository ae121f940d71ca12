//! The WebAssembly bundles: compiled, bound to JavaScript and, as they ship, optimised.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

use crate::workspace::{self, Workspace};
use crate::{node, process, wasm_target::Compiler};

/// A crate below `frontend/` that pages load.
pub struct Bundle {
    /// The crate, a `cdylib`.
    pub package: &'static str,
    /// The logical name: `NAME.js` loads `NAME_bg.wasm`.
    pub name: &'static str,
}

/// Every bundle.
pub const BUNDLES: &[Bundle] = &[Bundle { package: "islands", name: "meshline" }];

/// The optimiser's version, an exact one: others have produced modules that die in the browser.
const BINARYEN: &str = "binaryen@132.0.0";

/// Its options: size first, and exactly the features that Rust's output and every browser have.
const WASM_OPT: &[&str] = &[
    "-Oz",
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// A bound bundle.
pub struct Bound {
    /// The JavaScript module; it loads `NAME_bg.wasm` beside itself.
    pub script: String,
    /// The WebAssembly module.
    pub module: Vec<u8>,
}

/// How a bundle is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Quickly.
    Development,
    /// Small.
    Shipped,
}

impl Mode {
    /// The cargo profile for WebAssembly.
    pub fn profile(self) -> &'static str {
        match self {
            Self::Development => "wasm-dev",
            Self::Shipped => "wasm-release",
        }
    }
}

/// Compiles all bundles and binds them.
///
/// # Errors
/// The compiler cannot be set up, or the code does not compile.
pub fn build(workspace: &Workspace, mode: Mode) -> Result<Vec<(&'static Bundle, Bound)>> {
    let compiler = Compiler::ensure(workspace)?;
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--lib", "--profile", mode.profile()]);
    for bundle in BUNDLES {
        cargo.args(["--package", bundle.package]);
    }
    compiler.prepare(&mut cargo);
    process::run(&mut cargo)?;

    let folder = workspace.target.join(crate::wasm_target::TARGET).join(mode.profile());
    let optimiser = if mode == Mode::Shipped { optimiser()? } else { None };
    let finish = |bundle| Ok((bundle, bind(&folder, bundle, mode, optimiser.as_deref())?));
    BUNDLES.iter().map(finish).collect()
}

/// A module as it ships, before and after it is optimised; only before where there is no optimiser.
///
/// # Errors
/// As [`build`].
pub fn weighed(workspace: &Workspace, bundle: &Bundle) -> Result<(Bound, Option<Bound>)> {
    let compiler = Compiler::ensure(workspace)?;
    let mode = Mode::Shipped;
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--lib", "--profile", mode.profile(), "--package", bundle.package]);
    compiler.prepare(&mut cargo);
    process::run(&mut cargo)?;
    let folder = workspace.target.join(crate::wasm_target::TARGET).join(mode.profile());
    let plain = bind(&folder, bundle, mode, None)?;
    let optimised =
        optimiser()?.map(|optimiser| bind(&folder, bundle, mode, Some(&optimiser))).transpose()?;
    Ok((plain, optimised))
}

fn bind(folder: &Path, bundle: &Bundle, mode: Mode, optimiser: Option<&Path>) -> Result<Bound> {
    let input = folder.join(format!("{}.wasm", bundle.package.replace('-', "_")));
    let out = folder.join("bound").join(bundle.name);
    if out.exists() {
        fs::remove_dir_all(&out)?;
    }
    let mut bindgen = Bindgen::new();
    bindgen.input_path(&input).out_name(bundle.name).typescript(false).remove_producers_section(true);
    bindgen.omit_default_module_path(false);
    // Names of functions cost a third of the module and help only in a debugger.
    bindgen.remove_name_section(mode == Mode::Shipped);
    bindgen.web(true)?.generate(&out).with_context(|| format!("binding {}", input.display()))?;
    if out.join("snippets").exists() {
        bail!("{}: a dependency brings JavaScript snippets, which the site does not serve", bundle.package);
    }
    let module = out.join(format!("{}_bg.wasm", bundle.name));
    if let Some(optimiser) = optimiser {
        process::run(Command::new("node").arg(optimiser).args(WASM_OPT).arg(&module).arg("-o").arg(&module))?;
    }
    let script = out.join(format!("{}.js", bundle.name));
    Ok(Bound { script: fs::read_to_string(script)?, module: fs::read(module)? })
}

/// `wasm-opt` from npm, kept in the cache. Without Node the bundle ships as it is: larger, and fine.
fn optimiser() -> Result<Option<PathBuf>> {
    if !node::is_there() {
        eprintln!("no Node.js here: the WebAssembly is left un-optimised");
        return Ok(None);
    }
    let folder = workspace::cache()?.join(BINARYEN);
    let program = folder.join("node_modules/binaryen/bin/wasm-opt");
    if program.is_file() {
        return Ok(Some(program));
    }
    match node::install(&[BINARYEN], &folder) {
        Ok(()) => Ok(Some(program).filter(|program| program.is_file())),
        Err(error) => {
            eprintln!("the WebAssembly is left un-optimised: {error:#}");
            Ok(None)
        }
    }
}
