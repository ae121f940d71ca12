//! The text of a draft: parses it, writes a version as text, and locates problems in it.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use strum::VariantArray as _;

use super::kinds::{Kind, ProblemPointer, TextFormat};
use super::locate::TextLocations;
use super::notes::Note;
use crate::bundle::{Bundle, BundleBuilder, BundleSource};
use crate::problem::{Problem, Span};
use crate::rules::Analysis;

/// The result of parsing a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The content, if the text could be parsed.
    pub body: Option<Json>,
    /// All problems in the order of the text; problems in other parts come last.
    pub marks: Vec<TextProblem>,
}

/// A problem at its place in a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextProblem {
    /// The range in bytes; `None` if the problem is not in this text.
    pub span: Option<Span>,
    /// The line, starting at 1.
    pub line: usize,
    /// The column in characters, starting at 1.
    pub column: usize,
    /// A sentence that says what is wrong.
    pub message: String,
    /// The suggested replacement text.
    pub suggestion: Option<String>,
}

impl Draft {
    /// Returns whether the draft can be submitted: it could be parsed and has no problems. Lines that a list
    /// skips are reported but do no harm.
    pub fn is_ready(&self, kind: Kind) -> bool {
        self.body.is_some() && (kind.spec().text == TextFormat::Lines || self.marks.is_empty())
    }

    /// Adds problems that only the surroundings of the draft show, at their places in the text.
    pub fn with(mut self, text: &str, problems: Vec<Problem>) -> Self {
        self.marks.extend(marks(text, problems));
        self.marks.sort_by_key(|mark| mark.span.map_or(usize::MAX, |span| span.start));
        self
    }
}

/// Parses the text of a kind under a name. The content must fit in each of the bundles in `others` that would
/// include it.
pub fn read(kind: Kind, name: &str, text: &str, others: &[BundleSource]) -> Draft {
    let (body, problems) = (kind.spec().parse)(name, text);
    let Some(body) = body else {
        return Draft { body: None, marks: marks(text, problems) };
    };
    let mut problems = problems;
    let mut seen: BTreeSet<String> = problems.iter().map(ToString::to_string).collect();
    for source in others {
        for problem in misfits(kind, name, &body, source) {
            if seen.insert(problem.to_string()) {
                problems.push(problem);
            }
        }
    }
    Draft { body: Some(body), marks: marks(text, problems) }
}

/// Writes a version as text.
///
/// # Errors
/// Returns a problem if the content is not valid for the kind.
pub fn write(kind: Kind, body: &Json) -> Result<String, Problem> {
    (kind.spec().write)(body)
}

/// Puts content in its place in a bundle; does nothing for kinds that are not part of bundles.
///
/// # Errors
/// Returns a problem if the content is not valid for the kind.
pub fn place(kind: Kind, name: &str, body: &Json, source: &mut BundleSource) -> Result<(), Problem> {
    let Some(place) = &kind.spec().place else { return Ok(()) };
    let mut parts = BundleBuilder::from(source.clone());
    (place.put)(&mut parts, name, None, body.clone())?;
    *source = parts.build()?;
    Ok(())
}

/// Returns hints about a draft that has no problems; `live` is the analysis of what is live, and `decided` the number of leads that
/// were evaluated.
pub fn notes(
    kind: Kind,
    text: &str,
    body: &Json,
    analysis: &Analysis,
    live: &Analysis,
    decided: usize,
) -> Vec<Note> {
    kind.spec().notes.map(|notes| notes(text, body, analysis, live, decided)).unwrap_or_default()
}

/// Returns the problems of a bundle that includes the content, with pointers relative to the content's text.
fn misfits(kind: Kind, name: &str, body: &Json, source: &BundleSource) -> Vec<Problem> {
    let Some(taken) = &kind.spec().place else { return Vec::new() };
    let mut changed = source.clone();
    if let Err(problem) = place(kind, name, body, &mut changed) {
        return vec![problem];
    }
    let mut problems = (taken.succession)(source, &changed);
    if let Err(found) = Bundle::compile(changed) {
        problems.extend(found.into_iter().map(|problem| relative(kind, problem)));
    }
    problems
}

