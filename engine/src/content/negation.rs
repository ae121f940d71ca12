//! Determines whether a text asks for something or declines it: "not interested in a demo", "no demo", "pricing
//! is not needed", "Book a demo: no".
//!
//! A negation reaches forward or back within its clause. A text that says neither yes nor no is unclear rather
//! than a refusal: whoever *could not* book a demo, has *not yet* seen one or asks whether there is *no* demo may
//! well want one. Idioms that only look like a negation ("why not", "don't hesitate") are recognised.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::language::SUPPORTED;
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

/// The cues of one language, separated by `|`, or by spaces where each is a single word.
struct Cues {
    code: &'static str,
    /// Idioms that negate nothing.
    idioms: &'static str,
    /// Declines what comes before or after.
    strong: &'static str,
    /// Negates the clause after it.
    clause: &'static str,
    /// Negates the noun after it.
    noun: &'static str,
    /// Declines what comes after by its meaning.
    refusal: &'static str,
    /// Leaves open what comes after.
    unclear: &'static str,
    /// Negates what comes before.
    back: &'static str,
    /// Negates what comes directly before.
    back_near: &'static str,
    /// Leaves open what comes before.
    back_unclear: &'static str,
    /// Negates only together with `ne`.
    with_ne: &'static str,
    contrast: &'static str,
    list: &'static str,
    able: &'static str,
    able_after: &'static str,
    open: &'static str,
}

