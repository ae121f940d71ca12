//! Reference lists, which define groups of companies, domains or other texts.
//!
//! Texts are compared after trimming and collapsing white space, converting letters to lower case, composing
//! accents, and dropping `.` `,` `;` `:` `!` `?` `…` at the end: `Initech,  Inc.` becomes `initech, inc`.
//! Entries are otherwise distinct: `Initech` and `Initech Inc` are two entries.
//!
//! A text that equals no entry in this way can still match one that is the same company or domain
//! (`rules/matching.rs`); the parts that were ignored are reported with the match.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::OnceLock;

use unicode_normalization::UnicodeNormalization;

use super::matching::MatchKey;
pub use super::matching::Step;
use crate::limits;

/// The entry that confirms every domain for free mail in its list, for lists that are about such domains.
pub const EVERYONE: &str = "*@*";

/// A set of texts with the matching described in the module. All entries share one text, so that a million of
/// them use little more memory than their letters.
#[derive(Clone, Debug, Default)]
pub struct ReferenceList {
    text: String,
    /// The end of each entry in `text`.
    ends: Vec<usize>,
    /// A hash table with open addressing, by the normalised entry.
    table: Box<[Place]>,
    /// A second table by the names and domains of the entries; built when first needed.
    loose: OnceLock<Box<[Place]>>,
}

/// The entry that a text matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryMatch<'a> {
    /// The entry as written in the list.
    pub entry: &'a str,
    /// The parts that were ignored to make the two equal.
    pub steps: Vec<Step>,
}

/// A slot of a hash table: an entry, and bits of its hash that distinguish it from others that probe the slot.
#[derive(Clone, Copy, Debug)]
struct Place {
    index: u32,
    mark: u32,
}

/// An empty slot.
const FREE: Place = Place { index: u32::MAX, mark: 0 };

impl Place {
    fn is_free(self) -> bool {
        self.index == FREE.index
    }

    fn of(index: usize, hash: u64) -> Self {
        Self { index: u32::try_from(index).unwrap_or(FREE.index), mark: mark(hash) }
    }
}

