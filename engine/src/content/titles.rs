//! Job titles: which of them mean the same, and whether a text says that its author holds one.
//!
//! "Former CEO", "assistant to the CEO" and "our CEO" name a title that someone else holds, or that no one does
//! any more.

use std::sync::LazyLock;

use super::words::{PhraseMatch, Phrasebook, Word, WordBreak, words_of};

/// Titles that mean the same, by group, in the languages that phrases are written in.
const GROUPS: [(&str, &str); 20] = [
    (
        "ceo",
        "ceo|c.e.o.|chief executive|chief executive officer|managing director|geschäftsführer|geschäftsführerin|\
         geschaeftsfuehrer|geschaeftsfuehrerin|geschäftsleiter|geschäftsleiterin|vorstandsvorsitzender|\
         vorstandsvorsitzende|mitglied der geschäftsführung|mitglied der geschäftsleitung|pdg|p.d.g.|\
         président directeur général|directeur général|directrice générale|director general|directora general|\
         consejero delegado|consejera delegada|director gerente|amministratore delegato|\
         amministratrice delegata|direttore generale|diretor executivo|diretora executiva|diretor geral|\
         diretora geral|algemeen directeur|bestuurder",
    ),
    (
        "cfo",
        "cfo|chief financial officer|chief finance officer|finanzvorstand|finanzchef|finanzchefin|\
         kaufmännischer leiter|kaufmännische leiterin|directeur financier|directrice financière|\
         directeur administratif et financier|daf|director financiero|directora financiera|\
         direttore finanziario|diretor financeiro|diretora financeira|financieel directeur",
    ),
    ("cto", "cto|chief technology officer|chief technical officer|technischer leiter|directeur technique"),
    ("coo", "coo|chief operating officer|chief operations officer"),
    ("cro", "cro|chief revenue officer|chief sales officer|vertriebsvorstand"),
    ("cmo", "cmo|chief marketing officer|marketingvorstand"),
    ("cio", "cio|chief information officer|dsi"),
    ("ciso", "ciso|chief information security officer|rssi"),
    (
        "founder",
        "founder|cofounder|co-founder|founding partner|gründer|gründerin|gruender|mitgründer|mitgründerin|\
         mitbegründer|mitbegründerin|fondateur|fondatrice|cofondateur|cofondatrice|co-fondateur|co-fondatrice|\
         fundador|fundadora|cofundador|cofundadora|co-fundador|fondatore|cofondatore|co-fondatore|oprichter|\
         medeoprichter",
    ),
    (
        "owner",
        "owner|business owner|company owner|co-owner|coowner|inhaber|inhaberin|mitinhaber|eigentümer|\
         eigentümerin|geschäftsinhaber|geschäftsinhaberin|propriétaire|gérant|gérante|propietario|propietaria|\
         dueño|dueña|titolare|proprietario|proprietaria|proprietário|proprietária|dono da empresa|\
         dona da empresa|eigenaar|eigenares",
    ),
    (
        "vp",
        "vp|vice president|vice-president|svp|evp|senior vp|executive vp|senior vice president|\
         executive vice president|vizepräsident|vizepräsidentin|vice-président|vice-présidente|vicepresidente|\
         vicepresidenta|vice presidente|vicepresident",
    ),
    ("president", "president|präsident|präsidentin|président|présidente|presidente"),
    (
        "director",
        "director|direktor|direktorin|directeur|directrice|directora|direttore|direttrice|diretor|diretora",
    ),
    (
        "head of",
        "head of|head|leiter|leiterin|abteilungsleiter|abteilungsleiterin|bereichsleiter|bereichsleiterin|\
         vertriebsleiter|vertriebsleiterin|marketingleiter|marketingleiterin|einkaufsleiter|\
         einkaufsleiterin|it-leiter|responsable|responsabile|jefe de|jefa de|responsável|hoofd",
    ),
    (
        "managing partner",
        "managing partner|geschäftsführender gesellschafter|geschäftsführende gesellschafterin|associé gérant|\
         socio director|socio gerente",
    ),
    (
        "decision maker",
        "decision maker|decisionmaker|entscheider|entscheiderin|entscheidungsträger|entscheidungsträgerin|\
         décideur|décideuse|décisionnaire|decisore|tomador de decisiones|tomador de decisão|decisor|beslisser",
    ),
    (
        "assistant",
        "assistant|assistentin|assistent|assistenz|assistante|asistente|assistente|secretary|sekretär|\
         sekretärin|secrétaire|secretaria|segretaria|secretária|secretaresse",
    ),
    (
        "intern",
        "intern|internship|trainee|praktikant|praktikantin|stagiaire|becario|becaria|tirocinante|stagista|\
         estagiário|estagiária",
    ),
    (
        "student",
        "student|studentin|werkstudent|werkstudentin|étudiant|étudiante|estudiante|studente|studentessa|estudante",
    ),
    ("analyst", "analyst|analystin|analyste|analista"),
];

