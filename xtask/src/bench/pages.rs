//! `cargo xtask bench pages`: measures how fast lists and the dashboard respond with many stored decisions, and how much a browser
//! downloads for them.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufWriter, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use chrono::{DateTime, SecondsFormat};
use serde_json::{Map, Value, json};

use super::events::{Mix, WORKFLOW};
use super::http::Connection;
use super::load::quantile;
use super::stand::{Serving, Stand};
use crate::workspace::Workspace;
use crate::{output, postgres, process, site, wasm};

/// Every list and the dashboard, with the parameters of everyday work.
const PAGES: &[&str] = &[
    "/leads",
    "/leads?action=assign",
    "/leads?period=30d",
    "/leads?q=ruiz",
    "/leads?sort=first.oldest",
    "/sync",
    "/sync/effects",
    "/sync/jobs",
    "/changes",
    "/search?q=ruiz",
    "/audit",
    "/people",
    "/keys",
    "/queue",
    "/dashboard",
    "/",
];
/// Requests per second. Each is sent when it is due, whether or not earlier ones have been answered.
const PACE: f64 = 200.0;
/// The number of connections: enough that one is free when a request is due.
const CONNECTIONS: usize = 64;
/// The number of warm-up requests per page.
const WARMING: usize = 20;
/// The number of entries in the audit log.
const ACTS: u64 = 100_000;
/// The number of live leads, whose effects stay in the outbox.
const LIVE: u64 = 1_000;
const DATABASE: &str = "pages";
/// The person who views the pages.
const EMAIL: &str = "bench@corvane.example";
const PASSWORD: &str = "correct horse battery";

/// Options of the measurement.
#[derive(Debug, clap::Args)]
pub struct PagesOptions {
    /// Number of stored decisions.
    #[arg(long, default_value_t = 1_000_000)]
    pub(super) decisions: u64,
    /// Seconds of requests to each page.
    #[arg(long, default_value_t = 20.0)]
    seconds: f64,
    /// Measure only this page, such as /queue; can be repeated.
    #[arg(long, value_name = "PAGE")]
    pub(super) only: Vec<String>,
    /// Measure a debug build.
    #[arg(long)]
    debug: bool,
}

/// Runs the measurement.
///
/// # Errors
/// Returns an error if the environment cannot be set up or a page cannot be loaded.
pub fn run(options: &PagesOptions) -> Result<ExitCode> {
    let decisions = options.decisions;
    let pages: Vec<&str> = match options.only.as_slice() {
        [] => PAGES.to_vec(),
        only => only.iter().map(String::as_str).collect(),
    };
    if let Some(other) = pages.iter().find(|page| !page.starts_with('/')) {
        bail!("`{other}` is not a page; use a path such as /queue");
    }
    let workspace = Workspace::find()?;
    let stand = if options.debug {
        Stand::set_up_debug(&workspace, &postgres::BENCH)?
    } else {
        Stand::set_up(&workspace, &postgres::BENCH)?
    };
    let folder = stand.folder.join("site");
    let mode = if options.debug { wasm::Mode::Development } else { wasm::Mode::Shipped };
    let sizes = output::phase("WebAssembly and styles", || site::build(&workspace, mode, &folder))?;
    let brotli = |ending: &str| {
        sizes.iter().filter(|size| size.name.ends_with(ending)).map(|size| size.brotli_bytes).sum::<usize>()
    };
    let islands_br_kb = (brotli(".js") + brotli(".wasm")) as f64 / 1000.0;

    output::phase("database", || fill(&stand, decisions))?;
    let serving = Serving::start_with(&stand, DATABASE, Some(&folder))?;
    let cookie = sign_in(&stand, DATABASE, serving.address, "admin,revops_lead")?;
    let mut measures = Map::new();
    println!("{:<28}{:>10}{:>10}{:>10}{:>14}", "page", "p50 ms", "p99 ms", "per s", "islands kB");
    for path in pages {
        let measured = measure(serving.address, &cookie, path, Duration::from_secs_f64(options.seconds))?;
        // A page downloads the islands only if it contains one.
        let islands = if measured.has_islands { islands_br_kb } else { 0.0 };
        let (p50, p99) = (quantile(&measured.latencies_ms, 0.5), quantile(&measured.latencies_ms, 0.99));
        println!("{path:<28}{p50:>10.2}{p99:>10.2}{:>10.1}{islands:>14.1}", measured.per_s);
        let rounded = |figure: f64| (figure * 1000.0).round() / 1000.0;
        let figures = json!({
            "p50_ms": rounded(p50), "p99_ms": rounded(p99), "per_s": rounded(measured.per_s),
            "islands_br_kb": rounded(islands), "worker_br_kb": 0.0,
        });
        measures.insert(path.to_owned(), figures);
    }
    println!("{}", json!({ "decisions": decisions, "pages": Value::Object(measures) }));
    stand.cluster.drop_database(DATABASE)?;
    Ok(ExitCode::SUCCESS)
}

