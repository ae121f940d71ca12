//! The syntax tree of a condition.

use super::words::{Macro, UnsupportedSyntax};
use crate::problem::Span;

/// An expression and its location. Two expressions are equal if they have the same content, wherever they are.
#[derive(Clone, Debug)]
pub struct Expr {
    /// The content.
    pub kind: ExprKind,
    /// The location, including surrounding parentheses.
    pub span: Span,
    /// The height of the tree, including this node.
    height: usize,
}

/// The content of an expression.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A part that could not be parsed and has been reported; it can be anything.
    Hole,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a decimal point or an exponent.
    Float(f64),
    /// Text in quotes.
    Text(String),
    /// `[a, b]`.
    List(Vec<Expr>),
    /// A field, or `as_of`.
    Name(String),
    /// `lists.NAME`.
    ListName(SpannedName),
    /// `!a`.
    Not(Box<Expr>),
    /// `a && b && …`, two or more.
    All(Vec<Expr>),
    /// `a || b || …`, two or more.
    Any(Vec<Expr>),
    /// `a < b` and other comparisons.
    Compare {
        /// The operator.
        op: CompareOp,
        /// The left side.
        left: Box<Expr>,
        /// The right side.
        right: Box<Expr>,
    },
    /// `a in b`.
    In {
        /// The value to look for.
        needle: Box<Expr>,
        /// The list to search.
        list: Box<Expr>,
    },
    /// `has(field)`: whether the field was read.
    Has(SpannedName),
    /// `confidence(field)`: the confidence of the reading.
    Confidence(SpannedName),
    /// `.a`: a name that macro variables do not shadow.
    Root(SpannedName),
    /// `a ? b : c`.
    Choice {
        /// The condition.
        condition: Box<Expr>,
        /// The result if the condition is true.
        yes: Box<Expr>,
        /// The result otherwise.
        no: Box<Expr>,
    },
    /// `a + b` and other arithmetic.
    Arithmetic {
        /// The operator.
        op: ArithmeticOp,
        /// The left side.
        left: Box<Expr>,
        /// The right side.
        right: Box<Expr>,
    },
    /// `-a`, where `a` is not a number literal.
    Negative(Box<Expr>),
    /// `{a: b}`.
    Map(Vec<(Expr, Expr)>),
    /// `a.b`.
    Select {
        /// The map.
        of: Box<Expr>,
        /// The key.
        name: SpannedName,
    },
    /// `has(a.b)`: whether the map has the key.
    HasKey {
        /// The map.
        of: Box<Expr>,
        /// The key.
        name: SpannedName,
    },
    /// `a[b]`.
    Index {
        /// The list or map.
        of: Box<Expr>,
        /// The index or key.
        at: Box<Expr>,
    },
    /// `f(a)`, or `a.f(b)`.
    Call {
        /// The value before the dot, for method calls.
        of: Option<Box<Expr>>,
        /// The name of the function.
        function: SpannedName,
        /// The arguments.
        arguments: Vec<Expr>,
    },
    /// `a.exists(x, …)` and other macros.
    Macro {
        /// The list or map to iterate over.
        of: Box<Expr>,
        /// The macro.
        kind: Macro,
        /// The names of its variables.
        variables: Vec<SpannedName>,
        /// The expressions that are evaluated for each item.
        body: Vec<Expr>,
    },
    /// A CEL construct that this language does not support, as written.
    LeftOut {
        /// The construct.
        construct: UnsupportedSyntax,
        /// The text of the construct.
        text: String,
    },
}

/// An arithmetic operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArithmeticOp {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
}

/// A name and its location. Two names are equal if they have the same text.
#[derive(Clone, Debug)]
pub struct SpannedName {
    /// The text of the name.
    pub text: String,
    /// The location.
    pub span: Span,
}

