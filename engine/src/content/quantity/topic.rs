//! The words that can stand next to a number without changing its meaning.

use super::NumberStyle;
use super::lexicon::{NumberModifier, Period, Unit};
use super::parts::QuantityPart;
use crate::content::language::is_frequent;

/// How a word relates to the field that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Topic {
    /// The word says that the number is about the field.
    Subject,
    None,
}

/// Words for the size of a company.
const SIZES: &str = "company size headcount workforce team staff count firma unternehmen unternehmensgrosse \
    firmengrosse grosse mitarbeiterzahl mitarbeiteranzahl belegschaft anzahl taille effectif effectifs \
    entreprise societe equipe tamano empresa plantilla equipo dimensione azienda organico squadra tamanho \
    equipa omvang bedrijf grootte organisation organization business firm agency crew workplace us self employed \
    freelance freelancer solo";

/// Words for a budget.
const BUDGETS: &str = "budget budgets budgeted spend spending price cost costs amount investment invest preis \
    kosten summe betrag projektbudget gesamtbudget investition montant cout couts prix investissement \
    presupuesto importe monto coste costo precio inversion importo prezzo spesa investimento orcamento valor \
    verba custo preco bedrag prijs investering budjet afford pay";

/// Other words that leave a number as it is.
const FILLERS: &str = "currently now today presently strong full part time total overall worldwide globally \
    global internal local remote across within permanent active approximate net netto brutto gross excl incl \
    exclusive inclusive vat mwst ust ht ttc iva btw ex tax taxes plus allocated available approved range \
    limit cap max aktuell derzeit momentan heute jetzt insgesamt weltweit gesamt gesamte verfugbar \
    actuellement maintenant aujourd hui monde disponible dispo actualmente ahora hoy attualmente oggi adesso \
    atualmente hoje agora momenteel nu vandaag wereldwijd beschikbaar re ve ll s d year quarter jahr quartal \
    only right most maximum minimum possibly maybe probably vielleicht peut etre quizas forse talvez misschien \
    number nombre anzahl counting lot here altogether all";

/// Prepositions and nouns that a year follows.
const TIMES: &str = "in im en em nel nell anno year years jahr annee ano jaar fy gj by from since seit ab bis \
    until til through copyright der desde dal op el le in";

fn is_in(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known == word)
}

/// Returns whether a word, in folded form, leaves the number next to it as it is.
pub(super) fn is_neutral(word: &str) -> bool {
    is_frequent(word) || is_in(FILLERS, word) || is_in(SIZES, word) || is_in(BUDGETS, word)
}

/// Returns whether a year can follow the word.
pub(super) fn is_of_time(word: &str) -> bool {
    is_in(TIMES, word)
}

/// Returns whether a part of the text names the field.
pub(super) fn names(part: &QuantityPart, style: &NumberStyle) -> Topic {
    let word = part.text.as_str();
    let by_unit = match style.unit {
        Some(Unit::People) => is_in(SIZES, word) || part.role() == Some(NumberModifier::Unit(Unit::People)),
        Some(unit) => part.role() == Some(NumberModifier::Unit(unit)),
        None => false,
    };
    let by_name = word.len() > 2 && style.names.iter().any(|name| same_word(name, word));
    let by_money = style.is_money() && is_in(BUDGETS, word);
    if by_unit || by_name || by_money { Topic::Subject } else { Topic::None }
}

/// Returns whether two words differ at most in a plural ending.
fn same_word(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    short.len() > 2
        && long.strip_prefix(short).is_some_and(|ending| matches!(ending, "" | "s" | "es" | "e" | "n" | "en"))
        || (short.strip_suffix('y').is_some_and(|stem| long.strip_prefix(stem) == Some("ies")))
}

/// Returns the span of time that a short form after `per` or a slash means.
pub(super) fn period(word: &str) -> Option<Period> {
    Some(match word {
        "h" | "hr" | "hrs" | "std" | "ora" | "uur" => Period::Hour,
        "d" | "dia" | "tag" | "jour" | "giorno" | "dag" => Period::Day,
        "w" | "wk" | "week" | "woche" | "semaine" | "semana" | "settimana" => Period::Week,
        "m" | "mo" | "mon" | "mth" | "mnth" | "mois" | "mes" | "mese" | "mnd" | "monat" => Period::Month,
        "q" | "qtr" | "quarter" | "quartal" | "trimestre" | "kwartaal" => Period::Quarter,
        "semester" | "semestre" | "halbjahr" => Period::HalfYear,
        "y" | "yr" | "yrs" | "a" | "an" | "annum" | "annee" | "ano" | "anno" | "j" | "jahr" | "jaar" => {
            Period::Year
        }
        _ => return None,
    })
}
