//! Where a part of a YAML text stands.

use saphyr_parser::{Event, Parser, ScalarStyle, Span as Marked};

use crate::problem::Span;

/// The bytes of the value that a JSON pointer names; of the deepest part of it that is there, where it is not.
/// A span within the value is narrowed down where the text stands in the file as it is.
pub fn locate(text: &str, pointer: &str, within: Option<Span>) -> Option<Span> {
    let wanted: Vec<String> =
        pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).collect();
    let mut search = Search { events: Parser::new_from_str(text), wanted: &wanted, best: None };
    search.document()?;
    let found = search.best?;
    let whole = bytes(text, &found.place);
    if found.depth < wanted.len() {
        return Some(whole);
    }
    Some(within.and_then(|span| narrowed(text, whole, &found, span)).unwrap_or(whole))
}

struct Found {
    depth: usize,
    place: Marked,
    style: Option<ScalarStyle>,
    value: String,
}

struct Search<'a> {
    events: Parser<'a, saphyr_parser::StrInput<'a>>,
    wanted: &'a [String],
    best: Option<Found>,
}

impl Search<'_> {
    /// `None` at the end of the file, or where it is no YAML.
    fn document(&mut self) -> Option<()> {
        loop {
            match self.events.next()?.ok()? {
                (Event::StreamStart | Event::DocumentStart(_), _) => {}
                (event, place) => return self.node(event, place, Some(0)),
            }
        }
    }

    /// Walks through a node; `depth` is how much of the pointer leads to it, `None` beside the way.
    fn node(&mut self, event: Event<'_>, place: Marked, depth: Option<usize>) -> Option<()> {
        if let Some(depth) = depth
            && self.best.as_ref().is_none_or(|best| best.depth <= depth)
        {
            let (style, value) = match &event {
                Event::Scalar(value, style, ..) => (Some(*style), value.to_string()),
                _ => (None, String::new()),
            };
            self.best = Some(Found { depth, place, style, value });
        }
        match event {
            Event::MappingStart(..) => self.mapping(depth),
            Event::SequenceStart(..) => self.sequence(depth),
            _ => Some(()),
        }
    }

    fn mapping(&mut self, depth: Option<usize>) -> Option<()> {
        loop {
            let (key, place) = self.events.next()?.ok()?;
            if key == Event::MappingEnd {
                return Some(());
            }
            let name = if let Event::Scalar(name, ..) = &key { name.to_string() } else { String::new() };
            self.node(key, place, None)?;
            let below = depth.filter(|depth| self.wanted.get(*depth) == Some(&name)).map(|depth| depth + 1);
            let (value, at) = self.events.next()?.ok()?;
            // Of a group of values the name is shown: the group itself may be half the file.
            let is_group = matches!(value, Event::MappingStart(..) | Event::SequenceStart(..));
            self.node(value, if is_group { place } else { at }, below)?;
        }
    }

    fn sequence(&mut self, depth: Option<usize>) -> Option<()> {
        for index in 0_usize.. {
            let (event, place) = self.events.next()?.ok()?;
            if event == Event::SequenceEnd {
                break;
            }
            let is_next =
                |depth: &usize| self.wanted.get(*depth).is_some_and(|part| *part == index.to_string());
            let below = depth.filter(is_next).map(|depth| depth + 1);
            self.node(event, place, below)?;
        }
        Some(())
    }
}

/// From characters, as the parser counts, to bytes.
fn bytes(text: &str, place: &Marked) -> Span {
    let byte = |index: usize| text.char_indices().nth(index).map_or(text.len(), |(at, _)| at);
    let (start, end) = (byte(place.start.index()), byte(place.end.index()));
    let end = start + text[start..end.max(start)].trim_end().len();
    if end > start {
        return Span::new(start, end);
    }
    // Of a group only the beginning is told: its first line is shown.
    Span::new(start, start + text[start..].lines().next().map_or(0, str::len))
}

/// The place of a span within a scalar, when the scalar stands in the file letter by letter.
fn narrowed(text: &str, whole: Span, found: &Found, within: Span) -> Option<Span> {
    let quote = match found.style? {
        ScalarStyle::Plain => 0,
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => 1,
        ScalarStyle::Literal | ScalarStyle::Folded => return None,
    };
    let raw = text.get(whole.start + quote..whole.start + quote + found.value.len())?;
    if raw != found.value {
        return None;
    }
    let at = |offset: usize| whole.start + quote + offset.min(raw.len());
    Some(Span::new(at(within.start), at(within.end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# éa\nrule_set: r\nrules:\n  - id: a\n    when: siz > 1\n  - id: b\n    when: 'x == \"y\"'\n    then: [{assign: {pool: p}}]\ndefault: hold\n";

    fn found(pointer: &str, within: Option<(usize, usize)>) -> &'static str {
        let span = locate(TEXT, pointer, within.map(|(start, end)| Span::new(start, end))).unwrap();
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
    fn what_is_not_there_is_shown_where_it_belongs() {
        assert_eq!(found("/rules", None), "rules");
        assert_eq!(found("/rules/1/name", None).lines().next(), Some("id: b"));
        assert!(locate("a: [", "/a", None).is_none_or(|span| span.end <= 4));
    }

    #[test]
    fn any_text_is_survived() {
        for text in ["", "{", "- - -", "a: &x [*x]", "é: \"\\u00e9\"", "? a\n: b"] {
            for pointer in ["", "/a", "/0", "/é"] {
                if let Some(span) = locate(text, pointer, Some(Span::new(0, 9))) {
                    assert!(text.get(span.start..span.end).is_some(), "{text:?} {pointer} {span:?}");
                }
            }
        }
    }
}
