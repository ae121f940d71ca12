//! How long the analysis of rule sets takes: the reference set, and a table of 1,000 rows.
//!
//! `cargo bench -p engine --bench analysis` prints one line of JSON.

#![allow(clippy::unwrap_used, reason = "a measurement that cannot run shall stop")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Instant;

use chrono::DateTime;
use engine::rules::analysis::Nearest;
use engine::rules::{Inputs, Reading, RuleSet, RuleSetFile};
use engine::value::Value;

const FIELDS: &str = "fields:
  intent_confidence: {type: number, min: 0, max: 1}
  company: {type: string}
  company_size: {type: integer, min: 0}
  budget: {type: number, min: 0}
  timeframe_days: {type: integer}
  decision_maker: {type: bool}
  usage_delta: {type: number}
  recent_days: {type: integer}
  product_interest: {type: enum, values: [analytics, automation, integrations, security, billing, support, mobile, platform]}
  region: {type: enum, values: [NA, EU, UK, APAC, LATAM, MEA]}
  source: {type: enum, values: [chat, web_form, referral, partner, purchased_list]}
lists: {tam: [Acme]}
";

const REFERENCE: [&str; 12] = [
    "intent_confidence > 0.85 && company in lists.tam",
    "decision_maker && timeframe_days <= 90",
    "usage_delta > 0.3 && recent_days <= 14",
    "intent_confidence < 0.05",
    "source == \"purchased_list\" && budget < 1000",
    "company_size >= 1000 && budget >= 100000",
    "region in [\"EU\",\"UK\"] && company_size >= 200 && product_interest == \"security\"",
    "product_interest in [\"analytics\",\"automation\",\"integrations\"] && intent_confidence >= 0.6 && budget >= 20000",
    "source in [\"referral\",\"partner\"] && intent_confidence >= 0.4",
    "company_size < 10 && budget < 5000 && !decision_maker",
    "region == \"APAC\" && timeframe_days > 180",
    "intent_confidence >= 0.5 && intent_confidence < 0.6 && usage_delta > 0.1 && company_size >= 50",
];

fn main() {
    let rules = |conditions: &[String]| {
        let mut yaml = format!("rule_set: bench\n{FIELDS}rules:\n");
        for (index, when) in conditions.iter().enumerate() {
            let action = ["advance", "nurture", "reject"][index % 3];
            writeln!(yaml, "  - {{id: r{index}, when: '{when}', then: [{action}]}}").unwrap();
        }
        yaml.push_str("default: hold\n");
        RuleSetFile::from_yaml(&yaml).unwrap().compile().unwrap()
    };
    let reference = rules(&REFERENCE.map(str::to_owned));
    // Country and size say where a row is; each has a threshold of its own.
    let row = |index: usize| {
        let low = index / 30 * 25;
        let (region, source) = (
            ["NA", "EU", "UK", "APAC", "LATAM", "MEA"][index % 6],
            ["chat", "web_form", "referral", "partner", "purchased_list"][index / 6 % 5],
        );
        format!(
            "region == \"{region}\" && source == \"{source}\" && company_size >= {low} && company_size < {} && budget >= {}",
            low + 25,
            index * 7
        )
    };
    let table = rules(&(0..1_000).map(row).collect::<Vec<_>>());
    // The same grid without holes, and a row behind it that nothing is left for: all of it has to be covered.
    let mut grid: Vec<String> = (0..990)
        .map(|index| {
            let low = index / 30 * 25;
            let upper =
                if index / 30 == 32 { String::new() } else { format!(" && company_size < {}", low + 25) };
            row(index).split(" && company_size <").next().unwrap().to_owned() + &upper
        })
        .collect();
    grid.push("decision_maker".to_owned());
    let grid = rules(&grid);
    let lead = BTreeMap::from(
        [
            ("intent_confidence", Value::Number(0.55)),
            ("company_size", Value::Integer(120)),
            ("budget", Value::Number(500.0)),
            ("decision_maker", Value::Bool(false)),
            ("timeframe_days", Value::Integer(100)),
            ("usage_delta", Value::Number(0.0)),
            ("recent_days", Value::Integer(30)),
            ("product_interest", Value::Text("billing".into())),
            ("region", Value::Text("NA".into())),
            ("source", Value::Text("chat".into())),
            ("company", Value::Text("Globex".into())),
        ]
        .map(|(name, value)| (name.to_owned(), Reading { value, confidence: 1.0 })),
    );
    let lists = BTreeMap::from([(
        "tam".to_owned(),
        engine::decision::SnapshotList {
            by_field: BTreeMap::from([("company".to_owned(), false)]),
            ..Default::default()
        },
    )]);
    let inputs = Inputs { readings: &lead, lists: &lists, as_of: DateTime::UNIX_EPOCH };
    let analyse = |rules: &RuleSet| rules.analyse(&BTreeMap::new()).findings.len();
    println!(
        "{{\"reference_ms\":{:.3},\"table_1000_rows_ms\":{:.3},\"grid_991_rows_covered_ms\":{:.3},\"counterfactual_ms\":{:.3},\"findings\":[{},{},{}],\"counterfactual\":\"{}\"}}",
        median_of(20, || {
            black_box(analyse(&reference));
        }),
        median_of(10, || {
            black_box(analyse(&table));
        }),
        median_of(10, || {
            black_box(analyse(&grid));
        }),
        median_of(20, || {
            black_box(reference.nearest_change(&inputs, None));
        }),
        analyse(&reference),
        analyse(&table),
        analyse(&grid),
        match reference.nearest_change(&inputs, None) {
            Nearest::Found(found) => found.moves.iter().map(|one| one.text()).collect::<Vec<_>>().join(", "),
            other => format!("{other:?}"),
        },
    );
}

/// The median of some runs in milliseconds.
fn median_of(runs: usize, mut run: impl FnMut()) -> f64 {
    run();
    let mut times: Vec<f64> = (0..runs)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64() * 1_000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[runs / 2]
}
