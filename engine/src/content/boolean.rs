//! The `boolean` extractor, which reads yes or no.

use std::sync::LazyLock;

use serde_json::Value as Json;

use super::confidence;
use super::map::{BooleanSettings, pointer};
use super::negation::{Negation, Stance};
use super::reading::{ReadResult, TextReading};
use super::source::SourceText;
use super::titles;
use super::unread::UnreadReason;
use super::words::{PhraseMatch, Phrasebook, words_of};
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
    own: Phrasebook<Meaning>,
    /// Whether the field is about a person's role, so that titles can be another person's.
    is_role: bool,
}

/// What a word of the map means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Answer(bool),
    /// The one who decides; denied, it is the answer no.
    Decider,
    /// A title that only contains another one.
    Nothing,
}

impl Meaning {
    fn answer(self) -> Option<bool> {
        match self {
            Self::Answer(answer) => Some(answer),
            Self::Decider => Some(true),
            Self::Nothing => None,
        }
    }
}

impl BooleanReader {
    /// Compiles the words of the field `name` and adds any problems to `problems`.
    pub fn compile(settings: &BooleanSettings, name: &str, problems: &mut Vec<Problem>) -> Self {
        let mut own = Phrasebook::default();
        let names_decider = name.replace('_', " ").contains("decision maker");
        let listed = || settings.yes.iter().chain(&settings.no);
        if names_decider || listed().any(|phrase| phrase.eq_ignore_ascii_case("decision maker")) {
            for phrase in titles::decision_makers() {
                own.insert(&words_of(phrase), Meaning::Decider);
            }
        }
        for (list, answer, phrases) in [("yes", true, &settings.yes), ("no", false, &settings.no)] {
            for (i, phrase) in phrases.iter().enumerate() {
                let words = words_of(phrase);
                let wrong = match own.insert(&words, Meaning::Answer(answer)) {
                    _ if words.is_empty() || phrase.chars().count() > limits::NAME_CHARS => Some(format!(
                        "A word must contain letters or digits and have at most {} characters.",
                        limits::NAME_CHARS
                    )),
                    Some(other) if other.answer() != Some(answer) => {
                        Some(format!("`{phrase}` is listed under both `yes` and `no`."))
                    }
                    _ => None,
                };
                let at = || pointer(&["fields", name, list, &i.to_string()]);
                problems.extend(wrong.map(|message| Problem::at(at(), message)));
            }
        }
        // The map's own words count before those that mean the same.
        for (answer, phrases) in [(true, &settings.yes), (false, &settings.no)] {
            for title in phrases.iter().flat_map(|phrase| titles::same_as(phrase)) {
                own.insert(&words_of(title), Meaning::Answer(answer));
            }
        }
        let is_role = names_decider || listed().any(|phrase| titles::is_title(phrase));
        if names_decider && settings.yes.iter().any(|phrase| titles::is_title(phrase)) {
            for title in titles::deciders() {
                own.insert(&words_of(title), Meaning::Answer(true));
            }
            for text in titles::NOT_DECIDING.split('|') {
                own.insert(&words_of(text), Meaning::Answer(false));
            }
        }
        if is_role {
            for title in titles::others() {
                own.insert(&words_of(title), Meaning::Nothing);
            }
        }
        Self { own, is_role }
    }

