//! Functions shared by the kinds whose text is a YAML file.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::problem::Problem;
use crate::rules::yaml;

/// Parses a text as a `T` and checks it.
pub(super) fn parsed<T: DeserializeOwned + Serialize>(
    text: &str,
    check: impl FnOnce(&T) -> Vec<Problem>,
) -> (Option<Json>, Vec<Problem>) {
    match yaml::read::<T>(text) {
        Err(problems) => (None, problems),
        Ok(value) => (serde_json::to_value(&value).ok(), check(&value)),
    }
}

/// Writes content that is a `T` as YAML.
pub(super) fn written<T: DeserializeOwned + Serialize>(body: &Json) -> Result<String, Problem> {
    let value: T = serde_json::from_value(body.clone())
        .map_err(|error| Problem::at("", format!("The stored content could not be parsed: {error}.")))?;
    yaml::write(&value)
}

/// Returns a problem if the name given in a text is not the expected one.
pub(super) fn named(pointer: &str, given: &str, name: &str) -> Vec<Problem> {
    if given == name {
        return Vec::new();
    }
    vec![
        Problem::at(pointer, format!("The name must stay `{name}`; it cannot be changed."))
            .suggest(Some(name)),
    ]
}
