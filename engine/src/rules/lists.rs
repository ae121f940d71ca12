//! Reference lists: which companies, domains or other texts belong to a group.
//!
//! Texts match when they are the same after white space is trimmed and collapsed, letters are made lower-case,
//! accents are composed, and `.` `,` `;` `:` `!` `?` `…` at the end are dropped: `Initech,  Inc.` is
//! `initech, inc`. Nothing else is dropped for entries: `Initech` and `Initech Inc` are two of them.
//!
//! A text that is no entry like that may still be the same company or domain as one (`rules/matching.rs`); what had to
//! be left out for it is told.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::OnceLock;

use unicode_normalization::UnicodeNormalization;

use super::matching::Key;
pub use super::matching::Step;

/// A set of texts, matched as the module says. All entries lie in one text, so that a million of them cost little
/// more than their letters.
#[derive(Clone, Debug, Default)]
pub struct ReferenceList {
    text: String,
    /// Where each entry ends in `text`.
    ends: Vec<usize>,
    /// Open addressing by the hash of the normalised entry.
    table: Box<[Place]>,
    /// The same by what the names and domains of entries come to; made when it is first needed.
    loose: OnceLock<Box<[Place]>>,
}

/// The entry that a text matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match<'a> {
    /// The entry as it is written in the list.
    pub entry: &'a str,
    /// What was left out until the two were the same.
    pub steps: Vec<Step>,
}

/// A place of a table: an entry, and what of its hash tells it from others that come by.
#[derive(Clone, Copy, Debug)]
struct Place {
    index: u32,
    mark: u32,
}

/// A place that holds no entry.
const FREE: Place = Place { index: u32::MAX, mark: 0 };

impl Place {
    fn is_free(self) -> bool {
        self.index == FREE.index
    }

    fn of(index: usize, hash: u64) -> Self {
        Self { index: u32::try_from(index).unwrap_or(FREE.index), mark: mark(hash) }
    }
}

/// The half of a hash that places are not found by.
fn mark(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// Where to begin in a table of so many places, which is a power of two.
fn start(hash: u64, len: usize) -> usize {
    hash as usize & (len - 1)
}

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
        list.loose();
        list
    }

    /// The entry that the text matches.
    pub fn contains(&self, text: &str) -> Option<&str> {
        self.matched(text).map(|found| found.entry)
    }

    /// The entry that the text matches, and how: the one that is written the same, else the one of which the least has
    /// to be left out, the first of several.
    pub fn matched(&self, text: &str) -> Option<Match<'_>> {
        if self.table.is_empty() {
            return None;
        }
        if let Some(entry) = self.find(text).ok().and_then(|index| self.entry(index)) {
            return Some(Match { entry, steps: Vec::new() });
        }
        let key = Key::of(text)?;
        key.found_under().into_iter().find_map(|under| {
            let matches = self.standing_under(under).filter_map(|(entry, other)| {
                (other.stands_under() == under).then_some(())?;
                Some(Match { entry, steps: key.matches(&other)? })
            });
            matches.min_by_key(|found| found.steps.len())
        })
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

    /// Entries that may stand under a text, and others that happen to have its place.
    fn standing_under(&self, under: &str) -> impl Iterator<Item = (&str, Key)> {
        let table = self.loose();
        let hash = hash(under);
        let start = start(hash, table.len());
        let places = (0..table.len()).map(move |step| table[(start + step) & (table.len() - 1)]);
        let places = places.take_while(|place| !place.is_free());
        places.filter(move |place| place.mark == mark(hash)).filter_map(|place| {
            let entry = self.entry(place.index as usize)?;
            Some((entry, Key::of_entry(entry)?))
        })
    }

    fn loose(&self) -> &[Place] {
        self.loose.get_or_init(|| {
            let len = (self.len() * 4 / 3 + 1).next_power_of_two().max(16);
            let mut table = vec![FREE; len].into_boxed_slice();
            for (index, entry) in self.entries().enumerate() {
                let Some(key) = Key::of_entry(entry) else { continue };
                let hash = hash(key.stands_under());
                put(&mut table, Place::of(index, hash), hash);
            }
            table
        })
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
        if u32::try_from(self.ends.len()).is_err() {
            return false;
        }
        self.table[place] = Place::of(self.ends.len(), hash(&normal(entry)));
        self.loose.take();
        self.text.push_str(entry);
        self.ends.push(self.text.len());
        true
    }

    /// The index of the entry that matches, or the free place where it would go. The table must not be full.
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

    /// Doubles the table, which always is a power of two long.
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

/// Puts an entry in the first free place that its hash leads to. The table must not be full.
fn put(table: &mut [Place], place: Place, hash: u64) {
    let mut at = start(hash, table.len());
    while !table[at].is_free() {
        at = (at + 1) & (table.len() - 1);
    }
    table[at] = place;
}

