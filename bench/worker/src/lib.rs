//! The parts of the rule engine that a web worker on a page needs, used to measure its size: it checks and
//! analyses a rule file, runs it on leads in columns, and explains the decision for one of them.

use std::collections::BTreeMap;

use engine::problem::Problem;
use engine::rules::vector::{Columns, Lookups, Plan};
use engine::rules::{Inputs, Reading, RowCell, RuleSetFile, Slot};
use engine::value::Value;
use serde_json::{Value as Json, json};

/// Runs a rule file (YAML) on leads (a JSON list of objects) and returns the results, or else the problems.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen::prelude::wasm_bindgen)]
pub fn preview(rules: &str, leads: &str) -> String {
    match previewed(rules, leads) {
        Ok(told) => told.to_string(),
        Err(problems) => json!({ "problems": problems }).to_string(),
    }
}

fn previewed(rules: &str, leads: &str) -> Result<Json, Vec<Problem>> {
    let file = RuleSetFile::from_yaml(rules)?;
    let rules = file.compile()?;
    let lists = file.reference_lists();
    let entries = file.lists.iter().map(|(name, entries)| (name.clone(), entries.len())).collect();
    let findings: Vec<String> = rules.analyse(&entries).findings.iter().map(|one| one.message()).collect();

    let leads: Vec<BTreeMap<String, Json>> =
        serde_json::from_str(leads).map_err(|error| vec![Problem::at("", error.to_string())])?;
    let slots: Vec<Slot> = file.fields.0.iter().map(|(name, field)| Slot::new(name, field)).collect();
    let readings = leads.iter().map(|lead| {
        let read = slots.iter().filter_map(|slot| {
            let value = Value::from_json(lead.get(&slot.name)?, &slot.definition).ok()?;
            Some((slot.name.clone(), Reading { value, confidence: 1.0 }))
        });
        read.collect::<BTreeMap<String, Reading>>()
    });
    let readings: Vec<_> = readings.collect();
    let mut columns =
        Columns::builder(file.fields.0.iter().map(|(name, definition)| (name.as_str(), definition)));
    for lead in &readings {
        let cells: Vec<RowCell<'_>> = slots.iter().map(|slot| slot.cell(lead.get(&slot.name))).collect();
        columns.push(&cells, 0);
    }
    let columns = columns.finish();
    let counts = Plan::new(&rules, &columns, &mut Lookups::new(&lists)).counts().simulation(&rules);

    let first = readings.first().map(|readings| {
        let inputs = Inputs { readings, lists: &BTreeMap::new(), as_of: Default::default() };
        let nearest = rules.nearest_change(&inputs, None);
        json!({ "explained": rules.explain(&inputs), "nearest": format!("{nearest:?}") })
    });
    Ok(json!({ "findings": findings, "counts": counts, "first": first }))
}
