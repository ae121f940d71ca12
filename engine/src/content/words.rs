//! Splits texts into words, compared without case, accents and punctuation, and looks up phrases.

use std::collections::BTreeMap;

use unicode_normalization::char::{decompose_canonical, is_combining_mark};

/// A word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// The word in lower case and without accents.
    pub text: String,
    /// The first character in the text.
    pub start: usize,
    /// The character after the last.
    pub end: usize,
    /// The separation from the word before.
    pub before: WordBreak,
    /// Whether only punctuation separates it from the word before, as in `acme.com` or `don't`.
    pub joined: bool,
    /// Whether a line begins with the word.
    pub line: bool,
    /// The first sign after the word that ends a sentence or announces an answer: `.`, `?`, `:`, `=`, `-`.
    pub stop: Option<char>,
    /// Whether a box or a tick before the word is checked, as in `[x] Book a demo`.
    pub ticked: Option<bool>,
}

/// How strongly two words are separated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum WordBreak {
    /// The words can belong to one phrase.
    None,
    /// The words can belong to one phrase, but another clause begins.
    Comma,
    /// Another sentence or item begins.
    Stop,
}

/// Splits a text into words. A word is a run of letters and digits; in scripts without spaces between words,
/// each character is a word, so that phrases are found inside a sentence there too.
pub(super) fn words(chars: &[char]) -> Vec<Word> {
    let mut found: Vec<Word> = Vec::new();
    let mut pause = WordBreak::None;
    let mut line_ends = 0;
    let mut spaced = false;
    let mut open = false;
    let mut ticked = None;
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        // The `x` in `[x]` is no word.
        if let Some((is_checked, len)) = tick(&chars[at..]) {
            let same_line = line_ends == 0;
            match found.last_mut().filter(|word| same_line && word.stop.is_some()) {
                // For example `Book a demo: ✓`.
                Some(word) if !has_word(&chars[at + len..]) => word.ticked = word.ticked.or(Some(is_checked)),
                _ => ticked = Some(is_checked),
            }
            (open, spaced) = (false, true);
            at += len;
            continue;
        }
        if let Some(end) = word_end(chars, at, open) {
            if open
                && !alone(c)
                && let Some(word) = found.last_mut()
            {
                (at..end).for_each(|i| fold_into(chars[i], &mut word.text));
                word.end = end;
            } else {
                let joined = !spaced && !found.is_empty();
                let line = line_ends > 0;
                let (before, ticked) = (pause, ticked.take());
                let mut word =
                    Word { text: String::new(), start: at, end, before, joined, line, stop: None, ticked };
                (at..end).for_each(|i| fold_into(chars[i], &mut word.text));
                found.push(word);
            }
            open = !alone(c) && !is_sign(c);
            (pause, line_ends, spaced) = (WordBreak::None, 0, false);
            at = end;
            continue;
        }
        if is_combining_mark(c)
            && pause == WordBreak::None
            && !spaced
            && let Some(word) = found.last_mut().filter(|word| word.end == at)
        {
            fold_into(c, &mut word.text);
            word.end = at + 1;
            at += 1;
            continue;
        }
        open = false;
        spaced |= c.is_whitespace();
        line_ends += usize::from(c == '\n');
        let announces = match c {
            '.' | '!' | '…' => chars.get(at + 1).is_none_or(|next| next.is_whitespace()),
            '?' | '？' | ':' | '：' | '=' | ';' => true,
            '-' | '–' | '—' => spaced && chars.get(at + 1).is_some_and(|next| next.is_whitespace()),
            _ => false,
        };
        if announces && let Some(word) = found.last_mut() {
            word.stop = word.stop.or(Some(c));
        }
        pause = pause.max(break_at(chars, at, line_ends));
        at += 1;
    }
    // A word that folds to nothing would match everything.
    found.retain(|word| !word.text.is_empty());
    found
}

/// Returns whether a box or tick at the start of the characters is checked, and the number of characters.
fn tick(chars: &[char]) -> Option<(bool, usize)> {
    match *chars {
        ['☐' | '□' | '◻' | '⬜' | '❌' | '✗' | '✘' | '✖' | '🚫' | '👎', ..] => {
            Some((false, 1))
        }
        ['☑' | '✓' | '✔' | '✅' | '👍', ..] => Some((true, 1)),
        ['[', ' ', ']', ..] => Some((false, 3)),
        ['[', ']', ..] => Some((false, 2)),
        ['[', 'x' | 'X' | '✓' | '✔', ']', ..] => Some((true, 3)),
        _ => None,
    }
}

/// More characters than people write between a tick and its text.
const LINE_CHARS: usize = 80;

/// Returns whether another word follows on the same line.
fn has_word(chars: &[char]) -> bool {
    chars.iter().take(LINE_CHARS).take_while(|c| **c != '\n').any(|c| c.is_alphanumeric())
}

/// Splits a phrase written by a person into words.
pub(super) fn words_of(phrase: &str) -> Vec<Word> {
    words(&phrase.chars().collect::<Vec<_>>())
}

