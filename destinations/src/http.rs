//! What destinations over HTTP have in common.

pub mod auth;
pub mod status;

use std::time::Duration;

use chrono::{DateTime, Utc};
use engine::sync::backoff::{Failure, retry_after};
use reqwest::header::RETRY_AFTER;
use reqwest::{Client, Response, Url};

use crate::destination::WriteError;
use crate::kinds::OpenError;

/// A server that does not take the connection within this is down.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A client that follows no redirects, so that a server cannot send us on to something that only we can reach.
pub fn client(url: &Url, timeout: Duration) -> Result<Client, OpenError> {
    let mut client = Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(timeout)
        .user_agent(concat!("meshline/", env!("CARGO_PKG_VERSION")));
    // A proxy of the environment is for the way out; it would look for this machine's own addresses on itself.
    if is_loopback(url) {
        client = client.no_proxy();
    }
    client.build().map_err(|error| OpenError::Settings(format!("no HTTPS client: {}", root_cause(&error))))
}

/// An address as settings give it; `instead` says what stands for a user and password in it.
pub fn address(text: &str, instead: &str) -> Result<Url, OpenError> {
    let wrong = |what: &str| OpenError::Settings(format!("`url` {what}"));
    let url = Url::parse(text).map_err(|error| wrong(&format!("is no address ({error})")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("has to start with http:// or https://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong(&format!("must not hold a user or password: {instead}")));
    }
    if url.fragment().is_some() {
        return Err(wrong("must not have a part after #"));
    }
    Ok(url)
}

/// Host and port; the path may be long and the query may hold what is better not repeated.
pub fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Returns what it means that no answer came, described without the address's path. Whatever the network does passes; only a
/// request that could not be put together fails the same way again.
pub fn no_answer(url: &Url, timeout: Duration, error: &reqwest::Error) -> WriteError {
    let host = host(url);
    if error.is_builder() {
        let message = format!("no request to {host} could be made: {}", root_cause(error));
        return WriteError::new(Failure::NeedsPerson, message);
    }
    let message = match (error.is_timeout(), error.is_connect()) {
        (true, true) => format!("{host} did not accept the connection in time"),
        (true, false) => format!("{host} did not answer within {} s", timeout.as_secs()),
        (false, true) => format!("{host} cannot be reached: {}", root_cause(error)),
        (false, false) => format!("the connection to {host} broke before it answered: {}", root_cause(error)),
    };
    WriteError::new(Failure::Retry, message)
}

/// Returns the instant before which the server asked not to be called again (`Retry-After`).
pub fn retry_after_of(response: &Response) -> Option<DateTime<Utc>> {
    retry_after(response.headers().get(RETRY_AFTER)?.to_str().ok()?, Utc::now())
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// The innermost cause; the outer ones repeat the address.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    if std::ptr::eq(cause as *const dyn std::error::Error as *const (), std::ptr::from_ref(error).cast()) {
        return "no reason was given".into();
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_goes_without_the_proxy() {
        let of = |text: &str| is_loopback(&Url::parse(text).unwrap());
        assert!(of("http://127.0.0.1:9/") && of("http://[::1]/") && of("http://localhost/"));
        assert!(!of("http://10.0.0.1/") && !of("https://hooks.example/"));
    }
}
