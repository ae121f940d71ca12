//! `cargo xtask bench ingest`: measures the way from an event to its durable decision with effects.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::events::Mix;
use super::load::{self, Plan, Report};
use super::pgbench::{Peer, Probe, Style};
use super::stand::{Serving, Stand};
use super::{Figures, import, machine, median, statements};
use crate::postgres;
use crate::workspace::Workspace;

/// The number of connections of the single-event load, and of clients of the peer.
const CONNECTIONS: usize = 64;
/// The number of events in a batch.
const BATCH: u64 = 500;
/// The number of connections of the batch load: while the server works on two requests, the next two are in transit.
const BATCH_CONNECTIONS: usize = 4;
/// The database that receives events.
const DATABASE: &str = "ingest";
/// Adds a shadow release with the live release's bundle. Its triggers are off, since no one approves it; its cost is that of
/// any candidate, which reads and decides every event.
const SHADOW: &str = "SET session_replication_role = replica;
    INSERT INTO releases OVERRIDING SYSTEM VALUE SELECT (jsonb_populate_record(live, jsonb_build_object('id', gen_random_uuid(),
        'number', (SELECT max(number) + 1 FROM releases), 'stage', 'shadow', 'share', 0))).* FROM releases live WHERE live.stage = 'live'";

/// Options of the measurement.
#[derive(Debug, clap::Args)]
pub struct IngestOptions {
    /// Total seconds of load, divided among the rounds.
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// Number of rounds; the median is reported.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..))]
    rounds: u64,
    /// Percentage of events that lead to an assignment.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(..=100))]
    assigned: u64,
    /// Number of events to send in batches.
    #[arg(long, default_value_t = 100_000)]
    events: u64,
    /// Number of rows to import.
    #[arg(long, default_value_t = 100_000)]
    import: u64,
    /// Number of shadow candidates that are evaluated besides the live release.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=10))]
    shadows: u64,
    /// Print the slowest statements.
    #[arg(long)]
    statements: bool,
}

impl IngestOptions {
    fn mix(&self) -> Mix {
        Mix { assigned_percent: self.assigned }
    }
}

/// Runs the measurement.
///
/// # Errors
/// Returns an error if the environment cannot be set up.
pub fn run(options: &IngestOptions) -> Result<ExitCode> {
    ensure!(options.seconds >= options.rounds, "each round needs at least one second");
    let purpose = if options.statements { &postgres::BENCH_STATEMENTS } else { &postgres::BENCH };
    let stand = Stand::set_up(&Workspace::find()?, purpose)?;
    let mut figures = Figures::default();
    serve(&stand, options, &mut figures)?;
    stand.cluster.drop_database(DATABASE)?;
    import::run(&stand, options.mix(), options.import, &mut figures);
    figures.print();
    Ok(ExitCode::SUCCESS)
}

fn serve(stand: &Stand, options: &IngestOptions, figures: &mut Figures) -> Result<()> {
    stand.database(DATABASE)?;
    for _ in 0..options.shadows {
        stand.cluster.query_in(DATABASE, SHADOW)?;
    }
    let serving = Serving::start(stand, DATABASE)?;
    figures.add("ready_ms", "startup time until ready, ms", Ok(serving.ready_ms));
    std::thread::sleep(Duration::from_secs(2));
    figures.add("rss_idle_mb", "resident memory idle, MB", machine::rss_mb(serving.pid()));
    let next = AtomicU64::new(0);
    let measuring = Measuring { stand, serving: &serving, options, next: &next };
    single(&measuring, figures)?;
    let batch = measuring.load(BATCH_CONNECTIONS, BATCH, Duration::from_secs(options.seconds));
    let batch = batch.inspect(|(_, cpu)| figures.say("batches, processor time per event", cpu.clone()));
    figures.add("batch_per_s", "events per second, 500 per request", batch.map(|(report, _)| report.per_s()));
    let rss_mb = after_events(&measuring, figures);
    figures.add("rss_mb", "resident memory after the load, MB", rss_mb);
    Ok(())
}

