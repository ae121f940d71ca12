//! Formats every error in one place: as a problem document (RFC 9457) for programs, and as a page for people.

use std::borrow::Borrow;

use app::error::Error as AppError;
pub(super) use app::error::RETRY_AFTER_S;
use axum::Json;
use axum::extract::{Request, State as FromState};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use super::plain_page::{PlainPage, escape};
use super::{Arrival, State};

/// The kinds of failure, each with its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::VariantArray)]
pub enum FailureKind {
    /// The request cannot be parsed.
    Malformed,
    /// The caller is not identified.
    Unauthorized,
    /// The caller does not have permission.
    Forbidden,
    /// The requested resource does not exist.
    NotFound,
    /// The resource exists, but not with this method.
    MethodNotAllowed,
    /// The response is not available in an accepted format.
    NotAcceptable,
    /// Another person or request has changed the resource in the meantime.
    Conflict,
    /// The body arrives too slowly.
    TooSlow,
    /// The body is too large.
    TooLarge,
    /// The body has an unsupported format.
    UnsupportedMediaType,
    /// The request can be parsed, but is invalid.
    Invalid,
    /// The idempotency key was used for another body.
    KeyReused,
    /// No workflow, or more than one, accepts such an event.
    NoRoute,
    /// The workflow does not exist.
    UnknownWorkflow,
    /// The workflow is not live.
    NotLive,
    /// The subject matches no lead, or more than one.
    UnknownLead,
    /// The person was erased.
    Erased,
    /// Too many such requests are in progress.
    TooManyRequests,
    /// The server failed.
    Internal,
    /// The request cannot be served at the moment.
    Unavailable,
}

impl FailureKind {
    /// Returns the status, the suffix of the problem type (none if the status is specific enough) and the title.
    fn parts(self) -> (StatusCode, Option<&'static str>, &'static str) {
        match self {
            Self::Malformed => (StatusCode::BAD_REQUEST, None, "Bad Request"),
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, None, "Unauthorized"),
            Self::Forbidden => (StatusCode::FORBIDDEN, None, "Forbidden"),
            Self::NotFound => (StatusCode::NOT_FOUND, None, "Not Found"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, None, "Method Not Allowed"),
            Self::NotAcceptable => (StatusCode::NOT_ACCEPTABLE, None, "Not Acceptable"),
            Self::Conflict => (StatusCode::CONFLICT, None, "Conflict"),
            Self::TooSlow => (StatusCode::REQUEST_TIMEOUT, None, "Request Timeout"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, None, "Payload Too Large"),
            Self::UnsupportedMediaType => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, None, "Unsupported Media Type")
            }
            Self::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, Some("invalid"), "The request is not valid"),
            Self::KeyReused => {
                (StatusCode::UNPROCESSABLE_ENTITY, Some("key-reused"), "The idempotency key was used before")
            }
            Self::NoRoute => (
                StatusCode::UNPROCESSABLE_ENTITY,
                Some("no-route"),
                "It is not clear which workflow takes the event",
            ),
            Self::UnknownWorkflow => {
                (StatusCode::UNPROCESSABLE_ENTITY, Some("unknown-workflow"), "There is no such workflow")
            }
            Self::NotLive => (StatusCode::UNPROCESSABLE_ENTITY, Some("not-live"), "The workflow is not live"),
            Self::UnknownLead => {
                (StatusCode::UNPROCESSABLE_ENTITY, Some("unknown-lead"), "There is no such lead")
            }
            Self::Erased => (StatusCode::UNPROCESSABLE_ENTITY, Some("erased"), "The person was erased"),
            Self::TooManyRequests => (StatusCode::TOO_MANY_REQUESTS, None, "Too Many Requests"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, None, "Internal Server Error"),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, None, "Service Unavailable"),
        }
    }

    /// Returns the HTTP status.
    pub fn status(self) -> StatusCode {
        self.parts().0
    }
}

/// A place in the request and what is wrong there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Spot")]
pub struct ProblemLocation {
    /// JSON pointer into the body, or the name of a parameter or header.
    pub pointer: String,
    /// What is wrong there.
    pub detail: String,
}

/// A problem document (RFC 9457).
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Problem {
    /// What kind of problem it is: a URN, or `about:blank` where the status says it all.
    #[schemars(extend("format" = "uri-reference"))]
    pub r#type: String,
    /// The kind, in words.
    pub title: &'static str,
    /// The HTTP status.
    #[schemars(range(min = 400, max = 599))]
    pub status: u16,
    /// What happened this time.
    pub detail: String,
    /// The request, by its id.
    #[schemars(extend("format" = "uri-reference"))]
    pub instance: String,
    /// Where in the request, as far as it can be told.
    pub errors: Vec<ProblemLocation>,
}

/// Why a request failed.
#[derive(Clone, Debug)]
pub struct Failure {
    kind: FailureKind,
    detail: String,
    errors: Vec<ProblemLocation>,
    headers: Vec<(header::HeaderName, HeaderValue)>,
}

