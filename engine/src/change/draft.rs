//! The text of a draft: reading it, writing a version as text, and problems at their place.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::Kind;
use super::locate::Places;
use crate::bundle::{Bundle, BundleSource};
use crate::catalogue::Catalogue;
use crate::content::MapFile;
use crate::problem::{Problem, Span};
use crate::rules::pick::Pool;
use crate::rules::{ReferenceList, RuleSetFile, yaml};

/// What a text says.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The content, when the text can be read at all.
    pub body: Option<Json>,
    /// Everything that is wrong with it, in the order of the text; what belongs to another part comes last.
    pub marks: Vec<Mark>,
}

/// Something wrong in a text, at its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Where, in bytes of the text; `None` when it is not in this text.
    pub span: Option<Span>,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong, as a sentence.
    pub message: String,
    /// The text that would stand there instead.
    pub suggestion: Option<String>,
}

impl Draft {
    /// Whether it may be submitted: it can be read and nothing is wrong. What a list leaves out is told and harms nobody.
    pub fn is_ready(&self, kind: Kind) -> bool {
        self.body.is_some() && (kind == Kind::List || self.marks.is_empty())
    }
}

/// Reads the text of a kind under a name. `others` are the bundles it would be a part of: it has to fit each.
pub fn read(kind: Kind, name: &str, text: &str, others: &[BundleSource]) -> Draft {
    let (body, problems) = parse(kind, name, text);
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

/// The text of a version.
///
/// # Errors
/// When the content is not of its kind.
pub fn write(kind: Kind, body: &Json) -> Result<String, Problem> {
    match kind {
        Kind::Catalogue => yaml_of::<Catalogue>(body),
        Kind::Map => yaml_of::<MapFile>(body),
        Kind::RuleSet => yaml_of::<RuleSetFile>(body),
        Kind::Pool => yaml_of::<Pool>(body),
        Kind::List => list_text(body),
    }
}

/// What a new draft of a kind begins with, where there is no version yet.
pub fn template(kind: Kind, name: &str) -> String {
    match kind {
        Kind::List => String::new(),
        Kind::Pool => format!("name: {name}\nmembers: []\n"),
        Kind::Catalogue => "{}\n".to_owned(),
        Kind::Map => format!("map: {name}\nfields: {{}}\n"),
        Kind::RuleSet => format!("rule_set: {name}\nrules: []\ndefault: hold\n"),
    }
}

/// Puts content in its place in a bundle.
///
/// # Errors
/// When the content is not of its kind.
pub fn place(kind: Kind, name: &str, body: &Json, source: &mut BundleSource) -> Result<(), Problem> {
    match kind {
        Kind::Catalogue => source.catalogue.1 = typed(body)?,
        Kind::Map => source.map.1 = typed(body)?,
        Kind::RuleSet => source.rule_set.1 = typed(body)?,
        Kind::List => {
            let version = source.lists.get(name).map_or(1, |(version, _)| *version);
            source.lists.insert(name.to_owned(), (version, entries(body)));
        }
        Kind::Pool => {
            let version = source.pools.get(name).map_or(1, |(version, _)| *version);
            source.pools.insert(name.to_owned(), (version, typed(body)?));
        }
    }
    Ok(())
}

fn parse(kind: Kind, name: &str, text: &str) -> (Option<Json>, Vec<Problem>) {
    match kind {
        Kind::Catalogue => parsed::<Catalogue>(text, Catalogue::check),
        Kind::Map => match parsed::<MapFile>(text, |map| named("/map", &map.map, name)) {
            // What is not in the form of a map is told field by field, at its place.
            (None, problems) => (None, misread(text).unwrap_or(problems)),
            read => read,
        },
        Kind::RuleSet => parsed::<RuleSetFile>(text, |set| {
            let mut problems = named("/rule_set", &set.rule_set, name);
            // In a workflow these stand in the workflow: here they would say it twice.
            if !set.fields.0.is_empty() {
                problems
                    .push(Problem::at("/fields", "The fields stand in the workflow's catalogue, not here."));
            }
            if !set.lists.is_empty() {
                problems.push(Problem::at(
                    "/lists",
                    "Reference lists have their own versions; leave them out here.",
                ));
            }
            problems.extend(set.check());
            problems
        }),
        Kind::Pool => parsed::<Pool>(text, |pool| {
            let mut problems = named("/name", &pool.name, name);
            problems.extend(pool.check());
            problems
        }),
        Kind::List => {
            let (list, problems) = ReferenceList::from_csv(text.as_bytes());
            let mut all: Vec<&str> = list.entries().collect();
            all.sort_unstable();
            let body = json!({ "entries": all });
            (Some(body), problems)
        }
    }
}

fn parsed<T: DeserializeOwned + Serialize>(
    text: &str,
    check: impl FnOnce(&T) -> Vec<Problem>,
) -> (Option<Json>, Vec<Problem>) {
    match yaml::read::<T>(text) {
        Err(problems) => (None, problems),
        Ok(value) => (serde_json::to_value(&value).ok(), check(&value)),
    }
}

/// What is wrong with the form of a map; `None` where the text cannot even be read as data.
fn misread(text: &str) -> Option<Vec<Problem>> {
    MapFile::from_json(&yaml::read::<Json>(text).ok()?).err()
}

fn named(pointer: &str, said: &str, name: &str) -> Vec<Problem> {
    if said == name {
        return Vec::new();
    }
    vec![Problem::at(pointer, format!("This is `{name}`; a name does not change.")).suggest(Some(name))]
}

/// What is wrong with the bundle when the content takes its place in it; pointers are relative to the content's text.
fn misfits(kind: Kind, name: &str, body: &Json, source: &BundleSource) -> Vec<Problem> {
    let mut changed = source.clone();
    if let Err(problem) = place(kind, name, body, &mut changed) {
        return vec![problem];
    }
    let mut problems = Vec::new();
    if kind == Kind::Catalogue {
        problems.extend(changed.catalogue.1.check_growth(&source.catalogue.1));
    }
    if let Err(found) = Bundle::compile(changed) {
        problems.extend(found.into_iter().map(|problem| relative(kind, problem)));
    }
    problems
}

/// A bundle's problem, seen from the text of one of its parts.
fn relative(kind: Kind, problem: Problem) -> Problem {
    let parts = [
        ("/fields", Kind::Catalogue, "The fields"),
        ("/map", Kind::Map, "The field extraction"),
        ("", Kind::RuleSet, "The rules"),
    ];
    for (prefix, part, words) in parts {
        let Some(rest) = problem.pointer.strip_prefix(prefix) else { continue };
        if part == kind {
            return Problem { pointer: rest.to_owned(), ..problem };
        }
        let message = format!("{words} would not fit any more ({}): {}", problem.pointer, problem.message);
        return Problem { pointer: "?".into(), span: None, message, suggestion: problem.suggestion };
    }
    problem
}

/// Problems at their places in a text.
pub(super) fn marks(text: &str, problems: Vec<Problem>) -> Vec<Mark> {
    if problems.is_empty() {
        return Vec::new();
    }
    let lines: Vec<usize> = [0].into_iter().chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    // A text that could not be read at all says itself where; only one that was read is looked into.
    let places = problems.iter().any(|problem| problem.pointer.starts_with('/')).then(|| Places::of(text));
    let mut marks: Vec<Mark> =
        problems.into_iter().map(|problem| mark(text, places.as_ref(), &lines, problem)).collect();
    marks.sort_by_key(|mark| mark.span.map_or(usize::MAX, |span| span.start));
    marks
}

/// A problem at its place; `lines` are the bytes at which lines begin.
fn mark(text: &str, places: Option<&Places<'_>>, lines: &[usize], problem: Problem) -> Mark {
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
    Mark { span, line, column, message: problem.message, suggestion: problem.suggestion }
}

/// The line that a problem of a CSV file names.
fn line_of(text: &str, lines: &[usize], message: &str) -> Option<Span> {
    let line: usize =
        message.strip_prefix("Line ")?.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()?;
    let start = *lines.get(line.checked_sub(1)?)?;
    let end = lines.get(line).copied().unwrap_or(text.len());
    Some(Span::new(start, start + text.get(start..end)?.trim_end().len()))
}

fn yaml_of<T: DeserializeOwned + Serialize>(body: &Json) -> Result<String, Problem> {
    yaml::write(&typed::<T>(body)?)
}

fn typed<T: DeserializeOwned>(body: &Json) -> Result<T, Problem> {
    serde_json::from_value(body.clone())
        .map_err(|error| Problem::at("", format!("The stored content cannot be read: {error}.")))
}

fn entries(body: &Json) -> Vec<String> {
    let all = body.get("entries").and_then(Json::as_array);
    all.into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect()
}

/// One entry a line below a header, so that no entry is taken for one.
fn list_text(body: &Json) -> Result<String, Problem> {
    let failed =
        |error: &dyn std::fmt::Display| Problem::at("", format!("The list cannot be written: {error}."));
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["value"]).map_err(|error| failed(&error))?;
    for entry in entries(body) {
        writer.write_record([entry]).map_err(|error| failed(&error))?;
    }
    let bytes = writer.into_inner().map_err(|error| failed(&error))?;
    String::from_utf8(bytes).map_err(|error| failed(&error))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

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

    fn said(text: &str, draft: &Draft) -> Vec<(String, usize, Option<String>)> {
        let piece =
            |mark: &Mark| mark.span.map(|span| text[span.start..span.end].to_owned()).unwrap_or_default();
        draft.marks.iter().map(|mark| (piece(mark), mark.line, mark.suggestion.clone())).collect()
    }

    #[test]
    fn what_is_wrong_is_marked_at_the_character_with_what_was_meant() {
        let draft = read(Kind::RuleSet, "form", RULES, &[source()]);
        assert_eq!(
            said(RULES, &draft),
            [("siz".into(), 4, Some("size".into())), ("aess".into(), 5, Some("aes".into()))]
        );
        assert!(draft.body.is_some());
    }

    #[test]
    fn a_text_that_is_no_file_has_no_content() {
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
        let said = said(text, &draft);
        assert_eq!(said[0], ("rang".into(), 5, Some("range".into())));
        assert_eq!(said[1].1, 6);
        assert!(draft.marks[1].message.contains("unknown key `lang`"), "{draft:?}");
        assert_eq!((said.len(), draft.body), (2, None));
    }

    #[test]
    fn what_another_part_needs_is_said_without_a_place() {
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
        assert_eq!(said(text, &draft), [("initech.".into(), 3, None)]);
        assert_eq!(draft.body, Some(json!({ "entries": ["Globex", "Initech"] })));
    }
}