/// Converts a problem of a bundle to the point of view of one part's text.
fn relative(kind: Kind, problem: Problem) -> Problem {
    let mut parts: Vec<(Kind, ProblemPointer)> = Kind::VARIANTS
        .iter()
        .filter_map(|part| Some((*part, part.spec().place.as_ref()?.pointers?)))
        .collect();
    // The pointer belongs to the part with the longest matching prefix.
    parts.sort_by_key(|(_, pointed)| Reverse(pointed.prefix.len()));
    for (part, ProblemPointer { prefix, called }) in parts {
        let Some(rest) = problem.pointer.strip_prefix(prefix) else { continue };
        if part == kind {
            return Problem { pointer: rest.to_owned(), ..problem };
        }
        let message = format!("{called} would no longer be valid ({}): {}", problem.pointer, problem.message);
        return Problem { pointer: "?".into(), span: None, message, suggestion: problem.suggestion };
    }
    problem
}

/// Locates problems in a text.
pub(super) fn marks(text: &str, problems: Vec<Problem>) -> Vec<TextProblem> {
    if problems.is_empty() {
        return Vec::new();
    }
    let lines: Vec<usize> = [0].into_iter().chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    // If the text could not be parsed, the problems already carry their place; otherwise it has to be looked
    // up.
    let places =
        problems.iter().any(|problem| problem.pointer.starts_with('/')).then(|| TextLocations::of(text));
    let mut marks: Vec<TextProblem> =
        problems.into_iter().map(|problem| mark(text, places.as_ref(), &lines, problem)).collect();
    marks.sort_by_key(|mark| mark.span.map_or(usize::MAX, |span| span.start));
    marks
}

/// Locates one problem; `lines` are the byte offsets at which lines begin.
fn mark(text: &str, places: Option<&TextLocations<'_>>, lines: &[usize], problem: Problem) -> TextProblem {
    let span = match (problem.pointer.as_str(), problem.span) {
        ("?", _) => None,
        ("", Some(span)) => Some(span),
        ("", None) => line_of(text, lines, &problem.message),
        (pointer, within) => places.and_then(|places| places.locate(pointer, within)),
    };
    let start = span.map_or(0, |span| span.start).min(text.len());
    let line = lines.partition_point(|begin| *begin <= start);
    let begin = line.checked_sub(1).and_then(|index| lines.get(index)).copied().unwrap_or(0);
    let column = text.get(begin..start).map_or(1, |before| before.chars().count() + 1);
    TextProblem { span, line, column, message: problem.message, suggestion: problem.suggestion }
}