/// A hash that is the same in every process; the tables that use it are built from lists that people signed.
fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
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
            ("Initech", Some("Initech,  Inc.")),
            ("glo bex", None),
            ("", None),
            ("...", None),
        ];
        for (text, entry) in cases {
            assert_eq!(list.contains(text), entry, "{text:?}");
        }
        assert_eq!(list.len(), 3);
    }

    fn found(entries: &[&str], text: &str) -> Option<String> {
        let list = ReferenceList::new(entries.iter().map(|entry| (*entry).to_owned()));
        list.matched(text).map(|found| {
            let steps: Vec<String> = found.steps.iter().map(ToString::to_string).collect();
            format!("{}: {}", found.entry, steps.join(", "))
        })
    }

    #[test]
    fn companies_are_the_same_without_form_accents_and_signs() {
        let cases = [
            ("Acme GmbH", "ACME", "Acme GmbH: legal form `gmbh` left out"),
            ("Acme", "Acme G.m.b.H.", "Acme: legal form `gmbh` left out"),
            ("Acme, Inc.", "Acme Incorporated", "Acme, Inc.: signs left out, legal form `inc` left out"),
            (
                "Société Générale S.A.",
                "Societe Generale",
                "Société Générale S.A.: accents left out, legal form `sa` left out",
            ),
            ("Dupont S.A.S.", "Dupont SAS", "Dupont S.A.S.: "),
            ("Sony K.K.", "株式会社Sony", "Sony K.K.: legal form `kk` left out"),
            ("トヨタ株式会社", "トヨタ", "トヨタ株式会社: legal form `株式会社` left out"),
            (
                "Müller & Söhne GmbH & Co. KG",
                "Muller and Sohne",
                "Müller & Söhne GmbH & Co. KG: accents left out, signs left out, legal form `gmbh and co kg` left out",
            ),
            ("Coca-Cola", "Coca Cola", "Coca-Cola: signs left out"),
            (
                "Novo Nordisk A/S",
                "Novo Nordisk",
                "Novo Nordisk A/S: signs left out, legal form `a s` left out",
            ),
            ("Foo Sp. z o.o.", "FOO", "Foo Sp. z o.o.: legal form `sp z oo` left out"),
            ("ООО Ромашка", "ромашка", "ООО Ромашка: legal form `ооо` left out"),
            (
                "Grupo Bimbo, S.A.B. de C.V.",
                "grupo bimbo s.a.b. de c.v.",
                "Grupo Bimbo, S.A.B. de C.V.: signs left out",
            ),
            (
                "Atlassian Pty Ltd",
                "Atlassian Pty. Limited",
                "Atlassian Pty Ltd: legal form `pty ltd` left out",
            ),
        ];
        for (entry, text, told) in cases {
            assert_eq!(found(&[entry], text).as_deref(), Some(told), "{entry} / {text}");
        }
    }

    #[test]
    fn domains_belong_to_what_is_registered() {
        let cases = [
            ("acme.co.uk", "mail.acme.co.uk", "acme.co.uk: subdomain of acme.co.uk"),
            ("acme.co.uk", "https://www.Acme.co.uk/about?x=1", "acme.co.uk: domain of the address"),
            ("acme.com", "jane@eu.acme.com", "acme.com: domain of the address, subdomain of acme.com"),
            ("https://acme.com/", "acme.com", "https://acme.com/: domain of the address"),
            ("shop.acme.com", "eu.shop.acme.com", "shop.acme.com: subdomain of shop.acme.com"),
            (
                "müller.de",
                "https://shop.xn--mller-kva.de/",
                "müller.de: domain of the address, subdomain of müller.de",
            ),
            ("xn--mller-kva.de", "mu\u{308}ller.de", "xn--mller-kva.de: "),
            (
                "пример.рф",
                "jane@mail.XN--E1AFMKFD.xn--p1ai",
                "пример.рф: domain of the address, subdomain of пример.рф",
            ),
            ("alice.github.io", "blog.alice.github.io", "alice.github.io: subdomain of alice.github.io"),
        ];
        for (entry, text, told) in cases {
            assert_eq!(found(&[entry], text).as_deref(), Some(told), "{entry} / {text}");
        }
        let both = ["acme.com", "eu.acme.com"];
        assert_eq!(found(&both, "x.eu.acme.com").as_deref(), Some("eu.acme.com: subdomain of eu.acme.com"));
    }

    #[test]
    fn what_only_looks_alike_does_not_match() {
        for (entry, text) in [
            ("Acme GmbH", "Acme Inc."),
            ("Acme Ltd", "Acme LLC"),
            ("Acme", "Acme Labs"),
            ("SE", "AG"),
            ("AB", "A"),
            ("Inc", "Ltd"),
            ("The Company", "The"),
            ("acme.co.uk", "acme.com"),
            ("acme.co.uk", "notacme.co.uk"),
            ("co.uk", "acme.co.uk"),
            ("github.io", "alice.github.io"),
            ("alice.github.io", "bob.github.io"),
            ("shop.acme.com", "acme.com"),
            ("jane@acme.com", "acme.com"),
            ("jane@acme.com", "bob@acme.com"),
            ("acme.com", "acme.com.evil.net"),
            ("acme.com", "acme"),
            ("Acme", "acme.com"),
            ("ハス", "バス"),
            ("Май", "Маи"),
            ("acme.com", "ftp://acme.com"),
            ("acme.com", "see acme.com"),
        ] {
            assert_eq!(found(&[entry], text), None, "{entry} / {text}");
        }
    }

    #[test]
    fn the_nearest_entry_is_told() {
        let entries = ["Acme Inc", "Acme GmbH", "Ácme"];
        assert_eq!(found(&entries, "ACME GMBH").as_deref(), Some("Acme GmbH: "));
        assert_eq!(found(&entries, "Acme").as_deref(), Some("Acme Inc: legal form `inc` left out"));
        assert_eq!(
            found(&entries, "Acme AG").as_deref(),
            Some("Ácme: accents left out, legal form `ag` left out")
        );
        assert_eq!(found(&["Acme Inc", "Ácme"], "ácme").as_deref(), Some("Ácme: "));
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
        let tables = list.table.len() + list.loose().len();
        let bytes = list.text.len() + list.ends.len() * size_of::<usize>() + tables * 4;
        assert!(bytes < 100_000 * (20 + 30), "{bytes} bytes");
    }
}
