//! Leads in columns, and their construction from rows.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher};

use super::bits::{Bits, ROWS, WORD};
use super::column::{Column, KeyMeaning, ReadQuality, Readings};
use super::lanes::Lanes;
use crate::catalogue::{FieldDefinition, FieldType};
use crate::rules::numeric::Numeric;
use crate::rules::row::{Datum, RowCell, Slot};

/// The fields of many leads, as they were read. The rules define the value of a missing field and the required
/// confidence.
#[derive(Clone, Debug)]
pub struct Columns {
    pub(super) columns: Vec<Column>,
    pub(super) as_of: AsOf,
    pub(super) len: usize,
}

/// The time that rules use as `now`.
#[derive(Clone, Debug)]
pub(super) enum AsOf {
    /// The same time for every lead.
    One(i64),
    /// A time for each lead.
    Each(Vec<i64>),
}

/// Builds columns from leads.
#[derive(Debug)]
pub struct ColumnsBuilder {
    fields: Vec<Pending>,
    as_of: AsOf,
    len: usize,
}

/// A column under construction.
#[derive(Debug)]
struct Pending {
    name: String,
    kind: FieldType,
    /// The values of an enum, or the texts in order of appearance.
    texts: Vec<Box<str>>,
    places: HashMap<Box<str>, u32, Hasher>,
    values: Growing,
    reads: Vec<u32>,
    table: Vec<ReadQuality>,
    read_places: HashMap<(u8, u64), u32, Hasher>,
}

/// The order of the map is never used, so any hasher would do; this one is the same in every process.
type Hasher = BuildHasherDefault<DefaultHasher>;

#[derive(Debug)]
enum Growing {
    Whole(Vec<i64>),
    Floats(Vec<f64>),
    Loose(Vec<Numeric>),
}

impl Columns {
    /// Creates a builder for columns of these fields.
    pub fn builder<'a>(fields: impl IntoIterator<Item = (&'a str, &'a FieldDefinition)>) -> ColumnsBuilder {
        let pending = |(name, definition): (&str, &FieldDefinition)| Pending::new(name, definition);
        ColumnsBuilder { fields: fields.into_iter().map(pending).collect(), as_of: AsOf::One(0), len: 0 }
    }

    /// Returns the number of leads.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Returns whether there are no leads.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the number of bytes used.
    pub fn bytes(&self) -> usize {
        let as_of = match &self.as_of {
            AsOf::One(_) => 0,
            AsOf::Each(each) => size_of_val(each.as_slice()),
        };
        self.columns.iter().map(Column::bytes).sum::<usize>() + as_of
    }

    /// Returns a lead in the form of the row engine, by the slots of a rule set.
    pub fn cells<'a>(&'a self, slots: &'a [Slot], row: usize) -> Vec<RowCell<'a>> {
        let cell = |slot: &'a Slot| match self.column(&slot.name) {
            Some(column) => column.cell(slot, row),
            None => slot.cell(None),
        };
        slots.iter().map(cell).collect()
    }

    /// Returns the time that rules use as `now` for a lead.
    pub fn as_of(&self, row: usize) -> i64 {
        match &self.as_of {
            AsOf::One(as_of) => *as_of,
            AsOf::Each(each) => each.get(row).copied().unwrap_or_default(),
        }
    }

    pub(super) fn blocks(&self) -> usize {
        self.len.div_ceil(ROWS)
    }

    /// Returns the rows of a block.
    pub(super) fn rows_of(&self, block: usize) -> Bits {
        let rows = self.len - block * ROWS;
        std::array::from_fn(|word| match rows.saturating_sub(word * WORD) {
            0 => 0,
            rows if rows < WORD => (1 << rows) - 1,
            _ => u64::MAX,
        })
    }

    pub(super) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

impl ColumnsBuilder {
    /// Adds a lead: a cell for each field, in the order of the fields, and the time that rules use as `now`. A
    /// cell with the value assumed for a missing field counts as missing.
    pub fn push(&mut self, cells: &[RowCell<'_>], as_of: i64) {
        for (index, field) in self.fields.iter_mut().enumerate() {
            field.push(cells.get(index).copied().unwrap_or(RowCell::MISSING));
        }
        match &mut self.as_of {
            AsOf::One(one) if self.len == 0 || *one == as_of => *one = as_of,
            AsOf::One(one) => {
                let mut each = vec![*one; self.len];
                each.push(as_of);
                self.as_of = AsOf::Each(each);
            }
            AsOf::Each(each) => each.push(as_of),
        }
        self.len += 1;
    }

    /// Returns the columns.
    pub fn finish(self) -> Columns {
        Columns {
            columns: self.fields.into_iter().map(Pending::finish).collect(),
            as_of: self.as_of,
            len: self.len,
        }
    }
}

impl Pending {
    fn new(name: &str, definition: &FieldDefinition) -> Self {
        let values = match definition.kind {
            FieldType::Number => Growing::Floats(Vec::new()),
            _ => Growing::Whole(Vec::new()),
        };
        Self {
            name: name.to_owned(),
            kind: definition.kind,
            texts: definition.values.iter().map(|value| value.as_str().into()).collect(),
            places: HashMap::default(),
            values,
            reads: Vec::new(),
            table: Vec::new(),
            read_places: HashMap::default(),
        }
    }

