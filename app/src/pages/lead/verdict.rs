//! The decision in one sentence.

use engine::action::Action;
use engine::decision::{Decision, Mode};
use leptos::either::{Either, EitherOf3};
use leptos::prelude::*;
use serde_json::Value as Json;
use store::queue::{Kind, PastVerdict};

use super::decision::ExplainedDecision;
use super::facts::{self, Fact};
use super::load::LeadData;
use crate::actions::queue::QueueFilter;
use crate::ui::chip::{action_chip, unknown_chip};
use crate::ui::{number, titles, words};

/// Maximum number of facts in the sentence.
const FACTS: usize = 4;

/// Renders what counts for the lead in one sentence, with a line of details below it: a person's verdict if one stands, with
/// the rules' decision beneath, and else that decision.
pub fn verdict(loaded: &LeadData, decided: &ExplainedDecision) -> impl IntoView + use<> {
    let decision = decided.decision();
    let rules = view! { {chip(decision)}{target(loaded, decision)}{reason(decided)}"." };
    let sentence = match loaded.standing_verdict(decision.decision_id) {
        Some(past) => Either::Left(view! {
            <p>{by_person(loaded, decision, past)}</p>
            <p class="row rules-said"><span class="quiet">"Rules:"</span><span>{rules}</span></p>
        }),
        None => Either::Right(view! { <p>{rules}</p> }),
    };
    view! {
        <section class="verdict" aria-label="Decision in one sentence">
            {sentence}
            {particulars(loaded, decided)}
        </section>
    }
}

/// Renders a person's verdict with its reason.
fn by_person(loaded: &LeadData, decision: &Decision, past: &PastVerdict) -> impl IntoView + use<> {
    let action = past.action.parse().unwrap_or(Action::Hold);
    let to = past.assignee.as_ref().map(|email| view! { " to "<b>{loaded.person(email)}</b> });
    let verb = if past.kind == <&str>::from(Kind::Accept) { "accepted" } else { "decided" };
    let verb = format!(", {verb} by ");
    let written = decision.human_overrides.iter().max_by_key(|human| human.at);
    let reason = written
        .filter(|human| {
            past.kind != <&str>::from(Kind::Accept) && human.action == action && !human.reason.is_empty()
        })
        .map(|human| format!(": {}", human.reason.trim_end_matches('.')));
    view! { {action_chip(action)}{to}{verb}<b>{past.by.clone()}</b>" "{loaded.clock.stamp_in_sentence(past.at)}{reason}"." }
}

/// Renders the action. A hold caused by an unknown value is dashed.
pub fn chip(decision: &Decision) -> impl IntoView + use<> {
    match (&decision.held_by, decision.action) {
        (Some(_), Action::Hold) => Either::Left(unknown_chip("Hold")),
        (_, action) => Either::Right(action_chip(action)),
    }
}

/// Returns the reason in a few words, for a folded decision.
pub fn short(loaded: &LeadData, decided: &ExplainedDecision) -> String {
    let decision = decided.decision();
    let title = |id: &String| decided.rules.title(id);
    let reason = match (&decision.rule_id, &decision.held_by) {
        (Some(rule), _) => title(rule),
        (None, Some(rule)) => {
            let why = decision
                .because
                .iter()
                .map(|entry| facts::unknown_reason(entry, &decided.rules.bundle.catalogue));
            format!("“{}” could not be evaluated: {}", title(rule), why.collect::<Vec<_>>().join(", "))
        }
        (None, None) => "no rule applied".into(),
    };
    format!("{}, v{}: {reason}", loaded.workflow(decided.stored.workflow_id.0), decision.rule_version)
}

/// Renders the assignee, pool or stage.
fn target(loaded: &LeadData, decision: &Decision) -> impl IntoView + use<> {
    let text = |name: &str| decision.parameters.get(name).and_then(Json::as_str);
    match (decision.action, text("assignee"), text("pool"), text("stage")) {
        (Action::Assign, Some(email), ..) => EitherOf3::A(view! { " to "<b>{loaded.person(email)}</b> }),
        (Action::Assign, None, Some(pool), _) => {
            EitherOf3::B(view! { " from "<b>{titles::pool(pool)}</b>", but nobody there was available" })
        }
        (Action::Advance, .., Some(stage)) => {
            EitherOf3::A(view! { " to "<b>{words::stage_named(stage)}</b> })
        }
        _ => EitherOf3::C(()),
    }
}

