//! Detects the language of a text, well enough to skip texts that the map cannot read.
//!
//! Detection counts the most frequent words of sixteen languages. Its errors are on the safe side: a text of
//! uncertain language is read with lower confidence or not at all.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::words::{Word, alone};

/// The languages that a map can list in `languages`.
pub(super) const SUPPORTED: [&str; 7] = ["en", "de", "fr", "es", "it", "pt", "nl"];

/// The result of comparing a text's language with those of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LanguageMatch {
    /// The language is one of the map's.
    Supported,
    /// The language is uncertain, because there is too little evidence.
    Open,
    /// The language is another one, given by name.
    Other(&'static str),
}

/// A set of languages, with one bit for each in the order of [`FREQUENT`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Languages(u32);

impl Languages {
    /// Creates the set of languages with these codes; ignores unknown codes.
    pub fn of<'c>(codes: impl IntoIterator<Item = &'c str>) -> Self {
        let bit = |code| FREQUENT.iter().position(|(known, ..)| *known == code).map_or(0, |at| 1 << at);
        Self(codes.into_iter().fold(0, |set, code| set | bit(code)))
    }

    /// Judges whether a reader of these languages can read a text.
    pub fn judge(self, chars: &[char], words: &[Word]) -> LanguageMatch {
        if let Some(script) = foreign_script(chars) {
            return LanguageMatch::Other(script);
        }
        let mut hits = [0_usize; FREQUENT.len()];
        // A word joined to another is part of an address or name: the `de` in `acme.de` is not French.
        for word in words.iter().filter(|word| !word.joined) {
            let set = COUNTED.get(word.text.as_str()).copied().unwrap_or(0);
            hits.iter_mut().enumerate().for_each(|(at, hits)| *hits += usize::from(set & (1 << at) != 0));
        }
        let (mut ours, mut theirs, mut name) = (0, 0, "");
        for (at, (&hits, (_, title, _))) in hits.iter().zip(&FREQUENT).enumerate() {
            if self.0 & (1 << at) != 0 {
                ours = ours.max(hits);
            } else if hits > theirs {
                (theirs, name) = (hits, title);
            }
        }
        // In a short text, one word of another language is significant; in a long text, it could be a name.
        let enough = if words.len() < super::confidence::SHORT_WORDS { 1 } else { 2 };
        match () {
            () if ours == 0 && theirs >= enough => LanguageMatch::Other(name),
            () if theirs >= ours + 2 => LanguageMatch::Other(name),
            () if ours > 0 && ours >= theirs => LanguageMatch::Supported,
            () => LanguageMatch::Open,
        }
    }
}

/// Returns the script of most letters, unless it is Latin.
fn foreign_script(chars: &[char]) -> Option<&'static str> {
    let (mut latin, mut scripts) = (0_usize, [0_usize; SCRIPTS.len() + 1]);
    for &c in chars.iter().filter(|c| c.is_alphabetic()) {
        if matches!(c, '\0'..='\u{02AF}' | '\u{1E00}'..='\u{1EFF}' | '\u{FF21}'..='\u{FF5A}') {
            latin += 1;
        } else {
            let script =
                SCRIPTS.iter().position(|(from, to, _)| (*from..=*to).contains(&c)).unwrap_or(SCRIPTS.len());
            // A character that is a word by itself counts as several letters.
            scripts[script] += if alone(c) { 3 } else { 1 };
        }
    }
    let foreign: usize = scripts.iter().sum();
    if foreign <= latin {
        return None;
    }
    let most =
        scripts.iter().enumerate().max_by_key(|(_, letters)| **letters).map_or(SCRIPTS.len(), |(at, _)| at);
    Some(SCRIPTS.get(most).map_or("another script", |(.., name)| name))
}

const SCRIPTS: [(char, char, &str); 10] = [
    ('\u{0370}', '\u{03FF}', "Greek script"),
    ('\u{0400}', '\u{052F}', "Cyrillic script"),
    ('\u{0530}', '\u{058F}', "Armenian script"),
    ('\u{0590}', '\u{05FF}', "Hebrew script"),
    ('\u{0600}', '\u{07BF}', "Arabic script"),
    ('\u{0900}', '\u{0DFF}', "an Indian script"),
    ('\u{0E00}', '\u{0EFF}', "Thai or Lao script"),
    ('\u{3040}', '\u{30FF}', "Japanese script"),
    ('\u{3400}', '\u{9FFF}', "Chinese characters"),
    ('\u{AC00}', '\u{D7AF}', "Korean script"),
];

