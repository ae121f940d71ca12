//! Leads as rows of the CSV export. For an erased person, only the decision remains.

use store::reads::frame::WorkflowName;
use store::reads::leads_list::LeadListRow;

use crate::csv_file::{instant, text};
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
    "Rules' decision",
    "Rule",
    "Rules version",
    "Confidence",
    "Waits in",
    "Waits since",
    "With",
    "Source",
    "Stage",
    "First decided",
    "Decided",
];

/// Formats a lead as a row of the CSV export.
pub fn line(row: LeadListRow, workflows: &[WorkflowName]) -> Vec<String> {
    let workflow = workflows.iter().find(|workflow| workflow.id == row.workflow_id);
    let action =
        |name: &str| name.parse().map_or_else(|_| name.to_owned(), |action| words::action(action).to_owned());
    let erased = if row.erased_at.is_some() { "yes" } else { "" };
    vec![
        row.lead_id.to_string(),
        text(row.name),
        text(row.company),
        text(row.email),
        text(row.external_id),
        erased.to_owned(),
        workflow.map(|workflow| workflow.title.clone()).unwrap_or_default(),
        action(&row.effective_action),
        action(&row.last_action),
        text(row.last_rule_id),
        row.last_rule_version.to_string(),
        row.last_confidence.map(|confidence| confidence.to_string()).unwrap_or_default(),
        row.queue.as_deref().map(|queue| words::queue(queue).to_owned()).unwrap_or_default(),
        instant(row.queued_at),
        text(row.assignee),
        row.source,
        row.stage.as_deref().map(|stage| words::stage_named(stage).to_owned()).unwrap_or_default(),
        instant(Some(row.first_as_of)),
        instant(Some(row.effective_at)),
    ]
}
