//! Why something was not read.

use serde::{Serialize, Serializer};

use crate::limits;
use crate::value::ValueError;

/// Why what stands at a path was not read, or did not count. The text is a phrase for the reader.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// A list or an object stands where one value is meant.
    #[error("{0} stands there, not one value")]
    Shape(&'static str),
    /// The text is too long for a form field.
    #[error("the text has more than {} characters", limits::EXTRACT_CHARS)]
    TooLong,
    /// The beginning of the text was read, the rest was not.
    #[error("only the first {} characters were read", limits::EXTRACT_CHARS)]
    Cut,
    /// There is no number in it.
    #[error("there is no number in it")]
    NoNumber,
    /// There is more than one number in it.
    #[error("there is more than one number in it")]
    SeveralNumbers,
    /// A range, and the extractor reads one number.
    #[error("it is a range, not one number")]
    Range,
    /// A number that can be taken in more than one way.
    #[error("the number is not clear")]
    Unclear,
    /// A fraction where a whole number is meant.
    #[error("it is no whole number")]
    NotWhole,
    /// A number that no computer keeps exactly.
    #[error("the number is too large")]
    TooLarge,
    /// A percentage, and the field is none.
    #[error("it is a percentage")]
    Percentage,
    /// An amount in a currency the map does not take.
    #[error("it is in another currency: {0}")]
    Currency(String),
    /// An amount of something else, days where employees are meant.
    #[error("it is in another unit: {0}")]
    Unit(String),
    /// The text says that it is not so.
    #[error("the text denies it")]
    Denied,
    /// An intent phrase that the text denies.
    #[error("`{0}` does not count, the text denies it")]
    PhraseDenied(String),
    /// None of the words the map knows is there.
    #[error("none of the expected words is there")]
    NoMatch,
    /// Words of different values are there.
    #[error("ambiguous: {}", .0.join(" and "))]
    Ambiguous(Vec<String>),
    /// The language or script is not one that the map reads.
    #[error("the language is not supported: {0}")]
    Language(&'static str),
    /// It is no date or time in ISO form.
    #[error("it is no date or time like 2026-11-22 or 2026-11-22T09:00:00Z")]
    NoTimestamp,
    /// It was read, but the field cannot have the value.
    #[error("{0}")]
    Outside(#[from] ValueError),
}

impl Serialize for Why {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
