//! The open connections: how many there may be, and which one makes room for a new one.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::TrustedProxies;

/// Limits for the connections of a listener.
#[derive(Clone, Debug)]
pub struct ConnectionLimits {
    /// Maximum number of connections.
    pub total: usize,
    /// Maximum number of connections of one address. An IPv6 network of 64 bits, which one customer gets, counts as one.
    pub per_address: usize,
    /// Time limit for the head of a request, and for connections between two requests.
    pub head: Duration,
    /// How long an answer may make no progress before its connection is closed.
    pub write: Duration,
    /// The reverse proxies, whose connections are limited only by the total.
    pub proxies: TrustedProxies,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            total: 4_096,
            per_address: 512,
            head: Duration::from_secs(10),
            write: Duration::from_secs(30),
            proxies: TrustedProxies::default(),
        }
    }
}

impl ConnectionLimits {
    /// Returns the limits for a listener that only monitoring uses.
    pub fn monitoring() -> Self {
        Self { total: 256, per_address: 64, ..Self::default() }
    }

    /// Lowers the total to what `files` open files permit, and leaves some for the database and for uploads.
    #[must_use]
    pub fn within(self, files: u64) -> Self {
        const OTHER_FILES: u64 = 256;
        let total = usize::try_from(files.saturating_sub(OTHER_FILES)).unwrap_or(usize::MAX);
        Self { total: self.total.min(total.max(64)), ..self }
    }

    /// Returns the maximum number of connections of an address. A trusted proxy forwards many clients, so its address has none.
    fn of_address(&self, address: IpAddr) -> Option<usize> {
        (!self.proxies.contains(address)).then_some(self.per_address)
    }
}

/// The open connections of a listener.
pub(super) struct Connections {
    limits: ConnectionLimits,
    start: Instant,
    open: Mutex<HashMap<IpAddr, Vec<Arc<Open>>>>,
}

/// A connection that is counted.
struct Open {
    address: IpAddr,
    /// When it began to wait for a request, in microseconds after the start; [`BUSY`] during a request.
    idle_since: AtomicU64,
    /// Cancelled when it makes room for another one.
    end: CancellationToken,
}

const BUSY: u64 = u64::MAX;

impl Connections {
    pub(super) fn new(limits: ConnectionLimits) -> Arc<Self> {
        Arc::new(Self { limits, start: Instant::now(), open: Mutex::default() })
    }

    pub(super) fn limits(&self) -> &ConnectionLimits {
        &self.limits
    }

    /// Admits a connection. If there are too many, the one that has been idle for the longest is closed. Returns `None` if all of
    /// them are busy.
    pub(super) fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<Connection> {
        let address = network(peer);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(most) = self.limits.of_address(peer)
            && let Some(same) = open.get(&address)
            && same.len() >= most
        {
            let oldest = oldest_idle(same)?;
            end(&mut open, &oldest);
        }
        if open.values().map(Vec::len).sum::<usize>() >= self.limits.total {
            let oldest = oldest_idle(open.values().flatten())?;
            end(&mut open, &oldest);
        }
        let new = Arc::new(Open { address, idle_since: self.now().into(), end: CancellationToken::new() });
        open.entry(address).or_default().push(new.clone());
        Some(Connection { open: new, all: self.clone() })
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(BUSY - 1)
    }
}

/// Returns what counts as one address.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        v4 => v4,
    }
}

fn oldest_idle<'a>(open: impl IntoIterator<Item = &'a Arc<Open>>) -> Option<Arc<Open>> {
    let since = open.into_iter().map(|open| (open.idle_since.load(Ordering::Relaxed), open));
    let (since, oldest) = since.min_by_key(|(since, _)| *since)?;
    (since != BUSY).then(|| oldest.clone())
}

fn end(open: &mut HashMap<IpAddr, Vec<Arc<Open>>>, one: &Arc<Open>) {
    one.end.cancel();
    remove(open, one);
}

fn remove(open: &mut HashMap<IpAddr, Vec<Arc<Open>>>, one: &Arc<Open>) {
    let Some(same) = open.get_mut(&one.address) else { return };
    if let Some(place) = same.iter().position(|other| Arc::ptr_eq(other, one)) {
        same.swap_remove(place);
    }
    if same.is_empty() {
        open.remove(&one.address);
    }
}