impl Failure {
    /// Creates a failure of a kind, with a sentence about this occurrence.
    pub fn new(kind: FailureKind, detail: impl Into<String>) -> Self {
        let mut failure = Self { kind, detail: detail.into(), errors: Vec::new(), headers: Vec::new() };
        match kind {
            FailureKind::Unavailable | FailureKind::TooManyRequests => {
                failure.headers.push((header::RETRY_AFTER, RETRY_AFTER_S.into()))
            }
            FailureKind::Unauthorized => {
                failure.headers.push((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")))
            }
            _ => {}
        }
        failure
    }

    /// Adds a position in the request and the problem there.
    pub fn at(mut self, pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        self.errors.push(ProblemLocation { pointer: pointer.into(), detail: detail.into() });
        self
    }

    /// Sets a response header.
    pub fn header(mut self, name: header::HeaderName, value: HeaderValue) -> Self {
        self.headers.retain(|(other, _)| *other != name);
        self.headers.push((name, value));
        self
    }

    /// Returns the HTTP status.
    pub fn status(&self) -> StatusCode {
        self.kind.status()
    }

    /// Creates a failure for an unexpected error. Logs the cause and hides it from the caller.
    pub fn internal(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(error = %cause, "a request failed");
        Self::new(FailureKind::Internal, "Something went wrong on our side. The request id tells us what.")
    }

    /// Creates a failure for a body with several problems.
    pub fn invalid(problems: Vec<engine::problem::Problem>) -> Self {
        problems.into_iter().fold(
            Self::new(FailureKind::Invalid, "Some parts of the request are not valid."),
            |failure, problem| failure.at(problem.pointer, problem.message),
        )
    }

    /// Returns the problem document.
    pub fn problem(&self, request_id: &str) -> Problem {
        let (status, tail, title) = self.kind.parts();
        Problem {
            r#type: tail
                .map_or_else(|| "about:blank".to_owned(), |tail| format!("urn:meshline:problem:{tail}")),
            title,
            status: status.as_u16(),
            detail: self.detail.clone(),
            instance: format!("urn:uuid:{request_id}"),
            errors: self.errors.clone(),
        }
    }

    fn page(&self, request_id: &str, look: &PlainPage) -> String {
        let way_on = match self.kind {
            FailureKind::Unauthorized => "<a class=\"btn primary\" href=\"/sign-in\">Sign in</a>",
            _ => "<a class=\"btn primary\" href=\"/\">Go to home</a>",
        };
        let body = format!(
            "<p>{}</p>{way_on}<p class=\"meta\">Quote this ID to support: <code>{}</code></p>",
            escape(&self.detail),
            escape(request_id),
        );
        look.page(self.heading(), &body)
    }

    /// Returns the heading of the error page.
    fn heading(&self) -> &'static str {
        match self.kind {
            FailureKind::Unauthorized => "You are signed out",
            FailureKind::Forbidden => "You don\u{2019}t have access",
            FailureKind::NotFound => "Not found",
            FailureKind::Conflict => "Changed in the meantime",
            FailureKind::TooLarge => "Too large",
            FailureKind::Unavailable | FailureKind::TooManyRequests => "Try again in a minute",
            FailureKind::Internal => "Something went wrong",
            _ => "Invalid request",
        }
    }
}

/// Attaches the failure to the response, for the outer layer that formats it and has access to the request.
impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.kind.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        Self::from(&error)
    }
}

impl From<&store::Error> for Failure {
    fn from(error: &store::Error) -> Self {
        match error {
            store::Error::NotFound(what) => {
                Self::new(FailureKind::NotFound, format!("There is no such {what}."))
            }
            store::Error::Erased => Self::new(FailureKind::Erased, "The person was erased."),
            store::Error::Unavailable(_) if error.is_timeout() => {
                tracing::warn!(%error, "a statement took too long");
                Self::new(
                    FailureKind::Unavailable,
                    "The database is too busy at the moment. Nothing was changed.",
                )
            }
            store::Error::Unavailable(_) | store::Error::Raced => {
                tracing::warn!(%error, "the database is not available");
                Self::new(
                    FailureKind::Unavailable,
                    "The database does not answer at the moment. Nothing was changed.",
                )
            }
            store::Error::Suspended(suspension) => {
                tracing::warn!(reason = %suspension, "a request was refused");
                Self::new(FailureKind::Unavailable, format!("Nothing was changed. {suspension}"))
            }
            other if other.is_transient() => {
                tracing::warn!(error = %other, "the database is too busy");
                Self::new(
                    FailureKind::Unavailable,
                    "The database is too busy at the moment. Nothing was changed.",
                )
            }
            other => Self::internal(other),
        }
    }
}

