//! The content layer: what a signal means.
//!
//! An [extraction map](map::MapFile) says for each field of the catalogue where in an event to look and how to
//! read what stands there. [`ExtractionMap::compile`] checks it; [`ExtractionMap::extract`] reads an event.
//!
//! Three rules hold for every extractor:
//!
//! * **Nothing is guessed.** What cannot be read with some certainty is not read, and it is said why.
//! * **Every reading has evidence**: the characters of the original text it comes from.
//! * **The same map and event give the same reading**, and the work is bounded by the length of the text.

pub mod confidence;
pub mod extract;
pub mod highlight;
pub mod map;
pub mod why;

mod boolean;
mod choice;
mod compile;
mod language;
mod missing;
mod negation;
mod number;
mod phrases;
mod quantity;
mod reading;
mod source;
mod text;
mod timestamp;
mod words;

pub use extract::{EarlierEvent, EventDocument, Extracted, Extraction, ExtractionMap, Known, NotRead};
pub use map::MapFile;
pub use why::Why;
