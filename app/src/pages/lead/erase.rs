//! Erasing a person: what is destroyed, what stays, and what destinations hold.

use engine::ids::LeadId;
use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use leptos_router::hooks::use_params_map;
use store::erasure::{self, HeldRecord, StoredAboutPerson};
use store::leads::{self, Lead};

use crate::actions::erasure::EraseLead;
use crate::context::Request;
use crate::error::{Error, Result};
use crate::flash::Flash;
use crate::pages::frame::{PageContent, PageContext, page};
use crate::pages::menu::Section;
use crate::ui::clock::Clock;
use crate::ui::form::{InputProps, TextAreaProps, input, once, text};
use crate::ui::icon::{Icon, icon};
use crate::ui::note::{self, Tone, note};
use crate::ui::{number, titles, words};

/// Renders the page that asks for confirmation.
#[component]
pub fn ErasePage() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id");
    let flash = use_context::<Flash>().unwrap_or_default();
    page(Section::Leads, move |here| load(here, id, flash))
}

async fn load(here: PageContext, id: Option<String>, flash: Flash) -> Result<PageContent> {
    let not_found = || Error::NotFound { what: "lead".into() };
    let id: LeadId = id.and_then(|id| id.parse().ok()).ok_or_else(not_found)?;
    let store = &here.request.store;
    let (lead, stored) = tokio::try_join!(leads::get(store, id), erasure::stored_about(store, id))?;
    let name = name(&lead);
    let bar = view! {
        <nav aria-label="Breadcrumb">
            <a href="/leads">"Leads"</a><span aria-hidden="true">" /"</span>
            <a href=format!("/leads/{id}")><bdi>{name.clone()}</bdi></a><span aria-hidden="true">" /"</span>
        </nav>
        <h1>"Erase person"</h1>
    };
    let body = if lead.erased {
        Either::Left(view! {
            {note::empty(Icon::Eraser, "This person has already been erased", view! { <p>"What destinations hold is listed below."</p> })}
            {held(&stored.held, here.clock).into_any()}
        })
    } else {
        Either::Right(view! {
            {consequences(&lead, &stored).into_any()}
            {held(&stored.held, here.clock).into_any()}
            {confirmation(&here.request, &lead, &flash).into_any()}
        })
    };
    Ok(PageContent { title: format!("Erase {name}"), bar: bar.into_any(), body: body.into_any() })
}

fn name(lead: &Lead) -> String {
    if lead.erased {
        return "Erased person".into();
    }
    let Lead { name, company, email, external_id, .. } = lead;
    words::lead(name.as_ref(), company.as_ref(), email.as_ref(), external_id.as_deref()).0
}

fn consequences(lead: &Lead, stored: &StoredAboutPerson) -> impl IntoView + use<> {
    let others: Vec<LeadId> = stored.leads.iter().copied().filter(|id| *id != lead.lead_id).collect();
    let merged = (!others.is_empty()).then(|| {
        let count = number::plural(others.len() as i64, "other lead", "other leads");
        let links = others.iter().map(|id| view! { <li><a href=format!("/leads/{id}")><code>{id.to_string()}</code></a></li> }).collect_view();
        view! {
            <div class="note" data-a="warn">
                {icon(Icon::Merge)}
                <p><strong>{format!("{count} of this person will be erased too")}</strong>", because they are merged."</p>
                <ul class="plain-list">{links}</ul>
            </div>
        }
    });
    let waiting = match stored.waiting {
        0 => "No delivery is waiting.".to_owned(),
        count => format!(
            "{} will be withdrawn instead of sent.",
            number::plural(count, "waiting delivery", "waiting deliveries")
        ),
    };
    view! {
        <div class="notes">
            {note(Tone::Bad, view! { <p><strong>"This cannot be undone. "</strong>"Nobody, including Meshline, can open the data afterwards."</p> })}
            {merged}
        </div>
        <div class="facing gap">
            <section aria-labelledby="h-destroyed">
                <div class="sec-head"><h2 id="h-destroyed">"What is destroyed"</h2></div>
                <ul>
                    <li>"The profile: name, e-mail address, company, domain and external ID"</li>
                    <li>{format!("The key to {} and to the inputs of {}", number::plural(stored.events, "event", "events"), number::plural(stored.decisions, "decision", "decisions"))}</li>
                    <li>{format!("{} by which new events would find this lead", number::plural(stored.identities, "identity", "identities"))}</li>
                    <li>"Reasons and notes that people gave, requests and responses of deliveries"</li>
                </ul>
            </section>
            <section aria-labelledby="h-stays">
                <div class="sec-head"><h2 id="h-stays">"What stays"</h2></div>
                <ul>
                    <li>"That events came in, what was decided and by which rules, without the person's data"</li>
                    <li>{format!("{} with their stage and time, for the figures", number::plural(stored.outcomes, "outcome", "outcomes"))}</li>
                    <li>"The hashes, by which the log still verifies"</li>
                    <li>"Backups made before today: delete them in time"</li>
                </ul>
                <p class="meta">{waiting}" If the person contacts you again, they become a new lead."</p>
            </section>
        </div>
    }
}

