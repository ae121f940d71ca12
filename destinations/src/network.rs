//! What a destination is reached through: TLS, except on this machine, and never a link-local address, behind which clouds keep the
//! credentials of their machines. Settings can allow exceptions. Other private addresses are allowed, since self-hosted systems
//! have them.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::{Host, Url};

use crate::kinds::OpenError;

/// An exception to the rules for networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NetworkException {
    /// Sends without TLS, so that everyone on the way can read and change it.
    Plaintext,
    /// Connects to link-local addresses (169.254.0.0/16, fe80::/10).
    LinkLocal,
}

/// The exceptions that the settings of a destination allow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NetworkExceptions(BTreeSet<NetworkException>);

impl NetworkExceptions {
    /// Returns whether there are none, as by default.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Checks the URL of a server that speaks HTTP.
    ///
    /// # Errors
    /// Returns an [`OpenError`] that says which exception would allow it.
    pub(crate) fn check_http(&self, url: &Url) -> Result<(), OpenError> {
        if url.scheme() != "https" && !is_loopback(url) && !self.allows(NetworkException::Plaintext) {
            return Err(OpenError::Settings(
                "`url` must start with https://, since everyone on the way could read what is sent over http://; \
                 `allow: [plaintext]` permits it"
                    .into(),
            ));
        }
        self.check_host(url)
    }

    /// Checks the host of a URL where it is an address. [`NetworkExceptions::resolver`] checks those that a name resolves to.
    ///
    /// # Errors
    /// Returns an [`OpenError`] for a link-local address, unless they are allowed.
    pub(crate) fn check_host(&self, url: &Url) -> Result<(), OpenError> {
        let address = match url.host() {
            Some(Host::Ipv4(address)) => IpAddr::from(address),
            Some(Host::Ipv6(address)) => IpAddr::from(address),
            // Schemes such as postgres:// leave addresses unparsed.
            Some(Host::Domain(name)) => match name.trim_matches(['[', ']']).parse() {
                Ok(address) => address,
                Err(_) => return Ok(()),
            },
            None => return Ok(()),
        };
        if self.permits(address) { Ok(()) } else { Err(OpenError::Settings(LINK_LOCAL.into())) }
    }

    /// Checks the addresses that a name resolves to.
    ///
    /// # Errors
    /// Returns a sentence if there are none, or only link-local ones that are not allowed.
    pub(crate) async fn resolve(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, String> {
        let found = tokio::net::lookup_host((host, port)).await.map_err(|error| error.to_string())?;
        let mut found: Vec<SocketAddr> = found.collect();
        let known = found.len();
        found.retain(|address| self.permits(address.ip()));
        if found.is_empty() && known > 0 { Err(format!("{host}: {LINK_LOCAL}")) } else { Ok(found) }
    }

    /// Returns the resolver of names for HTTP clients, which leaves out addresses that are not allowed.
    pub(crate) fn resolver(&self) -> Arc<NetworkResolver> {
        Arc::new(NetworkResolver(self.clone()))
    }

    /// Returns the options with TLS required, unless they connect to this machine or plaintext is allowed.
    ///
    /// # Errors
    /// Returns an [`OpenError`] if the options rule out TLS or leave it to the server.
    pub(crate) fn postgres(
        &self,
        url: &Url,
        options: PgConnectOptions,
    ) -> Result<PgConnectOptions, OpenError> {
        self.check_host(url)?;
        if self.allows(NetworkException::Plaintext) {
            return Ok(options);
        }
        match PostgresTransport::of(&options, has_ssl_mode(url)) {
            PostgresTransport::Safe => Ok(options),
            PostgresTransport::Unset => Ok(options.ssl_mode(PgSslMode::Require)),
            PostgresTransport::Plaintext => Err(OpenError::Settings(
                "`sslmode` in `url` must be require, verify-ca or verify-full, since everyone on the way could read what is sent \
                 without TLS; `allow: [plaintext]` permits it"
                    .into(),
            )),
        }
    }

    fn allows(&self, exception: NetworkException) -> bool {
        self.0.contains(&exception)
    }

    fn permits(&self, address: IpAddr) -> bool {
        !is_link_local(address) || self.allows(NetworkException::LinkLocal)
    }
}

impl FromIterator<NetworkException> for NetworkExceptions {
    fn from_iter<I: IntoIterator<Item = NetworkException>>(exceptions: I) -> Self {
        Self(exceptions.into_iter().collect())
    }
}

const LINK_LOCAL: &str = "link-local addresses are refused, since clouds keep credentials behind them; `allow: [link_local]` permits them";

/// Whether a connection to Postgres is encrypted wherever others could read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostgresTransport {
    /// It stays on this machine, or requires TLS.
    Safe,
    /// It leaves this machine and says nothing about TLS.
    Unset,
    /// It leaves this machine, and works without TLS.
    Plaintext,
}

