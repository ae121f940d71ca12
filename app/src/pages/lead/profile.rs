//! What is known about the person beyond their name: role, company, domain and source.

use leptos::prelude::*;

use super::load::LeadData;
use crate::texts::texts;
use crate::ui::words;

/// Fields of a form that state the person's role, in order of preference.
const ROLES: [&str; 6] = ["job_title", "title", "role", "position", "seniority", "job_role"];

/// Renders the profile in one line; renders nothing once the person is erased.
pub fn profile(loaded: &LeadData) -> impl IntoView + use<> {
    let lead = &loaded.lead;
    if lead.erased {
        return None;
    }
    let domain = lead.domain.clone().or_else(|| {
        let (_, domain) = lead.email.as_ref()?.split_once('@')?;
        Some(domain.to_owned())
    });
    let source = loaded.history.events.last().map(|event| words::sentence(&event.source));
    let assignee = lead.assignee.as_ref().map(|email| loaded.person(email));
    let stage = lead.stage.as_deref().map(words::stage_named);
    let parts = [
        (texts().lead_role(), role(loaded)),
        (texts().lead_company(), lead.company.clone()),
        (texts().lead_domain(), domain),
        (texts().lead_source(), source),
        (texts().lead_assignee(), assignee),
        (texts().lead_stage(), stage),
    ];
    let parts = parts
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| view! { <div><dt>{name}</dt><dd>{value}</dd></div> }));
    let parts = parts.collect_view();
    (!parts.is_empty()).then(|| view! { <dl class="profile" aria-label=texts().lead_profile()>{parts}</dl> })
}

/// Returns the person's role, as they wrote it in the event that is shown.
fn role(loaded: &LeadData) -> Option<String> {
    let payload = loaded.event.as_ref()?.body.as_ref()?.get("payload")?;
    let text = |name: &&str| payload.get(*name)?.as_str().map(str::trim).filter(|text| !text.is_empty());
    ROLES.iter().find_map(text).map(str::to_owned)
}
