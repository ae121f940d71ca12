//! `cargo xtask bench import`: uploading, previewing and importing one large file, and the memory that each takes.

use std::fs;
use std::io::{BufWriter, Read as _, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::events::{Mix, WORKFLOW};
use super::http::Connection;
use super::pages::sign_in;
use super::stand::{Serving, Stand};
use super::{Figures, machine};
use crate::workspace::Workspace;
use crate::{output, postgres};

const DATABASE: &str = "uploaded";
/// How often memory is looked at. The kernel keeps the peak in between.
const SAMPLE_EVERY: Duration = Duration::from_secs(1);
/// How long a run may take to stop once it is cancelled.
const STOP_WITHIN: Duration = Duration::from_secs(30);
/// Rows that are left for the run that is resumed near the end of the file.
const TAIL_ROWS: u64 = 20_000;
/// How long the resumed run may take: it reads the whole file.
const TAIL_WITHIN: Duration = Duration::from_secs(900);

/// Options of the measurement.
#[derive(Debug, clap::Args)]
pub struct ImportOptions {
    /// Rows of the file.
    #[arg(long, default_value_t = 5_000_000)]
    pub(super) rows: u64,
    /// Bytes of the file: rows get a column of text that makes it as large.
    #[arg(long)]
    bytes: Option<u64>,
    /// Minutes after which the import is cancelled. It is then resumed near the end of the file, with the rows in between
    /// counted as imported.
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,
    /// A server that is built already, to measure in place of building one.
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// Measure a debug build.
    #[arg(long)]
    debug: bool,
}

/// Measures.
///
/// # Errors
/// The stand cannot be set up, or the server refuses the file.
pub fn run(options: &ImportOptions) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    let stand = match &options.program {
        Some(program) => Stand::with(&workspace, &postgres::BENCH, fs::canonicalize(program)?)?,
        None if options.debug => Stand::set_up_debug(&workspace, &postgres::BENCH)?,
        None => Stand::set_up(&workspace, &postgres::BENCH)?,
    };
    stand.database(DATABASE)?;
    let file = stand.folder.join("large.csv");
    output::phase("file", || write(&file, options.rows, options.bytes))?;
    let serving = Serving::start(&stand, DATABASE)?;
    let mut figures = Figures::default();
    let measured = measure(&stand, &serving, options, &file, &mut figures);
    fs::remove_file(&file)?;
    drop(serving);
    fs::remove_dir_all(stand.data_dir()).ok();
    stand.cluster.drop_database(DATABASE)?;
    measured?;
    figures.print();
    Ok(ExitCode::SUCCESS)
}

