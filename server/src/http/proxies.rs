//! Reverse proxies that are trusted to say which client a request comes from.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The networks of trusted proxies. Without any, the remote end of the connection is the client and `X-Forwarded-For` counts for
/// nothing, because anyone can send it.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Trusts the proxies in these networks.
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// Returns whether no proxy is trusted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns whether an address belongs to a trusted proxy.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Returns the client of a request: the rightmost address in `X-Forwarded-For` that is not a trusted proxy. Each proxy appends
    /// the address that it was called from, so everything further left is what the client claims.
    pub(super) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        let values = headers.get_all(FORWARDED_FOR);
        let hops = values.iter().flat_map(|value| value.to_str().unwrap_or("?").split(','));
        for hop in hops.collect::<Vec<_>>().into_iter().rev() {
            if !self.contains(client) {
                break;
            }
            // Nothing beyond an illegible entry can be trusted.
            let Some(address) = parse_hop(hop.trim()) else { break };
            client = address;
        }
        client
    }
}

/// Parses an entry of `X-Forwarded-For`. Some proxies append the port.
fn parse_hop(text: &str) -> Option<IpAddr> {
    let address = text.parse().ok().or_else(|| text.parse().ok().map(|hop: std::net::SocketAddr| hop.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

/// Parses a network in CIDR notation, or a single address.
///
/// # Errors
/// Returns a message if the text is neither.
pub fn parse_network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    network
        .map(|network| network.trunc())
        .map_err(|_| format!("`{text}` is not a network such as 10.0.0.0/8 or an address such as 127.0.0.1"))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn client(trusted: &[&str], peer: &str, headers: &[&str]) -> String {
        let proxies = TrustedProxies::new(trusted.iter().map(|text| parse_network(text).unwrap()).collect());
        let mut map = HeaderMap::new();
        for value in headers {
            map.append(FORWARDED_FOR, HeaderValue::from_str(value).unwrap());
        }
        proxies.client(peer.parse().unwrap(), &map).to_string()
    }

    #[test]
    fn the_rightmost_address_that_is_not_trusted_is_the_client() {
        let trusted = ["127.0.0.0/8", "10.1.0.0/16", "2001:db8:1::/48"];
        for (peer, headers, expected) in [
            ("127.0.0.1", &["192.0.2.7"][..], "192.0.2.7"),
            ("127.0.0.1", &["6.6.6.6, 192.0.2.7"], "192.0.2.7"),
            ("127.0.0.1", &["6.6.6.6", "192.0.2.7, 10.1.2.3"], "192.0.2.7"),
            ("127.0.0.1", &["10.1.2.3"], "10.1.2.3"),
            ("127.0.0.1", &[], "127.0.0.1"),
            ("127.0.0.1", &["192.0.2.7:4711"], "192.0.2.7"),
            ("127.0.0.1", &["[2001:db8:2::7]:4711"], "2001:db8:2::7"),
            ("127.0.0.1", &["192.0.2.7, unknown"], "127.0.0.1"),
            ("127.0.0.1", &["192.0.2.7, "], "127.0.0.1"),
            ("2001:db8:1::1", &["2001:db8:2::7"], "2001:db8:2::7"),
            ("::ffff:10.1.0.1", &["192.0.2.7"], "192.0.2.7"),
            ("192.0.2.1", &["127.0.0.1"], "192.0.2.1"),
        ] {
            assert_eq!(client(&trusted, peer, headers), expected, "{peer} {headers:?}");
        }
    }

    #[test]
    fn without_trusted_proxies_the_header_counts_for_nothing() {
        assert_eq!(client(&[], "127.0.0.1", &["192.0.2.7"]), "127.0.0.1");
    }

    #[test]
    fn a_single_address_is_a_network_too() {
        assert_eq!(parse_network("10.1.2.3/16").unwrap().to_string(), "10.1.0.0/16");
        assert_eq!(parse_network(" 127.0.0.1").unwrap().to_string(), "127.0.0.1/32");
        assert!(parse_network("proxy.internal").is_err() && parse_network("10.0.0.0/33").is_err());
    }
}
