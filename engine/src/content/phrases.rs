//! The `phrases` extractor, which measures how strongly a text expresses an intent.

use super::confidence;
use super::language::{LanguageMatch, Languages, SUPPORTED};
use super::map::{PhrasesSettings, pointer};
use super::negation::{Negation, Stance};
use super::source::SourceText;
use super::unread::UnreadReason;
use super::words::{Phrasebook, words_of};
use crate::limits;
use crate::problem::{Problem, nearest};

/// The phrases of one field.
#[derive(Clone, Debug)]
pub(super) struct PhraseReader {
    book: Phrasebook<usize>,
    /// Each phrase as written in the map, with its weight.
    phrases: Vec<(String, f64)>,
    negation: Negation,
    languages: Languages,
}

/// The intent found in texts.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Intent {
    /// The score with its confidence; `None` if no text could be read.
    pub score: Option<(f64, f64)>,
    /// The first place of each phrase: the index of the text, and the characters.
    pub found: Vec<(usize, [usize; 2])>,
    /// The phrases and texts that were not counted, with their place and the reason.
    pub not_counted: Vec<(usize, Option<[usize; 2]>, UnreadReason)>,
}

/// Whether a text contains a phrase that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Yes,
    No,
    /// It contains only phrases about which it says neither yes nor no.
    Unclear,
}

impl Found {
    fn of(found: bool) -> Self {
        if found { Self::Yes } else { Self::No }
    }
}

impl PhraseReader {
    /// Compiles the phrases of the field `name` and adds any problems to `problems`.
    pub fn compile(settings: &PhrasesSettings, name: &str, problems: &mut Vec<Problem>) -> Self {
        let mut book = Phrasebook::default();
        let mut phrases: Vec<(String, f64)> = Vec::new();
        if settings.phrases.is_empty() {
            problems.push(Problem::at(pointer(&["fields", name, "phrases"]), "Add at least one phrase."));
        }
        for (phrase, weight) in &settings.phrases {
            let words = words_of(phrase);
            let at = pointer(&["fields", name, "phrases", phrase]);
            if !(0.0..=1.0).contains(weight) {
                problems.push(Problem::at(&at, "The weight of a phrase must be between 0 and 1."));
            }
            if words.is_empty() || phrase.chars().count() > limits::NAME_CHARS {
                let message = format!(
                    "A phrase must contain letters or digits and have at most {} characters.",
                    limits::NAME_CHARS
                );
                problems.push(Problem::at(&at, message));
            } else if let Some(other) = book.insert(&words, phrases.len()) {
                let message = format!("`{phrase}` and `{}` consist of the same words.", phrases[*other].0);
                problems.push(Problem::at(&at, message));
            }
            phrases.push((phrase.clone(), *weight));
        }
        if settings.languages.is_empty() {
            problems.push(Problem::at(pointer(&["fields", name, "languages"]), "Add at least one language."));
        }
        for (i, code) in
            settings.languages.iter().enumerate().filter(|(_, code)| !SUPPORTED.contains(&code.as_str()))
        {
            let at = pointer(&["fields", name, "languages", &i.to_string()]);
            let message =
                format!("`{code}` is not a supported language; use one of {}.", SUPPORTED.join(", "));
            problems.push(Problem::at(at, message).suggest(nearest(code, SUPPORTED)));
        }
        let codes = || settings.languages.iter().map(String::as_str);
        Self { book, phrases, negation: Negation::of(codes()), languages: Languages::of(codes()) }
    }

    /// Returns whether the whole text is one of the phrases.
    pub fn recognises(&self, source: &SourceText) -> bool {
        self.book.exactly(&source.words).is_some()
    }

    /// Returns the intent of all texts together. A phrase counts once, however often it occurs; a phrase inside
    /// a longer phrase that was found does not count in addition.
    pub fn read(&self, texts: &[SourceText]) -> Intent {
        let mut intent = Intent::default();
        let mut counted = vec![false; self.phrases.len()];
        let mut sure = f64::INFINITY;
        let mut nothing = Vec::new();
        let mut unread = false;
        for (at, text) in texts.iter().enumerate() {
            match self.read_text(at, text, &mut counted, &mut intent) {
                Ok((Found::Yes, confidence)) => sure = sure.min(confidence),
                Ok((Found::No, confidence)) => nothing.push(confidence),
                Ok((Found::Unclear, _)) => unread = true,
                Err(why) => {
                    unread = true;
                    intent.not_counted.push((at, None, why));
                }
            }
        }
        let found = counted.contains(&true);
        if !found {
            // If no phrase was found, the most confident text determines the confidence. A text that was not
            // read could contain a phrase.
            sure = if unread {
                f64::NEG_INFINITY
            } else {
                nothing.into_iter().fold(f64::NEG_INFINITY, f64::max)
            };
        } else if unread {
            sure = sure.min(confidence::PARTLY_READ);
        }
        intent.score = (sure.is_finite()).then(|| (self.score(&counted), sure));
        intent
    }

