//! Requests to a CalDAV server, and what its answers mean.

use std::time::Duration;

use chrono::{DateTime, Utc};
use engine::sync::backoff::Failure;
use reqwest::header::{CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url};
use zeroize::Zeroizing;

use super::event;
use super::xml::{self, Collection, Malformed, Object};
use crate::destination::WriteError;
use crate::http;
use crate::kinds::OpenError;

/// Bytes of an answer that are read: a busy person's two months are a tenth of it.
const ANSWER_BYTES: usize = 8 * 1024 * 1024;

/// A server, and who we are to it.
pub struct Server {
    client: Client,
    url: Url,
    user: String,
    password: Zeroizing<String>,
    timeout: Duration,
    report: Method,
    propfind: Method,
}

/// A calendar object that can be written again.
#[derive(Clone, Debug)]
pub struct Found {
    /// Where it is.
    pub url: Url,
    /// Its entity tag: the version that was read.
    pub etag: String,
    /// Its text.
    pub data: String,
}

/// What has to hold for a write (RFC 9110 §13.1).
#[derive(Clone, Copy, Debug)]
pub enum Only<'a> {
    /// Nothing is there yet.
    IfNew,
    /// What is there is what was read.
    IfStill(&'a str),
}

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It stands.
    Written(StatusCode),
    /// Something else was there: read again.
    Changed,
}

impl Server {
    /// A server that is not yet connected to.
    pub fn new(
        url: Url,
        user: String,
        password: Zeroizing<String>,
        timeout: Duration,
    ) -> Result<Self, OpenError> {
        let client = http::client(&url, timeout)?;
        let method = |name: &str| {
            Method::from_bytes(name.as_bytes()).map_err(|error| OpenError::Settings(error.to_string()))
        };
        Ok(Self {
            report: method("REPORT")?,
            propfind: method("PROPFIND")?,
            client,
            url,
            user,
            password,
            timeout,
        })
    }

    /// Host and port.
    pub fn host(&self) -> String {
        http::host(&self.url)
    }

    /// The address of something on this server; `None` when it would be on another one, which is not to see our
    /// password.
    pub fn join(&self, href: &str) -> Option<Url> {
        self.url.join(href).ok().filter(|url| url.origin() == self.url.origin())
    }

    /// Reads a calendar object.
    pub async fn get(&self, url: &Url) -> Result<Option<Found>, WriteError> {
        let response = self.send(self.client.get(url.clone())).await?;
        match response.status() {
            StatusCode::OK => {
                let etag =
                    response.headers().get(ETAG).and_then(|etag| etag.to_str().ok()).map(str::to_owned);
                let data = self.text(response).await?;
                Ok(Some(Found { url: url.clone(), etag: etag.ok_or_else(|| self.no_etag())?, data }))
            }
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(None),
            _ => Err(self.judge(&response, url)),
        }
    }

    /// Writes a calendar object.
    pub async fn put(&self, url: &Url, only: Only<'_>, text: String) -> Result<Put, WriteError> {
        let request = self.client.put(url.clone()).header(CONTENT_TYPE, "text/calendar; charset=utf-8");
        let request = match only {
            Only::IfNew => request.header(IF_NONE_MATCH, "*"),
            Only::IfStill(etag) => request.header(IF_MATCH, etag),
        };
        let response = self.send(request.body(text)).await?;
        match response.status() {
            status if status.is_success() => Ok(Put::Written(status)),
            // 409 is a UID that stands under another name; where the collection is missing, reading again says so.
            StatusCode::PRECONDITION_FAILED | StatusCode::CONFLICT => Ok(Put::Changed),
            StatusCode::FORBIDDEN | StatusCode::BAD_REQUEST => {
                let error = self.judge(&response, url);
                // Some servers answer a UID that stands under another name so (RFC 4791 §5.3.2.1).
                let is_conflict = self.text(response).await?.contains("no-uid-conflict");
                if is_conflict { Ok(Put::Changed) } else { Err(error) }
            }
            _ => Err(self.judge(&response, url)),
        }
    }

    /// Asks a calendar for objects.
    pub async fn report(&self, calendar: &Url, query: String) -> Result<Vec<Object>, WriteError> {
        let request =
            self.client.request(self.report.clone(), calendar.clone()).header("depth", "1").body(query);
        let text = self.multistatus(request, calendar).await?;
        xml::objects(&text).map_err(|malformed| self.malformed(malformed))
    }

    /// The one calendar object with this UID, wherever in a calendar somebody has put it.
    pub async fn find(&self, calendar: &Url, uid: &str) -> Result<Option<Found>, WriteError> {
        // A text match finds what contains it, and the case is the server's affair.
        let objects = self.report(calendar, xml::by_uid(uid)).await?;
        let Some(object) = objects.into_iter().find(|object| event::is_about(&object.data, uid)) else {
            return Ok(None);
        };
        let elsewhere =
            || WriteError::new(Failure::NeedsPerson, format!("{} names another server", self.host()));
        let url = self.join(&object.href).ok_or_else(elsewhere)?;
        Ok(Some(Found { url, etag: object.etag.ok_or_else(|| self.no_etag())?, data: object.data }))
    }

    /// Asks a calendar what it is.
    pub async fn describe(&self, calendar: &Url) -> Result<Collection, WriteError> {
        let request = self.client.request(self.propfind.clone(), calendar.clone()).header("depth", "0");
        let text = self.multistatus(request.body(xml::PROPFIND), calendar).await?;
        xml::collection(&text).map_err(|malformed| self.malformed(malformed))
    }

