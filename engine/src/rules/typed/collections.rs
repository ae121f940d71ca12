//! Types lists and maps, their items, and the macros that iterate over them.

use super::super::ast::{Expr, ExprKind, Name};
use super::super::unparse::unparse;
use super::super::words::{LeftOut, Macro};
use super::check::{Environment, Found, Typed, Typer};
use super::term::{Loop, Term};
use super::types::{Size, Type};
use super::value::Val;
use crate::problem::Span;

impl<E: Environment> Typer<'_, E> {
    pub(super) fn list(&mut self, whole: &Expr, items: &[Expr]) -> Typed {
        let typed: Vec<Typed> = items.iter().map(|item| self.piece(item)).collect();
        let ty = self.common(typed.iter().map(|typed| &typed.ty), LeftOut::MixedList, whole.span);
        let size = largest(typed.iter());
        let size = Size::list(items.len() as u64, size);
        self.cost(size.weight);
        let terms = typed.into_iter().map(|typed| typed.term).collect();
        Typed { term: constant(terms), ty: Type::list(ty), size }
    }

    pub(super) fn map(&mut self, whole: &Expr, entries: &[(Expr, Expr)]) -> Typed {
        let keys: Vec<Typed> = entries.iter().map(|(key, _)| self.piece(key)).collect();
        let values: Vec<Typed> = entries.iter().map(|(_, value)| self.piece(value)).collect();
        let before = self.left_out.len();
        let key = self.common(keys.iter().map(|typed| &typed.ty), LeftOut::MixedMap, whole.span);
        let value = match self.left_out.len() > before {
            true => Type::Any,
            false => self.common(values.iter().map(|typed| &typed.ty), LeftOut::MixedMap, whole.span),
        };
        let key = self.key_type(key, whole.span);
        let key_size = if key == Type::Text { largest(keys.iter()) } else { Size::SCALAR };
        let size = Size::map(entries.len() as u64, key_size, largest(values.iter()));
        self.cost(size.weight.saturating_mul(2));
        let terms = keys.into_iter().zip(values).map(|(key, value)| (key.term, value.term));
        Typed { term: Term::Map(terms.collect()), ty: Type::map(key, value), size }
    }

    /// Returns the type of a map's keys, which must be scalar.
    fn key_type(&mut self, key: Type, span: Span) -> Type {
        if matches!(key, Type::Bool | Type::Int | Type::Text | Type::Any) {
            return key;
        }
        let message = format!(
            "The keys of a map must be text, whole numbers, or true and false, not {}.",
            key.phrase()
        );
        self.problem(span, message);
        Type::Any
    }

    /// Returns the common type.
    fn common<'t>(&mut self, types: impl Iterator<Item = &'t Type>, construct: LeftOut, span: Span) -> Type {
        let mut common = Type::Any;
        for ty in types {
            match common.unify(ty) {
                Some(unified) => common = unified,
                None => {
                    self.leave_out(construct, span);
                    return Type::Any;
                }
            }
        }
        common
    }

    pub(super) fn selection(&mut self, whole: &Expr, of: &Expr, name: &Name, is_test: bool) -> Typed {
        if let Some(found) = self.qualified(whole).filter(|_| !is_test) {
            return self.found(found, whole.span);
        }
        let typed = self.piece(of);
        let (ty, size) = match &typed.ty {
            Type::Map(entry) if entry.0.meets(&Type::Text) => (entry.1.clone(), typed.size.item()),
            Type::Any => (Type::Any, Size::SCALAR),
            other => {
                let message = match &of.kind {
                    ExprKind::Name(_) => {
                        format!("A field has no members; `.{}` is not supported.", name.text)
                    }
                    _ => format!("Only a map has members, but `{}` is {}.", unparse(of), other.phrase()),
                };
                self.problem(Span::new(of.span.end, name.span.end), message);
                (Type::Any, Size::SCALAR)
            }
        };
        let ty = if is_test { Type::Bool } else { ty };
        let term = Term::Select { of: typed.term.into(), key: name.text.as_str().into(), is_test };
        Typed { term, ty, size: if is_test { Size::SCALAR } else { size } }
    }

    /// Returns the meaning of a whole path such as `a.b.c`, unless it begins with a variable.
    fn qualified(&mut self, expr: &Expr) -> Option<Found> {
        let (path, is_root) = dotted(expr)?;
        let first = path.split('.').next()?;
        if !is_root && self.local(first).is_some() {
            return None;
        }
        self.environment.name(&path).or_else(|| LeftOut::name(&path).map(Found::LeftOut))
    }

    pub(super) fn index(&mut self, of: &Expr, at: &Expr) -> Typed {
        let (typed, place) = (self.piece(of), self.piece(at));
        let (ty, size) = match &typed.ty {
            Type::List(item) => {
                if !matches!(place.ty, Type::Int | Type::Any) {
                    let message = format!(
                        "The index of a list must be a whole number, but `{}` is {}.",
                        unparse(at),
                        place.ty.phrase()
                    );
                    self.problem(at.span, message);
                }
                ((**item).clone(), typed.size.item())
            }
            Type::Map(entry) => {
                if !place.ty.meets(&entry.0) {
                    let message = format!(
                        "The keys of the map are {}, but `{}` is {}.",
                        entry.0.phrase(),
                        unparse(at),
                        place.ty.phrase()
                    );
                    self.problem(at.span, message);
                }
                (entry.1.clone(), typed.size.item())
            }
            Type::Any => (Type::Any, Size::SCALAR),
            other => {
                let message = format!(
                    "Only a list or a map can be indexed, but `{}` is {}.",
                    unparse(of),
                    other.phrase()
                );
                self.problem(of.span, message);
                (Type::Any, Size::SCALAR)
            }
        };
        Typed { term: Term::Index([typed.term, place.term].into()), ty, size }
    }

    pub(super) fn macro_(&mut self, kind: Macro, of: &Expr, variables: &[Name], body: &[Expr]) -> Typed {
        let typed = self.piece(of);
        self.cost(typed.size.len);
        let (key, value) = match &typed.ty {
            Type::List(item) => (Type::Int, (**item).clone()),
            Type::Map(entry) => entry.as_ref().clone(),
            Type::Any => (Type::Any, Type::Any),
            other => {
                let message = format!(
                    "`{kind}` iterates over a list or a map, but `{}` is {}.",
                    unparse(of),
                    other.phrase()
                );
                self.problem(of.span, message);
                (Type::Any, Type::Any)
            }
        };
        let is_map = matches!(typed.ty, Type::Map(_));
        let key_size = if is_map { typed.size.key() } else { Size::SCALAR };
        let first = if variables.len() == 1 && !is_map {
            (value.clone(), typed.size.item())
        } else {
            (key.clone(), key_size.clone())
        };
        let before = (self.locals.len(), self.factor);
        for (name, (ty, size)) in variables.iter().zip([first.clone(), (value.clone(), typed.size.item())]) {
            self.locals.push((name.text.clone(), ty, size));
        }
        self.factor = self.factor.saturating_mul(typed.size.len.max(1));
        let is_made = matches!(kind, Macro::Map | Macro::TransformList | Macro::TransformMap);
        let (condition, made) = match (is_made, body) {
            (true, [made]) => (None, Some(self.piece(made))),
            (true, [condition, made]) => (Some(self.condition(condition)), Some(self.piece(made))),
            (_, [condition, ..]) => (Some(self.condition(condition)), None),
            _ => (None, None),
        };
        self.locals.truncate(before.0);
        self.factor = before.1;
        let (made_ty, made_size) =
            made.as_ref().map_or((Type::Any, Size::SCALAR), |made| (made.ty.clone(), made.size.clone()));
        let len = typed.size.len;
        let (ty, size) = match kind {
            Macro::All | Macro::Exists | Macro::ExistsOne => (Type::Bool, Size::SCALAR),
            Macro::Filter => (Type::list(first.0), Size::list(len, first.1)),
            Macro::Map | Macro::TransformList => (Type::list(made_ty), Size::list(len, made_size)),
            Macro::TransformMap => (Type::map(key, made_ty), Size::map(len, key_size, made_size)),
        };
        self.cost(size.weight);
        let looped = Loop {
            kind,
            of: typed.term,
            variables: variables.len(),
            condition,
            made: made.map(|made| made.term),
        };
        Typed { term: Term::Macro(looped.into()), ty, size }
    }
}

/// Creates a list of literals once.
fn constant(terms: Vec<Term>) -> Term {
    let value = |term: &Term| match term {
        Term::Value(value) => Some(value.clone()),
        _ => None,
    };
    match terms.iter().map(value).collect::<Option<Vec<_>>>() {
        Some(values) => Term::Value(Val::list(values)),
        None => Term::List(terms.into()),
    }
}

fn largest<'t>(typed: impl Iterator<Item = &'t Typed>) -> Size {
    typed.map(|typed| typed.size.clone()).reduce(|a, b| a.or(&b)).unwrap_or(Size::SCALAR)
}

/// Returns `a.b.c` as one name, and whether it begins with a dot.
fn dotted(expr: &Expr) -> Option<(String, bool)> {
    match &expr.kind {
        ExprKind::Name(name) => Some((name.clone(), false)),
        ExprKind::Root(name) => Some((name.text.clone(), true)),
        ExprKind::Select { of, name } => {
            dotted(of).map(|(path, is_root)| (format!("{path}.{}", name.text), is_root))
        }
        _ => None,
    }
}
