//! Changes to versions: parses a draft, locates its problems, and compares it with the live version.

mod compare;
mod draft;
pub mod kinds;
mod lines;
mod locate;
mod notes;

pub use self::compare::{Comparison, Difference, compare};
pub use self::draft::{Draft, TextProblem, notes, place, read, write};
pub use self::kinds::{Kind, KindSpec};
pub use self::lines::{DiffLine, DiffPiece, lines, words};
