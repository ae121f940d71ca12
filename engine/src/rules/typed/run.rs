//! The evaluator of expressions.
//!
//! A result is a value, unknown because of some fields, or an error. Operations evaluate all of their operands,
//! and an error takes precedence over an unknown; `&&`, `||`, `all` and `exists` can be determined by one
//! operand whatever the others are. The result depends on nothing but the operands, so a known result stays the
//! same whatever the values of the unknown fields.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::Numeric;
use super::super::code::FieldRead;
use super::super::eval::EvalContext;
use super::super::row::Datum;
use super::super::words::Macro;
use super::functions;
use super::term::{Comprehension, Term};
use super::value::{SharedText, Val};
use super::{arithmetic, parts};
use crate::catalogue::FieldType;
use crate::decision::Outcome3;
use crate::limits;

/// The reason why there is no value.
#[derive(Clone, Debug, PartialEq)]
pub enum NoValue {
    /// The value depends on these fields, which are unknown.
    Unknown(SlotSet),
    /// The value could not be computed, for the reason in this sentence.
    Error(Cow<'static, str>),
}

/// A set of fields.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SlotSet([u64; limits::FIELDS.div_ceil(64)]);

pub type EvalResult<T> = Result<T, NoValue>;

/// The evaluation of one expression for one lead.
pub struct Evaluator<'a> {
    machine: EvalContext<'a>,
    /// The values of the macro variables, the outermost first.
    locals: Vec<Val<'a>>,
}

impl NoValue {
    /// Returns an error.
    pub fn error<T>(message: impl Into<Cow<'static, str>>) -> EvalResult<T> {
        Err(Self::Error(message.into()))
    }

    /// Combines two reasons.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unknown(a), Self::Unknown(b)) => Self::Unknown(a.and(b)),
            (error @ Self::Error(_), _) | (_, error @ Self::Error(_)) => error,
        }
    }
}

impl SlotSet {
    fn one(slot: u16) -> Self {
        let mut slots = Self::default();
        if let Some(word) = slots.0.get_mut(usize::from(slot / 64)) {
            *word |= 1 << (slot % 64);
        }
        slots
    }

    fn and(mut self, other: Self) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(word, other)| *word |= other);
        self
    }

    /// Returns whether the field is in the set.
    pub fn contains(self, slot: u16) -> bool {
        self.and(Self::one(slot)) == self
    }
}

/// Returns both values, or the reason why either is missing.
fn both<A, B>(a: EvalResult<A>, b: EvalResult<B>) -> EvalResult<(A, B)> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(a), Err(b)) => Err(a.and(b)),
        (Err(stop), Ok(_)) | (Ok(_), Err(stop)) => Err(stop),
    }
}

impl<'a> Evaluator<'a> {
    pub fn new(machine: EvalContext<'a>) -> Self {
        Self { machine, locals: Vec::new() }
    }

    /// Evaluates a condition.
    pub fn outcome(&mut self, term: &'a Term) -> Outcome3 {
        match self.truth(term) {
            Ok(holds) => holds.into(),
            Err(NoValue::Unknown(_)) => Outcome3::Unknown,
            Err(NoValue::Error(_)) => Outcome3::Error,
        }
    }

