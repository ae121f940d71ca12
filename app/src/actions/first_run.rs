//! Creation of the first administrator of a new installation.

use leptos::prelude::*;
use store::actor::ActorId;
use store::{Actor, people};

use super::people::fields;
use super::{LocalPath, allowed, connection, lead_to, lead_to_with};
use crate::error::{Error, Missing, Result};
use crate::flash::Flash;
use crate::texts::texts;

/// Creates the first administrator and signs them in. Works only with the code that the server printed, and only while the
/// installation has no people.
///
/// # Errors
/// Returns [`Error::NotFound`] if the code is wrong or an account already exists, or another error if the database fails.
#[server(prefix = "/actions", endpoint = "first-run")]
pub async fn first_run(
    /// What the server printed.
    code: String,
    /// What the person is called.
    name: String,
    /// The address the person signs in with.
    email: String,
    /// The password.
    password: String,
    /// The same again.
    again: String,
) -> Result<(), Error> {
    let request = allowed::<FirstRun>()?;
    let connection = connection()?;
    let typed = Flash::new(texts().gate_account_not_created()).value("name", &*name).value("email", &*email);
    let back = |flash: &Flash| match LocalPath::parse(&format!("/first-run?code={code}")) {
        Some(page) => lead_to_with(&page, flash),
        None => Err(Error::NotFound { what: Missing::FirstRunCode }),
    };
    let parsed = fields::password(&password, &again, (&name, &email), &request.breached_passwords);
    let problems = parsed.as_ref().err().cloned().unwrap_or_default().into_iter().map(Some);
    let wrong = [fields::name(&name), fields::email(&email)].into_iter().chain(problems);
    let wrong = fields::wrong(typed.clone(), wrong);
    let password = match parsed {
        Ok(password) if wrong.errors.is_empty() => password,
        _ => return back(&wrong),
    };
    let actor = Actor {
        who: ActorId::Command("first run"),
        roles: Vec::new(),
        request_id: request.request_id.clone(),
        now: request.now,
        form: None,
    };
    let made = people::add_first_admin(&request.store, actor, &code, &email, &name, password).await;
    let id = match made {
        Ok(id) => id,
        Err(store::Error::NotFound(_)) => return Err(Error::NotFound { what: Missing::FirstRunCode }),
        Err(store::Error::Refused(why)) => {
            return back(&Flash { message: crate::error::sentence(&why), ..typed });
        }
        Err(error) => return Err(error.into()),
    };
    let actor = Actor {
        who: ActorId::Person(id),
        roles: vec![store::actor::Role::Admin],
        request_id: request.request_id,
        now: request.now,
        form: None,
    };
    people::record_session(&request.store, &actor, "person.sign_in").await?;
    connection.enter(id, request.now).await?;
    lead_to(&LocalPath::next(None))
}
