//! Applies load over HTTP from a number of connections, each sending its next request when the previous one is answered.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::events::Mix;
use super::http::Connection;
use crate::process;

/// A load: what to send, over how many connections, for how long.
pub struct Plan<'a> {
    /// The address of the server.
    pub address: SocketAddr,
    /// The API key.
    pub key: &'a str,
    /// The number of connections.
    pub connections: usize,
    /// The number of events per request; one is sent to `/events`, more are sent to `/events/batch`.
    pub events: u64,
    /// The duration of the load.
    pub time: Duration,
    /// The maximum number of requests per second; `None` sends them as fast as they are answered.
    pub pace: Option<f64>,
    /// The mix of events.
    pub mix: Mix,
}

/// The result of a load.
#[derive(Default)]
pub struct Report {
    /// The number of accepted events.
    pub taken: u64,
    /// The number of failed events or requests.
    pub errors: u64,
    /// The first error message.
    pub complaint: Option<String>,
    /// The latencies of all requests in ms, sorted.
    pub latencies_ms: Vec<f64>,
    /// The duration of the load, in seconds.
    pub seconds: f64,
}

impl Report {
    /// Returns the number of accepted events per second.
    pub fn per_s(&self) -> f64 {
        self.taken as f64 / self.seconds
    }

    /// Returns the time within which this share of the requests was answered, in ms.
    pub fn quantile_ms(&self, share: f64) -> f64 {
        quantile(&self.latencies_ms, share)
    }
}

/// Returns the smallest sorted value that at least this share of the values does not exceed.
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(place.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

/// Applies the load. `next` numbers the events, so that no two runs send the same one.
///
/// # Errors
/// Returns an error if no event was accepted, or if a signal ended the run.
pub fn run(plan: &Plan<'_>, next: &AtomicU64) -> Result<Report> {
    let (stop, all) = (AtomicBool::new(false), Mutex::new(Report::default()));
    let start = Instant::now();
    std::thread::scope(|scope| {
        for place in 0..plan.connections {
            let (stop, all) = (&stop, &all);
            scope.spawn(move || {
                let mut mine = Report::default();
                if let Err(error) = ask(plan, place, start, next, stop, &mut mine) {
                    mine.errors += 1;
                    mine.complaint.get_or_insert(format!("{error:#}"));
                }
                let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
                all.taken += mine.taken;
                all.errors += mine.errors;
                all.complaint = all.complaint.take().or(mine.complaint);
                all.latencies_ms.append(&mut mine.latencies_ms);
            });
        }
        while start.elapsed() < plan.time && !process::interrupted() {
            std::thread::sleep(Duration::from_millis(20).min(plan.time));
        }
        stop.store(true, Ordering::Relaxed);
    });
    let mut report = all.into_inner().unwrap_or_else(PoisonError::into_inner);
    report.seconds = start.elapsed().as_secs_f64();
    report.latencies_ms.sort_by(f64::total_cmp);
    if process::interrupted() {
        bail!("interrupted");
    }
    if report.taken == 0 {
        bail!("no event was accepted: {}", report.complaint.as_deref().unwrap_or("no answer"));
    }
    Ok(report)
}

fn ask(
    plan: &Plan<'_>,
    place: usize,
    start: Instant,
    next: &AtomicU64,
    stop: &AtomicBool,
    report: &mut Report,
) -> Result<()> {
    let mut connection = Connection::open(plan.address)?;
    let every = plan.pace.map(|pace| Duration::from_secs_f64(plan.connections as f64 / pace));
    // Spread over the first interval, so that they do not all start at once.
    let mut due = start + every.unwrap_or_default().mul_f64(place as f64 / plan.connections as f64);
    while !stop.load(Ordering::Relaxed) {
        if let Some(every) = every {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            due += every;
        }
        let first = next.fetch_add(plan.events, Ordering::Relaxed);
        let begun = Instant::now();
        let taken = match plan.events {
            1 => one(&mut connection, plan, first)?,
            _ => batch(&mut connection, plan, first)?,
        };
        report.latencies_ms.push(begun.elapsed().as_secs_f64() * 1000.0);
        match taken {
            Ok(taken) => report.taken += taken,
            Err(complaint) => {
                report.errors += 1;
                report.complaint.get_or_insert(complaint);
            }
        }
    }
    Ok(())
}

type Taken = Result<u64, String>;

fn one(connection: &mut Connection, plan: &Plan<'_>, number: u64) -> Result<Taken> {
    let head = format!(
        "POST /api/v1/events HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nIdempotency-Key: bench-{number}\r\n",
        plan.address, plan.key
    );
    let answer = connection.ask(&head, plan.mix.event(number).as_bytes())?;
    Ok(match answer.status {
        201 => Ok(1),
        status => Err(format!("{status}: {}", String::from_utf8_lossy(answer.body))),
    })
}

fn batch(connection: &mut Connection, plan: &Plan<'_>, first: u64) -> Result<Taken> {
    let head = format!(
        "POST /api/v1/events/batch HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/x-ndjson\r\n",
        plan.address, plan.key
    );
    let answer = connection.ask(&head, plan.mix.lines(first, plan.events).as_bytes())?;
    let made = br#""status":201"#;
    let taken = answer.body.split(|byte| *byte == b'\n');
    let taken = taken.filter(|line| line[..line.len().min(60)].windows(made.len()).any(|text| text == made));
    let taken = taken.count() as u64;
    Ok(if answer.status == 200 && taken == plan.events {
        Ok(taken)
    } else {
        let said = String::from_utf8_lossy(&answer.body[..answer.body.len().min(400)]);
        Err(format!("{}: {taken} of {} were taken: {said}", answer.status, plan.events))
    })
}
