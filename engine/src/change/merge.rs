//! Merges two successors of one version: what both sides left alone stays, what one side changed is taken from it, and what both
//! changed differently is a conflict that a person resolves.
//!
//! Rules are merged rule by rule, lists entry by entry, pools person by person, field extraction and fields field by field. A part
//! is taken from one side as a whole: a rule that has the condition of one person and the action of another was written by neither.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use super::kinds::{ItemNames, Kind, PartForm, TextFormat};
use crate::problem::Problem;
use crate::rules::yaml;

/// A side of a merge.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
)]
#[strum(serialize_all = "snake_case")]
pub enum MergeSide {
    /// The draft.
    Ours,
    /// The version that was approved in the meantime.
    Theirs,
}

/// A part that both sides changed differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergeConflict {
    /// Identifies the conflict among those of a merge, for example `rules/hot`.
    pub key: String,
    /// The part, for example `Rule Hot`.
    pub subject: String,
    /// The part as both started from; `None` if it did not exist.
    pub base: Option<String>,
    /// The part in the draft; `None` if the draft removes it.
    pub ours: Option<String>,
    /// The part in the newer version; `None` if that version removed it.
    pub theirs: Option<String>,
}

/// The result of a merge.
#[derive(Clone, Debug, PartialEq)]
pub struct Merged {
    /// The content. A conflict without a choice has the content of the newer version.
    pub body: Json,
    /// All conflicts, including those that the choices resolve.
    pub conflicts: Vec<MergeConflict>,
}

/// Merges the content of a draft (`ours`) and of a newer version (`theirs`), which both started from `base`; `base` is `None` if both
/// are first versions. `choices` resolves conflicts by their keys.
pub fn merge(
    kind: Kind,
    base: Option<&Json>,
    ours: &Json,
    theirs: &Json,
    choices: &BTreeMap<String, MergeSide>,
) -> Merged {
    let nothing = Json::Object(Map::new());
    let sides = Sides { base: base.unwrap_or(&nothing), ours, theirs };
    let mut merge = Merge { parts: kind.spec().parts, choices, conflicts: Vec::new() };
    let body = merge.content(sides).unwrap_or_else(|| {
        // Content of another shape, such as two rules with one id, has no parts to tell apart.
        let whole = merge.value("", "The whole text", sides.map(Some));
        whole.unwrap_or(Json::Null)
    });
    Merged { body, conflicts: merge.conflicts }
}

/// Returns merged content as a text. Comments and layout of the three texts are kept if their lines can be merged to this content;
/// otherwise the text is written from the content.
///
/// # Errors
/// Returns a problem if the content is not valid for the kind.
pub fn merged_text(kind: Kind, name: &str, texts: [&str; 3], body: &Json) -> Result<String, Problem> {
    let spec = kind.spec();
    let [base, ours, theirs] = texts;
    let says_it = |text: &str| (spec.parse)(name, text).0.as_ref() == Some(body);
    if spec.text == TextFormat::Yaml {
        if let Some(text) = [theirs, ours].into_iter().find(|text| says_it(text)) {
            return Ok(text.to_owned());
        }
        if let Ok(text) = diffy::merge(base, ours, theirs)
            && says_it(&text)
        {
            return Ok(text);
        }
    }
    (spec.write)(body)
}

/// The three states of something.
#[derive(Clone, Copy)]
struct Sides<T> {
    base: T,
    ours: T,
    theirs: T,
}

impl<T> Sides<T> {
    fn map<U>(self, f: impl Fn(T) -> U) -> Sides<U> {
        Sides { base: f(self.base), ours: f(self.ours), theirs: f(self.theirs) }
    }
}

impl<T> Sides<Option<T>> {
    fn all(self) -> Option<Sides<T>> {
        Some(Sides { base: self.base?, ours: self.ours?, theirs: self.theirs? })
    }
}

