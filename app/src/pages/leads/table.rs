//! The rows of the list.

use std::collections::BTreeMap;

use engine::decision::Outcome3;
use leptos::either::{Either, EitherOf3};
use leptos::prelude::*;
use store::reads::frame::WorkflowName;
use store::reads::leads_list::{DecidingRule, LeadListRow};

use super::ById;
use crate::ui::chip::{ConditionResult, action_chip, truth};
use crate::ui::clock::Clock;
use crate::ui::icon::{Icon, icon};
use crate::ui::table::{Column, Table};
use crate::ui::{number, words};

/// Names used in the rows.
pub struct LeadRowContext {
    /// The rules of the decisions.
    pub rules: ById<DecidingRule>,
    /// Names of people by e-mail address.
    pub people: BTreeMap<String, String>,
    /// The current time and the viewer's time zone.
    pub clock: Clock,
}

/// Builds the table of leads.
pub fn table<'a>(workflows: &'a [WorkflowName], known: &'a LeadRowContext) -> Table<'a, LeadListRow> {
    let clock = known.clock;
    let several = workflows.len() > 1;
    let workflow = |row: &LeadListRow| workflows.iter().find(|workflow| workflow.id == row.workflow_id);
    let href = move |row: &LeadListRow| match workflow(row) {
        Some(workflow) if several => format!("/leads/{}?workflow={}", row.lead_id, workflow.name),
        _ => format!("/leads/{}", row.lead_id),
    };
    let title = move |row: &LeadListRow| workflow(row).map(|workflow| workflow.title.clone());
    let action = |row: &LeadListRow| decision(row);
    let rule = |row: &LeadListRow| rule(row, known.rules.get(&row.last_decision_id));
    let workflow_column = Column::new("workflow", "Workflow", "skip-narrow", title);
    let columns = vec![
        Column::new("lead", "Lead", "", move |row: &LeadListRow| who(row, href(row))),
        Column::new("company", "Company", "", |row: &LeadListRow| {
            row.company
                .clone()
                .map(|company| view! { <span class="clip" title=company.clone()>{company.clone()}</span> })
        }),
        Column::new("email", "E-mail", "", |row: &LeadListRow| row.email.clone()).extra().label("E-mail"),
        if several { workflow_column } else { workflow_column.extra() },
        Column::new("decision", "Decision", "first", action),
        Column::new("rule", "By rule", "wide", rule),
        Column::new("version", "Rules", "num", |row: &LeadListRow| format!("v{}", row.last_rule_version))
            .extra()
            .label("Rules"),
        Column::new("confidence", "Confidence", "num skip-narrow skip-mid", |row: &LeadListRow| {
            row.last_confidence.map(number::confidence)
        }),
        Column::new("source", "Source", "", |row: &LeadListRow| words::sentence(&row.source))
            .extra()
            .label("Source"),
        Column::new("with", "With", "", |row: &LeadListRow| waits(row, known)),
        Column::new("stage", "Stage", "", |row: &LeadListRow| row.stage.as_deref().map(words::stage_named)),
        Column::new("first", "First decided", "num quiet", move |row: &LeadListRow| {
            clock.relative(row.first_as_of)
        })
        .extra()
        .sort("first")
        .label("First"),
        Column::new("decided", "Decided", "num quiet", move |row: &LeadListRow| {
            clock.relative(row.effective_at)
        })
        .sort("decided"),
    ];
    Table { caption: "Leads and the decision about each", class: "leads", columns, choose: None }
}

/// Renders the action that counts and, if a person decided it, what the rules had decided.
fn decision(row: &LeadListRow) -> impl IntoView + use<> {
    let rules = (row.effective_id != row.last_decision_id)
        .then(|| row.last_action.parse().ok())
        .flatten()
        .map(|action| view! { <small class="quiet">{format!("Rules: {}", words::action(action))}</small> });
    view! { {row.effective_action.parse().ok().map(action_chip)}{rules} }
}

/// Renders the name and, since the company has its own column, the e-mail address; or the source's ID if nothing else is known.
fn who(row: &LeadListRow, href: String) -> impl IntoView + use<> {
    if row.erased_at.is_some() {
        return Either::Left(
            view! { <a class="who quiet" href=href><b class="pair">{icon(Icon::Eraser)}"Erased person"</b></a> },
        );
    }
    let (first, rest) = words::lead(row.name.as_ref(), None, row.email.as_ref(), row.external_id.as_deref());
    Either::Right(view! { <a class="who" href=href><b>{first}</b>" "<span>{rest}</span></a> })
}

fn rule(row: &LeadListRow, rule: Option<&DecidingRule>) -> impl IntoView + use<> {
    let title = |rule: &DecidingRule| rule.name.clone().unwrap_or_else(|| rule.rule_id.clone());
    match (rule, &row.last_rule_id) {
        (Some(rule), _) if rule.held => EitherOf3::A(view! {
            <span class="pair" title="Not enough information for this rule: the scan stopped here">
                {truth(ConditionResult::Told(Outcome3::Unknown))}<span class="sr">": not enough information for "</span>
                <span class="clip tone" data-a="unknown">{title(rule)}</span>
            </span>
        }),
        (Some(rule), _) => EitherOf3::B(title(rule)),
        (None, Some(id)) => EitherOf3::B(id.clone()),
        (None, None) => EitherOf3::C(view! { <span class="quiet">"No rule, by default"</span> }),
    }
}

/// Renders the queue rather than the assignee: a lead that waits for a person matters more.
fn waits(row: &LeadListRow, known: &LeadRowContext) -> impl IntoView + use<> {
    match (&row.queue, &row.assignee) {
        (Some(queue), _) => {
            let since = row.queued_at.map(|at| format!("Since {}", known.clock.full(at)));
            Some(
                view! { <span class="pair" title=since>{icon(Icon::Inbox)}{words::queue(queue).to_owned()}</span> },
            )
        }
        (None, Some(email)) => {
            let name = known.people.get(email).unwrap_or(email).clone();
            Some(view! { <span class="pair" title=Some(email.clone())>{icon(Icon::Person)}{name}</span> })
        }
        (None, None) => None,
    }
}
