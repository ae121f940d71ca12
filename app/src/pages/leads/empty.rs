//! Empty states of the list.

use leptos::prelude::*;
use store::reads::frame::WorkflowName;
use store::reads::leads_list::{LeadListCursor, LeadListPosition, LeadListRow, SEARCHED_ROWS};

use super::filter::LeadListQuery;
use crate::pages::list_page::ListRows;
use crate::texts::texts;
use crate::ui::icon::Icon;
use crate::ui::{note, number};

/// Renders how to send the first lead.
pub fn no_leads(workflows: &[WorkflowName], origin: &str) -> impl IntoView + use<> {
    let Some(workflow) = workflows.iter().find(|workflow| workflow.is_live) else {
        let steps = view! {
            <p>{texts().leads_no_workflow()}</p>
            <pre class="code" tabindex="0">"meshline apply workflow.yaml --bootstrap"</pre>
        };
        return note::empty(Icon::Leads, texts().leads_no_workflow_title(), steps).into_any();
    };
    let command = format!(
        r#"# {create_key}
meshline key add --name website --scope ingest

# {send}
curl {origin}/api/v1/events \
  -H 'Authorization: Bearer YOUR-KEY' \
  -H 'Idempotency-Key: first-lead' \
  -H 'Content-Type: application/json' \
  -d '{{"kind": "form", "source": "website", "workflow": "{workflow}",
       "lead": {{"email": "ana@example.com", "name": "Ana Ruiz", "company": "Initech"}},
       "payload": {{"message": "We would like a quote for 120 people."}}}}'"#,
        create_key = texts().leads_none_create_key(),
        send = texts().leads_none_send(),
        workflow = workflow.name
    );
    let import = texts().leads_none_import();
    let steps = view! {
        <p>{texts().leads_none(&workflow.title)}</p>
        <pre class="code" tabindex="0">{command}</pre>
        <p class="meta">{import.s0}<code>"meshline import"</code>{import.s1}</p>
    };
    note::empty(Icon::Leads, texts().leads_none_title(), steps).into_any()
}

/// Renders that no leads match, or that none have been found so far.
pub fn no_match(
    asked: &LeadListQuery,
    found: &ListRows<LeadListRow, LeadListPosition>,
) -> impl IntoView + use<> {
    let bare = asked.address.start();
    if let (true, Some(on)) = (found.cut, found.beside.on(asked.sort.order)) {
        let further = match on {
            LeadListCursor::Before(place) => bare.with("before", place.to_string()).href(),
            LeadListCursor::After(place) => bare.with("after", place.to_string()).href(),
            LeadListCursor::Start => bare.href(),
        };
        let steps = view! {
            <p>{texts().leads_none_so_far(number::count(SEARCHED_ROWS))}</p>
            <span class="row"><a class="btn" href=further>{texts().leads_search_more()}</a><a class="btn plain" href="/leads">{texts().filters_clear()}</a></span>
        };
        return note::empty(Icon::Search, texts().leads_none_so_far_title(), steps).into_any();
    }
    if !asked.is_narrowed() {
        let steps = view! { <a class="btn" href=bare.href()>{texts().leads_to_newest()}</a> };
        return note::empty(Icon::Search, texts().leads_no_more_title(), steps).into_any();
    }
    let steps = view! {
        <p>{texts().leads_none_match()}</p>
        <a class="btn" href="/leads">{texts().filters_clear()}</a>
    };
    note::empty(Icon::Search, texts().leads_none_match_title(), steps).into_any()
}
