//! Re-evaluation of a lead.

use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;

use super::decision::ExplainedDecision;
use super::load::LeadData;
use crate::actions::leads::EvaluateLead;
use crate::pages::frame::PageContext;
use crate::ui::form::{ask, once};

/// Renders the form for the latest decision in a workflow; returns `None` if the viewer lacks the
/// permission or the lead is erased or merged.
pub fn reevaluate(
    here: &PageContext,
    loaded: &LeadData,
    decided: &ExplainedDecision,
) -> impl IntoView + use<> {
    let lead = &loaded.lead;
    let id = decided.decision().decision_id;
    let last = lead.workflows.iter().find(|state| state.decision_id == id)?;
    if lead.erased || lead.merged_into.is_some() || !here.may::<EvaluateLead>() {
        return None;
    }
    let form = view! {
        <form class="stack-form" method="post" action=EvaluateLead::PATH>
            {once(&here.request, "evaluate-lead")}
            <input type="hidden" name="lead" value=lead.lead_id.to_string() />
            <input type="hidden" name="workflow" value=last.workflow.clone() />
            <p>
                "The live rules decide about this lead again, from everything it has sent so far. The new decision replaces this one: it goes \
                to the destinations, and it can return the lead to the queue. Overrides and outcomes stay in the history."
            </p>
            <button class="btn primary">"Evaluate again"</button>
        </form>
    };
    Some(ask("Evaluate again", false, form))
}
