//! Builds the WebAssembly bundles: compiles, generates bindings and, for releases, optimises.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

use crate::workspace::{self, Workspace};
use crate::{node, process, wasm_target::Compiler};

/// A crate in `frontend/` that pages load.
pub struct Bundle {
    /// The name of the crate, a `cdylib`.
    pub package: &'static str,
    /// The logical name: `NAME.js` loads `NAME_bg.wasm`.
    pub name: &'static str,
}

/// Every bundle.
pub const BUNDLES: &[Bundle] = &[Bundle { package: "islands", name: "meshline" }];

/// The exact version of the optimiser: other versions have produced modules that crash in the browser.
const BINARYEN: &str = "binaryen@132.0.0";

/// The options of the optimiser: prefer size, and enable exactly the features that Rust emits and every browser supports.
const WASM_OPT: &[&str] = &[
    "-Oz",
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// A bundle with its bindings.
pub struct Bound {
    /// The JavaScript module, which loads `NAME_bg.wasm` from the same folder.
    pub script: String,
    /// The WebAssembly module.
    pub module: Vec<u8>,
}

/// How to build a bundle.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Optimised for build time.
    Development,
    /// Optimised for size.
    Shipped,
}

impl Mode {
    /// Returns the cargo profile for WebAssembly.
    pub fn profile(self) -> &'static str {
        match self {
            Self::Development => "wasm-dev",
            Self::Shipped => "wasm-release",
        }
    }
}

/// Compiles all bundles and generates their bindings.
///
/// # Errors
/// Returns an error if the compiler cannot be set up or the code does not compile.
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

/// Builds a release module. Returns it before and after optimisation; only the former if there is no optimiser.
///
/// # Errors
/// Returns the same errors as [`build`].
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
    // The name section is a third of the module and is useful only in a debugger.
    bindgen.remove_name_section(mode == Mode::Shipped);
    bindgen.web(true)?.generate(&out).with_context(|| format!("binding {}", input.display()))?;
    if out.join("snippets").exists() {
        bail!("{}: a dependency contains JavaScript snippets, which the site does not serve", bundle.package);
    }
    let module = out.join(format!("{}_bg.wasm", bundle.name));
    if let Some(optimiser) = optimiser {
        process::run(Command::new("node").arg(optimiser).args(WASM_OPT).arg(&module).arg("-o").arg(&module))?;
    }
    let script = out.join(format!("{}.js", bundle.name));
    Ok(Bound { script: fs::read_to_string(script)?, module: fs::read(module)? })
}

/// Installs `wasm-opt` from npm into the cache. Without Node.js, the bundle ships unoptimised, which only makes it larger.
fn optimiser() -> Result<Option<PathBuf>> {
    if !node::is_there() {
        eprintln!("Node.js is not installed: the WebAssembly is not optimised");
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
            eprintln!("the WebAssembly is not optimised: {error:#}");
            Ok(None)
        }
    }
}
