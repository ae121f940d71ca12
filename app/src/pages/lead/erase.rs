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
use crate::error::{Error, Missing, Result};
use crate::flash::Flash;
use crate::pages::frame::{PageContent, PageContext, page};
use crate::pages::menu::Section;
use crate::texts::{part, texts};
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
    let not_found = || Error::NotFound { what: Missing::Lead };
    let id: LeadId = id.and_then(|id| id.parse().ok()).ok_or_else(not_found)?;
    let store = &here.request.store;
    let (lead, stored) = tokio::try_join!(leads::get(store, id), erasure::stored_about(store, id))?;
    let name = name(&lead);
    let bar = view! {
        <nav aria-label=texts().lead_breadcrumb()>
            <a href="/leads">{texts().lead_leads()}</a><span aria-hidden="true">" /"</span>
            <a href=format!("/leads/{id}")><bdi>{name.clone()}</bdi></a><span aria-hidden="true">" /"</span>
        </nav>
        <h1>{texts().erase_title()}</h1>
    };
    let body = if lead.erased {
        Either::Left(view! {
            {note::empty(Icon::Eraser, texts().erase_done_title(), view! { <p>{texts().erase_done()}</p> })}
            {held(&stored.held, here.clock).into_any()}
        })
    } else {
        Either::Right(view! {
            {consequences(&lead, &stored).into_any()}
            {held(&stored.held, here.clock).into_any()}
            {confirmation(&here.request, &lead, &flash).into_any()}
        })
    };
    Ok(PageContent { title: texts().erase_title_of(name), bar: bar.into_any(), body: body.into_any() })
}

fn name(lead: &Lead) -> String {
    if lead.erased {
        return texts().lead_erased_person();
    }
    let Lead { name, company, email, external_id, .. } = lead;
    words::lead(name.as_ref(), company.as_ref(), email.as_ref(), external_id.as_deref()).0
}

fn consequences(lead: &Lead, stored: &StoredAboutPerson) -> impl IntoView + use<> {
    let others: Vec<LeadId> = stored.leads.iter().copied().filter(|id| *id != lead.lead_id).collect();
    let merged = (!others.is_empty()).then(|| {
        let text = texts().erase_merged(others.len(), number::count(others.len() as i64));
        let links = others
            .iter()
            .map(|id| view! { <li><a href=format!("/leads/{id}")><code>{id.to_string()}</code></a></li> })
            .collect_view();
        view! {
            <div class="note" data-a="warn">
                {icon(Icon::Merge)}
                <p><strong>{text}</strong></p>
                <ul class="plain-list">{links}</ul>
            </div>
        }
    });
    let waiting = texts().erase_waiting(stored.waiting, number::count(stored.waiting));
    let decisions = texts().erase_decisions(stored.decisions, number::count(stored.decisions));
    let key = texts().erase_destroyed_key(stored.events, number::count(stored.events), decisions);
    let identities = texts().erase_destroyed_identities(stored.identities, number::count(stored.identities));
    let outcomes = texts().erase_kept_outcomes(stored.outcomes, number::count(stored.outcomes));
    view! {
        <div class="notes">
            {note(Tone::Bad, view! { <p><strong>{texts().erase_final()}</strong>" "{texts().erase_final_about()}</p> })}
            {merged}
        </div>
        <div class="facing gap">
            <section aria-labelledby="h-destroyed">
                <div class="sec-head"><h2 id="h-destroyed">{texts().erase_destroyed()}</h2></div>
                <ul>
                    <li>{texts().erase_destroyed_profile()}</li>
                    <li>{key}</li>
                    <li>{identities}</li>
                    <li>{texts().erase_destroyed_texts()}</li>
                </ul>
            </section>
            <section aria-labelledby="h-stays">
                <div class="sec-head"><h2 id="h-stays">{texts().erase_kept()}</h2></div>
                <ul>
                    <li>{texts().erase_kept_log()}</li>
                    <li>{outcomes}</li>
                    <li>{texts().erase_kept_hashes()}</li>
                    <li>{texts().erase_kept_backups()}</li>
                </ul>
                <p class="meta">{waiting}" "{texts().erase_kept_again()}</p>
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
                <td class="wide" data-l=texts().erase_held_key()><code class="break">{key}</code></td>
                <td class="num" data-l=texts().erase_held_deliveries()>{number::count(record.deliveries)}</td>
                <td class="num quiet" data-l=texts().erase_held_last()>{clock.relative(record.last_at)}</td>
            </tr>
        }
    };
    let content = if records.is_empty() {
        Either::Left(view! { <p class="quiet">{texts().erase_held_none()}</p> })
    } else {
        Either::Right(view! {
            <p class="meta">{texts().erase_held_about()}</p>
            <table class="table stack">
                <caption class="sr">{texts().erase_held()}</caption>
                <thead>
                    <tr><th scope="col">{texts().erase_held_destination()}</th><th scope="col">{texts().erase_held_key()}</th><th scope="col" class="num">{texts().erase_held_deliveries()}</th><th scope="col" class="num">{texts().erase_held_last()}</th></tr>
                </thead>
                <tbody>{records.iter().map(row).collect_view()}</tbody>
            </table>
        })
    };
    view! {
        <section class="gap" aria-labelledby="h-held">
            <div class="sec-head"><h2 id="h-held">{texts().erase_held()}</h2></div>
            {content}
        </section>
    }
}

/// Returns the key in the form in which the destination has it.
fn shown_key(record: &HeldRecord) -> String {
    let key = record.remote_key.to_string();
    match record.kind.as_str() {
        "caldav" => texts().erase_held_uid(key.trim_start_matches("sha256:")),
        _ => key,
    }
}

fn confirmation(request: &Request, lead: &Lead, flash: &Flash) -> impl IntoView + use<> {
    let expected =
        lead.name.clone().or_else(|| lead.email.clone()).unwrap_or_else(|| lead.lead_id.to_string());
    let field = InputProps {
        label: texts().erase_confirm_field(),
        name: "confirm",
        kind: "text",
        autocomplete: "off",
        maxlength: 500,
    };
    let reason = TextAreaProps {
        id: "reason",
        label: texts().erase_reason(),
        name: "reason",
        rows: 2,
        maxlength: 1_000,
        required: true,
    };
    let said = texts().erase_confirm_type();
    let typed = flash.values.get("reason").cloned().unwrap_or_default();
    view! {
        <section class="gap" aria-labelledby="h-confirm">
            <div class="sec-head"><h2 id="h-confirm">{texts().erase_confirm()}</h2></div>
            <form class="stack-form" method="post" action=EraseLead::PATH>
                {once(request, "erase-lead")}
                <input type="hidden" name="lead" value=lead.lead_id.to_string() />
                <p>{part(said.s0)}<b><bdi>{expected}</bdi></b>{part(said.s1)}</p>
                {input(field, flash)}
                {text(reason, &typed, flash.errors.get("reason").cloned())}
                <p class="meta">{texts().erase_reason_about()}</p>
                <div class="row">
                    <button class="btn danger">{icon(Icon::Eraser)}{texts().erase_title()}</button>
                    <a class="btn" href=format!("/leads/{}", lead.lead_id)>{texts().erase_cancel()}</a>
                </div>
            </form>
        </section>
    }
}