/// Measures the single-event load and its peers in alternation, so that other activity on the machine affects all of them.
fn single(measuring: &Measuring<'_>, figures: &mut Figures) -> Result<()> {
    let Measuring { stand, serving, options, .. } = measuring;
    // Warms up: pages in the code and opens every connection, as in a server that has been running.
    measuring.load(CONNECTIONS, 1, Duration::from_secs(3))?;
    let mix = options.mix().assigned_percent;
    let mut peers = Vec::new();
    for style in [Style::Rows, Style::Pipelined, Style::Sequence] {
        let assigned = Mix { assigned_percent: 100 };
        let held = Mix { assigned_percent: 0 };
        let probe = |mix: Mix| {
            let number = measuring.next.fetch_add(1, Ordering::Relaxed);
            Probe::take(stand, DATABASE, serving, number, &mix.event(number))
        };
        let probes = [(probe(assigned)?, mix), (probe(held)?, 100 - mix)];
        if style == Style::Rows {
            for (probe, percent) in &probes {
                figures.say(&format!("{percent} % of the events write"), probe.summary());
            }
        }
        peers.push((style, Peer::new(stand, DATABASE, style, &probes)?, Vec::new(), String::new()));
    }
    let slice = options.seconds / options.rounds;
    let (mut per_s, mut p99_ms, mut p50_ms, mut cpu) = (Vec::new(), Vec::new(), Vec::new(), String::new());
    if options.statements {
        statements::reset(stand, DATABASE)?;
    }
    for round in 0..options.rounds {
        let (report, used) = measuring.load(CONNECTIONS, 1, Duration::from_secs(slice))?;
        eprintln!(
            "   round {round}: single {:.0}/s, p99 {:.1} ms; {used}",
            report.per_s(),
            report.quantile_ms(0.99)
        );
        if options.statements && round == 0 {
            statements::print(stand, DATABASE, report.taken)?;
        }
        per_s.push(report.per_s());
        p99_ms.push(report.quantile_ms(0.99));
        p50_ms.push(report.quantile_ms(0.5));
        cpu = used;
        for (_, peer, measured, used) in &mut peers {
            checkpoint(stand)?;
            let before = Cpu::read(measuring)?;
            let run = peer.run(stand, DATABASE, CONNECTIONS, slice)?;
            *used = before.since(measuring, (run.per_s * slice as f64) as u64)?;
            eprintln!("   round {round}: pgbench {:.0}/s, mean {:.1} ms; {used}", run.per_s, run.mean_ms);
            measured.push(run.per_s);
        }
    }
    figures.add("single_per_s", "events per second, one per request, 64 connections", median(&per_s));
    figures.add("p50_ms", "median response time, ms", median(&p50_ms));
    figures.add("p99_ms", "99th percentile response time, ms", median(&p99_ms));
    figures.say("single events, processor time per event", cpu);
    for (style, _, measured, used) in peers {
        let (key, what) = match style {
            Style::Rows => ("pgbench_per_s", "pgbench: the same rows"),
            Style::Pipelined => ("pgbench_pipelined_per_s", "pgbench: the same rows, pipelined"),
            Style::Sequence => ("pgbench_sequence_per_s", "pgbench: the same rows, locks and notifications"),
        };
        figures.add(key, what, median(&measured));
        figures.say(&format!("{what}, processor time per event"), used);
    }
    Ok(())
}

/// Returns the server's memory once it has stored a given number of events.
fn after_events(measuring: &Measuring<'_>, figures: &mut Figures) -> Result<f64> {
    let sql = "SELECT count(*) FROM events WHERE received_from <> ''";
    let wanted = measuring.options.events;
    let mut taken = measuring.next.load(Ordering::Relaxed);
    while taken < wanted {
        measuring.load(BATCH_CONNECTIONS, BATCH, Duration::from_secs(5))?;
        taken = measuring.next.load(Ordering::Relaxed);
    }
    let rss = machine::rss_mb(measuring.serving.pid())?;
    let stored = measuring.stand.cluster.query_in(DATABASE, sql)?;
    figures.say(
        "events stored by the server by then",
        format!("{taken}; {} including those of the peers", stored.trim()),
    );
    Ok(rss)
}

/// The context of a measurement.
struct Measuring<'a> {
    stand: &'a Stand,
    serving: &'a Serving,
    options: &'a IngestOptions,
    next: &'a AtomicU64,
}

impl Measuring<'_> {
    /// Applies load. Returns the report and a summary of the processor time it took.
    fn load(&self, connections: usize, events: u64, time: Duration) -> Result<(Report, String)> {
        checkpoint(self.stand)?;
        let Serving { address, key, .. } = self.serving;
        let plan =
            Plan { address: *address, key, connections, events, time, pace: None, mix: self.options.mix() };
        let before = Cpu::read(self)?;
        let report = load::run(&plan, self.next)?;
        if let Some(complaint) = &report.complaint {
            println!("{} requests failed, the first one with: {complaint}", report.errors);
        }
        let used = before.since(self, report.taken)?;
        Ok((report, used))
    }
}

/// Runs a checkpoint, so that no measurement pays for the writes of another.
fn checkpoint(stand: &Stand) -> Result<()> {
    stand.cluster.query_in(DATABASE, "CHECKPOINT").map(drop)
}

/// The processor time used so far.
struct Cpu {
    server: f64,
    postgres: f64,
    load: f64,
    at: std::time::Instant,
}

impl Cpu {
    fn read(measuring: &Measuring<'_>) -> Result<Self> {
        Ok(Self {
            server: machine::cpu_s(measuring.serving.pid())?,
            postgres: machine::family_cpu_s(measuring.stand.cluster.pid()?)?,
            load: machine::family_cpu_s(std::process::id())? - machine::cpu_s(measuring.serving.pid())?,
            at: std::time::Instant::now(),
        })
    }

    /// Returns what each process has used per event since then.
    fn since(&self, measuring: &Measuring<'_>, events: u64) -> Result<String> {
        let now = Self::read(measuring)?;
        let events = u32::try_from(events.max(1)).context("too many events to count")?;
        let each = |now: f64, then: f64| (now - then) * 1000.0 / f64::from(events);
        let used = (now.server + now.postgres + now.load) - (self.server + self.postgres + self.load);
        Ok(format!(
            "{:.3} ms server, {:.3} ms Postgres, {:.3} ms load; {:.2} processors busy",
            each(now.server, self.server),
            each(now.postgres, self.postgres),
            each(now.load, self.load),
            used / self.at.elapsed().as_secs_f64(),
        ))
    }
}
