//! The reasons why a value was not read.

use serde::{Serialize, Serializer};

use crate::limits;
use crate::value::ValueError;

/// The reason why a value was not read or not counted. It is displayed as a phrase.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// A list or an object instead of a single value.
    #[error("found {0} instead of a single value")]
    Shape(&'static str),
    /// The text is too long for a form field.
    #[error("the text has more than {} characters", limits::EXTRACT_CHARS)]
    TooLong,
    /// Only the beginning of the text was read.
    #[error("only the first {} characters were read", limits::EXTRACT_CHARS)]
    Cut,
    /// The text contains no number.
    #[error("the text contains no number")]
    NoNumber,
    /// The text contains more than one number.
    #[error("the text contains more than one number")]
    SeveralNumbers,
    /// A range, where the extractor reads a single number.
    #[error("the text is a range, not a single number")]
    Range,
    /// A number with more than one possible meaning.
    #[error("the number is ambiguous")]
    Unclear,
    /// A fraction in a field of whole numbers.
    #[error("the number is not a whole number")]
    NotWhole,
    /// A number that cannot be stored exactly.
    #[error("the number is too large")]
    TooLarge,
    /// A percentage, in a field that does not hold one.
    #[error("the number is a percentage")]
    Percentage,
    /// An amount in a currency that the map does not accept.
    #[error("the amount is in another currency: {0}")]
    Currency(String),
    /// An amount in another unit, such as days instead of employees.
    #[error("the amount is in another unit: {0}")]
    Unit(String),
    /// The text negates the value.
    #[error("the text negates it")]
    Denied,
    /// An intent phrase that the text negates.
    #[error("`{0}` was not counted because the text negates it")]
    PhraseDenied(String),
    /// The text contains none of the map's words.
    #[error("the text contains none of the expected words")]
    NoMatch,
    /// The text contains words for different values.
    #[error("ambiguous: {}", .0.join(" and "))]
    Ambiguous(Vec<String>),
    /// The map does not read this language or script.
    #[error("the language is not supported: {0}")]
    Language(&'static str),
    /// A date whose day and month could be either number.
    #[error("day and month could be either number; write the date as 2026-11-22")]
    AmbiguousDate,
    /// The value is not a date or time.
    #[error("the value is not a date or time such as 2026-11-22 or 2026-11-22T09:00:00Z")]
    NoTimestamp,
    /// The value was read, but is not valid for the field.
    #[error("{0}")]
    Outside(#[from] ValueError),
}

impl Serialize for Why {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
