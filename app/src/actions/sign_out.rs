//! Signing out.

use leptos::prelude::*;
use store::people;

use super::{LocalPath, allowed, connection, lead_to_with};
use crate::error::{Error, Result};
use crate::flash::Flash;
use crate::texts::texts;

/// Ends the browser's session.
///
/// # Errors
/// Returns an error if the database fails.
#[server(prefix = "/actions", endpoint = "sign-out")]
pub async fn sign_out() -> Result<(), Error> {
    let request = allowed::<SignOut>()?;
    super::connection::leave(&connection()?.session).await.map_err(|_| Error::Unavailable)?;
    if let Some(actor) = request.actor() {
        // Without this, others would wait ten minutes for the claims of a person who has left.
        store::queue::release_all(&request.store, &actor).await?;
        people::record_session(&request.store, &actor, "person.sign_out").await?;
    }
    lead_to_with(&LocalPath::sign_in(&LocalPath::next(None)), &Flash::new(texts().gate_signed_out()))
}
