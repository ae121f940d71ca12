//! The open lead: the suggestion with its reason, the inputs, and the event.

use engine::action::Action;
use engine::decision::Mode;
use leptos::either::EitherOf3;
use leptos::prelude::*;
use store::refresh::Topic;

use super::decide;
use super::list::waited;
use super::load::{OpenLead, QueueData};
use crate::actions::queue::{ReleaseLead, TakeLead, left, not_waiting_message};
use crate::flash::Flash;
use crate::pages::frame::PageContext;
use crate::pages::lead::decision::ExplainedDecision;
use crate::pages::lead::{event, facts, inputs, verdict};
use crate::texts::{part, texts};
use crate::ui::icon::{Icon, icon};
use crate::ui::note::{Tone, note};
use crate::ui::{refresh, series, words};
use leptos::server_fn::ServerFn as _;

/// The key that claims a lead, as browsers name it.
const ENTER: &str = "Enter";

/// Renders the open lead and the keyboard shortcuts.
pub fn pane(here: &PageContext, loaded: &QueueData, open: &OpenLead, flash: &Flash) -> impl IntoView + use<> {
    let explained = open.lead.decided.as_ref().filter(|decided| !decided.is_erased()).map(|decided| {
        view! {
            <section aria-labelledby="h-inputs">
                <div class="sec-head"><h2 id="h-inputs">{texts().queue_inputs()}</h2></div>
                {inputs::inputs(&open.lead, decided).into_any()}
            </section>
            <section aria-labelledby="h-read">{event::event(&open.lead, decided).into_any()}</section>
        }
    });
    let suggested = match (&open.gone, &open.lead.decided) {
        (Some(_), _) => left_queue(loaded, open, flash).into_any(),
        (None, Some(decided)) => suggest(here, loaded, open, decided, flash).into_any(),
        (None, None) => ().into_any(),
    };
    view! {
        <div class="pane" id="work" data-refresh-from=loaded.refreshed_from()>
            <article class="work" aria-labelledby="w-t">
                // Separate from the forms: a refresh skips the part that contains an edited form.
                {refresh::part("queue-lead", Topic::Queue, view! { {header(loaded, open)}{standing(loaded, open)} })}
                {refresh::part("queue-work", Topic::Queue, suggested)}
                {explained}
            </article>
            {keys(loaded)}
        </div>
    }
}

/// Renders the lead's name and contact data.
fn header(loaded: &QueueData, open: &OpenLead) -> impl IntoView + use<> {
    let lead = &open.lead.lead;
    // Company first, as in the list; the person is below.
    let (who, _) = words::lead(
        lead.company.as_ref(),
        lead.name.as_ref(),
        lead.email.as_ref(),
        lead.external_id.as_deref(),
    );
    let waited = open.since.map(|since| texts().queue_waiting_since(waited(loaded.clock, since)));
    let mail = lead
        .email
        .as_ref()
        .map(|email| view! { <span><a href=format!("mailto:{email}")>{email.clone()}</a></span> });
    let person = lead.name.as_deref().and_then(words::isolated).filter(|name| *name != who);
    let rest: Vec<String> =
        [person, lead.domain.as_deref().and_then(words::isolated)].into_iter().flatten().collect();
    let came = open.lead.event.as_ref().map(|event| {
        let at = event.occurred_at.unwrap_or(event.received_at);
        let said = texts().queue_event(words::event(&event.kind));
        view! { <span>{part(said.s0)}{loaded.clock.stamp_in_sentence(at)}{part(said.s1)}</span> }
    });
    let workflow = open.lead.workflow(open.place.workflow.0);
    view! {
        <header class="whom">
            <div class="row"><h2 id="w-t">{who}</h2><span class="push meta">{waited}</span></div>
            <p class="row">
                {rest.into_iter().map(|text| view! { <span>{text}</span> }).collect_view()}
                {mail}
                {came}
                <span>{workflow}</span>
                {lead.assignee.as_ref().map(|email| view! { <span>{texts().queue_assigned_to(open.lead.person(email))}</span> })}
                <span><a href=format!("/leads/{}?workflow={}", open.place.lead, open.workflow)>{texts().queue_open_lead()}</a></span>
            </p>
        </header>
    }
}

