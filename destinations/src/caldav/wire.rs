//! Sends requests to a CalDAV server and interprets its responses.

use std::time::Duration;

use chrono::{DateTime, Utc};
use engine::sync::backoff::{FailureKind, http_date};
use reqwest::header::{CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, LAST_MODIFIED};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url};

use super::event;
use super::xml::{self, CalendarObject, Collection, CollectionMember, MalformedResponse};
use crate::destination::WriteError;
use crate::http::auth::{Auth, SendError};
use crate::http::{self, status};
use crate::kinds::OpenError;
use crate::network::NetworkExceptions;

/// The maximum size of a response, in bytes: ten times what two months of a busy person's calendar take.
const ANSWER_BYTES: usize = 8 * 1024 * 1024;

/// A CalDAV server and how to authenticate to it.
pub struct CaldavServer {
    client: Client,
    url: Url,
    auth: Auth,
    timeout: Duration,
    report: Method,
    propfind: Method,
}

/// A stored calendar object, with what is needed to overwrite it.
#[derive(Clone, Debug)]
pub struct StoredObject {
    /// The URL of the object.
    pub url: Url,
    /// The entity tag of the version that was read.
    pub etag: String,
    /// The time of the last change, if the server reports it.
    pub changed_at: Option<DateTime<Utc>>,
    /// The content of the object.
    pub data: String,
}

/// The condition of a write (RFC 9110 §13.1).
#[derive(Clone, Copy, Debug)]
pub enum Precondition<'a> {
    /// Nothing is stored there yet.
    Absent,
    /// The stored version still has this entity tag.
    Unchanged(&'a str),
}

/// The result of a conditional write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutOutcome {
    /// The object was stored.
    Written(StatusCode),
    /// The condition did not hold: read again.
    Conflict,
}

impl CaldavServer {
    /// Creates a client without connecting.
    pub fn new(
        url: Url,
        auth: Auth,
        timeout: Duration,
        allow: &NetworkExceptions,
    ) -> Result<Self, OpenError> {
        let client = http::client(&url, timeout, allow)?;
        let method = |name: &str| {
            Method::from_bytes(name.as_bytes()).map_err(|error| OpenError::Settings(error.to_string()))
        };
        Ok(Self { report: method("REPORT")?, propfind: method("PROPFIND")?, client, url, auth, timeout })
    }

    /// Returns host and port.
    pub fn host(&self) -> String {
        http::host(&self.url)
    }

    /// Resolves a reference on this server. Returns `None` if it points to another server, which must not receive our
    /// password.
    pub fn join(&self, href: &str) -> Option<Url> {
        self.url.join(href).ok().filter(|url| url.origin() == self.url.origin())
    }

    /// Reads a calendar object.
    pub async fn get(&self, url: &Url) -> Result<Option<StoredObject>, WriteError> {
        let response = self.send(self.client.get(url.clone())).await?;
        match response.status() {
            StatusCode::OK => {
                let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
                let etag = header(ETAG).map(str::to_owned);
                let changed_at = header(LAST_MODIFIED).and_then(http_date);
                let data = self.text(response).await?;
                let etag = etag.ok_or_else(|| self.no_etag())?;
                Ok(Some(StoredObject { url: url.clone(), etag, changed_at, data }))
            }
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(None),
            _ => Err(self.judge(&response, url)),
        }
    }

    /// Writes a calendar object.
    pub async fn put(
        &self,
        url: &Url,
        precondition: Precondition<'_>,
        text: String,
    ) -> Result<PutOutcome, WriteError> {
        let request = self.client.put(url.clone()).header(CONTENT_TYPE, "text/calendar; charset=utf-8");
        let request = match precondition {
            Precondition::Absent => request.header(IF_NONE_MATCH, "*"),
            Precondition::Unchanged(etag) => request.header(IF_MATCH, etag),
        };
        let response = self.send(request.body(text)).await?;
        match response.status() {
            status if status.is_success() => Ok(PutOutcome::Written(status)),
            // 409: the UID is stored under another name. If the collection is missing, the next read reports that.
            StatusCode::PRECONDITION_FAILED | StatusCode::CONFLICT => Ok(PutOutcome::Conflict),
            StatusCode::FORBIDDEN | StatusCode::BAD_REQUEST => {
                let error = self.judge(&response, url);
                // Some servers report a UID that is stored under another name like this (RFC 4791 §5.3.2.1).
                let is_conflict = self.text(response).await?.contains("no-uid-conflict");
                if is_conflict { Ok(PutOutcome::Conflict) } else { Err(error) }
            }
            _ => Err(self.judge(&response, url)),
        }
    }

    /// Queries a calendar for objects.
    pub async fn report(&self, calendar: &Url, query: String) -> Result<Vec<CalendarObject>, WriteError> {
        let request =
            self.client.request(self.report.clone(), calendar.clone()).header("depth", "1").body(query);
        let text = self.multistatus(request, calendar).await?;
        xml::objects(&text).map_err(|malformed| self.malformed(malformed))
    }

    /// Returns the calendar object with this UID, under whatever name it is stored.
    pub async fn find(&self, calendar: &Url, uid: &str) -> Result<Option<StoredObject>, WriteError> {
        // A text match also finds UIDs that contain this one, and servers may ignore case.
        let objects = self.report(calendar, xml::by_uid(uid)).await?;
        let Some(object) = objects.into_iter().find(|object| event::is_about(&object.data, uid)) else {
            return Ok(None);
        };
        let elsewhere = || {
            WriteError::new(FailureKind::NeedsPerson, format!("{} referred to another server", self.host()))
        };
        let url = self.join(&object.href).ok_or_else(elsewhere)?;
        let etag = object.etag.ok_or_else(|| self.no_etag())?;
        Ok(Some(StoredObject { url, etag, changed_at: None, data: object.data }))
    }