/// Returns the half of a hash that does not determine the slot.
fn mark(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// Returns the first slot to probe in a table of `len` slots, which is a power of two.
fn start(hash: u64, len: usize) -> usize {
    hash as usize & (len - 1)
}

impl ReferenceList {
    /// Creates a list of these entries. Of entries that match each other, the first is kept; entries that
    /// normalise to nothing are dropped.
    pub fn new(entries: impl IntoIterator<Item = String>) -> Self {
        let mut list = Self::default();
        for entry in entries {
            list.insert(&entry);
        }
        list.text.shrink_to_fit();
        list.ends.shrink_to_fit();
        list.loose();
        list
    }

    /// Returns the entry that equals the text.
    pub fn contains(&self, text: &str) -> Option<&str> {
        self.matched(text).map(|found| found.entry)
    }

    /// Returns the entry that the text matches, and how: the equal one, or else the one with the fewest ignored
    /// parts, and the first of several.
    ///
    /// A domain for free mail identifies no company, so an entry such as `gmail.com` matches nothing unless the
    /// list says that it is meant; see [`ReferenceList::is_unconfirmed`].
    pub fn matched(&self, text: &str) -> Option<EntryMatch<'_>> {
        self.look_up(text, false)
    }

    /// Returns the entry for free mail that the text would match if the list said that it is meant.
    pub fn unconfirmed(&self, text: &str) -> Option<&str> {
        if !MatchKey::is_at_free_mail(text) {
            return None;
        }
        let found = self.look_up(text, true)?;
        self.is_unconfirmed(found.entry).then_some(found.entry)
    }

    /// Returns whether an entry is a domain for free mail which the list does not confirm, by the entry
    /// `*@gmail.com` for one domain, or by [`EVERYONE`] for all.
    pub fn is_unconfirmed(&self, entry: &str) -> bool {
        !self.is_empty() && MatchKey::is_free_mail(entry) && self.find(EVERYONE).is_err()
    }

    fn look_up(&self, text: &str, with_unconfirmed: bool) -> Option<EntryMatch<'_>> {
        if self.table.is_empty() {
            return None;
        }
        let counts = |entry: &str| with_unconfirmed || !self.is_unconfirmed(entry);
        let equal = self.find(text).ok().and_then(|index| self.entry(index));
        if let Some(entry) = equal.filter(|entry| *entry != EVERYONE && counts(entry)) {
            return Some(EntryMatch { entry, steps: Vec::new() });
        }
        let key = MatchKey::of(text)?;
        key.found_under().into_iter().find_map(|under| {
            let matches = self.filed_under(under).filter_map(|(entry, other)| {
                (other.filed_under() == under && counts(entry)).then_some(())?;
                Some(EntryMatch { entry, steps: key.matches(&other)? })
            });
            matches.min_by_key(|found| found.steps.len())
        })
    }

    /// Returns whether an entry equals the text.
    pub fn has_equal(&self, text: &str) -> bool {
        self.index_of(text).is_some()
    }

    /// Returns the number of entries.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns whether the list is empty.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Returns why the list is too large, as a sentence, or `None` if it is within the limits.
    pub fn excess(&self) -> Option<String> {
        if self.len() > limits::LIST_ENTRIES {
            return Some(format!("A list can have at most {} entries.", limits::LIST_ENTRIES));
        }
        let mebibytes = limits::LIST_BYTES / (1024 * 1024);
        (self.text.len() > limits::LIST_BYTES)
            .then(|| format!("The entries of a list can have at most {mebibytes} MiB together."))
    }

    /// Returns the entries in order, as written.
    pub fn entries(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).filter_map(|index| self.entry(index))
    }

    /// Returns the entries filed under a text, along with others that share its slots.
    fn filed_under(&self, under: &str) -> impl Iterator<Item = (&str, MatchKey)> {
        let table = self.loose();
        let hash = hash(under);
        let start = start(hash, table.len());
        let places = (0..table.len()).map(move |step| table[(start + step) & (table.len() - 1)]);
        let places = places.take_while(|place| !place.is_free());
        places.filter(move |place| place.mark == mark(hash)).filter_map(|place| {
            let entry = self.entry(place.index as usize)?;
            Some((entry, MatchKey::of_entry(entry)?))
        })
    }

    fn loose(&self) -> &[Place] {
        self.loose.get_or_init(|| {
            let len = (self.len() * 4 / 3 + 1).next_power_of_two().max(16);
            let mut table = vec![FREE; len].into_boxed_slice();
            for (index, entry) in self.entries().enumerate() {
                let Some(key) = MatchKey::of_entry(entry) else { continue };
                let hash = hash(key.filed_under());
                put(&mut table, Place::of(index, hash), hash);
            }
            table
        })
    }

    pub(super) fn entry(&self, index: usize) -> Option<&str> {
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.text.get(start..*self.ends.get(index)?)
    }

    /// Adds an entry; returns false if it matches an existing one or normalises to nothing.
    pub(crate) fn insert(&mut self, entry: &str) -> bool {
        if normal(entry).is_empty() {
            return false;
        }
        if self.ends.len() * 4 >= self.table.len() * 3 {
            self.grow();
        }
        let Err(place) = self.find(entry) else { return false };
        if u32::try_from(self.ends.len()).is_err() {
            return false;
        }
        self.table[place] = Place::of(self.ends.len(), hash(&normal(entry)));
        self.loose.take();
        self.text.push_str(entry);
        self.ends.push(self.text.len());
        true
    }

    /// Returns the index of the entry that equals the text.
    pub(super) fn index_of(&self, text: &str) -> Option<usize> {
        if self.table.is_empty() || normal(text).is_empty() {
            return None;
        }
        self.find(text).ok()
    }

    /// Returns the index of the matching entry, or the free slot where it would go. The table must not be full.
    fn find(&self, text: &str) -> Result<usize, usize> {
        let text = normal(text);
        let hash = hash(&text);
        let mut at = start(hash, self.table.len());
        while !self.table[at].is_free() {
            let Place { index, mark: marked } = self.table[at];
            let index = index as usize;
            if marked == mark(hash) && self.entry(index).is_some_and(|entry| normal(entry) == text) {
                return Ok(index);
            }
            at = (at + 1) & (self.table.len() - 1);
        }
        Err(at)
    }

    /// Doubles the table, whose length is always a power of two.
    fn grow(&mut self) {
        let len = (self.table.len() * 2).max(16);
        let mut table = vec![FREE; len].into_boxed_slice();
        for (index, entry) in self.entries().enumerate() {
            let hash = hash(&normal(entry));
            put(&mut table, Place::of(index, hash), hash);
        }
        self.table = table;
    }
}

/// Returns the normalised form of a text.
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

/// Puts an entry in the first free slot for its hash. The table must not be full.
fn put(table: &mut [Place], place: Place, hash: u64) {
    let mut at = start(hash, table.len());
    while !table[at].is_free() {
        at = (at + 1) & (table.len() - 1);
    }
    table[at] = place;
}

/// Returns a hash that is the same in every process; the tables are built from approved lists.
fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
#[path = "lists_tests.rs"]
mod tests;
