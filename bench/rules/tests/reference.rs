//! Runs the reference workload with the row engine, on leads whose rule was determined by hand.

#![allow(clippy::unwrap_used, reason = "the helpers of tests are tests")]

use bench_rules::reference::{self, FIELDS, Lead, Leads, Logic, PRODUCTS, REGIONS, SOURCES};
use engine::rules::{Row, ScanStop};

fn place(values: &[&str], value: &str) -> u32 {
    values.iter().position(|known| *known == value).and_then(|place| u32::try_from(place).ok()).unwrap()
}

fn base() -> Lead {
    Lead {
        intent_confidence: 0.5,
        company: 0,
        company_size: 500,
        budget: 50_000.0,
        timeframe_days: Some(200),
        decision_maker: false,
        usage_delta: 0.0,
        recent_days: 30,
        product_interest: place(&PRODUCTS, "billing"),
        region: place(&REGIONS, "NA"),
        source: place(&SOURCES, "chat"),
    }
}

fn stop(lead: &Lead, is_listed: bool) -> ScanStop {
    let rules = reference::rules(Logic::ThreeValued, 0.85).unwrap();
    let companies = Leads::new().companies;
    let cells = lead.cells(&companies);
    let place = |name: &str| FIELDS.iter().position(|(field, _)| *field == name).unwrap();
    let cells: Vec<_> = rules.slots().iter().map(|slot| cells[place(&slot.name)]).collect();
    rules.decide_row(&Row { cells: &cells, answers: &[Some(is_listed)], as_of: 0 })
}

#[test]
fn each_rule_takes_the_leads_that_it_is_for() {
    assert_eq!(stop(&base(), false), ScanStop::Default);
    assert_eq!(stop(&Lead { intent_confidence: 0.9, ..base() }, true), ScanStop::Fired(0));
    assert_eq!(stop(&Lead { intent_confidence: 0.9, ..base() }, false), ScanStop::Default);
    let soon = Lead { decision_maker: true, timeframe_days: Some(90), ..base() };
    assert_eq!(stop(&soon, false), ScanStop::Fired(1));
    assert_eq!(stop(&Lead { timeframe_days: None, ..soon }, false), ScanStop::Held(1));
    assert_eq!(stop(&Lead { intent_confidence: 0.01, ..base() }, false), ScanStop::Fired(3));
    let secure =
        Lead { region: place(&REGIONS, "UK"), product_interest: place(&PRODUCTS, "security"), ..base() };
    assert_eq!(stop(&secure, false), ScanStop::Fired(6));
    assert_eq!(stop(&Lead { source: place(&SOURCES, "partner"), ..base() }, false), ScanStop::Fired(8));
    assert_eq!(stop(&Lead { region: place(&REGIONS, "APAC"), ..base() }, false), ScanStop::Fired(10));
    assert_eq!(stop(&Lead { usage_delta: 0.2, ..base() }, false), ScanStop::Fired(11));
}