/// Appends a character in the form used for comparison: lower case, without accents, and with full-width forms
/// replaced by plain ones.
pub(super) fn fold_into(c: char, folded: &mut String) {
    let plain = match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        _ => c,
    };
    match plain {
        _ if plain.is_ascii() => folded.push(plain.to_ascii_lowercase()),
        'ß' | 'ẞ' => folded.push_str("ss"),
        'æ' | 'Æ' => folded.push_str("ae"),
        'œ' | 'Œ' => folded.push_str("oe"),
        'ø' | 'Ø' => folded.push('o'),
        'ł' | 'Ł' => folded.push('l'),
        'đ' | 'Đ' | 'ð' | 'Ð' => folded.push('d'),
        'ı' => folded.push('i'),
        'ς' => folded.push('σ'),
        _ => {
            for lower in plain.to_lowercase() {
                decompose_canonical(lower, |part| {
                    if !is_accent(part) {
                        folded.push(part);
                    }
                });
            }
        }
    }
}

/// Returns whether the character is a word by itself, in a script without spaces.
pub(super) fn alone(c: char) -> bool {
    matches!(c,
        '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}' | '\u{3040}'..='\u{30FF}'
        | '\u{31F0}'..='\u{31FF}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}'
        | '\u{FF66}'..='\u{FF9F}' | '\u{20000}'..='\u{323AF}')
}

fn is_accent(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036F}')
}

/// Returns the end of the piece of a word that begins at `at`, if any. `+` and `#` end a word (`c++`, `1000+`);
/// `<` and `>` before a number are words, so that `<10` and `>10` differ.
fn word_end(chars: &[char], at: usize, open: bool) -> Option<usize> {
    let c = *chars.get(at)?;
    if c.is_alphanumeric() && !is_combining_mark(c) {
        return Some(at + 1);
    }
    match c {
        '+' | '#' if open => {
            let end = at + chars[at..].iter().take_while(|c| matches!(c, '+' | '#')).count();
            (!chars.get(end).is_some_and(|c| c.is_alphanumeric())).then_some(end)
        }
        '≤' | '≥' => Some(at + 1),
        '<' | '>' => {
            let digit = chars[at + 1..].iter().find(|c| !matches!(c, '=' | ' '))?;
            digit.is_numeric().then_some(at + 1)
        }
        _ => None,
    }
}

fn is_sign(c: char) -> bool {
    matches!(c, '<' | '>' | '≤' | '≥' | '+' | '#')
}

fn break_at(chars: &[char], at: usize, line_ends: usize) -> WordBreak {
    let ends = chars.get(at + 1).is_none_or(|next| next.is_whitespace());
    match chars[at] {
        '.' | '!' | '?' | ';' | ':' | '…' if ends => WordBreak::Stop,
        '。' | '！' | '？' | '；' | '\u{2029}' => WordBreak::Stop,
        // A single line break can be due to wrapping.
        '\n' if line_ends > 1 => WordBreak::Stop,
        ',' | '，' | '、' | '،' | '(' | ')' => WordBreak::Comma,
        '-' | '–' | '—' if at > 0 && ends && chars[at - 1].is_whitespace() => WordBreak::Comma,
        _ => WordBreak::None,
    }
}

/// Phrases, each with its value.
#[derive(Clone, Debug)]
pub(super) struct Phrasebook<T> {
    nodes: Vec<Node<T>>,
}

#[derive(Clone, Debug)]
struct Node<T> {
    next: BTreeMap<String, usize>,
    value: Option<T>,
}

/// An occurrence of a phrase in a text.
#[derive(Debug)]
pub(super) struct PhraseMatch<'b, T> {
    /// The first word.
    pub first: usize,
    /// The word after the last.
    pub end: usize,
    pub value: &'b T,
}

impl<T> PhraseMatch<'_, T> {
    /// Returns the characters that the phrase spans.
    pub fn span(&self, words: &[Word]) -> [usize; 2] {
        [words[self.first].start, words[self.end - 1].end]
    }
}

impl<T> Default for Phrasebook<T> {
    fn default() -> Self {
        Self { nodes: vec![Node { next: BTreeMap::new(), value: None }] }
    }
}

