//! Looks up the texts of columns in reference lists, once for each distinct text.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::column::{Column, KeyMeaning, ReadQuality};
use crate::rules::lists::ReferenceList;
use crate::rules::row::Slot;

/// The lists, and the results of look-ups for some columns.
#[derive(Debug)]
pub struct Lookups<'a> {
    lists: &'a BTreeMap<String, ReferenceList>,
    known: BTreeMap<(String, String), Arc<[u64]>>,
}

/// The results of one list for one field.
#[derive(Clone, Debug)]
pub(super) struct LookupResult {
    /// A bit for each text of the column.
    of: Option<Arc<[u64]>>,
    /// The result for the text assumed for a missing field.
    pub stated: Option<bool>,
}

impl<'a> Lookups<'a> {
    /// Creates look-ups in these lists, by name. Results are cached, so use each instance with one set of
    /// columns.
    pub fn new(lists: &'a BTreeMap<String, ReferenceList>) -> Self {
        Self { lists, known: BTreeMap::new() }
    }

    pub(super) fn look(&mut self, list: &str, slot: Option<&Slot>, column: Option<&Column>) -> LookupResult {
        let found = self.lists.get(list);
        let stated = found
            .zip(slot)
            .and_then(|(found, slot)| Some(found.contains(slot.text(slot.cell(None).datum)?).is_some()));
        let of = found.zip(column).and_then(|(found, column)| {
            let KeyMeaning::Texts(texts) = &column.meaning else { return None };
            let key = (list.to_owned(), column.name.clone());
            Some(self.known.entry(key).or_insert_with(|| answers(found, texts)).clone())
        });
        LookupResult { of, stated }
    }
}

impl LookupResult {
    /// Returns the result for a field with this reading and key.
    pub fn answer(&self, read: ReadQuality, key: i64) -> Option<bool> {
        match read {
            ReadQuality::Not => self.stated,
            ReadQuality::Wrongly(_) => None,
            ReadQuality::Well(_) => {
                let key = usize::try_from(key).ok()?;
                self.of.as_ref()?.get(key / 64).map(|word| word >> (key % 64) & 1 == 1)
            }
        }
    }
}

fn answers(list: &ReferenceList, texts: &[Box<str>]) -> Arc<[u64]> {
    let mut bits = vec![0_u64; texts.len() / 64 + 1];
    for (place, _) in texts.iter().enumerate().filter(|(_, text)| list.contains(text).is_some()) {
        bits[place / 64] |= 1 << (place % 64);
    }
    bits.into()
}