/// The groups of people who decide in any company.
const DECIDERS: [&str; 5] = ["ceo", "founder", "owner", "managing partner", "decision maker"];

/// Titles that only contain the word for another one.
const OTHERS: &str = "product owner|process owner|data owner|system owner|service owner|project owner|\
    account owner|home owner|homeowner|pet owner|dog owner|car owner|art director|assistant director|\
    assistant vice president|assistant vp|avp|associate director|funeral director|stage director|\
    vice president elect|head hunter|headhunter|head start|head office|head count|headcount";

/// Texts which say that their author does not decide.
pub(super) const NOT_DECIDING: &str = "not my decision|can't decide|cannot decide|do not decide|don't decide|\
    not authorised|not authorized|no decision power|no authority|not the buyer|entscheide nicht|\
    darf nicht entscheiden|nicht entscheidungsbefugt|ne décide pas|no decido|non decido|não decido|beslis niet";

/// Returns the groups that a word belongs to.
fn groups_of(phrase: &str) -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    let text = |words: &str| words_of(words).into_iter().map(|word| word.text).collect::<Vec<_>>();
    let wanted = text(phrase);
    GROUPS.iter().filter(move |(_, titles)| titles.split('|').any(|title| text(title) == wanted))
}

/// Returns whether a phrase is a job title.
pub(super) fn is_title(phrase: &str) -> bool {
    groups_of(phrase).next().is_some()
}

/// Returns the other titles that mean the same as a phrase.
pub(super) fn same_as(phrase: &str) -> Vec<&'static str> {
    groups_of(phrase).flat_map(|(_, titles)| titles.split('|')).collect()
}

/// Returns the titles of people who decide in any company.
pub(super) fn deciders() -> impl Iterator<Item = &'static str> {
    let groups = GROUPS.iter().filter(|(name, _)| DECIDERS.contains(name));
    groups.flat_map(|(_, titles)| titles.split('|'))
}

/// Returns the titles for the one who decides.
pub(super) fn decision_makers() -> impl Iterator<Item = &'static str> {
    GROUPS.iter().filter(|(name, _)| *name == "decision maker").flat_map(|(_, titles)| titles.split('|'))
}

/// Returns the titles that only contain the word for another one: a product owner owns no company.
pub(super) fn others() -> impl Iterator<Item = &'static str> {
    let vice = GROUPS.iter().filter(|(name, _)| *name == "vp").flat_map(|(_, titles)| titles.split('|'));
    OTHERS.split('|').chain(vice)
}

/// How a word before or after a title takes it away from the author of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attribution {
    /// The author held the title, or wants to.
    AnotherTime,
    /// Another person holds the title.
    AnotherPerson,
    /// The author did come to hold it: `promoted to`.
    Author,
}

/// The maximum number of words between `former` and a title.
const TIME_WORDS: usize = 2;
/// The maximum number of words between a mention of another person and their title.
const PERSON_WORDS: usize = 4;

