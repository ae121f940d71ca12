//! Determines whether a text and a list entry are the same company or domain although they are written
//! differently.
//!
//! Names are compared without accents, punctuation, articles and legal forms (`Société Générale S.A.` is
//! `societe generale`), and `ü` as `u` or `ue`; domains including their subdomains (`mail.acme.co.uk` belongs to
//! `acme.co.uk`, and nothing belongs to `co.uk`). A domain for free mail identifies no company, unless the entry
//! says so (`*@gmail.com`). A wrong match is worse than a missed one: two names with different legal forms
//! are different companies, a name never matches a domain, and a legal form that is the whole name is kept.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::free_mail;
use super::legal_forms::{STATES, WITHIN, beginning_with, ending_in, is_form_word};

/// A part of an entry and a text that was ignored to make them equal; there are none if only case and spaces
/// differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Accents: `é` equals `e`.
    Accents,
    /// Commas, hyphens and other punctuation; `&` equals `and`.
    Signs,
    /// An article that only one of the two has: `The Acme Group`.
    Article(String),
    /// Umlauts and other letters that only one of the two spells out: `ue` equals `ü`.
    Spelling,
    /// A legal form that only one of the two has, or that they write differently.
    LegalForm(String),
    /// Everything in an e-mail address or web address except the domain.
    Address,
    /// The part before the entry's domain.
    Subdomain(String),
    /// Everyone with an address at a domain for free mail, as the entry says.
    Everyone(String),
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Accents => f.write_str("ignoring accents"),
            Self::Signs => f.write_str("ignoring punctuation"),
            Self::Article(article) => write!(f, "ignoring the article `{article}`"),
            Self::Spelling => f.write_str("ignoring spelt-out umlauts"),
            Self::Everyone(domain) => write!(f, "everyone at {domain}"),
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
    /// The core with umlauts spelt out.
    spelt: String,
    /// The core in a form that is the same for every spelling of umlauts.
    skeleton: String,
    article: Option<String>,
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
    /// Whether an entry says that everyone with an address at the domain is meant.
    is_everyone: bool,
}

impl MatchKey {
    /// Returns the key of an entry; an e-mail address belongs to a person and is not a domain.
    pub fn of_entry(entry: &str) -> Option<Self> {
        if let Some(domain) = entry.trim().strip_prefix("*@") {
            let domain = Domain::of(domain)?;
            return Some(Self::Domain(Domain { is_everyone: domain.is_free_mail(), ..domain }));
        }
        if entry.contains('@') { None } else { Self::of(entry) }
    }

    /// Returns whether the text is an address or a domain for free mail.
    pub fn is_at_free_mail(text: &str) -> bool {
        Domain::of(text).is_some_and(|domain| domain.is_free_mail())
    }

