//! The reasons why a value was not read.

use serde::{Serialize, Serializer};

use crate::limits;
use crate::value::ValueError;

/// The reason why a value was not read or not counted. It is displayed as a phrase.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnreadReason {
    /// A list or an object instead of a single value.
    #[error("found {0} instead of a single value")]
    Shape(&'static str),
    /// The text is too long for a form field.
    #[error("the text has more than {} characters", limits::EXTRACT_CHARS)]
    TooLong,
    /// The text is too long for a message.
    #[error("the text was not read because it has more than {} characters", limits::MESSAGE_CHARS)]
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
    /// Only an upper bound, such as `up to 50`.
    #[error("the text gives only an upper bound, not a value")]
    Bound,
    /// A date, possibly one that a spreadsheet made of a range.
    #[error("the number is a date; a spreadsheet may have turned a range such as 1-10 into it")]
    Date,
    /// A number about something else, such as the year of foundation.
    #[error("the number is about something else: {0}")]
    OtherFact(String),
    /// A number about the past or the future.
    #[error("the number is about another time: {0}")]
    AnotherTime(String),
    /// A number that is part of a label, such as `option 2`.
    #[error("the number is part of a label: {0}")]
    Label(String),
    /// A number in a sentence that does not say what it counts.
    #[error("the text does not say what the number counts")]
    NoSubject,
    /// An identifier or a telephone number.
    #[error("the number is too large for a count, like an ID or a phone number")]
    Identifier,
    /// An amount for a span of time or for each unit that cannot be converted to what the field holds.
    #[error("the amount is a rate ({0}) that cannot be converted to the field's own")]
    Rate(String),
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
    /// An intent phrase about which the text says neither yes nor no.
    #[error("`{0}` was not counted because it is unclear whether the text asks for it")]
    PhraseUnclear(String),
    /// The text speaks of another person or another time.
    #[error("the text is about another person or another time")]
    Attributed,
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

impl Serialize for UnreadReason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
