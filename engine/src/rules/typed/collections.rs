//! Types lists and maps, their items, and the macros that iterate over them.

use super::super::ast::{Expr, ExprKind, SpannedName};
use super::super::unparse::unparse;
use super::super::words::{Macro, UnsupportedSyntax};
use super::check::{Environment, ResolvedName, TypedTerm, Typer};
use super::term::{Comprehension, Term};
use super::types::{SizeBound, TermType};
use super::value::Val;
use crate::problem::Span;

impl<E: Environment> Typer<'_, E> {
    pub(super) fn list(&mut self, whole: &Expr, items: &[Expr]) -> TypedTerm {
        let typed: Vec<TypedTerm> = items.iter().map(|item| self.piece(item)).collect();
        let ty = self.common(typed.iter().map(|typed| &typed.ty), UnsupportedSyntax::MixedList, whole.span);
        let size = largest(typed.iter());
        let size = SizeBound::list(items.len() as u64, size);
        self.cost(size.weight);
        let terms = typed.into_iter().map(|typed| typed.term).collect();
        TypedTerm { term: constant(terms), ty: TermType::list(ty), size }
    }

    pub(super) fn map(&mut self, whole: &Expr, entries: &[(Expr, Expr)]) -> TypedTerm {
        let keys: Vec<TypedTerm> = entries.iter().map(|(key, _)| self.piece(key)).collect();
        let values: Vec<TypedTerm> = entries.iter().map(|(_, value)| self.piece(value)).collect();
        let before = self.left_out.len();
        let key = self.common(keys.iter().map(|typed| &typed.ty), UnsupportedSyntax::MixedMap, whole.span);
        let value = match self.left_out.len() > before {
            true => TermType::Any,
            false => {
                self.common(values.iter().map(|typed| &typed.ty), UnsupportedSyntax::MixedMap, whole.span)
            }
        };
        let key = self.key_type(key, whole.span);
        let key_size = if key == TermType::Text { largest(keys.iter()) } else { SizeBound::SCALAR };
        let size = SizeBound::map(entries.len() as u64, key_size, largest(values.iter()));
        self.cost(size.weight.saturating_mul(2));
        let terms = keys.into_iter().zip(values).map(|(key, value)| (key.term, value.term));
        TypedTerm { term: Term::Map(terms.collect()), ty: TermType::map(key, value), size }
    }

    /// Returns the type of a map's keys, which must be scalar.
    fn key_type(&mut self, key: TermType, span: Span) -> TermType {
        if matches!(key, TermType::Bool | TermType::Int | TermType::Text | TermType::Any) {
            return key;
        }
        let message = format!(
            "The keys of a map must be text, whole numbers, or true and false, not {}.",
            key.phrase()
        );
        self.problem(span, message);
        TermType::Any
    }

    /// Returns the common type.
    fn common<'t>(
        &mut self,
        types: impl Iterator<Item = &'t TermType>,
        construct: UnsupportedSyntax,
        span: Span,
    ) -> TermType {
        let mut common = TermType::Any;
        for ty in types {
            match common.unify(ty) {
                Some(unified) => common = unified,
                None => {
                    self.leave_out(construct, span);
                    return TermType::Any;
                }
            }
        }
        common
    }

    pub(super) fn selection(
        &mut self,
        whole: &Expr,
        of: &Expr,
        name: &SpannedName,
        is_test: bool,
    ) -> TypedTerm {
        if let Some(found) = self.qualified(whole).filter(|_| !is_test) {
            return self.found(found, whole.span);
        }
        let typed = self.piece(of);
        let (ty, size) = match &typed.ty {
            TermType::Map(entry) if entry.0.meets(&TermType::Text) => (entry.1.clone(), typed.size.item()),
            TermType::Any => (TermType::Any, SizeBound::SCALAR),
            other => {
                let message = match &of.kind {
                    ExprKind::Name(_) => {
                        format!("A field has no members; `.{}` is not supported.", name.text)
                    }
                    _ => format!("Only a map has members, but `{}` is {}.", unparse(of), other.phrase()),
                };
                self.problem(Span::new(of.span.end, name.span.end), message);
                (TermType::Any, SizeBound::SCALAR)
            }
        };
        let ty = if is_test { TermType::Bool } else { ty };
        let term = Term::Select { of: typed.term.into(), key: name.text.as_str().into(), is_test };
        TypedTerm { term, ty, size: if is_test { SizeBound::SCALAR } else { size } }
    }

    /// Returns the meaning of a whole path such as `a.b.c`, unless it begins with a variable.
    fn qualified(&mut self, expr: &Expr) -> Option<ResolvedName> {
        let (path, is_root) = dotted(expr)?;
        let first = path.split('.').next()?;
        if !is_root && self.local(first).is_some() {
            return None;
        }
        self.environment.name(&path).or_else(|| UnsupportedSyntax::name(&path).map(ResolvedName::LeftOut))
    }

    pub(super) fn index(&mut self, of: &Expr, at: &Expr) -> TypedTerm {
        let (typed, place) = (self.piece(of), self.piece(at));
        let (ty, size) = match &typed.ty {
            TermType::List(item) => {
                if !matches!(place.ty, TermType::Int | TermType::Any) {
                    let message = format!(
                        "The index of a list must be a whole number, but `{}` is {}.",
                        unparse(at),
                        place.ty.phrase()
                    );
                    self.problem(at.span, message);
                }
                ((**item).clone(), typed.size.item())
            }
            TermType::Map(entry) => {
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
            TermType::Any => (TermType::Any, SizeBound::SCALAR),
            other => {
                let message = format!(
                    "Only a list or a map can be indexed, but `{}` is {}.",
                    unparse(of),
                    other.phrase()
                );
                self.problem(of.span, message);
                (TermType::Any, SizeBound::SCALAR)
            }
        };
        TypedTerm { term: Term::Index([typed.term, place.term].into()), ty, size }
    }

    pub(super) fn macro_(
        &mut self,
        kind: Macro,
        of: &Expr,
        variables: &[SpannedName],
        body: &[Expr],
    ) -> TypedTerm {
        let typed = self.piece(of);
        self.cost(typed.size.len);
        let (key, value) = match &typed.ty {
            TermType::List(item) => (TermType::Int, (**item).clone()),
            TermType::Map(entry) => entry.as_ref().clone(),
            TermType::Any => (TermType::Any, TermType::Any),
            other => {
                let message = format!(
                    "`{kind}` iterates over a list or a map, but `{}` is {}.",
                    unparse(of),
                    other.phrase()
                );
                self.problem(of.span, message);
                (TermType::Any, TermType::Any)
            }
        };
        let is_map = matches!(typed.ty, TermType::Map(_));
        let key_size = if is_map { typed.size.key() } else { SizeBound::SCALAR };
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
        let (made_ty, made_size) = made
            .as_ref()
            .map_or((TermType::Any, SizeBound::SCALAR), |made| (made.ty.clone(), made.size.clone()));
        let len = typed.size.len;
        let (ty, size) = match kind {
            Macro::All | Macro::Exists | Macro::ExistsOne => (TermType::Bool, SizeBound::SCALAR),
            Macro::Filter => (TermType::list(first.0), SizeBound::list(len, first.1)),
            Macro::Map | Macro::TransformList => (TermType::list(made_ty), SizeBound::list(len, made_size)),
            Macro::TransformMap => (TermType::map(key, made_ty), SizeBound::map(len, key_size, made_size)),
        };
        self.cost(size.weight);
        let looped = Comprehension {
            kind,
            of: typed.term,
            variables: variables.len(),
            condition,
            made: made.map(|made| made.term),
        };
        TypedTerm { term: Term::Macro(looped.into()), ty, size }
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

fn largest<'t>(typed: impl Iterator<Item = &'t TypedTerm>) -> SizeBound {
    typed.map(|typed| typed.size.clone()).reduce(|a, b| a.or(&b)).unwrap_or(SizeBound::SCALAR)
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
