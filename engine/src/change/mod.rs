//! Changes of what decides: the text a person writes, what is wrong with it and where, and what it changes.

mod compare;
mod draft;
pub mod kinds;
mod lines;
mod locate;
mod notes;

pub use self::compare::{Comparison, Difference, compare};
pub use self::draft::{Draft, Mark, notes, place, read, write};
pub use self::kinds::{Kind, KindSpec};
pub use self::lines::{Line, Piece, lines, words};
