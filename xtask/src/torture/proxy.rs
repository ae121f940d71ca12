//! An unreliable network: a TCP proxy between Meshline and a destination.
//!
//! It works on exchanges: a request, which is everything sent to the destination in one go, and the response to it. That suits both
//! HTTP and the protocol of Postgres. The fate of an exchange is drawn from the seed, the number of the connection and the number of
//! the exchange.

use std::collections::HashSet;
use std::io::{Read, Result, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::random::Random;

/// The behaviour of the network, on open connections too.
#[derive(Clone, Copy)]
pub enum Weather {
    /// Everything passes.
    Calm,
    /// This many of a thousand exchanges fail in one way or another, and every request is delayed by up to this long.
    Storm { per_mille: u64, delay_ms: u64 },
    /// The connection of each write is cut once, after the destination has confirmed it.
    CutOnce,
}

/// The fate of an exchange.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Pass,
    LoseRequest,
    HalfRequest,
    /// The request arrives after the sender has given up.
    LateRequest,
    LoseAnswer,
    HalfAnswer,
}

/// Longer than the timeout of any destination in a torture test.
const LATE: Duration = Duration::from_secs(5);
/// The size of the read buffer.
const CHUNK_BYTES: usize = 64 * 1024;
/// The prefix of keys in requests, which 64 digits follow.
const KEY: &[u8] = b"sha256:";

/// The proxy. Clones share their state.
#[derive(Clone)]
pub struct Proxy(Arc<Shared>);

struct Shared {
    port: u16,
    behind: u16,
    seed: u64,
    weather: Mutex<Weather>,
    connections: AtomicU64,
    broken: AtomicUsize,
    /// The keys of writes whose connection has been cut.
    cut: Mutex<HashSet<Vec<u8>>>,
}

/// An exchange in progress.
struct Exchange {
    random: Random,
    fate: Fate,
    request: Vec<u8>,
    is_answered: bool,
}

impl Proxy {
    /// Starts a reliable network in front of a local port.
    ///
    /// # Errors
    /// Returns an error if no port is available.
    pub fn before(behind: u16, seed: u64) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let proxy = Self(Arc::new(Shared {
            port: listener.local_addr()?.port(),
            behind,
            seed,
            weather: Mutex::new(Weather::Calm),
            connections: AtomicU64::new(0),
            broken: AtomicUsize::new(0),
            cut: Mutex::default(),
        }));
        let shared = proxy.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let shared = shared.clone();
                std::thread::spawn(move || drop(shared.carry(client)));
            }
        });
        Ok(proxy)
    }

    /// Returns the port that the proxy listens on.
    pub fn port(&self) -> u16 {
        self.0.port
    }

    /// Changes the behaviour of the network.
    pub fn set(&self, weather: Weather) {
        *lock(&self.0.weather) = weather;
    }

    /// Returns the number of broken exchanges.
    pub fn broken(&self) -> usize {
        self.0.broken.load(Ordering::Relaxed)
    }

    /// Returns the number of cut writes, each of which was cut once.
    pub fn cut(&self) -> usize {
        lock(&self.0.cut).len()
    }

    fn carry(&self, client: TcpStream) -> Result<()> {
        let server = TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, self.0.behind)))?;
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let number = self.0.connections.fetch_add(1, Ordering::Relaxed);
        let exchange = Arc::new(Mutex::new(Exchange {
            random: Random::new(self.0.seed, number),
            fate: Fate::Pass,
            request: Vec::new(),
            is_answered: true,
        }));
        let (proxy, shared) = (self.clone(), exchange.clone());
        let (from, to) = (client.try_clone()?, server.try_clone()?);
        let asking = std::thread::spawn(move || {
            drop(proxy.requests(&from, &to, &shared));
            end(&from, &to);
        });
        drop(self.answers(&server, &client, &exchange));
        end(&client, &server);
        drop(asking.join());
        Ok(())
    }

    /// Forwards requests until one breaks the connection.
    fn requests(&self, mut from: &TcpStream, mut to: &TcpStream, exchange: &Mutex<Exchange>) -> Result<()> {
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            let count = from.read(&mut chunk)?;
            if count == 0 {
                return Ok(());
            }
            let chunk = &chunk[..count];
            let (fate, delay) = self.begin(&mut lock(exchange), chunk);
            std::thread::sleep(delay);
            match fate {
                Fate::LoseRequest => return Ok(()),
                Fate::HalfRequest => return to.write_all(&chunk[..count / 2]),
                Fate::LateRequest => {
                    std::thread::sleep(LATE);
                    to.write_all(chunk)?;
                }
                _ => to.write_all(chunk)?,
            }
        }
    }

    /// Forwards responses until one breaks the connection.
    fn answers(&self, mut from: &TcpStream, mut to: &TcpStream, exchange: &Mutex<Exchange>) -> Result<()> {
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            let count = from.read(&mut chunk)?;
            if count == 0 {
                return Ok(());
            }
            let chunk = &chunk[..count];
            let fate = {
                let mut exchange = lock(exchange);
                exchange.is_answered = true;
                if self.is_to_be_cut(&exchange.request, chunk) { Fate::LoseAnswer } else { exchange.fate }
            };
            match fate {
                Fate::LoseAnswer => return Ok(()),
                Fate::HalfAnswer => return to.write_all(&chunk[..count / 2]),
                _ => to.write_all(chunk)?,
            }
        }
    }

    /// Returns the fate of the exchange that this chunk starts or continues, and the delay of the chunk.
    fn begin(&self, exchange: &mut Exchange, chunk: &[u8]) -> (Fate, Duration) {
        let continues = !exchange.is_answered;
        if !continues {
            exchange.request.clear();
            exchange.is_answered = false;
            exchange.fate = Fate::Pass;
        }
        exchange.request.extend_from_slice(chunk);
        match *lock(&self.0.weather) {
            Weather::Storm { per_mille, delay_ms } if !continues => {
                let delay = exchange.random.between_ms(0, delay_ms);
                if exchange.random.below(1000) < per_mille {
                    self.0.broken.fetch_add(1, Ordering::Relaxed);
                    // Lost responses are the hard case, so they are the most frequent.
                    exchange.fate = match exchange.random.below(10) {
                        0 | 1 => Fate::LoseRequest,
                        2 => Fate::HalfRequest,
                        3 => Fate::LateRequest,
                        4..=7 => Fate::LoseAnswer,
                        _ => Fate::HalfAnswer,
                    };
                }
                (exchange.fate, delay)
            }
            _ => (exchange.fate, Duration::ZERO),
        }
    }

    /// Returns whether this is the response to a completed write that has not been cut yet.
    fn is_to_be_cut(&self, request: &[u8], answer: &[u8]) -> bool {
        if !matches!(*lock(&self.0.weather), Weather::CutOnce) || !is_done(answer) {
            return false;
        }
        let Some(key) = key(request) else { return false };
        lock(&self.0.cut).insert(key.to_vec())
    }
}

