//! Setting a password with a one-time link.

use leptos::prelude::*;
use store::people;

use super::people::fields;
use super::{LocalPath, allowed, lead_to_with};
use crate::error::{Error, Result};
use crate::flash::Flash;
use crate::texts::texts;

/// Sets the password of the person a link belongs to and consumes the link.
///
/// # Errors
/// Returns an error if the database fails.
#[server(prefix = "/actions", endpoint = "set-password")]
pub async fn set_password(
    /// The link's token.
    token: String,
    /// The new password.
    password: String,
    /// The same again.
    again: String,
) -> Result<(), Error> {
    let request = allowed::<SetPassword>()?;
    let sign_in = LocalPath::sign_in(&LocalPath::next(None));
    let Some(page) = LocalPath::parse(&format!("/setup/{token}")) else {
        return lead_to_with(&sign_in, &Flash::new(texts().gate_link_expired()));
    };
    let owner = people::person_of_setup_link(&request.store, &token, request.now).await?;
    let Some(owner) = owner else {
        return lead_to_with(&sign_in, &Flash::new(texts().gate_link_expired()));
    };
    let person = (&*owner.name, &*owner.email);
    let password = match fields::password(&password, &again, person, &request.breached_passwords) {
        Ok(password) => password,
        Err(problems) => {
            let flash = Flash::new(texts().gate_password_not_set());
            return lead_to_with(&page, &fields::wrong(flash, problems.into_iter().map(Some)));
        }
    };
    match people::use_setup_link(&request.store, &request.request_id, request.now, &token, password).await {
        Ok(_) => lead_to_with(&sign_in, &Flash::new(texts().gate_password_set())),
        Err(store::Error::NotFound(_)) => lead_to_with(&sign_in, &Flash::new(texts().gate_link_expired())),
        Err(error) => Err(error.into()),
    }
}
