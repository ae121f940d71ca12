//! The lead that is open: what is suggested, on what, and what it said.

use engine::action::Action;
use engine::decision::Mode;
use leptos::either::Either;
use leptos::prelude::*;
use store::queue::Gone;
use store::refresh::Topic;

use super::decide;
use super::list::waited;
use super::load::{Open, QueueData};
use crate::actions::queue::{ReleaseLead, TakeLead, gone, left};
use crate::flash::Flash;
use crate::pages::frame::Here;
use crate::pages::lead::decided::Decided;
use crate::pages::lead::{event, facts, inputs, verdict};
use crate::ui::chip::action_chip;
use crate::ui::icon::{Icon, icon};
use crate::ui::note::{Tone, note};
use crate::ui::{refresh, words};
use leptos::server_fn::ServerFn as _;

/// The open lead, and the keys.
pub fn pane(here: &Here, loaded: &QueueData, open: &Open, flash: &Flash) -> impl IntoView + use<> {
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
        (Some(why), _) => left_queue(loaded, open, why, flash).into_any(),
        (None, Some(decided)) => suggest(here, loaded, open, decided, flash).into_any(),
        (None, None) => ().into_any(),
    };
    view! {
        <div class="pane" id="work">
            <article class="work" aria-labelledby="w-t">
                {refresh::part("queue-work", Topic::Queue, view! { {header(loaded, open)}{standing(loaded, open)}{suggested} })}
                {explained}
            </article>
            {keys(loaded)}
        </div>
    }
}

/// Who it is and how to reach them.
fn header(loaded: &QueueData, open: &Open) -> impl IntoView + use<> {
    let lead = &open.lead.lead;
    let (who, _) = open.lead.who();
    let waited = open.since.map(|since| format!("Waiting {}", waited(loaded.clock, since)));
    let mail = lead
        .email
        .as_ref()
        .map(|email| view! { <span><a href=format!("mailto:{email}")>{email.clone()}</a></span> });
    let company = lead.company.clone().filter(|company| *company != who);
    let rest: Vec<String> = [company, lead.domain.clone()].into_iter().flatten().collect();
    let came = open.lead.event.as_ref().map(|event| {
        let at = event.occurred_at.unwrap_or(event.received_at);
        view! { <span>{words::event(&event.kind)}" "{loaded.clock.stamp_said(at)}</span> }
    });
    let workflow = open.lead.workflow(open.place.workflow.0);
    view! {
        <header class="whom">
            <div class="row"><h2 id="w-t">{who}</h2><span class="push meta">{waited}</span></div>
            <p class="row">
                {mail}
                {rest.into_iter().map(|text| view! { <span>{text}</span> }).collect_view()}
                {came}
                <span>{workflow}</span>
                {lead.assignee.as_ref().map(|email| view! { <span>"With "{open.lead.person(email)}</span> })}
                <span><a href=format!("/leads/{}?workflow={}", open.place.lead, open.workflow)>"Open lead"</a></span>
            </p>
        </header>
    }
}

/// Whose the lead is at the moment, and whether its workflow is stopped.
fn standing(loaded: &QueueData, open: &Open) -> impl IntoView + use<> {
    let stop = open.stop.as_ref().map(|stop| {
        let what = stop.workflow.as_ref().map_or("Every workflow is stopped", |_| "This workflow is stopped");
        note(Tone::Warn, view! { <p><strong>{what}". "</strong>{stop.reason.clone()}" Its leads come here until it goes on."</p> })
    });
    let claim = open.claim.as_ref().map(|claim| (claim.person_id == loaded.viewer, claim));
    let held = match claim {
        _ if open.gone.is_some() => None,
        Some((false, claim)) => {
            let text = format!("{} is on it, {}. ", claim.name, left(loaded.clock, claim.until));
            Some(note(Tone::Warn, view! { <p><strong>{text}</strong>"You can read along; the verdict is theirs."</p> }).into_any())
        }
        Some((true, claim)) => Some(
            view! {
                <div class="row held">
                    <span class="tag"><span class="dot" data-a="good"></span>{format!("Yours, {}", left(loaded.clock, claim.until))}</span>
                    {here_form(loaded, open, ReleaseLead::PATH, "Let go", "l")}
                </div>
            }
            .into_any(),
        ),
        None => loaded.may.then(|| {
            view! {
                <div class="row held">
                    {here_form(loaded, open, TakeLead::PATH, "Take it", "Enter")}
                    <span class="meta">"Colleagues see then that you are on it"</span>
                </div>
            }
            .into_any()
        }),
    };
    (stop.is_some() || held.is_some()).then(|| view! { <div class="notes">{stop}{held}</div> })
}

