//! One field of many leads.

use super::lanes::Lanes;
use crate::catalogue::FieldType;
use crate::rules::numeric::Numeric;
use crate::rules::row::{Cell, Datum, Slot};

/// A field's values and how they were read, a row each.
#[derive(Clone, Debug)]
pub struct Column {
    pub name: String,
    pub kind: FieldType,
    pub values: Lanes,
    pub meaning: Meaning,
    pub readings: Readings,
}

/// What the keys of a column's values stand for.
#[derive(Clone, Debug)]
pub enum Meaning {
    /// False and true.
    Flags,
    /// Themselves.
    Whole,
    /// Themselves, divided by this.
    Divided(f64),
    /// The floating-point numbers of that key.
    Floats,
    /// Instants in microseconds.
    Instants,
    /// The texts at these places.
    Texts(Box<[Box<str>]>),
    /// Nothing: these numbers are of both kinds, and are looked at one by one.
    Loose(Box<[Numeric]>),
}

/// How a column's values were read: a code for each row into a sorted table, so that a column takes a byte a row for
/// up to 256 confidences, and none at all where every value was read alike.
#[derive(Clone, Debug)]
pub struct Readings {
    pub codes: Lanes,
    pub table: Box<[Read]>,
}

/// How a value was read. The order is that of the table.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub enum Read {
    /// It was not.
    Not,
    /// As something that is no value of the field, with this confidence.
    Wrongly(f64),
    /// With this confidence.
    Well(f64),
}

impl Column {
    /// The cell of a row, for a rule that knows the field as this slot does.
    pub fn cell<'a>(&'a self, slot: &'a Slot, row: usize) -> Cell<'a> {
        match self.readings.of(row) {
            Read::Not => slot.cell(None),
            Read::Wrongly(confidence) => Cell::read(Datum::Invalid, confidence),
            Read::Well(confidence) => Cell::read(self.datum(slot, row), confidence),
        }
    }

    /// The value of a key that stands for a value.
    pub fn datum_of<'a>(&'a self, slot: &'a Slot, key: i64) -> Datum<'a> {
        if slot.definition.kind != self.kind {
            return Datum::Invalid;
        }
        let text = |texts: &'a [Box<str>]| usize::try_from(key).ok().and_then(|key| texts.get(key));
        match &self.meaning {
            Meaning::Flags => Datum::Bool(key != 0),
            Meaning::Instants => Datum::Timestamp(key),
            Meaning::Texts(texts) => match text(texts) {
                Some(text) if self.kind == FieldType::Enum => {
                    slot.code(text).map_or(Datum::Invalid, Datum::Code)
                }
                Some(text) => Datum::Text(text),
                None => Datum::Invalid,
            },
            _ => self.number(key).map_or(Datum::Invalid, Datum::Number),
        }
    }

    /// The number of a key, where keys stand for numbers.
    pub fn number(&self, key: i64) -> Option<Numeric> {
        use super::bits::Lane as _;
        match self.meaning {
            Meaning::Whole => Some(Numeric::Integer(key)),
            Meaning::Divided(by) => Some(Numeric::Float(key as f64 / by)),
            Meaning::Floats => Some(Numeric::Float(f64::of(key))),
            _ => None,
        }
    }

    /// How many keys there are, from 0, where that is few enough to try each.
    pub fn few(&self) -> Option<usize> {
        match (&self.meaning, &self.values) {
            (Meaning::Flags, _) => Some(2),
            (Meaning::Texts(texts), _) => Some(texts.len()),
            (Meaning::Loose(_), _) => None,
            (_, Lanes::Zero) => Some(1),
            (_, Lanes::Bytes(_)) => Some(256),
            _ => None,
        }
    }

    /// The bytes it takes.
    pub fn bytes(&self) -> usize {
        let meaning = match &self.meaning {
            Meaning::Texts(texts) => texts.iter().map(|text| size_of::<Box<str>>() + text.len()).sum(),
            Meaning::Loose(numbers) => size_of_val(&**numbers),
            _ => 0,
        };
        self.values.bytes() + self.readings.codes.bytes() + size_of_val(&*self.readings.table) + meaning
    }

    fn datum<'a>(&'a self, slot: &'a Slot, row: usize) -> Datum<'a> {
        match &self.meaning {
            Meaning::Loose(numbers) if slot.definition.kind == self.kind => {
                numbers.get(row).map_or(Datum::Invalid, |number| Datum::Number(*number))
            }
            _ => self.datum_of(slot, self.values.key(row)),
        }
    }
}

impl Read {
    /// What tells it from others.
    pub fn bits(self) -> (u8, u64) {
        match self {
            Self::Not => (0, 0),
            Self::Wrongly(confidence) => (1, confidence.to_bits()),
            Self::Well(confidence) => (2, confidence.to_bits()),
        }
    }
}

impl Readings {
    /// How the value of a row was read.
    pub fn of(&self, row: usize) -> Read {
        let code = usize::try_from(self.codes.key(row)).unwrap_or(usize::MAX);
        self.table.get(code).copied().unwrap_or(Read::Not)
    }

    /// The first code of values that were read surely enough; the rest of the table are such too.
    pub fn sure(&self, needed: f64) -> usize {
        self.table.partition_point(|read| !matches!(read, Read::Well(confidence) if *confidence >= needed))
    }

    /// The first code of fields that were read.
    pub fn found(&self) -> usize {
        self.table.partition_point(|read| *read == Read::Not)
    }
}
