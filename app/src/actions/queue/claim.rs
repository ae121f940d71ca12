//! Claiming a lead and putting it back.

use leptos::prelude::*;
use store::queue::{self, ClaimResult};

use super::{QueueFilter, clock, queue_item, taken};
use crate::actions::{actor, allowed, lead_to, lead_to_with};
use crate::error::Error;
use crate::flash::Flash;
use crate::texts::texts;

/// Claims a lead, so that others see who is working on it, then redirects to it.
///
/// # Errors
/// Returns an error if the workflow does not exist, or if the database fails.
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
    let (place, _) = queue_item(&request.store, &lead, &workflow).await?;
    let back = shown.path(Some((place.lead, &workflow)));
    match queue::claim(&request.store, &actor(&request)?, place).await? {
        ClaimResult::Yours => lead_to(&back),
        ClaimResult::Taken(other) => lead_to_with(&back, &Flash::new(taken(&other, clock(&request)))),
        ClaimResult::Gone => lead_to_with(&back, &Flash::new(texts().queue_gone())),
    }
}

/// Puts back a lead that the viewer has claimed, then redirects to it.
///
/// # Errors
/// Returns an error if the workflow does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "release-lead")]
pub async fn release_lead(
    /// The lead's id.
    lead: String,
    /// The workflow's name.
    workflow: String,
    /// What the page shows.
    #[server(default)]
    shown: QueueFilter,
    /// The browser sends it while the tab closes: there is no page to say anything on.
    #[server(default)]
    left: bool,
) -> Result<(), Error> {
    let request = allowed::<ReleaseLead>()?;
    let (place, _) = queue_item(&request.store, &lead, &workflow).await?;
    queue::release(&request.store, &actor(&request)?, place).await?;
    let back = shown.path(Some((place.lead, &workflow)));
    if left { lead_to(&back) } else { lead_to_with(&back, &Flash::new(texts().queue_back())) }
}
