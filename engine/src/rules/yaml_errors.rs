//! Mistakes in YAML, in words for people who do not know how a YAML parser works.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser};

use crate::problem::{Problem, Span};

/// What the parser says, and what it means for the person who writes the file. The first match applies.
const PLAIN: &[(&str, &str)] = &[
    (
        "mapping values are not allowed",
        "there is a `:` where none can be. Put the text in quotes if the colon belongs to it; otherwise check that this line is indented like its neighbours",
    ),
    (
        "did not find expected key",
        "this line does not fit the lines above it. Check its indentation, and that every quote and bracket above is closed",
    ),
    (
        "did not find expected ',' or ']'",
        "a `]` is missing, or a `,` between two items of a list in brackets",
    ),
    ("did not find expected ',' or '}'", "a `}` is missing, or a `,` between two entries in braces"),
    (
        "did not find expected '-' indicator",
        "a list continues here, so this line must begin with `- `, or be indented further",
    ),
    ("did not find expected node content", "a value is missing here, or a bracket is not closed"),
    (
        "block sequence entries are not allowed",
        "there is a list item (`- `) where none can be. Check the indentation of this line",
    ),
    ("found unexpected end of stream", "a quote is opened here and never closed"),
    ("found unexpected document indicator", "a quote is opened here and never closed"),
    ("could not find expected ':'", "a `:` is missing after the name, or a quote is not closed"),
    (
        "found unknown escape character",
        "this `\\` does not begin a known escape. Write `\\\\` for a backslash, or use single quotes",
    ),
    (
        "found character that cannot start any token",
        "a text cannot begin with this character. Put it in quotes",
    ),
    (
        "unknown anchor",
        "a text that begins with `*` refers to an anchor, and there is none of this name. Put the text in quotes",
    ),
    ("found undefined tag handle", "a text that begins with `!` is a tag. Put the text in quotes"),
];

/// Returns what an error of the parser means, if it is a common mistake.
pub(super) fn plain(message: &str) -> Option<&'static str> {
    PLAIN.iter().find(|(theirs, _)| message.contains(theirs)).map(|(_, ours)| *ours)
}

/// Returns line and column at which something begins that does not end as it should. The parser reports where it gave up, and the
/// beginning as the context.
pub(super) fn beginning(message: &str) -> Option<(usize, usize)> {
    let contexts = ["while scanning a quoted scalar at line ", "while scanning a simple key at line "];
    let (_, context) = contexts.iter().find_map(|context| message.split_once(context))?;
    let (line, column) = context.split_once(" column ")?;
    let digits =
        |text: &str| text.split(|c: char| !c.is_ascii_digit()).next().and_then(|text| text.parse().ok());
    Some((digits(line)?, digits(column)?))
}

/// Returns the problem with the first line that is indented with a tab, up to the line of an error.
pub(super) fn tab(text: &str, error_line: usize) -> Option<Problem> {
    let mut start = 0;
    for (index, line) in text.split_inclusive('\n').take(error_line).enumerate() {
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        if let Some(at) = line[..indent].find('\t')
            && !line.trim().is_empty()
        {
            let (number, column) = (index + 1, at + 1);
            let message = format!(
                "Line {number}, column {column}: this line is indented with a tab. Use spaces instead."
            );
            return Some(Problem::spanned(Span::new(start + at, start + at + 1), message));
        }
        start += line.len();
    }
    None
}

/// Returns the problem with the first name that is given twice in one place.
pub(super) fn duplicate_key(text: &str) -> Option<Problem> {
    // The parser counts characters, while problems count bytes.
    let bytes: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let byte = |index: usize| bytes.get(index).copied().unwrap_or(text.len());
    let mut open: Vec<Open> = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, place): (Event<'_>, _) = event.ok()?;
        match event {
            Event::MappingStart(..) => open.push(Open::Mapping { keys: BTreeMap::new(), is_key: true }),
            Event::SequenceStart(..) => open.push(Open::Sequence),
            Event::MappingEnd | Event::SequenceEnd => {
                open.pop();
                if let Some(around) = open.last_mut() {
                    around.next();
                }
            }
            Event::Scalar(name, ..) => {
                let Some(around) = open.last_mut() else { continue };
                if let Some(first) = around.key(&name, place.start.line()) {
                    let (line, column) = (place.start.line(), place.start.col() + 1);
                    let message = format!(
                        "Line {line}, column {column}: `{name}` is given twice, first on line {first}. Remove one of them."
                    );
                    let span = Span::new(byte(place.start.index()), byte(place.end.index()));
                    return Some(Problem::spanned(span, message));
                }
                around.next();
            }
            Event::Alias(_) => {
                if let Some(around) = open.last_mut() {
                    around.next();
                }
            }
            _ => {}
        }
    }
    None
}