    /// Reads the properties of a calendar.
    pub async fn describe(&self, calendar: &Url) -> Result<Collection, WriteError> {
        let request = self.client.request(self.propfind.clone(), calendar.clone()).header("depth", "0");
        let text = self.multistatus(request.body(xml::PROPFIND), calendar).await?;
        xml::collection(&text).map_err(|malformed| self.malformed(malformed))
    }

    /// Lists a calendar's members and their times of last change.
    pub async fn members(&self, calendar: &Url) -> Result<Vec<CollectionMember>, WriteError> {
        let request = self.client.request(self.propfind.clone(), calendar.clone()).header("depth", "1");
        let text = self.multistatus(request.body(xml::LAST_MODIFIED), calendar).await?;
        xml::members(&text).map_err(|malformed| self.malformed(malformed))
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
        self.auth.send(request).await.map_err(|error| match error {
            SendError::Credential(error) => error.into(),
            SendError::Transport(error) => self.broken(&error),
        })
    }

    /// Reads the whole response, up to the size limit.
    async fn text(&self, mut response: Response) -> Result<String, WriteError> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.broken(&error))? {
            if body.len() + chunk.len() > ANSWER_BYTES {
                let message = format!("the response of {} exceeds {} MB", self.host(), ANSWER_BYTES >> 20);
                return Err(WriteError::new(FailureKind::NeedsPerson, message));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(String::from_utf8_lossy(&body).into_owned())
    }

    fn no_etag(&self) -> WriteError {
        let message = format!("{} sends no entity tags, so no event can be changed safely", self.host());
        WriteError::new(FailureKind::NeedsPerson, message).pausing()
    }

    fn broken(&self, error: &reqwest::Error) -> WriteError {
        http::no_answer(&self.url, self.timeout, error)
    }

    fn malformed(&self, malformed: MalformedResponse) -> WriteError {
        match malformed {
            MalformedResponse::NoMultistatus => {
                let message = format!("{} did not answer like a calendar server", self.host());
                WriteError::new(FailureKind::NeedsPerson, message).pausing()
            }
            MalformedResponse::Partial(507) => {
                let message =
                    format!("{} truncates its responses because the calendar is too large", self.host());
                WriteError::new(FailureKind::NeedsPerson, message)
            }
            MalformedResponse::Partial(status) => {
                let message = format!("{} omitted part of its response, with status {status}", self.host());
                WriteError::new(FailureKind::Retry, message)
            }
        }
    }

    fn judge(&self, response: &Response, url: &Url) -> WriteError {
        judge(response.status(), http::retry_after_of(response), &self.host(), &shown(url))
    }
}

/// Returns the path of a collection for messages, without the name of the resource in it.
fn shown(url: &Url) -> String {
    url.path().rsplit_once('/').map_or_else(|| "/".into(), |(folder, _)| format!("{folder}/"))
}

/// Interprets a status of a calendar server. A calendar that is forbidden or missing fails every further write too.
fn judge(status: StatusCode, retry_after: Option<DateTime<Utc>>, host: &str, path: &str) -> WriteError {
    let Some(rule) = status::rule(status, retry_after, Utc::now()) else {
        let message = format!("{host} answered {status}, which is not a valid response to this request");
        return WriteError::new(FailureKind::NeedsPerson, message).pausing();
    };
    let rule = match status {
        StatusCode::UNAUTHORIZED => rule.for_destination("the password or token is wrong"),
        StatusCode::FORBIDDEN => rule.for_destination(format!("the user lacks permission for {path}")),
        StatusCode::NOT_FOUND | StatusCode::GONE => {
            rule.for_destination(format!("the calendar {path} does not exist"))
        }
        StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED => {
            rule.for_destination(format!("{path} is not a calendar"))
        }
        _ => rule,
    };
    rule.error(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unusable_calendar_pauses_the_destination() {
        let judged = |status: u16| judge(StatusCode::from_u16(status).unwrap(), None, "h", "/a/");
        for (status, message) in [
            (401, "h answered 401 Unauthorized: the password or token is wrong"),
            (403, "h answered 403 Forbidden: the user lacks permission for /a/"),
            (404, "h answered 404 Not Found: the calendar /a/ does not exist"),
            (405, "h answered 405 Method Not Allowed: /a/ is not a calendar"),
            (410, "h answered 410 Gone: the calendar /a/ does not exist"),
            (501, "h answered 501 Not Implemented: /a/ is not a calendar"),
        ] {
            let error = judged(status);
            assert_eq!((error.failed.failure, error.status), (FailureKind::NeedsPerson, Some(status)));
            assert_eq!(error.pause.as_deref(), Some(message));
        }
        assert_eq!((judged(503).failed.failure, judged(503).pause), (FailureKind::Retry, None));
        assert_eq!((judged(422).failed.failure, judged(422).pause), (FailureKind::NeedsPerson, None));
        assert!(judged(200).pause.is_some(), "not a valid response to the request");
    }

    #[test]
    fn another_server_is_never_contacted() {
        let url = Url::parse("https://cal.example/dav/").unwrap();
        let auth = Auth::Basic { user: "u".into(), password: "p".to_owned().into() };
        let server =
            CaldavServer::new(url, auth, Duration::from_secs(1), &NetworkExceptions::default()).unwrap();
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
