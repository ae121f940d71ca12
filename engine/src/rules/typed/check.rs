//! Trees into terms, with a type for each piece. What is wrong is said at its place, and the piece stays in the
//! term all the same, where it comes to an error: a rule with a problem never runs, and CEL's own test suite asks
//! what comes of such pieces beside others that settle the whole.

use std::sync::Arc;

use super::super::ast::{ArithmeticOp, CompareOp, Expr, ExprKind, Name};
use super::super::unparse::{quoted, unparse};
use super::super::words::{LeftOut, Macro};
use super::term::{Loop, Term};
use super::types::{Size, Type};
use super::value::Val;
use crate::limits;
use crate::problem::{Problem, Span};

/// What names stand for outside an expression.
pub trait Environment {
    /// What a name stands for, which may have points in it. Reports nothing.
    fn name(&mut self, path: &str) -> Option<Found>;
    /// The problem with a name that stands for nothing.
    fn unknown(&mut self, name: &Name) -> Problem;
    /// `has(field)`.
    fn has(&mut self, field: &Name) -> Result<Term, Problem>;
    /// `confidence(field)`.
    fn confidence(&mut self, field: &Name) -> Result<Term, Problem>;
    /// `needle in lists.name`.
    fn listed(&mut self, needle: &Expr, list: &Name) -> Result<Term, Vec<Problem>>;
    /// What is wrong with comparing a field, or how surely it was read, with a value that is written out.
    fn check_literal(&mut self, side: &Expr, op: CompareOp, literal: &Expr) -> Vec<Problem>;
}

/// What a name stands for.
pub enum Found {
    /// A value.
    Value(Term, Type, Size),
    /// Something that the language leaves out.
    LeftOut(LeftOut),
}

/// A piece with its type.
#[derive(Clone, Debug)]
pub struct Typed {
    pub term: Term,
    pub ty: Type,
    pub size: Size,
}

/// Types one expression, collecting problems on the way.
pub struct Typer<'e, E: Environment> {
    pub environment: &'e mut E,
    pub problems: Vec<Problem>,
    /// What the language leaves out, and where.
    pub left_out: Vec<(LeftOut, Span)>,
    pub(super) work: u64,
    /// How often what is typed is run.
    factor: u64,
    locals: Vec<(String, Type, Size)>,
}

impl<'e, E: Environment> Typer<'e, E> {
    pub fn new(environment: &'e mut E) -> Self {
        Self {
            environment,
            problems: Vec::new(),
            left_out: Vec::new(),
            work: 0,
            factor: 1,
            locals: Vec::new(),
        }
    }

    /// A whole expression. Says so if it could take too much work.
    pub fn whole(&mut self, expr: &Expr) -> Typed {
        let typed = self.piece(expr);
        self.check_work(expr);
        typed
    }

    /// A whole expression that has to be true or false.
    pub fn whole_condition(&mut self, expr: &Expr) -> Term {
        let term = self.condition(expr);
        self.check_work(expr);
        term
    }

    fn check_work(&mut self, expr: &Expr) {
        if self.work > limits::EXPRESSION_WORK {
            let message = "This could take too much work: it goes through too many values, too often.";
            self.problem(expr.span, message);
        }
    }

    /// A piece that has to be true or false.
    pub fn condition(&mut self, expr: &Expr) -> Term {
        let typed = self.piece(expr);
        if !Type::Bool.meets(&typed.ty) {
            self.problem(
                expr.span,
                format!(
                    "A condition is true or false, but `{}` is {}; compare it with something.",
                    unparse(expr),
                    typed.ty.phrase()
                ),
            );
        }
        typed.term
    }

