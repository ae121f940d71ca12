//! The file of rejected rows; made when the first one is.

use std::fs::{File, OpenOptions};
use std::io::{Seek as _, SeekFrom};
use std::path::PathBuf;

use super::rows::Row;
use crate::error::{Error, Result};

/// Rejected rows with their reasons.
pub(super) struct Rejects {
    path: PathBuf,
    writer: Option<csv::Writer<File>>,
}

impl Rejects {
    /// A file in which nothing is rejected yet.
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, writer: None }
    }

    /// Resumes a file at a length it had before; `None` where it is not there or shorter, so that rows would be missing.
    pub(super) fn resume(path: PathBuf, bytes: u64) -> Result<Option<Self>> {
        if bytes == 0 {
            return Ok(Some(Self::new(path)));
        }
        let Ok(mut file) = OpenOptions::new().write(true).open(&path) else { return Ok(None) };
        let mut cut = || {
            if file.metadata()?.len() < bytes {
                return Ok(false);
            }
            file.set_len(bytes)?;
            file.seek(SeekFrom::End(0))?;
            Ok(true)
        };
        match cut() {
            Ok(true) => Ok(Some(Self { writer: Some(csv::Writer::from_writer(file)), path })),
            Ok(false) => Ok(None),
            Err(error) => Err(Error::File { path: path.display().to_string(), error }),
        }
    }

    /// Writes a row: its number (the first below the header is 1), the reason, and its cells as JSON.
    pub(super) fn add(&mut self, number: u64, row: Option<&Row>, why: &str) -> Result<()> {
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

    /// Returns the length of the file with everything that was added.
    pub(super) fn flush(&mut self) -> Result<u64> {
        let Some(writer) = &mut self.writer else { return Ok(0) };
        let flushed = writer.flush().and_then(|()| writer.get_ref().stream_position());
        flushed.map_err(|error| Error::File { path: self.path.display().to_string(), error })
    }
}
