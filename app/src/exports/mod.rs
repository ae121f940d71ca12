//! Lists as files: the rows that a list shows with its filters, as CSV (RFC 4180), read in batches by keyset so that
//! neither memory nor a statement grows with the list.

mod audit;
pub mod charts;
mod effects;
mod leads;
mod people;
pub mod rejects;

use serde_json::json;
use store::Store;

use crate::actions;
use crate::context::Request;
use crate::csv_file::{self, MAX_ROWS};
use crate::error::{Error, Result};
use crate::ui::clock::Clock;

/// Rows read at a time.
const BATCH: usize = 1_000;
/// Batches read at most: a search that finds next to nothing ends too.
const BATCHES: usize = 2_000;

/// The lists that are had as files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// Leads and the last decision about each.
    Leads,
    /// Actions that are not finished.
    Effects,
    /// Who did what.
    Audit,
    /// Who signs in.
    People,
}

/// A file's address, the page it is of, and what the file is called.
pub const LISTS: [(List, &str, &str, &str); 4] = [
    (List::Leads, "/leads.csv", "/leads", "leads"),
    (List::Effects, "/sync/effects.csv", "/sync/effects", "unfinished-actions"),
    (List::Audit, "/audit.csv", "/audit", "audit-log"),
    (List::People, "/people.csv", "/people", "people"),
];

/// A file that is being written.
pub struct Export {
    store: Store,
    rows: Rows,
    head: Option<&'static [&'static str]>,
    left: usize,
    batches: usize,
}

enum Rows {
    Leads(leads::Leads),
    Effects(effects::Effects),
    Audit(audit::Audit),
    People(people::People),
}

/// Rows as texts, and whether there are more.
type Batch = (Vec<Vec<String>>, bool);

impl Export {
    /// Begins a file of a list, narrowed as the query says, and records that whoever asks takes it away.
    ///
    /// # Errors
    /// When nobody is signed in, or the database fails.
    pub async fn begin(list: List, request: &Request, query: Vec<(String, String)>) -> Result<Self> {
        let viewer = request.viewer.as_ref().ok_or(Error::SignedOut)?;
        let clock = Clock { now: request.now, zone: viewer.time_zone };
        let (store, params) = (&request.store, query.into_iter().collect());
        let (rows, page, filters, head) = match list {
            List::Leads => {
                let (leads, filters) = leads::Leads::read(store, &params, clock).await?;
                (Rows::Leads(leads), "/leads", filters, leads::HEAD)
            }
            List::Effects => {
                let (effects, filters) = effects::Effects::read(store, &params).await?;
                (Rows::Effects(effects), "/sync/effects", filters, effects::HEAD)
            }
            List::Audit => {
                let (audit, filters) = audit::Audit::read(&params);
                (Rows::Audit(audit), "/audit", filters, audit::HEAD)
            }
            List::People => {
                let (people, filters) = people::People::read(&params);
                (Rows::People(people), "/people", filters, people::HEAD)
            }
        };
        // Names of filters, not their values: a search may name a lead.
        store::control::export(store, &actions::actor(request)?, page, json!({ "filters": filters })).await?;
        Ok(Self { store: store.clone(), rows, head: Some(head), left: MAX_ROWS, batches: BATCHES })
    }

    /// The next piece of the file; `None` at its end.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        if self.left == 0 || self.batches == 0 {
            return Ok(None);
        }
        self.batches -= 1;
        let limit = BATCH.min(self.left);
        let (rows, has_more) = match &mut self.rows {
            Rows::Leads(leads) => leads.next(&self.store, limit).await?,
            Rows::Effects(effects) => effects.next(&self.store, limit).await?,
            Rows::Audit(audit) => audit.next(&self.store, limit).await?,
            Rows::People(people) => people.next(&self.store, limit).await?,
        };
        self.left = if has_more { self.left - rows.len() } else { 0 };
        let head = self.head.take().map(|head| head.iter().map(|name| (*name).to_owned()).collect());
        csv_file::written(head.into_iter().chain(rows)).map(Some).map_err(|error| {
            tracing::error!(%error, "a row of a file could not be written");
            Error::Internal
        })
    }
}

/// A text that may not be there.
fn text(text: Option<String>) -> String {
    text.unwrap_or_default()
}

/// An instant that may not be there.
fn instant(at: Option<chrono::DateTime<chrono::Utc>>) -> String {
    at.map(engine::time::stamp).unwrap_or_default()
}