    pub(super) fn piece(&mut self, expr: &Expr) -> Typed {
        self.cost(1);
        match &expr.kind {
            ExprKind::Hole => self.fault("This could not be read."),
            ExprKind::LeftOut { construct, .. } => self.leave_out(*construct, expr.span),
            ExprKind::Bool(holds) => literal(Val::Bool(*holds)),
            ExprKind::Integer(n) => literal(Val::Int(*n)),
            ExprKind::Float(n) => literal(Val::Double(*n)),
            ExprKind::Text(text) => literal(Val::text(text.as_str())),
            ExprKind::Name(_) | ExprKind::Root(_) => self.path(expr),
            ExprKind::ListName(_) => {
                self.report(expr.span, "A list is asked with `in`, as in `company in lists.tam`.")
            }
            ExprKind::Has(name) => {
                let found = self.environment.has(name);
                self.observed(found, Type::Bool)
            }
            ExprKind::Confidence(name) => {
                let found = self.environment.confidence(name);
                self.observed(found, Type::Double)
            }
            ExprKind::Not(operand) => {
                let operand = self.condition(operand);
                scalar(Term::Not(operand.into()), Type::Bool)
            }
            ExprKind::All(items) => {
                let items = items.iter().map(|item| self.condition(item)).collect();
                scalar(Term::All(items), Type::Bool)
            }
            ExprKind::Any(items) => {
                let items = items.iter().map(|item| self.condition(item)).collect();
                scalar(Term::Any(items), Type::Bool)
            }
            ExprKind::Choice { condition, yes, no } => self.choice(expr, condition, yes, no),
            ExprKind::Compare { op, left, right } => self.compare(expr, *op, left, right),
            ExprKind::In { needle, list } => self.membership(needle, list),
            ExprKind::Arithmetic { op, left, right } => self.arithmetic(expr, *op, left, right),
            ExprKind::Negative(operand) => self.negative(operand),
            ExprKind::List(items) => self.list(expr, items),
            ExprKind::Map(entries) => self.map(expr, entries),
            ExprKind::Select { of, name } => self.selection(expr, of, name, false),
            ExprKind::HasKey { of, name } => self.selection(expr, of, name, true),
            ExprKind::Index { of, at } => self.index(of, at),
            ExprKind::Call { of, function, arguments } => self.call(expr, of.as_deref(), function, arguments),
            ExprKind::Macro { of, kind, variables, body } => self.macro_(*kind, of, variables, body),
        }
    }

    /// A name, with what is selected from it as far as that belongs to the name.
    fn path(&mut self, expr: &Expr) -> Typed {
        let (name, is_root) = match &expr.kind {
            ExprKind::Name(text) => (Name { text: text.clone(), span: expr.span }, false),
            ExprKind::Root(name) => (name.clone(), true),
            _ => return self.fault("This is no name."),
        };
        if let Some(typed) = self.local(&name.text).filter(|_| !is_root) {
            return typed;
        }
        if let Some(found) = self.environment.name(&name.text) {
            return self.found(found, expr.span);
        }
        if let Some(construct) = LeftOut::name(&name.text) {
            return self.leave_out(construct, expr.span);
        }
        let problem = self.environment.unknown(&name);
        self.refused(problem)
    }

    fn local(&self, name: &str) -> Option<Typed> {
        let level = self.locals.iter().rposition(|(local, ..)| local == name)?;
        let (_, ty, size) = &self.locals[level];
        Some(Typed { term: Term::Local(level), ty: ty.clone(), size: size.clone() })
    }

    fn found(&mut self, found: Found, span: Span) -> Typed {
        match found {
            Found::Value(term, ty, size) => Typed { term, ty, size },
            Found::LeftOut(construct) => self.leave_out(construct, span),
        }
    }

    fn observed(&mut self, found: Result<Term, Problem>, ty: Type) -> Typed {
        match found {
            Ok(term) => scalar(term, ty),
            Err(problem) => self.refused(problem),
        }
    }

    fn choice(&mut self, whole: &Expr, condition: &Expr, yes: &Expr, no: &Expr) -> Typed {
        let condition = self.condition(condition);
        let (yes, no) = (self.piece(yes), self.piece(no));
        let ty = yes.ty.unify(&no.ty).unwrap_or_else(|| {
            self.problem(
                whole.span,
                format!(
                    "Both sides of a choice are of one type, but one is {} and the other {}.",
                    yes.ty.phrase(),
                    no.ty.phrase()
                ),
            );
            Type::Any
        });
        let size = yes.size.or(&no.size);
        Typed { term: Term::Choice([condition, yes.term, no.term].into()), ty, size }
    }

    fn compare(&mut self, whole: &Expr, op: CompareOp, left: &Expr, right: &Expr) -> Typed {
        let (a, b) = (self.piece(left), self.piece(right));
        self.cost(a.size.weight.min(b.size.weight));
        if !a.ty.meets(&b.ty) {
            self.mismatch((left, &a.ty), (right, &b.ty));
        } else if !op.is_equality() && !(a.ty.is_ordered() && b.ty.is_ordered()) {
            self.problem(whole.span, "Lists and maps have no order; they are compared with `==` and `!=`.");
        }
        self.check_literal((left, &a.term), op, right);
        self.check_literal((right, &b.term), op.flipped(), left);
        scalar(Term::Compare(op, [a.term, b.term].into()), Type::Bool)
    }

