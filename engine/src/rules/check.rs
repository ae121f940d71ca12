//! Compiles trees to code and checks them: every field, list and value must exist, and every comparison must be
//! possible. Problems are reported at their location, with a suggested fix.

use std::collections::{BTreeMap, BTreeSet};

use super::ast::{Expr, ExprKind, SpannedName};
use super::code::{FieldRead, Node, Operand, Operation};
use super::parse::PROBLEMS;
use super::typed::pattern_set::Patterns;
use super::unparse::{quoted, unparse};
use crate::catalogue::{Catalogue, FieldDefinition, FieldType};
use crate::limits;
use crate::problem::{Problem, Span, nearest};

/// The identifier for the time that rules use as `now`.
pub const AS_OF: &str = "as_of";

/// Checks a condition against the available fields and the names of the available lists, and returns all
/// problems.
pub fn check(expr: &Expr, catalogue: &Catalogue, lists: &BTreeSet<String>) -> Vec<Problem> {
    let none = BTreeMap::new();
    let scope = Scope { catalogue, lists, map_confidence: &none, rule_confidence: &none };
    compile(expr, scope, &mut Symbols::default()).err().unwrap_or_default()
}

/// The fields and lists available to a condition, and the confidence that the fields require.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub catalogue: &'a Catalogue,
    pub lists: &'a BTreeSet<String>,
    pub map_confidence: &'a BTreeMap<String, f64>,
    pub rule_confidence: &'a BTreeMap<String, f64>,
}

/// The fields and list questions used by the conditions of a set, numbered in order of appearance.
#[derive(Default)]
pub(super) struct Symbols<'a> {
    pub fields: Vec<(&'a str, &'a FieldDefinition)>,
    slots: BTreeMap<&'a str, u16>,
    /// The number of each question, by list and by the slot of the field to look up.
    pub questions: BTreeMap<(String, u16), u32>,
    /// The patterns of all conditions.
    pub patterns: Patterns,
}

/// The type of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ExprType {
    Bool,
    Number,
    Text,
    Enum,
    Timestamp,
    List,
    ReferenceList,
}

/// Compiles one condition and collects its problems.
pub(super) struct Checker<'a, 's> {
    pub scope: Scope<'a>,
    pub symbols: &'s mut Symbols<'a>,
    pub nodes: Vec<Node>,
    pub problems: Vec<Problem>,
}

/// A field that was found.
#[derive(Clone, Copy)]
pub(super) struct ResolvedField<'a> {
    pub name: &'a str,
    pub definition: &'a FieldDefinition,
    pub read: FieldRead,
}

/// Returns the code of a condition.
///
/// # Errors
/// Returns every problem, in the order of the text.
pub(super) fn compile<'a>(
    expr: &Expr,
    scope: Scope<'a>,
    symbols: &mut Symbols<'a>,
) -> Result<Box<[Node]>, Vec<Problem>> {
    let mut checker = Checker { scope, symbols, nodes: Vec::new(), problems: Vec::new() };
    checker.condition(expr);
    let Checker { nodes, mut problems, .. } = checker;
    if problems.is_empty() {
        return Ok(nodes.into());
    }
    problems.sort_by_key(|problem| problem.span.map_or(0, |span| span.start));
    problems.truncate(PROBLEMS);
    Err(problems)
}

