//! Taking a lead, and letting it go.

use leptos::prelude::*;
use store::queue::{self, Claimed};

use super::{QueueFilter, clock, place, taken};
use crate::actions::{actor, allowed, lead_to, lead_to_with};
use crate::error::Error;
use crate::flash::Flash;

/// Takes a lead, so that colleagues see that somebody is on it, and leads back to it.
///
/// # Errors
/// When there is no such workflow, or the database fails.
#[server(prefix = "/actions", endpoint = "take-lead")]
pub async fn take_lead(
    /// The lead's id.
    lead: String,
    /// The workflow's name.
    workflow: String,
    /// What the page shows.
    #[server(default)]
    shown: QueueFilter,
) -> Result<(), Error> {
    let request = allowed::<TakeLead>()?;
    let (place, _) = place(&request.store, &lead, &workflow).await?;
    let back = shown.path(Some((place.lead, &workflow)));
    match queue::claim(&request.store, &actor(&request)?, place).await? {
        Claimed::Yours => lead_to(&back),
        Claimed::Taken(other) => lead_to_with(&back, &Flash::new(taken(&other, clock(&request)))),
        Claimed::Gone => lead_to_with(&back, &Flash::new("It does not wait any more.")),
    }
}

/// Lets a lead go that the person works on, and leads back to it.
///
/// # Errors
/// When there is no such workflow, or the database fails.
#[server(prefix = "/actions", endpoint = "release-lead")]
pub async fn release_lead(
    /// The lead's id.
    lead: String,
    /// The workflow's name.
    workflow: String,
    /// What the page shows.
    #[server(default)]
    shown: QueueFilter,
) -> Result<(), Error> {
    let request = allowed::<ReleaseLead>()?;
    let (place, _) = place(&request.store, &lead, &workflow).await?;
    queue::release(&request.store, &actor(&request)?, place).await?;
    lead_to_with(&shown.path(Some((place.lead, &workflow))), &Flash::new("It is free for anybody again."))
}
