//! The reference workload, which the engine is measured on.

use engine::rules::RuleSetFile;

use crate::leads::{Lead, lead};

#[test]
fn the_reference_workload_compiles_and_decides() {
    let conditions = [
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
    let rules: String = conditions
        .iter()
        .enumerate()
        .map(|(i, when)| format!("  - {{id: r{i}, when: '{when}', then: [advance]}}\n"))
        .collect();
    let yaml = format!(
        "rule_set: reference
fields:
  intent_confidence: {{type: number}}
  company: {{type: string}}
  company_size: {{type: integer}}
  budget: {{type: number}}
  timeframe_days: {{type: integer}}
  decision_maker: {{type: bool}}
  usage_delta: {{type: number}}
  recent_days: {{type: integer}}
  product_interest: {{type: enum, values: [analytics, automation, integrations, security, billing, support, mobile, platform]}}
  region: {{type: enum, values: [NA, EU, UK, APAC, LATAM, MEA]}}
  source: {{type: enum, values: [chat, web_form, referral, partner, purchased_list]}}
lists: {{tam: [Acme]}}
rules:
{rules}default: hold
"
    );
    let rules = RuleSetFile::from_yaml(&yaml)
        .and_then(|file| file.compile())
        .unwrap_or_else(|problems| panic!("{problems:?}"));
    let base = lead()
        .with("intent_confidence", 0.5, 1.0)
        .with("company", "Globex", 1.0)
        .listed("tam", "company", false)
        .with("company_size", 500_i64, 1.0)
        .with("budget", 50_000.0, 1.0)
        .with("timeframe_days", 200_i64, 1.0)
        .with("decision_maker", false, 1.0)
        .with("usage_delta", 0.0, 1.0)
        .with("recent_days", 30_i64, 1.0)
        .with("product_interest", "billing", 1.0)
        .with("region", "NA", 1.0)
        .with("source", "chat", 1.0);
    let fired = |lead: Lead| lead.decide(&rules).rule;
    assert_eq!(fired(base.clone()), None);
    assert_eq!(
        fired(base.clone().with("intent_confidence", 0.9, 1.0).listed("tam", "company", true)),
        Some(0)
    );
    assert_eq!(
        fired(base.clone().with("decision_maker", true, 1.0).with("timeframe_days", 90_i64, 1.0)),
        Some(1)
    );
    assert_eq!(fired(base.clone().with("intent_confidence", 0.01, 1.0)), Some(3));
    assert_eq!(
        fired(base.clone().with("region", "UK", 1.0).with("product_interest", "security", 1.0)),
        Some(6)
    );
    assert_eq!(fired(base.clone().with("source", "partner", 1.0)), Some(8));
    assert_eq!(fired(base.clone().with("region", "APAC", 1.0)), Some(10));
    assert_eq!(fired(base.with("usage_delta", 0.2, 1.0)), Some(11));
}