impl<'a> Checker<'a, '_> {
    /// Compiles an expression that must be a boolean.
    pub fn condition(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Bool(holds) => self.atom(Operation::Constant(*holds)),
            ExprKind::Not(operand) => self.parent(Operation::Not, [&**operand]),
            ExprKind::All(items) => self.parent(Operation::All, items),
            ExprKind::Any(items) => self.parent(Operation::Any, items),
            ExprKind::Compare { op, left, right } if is_plain_side(left) && is_plain_side(right) => {
                self.compare(expr, *op, left, right);
            }
            ExprKind::In { needle, list } if is_plain(needle) && self.is_plain_list(list) => {
                self.membership(needle, list);
            }
            ExprKind::Compare { .. } | ExprKind::In { .. } => self.general(expr),
            ExprKind::Has(name) => {
                if let Some(field) = self.named_field(name) {
                    self.atom(Operation::Has(field.read.slot));
                }
            }
            ExprKind::Name(name) => self.flag(name, expr),
            // The parser has already reported this.
            ExprKind::Hole => {}
            _ if is_plain(expr) => self.not_a_condition(expr),
            _ => self.general(expr),
        }
    }

    /// Adds a node followed by the nodes of its children.
    pub fn parent<'e>(&mut self, kind: Operation, children: impl IntoIterator<Item = &'e Expr>) {
        let at = self.nodes.len();
        self.nodes.push(Node { len: 0, kind });
        for child in children {
            self.condition(child);
        }
        self.nodes[at].len = index(self.nodes.len() - at);
    }

    pub fn atom(&mut self, kind: Operation) {
        self.nodes.push(Node { len: 1, kind });
    }

    /// Returns the type of an expression; `None` if it is unknown because the expression contains a problem.
    pub fn type_of(&self, expr: &Expr) -> Option<ExprType> {
        Some(match &expr.kind {
            ExprKind::Hole => return None,
            ExprKind::Integer(_) | ExprKind::Float(_) | ExprKind::Confidence(_) => ExprType::Number,
            ExprKind::Text(_) => ExprType::Text,
            ExprKind::List(_) => ExprType::List,
            ExprKind::ListName(_) => ExprType::ReferenceList,
            ExprKind::Name(name) if name == AS_OF => ExprType::Timestamp,
            ExprKind::Name(name) => match self.scope.catalogue.get(name)?.kind {
                FieldType::Bool => ExprType::Bool,
                FieldType::Integer | FieldType::Number => ExprType::Number,
                FieldType::String => ExprType::Text,
                FieldType::Enum => ExprType::Enum,
                FieldType::Timestamp => ExprType::Timestamp,
            },
            _ => ExprType::Bool,
        })
    }

    /// Returns the field that an expression names, if any.
    pub fn field_of(&mut self, expr: &Expr) -> Option<ResolvedField<'a>> {
        let ExprKind::Name(name) = &expr.kind else { return None };
        self.field_named(name)
    }

    /// Returns the field with this name.
    pub fn field_named(&mut self, name: &str) -> Option<ResolvedField<'a>> {
        let (name, definition) = self.scope.catalogue.0.get_key_value(name)?;
        Some(self.field(name, definition))
    }

    /// Compiles one side of a comparison with a known type.
    pub fn operand(&mut self, expr: &Expr) -> Option<Operand> {
        match &expr.kind {
            ExprKind::Integer(n) => Some(Operand::Number(super::Numeric::Integer(*n))),
            ExprKind::Float(n) => Some(Operand::Number(super::Numeric::Float(*n))),
            ExprKind::Text(text) => Some(Operand::Text(text.as_str().into())),
            ExprKind::Name(name) if name == AS_OF => Some(Operand::AsOf),
            ExprKind::Confidence(name) => {
                self.named_field(name).map(|field| Operand::Confidence(field.read.slot))
            }
            _ => self.field_of(expr).map(|field| Operand::Field(field.read)),
        }
    }

    /// Returns the field in `has(…)` or `confidence(…)`.
    pub fn named_field(&mut self, name: &SpannedName) -> Option<ResolvedField<'a>> {
        let found = self.scope.catalogue.0.get_key_value(&name.text);
        if let Some((name, definition)) = found {
            return Some(self.field(name, definition));
        }
        if name.text == AS_OF {
            self.problem(name.span, "`as_of` is always known; use the name of a field.");
        } else {
            self.unknown_name(&name.text, name.span, None);
        }
        None
    }

    fn field(&mut self, name: &'a str, definition: &'a FieldDefinition) -> ResolvedField<'a> {
        let needed = [
            definition.min_confidence,
            self.scope.map_confidence.get(name).copied(),
            self.scope.rule_confidence.get(name).copied(),
        ];
        let needed = needed.into_iter().flatten().fold(0.0, f64::max);
        ResolvedField {
            name,
            definition,
            read: FieldRead { slot: self.symbols.slot(name, definition), needed },
        }
    }

    /// Returns whether the expression can follow `in` in an atom, or contains a mistake that is best reported
    /// there.
    fn is_plain_list(&self, expr: &Expr) -> bool {
        let ExprKind::List(items) = &expr.kind else { return is_plain(expr) };
        items.iter().all(|item| match &item.kind {
            ExprKind::Name(name) => name != AS_OF && self.scope.catalogue.get(name).is_none(),
            _ => is_plain_item(item),
        })
    }

    fn flag(&mut self, name: &str, expr: &Expr) {
        match self.type_of(expr) {
            None => self.unknown_name(name, expr.span, None),
            Some(ExprType::Bool) => {
                if let Some(field) = self.field_of(expr) {
                    self.atom(Operation::Flag(field.read));
                }
            }
            Some(_) => self.not_a_condition(expr),
        }
    }

    fn not_a_condition(&mut self, expr: &Expr) {
        let kind = self.phrase(expr);
        let text = unparse(expr);
        self.problem(
            expr.span,
            format!("A condition must be true or false, but `{text}` is {kind}; compare it with something."),
        );
    }

    /// Reports that no field has this name. `beside` is the field it is compared with, which helps to make a
    /// suggestion.
    pub fn unknown_name(&mut self, name: &str, span: Span, beside: Option<&FieldDefinition>) {
        if let Some(value) = beside.and_then(|field| nearest(name, field.values.iter().map(String::as_str))) {
            let message = format!("Field `{name}` does not exist; put text in quotes.");
            return self.problems.push(Problem::spanned(span, message).suggest(Some(quoted(value))));
        }
        if self.scope.lists.contains(name) {
            let message = format!("`{name}` is a list; write `lists.{name}`.");
            return self
                .problems
                .push(Problem::spanned(span, message).suggest(Some(format!("lists.{name}"))));
        }
        let suggestion = match name.to_ascii_lowercase().as_str() {
            "true" | "yes" => Some("true"),
            "false" | "no" => Some("false"),
            "now" | "today" => Some(AS_OF),
            _ => nearest(name, self.scope.catalogue.names().chain([AS_OF])),
        };
        self.problems
            .push(Problem::spanned(span, format!("Field `{name}` does not exist.")).suggest(suggestion));
    }

    /// Returns the type of an expression in words.
    pub fn phrase(&self, expr: &Expr) -> &'static str {
        let field = match &expr.kind {
            ExprKind::Name(name) => self.scope.catalogue.get(name),
            _ => None,
        };
        match self.type_of(expr) {
            Some(ExprType::Number) if field.is_some_and(|field| field.kind == FieldType::Integer) => {
                "a whole number"
            }
            Some(ExprType::Number) => "a number",
            Some(ExprType::Bool) => "true or false",
            Some(ExprType::Text) => "text",
            Some(ExprType::Enum) => "an enum value",
            Some(ExprType::Timestamp) => "a point in time",
            Some(ExprType::List | ExprType::ReferenceList) => "a list",
            None => "unclear",
        }
    }

    pub fn problem(&mut self, span: Span, message: impl Into<String>) {
        self.problems.push(Problem::spanned(span, message));
    }
}

