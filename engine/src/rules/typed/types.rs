//! Static types, and the maximum size of values.

use std::fmt;
use std::sync::Arc;

use super::value::Val;

/// The type of an expression.
#[derive(Clone, Debug, PartialEq)]
pub enum TermType {
    /// Unknown, because of a problem inside the expression or an empty list.
    Any,
    /// True or false.
    Bool,
    /// A whole number.
    Int,
    /// A number.
    Double,
    /// Text.
    Text,
    /// A point in time.
    Timestamp,
    /// A span of time.
    Duration,
    /// A list with items of this type.
    List(Arc<TermType>),
    /// A map with keys and values of these types.
    Map(Arc<(TermType, TermType)>),
}

impl TermType {
    /// Creates a list type.
    pub fn list(item: Self) -> Self {
        Self::List(item.into())
    }

    /// Creates a map type.
    pub fn map(key: Self, value: Self) -> Self {
        Self::Map((key, value).into())
    }

    /// Returns the type of a value; lists and maps with several types have [`TermType::Any`] inside.
    pub fn of(value: &Val<'_>) -> Self {
        let common = |types: &mut dyn Iterator<Item = Self>| {
            types.reduce(|a, b| a.unify(&b).unwrap_or(Self::Any)).unwrap_or(Self::Any)
        };
        match value {
            Val::Bool(_) => Self::Bool,
            Val::Int(_) => Self::Int,
            Val::Double(_) => Self::Double,
            Val::Text(_) => Self::Text,
            Val::Timestamp(_) => Self::Timestamp,
            Val::Duration(_) => Self::Duration,
            Val::List(items) => Self::list(common(&mut items.iter().map(Self::of))),
            Val::Map(entries) => Self::map(
                common(&mut entries.keys().map(|key| Self::of(&key.value()))),
                common(&mut entries.values().map(Self::of)),
            ),
        }
    }

    /// Returns the common type, if there is one.
    pub fn unify(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Any, known) | (known, Self::Any) => Some(known.clone()),
            (Self::List(a), Self::List(b)) => a.unify(b).map(Self::list),
            (Self::Map(a), Self::Map(b)) => Some(Self::map(a.0.unify(&b.0)?, a.1.unify(&b.1)?)),
            _ => (self == other).then(|| self.clone()),
        }
    }

    /// Returns whether values of the two types can be equal. Integers and floating-point numbers can.
    pub fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) | (_, Self::Any) => true,
            (Self::List(a), Self::List(b)) => a.meets(b),
            (Self::Map(a), Self::Map(b)) => a.0.meets(&b.0) && a.1.meets(&b.1),
            _ => self == other || (self.is_number() && other.is_number()),
        }
    }

    /// Returns whether the values have an order.
    pub fn is_ordered(&self) -> bool {
        !matches!(self, Self::List(_) | Self::Map(_))
    }

    /// Returns whether the type is numeric.
    pub fn is_number(&self) -> bool {
        matches!(self, Self::Int | Self::Double)
    }

    /// Returns the type in words.
    pub fn phrase(&self) -> &'static str {
        match self {
            Self::Any => "unclear",
            Self::Bool => "true or false",
            Self::Int => "a whole number",
            Self::Double => "a number",
            Self::Text => "text",
            Self::Timestamp => "a point in time",
            Self::Duration => "a span of time",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }
}

impl fmt::Display for TermType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::Bool => f.write_str("bool"),
            Self::Int => f.write_str("int"),
            Self::Double => f.write_str("double"),
            Self::Text => f.write_str("string"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Duration => f.write_str("duration"),
            Self::List(item) => write!(f, "list({item})"),
            Self::Map(entry) => write!(f, "map({}, {})", entry.0, entry.1),
        }
    }
}

/// The maximum size of a value.
#[derive(Clone, Debug, PartialEq)]
pub struct SizeBound {
    /// Bytes of a text, items of a list, entries of a map.
    pub len: u64,
    /// The steps to iterate over all of it.
    pub weight: u64,
    /// The bytes of all texts in it.
    pub bytes: u64,
    items: Option<Arc<(SizeBound, SizeBound)>>,
}

/// The bytes of text processed in one step.
const TEXT_STEP: u64 = 64;

impl SizeBound {
    /// The size of a scalar.
    pub const SCALAR: Self = Self { len: 1, weight: 1, bytes: 0, items: None };

    /// Returns the size of a text with this many bytes.
    pub fn text(bytes: u64) -> Self {
        Self { len: bytes, weight: 1 + bytes / TEXT_STEP, bytes, items: None }
    }

    /// Returns the size of a list with this many items.
    pub fn list(len: u64, item: Self) -> Self {
        Self::map(len, Self::SCALAR, item)
    }

    /// Returns the size of a map with this many entries. Keys are scalar, so traversing a size takes as many
    /// steps as it is deep, however often its parts are shared.
    pub fn map(len: u64, key: Self, value: Self) -> Self {
        let each = key.weight.max(value.weight);
        Self {
            len,
            weight: each.saturating_mul(len).saturating_add(1),
            bytes: key.bytes.max(value.bytes).saturating_mul(len),
            items: Some((key, value).into()),
        }
    }

    /// Returns the size of the pieces of a text, which together are as long as the text; each is assumed to be
    /// short.
    pub fn pieces(len: u64, text: &Self) -> Self {
        let bytes = text.bytes;
        Self { weight: text.weight.saturating_add(len), bytes, ..Self::list(len, Self::text(TEXT_STEP)) }
    }

    /// Returns the size of this value.
    pub fn of(value: &Val<'_>) -> Self {
        let most =
            |sizes: &mut dyn Iterator<Item = Self>| sizes.reduce(|a, b| a.or(&b)).unwrap_or(Self::SCALAR);
        match value {
            Val::Text(text) => Self::text(text.len() as u64),
            Val::List(items) => Self::list(items.len() as u64, most(&mut items.iter().map(Self::of))),
            Val::Map(entries) => Self::map(
                entries.len() as u64,
                most(&mut entries.keys().map(|key| Self::of(&key.value()))),
                most(&mut entries.values().map(Self::of)),
            ),
            _ => Self::SCALAR,
        }
    }

    /// Returns the larger of the two sizes.
    pub fn or(&self, other: &Self) -> Self {
        let items = match (&self.items, &other.items) {
            (Some(a), Some(b)) => Some((a.0.or(&b.0), a.1.or(&b.1)).into()),
            (Some(items), None) | (None, Some(items)) => Some(items.clone()),
            (None, None) => None,
        };
        Self {
            len: self.len.max(other.len),
            weight: self.weight.max(other.weight),
            bytes: self.bytes.max(other.bytes),
            items,
        }
    }

    /// Returns the size of the two values concatenated.
    pub fn then(&self, other: &Self) -> Self {
        let both = self.or(other);
        Self {
            len: self.len.saturating_add(other.len),
            weight: self.weight.saturating_add(other.weight),
            bytes: self.bytes.saturating_add(other.bytes),
            items: both.items,
        }
    }

    /// Returns the size of a key of the map, or of an index of the list.
    pub fn key(&self) -> Self {
        self.items.as_ref().map_or(Self::SCALAR, |items| items.0.clone())
    }

    /// Returns the size of a value of the map, or of an item of the list.
    pub fn item(&self) -> Self {
        self.items.as_ref().map_or(Self::SCALAR, |items| items.1.clone())
    }
}