/// Returns the line that a problem of a CSV file names.
fn line_of(text: &str, lines: &[usize], message: &str) -> Option<Span> {
    let line: usize =
        message.strip_prefix("Line ")?.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()?;
    let start = *lines.get(line.checked_sub(1)?)?;
    let end = lines.get(line).copied().unwrap_or(text.len());
    Some(Span::new(start, start + text.get(start..end)?.trim_end().len()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::rules::yaml;

    fn source() -> BundleSource {
        BundleSource {
            catalogue: (1, yaml::read("{size: {type: integer}, company: {type: string}}").unwrap()),
            map: (1, yaml::read("{map: form, fields: {size: {from: /payload/size, extract: number}}}").unwrap()),
            rule_set: (1, yaml::read("{rule_set: form, default: hold, rules: [{id: big, when: size > 5, then: [{assign: {pool: aes}}]}]}").unwrap()),
            lists: BTreeMap::from([("tam".to_owned(), (1, vec!["Initech".to_owned()]))]),
            pools: BTreeMap::from([("aes".to_owned(), (1, yaml::read("{name: aes, members: [{person: a@b.example}]}").unwrap()))]),
        }
    }

    const RULES: &str = "rule_set: form\nrules:\n  - id: big\n    when: siz > 5\n    then: [{assign: {pool: aess}}]\ndefault: hold\n";

    fn located(text: &str, draft: &Draft) -> Vec<(String, usize, Option<String>)> {
        let piece = |mark: &TextProblem| {
            mark.span.map(|span| text[span.start..span.end].to_owned()).unwrap_or_default()
        };
        draft.marks.iter().map(|mark| (piece(mark), mark.line, mark.suggestion.clone())).collect()
    }

    #[test]
    fn problems_are_marked_at_the_character_with_a_suggestion() {
        let draft = read(Kind::RuleSet, "form", RULES, &[source()]);
        assert_eq!(
            located(RULES, &draft),
            [("siz".into(), 4, Some("size".into())), ("aess".into(), 5, Some("aes".into()))]
        );
        assert!(draft.body.is_some());
    }

    #[test]
    fn an_invalid_file_has_no_content() {
        let text = "rule_set: form\nrules: [\n";
        let draft = read(Kind::RuleSet, "form", text, &[source()]);
        assert_eq!(draft.body, None);
        assert_eq!(draft.marks.len(), 1);
        let text = "rule_set: form\nrules:\n  - id: a\n    whn: size > 1\ndefault: hold\n";
        let draft = read(Kind::RuleSet, "form", text, &[]);
        assert_eq!(draft.marks[0].suggestion.as_deref(), Some("when"));
        assert_eq!(draft.marks[0].line, 4);
    }

    #[test]
    fn a_map_that_cannot_be_read_is_marked_field_by_field() {
        let text = "map: form\nfields:\n  size:\n    from: /payload/size\n    extract: rang\n  company:\n    from: /payload/company\n    extract: text\n    lang: en\n";
        let draft = read(Kind::Map, "form", text, &[]);
        let found = located(text, &draft);
        assert_eq!(found[0], ("rang".into(), 5, Some("range".into())));
        assert_eq!(found[1].1, 6);
        assert!(draft.marks[1].message.contains("unknown key `lang`"), "{draft:?}");
        assert_eq!((found.len(), draft.body), (2, None));
    }

    #[test]
    fn problems_in_other_parts_have_no_place() {
        let draft = read(Kind::Catalogue, "form", "{company: {type: string}}", &[source()]);
        assert!(
            draft.marks.iter().any(|mark| mark.span.is_none() && mark.message.contains("The rules")),
            "{draft:?}"
        );
        let pool = read(Kind::Pool, "aes", "name: aez\nmembers: []\n", &[]);
        assert_eq!(pool.marks[0].suggestion.as_deref(), Some("aes"));
    }

    #[test]
    fn every_kind_comes_back_as_it_was_written() {
        let source = source();
        let bodies = [
            (Kind::Catalogue, "form", serde_json::to_value(&source.catalogue.1).unwrap()),
            (Kind::Map, "form", serde_json::to_value(&source.map.1).unwrap()),
            (Kind::RuleSet, "form", serde_json::to_value(&source.rule_set.1).unwrap()),
            (Kind::Pool, "aes", serde_json::to_value(&source.pools["aes"].1).unwrap()),
            (Kind::List, "tam", json!({ "entries": ["A, \"quoted\" one", "Company", "Initech"] })),
        ];
        for (kind, name, body) in bodies {
            let text = write(kind, &body).unwrap();
            let draft = read(kind, name, &text, std::slice::from_ref(&source));
            assert_eq!(draft.body, Some(body), "{kind}\n{text}");
            assert_eq!(draft.marks, [], "{kind}");
        }
    }

    #[test]
    fn a_line_of_a_list_is_marked() {
        let text = "Initech\nGlobex\ninitech.\n";
        let draft = read(Kind::List, "tam", text, &[]);
        assert_eq!(located(text, &draft), [("initech.".into(), 3, None)]);
        assert_eq!(draft.body, Some(json!({ "entries": ["Globex", "Initech"] })));
    }
}
