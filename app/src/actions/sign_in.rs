//! Signing in.

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use store::actor::ActorId;
use store::people::attempts;
use store::people::secret::PASSWORD_MAX_BYTES;
use store::{Actor, people};

use super::throttle::PasswordAttempt;
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
/// Returns [`Error::Busy`] if too many attempts are in progress, or another error if the database fails.
pub async fn sign_in_as(
    request: &Request,
    connection: &Connection,
    email: &str,
    password: &str,
) -> Result<Result<(), String>> {
    let store = &request.store.access();
    let (now, gate) = (request.now, &connection.gate);
    // Not counted, since nothing is compared: no password is this long.
    if password.len() > PASSWORD_MAX_BYTES {
        log_failure(request, connection, email);
        return Ok(Err(texts().gate_sign_in_wrong()));
    }
    let Some(place) = gate.enter(store, connection.peer, now).await else {
        return Err(Error::Busy { message: texts().gate_sign_in_busy() });
    };
    let attempt = match PasswordAttempt::take(gate, store, email, connection.peer, now).await? {
        Ok(attempt) => attempt,
        Err(left) => return Ok(Err(texts().gate_sign_in_too_many(left.num_minutes() + 1))),
    };
    let Some(person) = people::check_password(store, email, password, place.lane).await? else {
        log_failure(request, connection, email);
        if let Some(until) = attempt.locks_until(now) {
            record_lock(request, email, until);
        }
        return Ok(Err(texts().gate_sign_in_wrong()));
    };
    attempt.succeeded(gate, store, now).await?;
    let actor = Actor {
        who: ActorId::Person(person.id),
        roles: person.roles,
        request_id: request.request_id.clone(),
        now,
        form: None,
    };
    people::record_session(store, &actor, "person.sign_in").await?;
    connection.enter(person.id, now).await?;
    Ok(Ok(()))
}

/// Logs a wrong address or password. The account is a keyed hash, because people type passwords into the wrong field.
pub(super) fn log_failure(request: &Request, connection: &Connection, account: &str) {
    let account = attempts::account_hash(request.store.keyring(), account);
    tracing::warn!(request_id = request.request_id, peer = %connection.peer, account, "a wrong address or password");
}

/// Records in the audit log that an account is locked, after the response: how long that takes reveals which accounts exist.
pub(super) fn record_lock(request: &Request, account: &str, until: DateTime<Utc>) {
    let (store, account) = (request.store.access(), account.to_owned());
    let actor = Actor {
        who: ActorId::Command("sign-in"),
        roles: Vec::new(),
        request_id: request.request_id.clone(),
        now: request.now,
        form: None,
    };
    tokio::spawn(async move {
        if let Err(error) = attempts::record_lock(&store, &actor, &account, until).await {
            tracing::error!(request_id = actor.request_id, %error, "a locked account was not recorded");
        }
    });
}
