//! Tests decision tables: the meaning of cells, the location of problems, and lossless round trips.

use std::collections::BTreeMap;

use engine::catalogue::Catalogue;
use engine::problem::Problem;
use engine::rules::{RuleSetFile, Table, parse, unparse};
use proptest::prelude::*;

const FIELDS: &str = "{country: {type: string}, size: {type: integer}, budget: {type: number}, source: {type: enum, values: [chat, web]}, vip: {type: bool}}";

fn fields() -> Catalogue {
    engine::rules::yaml::read(FIELDS).expect("fields")
}

fn lists() -> BTreeMap<String, Vec<String>> {
    BTreeMap::from([("tam".to_owned(), vec!["DE".to_owned()])])
}

fn table(text: &str) -> Result<RuleSetFile, Vec<Problem>> {
    let file = RuleSetFile::from_table("table", text, fields(), lists())?;
    file.compile().map(|_| file)
}

fn conditions(text: &str) -> Vec<String> {
    let file = table(text).unwrap_or_else(|problems| panic!("{text}: {problems:?}"));
    file.written_out().rules.into_iter().map(|rule| rule.when).collect()
}

fn messages(text: &str) -> Vec<String> {
    table(text).err().unwrap_or_default().into_iter().map(|problem| problem.message).collect()
}