    async fn multistatus(&self, request: RequestBuilder, calendar: &Url) -> Result<String, WriteError> {
        let response = self.send(request.header(CONTENT_TYPE, "application/xml; charset=utf-8")).await?;
        if response.status() == StatusCode::MULTI_STATUS {
            self.text(response).await
        } else {
            Err(self.judge(&response, calendar))
        }
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, WriteError> {
        let request = request.basic_auth(&self.user, Some(self.password.as_str()));
        request.send().await.map_err(|error| self.broken(&error))
    }

    /// The whole answer, unless it is too long.
    async fn text(&self, mut response: Response) -> Result<String, WriteError> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.broken(&error))? {
            if body.len() + chunk.len() > ANSWER_BYTES {
                let message = format!("{} answered with more than {} MB", self.host(), ANSWER_BYTES >> 20);
                return Err(WriteError::new(Failure::NeedsPerson, message));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(String::from_utf8_lossy(&body).into_owned())
    }

    fn no_etag(&self) -> WriteError {
        let message = format!("{} gives no entity tags, so nothing could be changed safely", self.host());
        WriteError::new(Failure::NeedsPerson, message).pausing()
    }

    fn broken(&self, error: &reqwest::Error) -> WriteError {
        WriteError::new(Failure::Retry, http::no_answer(&self.url, self.timeout, error))
    }

    fn malformed(&self, malformed: Malformed) -> WriteError {
        match malformed {
            Malformed::NoMultistatus => {
                let message = format!("{} did not answer as a calendar server does", self.host());
                WriteError::new(Failure::NeedsPerson, message).pausing()
            }
            Malformed::Partial(507) => {
                let message = format!("{} shortens its answers: the calendar holds too much", self.host());
                WriteError::new(Failure::NeedsPerson, message)
            }
            Malformed::Partial(status) => {
                let message = format!("{} left out a part of its answer, with {status}", self.host());
                WriteError::new(Failure::Retry, message)
            }
        }
    }

    fn judge(&self, response: &Response, url: &Url) -> WriteError {
        judge(response.status(), http::asked_to_wait(response), &self.host(), &shown(url))
    }
}

/// The path of a collection, for messages; the name of a resource in it says nothing to anybody.
fn shown(url: &Url) -> String {
    url.path().rsplit_once('/').map_or_else(|| "/".into(), |(folder, _)| format!("{folder}/"))
}

/// What an answer that was not hoped for means.
fn judge(status: StatusCode, not_before: Option<DateTime<Utc>>, host: &str, path: &str) -> WriteError {
    let answered = format!("{host} answered {status}");
    let stuck = |message: String| WriteError {
        status: Some(status.as_u16()),
        ..WriteError::new(Failure::NeedsPerson, message)
    };
    match status {
        StatusCode::UNAUTHORIZED => stuck(format!("{answered}: user or password is wrong")).pausing(),
        StatusCode::FORBIDDEN => stuck(format!("{answered}: the user may not do this in {path}")).pausing(),
        StatusCode::NOT_FOUND | StatusCode::GONE => {
            stuck(format!("{answered}: there is no calendar {path}")).pausing()
        }
        StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED => {
            stuck(format!("{answered}: {path} is no calendar")).pausing()
        }
        StatusCode::INSUFFICIENT_STORAGE => stuck(format!("{answered}: no room is left")).pausing(),
        _ if status.is_redirection() => {
            stuck(format!("{answered}; redirects are not followed, so the settings need the final address"))
                .pausing()
        }
        StatusCode::REQUEST_TIMEOUT
        | StatusCode::TOO_EARLY
        | StatusCode::LOCKED
        | StatusCode::TOO_MANY_REQUESTS => retry(status, answered, not_before),
        _ if status.is_server_error() => retry(status, answered, not_before),
        _ => stuck(answered),
    }
}

fn retry(status: StatusCode, message: String, not_before: Option<DateTime<Utc>>) -> WriteError {
    let error = WriteError::new(Failure::Retry, message).not_before(not_before);
    WriteError { status: Some(status.as_u16()), ..error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_says_whose_turn_it_is() {
        let now = Utc::now();
        let judged = |status: u16| judge(StatusCode::from_u16(status).unwrap(), Some(now), "h", "/a/");
        for status in [408, 423, 425, 429, 500, 502, 503, 504] {
            let error = judged(status);
            assert_eq!(
                (error.failed.failure, error.failed.not_before),
                (Failure::Retry, Some(now)),
                "{status}"
            );
            assert_eq!((error.pause, error.status), (None, Some(status)));
        }
        for status in [301, 308, 401, 403, 404, 405, 410, 501, 507] {
            let error = judged(status);
            assert_eq!(error.failed.failure, Failure::NeedsPerson, "{status}");
            assert!(error.pause.is_some(), "{status}");
        }
        for status in [400, 413, 415, 422] {
            let error = judged(status);
            assert_eq!((error.failed.failure, error.pause), (Failure::NeedsPerson, None), "{status}");
        }
    }

    #[test]
    fn another_server_is_never_asked() {
        let url = Url::parse("https://cal.example/dav/").unwrap();
        let server =
            Server::new(url, "u".into(), Zeroizing::new("p".into()), Duration::from_secs(1)).unwrap();
        assert_eq!(server.join("/sales/x.ics").unwrap().as_str(), "https://cal.example/sales/x.ics");
        for elsewhere in [
            "https://evil.example/x",
            "//evil.example/x",
            "http://cal.example/x",
            "https://cal.example:8443/x",
        ] {
            assert_eq!(server.join(elsewhere), None, "{elsewhere}");
        }
    }
}
