//! YAML in and out. What is read is bounded: its size, and what its aliases may blow it up to.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, MapAccess, SeqAccess, Visitor,
};

use super::file::RuleSetFile;
use crate::limits;
use crate::problem::{Problem, Span, nearest};

impl RuleSetFile {
    /// Reads a file. What the conditions say is looked at by [`RuleSetFile::compile`].
    ///
    /// # Errors
    /// With the line and column at which it is no rule file.
    pub fn from_yaml(text: &str) -> Result<Self, Vec<Problem>> {
        read(text)
    }

    /// Writes the file, always the same way.
    ///
    /// # Errors
    /// When a parameter of an action cannot be written as YAML.
    pub fn to_yaml(&self) -> Result<String, Problem> {
        write(self)
    }
}

/// Reads any file that people write as YAML.
///
/// # Errors
/// With the line and column at which it is not such a file: too long, no YAML, a key twice, blown up by aliases,
/// or of another shape.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Vec<Problem>> {
    if text.len() > limits::APPLY_BYTES {
        return Err(vec![Problem::at(
            "",
            format!("A file has at most {} bytes; this one has {}.", limits::APPLY_BYTES, text.len()),
        )]);
    }
    if let Some(problem) = nested_too_deep(text) {
        return Err(vec![problem]);
    }
    let budget = Cell::new(text.len().saturating_mul(BLOW_UP).saturating_add(64));
    let survey = Survey { budget: &budget }.deserialize(yaml_serde::Deserializer::from_str(text));
    survey.and_then(|()| yaml_serde::from_str(text)).map_err(|error| vec![problem(text, &error)])
}

/// Writes anything as YAML.
///
/// # Errors
/// When it has a shape that YAML has not.
pub fn write<T: Serialize>(value: &T) -> Result<String, Problem> {
    yaml_serde::to_string(value)
        .map_err(|error| Problem::at("", format!("This cannot be written as YAML: {error}.")))
}

/// How many times its own length a file may come to once its aliases are followed. An escape makes three bytes of
/// two, so a file without aliases stays below.
const BLOW_UP: usize = 4;

/// Brackets open at once: the scanner looks through all of them at every token. A rule file needs five.
const BRACKETS: usize = 100;

/// Walks over everything once, aliases followed, and builds nothing.
#[derive(Clone, Copy)]
struct Survey<'b> {
    budget: &'b Cell<usize>,
}

/// Walks over a key and keeps it.
struct Key<'b>(Survey<'b>);

impl Survey<'_> {
    fn pay<E: serde::de::Error>(self, bytes: usize) -> Result<(), E> {
        let rest = self.budget.get().checked_sub(bytes + 1);
        self.budget
            .set(rest.ok_or_else(|| E::custom("the aliases of this file blow it up; write things out"))?);
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
                return Err(A::Error::custom(format!("`{key}` stands here twice")));
            }
            seen.insert(key);
        }
        Ok(())
    }

    fn visit_enum<A: EnumAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Err(A::Error::custom("tags (`!name`) are not used here"))
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

/// Brackets nested beyond all reason. Those in texts are counted too, which only a text made for it would notice.
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
                format!("More than {BRACKETS} brackets are open at once."),
            ));
        }
    }
    None
}

/// The problem that an error of the YAML reader is: where it is, what is wrong, and what may have been meant.
fn problem(text: &str, error: &yaml_serde::Error) -> Problem {
    let told = error.to_string();
    let Some(location) = error.location() else {
        return Problem::at("", sentence(&told)).suggest(meant(&told));
    };
    let (line, column) = (location.line(), location.column());
    let bare = told.replace(&format!(" at line {line} column {column}"), "");
    let message = format!("Line {line}, column {column}: {}", sentence(&bare));
    let problem = match byte_at(text, line, column) {
        Some(at) => {
            Problem::spanned(Span::new(at, at + text[at..].chars().next().map_or(0, char::len_utf8)), message)
        }
        None => Problem::at("", message),
    };
    problem.suggest(meant(&bare))
}

/// What the reader says as a sentence, in which "field" is left to leads; what it quotes of the file may be all of it.
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

/// The known name nearest to the unknown one: "unknown field `whn`, expected one of `id`, `when`".
pub(crate) fn meant(message: &str) -> Option<String> {
    let unknown =
        ["unknown field ", "unknown variant "].into_iter().find_map(|unknown| message.split_once(unknown));
    let (_, rest) = unknown?;
    let mut words = rest.split('`').skip(1).step_by(2);
    let wrong = words.next()?;
    nearest(wrong, words).map(str::to_owned)
}

/// The byte offset of a place given by line and column, both from 1 and in characters.
fn byte_at(text: &str, line: usize, column: usize) -> Option<usize> {
    let start = if line <= 1 { 0 } else { text.match_indices('\n').nth(line - 2)?.0 + 1 };
    let rest = &text[start..];
    let offset = rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at);
    Some(start + offset)
}
