//! Reads an event with a map.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::Value as Json;

use super::boolean::BooleanReader;
use super::choice::EnumReader;
use super::map::MapFile;
use super::missing::{MissingTexts, is_place, is_placeholder};
use super::number::NumberReader;
use super::phrases::PhraseReader;
use super::reading::ReadResult;
use super::source::SourceText;
use super::unread::UnreadReason;
use super::{compile, text, timestamp};
use crate::catalogue::{Catalogue, FieldDefinition};
use crate::decision::{Evidence, SnapshotField};
use crate::ids::EventId;
use crate::limits;
use crate::problem::Problem;
use crate::value::Value;

/// A map that has been checked against its catalogue and can read events.
#[derive(Clone, Debug)]
pub struct ExtractionMap {
    pub(super) name: String,
    pub(super) fields: BTreeMap<String, CompiledField>,
}

/// One field of a map.
#[derive(Clone, Debug)]
pub(super) struct CompiledField {
    pub definition: FieldDefinition,
    pub paths: Vec<String>,
    pub min_confidence: Option<f64>,
    /// How far back earlier events are read, if at all.
    pub earlier: Option<TimeDelta>,
    pub missing: MissingTexts,
    /// Whether the field holds places, so that `NA` is a value.
    pub places: bool,
    pub extractor: &'static str,
    pub reader: CompiledExtractor,
}

/// The extractors, each with its compiled settings.
#[derive(Clone, Debug)]
pub(super) enum CompiledExtractor {
    Text,
    Number(Box<NumberReader>),
    Enum(EnumReader),
    Boolean(BooleanReader),
    Phrases(PhraseReader),
    Timestamp,
}

/// An event in the form that maps read.
#[derive(Clone, Copy, Debug)]
pub struct EventDocument<'a> {
    /// The ID of the event, which evidence refers to.
    pub id: EventId,
    /// The document: `{"kind": …, "source": …, "lead": {…}, "payload": {…}}`.
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

/// The data already known about a lead when one of its events is read.
#[derive(Clone, Debug, Default)]
pub struct ExtractionContext<'a> {
    /// The lead's earlier events, newest first.
    pub earlier: Vec<EarlierEvent<'a>>,
    /// The time from which fields look back.
    pub as_of: DateTime<Utc>,
}

/// The fields of an event that a map could read.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Extraction {
    /// The fields that were read. A field that is not included was not found.
    pub fields: BTreeMap<String, ExtractedField>,
    /// Values that were not read or not counted, by field and path. A field can appear both here and in
    /// `fields`: if a later path had a value, or if one phrase was denied and another was not.
    pub not_read: Vec<UnreadValue>,
}

/// A field that was read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExtractedField {
    /// The value, valid for the field's definition in the catalogue.
    pub value: Value,
    /// The confidence of the reading, 0 to 1; see [`confidence`](super::confidence).
    pub confidence: f64,
    /// The places where it was read; empty only if the value says that nothing was found.
    pub evidence: Vec<Evidence>,
    /// The name of the extractor.
    pub extractor: String,
}

/// A value that was not read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UnreadValue {
    /// The field that it was read for.
    pub field: String,
    /// The JSON pointer into the event.
    pub path: String,
    /// The affected characters; `None` for the whole value.
    pub span: Option<[usize; 2]>,
    /// The reason, as a phrase.
    pub why: UnreadReason,
}

impl ExtractionMap {
    /// Compiles a map, checking it against the catalogue whose fields it fills.
    ///
    /// # Errors
    /// Returns every problem found, with pointers into the file such as `/fields/company_size/extract`.
    pub fn compile(file: &MapFile, catalogue: &Catalogue) -> Result<Self, Vec<Problem>> {
        compile::compile(file, catalogue)
    }

    /// Returns the map's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns, for each field that sets one, the confidence below which rules treat the field as unknown.
    pub fn thresholds(&self) -> BTreeMap<String, f64> {
        self.fields.iter().filter_map(|(name, field)| Some((name.clone(), field.min_confidence?))).collect()
    }

    /// Returns how far back earlier events are read, if any field reads them.
    pub fn looks_back(&self) -> Option<TimeDelta> {
        self.fields.values().filter_map(|field| field.earlier).max()
    }