/// An admitted connection. It stops counting when this value is dropped.
pub(super) struct Connection {
    open: Arc<Open>,
    all: Arc<Connections>,
}

impl Connection {
    /// Marks the connection as busy until the returned value is dropped.
    pub(super) fn busy(&self) -> Busy {
        self.open.idle_since.store(BUSY, Ordering::Relaxed);
        Busy { open: self.open.clone(), all: self.all.clone() }
    }

    /// Completes when the connection has to make room for another one.
    pub(super) fn ended(&self) -> CancellationToken {
        self.open.end.clone()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        remove(&mut self.all.open.lock().unwrap_or_else(PoisonError::into_inner), &self.open);
    }
}

/// A request under way.
pub(super) struct Busy {
    open: Arc<Open>,
    all: Arc<Connections>,
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.open.idle_since.store(self.all.now(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const OTHER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    fn connections(total: usize, per_address: usize) -> Arc<Connections> {
        Connections::new(ConnectionLimits { total, per_address, ..ConnectionLimits::default() })
    }

    /// Sets since when connections have been idle, as the clock is too coarse to tell them apart.
    fn age(connections: &[&Connection]) {
        for (at, connection) in connections.iter().enumerate() {
            connection.open.idle_since.store(at as u64, Ordering::Relaxed);
        }
    }

    #[test]
    fn an_address_makes_room_among_its_own_connections() {
        let all = connections(10, 2);
        let other = all.admit(OTHER).unwrap();
        let (first, second) = (all.admit(ONE).unwrap(), all.admit(ONE).unwrap());
        age(&[&other, &first, &second]);
        let third = all.admit(ONE).unwrap();
        assert!(
            first.ended().is_cancelled() && !other.ended().is_cancelled() && !second.ended().is_cancelled()
        );
        drop(first);
        let (_busy, _too) = (second.busy(), third.busy());
        assert!(all.admit(ONE).is_none(), "requests under way are not cut off");
        assert!(all.admit(OTHER).is_some());
    }

    #[test]
    fn the_oldest_idle_connection_makes_room_when_all_places_are_taken() {
        let all = connections(3, 2);
        let (busy, old, new) = (all.admit(ONE).unwrap(), all.admit(ONE).unwrap(), all.admit(OTHER).unwrap());
        let request = busy.busy();
        age(&[&old, &new]);
        let fourth = all.admit(OTHER).unwrap();
        assert!(old.ended().is_cancelled() && !busy.ended().is_cancelled() && !new.ended().is_cancelled());
        drop((new, fourth, request));
        assert!(busy.open.idle_since.load(Ordering::Relaxed) != BUSY, "an answered request is over");
    }

    #[test]
    fn a_trusted_proxy_is_limited_by_the_total_only() {
        let proxies = TrustedProxies::new(vec![OTHER.into()]);
        let limits = ConnectionLimits { total: 9, per_address: 2, proxies, ..ConnectionLimits::default() };
        let all = Connections::new(limits);
        let open: Vec<_> = (0..9).map(|_| all.admit(OTHER).unwrap()).collect();
        assert!(open.iter().all(|connection| !connection.ended().is_cancelled()));
        assert!(all.admit(ONE).is_some() && open.iter().any(|connection| connection.ended().is_cancelled()));
    }

    #[test]
    fn ended_and_closed_connections_no_longer_count() {
        let all = connections(2, 2);
        let first = all.admit(ONE).unwrap();
        for _ in 0..5 {
            drop(all.admit(ONE).unwrap());
        }
        assert!(!first.ended().is_cancelled());
        drop(first);
        assert!(all.open.lock().unwrap().is_empty());
    }

    #[test]
    fn a_customers_ipv6_network_is_one_address() {
        let address = |text: &str| network(text.parse().unwrap());
        assert_eq!(address("2001:db8:1:2:3::4"), address("2001:db8:1:2:ffff::1"));
        assert_ne!(address("2001:db8:1:2::1"), address("2001:db8:1:3::1"));
        assert_eq!(address("::ffff:192.0.2.1"), ONE);
        assert_ne!(address("192.0.2.1"), address("192.0.2.2"));
    }

    #[test]
    fn connections_leave_files_for_the_rest_of_the_process() {
        let total = |files| ConnectionLimits::default().within(files).total;
        assert_eq!((total(1_048_576), total(1_024), total(10)), (4_096, 768, 64));
    }
}
