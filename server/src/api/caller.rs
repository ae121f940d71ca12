//! The calling program, after the access table has admitted it.

use app::access;
use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::request::Parts;
use engine::decision::Mode;
use engine::ids::ApiKeyId;

use crate::http::{Arrival, Failure, FailureKind, Identity, State};
use service::decide::Receipt;

/// A program with an API key that has permission for the request.
pub(super) struct ApiCaller {
    /// The key's id.
    pub key: ApiKeyId,
    /// `key:` followed by the key's id.
    pub who: String,
    /// When and how the request arrived.
    pub arrival: Arrival,
}

impl ApiCaller {
    /// Returns the receipt for signals in this request.
    pub(super) fn receipt(&self) -> Receipt {
        Receipt {
            received_at: self.arrival.at,
            as_of: self.arrival.at,
            received_from: self.who.clone(),
            request_id: self.arrival.id.to_string(),
            mode: Mode::Live,
        }
    }
}

/// Consults the access table again, so that a route without the admission layer denies every request.
impl FromRequestParts<State> for ApiCaller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Failure> {
        let nobody =
            || Failure::new(FailureKind::Unauthorized, "Send a key as `Authorization: Bearer ml_…`.");
        let identity = parts.extensions.get::<Identity>().ok_or_else(nobody)?;
        let path = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
        access::check(&parts.method, path, &identity.caller, identity.is_local).map_err(|_| nobody())?;
        let key = identity.key.as_ref().ok_or_else(nobody)?;
        let arrival = parts.extensions.get::<Arrival>().cloned().ok_or_else(nobody)?;
        Ok(Self { key: key.id, who: format!("key:{}", key.id), arrival })
    }
}