impl<T: PartialEq> Sides<T> {
    /// Returns the side to take, or `None` if both changed it differently.
    fn changed(&self) -> Option<MergeSide> {
        if self.ours == self.base {
            Some(MergeSide::Theirs)
        } else if self.theirs == self.base || self.ours == self.theirs {
            Some(MergeSide::Ours)
        } else {
            None
        }
    }

    fn take(self, side: MergeSide) -> T {
        match side {
            MergeSide::Ours => self.ours,
            MergeSide::Theirs => self.theirs,
        }
    }
}

struct Merge<'a> {
    parts: ItemNames,
    choices: &'a BTreeMap<String, MergeSide>,
    conflicts: Vec<MergeConflict>,
}

/// Parts in order, by key.
type Listed<'a> = Vec<(String, &'a Json)>;

impl Merge<'_> {
    /// Merges the content part by part; returns `None` if it is not made of parts.
    fn content(&mut self, sides: Sides<&Json>) -> Option<Json> {
        let objects = sides.map(Json::as_object).all()?;
        let Some(key) = self.parts.key else { return Some(self.named("", objects).into()) };
        let mut body = Map::new();
        for name in names(objects) {
            let sides = objects.map(|object| object.get(&name));
            let value = if name == key {
                Some(self.part(key, sides)?)
            } else {
                self.value(&name, &words(&name), sides)
            };
            body.extend(value.map(|value| (name, value)));
        }
        Some(body.into())
    }

    fn part(&mut self, key: &str, sides: Sides<Option<&Json>>) -> Option<Json> {
        let (none, empty) = (Json::Array(Vec::new()), Map::new());
        match self.parts.form {
            PartForm::Named => {
                let objects = sides.map(|side| side.map_or(Some(&empty), Json::as_object)).all()?;
                Some(self.named(&format!("{key}/"), objects).into())
            }
            PartForm::Listed(id) => {
                let lists = sides.map(|side| listed(side.unwrap_or(&none), id)).all()?;
                Some(self.listed(key, lists))
            }
            PartForm::Set => {
                let sets = sides.map(|side| set(side.unwrap_or(&none))).all()?;
                let Sides { base, ours, theirs } = &sets;
                let (added, removed) =
                    (ours.difference(base), base.difference(ours).collect::<BTreeSet<_>>());
                let kept = theirs.iter().filter(|entry| !removed.contains(entry));
                let all: BTreeSet<&&str> = kept.chain(added).collect();
                Some(all.into_iter().map(|entry| Json::from(*entry)).collect())
            }
        }
    }

    /// Merges objects name by name.
    fn named(&mut self, prefix: &str, objects: Sides<&Map<String, Json>>) -> Map<String, Json> {
        let mut merged = Map::new();
        for name in names(objects) {
            let subject = format!("{} {name}", words(self.parts.one));
            let sides = objects.map(|object| object.get(&name));
            if let Some(value) = self.value(&format!("{prefix}{name}"), &subject, sides) {
                merged.insert(name, value);
            }
        }
        merged
    }

    /// Merges parts that have an order.
    fn listed(&mut self, key: &str, lists: Sides<Listed<'_>>) -> Json {
        let ids = Sides {
            base: lists.base.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(),
            ours: lists.ours.iter().map(|(id, _)| id.as_str()).collect(),
            theirs: lists.theirs.iter().map(|(id, _)| id.as_str()).collect(),
        };
        let mut taken = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for id in ids.theirs.iter().chain(&ids.ours).chain(&ids.base).filter(|id| seen.insert(**id)) {
            let sides = Sides {
                base: find(&lists.base, id),
                ours: find(&lists.ours, id),
                theirs: find(&lists.theirs, id),
            };
            let subject = self.subject(id, sides);
            if let Some(part) = self.value(&format!("{key}/{id}"), &subject, sides) {
                taken.insert(*id, part);
            }
        }
        let (first, second) = self.order(key, &ids);
        let mut order: Vec<&str> = first.iter().copied().filter(|id| taken.contains_key(id)).collect();
        for (at, id) in second.iter().enumerate().filter(|(_, id)| taken.contains_key(*id)) {
            if order.contains(id) {
                continue;
            }
            let before = second[..at].iter().rev().find_map(|id| order.iter().position(|other| other == id));
            order.insert(before.map_or(0, |before| before + 1), id);
        }
        order.into_iter().filter_map(|id| taken.remove(id)).collect()
    }

    /// Returns the side whose order is kept, and the side whose parts are put into it.
    fn order<'i>(&mut self, key: &str, ids: &'i Sides<Vec<&'i str>>) -> (&'i [&'i str], &'i [&'i str]) {
        let is_common =
            |id: &&&str| ids.base.contains(id) && ids.ours.contains(id) && ids.theirs.contains(id);
        let common =
            |side: &'i Vec<&'i str>| -> Vec<&'i str> { side.iter().filter(is_common).copied().collect() };
        let orders = Sides { base: common(&ids.base), ours: common(&ids.ours), theirs: common(&ids.theirs) };
        let side = orders.changed().unwrap_or_else(|| {
            let said = orders.map(|order| Some(order.join("\n")));
            let key = format!("{key} in order");
            let side = self.choices.get(&key).copied().unwrap_or(MergeSide::Theirs);
            let subject = format!("Order of the {}", self.parts.many);
            self.conflicts.push(MergeConflict {
                key,
                subject,
                base: said.base,
                ours: said.ours,
                theirs: said.theirs,
            });
            side
        });
        match side {
            MergeSide::Ours => (&ids.ours, &ids.theirs),
            MergeSide::Theirs => (&ids.theirs, &ids.ours),
        }
    }

    /// Merges one value; `None` if it is removed.
    fn value(&mut self, key: &str, subject: &str, sides: Sides<Option<&Json>>) -> Option<Json> {
        let side = sides.changed().unwrap_or_else(|| {
            let said = sides.map(|side| side.map(text));
            let (key, subject) = (key.to_owned(), subject.to_owned());
            let side = self.choices.get(&key).copied().unwrap_or(MergeSide::Theirs);
            self.conflicts.push(MergeConflict {
                key,
                subject,
                base: said.base,
                ours: said.ours,
                theirs: said.theirs,
            });
            side
        });
        sides.take(side).cloned()
    }

    fn subject(&self, id: &str, sides: Sides<Option<&Json>>) -> String {
        let name = |part: Option<&Json>| part?.get("name")?.as_str().map(str::to_owned);
        let name = name(sides.theirs).or_else(|| name(sides.ours)).unwrap_or_else(|| id.to_owned());
        format!("{} {name}", words(self.parts.one))
    }
}

