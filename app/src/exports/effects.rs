//! Unfinished actions as a file.

use leptos_router::params::ParamsMap;
use store::Store;
use store::sync::unfinished::Unfinished;
use store::sync::{destinations, unfinished};

use super::{Batch, instant, text};
use crate::error::Result;
use crate::pages::sync::effects_filter::{Asked, NAMES, PATH};
use crate::ui::filters::Address;
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
    "Due",
    "Expires",
    "Decided",
];

pub struct Effects(Asked);

impl Effects {
    /// The list that a query asks for, from its first row, and the names of its filters.
    pub async fn read(store: &Store, params: &ParamsMap) -> Result<(Self, Vec<&'static str>)> {
        let address = Address::of_list(PATH, params, &NAMES).start();
        let filters = address.names();
        Ok((Self(Asked::read(address, &destinations(store).await?)), filters))
    }

    pub async fn next(&mut self, store: &Store, limit: usize) -> Result<Batch> {
        let Asked { filter, sorted, cursor, .. } = &mut self.0;
        let page = unfinished(store, filter, sorted.order, *cursor, limit).await?;
        let on = page.beside.on(sorted.order);
        *cursor = on.unwrap_or_default();
        Ok((page.rows.into_iter().map(line).collect(), on.is_some()))
    }
}

fn line(row: Unfinished) -> Vec<String> {
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
        instant(Some(row.due_at)),
        instant(row.expires_at),
        instant(Some(row.created_at)),
    ]
}
