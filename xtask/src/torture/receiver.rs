//! A webhook receiver that fulfils its part of the contract: it verifies signatures, accepts each `webhook-id` once and, of two
//! bodies for one record, shows that of the later decision. It records every request.

use std::collections::{HashMap, HashSet};
use std::io::{BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use serde_json::Value;
use sha2::Sha256;

use super::http::Message;
use super::journal::{Expected, Record};
use super::random::Random;

/// The signing key, which never leaves this machine.
const KEY: &[u8] = b"meshline torture signing key";

/// The receiver. Clones share their state.
#[derive(Clone)]
pub struct Receiver(Arc<Shared>);

struct Shared {
    port: u16,
    seed: u64,
    connections: AtomicU64,
    state: Mutex<State>,
    /// Notified when responses are no longer held back.
    released: Condvar,
}

#[derive(Default)]
struct State {
    record: Record,
    known: HashSet<String>,
    /// The incarnation and sequence number that each record shows.
    shown: HashMap<String, (i64, i64)>,
    refused: usize,
    /// The number of requests per thousand that are answered with 500: half of them before they count, half of them after.
    trouble_per_mille: u64,
    is_holding: bool,
    held: usize,
}

impl Receiver {
    /// Starts a receiver on its own port.
    ///
    /// # Errors
    /// Returns an error if no port is available.
    pub fn start(seed: u64) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("listening for webhooks")?;
        let receiver = Self(Arc::new(Shared {
            port: listener.local_addr()?.port(),
            seed,
            connections: AtomicU64::new(0),
            state: Mutex::default(),
            released: Condvar::new(),
        }));
        let shared = receiver.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = shared.clone();
                // Broken connections are expected.
                std::thread::spawn(move || drop(shared.serve(stream)));
            }
        });
        Ok(receiver)
    }

    /// Returns the port that it listens on.
    pub fn port(&self) -> u16 {
        self.0.port
    }

    /// Returns the signing key in the form of a destination's secret.
    pub fn secret() -> String {
        format!("whsec_{}", STANDARD.encode(KEY))
    }

    /// Answers this many requests per thousand with 500 from now on.
    pub fn trouble(&self, per_mille: u64) {
        self.state().trouble_per_mille = per_mille;
    }

    /// Accepts requests from now on, but holds back the responses.
    pub fn hold(&self) {
        self.state().is_holding = true;
    }

    /// Returns the number of responses that are held back.
    pub fn held(&self) -> usize {
        self.state().held
    }

    /// Sends the responses that were held back, and answers at once from now on.
    pub fn release(&self) {
        self.state().is_holding = false;
        self.0.released.notify_all();
    }

    /// Returns the number of requests with an invalid signature or body.
    pub fn refused(&self) -> usize {
        self.state().refused
    }

    /// Calls `look` with the record of accepted writes.
    pub fn record<T>(&self, look: impl FnOnce(&Record) -> T) -> T {
        look(&self.state().record)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, mut stream: TcpStream) -> Result<()> {
        stream.set_nodelay(true)?;
        let mut random = Random::new(self.0.seed, self.0.connections.fetch_add(1, Ordering::Relaxed));
        let mut from = BufReader::new(stream.try_clone()?);
        while let Some(request) = Message::read(&mut from)? {
            let status = match read(&request) {
                Ok((arrived, incarnation)) => self.take(arrived, incarnation, &mut random),
                Err(_) => {
                    self.state().refused += 1;
                    "401 Unauthorized"
                }
            };
            stream.write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n").as_bytes())?;
        }
        Ok(())
    }

    fn take(&self, arrived: Expected, incarnation: i64, random: &mut Random) -> &'static str {
        let mut state = self.state();
        let trouble = random.below(1000);
        if trouble < state.trouble_per_mille / 2 {
            return "503 Service Unavailable";
        }
        if state.known.insert(arrived.effect_key.clone()) {
            let shown = state.shown.entry(arrived.remote_key.clone()).or_insert((i64::MIN, 0));
            let order = (incarnation, arrived.sequence);
            let is_later = order > *shown;
            *shown = order.max(*shown);
            if is_later {
                state.record.shown.push(arrived.clone());
            }
            state.record.taken.push(arrived);
        } else {
            state.record.repeats += 1;
        }
        if trouble < state.trouble_per_mille {
            return "500 Internal Server Error";
        }
        if state.is_holding {
            state.held += 1;
            state = self
                .0
                .released
                .wait_while(state, |state| state.is_holding)
                .unwrap_or_else(PoisonError::into_inner);
            state.held -= 1;
        }
        "204 No Content"
    }
}

/// Verifies the signature and parses the keys and the incarnation of the message.
fn read(request: &Message) -> Result<(Expected, i64)> {
    let header = |name| request.header(name).with_context(|| format!("no {name}"));
    let (id, timestamp, signatures) =
        (header("webhook-id")?, header("webhook-timestamp")?, header("webhook-signature")?);
    let is_signed = signatures
        .split(' ')
        .filter_map(|signature| STANDARD.decode(signature.strip_prefix("v1,")?).ok())
        .any(|signature| signature_of(id, timestamp, &request.body).verify_slice(&signature).is_ok());
    if !is_signed {
        bail!("not signed with our key");
    }
    let body: Value = serde_json::from_slice(&request.body)?;
    let arrived = Expected {
        effect_key: bare(id).to_owned(),
        remote_key: bare(body["remote_key"].as_str().context("no remote_key")?).to_owned(),
        sequence: body["lead_sequence"].as_i64().context("no lead_sequence")?,
    };
    Ok((arrived, body["incarnation"].as_i64().context("no incarnation")?))
}

/// Computes a signature as specified by <https://www.standardwebhooks.com>.
fn signature_of(id: &str, timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
    // HMAC accepts keys of any length.
    let mut mac = Hmac::<Sha256>::new_from_slice(KEY).unwrap_or_else(|_| unreachable!());
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    mac
}

/// Returns the digits of a key without the name of the algorithm.
pub fn bare(key: &str) -> &str {
    key.rsplit_once(':').map_or(key, |(_, digits)| digits)
}

#[cfg(test)]
mod tests {
    use super::super::http;
    use super::*;
    use std::time::Duration;

    #[test]
    fn each_id_counts_once_and_only_with_a_signature() {
        let receiver = Receiver::start(1).unwrap();
        let post = |id: &str, sequence: i64, signed: &str| {
            let body = format!(r#"{{"remote_key":"sha256:aa","incarnation":0,"lead_sequence":{sequence}}}"#);
            let signature = signature_of(signed, "1", body.as_bytes()).finalize().into_bytes();
            let signature = format!("v1,{}", STANDARD.encode(signature));
            let headers =
                [("webhook-id", id), ("webhook-timestamp", "1"), ("webhook-signature", signature.as_str())];
            http::ask(receiver.port(), "POST", "/", &headers, &body, Duration::from_secs(5))
                .unwrap()
                .status()
                .unwrap()
        };
        assert_eq!(post("sha256:02", 2, "sha256:02"), 204);
        assert_eq!(post("sha256:02", 2, "sha256:02"), 204);
        assert_eq!(post("sha256:01", 1, "sha256:01"), 204);
        assert_eq!(post("sha256:03", 3, "sha256:02"), 401);
        assert_eq!(receiver.refused(), 1);
        receiver.record(|record| {
            let taken: Vec<&str> = record.taken.iter().map(|entry| entry.effect_key.as_str()).collect();
            assert_eq!((taken, record.shown.len(), record.repeats), (vec!["02", "01"], 1, 1));
        });
    }
}