static BEFORE: LazyLock<Phrasebook<Attribution>> = LazyLock::new(|| {
    use Attribution::*;
    Phrasebook::of([
        ("promoted to|befördert zum|befördert zur|promu|promue|ascendido a|promosso a|promovido a", Author),
        (
            "former|formerly|ex|previous|previously|past|retired|aspiring|wannabe|future|late|once",
            AnotherTime,
        ),
        (
            "used to be|was|was the|was a|ehemaliger|ehemalige|ehemals|ehem|früherer|frühere|früher",
            AnotherTime,
        ),
        ("künftiger|künftige|war|ancien|ancienne|futur|future|antiguo|antigua|anterior", AnotherTime),
        (
            "futuro|futura|già|voormalig|voormalige|oud|toekomstig|gepensioneerd|retraité|jubilado",
            AnotherTime,
        ),
        ("to|to the|report to|reports to|reporting to|report into|reporting into", AnotherPerson),
        ("assistant|assistenz|assistentin|assistent|assistante|asistente|assistente", AnotherPerson),
        ("secretary|sekretariat|sekretärin|secrétaire|secretaria|segretaria", AnotherPerson),
        ("assistant to|assistant of|assistant for|pa to|pa of|pa for|ea to|secretary to", AnotherPerson),
        ("secretary of|work for|working for|works for|work with|working with|work under", AnotherPerson),
        ("working under|on behalf of|in the name of|office of|advisor to|adviser to|aide to", AnotherPerson),
        ("ask|asking|ask the|convince|talk to|speak to|speak with|check with|consult", AnotherPerson),
        ("supporting|support the|approval from|approval of|approved by|decided by|up to", AnotherPerson),
        ("our|my|your|his|her|their|for the|for our|from our|by our|by the|with our|with the", AnotherPerson),
        ("wife of|husband of|son of|daughter of|friend of|colleague of|team of", AnotherPerson),
        ("assistenz der|assistenz des|assistentin der|assistentin des|assistent der", AnotherPerson),
        ("assistent des|sekretariat|sekretärin des|berichte an|berichtet an|arbeite für", AnotherPerson),
        ("im auftrag|im namen|unser|unsere|unseren|unserem|unserer|mein|meine|meinen", AnotherPerson),
        ("meinem|referent des|referentin des|rücksprache mit|an den|an die|für den|für die", AnotherPerson),
        ("mit dem|mit der|vom|beim|zum", AnotherPerson),
        ("assistant du|assistant de la|assistante du|assistante de la|assistante de", AnotherPerson),
        ("assistant de|rapporte au|rapporte à|travaille pour|au nom du|au nom de|pour le", AnotherPerson),
        ("pour la|pour notre|notre|nos|mon|ma|mes|demander au|demander à|secrétaire du", AnotherPerson),
        ("secrétaire de|avec le|auprès du", AnotherPerson),
        ("asistente del|asistente de|secretaria del|secretaria de|reporto al|reporto a", AnotherPerson),
        ("trabajo para|en nombre del|en nombre de|nuestro|nuestra|mi|mis|consultar con", AnotherPerson),
        ("preguntar al|preguntar a|al|para el|para la", AnotherPerson),
        ("assistente del|assistente della|assistente di|riporto al|riporto a|lavoro per", AnotherPerson),
        ("per conto del|per conto di|a nome del|a nome di|il nostro|nostro|nostra|mio|mia", AnotherPerson),
        ("chiedere al|chiedere a|per il", AnotherPerson),
        ("assistente do|assistente da|assistente de|reporto ao|trabalho para|em nome do", AnotherPerson),
        ("em nome de|nosso|nossa|meu|minha|falar com|perguntar ao|ao", AnotherPerson),
        ("assistent van|assistente van|rapporteer aan|werk voor|namens|onze|mijn", AnotherPerson),
        ("overleggen met|vragen aan|aan de", AnotherPerson),
    ])
});

static AFTER: LazyLock<Phrasebook<Attribution>> = LazyLock::new(|| {
    use Attribution::*;
    Phrasebook::of([
        ("former|formerly|retired|emeritus|emerita|previously|until|a.d.|i.r.|im ruhestand", AnotherTime),
        ("honoraire|jubilado|in pensione|aposentado|gepensioneerd|elect", AnotherTime),
        ("s|assistant|assistants|assistentin|assistenz|secretary|office|büro|sekretariat|pa", AnotherPerson),
        ("asked|asked me|wants|wanted|told me|told us|decides|will decide|has to decide", AnotherPerson),
        ("must decide|must approve|has to approve|needs to approve|will approve|approves", AnotherPerson),
        ("sent me|requested|makes the decision|möchte|entscheidet|muss entscheiden|hat mich", AnotherPerson),
        ("décide|doit décider|m'a demandé|decide|debe decidir|deve decidere|beslist", AnotherPerson),
    ])
});

/// Returns whether a title in a text is not the author's own: another person holds it, or the author does no
/// longer.
pub(super) fn is_attributed<T>(words: &[Word], title: &PhraseMatch<'_, T>) -> bool {
    before(words, title) || after(words, title)
}

fn before<T>(words: &[Word], title: &PhraseMatch<'_, T>) -> bool {
    let earliest = title.first.saturating_sub(PERSON_WORDS + 3);
    // A comma ends what is said about a title: `former Googler, CEO`.
    let begin = (earliest + 1..=title.first)
        .rev()
        .find(|at| words[*at].before != WordBreak::None)
        .unwrap_or(earliest);
    let hits = BEFORE.find(&words[begin..title.first]);
    let Some(nearest) = hits.last() else { return false };
    let distance = title.first - begin - nearest.end;
    match nearest.value {
        Attribution::Author => false,
        Attribution::AnotherTime => distance <= TIME_WORDS,
        Attribution::AnotherPerson => distance <= PERSON_WORDS,
    }
}

fn after<T>(words: &[Word], title: &PhraseMatch<'_, T>) -> bool {
    let rest = &words[title.end..];
    let Some(next) = rest.first() else { return false };
    if next.before == WordBreak::Stop {
        return false;
    }
    let found = AFTER.longest(rest.iter().map(|word| word.text.as_str()));
    // What follows a comma can be about a second title: `CEO, former CTO`.
    let ends = |taken: usize| rest.get(taken).is_none_or(|word| word.before != WordBreak::None);
    found.is_some_and(|(taken, attribution)| match attribution {
        Attribution::AnotherPerson => next.before == WordBreak::None,
        _ => next.before == WordBreak::None || ends(taken),
    })
}
