//! What actions know of the browser's connection, beside [`crate::context::Request`].

use std::net::IpAddr;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use engine::ids::PersonId;
use store::people::sessions::Session as Kept;
use tower_sessions::Session;
use tower_sessions::session::Error as SessionError;

use super::throttle::Throttles;
use crate::error::{Error, Result};

/// The one member of a session's data: a [`Kept`].
pub const SESSION_KEY: &str = "kept";
/// Seconds of use after which a session is prolonged: often enough, without a write for every page.
const PROLONG_AFTER_S: i64 = 300;
/// Characters that are kept of what a browser calls itself.
const AGENT_CHARS: usize = 300;

/// The browser's connection. Provided as a Leptos context by the server, to actions only.
#[derive(Clone)]
pub struct Connection {
    /// The browser's session.
    pub session: Session,
    /// Where the request comes from.
    pub peer: IpAddr,
    /// What the browser calls itself.
    pub agent: String,
    /// Counts what anybody can try.
    pub throttles: Arc<Throttles>,
    /// Whether cookies are sent over HTTPS only.
    pub secure_cookies: bool,
}

impl Connection {
    /// Makes the browser's session that of a person. It gets a new id: whoever knew the old one has nothing of it.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database fails.
    pub async fn enter(&self, person: PersonId, now: DateTime<Utc>) -> Result<()> {
        let kept = Kept {
            person,
            address: self.peer.to_string(),
            agent: self.agent.chars().filter(|c| !c.is_control()).take(AGENT_CHARS).collect(),
            signed_in_at: now,
            seen_at: now,
        };
        self.session.clear().await;
        let entered = async {
            self.session.cycle_id().await?;
            self.session.insert(SESSION_KEY, kept).await
        };
        entered.await.map_err(|_| Error::Unavailable)
    }
}

/// Who a session belongs to, if anybody. A session in use is prolonged now and then.
///
/// # Errors
/// When the database fails.
pub async fn who(session: &Session, now: DateTime<Utc>) -> Result<Option<PersonId>, SessionError> {
    let Some(mut kept) = session.get::<Kept>(SESSION_KEY).await? else { return Ok(None) };
    let person = kept.person;
    if (now - kept.seen_at).num_seconds() >= PROLONG_AFTER_S {
        kept.seen_at = now;
        session.insert(SESSION_KEY, kept).await?;
    }
    Ok(Some(person))
}

/// Ends a session.
///
/// # Errors
/// When the database fails.
pub async fn leave(session: &Session) -> Result<(), SessionError> {
    session.flush().await
}
