//! `cargo xtask run`: from a fresh checkout to a page in the browser.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::postgres::{self, Cluster};
use crate::process::Started;
use crate::wasm::Mode;
use crate::workspace::Workspace;
use crate::{build, output, packages, process, secrets, site};

const LISTEN: &str = "127.0.0.1:3000";

/// The exit code of `meshline demo` on a database with data.
const REFUSED: i32 = 2;

/// Serves until Ctrl-C.
///
/// # Errors
/// Returns an error if something cannot be set up or built, or if the server fails.
pub fn run(options: &[&str]) -> Result<ExitCode> {
    let listen: SocketAddr = match options {
        [] => LISTEN,
        ["--listen", address] => address,
        _ => bail!("usage: cargo xtask run [--listen {LISTEN}]"),
    }
    .parse()
    .context("--listen needs an address and a port")?;
    if let Err(error) = TcpListener::bind(listen) {
        bail!(
            "cannot listen on {listen} ({error}); try another address: cargo xtask run --listen 127.0.0.1:3001"
        );
    }
    let workspace = Workspace::find()?;
    let own_database = std::env::var("DATABASE_URL").ok();
    if own_database.is_none() {
        packages::ensure(&[&packages::POSTGRES])?;
    }
    let site = workspace.target.join("site");
    let server = output::phase("server", || build::server(&workspace))?;
    output::phase("WebAssembly and styles", || site::build(&workspace, Mode::Development, &site))?;

    let database = output::phase("database", || Database::ready(&workspace, own_database))?;
    let meshline = |arguments: &[&str]| {
        let mut command = Command::new(&server);
        command.args(arguments).current_dir(&workspace.root).env("MESHLINE_SITE_DIR", &site);
        command.env("DATABASE_URL", &database.url);
        if let Some(key) = &database.key_file {
            command.env("MESHLINE_KEY_FILE", key);
        }
        command
    };
    output::phase("migrations", || process::run(&mut meshline(&["migrate"])))?;
    output::phase("demo organisation", || fill(&mut meshline(&["demo"]), &database))?;

    let mut serving = Started::new(&mut meshline(&["serve", "--listen", &listen.to_string()]))?;
    if wait_until_open(&mut serving, listen)? {
        if let Ok(logins) = fs::read_to_string(&database.logins) {
            println!("\n{}", logins.trim_end());
        }
        println!("\nMeshline is running at http://{listen} (press Ctrl-C to stop)");
    }
    let status = serving.wait()?;
    if process::interrupted() || status.success() {
        return Ok(ExitCode::SUCCESS);
    }
    bail!("the server exited with {status}")
}

/// The database to serve from.
struct Database {
    url: String,
    /// The path of the master key; `None` lets the server choose.
    key_file: Option<PathBuf>,
    /// The file with the output of `meshline demo`.
    logins: PathBuf,
    /// Whether the database was created just now.
    is_new: bool,
    /// Keeps a private cluster running.
    _cluster: Option<Cluster>,
}

impl Database {
    /// Returns the database in `DATABASE_URL`, or else a private one.
    fn ready(workspace: &Workspace, own: Option<String>) -> Result<Self> {
        let private = workspace.private()?;
        if let Some(url) = own {
            let logins = private.join(format!("demo-logins-{}.txt", secrets::short_hash(&url)));
            return Ok(Self { url, key_file: None, logins, is_new: false, _cluster: None });
        }
        let cluster = Cluster::start(workspace, &postgres::RUN)?;
        let is_new = cluster.create_database("meshline")?;
        let key = match std::env::var_os("MESHLINE_KEY_FILE") {
            Some(path) => PathBuf::from(path),
            None => private.join("master.key"),
        };
        let logins = private.join("demo-logins.txt");
        // For running `meshline` by hand: MESHLINE_CONFIG refers to this file.
        let url = cluster.url("meshline");
        secrets::write(
            &private.join("meshline.toml"),
            &format!("database-url = {url:?}\nkey-file = {key:?}\n"),
        )?;
        Ok(Self { url, key_file: Some(key), logins, is_new, _cluster: Some(cluster) })
    }
}

/// Fills an empty database with the demo organisation, and stores the logins for the next run.
fn fill(demo: &mut Command, database: &Database) -> Result<()> {
    if database.logins.is_file() && !database.is_new {
        return Ok(());
    }
    let output = process::output(demo)?;
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        return secrets::write(&database.logins, &String::from_utf8_lossy(&output.stdout));
    }
    if output.status.code() == Some(REFUSED) && !database.is_new {
        eprintln!("the database is not empty and stays unchanged: {}", said.trim());
        return Ok(());
    }
    bail!("`{}` exited with {}\n{}", process::line(demo), output.status, said.trim_end())
}

/// Waits until the server answers. Returns `false` if it exits first.
fn wait_until_open(serving: &mut Started, listen: SocketAddr) -> Result<bool> {
    while serving.runs()? {
        if TcpStream::connect_timeout(&listen, Duration::from_secs(1)).is_ok() {
            return Ok(true);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(false)
}
