//! The result of reading one text.

use super::unread::UnreadReason;
use crate::value::Value;

/// A value with its confidence and the characters it comes from.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TextReading {
    pub value: Value,
    /// One of the constants in [`super::confidence`].
    pub confidence: f64,
    /// The first character and the one after the last, in Unicode scalar values.
    pub span: [usize; 2],
}

impl TextReading {
    pub fn new(value: Value, confidence: f64, span: [usize; 2]) -> Self {
        Self { value, confidence, span }
    }
}

pub(super) type ReadResult = Result<TextReading, UnreadReason>;
