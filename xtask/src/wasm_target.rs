//! Provides a compiler with a standard library for `wasm32-unknown-unknown`.
//!
//! The preferred one is the target of the current toolchain, which rustup adds. If rustup cannot download it, Debian's compiler is
//! used, with a standard library that is built once from the Debian source package into the user's cache. Nothing outside the
//! cache is written.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace::{self, Workspace};
use crate::{packages, process, secrets};

/// The name of the target.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// The path of Debian's compiler.
const RUSTC: &str = "/usr/bin/rustc";

/// The time limit for downloads by rustup, in seconds.
const RUSTUP_PATIENCE: &str = "300";

/// A compiler for WebAssembly.
pub enum Compiler {
    /// The current toolchain, including clippy.
    Native,
    /// Debian's compiler with this sysroot for the target, without clippy.
    Debian(PathBuf),
}

impl Compiler {
    /// Finds a compiler or sets one up.
    ///
    /// # Errors
    /// Returns an error if neither rustup nor Debian's archive provides one.
    pub fn ensure(workspace: &Workspace) -> Result<Self> {
        if has_target(&sysroot(Path::new("rustc"))?) {
            return Ok(Self::Native);
        }
        if let Some(ready) = made_sysroot()?.filter(|path| has_target(path)) {
            return Ok(Self::Debian(ready));
        }
        if let Some(rustup) = process::find("rustup") {
            eprintln!("missing: the target {TARGET} (compiles the islands); installing with rustup");
            let mut command = Command::new("timeout");
            command.arg(RUSTUP_PATIENCE).arg(rustup).args(["target", "add", TARGET]);
            if process::status(&mut command)?.success() && has_target(&sysroot(Path::new("rustc"))?) {
                return Ok(Self::Native);
            }
        }
        packages::ensure(&[&packages::WASM_COMPILER])?;
        let sysroot = made_sysroot()?.with_context(|| format!("{RUSTC} does not report its version"))?;
        if !has_target(&sysroot) {
            build_std(workspace, &sysroot)?;
        }
        Ok(Self::Debian(sysroot))
    }

    /// Prepares a cargo command to compile for [`TARGET`].
    pub fn prepare(&self, cargo: &mut Command) {
        cargo.args(["--target", TARGET]);
        // Flags for the host's linker or processor do not apply here.
        cargo.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
        if let Self::Debian(sysroot) = self {
            cargo.env("RUSTC", RUSTC);
            cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "lld-19");
            cargo.env(
                "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
                format!("--sysroot={}", sysroot.display()),
            );
        }
    }
}

fn sysroot(rustc: &Path) -> Result<PathBuf> {
    let printed = process::capture(Command::new(rustc).args(["--print", "sysroot"]))?;
    Ok(PathBuf::from(printed.trim()))
}

fn libraries(sysroot: &Path) -> PathBuf {
    sysroot.join("lib/rustlib").join(TARGET).join("lib")
}

fn has_target(sysroot: &Path) -> bool {
    let is_std = |entry: fs::DirEntry| entry.file_name().to_string_lossy().starts_with("libstd-");
    fs::read_dir(libraries(sysroot)).is_ok_and(|entries| entries.flatten().any(is_std))
}

/// Returns the folder of the standard library for the version of Debian's compiler; `None` without a compiler.
fn made_sysroot() -> Result<Option<PathBuf>> {
    if !Path::new(RUSTC).is_file() {
        return Ok(None);
    }
    let version = process::capture(Command::new(RUSTC).arg("-vV"))?;
    Ok(Some(workspace::cache()?.join(format!("wasm-std-{}", secrets::short_hash(version)))))
}

/// Builds the standard library from Debian's source, and moves it to `sysroot` when it is complete.
fn build_std(workspace: &Workspace, sysroot: &Path) -> Result<()> {
    eprintln!("building Rust's standard library for {TARGET} into {}, once", sysroot.display());
    let half = sysroot.with_extension(format!("half-made-{}", std::process::id()));
    let source = half.join("source");
    fs::create_dir_all(source.join("src"))?;
    fs::write(
        source.join("Cargo.toml"),
        "[package]\nname = \"seed\"\nedition = \"2024\"\n\n[profile.release]\ndebug = false\n\n[workspace]\n",
    )?;
    fs::write(source.join("src/lib.rs"), "")?;

    let mut cargo = workspace.cargo();
    cargo
        .current_dir(&source)
        .env("RUSTC", RUSTC)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_DIR", half.join("target"));
    cargo.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    process::run(cargo.args(["build", "--release", "-Zbuild-std=std,panic_abort", "--target", TARGET]))?;

    let made = half.join("sysroot");
    fs::create_dir_all(libraries(&made))?;
    for entry in fs::read_dir(half.join("target").join(TARGET).join("release/deps"))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".rlib") && !name.starts_with("libseed-") {
            fs::copy(entry.path(), libraries(&made).join(name))?;
        }
    }
    if !has_target(&made) {
        bail!("the build of the standard library produced no libstd");
    }
    if let Err(error) = fs::rename(&made, sysroot) {
        // Another process may have been faster.
        if !has_target(sysroot) {
            return Err(error).with_context(|| format!("putting {} in place", sysroot.display()));
        }
    }
    fs::remove_dir_all(&half).with_context(|| format!("clearing {}", half.display()))
}
