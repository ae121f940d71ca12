//! Reading an event with a map.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::Value as Json;

use super::boolean::Boolean;
use super::choice::Choice;
use super::map::MapFile;
use super::missing::{Missing, is_placeholder};
use super::number::Number;
use super::phrases::Phrases;
use super::reading::Read;
use super::source::Source;
use super::why::Why;
use super::{compile, text, timestamp};
use crate::catalogue::{Catalogue, FieldDefinition};
use crate::decision::{Evidence, SnapshotField};
use crate::ids::EventId;
use crate::limits;
use crate::problem::Problem;
use crate::value::Value;

/// A map that fits its catalogue, ready to read events.
#[derive(Clone, Debug)]
pub struct ExtractionMap {
    pub(super) name: String,
    pub(super) fields: BTreeMap<String, Field>,
}

/// One field of a map.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub definition: FieldDefinition,
    pub paths: Vec<String>,
    pub min_confidence: Option<f64>,
    /// How far back earlier events are read, where they are.
    pub earlier: Option<TimeDelta>,
    pub missing: Missing,
    pub extractor: &'static str,
    pub reader: Reader,
}

/// The extractors, with what they know of their field.
#[derive(Clone, Debug)]
pub(super) enum Reader {
    Text,
    Number(Box<Number>),
    Enum(Choice),
    Boolean(Boolean),
    Phrases(Phrases),
    Timestamp,
}

/// An event as maps see it.
#[derive(Clone, Copy, Debug)]
pub struct EventDocument<'a> {
    /// The event's id, which evidence refers to.
    pub id: EventId,
    /// `{"kind": …, "source": …, "lead": {…}, "payload": {…}}`
    pub document: &'a Json,
}

/// An earlier event of the same lead.
#[derive(Clone, Copy, Debug)]
pub struct EarlierEvent<'a> {
    /// The event.
    pub event: EventDocument<'a>,
    /// When it happened.
    pub at: DateTime<Utc>,
}

/// What is known of a lead when one of its events is read.
#[derive(Clone, Debug, Default)]
pub struct Known<'a> {
    /// The lead's earlier events, newest first.
    pub earlier: Vec<EarlierEvent<'a>>,
    /// The instant from which fields look back.
    pub as_of: DateTime<Utc>,
}

/// What an event says, as far as a map can read it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Extraction {
    /// The fields that were read. One that is not among them was not found.
    pub fields: BTreeMap<String, Extracted>,
    /// What stood in the event and was not read or did not count, by field and path. A field can be here and
    /// among `fields`: when a later path yielded a value, or when a phrase was denied and another was not.
    pub not_read: Vec<NotRead>,
}

/// A field that was read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Extracted {
    /// The value, of the type, in the range and among the values that the catalogue says.
    pub value: Value,
    /// How sure the reading is, 0 to 1; see [`confidence`](super::confidence).
    pub confidence: f64,
    /// Where it was read, at least one place unless the value says that nothing was found.
    pub evidence: Vec<Evidence>,
    /// The extractor's name.
    pub extractor: String,
}

/// Something that was not read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NotRead {
    /// The field it was looked at for.
    pub field: String,
    /// JSON pointer into the event.
    pub path: String,
    /// The characters that are meant; `None` for all that stands there.
    pub span: Option<[usize; 2]>,
    /// Why, as a phrase.
    pub why: Why,
}

impl ExtractionMap {
    /// Checks a map against the catalogue whose fields it fills.
    ///
    /// # Errors
    /// Everything that is wrong with it, with pointers into the file such as `/fields/company_size/extract`.
    pub fn compile(file: &MapFile, catalogue: &Catalogue) -> Result<Self, Vec<Problem>> {
        compile::compile(file, catalogue)
    }

    /// The map's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// For each field that has one the confidence below which rules take it as unknown.
    pub fn thresholds(&self) -> BTreeMap<String, f64> {
        self.fields.iter().filter_map(|(name, field)| Some((name.clone(), field.min_confidence?))).collect()
    }

    /// Returns how far back earlier events are read, if any field asks for them.
    pub fn looks_back(&self) -> Option<TimeDelta> {
        self.fields.values().filter_map(|field| field.earlier).max()
    }

    /// Reads an event together with what is already known of its lead: a field that the event says nothing about is read from
    /// the newest earlier event that says something, where the map asks for that. The same map, event and knowledge always
    /// give the same.
    pub fn extract(&self, event: &EventDocument, known: &Known<'_>) -> Extraction {
        let mut extraction = Extraction::default();
        for (name, field) in &self.fields {
            let not_read = &mut extraction.not_read;
            let read = FieldReader { name, field, event, not_read }.read();
            if let Some(extracted) = read.or_else(|| read_earlier(name, field, known)) {
                extraction.fields.insert(name.clone(), extracted);
            }
        }
        extraction
    }
}

