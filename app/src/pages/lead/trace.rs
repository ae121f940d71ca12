//! The rules in evaluation order, with their results.

use std::collections::BTreeSet;

use engine::action::Action;
use engine::decision::Outcome3;
use engine::rules::explain::{ConditionKind, ExplainedCondition, ExplainedRule, RuleState};
use leptos::either::Either;
use leptos::prelude::*;

use super::decision::ExplainedDecision;
use crate::texts::{Texts, texts};
use crate::ui::chip::{ConditionResult, action_chip, truth, unknown_chip};
use crate::ui::note::{Tone, note};
use crate::ui::{number, series, words};

/// Renders the rules with their heading and legend.
pub fn section(decided: &ExplainedDecision) -> impl IntoView + use<> {
    let key = |outcome: Outcome3, word: String| view! { <span class="pair">{truth(ConditionResult::Told(outcome))}{word}</span> };
    view! {
        <div class="sec-head">
            <h2 id="h-why">{texts().lead_trace()}</h2>
            <span class="push row meta" aria-hidden="true">
                {key(Outcome3::True, texts().lead_trace_true())}{key(Outcome3::False, texts().lead_trace_false())}{key(Outcome3::Unknown, texts().lead_trace_unknown())}
            </span>
        </div>
        {trace(decided).into_any()}
    }
}

/// Renders the rules of a decision. The decisive ones are unfolded.
pub fn trace(decided: &ExplainedDecision) -> impl IntoView + use<> {
    let Some(explanation) = &decided.explanation else { return Either::Left(logged(decided)) };
    let decision = decided.decision();
    let differs = (!decided.is_true_to_log()).then(|| {
        note(
            Tone::Bad,
            view! { <p><strong>{texts().lead_trace_differs()}</strong>" "{texts().lead_trace_differs_about()}</p> },
        )
    });
    let held = decision.held_by.is_some();
    let is_default = explanation.is_default && !held;
    let rules =
        explanation.rules.iter().enumerate().map(|(index, rule)| line(index, rule, decided)).collect_view();
    let otherwise = if is_default {
        Either::Left(view! {
            <li class="last" data-fired data-a=words::action_tone(decision.action)>
                <span class="num"></span>{truth(ConditionResult::Told(Outcome3::True))}<b>{texts().lead_trace_default()}</b>{action_chip(decision.action)}
                <p class="why">{texts().lead_trace_default_applies()}</p>
            </li>
        })
    } else {
        let text = texts().lead_trace_default_action(words::action(explanation.default));
        let said = if held { texts().lead_trace_default_held() } else { texts().lead_trace_not_reached() };
        Either::Right(view! {
            <li data-skipped>
                <span class="num"></span>{truth(ConditionResult::NotReached)}<span>{text}</span><span class="meta">{said}</span>
            </li>
        })
    };
    Either::Right(view! { {differs}{passed_over(decided)}<ol class="trace">{rules}{otherwise}</ol> })
}

/// Renders the rules that were switched off or muted at the time of the decision.
fn passed_over(decided: &ExplainedDecision) -> impl IntoView + use<> {
    let conditions = &decided.decision().conditions;
    let line = |rules: &BTreeSet<String>, text: fn(&Texts, String) -> String| {
        let titles = series::list(rules.iter().map(|rule| decided.rules.title(rule)));
        (!rules.is_empty()).then(|| view! { <p class="note-line">{text(texts(), titles)}</p> })
    };
    let off = line(&conditions.rules_off, Texts::lead_trace_off);
    let muted = line(&conditions.muted, Texts::lead_trace_muted);
    view! { {off}{muted} }
}

fn line(index: usize, rule: &ExplainedRule, decided: &ExplainedDecision) -> impl IntoView + use<> {
    let decision = decided.decision();
    let fired = decision.rule_id.as_ref() == Some(&rule.id);
    let held = decision.held_by.as_ref() == Some(&rule.id);
    let skipped = rule.state == RuleState::NotReached;
    let title = rule.name.clone().unwrap_or_else(|| rule.id.clone());
    let name = if fired || held {
        Either::Left(view! { <b>{title}</b> })
    } else {
        Either::Right(view! { <span>{title}</span> })
    };
    let tone = match rule.action {
        _ if held => Some("unknown"),
        Some(action) if fired => Some(words::action_tone(action)),
        _ => None,
    };
    // A rule that is false despite an unknown value deserves attention, so it starts unfolded.
    let hangs = fired || held;
    let is_open = hangs || (!skipped && rule.why.is_some());
    view! {
        <li data-fired=hangs data-skipped=skipped data-a=tone>
            <details open=is_open>
                <summary>
                    <span class="num">{index + 1}</span>
                    {truth(truth_of(rule.state))}
                    {name}
                    {end(rule, held)}
                </summary>
                <ul class="atoms">{pieces(&rule.condition)}</ul>
                {rule.why.clone().map(|why| view! { <p class="why">{spoken(&why)}</p> })}
                {held.then(|| view! { <p class="why">{texts().lead_trace_stops()}</p> })}
            </details>
        </li>
    }
}