    fn check_literal(&mut self, (side, term): (&Expr, &Term), op: CompareOp, literal: &Expr) {
        if matches!(term, Term::Field(_) | Term::Confidence(_)) && literal.is_literal() {
            self.problems.extend(self.environment.check_literal(side, op, literal));
        }
    }

    /// Two values that never are the same.
    fn mismatch(&mut self, left: (&Expr, &Type), right: (&Expr, &Type)) {
        let (subject, other) = if left.0.is_literal() { (right, left) } else { (left, right) };
        let message = format!(
            "`{}` is {} and cannot be compared with {}.",
            unparse(subject.0),
            subject.1.phrase(),
            other.1.phrase()
        );
        let suggestion = match (&other.0.kind, subject.1) {
            (ExprKind::Text(text), Type::Timestamp) => Some(format!("timestamp({})", quoted(text))),
            (ExprKind::Text(text), Type::Duration) => Some(format!("duration({})", quoted(text))),
            (ExprKind::Text(text), Type::Int | Type::Double) => {
                text.trim().parse::<f64>().ok().filter(|n| n.is_finite()).map(|_| text.trim().to_owned())
            }
            _ => None,
        };
        self.problems.push(Problem::spanned(other.0.span, message).suggest(suggestion));
    }

    fn membership(&mut self, needle: &Expr, list: &Expr) -> Typed {
        if let ExprKind::ListName(name) = &list.kind {
            return match self.environment.listed(needle, name) {
                Ok(term) if !matches!(&needle.kind, ExprKind::Name(name) if self.local(name).is_some()) => {
                    scalar(term, Type::Bool)
                }
                Ok(_) => self.report(needle.span, "Only a field that is text can be looked up in a list."),
                Err(problems) => {
                    self.problems.extend(problems);
                    self.fault("This look-up is wrong.")
                }
            };
        }
        let (a, b) = (self.piece(needle), self.piece(list));
        self.cost(b.size.weight);
        match &b.ty {
            Type::List(item) if !a.ty.meets(item) => {
                let message = format!(
                    "`{}` is {} and never in a list where each value is {}.",
                    unparse(needle),
                    a.ty.phrase(),
                    item.phrase()
                );
                self.problem(list.span, message);
            }
            Type::Map(entry) if !a.ty.meets(&entry.0) => {
                let message = format!(
                    "`{}` is {} and never a key where each key is {}.",
                    unparse(needle),
                    a.ty.phrase(),
                    entry.0.phrase()
                );
                self.problem(list.span, message);
            }
            Type::List(_) | Type::Map(_) | Type::Any => {}
            other => {
                let message = format!(
                    "After `in` stands a list or a map, but `{}` is {}.",
                    unparse(list),
                    other.phrase()
                );
                self.problem(list.span, message);
            }
        }
        if let ExprKind::List(items) = &list.kind {
            items.iter().for_each(|item| self.check_literal((needle, &a.term), CompareOp::Equal, item));
        }
        scalar(Term::In([a.term, b.term].into()), Type::Bool)
    }

    fn arithmetic(&mut self, whole: &Expr, op: ArithmeticOp, left: &Expr, right: &Expr) -> Typed {
        use ArithmeticOp::{Add, Divide, Multiply, Remainder, Subtract};
        let (a, b) = (self.piece(left), self.piece(right));
        let mut size = Size::SCALAR;
        let ty = match (op, &a.ty, &b.ty) {
            (Add | Subtract | Multiply | Divide | Remainder, Type::Int, Type::Int) => Type::Int,
            (Add | Subtract | Multiply | Divide, Type::Double, Type::Double) => Type::Double,
            (Add | Subtract, Type::Timestamp, Type::Duration) | (Add, Type::Duration, Type::Timestamp) => {
                Type::Timestamp
            }
            (Add | Subtract, Type::Duration, Type::Duration)
            | (Subtract, Type::Timestamp, Type::Timestamp) => Type::Duration,
            (Add, Type::Text, Type::Text) => {
                size = Size::text(a.size.len.saturating_add(b.size.len));
                Type::Text
            }
            (Add, Type::List(_), Type::List(_)) => {
                size = a.size.then(&b.size);
                a.ty.unify(&b.ty).unwrap_or_else(|| {
                    self.problem(whole.span, "Only lists whose values are of one type are put together.");
                    Type::list(Type::Any)
                })
            }
            (_, Type::Any, _) | (_, _, Type::Any) => {
                size = a.size.then(&b.size);
                Type::Any
            }
            _ => {
                self.no_sense(whole, op, (left, &a.ty), (right, &b.ty));
                Type::Any
            }
        };
        self.cost(size.weight);
        Typed { term: Term::Arithmetic(op, [a.term, b.term].into()), ty, size }
    }

