//! One field of many leads.

use super::lanes::Lanes;
use crate::catalogue::FieldType;
use crate::rules::numeric::Numeric;
use crate::rules::row::{Datum, RowCell, Slot};

/// The values of a field and how they were read, with one row per lead.
#[derive(Clone, Debug)]
pub struct Column {
    pub name: String,
    pub kind: FieldType,
    pub values: Lanes,
    pub meaning: KeyMeaning,
    pub readings: Readings,
}

/// The meaning of a column's keys.
#[derive(Clone, Debug)]
pub enum KeyMeaning {
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
    pub table: Box<[ReadQuality]>,
}

/// How a value was read. The order is that of the table.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub enum ReadQuality {
    /// The field was not read.
    Not,
    /// The value was invalid for the field, with this confidence.
    Wrongly(f64),
    /// The value was read with this confidence.
    Well(f64),
}

impl Column {
    /// Returns the cell of a row, for a rule with this slot.
    pub fn cell<'a>(&'a self, slot: &'a Slot, row: usize) -> RowCell<'a> {
        match self.readings.of(row) {
            ReadQuality::Not => slot.cell(None),
            ReadQuality::Wrongly(confidence) => RowCell::read(Datum::Invalid, confidence),
            ReadQuality::Well(confidence) => RowCell::read(self.datum(slot, row), confidence),
        }
    }

    /// Returns the datum of a key that represents a value.
    pub fn datum_of<'a>(&'a self, slot: &'a Slot, key: i64) -> Datum<'a> {
        if slot.definition.kind != self.kind {
            return Datum::Invalid;
        }
        let text = |texts: &'a [Box<str>]| usize::try_from(key).ok().and_then(|key| texts.get(key));
        match &self.meaning {
            KeyMeaning::Flags => Datum::Bool(key != 0),
            KeyMeaning::Instants => Datum::Timestamp(key),
            KeyMeaning::Texts(texts) => match text(texts) {
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
            KeyMeaning::Whole => Some(Numeric::Integer(key)),
            KeyMeaning::Divided(by) => Some(Numeric::Float(key as f64 / by)),
            KeyMeaning::Floats => Some(Numeric::Float(f64::of(key))),
            _ => None,
        }
    }

    /// Returns the number of keys, starting at 0, if there are few enough to try each.
    pub fn few(&self) -> Option<usize> {
        match (&self.meaning, &self.values) {
            (KeyMeaning::Flags, _) => Some(2),
            (KeyMeaning::Texts(texts), _) => Some(texts.len()),
            (KeyMeaning::Loose(_), _) => None,
            (_, Lanes::Zero) => Some(1),
            (_, Lanes::Bytes(_)) => Some(256),
            _ => None,
        }
    }

    /// Returns the number of bytes used.
    pub fn bytes(&self) -> usize {
        let meaning = match &self.meaning {
            KeyMeaning::Texts(texts) => texts.iter().map(|text| size_of::<Box<str>>() + text.len()).sum(),
            KeyMeaning::Loose(numbers) => size_of_val(&**numbers),
            _ => 0,
        };
        self.values.bytes() + self.readings.codes.bytes() + size_of_val(&*self.readings.table) + meaning
    }

    fn datum<'a>(&'a self, slot: &'a Slot, row: usize) -> Datum<'a> {
        match &self.meaning {
            KeyMeaning::Loose(numbers) if slot.definition.kind == self.kind => {
                numbers.get(row).map_or(Datum::Invalid, |number| Datum::Number(*number))
            }
            _ => self.datum_of(slot, self.values.key(row)),
        }
    }
}

impl ReadQuality {
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
    pub fn of(&self, row: usize) -> ReadQuality {
        let code = usize::try_from(self.codes.key(row)).unwrap_or(usize::MAX);
        self.table.get(code).copied().unwrap_or(ReadQuality::Not)
    }

    /// Returns the first code of readings with sufficient confidence; all later codes have it too.
    pub fn sure(&self, needed: f64) -> usize {
        self.table
            .partition_point(|read| !matches!(read, ReadQuality::Well(confidence) if *confidence >= needed))
    }

    /// Returns the first code of fields that were read.
    pub fn found(&self) -> usize {
        self.table.partition_point(|read| *read == ReadQuality::Not)
    }
}
