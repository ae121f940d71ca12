//! Determines whether a text and a list entry are the same company or domain although they are written
//! differently.
//!
//! Names are compared without accents, punctuation and legal forms (`Société Générale S.A.` is
//! `societe generale`), domains including their subdomains (`mail.acme.co.uk` belongs to `acme.co.uk`, and
//! nothing belongs to `co.uk`). A wrong match is worse than a missed one: two names with different legal forms
//! are different companies, a name never matches a domain, and a legal form that is the whole name is kept.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::legal_forms::{EITHER, FORMS, WITHIN};

/// A part of an entry and a text that was ignored to make them equal; there are none if only case and spaces
/// differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Accents: `é` equals `e`.
    Accents,
    /// Commas, hyphens and other punctuation; `&` equals `and`.
    Signs,
    /// A legal form that only one of the two has, or that they write differently.
    LegalForm(String),
    /// Everything in an e-mail address or web address except the domain.
    Address,
    /// The part before the entry's domain.
    Subdomain(String),
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Accents => f.write_str("ignoring accents"),
            Self::Signs => f.write_str("ignoring punctuation"),
            Self::LegalForm(form) => write!(f, "ignoring legal form `{form}`"),
            Self::Address => f.write_str("domain of the address"),
            Self::Subdomain(domain) => write!(f, "subdomain of {domain}"),
        }
    }
}

/// A text in the form used for comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum MatchKey {
    Name(CompanyName),
    Domain(Domain),
}

/// A company name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct CompanyName {
    core: String,
    /// The legal form in its canonical form.
    form: Option<&'static str>,
    /// The legal form as written.
    written: String,
    accents: usize,
    signs: String,
}

/// A domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Domain {
    host: String,
    /// The number of bytes at the end that are a public suffix.
    suffix: usize,
    is_address: bool,
}

impl MatchKey {
    /// Returns the key of an entry; an e-mail address belongs to a person and is not a domain.
    pub fn of_entry(entry: &str) -> Option<Self> {
        if entry.contains('@') { None } else { Self::of(entry) }
    }

    /// Returns the key of a text.
    pub fn of(text: &str) -> Option<Self> {
        Domain::of(text)
            .map(Self::Domain)
            .or_else(|| (!text.contains('@')).then(|| CompanyName::of(text))?.map(Self::Name))
    }

    /// Returns the texts under which matching entries can be filed, the closest first.
    pub fn found_under(&self) -> Vec<&str> {
        match self {
            Self::Name(name) => vec![&name.core],
            Self::Domain(domain) => domain.upwards().collect(),
        }
    }

    /// Returns the text under which an entry is filed.
    pub fn filed_under(&self) -> &str {
        match self {
            Self::Name(name) => &name.core,
            Self::Domain(domain) => &domain.host,
        }
    }

    /// Returns how this text matches an entry, if it does.
    pub fn matches(&self, entry: &Self) -> Option<Vec<Step>> {
        match (self, entry) {
            (Self::Name(text), Self::Name(entry)) => text.matches(entry),
            (Self::Domain(text), Self::Domain(entry)) => text.matches(entry),
            _ => None,
        }
    }
}

impl CompanyName {
    fn of(text: &str) -> Option<Self> {
        let mut name = Self::default();
        let plain = name.without_accents(text);
        let mut words = name.words(&plain);
        name.take_form(&mut words);
        name.core = words.join(" ");
        (name.core.chars().any(char::is_alphanumeric)).then_some(name)
    }

    fn matches(&self, entry: &Self) -> Option<Vec<Step>> {
        let is_same_form = self.form == entry.form;
        if self.core != entry.core || (self.form.is_some() && entry.form.is_some() && !is_same_form) {
            return None;
        }
        let mut steps = Vec::new();
        if self.accents != entry.accents {
            steps.push(Step::Accents);
        }
        if self.signs != entry.signs {
            steps.push(Step::Signs);
        }
        if self.written != entry.written {
            let left_out = if entry.form.is_some() { &entry.written } else { &self.written };
            steps.push(Step::LegalForm(left_out.clone()));
        }
        Some(steps)
    }

