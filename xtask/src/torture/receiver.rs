//! A webhook's receiver that keeps its part of the contract: it checks signatures, takes each `webhook-id` once and, of two
//! bodies about one record, shows the later decision's. It writes down every arrival.

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

/// The signing key; nobody but this machine hears it.
const KEY: &[u8] = b"meshline torture signing key";

/// The receiver; clones are the same one.
#[derive(Clone)]
pub struct Receiver(Arc<Shared>);

struct Shared {
    port: u16,
    seed: u64,
    connections: AtomicU64,
    desk: Mutex<Desk>,
    /// Told when answers are no longer held back.
    released: Condvar,
}

#[derive(Default)]
struct Desk {
    record: Record,
    known: HashSet<String>,
    shown: HashMap<String, i64>,
    refused: usize,
    /// Of a thousand requests so many are answered with 500: half of them before they count, half of them after.
    trouble_per_mille: u64,
    is_holding: bool,
    held: usize,
}

impl Receiver {
    /// Starts it on a port of its own.
    ///
    /// # Errors
    /// There is no port.
    pub fn start(seed: u64) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("listening for webhooks")?;
        let receiver = Self(Arc::new(Shared {
            port: listener.local_addr()?.port(),
            seed,
            connections: AtomicU64::new(0),
            desk: Mutex::default(),
            released: Condvar::new(),
        }));
        let shared = receiver.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = shared.clone();
                // A connection that breaks is what this is about.
                std::thread::spawn(move || drop(shared.serve(stream)));
            }
        });
        Ok(receiver)
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.0.port
    }

    /// The signing key as a destination's secret.
    pub fn secret() -> String {
        format!("whsec_{}", STANDARD.encode(KEY))
    }

    /// From now on so many of a thousand requests are answered with 500.
    pub fn trouble(&self, per_mille: u64) {
        self.desk().trouble_per_mille = per_mille;
    }

    /// From now on everything counts and nothing is answered.
    pub fn hold(&self) {
        self.desk().is_holding = true;
    }

    /// How many wait for their answers.
    pub fn held(&self) -> usize {
        self.desk().held
    }

    /// Answers all that waits, and everything from now on.
    pub fn release(&self) {
        self.desk().is_holding = false;
        self.0.released.notify_all();
    }

    /// Requests with a wrong signature or a body that cannot be read.
    pub fn refused(&self) -> usize {
        self.desk().refused
    }

    /// Looks at what it has taken.
    pub fn record<T>(&self, look: impl FnOnce(&Record) -> T) -> T {
        look(&self.desk().record)
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.0.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, mut stream: TcpStream) -> Result<()> {
        stream.set_nodelay(true)?;
        let mut random = Random::new(self.0.seed, self.0.connections.fetch_add(1, Ordering::Relaxed));
        let mut from = BufReader::new(stream.try_clone()?);
        while let Some(request) = Message::read(&mut from)? {
            let status = match read(&request) {
                Ok(arrived) => self.take(arrived, &mut random),
                Err(_) => {
                    self.desk().refused += 1;
                    "401 Unauthorized"
                }
            };
            stream.write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n").as_bytes())?;
        }
        Ok(())
    }

    fn take(&self, arrived: Expected, random: &mut Random) -> &'static str {
        let mut desk = self.desk();
        let trouble = random.below(1000);
        if trouble < desk.trouble_per_mille / 2 {
            return "503 Service Unavailable";
        }
        if desk.known.insert(arrived.effect_key.clone()) {
            let shown = desk.shown.entry(arrived.remote_key.clone()).or_insert(i64::MIN);
            let is_later = arrived.sequence > *shown;
            *shown = arrived.sequence.max(*shown);
            if is_later {
                desk.record.shown.push(arrived.clone());
            }
            desk.record.taken.push(arrived);
        } else {
            desk.record.repeats += 1;
        }
        if trouble < desk.trouble_per_mille {
            return "500 Internal Server Error";
        }
        if desk.is_holding {
            desk.held += 1;
            desk = self
                .0
                .released
                .wait_while(desk, |desk| desk.is_holding)
                .unwrap_or_else(PoisonError::into_inner);
            desk.held -= 1;
        }
        "204 No Content"
    }
}

/// Checks the signature and reads what the message is about.
fn read(request: &Message) -> Result<Expected> {
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
    Ok(Expected {
        effect_key: bare(id).to_owned(),
        remote_key: bare(body["remote_key"].as_str().context("no remote_key")?).to_owned(),
        sequence: body["lead_sequence"].as_i64().context("no lead_sequence")?,
    })
}

/// As <https://www.standardwebhooks.com> has it.
fn signature_of(id: &str, timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
    // Any length of key will do.
    let mut mac = Hmac::<Sha256>::new_from_slice(KEY).unwrap_or_else(|_| unreachable!());
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    mac
}

/// A key's digits without the algorithm before them.
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
            let body = format!(r#"{{"remote_key":"sha256:aa","lead_sequence":{sequence}}}"#);
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
