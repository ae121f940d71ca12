//! Expressions in the form that the evaluator runs.

use std::sync::Arc;

use super::super::ast::{ArithmeticOp, CompareOp};
use super::super::code::FieldRead;
use super::super::words::Macro;
use super::clock::TimePart;
use super::pattern::Pattern;
use super::value::Val;

/// A piece of an expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Term {
    Value(Val<'static>),
    Field(FieldRead),
    Confidence(u16),
    Has(u16),
    AsOf,
    /// A macro variable, counted from the outermost.
    Local(usize),
    /// The answer of a list to a question.
    Listed {
        read: FieldRead,
        question: u32,
    },
    Not(Box<Term>),
    All(Box<[Term]>),
    Any(Box<[Term]>),
    Choice(Box<[Term; 3]>),
    Compare(CompareOp, Box<[Term; 2]>),
    In(Box<[Term; 2]>),
    Arithmetic(ArithmeticOp, Box<[Term; 2]>),
    Negative(Box<Term>),
    List(Box<[Term]>),
    Map(Box<[(Term, Term)]>),
    /// A key of a map, or whether the map has it.
    Select {
        of: Box<Term>,
        key: Arc<str>,
        is_test: bool,
    },
    Index(Box<[Term; 2]>),
    Call(Function, Box<[Term]>),
    /// A literal pattern.
    Matches(Box<Term>, Arc<Pattern>),
    Macro(Box<Comprehension>),
    /// A sentence that says what is wrong here.
    Fault(Arc<str>),
}

/// A macro that iterates over a list or map.
#[derive(Clone, Debug, PartialEq)]
pub struct Comprehension {
    pub kind: Macro,
    pub of: Term,
    /// The number of its variables.
    pub variables: usize,
    /// The condition; optional for `map`.
    pub condition: Option<Term>,
    /// The transformation of an item.
    pub made: Option<Term>,
}

/// A function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    Size,
    Contains,
    StartsWith,
    EndsWith,
    Matches,
    LowerAscii,
    UpperAscii,
    Trim,
    Reverse,
    CharAt,
    IndexOf,
    LastIndexOf,
    Substring,
    Replace,
    Split,
    Join,
    Bool,
    Int,
    Double,
    String,
    Timestamp,
    Duration,
    Part(TimePart),
}

/// How a function is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallStyle {
    /// `size(a)`
    Plain,
    /// `a.size()`
    Method,
    /// Either.
    Both,
}

/// Every function with its name, its style and an example.
const FUNCTIONS: [(&str, Function, CallStyle, &str); 22] = [
    ("size", Function::Size, CallStyle::Both, "size(company)"),
    ("contains", Function::Contains, CallStyle::Method, "company.contains(\"bank\")"),
    ("startsWith", Function::StartsWith, CallStyle::Method, "company.startsWith(\"Acme\")"),
    ("endsWith", Function::EndsWith, CallStyle::Method, "domain.endsWith(\".edu\")"),
    ("matches", Function::Matches, CallStyle::Both, "domain.matches(\"^[a-z]+$\")"),
    ("lowerAscii", Function::LowerAscii, CallStyle::Method, "company.lowerAscii()"),
    ("upperAscii", Function::UpperAscii, CallStyle::Method, "company.upperAscii()"),
    ("trim", Function::Trim, CallStyle::Method, "company.trim()"),
    ("reverse", Function::Reverse, CallStyle::Method, "company.reverse()"),
    ("charAt", Function::CharAt, CallStyle::Method, "company.charAt(0)"),
    ("indexOf", Function::IndexOf, CallStyle::Method, "company.indexOf(\"a\")"),
    ("lastIndexOf", Function::LastIndexOf, CallStyle::Method, "company.lastIndexOf(\"a\")"),
    ("substring", Function::Substring, CallStyle::Method, "company.substring(0, 4)"),
    ("replace", Function::Replace, CallStyle::Method, "company.replace(\"a\", \"b\")"),
    ("split", Function::Split, CallStyle::Method, "domain.split(\".\")"),
    ("join", Function::Join, CallStyle::Method, "[\"a\", \"b\"].join(\"-\")"),
    ("bool", Function::Bool, CallStyle::Plain, "bool(\"true\")"),
    ("int", Function::Int, CallStyle::Plain, "int(2.5)"),
    ("double", Function::Double, CallStyle::Plain, "double(2)"),
    ("string", Function::String, CallStyle::Plain, "string(2)"),
    ("timestamp", Function::Timestamp, CallStyle::Plain, "timestamp(\"2026-01-31T00:00:00Z\")"),
    ("duration", Function::Duration, CallStyle::Plain, "duration(\"24h\")"),
];

