//! The file of rejected rows; made when the first one is.

use std::fs::File;
use std::path::PathBuf;

use super::rows::Row;
use crate::error::{Error, Result};

/// Rejected rows with their reasons.
pub(super) struct Rejects {
    path: PathBuf,
    writer: Option<csv::Writer<File>>,
}

impl Rejects {
    /// Nothing rejected yet.
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, writer: None }
    }

    /// Writes a row: its number (the first below the header is 1), the reason, and its cells as JSON.
    pub(super) fn add(&mut self, number: u64, row: Option<&Row>, why: &str) -> Result<(), Error> {
        let failed =
            |error: csv::Error| Error::File { path: self.path.display().to_string(), error: error.into() };
        if self.writer.is_none() {
            let mut writer = csv::Writer::from_path(&self.path).map_err(failed)?;
            writer.write_record(["row", "reason", "cells"]).map_err(failed)?;
            self.writer = Some(writer);
        }
        let cells =
            row.map(|row| serde_json::Value::Object(row.cells.clone()).to_string()).unwrap_or_default();
        match &mut self.writer {
            Some(writer) => writer.write_record([&number.to_string(), why, &cells]).map_err(failed),
            None => Ok(()),
        }
    }

    /// The file, if anything was rejected.
    pub(super) fn finish(mut self) -> Result<Option<PathBuf>, Error> {
        let Some(writer) = &mut self.writer else { return Ok(None) };
        writer.flush().map_err(|error| Error::File { path: self.path.display().to_string(), error })?;
        Ok(Some(self.path))
    }
}
