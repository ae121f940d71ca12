//! What stands at a path of an event, ready to be read.

use serde_json::Value as Json;

use super::why::Why;
use super::words::{Word, words};
use crate::limits;

/// The text at a path: a string itself, any other JSON value as its JSON text.
pub(super) struct Source<'a> {
    pub path: &'a str,
    pub json: &'a Json,
    /// The text, at most [`limits::EXTRACT_CHARS`] of it. In a list's JSON text quotes are paragraph
    /// separators and escapes are spaces, so that no word runs over them; the offsets stay the same.
    pub chars: Vec<char>,
    pub words: Vec<Word>,
    /// There was more.
    pub cut: bool,
}

impl<'a> Source<'a> {
    /// What stands at `path`; `None` when nothing does, or `null`.
    pub fn at(document: &'a Json, path: &'a str) -> Option<Self> {
        let json = document.pointer(path).filter(|json| !json.is_null())?;
        let mut chars: Vec<char> = match json {
            Json::String(text) => text.chars().take(limits::EXTRACT_CHARS + 1).collect(),
            // Looked at only to say that it cannot be read.
            Json::Object(_) => Vec::new(),
            other => other.to_string().chars().take(limits::EXTRACT_CHARS + 1).collect(),
        };
        let cut = chars.len() > limits::EXTRACT_CHARS;
        chars.truncate(limits::EXTRACT_CHARS);
        if json.is_array() {
            blank_json(&mut chars);
        }
        let words = words(&chars);
        Some(Self { path, json, chars, words, cut })
    }

    /// First character that is no white space and the one after the last such.
    pub fn trimmed(&self) -> [usize; 2] {
        let start = self.chars.iter().position(|c| !c.is_whitespace()).unwrap_or(0);
        let end = self.chars.iter().rposition(|c| !c.is_whitespace()).map_or(start, |last| last + 1);
        [start, end]
    }

    /// Whether it is a value, or a list of values, rather than something with names or levels.
    pub fn check_shape(&self) -> Result<(), Why> {
        match self.json {
            Json::Object(_) => Err(Why::Shape("an object")),
            Json::Array(items) if items.iter().any(|item| item.is_array() || item.is_object()) => {
                Err(Why::Shape("a list of lists or objects"))
            }
            _ => Ok(()),
        }
    }
}

/// Makes JSON text readable as words without moving a character.
fn blank_json(chars: &mut [char]) {
    let mut at = 0;
    while at < chars.len() {
        let escape = match (chars[at], chars.get(at + 1).copied()) {
            ('"', _) => {
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
        Source::at(json, "").unwrap().chars.into_iter().collect()
    }

    #[test]
    fn nothing_and_null_are_absent() {
        let document = json!({"payload": {"a": null, "b": ""}});
        assert!(Source::at(&document, "/payload/a").is_none());
        assert!(Source::at(&document, "/payload/c").is_none());
        assert!(Source::at(&document, "/payload/b").is_some());
    }

    #[test]
    fn a_value_that_is_no_string_is_its_json_text() {
        assert_eq!(text(&json!(12.5)), "12.5");
        assert_eq!(text(&json!(true)), "true");
        assert_eq!(text(&json!(["a\n\"b\"", "\u{1}"])), "[\u{2029}a    b  \u{2029},\u{2029}      \u{2029}]");
    }

    #[test]
    fn a_long_text_is_cut_and_says_so() {
        let document = json!("é".repeat(limits::EXTRACT_CHARS + 5));
        let source = Source::at(&document, "").unwrap();
        assert!(source.cut);
        assert_eq!(source.chars.len(), limits::EXTRACT_CHARS);
        let document = json!("é".repeat(limits::EXTRACT_CHARS));
        assert!(!Source::at(&document, "").unwrap().cut);
    }

    #[test]
    fn levels_and_names_are_no_value() {
        let shape = |json: &Json| Source::at(json, "").unwrap().check_shape().is_ok();
        assert!(shape(&json!("a")) && shape(&json!(1)) && shape(&json!(["a", 1])));
        assert!(!shape(&json!({"a": 1})) && !shape(&json!([["a"]])) && !shape(&json!([{"a": 1}])));
    }
}