impl<'a> Symbols<'a> {
    fn slot(&mut self, name: &'a str, definition: &'a FieldDefinition) -> u16 {
        const { assert!(limits::FIELDS < u16::MAX as usize) };
        *self.slots.entry(name).or_insert_with(|| {
            self.fields.push((name, definition));
            u16::try_from(self.fields.len() - 1).unwrap_or(u16::MAX)
        })
    }

    pub fn question(&mut self, list: &str, slot: u16) -> u32 {
        let next = index(self.questions.len());
        *self.questions.entry((list.to_owned(), slot)).or_insert(next)
    }
}

/// Returns whether the expression can be compiled to an atom. All others are handled by [`super::typed`].
fn is_plain(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Hole
        | ExprKind::Bool(_)
        | ExprKind::Integer(_)
        | ExprKind::Float(_)
        | ExprKind::Text(_)
        | ExprKind::Name(_)
        | ExprKind::ListName(_)
        | ExprKind::Not(_)
        | ExprKind::All(_)
        | ExprKind::Any(_)
        | ExprKind::Compare { .. }
        | ExprKind::In { .. }
        | ExprKind::Has(_)
        | ExprKind::Confidence(_) => true,
        ExprKind::List(items) => items.iter().all(is_plain_item),
        _ => false,
    }
}

/// Returns whether the expression can be a side of a comparison in an atom.
fn is_plain_side(expr: &Expr) -> bool {
    is_plain(expr) && !matches!(expr.kind, ExprKind::List(_))
}

/// Returns whether the item is a literal, or could not be parsed.
fn is_plain_item(item: &Expr) -> bool {
    item.is_literal() || matches!(item.kind, ExprKind::Hole)
}

/// Converts an index; conditions and sets are far too small for it to overflow.
fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
