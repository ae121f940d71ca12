//! A JSON object without duplicate names. The standard parser would silently drop one of two values.

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::{Map, Value as Json};

/// An object with unique names.
pub(super) struct UniqueNames(pub(super) Map<String, Json>);

impl<'de> Deserialize<'de> for UniqueNames {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = UniqueNames;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<UniqueNames, A::Error> {
                let mut fields = Map::new();
                while let Some((name, value)) = access.next_entry::<String, Json>()? {
                    if fields.contains_key(&name) {
                        return Err(A::Error::custom(format!("`{name}` is there twice; rename one of them")));
                    }
                    fields.insert(name, value);
                }
                Ok(UniqueNames(fields))
            }
        }

        deserializer.deserialize_map(Fields)
    }
}
