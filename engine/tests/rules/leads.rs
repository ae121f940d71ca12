//! Builders for leads and rule sets.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use engine::decision::SnapshotList;
use engine::rules::{Explanation, Inputs, Reading, RuleSet, RuleSetFile, Verdict};
use engine::value::Value;

pub const FIELDS: &str = "
fields:
  a: {type: bool}
  b: {type: bool}
  c: {type: bool}
  size: {type: integer, unit: employees}
  budget: {type: number, min_confidence: 0.5}
  visits: {type: integer, missing: 0, min_confidence: 0.5}
  company: {type: string}
  domain: {type: string, missing: none.example}
  source: {type: enum, values: [chat, web_form, referral]}
  region: {type: enum, values: [referral, EU]}
  seen_at: {type: timestamp}
  met_at: {type: timestamp}
lists: {tam: [Acme], blocked: [Evil]}
";

pub fn compile(rules: &str) -> RuleSet {
    let yaml = format!("rule_set: test\n{FIELDS}rules:\n{rules}\ndefault: nurture\n");
    let file = RuleSetFile::from_yaml(&yaml).unwrap_or_else(|problems| panic!("{problems:?}"));
    file.compile().unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// Returns a rule set with one rule, which advances.
pub fn single(when: &str) -> RuleSet {
    compile(&format!("  - {{id: only, when: '{}', then: [advance]}}", when.replace('\'', "''")))
}

#[derive(Clone, Default)]
pub struct Lead {
    pub readings: BTreeMap<String, Reading>,
    pub lists: BTreeMap<String, SnapshotList>,
}

impl Lead {
    pub fn with(mut self, field: &str, value: impl Into<Val>, confidence: f64) -> Self {
        self.readings.insert(field.into(), Reading { value: value.into().0, confidence });
        self
    }

    pub fn listed(mut self, list: &str, field: &str, contains: bool) -> Self {
        self.lists.entry(list.into()).or_default().by_field.insert(field.into(), contains);
        self
    }

    pub fn inputs(&self) -> Inputs<'_> {
        Inputs { readings: &self.readings, lists: &self.lists, as_of: at("2026-11-22T09:00:00Z") }
    }

    pub fn decide(&self, rules: &RuleSet) -> Verdict {
        rules.decide(&self.inputs())
    }

    pub fn explain(&self, rules: &RuleSet) -> Explanation {
        rules.explain(&self.inputs())
    }
}

pub struct Val(Value);

impl From<bool> for Val {
    fn from(value: bool) -> Self {
        Self(Value::Bool(value))
    }
}

impl From<i64> for Val {
    fn from(value: i64) -> Self {
        Self(Value::Integer(value))
    }
}

impl From<f64> for Val {
    fn from(value: f64) -> Self {
        Self(Value::Number(value))
    }
}

impl From<&str> for Val {
    fn from(value: &str) -> Self {
        Self(Value::Text(value.into()))
    }
}

impl From<DateTime<Utc>> for Val {
    fn from(value: DateTime<Utc>) -> Self {
        Self(Value::Timestamp(value))
    }
}

pub fn lead() -> Lead {
    Lead::default()
}

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}