    /// Converts to lower case and removes the accents of Latin letters; in other scripts, they distinguish
    /// letters.
    fn without_accents(&mut self, text: &str) -> String {
        if text.is_ascii() {
            return text.to_ascii_lowercase();
        }
        let mut plain = String::with_capacity(text.len());
        let mut is_latin = false;
        for c in text.nfkd().flat_map(char::to_lowercase) {
            if is_latin && ('\u{300}'..='\u{36f}').contains(&c) {
                self.accents += 1;
                continue;
            }
            let spelt = match c {
                'ß' => "ss",
                'ø' => "o",
                'æ' => "ae",
                'œ' => "oe",
                'ł' => "l",
                'đ' | 'ð' => "d",
                'þ' => "th",
                'ı' => "i",
                _ => "",
            };
            is_latin = c.is_ascii_alphabetic();
            if spelt.is_empty() {
                plain.push(c);
            } else {
                self.accents += 1;
                plain.push_str(spelt);
            }
        }
        plain.nfc().collect()
    }

    /// Splits a text into words without punctuation.
    fn words(&mut self, text: &str) -> Vec<String> {
        let mut words = Vec::new();
        for word in text.split_whitespace() {
            let mut word_so_far = String::new();
            let mut push = |word: &mut String| {
                let bare = without_points(word);
                if !bare.is_empty() {
                    words.push(bare);
                }
                word.clear();
            };
            for c in word.chars() {
                match c {
                    '\'' | '’' | '`' | '´' => self.signs.push(c),
                    '&' | '+' => {
                        self.signs.push(c);
                        push(&mut word_so_far);
                        word_so_far.push_str("and");
                        push(&mut word_so_far);
                    }
                    '.' => word_so_far.push(c),
                    c if c.is_alphanumeric() || !c.is_ascii_punctuation() && !is_sign(c) => {
                        word_so_far.push(c)
                    }
                    c => {
                        self.signs.push(c);
                        push(&mut word_so_far);
                    }
                }
            }
            push(&mut word_so_far);
        }
        words
    }

    /// Removes the legal form from the end or the beginning.
    fn take_form(&mut self, words: &mut Vec<String>) {
        let last = words.last().map_or("", String::as_str);
        let ending = ending_in(last);
        for (form, canonical) in ending {
            let length = form.split(' ').count();
            let Some(rest) = words.len().checked_sub(length).filter(|rest| *rest > 0) else { continue };
            if words[rest..].iter().map(String::as_str).eq(form.split(' ')) && is_enough(&words[..rest]) {
                self.written = words.split_off(rest).join(" ");
                self.form = Some(canonical);
                return;
            }
        }
        for (form, canonical) in EITHER {
            let length = form.split(' ').count();
            if words.len() > length && words.iter().take(length).map(String::as_str).eq(form.split(' ')) {
                self.written = words.drain(..length).collect::<Vec<_>>().join(" ");
                self.form = Some(canonical);
                return;
            }
        }
        // Scripts without spaces.
        for (form, canonical) in WITHIN {
            for (at, is_end) in [(0, false), (words.len().saturating_sub(1), true)] {
                let Some(word) = words.get_mut(at) else { continue };
                let rest = if is_end { word.strip_suffix(form) } else { word.strip_prefix(form) };
                if let Some(rest) = rest.map(str::to_owned).filter(|rest| !rest.is_empty()) {
                    *word = rest;
                    self.written = (*form).to_owned();
                    self.form = Some(canonical);
                    return;
                }
            }
        }
    }
}

/// Returns the legal forms that end in this word, the longer ones first.
fn ending_in(word: &str) -> &'static [(&'static str, &'static str)] {
    static BY_LAST_WORD: OnceLock<BTreeMap<&str, Vec<(&str, &str)>>> = OnceLock::new();
    let by_last_word = BY_LAST_WORD.get_or_init(|| {
        let mut forms: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
        for (form, canonical) in FORMS.iter().chain(EITHER) {
            let last = form.rsplit(' ').next().unwrap_or(form);
            forms.entry(last).or_default().push((form, canonical));
        }
        forms
    });
    by_last_word.get(word).map_or(&[], Vec::as_slice)
}

