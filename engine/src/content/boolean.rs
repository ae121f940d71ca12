//! The `boolean` extractor, which reads yes or no.

use std::sync::LazyLock;

use serde_json::Value as Json;

use super::confidence;
use super::map::{BooleanSettings, pointer};
use super::negation::Negation;
use super::reading::{ReadResult, TextReading};
use super::source::SourceText;
use super::unread::UnreadReason;
use super::words::{Phrasebook, words_of};
use crate::limits;
use crate::problem::Problem;
use crate::value::Value;

/// Texts that forms and people use for yes and no, compared as a whole.
static ANSWERS: LazyLock<Phrasebook<bool>> = LazyLock::new(|| {
    Phrasebook::of([
        ("yes|y|true|t|1|on|checked|yes please|yes i do|yes i am|yes we do|yes we are|of course", true),
        ("sure|yep|yeah|ok|agreed|agree", true),
        ("no|n|false|f|0|off|unchecked|no thanks|no thank you|no i don't|no i'm not", false),
        ("no we don't|not at all|nope|never", false),
        ("ja|j|wahr|ja bitte|ja gerne|natürlich|oui|o|vrai|oui merci|bien sûr|sí|verdadero", true),
        ("claro|sì|vero|certo|sim|verdadeiro|waar", true),
        ("nein|falsch|nein danke|non|faux|non merci|falso|no gracias|no grazie|não", false),
        ("não obrigado|não obrigada|nee|onwaar|nee bedankt", false),
        ("tak|ano|kyllä|evet|igen|da|да|ναι|はい|是|예|네|نعم|हाँ", true),
        ("nie|nej|nei|ei|hayır|nem|nu|нет|όχι|いいえ|否|不是|아니요|아니오|لا|नहीं", false),
    ])
});

/// The words of one map.
#[derive(Clone, Debug)]
pub(super) struct BooleanReader {
    own: Phrasebook<bool>,
}

impl BooleanReader {
    /// Compiles the words of the field `name` and adds any problems to `problems`.
    pub fn compile(settings: &BooleanSettings, name: &str, problems: &mut Vec<Problem>) -> Self {
        let mut own = Phrasebook::default();
        for (list, answer, phrases) in [("yes", true, &settings.yes), ("no", false, &settings.no)] {
            for (i, phrase) in phrases.iter().enumerate() {
                let words = words_of(phrase);
                let wrong = match own.insert(&words, answer) {
                    _ if words.is_empty() || phrase.chars().count() > limits::NAME_CHARS => Some(format!(
                        "A word must contain letters or digits and have at most {} characters.",
                        limits::NAME_CHARS
                    )),
                    Some(other) if *other != answer => {
                        Some(format!("`{phrase}` is listed under both `yes` and `no`."))
                    }
                    _ => None,
                };
                let at = || pointer(&["fields", name, list, &i.to_string()]);
                problems.extend(wrong.map(|message| Problem::at(at(), message)));
            }
        }
        Self { own }
    }

    /// Returns whether the whole text is an answer.
    pub fn recognises(&self, source: &SourceText) -> bool {
        self.own.exactly(&source.words).is_some()
    }

    /// Returns the answer that the whole text is, or that the map's words within it give.
    pub fn read(&self, source: &SourceText) -> ReadResult {
        let whole = source.trimmed();
        let read = |answer, confidence, span| Ok(TextReading::new(Value::Bool(answer), confidence, span));
        if let Json::Bool(answer) = source.json {
            return read(*answer, confidence::EXACT, whole);
        }
        if source.cut {
            return Err(UnreadReason::TooLong);
        }
        let words = &source.words;
        if let Some(answer) = self.own.exactly(words) {
            return read(*answer, confidence::SYNONYM, whole);
        }
        if let Some(answer) = ANSWERS.exactly(words) {
            return read(*answer, confidence::EXACT, whole);
        }
        let hits = self.own.find(words);
        let denied = Negation::of_all().denied(words, &hits);
        let mut counted = hits.iter().zip(&denied).filter(|(_, denied)| !**denied).map(|(hit, _)| hit);
        let Some(first) = counted.next() else {
            return Err(if hits.is_empty() { UnreadReason::NoMatch } else { UnreadReason::Denied });
        };
        if counted.any(|hit| hit.value != first.value) {
            return Err(UnreadReason::Ambiguous(vec!["yes".into(), "no".into()]));
        }
        read(*first.value, confidence::WITHIN_TEXT, first.span(words))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(json: Json) -> Result<(bool, f64, [usize; 2]), UnreadReason> {
        let settings = json!({"yes": ["ceo", "VP", "head of"], "no": ["intern", "assistant"]});
        let mut problems = Vec::new();
        let boolean = BooleanReader::compile(
            &serde_json::from_value(settings).unwrap(),
            "decision_maker",
            &mut problems,
        );
        assert_eq!(problems, []);
        let reading = boolean.read(&SourceText::at(&json, "").unwrap())?;
        Ok((reading.value == Value::Bool(true), reading.confidence, reading.span))
    }

    #[test]
    fn answers_in_json_and_in_words() {
        for yes in [
            "yes",
            "Yes.",
            "TRUE",
            "1",
            "on",
            "Ja",
            "oui",
            "Sí",
            "si",
            "sim",
            "да",
            "はい",
            "是",
            "Yes, please!",
        ] {
            assert_eq!(read(json!(yes)), Ok((true, 0.99, [0, yes.chars().count()])), "{yes}");
        }
        for no in ["no", "No!", "false", "0", "off", "Nein", "non", "não", "нет", "いいえ", "no thanks"]
        {
            assert_eq!(read(json!(no)), Ok((false, 0.99, [0, no.chars().count()])), "{no}");
        }
        assert_eq!(read(json!(true)), Ok((true, 0.99, [0, 4])));
        assert_eq!(read(json!(0)), Ok((false, 0.99, [0, 1])));
    }

    #[test]
    fn the_words_of_the_map() {
        assert_eq!(read(json!("CEO")), Ok((true, 0.95, [0, 3])));
        assert_eq!(read(json!("VP of Sales")), Ok((true, 0.8, [0, 2])));
        assert_eq!(read(json!("Global Head-of Marketing")), Ok((true, 0.8, [7, 14])));
        assert_eq!(read(json!("Intern, Sales")), Ok((false, 0.8, [0, 6])));
    }

    #[test]
    fn unclear_answers_are_not_read() {
        let both = Err(UnreadReason::Ambiguous(vec!["yes".into(), "no".into()]));
        assert_eq!(read(json!("Assistant to the CEO")), both);
        assert_eq!(read(json!("I am not the CEO")), Err(UnreadReason::Denied));
        for text in ["maybe", "VPN engineer", "Internal audit", "yes but no", "2", "no idea"] {
            assert_eq!(read(json!(text)), Err(UnreadReason::NoMatch), "{text}");
        }
        assert_eq!(read(json!(2)), Err(UnreadReason::NoMatch));
    }

    #[test]
    fn problems_of_a_map_are_reported() {
        let mut problems = Vec::new();
        let settings = serde_json::from_value(json!({"yes": ["boss", "!"], "no": ["BOSS"]})).unwrap();
        BooleanReader::compile(&settings, "a", &mut problems);
        let pointers: Vec<_> = problems.iter().map(|problem| problem.pointer.as_str()).collect();
        assert_eq!(pointers, ["/fields/a/yes/1", "/fields/a/no/0"]);
    }
}