/// A comparison operator.
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
    /// Creates an expression at a location.
    pub fn new(kind: ExprKind, span: Span) -> Self {
        let mut below = 0;
        kind.each_child(&mut |child| below = below.max(child.height));
        Self { kind, span, height: below + 1 }
    }

    /// Returns the height of the tree, including this node.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Returns the names of the fields in the expression, in order and with duplicates. Macro variables are not
    /// included.
    pub fn names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.collect_names(&mut Vec::new(), &mut names);
        names
    }

    fn collect_names<'e>(&'e self, hidden: &mut Vec<&'e str>, names: &mut Vec<&'e str>) {
        match &self.kind {
            ExprKind::Name(name) if !hidden.contains(&name.as_str()) => names.push(name),
            ExprKind::Has(name) | ExprKind::Confidence(name) | ExprKind::Root(name) => names.push(&name.text),
            ExprKind::Macro { of, variables, body, .. } => {
                of.collect_names(hidden, names);
                let before = hidden.len();
                hidden.extend(variables.iter().map(|name| name.text.as_str()));
                body.iter().for_each(|part| part.collect_names(hidden, names));
                hidden.truncate(before);
            }
            kind => kind.children().into_iter().for_each(|child| child.collect_names(hidden, names)),
        }
    }

    /// Returns whether the expression is a literal.
    pub fn is_literal(&self) -> bool {
        matches!(self.kind, ExprKind::Bool(_) | ExprKind::Integer(_) | ExprKind::Float(_) | ExprKind::Text(_))
    }
}

impl ExprKind {
    /// Returns the direct children, in the order of the text.
    pub fn children(&self) -> Vec<&Expr> {
        let mut children = Vec::new();
        self.each_child(&mut |child| children.push(child));
        children
    }

    fn each_child<'e>(&'e self, visit: &mut dyn FnMut(&'e Expr)) {
        match self {
            Self::Hole
            | Self::Bool(_)
            | Self::Integer(_)
            | Self::Float(_)
            | Self::Text(_)
            | Self::Name(_)
            | Self::ListName(_)
            | Self::Has(_)
            | Self::Confidence(_)
            | Self::Root(_)
            | Self::LeftOut { .. } => {}
            Self::List(items) | Self::All(items) | Self::Any(items) => items.iter().for_each(visit),
            Self::Not(of) | Self::Negative(of) | Self::Select { of, .. } | Self::HasKey { of, .. } => {
                visit(of)
            }
            Self::Compare { left, right, .. } | Self::Arithmetic { left, right, .. } => {
                [left, right].into_iter().for_each(|side| visit(side));
            }
            Self::In { needle, list } => [needle, list].into_iter().for_each(|side| visit(side)),
            Self::Index { of, at } => [of, at].into_iter().for_each(|side| visit(side)),
            Self::Choice { condition, yes, no } => {
                [condition, yes, no].into_iter().for_each(|side| visit(side))
            }
            Self::Map(entries) => entries.iter().for_each(|(key, value)| {
                visit(key);
                visit(value);
            }),
            Self::Call { of, arguments, .. } => {
                of.as_deref().into_iter().chain(arguments).for_each(visit);
            }
            Self::Macro { of, body, .. } => {
                visit(of);
                body.iter().for_each(visit);
            }
        }
    }
}

impl ArithmeticOp {
    /// Returns the symbol of the operator.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
        }
    }

    /// Returns whether the operator binds more tightly than `+` and `-`.
    pub fn is_strong(self) -> bool {
        !matches!(self, Self::Add | Self::Subtract)
    }
}

impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

impl PartialEq for SpannedName {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl CompareOp {
    /// Returns the symbol of the operator.
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

    /// Returns the equivalent comparison with swapped sides.
    pub fn flipped(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            Self::Equal | Self::NotEqual => self,
        }
    }

    /// Returns whether the operator tests only for equality, so that the values need no order.
    pub fn is_equality(self) -> bool {
        matches!(self, Self::Equal | Self::NotEqual)
    }
}