#[test]
fn cells_are_tests_on_their_field() {
    let cases = [
        ("country", "DE", r#"country == "DE""#),
        ("country", "\"DE, AT\"", r#"country in ["DE", "AT"]"#),
        ("country", "\"not(DE, AT)\"", r#"!(country in ["DE", "AT"])"#),
        ("country", "not(DE)", r#"country != "DE""#),
        ("country", "in lists.tam", "country in lists.tam"),
        ("country", "not in lists.tam", "!(country in lists.tam)"),
        ("country", "'12'", r#"country == "12""#),
        ("size", ">= 200", "size >= 200"),
        ("size", "50..999", "size >= 50 && size <= 999"),
        ("size", "[50..1000)", "size >= 50 && size < 1000"),
        ("size", "\"< 5, > 10, 7\"", "(size == 7 || size < 5 || size > 10)"),
        ("size", "-5", "size == -5"),
        ("size", "-", "true"),
        ("vip", "true", "vip"),
        ("vip", "false", "!vip"),
        ("when", "size > 3 || vip", "(size > 3 || vip)"),
    ];
    for (column, cell, when) in cases {
        assert_eq!(conditions(&format!("{column},action\n{cell},advance\n")), [when], "{cell}");
    }
}

#[test]
fn rows_are_rules_in_order() {
    let file = table("id;country;size;pool;tags;min_confidence.size;action\nbig;DE, AT;>= 200;dach;hot, new;0.8;\n;;;;;;nurture\ndefault;;;;;;nurture\n").expect("a table");
    let rules = file.written_out().rules;
    assert_eq!(rules.iter().map(|rule| rule.id.as_str()).collect::<Vec<_>>(), ["big", "row-else"]);
    assert_eq!(rules[0].when, r#"country in ["DE", "AT"] && size >= 200"#);
    assert_eq!(rules[0].min_confidence["size"], 0.8);
    assert_eq!(
        serde_json::to_value(&rules[0].then).unwrap(),
        serde_json::json!([{"tag": "hot"}, {"tag": "new"}, {"assign": {"pool": "dach"}}])
    );
    assert_eq!((rules[1].when.as_str(), file.default.to_string()), ("true", "nurture".to_owned()));
}

#[test]
fn a_territory_table_names_a_pool_a_cell() {
    let text = "country \\ size,< 50,50..999,>= 1000\nDE,smb-dach,mid-dach,ent-dach\n\"FR, BE\",,mid-west,ent-west\n-,,,ent-world\n";
    let file = table(text).expect("a table");
    let rules = file.written_out().rules;
    let shown: Vec<String> = rules
        .iter()
        .map(|rule| format!("{}: {} {}", rule.id, rule.when, serde_json::to_string(&rule.then).unwrap()))
        .collect();
    assert_eq!(shown[0], r#"row-de-below-50: country == "DE" && size < 50 [{"assign":{"pool":"smb-dach"}}]"#);
    assert_eq!(
        shown[3],
        r#"row-fr-be-50-999: country in ["FR", "BE"] && size >= 50 && size <= 999 [{"assign":{"pool":"mid-west"}}]"#
    );
    assert_eq!(shown[5], r#"row-from-1000: size >= 1000 [{"assign":{"pool":"ent-world"}}]"#);
    assert_eq!(shown.len(), 6);
}

#[test]
fn the_fields_of_a_table_are_derived_from_its_cells() {
    let table = Table::read("country,size,vip,action\n\"DE, AT\",>= 5,false,hold\nnot(FR),5..9,,hold\n")
        .expect("a table");
    let told: Vec<String> =
        table.fields().0.iter().map(|(name, field)| format!("{name} {}", field.kind)).collect();
    assert_eq!(told, ["country string", "size number", "vip bool"]);
    let table = Table::read("country \\ size,< 50,>= 50\nDE,a,b\n").expect("a table");
    let told: Vec<String> =
        table.fields().0.iter().map(|(name, field)| format!("{name} {}", field.kind)).collect();
    assert_eq!(told, ["country string", "size number"]);
}

#[test]
fn problems_are_located_in_the_original_text() {
    for text in ["country; size; nope!\nDE;5;x\n", "id;action;  nope! \n\ndefault;hold;\n"] {
        let fields = Catalogue::default();
        let problems =
            RuleSetFile::from_table("t", text, fields, BTreeMap::new()).expect_err("a wrong column");
        let span = problems[0].span.expect("a place");
        assert_eq!(text[span.start..span.end].trim(), "nope!", "{problems:?}");
    }
}

#[test]
fn problems_name_row_and_column() {
    let cases = [
        ("contry,action\nDE,advance\n", "Row 2, column `contry`: Field `contry` does not exist."),
        (
            "country,action\nDE,advnce\n",
            "Row 2, column `action`: `advnce` is not an action; use advance, nurture, reject, assign, hold or escalate.",
        ),
        ("country,action\n\nDE\n", "Row 3: expected 2 cells, found 1."),
        ("country,action\n\"DE,advance\n", "Row 2: a quote is not closed."),
        (
            "Country name,action\nDE,advance\n",
            "Row 1, column `Country name`: `Country name` is not a column; use a field, or one of id, name, when, action, pool, parameter.NAME, tags, risk, min_confidence.FIELD.",
        ),
        ("action,action\nhold,hold\n", "Row 1, column `action`: this column exists twice."),
        (
            "size,action\n>= DE,advance\n",
            "Row 2, column `size`: `size` is a whole number and cannot be compared with text.",
        ),
        (
            "source,action\nchat,advance\nwbe,hold\n",
            "Row 3, column `source`: `wbe` is not a value of `source`; the values are `chat`, `web`.",
        ),
        (
            "country,action\nYahoo!,advance\n",
            "Row 2, column `country`: `Yahoo!` contains special characters; put it in quotes.",
        ),
        ("country,pool\nDE,\n", "Row 2: A rule needs a consequence: an action such as `advance`, or a tag."),
        ("", "The table is empty; add a first line with the names of the columns."),
    ];
    for (text, message) in cases {
        assert_eq!(messages(text).first().map(String::as_str), Some(message), "{text}");
    }
    // Every invalid cell of every row, with empty lines and lines in quotes counted as in an editor.
    let text = "id,when,country,size,source,action\n\na,\"vip\n|| !vip\",DE,5..x,web,hold\nb,,AT,>= 5,wbe,hold\nc,,Yahoo!,5,chat,hld\n";
    assert_eq!(
        messages(text),
        [
            "Row 3, column `size`: `size` is a whole number and cannot be compared with text.",
            "Row 5, column `source`: `wbe` is not a value of `source`; the values are `chat`, `web`.",
            "Row 6, column `country`: `Yahoo!` contains special characters; put it in quotes.",
            "Row 6, column `action`: `hld` is not an action; use advance, nurture, reject, assign, hold or escalate.",
        ]
    );
    let problems = table("country,source,action\nDE,webb,advance\n").unwrap_err();
    assert_eq!(problems[0].suggestion.as_deref(), Some("\"web\""));
}

#[test]
fn a_table_can_be_placed_between_rules() {
    let yaml = format!(
        "rule_set: r\nfields: {FIELDS}\nrules:\n- id: vip\n  when: vip\n  then: [escalate]\n- id: land\n  name: Territories\n  when: size > 0 || vip\n  then: [{{tag: territory}}]\n  table: |\n    country,size,pool\n    DE,>= 200,dach\n    ,,world\ndefault: hold\n"
    );
    let file = RuleSetFile::from_yaml(&yaml).expect("a file");
    let rules = file.compile().expect("rules");
    let told: Vec<_> =
        rules.rules().iter().map(|rule| (rule.id.as_str(), rule.name.as_deref().unwrap_or(""))).collect();
    assert_eq!(
        told,
        [
            ("vip", ""),
            ("land-de-from-200", "Territories: DE, >= 200"),
            ("land-else", "Territories: otherwise")
        ]
    );
    assert_eq!(file.written_out().rules[1].when, r#"(size > 0 || vip) && country == "DE" && size >= 200"#);
    let text = file.to_yaml().expect("yaml");
    assert!(text.contains("  table: |\n    country,size,pool\n    DE,>= 200,dach\n"), "{text}");
    assert_eq!(RuleSetFile::from_yaml(&text).as_ref(), Ok(&file));
    let spoiled =
        RuleSetFile::from_yaml(&yaml.replace("size > 0", "siz > 0")).expect("a file").compile().unwrap_err();
    assert_eq!(
        spoiled.iter().map(|problem| problem.pointer.as_str()).collect::<Vec<_>>(),
        ["/rules/1/when"],
        "{spoiled:?}"
    );
}

/// Generates conditions that people write; some fit in cells, some do not.
fn condition() -> impl Strategy<Value = String> {
    let atom = prop_oneof![
        prop::sample::select(vec![
            "vip",
            "!vip",
            "vip == true",
            "country in lists.tam",
            "!(country in lists.tam)",
            "has(size)",
            "size < budget",
            "confidence(size) > 0.5",
            "10 < size",
            "source == 'web'",
            "source in ['chat', 'web']",
            "!(source in ['chat', 'web'])",
            "country in ['DE']",
            "country != 'a, b'",
            "size in [1, 2, 3]",
            "budget >= 0.5",
            "budget < -1.25",
            "true",
        ])
        .prop_map(str::to_owned),
        (prop::sample::select(vec!["==", "!=", "<", "<=", ">", ">="]), 0..60_i64)
            .prop_map(|(op, n)| format!("size {op} {n}")),
        "[ -~]{0,6}".prop_map(|text| format!("country == {}", engine::rules::quoted(&text))),
    ];
    atom.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(|all| format!("({})", all.join(" && "))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|all| format!("({})", all.join(" || "))),
            inner.prop_map(|one| format!("!({one})")),
        ]
    })
}

/// Returns the parts of a conjunction, which a table can reorder.
fn parts(when: &str) -> Vec<String> {
    let (Some(expr), problems) = parse(when) else { panic!("{when}") };
    assert_eq!(problems, [], "{when}");
    fn flat(expr: &engine::rules::ast::Expr, parts: &mut Vec<String>) {
        use engine::rules::ast::{CompareOp, Expr, ExprKind};
        match &expr.kind {
            ExprKind::All(items) => items.iter().for_each(|item| flat(item, parts)),
            ExprKind::Bool(true) => {}
            ExprKind::Compare { op, left, right } if left.is_literal() => {
                let op: CompareOp = op.flipped();
                let kind = ExprKind::Compare { op, left: right.clone(), right: left.clone() };
                parts.push(unparse(&Expr::new(kind, expr.span)));
            }
            _ => parts.push(unparse(expr)),
        }
    }
    let mut parts = Vec::new();
    flat(&expr, &mut parts);
    parts.sort();
    parts
}

proptest! {
    #[test]
    fn rule_sets_round_trip_through_tables(conditions in prop::collection::vec(condition(), 1..6), pool in "[ -~]{1,5}") {
        prop_assume!(!pool.trim().is_empty());
        let rule = |(index, when): (usize, &String)| serde_json::json!({
            "id": format!("r{index}"), "when": when, "risk": ["quota"],
            "then": [{"tag": "warm"}, {"assign": {"pool": pool, "n": index, "text": "7"}}],
        });
        let rules: Vec<_> = conditions.iter().enumerate().map(rule).collect();
        let file: RuleSetFile = serde_json::from_value(serde_json::json!({"rule_set": "table", "fields": {}, "rules": rules, "default": "nurture"})).unwrap();
        let csv = file.to_table().expect("a table");
        let back = RuleSetFile::from_table("table", &csv, Catalogue::default(), BTreeMap::new());
        let back = back.unwrap_or_else(|problems| panic!("{csv}\n{problems:?}"));
        let out = back.written_out();
        prop_assert_eq!(out.rules.len(), file.rules.len());
        for (is, was) in out.rules.iter().zip(&file.rules) {
            prop_assert_eq!(parts(&is.when), parts(&was.when), "{}", csv);
            prop_assert_eq!((&is.id, &is.then, &is.risk), (&was.id, &was.then, &was.risk), "{}", csv);
        }
        prop_assert_eq!(out.default, file.default);
        prop_assert_eq!(back.to_table().expect("a table"), csv);
    }

    #[test]
    fn tables_round_trip_through_text(cells in prop::collection::vec(prop::collection::vec("\\PC{0,6}", 3), 1..5)) {
        prop_assume!(cells.iter().all(|row| row.iter().any(|cell| !cell.trim().is_empty())));
        let cells: Vec<Vec<String>> = cells.iter().map(|row| row.iter().map(|cell| cell.trim().to_owned()).collect()).collect();
        prop_assume!(!cells[0][0].starts_with('\u{feff}') && !cells[0].iter().any(|cell| cell.contains(';')));
        let table = Table { header: cells[0].clone(), rows: cells[1..].to_vec() };
        prop_assert_eq!(Table::read(&table.write()), Ok(table));
    }
}