/// Renders the claim, or why the lead is no longer in the queue.
fn standing(loaded: &QueueData, open: &OpenLead) -> impl IntoView + use<> {
    let claim = open.claim.as_ref().map(|claim| (claim.person_id == loaded.viewer, claim));
    // Shown here rather than beside the forms, because those are not refreshed while a person types.
    let left_queue = open.gone.as_ref().map(|why| {
        let said = not_waiting_message(why, loaded.clock);
        note(Tone::Warn, view! { <p><strong>{texts().queue_left()}</strong>" "{said}</p> }).into_any()
    });
    let held = left_queue.or_else(|| match claim {
        Some((false, claim)) => {
            let text = texts().queue_claimed(&claim.name, left(loaded.clock, claim.until));
            let text = view! { <p><strong>{text}</strong>" "{texts().queue_read_only()}</p> };
            Some(note(Tone::Warn, text).into_any())
        }
        Some((true, claim)) => Some(
            view! {
                <div class="row held" data-claimed="">
                    <span class="tag"><span class="dot" data-a="good"></span>{texts().queue_claimed_you(left(loaded.clock, claim.until))}</span>
                    {here_form(loaded, open, ReleaseLead::PATH, texts().queue_put_back(), "l")}
                </div>
            }
            .into_any(),
        ),
        None => loaded.may.then(|| {
            view! {
                <div class="row held">
                    {here_form(loaded, open, TakeLead::PATH, texts().queue_claim(), ENTER)}
                    <span class="meta">{texts().queue_claim_about()}</span>
                </div>
            }
            .into_any()
        }),
    });
    held.map(|held| view! { <div class="notes">{held}</div> })
}

/// Renders a form with a single button and the fields that identify the lead.
fn here_form(
    loaded: &QueueData,
    open: &OpenLead,
    path: &'static str,
    words: String,
    key: &'static str,
) -> impl IntoView + use<> {
    let sign = if key == ENTER { "↵".to_owned() } else { key.to_uppercase() };
    view! {
        <form method="post" action=path>
            {decide::named(loaded, open)}
            <button class="btn" data-key=key data-key-help=words.clone() aria-keyshortcuts=key>{words.clone()}<kbd>{sign}</kbd></button>
        </form>
    }
}

/// Renders the suggestion, the reason that the lead needs a person, and the verdict forms.
fn suggest(
    here: &PageContext,
    loaded: &QueueData,
    open: &OpenLead,
    decided: &ExplainedDecision,
    flash: &Flash,
) -> impl IntoView + use<> {
    let suggested = open.suggestion.as_ref().map_or(Action::Hold, |act| act.action);
    let sentence = if let Some(rejected) = &open.rejected {
        let time = loaded.clock.in_sentence(rejected.at);
        let said = match &rejected.reason {
            Some(reason) => texts().queue_rejected_reason(&rejected.by, time, reason),
            None => texts().queue_rejected(&rejected.by, time),
        };
        EitherOf3::C(view! { <p>{icon(Icon::Person)}{said}</p> })
    } else if suggested == suggested.agreed() {
        EitherOf3::A(view! { <p>{decide::suggestion(open, suggested)}</p> })
    } else {
        let said = texts().queue_suggest_none();
        EitherOf3::B(view! { <p>{part(said.s0)}{verdict::chip(decided.decision())}{part(said.s1)}</p> })
    };
    view! {
        <section class="suggest" aria-labelledby="s-t">
            <h3 id="s-t" class="sr">{texts().queue_suggestion()}</h3>
            {sentence}
            <p class="quiet">{reason(open, decided)}</p>
            {decide::forms(here, loaded, open, decided, flash).into_any()}
        </section>
    }
}

