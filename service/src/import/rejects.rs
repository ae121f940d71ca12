//! The file of rejected rows and outcomes, created with the first of them.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use engine::tabular::harmless;
use serde_json::Value as Json;

use crate::error::{Error, Result};

/// Maximum size of the file. More rejects than it can hold have only a few different reasons, and the first ones show these.
const LIMIT_BYTES: u64 = 64 * 1024 * 1024;
/// Number of bytes reserved for a note about omitted rejects.
const NOTE_BYTES: u64 = 1024;

/// A row, or a part of it, that was not imported.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reject {
    /// The line on which the row begins, counted from 1.
    pub(super) line: u64,
    /// The column at fault, if there is a single one.
    pub(super) column: Option<String>,
    /// The problem and its remedy, as a sentence.
    pub(super) reason: String,
    /// The row, as far as it was readable.
    pub(super) cells: Option<Json>,
}

/// Rejected rows and outcomes with their reasons.
pub(super) struct Rejects {
    path: PathBuf,
    writer: Option<BufWriter<File>>,
    bytes: u64,
    left_out: u64,
    limit: u64,
}

impl Rejects {
    /// Creates an empty list of rejects. The file is created with the first one.
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, writer: None, bytes: 0, left_out: 0, limit: LIMIT_BYTES }
    }

    /// Resumes a file at an earlier length, with the number of rejects omitted until then. Returns `None` if the file is missing
    /// or shorter, since rows would be lost.
    pub(super) fn resume(path: PathBuf, bytes: u64, left_out: u64) -> Result<Option<Self>> {
        let new = Self { left_out, ..Self::new(path) };
        if bytes == 0 {
            return Ok(Some(new));
        }
        let Ok(mut file) = OpenOptions::new().write(true).open(&new.path) else { return Ok(None) };
        let mut cut = || {
            if file.metadata()?.len() < bytes {
                return Ok(false);
            }
            file.set_len(bytes)?;
            file.seek(SeekFrom::End(0))?;
            Ok(true)
        };
        match cut() {
            Ok(true) => Ok(Some(Self { writer: Some(BufWriter::new(file)), bytes, ..new })),
            Ok(false) => Ok(None),
            Err(error) => Err(Error::File { path: new.path.display().to_string(), error }),
        }
    }

    /// Writes a reject, or only counts it if the file is full.
    pub(super) fn add(&mut self, reject: &Reject) -> Result<()> {
        let cells = reject.cells.as_ref().map(harmless_json).unwrap_or_default();
        let column = harmless(reject.column.as_deref().unwrap_or_default());
        let line = record([&reject.line.to_string(), &column, &harmless(&reject.reason), &cells])?;
        // Omits all rejects after the first omission, so that the file holds an unbroken sequence.
        if self.left_out > 0 || self.bytes + line.len() as u64 + NOTE_BYTES > self.limit {
            self.left_out += 1;
            return Ok(());
        }
        self.write(&line)
    }

    /// Returns how many rejects were omitted.
    pub(super) fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Writes buffered rejects to the file and returns its length.
    pub(super) fn flush(&mut self) -> Result<u64> {
        if let Some(writer) = &mut self.writer {
            writer.flush().map_err(|error| Error::File { path: self.path.display().to_string(), error })?;
        }
        Ok(self.bytes)
    }

    /// Completes the file, with a note about omitted rejects.
    pub(super) fn finish(mut self) -> Result<()> {
        if self.left_out > 0 {
            let note = format!(
                "{} more were rejected and are left out of this file. Correct those above and import the file again; what was imported is not imported twice.",
                self.left_out
            );
            self.write(&record(["", "", &note, ""])?)?;
        }
        self.flush().map(drop)
    }

    fn write(&mut self, line: &[u8]) -> Result<()> {
        let path = self.path.display().to_string();
        let failed = |error| Error::File { path: path.clone(), error };
        let writer = match &mut self.writer {
            Some(writer) => writer,
            None => {
                let mut options = OpenOptions::new();
                // The file contains personal data.
                let file = options.write(true).create(true).truncate(true).mode(0o600).open(&self.path);
                let mut writer = BufWriter::new(file.map_err(failed)?);
                let head = record(["line", "column", "reason", "cells"])?;
                writer.write_all(&head).map_err(failed)?;
                self.bytes = head.len() as u64;
                self.writer.insert(writer)
            }
        };
        writer.write_all(line).map_err(failed)?;
        self.bytes += line.len() as u64;
        Ok(())
    }
}

