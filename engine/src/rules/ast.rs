//! The tree of a condition, as it was written.

use crate::problem::Span;

/// A piece of a condition and where it stands. Two pieces are equal when they say the same, wherever they
/// stand.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it says.
    pub kind: ExprKind,
    /// Where it stands, surrounding parentheses included.
    pub span: Span,
}

/// What a piece of a condition says.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// Something that could not be read and has been reported; it may be anything.
    Hole,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a point or an exponent.
    Float(f64),
    /// Text in quotes.
    Text(String),
    /// `[a, b]`.
    List(Vec<Expr>),
    /// A field, or `as_of`.
    Name(String),
    /// `lists.NAME`.
    ListName(Name),
    /// `!a`.
    Not(Box<Expr>),
    /// `a && b && …`, two or more.
    All(Vec<Expr>),
    /// `a || b || …`, two or more.
    Any(Vec<Expr>),
    /// `a < b` and its like.
    Compare {
        /// How the two are compared.
        op: CompareOp,
        /// What stands before the operator.
        left: Box<Expr>,
        /// What stands after the operator.
        right: Box<Expr>,
    },
    /// `a in b`.
    In {
        /// What is looked for.
        needle: Box<Expr>,
        /// The list it is looked for in.
        list: Box<Expr>,
    },
    /// `has(field)`: whether the field was read at all.
    Has(Name),
    /// `confidence(field)`: how sure the reading is.
    Confidence(Name),
}

/// A name and where it stands. Two names are equal when they are the same word.
#[derive(Clone, Debug)]
pub struct Name {
    /// The word.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompareOp {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Expr {
    /// An expression at a place.
    pub fn new(kind: ExprKind, span: Span) -> Self {
        Self { kind, span }
    }

    /// Whether it binds weaker than what may stand beside a comparison or after `!`.
    pub fn is_compound(&self) -> bool {
        matches!(
            self.kind,
            ExprKind::All(_) | ExprKind::Any(_) | ExprKind::Compare { .. } | ExprKind::In { .. }
        )
    }

    /// Whether it is a value that is written out.
    pub fn is_literal(&self) -> bool {
        matches!(self.kind, ExprKind::Bool(_) | ExprKind::Integer(_) | ExprKind::Float(_) | ExprKind::Text(_))
    }
}

impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl CompareOp {
    /// How it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    /// The comparison that says the same with its sides swapped.
    pub fn flipped(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            Self::Equal | Self::NotEqual => self,
        }
    }

    /// Whether it asks only if the two are the same, so that no order is needed.
    pub fn is_equality(self) -> bool {
        matches!(self, Self::Equal | Self::NotEqual)
    }
}