impl Function {
    /// Returns the function with this name, its style and an example.
    pub fn find(name: &str) -> Option<(Self, CallStyle, &'static str)> {
        let found = FUNCTIONS.iter().find(|(known, ..)| *known == name);
        if let Some((_, function, style, example)) = found {
            return Some((*function, *style, example));
        }
        let part = name.parse().ok()?;
        Some((Self::Part(part), CallStyle::Method, "as_of.getHours(\"Europe/Berlin\")"))
    }

    /// Returns the names of all functions.
    pub fn names() -> impl Iterator<Item = &'static str> {
        use strum::VariantNames as _;
        FUNCTIONS.iter().map(|(name, ..)| *name).chain(TimePart::VARIANTS.iter().copied())
    }
}

impl Term {
    /// Returns the fields whose values are read, without duplicates.
    pub fn reads(&self) -> Vec<FieldRead> {
        let mut reads = Vec::new();
        self.each(&mut |term| {
            if let Self::Field(read) | Self::Listed { read, .. } = term
                && !reads.contains(read)
            {
                reads.push(*read);
            }
        });
        reads
    }

    /// Returns the fields of which only presence or confidence is used, without duplicates.
    pub fn observes(&self) -> Vec<u16> {
        let mut slots = Vec::new();
        self.each(&mut |term| {
            if let Self::Has(slot) | Self::Confidence(slot) = term
                && !slots.contains(slot)
            {
                slots.push(*slot);
            }
        });
        slots
    }

    /// Returns the work for short texts, assuming that each piece is evaluated once.
    pub fn light_work(&self) -> Option<u64> {
        /// The bytes of a short literal.
        const SHORT: usize = 200;
        /// The work of a short text and a pattern.
        const PATTERN: u64 = 200;
        let mut work = Some(0);
        self.each(&mut |term| {
            let more = match term {
                Self::Macro(_) | Self::Call(Function::Replace | Function::Split | Function::Join, _) => None,
                Self::Value(Val::Text(text)) if text.len() > SHORT => None,
                Self::Value(Val::List(_) | Val::Map(_)) => None,
                Self::Matches(..) | Self::Call(Function::Matches, _) => Some(PATTERN),
                _ => Some(4),
            };
            work = work.zip(more).map(|(work, more): (u64, u64)| work.saturating_add(more));
        });
        work
    }

    fn each(&self, visit: &mut dyn FnMut(&Self)) {
        visit(self);
        self.children().into_iter().for_each(|child| child.each(visit));
    }

    fn children(&self) -> Vec<&Self> {
        match self {
            Self::Not(of) | Self::Negative(of) | Self::Select { of, .. } | Self::Matches(of, _) => vec![of],
            Self::All(items) | Self::Any(items) | Self::List(items) | Self::Call(_, items) => {
                items.iter().collect()
            }
            Self::Choice(parts) => parts.iter().collect(),
            Self::Compare(_, sides) | Self::In(sides) | Self::Arithmetic(_, sides) | Self::Index(sides) => {
                sides.iter().collect()
            }
            Self::Map(entries) => entries.iter().flat_map(|(key, value)| [key, value]).collect(),
            Self::Macro(macro_) => {
                std::iter::once(&macro_.of).chain(&macro_.condition).chain(&macro_.made).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Updates the numbers of the look-ups.
    pub fn renumber(&mut self, number: &dyn Fn(u32) -> u32) {
        match self {
            Self::Listed { question, .. } => *question = number(*question),
            Self::Not(of) | Self::Negative(of) | Self::Select { of, .. } | Self::Matches(of, _) => {
                of.renumber(number);
            }
            Self::All(items) | Self::Any(items) | Self::List(items) | Self::Call(_, items) => {
                items.iter_mut().for_each(|item| item.renumber(number));
            }
            Self::Choice(parts) => parts.iter_mut().for_each(|part| part.renumber(number)),
            Self::Compare(_, sides) | Self::In(sides) | Self::Arithmetic(_, sides) | Self::Index(sides) => {
                sides.iter_mut().for_each(|side| side.renumber(number));
            }
            Self::Map(entries) => entries.iter_mut().for_each(|(key, value)| {
                key.renumber(number);
                value.renumber(number);
            }),
            Self::Macro(macro_) => {
                macro_.of.renumber(number);
                macro_.condition.iter_mut().chain(&mut macro_.made).for_each(|part| part.renumber(number));
            }
            _ => {}
        }
    }
}