impl PostgresTransport {
    /// Returns the transport of a connection with these options. `has_mode` is whether their `sslmode` was set rather than left to
    /// the driver's default, which is not to insist on TLS.
    pub fn of(options: &PgConnectOptions, has_mode: bool) -> Self {
        let host = options.get_host();
        let address = host.trim_matches(['[', ']']).parse().map(|address: IpAddr| address.is_loopback());
        if host == "localhost"
            || host.starts_with('/')
            || options.get_socket().is_some()
            || address == Ok(true)
        {
            return Self::Safe;
        }
        match options.get_ssl_mode() {
            PgSslMode::Require | PgSslMode::VerifyCa | PgSslMode::VerifyFull => Self::Safe,
            PgSslMode::Prefer if !has_mode => Self::Unset,
            PgSslMode::Prefer | PgSslMode::Allow | PgSslMode::Disable => Self::Plaintext,
        }
    }
}

/// Returns whether a Postgres URL sets `sslmode`.
pub fn has_ssl_mode(url: &Url) -> bool {
    url.query_pairs().any(|(name, _)| matches!(&*name, "sslmode" | "ssl-mode"))
}

/// Resolves names like the system, without the addresses that are not allowed.
pub(crate) struct NetworkResolver(NetworkExceptions);

impl Resolve for NetworkResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let exceptions = self.0.clone();
        Box::pin(async move {
            let found = exceptions.resolve(name.as_str(), 0).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Returns whether a URL's host is this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Returns whether an address is link-local (RFC 3927, RFC 4291 §2.5.6), also when it is written as an IPv6 address.
fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => {
            address.is_unicast_link_local() || embedded(address).is_some_and(|inner| inner.is_link_local())
        }
    }
}

/// Returns the IPv4 address in an IPv4-mapped, IPv4-compatible or NAT64 address (RFC 4291 §2.5.5, RFC 6052 §2.1).
fn embedded(address: Ipv6Addr) -> Option<std::net::Ipv4Addr> {
    let segments = address.segments();
    let is_nat64 = segments[..6] == [0x64, 0xff9b, 0, 0, 0, 0];
    if is_nat64 {
        let [.., a, b, c, d] = address.octets();
        return Some([a, b, c, d].into());
    }
    address.to_ipv4()
}

#[cfg(test)]
mod tests {
    use std::str::FromStr as _;

    use serde_json::json;

    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn allowing(exception: NetworkException) -> NetworkExceptions {
        [exception].into_iter().collect()
    }

    #[test]
    fn only_this_machine_is_loopback() {
        let of = |text: &str| is_loopback(&url(text));
        assert!(of("http://127.0.0.1:9/") && of("http://[::1]/") && of("http://localhost/"));
        assert!(!of("http://10.0.0.1/") && !of("https://hooks.example/") && !of("http://localhost.example/"));
    }

    #[test]
    fn http_is_refused_off_this_machine_unless_it_is_allowed() {
        let none = NetworkExceptions::default();
        for text in [
            "http://hooks.example/",
            "http://10.0.0.8/",
            "http://[2001:db8::1]/",
            "http://localhost.example/",
        ] {
            let refused = none.check_http(&url(text)).unwrap_err().to_string();
            assert!(refused.contains("allow: [plaintext]"), "{refused}");
            allowing(NetworkException::Plaintext).check_http(&url(text)).unwrap();
        }
        for text in
            ["https://hooks.example/", "https://10.0.0.8/", "http://localhost:8080/", "http://127.0.0.1/"]
        {
            none.check_http(&url(text)).unwrap();
        }
    }