    /// Evaluates an expression.
    pub fn value(&mut self, term: &'a Term) -> EvalResult<Val<'a>> {
        match term {
            Term::Value(value) => Ok(value.borrowed()),
            Term::Field(read) => self.field(*read),
            Term::Confidence(slot) => Ok(Val::Double(self.machine.observed_confidence(*slot))),
            Term::Has(slot) => Ok(Val::Bool(self.machine.cell(*slot).is_read)),
            Term::AsOf => Ok(Val::Timestamp(i128::from(self.machine.row.as_of) * 1_000)),
            Term::Local(level) => match self.locals.get(*level) {
                Some(value) => Ok(value.clone()),
                None => NoValue::error("A variable has no value."),
            },
            Term::Listed { read, question } => self.listed(*read, *question),
            Term::Not(of) => self.truth(of).map(|holds| Val::Bool(!holds)),
            Term::All(items) => self.settled(items, false).map(Val::Bool),
            Term::Any(items) => self.settled(items, true).map(Val::Bool),
            Term::Choice(parts) => {
                let [condition, yes, no] = &**parts;
                if self.truth(condition)? { self.value(yes) } else { self.value(no) }
            }
            Term::Compare(op, sides) => self.pair(sides).and_then(|(a, b)| parts::compare(*op, &a, &b)),
            Term::In(sides) => self.pair(sides).and_then(|(needle, list)| parts::is_in(&needle, &list)),
            Term::Arithmetic(op, sides) => self.pair(sides).and_then(|(a, b)| arithmetic::combine(*op, a, b)),
            Term::Negative(of) => self.value(of).and_then(arithmetic::negative),
            Term::List(items) => self.each(items.iter()).map(Val::list),
            Term::Map(entries) => self.map(entries),
            Term::Select { of, key, is_test } => {
                let of = self.value(of)?;
                parts::select(&of, key, *is_test)
            }
            Term::Index(sides) => self.pair(sides).and_then(|(of, at)| parts::index(&of, &at)),
            Term::Call(function, arguments) => {
                let arguments = self.each(arguments.iter())?;
                functions::call(*function, &arguments)
            }
            Term::Matches(of, pattern) => match self.value(of)? {
                Val::Text(text) => Ok(Val::Bool(pattern.matches(&text))),
                other => NoValue::error(format!(
                    "`matches` can be used only with text, not with {}.",
                    other.phrase()
                )),
            },
            Term::Macro(macro_) => self.macro_(macro_),
            Term::Fault(message) => NoValue::error(message.to_string()),
        }
    }

    fn field(&self, read: FieldRead) -> EvalResult<Val<'a>> {
        let datum = match self.machine.read(read) {
            Ok(datum) => datum,
            Err(Outcome3::Unknown) => return Err(NoValue::Unknown(SlotSet::one(read.slot))),
            Err(_) => return NoValue::error(self.invalid(read.slot)),
        };
        let Some(slot) = self.machine.slots.get(usize::from(read.slot)) else {
            return NoValue::error(self.invalid(read.slot));
        };
        let value = match (*datum, slot.definition.kind) {
            (Datum::Bool(holds), _) => Some(Val::Bool(holds)),
            (Datum::Timestamp(at), _) => Some(Val::Timestamp(i128::from(at) * 1_000)),
            (Datum::Number(number), FieldType::Integer) => match number.recast(true) {
                Numeric::Integer(n) => Some(Val::Int(n)),
                Numeric::Float(_) => None,
            },
            (Datum::Number(number), _) => Some(Val::Double(number.to_f64())),
            (datum, _) => slot.text(datum).map(|text| Val::Text(SharedText::Borrowed(text))),
        };
        value.map_or_else(|| NoValue::error(self.invalid(read.slot)), Ok)
    }

    fn invalid(&self, slot: u16) -> String {
        match self.machine.slots.get(usize::from(slot)) {
            Some(slot) => {
                format!("The value of `{}` is not of the type {}.", slot.name, slot.definition.kind)
            }
            None => "The value of a field is not of its type.".into(),
        }
    }

