//! `cargo xtask torture edge`: attacks a server while others use it, and measures how long those wait.
//!
//! The attackers have no account, except for those who view drafts. Each attack comes from addresses of its own, and those who
//! only use the server have others, as on the internet.

mod attacks;
mod drafts;
mod people;
mod probes;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

use crate::bench::machine;
use crate::bench::stand::{Serving, Stand};
use crate::postgres;
use crate::workspace::Workspace;
use attacks::Socket;
use drafts::WorstDrafts;
use probes::{Kind, Probes};

const DATABASE: &str = "edge";
const USAGE: &str = "usage: cargo xtask torture edge [--debug | --program FILE]";

/// Half-open connections from one address.
const HALF_HEADS: usize = 4_150;
/// Announced bodies from one address, of this many bytes each.
const ANNOUNCED: (usize, usize) = (400, 2 << 20);
/// Connections that never read, and the requests of each.
const UNREAD: (usize, usize) = (60, 2_000);
/// Sign-ins in flight, from this many addresses.
const SIGN_INS: (usize, u8) = (2_600, 26);

/// How long an attack is kept up.
const KEPT_UP: Duration = Duration::from_secs(12);
/// How long nothing is attacked, before the memory is taken as the normal one.
const CALM: Duration = Duration::from_secs(10);
/// The time within which unread answers must have been given up.
const GIVEN_UP_WITHIN: Duration = Duration::from_secs(120);
/// How long the worst drafts are viewed.
const VIEWED: Duration = Duration::from_secs(20);

/// The largest acceptable figures: the slowest answers in ms, and memory in MB.
const HEALTHZ_MS: f64 = 1_000.0;
const SIGN_IN_MS: f64 = 1_000.0;
const SIGN_IN_FLOODED_MS: f64 = 2_000.0;
const EVENT_P99_MS: f64 = 500.0;
const GROWN_MB: f64 = 64.0;
const RSS_MB: f64 = 600.0;

/// Attacks a server. The last line of stdout is the report as JSON.
///
/// # Errors
/// Returns an error if the options are invalid, or if something does not start.
pub fn run(options: &[&str]) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    let stand = match options {
        [] => Stand::set_up(&workspace, &postgres::TORTURE)?,
        ["--debug"] => Stand::set_up_debug(&workspace, &postgres::TORTURE)?,
        ["--program", file] => {
            Stand::with(&workspace, &postgres::TORTURE, PathBuf::from(file).canonicalize()?)?
        }
        _ => bail!(USAGE),
    };
    // Every connection is an open file, on both sides.
    let files = rlimit::increase_nofile_limit(u64::MAX).context("raising the limit for open files")?;
    let needed = 2 * (HALF_HEADS + SIGN_INS.0) as u64;
    if files < needed {
        bail!("{needed} open files are needed and {files} permitted; raise `ulimit -Hn`");
    }
    stand.database(DATABASE)?;
    let health = probes::free_address()?;
    let serving = Serving::start_with_options(&stand, DATABASE, &["--health-listen", &health.to_string()])?;
    let report = Attack::new(&stand, &serving, health)?.carry_out()?;
    report.print();
    Ok(if report.complaints.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

struct Attack<'a> {
    serving: &'a Serving,
    to: SocketAddr,
    session: String,
    probes: Probes,
    phases: Vec<Phase>,
    complaints: Vec<String>,
}

/// What was measured during one attack.
struct Phase {
    name: &'static str,
    peak_mb: f64,
}

impl<'a> Attack<'a> {
    fn new(stand: &Stand, serving: &'a Serving, health: SocketAddr) -> Result<Self> {
        let to = serving.address;
        let session = people::sign_up(stand, DATABASE, to, people::USER, "admin,sdr")?;
        let probes = Probes::start(to, health, &serving.key, &session);
        Ok(Self { serving, to, session, probes, phases: Vec::new(), complaints: Vec::new() })
    }