/// Returns whether the rest of a name still identifies a company.
fn is_enough(words: &[String]) -> bool {
    let letters = words.iter().flat_map(|word| word.chars()).filter(|c| c.is_alphanumeric()).count();
    letters >= 2 && words.iter().any(|word| !matches!(word.as_str(), "the" | "and" | "of"))
}

fn is_sign(c: char) -> bool {
    matches!(
        c,
        '–' | '—'
            | '“'
            | '”'
            | '„'
            | '«'
            | '»'
            | '‘'
            | '‚'
            | '·'
            | '•'
            | '®'
            | '™'
            | '©'
            | '…'
            | '、'
            | '。'
            | '・'
    )
}

/// Converts `s.a.s.` to `sas`; a dot inside a longer word is kept.
fn without_points(word: &str) -> String {
    let word = word.trim_matches('.');
    let is_abbreviated =
        word.split('.').all(|part| part.chars().count() <= 1) || matches!(word, "g.mbh" | "s.p.a" | "sp.zoo");
    if is_abbreviated { word.replace('.', "") } else { word.to_owned() }
}

/// Decodes a domain label that begins with `xn--`, which addresses and browsers write either way; returns
/// `None` if it is not encoded.
fn as_people_write(label: &str) -> Option<String> {
    let written = match label.strip_prefix("xn--") {
        Some(coded) => idna::punycode::decode_to_string(coded).filter(|label| !label.contains('.'))?,
        None => label.to_owned(),
    };
    Some(written.nfc().flat_map(char::to_lowercase).collect())
}

impl Domain {
    fn of(text: &str) -> Option<Self> {
        if !text.contains('.') {
            return None;
        }
        let text = text.trim().to_lowercase();
        let (rest, mut is_address) = match text.split_once("://") {
            Some(("http" | "https", rest)) => (rest, true),
            Some(_) => return None,
            None => (text.as_str(), false),
        };
        let rest = rest.split(['/', '?', '#']).next()?;
        is_address |= rest.len() + usize::from(is_address) * 8 != text.len() && text.contains('/');
        let rest = match rest.rsplit_once('@') {
            Some((person, host)) if !person.is_empty() => {
                is_address = true;
                host
            }
            Some(_) => return None,
            None => rest,
        };
        let rest = match rest.split_once(':') {
            Some((host, port)) if port.chars().all(|c| c.is_ascii_digit()) => host,
            Some(_) => return None,
            None => rest,
        };
        let host = rest.trim_end_matches('.');
        let host = host.strip_prefix("www.").filter(|rest| rest.contains('.')).unwrap_or(host);
        let host = host.split('.').map(as_people_write).collect::<Option<Vec<_>>>()?.join(".");
        let is_label = |label: &str| {
            !label.is_empty()
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
                && !label.starts_with('-')
        };
        if !host.contains('.') || !host.split('.').all(is_label) {
            return None;
        }
        let suffix = psl::suffix(host.as_bytes()).filter(psl::Suffix::is_known)?;
        Some(Self { suffix: suffix.as_bytes().len(), host, is_address })
    }

    /// Returns the domain and its parents, down to the registered domain.
    fn upwards(&self) -> impl Iterator<Item = &str> {
        let above = self.host.match_indices('.').map(|(at, _)| &self.host[at + 1..]);
        [self.host.as_str()].into_iter().chain(above.filter(|host| host.len() > self.suffix))
    }

    fn matches(&self, entry: &Self) -> Option<Vec<Step>> {
        let is_below = self.host.len() > entry.host.len();
        if is_below && (entry.host.len() <= self.suffix || entry.host.len() <= entry.suffix) {
            return None;
        }
        let matches = self.host == entry.host
            || self.host.strip_suffix(&entry.host).is_some_and(|rest| rest.ends_with('.'));
        let address = (self.is_address || entry.is_address).then_some(Step::Address);
        let below = is_below.then(|| Step::Subdomain(entry.host.clone()));
        matches.then(|| address.into_iter().chain(below).collect())
    }
}
