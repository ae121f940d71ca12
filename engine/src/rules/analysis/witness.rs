//! Creates example leads from classes, with values that people would write.

use std::collections::BTreeMap;
use std::rc::Rc;

use chrono::{DateTime, TimeDelta, Utc};

use super::classes::{Range, whole_in};
use super::set::ClassSet;
use super::space::{FieldClasses, Space, Values, Variable};
use crate::catalogue::FieldType;
use crate::decision::SnapshotList;
use crate::rules::code::Operand;
use crate::rules::numeric::Numeric;
use crate::rules::row::{Reading, Slot};
use crate::rules::rule_set::{Inputs, RuleSet, Verdict};
use crate::value::Value;

/// A lead that demonstrates a finding, verified by a decision.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Witness {
    /// The fields of the lead.
    pub fields: BTreeMap<String, Reading>,
    /// The results of the lists.
    pub lists: BTreeMap<String, SnapshotList>,
    /// The time that rules use as `now`.
    pub as_of: DateTime<Utc>,
    /// The relevant fields and lists in readable form: `company_size 50`, `company in tam`.
    pub telling: Vec<String>,
}

impl Witness {
    /// Evaluates the rules for this lead.
    pub fn decide(&self, rules: &RuleSet) -> Verdict {
        rules.decide(&self.inputs())
    }

    /// Returns the inputs for a decision.
    pub fn inputs(&self) -> Inputs<'_> {
        Inputs { readings: &self.fields, lists: &self.lists, as_of: self.as_of }
    }

    /// Creates a lead whose variables should be in these classes; a decision has to verify it.
    pub(super) fn of(space: &Space, rules: &RuleSet, domain: &[Rc<ClassSet>]) -> Self {
        let mut witness =
            Self { as_of: DateTime::from_timestamp(1_767_225_600, 0).unwrap_or_default(), ..Self::default() };
        let mut in_classes = BTreeMap::new();
        for (variable, set) in space.variables.iter().zip(domain) {
            let Variable::Field(field) = variable else { continue };
            let Some(slot) = rules.slots().get(field.slot) else { continue };
            let Some(class) = field.pleasant(set, slot) else { continue };
            let (value, sure) = field.split(class);
            let Some(value) = value.and_then(|class| field.example(class, slot, witness.as_of)) else {
                continue;
            };
            let confidence = sure.map_or(1.0, |sure| field.confidence(sure));
            in_classes.insert(field.slot, Rc::clone(set));
            witness.fields.insert(slot.name.clone(), Reading { value, confidence });
        }
        for (variable, set) in space.variables.iter().zip(domain) {
            if let Variable::Order { left, right } = variable {
                witness.put_in_order(space, rules, &in_classes, (left, right), set);
            }
        }
        for (variable, set) in space.variables.iter().zip(domain) {
            let Variable::Answer { question } = variable else { continue };
            let Some(question) = rules.questions().get(*question) else { continue };
            let list = witness.lists.entry(question.list.clone()).or_default();
            list.by_field.insert(question.field.clone(), !set.has(0));
        }
        for list in witness.lists.values_mut() {
            list.contains = Some(list.by_field.values().any(|answer| *answer));
        }
        witness.telling = witness.described(space, rules, domain);
        witness
    }

    /// Moves one of two compared values so that their order is one of those wanted.
    fn put_in_order(
        &mut self,
        space: &Space,
        rules: &RuleSet,
        classes: &BTreeMap<usize, Rc<ClassSet>>,
        (left, right): (&Operand, &Operand),
        orders: &ClassSet,
    ) {
        let Some(wanted) = orders.classes().next() else { return };
        // The required difference between the first and the second value.
        let step = wanted as i64 - 1;
        for (moved, fixed, step) in [(left, right, step), (right, left, -step)] {
            let Operand::Field(read) = moved else { continue };
            let Some(slot) = rules.slots().get(usize::from(read.slot)) else { continue };
            let Some(other) = self.value_of(fixed, rules) else { continue };
            let target = match other {
                Value::Integer(n) => n.checked_add(step).map(Value::Integer),
                Value::Number(n) => Some(Value::Number(n + step as f64)),
                Value::Timestamp(at) => Some(Value::Timestamp(at + TimeDelta::days(step))),
                same if step == 0 => Some(same),
                _ => None,
            };
            let target = match (slot.definition.kind, target) {
                (FieldType::Integer, Some(Value::Number(n))) => Some(Value::Integer(n.round() as i64)),
                (FieldType::Number, Some(Value::Integer(n))) => Some(Value::Number(n as f64)),
                (_, target) => target,
            };
            let fits = |value: &Value| {
                let field = space.field(slot_index(read.slot))?;
                let class = field.class_of(slot.datum(value))?;
                let set = classes.get(&slot_index(read.slot))?;
                set.classes().any(|one| field.split(one).0 == Some(class)).then_some(())
            };
            if let Some(value) = target.filter(|value| fits(value).is_some())
                && let Some(reading) = self.fields.get_mut(&slot.name)
            {
                reading.value = value;
                return;
            }
        }
    }

    fn value_of(&self, operand: &Operand, rules: &RuleSet) -> Option<Value> {
        match operand {
            Operand::AsOf => Some(Value::Timestamp(self.as_of)),
            Operand::Field(read) => {
                let slot = rules.slots().get(slot_index(read.slot))?;
                self.fields.get(&slot.name).map(|reading| reading.value.clone())
            }
            _ => None,
        }
    }

    /// Describes the relevant fields, in the order of the fields.
    fn described(&self, space: &Space, rules: &RuleSet, domain: &[Rc<ClassSet>]) -> Vec<String> {
        let mut parts = Vec::new();
        for ((variable, set), size) in space.variables.iter().zip(domain).zip(&space.sizes) {
            let is_narrowed = set.count() < *size;
            match variable {
                Variable::Field(field) if is_narrowed => {
                    let Some(slot) = rules.slots().get(field.slot) else { continue };
                    parts.push(match self.fields.get(&slot.name) {
                        None => format!("{} unknown", slot.name),
                        Some(reading) if reading.confidence < 1.0 => {
                            format!(
                                "{} {} (confidence {})",
                                slot.name,
                                written(&reading.value),
                                reading.confidence
                            )
                        }
                        Some(reading) => format!("{} {}", slot.name, written(&reading.value)),
                    });
                }
                Variable::Answer { question } if is_narrowed => {
                    let Some(question) = rules.questions().get(*question) else { continue };
                    let not = if set.has(0) { "not " } else { "" };
                    parts.push(format!("{} {not}in {}", question.field, question.list));
                }
                Variable::Order { left, right } if is_narrowed => {
                    for operand in [left, right] {
                        let Operand::Field(read) = operand else { continue };
                        let Some(slot) = rules.slots().get(slot_index(read.slot)) else { continue };
                        let text = self
                            .fields
                            .get(&slot.name)
                            .map(|reading| format!("{} {}", slot.name, written(&reading.value)));
                        parts.extend(text.filter(|text| !parts.contains(text)));
                    }
                }
                _ => {}
            }
        }
        parts
    }
}

