//! The `timestamp` extractor, which reads dates and times. A date such as `3/4/2026` is not read, since the order of day and month
//! depends on the country.

use super::confidence;
use super::reading::{ReadResult, TextReading};
use super::source::SourceText;
use super::unread::UnreadReason;
use crate::time::{self, TimePrecision, TimeProblem};
use crate::value::Value;

/// Reads a date or a time. What has no offset is taken as UTC, with lower confidence.
pub(super) fn read(source: &SourceText) -> ReadResult {
    let [start, end] = source.trimmed();
    let text: String = source.chars[start..end].iter().collect();
    if !source.json.is_string() {
        return Err(UnreadReason::NoTimestamp);
    }
    let read = time::read_utc(&text, true).map_err(|problem| match problem {
        TimeProblem::NotATime => UnreadReason::NoTimestamp,
        TimeProblem::Ambiguous => UnreadReason::AmbiguousDate,
    })?;
    let confidence = match read.precision {
        TimePrecision::Exact => confidence::EXACT,
        TimePrecision::Local => confidence::OFFSET_OPEN,
        TimePrecision::Day => confidence::DATE_ONLY,
        TimePrecision::Number => confidence::NUMBER_AS_TIME,
    };
    Ok(TextReading::new(Value::Timestamp(time::cut(read.at)), confidence, [start, end]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn forms_and_their_confidence() {
        for (text, at, confidence) in [
            ("2026-11-22T09:00:00Z", "2026-11-22T09:00:00.000000Z", 0.99),
            ("2026-11-22t09:00:00z", "2026-11-22T09:00:00.000000Z", 0.99),
            (" 2026-11-22T09:00:00.1234567+02:00 ", "2026-11-22T07:00:00.123456Z", 0.99),
            ("2026-11-22 09:00:00+00:00", "2026-11-22T09:00:00.000000Z", 0.99),
            ("2026-11-22T09:00", "2026-11-22T09:00:00.000000Z", 0.8),
            ("2026-11-22 09:00:05.5", "2026-11-22T09:00:05.500000Z", 0.8),
            ("2026-11-22", "2026-11-22T00:00:00.000000Z", 0.95),
            ("22.11.2026", "2026-11-22T00:00:00.000000Z", 0.95),
            ("2023-05-01T14:03:00.000+0000", "2023-05-01T14:03:00.000000Z", 0.99),
            ("May 1, 2023 2:03 PM", "2023-05-01T14:03:00.000000Z", 0.8),
            ("45047.58", "2023-05-01T13:55:12.000000Z", 0.6),
        ] {
            let reading = read(&SourceText::at(&json!(text), "").unwrap()).unwrap();
            assert_eq!(reading.value.to_json(), at, "{text}");
            assert_eq!(reading.confidence, confidence, "{text}");
        }
    }

    #[test]
    fn other_forms_are_not_read() {
        for json in [
            json!("2026-13-01"),
            json!("2026-02-30"),
            json!("tomorrow"),
            json!("2026"),
            json!(1_790_000_000),
            json!(true),
            json!(["2026-11-22"]),
            json!("12026-11-22"),
            json!("2026-11-22 or later"),
            json!(""),
            json!("２０２６-11-22"),
            json!("+2026-11-22"),
        ] {
            assert_eq!(read(&SourceText::at(&json, "").unwrap()), Err(UnreadReason::NoTimestamp), "{json}");
        }
        for json in [json!("3/4/2026"), json!("01/05/2023 14:03")] {
            assert_eq!(read(&SourceText::at(&json, "").unwrap()), Err(UnreadReason::AmbiguousDate), "{json}");
        }
    }
}
