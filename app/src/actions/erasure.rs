//! Erasing a person.

use engine::ids::LeadId;
use leptos::prelude::*;
use service::erasure;

use super::{REPEATED, actor_once, allowed, back_to, lead_to_with};
use crate::error::{Error, Missing, Result};
use crate::flash::Flash;
use crate::texts::texts;

/// Erases the person behind a lead.
///
/// # Errors
/// Returns an error if the lead does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "erase-lead")]
pub async fn erase_lead(
    /// The lead.
    lead: String,
    /// The lead's name, e-mail address or ID, typed by the administrator.
    #[server(default)]
    confirm: String,
    /// Why.
    #[server(default)]
    reason: String,
    /// Names the form, so that it acts once.
    #[server(default)]
    form: String,
) -> Result<(), Error> {
    let request = allowed::<EraseLead>()?;
    let id: LeadId = lead.parse().map_err(|_| Error::NotFound { what: Missing::Lead })?;
    let back = back_to(None, &format!("/leads/{id}/erase"));
    let stored = store::leads::get(&request.store, id).await?;
    let mut flash = Flash::new(texts().erasure_not_erased()).value("reason", &reason);
    if !erasure::names(&stored, &confirm) {
        flash = flash.error("confirm", texts().erasure_wrong_name());
    }
    if reason.trim().is_empty() {
        flash = flash.error("reason", texts().erasure_reason_missing());
    }
    if !flash.errors.is_empty() {
        return lead_to_with(&back, &flash);
    }
    match erasure::erase(&request.store, &actor_once(&request, &form)?, id, &reason).await {
        Ok(_) => {
            let path = back_to(None, &format!("/leads/{id}"));
            lead_to_with(&path, &Flash::new(texts().erasure_erased()))
        }
        Err(error @ store::Error::Refused(_)) => {
            lead_to_with(&back, &Flash::new(Error::from(error).to_string()))
        }
        Err(store::Error::Repeated) => lead_to_with(&back, &Flash::new(REPEATED)),
        Err(other) => Err(other.into()),
    }
}
