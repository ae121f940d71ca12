//! The audit log as a file.

use leptos_router::params::ParamsMap;
use store::Store;
use store::reads::audit_log::{AuditEntry, audit_log};
use store::reads::frame::names_of_actors;

use super::{Batch, instant};
use crate::error::Result;
use crate::pages::control::audit_log::{Asked, NAMES, PATH};
use crate::ui::filters::Address;
use crate::ui::words;

pub const HEAD: &[&str] =
    &["Id", "When", "Who", "Actor", "Roles", "What", "Action", "To what", "Lead id", "Details", "Request"];

pub struct Audit(Asked);

impl Audit {
    /// The log that a query asks for, from its first entry, and the names of its filters.
    pub fn read(params: &ParamsMap) -> (Self, Vec<&'static str>) {
        let address = Address::of_list(PATH, params, &NAMES).start();
        let filters = address.names();
        (Self(Asked::read(address)), filters)
    }

    pub async fn next(&mut self, store: &Store, limit: usize) -> Result<Batch> {
        let Asked { filter, sorted, cursor, .. } = &mut self.0;
        let page = audit_log(store, filter, sorted.order, *cursor, limit).await?;
        let on = page.beside.on(sorted.order);
        *cursor = on.unwrap_or_default();
        let who: Vec<String> = page.entries.iter().map(|entry| entry.actor.clone()).collect();
        let names = names_of_actors(store, &who).await?;
        let line = |entry: AuditEntry| {
            vec![
                entry.id.to_string(),
                instant(Some(entry.at)),
                words::sentence(&words::actor(&entry.actor, &names)),
                entry.actor,
                entry.roles.join(" "),
                words::act(&entry.action).clone(),
                entry.action,
                entry.subject,
                entry.lead_id.map(|id| id.to_string()).unwrap_or_default(),
                entry.detail.map(|detail| detail.to_string()).unwrap_or_default(),
                entry.request_id,
            ]
        };
        Ok((page.entries.into_iter().map(line).collect(), on.is_some()))
    }
}