    #[test]
    fn link_local_addresses_are_refused_however_they_are_written() {
        for text in [
            "https://169.254.169.254/",
            "https://2852039166/",
            "https://0xa9.0xfe.0xa9.0xfe/",
            "https://[fe80::1]/",
            "https://[febf::1]/",
            "https://[::ffff:169.254.169.254]/",
            "https://[::169.254.169.254]/",
            "https://[64:ff9b::169.254.169.254]/",
            "postgres://169.254.169.254/db",
            "postgres://[fe80::1]/db",
        ] {
            let none = NetworkExceptions::default();
            let refused = none.check_host(&url(text)).unwrap_err().to_string();
            assert!(refused.contains("allow: [link_local]"), "{text}: {refused}");
            allowing(NetworkException::LinkLocal).check_host(&url(text)).unwrap();
            assert!(allowing(NetworkException::Plaintext).check_host(&url(text)).is_err());
        }
        for text in [
            "https://169.253.0.1/",
            "https://192.168.0.1/",
            "https://[fec0::1]/",
            "https://[::ffff:10.0.0.1]/",
        ] {
            NetworkExceptions::default().check_host(&url(text)).unwrap();
        }
    }

    #[tokio::test]
    async fn names_resolve_to_permitted_addresses_only() {
        let none = NetworkExceptions::default();
        assert!(!none.resolve("localhost", 1).await.unwrap().is_empty());
        // Resolving an address needs no name server.
        assert!(none.resolve("169.254.1.1", 1).await.unwrap_err().contains("link-local"));
        let allowed = allowing(NetworkException::LinkLocal).resolve("169.254.1.1", 1).await.unwrap();
        assert_eq!(allowed, ["169.254.1.1:1".parse().unwrap()]);
    }

    #[test]
    fn postgres_requires_tls_off_this_machine() {
        let modes = |text: &str, exceptions: &NetworkExceptions| {
            let options = PgConnectOptions::from_str(text).unwrap();
            exceptions
                .postgres(&url(text), options)
                .map(|options| options.get_ssl_mode())
                .map_err(|error| error.to_string())
        };
        let none = NetworkExceptions::default();
        let mode = |text: &str| format!("{:?}", modes(text, &none).unwrap());
        assert_eq!(mode("postgres://wh.example/db"), "Require");
        assert_eq!(mode("postgres://wh.example/db?sslmode=verify-full"), "VerifyFull");
        assert_eq!(mode("postgres://localhost/db"), "Prefer");
        assert_eq!(mode("postgres://127.0.0.1/db?sslmode=disable"), "Disable");
        assert_eq!(mode("postgres:///db?host=/run/postgresql"), "Prefer");
        for weak in ["disable", "allow", "prefer"] {
            let text = format!("postgres://wh.example/db?sslmode={weak}");
            assert!(modes(&text, &none).unwrap_err().contains("allow: [plaintext]"));
            modes(&text, &allowing(NetworkException::Plaintext)).unwrap();
        }
    }

    #[test]
    fn every_kind_follows_the_rules_unless_its_settings_allow_exceptions() {
        let calendars = json!({ "jane@acme.example": "/jane/" });
        let refused = |kind: &str, url: &str, allow: &[&str]| {
            let mut settings = json!({ "url": url, "allow": allow });
            if kind == "caldav" {
                settings["user"] = "sales".into();
                settings["time_zone"] = "Europe/Berlin".into();
                settings["calendars"] = calendars.clone();
            }
            let secret = Some(b"whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=".as_slice());
            crate::open(kind, &settings, secret).err().map(|error| error.to_string()).unwrap_or_default()
        };
        for (kind, plain, local) in [
            ("webhook", "http://crm.example/", "https://169.254.169.254/"),
            ("caldav", "http://cal.example/", "https://[fe80::1]/"),
            ("postgres", "postgres://wh.example/db?sslmode=disable", "postgres://169.254.0.9/db"),
        ] {
            assert!(refused(kind, plain, &[]).contains("allow: [plaintext]"), "{kind}");
            assert!(refused(kind, local, &["plaintext"]).contains("allow: [link_local]"), "{kind}");
            assert_eq!(refused(kind, plain, &["plaintext"]), "", "{kind}");
            assert_eq!(refused(kind, local, &["link_local"]), "", "{kind}");
        }
    }
}
