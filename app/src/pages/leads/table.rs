//! The rows of the list.

use std::collections::BTreeMap;

use engine::decision::Outcome3;
use leptos::either::{Either, EitherOf3};
use leptos::prelude::*;
use store::reads::frame::WorkflowName;
use store::reads::leads_list::{DecidingRule, LeadListRow};

use super::ById;
use crate::texts::texts;
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
pub fn table<'a>(workflows: &'a [WorkflowName], known: &'a LeadRowContext) -> Table<'a, LeadListRow, String> {
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
    let workflow_column = Column::new("workflow", texts().leads_column_workflow(), "skip-narrow", title);
    let columns = vec![
        Column::new("lead", texts().leads_column_lead(), "", move |row: &LeadListRow| who(row, href(row))),
        Column::new("company", texts().leads_column_company(), "", |row: &LeadListRow| {
            row.company
                .clone()
                .map(|company| view! { <span class="clip" title=company.clone()>{company.clone()}</span> })
        }),
        Column::new("email", texts().leads_column_email(), "", |row: &LeadListRow| row.email.clone())
            .extra()
            .label(texts().leads_column_email()),
        if several { workflow_column } else { workflow_column.extra() },
        Column::new("decision", texts().leads_column_decision(), "first", action),
        Column::new("rule", texts().leads_column_rule(), "wide", rule),
        Column::new("version", texts().leads_column_version(), "num", |row: &LeadListRow| {
            texts().leads_version(row.last_rule_version.to_string())
        })
        .extra()
        .label(texts().leads_column_version()),
        Column::new(
            "confidence",
            texts().leads_column_confidence(),
            "num skip-narrow skip-mid",
            |row: &LeadListRow| row.last_confidence.map(number::confidence),
        ),
        Column::new("source", texts().leads_column_source(), "", |row: &LeadListRow| {
            words::sentence(&row.source)
        })
        .extra()
        .label(texts().leads_column_source()),
        Column::new("with", texts().leads_column_assigned_to(), "", |row: &LeadListRow| waits(row, known)),
        Column::new("stage", texts().leads_column_stage(), "", |row: &LeadListRow| {
            row.stage.as_deref().map(words::stage_named)
        }),
        Column::new("first", texts().leads_column_first(), "num quiet", move |row: &LeadListRow| {
            clock.relative(row.first_as_of)
        })
        .extra()
        .sort("first")
        .label(texts().leads_column_first()),
        Column::new("decided", texts().leads_column_decided(), "num quiet", move |row: &LeadListRow| {
            clock.relative(row.effective_at)
        })
        .sort("decided"),
    ];
    Table { caption: texts().leads_caption(), class: "leads", columns, choose: None }
}

/// Renders the action that counts and, if a person decided it, what the rules had decided.
fn decision(row: &LeadListRow) -> impl IntoView + use<> {
    let rules = (row.effective_id != row.last_decision_id)
        .then(|| row.last_action.parse().ok())
        .flatten()
        .map(|action| view! { <small class="quiet">{texts().leads_rules_decided(words::action(action))}</small> });
    view! { {row.effective_action.parse().ok().map(action_chip)}{rules} }
}

/// Renders the name and, since the company has its own column, the e-mail address; or the source's ID if nothing else is known.
fn who(row: &LeadListRow, href: String) -> impl IntoView + use<> {
    if row.erased_at.is_some() {
        return Either::Left(
            view! { <a class="who quiet" href=href><b class="pair">{icon(Icon::Eraser)}{texts().leads_erased()}</b></a> },
        );
    }
    let (first, rest) = words::lead(row.name.as_ref(), None, row.email.as_ref(), row.external_id.as_deref());
    Either::Right(view! { <a class="who" href=href><b>{first}</b>" "<span>{rest}</span></a> })
}

fn rule(row: &LeadListRow, rule: Option<&DecidingRule>) -> impl IntoView + use<> {
    let title = |rule: &DecidingRule| rule.name.clone().unwrap_or_else(|| rule.rule_id.clone());
    match (rule, &row.last_rule_id) {
        (Some(rule), _) if rule.held => {
            let said = texts().leads_held_by();
            EitherOf3::A(view! {
                <span class="pair" title=texts().leads_held_about()>
                    {truth(ConditionResult::Told(Outcome3::Unknown))}<span class="sr">": "{said.s0}</span>
                    <span class="clip tone" data-a="unknown">{title(rule)}</span><span class="sr">{said.s1}</span>
                </span>
            })
        }
        (Some(rule), _) => EitherOf3::B(title(rule)),
        (None, Some(id)) => EitherOf3::B(id.clone()),
        (None, None) => EitherOf3::C(view! { <span class="quiet">{texts().leads_no_rule()}</span> }),
    }
}

/// Renders the queue rather than the assignee: a lead that waits for a person matters more.
fn waits(row: &LeadListRow, known: &LeadRowContext) -> impl IntoView + use<> {
    match (&row.queue, &row.assignee) {
        (Some(queue), _) => {
            let since = row.queued_at.map(|at| texts().leads_since(known.clock.full(at)));
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