    fn no_sense(&mut self, whole: &Expr, op: ArithmeticOp, left: (&Expr, &Type), right: (&Expr, &Type)) {
        let symbol = op.symbol();
        let whole_side = match (left.1, right.1) {
            (Type::Int, Type::Double) => Some(left.0),
            (Type::Double, Type::Int) => Some(right.0),
            _ => None,
        };
        if let Some(side) = whole_side.filter(|_| op != ArithmeticOp::Remainder) {
            let message = format!("`{symbol}` does not mix whole numbers with others.");
            let suggestion = match &side.kind {
                ExprKind::Integer(n) => format!("{n}.0"),
                _ => format!("double({})", unparse(side)),
            };
            self.problems.push(Problem::spanned(side.span, message).suggest(Some(suggestion)));
            return;
        }
        let hint = match (op, left.1, right.1) {
            (ArithmeticOp::Remainder, ..) => " It is for whole numbers.",
            (ArithmeticOp::Add, Type::Text, _) | (ArithmeticOp::Add, _, Type::Text) => {
                " Text is put together with text; `string(…)` makes text of other values."
            }
            (_, Type::Timestamp, Type::Int | Type::Double | Type::Text) => {
                " A span of time is written as in `duration(\"24h\")`."
            }
            _ => "",
        };
        let message =
            format!("`{symbol}` cannot be used with {} and {}.{hint}", left.1.phrase(), right.1.phrase());
        self.problem(whole.span, message);
    }

    fn negative(&mut self, operand: &Expr) -> Typed {
        let typed = self.piece(operand);
        if !matches!(typed.ty, Type::Int | Type::Double | Type::Any) {
            let message =
                format!("`-` turns numbers around, but `{}` is {}.", unparse(operand), typed.ty.phrase());
            self.problem(operand.span, message);
        }
        scalar(Term::Negative(typed.term.into()), typed.ty)
    }

    fn list(&mut self, whole: &Expr, items: &[Expr]) -> Typed {
        let typed: Vec<Typed> = items.iter().map(|item| self.piece(item)).collect();
        let ty = self.common(typed.iter().map(|typed| &typed.ty), LeftOut::MixedList, whole.span);
        let size = largest(typed.iter());
        let size = Size::list(items.len() as u64, size);
        self.cost(size.weight);
        Typed {
            term: Term::List(typed.into_iter().map(|typed| typed.term).collect()),
            ty: Type::list(ty),
            size,
        }
    }

    fn map(&mut self, whole: &Expr, entries: &[(Expr, Expr)]) -> Typed {
        let keys: Vec<Typed> = entries.iter().map(|(key, _)| self.piece(key)).collect();
        let values: Vec<Typed> = entries.iter().map(|(_, value)| self.piece(value)).collect();
        let before = self.left_out.len();
        let key = self.common(keys.iter().map(|typed| &typed.ty), LeftOut::MixedMap, whole.span);
        let value = match self.left_out.len() > before {
            true => Type::Any,
            false => self.common(values.iter().map(|typed| &typed.ty), LeftOut::MixedMap, whole.span),
        };
        if !matches!(key, Type::Bool | Type::Int | Type::Text | Type::Any) {
            self.problem(
                whole.span,
                format!(
                    "The keys of a map are text, whole numbers, or true and false, not {}.",
                    key.phrase()
                ),
            );
        }
        let size = Size::map(entries.len() as u64, largest(keys.iter()), largest(values.iter()));
        self.cost(size.weight.saturating_mul(2));
        let terms = keys.into_iter().zip(values).map(|(key, value)| (key.term, value.term));
        Typed { term: Term::Map(terms.collect()), ty: Type::map(key, value), size }
    }

