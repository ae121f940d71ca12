//! Collects the schemas of request and response types as components of the document.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value as Json};

/// The path of components in the document.
const COMPONENTS: &str = "/components/schemas";

/// Collects schemas, separately for requests and responses: a member with a default is optional only in requests.
pub(super) struct Schemas {
    taken: SchemaGenerator,
    given: SchemaGenerator,
}

impl Schemas {
    /// Creates an empty collection.
    pub(super) fn new() -> Self {
        let settings = || {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = COMPONENTS.into();
                settings.meta_schema = None;
            })
        };
        Self {
            taken: settings().for_deserialize().into_generator(),
            given: settings().for_serialize().into_generator(),
        }
    }

    /// Returns a reference to the schema of a request type.
    pub(super) fn taken<T: JsonSchema>(&mut self) -> Json {
        self.taken.subschema_for::<T>().to_value()
    }

    /// Returns a reference to the schema of a response type.
    pub(super) fn given<T: JsonSchema>(&mut self) -> Json {
        self.given.subschema_for::<T>().to_value()
    }

    /// Returns all schemas, sorted by name.
    pub(super) fn finish(mut self) -> Map<String, Json> {
        let mut all = self.given.take_definitions(true);
        for (name, schema) in self.taken.take_definitions(true) {
            all.entry(name).or_insert(schema);
        }
        all.sort_keys();
        all
    }
}

#[cfg(test)]
mod tests {
    use engine::event::EventKind;

    use super::*;

    #[test]
    fn references_point_to_components() {
        let mut schemas = Schemas::new();
        assert_eq!(
            schemas.taken::<EventKind>(),
            serde_json::json!({ "$ref": "#/components/schemas/EventKind" })
        );
        assert!(schemas.finish().contains_key("EventKind"));
    }
}