/// A form of one button that names the lead.
fn here_form(
    loaded: &QueueData,
    open: &Open,
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

/// What the rules suggest, why it needs a person, and the verdicts.
fn suggest(
    here: &Here,
    loaded: &QueueData,
    open: &Open,
    decided: &Decided,
    flash: &Flash,
) -> impl IntoView + use<> {
    let suggested = open.suggestion.as_ref().map_or(Action::Hold, |act| act.action);
    let sentence = if suggested == suggested.agreed() {
        Either::Left(view! { <p>{action_chip(suggested)}{decide::target(open)}</p> })
    } else {
        Either::Right(view! { <p>{verdict::chip(decided.decision())}" The rules suggest nothing"</p> })
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

/// Why a person has to look.
fn reason(open: &Open, decided: &Decided) -> String {
    let decision = decided.decision();
    let title = |id: &String| decided.rules.title(id);
    let number =
        |id: &String| decided.rules.rule(id).map_or(String::new(), |(number, _)| format!("rule {number}, "));
    let because: Vec<String> =
        decision.because.iter().map(|entry| facts::because(entry, &decided.rules.bundle.catalogue)).collect();
    let because =
        if because.is_empty() { "something it needs is not known".into() } else { because.join(" and ") };
    if let Some(rule) = &decision.held_by {
        return format!("Held: {}{}, could not be told, since {because}.", number(rule), title(rule));
    }
    let by = match &decision.rule_id {
        Some(rule) => format!("{}{}", number(rule), title(rule)),
        None => "no rule applied, so the safe default did".into(),
    };
    match (decision.mode, decision.action) {
        (Mode::Manual, _) => {
            format!(
                "{} was stopped when it came, so nothing was done. Decided: {by}.",
                open.lead.workflow(open.place.workflow.0)
            )
        }
        (_, Action::Assign) => format!("Nobody of the pool was available. Decided: {by}."),
        (_, Action::Escalate) => format!("Somebody senior should look: {by}."),
        _ => format!("Held: {by}."),
    }
}

/// The lead is not waiting any more; what was written about it is not lost.
fn left_queue(loaded: &QueueData, open: &Open, why: &Gone, flash: &Flash) -> impl IntoView + use<> {
    let typed = flash.values.get("reason").filter(|text| !text.trim().is_empty()).cloned();
    let written = typed.map(|text| {
        view! {
            <label class="label">
                "What you had written"
                <textarea class="field" rows="3" readonly>{text}</textarea>
            </label>
        }
    });
    let on = loaded
        .rows
        .iter()
        .find(|row| row.place() != open.place && row.taken_by.is_none_or(|by| by == loaded.viewer));
    let on = on.map(|row| {
        let href = loaded.shown.href(Some((row.lead_id.into(), &row.workflow)));
        view! { <a class="btn primary" href=href data-key="Enter" data-key-help="Go on with the next" aria-keyshortcuts="Enter">"Go on with the next"<kbd>"↵"</kbd></a> }
    });
    view! {
        <section class="suggest" aria-label="Not waiting any more">
            <p>"This lead does not wait any more."</p>
            <p class="quiet">{gone(why, loaded.clock)}</p>
            {written}
            <div class="row">{on}<a class="btn" href=format!("/leads/{}", open.place.lead)>{icon(Icon::Leads)}"Open lead"</a></div>
        </section>
    }
}

/// What the keys do.
fn keys(loaded: &QueueData) -> impl IntoView + use<> {
    let key = |keys: &'static [&'static str], words: &'static str| {
        let signs = keys.iter().map(|key| view! { <kbd>{*key}</kbd> }).collect_view();
        view! { <li>{signs}{words}</li> }
    };
    let deciding = loaded.may.then(|| {
        view! {
            {key(&["↵"], "take")}
            {key(&["A"], "accept")}
            {key(&["C"], "change")}
            {key(&["D"], "disqualify")}
            {key(&["Esc"], "fold")}
            {key(&["L"], "let go")}
            {key(&["Z"], "take back")}
            {key(&["?"], "all keys")}
        }
    });
    view! { <ul class="keys" aria-label="Keys">{key(&["J", "K"], "next, previous")}{deciding}</ul> }
}