    /// Reads an event together with what is already known about its lead. A field that is missing from the
    /// event is read from the newest earlier event that has it, if the map enables this. The same inputs always
    /// produce the same result.
    pub fn extract(&self, event: &EventDocument, known: &ExtractionContext<'_>) -> Extraction {
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

impl ExtractedField {
    /// Converts the field to the form stored in a snapshot.
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

/// Reads the field from the newest earlier event that has it. Values in earlier events that cannot be read are
/// not reported again.
fn read_earlier(name: &str, field: &CompiledField, known: &ExtractionContext<'_>) -> Option<ExtractedField> {
    let oldest = known.as_of - field.earlier?;
    let within = known.earlier.iter().take(limits::EARLIER_EVENTS).filter(|earlier| earlier.at >= oldest);
    within
        .map(|earlier| FieldReader { name, field, event: &earlier.event, not_read: &mut Vec::new() }.read())
        .find_map(|read| read)
}

struct FieldReader<'a> {
    name: &'a str,
    field: &'a CompiledField,
    event: &'a EventDocument<'a>,
    not_read: &'a mut Vec<UnreadValue>,
}

impl<'a> FieldReader<'a> {
    fn read(mut self) -> Option<ExtractedField> {
        match &self.field.reader {
            CompiledExtractor::Phrases(phrases) => self.together(phrases),
            _ => self.first(),
        }
    }

    /// Returns the value of the first path that has one.
    fn first(&mut self) -> Option<ExtractedField> {
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

    /// Reads the texts of all paths together.
    fn together(&mut self, phrases: &PhraseReader) -> Option<ExtractedField> {
        let sources: Vec<SourceText> = self.field.paths.iter().filter_map(|path| self.source(path)).collect();
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

    /// Returns the text at a path, unless it counts as missing. The map's `missing` texts take precedence, then
    /// the extractor's own words, then the general placeholders, since `none` can be a value.
    fn source(&self, path: &'a str) -> Option<SourceText<'a>> {
        let source = match self.field.reader {
            CompiledExtractor::Phrases(_) => SourceText::message(self.event.document, path),
            _ => SourceText::at(self.event.document, path),
        }?;
        let nothing = source.check_shape().is_ok()
            && (self.field.missing.is_listed(&source)
                || (is_placeholder(&source) && !self.recognises(&source)));
        (!nothing).then_some(source)
    }

    /// Returns whether a text that looks like a placeholder means something in this field.
    fn recognises(&self, source: &SourceText) -> bool {
        self.field.reader.recognises(source) || (self.field.places && is_place(source))
    }

    fn extracted(&self, value: Value, confidence: f64, evidence: Vec<Evidence>) -> ExtractedField {
        ExtractedField { value, confidence, evidence, extractor: self.field.extractor.to_owned() }
    }

    fn evidence(&self, path: &str, span: [usize; 2]) -> Evidence {
        Evidence { event_id: self.event.id, path: path.to_owned(), span }
    }

    fn not_read(&mut self, path: &str, span: Option<[usize; 2]>, why: UnreadReason) {
        self.not_read.push(UnreadValue { field: self.name.to_owned(), path: path.to_owned(), span, why });
    }
}

impl CompiledField {
    fn read(&self, source: &SourceText) -> ReadResult {
        source.check_shape()?;
        let reading = match &self.reader {
            CompiledExtractor::Text => text::read(source),
            CompiledExtractor::Number(number) => number.read(source),
            CompiledExtractor::Enum(choice) => choice.read(source),
            CompiledExtractor::Boolean(boolean) => boolean.read(source),
            CompiledExtractor::Timestamp => timestamp::read(source),
            CompiledExtractor::Phrases(_) => Err(UnreadReason::NoMatch),
        }?;
        reading.value.check(&self.definition)?;
        Ok(reading)
    }
}

impl CompiledExtractor {
    /// Returns whether the extractor has a meaning for the whole text.
    fn recognises(&self, source: &SourceText) -> bool {
        match self {
            Self::Enum(choice) => choice.recognises(source),
            Self::Boolean(boolean) => boolean.recognises(source),
            Self::Phrases(phrases) => phrases.recognises(source),
            Self::Text | Self::Number(_) | Self::Timestamp => false,
        }
    }
}

#[cfg(test)]
#[path = "extract_tests.rs"]
mod tests;