/// Describes why the lead needs a person.
fn reason(open: &OpenLead, decided: &ExplainedDecision) -> String {
    if open.rejected.is_some() {
        return texts().queue_assign_again();
    }
    let decision = decided.decision();
    let rule = |id: &String| match decided.rules.rule(id) {
        Some((number, _)) => texts().queue_rule(number.to_string(), decided.rules.title(id)),
        None => decided.rules.title(id),
    };
    let because: Vec<String> = decision
        .because
        .iter()
        .map(|entry| facts::unknown_reason(entry, &decided.rules.bundle.catalogue))
        .collect();
    if let Some(by) = &decision.held_by {
        let because =
            if because.is_empty() { texts().queue_value_unknown() } else { series::all_of(&because) };
        return texts().queue_held_unknown(rule(by), because);
    }
    let by = decision.rule_id.as_ref().map(rule);
    let decided_by = |by: Option<String>| {
        by.map_or_else(|| texts().queue_decided_by_default(), |rule| texts().queue_decided_by_rule(rule))
    };
    match (decision.mode, decision.action, by) {
        (Mode::Manual, _, by) => {
            let stopped = texts().queue_came_stopped(open.lead.workflow(open.place.workflow.0));
            format!("{stopped} {}", decided_by(by))
        }
        (_, Action::Assign, by) => format!("{} {}", texts().queue_pool_empty(), decided_by(by)),
        (_, Action::Escalate, Some(rule)) => texts().queue_escalated_by_rule(rule),
        (_, Action::Escalate, None) => texts().queue_decided_by_default(),
        (.., Some(rule)) => texts().queue_held_by_rule(rule),
        (.., None) => texts().queue_held_by_default(),
    }
}

/// Renders that the lead has left the queue, with any unsaved text.
fn left_queue(loaded: &QueueData, open: &OpenLead, flash: &Flash) -> impl IntoView + use<> {
    let (_, note) = decide::typed_reason(flash);
    let typed = Some(note).filter(|text| !text.trim().is_empty());
    let written = typed.map(|text| {
        view! {
            <label class="label">
                {texts().queue_unsaved()}
                <textarea class="field" rows="3" readonly>{crate::ui::form::lines(&text)}</textarea>
            </label>
        }
    });
    let on = loaded
        .rows
        .iter()
        .find(|row| row.place() != open.place && row.taken_by.is_none_or(|by| by == loaded.viewer));
    let on = on.map(|row| {
        let href = loaded.shown.href(Some((row.lead_id.into(), &row.workflow)));
        view! { <a class="btn primary" href=href data-key="Enter" data-key-help=texts().queue_next_lead() aria-keyshortcuts="Enter">{texts().queue_next_lead()}<kbd>"↵"</kbd></a> }
    });
    view! {
        <section class="suggest" aria-label=texts().queue_already_decided()>
            {written}
            <div class="row">{on}<a class="btn" href=format!("/leads/{}", open.place.lead)>{icon(Icon::Leads)}{texts().queue_open_lead()}</a></div>
        </section>
    }
}

/// Renders the keyboard shortcuts.
fn keys(loaded: &QueueData) -> impl IntoView + use<> {
    let key = |keys: &'static [&'static str], words: String| {
        let signs = keys.iter().map(|key| view! { <kbd>{*key}</kbd> }).collect_view();
        view! { <li>{signs}{words}</li> }
    };
    let deciding = loaded.may.then(|| {
        view! {
            {key(&["↵"], texts().queue_key_claim())}
            {key(&["A"], texts().queue_key_accept())}
            {key(&["C"], texts().queue_key_change())}
            {key(&["D"], texts().queue_key_disqualify())}
            {key(&["L"], texts().queue_key_put_back())}
            {key(&["Z"], texts().queue_key_undo())}
            {key(&["?"], texts().queue_key_all())}
        }
    });
    view! { <ul class="keys" aria-label=texts().queue_keys()>{key(&["J", "K"], texts().queue_key_steps())}{deciding}</ul> }
}
