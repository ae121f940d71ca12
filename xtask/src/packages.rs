//! What Meshline needs from the operating system, and how it gets there on Debian and Ubuntu.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{process, workspace};

/// Something of the operating system that a command needs.
pub struct Need {
    /// What it is for, said before it is installed.
    why: &'static str,
    /// The packages that bring it.
    packages: &'static [&'static str],
    /// Whether it is there.
    present: fn() -> bool,
}

/// A Postgres server with its tools.
pub const POSTGRES: Need = Need {
    why: "keeps all of Meshline's data",
    packages: &["postgresql"],
    present: || postgres_bin().is_some(),
};

/// Python that can make environments of its own.
pub const PYTHON: Need = Need {
    why: "the calendar server of the tests is written in it",
    packages: &["python3", "python3-venv"],
    present: || {
        process::find("python3").is_some_and(|python| {
            let output = Command::new(python).args(["-c", "import ensurepip, venv"]).output();
            output.is_ok_and(|output| output.status.success())
        })
    },
};

/// A browser without a window.
pub const CHROMIUM: Need =
    Need { why: "the browser tests drive it", packages: &["chromium"], present: || chromium().is_some() };

/// Node.js of any version, and npm.
pub const NODE: Need = Need {
    why: "the browser tests are written for it",
    packages: &["nodejs", "npm"],
    present: || process::find("node").is_some() && process::find("npm").is_some(),
};

/// A Rust compiler whose standard library can be built for WebAssembly without rustup.
pub const WASM_COMPILER: Need = Need {
    why: "compiles the islands, as rustup cannot fetch its WebAssembly target here",
    packages: &["rustc-web", "rust-web-src", "lld-19"],
    present: || {
        Path::new("/usr/bin/rustc").is_file()
            && Path::new("/usr/lib/rustlib/src/rust/library/std").is_dir()
            && process::find("lld-19").is_some()
    },
};

/// A compiler for C++.
pub const CPP: Need = Need {
    why: "compiles libFuzzer",
    packages: &["g++"],
    present: || std::env::var_os("CXX").is_some() || process::find("c++").is_some(),
};

/// Installs whatever is missing, after saying what and why.
///
/// # Errors
/// There is no `apt-get`, it fails, or something is still missing afterwards.
pub fn ensure(needs: &[&Need]) -> Result<()> {
    let missing: Vec<&&Need> = needs.iter().filter(|need| !(need.present)()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    for need in &missing {
        eprintln!("missing: {} ({})", need.packages.join(" "), need.why);
    }
    let packages: Vec<&str> = missing.iter().flat_map(|need| need.packages).copied().collect();
    let Some(apt_get) = process::find("apt-get") else {
        bail!("there is no apt-get here: please install what is missing by other means");
    };
    let root = workspace::is_root()?;
    if !root && process::find("sudo").is_none() {
        bail!("there is no sudo here: please let root run `apt-get install {}`", packages.join(" "));
    }
    eprintln!(
        "installing with apt-get{}",
        if root { "" } else { " through sudo, which may ask for your password" }
    );
    process::run_at_terminal(apt(&apt_get, root).args(["update", "-q"]))
        .context("updating the list of packages")?;
    process::run_at_terminal(
        apt(&apt_get, root).args(["install", "-q", "-y", "--no-install-recommends"]).args(&packages),
    )
    .with_context(|| format!("installing {}", packages.join(" ")))?;
    match missing.iter().find(|need| !(need.present)()) {
        Some(need) => bail!("{} installed, yet what it brings is not found", need.packages.join(" ")),
        None => Ok(()),
    }
}

/// The folder with the newest Postgres server's programs.
pub fn postgres_bin() -> Option<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, bin)| bin.join("initdb").is_file())
        .collect();
    found.sort();
    found.pop().map(|(_, bin)| bin).or_else(|| Some(process::find("initdb")?.parent()?.to_path_buf()))
}

/// The browser: `$CHROMIUM`, or one of the usual names.
pub fn chromium() -> Option<PathBuf> {
    match std::env::var_os("CHROMIUM") {
        Some(path) => Some(PathBuf::from(path)).filter(|path| path.is_file()),
        None => ["chromium", "google-chrome"].iter().find_map(|name| process::find(name)),
    }
}

fn apt(apt_get: &Path, root: bool) -> Command {
    let mut command = if root {
        Command::new(apt_get)
    } else {
        let mut sudo = Command::new("sudo");
        sudo.arg("DEBIAN_FRONTEND=noninteractive").arg(apt_get);
        sudo
    };
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}