    fn push(&mut self, cell: RowCell<'_>) {
        let is_stored = cell.is_read && self.push_value(cell.datum);
        if !is_stored {
            self.values.push(0);
        }
        let read = match cell.datum {
            _ if !cell.is_read => ReadQuality::Not,
            Datum::Missing => ReadQuality::Not,
            _ if is_stored => ReadQuality::Well(cell.confidence),
            _ => ReadQuality::Wrongly(cell.confidence),
        };
        let place = self.read_place(read);
        self.reads.push(place);
    }

    fn read_place(&mut self, read: ReadQuality) -> u32 {
        let last = self.reads.last().copied();
        if let Some(last) = last.filter(|last| self.table.get(*last as usize) == Some(&read)) {
            return last;
        }
        *self.read_places.entry(read.bits()).or_insert_with(|| {
            self.table.push(read);
            self.table.len() as u32 - 1
        })
    }

    /// Adds a value and returns whether it is valid for the field.
    fn push_value(&mut self, datum: Datum<'_>) -> bool {
        match (self.kind, datum) {
            (FieldType::Bool, Datum::Bool(holds)) => self.values.push(holds.into()),
            (FieldType::Integer | FieldType::Number, Datum::Number(number)) => {
                self.values.push_number(number);
            }
            (FieldType::Timestamp, Datum::Timestamp(at)) => self.values.push(at),
            (FieldType::Enum, Datum::Code(code)) if (code as usize) < self.texts.len() => {
                self.values.push(code.into());
            }
            (FieldType::String, Datum::Text(text)) => {
                let place = self.place(text);
                self.values.push(place.into());
            }
            _ => return false,
        }
        true
    }

    fn place(&mut self, text: &str) -> u32 {
        if let Some(place) = self.places.get(text) {
            return *place;
        }
        let place = self.texts.len() as u32;
        self.texts.push(text.into());
        self.places.insert(text.into(), place);
        place
    }

    fn finish(self) -> Column {
        let readings = readings(self.reads, &self.table);
        let (values, meaning) = match self.values {
            Growing::Whole(values) => {
                let meaning = match self.kind {
                    FieldType::Bool => KeyMeaning::Flags,
                    FieldType::Timestamp => KeyMeaning::Instants,
                    FieldType::String | FieldType::Enum => KeyMeaning::Texts(self.texts.into()),
                    FieldType::Integer | FieldType::Number => KeyMeaning::Whole,
                };
                (Lanes::whole(values.iter().copied()), meaning)
            }
            Growing::Floats(numbers) => divided(&numbers),
            Growing::Loose(numbers) => (Lanes::Zero, KeyMeaning::Loose(numbers.into())),
        };
        Column { name: self.name, kind: self.kind, values, meaning, readings }
    }
}

impl Growing {
    /// Adds a key, or a placeholder if there is no value.
    fn push(&mut self, key: i64) {
        match self {
            Self::Whole(values) => values.push(key),
            Self::Floats(values) => values.push(0.0),
            Self::Loose(values) => values.push(Numeric::Integer(0)),
        }
    }

    fn push_number(&mut self, number: Numeric) {
        match (&mut *self, number) {
            (Self::Whole(values), Numeric::Integer(n)) => values.push(n),
            (Self::Floats(values), Numeric::Float(n)) => values.push(n),
            (Self::Loose(values), number) => values.push(number),
            (Self::Whole(values), _) => {
                *self = Self::Loose(values.iter().map(|n| Numeric::Integer(*n)).chain([number]).collect());
            }
            (Self::Floats(values), _) => {
                *self = Self::Loose(values.iter().map(|n| Numeric::Float(*n)).chain([number]).collect());
            }
        }
    }
}

/// Returns decimals with few places as whole numbers, if dividing each restores it exactly; otherwise returns
/// them unchanged.
fn divided(numbers: &[f64]) -> (Lanes, KeyMeaning) {
    const DIVISORS: [f64; 5] = [1.0, 10.0, 100.0, 1_000.0, 10_000.0];
    // Up to this number, every whole number is exact as a floating-point number.
    const MOST: f64 = 1e15;
    let fits = |number: f64, by: f64| {
        let whole = (number * by).round();
        whole.abs() <= MOST && (whole as i64 as f64 / by).to_bits() == number.to_bits()
    };
    for by in DIVISORS {
        if numbers.iter().all(|number| fits(*number, by)) {
            let keys = numbers.iter().map(|number| (number * by).round() as i64);
            return (Lanes::whole(keys), KeyMeaning::Divided(by));
        }
    }
    (Lanes::floats(numbers), KeyMeaning::Floats)
}

/// Returns the codes after sorting the table.
fn readings(reads: Vec<u32>, table: &[ReadQuality]) -> Readings {
    let mut order: Vec<usize> = (0..table.len()).collect();
    order.sort_by(|a, b| table[*a].partial_cmp(&table[*b]).unwrap_or(std::cmp::Ordering::Equal));
    let mut ranks = vec![0_i64; table.len()];
    for (rank, place) in order.iter().enumerate() {
        ranks[*place] = rank as i64;
    }
    let codes = reads.iter().map(|place| ranks[*place as usize]);
    Readings { codes: Lanes::whole(codes), table: order.iter().map(|place| table[*place]).collect() }
}
