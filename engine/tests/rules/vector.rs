//! Tests decisions about many leads at once. `bench-rules` shows that they equal single decisions, on random
//! rule sets.

use std::collections::BTreeMap;

use engine::action::Action;
use engine::rules::vector::{Columns, Histogram, Lookups, Plan, RuleResults, ValueCounts};
use engine::rules::{Datum, Numeric, ReferenceList, RowCell, RuleSet, RuleSetFile, ScanStop};

const FIELDS: &str = "
  company: {type: string}
  intent: {type: number, min_confidence: 0.5}
  maker: {type: bool, missing: false}
  size: {type: integer}
  source: {type: enum, values: [chat, web]}";

fn file(rules: &str) -> RuleSetFile {
    let yaml =
        format!("rule_set: v\nfields:{FIELDS}\nlists: {{tam: []}}\nrules:\n{rules}\ndefault: nurture\n");
    RuleSetFile::from_yaml(&yaml).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn rules(rules: &str) -> RuleSet {
    file(rules).compile().unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// Returns two thousand leads with company, intent and its confidence, maker for every third, size for all but
/// each tenth, and source.
fn columns() -> Columns {
    let file = file("  - {id: a, when: maker, then: [advance]}");
    let mut builder =
        Columns::builder(file.fields.0.iter().map(|(name, definition)| (name.as_str(), definition)));
    for lead in 0..2_000_u32 {
        let whole = Datum::Number(Numeric::Integer(i64::from(lead % 100)));
        builder.push(
            &[
                RowCell::read(Datum::Text(if lead % 4 == 0 { "Initech, Inc." } else { "Globex" }), 1.0),
                RowCell::read(
                    Datum::Number(Numeric::Float(f64::from(lead % 100) / 100.0)),
                    f64::from(lead % 5) / 4.0,
                ),
                if lead % 3 == 0 { RowCell::read(Datum::Bool(true), 1.0) } else { RowCell::MISSING },
                if lead % 10 == 0 { RowCell::MISSING } else { RowCell::read(whole, 1.0) },
                if lead == 7 {
                    RowCell::read(Datum::Invalid, 1.0)
                } else {
                    RowCell::read(Datum::Code(lead % 2), 1.0)
                },
            ],
            0,
        );
    }
    builder.finish()
}

fn lists() -> BTreeMap<String, ReferenceList> {
    BTreeMap::from([("tam".to_owned(), ReferenceList::new(["INITECH,  inc".to_owned()]))])
}

const RULES: &str = "  - {id: listed, when: 'company in lists.tam && intent >= 0.5', then: [advance]}
  - {id: marked, when: 'size > 3', then: [{tag: big}]}
  - {id: maker, when: 'maker', then: [escalate]}
  - {id: small, when: 'size < 50', then: [reject]}";

#[test]
fn counts_actions_and_rows_fit_together() {
    let (columns, lists, rules) = (columns(), lists(), rules(RULES));
    let plan = Plan::new(&rules, &columns, &mut Lookups::new(&lists));
    let (counts, stops) = (plan.counts(), plan.stops());
    assert_eq!(counts.total(), 2_000);
    assert_eq!(counts, stops.counts(&rules));
    // Out of a hundred, 25 are listed; ten of these have too little confidence, and 7 of the others are high
    // enough.
    assert_eq!((counts.fired[0], counts.held[0]), (140, 200));
    assert_eq!(counts.fired[1], 0, "a rule that only tags stops no lead");
    for (index, fired) in counts.fired.iter().enumerate() {
        assert_eq!(stops.rows(ScanStop::Fired(index)).count() as u64, *fired);
    }
    let actions = counts.by_action(&rules);
    assert_eq!(actions.values().sum::<u64>(), 2_000);
    assert_eq!(actions[&Action::Nurture], counts.default + counts.held.iter().sum::<u64>());
    let simulation = counts.simulation(&rules);
    assert_eq!(simulation.rules.len(), 3);
    assert_eq!(
        simulation.total,
        simulation.default + simulation.held + simulation.rules.iter().map(|rule| rule.count).sum::<u64>()
    );
}

#[test]
fn a_moved_threshold_moves_the_same_leads_in_matrix_and_what_if() {
    let (columns, lists, rules) = (columns(), lists(), rules(RULES));
    let draft = self::rules(&RULES.replace("0.5", "0.8"));
    let mut lookups = Lookups::new(&lists);
    let before = Plan::new(&rules, &columns, &mut lookups).stops();
    let after = Plan::new(&draft, &columns, &mut lookups).stops();
    let matrix = before.matrix(&after);
    assert_eq!(matrix.total(), 2_000);
    let moved: Vec<_> = matrix.cells.iter().filter(|cell| cell.from != cell.to).collect();
    assert!(moved.iter().all(|cell| cell.from == ScanStop::Fired(0)), "{moved:?}");
    assert!(!moved.is_empty());
    for cell in &matrix.cells {
        assert_eq!(before.moved(cell.from, &after, cell.to).count() as u64, cell.count);
    }
    assert_eq!(matrix.by_action(&rules, &draft).values().sum::<u64>(), 2_000);

    let mut sheet = RuleResults::new(&rules, &columns, Lookups::new(&lists));
    assert_eq!(sheet.counts(&draft), after.counts(&draft));
    assert_eq!(sheet.counts(&rules), before.counts(&rules));
    // Other rules that read other fields, in another order.
    let other = self::rules(
        "  - {id: a, when: 'source == \"web\"', then: [reject]}\n  - {id: b, when: maker, then: [hold]}",
    );
    let plan = Plan::new(&other, &columns, &mut lookups);
    assert_eq!(sheet.counts(&other), plan.counts());
    assert_eq!(plan.stops().of(7), Some(ScanStop::Held(0)), "an invalid value is an error");
}

#[test]
fn a_field_without_a_column_is_missing() {
    let (columns, lists) = (columns(), lists());
    let yaml = format!(
        "rule_set: v\nfields:{FIELDS}\n  absent: {{type: integer}}\n  stated: {{type: integer, missing: 3}}\nrules:\n  \
         - {{id: a, when: 'stated > 3', then: [advance]}}\n  - {{id: b, when: 'absent > 3', then: [advance]}}\ndefault: hold\n"
    );
    let rules = RuleSetFile::from_yaml(&yaml).and_then(|file| file.compile()).unwrap();
    let counts = Plan::new(&rules, &columns, &mut Lookups::new(&lists)).counts();
    assert_eq!((counts.fired, counts.held, counts.default), (vec![0, 0], vec![0, 2_000], 0));
}

#[test]
fn histograms_count_every_lead_once() {
    let columns = columns();
    let size = columns.histogram("size", 9, None).unwrap();
    assert_eq!((size.missing, size.invalid), (200, 0));
    // 1 to 99 without the multiples of ten, in intervals of width 98 / 9.
    let ValueCounts::Ranges { from, to, counts } = &size.values else { panic!("{size:?}") };
    assert_eq!((*from, *to), (1.0, 99.0));
    assert_eq!(counts, &[200; 9]);
    let source = columns.histogram("source", 9, None).unwrap();
    let each = |values: &[(&str, u64)]| {
        ValueCounts::Each(values.iter().map(|(value, count)| ((*value).to_owned(), *count)).collect())
    };
    assert_eq!(source, Histogram { missing: 0, invalid: 1, values: each(&[("chat", 1_000), ("web", 999)]) });
    let maker = columns.histogram("maker", 1, Some(&mut (0..30))).unwrap();
    assert_eq!(maker, Histogram { missing: 20, invalid: 0, values: each(&[("false", 0), ("true", 10)]) });
    assert_eq!(columns.histogram("nothing", 1, None), None);
    let none = columns.histogram("size", 3, Some(&mut std::iter::empty())).unwrap();
    assert_eq!(none.values, ValueCounts::Ranges { from: 0.0, to: 0.0, counts: vec![0; 3] });
}

#[test]
fn columns_are_narrow() {
    // One byte each for size, maker, source, company, intent and three of their confidences.
    assert!(columns().bytes() < 2_048 * 10, "{}", columns().bytes());
}