/// Renders the action of the rule, or that the evaluation never reached it.
fn end(rule: &ExplainedRule, held: bool) -> impl IntoView + use<> {
    let does = |action: Option<Action>| match action {
        Some(action) => Either::Left(action_chip(action)),
        None => Either::Right(view! { <span class="tag">{series::list(rule.tags.iter().cloned())}</span> }),
    };
    if held {
        return Either::Left(Either::Left(unknown_chip(texts().lead_trace_held())));
    }
    if rule.state == RuleState::NotReached {
        return Either::Left(Either::Right(
            view! { <span class="meta">{texts().lead_trace_not_reached()}</span> },
        ));
    }
    Either::Right(does(rule.action))
}

/// Renders the operands of the outermost condition; an atom is its only operand.
fn pieces(condition: &ExplainedCondition) -> AnyView {
    match condition.kind {
        ConditionKind::And => condition.children.iter().map(piece).collect_view().into_any(),
        _ => piece(condition).into_any(),
    }
}

fn piece(piece_of: &ExplainedCondition) -> AnyView {
    let sign = truth(ConditionResult::Told(piece_of.state));
    let joint = match piece_of.kind {
        ConditionKind::Atom => {
            let note = piece_of.note.as_deref().map(noted);
            return view! { <li>{sign}<code>{piece_of.text.clone()}</code><span class="quiet">{note}</span></li> }.into_any();
        }
        ConditionKind::And => texts().lead_trace_all(),
        ConditionKind::Or => texts().lead_trace_any(),
        ConditionKind::Not => texts().lead_trace_not(),
    };
    let children = piece_of.children.iter().map(piece).collect_view();
    view! { <li>{sign}<span>{joint}</span><span></span><ul class="atoms">{children}</ul></li> }.into_any()
}

/// Formats a note for people: `yes` for `true`, and `1,200 employees` for `1200 employees`.
fn noted(note: &str) -> String {
    let (first, rest) = note.split_once(' ').unwrap_or((note, ""));
    match (note, first.parse::<f64>()) {
        ("true", _) => texts().lead_trace_yes(),
        ("false", _) => texts().lead_trace_no(),
        // A comparison keeps both numbers unformatted.
        (_, Ok(figure)) if !rest.starts_with(['<', '>', '=']) => {
            format!("{} {rest}", number::decimal(figure, 4)).trim_end().to_owned()
        }
        _ => note.to_owned(),
    }
}

/// Renders a sentence, with text in backticks as code.
fn spoken(sentence: &str) -> impl IntoView + use<> {
    sentence
        .split('`')
        .enumerate()
        .map(|(n, part)| {
            if n % 2 == 1 {
                Either::Left(view! { <code>{part.to_owned()}</code> })
            } else {
                Either::Right(part.to_owned())
            }
        })
        .collect_view()
}

fn truth_of(state: RuleState) -> ConditionResult {
    match state {
        RuleState::True => ConditionResult::Told(Outcome3::True),
        RuleState::False => ConditionResult::Told(Outcome3::False),
        RuleState::Unknown => ConditionResult::Told(Outcome3::Unknown),
        RuleState::Error => ConditionResult::Told(Outcome3::Error),
        RuleState::NotReached => ConditionResult::NotReached,
    }
}

/// Renders the logged result of each rule, for decisions whose inputs are erased.
fn logged(decided: &ExplainedDecision) -> impl IntoView + use<> {
    let decision = decided.decision();
    let entries = decision.trace.iter().map(|entry| {
        let (number, name) = (
            decided.rules.rule(&entry.rule_id).map(|(number, _)| number),
            decided.rules.title(&entry.rule_id),
        );
        let fired = decision.rule_id.as_ref() == Some(&entry.rule_id);
        let held = decision.held_by.as_ref() == Some(&entry.rule_id);
        let tone = if held { "unknown" } else { words::action_tone(decision.action) };
        let end = if fired {
            Either::Left(action_chip(decision.action))
        } else {
            Either::Right(view! { <span class="meta">{words::outcome3(entry.result).to_lowercase()}</span> })
        };
        let hangs = fired || held;
        view! {
            <li class="last" data-fired=hangs data-a=hangs.then_some(tone)>
                <span class="num">{number}</span>{truth(ConditionResult::Told(entry.result))}<span>{name}</span>{end}
            </li>
        }
    });
    view! { <ol class="trace">{entries.collect_view()}</ol> }
}
