use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::json;
use uuid::Uuid;

use super::*;

fn catalogue() -> Catalogue {
    serde_json::from_value(json!({
        "budget": {"type": "number", "min": 0},
        "company": {"type": "string"},
        "company_size": {"type": "integer", "unit": "employees", "min": 1, "max": 1_000_000},
        "decision_maker": {"type": "bool"},
        "intent_confidence": {"type": "number", "min": 0, "max": 1},
        "product_interest": {"type": "enum", "values": ["analytics", "none", "security"]},
        "since": {"type": "timestamp"},
    }))
    .unwrap()
}

fn map() -> &'static ExtractionMap {
    static MAP: LazyLock<ExtractionMap> = LazyLock::new(compiled);
    &MAP
}

fn compiled() -> ExtractionMap {
    let file = MapFile::from_json(&json!({"map": "inbound-form", "fields": {
        "company": {"from": ["/payload/company", "/lead/company"], "extract": "text", "missing": ["test"]},
        "company_size": {"from": "/payload/company_size", "extract": "range", "min_confidence": 0.8},
        "budget": {"from": ["/payload/budget", "/payload/message"], "extract": "number", "currency": ["EUR", "USD"]},
        "product_interest": {"from": "/payload/interest", "extract": "enum", "synonyms": {"analytics": ["dashboards"], "security": ["sso"]}},
        "decision_maker": {"from": "/payload/role", "extract": "boolean", "yes": ["ceo", "vp"], "no": ["intern"], "min_confidence": 0.5},
        "intent_confidence": {"from": ["/payload/message", "/payload/subject"], "extract": "phrases", "phrases": {"book a demo": 0.9, "pricing": 0.6}},
        "since": {"from": "/payload/since", "extract": "timestamp"},
    }}))
    .unwrap();
    ExtractionMap::compile(&file, &catalogue()).unwrap()
}

fn extract(payload: Json) -> Extraction {
    let document =
        json!({"kind": "form", "source": "website", "lead": {"company": "Acme (lead)"}, "payload": payload});
    map().extract(
        &EventDocument { id: EventId(Uuid::nil()), document: &document },
        &ExtractionContext::default(),
    )
}

fn not_read(extraction: &Extraction) -> Vec<(&str, &str, String)> {
    extraction
        .not_read
        .iter()
        .map(|not| (not.field.as_str(), not.path.as_str(), not.why.to_string()))
        .collect()
}

#[test]
fn a_whole_form() {
    let extraction = extract(json!({
        "company": " Initech ", "company_size": "51-200 employees", "budget": "€50k", "interest": "Dashboards", "role": "VP of Sales",
        "subject": "Pricing", "message": "Hi, we would like to book a demo.", "since": "2026-11-22",
    }));
    assert_eq!(
        serde_json::to_value(&extraction.fields["company_size"]).unwrap(),
        json!({"value": 126, "confidence": 0.97, "extractor": "range", "evidence": [
            {"event_id": "00000000-0000-0000-0000-000000000000", "path": "/payload/company_size", "span": [0, 6]}]})
    );
    let values: Vec<_> =
        extraction.fields.iter().map(|(name, field)| (name.as_str(), field.value.to_json())).collect();
    assert_eq!(
        values,
        [
            ("budget", json!(50_000.0)),
            ("company", json!("Initech")),
            ("company_size", json!(126)),
            ("decision_maker", json!(true)),
            ("intent_confidence", json!(0.96)),
            ("product_interest", json!("analytics")),
            ("since", json!("2026-11-22T00:00:00.000000Z")),
        ]
    );
    let intent: Vec<_> = extraction.fields["intent_confidence"]
        .evidence
        .iter()
        .map(|at| (at.path.as_str(), at.span))
        .collect();
    assert_eq!(intent, [("/payload/message", [21, 32]), ("/payload/subject", [0, 7])]);
    assert_eq!(extraction.not_read, []);
}

#[test]
fn the_first_path_that_yields_a_value_wins() {
    let company = |json: Json| extract(json!({ "company": json })).fields["company"].value.to_json();
    assert_eq!(company(json!("Initech")), "Initech");
    for nothing in [json!(null), json!(""), json!("n/a"), json!("Test!"), json!("-"), json!([])] {
        assert_eq!(company(nothing), "Acme (lead)");
    }
    let extraction = extract(json!({"company": {"name": "Initech"}}));
    assert_eq!(extraction.fields["company"].value.to_json(), "Acme (lead)");
    assert_eq!(
        not_read(&extraction),
        [("company", "/payload/company", "found an object instead of a single value".into())]
    );
}

