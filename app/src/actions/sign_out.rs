//! Signing out.

use leptos::prelude::*;
use store::people;

use super::{LocalPath, allowed, door, lead_to_with};
use crate::error::{Error, Result};
use crate::flash::Flash;

/// Ends the browser's session.
///
/// # Errors
/// When the database fails.
#[server(prefix = "/actions", endpoint = "sign-out")]
pub async fn sign_out() -> Result<(), Error> {
    let request = allowed::<SignOut>()?;
    super::door::leave(&door()?.session).await.map_err(|_| Error::Unavailable)?;
    if let Some(actor) = request.actor() {
        people::record_session(&request.store, &actor, "person.sign_out").await?;
    }
    lead_to_with(&LocalPath::sign_in(&LocalPath::next(None)), &Flash::new("You are signed out."))
}
