//! The program that calls, once the table of who may call what has let it in.

use app::access;
use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::request::Parts;
use engine::decision::Mode;

use crate::http::{Arrival, Failure, Identity, Kind, State};
use service::decide::Receipt;

/// A program with a key that may do what it asks for.
pub(super) struct Program {
    /// `key:` and the key's id.
    pub who: String,
    /// The request.
    pub arrival: Arrival,
}

impl Program {
    /// The receipt of what it brings.
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

/// The handler's own question to the table: without the layer that finds out who calls, nobody is let in.
impl FromRequestParts<State> for Program {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Failure> {
        let nobody = || Failure::new(Kind::Unauthorized, "Send a key as `Authorization: Bearer ml_…`.");
        let identity = parts.extensions.get::<Identity>().ok_or_else(nobody)?;
        let path = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
        access::check(&parts.method, path, &identity.caller, identity.is_local).map_err(|_| nobody())?;
        let key = identity.key.as_ref().ok_or_else(nobody)?;
        let arrival = parts.extensions.get::<Arrival>().cloned().ok_or_else(nobody)?;
        Ok(Self { who: format!("key:{}", key.id), arrival })
    }
}