/// Returns whether the destination confirms that a request is complete: with any response in HTTP, and in Postgres with the one
/// after which no transaction is open.
fn is_done(answer: &[u8]) -> bool {
    answer.starts_with(b"HTTP/") || answer.ends_with(b"Z\0\0\0\x05I")
}

/// Returns the first key in a request, which is that of the write: the header `webhook-id`, or the first bound value.
fn key(request: &[u8]) -> Option<&[u8]> {
    let at = request.windows(KEY.len()).position(|window| window == KEY)?;
    request.get(at..at + KEY.len() + 64)
}

/// Closes both connections, which also unblocks their readers.
fn end(one: &TcpStream, other: &TcpStream) {
    for stream in [one, other] {
        // An error would mean that it is already closed.
        let _ = stream.shutdown(Shutdown::Both);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_is_cut_once_and_after_it_is_complete() {
        let digits = "ab".repeat(32);
        let request = format!(
            "POST / HTTP/1.1\r\nwebhook-id: sha256:{digits}\r\n\r\n{{\"bundle\":\"sha256:{}\"}}",
            "0".repeat(64)
        );
        assert_eq!(key(request.as_bytes()).unwrap(), format!("sha256:{digits}").as_bytes());
        assert_eq!(key(b"SELECT 1"), None);
        assert!(is_done(b"HTTP/1.1 204 No Content\r\n\r\n") && is_done(b"C\0\0\0\rSELECT 1\0Z\0\0\0\x05I"));
        assert!(!is_done(b"Z\0\0\0\x05T") && !is_done(b"1\0\0\0\x04"));
        let proxy = Proxy::before(1, 1).unwrap();
        proxy.set(Weather::CutOnce);
        assert!(!proxy.is_to_be_cut(request.as_bytes(), b"Z\0\0\0\x05T"));
        assert!(proxy.is_to_be_cut(request.as_bytes(), b"HTTP/1.1 204 No Content\r\n\r\n"));
        assert!(!proxy.is_to_be_cut(request.as_bytes(), b"HTTP/1.1 204 No Content\r\n\r\n"));
        assert_eq!(proxy.cut(), 1);
    }
}
