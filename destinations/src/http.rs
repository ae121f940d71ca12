//! Helpers shared by destinations that speak HTTP.

pub mod auth;
pub mod status;

use std::time::Duration;

use chrono::{DateTime, Utc};
use engine::sync::backoff::{FailureKind, retry_after};
use reqwest::header::RETRY_AFTER;
use reqwest::{Client, Response, Url};

use crate::destination::WriteError;
use crate::kinds::OpenError;
use crate::network::{NetworkExceptions, is_loopback};

/// A server that has not accepted the connection within this time is considered down.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Returns a client that follows no redirects, so that a server cannot send us on to something that only we can reach, and that
/// connects only to addresses that are allowed.
pub fn client(url: &Url, timeout: Duration, allow: &NetworkExceptions) -> Result<Client, OpenError> {
    allow.check_http(url)?;
    let mut client = Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(timeout)
        .dns_resolver(allow.resolver())
        .user_agent(concat!("meshline/", env!("CARGO_PKG_VERSION")));
    // The proxy from the environment is meant for outgoing traffic; it would resolve loopback addresses to itself.
    if is_loopback(url) {
        client = client.no_proxy();
    }
    client.build().map_err(|error| OpenError::Settings(format!("no HTTPS client: {}", root_cause(&error))))
}

/// Parses a URL from the settings. `instead` says where user and password belong, for the error message.
pub fn address(text: &str, instead: &str) -> Result<Url, OpenError> {
    let wrong = |what: &str| OpenError::Settings(format!("`url` {what}"));
    let url = Url::parse(text).map_err(|error| wrong(&format!("is not a valid URL ({error})")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("must start with http:// or https://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong(&format!("must not contain a user or password: {instead}")));
    }
    if url.fragment().is_some() {
        return Err(wrong("must not contain a fragment (the part after #)"));
    }
    Ok(url)
}

/// Returns host and port. Path and query are left out because they may be long or sensitive.
pub fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Returns the error for a request without a response, described without the URL's path. Network failures are temporary; only
/// a request that cannot be built fails permanently.
pub fn no_answer(url: &Url, timeout: Duration, error: &reqwest::Error) -> WriteError {
    let host = host(url);
    if error.is_builder() {
        let message = format!("the request to {host} could not be built: {}", root_cause(error));
        return WriteError::new(FailureKind::NeedsPerson, message);
    }
    let message = match (error.is_timeout(), error.is_connect()) {
        (true, true) => format!("{host} did not accept the connection in time"),
        (true, false) => format!("{host} did not answer within {} s", timeout.as_secs()),
        (false, true) => format!("{host} cannot be reached: {}", root_cause(error)),
        (false, false) => {
            format!("the connection to {host} was lost before it answered: {}", root_cause(error))
        }
    };
    WriteError::new(FailureKind::Retry, message)
}

/// Returns the earliest instant at which the server accepts another request (`Retry-After`).
pub fn retry_after_of(response: &Response) -> Option<DateTime<Utc>> {
    retry_after(response.headers().get(RETRY_AFTER)?.to_str().ok()?, Utc::now())
}

/// Returns the innermost cause; the outer ones repeat the URL.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    if std::ptr::eq(cause as *const dyn std::error::Error as *const (), std::ptr::from_ref(error).cast()) {
        return "no reason given".into();
    }
    cause.to_string()
}