    /// Reads one text. Returns whether a phrase was found that counts, and the confidence.
    fn read_text(
        &self,
        at: usize,
        text: &SourceText,
        counted: &mut [bool],
        intent: &mut Intent,
    ) -> Result<(Found, f64), UnreadReason> {
        text.check_shape()?;
        // The wish is often at the end.
        if text.cut {
            return Err(UnreadReason::Cut);
        }
        let words = &text.words;
        let verdict = self.languages.judge(&text.chars, words);
        if let LanguageMatch::Other(language) = verdict {
            return Err(UnreadReason::Language(language));
        }
        let hits = self.book.find(words);
        let stances = self.negation.stances(words, &hits);
        let unclear = stances.contains(&Stance::Unclear);
        let mut found = false;
        for (hit, stance) in hits.iter().zip(stances) {
            let span = hit.span(words);
            let phrase = || self.phrases[*hit.value].0.clone();
            let why = match stance {
                Stance::Affirmed => None,
                Stance::Denied => Some(UnreadReason::PhraseDenied(phrase())),
                Stance::Unclear => Some(UnreadReason::PhraseUnclear(phrase())),
            };
            if let Some(why) = why {
                intent.not_counted.push((at, Some(span), why));
                continue;
            }
            found = true;
            if !std::mem::replace(&mut counted[*hit.value], true) {
                intent.found.push((at, span));
            }
        }
        let alone = matches!(hits[..], [ref only] if only.end - only.first == words.len());
        let short = words.len() < confidence::SHORT_WORDS;
        let confidence = match (found, verdict) {
            (true, _) if alone => confidence::PHRASE_ALONE,
            (true, _) if short => confidence::PHRASE_SHORT,
            (true, LanguageMatch::Open) => confidence::PHRASE_LANGUAGE_OPEN,
            (true, _) => confidence::PHRASE,
            (false, _) if short => confidence::NOTHING_FOUND_SHORT,
            (false, LanguageMatch::Open) if words.len() >= confidence::LANGUAGE_WORDS => {
                return Err(UnreadReason::Language("unknown"));
            }
            (false, LanguageMatch::Open) => confidence::NOTHING_FOUND_LANGUAGE_OPEN,
            (false, _) => confidence::NOTHING_FOUND,
        };
        Ok(match (found, unclear) {
            (_, false) => (Found::of(found), confidence),
            (true, true) => (Found::Yes, confidence.min(confidence::PARTLY_CLEAR)),
            (false, true) => (Found::Unclear, confidence),
        })
    }