    /// Returns whether the text is a domain at which anyone can get an address.
    pub fn is_free_mail(text: &str) -> bool {
        !text.contains('@') && Domain::of(text).is_some_and(|domain| domain.is_free_mail())
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
            Self::Name(name) => vec![&name.skeleton],
            Self::Domain(domain) => domain.upwards().collect(),
        }
    }

    /// Returns the text under which an entry is filed.
    pub fn filed_under(&self) -> &str {
        match self {
            Self::Name(name) => &name.skeleton,
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
        let (plain, spelt) = name.without_accents(text);
        let mut words = name.words(&plain);
        // The signs are those of the first pass.
        let mut spelt_words = Self::default().words(&spelt);
        let are_alike = spelt_words.len() == words.len();
        let taken = take_form(&mut words);
        (name.form, name.written) = (taken.form, taken.written);
        if are_alike && !taken.is_within {
            spelt_words.drain(..taken.first);
            spelt_words.truncate(words.len());
        } else {
            spelt_words.clone_from(&words);
        }
        let is_last = text.trim_end().to_lowercase().ends_with(", the");
        name.article = take_article(&mut words, is_last);
        if words.len() < spelt_words.len() {
            let article = if words.first() == spelt_words.first() { spelt_words.len() - 1 } else { 0 };
            spelt_words.remove(article);
        }
        name.core = words.join(" ");
        name.spelt = spelt_words.join(" ");
        name.skeleton = skeleton(&name.spelt);
        (name.core.chars().any(char::is_alphanumeric)).then_some(name)
    }

    fn matches(&self, entry: &Self) -> Option<Vec<Step>> {
        let is_same_form = self.form == entry.form;
        let is_same_core = self.core == entry.core;
        if !(is_same_core || self.is_spelt_like(entry))
            || (self.form.is_some() && entry.form.is_some() && !is_same_form)
        {
            return None;
        }
        let mut steps = Vec::new();
        if !is_same_core {
            steps.push(Step::Spelling);
        } else if self.accents != entry.accents {
            steps.push(Step::Accents);
        }
        if self.signs != entry.signs {
            steps.push(Step::Signs);
        }
        if self.article != entry.article {
            let left_out = entry.article.as_ref().or(self.article.as_ref());
            steps.extend(left_out.cloned().map(Step::Article));
        }
        if self.written != entry.written {
            let left_out = if entry.form.is_some() { &entry.written } else { &self.written };
            steps.push(Step::LegalForm(left_out.clone()));
        }
        Some(steps)
    }

    /// Returns whether each word equals the other's, with its umlauts spelt out or not.
    fn is_spelt_like(&self, other: &Self) -> bool {
        let words = |name: &Self| {
            let pairs = name.core.split(' ').zip(name.spelt.split(' '));
            pairs.map(|(core, spelt)| (core.to_owned(), spelt.to_owned())).collect::<Vec<_>>()
        };
        let (ours, theirs) = (words(self), words(other));
        ours.len() == theirs.len()
            && ours.iter().zip(&theirs).all(|((core, spelt), (other_core, other_spelt))| {
                core == other_core || spelt == other_spelt || core == other_spelt || spelt == other_core
            })
    }

    /// Converts to lower case and removes the accents of Latin letters; in other scripts, they distinguish
    /// letters. Returns the text without accents, and with umlauts spelt out.
    fn without_accents(&mut self, text: &str) -> (String, String) {
        if text.is_ascii() {
            let plain = text.to_ascii_lowercase();
            return (plain.clone(), plain);
        }
        let mut plain = String::with_capacity(text.len());
        let mut spelt = String::with_capacity(text.len());
        let mut is_latin = false;
        // Signs of trade marks would be decomposed to letters.
        let is_mark = |c: &char| matches!(c, '™' | '℠' | '®' | '©' | '℗');
        let is_invisible =
            |c: &char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}');
        self.signs.extend(text.chars().filter(is_mark));
        let kept = text.chars().filter(|c| !is_mark(c) && !is_invisible(c));
        for c in kept.nfkd().flat_map(char::to_lowercase) {
            if is_latin && ('\u{300}'..='\u{36f}').contains(&c) {
                self.accents += 1;
                match (c, spelt.chars().last()) {
                    ('\u{308}', Some('a' | 'o' | 'u')) => spelt.push('e'),
                    ('\u{30a}', Some('a')) => spelt.push('a'),
                    _ => {}
                }
                continue;
            }
            let (short, long) = match c {
                'ß' => ("ss", "ss"),
                'ø' => ("o", "oe"),
                'æ' => ("ae", "ae"),
                'œ' => ("oe", "oe"),
                'ł' => ("l", "l"),
                'đ' | 'ð' => ("d", "d"),
                'þ' => ("th", "th"),
                'ı' => ("i", "i"),
                _ => ("", ""),
            };
            is_latin = c.is_ascii_alphabetic();
            if short.is_empty() {
                plain.push(c);
                spelt.push(c);
            } else {
                self.accents += 1;
                plain.push_str(short);
                spelt.push_str(long);
            }
        }
        (plain.nfc().collect(), spelt.nfc().collect())
    }

    /// Splits a text into words without punctuation.
    fn words(&mut self, text: &str) -> Vec<String> {
        let mut words = Vec::new();
        for word in text.split_whitespace() {
            let mut word_so_far = String::new();
            let mut push = |word: &mut String| {
                words.extend(without_points(word));
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
}

/// The legal form of a name.
#[derive(Debug, Default)]
struct Taken {
    /// Its canonical form.
    form: Option<&'static str>,
    /// The form as written.
    written: String,
    /// The number of its words at the beginning.
    first: usize,
    /// Whether it was a part of a word.
    is_within: bool,
}

/// Removes the legal form from the end or the beginning.
fn take_form(words: &mut Vec<String>) -> Taken {
    let mut written: Vec<String> = Vec::new();
    let mut form = None;
    let begins = |words: &[String]| {
        let first = words.first().map_or("", String::as_str);
        beginning_with(first)
            .iter()
            .find(|(form, _)| words.starts_with(form) && is_enough(&words[form.len()..]))
    };
    let mut first = 0;
    if let Some((beginning, canonical)) = begins(words) {
        first = beginning.len();
        written.extend(words.drain(..beginning.len()));
        form = Some(canonical.as_str());
    }
    let state = STATES.iter().map(|state| state.split(' ').collect::<Vec<_>>()).find(|state| {
        let rest = words.len().checked_sub(state.len());
        rest.is_some_and(|rest| words[rest..].iter().eq(state.iter()) && ending(&words[..rest]).is_some())
    });
    let state = state.map_or(Vec::new(), |state| words.split_off(words.len() - state.len()));
    if let Some((rest, canonical)) = ending(words) {
        written.extend(words.split_off(rest));
        form = form.or(Some(canonical));
    }
    written.extend(state);
    if form.is_some() {
        return Taken { form, written: written.join(" "), first, is_within: false };
    }
    // Scripts without spaces.
    for (form, canonical) in WITHIN {
        for (at, is_end) in [(0, false), (words.len().saturating_sub(1), true)] {
            let Some(word) = words.get_mut(at) else { continue };
            let rest = if is_end { word.strip_suffix(form) } else { word.strip_prefix(form) };
            if let Some(rest) = rest.map(str::to_owned).filter(|rest| !rest.is_empty()) {
                *word = rest;
                let written = (*form).to_owned();
                return Taken { form: Some(canonical), written, first: 0, is_within: true };
            }
        }
    }
    Taken::default()
}

/// Returns where the legal form at the end begins, and its canonical form.
fn ending(words: &[String]) -> Option<(usize, &'static str)> {
    ending_in(words.last()?).iter().find_map(|(form, canonical)| {
        let rest = words.len().checked_sub(form.len())?;
        (words[rest..] == form[..] && is_enough(&words[..rest])).then_some((rest, canonical.as_str()))
    })
}

/// Removes an article from the beginning, or `the` from behind a comma at the end.
fn take_article(words: &mut Vec<String>, ends_in_article: bool) -> Option<String> {
    const ARTICLES: [&str; 13] =
        ["the", "der", "die", "das", "le", "la", "les", "el", "los", "las", "il", "lo", "het"];
    const LETTERS: usize = 3;
    let is_name = |rest: &[String]| {
        rest.iter().map(|word| word.chars().count()).sum::<usize>() >= LETTERS
            && !rest.iter().all(|word| is_form_word(word))
    };
    if ends_in_article && words.last().is_some_and(|word| word == "the") && is_name(&words[..words.len() - 1])
    {
        return words.pop();
    }
    let first = words.first()?;
    (ARTICLES.contains(&first.as_str()) && is_name(&words[1..])).then(|| words.remove(0))
}

/// Returns a form of a name that is the same whether umlauts are spelt out or not.
fn skeleton(spelt: &str) -> String {
    let mut skeleton = String::with_capacity(spelt.len());
    let mut last = ' ';
    for c in spelt.chars() {
        if !(matches!((last, c), ('a' | 'o' | 'u', 'e') | ('a', 'a'))) {
            skeleton.push(c);
        }
        last = c;
    }
    skeleton
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

/// Converts `s.a.s.` to `sas` and `co.kg` to `co kg`; a dot inside any other word is kept.
fn without_points(word: &str) -> Vec<String> {
    let word = word.trim_matches('.');
    if word.is_empty() {
        return Vec::new();
    }
    let parts: Vec<&str> = word.split('.').filter(|part| !part.is_empty()).collect();
    let joined = parts.concat();
    if parts.iter().all(|part| part.chars().count() == 1) || (parts.len() > 1 && is_form_word(&joined)) {
        return vec![joined];
    }
    if parts.len() > 1 && parts.iter().all(|part| is_form_word(part)) {
        return parts.into_iter().map(str::to_owned).collect();
    }
    vec![word.to_owned()]
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
        Some(Self { suffix: suffix.as_bytes().len(), host, is_address, is_everyone: false })
    }

    /// Returns whether anyone can get an address at the domain.
    fn is_free_mail(&self) -> bool {
        let registered = self.upwards().last().unwrap_or(&self.host);
        free_mail::is_free_mail(registered, self.suffix) || free_mail::is_free_mail(&self.host, self.suffix)
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
        if entry.is_everyone {
            return matches.then(|| vec![Step::Everyone(entry.host.clone())]);
        }
        let address = (self.is_address || entry.is_address).then_some(Step::Address);
        let below = is_below.then(|| Step::Subdomain(entry.host.clone()));
        matches.then(|| address.into_iter().chain(below).collect())
    }
}
