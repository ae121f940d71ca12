//! The content layer, which extracts fields from signals.
//!
//! An [extraction map](map::MapFile) defines, for each field of the catalogue, where in an event to look and
//! how to read the value. [`ExtractionMap::compile`] checks a map; [`ExtractionMap::extract`] reads an event.
//!
//! Three rules apply to every extractor:
//!
//! * **Nothing is guessed.** A value that cannot be read with some certainty is not read, and the reason is
//!   reported.
//! * **Every reading has evidence**: the characters of the original text that it comes from.
//! * **The same map and event produce the same reading**, and the work is bounded by the length of the text.

pub mod confidence;
pub mod extract;
pub mod highlight;
pub mod map;
pub mod unread;

mod boolean;
mod choice;
mod compile;
mod language;
mod missing;
mod negation;
mod negation_cues;
mod number;
mod phrases;
mod quantity;
mod reading;
mod source;
mod text;
mod timestamp;
mod titles;
mod words;

pub use extract::{
    EarlierEvent, EventDocument, ExtractedField, Extraction, ExtractionContext, ExtractionMap, UnreadValue,
};
pub use map::MapFile;
pub use unread::UnreadReason;

#[cfg(test)]
#[path = "inbound_tests.rs"]
mod tests;