/// Renders what each destination received, with the key to find it there.
pub fn held(records: &[HeldRecord], clock: Clock) -> impl IntoView + use<> {
    let row = |record: &HeldRecord| {
        let key = shown_key(record);
        view! {
            <tr>
                <th scope="row">{titles::destination(&record.destination)}</th>
                <td class="wide" data-l="Key there"><code class="break">{key}</code></td>
                <td class="num" data-l="Deliveries">{number::count(record.deliveries)}</td>
                <td class="num quiet" data-l="Last">{clock.relative(record.last_at)}</td>
            </tr>
        }
    };
    let content = if records.is_empty() {
        Either::Left(view! { <p class="quiet">"Nothing about this person was delivered."</p> })
    } else {
        Either::Right(view! {
            <p class="meta">"Meshline cannot delete there. Have each record deleted by its key."</p>
            <table class="table stack">
                <caption class="sr">"Records at destinations"</caption>
                <thead>
                    <tr><th scope="col">"Destination"</th><th scope="col">"Key there"</th><th scope="col" class="num">"Deliveries"</th><th scope="col" class="num">"Last"</th></tr>
                </thead>
                <tbody>{records.iter().map(row).collect_view()}</tbody>
            </table>
        })
    };
    view! {
        <section class="gap" aria-labelledby="h-held">
            <div class="sec-head"><h2 id="h-held">"What destinations hold"</h2></div>
            {content}
        </section>
    }
}

/// Returns the key in the form in which the destination has it.
fn shown_key(record: &HeldRecord) -> String {
    let key = record.remote_key.to_string();
    match record.kind.as_str() {
        "caldav" => format!("UID {}@meshline", key.trim_start_matches("sha256:")),
        _ => key,
    }
}

const REASON: TextAreaProps = TextAreaProps {
    id: "reason",
    label: "Reason",
    name: "reason",
    rows: 2,
    maxlength: 1_000,
    required: true,
};

fn confirmation(request: &Request, lead: &Lead, flash: &Flash) -> impl IntoView + use<> {
    let expected =
        lead.name.clone().or_else(|| lead.email.clone()).unwrap_or_else(|| lead.lead_id.to_string());
    let field = InputProps {
        label: "Name, e-mail address or ID of the lead",
        name: "confirm",
        kind: "text",
        autocomplete: "off",
        maxlength: 500,
    };
    let typed = flash.values.get("reason").cloned().unwrap_or_default();
    view! {
        <section class="gap" aria-labelledby="h-confirm">
            <div class="sec-head"><h2 id="h-confirm">"Confirm"</h2></div>
            <form class="stack-form" method="post" action=EraseLead::PATH>
                {once(request, "erase-lead")}
                <input type="hidden" name="lead" value=lead.lead_id.to_string() />
                <p>"To confirm, type "<b><bdi>{expected}</bdi></b>"."</p>
                {input(field, flash)}
                {text(REASON, &typed, flash.errors.get("reason").cloned())}
                <p class="meta">"The audit log keeps the reason, so leave personal data out of it."</p>
                <div class="row">
                    <button class="btn danger">{icon(Icon::Eraser)}"Erase person"</button>
                    <a class="btn" href=format!("/leads/{}", lead.lead_id)>"Cancel"</a>
                </div>
            </form>
        </section>
    }
}
