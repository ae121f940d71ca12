//! Detects phrases that a text negates: "not interested in a demo", "no demo", "pricing is not needed".
//!
//! A negation reaches a few words forward, or one or two words back, and never past the end of a clause. Idioms
//! that only look like one ("why not", "don't hesitate") are recognised. Anything else is out of scope.

use std::sync::LazyLock;

use super::language::SUPPORTED;
use super::words::{PhraseMatch, Phrasebook, Word, WordBreak};

/// The maximum number of words between a negation and a phrase after it.
const REACH_FORWARD: usize = 5;
/// The maximum number of words between a phrase and a negation after it.
const REACH_BACK: usize = 2;
/// The maximum number of words between two items of a negated list.
const LIST_WORDS: usize = 2;

/// How a cue affects the phrases around it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Cue {
    /// Negates phrases after it.
    forward: bool,
    /// Negates phrases before it.
    back: bool,
    /// Ends the reach of a negation before it.
    contrast: bool,
    /// Joins two items of a list.
    list: bool,
}

/// The negations of some languages.
#[derive(Clone, Debug)]
pub(super) struct Negation {
    cues: Phrasebook<Cue>,
}

impl Negation {
    /// Returns the negations of the languages with these codes.
    pub fn of<'c>(codes: impl IntoIterator<Item = &'c str>) -> Self {
        let mut cues = Phrasebook::default();
        for code in codes {
            let Some((_, kinds)) = WORDS.iter().find(|(known, _)| *known == code) else { continue };
            // The first entry wins, so an idiom is never a negation.
            let [idioms, back, forward, contrast, list] = *kinds;
            let both = back
                .split('|')
                .filter(|phrase| forward.split('|').any(|other| other == *phrase))
                .collect::<Vec<_>>();
            put(&mut cues, both, Cue { forward: true, back: true, ..Cue::default() });
            put(&mut cues, idioms.split('|'), Cue::default());
            put(&mut cues, back.split('|'), Cue { back: true, ..Cue::default() });
            put(&mut cues, forward.split('|'), Cue { forward: true, ..Cue::default() });
            put(&mut cues, contrast.split('|'), Cue { contrast: true, ..Cue::default() });
            put(&mut cues, list.split('|'), Cue { list: true, ..Cue::default() });
        }
        Self { cues }
    }

    /// Returns the negations of all languages, for texts of unspecified language.
    pub fn of_all() -> &'static Self {
        static ALL: LazyLock<Negation> = LazyLock::new(|| Negation::of(SUPPORTED));
        &ALL
    }

    /// Returns, for each phrase in the order of the text, whether the text negates it.
    pub fn denied<T>(&self, words: &[Word], phrases: &[PhraseMatch<'_, T>]) -> Vec<bool> {
        let cues = self.cues.find(words);
        let mut denied: Vec<bool> = Vec::with_capacity(phrases.len());
        let mut forward = false;
        for (at, phrase) in phrases.iter().enumerate() {
            let listed = forward && at > 0 && is_list(&cues, words, phrases[at - 1].end, phrase.first);
            forward = listed || denied_from_before(&cues, words, phrase);
            denied.push(forward || denied_from_after(&cues, words, phrase));
        }
        denied
    }
}

fn put<'p>(cues: &mut Phrasebook<Cue>, phrases: impl IntoIterator<Item = &'p str>, cue: Cue) {
    for phrase in phrases.into_iter().filter(|phrase| !phrase.is_empty()) {
        cues.insert(&super::words::words_of(phrase), cue);
    }
}