impl Extracted {
    /// The field as a snapshot keeps it.
    pub fn into_snapshot(self, map_version: u32) -> SnapshotField {
        SnapshotField {
            value: self.value.to_json(),
            confidence: self.confidence,
            evidence: self.evidence,
            extractor: self.extractor,
            map_version,
        }
    }
}

/// What the newest earlier event says that says something about the field. What earlier events do not say is not reported:
/// it was when they came.
fn read_earlier(name: &str, field: &Field, known: &Known<'_>) -> Option<Extracted> {
    let oldest = known.as_of - field.earlier?;
    let within = known.earlier.iter().take(limits::EARLIER_EVENTS).filter(|earlier| earlier.at >= oldest);
    within
        .map(|earlier| FieldReader { name, field, event: &earlier.event, not_read: &mut Vec::new() }.read())
        .find_map(|read| read)
}

struct FieldReader<'a> {
    name: &'a str,
    field: &'a Field,
    event: &'a EventDocument<'a>,
    not_read: &'a mut Vec<NotRead>,
}

impl<'a> FieldReader<'a> {
    fn read(mut self) -> Option<Extracted> {
        match &self.field.reader {
            Reader::Phrases(phrases) => self.together(phrases),
            _ => self.first(),
        }
    }

    /// What the first path yields that yields anything.
    fn first(&mut self) -> Option<Extracted> {
        for path in &self.field.paths {
            let Some(source) = self.source(path) else { continue };
            match self.field.read(&source) {
                Ok(reading) => {
                    let evidence = vec![self.evidence(path, reading.span)];
                    return Some(self.extracted(reading.value, reading.confidence, evidence));
                }
                Err(why) => self.not_read(path, None, why),
            }
        }
        None
    }

    /// What all paths say together.
    fn together(&mut self, phrases: &Phrases) -> Option<Extracted> {
        let sources: Vec<Source> = self.field.paths.iter().filter_map(|path| self.source(path)).collect();
        let intent = phrases.read(&sources);
        for (at, span, why) in intent.not_counted {
            self.not_read(sources[at].path, span, why);
        }
        let (score, confidence) = intent.score?;
        let value = Value::Number(score);
        if let Err(error) = value.check(&self.field.definition) {
            let path = sources.first()?.path;
            self.not_read(path, None, error.into());
            return None;
        }
        let evidence =
            intent.found.iter().map(|(at, span)| self.evidence(sources[*at].path, *span)).collect();
        Some(self.extracted(value, confidence, evidence))
    }

    /// What stands at a path, unless it means nothing. What the map says comes first, then what the extractor
    /// knows, then what means nothing everywhere: `none` may be a value.
    fn source(&self, path: &'a str) -> Option<Source<'a>> {
        let source = Source::at(self.event.document, path)?;
        let nothing = source.check_shape().is_ok()
            && (self.field.missing.is_listed(&source)
                || (!self.field.reader.knows(&source) && is_placeholder(&source)));
        (!nothing).then_some(source)
    }

    fn extracted(&self, value: Value, confidence: f64, evidence: Vec<Evidence>) -> Extracted {
        Extracted { value, confidence, evidence, extractor: self.field.extractor.to_owned() }
    }

    fn evidence(&self, path: &str, span: [usize; 2]) -> Evidence {
        Evidence { event_id: self.event.id, path: path.to_owned(), span }
    }

    fn not_read(&mut self, path: &str, span: Option<[usize; 2]>, why: Why) {
        self.not_read.push(NotRead { field: self.name.to_owned(), path: path.to_owned(), span, why });
    }
}

impl Field {
    fn read(&self, source: &Source) -> Read {
        source.check_shape()?;
        let reading = match &self.reader {
            Reader::Text => text::read(source),
            Reader::Number(number) => number.read(source),
            Reader::Enum(choice) => choice.read(source),
            Reader::Boolean(boolean) => boolean.read(source),
            Reader::Timestamp => timestamp::read(source),
            Reader::Phrases(_) => Err(Why::NoMatch),
        }?;
        reading.value.check(&self.definition)?;
        Ok(reading)
    }
}

impl Reader {
    /// Whether the extractor has a meaning for the whole text.
    fn knows(&self, source: &Source) -> bool {
        match self {
            Self::Enum(choice) => choice.knows(source),
            Self::Boolean(boolean) => boolean.knows(source),
            Self::Phrases(phrases) => phrases.knows(source),
            Self::Text | Self::Number(_) | Self::Timestamp => false,
        }
    }
}

#[cfg(test)]
#[path = "extract_tests.rs"]
mod tests;