    /// Runs all attacks, one after another.
    fn carry_out(mut self) -> Result<Report> {
        let calm = |_: &mut Self| {
            std::thread::sleep(CALM);
            Ok(())
        };
        // Twice, so that what is built on first use does not count as growth.
        self.phase("calm, first", calm)?;
        self.phase("calm", calm)?;
        let before = self.phases.last().map_or(0.0, |phase| phase.peak_mb);
        self.phase("half heads", Self::half_heads)?;
        self.phase("announced bodies", Self::announced_bodies)?;
        self.phase("unread answers", Self::unread_answers)?;
        self.phase("unread pages", Self::unread_pages)?;
        let grown = self.phases.iter().map(|phase| phase.peak_mb).fold(0.0, f64::max) - before;
        self.phase("sign-in flood", Self::sign_in_flood)?;
        let drafts = self.phases.len();
        self.phase("worst drafts", Self::drafts)?;
        Ok(self.report(grown, drafts))
    }

    fn phase(&mut self, name: &'static str, attack: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        if crate::process::interrupted() {
            bail!("interrupted");
        }
        eprintln!("   {name}");
        machine::forget_peak(self.serving.pid())?;
        self.probes.phase(self.phases.len());
        attack(self)?;
        let peak_mb = machine::peak_mb(self.serving.pid())?;
        self.phases.push(Phase { name, peak_mb });
        Ok(())
    }

    /// Opens half heads, and again whenever the server has closed one.
    fn half_heads(&mut self) -> Result<()> {
        let from = Ipv4Addr::new(127, 0, 0, 2);
        let head = b"GET /sign-in HTTP/1.1\r\nHost: x\r\nX-Never-Ends: ";
        let mut sockets = Vec::new();
        let mut opened = 0;
        let start = Instant::now();
        while start.elapsed() < KEPT_UP {
            sockets.retain_mut(|socket: &mut Socket| !socket.is_closed());
            while sockets.len() < HALF_HEADS {
                sockets.push(Socket::open(from, self.to, head)?);
                opened += 1;
            }
            std::thread::sleep(Duration::from_secs(2));
        }
        eprintln!("      {opened} opened to keep {HALF_HEADS} open");
        Ok(())
    }

    fn announced_bodies(&mut self) -> Result<()> {
        let from = Ipv4Addr::new(127, 0, 0, 3);
        let request = attacks::form("/actions/sign-in", ANNOUNCED.1, "email=");
        let _sockets = Socket::open_all(from, self.to, ANNOUNCED.0, request.as_bytes())?;
        std::thread::sleep(KEPT_UP);
        Ok(())
    }

    fn unread_answers(&mut self) -> Result<()> {
        // The longest answer that is open to everyone.
        let left = self.unread("/api/openapi.json", GIVEN_UP_WITHIN)?;
        self.require(left == 0, "answers that are never read keep their connections");
        Ok(())
    }

    /// Requests pages as fast as they are made. Few of them fit into the buffers of a connection, so it is not given up soon.
    fn unread_pages(&mut self) -> Result<()> {
        self.unread("/sign-in", 2 * KEPT_UP).map(drop)
    }

    /// Requests the same many times on each connection without reading an answer, until the server has closed them all or the
    /// time is over. Returns how many are still open.
    fn unread(&self, path: &str, limit: Duration) -> Result<usize> {
        let from = Ipv4Addr::new(127, 0, 0, 5);
        let requests = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").repeat(UNREAD.1).into_bytes();
        let sockets = Socket::open_all(from, self.to, UNREAD.0, b"")?;
        let mut sockets: Vec<(Socket, usize)> = sockets.into_iter().map(|socket| (socket, 0)).collect();
        let start = Instant::now();
        while !sockets.is_empty() && start.elapsed() < limit {
            for (socket, sent) in &mut sockets {
                // Once all is sent, one more byte finds out whether the server is still there.
                let rest = requests.get(*sent..).filter(|rest| !rest.is_empty()).unwrap_or(b"G");
                *sent += socket.send(rest);
            }
            sockets.retain_mut(|(socket, _)| !socket.is_closed());
            std::thread::sleep(Duration::from_millis(200));
        }
        let elapsed = start.elapsed().as_secs_f64();
        eprintln!("      {} of {} still open after {elapsed:.0} s", sockets.len(), UNREAD.0);
        Ok(sockets.len())
    }

    /// Tries made-up accounts and passwords, all at once.
    fn sign_in_flood(&mut self) -> Result<()> {
        let (tries, addresses) = SIGN_INS;
        let mut sockets = Vec::new();
        for number in 0..tries {
            let from = Ipv4Addr::new(127, 0, 2, (number % usize::from(addresses)) as u8 + 1);
            let form = format!("email=made-up-{number}%40corvane.example&password=wrong+horse+battery");
            let request = attacks::form("/actions/sign-in", form.len(), &form);
            sockets.push(Socket::open(from, self.to, request.as_bytes())?);
        }
        std::thread::sleep(2 * KEPT_UP);
        let answered = attacks::statuses(&mut sockets);
        eprintln!("      answered: {answered:?}");
        Ok(())
    }

    fn drafts(&mut self) -> Result<()> {
        // A server that is too slow to save them is a finding, and the report has more.
        let answers = WorstDrafts::save(self.to.port(), &self.session).and_then(|drafts| drafts.view(VIEWED));
        match answers {
            Ok((viewed, saved)) => eprintln!("      views by status: {viewed:?}; saves by status: {saved:?}"),
            Err(error) => self.complaints.push(format!("the worst drafts could not be viewed: {error:#}")),
        }
        Ok(())
    }

    fn require(&mut self, is_so: bool, complaint: &str) {
        if !is_so {
            self.complaints.push(complaint.to_owned());
        }
    }

    fn report(mut self, grown_mb: f64, drafts: usize) -> Report {
        let measured = self.probes.stop();
        let max = |kind, phases: &dyn Fn(usize) -> bool| measured.max_ms(kind, phases);
        let flood = drafts - 1;
        let (healthz, sign_in) = (max(Kind::Healthz, &|_| true), max(Kind::SignIn, &|phase| phase != flood));
        let flooded = max(Kind::SignIn, &|phase| phase == flood);
        let event_p99 = measured.quantile_ms(Kind::Event, &|_| true, 0.99);
        let errors = measured.errors(&|_| true);
        let rss = self.phases.iter().map(|phase| phase.peak_mb).fold(0.0, f64::max);
        self.require(healthz <= HEALTHZ_MS, "/healthz took too long");
        self.require(sign_in <= SIGN_IN_MS && flooded <= SIGN_IN_FLOODED_MS, "signing in took too long");
        self.require(event_p99 <= EVENT_P99_MS, "events took too long");
        self.require(errors == 0, "others got errors");
        self.require(grown_mb <= GROWN_MB, "connections and bodies took too much memory");
        self.require(rss <= RSS_MB, "the server took too much memory");
        let rows = self.phases.iter().enumerate().map(|(number, phase)| {
            let here = |at: usize| at == number;
            let kinds =
                [Kind::Healthz, Kind::OwnListener, Kind::SignIn, Kind::Page].map(|kind| max(kind, &here));
            let p99 = measured.quantile_ms(Kind::Event, &here, 0.99);
            let figures: String =
                kinds.iter().chain([&p99, &phase.peak_mb]).map(|ms| format!("{ms:>12.0}")).collect();
            format!("{:<18}{figures}{:>8}", phase.name, measured.errors(&here))
        });
        let rows = rows.collect();
        let mut json = Map::new();
        let round = |figure: f64| json!((figure * 10.0).round() / 10.0);
        json.insert("healthz_max_ms".into(), round(healthz));
        json.insert("signin_max_ms".into(), round(sign_in.max(flooded)));
        json.insert("event_p99_ms".into(), round(event_p99));
        json.insert("errors_for_others".into(), json!(errors));
        json.insert("grown_mb".into(), round(grown_mb));
        json.insert("rss_mb".into(), round(rss));
        json.insert("health_listener_max_ms".into(), round(max(Kind::OwnListener, &|_| true)));
        json.insert("requests_of_others".into(), json!(measured.count()));
        Report { rows, said: measured.failures(), json, complaints: self.complaints }
    }
}

struct Report {
    rows: Vec<String>,
    said: Vec<String>,
    json: Map<String, Value>,
    complaints: Vec<String>,
}

impl Report {
    fn print(&self) {
        println!(
            "{:<18}{:>12}{:>12}{:>12}{:>12}{:>12}{:>12}{:>8}",
            "", "healthz ms", "own port ms", "sign-in ms", "page ms", "event p99", "peak MB", "errors"
        );
        self.rows.iter().for_each(|row| println!("{row}"));
        self.said.iter().for_each(|failure| println!("failed: {failure}"));
        self.complaints.iter().for_each(|complaint| println!("FAILED: {complaint}"));
        println!("{}", Value::Object(self.json.clone()));
    }
}
