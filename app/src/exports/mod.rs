//! Lists as CSV files (RFC 4180): the rows that a list shows with its filters. They are read in batches by keyset, so that
//! neither memory nor a statement grows with the list.

pub mod charts;
pub mod rejects;

use serde_json::json;
use store::Store;

use crate::actions;
use crate::context::Request;
use crate::csv_file::{self, MAX_ROWS};
use crate::error::{Error, Result};
use crate::pages::list_page::{ListEntry, ListFile};
use crate::ui::clock::Clock;

/// Rows per batch.
const BATCH: usize = 1_000;
/// The maximum number of batches, which bounds a search that finds next to nothing.
const BATCHES: usize = 2_000;

/// A file that is being written.
pub struct Export {
    store: Store,
    rows: Box<dyn ListFile>,
    head: Option<&'static [&'static str]>,
    left: usize,
    batches: usize,
}

impl Export {
    /// Starts the file of a list with the query's filters, and records the export in the audit log.
    ///
    /// # Errors
    /// Returns an error if the request has no signed-in person, or if the database fails.
    pub async fn begin(list: ListEntry, request: &Request, query: Vec<(String, String)>) -> Result<Self> {
        let viewer = request.viewer.as_ref().ok_or(Error::SignedOut)?;
        let clock = Clock { now: request.now, zone: viewer.time_zone };
        let store = &request.store;
        let (rows, filters) = list.open(store, query.into_iter().collect(), clock, viewer.clone()).await?;
        // Only the names of the filters: their values can identify a lead.
        let detail = json!({ "filters": filters });
        store::control::export(store, &actions::actor(request)?, list.info.path, detail).await?;
        Ok(Self { store: store.clone(), rows, head: Some(list.head), left: MAX_ROWS, batches: BATCHES })
    }

    /// Returns the next chunk of the file, or `None` at its end.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        if self.left == 0 || self.batches == 0 {
            return Ok(None);
        }
        self.batches -= 1;
        let limit = BATCH.min(self.left);
        let (rows, has_more) = self.rows.next(&self.store, limit).await?;
        self.left = if has_more { self.left - rows.len() } else { 0 };
        let head = self.head.take().map(|head| head.iter().map(|name| (*name).to_owned()).collect());
        csv_file::to_csv(head.into_iter().chain(rows)).map(Some).map_err(|error| {
            tracing::error!(%error, "a row of a file could not be written");
            Error::Internal
        })
    }
}
