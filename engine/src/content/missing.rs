//! Placeholders in form fields, which count as missing.

use std::sync::LazyLock;

use super::source::SourceText;
use super::words::{Phrasebook, words_of};

/// Texts that people and forms use for no answer. `other` is not included, since it is an answer.
static PLACEHOLDERS: LazyLock<Phrasebook<()>> = LazyLock::new(|| {
    Phrasebook::of([
        ("n/a|na|nan|null|nil|none|none selected|undefined|unknown|not known|tbd|tba|blank|empty", ()),
        ("not available|not applicable|not specified|not provided|not set|no answer|no data", ()),
        ("no value|prefer not to say", ()),
        ("select|select one|select an option|select a value|please select|please select one", ()),
        ("choose|choose one|choose an option", ()),
        ("please choose|please choose one|please specify|pick one|click to select|don't know", ()),
        ("do not know|i don't know", ()),
        ("unbekannt|keine|keine angabe|keine angaben|k.a.|nicht angegeben|nicht bekannt", ()),
        ("bitte wählen|bitte auswählen|auswählen", ()),
        ("wählen sie|bitte wählen sie|bitte wählen sie aus|weiß nicht|entfällt", ()),
        ("inconnu|aucun|aucune|non renseigné|non précisé|non spécifié|choisir|choisissez", ()),
        ("veuillez choisir|sélectionner", ()),
        ("sélectionnez|veuillez sélectionner|je ne sais pas|sans objet", ()),
        ("desconocido|ninguno|ninguna|no especificado|no aplica|no disponible|elegir|elija", ()),
        ("seleccionar|seleccione|selecciona", ()),
        ("seleccione una opción|selecciona una opción|no sé", ()),
        ("sconosciuto|nessuno|nessuna|non specificato|non disponibile|scegli|scegliere|seleziona", ()),
        ("selezionare|non so", ()),
        ("desconhecido|nenhum|nenhuma|não especificado|não disponível|não se aplica|escolha", ()),
        ("selecione|selecionar|não sei", ()),
        ("onbekend|geen|niet opgegeven|niet van toepassing|n.v.t.|nvt|kies|kies een optie", ()),
        ("maak een keuze|selecteer|weet niet", ()),
        ("okänd|ukjent|ukendt|välj|velg|vælg|nieznany|brak|wybierz|nie dotyczy|neznámý|vyberte", ()),
        ("tuntematon|valitse|bilinmiyor|seçiniz", ()),
        (
            "неизвестно|не указано|нет данных|выберите|不明|未定|選択してください|请选择|請選擇|未知|无|無|없음|선택",
            (),
        ),
    ])
});

/// The texts that count as missing in one field, in addition to the placeholders.
#[derive(Clone, Debug, Default)]
pub(super) struct MissingTexts {
    own: Phrasebook<()>,
}

impl MissingTexts {
    /// Creates the set from a map's texts, each compared as a whole.
    pub fn of(texts: &[String]) -> Self {
        let mut own = Phrasebook::default();
        for text in texts {
            own.insert(&words_of(text), ());
        }
        Self { own }
    }

    /// Returns whether the map lists this text as missing.
    pub fn is_listed(&self, source: &SourceText) -> bool {
        self.own.exactly(&source.words).is_some()
    }
}

/// Words in the name of a field whose values can be the code `NA`: Namibia, North America, Naples.
const PLACES: [&str; 22] = [
    "country",
    "countries",
    "land",
    "pays",
    "pais",
    "paese",
    "staat",
    "nation",
    "nationality",
    "iso",
    "region",
    "territory",
    "market",
    "geo",
    "geography",
    "area",
    "continent",
    "kontinent",
    "province",
    "provincia",
    "state",
    "jurisdiction",
];

/// Returns whether a field holds places, by its name, its title or its paths.
pub(super) fn holds_places<'n>(names: impl IntoIterator<Item = &'n str>) -> bool {
    let parts = |name: &'n str| name.rsplit('/').next().unwrap_or(name).replace('_', " ");
    names
        .into_iter()
        .any(|name| words_of(&parts(name)).iter().any(|word| PLACES.contains(&word.text.as_str())))
}

/// Returns whether the text is the code of a place that is also a placeholder: `NA`, but not `n/a`.
pub(super) fn is_place(source: &SourceText) -> bool {
    let [start, end] = source.trimmed();
    source.chars[start..end] == ['N', 'A']
}

/// Returns whether the text counts as missing in every field: an empty text, a dash, or a word such as `n/a`.
pub(super) fn is_placeholder(source: &SourceText) -> bool {
    if source.words.is_empty() {
        let dash = |c: &char| {
            c.is_whitespace()
                || c.is_control()
                || "-–—−_./\\|*…·•()[]<>\"'\u{2029}\u{200B}\u{FEFF}\u{AD}".contains(*c)
        };
        return !source.cut && source.chars.iter().all(dash);
    }
    PLACEHOLDERS.exactly(&source.words).is_some()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn placeholders() {
        for text in [
            "",
            "  ",
            "-",
            "--",
            "—",
            "...",
            "/",
            "n/a",
            "N/A",
            "NA",
            "N.A.",
            "none",
            "(None)",
            "null",
            "Select",
            "Select…",
            "-- Select --",
            "- Please choose -",
            "Please select:",
            "Unknown",
            "Bitte wählen",
            "Bitte waehlen".replace("ae", "ä").as_str(),
            "k. A.",
            "Sélectionnez",
            "Selectionnez",
            "Seleccione",
            "No sé",
            "Seleziona",
            "Não sei",
            "n.v.t.",
            "\u{200B}",
            "не указано",
            "请选择",
            "選択してください",
        ] {
            assert!(is_placeholder(&SourceText::at(&json!(text), "").unwrap()), "{text:?}");
        }
        assert!(is_placeholder(&SourceText::at(&json!([]), "").unwrap()));
    }

    #[test]
    fn texts_that_are_not_placeholders() {
        for text in [
            "0",
            "no",
            "Other",
            "Select Comfort",
            "Na Pali Ltd",
            "None of your business",
            "?",
            "!!",
            "👍",
            "Choose Energy",
        ] {
            assert!(!is_placeholder(&SourceText::at(&json!(text), "").unwrap()), "{text:?}");
        }
    }

    #[test]
    fn na_is_a_place_in_a_field_of_places() {
        for name in
            ["country", "billing_country", "Country / region", "HQ region", "/payload/country_code", "pais"]
        {
            assert!(holds_places([name]), "{name}");
        }
        for name in ["company", "lander", "/country/name", "estate", "landing_page"] {
            assert!(!holds_places([name]), "{name}");
        }
        let place = |text: &str| is_place(&SourceText::at(&json!(text), "").unwrap());
        assert!(place("NA") && place(" NA "));
        assert!(!place("N/A") && !place("n.a.") && !place("na") && !place("NAM"));
    }

    #[test]
    fn a_map_adds_its_own() {
        let missing = MissingTexts::of(&["Pick something".into(), "test".into()]);
        assert!(missing.is_listed(&SourceText::at(&json!("PICK something!"), "").unwrap()));
        assert!(!missing.is_listed(&SourceText::at(&json!("a test"), "").unwrap()));
    }
}
