//! Accepting or rejecting a lead, for the AE it is assigned to.

use engine::ids::LeadId;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;

use super::load::LeadData;
use crate::actions::answers::{AnswerLead, NOTE_CHARS, reasons};
use crate::error::Result;
use crate::flash::Flash;
use crate::pages::frame::PageContext;
use crate::texts::texts;
use crate::ui::clock::Clock;

/// An assignment that awaits the viewer's answer, with the input of a rejected form.
pub struct OpenAnswer {
    since: chrono::DateTime<chrono::Utc>,
    flash: Flash,
}

/// Loads the assignment if the lead awaits the viewer's answer.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn load(here: &PageContext, loaded: &LeadData, flash: Flash) -> Result<Option<OpenAnswer>> {
    let lead = &loaded.lead;
    let viewer = here.request.viewer.as_ref().filter(|viewer| lead.assignee.as_ref() == Some(&viewer.email));
    let Some(viewer) = viewer.filter(|_| here.may::<AnswerLead>()) else { return Ok(None) };
    let mut connection = here.request.store.pool().acquire().await.map_err(store::Error::from)?;
    let assigned = store::queue::assigned(&mut connection, lead.lead_id, &viewer.email).await?;
    Ok(assigned.filter(|assigned| assigned.answer.is_none()).map(|assigned| OpenAnswer {
        since: assigned.assignment.map_or(lead.created_at, |assignment| assignment.at),
        flash,
    }))
}

/// Renders the question above the decision; renders nothing without an open assignment.
pub fn answer(loaded: &LeadData, open: Option<&OpenAnswer>) -> impl IntoView + use<> {
    open.map(|open| {
        let next = format!("/leads/{}", loaded.lead.lead_id);
        view! {
            <section class="note row answer" data-a="info" aria-labelledby="h-answer">
                <h2 id="h-answer">{texts().lead_assigned_to_you()}</h2>
                <span class="meta">{since(loaded.clock, open.since)}</span>
                {forms(loaded.lead.lead_id, &next, true, &open.flash)}
            </section>
        }
    })
}

/// Renders how long ago a lead was assigned: `Assigned 2 h ago`.
pub fn since(clock: Clock, at: chrono::DateTime<chrono::Utc>) -> impl IntoView {
    texts().lead_assigned_since(clock.ago(at))
}

/// Renders the forms for both answers. Submitting either redirects to `next`.
pub fn forms(lead: LeadId, next: &str, is_primary: bool, flash: &Flash) -> impl IntoView + use<> {
    let typed = flash.values.get("answered").is_some_and(|answered| *answered == lead.to_string());
    let value = |name: &str| flash.values.get(name).cloned().filter(|_| typed);
    let error = |name: &str| flash.errors.get(name).cloned().filter(|_| typed);
    let (reason, note) = (value("reject_reason").unwrap_or_default(), value("note").unwrap_or_default());
    let fields = |answer: &'static str| {
        view! {
            <input type="hidden" name="lead" value=lead.to_string() />
            <input type="hidden" name="answer" value=answer />
            <input type="hidden" name="next" value=next.to_owned() />
        }
    };
    let options = reasons().into_iter().map(|(name, words)| {
        let selected = name == reason;
        view! { <option value=name selected=selected>{words}</option> }
    });
    let options = options.collect_view();
    let problem = |name: &'static str| {
        let id = format!("{name}-{lead}");
        let invalid = error(name).map(|_| "true");
        (
            error(name).map(|_| id.clone()),
            invalid,
            error(name).map(|text| view! { <p id=id class="tone" data-a="bad" role="alert">{text}</p> }),
        )
    };
    let (reason_described, reason_invalid, reason_problem) = problem("reject_reason");
    let class = if is_primary { "btn primary" } else { "btn" };
    let (note_described, note_invalid, note_problem) = problem("note");
    view! {
        <div class="row answers">
            <form method="post" action=AnswerLead::PATH>
                {fields("accept")}
                <button class=class>{texts().lead_accept()}</button>
            </form>
            <details class="ask" name="panel" open=typed>
                <summary class="btn">{texts().lead_reject()}</summary>
                <form class="panel stack-form" method="post" action=AnswerLead::PATH>
                    {fields("reject")}
                    <label class="label">
                        {texts().lead_reason()}
                        <select class="field" name="reason" required aria-invalid=reason_invalid aria-describedby=reason_described>
                            <option value="">{texts().lead_choose_reason()}</option>
                            {options}
                        </select>
                    </label>
                    {reason_problem}
                    <label class="label">
                        {texts().lead_note()}
                        <input class="field" name="note" value=note maxlength=NOTE_CHARS.to_string() autocomplete="off" aria-invalid=note_invalid aria-describedby=note_described />
                    </label>
                    {note_problem}
                    <p class="meta">{texts().lead_reject_about()}</p>
                    <button class="btn primary">{texts().lead_reject_lead()}</button>
                </form>
            </details>
        </div>
    }
}