/// Formats JSON so that no part of it is a formula in a spreadsheet. What a cell could begin with is escaped, which JSON permits
/// anywhere in a text, so that the cells are the same when they are read.
fn harmless_json(json: &Json) -> String {
    let json = json.to_string();
    let mut safe = String::with_capacity(json.len());
    let (mut is_text, mut is_escape, mut is_start) = (false, false, true);
    for letter in json.chars() {
        if is_text && is_start && !is_escape && matches!(letter, '=' | '+' | '-' | '@') {
            safe.push_str(&format!("\\u{:04x}", u32::from(letter)));
        } else {
            safe.push(letter);
        }
        if letter == '"' && !is_escape {
            is_text = !is_text;
        }
        is_start = match letter {
            ',' | ';' | '|' | '\t' | '"' | '\\' => true,
            letter if is_escape && matches!(letter, 'n' | 'r' | 't') => true,
            letter => is_start && letter.is_whitespace(),
        };
        is_escape = letter == '\\' && !is_escape;
    }
    safe
}

/// Formats one line of the file.
fn record(cells: [&str; 4]) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written = writer.write_record(cells).map_err(std::io::Error::from);
    let line = written.and_then(|()| writer.into_inner().map_err(|error| error.into_error()));
    line.map_err(|error| Error::File { path: "rejected rows".into(), error })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn reject(line: u64) -> Reject {
        Reject { line, column: Some("Created".into()), reason: "No date.".into(), cells: None }
    }

    #[test]
    fn cells_are_kept_and_no_part_of_them_is_a_formula() {
        let cells = serde_json::json!({
            "A": "=1+1", "B": "Acme;=1+1", "C": ";\t@x", "D": "a\n+1", "E": "a\\=b", "F": "\"-1", "G": "a=b", "H": 7, "=I": null,
        });
        let safe = harmless_json(&cells);
        assert_eq!(serde_json::from_str::<Json>(&safe).unwrap(), cells);
        assert!(safe.contains("\"G\":\"a=b\""), "{safe}");
        let line = String::from_utf8(record(["2", "", "", &safe]).unwrap()).unwrap();
        for delimiter in [',', ';', '\t', '|', '\n'] {
            for part in line.split(delimiter) {
                assert!(
                    !part.trim_start_matches(['"', ' ']).starts_with(['=', '+', '-', '@']),
                    "{part} of {line}"
                );
            }
        }
    }

    #[test]
    fn the_file_is_bounded_and_says_how_many_were_left_out_also_after_it_was_resumed() {
        let folder = tempfile::tempdir().unwrap();
        let limit = NOTE_BYTES + 200;
        let written = |name: &str, breaks: &[u64]| {
            let path = folder.path().join(name);
            let mut rejects = Rejects { limit, ..Rejects::new(path.clone()) };
            for line in 2..102 {
                if breaks.contains(&line) {
                    let (bytes, left_out) = (rejects.flush().unwrap(), rejects.left_out());
                    // Simulates what a process writes between its last checkpoint and a crash.
                    rejects.add(&reject(9_999)).unwrap();
                    rejects.flush().unwrap();
                    let resumed = Rejects::resume(path.clone(), bytes, left_out).unwrap().unwrap();
                    rejects = Rejects { limit, ..resumed };
                }
                rejects.add(&reject(line)).unwrap();
            }
            rejects.finish().unwrap();
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
            std::fs::read_to_string(path).unwrap()
        };
        let whole = written("whole", &[]);
        assert!(whole.len() as u64 <= limit, "{whole}");
        let listed = whole.lines().count() as u64 - 2;
        assert!(
            listed > 3 && whole.starts_with("line,column,reason,cells\n2,Created,No date.,\n"),
            "{whole}"
        );
        assert!(whole.contains(&format!("{} more were rejected", 100 - listed)), "{whole}");
        assert_eq!(written("resumed", &[3, 5, 50, 101]), whole);
    }
}
