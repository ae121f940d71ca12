//! Re-evaluation of a lead.

use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;

use super::decision::ExplainedDecision;
use super::load::LeadData;
use crate::actions::leads::EvaluateLead;
use crate::pages::frame::PageContext;
use crate::texts::texts;
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
            <p>{texts().lead_evaluate_about()}</p>
            <button class="btn primary">{texts().lead_evaluate()}</button>
        </form>
    };
    Some(ask(texts().lead_evaluate(), false, form))
}
