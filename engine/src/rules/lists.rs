//! Reference lists: which companies, domains or other texts belong to a group.
//!
//! Texts match when they are the same after white space is trimmed and collapsed, letters are made lower-case,
//! accents are composed, and `.` `,` `;` `:` `!` `?` `…` at the end are dropped: `Initech,  Inc.` is
//! `initech, inc`. Nothing else is dropped; `Initech` and `Initech Inc` are two entries.

use std::hash::{DefaultHasher, Hash, Hasher};

use unicode_normalization::UnicodeNormalization;

/// A set of texts, matched as the module says. All entries lie in one text, so that a million of them cost little
/// more than their letters.
#[derive(Clone, Debug, Default)]
pub struct ReferenceList {
    text: String,
    /// Where each entry ends in `text`.
    ends: Vec<usize>,
    /// Open addressing by the hash of the normalised entry; [`FREE`] where there is none.
    table: Box<[u32]>,
}

/// A place of the table that holds no entry.
const FREE: u32 = u32::MAX;

impl ReferenceList {
    /// The list of these entries. Of entries that match each other the first stays; entries of which nothing is
    /// left after normalising are dropped.
    pub fn new(entries: impl IntoIterator<Item = String>) -> Self {
        let mut list = Self::default();
        for entry in entries {
            list.insert(&entry);
        }
        list.text.shrink_to_fit();
        list.ends.shrink_to_fit();
        list
    }

    /// The entry that the text matches.
    pub fn contains(&self, text: &str) -> Option<&str> {
        if self.table.is_empty() {
            return None;
        }
        self.find(text).ok().and_then(|index| self.entry(index))
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The entries as they were written, in their order.
    pub fn entries(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).filter_map(|index| self.entry(index))
    }

    fn entry(&self, index: usize) -> Option<&str> {
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.text.get(start..*self.ends.get(index)?)
    }

    /// Adds an entry; false if it matches one that is there, or nothing is left of it.
    pub(super) fn insert(&mut self, entry: &str) -> bool {
        if normal(entry).is_empty() {
            return false;
        }
        if self.ends.len() * 4 >= self.table.len() * 3 {
            self.grow();
        }
        let Err(place) = self.find(entry) else { return false };
        let (Ok(index), Some(free)) = (u32::try_from(self.ends.len()), self.table.get_mut(place)) else {
            return false;
        };
        *free = index;
        self.text.push_str(entry);
        self.ends.push(self.text.len());
        true
    }

    /// The index of the entry that matches, or the free place where it would go. The table must not be full.
    fn find(&self, text: &str) -> Result<usize, usize> {
        let mask = self.table.len() - 1;
        let text = normal(text);
        let mut place = hash(&text) & mask;
        while self.table[place] != FREE {
            let index = self.table[place] as usize;
            if self.entry(index).is_some_and(|entry| normal(entry) == text) {
                return Ok(index);
            }
            place = (place + 1) & mask;
        }
        Err(place)
    }

    /// Doubles the table, which always is a power of two long.
    fn grow(&mut self) {
        let len = (self.table.len() * 2).max(16);
        let mut table = vec![FREE; len].into_boxed_slice();
        for (index, entry) in self.entries().enumerate() {
            let mut place = hash(&normal(entry)) & (len - 1);
            while table[place] != FREE {
                place = (place + 1) & (len - 1);
            }
            table[place] = u32::try_from(index).unwrap_or(FREE);
        }
        self.table = table;
    }
}

/// What counts of a text when texts are matched.
fn normal(text: &str) -> String {
    let is_dropped = |c: char| c.is_whitespace() || matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '…');
    let mut normal = String::with_capacity(text.len());
    for word in text.trim_end_matches(is_dropped).split_whitespace() {
        if !normal.is_empty() {
            normal.push(' ');
        }
        normal.push_str(word);
    }
    if normal.is_ascii() {
        normal.make_ascii_lowercase();
        return normal;
    }
    normal.chars().flat_map(char::to_lowercase).nfc().collect()
}

/// A hash that is the same in every process; the tables that use it are built from lists that people signed.
#[allow(clippy::cast_possible_truncation)]
fn hash(normal: &str) -> usize {
    let mut hasher = DefaultHasher::new();
    normal.hash(&mut hasher);
    hasher.finish() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_match_after_normalising() {
        let list =
            ReferenceList::new(["Initech,  Inc.", "Globex", "Café Müller", "", " . "].map(str::to_owned));
        let cases = [
            ("initech, inc", Some("Initech,  Inc.")),
            ("\tINITECH,\u{a0}Inc ...", Some("Initech,  Inc.")),
            ("globex!", Some("Globex")),
            ("CAFE\u{301} MÜLLER", Some("Café Müller")),
            ("Initech", None),
            ("glo bex", None),
            ("", None),
            ("...", None),
        ];
        for (text, entry) in cases {
            assert_eq!(list.contains(text), entry, "{text:?}");
        }
        assert_eq!(list.len(), 3);
    }

    #[test]
    fn the_first_of_equal_entries_stays() {
        let list = ReferenceList::new(["ACME", "acme.", "Acme"].map(str::to_owned));
        assert_eq!(list.entries().collect::<Vec<_>>(), ["ACME"]);
    }

    #[test]
    fn an_empty_list_contains_nothing() {
        assert_eq!(ReferenceList::default().contains("x"), None);
        assert!(ReferenceList::default().is_empty());
    }

    #[test]
    fn many_entries_are_all_found_and_lean() {
        let name = |i: usize| format!("Company {i:06} GmbH");
        let list = ReferenceList::new((0..100_000).map(name));
        assert_eq!(list.len(), 100_000);
        for i in (0..100_000).step_by(97) {
            assert_eq!(list.contains(&name(i).to_uppercase()), Some(name(i).as_str()));
            assert_eq!(list.contains(&name(i + 100_000)), None);
        }
        let bytes = list.text.len() + list.ends.len() * size_of::<usize>() + list.table.len() * 4;
        assert!(bytes < 100_000 * (20 + 20), "{bytes} bytes");
    }
}
