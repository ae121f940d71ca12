//! A CalDAV server for one test: [Radicale](https://radicale.org), run by Python from a virtual environment that is created once
//! per user and version.

#![allow(clippy::expect_used, clippy::panic, reason = "a test without its server has to fail")]

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use reqwest::{Client, Method, StatusCode};
use tempfile::TempDir;

/// The installed version.
const VERSION: &str = "3.9.0";
/// The time within which the server must start.
const START: Duration = Duration::from_secs(30);

/// A user who can sign in and owns every calendar below `/sales/`.
pub const USER: &str = "sales";
/// The password of [`USER`].
pub const PASSWORD: &str = "pa55-of-the-calendars";

/// A running server with its own storage. Dropping it stops the server and deletes the storage.
pub struct Radicale {
    /// The address that the server listens on.
    pub address: SocketAddr,
    process: Child,
    folder: TempDir,
}

impl Radicale {
    /// Starts a server without calendars.
    ///
    /// # Panics
    /// Panics if Python, its `venv` module or Radicale is unavailable, or if the server does not start.
    pub fn start() -> Self {
        let python = python();
        // Another process may take the free port before the server does; the server then exits at once.
        for _ in 0..5 {
            let folder = tempfile::tempdir().expect("a folder for the calendars");
            let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
            let address = listener.local_addr().expect("a port");
            drop(listener);
            std::fs::write(folder.path().join("users"), format!("{USER}:{PASSWORD}\n"))
                .expect("a file of users");
            let config = folder.path().join("config");
            std::fs::write(&config, configuration(folder.path(), address)).expect("a configuration");
            let process = Command::new(&python)
                .args(["-m", "radicale", "--config"])
                .arg(&config)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("Python starts");
            let mut server = Self { address, process, folder };
            if server.answers() {
                return server;
            }
        }
        panic!("Radicale does not start: try `{} -m radicale`", python.display());
    }

    fn answers(&mut self) -> bool {
        let started = Instant::now();
        while started.elapsed() < START {
            if self.process.try_wait().expect("the server's state").is_some() {
                return false;
            }
            if TcpStream::connect(self.address).is_ok() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }

    /// Returns the URL to use in settings.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Creates a calendar and returns its path.
    ///
    /// # Panics
    /// Panics if the server refuses.
    pub async fn calendar(&self, name: &str) -> String {
        let path = format!("/{USER}/{name}/");
        let status = self.send("MKCALENDAR", &path, String::new()).await;
        assert_eq!(status, StatusCode::CREATED, "a calendar {path}");
        path
    }

    /// Writes a calendar object unconditionally, as a person's calendar program would.
    ///
    /// # Panics
    /// Panics if the server refuses.
    pub async fn put(&self, path: &str, text: &str) {
        let status = self.send("PUT", path, text.to_owned()).await;
        assert!(status.is_success(), "{path}: {status}");
    }

    /// Deletes an object or a calendar.
    ///
    /// # Panics
    /// Panics if the server refuses.
    pub async fn delete(&self, path: &str) {
        let status = self.send("DELETE", path, String::new()).await;
        assert!(status.is_success(), "{path}: {status}");
    }

    /// Returns the names and texts of the objects in a calendar, read from disk, with folded lines unfolded.
    ///
    /// # Panics
    /// Panics if the objects cannot be read.
    pub fn objects(&self, calendar: &str) -> Vec<(String, String)> {
        let folder = self.folder.path().join("store/collection-root").join(calendar.trim_matches('/'));
        let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
        let named = entries.filter_map(|entry| Some((entry.ok()?.path(), ())).map(|(path, ())| path));
        let objects = named.filter_map(|path| {
            let name = path.file_name()?.to_str()?.to_owned();
            let is_object = name.ends_with(".ics") && !name.starts_with('.');
            // An object that is being replaced is picked up by the next read.
            let text = std::fs::read_to_string(&path).ok()?;
            is_object.then(|| (name, text.replace("\r\n", "\n").replace("\n ", "")))
        });
        objects.collect()
    }

    async fn send(&self, method: &str, path: &str, body: String) -> StatusCode {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let client = Client::builder().no_proxy().build().expect("a client");
        let url = format!("http://{}{path}", self.address);
        let request = client.request(method, url).basic_auth(USER, Some(PASSWORD));
        let request = request.header("content-type", "text/calendar; charset=utf-8").body(body);
        request.send().await.expect("the server answers").status()
    }
}

impl Drop for Radicale {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn configuration(folder: &Path, address: SocketAddr) -> String {
    let folder = folder.display();
    format!(
        "[server]\nhosts = {address}\nmax_connections = 100\n\
         [auth]\ntype = htpasswd\nhtpasswd_filename = {folder}/users\nhtpasswd_encryption = plain\ndelay = 0\n\
         [rights]\ntype = owner_only\n\
         [storage]\nfilesystem_folder = {folder}/store\n\
         [logging]\nlevel = critical\n"
    )
}

/// Returns the Python interpreter with Radicale. Installs Radicale into `~/.cache/meshline` if it is missing.
fn python() -> PathBuf {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(install).clone()
}

fn install() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))
        .unwrap_or_else(std::env::temp_dir)
        .join("meshline");
    std::fs::create_dir_all(&cache).expect("a folder for caches");
    let finished = cache.join(format!("radicale@{VERSION}"));
    let python = finished.join("bin/python");
    if !python.is_file() {
        // Installed under a temporary name and then moved, because several test programs may find it missing at once.
        let made = tempfile::tempdir_in(&cache).expect("a folder for Radicale");
        run(
            Command::new("python3").args(["-m", "venv"]).arg(made.path()),
            "python3 and python3-venv are required",
        );
        let package = format!("radicale=={VERSION}");
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", &package];
        run(Command::new(made.path().join("bin/python")).args(pip), "a package index is required");
        // If another process was faster, its installation is identical.
        std::fs::rename(made.keep(), &finished).ok();
    }
    assert!(python.is_file(), "{} is missing", python.display());
    python
}

fn run(command: &mut Command, need: &str) {
    let output = command.output();
    let said = match &output {
        Ok(output) if output.status.success() => return,
        Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Err(error) => error.to_string(),
    };
    panic!("Radicale, which the calendar tests need, cannot be installed ({need}): {said}");
}
