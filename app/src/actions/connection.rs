//! The browser's connection, which actions need in addition to [`crate::context::Request`].

use std::net::IpAddr;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use engine::ids::PersonId;
use store::people::sessions::Session as Kept;
use tower_sessions::Session;
use tower_sessions::session::Error as SessionError;

use super::throttle::SignInGate;
use crate::error::{Error, Result};

/// The only key of a session's data; its value is a [`Kept`].
pub const SESSION_KEY: &str = "kept";
/// Seconds after which a session in use is extended. Extending it on every request would cost a write per page.
const PROLONG_AFTER_S: i64 = 300;
/// Characters of the user agent that are stored.
const AGENT_CHARS: usize = 300;

/// The browser's connection. The server provides it as a Leptos context, to actions only.
#[derive(Clone)]
pub struct Connection {
    /// The browser's session.
    pub session: Session,
    /// The address of the client.
    pub peer: IpAddr,
    /// The user agent of the browser.
    pub agent: String,
    /// Limits how many attempts to sign in are in progress.
    pub gate: Arc<SignInGate>,
    /// Whether cookies are restricted to HTTPS.
    pub secure_cookies: bool,
}

impl Connection {
    /// Signs a person in on this session. The session gets a new id, so an id leaked earlier is worthless (session fixation).
    ///
    /// # Errors
    /// Returns [`Error::Unavailable`] if the database fails.
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

/// Returns the person a session belongs to, if any. Extends sessions from time to time if `is_in_use`.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn who(
    session: &Session,
    now: DateTime<Utc>,
    is_in_use: bool,
) -> Result<Option<PersonId>, SessionError> {
    let Some(mut kept) = session.get::<Kept>(SESSION_KEY).await? else { return Ok(None) };
    let person = kept.person;
    if is_in_use && (now - kept.seen_at).num_seconds() >= PROLONG_AFTER_S {
        kept.seen_at = now;
        session.insert(SESSION_KEY, kept).await?;
    }
    Ok(Some(person))
}

/// Ends a session.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn leave(session: &Session) -> Result<(), SessionError> {
    session.flush().await
}
