//! Errors of pages and actions, worded for the person who sees them.

use http::request::Parts;
use http::{HeaderValue, StatusCode, header};
use leptos::prelude::{FromServerFnError, ServerFnErrorErr, use_context};
use leptos::server_fn::codec::JsonEncoding;
use leptos_axum::ResponseOptions;
use serde::{Deserialize, Serialize};
use service::figures::FiguresError;

use crate::access::AccessDenied;
pub use crate::missing::Missing;
use crate::texts::texts;

/// The header that carries the request id. The server sets it on every request and response and overwrites any client value.
pub const REQUEST_ID: &str = "x-request-id";

/// Seconds after which to retry what is unavailable at the moment.
pub const RETRY_AFTER_S: u32 = 5;

/// The result of pages and actions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The reason a page cannot be shown or an action failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "error", rename_all = "snake_case")]
pub enum Error {
    /// The request has no signed-in person.
    #[error("{}", texts().error_signed_out())]
    SignedOut,
    /// The person's roles do not allow it.
    #[error("{}", texts().error_forbidden())]
    Forbidden,
    /// The requested item does not exist.
    #[error("{}", what.message())]
    NotFound {
        /// The item that is missing.
        what: Missing,
    },
    /// The input is invalid.
    #[error("{message}")]
    Invalid {
        /// The problem with the input.
        message: String,
    },
    /// Another request changed the data first.
    #[error("{message}")]
    Conflict {
        /// The conflicting change.
        message: String,
    },
    /// Too many such requests are in progress.
    #[error("{message}")]
    Busy {
        /// What to do about it.
        message: String,
    },
    /// The database does not answer, or is overloaded.
    #[error("{}", texts().error_unavailable())]
    Unavailable,
    /// The server is reading and comparing other drafts.
    #[error("{}", texts().error_overloaded())]
    Overloaded,
    /// An internal error.
    #[error("{}", texts().error_internal())]
    Internal,
}

impl Error {
    /// Returns the matching HTTP status.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::SignedOut => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound { .. } => StatusCode::NOT_FOUND,
            Self::Invalid { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Conflict { .. } => StatusCode::CONFLICT,
            Self::Busy { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable | Self::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Sets the response's status and when to retry, which Leptos would otherwise leave at 200 for pages and 500 for actions.
    pub fn set_status(&self) {
        if let Some(response) = use_context::<ResponseOptions>() {
            response.set_status(self.status());
            if self.status() == StatusCode::SERVICE_UNAVAILABLE {
                response.insert_header(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_S));
            }
        }
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::NotFound(what) => Self::NotFound { what: Missing::named(what) },
            store::Error::Stale { .. } | store::Error::Duplicate(_) | store::Error::Repeated => {
                Self::Conflict { message: sentence(&error.to_string()) }
            }
            store::Error::Refused(why) => Self::Invalid { message: sentence(&why) },
            store::Error::Erased => Self::Invalid { message: sentence(&error.to_string()) },
            // Callers that can retry have done so by now.
            store::Error::Unavailable(_) | store::Error::Raced | store::Error::Suspended(_) => {
                tracing::warn!(request_id = request_id(), %error, "the database is not available");
                Self::Unavailable
            }
            store::Error::Corrupt(_)
            | store::Error::Key(_)
            | store::Error::Schema(_)
            | store::Error::Db(_) => {
                tracing::error!(request_id = request_id(), %error, "a page or an action failed");
                Self::Internal
            }
        }
    }
}

impl From<FiguresError> for Error {
    fn from(error: FiguresError) -> Self {
        match error {
            FiguresError::Busy => Self::Unavailable,
            FiguresError::Failed => Self::Internal,
        }
    }
}

impl From<service::Error> for Error {
    fn from(error: service::Error) -> Self {
        match error {
            service::Error::Store(error) => error.into(),
            service::Error::Invalid(_) | service::Error::InvalidFile { .. } => {
                Self::Invalid { message: sentence(&error.to_string()) }
            }
            service::Error::Busy => Self::Overloaded,
            service::Error::File { .. } | service::Error::Unreadable(_) | service::Error::Interrupted => {
                tracing::error!(request_id = request_id(), %error, "a page or an action failed");
                Self::Internal
            }
        }
    }
}

impl From<AccessDenied> for Error {
    fn from(denied: AccessDenied) -> Self {
        match denied {
            AccessDenied::SignedOut => Self::SignedOut,
            AccessDenied::Forbidden | AccessDenied::Unlisted => Self::Forbidden,
        }
    }
}

impl FromServerFnError for Error {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(message) | ServerFnErrorErr::Deserialization(message) => {
                Self::Invalid { message }
            }
            ServerFnErrorErr::MissingArg(name) => {
                Self::Invalid { message: texts().error_field_missing(name) }
            }
            other => {
                tracing::error!(request_id = request_id(), error = %other, "an action could not be run");
                Self::Internal
            }
        }
    }
}

/// Returns the id that the server gave the request, see [`REQUEST_ID`].
fn request_id() -> Option<String> {
    use_context::<Parts>()?.headers.get(REQUEST_ID)?.to_str().ok().map(str::to_owned)
}

/// Turns an error message of the store into a sentence.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}
