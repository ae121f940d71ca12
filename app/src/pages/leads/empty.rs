//! Empty states of the list.

use leptos::prelude::*;
use store::reads::frame::WorkflowName;
use store::reads::leads_list::{LeadListCursor, LeadListPosition, LeadListRow, SEARCHED_ROWS};

use super::filter::LeadListQuery;
use crate::pages::list_page::ListRows;
use crate::ui::icon::Icon;
use crate::ui::{note, number};

/// Renders how to send the first lead.
pub fn no_leads(workflows: &[WorkflowName], origin: &str) -> impl IntoView + use<> {
    let Some(workflow) = workflows.iter().find(|workflow| workflow.is_live) else {
        let steps = view! {
            <p>"A workflow decides about leads, and none is live yet. Describe one in a file and put it live:"</p>
            <pre class="code" tabindex="0">"meshline apply workflow.yaml --bootstrap"</pre>
        };
        return note::empty(Icon::Leads, "No workflow, no leads", steps).into_any();
    };
    let command = format!(
        "# A key, shown once\nmeshline key add --name website --scope ingest\n\n# A lead\n\
         curl {origin}/api/v1/events \\\n  -H 'Authorization: Bearer YOUR-KEY' \\\n  -H 'Idempotency-Key: first-lead' \\\n  \
         -H 'Content-Type: application/json' \\\n  -d '{{\"kind\": \"form\", \"source\": \"website\", \"workflow\": \"{}\",\n       \
         \"lead\": {{\"email\": \"ana@example.com\", \"name\": \"Ana Ruiz\", \"company\": \"Initech\"}},\n       \
         \"payload\": {{\"message\": \"We would like a quote for 120 people.\"}}}}'",
        workflow.name
    );
    let steps = view! {
        <p>{format!("{} is live. Send it a first lead; it is decided while you wait and appears here.", workflow.title)}</p>
        <pre class="code" tabindex="0">{command}</pre>
        <p class="meta">"A file of past leads comes in with "<code>"meshline import"</code>"."</p>
    };
    note::empty(Icon::Leads, "No leads yet", steps).into_any()
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
            <p>{format!("Nothing among the {} leads looked through for this page. There are more.", number::count(SEARCHED_ROWS))}</p>
            <span class="row"><a class="btn" href=further>"Search on"</a><a class="btn plain" href="/leads">"Clear all filters"</a></span>
        };
        return note::empty(Icon::Search, "Nothing so far", steps).into_any();
    }
    if !asked.is_narrowed() {
        let steps = view! { <a class="btn" href=bare.href()>"To the newest"</a> };
        return note::empty(Icon::Search, "Nothing further", steps).into_any();
    }
    let steps = view! {
        <p>"No lead passes all of these filters. Take one away above, or begin anew."</p>
        <a class="btn" href="/leads">"Clear all filters"</a>
    };
    note::empty(Icon::Search, "No lead like this", steps).into_any()
}
