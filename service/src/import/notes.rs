//! What an import says beside its counts: how the file was read, and what was left aside without being an error.

use std::collections::BTreeMap;

use engine::identity;
use serde::{Deserialize, Serialize};

/// Maximum number of different values to keep of a column.
const VALUES: usize = 20;
/// Maximum number of characters to keep of a value.
const VALUE_CHARS: usize = 60;

/// What an import says beside its counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImportNotes {
    /// How the file is written, such as `Windows-1252, semicolons`.
    pub format: String,
    /// Rows without any text, which were skipped.
    pub blank: u64,
    /// IDs that were not used because they are placeholders, with the number of their rows.
    pub ids: ValueCounts,
    /// Values that mean no outcome, by the column that outcomes are read from.
    pub unmatched: BTreeMap<String, ValueCounts>,
}

/// Different values with the number of their rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ValueCounts {
    /// The first values that were found.
    pub values: BTreeMap<String, u64>,
    /// Rows with further values.
    pub others: u64,
}

impl ValueCounts {
    /// Counts a row with a value.
    pub(super) fn add(&mut self, value: &str) {
        let value: String = value.chars().take(VALUE_CHARS).collect();
        if let Some(count) = self.values.get_mut(&value) {
            *count += 1;
        } else if self.values.len() < VALUES {
            self.values.insert(value, 1);
        } else {
            self.others += 1;
        }
    }

    fn merge(&mut self, other: &Self) {
        for (value, count) in &other.values {
            if let Some(known) = self.values.get_mut(value) {
                *known += count;
            } else if self.values.len() < VALUES {
                self.values.insert(value.clone(), *count);
            } else {
                self.others += count;
            }
        }
        self.others += other.others;
    }

    fn list(&self) -> String {
        let mut values: Vec<(&String, &u64)> = self.values.iter().collect();
        values.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let mut all: Vec<String> =
            values.into_iter().map(|(value, count)| format!("`{value}` ({count})")).collect();
        if self.others > 0 {
            all.push(format!("others ({})", self.others));
        }
        all.join(", ")
    }
}

impl ImportNotes {
    /// Counts the ID of a row that was not used.
    pub(super) fn add_id(&mut self, id: &str) {
        if identity::external_id(id).is_err() {
            self.ids.add(id.trim());
        }
    }

    /// Adds the notes of further rows.
    pub(super) fn add(&mut self, other: &Self) {
        self.format.clone_from(&other.format);
        self.blank += other.blank;
        self.ids.merge(&other.ids);
        for (column, values) in &other.unmatched {
            self.unmatched.entry(column.clone()).or_default().merge(values);
        }
    }

    /// Returns the notes as sentences.
    pub fn sentences(&self) -> Vec<String> {
        let mut all = Vec::new();
        if !self.format.is_empty() {
            all.push(format!("The file was read as {}.", self.format));
        }
        match self.blank {
            0 => {}
            1 => all.push("1 blank row was skipped.".into()),
            many => all.push(format!("{many} blank rows were skipped.")),
        }
        if self.ids != ValueCounts::default() {
            all.push(format!("Not used as IDs, because they are placeholders: {}.", self.ids.list()));
        }
        for (column, values) in &self.unmatched {
            all.push(format!("Values of `{column}` that mean no outcome: {}.", values.list()));
        }
        all
    }

    /// Returns whether there is nothing to report but how the file was read.
    pub(super) fn is_quiet(&self) -> bool {
        *self == Self { format: self.format.clone(), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_bounded_and_read_as_sentences() {
        let mut notes = ImportNotes { format: "UTF-8, commas".into(), blank: 2, ..ImportNotes::default() };
        notes.add_id("7");
        notes.add_id("N/A");
        notes.add_id(" N/A ");
        let unmatched = notes.unmatched.entry("Status".into()).or_default();
        for n in 0..30 {
            unmatched.add(&format!("value {n:02}"));
        }
        unmatched.add("value 05");
        assert!(!notes.is_quiet());
        let sentences = notes.sentences();
        assert_eq!(sentences[..2], ["The file was read as UTF-8, commas.", "2 blank rows were skipped."]);
        assert_eq!(sentences[2], "Not used as IDs, because they are placeholders: `N/A` (2).");
        assert!(
            sentences[3]
                .starts_with("Values of `Status` that mean no outcome: `value 05` (2), `value 00` (1)"),
            "{sentences:?}"
        );
        assert!(sentences[3].ends_with("others (10)."), "{sentences:?}");
    }
}
