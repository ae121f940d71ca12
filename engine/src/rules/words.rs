//! Words with a meaning of their own.

/// Words that CEL keeps for itself, and that therefore cannot name a field or a list.
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

/// Words that are no names anywhere, not even after a point.
pub(super) const KEYWORDS: [&str; 4] = ["false", "in", "null", "true"];

/// Pieces of CEL that this language leaves out. The language reference says why.
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
pub enum LeftOut {
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
    /// A list whose values are not of one type.
    #[strum(serialize = "mixed-type list")]
    MixedList,
    /// A map whose keys or values are not of one type.
    #[strum(serialize = "mixed-type map")]
    MixedMap,
    /// `Name{field: value}`.
    #[strum(serialize = "message")]
    Message,
}

impl LeftOut {
    /// What the author is told.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Bytes => "Bytes are not supported; write text in quotes.",
            Self::Uint => "Unsigned numbers are not supported; write it without the `u`.",
            Self::Dyn => "Every value has a type here; leave `dyn` away.",
            Self::Null => "There is no `null`; `has(field)` tells whether a field was read.",
            Self::Type => "Types are no values here; a field always has the type of its definition.",
            Self::MixedList => "The values of a list are all of one type.",
            Self::MixedMap => "The keys of a map are all of one type, and so are its values.",
            Self::Message => "Messages (`Name{…}`) are not supported.",
        }
    }

    /// The construct that a function of CEL belongs to, if that is left out.
    pub(super) fn function(name: &str) -> Option<Self> {
        match name {
            "bytes" => Some(Self::Bytes),
            "uint" => Some(Self::Uint),
            "dyn" => Some(Self::Dyn),
            "type" => Some(Self::Type),
            _ => None,
        }
    }

    /// The construct that a name standing alone belongs to in CEL, if that is left out.
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

/// What goes through the items of a list or the keys of a map.
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
    /// All satisfy it.
    All,
    /// At least one satisfies it.
    Exists,
    /// Exactly one satisfies it.
    #[strum(to_string = "exists_one", serialize = "existsOne")]
    ExistsOne,
    /// Those that satisfy it.
    Filter,
    /// What is made of each, perhaps only of those that satisfy a condition.
    Map,
    /// As `map`, with the place or key as well.
    TransformList,
    /// The map with other values.
    TransformMap,
}

impl Macro {
    /// The macro of this name that takes so many arguments, and how many of them are its variables.
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

    /// How it is written.
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