/// A collection that is being read.
enum Open {
    /// The keys so far with their lines, and whether a key comes next.
    Mapping {
        keys: BTreeMap<String, usize>,
        is_key: bool,
    },
    Sequence,
}

impl Open {
    /// Takes a scalar; returns the line on which the same key was given before, if it is a key.
    fn key(&mut self, name: &str, line: usize) -> Option<usize> {
        match self {
            Self::Mapping { keys, is_key: true } => keys.insert(name.to_owned(), line),
            _ => None,
        }
    }

    fn next(&mut self) {
        if let Self::Mapping { is_key, .. } = self {
            *is_key = !*is_key;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::super::yaml;

    /// Returns the message about a text, and the marked characters.
    fn said(text: &str) -> (String, &str) {
        let problems = yaml::read::<Json>(text).unwrap_err();
        let problem = &problems[0];
        let marked = problem.span.map_or("", |span| &text[span.start..span.end]);
        (problem.message.clone(), marked)
    }

    #[test]
    fn a_name_that_is_given_twice_is_marked_where_it_is_given_again() {
        let text = "fields:\n  intent:\n    phrases:\n      trial: 0.4\n      book a demo: 0.8\n      é: 0.1\n      trial: 0.5\n";
        let message = "Line 7, column 7: `trial` is given twice, first on line 4. Remove one of them.";
        assert_eq!(said(text), (message.into(), "trial"));
        // The same name in other places is no duplicate.
        assert!(yaml::read::<Json>("a: {x: 1, b: {x: 2}}\nb: [{x: 1}, {x: 2}]\nx: a\n").is_ok());
        assert_eq!(said("a: {x: [1, {y: 2}], z: 3, x: 4}\n").1, "x");
    }

    #[test]
    fn tabs_are_named_where_they_are() {
        let tab = |line: usize| {
            format!("Line {line}, column 1: this line is indented with a tab. Use spaces instead.")
        };
        assert_eq!(said("a:\n\tb: 1\n"), (tab(2), "\t"));
        assert_eq!(said("rules:\n- id: a\n\twhen: x\n"), (tab(3), "\t"));
        // A tab within a text is no mistake.
        assert!(yaml::read::<Json>("a: 'x\ty'\n").is_ok());
    }

    #[test]
    fn common_mistakes_are_explained() {
        for (text, line, part) in [
            ("name: Large: more than 1,000\n", 1, "there is a `:` where none can be"),
            ("a: 1\n  b: 2\n", 2, "there is a `:` where none can be"),
            ("a:\n  - x\n  b: 1\n", 3, "a list continues here"),
            ("a: [1, 2\nb: 3\n", 2, "a `]` is missing"),
            ("a: {x: 1\nb: 3\n", 2, "a `}` is missing"),
            ("a: 'open\nb: 3\n", 1, "a quote is opened here and never closed"),
            ("a: @x\n", 1, "a text cannot begin with this character"),
            ("a: *x\n", 1, "a text that begins with `*`"),
            ("a: \"\\d\"\n", 1, "this `\\` does not begin a known escape"),
            ("a: - b\n", 1, "there is a list item"),
            ("a: 1\nb\nc: 2\n", 2, "a `:` is missing after the name"),
        ] {
            let (message, _) = said(text);
            assert!(message.contains(part), "{text:?}: {message}");
            assert!(message.starts_with(&format!("Line {line}, ")), "{text:?}: {message}");
        }
    }
}
