//! Finished actions as rows of the CSV export.

use store::sync::history::FinishedEffect;

use super::{hex, label};
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
    "Result",
    "Attempts",
    "Status",
    "Idempotency key",
    "Expires",
    "Decided",
    "Finished",
];

/// Formats an action as a row of the CSV export.
pub fn line(row: FinishedEffect) -> Vec<String> {
    vec![
        row.effect_id.to_string(),
        row.lead_id.to_string(),
        text(row.name),
        text(row.company),
        text(row.email),
        text(row.external_id),
        words::effect(&row.kind),
        row.destination,
        label(row.state).1,
        row.attempts.to_string(),
        row.status.map(|status| status.to_string()).unwrap_or_default(),
        hex(&row.effect_key),
        instant(row.expires_at),
        instant(Some(row.created_at)),
        instant(Some(row.finished_at)),
    ]
}
