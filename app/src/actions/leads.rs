//! Actions on a lead's page.

use engine::decision::Trigger;
use leptos::prelude::*;
use service::decide::Reevaluation;

use super::queue::{clock, queue_item, taken};
use super::{REPEATED, actor_once, allowed, back_to, lead_to_with};
use crate::error::{Error, Result};
use crate::flash::Flash;
use crate::ui::words;

/// Evaluates a lead again by the rules that are live now, then redirects to the new decision.
///
/// # Errors
/// Returns an error if the lead or the workflow does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "evaluate-lead")]
pub async fn evaluate_lead(
    /// The lead's id.
    lead: String,
    /// The workflow's name.
    workflow: String,
    /// Names the form, so that it acts once.
    #[server(default)]
    form: String,
) -> Result<(), Error> {
    let request = allowed::<EvaluateLead>()?;
    let (place, _) = queue_item(&request.store, &lead, &workflow).await?;
    let path = format!("/leads/{}", place.lead);
    let back = back_to(None, &path);
    let actor = actor_once(&request, &form)?;
    let mut connection = request.store.pool().acquire().await.map_err(store::Error::from)?;
    let claim = store::queue::taken(&mut connection, &actor, actor.person()?, place).await?;
    drop(connection);
    if let Some(other) = claim {
        let message = format!("The lead was not evaluated again. {}", taken(&other, clock(&request)));
        return lead_to_with(&back, &Flash::new(message));
    }
    let again = Reevaluation { lead: place.lead, workflow, trigger: Trigger::Person };
    match request.pipeline.decide_again(&actor, &again).await {
        Ok(Ok(decision)) => {
            let message = format!("Evaluated again by the live rules: {}.", words::action(decision.action));
            let decided = back_to(None, &format!("{path}?decision={}", decision.decision_id));
            lead_to_with(&decided, &Flash::new(message))
        }
        Ok(Err(why)) => {
            let message = format!("The lead was not evaluated again: {why}.");
            lead_to_with(&back, &Flash::new(message))
        }
        Err(store::Error::Repeated) => lead_to_with(&back, &Flash::new(REPEATED)),
        Err(error) => Err(error.into()),
    }
}