/// Languages by code and name with their most frequent words in folded form. Words that occur in names,
/// addresses or product names of every language (`com`, `co`, `plan`) are left out.
const FREQUENT: [(&str, &str, &str); 16] = [
    (
        "en",
        "English",
        "the a an and of to in is are we our us you your i my me it this that these for with would like \
         want need can could how what when where which who please have has had do does did not no will \
         shall from about on at or but if as am be been by so looking interested there their they more \
         hello hi hey dear thanks thank any some get got know let just also into than then was were",
    ),
    (
        "de",
        "German",
        "der die das den dem des und ist sind war wir unser unsere unseren ihr ihre ihren ich mein meine \
         mir uns sie es ein eine einen einer eines einem fur mit wurde wurden mochte mochten gerne gern \
         konnen konnten kann wie was wann wo bitte haben hatte hatten habe nicht kein keine auf von zu \
         zum zur im am in an bei oder aber wenn als danke hallo guten tag mehr uber auch nur noch dass",
    ),
    (
        "fr",
        "French",
        "le la les l un une des et est sont nous notre nos vous votre vos je j mon ma mes il elle on ce \
         cet cette ces pour avec voudrais voudrions souhaite souhaitons aimerais aimerions besoin pouvez \
         comment que qui quoi quand avoir avons ai dans sur au aux du de ou mais si bonjour merci plus \
         pas en par",
    ),
    (
        "es",
        "Spanish",
        "el la los las un una unos y es son nosotros nuestro nuestra nuestros usted ustedes su sus yo mi \
         mis me nos para con quisiera quisieramos queremos quiero necesito necesitamos puede pueden como \
         que cuando por favor tener tenemos tengo en sobre al del de o pero si hola gracias mas no se lo \
         estamos buenos dias",
    ),
    (
        "it",
        "Italian",
        "il lo la i gli le l un una e sono siamo noi nostro nostra nostri voi vostro vostra io mio mia \
         mi ci per con vorrei vorremmo bisogno potete come che cosa quando avere abbiamo ho in su sul al \
         alla del della dei di o ma se buongiorno salve grazie piu non si da nel",
    ),
    (
        "pt",
        "Portuguese",
        "o a os as um uma e sao nos nosso nossa nossos voce voces seu sua eu meu minha para por gostaria \
         gostariamos preciso precisamos queremos quero pode podem como que quando favor ter temos tenho \
         em no na sobre ao do da dos das de ou mas se ola obrigado obrigada mais nao estamos",
    ),
    (
        "nl",
        "Dutch",
        "de het een en is zijn wij we ons onze u uw jullie ik mijn mij voor met graag willen wil zou \
         kunnen kunt hoe wat wanneer waar alstublieft hebben heb in op van naar of maar als hallo \
         bedankt dank meer niet geen ook te dat die dit er bij aan",
    ),
    (
        "sv",
        "Swedish",
        "och att det som en ett vi var vara er era jag min mig for med skulle vill kan hur vad nar tack \
         har inte pa av till om fran eller men hej mer ar oss den",
    ),
    (
        "da",
        "Danish or Norwegian",
        "og at det som en et vi vores jer jeres jeg min mig meg for med ville vil kan hvordan hvad hva \
         nar tak takk har ikke pa af av til om fra eller men hej hei mer mere er os oss den",
    ),
    (
        "pl",
        "Polish",
        "i w na z do jest sa nie sie ze to jestesmy nasz nasza nasze nam pan pani panstwa ja moj dla \
         chcemy chce chcialbym chcialabym chcielibysmy prosze jak kiedy mamy mam o od lub ale dzien \
         dobry dziekuje wiecej oraz czy",
    ),
    (
        "cs",
        "Czech",
        "a je jsou jsme se ze to v na s do nas nase nam vas vase ja muj pro chceme chci chtel chteli \
         bych bychom prosim jak kdy mame mam o od nebo ale dobry den dekuji vice si",
    ),
    (
        "fi",
        "Finnish",
        "ja on ovat olemme meidan te teidan mina minun haluan haluamme haluaisin haluaisimme voitteko \
         voi miten mita milloin kiitos hei etta se tama kanssa ei tai mutta jos enemman",
    ),
    (
        "tr",
        "Turkish",
        "ve bir bu biz bizim siz sizin ben benim icin ile istiyoruz istiyorum nasil zaman lutfen var yok \
         veya ama merhaba tesekkurler daha olarak cok hakkinda",
    ),
    (
        "hu",
        "Hungarian",
        "a az egy van vagyunk mi szeretnenk szeretnek hogyan mit mikor kerem kerjuk nem hogy is vagy de \
         ha koszonom koszonjuk minden es meg",
    ),
    (
        "ro",
        "Romanian",
        "si este sunt suntem nostru noastra dumneavoastra eu meu pentru cu vrem vreau doresc dorim cum \
         cand va rog avem am la pe de din sau dar daca buna ziua multumesc mai nu un o despre",
    ),
    (
        "id",
        "Indonesian",
        "dan yang di ke dari kami kita anda saya untuk dengan ingin mau bisa bagaimana apa kapan tolong \
         ada tidak ini itu atau tapi jika terima kasih lebih tentang",
    ),
];

static COUNTED: LazyLock<HashMap<&'static str, u32>> = LazyLock::new(|| {
    let mut counted = HashMap::new();
    for (at, (.., frequent)) in FREQUENT.iter().enumerate() {
        for word in frequent.split_whitespace() {
            *counted.entry(word).or_default() |= 1 << at;
        }
    }
    counted
});

