//! Signing in.

use leptos::prelude::*;
use store::actor::ActorId;
use store::{Actor, people};

use super::{Connection, LocalPath, allowed, connection, lead_to, lead_to_with};
use crate::context::Request;
use crate::error::{Error, Result};
use crate::flash::Flash;
use crate::texts::texts;

/// Signs a person in, then redirects to `next`, a path of this site.
///
/// # Errors
/// Returns an error if the database fails.
#[server(prefix = "/actions", endpoint = "sign-in")]
pub async fn sign_in(
    /// The person's address.
    email: String,
    /// The person's password.
    password: String,
    /// Where to go then.
    #[server(default)]
    next: Option<String>,
) -> Result<(), Error> {
    let request = allowed::<SignIn>()?;
    let connection = connection()?;
    let next = LocalPath::next(next.as_deref());
    match sign_in_as(&request, &connection, &email, &password).await? {
        Ok(()) => lead_to(&next),
        Err(message) => {
            lead_to_with(&LocalPath::sign_in(&next), &Flash::new(message).value("email", &*email))
        }
    }
}

/// Signs a person in on a connection. Returns the message for a wrong address or password, or for too many attempts.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn sign_in_as(
    request: &Request,
    connection: &Connection,
    email: &str,
    password: &str,
) -> Result<Result<(), String>> {
    // Counted before the check, so that concurrent attempts cannot all pass the limit.
    if let Some(left) = connection.throttles.passwords.take(email, connection.peer, request.now) {
        return Ok(Err(texts().gate_sign_in_too_many(left.num_minutes() + 1)));
    }
    let Some(person) = people::check_password(&request.store, email, password).await? else {
        tracing::info!(request_id = request.request_id, "a wrong address or password");
        return Ok(Err(texts().gate_sign_in_wrong()));
    };
    connection.throttles.passwords.forget(email, connection.peer);
    let actor = Actor {
        who: ActorId::Person(person.id),
        roles: person.roles,
        request_id: request.request_id.clone(),
        now: request.now,
        form: None,
    };
    people::record_session(&request.store, &actor, "person.sign_in").await?;
    connection.enter(person.id, request.now).await?;
    Ok(Ok(()))
}
