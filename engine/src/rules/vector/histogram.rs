//! The distribution of a field's values over leads.

use super::column::{Column, KeyMeaning, ReadQuality};
use super::columns::Columns;

/// The number of leads with each value of a field.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// The leads for which the field was not read.
    pub missing: u64,
    /// The leads for which the value was invalid.
    pub invalid: u64,
    /// The values that were read, with any confidence.
    pub values: ValueCounts,
}

/// Values with the number of leads that have them.
#[derive(Clone, Debug, PartialEq)]
pub enum ValueCounts {
    /// Each value: enum values in the catalogue's order, texts in order of appearance, or false and true.
    Each(Vec<(String, u64)>),
    /// Numbers, or timestamps in microseconds, in intervals of equal width.
    Ranges {
        /// The least value.
        from: f64,
        /// The greatest value.
        to: f64,
        /// The number of leads in each interval; the greatest value is in the last one.
        counts: Vec<u64>,
    },
}

impl Columns {
    /// Returns the histogram of a field over these rows, or over all of them, with this many intervals for
    /// numbers. Returns `None` for a field without a column.
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
                ReadQuality::Not => missing += 1,
                ReadQuality::Wrongly(_) => invalid += 1,
                ReadQuality::Well(_) => read.push(row),
            }
        }
        let values = match &column.meaning {
            KeyMeaning::Flags => each(column, &["false", "true"], &read),
            KeyMeaning::Texts(texts) => each(column, texts, &read),
            _ => ranges(column, parts.max(1), &read),
        };
        Some(Histogram { missing, invalid, values })
    }
}

fn each(column: &Column, texts: &[impl AsRef<str>], rows: &[usize]) -> ValueCounts {
    let mut counts = vec![0; texts.len()];
    for row in rows {
        if let Some(count) = usize::try_from(column.values.key(*row)).ok().and_then(|key| counts.get_mut(key))
        {
            *count += 1;
        }
    }
    ValueCounts::Each(texts.iter().map(|text| text.as_ref().to_owned()).zip(counts).collect())
}

fn ranges(column: &Column, parts: usize, rows: &[usize]) -> ValueCounts {
    let value = |row: &usize| match &column.meaning {
        KeyMeaning::Loose(numbers) => numbers.get(*row).map_or(0.0, |number| number.to_f64()),
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
        // Both are halved, because the full width could exceed the range of numbers.
        let share = (value / 2.0 - from / 2.0) / (to / 2.0 - from / 2.0);
        let part = if share > 0.0 { (share * parts as f64) as usize } else { 0 };
        counts[part.min(parts - 1)] += 1;
    }
    if rows.is_empty() {
        ValueCounts::Ranges { from: 0.0, to: 0.0, counts }
    } else {
        ValueCounts::Ranges { from, to, counts }
    }
}
