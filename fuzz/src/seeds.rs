//! The seeds for fuzzing: everything in the repository that is written in the rule language.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use bench_rules::draw::Draw;
use bench_rules::reference::{self, Logic};
use engine::rules::{RuleDefinition, RuleSetFile, yaml};
use serde_json::{Value as Json, json};

/// The environment variable with the folder to which the seeds are written.
const FOLDER: &str = "FUZZ_SEEDS";

/// The language reference, whose examples are conditions.
const LANGUAGE: &str = include_str!("../../docs/language.md");

/// Files that contain workflows.
const APPLIED: [&str; 3] = [
    include_str!("../../server/demo/demo.yaml"),
    include_str!("../../examples/event-saas.yaml"),
    include_str!("../../examples/x-education.yaml"),
];

/// Writes each seed to a file in the folder given by the environment; does nothing if none is given.
///
/// # Panics
/// Panics if the folder cannot be written to.
pub fn write_where_asked(seeds: &[Vec<u8>]) {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    for (index, seed) in seeds.iter().enumerate() {
        fs::write(folder.join(format!("seed-{index}")), seed).expect("the seeds are writable");
    }
}

/// Returns a seed with a first byte that selects its reader.
pub fn prefixed(reader: u8, text: &str) -> Vec<u8> {
    [&[reader], text.as_bytes()].concat()
}

/// Returns the examples of the reference, and the conditions of all rule sets.
pub fn conditions() -> BTreeSet<String> {
    let blocks = LANGUAGE.split("```").skip(1).step_by(2);
    let code = blocks.filter_map(|block| block.split_once('\n')).filter(|(kind, _)| *kind != "yaml");
    let examples = code.flat_map(|(_, lines)| lines.lines()).filter_map(|line| line.split_once(" // => "));
    let written = rule_sets().into_iter().flat_map(|file| file.rules).map(|rule: RuleDefinition| rule.when);
    examples.map(|(text, _)| text.trim().to_owned()).chain(written).collect()
}

/// Returns the example of the reference, the reference workload and the workflows of the demo and examples, as
/// rule sets.
pub fn rule_sets() -> Vec<RuleSetFile> {
    let example = LANGUAGE.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next());
    let standing = [example.unwrap_or_default().to_owned(), reference::file(Logic::ThreeValued, 0.85)];
    let applied = APPLIED.iter().flat_map(|text| {
        let file: Json = yaml::read(text).unwrap_or_default();
        file["workflows"].as_object().cloned().unwrap_or_default()
    });
    let as_file = |(_, workflow): (String, Json)| {
        let default = workflow.get("default").cloned().unwrap_or_else(|| "hold".into());
        let file = json!({
            "rule_set": "applied", "fields": workflow["fields"], "rules": workflow["rules"], "default": default,
        });
        file.to_string()
    };
    let texts = standing.into_iter().chain(applied.map(as_file));
    texts.filter_map(|text| RuleSetFile::from_yaml(&text).ok()).collect()
}

/// Returns arbitrary bytes, for targets that generate from bytes.
pub fn bytes() -> Vec<Vec<u8>> {
    let mut draw = Draw::new(1);
    (1..=64)
        .map(|len| (0..len * 16).flat_map(|_| draw.bits().to_le_bytes()).take(len * 16).collect())
        .collect()
}
