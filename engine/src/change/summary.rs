//! Comparisons prepared for a page: bounded, and with the words and lines that differ already found.

use super::compare::{Comparison, Difference};
use super::lines::{DiffLine, DiffPiece, lines, words};

/// The maximum number of differences to show.
const SHOWN: usize = 200;
/// The maximum number of lines to show.
const SHOWN_LINES: usize = 2_000;

/// The differences between two versions, as a page shows them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ComparisonSummary {
    /// The first differences.
    pub differences: Vec<WordDifference>,
    /// The number of further differences.
    pub more: usize,
    /// The number of items that were added.
    pub added: usize,
    /// The number of items that were removed.
    pub removed: usize,
}

/// A difference with the words that differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordDifference {
    /// The changed item.
    pub subject: String,
    /// The changed part of it; `None` if the whole item was added or removed.
    pub part: Option<String>,
    /// The old value; `None` if it was added.
    pub before: Option<Vec<DiffPiece>>,
    /// The new value; `None` if it was removed.
    pub after: Option<Vec<DiffPiece>>,
}

impl Comparison {
    /// Creates a comparison that has only the differences that a page shows, and counts the others: a list can have a million.
    pub(super) fn counted(mut differences: impl Iterator<Item = Difference>) -> Self {
        let mut comparison = Self::default();
        comparison.differences.extend(differences.by_ref().take(SHOWN));
        for left_out in differences {
            comparison.more.added += usize::from(left_out.before.is_none());
            comparison.more.removed += usize::from(left_out.after.is_none());
            comparison.more.all += 1;
        }
        comparison
    }

    /// Returns the number of items that were added and removed.
    pub fn counts(&self) -> (usize, usize) {
        let added = self.differences.iter().filter(|one| one.before.is_none()).count();
        let removed = self.differences.iter().filter(|one| one.after.is_none()).count();
        (self.more.added + added, self.more.removed + removed)
    }

    /// Prepares the comparison for a page, which takes seconds for long texts. `write` rewrites each difference that is shown.
    pub fn summary(self, write: impl FnMut(Difference) -> Difference) -> ComparisonSummary {
        let (added, removed) = self.counts();
        let more = self.more.all + self.differences.len().saturating_sub(SHOWN);
        let shown = self.differences.into_iter().take(SHOWN).map(write);
        ComparisonSummary { differences: shown.map(WordDifference::from).collect(), more, added, removed }
    }
}

impl From<Difference> for WordDifference {
    fn from(Difference { subject, part, before, after }: Difference) -> Self {
        let whole = |text: String| vec![DiffPiece { differs: false, text }];
        let (before, after) = match (before, after) {
            (Some(before), Some(after)) => {
                let (before, after) = words(&before, &after);
                (Some(before), Some(after))
            }
            (before, after) => (before.map(whole), after.map(whole)),
        };
        Self { subject, part, before, after }
    }
}

/// The comparison of two texts line by line, as a page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineComparison {
    /// The texts are too long.
    TooLong,
    /// The texts are the same.
    Same,
    /// The first lines of the comparison, and the number of further ones.
    Lines(Vec<DiffLine>, usize),
}

impl LineComparison {
    /// Compares two texts, which takes seconds if they are long.
    pub fn new(old: &str, new: &str) -> Self {
        let Some(mut all) = lines(old, new) else { return Self::TooLong };
        if all.is_empty() {
            return Self::Same;
        }
        let more = all.len().saturating_sub(SHOWN_LINES);
        all.truncate(SHOWN_LINES);
        Self::Lines(all, more)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::change::{Kind, compare};

    #[test]
    fn a_comparison_of_any_size_is_cut_and_counted() {
        let list = |range: std::ops::Range<usize>| json!({ "entries": range.map(|n| format!("{n:05}")).collect::<Vec<_>>() });
        let comparison = compare(Kind::List, Some(&list(0..1_000)), &list(900..3_000));
        assert_eq!((comparison.differences.len(), comparison.counts()), (SHOWN, (2_000, 900)));
        let summary = comparison.summary(|difference| difference);
        assert_eq!((summary.differences.len(), summary.more), (SHOWN, 2_900 - SHOWN));
        assert_eq!((summary.added, summary.removed), (2_000, 900));
    }

    #[test]
    fn lines_beyond_those_shown_are_counted() {
        let text = |from: usize| (from..from + 3_000).map(|n| format!("{n}\n")).collect::<String>();
        let LineComparison::Lines(shown, more) = LineComparison::new(&text(0), &text(10_000)) else {
            panic!()
        };
        assert_eq!((shown.len(), more), (SHOWN_LINES, 6_000 - SHOWN_LINES));
        assert_eq!(LineComparison::new("a", "a"), LineComparison::Same);
    }
}
