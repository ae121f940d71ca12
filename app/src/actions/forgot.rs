//! Password reset by e-mail.

use std::sync::Arc;

use leptos::prelude::*;
use store::actor::ActorId;
use store::{Actor, people};

use service::mail::{Email, EmailSender};

use super::{LocalPath, allowed, connection, lead_to_with, throttle};
use crate::context::Request;
use crate::error::{Error, Result};
use crate::flash::Flash;
use crate::texts::texts;

/// E-mails a link to set a new password to the person with this address, if there is one. The response has the same text and
/// timing for every address, because the work happens after it is sent.
///
/// # Errors
/// Returns an error if no mail server is configured or the database fails.
#[server(prefix = "/actions", endpoint = "forgot-password")]
pub async fn forgot_password(
    /// The address.
    email: String,
) -> Result<(), Error> {
    let request = allowed::<ForgotPassword>()?;
    let connection = connection()?;
    // The link never uses the browser's `Host` header: an attacker could point the link anywhere.
    let (Some(post), Some(origin)) = (request.post.clone(), request.public_url.clone()) else {
        return Err(Error::Invalid { message: texts().gate_reset_no_mail() });
    };
    if throttle::may_link(&request.store, &email, connection.peer, request.now).await? {
        tokio::spawn(send(request, post, origin, email));
    } else {
        tracing::info!(request_id = request.request_id, "too many links were asked for");
    }
    // The same message for every address, so that the form does not reveal which accounts exist.
    lead_to_with(&LocalPath::sign_in(&LocalPath::next(None)), &Flash::new(texts().gate_reset_sent()))
}

async fn send(request: Request, post: Arc<dyn EmailSender>, origin: Arc<str>, email: String) {
    let request_id = request.request_id.clone();
    match try_send(&request, &*post, &origin, &email).await {
        Ok(()) => {}
        Err(why) => tracing::error!(request_id, why, "a link for a new password was not sent"),
    }
}

async fn try_send(
    request: &Request,
    post: &dyn EmailSender,
    origin: &str,
    email: &str,
) -> Result<(), String> {
    let told = |error: store::Error| error.to_string();
    let found = people::by_email(&request.store, email).await.map_err(told)?;
    let Some(person) = found.filter(|person| !person.is_disabled) else { return Ok(()) };
    let actor = Actor {
        who: ActorId::Command("forgotten password"),
        roles: Vec::new(),
        request_id: request.request_id.clone(),
        now: request.now,
        form: None,
    };
    let token = people::make_reset_link(&request.store, &actor, person.id).await.map_err(told)?;
    let link = format!("{origin}/setup/{token}");
    let letter = Email {
        to: person.email,
        text: texts().mail_reset_text(&person.name, origin, &link),
        name: person.name,
        subject: texts().mail_reset_subject(),
    };
    post.send(letter).await
}