fn denied_from_before<T>(cues: &[PhraseMatch<'_, Cue>], words: &[Word], phrase: &PhraseMatch<'_, T>) -> bool {
    let near = cues.iter().rev().filter(|cue| cue.end <= phrase.first);
    let near = near.take_while(|cue| !cue.value.contrast).find(|cue| cue.value.forward);
    near.is_some_and(|cue| {
        phrase.first - cue.end <= REACH_FORWARD && one_clause(words, cue.end, phrase.first)
    })
}

fn denied_from_after<T>(cues: &[PhraseMatch<'_, Cue>], words: &[Word], phrase: &PhraseMatch<'_, T>) -> bool {
    let near = cues.iter().filter(|cue| cue.first >= phrase.end);
    let near = near.take_while(|cue| !cue.value.contrast).find(|cue| cue.value.back);
    near.is_some_and(|cue| cue.first - phrase.end <= REACH_BACK && one_clause(words, phrase.end, cue.first))
}

/// Returns whether no clause ends before any of the words `from` to `to`, inclusive.
fn one_clause(words: &[Word], from: usize, to: usize) -> bool {
    words[from..=to].iter().all(|word| word.before == WordBreak::None)
}

/// Returns whether only words that join a list are between two phrases.
fn is_list(cues: &[PhraseMatch<'_, Cue>], words: &[Word], from: usize, to: usize) -> bool {
    to.saturating_sub(from) <= LIST_WORDS
        && words[from..=to].iter().all(|word| word.before < WordBreak::Stop)
        && (from..to).all(|at| cues.iter().any(|cue| cue.value.list && (cue.first..cue.end).contains(&at)))
}

/// For each language: idioms that negate nothing, negations of preceding phrases, negations of following
/// phrases, words of contrast, and list words.
const WORDS: [(&str, [&str; 5]); 7] = [
    (
        "en",
        [
            "why not|not only|not just|not sure|can't wait|cannot wait|couldn't wait|don't hesitate|\
             do not hesitate|no problem|no problems|no doubt|don't forget|do not forget|not to mention|\
             don't mind|wouldn't mind|would not mind|whether or not|if not|no later than|no rush|\
             no matter|no worries|not less than|no less than|not more than|no more than|not over|\
             no fewer than|not fewer than|not exceed|not exceeding",
            "not needed|not required|not necessary|not wanted|not relevant|not interesting|\
             not of interest|is not needed|is not required|is not necessary|is not wanted|isn't needed|\
             isn't required|isn't necessary|isn't wanted|unnecessary|no thanks|no thank you|\
             aren't needed|are not needed|is out of the question|is of no interest",
            "no|not|never|without|neither|nor|none of|don't|doesn't|didn't|isn't|aren't|wasn't|won't|\
             wouldn't|can't|couldn't|cannot|shouldn't|haven't|hasn't|hadn't|dont|doesnt|didnt|isnt|arent|\
             wont|wouldnt|cant|couldnt|havent|hasnt|uninterested in|instead of|rather than|no longer",
            "but|however|though|just|only|instead|rather|yet",
            "and|or|nor|a|an|the|any|your|to",
        ],
    ),
    (
        "de",
        [
            "warum nicht|nicht nur|ohne zweifel|kein problem|nicht zögern|zögern sie nicht|\
             nicht vergessen|nicht sicher|nicht zuletzt|nicht mehr als|nicht weniger als|nicht über",
            "nicht|brauchen wir nicht|brauche ich nicht|nicht nötig|nicht erforderlich|unnötig|\
             kein bedarf|kein interesse|nein danke",
            "kein|keine|keinen|keinem|keiner|keines|nicht|nie|niemals|ohne|weder|nein|statt|anstatt",
            "aber|sondern|jedoch|nur|stattdessen",
            "und|oder|noch|ein|eine|einen|einer|die|der|das|den",
        ],
    ),
    (
        "fr",
        [
            "pourquoi pas|pas seulement|sans doute|sans problème|pas de problème|n'hésitez pas|\
             pas plus de|pas moins de|pas sûr",
            "pas nécessaire|inutile|pas intéressé|pas besoin|n'est pas nécessaire|non merci",
            "pas|pas de|aucun|aucune|sans|jamais|ni|non|plutôt que|au lieu de",
            "mais|cependant|seulement|juste|plutôt",
            "et|ou|ni|un|une|de|des|la|le|les|d",
        ],
    ),
    (
        "es",
        [
            "por qué no|no solo|no sólo|sin duda|no dude|no duden|sin problema|no más de|no menos de|\
             no estoy seguro|no olvide",
            "no es necesario|no es necesaria|no hace falta|innecesario|no gracias",
            "no|sin|nunca|jamás|ningún|ninguna|ni|tampoco|en vez de|en lugar de",
            "pero|sino|solo|solamente|aunque",
            "y|o|e|ni|un|una|el|la|los|las|de",
        ],
    ),
    (
        "it",
        [
            "perché no|non solo|senza dubbio|non esitate|non esiti|nessun problema|senza problemi|\
             non più di|non meno di",
            "non è necessario|non è necessaria|non serve|inutile|no grazie",
            "non|no|senza|nessun|nessuna|nessuno|mai|né|invece di|anziché",
            "ma|però|solo|soltanto|bensì",
            "e|o|né|un|una|il|la|lo|di|del|della",
        ],
    ),
    (
        "pt",
        [
            "por que não|não só|não apenas|sem dúvida|não hesite|não hesitem|sem problema|não mais de|\
             não menos de",
            "não é necessário|não é necessária|não precisa|desnecessário|não obrigado",
            "não|sem|nunca|jamais|nenhum|nenhuma|nem|em vez de",
            "mas|porém|só|somente|apenas",
            "e|ou|nem|um|uma|o|a|os|as|de|do|da",
        ],
    ),
    (
        "nl",
        [
            "waarom niet|niet alleen|geen probleem|zonder twijfel|aarzel niet|niet meer dan|\
             niet minder dan|niet zeker",
            "niet|niet nodig|onnodig|niet gewenst|nee bedankt",
            "geen|niet|nooit|zonder|noch|nee|in plaats van",
            "maar|echter|alleen|slechts|wel",
            "en|of|noch|een|de|het",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::super::words::words_of;
    use super::*;

    /// Returns the phrases among `demo` and `pricing`, with `-` before those that are negated.
    fn read(code: &str, text: &str) -> String {
        let book = Phrasebook::of([("demo", "demo"), ("pricing", "pricing"), ("book a demo", "book")]);
        let words = words_of(text);
        let hits = book.find(&words);
        let denied = Negation::of([code]).denied(&words, &hits);
        let shown = hits
            .iter()
            .zip(denied)
            .map(|(hit, denied)| format!("{}{}", if denied { "-" } else { "" }, hit.value));
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn denials() {
        for (code, text, expected) in [
            ("en", "We are not interested in a demo", "-demo"),
            ("en", "No demo please", "-demo"),
            ("en", "no demo, pricing or anything", "-demo -pricing"),
            ("en", "no demo but pricing", "-demo pricing"),
            ("en", "We don’t need a demo, just pricing", "-demo pricing"),
            ("en", "I do not want to book a demo", "-book"),
            ("en", "I don't think we need a demo", "-demo"),
            ("en", "A demo is not needed. Pricing is.", "-demo pricing"),
            ("en", "demo not needed, pricing please", "-demo pricing"),
            ("en", "We have no budget. Can we see a demo?", "demo"),
            ("en", "No, I would like a demo", "demo"),
            ("en", "Why not show us a demo", "demo"),
            ("en", "Not only a demo, also pricing", "demo pricing"),
            ("en", "Please don't hesitate to book a demo", "book"),
            ("en", "can't wait for the demo", "demo"),
            ("en", "I did not see anything on your long web page about pricing", "pricing"),
            ("en", "pricing rather than a demo", "pricing -demo"),
            ("en", "neither a demo nor pricing", "-demo -pricing"),
            ("de", "Wir möchten keine Demo", "-demo"),
            ("de", "Demo brauchen wir nicht", "-demo"),
            ("de", "Demo nicht gewünscht, pricing schon", "-demo pricing"),
            ("de", "Wir brauchen nicht nur eine Demo", "demo"),
            ("fr", "Nous ne voulons pas de demo", "-demo"),
            ("fr", "Pourquoi pas une demo", "demo"),
            ("es", "No queremos una demo", "-demo"),
            ("es", "no dude en enviar una demo", "demo"),
            ("it", "non vogliamo una demo", "-demo"),
            ("pt", "não queremos uma demo", "-demo"),
            ("nl", "we willen geen demo", "-demo"),
            ("nl", "demo is niet nodig", "-demo"),
        ] {
            assert_eq!(read(code, text), expected, "{text}");
        }
    }

    #[test]
    fn every_supported_language_has_its_denials() {
        for code in super::super::language::SUPPORTED {
            assert!(WORDS.iter().any(|(known, _)| *known == code), "{code}");
        }
    }
}
