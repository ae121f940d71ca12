//! Determines whether a text asks for something or declines it: "not interested in a demo", "no demo", "pricing
//! is not needed", "Book a demo: no".
//!
//! A negation reaches forward or back within its clause. A text that says neither yes nor no is unclear rather
//! than a refusal: a lead who *could not* book a demo, has *not yet* seen one or asks whether there is *no* demo
//! may well want one. Idioms that only look like a negation ("why not", "don't hesitate") are recognised.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::language::SUPPORTED;
use super::negation_cues::LANGUAGES;
use super::words::{PhraseMatch, Phrasebook, Word, WordBreak, words_of};

/// What a text says about a phrase in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stance {
    /// Nothing speaks against it.
    Affirmed,
    /// The text declines it.
    Denied,
    /// The text neither asks for it nor declines it.
    Unclear,
}

/// The maximum number of words between two items of a negated list.
const LIST_WORDS: usize = 2;
/// The maximum number of words between a phrase and the colon before its answer.
const ANSWER_WORDS: usize = 4;

/// The maximum number of words between any cue and its phrase.
const MOST_REACH: usize = 12;
/// The number of words after a phrase in which its clause is expected to end.
const CLAUSE_WORDS: usize = 40;

/// How strongly, and how far, a cue acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Force {
    /// Negates a whole clause: `not`.
    Clause,
    /// Negates a noun: `no`.
    Noun,
    /// Declines by its meaning: `cancel`. Negated itself, it is unclear.
    Refusal,
    /// Declines, also where a comma follows: `no interest`.
    Strong,
    /// Says neither yes nor no.
    Unclear,
}

impl Force {
    /// Returns the maximum number of words between the cue and a phrase after it.
    fn reach(self) -> usize {
        match self {
            Self::Clause | Self::Strong | Self::Unclear => MOST_REACH,
            Self::Refusal => 6,
            Self::Noun => 4,
        }
    }
}

/// How a cue affects the phrases around it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Cue {
    /// Its force on phrases after it.
    forward: Option<Force>,
    /// Its force on phrases before it.
    back: Option<Force>,
    /// The maximum number of words between a phrase and this cue after it.
    reach_back: usize,
    /// Whether it negates only together with `ne`.
    needs_ne: bool,
    /// Ends the reach of a negation before it.
    contrast: bool,
    /// Joins two items of a list.
    list: bool,
}

impl Cue {
    fn and(self, other: Self) -> Self {
        Self {
            forward: self.forward.or(other.forward),
            back: self.back.or(other.back),
            reach_back: self.reach_back.max(other.reach_back),
            needs_ne: self.needs_ne || other.needs_ne,
            contrast: self.contrast || other.contrast,
            list: self.list || other.list,
        }
    }
}

/// The negations of some languages.
#[derive(Clone, Debug)]
pub(super) struct Negation {
    cues: Phrasebook<Cue>,
    /// Words for what someone can or cannot do, anywhere in a clause.
    able: BTreeSet<&'static str>,
    /// Such words that count only directly after a negation.
    able_after: BTreeSet<&'static str>,
    /// `yet` and `if`.
    open: BTreeSet<&'static str>,
}

