//! One field of many leads.

use super::lanes::Lanes;
use crate::catalogue::FieldType;
use crate::rules::numeric::Numeric;
use crate::rules::row::{Cell, Datum, Slot};

/// The values of a field and how they were read, with one row per lead.
#[derive(Clone, Debug)]
pub struct Column {
    pub name: String,
    pub kind: FieldType,
    pub values: Lanes,
    pub meaning: Meaning,
    pub readings: Readings,
}

/// The meaning of a column's keys.
#[derive(Clone, Debug)]
pub enum Meaning {
    /// False and true.
    Flags,
    /// The numbers themselves.
    Whole,
    /// The numbers divided by this.
    Divided(f64),
    /// The floating-point numbers with these keys.
    Floats,
    /// Timestamps in microseconds.
    Instants,
    /// The texts at these indices.
    Texts(Box<[Box<str>]>),
    /// No common meaning: the numbers are of both types and are evaluated one by one.
    Loose(Box<[Numeric]>),
}

/// How the values of a column were read: a code for each row, as an index into a sorted table, so that a column
/// needs one byte per row for up to 256 different confidences, and none at all if every value was read the same
/// way.
#[derive(Clone, Debug)]
pub struct Readings {
    pub codes: Lanes,
    pub table: Box<[Read]>,
}

/// How a value was read. The order is that of the table.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub enum Read {
    /// The field was not read.
    Not,
    /// The value was invalid for the field, with this confidence.
    Wrongly(f64),
    /// The value was read with this confidence.
    Well(f64),
}

impl Column {
    /// Returns the cell of a row, for a rule with this slot.
    pub fn cell<'a>(&'a self, slot: &'a Slot, row: usize) -> Cell<'a> {
        match self.readings.of(row) {
            Read::Not => slot.cell(None),
            Read::Wrongly(confidence) => Cell::read(Datum::Invalid, confidence),
            Read::Well(confidence) => Cell::read(self.datum(slot, row), confidence),
        }
    }

    /// Returns the datum of a key that represents a value.
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

    /// Returns the number of a key, if keys represent numbers.
    pub fn number(&self, key: i64) -> Option<Numeric> {
        use super::bits::Lane as _;
        match self.meaning {
            Meaning::Whole => Some(Numeric::Integer(key)),
            Meaning::Divided(by) => Some(Numeric::Float(key as f64 / by)),
            Meaning::Floats => Some(Numeric::Float(f64::of(key))),
            _ => None,
        }
    }

    /// Returns the number of keys, starting at 0, if there are few enough to try each.
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

    /// Returns the number of bytes used.
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
    /// Returns bits that identify the reading.
    pub fn bits(self) -> (u8, u64) {
        match self {
            Self::Not => (0, 0),
            Self::Wrongly(confidence) => (1, confidence.to_bits()),
            Self::Well(confidence) => (2, confidence.to_bits()),
        }
    }
}

impl Readings {
    /// Returns how the value of a row was read.
    pub fn of(&self, row: usize) -> Read {
        let code = usize::try_from(self.codes.key(row)).unwrap_or(usize::MAX);
        self.table.get(code).copied().unwrap_or(Read::Not)
    }

    /// Returns the first code of readings with sufficient confidence; all later codes have it too.
    pub fn sure(&self, needed: f64) -> usize {
        self.table.partition_point(|read| !matches!(read, Read::Well(confidence) if *confidence >= needed))
    }

    /// Returns the first code of fields that were read.
    pub fn found(&self) -> usize {
        self.table.partition_point(|read| *read == Read::Not)
    }
}