/// Fills the database with past leads and their outcomes over twelve weeks, imported in realistic portions; with live leads whose
/// effects are pending; and with an audit log.
fn fill(stand: &Stand, decisions: u64) -> Result<()> {
    let mix = Mix { assigned_percent: 20 };
    stand.database(DATABASE)?;
    let file = stand.folder.join("past.csv");
    past(&file, mix, decisions)?;
    let mut import = stand.meshline(DATABASE);
    import.arg("import").arg(&file).args(["--workflow", WORKFLOW, "--at", "Created"]);
    import.args(["--map", "email=E-Mail", "--map", "name=Name", "--map", "company=Company"]);
    for (value, stage) in
        [("Accepted", "accepted"), ("Rejected", "rejected"), ("Won", "won"), ("Lost", "lost")]
    {
        import.args(["--outcome", &format!("Status={value}:{stage}@Closed")]);
    }
    let said = process::capture(&mut import)?;
    ensure!(
        said.starts_with(&format!("{decisions} rows: {decisions} imported")),
        "not all rows were imported: {said}"
    );
    fs::remove_file(&file)?;
    {
        let serving = Serving::start(stand, DATABASE)?;
        for number in 0..LIVE {
            serving.send(number, &mix.event(number))?;
        }
    }
    let half = "UPDATE outbox SET state = 'dead', attempts = 8, last_error = 'Status 410: gone' WHERE lead_sequence % 2 = 1 AND random() < 0.5";
    stand.cluster.query_in(DATABASE, half)?;
    let acts = format!(
        "INSERT INTO audit_log (id, at, actor, roles, action, subject, detail, request_id, hash) \
         SELECT overlay(gen_random_uuid()::text placing left(uuid_v7_floor(now())::text, 13) from 1 for 13)::uuid, now(), 'command:bench', '{{}}', \
         'job.request', 'job:backlog', '{{}}', 'bench', sha256(n::text::bytea) FROM generate_series(1, {ACTS}) n"
    );
    stand.cluster.query_in(DATABASE, &acts)?;
    stand.cluster.query_in(DATABASE, "VACUUM ANALYZE")?;
    Ok(())
}

/// Writes a file of past leads. Every third assigned lead has an outcome.
fn past(path: &Path, mix: Mix, leads: u64) -> Result<()> {
    const WEEKS: u64 = 12;
    const STATUS: [&str; 6] = ["Accepted", "", "Rejected", "Won", "", "Lost"];
    let mut file = BufWriter::new(fs::File::create(path)?);
    writeln!(file, "E-Mail,Name,Company,company_size,role,message,Created,Status,Closed")?;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs();
    let span = WEEKS * 7 * 86_400;
    for number in 0..leads {
        let created = now - span + number * (span - 3_600) / leads.max(1);
        let status = STATUS[(number % 6) as usize];
        let closed = if status.is_empty() { String::new() } else { stamp(created + 1_800) };
        writeln!(file, "{},{},{status},{closed}", mix.row(number), stamp(created))?;
    }
    Ok(file.flush()?)
}

