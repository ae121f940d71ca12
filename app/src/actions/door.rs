//! What actions know of the browser's connection, beside [`crate::context::Request`].

use std::net::IpAddr;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use engine::ids::PersonId;
use store::people::sessions::PERSON;
use tower_sessions::Session;
use tower_sessions::session::Error as SessionError;

use super::throttle::Throttle;

/// The member of a session's data that tells when it was last prolonged, in seconds since 1970.
const SEEN: &str = "seen_at";
/// Seconds of use after which a session is prolonged: often enough, without a write for every page.
const PROLONG_AFTER_S: i64 = 300;

/// The browser's connection. Provided as a Leptos context by the server, to actions only.
#[derive(Clone)]
pub struct Door {
    /// The browser's session.
    pub session: Session,
    /// Where the request comes from.
    pub peer: IpAddr,
    /// Counts wrong passwords.
    pub throttle: Arc<Throttle>,
    /// Whether cookies are sent over HTTPS only.
    pub secure_cookies: bool,
}

/// Makes a session that of a person. It gets a new id: whoever knew the old one has nothing of it.
///
/// # Errors
/// When the database fails.
pub async fn enter(session: &Session, person: PersonId, now: DateTime<Utc>) -> Result<(), SessionError> {
    session.clear().await;
    session.cycle_id().await?;
    session.insert(PERSON, person).await?;
    session.insert(SEEN, now.timestamp()).await
}

/// Who a session belongs to, if anybody. A session in use is prolonged now and then.
///
/// # Errors
/// When the database fails.
pub async fn who(session: &Session, now: DateTime<Utc>) -> Result<Option<PersonId>, SessionError> {
    let Some(person) = session.get::<PersonId>(PERSON).await? else { return Ok(None) };
    let seen = session.get::<i64>(SEEN).await?.unwrap_or_default();
    if now.timestamp() - seen >= PROLONG_AFTER_S {
        session.insert(SEEN, now.timestamp()).await?;
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