/// Formats a value the way people write it.
pub(super) fn written(value: &Value) -> String {
    match value {
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        Value::Integer(n) => n.to_string(),
        Value::Number(n) => n.to_string(),
        Value::Text(text) => text.clone(),
        Value::Timestamp(at) => at.format("%Y-%m-%d %H:%M").to_string(),
    }
}

fn slot_index(slot: u16) -> usize {
    usize::from(slot)
}

impl FieldClasses {
    /// Returns the class of a set that makes the simplest example: a known value, and not negative if possible.
    fn pleasant(&self, set: &ClassSet, slot: &Slot) -> Option<usize> {
        let is_plain = |class: &usize| match (&self.values, self.split(*class).0) {
            (Values::Numbers(all), Some(value)) => {
                all.get(value).and_then(|range| number_in(range, slot)).is_some_and(|n| n.to_f64() >= 0.0)
            }
            _ => true,
        };
        set.classes().max_by_key(|class| {
            let sure = self.split(*class).1.map_or(0, |sure| sure + 1);
            (sure, is_plain(class), usize::MAX - *class)
        })
    }

    /// Returns a value of a class.
    pub(super) fn example(&self, class: usize, slot: &Slot, as_of: DateTime<Utc>) -> Option<Value> {
        match &self.values {
            Values::Bool => Some(Value::Bool(class == 1)),
            Values::Codes(_) => slot.definition.values.get(class).cloned().map(Value::Text),
            Values::Numbers(all) => number_in(all.get(class)?, slot).map(|number| match number {
                Numeric::Integer(n) => Value::Integer(n),
                Numeric::Float(n) => Value::Number(n),
            }),
            Values::Texts(all) => text_in(all.get(class)?).map(Value::Text),
            Values::Alike => Some(Value::Timestamp(as_of)),
            Values::TooMany => None,
        }
    }

    fn confidence(&self, sure: usize) -> f64 {
        let range = self.sureness.as_ref().and_then(|all| all.get(sure));
        range.and_then(between).unwrap_or(1.0)
    }
}

/// Returns a number of a range: whole if the field is, and round if possible.
pub(super) fn number_in(range: &Range<Numeric>, slot: &Slot) -> Option<Numeric> {
    if slot.definition.kind == FieldType::Integer {
        return whole_in(range).map(Numeric::Integer);
    }
    between(range).map(Numeric::Float)
}

fn between(range: &Range<Numeric>) -> Option<f64> {
    let (low, high) = (range.low.map(Numeric::to_f64), range.high.map(Numeric::to_f64));
    if range.is_point() {
        return low;
    }
    let is_inside = |n: &f64| n.is_finite() && range.has(&Numeric::Float(*n));
    match (low, high) {
        (None, None) => Some(0.0),
        (Some(low), None) => [low.floor() + 1.0, low + low.abs().max(1.0)].into_iter().find(is_inside),
        (None, Some(high)) => [high.ceil() - 1.0, high - high.abs().max(1.0)].into_iter().find(is_inside),
        (Some(low), Some(high)) => {
            let rounded = |digits: i32| {
                let scale = 10_f64.powi(digits);
                [((low * scale).floor() + 1.0) / scale, (low * scale).ceil() / scale]
            };
            (0..=15).flat_map(rounded).chain([low + (high - low) / 2.0]).find(is_inside)
        }
    }
}

pub(super) fn text_in(range: &Range<Box<str>>) -> Option<String> {
    if range.is_point() {
        return range.low.as_deref().map(str::to_owned);
    }
    let longer =
        range.low.as_deref().map(|low| [format!("{low} B"), format!("{low}a"), format!("{low}\u{1}")]);
    let plain = ["Example", "example", "Z", "A", "0", ""].map(str::to_owned);
    plain.into_iter().chain(longer.into_iter().flatten()).find(|text| range.has(&text.as_str().into()))
}
