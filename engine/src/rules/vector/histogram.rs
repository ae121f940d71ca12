//! How the values of a field spread over leads.

use super::column::{Column, Meaning, Read};
use super::columns::Columns;

/// How many leads have which values of a field.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// Leads of which the field was not read.
    pub missing: u64,
    /// Leads of which something else than a value was read.
    pub invalid: u64,
    /// The values that were read, however sure.
    pub values: Spread,
}

/// Values and how many leads have them.
#[derive(Clone, Debug, PartialEq)]
pub enum Spread {
    /// Each value in the catalogue's order, or texts in the order in which they first came; false, then true.
    Each(Vec<(String, u64)>),
    /// Numbers (or instants, in microseconds) in parts of equal width.
    Ranges {
        /// The least value.
        from: f64,
        /// The greatest.
        to: f64,
        /// How many are in each part; those of the greatest value are in the last.
        counts: Vec<u64>,
    },
}

impl Columns {
    /// The histogram of a field, numbers in so many parts, for the leads of these rows or all. `None` for a field that
    /// has no column.
    pub fn histogram(
        &self,
        field: &str,
        parts: usize,
        rows: Option<&mut dyn Iterator<Item = usize>>,
    ) -> Option<Histogram> {
        let column = self.column(field)?;
        let mut all = 0..self.len();
        let rows: &mut dyn Iterator<Item = usize> = rows.unwrap_or(&mut all);
        let (mut missing, mut invalid, mut read) = (0, 0, Vec::new());
        for row in rows {
            match column.readings.of(row) {
                Read::Not => missing += 1,
                Read::Wrongly(_) => invalid += 1,
                Read::Well(_) => read.push(row),
            }
        }
        let values = match &column.meaning {
            Meaning::Flags => each(column, &["false", "true"], &read),
            Meaning::Texts(texts) => each(column, texts, &read),
            _ => ranges(column, parts.max(1), &read),
        };
        Some(Histogram { missing, invalid, values })
    }
}

fn each(column: &Column, texts: &[impl AsRef<str>], rows: &[usize]) -> Spread {
    let mut counts = vec![0; texts.len()];
    for row in rows {
        if let Some(count) = usize::try_from(column.values.key(*row)).ok().and_then(|key| counts.get_mut(key))
        {
            *count += 1;
        }
    }
    Spread::Each(texts.iter().map(|text| text.as_ref().to_owned()).zip(counts).collect())
}

fn ranges(column: &Column, parts: usize, rows: &[usize]) -> Spread {
    let value = |row: &usize| match &column.meaning {
        Meaning::Loose(numbers) => numbers.get(*row).map_or(0.0, |number| number.to_f64()),
        _ => {
            let key = column.values.key(*row);
            column.number(key).map_or(key as f64, |number| number.to_f64())
        }
    };
    let (from, to) = rows
        .iter()
        .map(value)
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), value| (least.min(value), most.max(value)));
    let mut counts = vec![0; parts];
    for value in rows.iter().map(value) {
        // Halves, as the whole width may be more than a number can be.
        let share = (value / 2.0 - from / 2.0) / (to / 2.0 - from / 2.0);
        let part = if share > 0.0 { (share * parts as f64) as usize } else { 0 };
        counts[part.min(parts - 1)] += 1;
    }
    if rows.is_empty() {
        Spread::Ranges { from: 0.0, to: 0.0, counts }
    } else {
        Spread::Ranges { from, to, counts }
    }
}