const LANGUAGES: [Cues; 7] = [
    Cues {
        code: "en",
        idioms: "why not|not only|not just|not sure|can't wait|cannot wait|couldn't wait|can not wait|\
                 don't hesitate|do not hesitate|no problem|no problems|no doubt|without doubt|without a doubt|\
                 don't forget|do not forget|not to mention|don't mind|wouldn't mind|would not mind|\
                 whether or not|if not|no later than|no rush|no matter|no worries|no pressure|not less than|\
                 no less than|not more than|no more than|not over|no fewer than|not fewer than|not exceed|\
                 not exceeding|wouldn't hurt|would not hurt|can't hurt|nothing but|without further ado|\
                 without delay|without hesitation|stop by|no of|no credit card|no strings attached|\
                 no obligation|never mind|no time to lose|no time to waste|no brainer|couldn't agree more",
        strong: "not interested|not needed|not required|not necessary|not wanted|not relevant|not of interest|\
                 no interest|no need|no needs|no intention|no plans|no desire|no wish|no appetite|no use for|\
                 not looking for|not looking to|not planning|not in the market|unnecessary|no longer interested|\
                 no longer need|no longer needed|no longer want|not interesting|uninterested|out of the question|\
                 of no interest|don't need|do not need|don't want|do not want|doesn't want|does not want",
        clause: "not|never|neither|nor|don't|doesn't|didn't|isn't|aren't|wasn't|won't|wouldn't|can't|couldn't|\
                 cannot|shouldn't|haven't|hasn't|hadn't|dont|doesnt|didnt|isnt|arent|wont|wouldnt|cant|couldnt|\
                 havent|hasnt|no longer|ain't",
        noun: "no|none of|zero",
        refusal: "decline|declines|declined|declining|refuse|refuses|refused|cancel|cancels|cancelled|canceled|\
                  cancelling|canceling|skip|skipping|avoid|avoiding|reject|rejected|rejecting|unsubscribe|\
                  opt out|opting out|opted out|pass on|stop|withdraw|against|without|instead of|rather than|\
                  other than|except|except for|uninterested in",
        unclear: "nobody|no one|hardly|barely|miss|missed|missing|not sure if we need|not sure whether we need|\
                  not sure we need|not sure if i need|not sure i need|undecided",
        back: "no thanks|no thank you|isn't needed|isn't required|isn't necessary|isn't wanted|aren't needed",
        back_near: "",
        back_unclear: "isn't|aren't|wasn't|weren't|doesn't|didn't|not|never|cancelled|canceled|unavailable|\
                       not available",
        with_ne: "",
        contrast: "but|however|though|just|only|instead|rather|yet|and would like|and would love|and want|\
                   and need|and we|and i|so we|so i|so please|and please|please|because|therefore|hence|\
                   and am|and are|and looking|and hope",
        list: "and|or|nor|a|an|the|any|your|to",
        able: "can could cannot cant couldn couldnt unable able managed manage failed possible impossible",
        able_after: "see saw seen find found get got gotten receive received hear heard work works working let \
                     letting allow load open show shown tell told give given offer offered sent been",
        open: "still yet if unless until",
    },
    Cues {
        code: "de",
        idioms: "warum nicht|wieso nicht|nicht nur|ohne zweifel|kein problem|nicht zögern|zögern sie nicht|\
                 nicht vergessen|vergessen sie nicht|nicht sicher|nicht zuletzt|nicht mehr als|\
                 nicht weniger als|nicht über|kann nicht schaden|keine frage|ohne weiteres",
        strong: "kein interesse|keinerlei interesse|kein bedarf|keinen bedarf|keinerlei bedarf|nicht interessiert|\
                 nicht nötig|nicht notwendig|nicht erforderlich|nicht gewünscht|nicht erwünscht|nicht gewollt|\
                 nicht mehr interessiert|unnötig|überflüssig|verzichten|verzichte|brauchen wir nicht|\
                 brauche ich nicht|benötigen wir nicht|benötige ich nicht|nicht in frage",
        clause: "nicht|nie|niemals|weder|keineswegs|keinesfalls|nein|nicht mehr",
        noun: "kein|keine|keinen|keinem|keiner|keines|keinerlei",
        refusal: "lehnen|lehne|ablehnen|absagen|stornieren|abbestellen|absehen von|sehen von|sehe von|gegen|ohne|\
                  statt|anstatt|anstelle|abmelden|widerrufen",
        unclear: "niemand|kaum|verpasst|unsicher ob",
        back: "nicht|nicht mehr|nein danke|ablehnen|ab|absagen|stornieren|abbestellen|unnötig",
        back_near: "",
        back_unclear: "abgesagt|storniert|ausgefallen",
        with_ne: "",
        contrast: "aber|sondern|jedoch|nur|stattdessen|und möchte|und möchten|und brauchen|und brauche|und wir|\
                   und ich|und hätte|und hätten|bitte|daher|deshalb|weil|und würde|und würden",
        list: "und|oder|noch|ein|eine|einen|einer|die|der|das|den",
        able: "konnte konnten kann konnen konnt konntet klappt klappte funktioniert funktionierte ging geht \
               gelang moglich geschafft gefunden finde finden erhalten bekommen gesehen geladen lasst liess",
        able_after: "",
        open: "noch bisher bislang wenn falls solange bevor sofern",
    },
    Cues {
        code: "fr",
        idioms: "pourquoi pas|pas seulement|sans doute|sans problème|pas de problème|pas de souci|pas de soucis|\
                 n'hésitez pas|pas plus de|pas moins de|pas sûr|n'oubliez pas|ne tardez pas|sans tarder|\
                 sans attendre|pas mal|sans engagement",
        strong: "pas nécessaire|pas intéressé|pas intéressée|pas intéressés|pas intéressées|pas besoin|pas utile|\
                 inutile|aucun intérêt|aucun besoin|plus intéressé|plus intéressée|plus intéressés|plus besoin|\
                 pas souhaité|pas souhaitée|pas intéressant",
        clause: "pas|jamais|ni|non|aucunement|pas de",
        noun: "aucun|aucune|nul|nulle",
        refusal: "sans|contre|refuse|refusons|refuser|refusé|décline|déclinons|décliner|annule|annulons|annuler|annulez|\
                  renonce|renonçons|renoncer|plutôt que|au lieu de|au lieu d|évitez|éviter|désinscrire",
        unclear: "personne|à peine|manqué|raté",
        back: "non merci",
        back_near: "",
        back_unclear: "annulée|annulé|indisponible",
        with_ne: "plus|guère|rien|pas",
        contrast: "mais|cependant|seulement|juste|plutôt|et souhaite|et souhaitons|et je|et nous|et voudrais|\
                   merci de|svp|s'il vous plaît|car|donc",
        list: "et|ou|ni|un|une|de|des|la|le|les|d",
        able: "pu peux peut pouvons pouvez reussi reussis arrive arrivons marche fonctionne impossible possible \
               trouve trouvons recu vu vois voyons parviens parvenons",
        able_after: "",
        open: "encore si sauf",
    },
    Cues {
        code: "es",
        idioms: "por qué no|no solo|no sólo|sin duda|no dude|no duden|no dudes|sin problema|no más de|\
                 no menos de|no estoy seguro|no olvide|no olviden|cómo no|sin compromiso",
        strong: "no es necesario|no es necesaria|no hace falta|innecesario|innecesaria|no interesado|\
                 no interesada|no interesados|no estoy interesado|no estoy interesada|no estamos interesados|\
                 no estamos interesadas|no me interesa|no nos interesa|ningún interés|sin interés|no deseo|\
                 no deseamos|no quiero|no queremos|no necesito|no necesitamos|ya no",
        clause: "no|nunca|jamás|tampoco|ni",
        noun: "ningún|ninguna",
        refusal: "sin|contra|rechazo|rechazamos|rechazar|cancelar|cancele|cancelen|cancelo|cancelamos|renuncio|\
                  renunciamos|declino|declinamos|declinar|en vez de|en lugar de|evitar|dar de baja",
        unclear: "nadie|apenas",
        back: "no gracias",
        back_near: "no",
        back_unclear: "cancelada|cancelado",
        with_ne: "",
        contrast: "pero|sino|solo|solamente|aunque|y quiero|y queremos|y necesito|y necesitamos|y me gustaría|\
                   y nos gustaría|por favor|porque|así que",
        list: "y|o|e|ni|un|una|el|la|los|las|de",
        able: "pude pudo pudimos podido puedo podemos puede logro logre logramos consegui conseguimos funciona \
               imposible encuentro encontre encontramos veo vemos recibi recibido recibimos",
        able_after: "",
        open: "todavia aun si salvo",
    },
    Cues {
        code: "it",
        idioms: "perché no|non solo|senza dubbio|non esitate|non esiti|nessun problema|senza problemi|\
                 non più di|non meno di|non dimenticate|senza impegno",
        strong: "non è necessario|non è necessaria|non serve|inutile|non interessato|non interessata|\
                 non interessati|non siamo interessati|non sono interessato|non sono interessata|\
                 non mi interessa|non ci interessa|nessun interesse|nessun bisogno|non abbiamo bisogno|\
                 non ho bisogno|non vogliamo|non voglio|non desideriamo",
        clause: "non|no|mai|né|neanche|nemmeno",
        noun: "nessun|nessuna",
        refusal: "senza|contro|rifiuto|rifiutiamo|rifiutare|annullare|annullate|annullo|disdire|rinuncio|rinunciamo|\
                  rinunciare|decliniamo|declino|invece di|anziché|evitare|piuttosto che",
        unclear: "nessuno|appena",
        back: "no grazie",
        back_near: "non|no",
        back_unclear: "annullata|annullato",
        with_ne: "",
        contrast: "ma|però|solo|soltanto|bensì|e vorrei|e vorremmo|e vogliamo|per favore|quindi",
        list: "e|o|né|un|una|il|la|lo|di|del|della",
        able: "potuto posso possiamo puo riesco riusciamo riuscito riusciti riuscita funziona impossibile trovo \
               trovato troviamo vedo vediamo ricevuto",
        able_after: "",
        open: "ancora se",
    },
    Cues {
        code: "pt",
        idioms: "por que não|não só|não apenas|sem dúvida|não hesite|não hesitem|sem problema|não mais de|\
                 não menos de|não se esqueça|sem compromisso",
        strong: "não é necessário|não é necessária|não precisa|não precisamos|não preciso|desnecessário|\
                 não tenho interesse|não temos interesse|não interessado|não estamos interessados|\
                 não estou interessado|não estou interessada|não me interessa|não nos interessa|\
                 nenhum interesse|sem interesse|já não|não queremos|não quero",
        clause: "não|nunca|jamais|nem|tampouco",
        noun: "nenhum|nenhuma",
        refusal: "sem|contra|recuso|recusamos|recusar|cancelar|cancele|cancelamos|dispenso|dispensamos|dispensar|\
                  em vez de|evitar|desisto|desistimos",
        unclear: "ninguém|mal",
        back: "não obrigado|não obrigada",
        back_near: "não",
        back_unclear: "cancelada|cancelado",
        with_ne: "",
        contrast: "mas|porém|só|somente|apenas|e quero|e queremos|e gostaria|e gostaríamos|por favor|porque|então",
        list: "e|ou|nem|um|uma|o|a|os|as|de|do|da",
        able: "consegui consigo conseguimos conseguiu pude posso podemos funciona impossivel encontrei encontro \
               vejo recebi recebemos",
        able_after: "",
        open: "ainda se",
    },
    Cues {
        code: "nl",
        idioms: "waarom niet|niet alleen|geen probleem|zonder twijfel|aarzel niet|niet meer dan|\
                 niet minder dan|niet zeker|geen zorgen|vrijblijvend",
        strong: "niet nodig|onnodig|niet gewenst|niet geïnteresseerd|geen interesse|geen belangstelling|\
                 geen behoefte|niet langer|niet meer|overbodig",
        clause: "niet|nooit|nee|noch",
        noun: "geen",
        refusal: "zonder|tegen|weiger|weigeren|annuleren|annuleer|afzeggen|afzien|zien af|zie af|afwijzen|wijzen|\
                  in plaats van|afmelden",
        unclear: "niemand|nauwelijks|gemist",
        back: "niet|niet nodig|onnodig|nee bedankt|hoeft niet|hoeven niet|afzeggen|annuleren",
        back_near: "",
        back_unclear: "geannuleerd|afgezegd",
        with_ne: "",
        contrast: "maar|echter|alleen|slechts|wel|en wil|en willen|en graag|graag|daarom|omdat",
        list: "en|of|noch|een|de|het",
        able: "kon konden kan kunnen lukt lukte gelukt werkt werkte mogelijk gevonden vind zie gezien ontvangen \
               gekregen",
        able_after: "",
        open: "nog als indien tenzij",
    },
];

