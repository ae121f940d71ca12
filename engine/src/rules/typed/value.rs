//! Values of expressions, with CEL's equality and order, which compare numbers across types.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::super::Numeric;
use super::super::unparse::quoted;
use super::clock;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Val<'a> {
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number, which can be infinite or NaN.
    Double(f64),
    /// Text.
    Text(SharedText<'a>),
    /// A point in time, in nanoseconds since 1970.
    Timestamp(i128),
    /// A span of time, in nanoseconds.
    Duration(i64),
    /// A list of values.
    List(Arc<[Val<'a>]>),
    /// A map of values by key.
    Map(Arc<BTreeMap<MapKey<'a>, Val<'a>>>),
}

/// Text that is cheap to clone.
#[derive(Clone, Debug)]
pub enum SharedText<'a> {
    /// Text stored in a rule or a lead.
    Borrowed(&'a str),
    /// Text created during evaluation.
    Shared(Arc<str>),
}

/// The key of a map.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MapKey<'a> {
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Text.
    Text(SharedText<'a>),
}

impl<'a> Val<'a> {
    /// Creates a list.
    pub fn list(items: impl IntoIterator<Item = Self>) -> Self {
        Self::List(items.into_iter().collect())
    }

    /// Creates a text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(SharedText::Shared(text.into().into()))
    }

    /// Returns the same value without copying its data.
    pub fn borrowed(&'a self) -> Self {
        match self {
            Self::Text(text) => Self::Text(SharedText::Borrowed(text)),
            other => other.clone(),
        }
    }

    /// Returns whether the two are equal. Values of different types never are; numbers are compared by value.
    pub fn equals(&self, other: &Val<'_>) -> bool {
        match (self, other) {
            (Self::Bool(a), Val::Bool(b)) => a == b,
            (Self::Int(_) | Self::Double(_), Val::Int(_) | Val::Double(_)) => {
                self.order(other) == Some(Ordering::Equal)
            }
            (Self::Text(a), Val::Text(b)) => **a == **b,
            (Self::Timestamp(a), Val::Timestamp(b)) => a == b,
            (Self::Duration(a), Val::Duration(b)) => a == b,
            (Self::List(a), Val::List(b)) => {
                a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| a.equals(b))
            }
            (Self::Map(a), Val::Map(b)) => {
                a.len() == b.len()
                    && a.iter().zip(b.iter()).all(|((key, a), (other, b))| key == other && a.equals(b))
            }
            _ => false,
        }
    }

    /// Compares the two; returns `None` if they have no order.
    pub fn order(&self, other: &Val<'_>) -> Option<Ordering> {
        match (self, other) {
            (Self::Bool(a), Val::Bool(b)) => Some(a.cmp(b)),
            (Self::Int(a), Val::Int(b)) => Some(a.cmp(b)),
            (Self::Double(a), Val::Double(b)) => a.partial_cmp(b),
            (Self::Int(a), Val::Double(b)) => mixed(*a, *b),
            (Self::Double(a), Val::Int(b)) => mixed(*b, *a).map(Ordering::reverse),
            (Self::Text(a), Val::Text(b)) => Some((**a).cmp(&**b)),
            (Self::Timestamp(a), Val::Timestamp(b)) => Some(a.cmp(b)),
            (Self::Duration(a), Val::Duration(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }

    /// Returns the value as a map key, which includes numbers without a fraction.
    pub fn key(&self) -> Option<MapKey<'a>> {
        match self {
            Self::Bool(holds) => Some(MapKey::Bool(*holds)),
            Self::Text(text) => Some(MapKey::Text(text.clone())),
            number => number.whole().map(MapKey::Int),
        }
    }

    /// Returns the value as a whole number, if it is one.
    pub fn whole(&self) -> Option<i64> {
        match self {
            Self::Int(n) => Some(*n),
            Self::Double(n) if n.is_finite() => match Numeric::Float(*n).recast(true) {
                Numeric::Integer(n) => Some(n),
                Numeric::Float(_) => None,
            },
            _ => None,
        }
    }

    /// Returns the type in words.
    pub fn phrase(&self) -> &'static str {
        match self {
            Self::Bool(_) => "true or false",
            Self::Int(_) => "a whole number",
            Self::Double(_) => "a number",
            Self::Text(_) => "text",
            Self::Timestamp(_) => "a point in time",
            Self::Duration(_) => "a span of time",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }
}

/// Compares like [`Numeric`], but also handles infinity and NaN.
fn mixed(whole: i64, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    Some(Numeric::Integer(whole).order(Numeric::Float(float)))
}

impl<'a> MapKey<'a> {
    /// Converts the key to a value.
    pub fn value(&self) -> Val<'a> {
        match self {
            Self::Bool(holds) => Val::Bool(*holds),
            Self::Int(n) => Val::Int(*n),
            Self::Text(text) => Val::Text(text.clone()),
        }
    }
}

impl Deref for SharedText<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Shared(text) => text,
        }
    }
}

impl Borrow<str> for SharedText<'_> {
    fn borrow(&self) -> &str {
        self
    }
}

impl PartialEq for SharedText<'_> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for SharedText<'_> {}

impl PartialOrd for SharedText<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for SharedText<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        (**self).cmp(&**other)
    }
}

/// Formats the value as it is written in an expression.
impl fmt::Display for Val<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(holds) => holds.fmt(f),
            Self::Int(n) => n.fmt(f),
            Self::Double(n) if n.is_finite() => write!(f, "{n:?}"),
            Self::Double(n) => write!(f, "double(\"{n}\")"),
            Self::Text(text) => f.write_str(&quoted(text)),
            Self::Timestamp(at) => write!(f, "timestamp({})", quoted(&clock::timestamp_text(*at))),
            Self::Duration(span) => write!(f, "duration({})", quoted(&clock::duration_text(*span))),
            Self::List(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if index > 0 { ", " } else { "" })?;
                }
                f.write_str("]")
            }
            Self::Map(entries) => {
                f.write_str("{")?;
                for (index, (key, value)) in entries.iter().enumerate() {
                    write!(f, "{}{}: {value}", if index > 0 { ", " } else { "" }, key.value())?;
                }
                f.write_str("}")
            }
        }
    }
}
