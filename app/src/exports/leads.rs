//! Leads as a file. Of a person who was erased nothing is left but what was decided.

use leptos_router::params::ParamsMap;
use store::Store;
use store::reads::frame::{WorkflowName, workflow_names};
use store::reads::leads_list::{self, Cursor, Row};

use super::{Batch, instant, text};
use crate::error::Result;
use crate::pages::leads::filter::{Asked, NAMES};
use crate::ui::clock::Clock;
use crate::ui::filters::Address;
use crate::ui::words;

pub const HEAD: &[&str] = &[
    "Lead id",
    "Name",
    "Company",
    "E-mail",
    "External id",
    "Erased",
    "Workflow",
    "Decision",
    "Rule",
    "Rules version",
    "Confidence",
    "Waits in",
    "Waits since",
    "With",
    "Stage",
    "First decided",
    "Decided",
];

pub struct Leads {
    asked: Asked,
    workflows: Vec<WorkflowName>,
}

impl Leads {
    /// The list that a query asks for, from its first row, and the names of its filters.
    pub async fn read(store: &Store, params: &ParamsMap, clock: Clock) -> Result<(Self, Vec<&'static str>)> {
        let workflows = workflow_names(store).await?;
        let address = Address::of_list("/leads", params, &NAMES).start();
        let filters = address.names();
        Ok((Self { asked: Asked::read(address, clock, &workflows), workflows }, filters))
    }

    pub async fn next(&mut self, store: &Store, limit: usize) -> Result<Batch> {
        let Asked { filter, sort, cursor, .. } = &mut self.asked;
        let page = leads_list::page(store, filter, *sort, *cursor, limit).await?;
        let on: Option<Cursor> = page.beside.on(sort.order);
        *cursor = on.unwrap_or_default();
        Ok((page.rows.into_iter().map(|row| line(row, &self.workflows)).collect(), on.is_some()))
    }
}

fn line(row: Row, workflows: &[WorkflowName]) -> Vec<String> {
    let workflow = workflows.iter().find(|workflow| workflow.id == row.workflow_id);
    let erased = if row.erased_at.is_some() { "yes" } else { "" };
    vec![
        row.lead_id.to_string(),
        text(row.name),
        text(row.company),
        text(row.email),
        text(row.external_id),
        erased.to_owned(),
        workflow.map(|workflow| workflow.title.clone()).unwrap_or_default(),
        row.last_action
            .parse()
            .map_or_else(|_| row.last_action.clone(), |action| words::action(action).to_owned()),
        text(row.last_rule_id),
        row.last_rule_version.to_string(),
        row.last_confidence.map(|confidence| confidence.to_string()).unwrap_or_default(),
        row.queue.as_deref().map(|queue| words::queue(queue).to_owned()).unwrap_or_default(),
        instant(row.queued_at),
        text(row.assignee),
        row.stage.as_deref().map(|stage| words::stage_named(stage).to_owned()).unwrap_or_default(),
        instant(Some(row.first_as_of)),
        instant(Some(row.last_as_of)),
    ]
}