    /// Returns 1 − Π(1 − weight), rounded to six digits, so that 0.9 and 0.6 combine to exactly 0.96.
    fn score(&self, counted: &[bool]) -> f64 {
        let weights =
            self.phrases.iter().zip(counted).filter(|(_, counted)| **counted).map(|((_, weight), _)| *weight);
        let missed: f64 = weights.map(|weight| 1.0 - weight).product();
        ((1.0 - missed) * 1e6).round() / 1e6
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn phrases(settings: serde_json::Value) -> PhraseReader {
        let mut problems = Vec::new();
        let phrases =
            PhraseReader::compile(&serde_json::from_value(settings).unwrap(), "intent", &mut problems);
        assert_eq!(problems, []);
        phrases
    }

    fn read(texts: &[&str]) -> Intent {
        let phrases =
            phrases(json!({"phrases": {"book a demo": 0.9, "pricing": 0.6, "demo": 0.5, "call me": 1}}));
        let texts: Vec<_> = texts.iter().map(|text| json!(text)).collect();
        let sources: Vec<_> = texts.iter().map(|json| SourceText::message(json, "").unwrap()).collect();
        phrases.read(&sources)
    }

    #[test]
    fn scores() {
        for (text, score, confidence) in [
            ("Hi, we would like to book a demo next week", 0.9, 0.9),
            ("Hi, we would like to BOOK-A-DEMO, and what is your pricing?", 0.96, 0.9),
            ("pricing, pricing and pricing, what is your pricing?", 0.6, 0.9),
            ("Can we see a demo, or book a demo, or what?", 0.95, 0.9),
            ("Call me, I want to book a demo", 1.0, 0.9),
            ("Book a demo", 0.9, 0.95),
            ("Demo please", 0.5, 0.8),
            ("I have a question about my invoice", 0.0, 0.8),
            ("Question", 0.0, 0.6),
            ("Enterprise pricing SSO SAML SCIM", 0.6, 0.6),
            ("Enterprise SSO SAML SCIM audit", 0.0, 0.5),
        ] {
            assert_eq!(read(&[text]).score, Some((score, confidence)), "{text}");
        }
    }

    #[test]
    fn each_phrase_has_its_first_place() {
        let intent = read(&["é What is your pricing? Pricing!", "book\n a demo pricing"]);
        assert_eq!(intent.found, [(0, [15, 22]), (1, [0, 12])]);
    }

    #[test]
    fn denied_phrases_are_listed_and_do_not_count() {
        let intent = read(&["We are not interested in a demo, but what is your pricing?"]);
        assert_eq!(intent.score, Some((0.6, 0.9)));
        assert_eq!(intent.not_counted, [(0, Some([27, 31]), UnreadReason::PhraseDenied("demo".into()))]);
        let intent = read(&["We have no need for a demo at the moment"]);
        assert_eq!(intent.score, Some((0.0, 0.8)));
        assert_eq!(intent.found, []);
    }

    #[test]
    fn other_languages_are_not_read() {
        let intent = read(&["Wir möchten gerne eine Demo buchen und die Preise wissen"]);
        assert_eq!(intent.score, None);
        assert_eq!(intent.not_counted, [(0, None, UnreadReason::Language("German"))]);
        assert_eq!(read(&["デモを予約したいです"]).score, None);
        assert_eq!(
            read(&["alpha beta gamma delta epsilon zeta eta theta"]).not_counted,
            [(0, None, UnreadReason::Language("unknown"))]
        );
        let german = phrases(json!({"phrases": {"Demo buchen": 0.9}, "languages": ["en", "de"]}));
        let text = json!("Wir möchten gerne eine Demo buchen und die Preise wissen");
        assert_eq!(german.read(&[SourceText::at(&text, "").unwrap()]).score, Some((0.9, 0.9)));
    }

    #[test]
    fn an_unread_text_leaves_the_score_open() {
        let german = "Wir möchten gerne mehr über die Preise wissen";
        assert_eq!(read(&["Sales question", german]).score, None);
        assert_eq!(read(&["Pricing", german]).score, Some((0.6, confidence::PARTLY_READ)));
    }

    #[test]
    fn a_long_message_is_read_whole_or_not_at_all() {
        let long =
            format!("Please send us the pricing. {} I would like to book a demo", "blah ".repeat(10_000));
        assert_eq!(read(&[&long]).score, Some((0.96, 0.9)));
        let longer = format!("Please send us the pricing. {} book a demo", "blah ".repeat(60_000));
        let intent = read(&[&longer]);
        assert_eq!(intent.score, None);
        assert_eq!(intent.not_counted, [(0, None, UnreadReason::Cut)]);
        assert_eq!(read(&["Can we book a demo?", &longer]).score, Some((0.9, confidence::PARTLY_READ)));
    }

    #[test]
    fn what_is_unclear_leaves_the_score_open() {
        let intent = read(&["I could not book a demo, your link is broken"]);
        assert_eq!(intent.score, None);
        assert_eq!(
            intent.not_counted,
            [(0, Some([12, 23]), UnreadReason::PhraseUnclear("book a demo".into()))]
        );
        let intent = read(&["I could not book a demo, please send me your pricing"]);
        assert_eq!(intent.score, Some((0.6, confidence::PARTLY_CLEAR)));
        for text in ["We decline to book a demo", "Book a demo: no", "It is not necessary to book a demo"] {
            assert_eq!(read(&[text]).score.map(|(score, _)| score), Some(0.0), "{text}");
        }
    }

    #[test]
    fn problems_of_a_map_are_reported() {
        let mut problems = Vec::new();
        let settings = json!({"phrases": {"a/b": 1.5, "A-B": 0.5, "!": 0.1, "c": -0.1}, "languages": ["en", "ed", "fi"]});
        PhraseReader::compile(&serde_json::from_value(settings).unwrap(), "intent", &mut problems);
        let mut pointers: Vec<_> = problems.iter().map(|problem| problem.pointer.as_str()).collect();
        pointers.sort_unstable();
        assert_eq!(
            pointers,
            [
                "/fields/intent/languages/1",
                "/fields/intent/languages/2",
                "/fields/intent/phrases/!",
                "/fields/intent/phrases/a~1b",
                "/fields/intent/phrases/a~1b",
                "/fields/intent/phrases/c",
            ]
        );
        let mut problems = Vec::new();
        PhraseReader::compile(
            &serde_json::from_value(json!({"phrases": {}, "languages": []})).unwrap(),
            "i",
            &mut problems,
        );
        assert_eq!(problems.len(), 2);
    }
}