#[test]
fn placeholders_are_missing_and_not_unread() {
    let extraction = extract(
        json!({"company_size": "Select…", "interest": "-- Please select --", "role": "N/A", "message": "", "since": null}),
    );
    assert_eq!(extraction.fields.keys().collect::<Vec<_>>(), ["company"]);
    assert_eq!(extraction.not_read, []);
}

#[test]
fn namibia_is_no_placeholder() {
    let catalogue: Catalogue = serde_json::from_value(json!({
        "country": {"type": "string"}, "code": {"type": "string", "title": "Country code"}, "note": {"type": "string"},
        "place": {"type": "string"},
    }))
    .unwrap();
    let from = |path: &str| json!({"from": path, "extract": "text"});
    let file = json!({"map": "m", "fields": {
        "country": from("/payload/a"), "code": from("/payload/a"), "note": from("/payload/a"),
        "place": from("/payload/country"),
    }});
    let map = ExtractionMap::compile(&MapFile::from_json(&file).unwrap(), &catalogue).unwrap();
    let read = |text: &str| {
        let document = json!({"payload": {"a": text, "country": text}});
        let event = EventDocument { id: EventId(Uuid::nil()), document: &document };
        map.extract(&event, &ExtractionContext::default()).fields.keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(read("NA"), ["code", "country", "place"]);
    assert_eq!(read("DE"), ["code", "country", "note", "place"]);
    for nothing in ["N/A", "n.a.", "na", "-", "none"] {
        assert_eq!(read(nothing), [""; 0], "{nothing}");
    }
}

#[test]
fn texts_are_composed() {
    let company = |text: &str| extract(json!({ "company": text })).fields["company"].clone();
    assert_eq!(company("Mu\u{308}ller").value, Value::Text("M\u{fc}ller".into()));
    assert_eq!(company("Mu\u{308}ller").evidence[0].span, [0, 7]);
}

#[test]
fn words_of_an_extractor_are_not_placeholders() {
    assert_eq!(extract(json!({"interest": "None"})).fields["product_interest"].value.to_json(), "none");
}

#[test]
fn unreadable_values_are_reported_and_the_rest_is_read() {
    let extraction = extract(json!({
        "company_size": "many", "budget": "50k SEK", "interest": "sso and dashboards", "role": "not the CEO", "since": "soon",
        "message": "No pricing please. We have a question about our invoice.",
    }));
    assert_eq!(
        not_read(&extraction),
        [
            ("budget", "/payload/budget", "the amount is in another currency: SEK".into()),
            ("budget", "/payload/message", "the text contains no number".into()),
            ("company_size", "/payload/company_size", "the text contains no number".into()),
            ("decision_maker", "/payload/role", "the text negates it".into()),
            (
                "intent_confidence",
                "/payload/message",
                "`pricing` was not counted because the text negates it".into()
            ),
            ("product_interest", "/payload/interest", "ambiguous: security and analytics".into()),
            (
                "since",
                "/payload/since",
                "the value is not a date or time such as 2026-11-22 or 2026-11-22T09:00:00Z".into()
            ),
        ]
    );
    assert_eq!(extraction.fields.keys().collect::<Vec<_>>(), ["company", "intent_confidence"]);
    let intent = &extraction.fields["intent_confidence"];
    assert_eq!((intent.value.to_json(), intent.confidence, intent.evidence.len()), (json!(0.0), 0.8, 0));
}

#[test]
fn values_outside_the_catalogue_are_not_read() {
    let extraction = extract(json!({"company_size": 0, "budget": "-5 €"}));
    assert_eq!(
        not_read(&extraction),
        [
            ("budget", "/payload/budget", "-5 is out of range (0 or more)".into()),
            ("company_size", "/payload/company_size", "0 is out of range (1 to 1000000)".into()),
        ]
    );
}

#[test]
fn thresholds_and_name() {
    assert_eq!(map().name(), "inbound-form");
    assert_eq!(
        map().thresholds(),
        BTreeMap::from([("company_size".into(), 0.8), ("decision_maker".into(), 0.5)])
    );
}

#[test]
fn a_snapshot_keeps_the_reading() {
    let mut extraction = extract(json!({"company_size": 120}));
    let field = extraction.fields.remove("company_size").unwrap().into_snapshot(3);
    assert_eq!((field.value, field.confidence, field.map_version), (json!(120), 0.99, 3));
    assert_eq!((field.extractor.as_str(), field.evidence[0].span), ("range", [0, 3]));
}

/// Generates texts that resemble form values, so that the extractors process most of them.
fn plausible() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[0-9]{1,4}",
        "[.,' \u{A0}’-]",
        Just("–".to_owned()),
        " ?(k|m|Mio\\.?|lakh|bn|万|K€)",
        " ?[€$%+<>~]",
        " (employees|to|bis|between|and|or more|over|no|not|per month|Mitarbeiter|EUR|人以上) ",
        Just("book a demo".to_owned()),
        Just("dashboards ".to_owned()),
        Just("ceo ".to_owned()),
        Just("\u{301}".to_owned()),
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        any::<String>().prop_map(Json::from),
        plausible().prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::btree_map("[a-z\"\\\\]{1,3}", inner, 0..4).prop_map(Json::from_iter),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn readings_of_any_input_are_valid(value in any_json()) {
        let names = ["company", "company_size", "budget", "interest", "role", "message", "subject", "since"];
        let payload = Json::from_iter(names.map(|name| (name.to_owned(), value.clone())));
        let document = json!({"lead": {}, "payload": payload});
        let event = EventDocument { id: EventId(Uuid::nil()), document: &document };
        let extraction = map().extract(&event, &ExtractionContext::default());
        prop_assert_eq!(&map().extract(&event, &ExtractionContext::default()), &extraction);
        for (name, field) in &extraction.fields {
            prop_assert!((0.0..=1.0).contains(&field.confidence));
            prop_assert!(field.value.check(catalogue().get(name).unwrap()).is_ok());
            prop_assert!(Value::from_json(&field.value.to_json(), catalogue().get(name).unwrap()).is_ok());
            prop_assert!(!field.evidence.is_empty() || field.value == Value::Number(0.0));
            for evidence in &field.evidence {
                let json = document.pointer(&evidence.path).unwrap();
                let text = json.as_str().map_or_else(|| json.to_string(), str::to_owned);
                let [start, end] = evidence.span;
                prop_assert!(start < end && end <= text.chars().count(), "{} {:?} {:?}", name, text, evidence.span);
            }
        }
        for not in &extraction.not_read {
            prop_assert!(!not.why.to_string().is_empty());
        }
    }

    #[test]
    fn composed_and_decomposed_texts_read_alike(text in "[a-zäöüéñç ]{1,12}|[0-9]{1,3} [a-zäöü]{1,8}") {
        use unicode_normalization::{UnicodeNormalization as _, is_nfc};
        let decomposed: String = text.nfd().collect();
        let read = |text: &str| {
            let extraction = extract(json!({
                "company": text, "company_size": text, "budget": text, "role": text, "message": text, "interest": text,
            }));
            let values = extraction.fields.iter();
            values.map(|(name, field)| (name.clone(), field.value.to_json(), field.confidence)).collect::<Vec<_>>()
        };
        prop_assert_eq!(read(&text), read(&decomposed));
        for (name, value, _) in read(&decomposed) {
            prop_assert!(value.as_str().is_none_or(is_nfc), "{}", name);
        }
    }

    #[test]
    fn compiling_any_map_does_not_panic(text in plausible(), other in any::<String>(), weight in any::<f64>()) {
        let fields = json!({
            "company": {"from": [text, other], "extract": "text", "missing": [text]},
            "product_interest": {"from": other, "extract": "enum", "synonyms": {"security": [text, other], text.clone(): [other]}},
            "decision_maker": {"from": "/source", "extract": "boolean", "yes": [text], "no": [other]},
            "intent_confidence": {"from": "/payload/a", "extract": "phrases", "phrases": {text.clone(): weight, other.clone(): 0.5}, "languages": [other]},
        });
        if let Ok(file) = MapFile::from_json(&json!({"map": text, "fields": fields})) {
            let _ = ExtractionMap::compile(&file, &catalogue());
        }
    }
}

#[test]
fn long_texts_take_little_time() {
    // The kinds of input that make naive readers quadratic.
    let size = crate::limits::EVENT_BYTES;
    for piece in
        ["1,", "1 ", "book a ", "no ", "<", "-", "$", "k", "a.", "\u{301}", "\n", "≥1", "book a demo "]
    {
        let text = piece.repeat(size / piece.len());
        let begun = std::time::Instant::now();
        let extraction = extract(
            json!({"company": text, "company_size": text, "budget": text, "interest": text, "role": text, "message": text}),
        );
        assert!(begun.elapsed().as_secs() < 5, "{piece:?} {:?}", begun.elapsed());
        assert!(!extraction.fields.contains_key("company_size"), "{piece:?}");
    }
}
