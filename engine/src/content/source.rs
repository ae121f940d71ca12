//! The text at a path of an event, prepared for reading.

use serde_json::Value as Json;

use super::unread::UnreadReason;
use super::words::{Word, words};
use crate::limits;

/// The text at a path: the string itself, or the JSON text of any other value.
pub(super) struct SourceText<'a> {
    pub path: &'a str,
    pub json: &'a Json,
    /// The text, cut to the longest that is read. In the JSON text of a list, quotes become paragraph
    /// separators and escapes become spaces, so that no word spans them; offsets do not change.
    pub chars: Vec<char>,
    pub words: Vec<Word>,
    /// Whether the text was cut.
    pub cut: bool,
}

impl<'a> SourceText<'a> {
    /// Returns the text at `path`; `None` if there is no value, or `null`.
    pub fn at(document: &'a Json, path: &'a str) -> Option<Self> {
        Self::up_to(limits::EXTRACT_CHARS, document, path)
    }

    /// Returns the text of a message at `path`, which can be longer than a form field.
    pub fn message(document: &'a Json, path: &'a str) -> Option<Self> {
        Self::up_to(limits::MESSAGE_CHARS, document, path)
    }

    fn up_to(most: usize, document: &'a Json, path: &'a str) -> Option<Self> {
        let json = document.pointer(path).filter(|json| !json.is_null())?;
        let mut chars: Vec<char> = match json {
            Json::String(text) => text.chars().take(most + 1).collect(),
            // An object is kept only to report that it cannot be read.
            Json::Object(_) => Vec::new(),
            other => other.to_string().chars().take(most + 1).collect(),
        };
        let cut = chars.len() > most;
        chars.truncate(most);
        if json.is_array() {
            blank_json(&mut chars);
        }
        let words = words(&chars);
        Some(Self { path, json, chars, words, cut })
    }

    /// Returns the first character that is not white space and the one after the last.
    pub fn trimmed(&self) -> [usize; 2] {
        let start = self.chars.iter().position(|c| !c.is_whitespace()).unwrap_or(0);
        let end = self.chars.iter().rposition(|c| !c.is_whitespace()).map_or(start, |last| last + 1);
        [start, end]
    }

    /// Checks that this is a value or a list of values, rather than something with keys or nesting.
    pub fn check_shape(&self) -> Result<(), UnreadReason> {
        match self.json {
            Json::Object(_) => Err(UnreadReason::Shape("an object")),
            Json::Array(items) if items.iter().any(|item| item.is_array() || item.is_object()) => {
                Err(UnreadReason::Shape("a list of lists or objects"))
            }
            _ => Ok(()),
        }
    }
}

/// Makes JSON text readable as words without moving any character. The commas between items become paragraph
/// separators too, so that `[50,100]` is no number.
fn blank_json(chars: &mut [char]) {
    let mut at = 0;
    let mut quoted = false;
    while at < chars.len() {
        let escape = match (chars[at], chars.get(at + 1).copied()) {
            ('"', _) => {
                chars[at] = '\u{2029}';
                quoted = !quoted;
                0
            }
            (',', _) if !quoted => {
                chars[at] = '\u{2029}';
                0
            }
            ('\\', Some('u')) => 6,
            ('\\', Some(_)) => 2,
            _ => 0,
        };
        let end = (at + escape).min(chars.len());
        chars[at..end].fill(' ');
        at = end.max(at + 1);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(json: &Json) -> String {
        SourceText::at(json, "").unwrap().chars.into_iter().collect()
    }

    #[test]
    fn nothing_and_null_are_absent() {
        let document = json!({"payload": {"a": null, "b": ""}});
        assert!(SourceText::at(&document, "/payload/a").is_none());
        assert!(SourceText::at(&document, "/payload/c").is_none());
        assert!(SourceText::at(&document, "/payload/b").is_some());
    }

    #[test]
    fn a_value_that_is_not_a_string_is_its_json_text() {
        assert_eq!(text(&json!(12.5)), "12.5");
        assert_eq!(text(&json!(true)), "true");
        assert_eq!(
            text(&json!(["a\n\"b\"", "\u{1}"])),
            "[\u{2029}a    b  \u{2029}\u{2029}\u{2029}      \u{2029}]"
        );
    }

    #[test]
    fn a_long_text_is_cut_and_marked() {
        let document = json!("é".repeat(limits::EXTRACT_CHARS + 5));
        let source = SourceText::at(&document, "").unwrap();
        assert!(source.cut);
        assert_eq!(source.chars.len(), limits::EXTRACT_CHARS);
        let document = json!("é".repeat(limits::EXTRACT_CHARS));
        assert!(!SourceText::at(&document, "").unwrap().cut);
    }

    #[test]
    fn nesting_and_keys_are_rejected() {
        let shape = |json: &Json| SourceText::at(json, "").unwrap().check_shape().is_ok();
        assert!(shape(&json!("a")) && shape(&json!(1)) && shape(&json!(["a", 1])));
        assert!(!shape(&json!({"a": 1})) && !shape(&json!([["a"]])) && !shape(&json!([{"a": 1}])));
    }
}
