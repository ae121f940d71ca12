//! The tree of a condition, as it was written.

use super::words::{LeftOut, Macro};
use crate::problem::Span;

/// A piece of a condition and where it stands. Two pieces are equal when they say the same, wherever they
/// stand.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it says.
    pub kind: ExprKind,
    /// Where it stands, surrounding parentheses included.
    pub span: Span,
    /// How many pieces lie inside each other at most, itself included.
    height: usize,
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
    /// `.a`: a name that no variable of a macro hides.
    Root(Name),
    /// `a ? b : c`.
    Choice {
        /// What is asked.
        condition: Box<Expr>,
        /// What it is if that holds.
        yes: Box<Expr>,
        /// What it is otherwise.
        no: Box<Expr>,
    },
    /// `a + b` and its like.
    Arithmetic {
        /// What is done with the two.
        op: ArithmeticOp,
        /// What stands before the operator.
        left: Box<Expr>,
        /// What stands after the operator.
        right: Box<Expr>,
    },
    /// `-a`, where `a` is not a number that is written out.
    Negative(Box<Expr>),
    /// `{a: b}`.
    Map(Vec<(Expr, Expr)>),
    /// `a.b`.
    Select {
        /// The map.
        of: Box<Expr>,
        /// The key.
        name: Name,
    },
    /// `has(a.b)`: whether the map has the key.
    HasKey {
        /// The map.
        of: Box<Expr>,
        /// The key.
        name: Name,
    },
    /// `a[b]`.
    Index {
        /// The list or map.
        of: Box<Expr>,
        /// The place or key.
        at: Box<Expr>,
    },
    /// `f(a)`, or `a.f(b)`.
    Call {
        /// What stands before the point, if there is one.
        of: Option<Box<Expr>>,
        /// The name of the function.
        function: Name,
        /// What stands in the parentheses.
        arguments: Vec<Expr>,
    },
    /// `a.exists(x, …)` and its like.
    Macro {
        /// The list or map it goes through.
        of: Box<Expr>,
        /// What it does.
        kind: Macro,
        /// The names of its variables.
        variables: Vec<Name>,
        /// What is asked or made of each item.
        body: Vec<Expr>,
    },
    /// A piece of CEL that this language leaves out, as it was written.
    LeftOut {
        /// Which.
        construct: LeftOut,
        /// The text of it.
        text: String,
    },
}

/// What is done with two values.
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
        let mut below = 0;
        kind.each_child(&mut |child| below = below.max(child.height));
        Self { kind, span, height: below + 1 }
    }

    /// How many pieces lie inside each other at most, itself included.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The names of the fields that it speaks of, in the order of the text, as often as they stand there.
    /// The variables of macros are none.
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

    /// Whether it is a value that is written out.
    pub fn is_literal(&self) -> bool {
        matches!(self.kind, ExprKind::Bool(_) | ExprKind::Integer(_) | ExprKind::Float(_) | ExprKind::Text(_))
    }
}

impl ExprKind {
    /// The pieces it is made of, in the order of the text.
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
    /// How it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
        }
    }

    /// Whether it binds stronger than `+` and `-`.
    pub fn is_strong(self) -> bool {
        !matches!(self, Self::Add | Self::Subtract)
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
