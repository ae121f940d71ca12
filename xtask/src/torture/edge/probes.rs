//! Those who use the server while it is attacked, and what they notice of it.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::people::{self, FROM, USER};
use crate::bench::events::Mix;

/// The address of the monitoring.
const MONITORING: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 9);
/// The address of the system that sends events.
const SENDER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 11);
/// The number of threads that send events, and how often each does.
const SENDERS: (usize, Duration) = (4, Duration::from_millis(80));
/// The number of failures to show.
const SHOWN: usize = 10;

/// What others do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// `/healthz` on the main listener.
    Healthz,
    /// `/healthz` on the listener for monitoring.
    OwnListener,
    /// A person signs in.
    SignIn,
    /// A person opens a list.
    Page,
    /// A system sends an event.
    Event,
}

struct Request {
    phase: usize,
    kind: Kind,
    ms: f64,
    failure: Option<String>,
}

/// What was measured.
pub struct Measured {
    requests: Vec<Request>,
}

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    phase: AtomicUsize,
    events: AtomicU64,
    requests: Mutex<Vec<Request>>,
}

/// The users, each on a thread.
pub struct Probes {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl Probes {
    /// Starts using the server.
    pub fn start(to: SocketAddr, health: SocketAddr, key: &str, session: &str) -> Self {
        let mut probes = Self { shared: Arc::default(), threads: Vec::new() };
        let often = Duration::from_millis(100);
        probes.repeat(Kind::Healthz, often, move |_| get(MONITORING, to, "/healthz", ""));
        probes.repeat(Kind::OwnListener, often, move |_| get(MONITORING, health, "/healthz", ""));
        probes.repeat(Kind::SignIn, 5 * often, move |_| people::sign_in(to, USER).map(drop));
        let session = session.to_owned();
        probes.repeat(Kind::Page, 5 * often, move |_| get(FROM, to, "/leads", &session));
        let (threads, pause) = SENDERS;
        for _ in 0..threads {
            let key = key.to_owned();
            probes.repeat(Kind::Event, pause, move |shared| {
                send(to, &key, shared.events.fetch_add(1, Ordering::Relaxed))
            });
        }
        probes
    }

    /// Sets the number of the attack that is under way.
    pub fn phase(&self, number: usize) {
        self.shared.phase.store(number, Ordering::Relaxed);
    }

    /// Stops, and returns what was measured.
    pub fn stop(&mut self) -> Measured {
        self.shared.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            thread.join().ok();
        }
        let mut requests = self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner);
        Measured { requests: std::mem::take(&mut requests) }
    }

    fn repeat(&mut self, kind: Kind, pause: Duration, ask: impl Fn(&Shared) -> Result<()> + Send + 'static) {
        let shared = self.shared.clone();
        self.threads.push(thread::spawn(move || {
            while !shared.stop.load(Ordering::Relaxed) {
                let phase = shared.phase.load(Ordering::Relaxed);
                let start = Instant::now();
                let failure = ask(&shared).err().map(|error| format!("{error:#}"));
                let took = start.elapsed();
                let request = Request { phase, kind, ms: took.as_secs_f64() * 1e3, failure };
                shared.requests.lock().unwrap_or_else(PoisonError::into_inner).push(request);
                thread::sleep(pause.saturating_sub(took));
            }
        }));
    }
}

impl Drop for Probes {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Measured {
    /// Returns the longest time of a kind of request.
    pub fn max_ms(&self, kind: Kind, phases: &dyn Fn(usize) -> bool) -> f64 {
        self.quantile_ms(kind, phases, 1.0)
    }

    /// Returns a quantile of the times of a kind of request.
    pub fn quantile_ms(&self, kind: Kind, phases: &dyn Fn(usize) -> bool, share: f64) -> f64 {
        let these = self.requests.iter().filter(|request| request.kind == kind && phases(request.phase));
        let mut ms: Vec<f64> = these.map(|request| request.ms).collect();
        ms.sort_by(f64::total_cmp);
        let place = (ms.len() as f64 * share).ceil() as usize;
        ms.get(place.saturating_sub(1)).copied().unwrap_or(f64::NAN)
    }

    /// Returns how many requests failed.
    pub fn errors(&self, phases: &dyn Fn(usize) -> bool) -> usize {
        self.requests.iter().filter(|request| request.failure.is_some() && phases(request.phase)).count()
    }

    /// Returns the number of requests.
    pub fn count(&self) -> usize {
        self.requests.len()
    }

    /// Describes the first failures.
    pub fn failures(&self) -> Vec<String> {
        let describe = |request: &Request| {
            let failure = request.failure.as_deref()?;
            Some(format!(
                "{:?} in attack {}, after {:.0} ms: {failure}",
                request.kind, request.phase, request.ms
            ))
        };
        self.requests.iter().filter_map(describe).take(SHOWN).collect()
    }
}

/// Returns an address of this machine that is not in use.
///
/// # Errors
/// Returns an error if there is none.
pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

fn get(from: Ipv4Addr, to: SocketAddr, path: &str, session: &str) -> Result<()> {
    expect(
        from,
        to,
        200,
        &format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: {session}\r\n\r\n"),
    )
}

fn send(to: SocketAddr, key: &str, number: u64) -> Result<()> {
    let event = Mix { assigned_percent: 20 }.event(number);
    let head = format!(
        "POST /api/v1/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: application/json\r\nIdempotency-Key: edge-{number}\r\nContent-Length: {}\r\n\r\n",
        event.len()
    );
    expect(SENDER, to, 201, &(head + &event))
}

fn expect(from: Ipv4Addr, to: SocketAddr, status: u16, request: &str) -> Result<()> {
    let answer = people::ask(from, to, request)?;
    ensure!(answer.status() == Some(status), "{} instead of {status}", answer.first);
    Ok(())
}