impl Failure {
    /// Converts an error of a write. Nothing is looked up by a name from the caller, so a missing row is an internal error.
    pub fn while_writing(error: impl Borrow<store::Error>) -> Self {
        match error.borrow() {
            error @ store::Error::NotFound(_) => Self::internal(error),
            other => other.into(),
        }
    }
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        let kind = match &error {
            AppError::SignedOut => FailureKind::Unauthorized,
            AppError::Forbidden => FailureKind::Forbidden,
            AppError::NotFound { .. } => FailureKind::NotFound,
            AppError::Invalid { .. } => FailureKind::Invalid,
            AppError::Conflict { .. } => FailureKind::Conflict,
            AppError::Busy { .. } => FailureKind::TooManyRequests,
            AppError::Unavailable | AppError::Overloaded => FailureKind::Unavailable,
            AppError::Internal => FailureKind::Internal,
        };
        Self::new(kind, error.to_string())
    }
}

impl From<tower_sessions::session::Error> for Failure {
    fn from(error: tower_sessions::session::Error) -> Self {
        tracing::warn!(%error, "a session could not be read");
        Self::new(
            FailureKind::Unavailable,
            "The database does not answer at the moment. Nothing was changed.",
        )
    }
}

/// Formats failures with the request's id, as a problem document or a page depending on the caller.
pub(crate) async fn format_failures(
    FromState(state): FromState<State>,
    request: Request,
    next: Next,
) -> Response {
    let arrival = request.extensions().get::<Arrival>().map(|arrival| arrival.id.clone()).unwrap_or_default();
    // Our own scripts read the problem document where a person would get a page.
    let is_script = request.headers().get(header::ACCEPT).is_some_and(|accept| accept == "application/json");
    let to_program = is_script || is_program(request.uri().path());
    let look = PlainPage::of(&state, request.headers());
    let mut response = next.run(request).await;
    let failure = match response.extensions_mut().remove::<Failure>() {
        Some(failure) => failure,
        None if is_bare(&response) => bare(response.status()),
        None => return response,
    };
    let mut told = if to_program {
        let mut told = Json(failure.problem(&arrival)).into_response();
        told.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        told
    } else {
        Html(failure.page(&arrival, &look)).into_response()
    };
    *told.status_mut() = failure.kind.status();
    // Keeps headers that inner layers have set, cookies above all.
    for (name, value) in response.headers() {
        if *name != header::CONTENT_LENGTH && *name != header::CONTENT_TYPE {
            told.headers_mut().append(name, value.clone());
        }
    }
    told.headers_mut().extend(failure.headers);
    told
}

/// Returns whether a path is for programs. On other paths, people get a page.
pub(crate) fn is_program(path: &str) -> bool {
    ["/api", "/pkg", "/healthz", "/readyz", "/metrics"]
        .iter()
        .any(|prefix| path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// Returns whether a library produced the error, with a status and nothing else.
fn is_bare(response: &Response) -> bool {
    let status = response.status();
    (status.is_client_error() || status.is_server_error())
        && !response.headers().contains_key(header::CONTENT_TYPE)
}

fn bare(status: StatusCode) -> Failure {
    match status {
        StatusCode::NOT_FOUND => Failure::new(FailureKind::NotFound, "There is nothing at this address."),
        StatusCode::METHOD_NOT_ALLOWED => {
            Failure::new(FailureKind::MethodNotAllowed, "This address does not support this method.")
        }
        status if status.is_client_error() => {
            Failure::new(FailureKind::Malformed, "The request cannot be read.")
        }
        status => Failure::internal(&format!("a library answered {status}")),
    }
}

#[cfg(test)]
mod tests {
    use strum::VariantArray as _;

    use super::*;

    #[test]
    fn a_problem_names_kind_request_and_places() {
        let failure = Failure::new(FailureKind::KeyReused, "Used before.")
            .at("Idempotency-Key", "Already used with a different body.");
        let problem = serde_json::to_value(failure.problem("0199")).unwrap();
        let expected = serde_json::json!({
            "type": "urn:meshline:problem:key-reused", "title": "The idempotency key was used before", "status": 422,
            "detail": "Used before.", "instance": "urn:uuid:0199",
            "errors": [{ "pointer": "Idempotency-Key", "detail": "Already used with a different body." }],
        });
        assert_eq!(problem, expected);
    }

    #[test]
    fn a_type_is_left_blank_only_where_the_title_is_the_status() {
        for kind in FailureKind::VARIANTS {
            let (status, tail, title) = kind.parts();
            assert_eq!(tail.is_none(), status.canonical_reason() == Some(title), "{kind:?}");
        }
    }

    #[test]
    fn a_page_escapes_what_it_says() {
        let page = Failure::new(FailureKind::NotFound, "<script>&\"").page("id", &PlainPage::default());
        assert!(page.contains("<p>&lt;script&gt;&amp;&quot;</p>"));
        assert!(page.contains("<code>id</code>"));
    }
}