    fn listed(&self, read: FieldRead, question: u32) -> EvalResult<Val<'a>> {
        self.field(read)?;
        match self.machine.row.answers.get(question as usize).copied().flatten() {
            Some(is_member) => Ok(Val::Bool(is_member)),
            None => {
                let name = self.machine.slots.get(usize::from(read.slot)).map_or("", |slot| &slot.name);
                NoValue::error(format!("`{name}` was not looked up in the list."))
            }
        }
    }

    fn truth(&mut self, term: &'a Term) -> EvalResult<bool> {
        match self.value(term)? {
            Val::Bool(holds) => Ok(holds),
            other => NoValue::error(format!("A condition must be true or false, not {}.", other.phrase())),
        }
    }

    /// Evaluates a conjunction (determined by false) or a disjunction (determined by true).
    fn settled(&mut self, items: &'a [Term], settling: bool) -> EvalResult<bool> {
        let mut stopped: Option<NoValue> = None;
        for item in items {
            match self.truth(item) {
                Ok(holds) if holds == settling => return Ok(settling),
                Ok(_) => {}
                Err(stop) => stopped = Some(join(stopped, stop)),
            }
        }
        stopped.map_or(Ok(!settling), Err)
    }

    fn pair(&mut self, sides: &'a [Term; 2]) -> EvalResult<(Val<'a>, Val<'a>)> {
        let [left, right] = sides;
        let left = self.value(left);
        both(left, self.value(right))
    }

    fn each(&mut self, terms: impl Iterator<Item = &'a Term>) -> EvalResult<Vec<Val<'a>>> {
        let mut values = Vec::with_capacity(terms.size_hint().0);
        let mut stopped = None;
        for term in terms {
            match self.value(term) {
                Ok(value) => values.push(value),
                Err(stop) => stopped = Some(join(stopped, stop)),
            }
        }
        stopped.map_or(Ok(values), Err)
    }

    fn map(&mut self, entries: &'a [(Term, Term)]) -> EvalResult<Val<'a>> {
        let flat = self.each(entries.iter().flat_map(|(key, value)| [key, value]))?;
        let mut map = BTreeMap::new();
        let mut flat = flat.into_iter();
        while let (Some(key), Some(value)) = (flat.next(), flat.next()) {
            let is_double = matches!(key, Val::Double(_));
            let Some(key) = key.key().filter(|_| !is_double) else {
                return NoValue::error(format!("The key of a map cannot be {}.", key.phrase()));
            };
            if map.contains_key(&key) {
                return NoValue::error(format!("The key {} appears twice in a map.", key.value()));
            }
            map.insert(key, value);
        }
        Ok(Val::Map(map.into()))
    }

    fn macro_(&mut self, macro_: &'a Comprehension) -> EvalResult<Val<'a>> {
        let of = self.value(&macro_.of)?;
        let items: Vec<(Val<'a>, Val<'a>)> = match &of {
            Val::List(items) => {
                let place = |at: usize| Val::Int(i64::try_from(at).unwrap_or(i64::MAX));
                items.iter().enumerate().map(|(at, item)| (place(at), item.clone())).collect()
            }
            Val::Map(entries) => entries.iter().map(|(key, value)| (key.value(), value.clone())).collect(),
            other => {
                let message =
                    format!("`{}` iterates over a list or a map, not over {}.", macro_.kind, other.phrase());
                return NoValue::error(message);
            }
        };
        let is_map = matches!(of, Val::Map(_));
        match macro_.kind {
            Macro::All => self.quantified(macro_, items, is_map, false),
            Macro::Exists => self.quantified(macro_, items, is_map, true),
            Macro::ExistsOne => {
                let kept = self.kept(macro_, items, is_map)?;
                Ok(Val::Bool(kept.len() == 1))
            }
            Macro::Filter => {
                let kept = self.kept(macro_, items, is_map)?;
                Ok(Val::list(kept.into_iter().map(|(_, key, value)| if is_map { key } else { value })))
            }
            Macro::Map | Macro::TransformList => {
                let made = self.kept(macro_, items, is_map)?;
                Ok(Val::list(made.into_iter().map(|(made, ..)| made)))
            }
            Macro::TransformMap => {
                let made = self.kept(macro_, items, is_map)?;
                let entry = |(made, key, _): (Val<'a>, Val<'a>, Val<'a>)| key.key().map(|key| (key, made));
                Ok(Val::Map(Arc::new(made.into_iter().filter_map(entry).collect())))
            }
        }
    }

    /// Evaluates something with the variables of a macro set to an item.
    fn with<T>(
        &mut self,
        variables: usize,
        (key, value): (Val<'a>, Val<'a>),
        is_map: bool,
        run: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let before = self.locals.len();
        match (variables, is_map) {
            (1, true) => self.locals.push(key),
            (1, false) => self.locals.push(value),
            _ => self.locals.extend([key, value]),
        }
        let result = run(self);
        self.locals.truncate(before);
        result
    }

    fn quantified(
        &mut self,
        macro_: &'a Comprehension,
        items: Vec<(Val<'a>, Val<'a>)>,
        is_map: bool,
        settling: bool,
    ) -> EvalResult<Val<'a>> {
        let Some(condition) = &macro_.condition else { return NoValue::error("A macro has no condition.") };
        let mut stopped = None;
        for item in items {
            match self.with(macro_.variables, item, is_map, |run| run.truth(condition)) {
                Ok(holds) if holds == settling => return Ok(Val::Bool(settling)),
                Ok(_) => {}
                Err(stop) => stopped = Some(join(stopped, stop)),
            }
        }
        stopped.map_or(Ok(Val::Bool(!settling)), Err)
    }

    /// Returns the items that satisfy the condition, each with its transformed value.
    fn kept(
        &mut self,
        macro_: &'a Comprehension,
        items: Vec<(Val<'a>, Val<'a>)>,
        is_map: bool,
    ) -> EvalResult<Vec<(Val<'a>, Val<'a>, Val<'a>)>> {
        let mut kept = Vec::with_capacity(items.len());
        let mut stopped = None;
        for (key, value) in items {
            let made = self.with(macro_.variables, (key.clone(), value.clone()), is_map, |run| {
                let is_kept = macro_.condition.as_ref().map_or(Ok(true), |condition| run.truth(condition))?;
                let made =
                    macro_.made.as_ref().filter(|_| is_kept).map(|made| run.value(made)).transpose()?;
                Ok(is_kept.then_some(made))
            });
            match made {
                Ok(Some(made)) => kept.push((made.unwrap_or(Val::Bool(true)), key, value)),
                Ok(None) => {}
                Err(stop) => stopped = Some(join(stopped, stop)),
            }
        }
        stopped.map_or(Ok(kept), Err)
    }
}

fn join(before: Option<NoValue>, stop: NoValue) -> NoValue {
    match before {
        Some(before) => before.and(stop),
        None => stop,
    }
}