/// Renders the reason.
fn reason(decided: &ExplainedDecision) -> impl IntoView + use<> {
    let decision = decided.decision();
    if let Some(rule) = &decision.held_by {
        let catalogue = &decided.rules.bundle.catalogue;
        let why: Vec<String> =
            decision.because.iter().map(|entry| facts::unknown_reason(entry, catalogue)).collect();
        let why = if why.is_empty() { "something it needs is not known".to_owned() } else { joined(&why) };
        return EitherOf3::A(
            view! { ": not enough information for "<b>{decided.rules.title(rule)}</b>", "{why} },
        );
    }
    let Some(id) = &decision.rule_id else {
        return EitherOf3::B(": no rule applied, so the safe default did");
    };
    let rule = decided
        .explanation
        .as_ref()
        .and_then(|explanation| explanation.rules.iter().find(|rule| rule.id == *id));
    let known = rule.zip(decision.content_snapshot.as_ref());
    let mut told: Vec<Fact> = known
        .map(|(rule, snapshot)| facts::facts(&rule.condition, snapshot, &decided.rules.bundle.catalogue))
        .unwrap_or_default();
    told.truncate(FACTS);
    if told.is_empty() {
        told.push(Fact { before: String::new(), strong: facts::lower(&decided.rules.title(id)) });
    }
    let last = told.len() - 1;
    let told = told.into_iter().enumerate().map(|(n, fact)| {
        let joint = if n == 0 {
            ""
        } else if n == last {
            " and "
        } else {
            ", "
        };
        view! { {joint}{fact.before}<b>{fact.strong}</b> }
    });
    EitherOf3::C(view! { ": "{told.collect_view()} })
}

fn joined(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn particulars(loaded: &LeadData, decided: &ExplainedDecision) -> impl IntoView + use<> {
    let decision = decided.decision();
    let number = decision
        .rule_id
        .as_ref()
        .or(decision.held_by.as_ref())
        .and_then(|id| decided.rules.rule(id))
        .map(|(number, _)| number);
    let by = format!("{} v{}", words::sentence(&decision.rule_set), decision.rule_version);
    let by = number.map_or_else(|| by.clone(), |number| format!("{by}, rule {number}"));
    let workflow =
        Some(loaded.workflow(decided.stored.workflow_id.0)).filter(|title| !by.starts_with(title.as_str()));
    let mode = match (decision.mode, loaded.standing_verdict(decision.decision_id)) {
        (Mode::Live, None) => "Live, no override",
        (mode, _) => words::mode(mode),
    };
    let tags = decision
        .risk_tags
        .iter()
        .map(|tag| view! { <span class="tag">{words::sentence(tag)}</span> })
        .collect_view();
    view! {
        <div class="row">
            {workflow.map(|workflow| view! { <span>{workflow}</span> })}
            <span>{by}</span>
            {decision.confidence.map(|confidence| view! { <span>"Confidence "{number::confidence(confidence)}</span> })}
            <span>{loaded.clock.stamp(decision.as_of)}</span>
            <span>{mode}</span>
            {tags}
            {waits(loaded, decided)}
        </div>
    }
}

/// Renders the lead's current queue or stage, if this is still the latest decision in its workflow.
fn waits(loaded: &LeadData, decided: &ExplainedDecision) -> impl IntoView + use<> {
    let id = decided.decision().decision_id;
    let standing = loaded.lead.workflows.iter().find(|standing| standing.decision_id == id)?;
    match (&standing.queue, &loaded.lead.stage) {
        (Some(queue), _) => {
            let open = (loaded.lead.lead_id, standing.workflow.as_str());
            let href = QueueFilter::default().href(Some(open));
            Some(Either::Left(view! { <a href=href>{format!("Waiting in the {}", words::queue(queue))}</a> }))
        }
        (None, Some(stage)) => {
            Some(Either::Right(view! { <span class="quiet">{words::stage_named(stage)}</span> }))
        }
        (None, None) => None,
    }
}