fn measure(
    stand: &Stand,
    serving: &Serving,
    options: &ImportOptions,
    file: &Path,
    figures: &mut Figures,
) -> Result<()> {
    let bytes = fs::metadata(file)?.len();
    let cookie = sign_in(stand, DATABASE, serving.address, "revops")?;
    let client = Client { address: serving.address, cookie };
    figures.add("rows", "rows of the file", Ok(options.rows as f64));
    figures.add("file_mb", "size of the file, MB", Ok(bytes as f64 / 1e6));
    figures.add("rss_before_mb", "resident memory before, MB", machine::rss_mb(serving.pid()));

    let start = Instant::now();
    machine::forget_peak(serving.pid())?;
    let mapping = client.upload(file, bytes)?;
    let seconds = start.elapsed().as_secs_f64();
    figures.add("upload_mb_per_s", "uploaded, MB a second", Ok(bytes as f64 / 1e6 / seconds));
    figures.add("upload_peak_mb", "peak resident memory of the upload, MB", machine::peak_mb(serving.pid()));

    machine::forget_peak(serving.pid())?;
    let start = Instant::now();
    let page = client.get(&mapping)?;
    ensure!(page.contains("large.csv"), "the page does not show the file");
    figures.add("preview_ms", "columns and preview, ms", Ok(start.elapsed().as_secs_f64() * 1_000.0));
    figures.add(
        "preview_peak_mb",
        "peak resident memory of the preview, MB",
        machine::peak_mb(serving.pid()),
    );

    machine::forget_peak(serving.pid())?;
    let run = client.start(&mapping)?;
    let import = Import { stand, serving, client: &client };
    let start = Instant::now();
    let is_over = import.watch(&run, Duration::from_secs_f64(options.minutes * 60.0))?;
    let seconds = start.elapsed().as_secs_f64();
    let rows = import.rows()?;
    figures.add("import_s", "seconds of the import that were measured", Ok(seconds));
    figures.add("import_rows", "rows done by then", Ok(rows as f64));
    figures.add("import_rows_per_s", "rows imported a second", Ok(rows as f64 / seconds));
    figures.add("import_peak_mb", "peak resident memory of the import, MB", machine::peak_mb(serving.pid()));
    if is_over {
        return Ok(());
    }
    import.cancel(&run)?;
    let tail = options.rows.saturating_sub(TAIL_ROWS).max(import.rows()?);
    figures.say("resumed", format!("near the end: rows up to {tail} are counted as imported"));
    stand.cluster.query_in(DATABASE, &format!("UPDATE import_runs SET rows_done = {tail}"))?;
    machine::forget_peak(serving.pid())?;
    let start = Instant::now();
    let again = client.post("/actions/retry-run", &format!("run={run}"))?;
    let again = again.strip_prefix("/runs/").context("no run was started")?.to_owned();
    ensure!(import.watch(&again, TAIL_WITHIN)?, "the resumed import does not end");
    figures.add("tail_s", "seconds of the resumed import", Ok(start.elapsed().as_secs_f64()));
    figures.add(
        "tail_peak_mb",
        "peak resident memory of the resumed import, MB",
        machine::peak_mb(serving.pid()),
    );
    Ok(())
}

/// Writes the file.
fn write(path: &Path, rows: u64, bytes: Option<u64>) -> Result<()> {
    let mix = Mix { assigned_percent: 20 };
    let mut file = BufWriter::with_capacity(1 << 20, fs::File::create(path)?);
    writeln!(file, "E-Mail,Name,Company,company_size,role,message,Created,Notes")?;
    let width = bytes.map_or(0, |bytes| bytes / rows.max(1));
    let notes = "they compare vendors ".repeat(usize::try_from(width / 21 + 1)?);
    for number in 0..rows {
        let row = format!("{},2026-01-{:02} 09:30:00,", mix.row(number), 1 + number % 28);
        let left = usize::try_from(width)?.saturating_sub(row.len() + 1).min(notes.len());
        writeln!(file, "{row}{}", &notes[..left])?;
    }
    Ok(file.flush()?)
}

/// The import as it is watched from outside.
struct Import<'a> {
    stand: &'a Stand,
    serving: &'a Serving,
    client: &'a Client,
}

impl Import<'_> {
    /// Waits until a run is over or the time is; returns whether it is over.
    fn watch(&self, run: &str, time: Duration) -> Result<bool> {
        let start = Instant::now();
        let mut said = start;
        loop {
            let state = self
                .stand
                .cluster
                .query_in(DATABASE, &format!("SELECT state FROM runs WHERE id = '{run}'"))?;
            match state.trim() {
                "done" => return Ok(true),
                "failed" => anyhow::bail!("the import failed; the server's log says why"),
                "cancelled" => return Ok(false),
                _ if start.elapsed() >= time => return Ok(false),
                _ => {}
            }
            if said.elapsed() > Duration::from_secs(30) {
                said = Instant::now();
                let (rss, peak) =
                    (machine::rss_mb(self.serving.pid())?, machine::peak_mb(self.serving.pid())?);
                let rows = self.rows()?;
                eprintln!(
                    "   {:.0} s: {rows} rows, {rss:.0} MB resident, {peak:.0} MB at most",
                    start.elapsed().as_secs_f64()
                );
            }
            std::thread::sleep(SAMPLE_EVERY);
        }
    }

    fn rows(&self) -> Result<u64> {
        let rows =
            self.stand.cluster.query_in(DATABASE, "SELECT coalesce(max(rows_done), 0) FROM import_runs")?;
        Ok(rows.trim().parse()?)
    }

    fn cancel(&self, run: &str) -> Result<()> {
        self.client.post("/actions/cancel-run", &format!("run={run}"))?;
        ensure!(!self.watch(run, STOP_WITHIN)?, "the run was over before it was cancelled");
        Ok(())
    }
}

