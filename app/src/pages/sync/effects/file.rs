//! Unfinished effects as rows of the CSV export.

use store::sync::UnfinishedEffect;

use crate::csv_file::{instant, text};
use crate::ui::words;

pub const HEAD: &[&str] = &[
    "Action id",
    "Lead id",
    "Name",
    "Company",
    "E-mail",
    "External id",
    "Action",
    "To",
    "State",
    "Attempts",
    "Last error",
    "Answer",
    "Due",
    "Expires",
    "Decided",
];

/// Formats an effect as a row of the CSV export.
pub fn line(row: UnfinishedEffect) -> Vec<String> {
    vec![
        row.effect_id.to_string(),
        row.lead_id.to_string(),
        text(row.name),
        text(row.company),
        text(row.email),
        text(row.external_id),
        words::effect(&row.kind).to_owned(),
        row.destination,
        words::unfinished(row.state).to_owned(),
        row.attempts.to_string(),
        text(row.last_error),
        text(row.answer),
        instant(Some(row.due_at)),
        instant(row.expires_at),
        instant(Some(row.created_at)),
    ]
}
