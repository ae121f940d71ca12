//! The `timestamp` extractor, which reads dates and times in ISO format. Other formats (`3/4/2026`) are not
//! read, since the order of day and month depends on the country.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};

use super::confidence;
use super::reading::{ReadResult, TextReading};
use super::source::SourceText;
use super::unread::UnreadReason;
use crate::time;
use crate::value::Value;

/// Reads an RFC 3339 timestamp, or a date or a time without an offset, which are taken as UTC with lower
/// confidence.
pub(super) fn read(source: &SourceText) -> ReadResult {
    let [start, end] = source.trimmed();
    let text: String = source.chars[start..end].iter().collect();
    let instant = DateTime::parse_from_rfc3339(&text).map(|at| (at.to_utc(), confidence::EXACT));
    let local = || {
        let forms = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
        let at = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(&text, form).ok())?;
        Some((at.and_utc(), confidence::OFFSET_OPEN))
    };
    let date = || {
        let day = NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok()?;
        Some((day.and_time(NaiveTime::MIN).and_utc(), confidence::DATE_ONLY))
    };
    let plain = source.json.is_string() && text.is_ascii() && text.as_bytes().get(4) == Some(&b'-');
    let read = if plain { instant.ok().or_else(local).or_else(date) } else { None };
    let (at, confidence) = read.ok_or(UnreadReason::NoTimestamp)?;
    Ok(TextReading::new(Value::Timestamp(time::cut(at)), confidence, [start, end]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn iso_forms() {
        for (text, at, confidence) in [
            ("2026-11-22T09:00:00Z", "2026-11-22T09:00:00.000000Z", 0.99),
            ("2026-11-22t09:00:00z", "2026-11-22T09:00:00.000000Z", 0.99),
            (" 2026-11-22T09:00:00.1234567+02:00 ", "2026-11-22T07:00:00.123456Z", 0.99),
            ("2026-11-22 09:00:00+00:00", "2026-11-22T09:00:00.000000Z", 0.99),
            ("2026-11-22T09:00", "2026-11-22T09:00:00.000000Z", 0.8),
            ("2026-11-22 09:00:05.5", "2026-11-22T09:00:05.500000Z", 0.8),
            ("2026-11-22", "2026-11-22T00:00:00.000000Z", 0.95),
        ] {
            let reading = read(&SourceText::at(&json!(text), "").unwrap()).unwrap();
            assert_eq!(reading.value.to_json(), at, "{text}");
            assert_eq!(reading.confidence, confidence, "{text}");
        }
    }

    #[test]
    fn other_forms_are_not_read() {
        for json in [
            json!("3/4/2026"),
            json!("22.11.2026"),
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
    }
}
