//! The `text` extractor, which reads the text itself and normalises white space.

use serde_json::Value as Json;
use unicode_normalization::{UnicodeNormalization as _, is_nfc};

use super::confidence;
use super::reading::{ReadResult, TextReading};
use super::source::SourceText;
use super::unread::UnreadReason;
use crate::value::Value;

/// Trims the text, collapses white space and composes accents. Invisible characters are removed, and characters that cannot be
/// typed lower the confidence.
pub(super) fn read(source: &SourceText) -> ReadResult {
    if source.json.is_array() {
        return Err(UnreadReason::Shape("a list"));
    }
    if source.cut {
        return Err(UnreadReason::TooLong);
    }
    let mut text = String::new();
    let mut odd = false;
    let [start, end] = source.trimmed();
    for &c in &source.chars[start..end] {
        match c {
            _ if c.is_whitespace() => {
                if !text.is_empty() && !text.ends_with(' ') {
                    text.push(' ');
                }
            }
            '\u{AD}' | '\u{200B}' | '\u{2060}' | '\u{FEFF}' => {}
            _ if c.is_control() || is_direction(c) || c == '\u{FFFD}' => odd = true,
            _ => text.push(c),
        }
    }
    text.truncate(text.trim_end().len());
    // A letter and its accent can be one character or two; rules compare characters.
    if !is_nfc(&text) {
        text = text.nfc().collect();
    }
    if text.is_empty() {
        return Err(UnreadReason::NoMatch);
    }
    let confidence = match () {
        () if source.words.is_empty() => confidence::NO_WORDS,
        () if odd => confidence::ODD_TEXT,
        () if matches!(source.json, Json::Bool(_)) => confidence::ODD_TEXT,
        () => confidence::EXACT,
    };
    Ok(TextReading::new(Value::Text(text), confidence, [start, end]))
}

/// Returns whether the character changes the direction of writing; in a name, it serves only to deceive.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(json: Json) -> Result<(String, f64, [usize; 2]), UnreadReason> {
        super::read(&SourceText::at(&json, "").unwrap()).map(|reading| match reading.value {
            Value::Text(text) => (text, reading.confidence, reading.span),
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn texts_are_tidied() {
        assert_eq!(read(json!("Acme")), Ok(("Acme".into(), 0.99, [0, 4])));
        assert_eq!(read(json!("  Acme \t\n Inc.\u{A0} ")), Ok(("Acme Inc.".into(), 0.99, [2, 14])));
        assert_eq!(read(json!("Ac\u{200B}me")), Ok(("Acme".into(), 0.99, [0, 5])));
        assert_eq!(read(json!("東京電力")), Ok(("東京電力".into(), 0.99, [0, 4])));
        assert_eq!(read(json!(42)), Ok(("42".into(), 0.99, [0, 2])));
    }

    #[test]
    fn odd_texts_are_less_sure() {
        assert_eq!(read(json!("Ac\u{7}me")), Ok(("Acme".into(), confidence::ODD_TEXT, [0, 5])));
        assert_eq!(read(json!("evil\u{202E}moc")), Ok(("evilmoc".into(), confidence::ODD_TEXT, [0, 8])));
        assert_eq!(read(json!("???")), Ok(("???".into(), confidence::NO_WORDS, [0, 3])));
        assert_eq!(read(json!(true)), Ok(("true".into(), confidence::ODD_TEXT, [0, 4])));
    }

    #[test]
    fn values_that_are_not_texts() {
        assert_eq!(read(json!(["a"])), Err(UnreadReason::Shape("a list")));
        assert_eq!(read(json!("\u{7}\u{202E}")), Err(UnreadReason::NoMatch));
        assert_eq!(read(json!("a".repeat(crate::limits::EXTRACT_CHARS + 1))), Err(UnreadReason::TooLong));
    }
}