/// Returns whether a word, in folded form, is among the most frequent of any of the languages.
pub(super) fn is_frequent(word: &str) -> bool {
    COUNTED.contains_key(word)
}

#[cfg(test)]
mod tests {
    use super::super::words::words;
    use super::*;

    fn judge(languages: &[&str], text: &str) -> LanguageMatch {
        let chars: Vec<char> = text.chars().collect();
        Languages::of(languages.iter().copied()).judge(&chars, &words(&chars))
    }

    #[test]
    fn the_words_are_written_as_they_are_compared() {
        for (code, _, frequent) in &FREQUENT {
            for word in frequent.split_whitespace() {
                let chars: Vec<char> = word.chars().collect();
                assert_eq!(words(&chars).first().map(|word| word.text.as_str()), Some(word), "{code}");
            }
        }
        assert!(SUPPORTED.iter().zip(&FREQUENT).all(|(supported, (code, ..))| supported == code));
    }

    const SENTENCES: [(&str, &str); 16] = [
        ("en", "Hi there, we are looking for a tool and would like to book a demo next week."),
        ("de", "Guten Tag, wir möchten gerne eine Demo buchen und hätten eine Frage zu den Preisen."),
        ("fr", "Bonjour, nous souhaitons une démonstration de votre produit pour notre équipe."),
        ("es", "Hola, nos gustaría ver una demostración de su producto para nuestro equipo, gracias."),
        ("it", "Buongiorno, vorremmo una demo del vostro prodotto per la nostra squadra, grazie."),
        ("pt", "Olá, gostaríamos de ver uma demonstração do produto para a nossa equipa, obrigado."),
        ("nl", "Hallo, wij willen graag een demo van jullie product voor ons team."),
        ("sv", "Hej, vi skulle vilja boka en demo och veta mer om priser för vårt team."),
        ("da", "Hej, vi vil gerne booke en demo og høre mere om jeres priser til vores team."),
        (
            "pl",
            "Dzień dobry, chcielibyśmy umówić się na prezentację produktu dla naszego zespołu, czy jest \
             to możliwe?",
        ),
        ("cs", "Dobrý den, chtěli bychom si domluvit ukázku pro náš tým a máme dotaz na ceny."),
        ("fi", "Hei, haluaisimme varata esittelyn ja kuulla miten tuote toimii meidän tiimin kanssa."),
        ("tr", "Merhaba, ekibimiz için bir demo istiyoruz ve fiyatlar hakkında bilgi almak istiyoruz."),
        ("hu", "Szeretnénk egy bemutatót kérni és van egy kérdésünk az árakról, köszönjük."),
        ("ro", "Bună ziua, dorim o prezentare pentru echipa noastră și avem o întrebare despre prețuri."),
        ("id", "Kami ingin melihat demo produk dan bertanya tentang harga untuk tim kami, terima kasih."),
    ];

    #[test]
    fn a_sentence_is_supported_where_its_language_is_and_nowhere_else() {
        for (code, text) in SENTENCES {
            assert_eq!(judge(&[code], text), LanguageMatch::Supported, "{text}");
            for other in SUPPORTED.iter().filter(|other| **other != code) {
                assert!(matches!(judge(&[other], text), LanguageMatch::Other(_)), "{other}: {text}");
            }
            if SUPPORTED.contains(&code) {
                assert_eq!(judge(&["en", code], text), LanguageMatch::Supported, "{text}");
            }
        }
    }

    #[test]
    fn other_scripts_are_named() {
        for (text, name) in [
            ("Мы хотели бы заказать демо", "Cyrillic script"),
            ("私たちはデモを予約したいです", "Japanese script"),
            ("我们想预约演示 demo", "Chinese characters"),
            ("데모를 예약하고 싶습니다", "Korean script"),
            ("نود حجز عرض توضيحي", "Arabic script"),
            ("हम डेमो बुक करना चाहते हैं", "an Indian script"),
            ("เราต้องการจองการสาธิต", "Thai or Lao script"),
            ("Θέλουμε μια επίδειξη", "Greek script"),
            ("ᎣᏏᏲ ᏣᎳᎩ", "another script"),
        ] {
            assert_eq!(judge(&["en"], text), LanguageMatch::Other(name), "{text}");
        }
    }

    #[test]
    fn short_texts() {
        for text in
            ["Pricing", "Demo please", "Book a demo", "see our site acme.de", "to me", "pricing acme.com"]
        {
            assert!(!matches!(judge(&["en"], text), LanguageMatch::Other(_)), "{text}");
        }
        for text in ["eine Demo bitte", "una demo", "demande de démo", "une démo"] {
            assert!(matches!(judge(&["en"], text), LanguageMatch::Other(_)), "{text}");
        }
    }

    #[test]
    fn a_greeting_in_another_language_does_not_matter() {
        assert_eq!(
            judge(&["en"], "Hallo, I would like to book a demo for our team. Viele Grüße"),
            LanguageMatch::Supported
        );
        assert_eq!(judge(&["en"], "SAML SCIM SSO audit trail export retention region"), LanguageMatch::Open);
    }
}
