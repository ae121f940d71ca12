//! Requires TLS for what the process connects to on other machines: its database and its mail server.

use std::str::FromStr as _;

use destinations::network::{PostgresTransport, has_ssl_mode};
use sqlx::postgres::PgConnectOptions;
use url::{Host, Url};

use super::CommandError;

/// Returns the URL of the database, with TLS required if it is on another machine and the URL says nothing about it.
///
/// # Errors
/// Returns [`CommandError::Usage`] if the URL rules out TLS or leaves it to the server, unless that is allowed.
pub(super) fn database(url: &str, allow_plaintext: bool) -> Result<String, CommandError> {
    // Whatever is not a URL is reported where it is used.
    let (Ok(options), Ok(mut parsed)) = (PgConnectOptions::from_str(url), Url::parse(url)) else {
        return Ok(url.to_owned());
    };
    if allow_plaintext {
        return Ok(url.to_owned());
    }
    let has_mode = has_ssl_mode(&parsed) || std::env::var_os("PGSSLMODE").is_some();
    match PostgresTransport::of(&options, has_mode) {
        PostgresTransport::Safe => Ok(url.to_owned()),
        PostgresTransport::Unset => {
            parsed.query_pairs_mut().append_pair("sslmode", "require");
            Ok(parsed.into())
        }
        PostgresTransport::Plaintext => Err(CommandError::Usage(
            "the database is on another machine, and its URL does not require TLS: set sslmode to verify-full, verify-ca or \
             require, or allow it with --allow-plaintext"
                .into(),
        )),
    }
}

/// Checks that the connection to a mail server is encrypted.
///
/// # Errors
/// Returns [`CommandError::Usage`] for a server on another machine that is not, unless that is allowed.
pub(super) fn mail(server: &str, allow_plaintext: bool) -> Result<(), CommandError> {
    let Ok(url) = Url::parse(server) else { return Ok(()) };
    let is_encrypted = url.scheme() == "smtps"
        || url.query_pairs().any(|(name, value)| name == "tls" && matches!(&*value, "required" | "wrapper"));
    if is_encrypted || allow_plaintext || is_local(&url) {
        return Ok(());
    }
    Err(CommandError::Usage(
        "the mail server is on another machine, and its URL does not require TLS: use smtps://… or smtp://…?tls=required, or \
         allow it with --allow-plaintext"
            .into(),
    ))
}

/// Returns whether the host of a URL with a scheme such as smtp: is this machine.
fn is_local(url: &Url) -> bool {
    let name = match url.host() {
        Some(Host::Domain(name)) => name,
        Some(Host::Ipv4(address)) => return address.is_loopback(),
        Some(Host::Ipv6(address)) => return address.is_loopback(),
        None => return false,
    };
    name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_on_another_machine_requires_tls() {
        let of = |url: &str| database(url, false).map_err(|error| error.to_string());
        assert_eq!(of("postgres://m@db.internal/m").unwrap(), "postgres://m@db.internal/m?sslmode=require");
        for url in [
            "postgres://m@db.internal/m?sslmode=verify-full&sslrootcert=/etc/ca.pem",
            "postgres://m:p%40ss@localhost/m",
            "postgres://m@127.0.0.1:5433/m?sslmode=disable",
            "postgres://m@[::1]/m",
            "postgres:///m?host=/run/postgresql",
        ] {
            assert_eq!(of(url).unwrap(), url);
        }
        for mode in ["disable", "allow", "prefer"] {
            let url = format!("postgres://m:secret@db.internal/m?sslmode={mode}");
            let refused = of(&url).unwrap_err();
            assert!(refused.contains("--allow-plaintext") && !refused.contains("secret"), "{refused}");
            assert_eq!(database(&url, true).unwrap(), url);
        }
    }

    #[test]
    fn a_mail_server_on_another_machine_requires_tls() {
        for url in [
            "smtps://a:b@mail.example",
            "smtp://mail.example:587?tls=required",
            "smtp://localhost:25",
            "smtp://127.0.0.1:25",
            "smtp://[::1]",
        ] {
            mail(url, false).unwrap();
        }
        for url in ["smtp://a:secret@mail.example", "smtp://mail.example?tls=opportunistic"] {
            let refused = mail(url, false).unwrap_err().to_string();
            assert!(refused.contains("tls=required") && !refused.contains("secret"), "{refused}");
            mail(url, true).unwrap();
        }
    }
}
