//! Password reset by e-mail.

use std::sync::Arc;

use leptos::prelude::*;
use store::actor::Who;
use store::{Actor, people};

use service::letters::{Letter, Post};

use super::{LocalPath, allowed, connection, lead_to_with};
use crate::context::Request;
use crate::error::{Error, Result};
use crate::flash::Flash;

/// The same message for every address, so that the form does not reveal which accounts exist.
const SAID: &str =
    "If an account with this address exists, a link is on its way. It works once, within an hour.";

/// E-mails a link to set a new password to the person with this address, if there is one. The response has the same text and
/// timing for every address, because the work happens after it is sent.
///
/// # Errors
/// Returns an error if no mail server is configured.
#[server(prefix = "/actions", endpoint = "forgot-password")]
pub async fn forgot_password(
    /// The address.
    email: String,
) -> Result<(), Error> {
    let request = allowed::<ForgotPassword>()?;
    let connection = connection()?;
    // The link never uses the browser's `Host` header: an attacker could point the link anywhere.
    let (Some(post), Some(origin)) = (request.post.clone(), request.public_url.clone()) else {
        return Err(Error::Invalid { message: "No mail server is configured. Ask an administrator.".into() });
    };
    if connection.throttles.may_link(&email, connection.peer, request.now) {
        tokio::spawn(send(request, post, origin, email));
    } else {
        tracing::info!(request_id = request.request_id, "too many links were asked for");
    }
    lead_to_with(&LocalPath::sign_in(&LocalPath::next(None)), &Flash::new(SAID))
}

async fn send(request: Request, post: Arc<dyn Post>, origin: Arc<str>, email: String) {
    let request_id = request.request_id.clone();
    match try_send(&request, &*post, &origin, &email).await {
        Ok(()) => {}
        Err(why) => tracing::error!(request_id, why, "a link for a new password was not sent"),
    }
}

async fn try_send(request: &Request, post: &dyn Post, origin: &str, email: &str) -> Result<(), String> {
    let told = |error: store::Error| error.to_string();
    let found = people::by_email(&request.store, email).await.map_err(told)?;
    let Some(person) = found.filter(|person| !person.is_disabled) else { return Ok(()) };
    let actor = Actor {
        who: Who::Command("forgotten password"),
        roles: Vec::new(),
        request_id: request.request_id.clone(),
        now: request.now,
        form: None,
    };
    let token = people::make_reset_link(&request.store, &actor, person.id).await.map_err(told)?;
    let text = format!(
        "Hello {},\n\na new password was requested for your account at {origin}. Set it with this link, which works once, \
         within an hour:\n\n{origin}/setup/{token}\n\nIf it was not you, do nothing: your password stays as it is.\n",
        person.name
    );
    let letter =
        Letter { to: person.email, name: person.name, subject: "A new password for Meshline".into(), text };
    post.send(letter).await
}