#[cfg(test)]
mod tests {
    use super::super::words::words_of;
    use super::*;

    /// Returns the phrases found, with `-` before those that are denied and `?` before those that are unclear.
    fn read(code: &str, text: &str) -> String {
        let book = Phrasebook::of([
            ("demo|démo|demostración", "demo"),
            ("pricing|preise|quote|angebot|devis|presupuesto|preventivo|orçamento|offerte", "pricing"),
            ("book a demo", "book"),
        ]);
        let words = words_of(text);
        let hits = book.find(&words);
        let stances = Negation::of([code]).stances(&words, &hits);
        let shown = hits.iter().zip(stances).map(|(hit, stance)| match stance {
            Stance::Affirmed => (*hit.value).to_owned(),
            Stance::Denied => format!("-{}", hit.value),
            Stance::Unclear => format!("?{}", hit.value),
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn denials() {
        let mut wrong: Vec<String> = Vec::new();
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
            ("en", "I did not see anything on your long web page about pricing", "?pricing"),
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
            ("en", "It is not necessary to send a quote", "-pricing"),
            ("en", "We decline to book a demo", "-book"),
            ("en", "Book a demo: no", "-book"),
            ("en", "Book a demo: No\nPricing: yes", "-book pricing"),
            ("en", "Book a demo? No.", "-book"),
            ("en", "Book a demo = false", "-book"),
            ("en", "Book a demo - no", "-book"),
            ("en", "Would you like to book a demo with our team: no", "-book"),
            ("en", "[ ] Book a demo\n[x] Pricing", "-book pricing"),
            ("en", "☐ Book a demo ☑ Pricing", "-book pricing"),
            ("en", "Book a demo: ❌", "-book"),
            ("en", "Book a demo: ✓", "book"),
            ("en", "Book a demo: yes", "book"),
            ("en", "Book a demo? Maybe later", "?book"),
            ("en", "We are no longer interested in a demo", "-demo"),
            ("en", "I'm not interested, please do not send a quote", "-pricing"),
            ("en", "We do not at this point in time wish to book a demo", "-book"),
            ("en", "Please cancel the demo", "-demo"),
            ("en", "I want to opt out of the demo", "-demo"),
            ("en", "We have no intention to book a demo", "-book"),
            ("en", "There is no need to send us a quote", "-pricing"),
            ("en", "A demo of the product is not needed", "-demo"),
            ("en", "We'd rather skip the demo", "-demo"),
            ("en", "thanks but no demo", "-demo"),
            ("en", "not looking for a demo", "-demo"),
            ("de", "Kein Interesse an einem Angebot", "-pricing"),
            ("de", "Wir haben kein Interesse, eine Demo zu buchen", "-demo"),
            ("de", "Wir verzichten auf eine Demo", "-demo"),
            ("de", "Auf eine Demo verzichten wir", "-demo"),
            ("de", "Wir möchten die Demo nicht mehr", "-demo"),
            ("de", "Eine Demo ist nicht mehr nötig", "-demo"),
            ("de", "An einer Demo sind wir derzeit nicht interessiert", "-demo"),
            ("de", "Bitte kein Angebot schicken", "-pricing"),
            ("de", "Es besteht kein Bedarf an einer Demo", "-demo"),
            ("de", "Wir lehnen eine Demo ab", "-demo"),
            ("de", "Bitte die Demo stornieren", "-demo"),
            ("de", "Demo: nein", "-demo"),
            ("de", "Wir brauchen weder eine Demo noch ein Angebot", "-demo -pricing"),
            ("fr", "Je n'ai pas besoin d'un devis", "-pricing"),
            ("fr", "Nous ne souhaitons plus de démo", "-demo"),
            ("fr", "Je ne souhaite plus recevoir de devis", "-pricing"),
            ("fr", "La démo ne nous intéresse pas", "-demo"),
            ("fr", "Nous renonçons à la démo", "-demo"),
            ("fr", "Merci d'annuler la démo", "-demo"),
            ("fr", "Aucun intérêt pour une démo", "-demo"),
            ("fr", "Démo : non", "-demo"),
            ("fr", "ni démo ni devis", "-demo -pricing"),
            ("es", "No necesitamos un presupuesto", "-pricing"),
            ("es", "Ya no queremos la demo", "-demo"),
            ("es", "No estamos interesados en una demo", "-demo"),
            ("es", "La demo no nos interesa", "-demo"),
            ("es", "Por favor cancelen la demo", "-demo"),
            ("es", "Demo: no", "-demo"),
            ("it", "Non siamo più interessati a una demo", "-demo"),
            ("it", "Non abbiamo bisogno di un preventivo", "-pricing"),
            ("it", "La demo non ci interessa", "-demo"),
            ("it", "Rinunciamo alla demo", "-demo"),
            ("it", "Demo: no", "-demo"),
            ("pt", "Não precisamos de um orçamento", "-pricing"),
            ("pt", "Já não queremos a demo", "-demo"),
            ("pt", "Não temos interesse numa demo", "-demo"),
            ("pt", "A demo não nos interessa", "-demo"),
            ("pt", "Dispensamos a demo", "-demo"),
            ("nl", "Wij hebben geen interesse in een demo", "-demo"),
            ("nl", "Wij hebben geen behoefte aan een offerte", "-pricing"),
            ("nl", "We zien af van een demo", "-demo"),
            ("nl", "Een demo hoeft niet", "-demo"),
            ("nl", "We willen de demo niet meer", "-demo"),
            ("nl", "Demo: nee", "-demo"),
        ] {
            if read(code, text) != expected {
                wrong.push(format!("{text}: {}, not {expected}", read(code, text)));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn what_could_not_be_done_is_no_refusal() {
        let mut wrong: Vec<String> = Vec::new();
        for (code, text, expected) in [
            ("en", "I could not book a demo, your link is broken", "?book"),
            ("en", "I couldn't book a demo", "?book"),
            ("en", "I was not able to book a demo", "?book"),
            ("en", "Unable to book a demo on your site", "book"),
            ("en", "I tried to book a demo but it did not work", "book"),
            ("en", "Your site would not let me book a demo", "?book"),
            ("en", "I can't find your pricing", "?pricing"),
            ("en", "We have not received a quote", "?pricing"),
            ("en", "I never got the quote I asked for", "?pricing"),
            ("en", "We have not yet booked a demo", "demo"),
            ("en", "Can't we get a demo?", "?demo"),
            ("en", "Is there no demo?", "?demo"),
            ("en", "Don't you offer a demo?", "?demo"),
            ("en", "We won't buy without a demo", "?demo"),
            ("en", "We don't want to miss the demo", "?demo"),
            ("en", "Do not cancel the demo", "?demo"),
            ("en", "If we don't get a demo by Friday we go elsewhere", "?demo"),
            ("en", "Pricing is not clear to me", "?pricing"),
            ("en", "We have no CRM and would like a demo", "demo"),
            ("en", "We have no sales team and pricing matters", "pricing"),
            ("en", "Not sure which plan fits, can we see a demo", "demo"),
            ("en", "It wouldn't hurt to see a demo", "demo"),
            ("en", "Can I book a demo? No credit card at hand", "book"),
            ("de", "Ich konnte leider keine Demo buchen", "?demo"),
            ("de", "Die Demo konnte ich nicht buchen", "?demo"),
            ("de", "Leider habe ich keine Preise gefunden", "?pricing"),
            ("de", "Gibt es keine Demo?", "?demo"),
            ("de", "Wir haben noch keine Demo gesehen", "?demo"),
            ("de", "Warum nicht gleich eine Demo", "demo"),
            ("de", "Wir kaufen nicht ohne Demo", "?demo"),
            ("de", "Wir haben kein CRM und möchten eine Demo", "demo"),
            ("fr", "Je n'ai pas pu réserver de démo", "?demo"),
            ("fr", "Je n'arrive pas à réserver une démo", "?demo"),
            ("fr", "Nous n'avons pas encore vu de démo", "?demo"),
            ("fr", "Nous voulons plus de détails et une démo", "demo"),
            ("fr", "Je souhaite en savoir plus sur la démo", "demo"),
            ("es", "No pude reservar una demo", "?demo"),
            ("es", "Todavía no hemos visto una demo", "?demo"),
            ("it", "Non riesco a prenotare una demo", "?demo"),
            ("it", "Non sono riuscito a prenotare una demo", "?demo"),
            ("pt", "Não consegui agendar uma demo", "?demo"),
            ("nl", "Ik kon geen demo boeken", "?demo"),
            ("nl", "We hebben nog geen demo gezien", "?demo"),
        ] {
            if read(code, text) != expected {
                wrong.push(format!("{text}: {}, not {expected}", read(code, text)));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn every_supported_language_has_its_denials() {
        for code in super::super::language::SUPPORTED {
            assert!(LANGUAGES.iter().any(|cues| cues.code == code), "{code}");
        }
    }
}