/// Returns the names of all three objects, first those of the newer version.
fn names(objects: Sides<&Map<String, Json>>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let all = objects.theirs.keys().chain(objects.ours.keys()).chain(objects.base.keys());
    all.filter(|name| seen.insert(*name)).cloned().collect()
}

/// Returns the part with an id.
fn find<'a>(list: &Listed<'a>, id: &str) -> Option<&'a Json> {
    list.iter().find(|(known, _)| known == id).map(|(_, part)| *part)
}

/// Returns the parts of a list by their ids; `None` if a part has none, or two have the same.
fn listed<'a>(list: &'a Json, id: &str) -> Option<Listed<'a>> {
    let all: Option<Listed<'a>> =
        list.as_array()?.iter().map(|part| Some((part.get(id)?.as_str()?.to_owned(), part))).collect();
    let all = all?;
    let distinct: BTreeSet<&str> = all.iter().map(|(id, _)| id.as_str()).collect();
    (distinct.len() == all.len()).then_some(all)
}

fn set(list: &Json) -> Option<BTreeSet<&str>> {
    list.as_array()?.iter().map(Json::as_str).collect()
}

/// Returns a value as a person writes it.
fn text(value: &Json) -> String {
    yaml::write(value).map_or_else(|_| value.to_string(), |text| text.trim_end().to_owned())
}

/// Returns a name as words that begin a phrase.
fn words(name: &str) -> String {
    let name = name.replace('_', " ");
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
#[path = "merge_tests.rs"]
mod tests;