/// Formats seconds since 1970 as RFC 3339.
fn stamp(seconds: u64) -> String {
    let at = DateTime::from_timestamp_secs(seconds as i64).unwrap_or_default();
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Creates a person with these roles and returns their session cookie.
pub fn sign_in(stand: &Stand, database: &str, address: SocketAddr, roles: &str) -> Result<String> {
    let link = process::capture(stand.meshline(database).args(["user", "add", EMAIL, "--role", roles]))?;
    let token = link.trim().rsplit('/').next().context("no link was printed")?.to_owned();
    let password = PASSWORD.replace(' ', "+");
    let set = format!("token={token}&password={password}&again={password}");
    post(address, "/actions/set-password", &set)?;
    let head = post(
        address,
        "/actions/sign-in",
        &format!("email={}&password={password}", EMAIL.replace('@', "%40")),
    )?;
    let cookie = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        let is_session = name.eq_ignore_ascii_case("set-cookie") && value.starts_with("meshline_session=");
        is_session.then(|| value.split(';').next().unwrap_or_default().to_owned())
    });
    cookie.with_context(|| format!("the response to signing in has no session cookie\n{head}"))
}

fn post(address: SocketAddr, path: &str, form: &str) -> Result<String> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nSec-Fetch-Site: same-origin\r\nAccept: text/html\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    );
    let mut connection = Connection::open(address)?;
    let status = connection.ask(&head, form.as_bytes())?.status;
    ensure!(status == 303, "{path} returned {status}");
    Ok(connection.head().to_owned())
}

struct Measured {
    latencies_ms: Vec<f64>,
    per_s: f64,
    has_islands: bool,
}

/// Requests a page at [`PACE`]. The time is measured from when a request is due, so waiting for a free connection counts.
fn measure(address: SocketAddr, cookie: &str, path: &str, time: Duration) -> Result<Measured> {
    let mut head = String::new();
    let _ = write!(
        head,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nCookie: {cookie}\r\nAccept: text/html\r\nAccept-Encoding: br\r\n"
    );
    let plain = head.replace("Accept-Encoding: br\r\n", "");
    let mut connection = Connection::open(address)?;
    let mut has_islands = false;
    for _ in 0..WARMING {
        let answer = connection.ask(&plain, b"")?;
        ensure!(answer.status == 200, "{path} returned {}", answer.status);
        has_islands = answer.body.windows(15).any(|text| text == b"<leptos-island ");
    }
    let all = (time.as_secs_f64() * PACE) as usize;
    let (next, latencies, complaint) =
        (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(all)), Mutex::new(None));
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                let asked = ask(address, &head, all, start, &next);
                match asked {
                    Ok(mine) => latencies.lock().map(|mut all| all.extend(mine)).unwrap_or_default(),
                    Err(error) => drop(
                        complaint.lock().map(|mut first| first.get_or_insert(format!("{error:#}")).clone()),
                    ),
                }
            });
        }
    });
    if let Some(complaint) = complaint.into_inner().unwrap_or_default() {
        bail!("{path}: {complaint}");
    }
    let mut latencies_ms = latencies.into_inner().unwrap_or_default();
    latencies_ms.sort_by(f64::total_cmp);
    Ok(Measured {
        per_s: latencies_ms.len() as f64 / start.elapsed().as_secs_f64(),
        latencies_ms,
        has_islands,
    })
}

/// Sends due requests until all have been sent.
fn ask(address: SocketAddr, head: &str, all: usize, start: Instant, next: &AtomicUsize) -> Result<Vec<f64>> {
    let mut connection = Connection::open(address)?;
    let mut latencies_ms = Vec::new();
    while !process::interrupted() {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= all {
            break;
        }
        let due = start + Duration::from_secs_f64(number as f64 / PACE);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let status = connection.ask(head, b"")?.status;
        ensure!(status == 200, "answered {status}");
        latencies_ms.push(due.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(latencies_ms)
}
