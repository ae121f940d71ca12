//! Clients that post events as the API requires: after a failure, they retry with the same idempotency key.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::json;

use super::http;
use super::random::Random;

/// The number of concurrent clients.
const CLIENTS: usize = 4;
/// One lead in this many gets meetings: a calendar accepts only one write at a time.
const LEADS_PER_MEETING: u64 = 8;
/// The time limit for a response.
const PATIENCE: Duration = Duration::from_secs(10);

/// The running clients.
pub struct Load {
    shared: Arc<Shared>,
    clients: Vec<JoinHandle<()>>,
}

struct Shared {
    ports: Vec<u16>,
    key: String,
    seed: u64,
    events_per_lead: u64,
    next: AtomicU64,
    allowed: AtomicU64,
    done: AtomicU64,
    retries: AtomicU64,
    is_over: AtomicBool,
    refusal: Mutex<Option<String>>,
}

impl Load {
    /// Starts the clients, which wait until they are allowed to post. Several clients post a lead's events in quick succession, so
    /// that their order is hard to preserve.
    pub fn start(ports: Vec<u16>, key: &str, seed: u64, events_per_lead: u64) -> Self {
        let shared = Arc::new(Shared {
            ports,
            key: key.to_owned(),
            seed,
            events_per_lead,
            next: AtomicU64::new(0),
            allowed: AtomicU64::new(0),
            done: AtomicU64::new(0),
            retries: AtomicU64::new(0),
            is_over: AtomicBool::new(false),
            refusal: Mutex::default(),
        });
        let client = |_| {
            let shared = shared.clone();
            std::thread::spawn(move || shared.post_all())
        };
        Self { clients: (0..CLIENTS).map(client).collect(), shared }
    }

    /// Allows the clients to post up to this many events in total.
    pub fn allow(&self, events: u64) {
        self.shared.allowed.fetch_max(events, Ordering::Relaxed);
    }

    /// Returns the number of allowed events.
    pub fn allowed(&self) -> u64 {
        self.shared.allowed.load(Ordering::Relaxed)
    }

    /// Returns the number of acknowledged events.
    pub fn done(&self) -> u64 {
        self.shared.done.load(Ordering::Relaxed)
    }

    /// Returns the number of retried requests.
    pub fn retries(&self) -> u64 {
        self.shared.retries.load(Ordering::Relaxed)
    }

    /// Returns whether all allowed events have been acknowledged.
    ///
    /// # Errors
    /// Returns an error if an event was rejected.
    pub fn is_done(&self) -> Result<bool> {
        if let Some(refusal) = &*self.shared.refusal.lock().unwrap_or_else(PoisonError::into_inner) {
            bail!("an event was rejected: {refusal}");
        }
        Ok(self.done() >= self.allowed())
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        for client in self.clients.drain(..) {
            // A panicking client has already printed its message.
            let _ = client.join();
        }
    }
}

impl Shared {
    fn post_all(&self) {
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            while number >= self.allowed.load(Ordering::Relaxed) {
                if self.is_over.load(Ordering::Relaxed) {
                    return;
                }
                std::thread::sleep(Duration::from_millis(5));
            }
            if let Err(refusal) = self.post(number) {
                *self.refusal.lock().unwrap_or_else(PoisonError::into_inner) = Some(refusal);
                return;
            }
            self.done.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Posts to any of the processes until the event is acknowledged. An error means that retrying is pointless.
    fn post(&self, number: u64) -> Result<(), String> {
        let mut random = Random::new(self.seed, number);
        let lead = (number / self.events_per_lead).saturating_sub(random.below(self.events_per_lead.min(2)));
        let body = json!({
            "kind": "form", "source": "torture", "payload": {"n": number, "share": lead % LEADS_PER_MEETING},
            "lead": {"email": format!("lead{lead}@torture.example"), "external_id": format!("lead-{lead}"), "company": "Initech"},
        });
        let (key, authorization) = (format!("torture-{number}"), format!("Bearer {}", self.key));
        let headers = [
            ("idempotency-key", key.as_str()),
            ("authorization", authorization.as_str()),
            ("content-type", "application/json"),
        ];
        while !self.is_over.load(Ordering::Relaxed) {
            let port = self.ports[random.below(self.ports.len() as u64) as usize];
            match http::ask(port, "POST", "/api/v1/events", &headers, &body.to_string(), PATIENCE) {
                Ok(answer) => match answer.status() {
                    Some(200 | 201) => return Ok(()),
                    Some(408 | 425 | 429 | 500..) | None => {}
                    Some(_) => return Err(String::from_utf8_lossy(&answer.body).into_owned()),
                },
                Err(_broken) => {}
            }
            self.retries.fetch_add(1, Ordering::Relaxed);
            std::thread::sleep(random.between_ms(20, 200));
        }
        Ok(())
    }
}
