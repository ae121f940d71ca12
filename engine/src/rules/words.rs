//! Words with a special meaning in the language.

/// Words that CEL reserves, which therefore cannot be the name of a field or list.
pub const RESERVED: [&str; 21] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "false",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "namespace",
    "null",
    "package",
    "return",
    "true",
    "var",
    "void",
    "while",
];

/// Words that can never be names, not even after a dot.
pub(super) const KEYWORDS: [&str; 4] = ["false", "in", "null", "true"];

/// CEL constructs that this language does not support. The language reference gives the reasons.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    strum::Display,
    strum::IntoStaticStr,
    strum::EnumIter,
)]
pub enum UnsupportedSyntax {
    /// `b"…"` and `bytes(…)`.
    #[strum(serialize = "bytes")]
    Bytes,
    /// `1u` and `uint(…)`.
    #[strum(serialize = "uint")]
    Uint,
    /// `dyn(…)`.
    #[strum(serialize = "dyn")]
    Dyn,
    /// `null`.
    #[strum(serialize = "null")]
    Null,
    /// `type(…)`, and the names of types as values.
    #[strum(serialize = "type()")]
    Type,
    /// A list with values of more than one type.
    #[strum(serialize = "mixed-type list")]
    MixedList,
    /// A map with keys or values of more than one type.
    #[strum(serialize = "mixed-type map")]
    MixedMap,
    /// `Name{field: value}`.
    #[strum(serialize = "message")]
    Message,
}

impl UnsupportedSyntax {
    /// Returns the message shown to the author.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Bytes => "Bytes are not supported; write text in quotes.",
            Self::Uint => "Unsigned numbers are not supported; remove the `u`.",
            Self::Dyn => "Every value has a fixed type; remove `dyn`.",
            Self::Null => "`null` is not supported; use `has(field)` to test whether a field was read.",
            Self::Type => "Types cannot be used as values; a field always has the type of its definition.",
            Self::MixedList => "The values of a list must have the same type.",
            Self::MixedMap => "The keys of a map must have the same type, and so must its values.",
            Self::Message => "Messages (`Name{…}`) are not supported.",
        }
    }

    /// Returns the unsupported construct that a CEL function belongs to, if any.
    pub(super) fn function(name: &str) -> Option<Self> {
        match name {
            "bytes" => Some(Self::Bytes),
            "uint" => Some(Self::Uint),
            "dyn" => Some(Self::Dyn),
            "type" => Some(Self::Type),
            _ => None,
        }
    }

    /// Returns the unsupported construct that a name by itself belongs to in CEL, if any.
    pub(super) fn name(name: &str) -> Option<Self> {
        const TYPES: [&str; 11] = [
            "bool",
            "bytes",
            "double",
            "int",
            "list",
            "map",
            "null_type",
            "string",
            "type",
            "uint",
            "google.protobuf.Timestamp",
        ];
        (TYPES.contains(&name) || name == "google.protobuf.Duration").then_some(Self::Type)
    }
}

/// A macro that iterates over the items of a list or the keys of a map.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    strum::Display,
    strum::IntoStaticStr,
    strum::EnumString,
    strum::VariantNames,
)]
#[strum(serialize_all = "camelCase")]
pub enum Macro {
    /// Whether all items satisfy the condition.
    All,
    /// Whether at least one item satisfies the condition.
    Exists,
    /// Whether exactly one item satisfies the condition.
    #[strum(to_string = "exists_one", serialize = "existsOne")]
    ExistsOne,
    /// The items that satisfy the condition.
    Filter,
    /// The transformed items, optionally only of those that satisfy a condition.
    Map,
    /// Like `map`, with access to the index or key.
    TransformList,
    /// The map with transformed values.
    TransformMap,
}

impl Macro {
    /// Returns the macro with this name and number of arguments, and how many of them are its variables.
    pub(super) fn find(name: &str, arguments: usize) -> Option<(Self, usize)> {
        let found = name.parse().ok()?;
        let variables = match (found, arguments) {
            (Self::All | Self::Exists | Self::ExistsOne, 2 | 3) => arguments - 1,
            (Self::Filter, 2) | (Self::Map, 2 | 3) => 1,
            (Self::TransformList | Self::TransformMap, 3 | 4) => 2,
            _ => return None,
        };
        Some((found, variables))
    }

    /// Returns an example of how the macro is written.
    pub(super) fn example(self) -> &'static str {
        match self {
            Self::All => "all(x, x > 0)",
            Self::Exists => "exists(x, x > 0)",
            Self::ExistsOne => "exists_one(x, x > 0)",
            Self::Filter => "filter(x, x > 0)",
            Self::Map => "map(x, x + 1)",
            Self::TransformList => "transformList(i, x, x + i)",
            Self::TransformMap => "transformMap(key, x, x + 1)",
        }
    }
}
