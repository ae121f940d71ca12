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
use crate::ui::chip::action_chip;
use crate::ui::icon::{Icon, icon};
use crate::ui::note::{Tone, note};
use crate::ui::{refresh, words};
use leptos::server_fn::ServerFn as _;

/// Renders the open lead and the keyboard shortcuts.
pub fn pane(here: &PageContext, loaded: &QueueData, open: &OpenLead, flash: &Flash) -> impl IntoView + use<> {
    let explained = open.lead.decided.as_ref().filter(|decided| !decided.is_erased()).map(|decided| {
        view! {
            <section aria-labelledby="h-inputs">
                <div class="sec-head"><h2 id="h-inputs">"Decision inputs"</h2></div>
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
    let waited = open.since.map(|since| format!("Waiting {}", waited(loaded.clock, since)));
    let mail = lead
        .email
        .as_ref()
        .map(|email| view! { <span><a href=format!("mailto:{email}")>{email.clone()}</a></span> });
    let person = lead.name.as_deref().and_then(words::isolated).filter(|name| *name != who);
    let rest: Vec<String> =
        [person, lead.domain.as_deref().and_then(words::isolated)].into_iter().flatten().collect();
    let came = open.lead.event.as_ref().map(|event| {
        let at = event.occurred_at.unwrap_or(event.received_at);
        view! { <span>{words::event(&event.kind)}" "{loaded.clock.stamp_in_sentence(at)}</span> }
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
                {lead.assignee.as_ref().map(|email| view! { <span>"Assigned to "{open.lead.person(email)}</span> })}
                <span><a href=format!("/leads/{}?workflow={}", open.place.lead, open.workflow)>"Open lead"</a></span>
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
        note(Tone::Warn, view! { <p><strong>"No longer in the queue. "</strong>{said}</p> }).into_any()
    });
    let held = left_queue.or_else(|| match claim {
        Some((false, claim)) => {
            let text = format!("Claimed by {} ({}). ", claim.name, left(loaded.clock, claim.until));
            Some(note(Tone::Warn, view! { <p><strong>{text}</strong>"Read only."</p> }).into_any())
        }
        Some((true, claim)) => Some(
            view! {
                <div class="row held" data-claimed="">
                    <span class="tag"><span class="dot" data-a="good"></span>{format!("Claimed by you ({})", left(loaded.clock, claim.until))}</span>
                    {here_form(loaded, open, ReleaseLead::PATH, "Put back", "l")}
                </div>
            }
            .into_any(),
        ),
        None => loaded.may.then(|| {
            view! {
                <div class="row held">
                    {here_form(loaded, open, TakeLead::PATH, "Claim", "Enter")}
                    <span class="meta">"Others will see you are working on it"</span>
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
    words: &'static str,
    key: &'static str,
) -> impl IntoView + use<> {
    let sign = if key == "Enter" { "↵".to_owned() } else { key.to_uppercase() };
    view! {
        <form method="post" action=path>
            {decide::named(loaded, open)}
            <button class="btn" data-key=key data-key-help=words aria-keyshortcuts=key>{words}<kbd>{sign}</kbd></button>
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
        let said = format!("{} rejected this lead {}", rejected.by, loaded.clock.in_sentence(rejected.at));
        let reason = rejected.reason.as_ref().map(|reason| format!(": {reason}"));
        EitherOf3::C(view! { <p>{icon(Icon::Person)}{said}{reason}"."</p> })
    } else if suggested == suggested.agreed() {
        EitherOf3::A(view! { <p>{action_chip(suggested)}{decide::target(open)}</p> })
    } else {
        EitherOf3::B(view! { <p>{verdict::chip(decided.decision())}" No suggestion"</p> })
    };
    view! {
        <section class="suggest" aria-labelledby="s-t">
            <h3 id="s-t" class="sr">"Suggested action"</h3>
            {sentence}
            <p class="quiet">{reason(open, decided)}</p>
            {decide::forms(here, loaded, open, decided, flash).into_any()}
        </section>
    }
}

/// Describes why the lead needs a person.
fn reason(open: &OpenLead, decided: &ExplainedDecision) -> String {
    if open.rejected.is_some() {
        return "It was assigned before. Assign it to someone else with Change, or disqualify it.".to_owned();
    }
    let decision = decided.decision();
    let title = |id: &String| decided.rules.title(id);
    let number =
        |id: &String| decided.rules.rule(id).map_or(String::new(), |(number, _)| format!("rule {number}, "));
    let because: Vec<String> = decision
        .because
        .iter()
        .map(|entry| facts::unknown_reason(entry, &decided.rules.bundle.catalogue))
        .collect();
    let because =
        if because.is_empty() { "a value it needs is unknown".into() } else { because.join(" and ") };
    if let Some(rule) = &decision.held_by {
        return format!("Held: {}{} could not be evaluated: {because}.", number(rule), title(rule));
    }
    let by = match &decision.rule_id {
        Some(rule) => format!("{}{}", number(rule), title(rule)),
        None => "no rule matched, so the default applies".into(),
    };
    match (decision.mode, decision.action) {
        (Mode::Manual, _) => {
            format!(
                "{} was stopped when this lead came in, so nothing was done. Decided by {by}.",
                open.lead.workflow(open.place.workflow.0)
            )
        }
        (_, Action::Assign) => format!("No one in the pool was available. Decided by {by}."),
        (_, Action::Escalate) => format!("Escalated by {by}."),
        _ => format!("Held: {by}."),
    }
}

/// Renders that the lead has left the queue, with any unsaved text.
fn left_queue(loaded: &QueueData, open: &OpenLead, flash: &Flash) -> impl IntoView + use<> {
    let (_, note) = decide::typed_reason(flash);
    let typed = Some(note).filter(|text| !text.trim().is_empty());
    let written = typed.map(|text| {
        view! {
            <label class="label">
                "Your unsaved text"
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
        view! { <a class="btn primary" href=href data-key="Enter" data-key-help="Next lead" aria-keyshortcuts="Enter">"Next lead"<kbd>"↵"</kbd></a> }
    });
    view! {
        <section class="suggest" aria-label="Already decided">
            {written}
            <div class="row">{on}<a class="btn" href=format!("/leads/{}", open.place.lead)>{icon(Icon::Leads)}"Open lead"</a></div>
        </section>
    }
}

/// Renders the keyboard shortcuts.
fn keys(loaded: &QueueData) -> impl IntoView + use<> {
    let key = |keys: &'static [&'static str], words: &'static str| {
        let signs = keys.iter().map(|key| view! { <kbd>{*key}</kbd> }).collect_view();
        view! { <li>{signs}{words}</li> }
    };
    let deciding = loaded.may.then(|| {
        view! {
            {key(&["↵"], "claim")}
            {key(&["A"], "accept")}
            {key(&["C"], "change")}
            {key(&["D"], "disqualify")}
            {key(&["L"], "put back")}
            {key(&["Z"], "undo")}
            {key(&["?"], "all shortcuts")}
        }
    });
    view! { <ul class="keys" aria-label="Keyboard shortcuts">{key(&["J", "K"], "next, previous")}{deciding}</ul> }
}