    /// Returns whether the whole text is an answer.
    pub fn recognises(&self, source: &SourceText) -> bool {
        self.own.exactly(&source.words).is_some_and(|meaning| meaning.answer().is_some())
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
        if let Some(answer) = self.own.exactly(words).and_then(|meaning| meaning.answer()) {
            return read(answer, confidence::SYNONYM, whole);
        }
        if let Some(answer) = ANSWERS.exactly(words) {
            return read(*answer, confidence::EXACT, whole);
        }
        let hits: Vec<PhraseMatch<'_, Meaning>> =
            self.own.find(words).into_iter().filter(|hit| *hit.value != Meaning::Nothing).collect();
        let stances = Negation::of_all().stances(words, &hits);
        let mut counted: Vec<(&PhraseMatch<'_, Meaning>, bool)> = Vec::new();
        let mut why = UnreadReason::NoMatch;
        for (hit, stance) in hits.iter().zip(stances) {
            match (hit.value, stance) {
                // Who says so does not decide, whatever the title.
                (Meaning::Decider, Stance::Denied) => {
                    return read(false, confidence::WITHIN_TEXT, hit.span(words));
                }
                (_, Stance::Denied | Stance::Unclear) => why = UnreadReason::Denied,
                (meaning, Stance::Affirmed) => match meaning.answer() {
                    Some(true) if self.is_role && titles::is_attributed(words, hit) => {
                        why = UnreadReason::Attributed
                    }
                    Some(answer) => counted.push((hit, answer)),
                    None => {}
                },
            }
        }
        let Some((first, answer)) = counted.first() else { return Err(why) };
        if counted.iter().any(|(_, other)| other != answer) {
            return Err(UnreadReason::Ambiguous(vec!["yes".into(), "no".into()]));
        }
        read(*answer, confidence::WITHIN_TEXT, first.span(words))
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
        assert_eq!(read(json!("CEO, intern")), both);
        assert_eq!(read(json!("Assistant to the CEO")), Ok((false, 0.8, [0, 9])));
        assert_eq!(read(json!("I am not the CEO")), Err(UnreadReason::Denied));
        for text in ["maybe", "VPN engineer", "Internal audit", "yes but no", "2", "no idea"] {
            assert_eq!(read(json!(text)), Err(UnreadReason::NoMatch), "{text}");
        }
        assert_eq!(read(json!(2)), Err(UnreadReason::NoMatch));
    }

    /// Reads a role with the words of a usual map.
    fn role(text: &str) -> Option<bool> {
        let settings = json!({
            "yes": ["ceo", "cfo", "founder", "owner", "vp", "vice president", "head of", "director"],
            "no": ["intern", "student", "assistant", "analyst"],
        });
        let settings = serde_json::from_value(settings).unwrap();
        let boolean = BooleanReader::compile(&settings, "decision_maker", &mut Vec::new());
        let json = json!(text);
        let reading = boolean.read(&SourceText::at(&json, "").unwrap()).ok()?;
        Some(reading.value == Value::Bool(true))
    }

    #[test]
    fn roles_in_several_languages() {
        let mut wrong = Vec::new();
        for text in [
            "CEO",
            "SVP",
            "EVP",
            "SVP Sales",
            "Senior VP of Marketing",
            "Cofounder",
            "Co-Founder",
            "Co-founder & CTO",
            "Founder & CEO",
            "Geschäftsführer",
            "Geschäftsführerin",
            "geschaeftsfuehrer",
            "PDG",
            "P.D.G.",
            "Directeur général",
            "Directrice Générale",
            "Vice President",
            "Vice-President Sales",
            "Managing Director",
            "Inhaber",
            "Inhaberin",
            "Gründer",
            "Mitgründer",
            "Chief Executive Officer",
            "Chief Financial Officer",
            "Eigentümer",
            "Propriétaire",
            "Gérant",
            "Fondateur",
            "Director general",
            "Consejero delegado",
            "Dueño",
            "Fundadora",
            "Amministratore delegato",
            "Titolare",
            "Direttore commerciale",
            "Diretor",
            "Proprietário",
            "Eigenaar",
            "Algemeen directeur",
            "Oprichter",
            "Head of Sales",
            "Leiter Einkauf",
            "Vertriebsleiter",
            "I am the CEO",
            "I'm the owner",
            "CEO, former CTO at Globex",
            "former Googler, CEO",
            "promoted to director",
            "Ich bin Geschäftsführer",
            "je suis le PDG",
            "decision maker",
            "Entscheider",
            "Finance Director (CFO)",
            "Managing Partner",
            "Mitglied der Geschäftsleitung",
            "CEO (not a student)",
        ] {
            if role(text) != Some(true) {
                wrong.push(format!("{text}: {:?}, not yes", role(text)));
            }
        }
        for text in [
            "former CEO",
            "ex-CEO",
            "Ex CEO",
            "retired director",
            "aspiring founder",
            "future CEO",
            "previous owner",
            "CEO (retired)",
            "Director emeritus",
            "I report to the director",
            "reporting to the CFO",
            "Assistant to the CEO",
            "Executive Assistant to the CEO",
            "PA to the CEO",
            "EA to our founder",
            "I work for the CFO",
            "working with the CEO",
            "on behalf of our CEO",
            "Office of the CEO",
            "CEO's assistant",
            "CEO assistant",
            "Owner (not decision maker)",
            "Owner, not the decision maker",
            "not the CEO",
            "I am not the owner",
            "I'd have to ask our CFO",
            "our CEO decides",
            "my CEO asked me",
            "the CEO will decide",
            "no CEO",
            "Product Owner",
            "Process owner",
            "Art Director",
            "Assistant Director",
            "Homeowner",
            "Associate Director",
            "ehemaliger Geschäftsführer",
            "Assistentin der Geschäftsführung",
            "Assistent des Geschäftsführers",
            "Assistentin des CEO",
            "ich berichte an den Geschäftsführer",
            "unser Geschäftsführer",
            "kein Geschäftsführer",
            "nicht der Inhaber",
            "ancien PDG",
            "assistante du PDG",
            "notre PDG",
            "je travaille pour le directeur",
            "antiguo director",
            "asistente del director",
            "nuestro CEO",
            "no soy el dueño",
            "assistente del CEO",
            "ex amministratore delegato",
            "il nostro CEO",
            "assistente do CEO",
            "nosso diretor",
            "voormalig directeur",
            "assistent van de directeur",
            "onze CEO",
            "I can't decide, the CEO must approve",
            "Student",
            "Intern",
            "Praktikant",
            "not a director",
            "sales rep",
            "Geschäftsführer: nein",
            "CEO: no",
            "VP? no",
            "headhunter",
            "was CEO",
            "CEO until 2020",
        ] {
            if role(text) == Some(true) {
                wrong.push(format!("{text}: yes"));
            }
        }
        for text in
            ["Owner (not decision maker)", "Assistant to the CEO", "kein Entscheider", "assistante du PDG"]
        {
            if role(text) != Some(false) {
                wrong.push(format!("{text}: {:?}, not no", role(text)));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn words_that_are_no_titles_are_not_extended() {
        let settings = serde_json::from_value(json!({"yes": ["salesforce", "hubspot"]})).unwrap();
        let boolean = BooleanReader::compile(&settings, "has_crm", &mut Vec::new());
        let read = |text: &str| {
            boolean.read(&SourceText::at(&json!(text), "").unwrap()).map(|reading| reading.value)
        };
        assert_eq!(read("our Salesforce"), Ok(Value::Bool(true)));
        assert_eq!(read("CEO"), Err(UnreadReason::NoMatch));
        assert_eq!(read("no Salesforce"), Err(UnreadReason::Denied));
        let only = serde_json::from_value(json!({"yes": ["president"]})).unwrap();
        let boolean = BooleanReader::compile(&only, "is_president", &mut Vec::new());
        let read = |text: &str| {
            boolean.read(&SourceText::at(&json!(text), "").unwrap()).map(|reading| reading.value)
        };
        assert_eq!(read("President of the board"), Ok(Value::Bool(true)));
        assert_eq!(read("Vice President, Sales"), Err(UnreadReason::NoMatch));
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
