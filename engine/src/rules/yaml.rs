//! Reads and writes YAML. Input is limited in size, including the expansion of its aliases.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, MapAccess, SeqAccess, Visitor,
};
use unicode_normalization::{UnicodeNormalization as _, is_nfc};

use super::file::RuleSetFile;
use super::yaml_errors;
use crate::limits;
use crate::problem::{Problem, Span, nearest};

impl RuleSetFile {
    /// Parses a file. Conditions are checked by [`RuleSetFile::compile`].
    ///
    /// # Errors
    /// Returns the line and column at which the text is not a valid rule file.
    pub fn from_yaml(text: &str) -> Result<Self, Vec<Problem>> {
        read(text)
    }

    /// Writes the file; equal files are always written the same way.
    ///
    /// # Errors
    /// Returns a problem if a parameter of an action cannot be written as YAML.
    pub fn to_yaml(&self) -> Result<String, Problem> {
        write(self)
    }
}

/// Parses any file that people write as YAML. Accents are composed, as in the texts that are extracted from
/// events, so that equal texts are equal in rules.
///
/// # Errors
/// Returns the line and column at which the file is invalid: too long, not YAML, with a duplicate key, too
/// large after expanding aliases, or not of the expected structure.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Vec<Problem>> {
    let composed: Cow<'_, str> =
        if is_nfc(text) { text.into() } else { text.nfc().collect::<String>().into() };
    let text = &*composed;
    if text.len() > limits::APPLY_BYTES {
        return Err(vec![Problem::at(
            "",
            format!("A file can have at most {} bytes; this one has {}.", limits::APPLY_BYTES, text.len()),
        )]);
    }
    if let Some(problem) = nested_too_deep(text) {
        return Err(vec![problem]);
    }
    let budget = Cell::new(text.len().saturating_mul(BLOW_UP).saturating_add(64));
    let survey = Survey { budget: &budget }.deserialize(yaml_serde::Deserializer::from_str(text));
    survey.and_then(|()| yaml_serde::from_str(text)).map_err(|error| vec![problem(text, &error)])
}

/// Writes any value as YAML.
///
/// # Errors
/// Returns a problem if YAML cannot represent the value.
pub fn write<T: Serialize>(value: &T) -> Result<String, Problem> {
    yaml_serde::to_string(value)
        .map_err(|error| Problem::at("", format!("This cannot be written as YAML: {error}.")))
}

/// The maximum size of a file after expanding its aliases, relative to its length. An escape turns two bytes
/// into three, so a file without aliases stays below it.
const BLOW_UP: usize = 4;

/// The maximum number of open brackets, since the scanner visits all of them at every token. A rule file needs
/// five.
const BRACKETS: usize = 100;

/// Visits everything once, with aliases expanded, and builds nothing.
#[derive(Clone, Copy)]
struct Survey<'b> {
    budget: &'b Cell<usize>,
}

/// Visits a key and keeps it.
struct Key<'b>(Survey<'b>);

impl Survey<'_> {
    fn pay<E: serde::de::Error>(self, bytes: usize) -> Result<(), E> {
        let rest = self.budget.get().checked_sub(bytes + 1);
        self.budget.set(rest.ok_or_else(|| {
            E::custom("the file is too large after expanding its aliases; write the values out instead")
        })?);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Survey<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Survey<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("plain YAML")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.pay(0)
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<(), E> {
        self.pay(0)
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<(), E> {
        self.pay(0)
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<(), E> {
        self.pay(0)
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<(), E> {
        self.pay(0)
    }

    fn visit_i128<E: serde::de::Error>(self, _: i128) -> Result<(), E> {
        self.pay(0)
    }

    fn visit_u128<E: serde::de::Error>(self, _: u128) -> Result<(), E> {
        self.pay(0)
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
        self.pay(0)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        self.pay(text.len())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.pay(0)?;
        while items.next_element_seed(self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        self.pay(0)?;
        let mut seen = BTreeSet::new();
        while let Some(key) = entries.next_key_seed(Key(self))? {
            entries.next_value_seed(self)?;
            if seen.contains(&key) {
                return Err(A::Error::custom(format!("duplicate key `{key}`")));
            }
            seen.insert(key);
        }
        Ok(())
    }

    fn visit_enum<A: EnumAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Err(A::Error::custom("tags (`!name`) are not supported"))
    }
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key<'_> {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<String, E> {
        self.0.pay(text.len())?;
        Ok(text.to_owned())
    }
}

/// Detects excessive nesting of brackets. Brackets in texts are counted too, which matters only for texts made
/// to exploit it.
fn nested_too_deep(text: &str) -> Option<Problem> {
    let mut open = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        if open > BRACKETS {
            return Some(Problem::spanned(
                Span::new(at, at + 1),
                format!("Brackets are nested more than {BRACKETS} levels deep."),
            ));
        }
    }
    None
}

/// Converts an error of the YAML parser to a problem with its location and, if possible, a suggestion.
fn problem(text: &str, error: &yaml_serde::Error) -> Problem {
    let full = error.to_string();
    let Some(location) = error.location() else {
        return Problem::at("", sentence(&full)).suggest(meant(&full));
    };
    let (line, column) = (location.line(), location.column());
    if let Some(problem) = yaml_errors::tab(text, line) {
        return problem;
    }
    let bare = full.replace(&format!(" at line {line} column {column}"), "");
    if bare.contains("duplicate key")
        && let Some(problem) = yaml_errors::duplicate_key(text)
    {
        return problem;
    }
    let (line, column) = yaml_errors::beginning(&full).unwrap_or((line, column));
    let said = yaml_errors::plain(&bare).unwrap_or(&bare);
    let message = format!("Line {line}, column {column}: {}", sentence(said));
    let problem = match byte_at(text, line, column) {
        Some(at) => {
            Problem::spanned(Span::new(at, at + text[at..].chars().next().map_or(0, char::len_utf8)), message)
        }
        None => Problem::at("", message),
    };
    problem.suggest(meant(&bare))
}

/// Formats a parser message as a sentence in which "field" is reserved for lead fields, and shortens it because
/// it can quote the whole file.
pub(crate) fn sentence(message: &str) -> String {
    const SHOWN: usize = 300;
    let mut message = message.to_owned();
    for (theirs, ours) in [
        ("unknown field", "unknown key"),
        ("missing field", "missing key"),
        ("unknown variant", "unknown value"),
    ] {
        message = message.replacen(&format!("{theirs} `"), &format!("{ours} `"), 1);
    }
    match message.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}….", &message[..at]),
        None => format!("{}.", message.trim_end_matches('.')),
    }
}

/// Returns the known name closest to the unknown one in a message such as "unknown field `whn`, expected one of
/// `id`, `when`".
pub(crate) fn meant(message: &str) -> Option<String> {
    let unknown =
        ["unknown field ", "unknown variant "].into_iter().find_map(|unknown| message.split_once(unknown));
    let (_, rest) = unknown?;
    let mut words = rest.split('`').skip(1).step_by(2);
    let wrong = words.next()?;
    nearest(wrong, words).map(str::to_owned)
}

/// Returns the byte offset of a position given by line and column, both starting at 1 and in characters.
fn byte_at(text: &str, line: usize, column: usize) -> Option<usize> {
    let start = if line <= 1 { 0 } else { text.match_indices('\n').nth(line - 2)?.0 + 1 };
    let rest = &text[start..];
    let offset = rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at);
    Some(start + offset)
}
