//! The packages that Meshline needs from the operating system, and their installation on Debian and Ubuntu.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{process, workspace};

/// A system package that a command needs.
pub struct Need {
    /// The reason, printed before it is installed.
    why: &'static str,
    /// The packages that provide it.
    packages: &'static [&'static str],
    /// Returns whether it is installed.
    present: fn() -> bool,
}

/// A Postgres server and its tools.
pub const POSTGRES: Need = Need {
    why: "stores all of Meshline's data",
    packages: &["postgresql"],
    present: || postgres_bin().is_some(),
};

/// Python with virtual environments.
pub const PYTHON: Need = Need {
    why: "runs the calendar server for the tests",
    packages: &["python3", "python3-venv"],
    present: || {
        process::find("python3").is_some_and(|python| {
            let output = Command::new(python).args(["-c", "import ensurepip, venv"]).output();
            output.is_ok_and(|output| output.status.success())
        })
    },
};

/// A reverse proxy, and what makes a certificate for it.
pub const NGINX: Need = Need {
    why: "runs the documented configuration of a reverse proxy in the tests",
    packages: &["nginx-light", "openssl"],
    present: || Path::new("/usr/sbin/nginx").is_file() && process::find("openssl").is_some(),
};

/// A browser that runs headless.
pub const CHROMIUM: Need =
    Need { why: "runs the browser tests", packages: &["chromium"], present: || chromium().is_some() };

/// Node.js in any version, and npm.
pub const NODE: Need = Need {
    why: "runs the browser tests",
    packages: &["nodejs", "npm"],
    present: || process::find("node").is_some() && process::find("npm").is_some(),
};

/// A Rust compiler whose standard library can be built for WebAssembly without rustup.
pub const WASM_COMPILER: Need = Need {
    why: "compiles the islands, since rustup cannot download its WebAssembly target",
    packages: &["rustc-web", "rust-web-src", "lld-19"],
    present: || {
        Path::new("/usr/bin/rustc").is_file()
            && Path::new("/usr/lib/rustlib/src/rust/library/std").is_dir()
            && process::find("lld-19").is_some()
    },
};

/// A C++ compiler.
pub const CPP: Need = Need {
    why: "compiles libFuzzer",
    packages: &["g++"],
    present: || std::env::var_os("CXX").is_some() || process::find("c++").is_some(),
};

/// The tool that makes a Debian system in a folder.
pub const MMDEBSTRAP: Need = Need {
    why: "makes the Debian that the container image starts from",
    packages: &["mmdebstrap"],
    present: || process::find("mmdebstrap").is_some(),
};

/// Installs what is missing, after printing what and why.
///
/// # Errors
/// Returns an error if `apt-get` is missing or fails, or if something is still missing afterwards.
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
        bail!("apt-get is not available: install what is missing by other means");
    };
    let root = workspace::is_root()?;
    if !root && process::find("sudo").is_none() {
        bail!("sudo is not available: run `apt-get install {}` as root", packages.join(" "));
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
        Some(need) => bail!("{} installed, but its files were not found", need.packages.join(" ")),
        None => Ok(()),
    }
}

/// Returns the folder of the newest Postgres server's programs.
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

/// Returns the path of the browser: `$CHROMIUM`, or one of the usual names.
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
