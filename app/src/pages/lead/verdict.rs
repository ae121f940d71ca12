//! The decision in one sentence.

use engine::action::Action;
use engine::decision::{Decision, Mode};
use leptos::either::Either;
use leptos::prelude::*;
use serde_json::Value as Json;
use store::queue::{Kind, PastVerdict};

use super::decision::ExplainedDecision;
use super::facts::{self, Fact};
use super::load::LeadData;
use crate::actions::queue::QueueFilter;
use crate::texts::{part, texts};
use crate::ui::chip::{action_chip, unknown_chip};
use crate::ui::{number, series, titles, words};

/// Maximum number of facts in the sentence.
const FACTS: usize = 4;

/// Renders what counts for the lead in one sentence, with a line of details below it: a person's verdict if one stands, with
/// the rules' decision beneath, and else that decision.
pub fn verdict(loaded: &LeadData, decided: &ExplainedDecision) -> impl IntoView + use<> {
    let decision = decided.decision();
    let rules = because(loaded, decided);
    let sentence = match loaded.standing_verdict(decision.decision_id) {
        Some(past) => Either::Left(view! {
            <p>{by_person(loaded, decision, past)}</p>
            <p class="row rules-said"><span class="quiet">{texts().lead_rules()}</span><span>{rules}</span></p>
        }),
        None => Either::Right(view! { <p>{rules}</p> }),
    };
    view! {
        <section class="verdict" aria-label=texts().lead_decision()>
            {sentence}
            {particulars(loaded, decided)}
        </section>
    }
}

/// Renders a person's verdict with its reason.
fn by_person(loaded: &LeadData, decision: &Decision, past: &PastVerdict) -> impl IntoView + use<> {
    let action = past.action.parse().unwrap_or(Action::Hold);
    let decided = match &past.assignee {
        Some(email) => action_to(action_chip(action), loaded.person(email)),
        None => action_chip(action).into_any(),
    };
    let is_accepted = past.kind == <&str>::from(Kind::Accept);
    let written = decision.human_overrides.iter().max_by_key(|human| human.at);
    let reason = written
        .filter(|human| !is_accepted && human.action == action && !human.reason.is_empty())
        .map(|human| human.reason.trim_end_matches('.'));
    let (start, by, at, end) = match reason {
        _ if is_accepted => {
            let said = texts().lead_accepted_by();
            (part(said.s0), part(said.s1), part(said.s2), part(said.s3))
        }
        Some(reason) => {
            let said = texts().lead_decided_by_because(reason);
            (part(said.s0), part(said.s1), part(said.s2), part(said.s3))
        }
        None => {
            let said = texts().lead_decided_by();
            (part(said.s0), part(said.s1), part(said.s2), part(said.s3))
        }
    };
    view! { {start}{decided}{by}<b>{past.by.clone()}</b>{at}{loaded.clock.stamp_in_sentence(past.at)}{end} }
}

/// Renders an action with its assignee or stage.
fn action_to(action: impl IntoView + 'static, target: String) -> AnyView {
    let said = texts().lead_action_to();
    view! { {part(said.s0)}{action}{part(said.s1)}<b>{target}</b>{part(said.s2)} }.into_any()
}

/// Renders the action. A hold caused by an unknown value is dashed.
pub fn chip(decision: &Decision) -> impl IntoView + use<> {
    match (&decision.held_by, decision.action) {
        (Some(_), Action::Hold) => Either::Left(unknown_chip(texts().lead_hold())),
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
            texts().lead_short_held(title(rule), series::list(why))
        }
        (None, None) => texts().lead_short_default(),
    };
    let workflow = loaded.workflow(decided.stored.workflow_id.0);
    texts().lead_short(workflow, decision.rule_version.to_string(), reason)
}

/// Renders the action with its assignee, pool or stage.
fn target(loaded: &LeadData, decision: &Decision) -> AnyView {
    let text = |name: &str| decision.parameters.get(name).and_then(Json::as_str);
    match (decision.action, text("assignee"), text("pool"), text("stage")) {
        (Action::Assign, Some(email), ..) => action_to(chip(decision), loaded.person(email)),
        (Action::Assign, None, Some(pool), _) => {
            let said = texts().lead_action_to_pool();
            view! { {part(said.s0)}{chip(decision)}{part(said.s1)}<b>{titles::pool(pool)}</b>{part(said.s2)} }
                .into_any()
        }
        (Action::Advance, .., Some(stage)) => action_to(chip(decision), words::stage_named(stage)),
        _ => chip(decision).into_any(),
    }
}

