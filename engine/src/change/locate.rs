//! Locates the parts of a YAML text.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span as Marked, StrInput};

use crate::problem::Span;

/// The ranges of all parts of a text by JSON pointer, computed once for any number of problems.
pub struct TextLocations<'a> {
    text: &'a str,
    parts: HashMap<String, Part>,
}

struct Part {
    place: Span,
    /// The style of a scalar and its value.
    scalar: Option<(ScalarStyle, String)>,
}

impl<'a> TextLocations<'a> {
    /// Parses a text as far as it is valid YAML.
    pub fn of(text: &'a str) -> Self {
        // The parser counts characters, while problems count bytes.
        let bytes: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let mut reader = Reader { text, bytes, events: Parser::new_from_str(text), parts: HashMap::new() };
        reader.document();
        Self { text, parts: reader.parts }
    }

    /// Returns the byte range of the value at a pointer, or of the deepest existing part of the pointer. A span
    /// within the value is narrowed down if the value appears in the file verbatim.
    pub fn locate(&self, pointer: &str, within: Option<Span>) -> Option<Span> {
        if let Some(part) = self.parts.get(pointer) {
            return Some(within.and_then(|span| part.narrowed(self.text, span)).unwrap_or(part.place));
        }
        let (around, _) = pointer.rsplit_once('/')?;
        self.locate(around, None)
    }
}

impl Part {
    /// Returns the range of a span within a scalar, if the scalar appears in the file verbatim.
    fn narrowed(&self, text: &str, within: Span) -> Option<Span> {
        let (style, value) = self.scalar.as_ref()?;
        let quote = match style {
            ScalarStyle::Plain => 0,
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => 1,
            ScalarStyle::Literal => return self.in_block(text, value, within),
            ScalarStyle::Folded => return None,
        };
        let start = self.place.start + quote;
        let raw = text.get(start..start + value.len()).filter(|raw| raw == value)?;
        let at = |offset: usize| start + offset.min(raw.len());
        let span = Span::new(at(within.start), at(within.end));
        text.get(span.start..span.end).map(|_| span)
    }

    /// Returns the range of a span within a block scalar (`|`), whose lines are indented in the file.
    fn in_block(&self, text: &str, value: &str, within: Span) -> Option<Span> {
        let raw = text.get(self.place.start..)?;
        let block = match raw.starts_with('|') {
            true => self.place.start + raw.find('\n')? + 1,
            false => text.get(..self.place.start)?.rfind('\n').map_or(0, |end| end + 1),
        };
        let lines = text.get(block..)?;
        let first = lines.lines().find(|line| !line.trim().is_empty())?;
        let begins = value.lines().find(|line| !line.trim().is_empty())?;
        let indent = first.find(begins)?;
        let at = |offset: usize| {
            let before = value.get(..offset)?;
            let number = before.matches('\n').count();
            let column = offset - before.rfind('\n').map_or(0, |end| end + 1);
            let start =
                lines.match_indices('\n').map(|(at, _)| at + 1).nth(number.wrapping_sub(1)).unwrap_or(0);
            Some(block + start + indent + column)
        };
        let span = Span::new(at(within.start)?, at(within.end)?);
        (text.get(span.start..span.end)? == value.get(within.start..within.end)?).then_some(span)
    }
}

/// The maximum nesting depth; valid files are never deeper, and the reader is recursive.
const DEPTH: usize = 64;

struct Reader<'a> {
    text: &'a str,
    /// The byte offset of each character.
    bytes: Vec<usize>,
    events: Parser<'a, StrInput<'a>>,
    parts: HashMap<String, Part>,
}

