//! Changes to versions: parses a draft, locates its problems, and compares it with the live version.

mod assignees;
mod compare;
mod draft;
mod entries;
pub mod kinds;
mod lines;
mod locate;
mod merge;
mod notes;
mod summary;

pub use self::assignees::{Assignee, KnownPerson, assignees, check_assignees};
pub use self::compare::{Comparison, Difference, OmittedDifferences, compare};
pub use self::draft::{Draft, TextProblem, notes, place, read, write};
pub use self::entries::{EditedEntries, edit_entries};
pub use self::kinds::{Kind, KindSpec};
pub use self::lines::{DiffLine, DiffPiece, lines, words};
pub use self::merge::{MergeConflict, MergeSide, Merged, merge, merged_text};
pub use self::notes::Note;
pub use self::summary::{ComparisonSummary, LineComparison, WordDifference};