    /// The type that all have.
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

    fn selection(&mut self, whole: &Expr, of: &Expr, name: &Name, is_test: bool) -> Typed {
        if let Some(found) = self.qualified(whole).filter(|_| !is_test) {
            return self.found(found, whole.span);
        }
        let typed = self.piece(of);
        let (ty, size) = match &typed.ty {
            Type::Map(entry) if entry.0.meets(&Type::Text) => (entry.1.clone(), typed.size.item()),
            Type::Any => (Type::Any, Size::SCALAR),
            other => {
                let message = match &of.kind {
                    ExprKind::Name(_) => format!("A field has no parts; `.{}` is not supported.", name.text),
                    _ => format!("Only a map has parts; `{}` is {}.", unparse(of), other.phrase()),
                };
                self.problem(Span::new(of.span.end, name.span.end), message);
                (Type::Any, Size::SCALAR)
            }
        };
        let ty = if is_test { Type::Bool } else { ty };
        let term = Term::Select { of: typed.term.into(), key: name.text.as_str().into(), is_test };
        Typed { term, ty, size: if is_test { Size::SCALAR } else { size } }
    }

    /// What a whole path such as `a.b.c` stands for, unless it begins with a variable.
    fn qualified(&mut self, expr: &Expr) -> Option<Found> {
        let (path, is_root) = dotted(expr)?;
        let first = path.split('.').next()?;
        if !is_root && self.local(first).is_some() {
            return None;
        }
        self.environment.name(&path).or_else(|| LeftOut::name(&path).map(Found::LeftOut))
    }

    fn index(&mut self, of: &Expr, at: &Expr) -> Typed {
        let (typed, place) = (self.piece(of), self.piece(at));
        let (ty, size) = match &typed.ty {
            Type::List(item) => {
                if !matches!(place.ty, Type::Int | Type::Any) {
                    let message = format!(
                        "The place in a list is a whole number, but `{}` is {}.",
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
                    "Only a list or a map is asked for parts, but `{}` is {}.",
                    unparse(of),
                    other.phrase()
                );
                self.problem(of.span, message);
                (Type::Any, Size::SCALAR)
            }
        };
        Typed { term: Term::Index([typed.term, place.term].into()), ty, size }
    }

    fn macro_(&mut self, kind: Macro, of: &Expr, variables: &[Name], body: &[Expr]) -> Typed {
        let typed = self.piece(of);
        self.cost(typed.size.len);
        let (key, value) = match &typed.ty {
            Type::List(item) if variables.len() == 1 => (Type::Int, (**item).clone()),
            Type::List(item) => (Type::Int, (**item).clone()),
            Type::Map(entry) => entry.as_ref().clone(),
            Type::Any => (Type::Any, Type::Any),
            other => {
                let message = format!(
                    "`{kind}` goes through a list or a map, but `{}` is {}.",
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

    /// So many steps, as often as the piece is run.
    pub(super) fn cost(&mut self, steps: u64) {
        self.work = self.work.saturating_add(steps.saturating_mul(self.factor));
    }

    pub(super) fn leave_out(&mut self, construct: LeftOut, span: Span) -> Typed {
        self.left_out.push((construct, span));
        self.report(span, construct.advice())
    }

    pub(super) fn problem(&mut self, span: Span, message: impl Into<String>) {
        self.problems.push(Problem::spanned(span, message));
    }

    pub(super) fn report(&mut self, span: Span, message: &str) -> Typed {
        self.refused(Problem::spanned(span, message))
    }

    pub(super) fn refused(&mut self, problem: Problem) -> Typed {
        let fault = self.fault(&problem.message);
        self.problems.push(problem);
        fault
    }

    fn fault(&mut self, message: &str) -> Typed {
        scalar(Term::Fault(Arc::from(message)), Type::Any)
    }
}

pub(super) fn scalar(term: Term, ty: Type) -> Typed {
    Typed { term, ty, size: Size::SCALAR }
}

fn literal(value: Val<'static>) -> Typed {
    Typed { ty: Type::of(&value), size: Size::of(&value), term: Term::Value(value) }
}

fn largest<'t>(typed: impl Iterator<Item = &'t Typed>) -> Size {
    typed.map(|typed| typed.size.clone()).reduce(|a, b| a.or(&b)).unwrap_or(Size::SCALAR)
}

/// `a.b.c` as one name, and whether it begins with a point.
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