impl Reader<'_> {
    /// Returns `None` at the end of the file or where the text is not valid YAML.
    fn document(&mut self) -> Option<()> {
        loop {
            match self.events.next()?.ok()? {
                (Event::StreamStart | Event::DocumentStart(_), _) => {}
                (event, place) => return self.node(event, place, String::new(), 0),
            }
        }
    }

    fn node(&mut self, event: Event<'_>, place: Marked, pointer: String, depth: usize) -> Option<()> {
        if depth > DEPTH {
            return None;
        }
        let scalar = match &event {
            Event::Scalar(value, style, ..) => Some((*style, value.to_string())),
            _ => None,
        };
        let part = Part { place: self.span(&place), scalar };
        self.parts.insert(pointer.clone(), part);
        match event {
            Event::MappingStart(..) => self.mapping(&pointer, depth + 1),
            Event::SequenceStart(..) => self.sequence(&pointer, depth + 1),
            _ => Some(()),
        }
    }

    fn mapping(&mut self, pointer: &str, depth: usize) -> Option<()> {
        loop {
            let (key, place) = self.events.next()?.ok()?;
            let name = match key {
                Event::MappingEnd => return Some(()),
                Event::Scalar(name, ..) => name.replace('~', "~0").replace('/', "~1"),
                // A collection as a key; valid files have none, and no pointer refers to one.
                group => {
                    self.node(group, place, format!("{pointer}/?"), depth)?;
                    "?".to_owned()
                }
            };
            let (value, at) = self.events.next()?.ok()?;
            // For a collection, the range is the key, since the collection itself could span half the file.
            let is_group = matches!(value, Event::MappingStart(..) | Event::SequenceStart(..));
            self.node(value, if is_group { place } else { at }, format!("{pointer}/{name}"), depth)?;
        }
    }

    fn sequence(&mut self, pointer: &str, depth: usize) -> Option<()> {
        for index in 0_usize.. {
            let (event, place) = self.events.next()?.ok()?;
            if event == Event::SequenceEnd {
                break;
            }
            self.node(event, place, format!("{pointer}/{index}"), depth)?;
        }
        Some(())
    }

    /// Converts character offsets to byte offsets.
    fn span(&self, place: &Marked) -> Span {
        let byte = |index: usize| self.bytes.get(index).copied().unwrap_or(self.text.len());
        let (start, end) = (byte(place.start.index()), byte(place.end.index()));
        let end = start + self.text[start..end.max(start)].trim_end().len();
        if end > start {
            return Span::new(start, end);
        }
        // For a collection, the range is only its first line.
        Span::new(start, start + self.text[start..].lines().next().map_or(0, str::len))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# éa\nrule_set: r\nrules:\n  - id: a\n    when: siz > 1\n  - id: b\n    when: 'x == \"y\"'\n    then: [{assign: {pool: p}}]\ndefault: hold\n";

    fn found(pointer: &str, within: Option<(usize, usize)>) -> &'static str {
        let span = TextLocations::of(TEXT)
            .locate(pointer, within.map(|(start, end)| Span::new(start, end)))
            .unwrap();
        &TEXT[span.start..span.end]
    }

    #[test]
    fn a_value_is_found_and_a_piece_of_it() {
        assert_eq!(found("/rules/0/when", None), "siz > 1");
        assert_eq!(found("/rules/0/when", Some((0, 3))), "siz");
        assert_eq!(found("/rules/1/when", Some((5, 8))), "\"y\"");
        assert_eq!(found("/rules/1/then/0/assign/pool", None), "p");
        assert_eq!(found("/default", None), "hold");
    }

    #[test]
    fn missing_parts_are_located_at_their_parent() {
        assert_eq!(found("/rules", None), "rules");
        assert_eq!(found("/rules/1/name", None).lines().next(), Some("id: b"));
        assert!(TextLocations::of("a: [").locate("/a", None).is_none_or(|span| span.end <= 4));
    }

    #[test]
    fn any_text_is_handled() {
        let deep = ["- ".repeat(50_000), "[".repeat(50_000), "? ".repeat(50_000)];
        let odd = ["", "{", "- - -", "a: &x [*x]", "é: \"\\u00e9\"", "? a\n: b"];
        for text in odd.into_iter().chain(deep.iter().map(String::as_str)) {
            for pointer in ["", "/a", "/0", "/é"] {
                if let Some(span) = TextLocations::of(text).locate(pointer, Some(Span::new(0, 9))) {
                    assert!(text.get(span.start..span.end).is_some(), "{text:?} {pointer} {span:?}");
                }
            }
        }
    }
}
