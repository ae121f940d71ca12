//! What the kinds whose text is a YAML file share.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::problem::Problem;
use crate::rules::yaml;

/// Reads a text as a `T` and checks it.
pub(super) fn parsed<T: DeserializeOwned + Serialize>(
    text: &str,
    check: impl FnOnce(&T) -> Vec<Problem>,
) -> (Option<Json>, Vec<Problem>) {
    match yaml::read::<T>(text) {
        Err(problems) => (None, problems),
        Ok(value) => (serde_json::to_value(&value).ok(), check(&value)),
    }
}

/// Writes content that is a `T`.
pub(super) fn written<T: DeserializeOwned + Serialize>(body: &Json) -> Result<String, Problem> {
    let value: T = serde_json::from_value(body.clone())
        .map_err(|error| Problem::at("", format!("The stored content cannot be read: {error}.")))?;
    yaml::write(&value)
}

/// Returns what is wrong with the name that a text gives itself.
pub(super) fn named(pointer: &str, said: &str, name: &str) -> Vec<Problem> {
    if said == name {
        return Vec::new();
    }
    vec![Problem::at(pointer, format!("This is `{name}`; a name does not change.")).suggest(Some(name))]
}
