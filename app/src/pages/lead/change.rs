//! Changing the decision about a lead.

use engine::action::Action;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use store::actor::Role;
use store::queue::TAKE_BACK;

use super::decision::ExplainedDecision;
use super::load::LeadData;
use crate::actions::leads::{ChangeDecision, NOTE_CHARS, change_reasons};
use crate::actions::queue::GiveBackLead;
use crate::error::Result;
use crate::flash::Flash;
use crate::pages::frame::PageContext;
use crate::texts::texts;
use crate::ui::words;

/// The actions that a person can choose.
const ACTIONS: [Action; 4] = [Action::Advance, Action::Assign, Action::Nurture, Action::Reject];

/// Returns the e-mail addresses and names of the AEs that a lead can be assigned to; none if the viewer cannot assign leads.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn assignees(here: &PageContext) -> Result<Vec<(String, String)>> {
    if !here.may::<ChangeDecision>() {
        return Ok(Vec::new());
    }
    let people = store::people::all(&here.request.store).await?.into_iter();
    let takes = |person: &store::people::Person| !person.is_disabled && person.roles.contains(&Role::Ae);
    Ok(people.filter(takes).map(|person| (person.email, person.name)).collect())
}

/// Renders the form that changes the decision, for the latest decision in a workflow; returns `None` if the viewer lacks the
/// permission or the lead is erased or merged.
pub fn change(
    here: &PageContext,
    loaded: &LeadData,
    decided: &ExplainedDecision,
    assignees: &[(String, String)],
    flash: &Flash,
) -> impl IntoView + use<> {
    let lead = &loaded.lead;
    let id = decided.decision().decision_id;
    let state = lead.workflows.iter().find(|state| state.decision_id == id)?;
    if lead.erased || lead.merged_into.is_some() || !here.may::<ChangeDecision>() {
        return None;
    }
    let typed = flash.values.contains_key("change_action");
    let value = |name: &str| flash.values.get(name).cloned().filter(|_| typed).unwrap_or_default();
    let problem = |name: &str| {
        let id = format!("{name}-problem");
        flash
            .errors
            .get(name)
            .cloned()
            .map(|text| view! { <p id=id class="tone" data-a="bad" role="alert">{text}</p> })
    };
    let invalid = |name: &str| flash.errors.contains_key(name).then_some("true");
    let described = |name: &str| flash.errors.contains_key(name).then(|| format!("{name}-problem"));
    // The same action again is only of use to assign the lead to someone else.
    let can = |action: &&Action| {
        (**action != state.effective_action || **action == Action::Assign)
            && (**action != Action::Assign || !assignees.is_empty())
    };
    let (action, assignee, reason) = (value("change_action"), value("assignee"), value("change_reason"));
    let actions = ACTIONS.iter().filter(can).map(|one| {
        let name: &'static str = one.into();
        view! { <option value=name selected=action == name>{words::action(*one)}</option> }
    });
    let people = assignees.iter().map(|(email, name)| {
        view! { <option value=email.clone() selected=assignee == *email>{name.clone()}</option> }
    });
    let reasons = change_reasons().into_iter().map(|(name, words)| {
        let selected = name == reason;
        view! { <option value=name selected=selected>{words}</option> }
    });
    Some(view! {
        <details class="ask" name="panel" open=typed>
            <summary class="btn">{texts().lead_change()}</summary>
            <form class="panel stack-form" method="post" action=ChangeDecision::PATH>
                <input type="hidden" name="lead" value=lead.lead_id.to_string() />
                <input type="hidden" name="workflow" value=state.workflow.clone() />
                <input type="hidden" name="decision" value=id.to_string() />
                <input type="hidden" name="seen" value=state.effective_id.to_string() />
                <label class="label">
                    {texts().lead_change_to()}
                    <select class="field what" name="change_action" aria-invalid=invalid("action") aria-describedby=described("action")>{actions.collect_view()}</select>
                </label>
                {problem("action")}
                <div class="whom-to">
                    <label class="label">
                        {texts().lead_assign_to()}
                        <select class="field" name="assignee" aria-invalid=invalid("assignee") aria-describedby=described("assignee")>{people.collect_view()}</select>
                    </label>
                    {problem("assignee")}
                </div>
                <label class="label">
                    {texts().lead_reason()}
                    <select class="field" name="change_reason" required aria-invalid=invalid("change_reason") aria-describedby=described("change_reason")>
                        <option value="">{texts().lead_choose_reason()}</option>
                        {reasons.collect_view()}
                    </select>
                </label>
                {problem("change_reason")}
                <label class="label">
                    {texts().lead_note()}
                    <input class="field" name="note" value=value("note") maxlength=NOTE_CHARS.to_string() autocomplete="off" aria-invalid=invalid("note") aria-describedby=described("note") />
                </label>
                {problem("note")}
                <p class="meta">{texts().lead_change_about()}</p>
                <button class="btn primary">{texts().lead_change()}</button>
            </form>
        </details>
    })
}

/// Renders the button that undoes the viewer's own verdict, while undoing is still possible.
pub fn undo(here: &PageContext, loaded: &LeadData, decided: &ExplainedDecision) -> Option<AnyView> {
    let decision = decided.decision().decision_id;
    let past = loaded.standing_verdict(decision)?;
    let state = loaded.lead.workflows.iter().find(|state| state.decision_id == decision)?;
    let viewer = here.request.viewer.as_ref()?;
    let is_own = past.person_id == viewer.id.0 && here.clock.now - past.at < TAKE_BACK;
    if !is_own || !here.may::<GiveBackLead>() {
        return None;
    }
    let form = view! {
        <form method="post" action=GiveBackLead::PATH>
            <input type="hidden" name="lead" value=loaded.lead.lead_id.to_string() />
            <input type="hidden" name="workflow" value=state.workflow.clone() />
            <input type="hidden" name="next" value=format!("/leads/{}", loaded.lead.lead_id) />
            <button class="btn">{texts().lead_undo()}</button>
        </form>
    };
    Some(form.into_any())
}