impl Negation {
    /// Returns the negations of the languages with these codes.
    pub fn of<'c>(codes: impl IntoIterator<Item = &'c str>) -> Self {
        let mut all: BTreeMap<Vec<String>, Cue> = BTreeMap::new();
        let mut idioms: BTreeMap<Vec<String>, Cue> = BTreeMap::new();
        let mut negation = Self {
            cues: Phrasebook::default(),
            able: BTreeSet::new(),
            able_after: BTreeSet::new(),
            open: BTreeSet::new(),
        };
        for code in codes {
            let Some(cues) = LANGUAGES.iter().find(|cues| cues.code == code) else { continue };
            let forward = |force| Cue { forward: Some(force), ..Cue::default() };
            let back = |force, reach_back| Cue { back: Some(force), reach_back, ..Cue::default() };
            let strong = forward(Force::Strong).and(back(Force::Strong, 5));
            let with_ne = |cue| Cue { needs_ne: true, ..cue };
            for (phrases, cue) in [
                (cues.strong, strong),
                (cues.clause, forward(Force::Clause)),
                (cues.noun, forward(Force::Noun)),
                (cues.refusal, forward(Force::Refusal)),
                (cues.unclear, forward(Force::Unclear)),
                (cues.back, back(Force::Clause, 5)),
                (cues.back_near, back(Force::Clause, 0)),
                (cues.back_unclear, back(Force::Unclear, 3)),
                (cues.with_ne, with_ne(forward(Force::Clause).and(back(Force::Clause, 5)))),
                (cues.contrast, Cue { contrast: true, ..Cue::default() }),
                (cues.list, Cue { list: true, ..Cue::default() }),
            ] {
                for phrase in phrases.split('|').filter(|phrase| !phrase.is_empty()) {
                    let key = words_of(phrase).into_iter().map(|word| word.text).collect();
                    all.entry(key).and_modify(|known| *known = known.and(cue)).or_insert(cue);
                }
            }
            for phrase in cues.idioms.split('|') {
                idioms.insert(words_of(phrase).into_iter().map(|word| word.text).collect(), Cue::default());
            }
            negation.able.extend(cues.able.split_whitespace());
            negation.able_after.extend(cues.able_after.split_whitespace());
            negation.open.extend(cues.open.split_whitespace());
        }
        // An idiom is never a negation.
        all.extend(idioms);
        for (phrase, cue) in all {
            negation.cues.insert(&words_of(&phrase.join(" ")), cue);
        }
        negation
    }

    /// Returns the negations of all languages, for texts of unspecified language.
    pub fn of_all() -> &'static Self {
        static ALL: LazyLock<Negation> = LazyLock::new(|| Negation::of(SUPPORTED));
        &ALL
    }

    /// Returns what the text says about each phrase, in the order of the text.
    pub fn stances<T>(&self, words: &[Word], phrases: &[PhraseMatch<'_, T>]) -> Vec<Stance> {
        let cues = self.cues.find(words);
        let cues: Vec<&PhraseMatch<'_, Cue>> =
            cues.iter().filter(|cue| !cue.value.needs_ne || has_ne(words, cue.first)).collect();
        let mut stances: Vec<Stance> = Vec::with_capacity(phrases.len());
        let mut before = Stance::Affirmed;
        for (at, phrase) in phrases.iter().enumerate() {
            let listed = before == Stance::Denied
                && at > 0
                && is_list(&cues, words, phrases[at - 1].end, phrase.first);
            before = if listed { Stance::Denied } else { self.denied_before(&cues, words, phrases, phrase) };
            let stance =
                match (answered(words, phrase), before, self.denied_after(&cues, words, phrase)) {
                    (Some(answer), ..) => answer,
                    (None, Stance::Unclear, _) | (None, _, Stance::Unclear) => Stance::Unclear,
                    // Who asks whether there is no demo may want one.
                    (None, Stance::Denied, _) | (None, _, Stance::Denied) => {
                        if is_question(words, phrase.first) { Stance::Unclear } else { Stance::Denied }
                    }
                    _ => Stance::Affirmed,
                };
            stances.push(stance);
        }
        stances
    }

    /// Returns, for each phrase in the order of the text, whether it does not count: it is denied or unclear.
    pub fn denied<T>(&self, words: &[Word], phrases: &[PhraseMatch<'_, T>]) -> Vec<bool> {
        self.stances(words, phrases).into_iter().map(|stance| stance != Stance::Affirmed).collect()
    }

    fn denied_before<T>(
        &self,
        cues: &[&PhraseMatch<'_, Cue>],
        words: &[Word],
        phrases: &[PhraseMatch<'_, T>],
        phrase: &PhraseMatch<'_, T>,
    ) -> Stance {
        let before = cues.partition_point(|cue| cue.end <= phrase.first);
        let near = cues[..before]
            .iter()
            .rev()
            .take_while(|cue| !cue.value.contrast && phrase.first - cue.end <= MOST_REACH);
        let acting: Vec<(&PhraseMatch<'_, Cue>, Force)> = near
            .filter_map(|cue| Some((*cue, cue.value.forward?)))
            .filter(|(cue, force)| reaches(words, cue.end, phrase.first, *force))
            // `Demo not needed, pricing please` says nothing about pricing.
            .filter(|(cue, _)| {
                one_clause(words, cue.end, phrase.first, WordBreak::None) || !follows(words, phrases, cue)
            })
            .collect();
        let Some((nearest, force)) = acting.first() else { return Stance::Affirmed };
        if acting.iter().any(|(_, force)| *force == Force::Unclear) {
            return Stance::Unclear;
        }
        let is_refusal = |force: &Force| *force == Force::Refusal;
        // For example `not without a demo` or `do not cancel the demo`.
        if acting.iter().any(|(_, force)| is_refusal(force))
            && acting.iter().any(|(_, force)| !is_refusal(force))
        {
            return Stance::Unclear;
        }
        if is_refusal(force) { Stance::Denied } else { self.of_cue(words, nearest, phrase.first, *force) }
    }

    fn denied_after<T>(
        &self,
        cues: &[&PhraseMatch<'_, Cue>],
        words: &[Word],
        phrase: &PhraseMatch<'_, T>,
    ) -> Stance {
        let after = cues.partition_point(|cue| cue.first < phrase.end);
        let mut near = cues[after..]
            .iter()
            .take_while(|cue| !cue.value.contrast && cue.first - phrase.end <= MOST_REACH);
        let Some((cue, force)) = near.find_map(|cue| Some((*cue, cue.value.back?))) else {
            return Stance::Affirmed;
        };
        let distance = cue.first - phrase.end;
        if distance > cue.value.reach_back || !one_clause(words, phrase.end, cue.first, WordBreak::None) {
            return Stance::Affirmed;
        }
        match force {
            Force::Unclear => Stance::Unclear,
            _ => self.of_cue(words, cue, cue.first, force),
        }
    }

    /// Returns what a negation says: about what could not be done, or not yet, it is unclear.
    fn of_cue(&self, words: &[Word], cue: &PhraseMatch<'_, Cue>, until: usize, force: Force) -> Stance {
        if force == Force::Strong {
            return Stance::Denied;
        }
        let (start, end) = clause(words, cue.first);
        let text = |at: usize| words[at].text.as_str();
        let neither = (start..end).any(|at| text(at) == "weder");
        let able = (start..end).any(|at| self.able.contains(text(at)));
        let able_after = cue.end < until.max(cue.end) && self.able_after.contains(text(cue.end));
        let open = (start..end).any(|at| self.open.contains(text(at)));
        if able || able_after || open && !neither { Stance::Unclear } else { Stance::Denied }
    }
}

/// Returns whether a cue denies a phrase before it.
fn follows<T>(words: &[Word], phrases: &[PhraseMatch<'_, T>], cue: &PhraseMatch<'_, Cue>) -> bool {
    let before = phrases.partition_point(|phrase| phrase.end <= cue.first);
    phrases[..before].last().is_some_and(|phrase| {
        cue.first - phrase.end <= cue.value.reach_back
            && one_clause(words, phrase.end, cue.first, WordBreak::None)
    })
}

/// Returns whether a cue of this force that ends at `from` reaches the word at `to`.
fn reaches(words: &[Word], from: usize, to: usize, force: Force) -> bool {
    let pause = if force == Force::Strong { WordBreak::Comma } else { WordBreak::None };
    // `No sales team and pricing` negates one of the two.
    let is_joined = |word: &Word| matches!(word.text.as_str(), "and" | "und" | "et" | "y" | "e" | "en");
    to - from <= force.reach()
        && one_clause(words, from, to, pause)
        && !(force == Force::Noun && words[from..to].iter().any(is_joined))
}

/// Returns whether `ne` precedes a word in its clause.
fn has_ne(words: &[Word], at: usize) -> bool {
    let (start, _) = clause(words, at);
    words[start.max(at.saturating_sub(ANSWER_WORDS))..at]
        .iter()
        .any(|word| matches!(word.text.as_str(), "ne" | "n"))
}

/// Returns the first word of the clause around a word, and the one after the last.
fn clause(words: &[Word], at: usize) -> (usize, usize) {
    let (first, last) = (at.saturating_sub(MOST_REACH), (at + MOST_REACH).min(words.len()));
    let start = (first.max(1)..=at).rev().find(|at| words[*at].before != WordBreak::None).unwrap_or(first);
    let end = (at + 1..last).find(|at| words[*at].before != WordBreak::None).unwrap_or(last);
    (start, end)
}

/// Returns whether a clause ends in a question mark.
fn is_question(words: &[Word], at: usize) -> bool {
    let last = (at + CLAUSE_WORDS).min(words.len());
    let end = (at + 1..last).find(|at| words[*at].before != WordBreak::None).unwrap_or(last);
    words[end - 1].stop.is_some_and(|stop| matches!(stop, '?' | '？'))
}

/// Returns whether no clause ends before any of the words `from` to `to`, inclusive.
fn one_clause(words: &[Word], from: usize, to: usize, pause: WordBreak) -> bool {
    words[from..=to].iter().all(|word| word.before <= pause)
}

/// Returns whether only words that join a list are between two phrases.
fn is_list(cues: &[&PhraseMatch<'_, Cue>], words: &[Word], from: usize, to: usize) -> bool {
    to.saturating_sub(from) <= LIST_WORDS
        && words[from..=to].iter().all(|word| word.before < WordBreak::Stop)
        && (from..to).all(|at| {
            let cue = cues.get(cues.partition_point(|cue| cue.end <= at));
            cue.is_some_and(|cue| cue.value.list && cue.first <= at)
        })
}

/// Returns the answer that a form gives to a phrase: `Book a demo: no`, `[ ] Book a demo`.
fn answered<T>(words: &[Word], phrase: &PhraseMatch<'_, T>) -> Option<Stance> {
    let of = |is_checked| if is_checked { Stance::Affirmed } else { Stance::Denied };
    if let Some(is_checked) = words[phrase.first].ticked.filter(|_| words[phrase.first].stop.is_none()) {
        return Some(of(is_checked));
    }
    let last = phrase.end - 1;
    let most = (last + ANSWER_WORDS).min(words.len() - 1);
    let mut line = (last..=most).take_while(|at| *at == last || !words[*at].line);
    let announced = line.find(|at| words[*at].stop.is_some())?;
    if !one_clause(words, last, announced, WordBreak::Comma) && announced > last {
        return None;
    }
    if let Some(is_checked) = words[announced].ticked {
        return Some(of(is_checked));
    }
    if !matches!(words[announced].stop, Some(':' | '：' | '?' | '？' | '=' | '-' | '–' | '—')) {
        return None;
    }
    let rest = &words[announced + 1..];
    let (taken, answer) = ANSWERS.longest(rest.iter().map(|word| word.text.as_str()))?;
    let ends = rest.get(taken).is_none_or(|next| next.before > WordBreak::None || next.line);
    ends.then_some(*answer)
}

/// The answers that a form or a person gives.
static ANSWERS: LazyLock<Phrasebook<Stance>> = LazyLock::new(|| {
    Phrasebook::of([
        ("no|nope|false|0|n|off|none|never|no thanks|no thank you|not interested|not needed", Stance::Denied),
        (
            "not required|not wanted|declined|denied|unchecked|not now|not today|not applicable|n/a",
            Stance::Denied,
        ),
        ("nein|nee|nicht nötig|nein danke|kein interesse|nicht interessiert|nicht gewünscht", Stance::Denied),
        ("non|non merci|pas intéressé|pas nécessaire|no gracias|no grazie|não|não obrigado", Stance::Denied),
        ("nee bedankt|niet nodig|geen|keine|aucun|aucune|ninguno|nessuno|nenhum", Stance::Denied),
        ("not yet|maybe|maybe later|later|perhaps|vielleicht|später|peut-être|plus tard", Stance::Unclear),
        (
            "quizás|más tarde|forse|più tardi|talvez|mais tarde|misschien|later misschien|noch nicht",
            Stance::Unclear,
        ),
        ("pas encore|todavía no|non ancora|ainda não|nog niet", Stance::Unclear),
        ("yes|y|true|1|on|yes please|sure|ok|checked|ja|ja bitte|ja gerne|oui|oui merci", Stance::Affirmed),
        ("sí|si|sì|sim|ja graag|yep|of course|definitely", Stance::Affirmed),
    ])
});

#[cfg(test)]
#[path = "negation_tests.rs"]
mod tests;
