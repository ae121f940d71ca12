//! Changes of what decides: the text a person writes, what is wrong with it and where, and what it changes.

mod compare;
mod draft;
mod lines;
mod locate;
mod notes;

use serde::{Deserialize, Serialize};

pub use self::compare::{Comparison, Difference, compare};
pub use self::draft::{Draft, Mark, place, read, template, write};
pub use self::lines::{Line, Piece, lines, words};
pub use self::notes::notes;

/// What a version is a version of.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Kind {
    /// The fields of a workflow.
    Catalogue,
    /// A field extraction map.
    Map,
    /// A rule set.
    RuleSet,
    /// A reference list.
    List,
    /// A pool of people.
    Pool,
}
