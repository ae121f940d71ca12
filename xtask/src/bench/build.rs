//! `cargo xtask bench build`: measures the duration and size of a cold release build, and how soon a changed page is visible.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::Figures;
use super::http::Connection;
use crate::process::{self, Started};
use crate::workspace::Workspace;

/// The page that is changed: its file, the text that is replaced, and where it is served.
const PAGE: &str = "app/src/pages/gate/mod.rs";
const TEXT: &str = "<button class=\"btn primary\">{texts().gate_sign_in()}</button>";
const PATH: &str = "/sign-in";

/// The time limit for `cargo xtask run` to serve the page.
const PATIENCE: Duration = Duration::from_secs(30 * 60);

/// Options of the measurement.
#[derive(Debug, clap::Args)]
pub struct BuildOptions {
    /// Number of changes of the page; the median is reported.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..))]
    touches: u64,
    /// Measure only the changed page, not the release build.
    #[arg(long)]
    touched_only: bool,
}

/// Runs the measurement in a copy of the checkout, so that neither its files nor its compiled code change. Crates are downloaded
/// beforehand.
///
/// # Errors
/// Returns an error if the checkout cannot be copied or `cargo xtask` fails in the copy.
pub fn run(options: &BuildOptions) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    let place = workspace.target.join("bench-build");
    let copy = Copy { root: place.join("checkout"), target: place.join("target") };
    copy.make(&workspace)?;
    process::run(workspace.cargo().args(["fetch", "--locked", "--quiet"]))?;
    let mut figures = Figures::default();
    if !options.touched_only {
        figures.add("release_s", "cold release build, s", copy.release());
        figures.add("release_mb", "target/dist, MB", size_mb(&copy.target.join("dist")));
        let server = fs::metadata(copy.target.join("dist/meshline")).map(|file| megabytes(file.len()));
        figures.add("server_mb", "size of the server in it, MB", server.context("reading the server's size"));
    }
    figures.add("touched_page_s", "time until a changed page is visible, s", copy.touched(options.touches));
    fs::remove_dir_all(&place).with_context(|| format!("removing {}", place.display()))?;
    figures.print();
    Ok(ExitCode::SUCCESS)
}

/// A copy of the checkout with its own target directory.
struct Copy {
    root: PathBuf,
    target: PathBuf,
}

impl Copy {
    /// Copies the current content of every tracked and every untracked, unignored file.
    fn make(&self, workspace: &Workspace) -> Result<()> {
        if let Some(place) = self.root.parent().filter(|place| place.exists()) {
            fs::remove_dir_all(place).with_context(|| format!("removing {}", place.display()))?;
        }
        let mut git = Command::new("git");
        git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(&workspace.root);
        for name in process::capture(&mut git)?.split('\0').filter(|name| !name.is_empty()) {
            let (from, to) = (workspace.root.join(name), self.root.join(name));
            if !from.is_file() {
                continue;
            }
            if let Some(folder) = to.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::copy(&from, &to).with_context(|| format!("copying {name}"))?;
        }
        Ok(())
    }

    fn xtask(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.arg("xtask").args(arguments).current_dir(&self.root);
        command.env("CARGO_TARGET_DIR", &self.target).env_remove("DATABASE_URL");
        command
    }

    /// Returns the seconds of `cargo xtask build` with nothing compiled before.
    fn release(&self) -> Result<f64> {
        let start = Instant::now();
        process::run(&mut self.xtask(&["build"]))?;
        Ok(start.elapsed().as_secs_f64())
    }

    /// Returns the median of the seconds from a change of the page until `cargo xtask run`, started again, serves it.
    fn touched(&self, touches: u64) -> Result<f64> {
        let listen = free_address()?;
        drop(self.serve(listen, "Sign in")?);
        let path = self.root.join(PAGE);
        let original = fs::read_to_string(&path).with_context(|| format!("reading {PAGE}"))?;
        ensure!(original.matches(TEXT).count() == 1, "{PAGE} does not contain {TEXT} exactly once");
        let mut seconds = Vec::new();
        for touch in 0..touches {
            let text = format!("Sign in, touch {touch}");
            fs::write(
                &path,
                original.replace(TEXT, &TEXT.replace("texts().gate_sign_in()", &format!("{text:?}"))),
            )?;
            let start = Instant::now();
            let serving = self.serve(listen, &text)?;
            seconds.push(start.elapsed().as_secs_f64());
            drop(serving);
        }
        super::median(&seconds)
    }

    /// Starts `cargo xtask run`. Returns the process once the page shows the text.
    fn serve(&self, listen: SocketAddr, text: &str) -> Result<Started> {
        let mut serving = Started::new(&mut self.xtask(&["run", "--listen", &listen.to_string()]))?;
        let start = Instant::now();
        while serving.runs()? {
            if page(listen).is_ok_and(|page| page.contains(text)) {
                return Ok(serving);
            }
            ensure!(start.elapsed() < PATIENCE, "{PATH} does not show `{text}`");
            std::thread::sleep(Duration::from_millis(50));
        }
        bail!("`cargo xtask run` exited with {}", serving.wait()?)
    }
}

fn page(listen: SocketAddr) -> Result<String> {
    let head = format!("GET {PATH} HTTP/1.1\r\nHost: {listen}\r\n");
    let mut connection = Connection::open(listen)?;
    let answer = connection.ask(&head, b"")?;
    ensure!(answer.status == 200, "{PATH} returned {}", answer.status);
    Ok(String::from_utf8_lossy(answer.body).into_owned())
}

fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// Returns the size of all files in a folder, in MB (10⁶ bytes).
fn size_mb(folder: &Path) -> Result<f64> {
    let mut total = 0.0;
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let entry = entry?;
        total += if entry.file_type()?.is_dir() {
            size_mb(&entry.path())?
        } else {
            megabytes(entry.metadata()?.len())
        };
    }
    Ok(total)
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_to_touch_has_its_text() {
        let root = Workspace::find().unwrap().root;
        let page = fs::read_to_string(root.join(PAGE)).unwrap();
        assert_eq!(page.matches(TEXT).count(), 1);
    }

    #[test]
    fn sizes_add_up_through_folders() {
        let folder = std::env::temp_dir().join(format!("meshline-sizes-{}", std::process::id()));
        fs::create_dir_all(folder.join("site")).unwrap();
        fs::write(folder.join("meshline"), vec![0; 2_000_000]).unwrap();
        fs::write(folder.join("site/main.css"), vec![0; 500_000]).unwrap();
        let size = size_mb(&folder).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        assert!((size - 2.5).abs() < 1e-9, "{size}");
    }
}
