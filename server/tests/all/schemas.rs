//! Checks that the JSON Schemas in `schemas/` match the types. `MESHLINE_UPDATE_GOLDEN=1` rewrites them.

use engine::decision::Decision;
use engine::effect::EffectBody;
use engine::event::EventRequest;
use engine::rules::{RuleSetFile, Simulation};
use schemars::{JsonSchema, schema_for};
use service::apply::file::ApplyFile;

#[track_caller]
fn check<T: JsonSchema>(name: &str) {
    let path = format!("{}/../schemas/{name}.schema.json", env!("CARGO_MANIFEST_DIR"));
    let schema = serde_json::to_string_pretty(&schema_for!(T)).unwrap() + "\n";
    if std::env::var_os("MESHLINE_UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &schema).unwrap();
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        stored == schema,
        "{path} no longer matches the type; if the change is intended, run this test with MESHLINE_UPDATE_GOLDEN=1"
    );
}

#[test]
fn files_that_people_write() {
    check::<ApplyFile>("apply");
    check::<RuleSetFile>("rule-set");
}

#[test]
fn what_goes_over_the_wire() {
    check::<EventRequest>("event");
    check::<Decision>("decision");
    check::<EffectBody>("effect");
    check::<Simulation>("simulation");
}