impl<T> Phrasebook<T> {
    /// Creates a phrasebook from phrases separated by `|`.
    pub fn of(entries: impl IntoIterator<Item = (&'static str, T)>) -> Self
    where
        T: Clone,
    {
        let mut book = Self::default();
        for (phrases, value) in entries {
            for phrase in phrases.split('|') {
                book.insert(&words_of(phrase), value.clone());
            }
        }
        book
    }

    /// Inserts a phrase. If the same words are already present, keeps their value and returns it.
    pub fn insert(&mut self, phrase: &[Word], value: T) -> Option<&T> {
        let mut node = 0;
        for word in phrase {
            node = match self.nodes[node].next.get(&word.text) {
                Some(next) => *next,
                None => {
                    let next = self.nodes.len();
                    self.nodes.push(Node { next: BTreeMap::new(), value: None });
                    self.nodes[node].next.insert(word.text.clone(), next);
                    next
                }
            };
        }
        match &mut self.nodes[node].value {
            Some(earlier) => Some(earlier),
            free => {
                *free = Some(value);
                None
            }
        }
    }

    /// Returns the longest phrase that the words begin with, as its length and value.
    pub fn longest<'w>(&self, words: impl Iterator<Item = &'w str>) -> Option<(usize, &T)> {
        let mut node = 0;
        let mut longest = None;
        for (taken, word) in words.enumerate() {
            let Some(next) = self.nodes[node].next.get(word) else { break };
            node = *next;
            longest = self.nodes[node].value.as_ref().map(|value| (taken + 1, value)).or(longest);
        }
        longest
    }

    /// Returns the value of a phrase that consists of exactly these words.
    pub fn exactly(&self, words: &[Word]) -> Option<&T> {
        let all = |(taken, value)| (taken == words.len()).then_some(value);
        self.longest(words.iter().map(|word| word.text.as_str())).and_then(all)
    }

    /// Finds every phrase in the text. Phrases never span the end of a sentence. If two overlap, the earlier
    /// one counts; if two begin together, the longer one does.
    pub fn find(&self, words: &[Word]) -> Vec<PhraseMatch<'_, T>> {
        let mut hits = Vec::new();
        let mut first = 0;
        while first < words.len() {
            let rest = words[first..].iter().enumerate();
            let sentence = rest
                .take_while(|(i, word)| *i == 0 || word.before < WordBreak::Stop)
                .map(|(_, word)| word.text.as_str());
            first += match self.longest(sentence) {
                Some((taken, value)) => {
                    hits.push(PhraseMatch { first, end: first + taken, value });
                    taken
                }
                None => 1,
            };
        }
        hits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        words_of(text).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn words_are_compared_without_case_accents_and_punctuation() {
        for (text, expected) in [
            ("Book-a  DEMO!", "book a demo"),
            ("Größe  élégant Øre Łódź İzmir", "grosse elegant ore lodz izmir"),
            ("cafe\u{301} e\u{300}s", "cafe es"),
            ("web_form / e-mail", "web form e mail"),
            ("don't don’t", "don t don t"),
            ("ＡＢＣ１２", "abc12"),
            ("C++, C# und F#", "c++ c# und f#"),
            ("1000+ a+b +x", "1000+ a b x"),
            ("<10 > 10 <= 5 <b>x</b>", "< 10 > 10 < 5 b x b"),
            ("預約演示 ok", "預 約 演 示 ok"),
            ("が か\u{3099}", "か\u{3099} か\u{3099}"),
            ("हिन्दी", "हिन्दी"),
            ("ΟΔΟΣ οδος", "οδοσ οδοσ"),
            ("\u{301}\u{302} … — !!", ""),
        ] {
            assert_eq!(texts(text).join(" "), expected, "{text}");
        }
    }

    #[test]
    fn spans_are_of_the_original_text() {
        let chars: Vec<char> = "é  Cafe\u{301}, ẞß".chars().collect();
        let spans: Vec<_> = words(&chars).iter().map(|word| (word.start, word.end)).collect();
        assert_eq!(spans, [(0, 1), (3, 8), (10, 12)]);
    }

    #[test]
    fn breaks_distinguish_sentences_clauses_and_wrapped_lines() {
        let breaks: Vec<_> = words_of("a b, c. d\ne\n\nf node.js x").iter().map(|word| word.before).collect();
        use WordBreak::*;
        assert_eq!(breaks, [None, None, Comma, Stop, None, Stop, None, None, None]);
    }

    #[test]
    fn joined_words_have_no_space_before() {
        let joined: Vec<_> = words_of("acme.com don't ok").iter().map(|word| word.joined).collect();
        assert_eq!(joined, [false, true, false, true, false]);
    }

    #[test]
    fn the_longest_phrase_counts_and_none_runs_over_a_full_stop() {
        let book = Phrasebook::of([("demo", 1), ("book a demo|call me", 2)]);
        let find = |text: &str| -> Vec<(usize, usize, i32)> {
            book.find(&words_of(text)).iter().map(|hit| (hit.first, hit.end, *hit.value)).collect()
        };
        assert_eq!(find("Book a demo, a demo. Call  me"), [(0, 3, 2), (4, 5, 1), (5, 7, 2)]);
        assert_eq!(find("We want to book. A demo?"), [(5, 6, 1)]);
        assert_eq!(find("demonstration of democracy"), []);
        assert_eq!(book.exactly(&words_of("BOOK a demo.")), Some(&2));
        assert_eq!(book.exactly(&words_of("book a")), None);
        assert_eq!(book.exactly(&[]), None);
    }

    #[test]
    fn duplicate_words_are_reported() {
        let mut book = Phrasebook::default();
        assert_eq!(book.insert(&words_of("Sign-on"), 1), None);
        assert_eq!(book.insert(&words_of("sign on"), 2), Some(&1));
        assert_eq!(book.exactly(&words_of("sign on")), Some(&1));
    }
}