/// Renders the rules' decision with its reason.
fn because(loaded: &LeadData, decided: &ExplainedDecision) -> AnyView {
    let decision = decided.decision();
    let action = target(loaded, decision);
    if let Some(rule) = &decision.held_by {
        let catalogue = &decided.rules.bundle.catalogue;
        let why: Vec<String> =
            decision.because.iter().map(|entry| facts::unknown_reason(entry, catalogue)).collect();
        let why = if why.is_empty() { texts().lead_held_unknown() } else { series::all_of(&why) };
        let said = texts().lead_decided_held(why);
        return view! { {part(said.s0)}{action}{part(said.s1)}<b>{decided.rules.title(rule)}</b>{part(said.s2)} }.into_any();
    }
    let Some(id) = &decision.rule_id else {
        let said = texts().lead_decided_default();
        return view! { {part(said.s0)}{action}{part(said.s1)} }.into_any();
    };
    let rule = decided
        .explanation
        .as_ref()
        .and_then(|explanation| explanation.rules.iter().find(|rule| rule.id == *id));
    let known = rule.zip(decision.content_snapshot.as_ref());
    let mut facts: Vec<Fact> = known
        .map(|(rule, snapshot)| facts::facts(&rule.condition, snapshot, &decided.rules.bundle.catalogue))
        .unwrap_or_default();
    facts.truncate(FACTS);
    if facts.is_empty() {
        facts.push(Fact::of(facts::lower(&decided.rules.title(id))));
    }
    let said = texts().lead_decided_because();
    view! { {part(said.s0)}{action}{part(said.s1)}{joined(facts)}{part(said.s2)} }.into_any()
}

/// Renders facts as one phrase.
fn joined(facts: Vec<Fact>) -> Option<AnyView> {
    let last = facts.len() - 1;
    let fact = |fact: Fact| view! { {fact.before}<b>{fact.strong}</b>{fact.after} }.into_any();
    let facts = facts.into_iter().map(fact).enumerate();
    let joined = facts.reduce(|(_, items), (n, next)| {
        let (start, joint, end) = if n == last {
            let said = texts().lead_facts_and();
            (part(said.s0), part(said.s1), part(said.s2))
        } else {
            let said = texts().lead_facts_next();
            (part(said.s0), part(said.s1), part(said.s2))
        };
        (n, view! { {start}{items}{joint}{next}{end} }.into_any())
    });
    joined.map(|(_, phrase)| phrase)
}

fn particulars(loaded: &LeadData, decided: &ExplainedDecision) -> impl IntoView + use<> {
    let decision = decided.decision();
    let number = decision
        .rule_id
        .as_ref()
        .or(decision.held_by.as_ref())
        .and_then(|id| decided.rules.rule(id))
        .map(|(number, _)| number);
    let (rules, version) = (words::sentence(&decision.rule_set), decision.rule_version.to_string());
    let by = match number {
        Some(number) => texts().lead_rule_of_set(rules, version, number.to_string()),
        None => texts().lead_rule_set(rules, version),
    };
    let workflow =
        Some(loaded.workflow(decided.stored.workflow_id.0)).filter(|title| !by.starts_with(title.as_str()));
    let mode = match (decision.mode, loaded.standing_verdict(decision.decision_id)) {
        (Mode::Live, None) => texts().lead_live(),
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
            {decision.confidence.map(|confidence| view! { <span>{texts().lead_confidence(number::confidence(confidence))}</span> })}
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
            let text = match queue.as_str() {
                "manual" => texts().lead_waiting_manual(),
                _ => texts().lead_waiting_sdr(),
            };
            Some(Either::Left(view! { <a href=href>{text}</a> }))
        }
        (None, Some(stage)) => {
            Some(Either::Right(view! { <span class="quiet">{words::stage_named(stage)}</span> }))
        }
        (None, None) => None,
    }
}