/// A browser, as far as an import needs one.
struct Client {
    address: SocketAddr,
    cookie: String,
}

impl Client {
    fn head(&self, method: &str, path: &str, kind: &str) -> String {
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\nSec-Fetch-Site: same-origin\r\nAccept: text/html, application/json\r\nContent-Type: {kind}\r\n",
            self.address, self.cookie
        )
    }

    /// Sends a file in chunks, as the page does; returns the page that comes next.
    fn upload(&self, path: &Path, bytes: u64) -> Result<String> {
        let mut connection = Connection::open(self.address)?;
        let mut ask = |path: &str, kind: &str, body: &[u8]| -> Result<Value> {
            let answer = connection.ask(&self.head("POST", path, kind), body)?;
            ensure!(
                answer.status == 200,
                "{path} was answered {}: {}",
                answer.status,
                String::from_utf8_lossy(answer.body)
            );
            serde_json::from_slice(answer.body).context("the answer is no JSON")
        };
        let begin = json!({ "name": "large.csv", "bytes": bytes, "fresh": true }).to_string();
        let begun = ask("/import/uploads", "application/json", begin.as_bytes())?;
        let id = begun["id"].as_str().context("the upload has no id")?.to_owned();
        let mut chunk = vec![0; usize::try_from(begun["chunk"].as_u64().context("chunks have no size")?)?];
        let mut file = fs::File::open(path)?;
        let (mut offset, mut hash) = (0, [0_u8; 32]);
        while offset < bytes {
            let length = usize::try_from((bytes - offset).min(chunk.len() as u64))?;
            file.read_exact(&mut chunk[..length])?;
            let after: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
            let address = format!("/import/uploads/{id}?offset={offset}&after={after}");
            ask(&address, "application/octet-stream", &chunk[..length])?;
            hash = Sha256::new()
                .chain_update(hash)
                .chain_update(Sha256::digest(&chunk[..length]))
                .finalize()
                .into();
            offset += length as u64;
        }
        let finished = ask(&format!("/import/uploads/{id}/finish"), "application/json", b"{}")?;
        let next = finished["next"].as_str().context("nothing comes next")?.to_owned();
        ensure!(next != "/import", "the file was not taken");
        Ok(next)
    }

    fn get(&self, path: &str) -> Result<String> {
        let mut connection = Connection::open(self.address)?;
        let answer = connection.ask(&self.head("GET", path, "text/plain"), b"")?;
        ensure!(answer.status == 200, "{path} was answered {}", answer.status);
        Ok(String::from_utf8_lossy(answer.body).into_owned())
    }

    /// Sends a form; returns where it leads.
    fn post(&self, path: &str, form: &str) -> Result<String> {
        let mut connection = Connection::open(self.address)?;
        let head = self.head("POST", path, "application/x-www-form-urlencoded");
        let status = connection.ask(&head, form.as_bytes())?.status;
        ensure!(status == 303, "{path} was answered {status}");
        let to = connection.head().lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("location").then(|| value.to_owned())
        });
        to.context("the answer leads nowhere")
    }

    /// Starts the import of an upload by its mapping's page; returns the run.
    fn start(&self, mapping: &str) -> Result<String> {
        let upload = mapping.rsplit('/').next().unwrap_or_default();
        let fields = [
            ("workflow", WORKFLOW),
            ("email", "E-Mail"),
            ("name", "Name"),
            ("company", "Company"),
            ("at", "Created"),
        ];
        let fields: String =
            fields.iter().map(|(name, value)| format!("&fields%5B{name}%5D={value}")).collect();
        let to = self.post("/actions/start-import", &format!("upload={upload}{fields}"))?;
        to.strip_prefix("/runs/").map(str::to_owned).with_context(|| format!("no import was started: {to}"))
    }
}
