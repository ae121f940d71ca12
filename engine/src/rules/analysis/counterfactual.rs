//! Finds the smallest change to a lead that leads to a different decision.
//!
//! The nearest change affects the fewest fields and, among those, has the smallest moves. The move of a number
//! is measured relative to the field's range, or to the span of the values that rules compare it with if it has
//! no range; every other move counts 1. A number moves to the nearest value beyond a threshold, in steps of the
//! threshold's last digit. Only values allowed by the catalogue are tried, all with full confidence, and every
//! result has been verified by a decision.

use chrono::TimeDelta;

use super::classes::{Range, whole_in};
use super::space::{FieldClasses, Space, Values, Variable};
use super::witness::{text_in, written};
use crate::action::Action;
use crate::catalogue::FieldType;
use crate::decision::SnapshotList;
use crate::rules::code::{Operand, Operation};
use crate::rules::numeric::Numeric;
use crate::rules::row::{Datum, Reading, Row, RowCell, Slot, instant};
use crate::rules::rule_set::{Inputs, RuleSet, ScanStop, Verdict};
use crate::value::Value;

/// The maximum number of fields changed at once; longer lists are of no use.
const FIELDS: usize = 3;
/// The maximum number of rules evaluated over all leads tried, which takes some tens of milliseconds for any
/// number of rules.
const ASKED: u64 = 3_000_000;

/// The result of a search.
#[derive(Clone, Debug, PartialEq)]
pub enum NearestResult {
    /// The nearest change.
    Found(Box<Counterfactual>),
    /// No change of up to three fields leads to a different decision.
    Nothing,
    /// The limit was reached before all changes of this many fields were tried.
    NotDecided {
        /// The number of fields.
        fields: usize,
    },
}

/// A change that leads to a different decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Counterfactual {
    /// The fields to change, each once.
    pub moves: Vec<FieldChange>,
    /// The decision after the change.
    pub verdict: Verdict,
    /// Whether no smaller change exists. If rules compute with fields, some relevant values may not have been
    /// tried.
    pub is_nearest: bool,
}

/// The change of one field.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldChange {
    /// The name of the field.
    pub field: String,
    /// The current reading; `None` if the field was not read.
    pub from: Option<Reading>,
    /// The new reading.
    pub to: Option<Reading>,
    /// The list to add the value to or remove it from, while the value stays the same.
    pub list: Option<(String, bool)>,
    /// Whether the value is an example of any other text.
    pub is_example: bool,
}

impl FieldChange {
    /// Describes the change in the way people write it: `company_size 120 → 200`.
    pub fn text(&self) -> String {
        if let Some((list, is_in)) = &self.list {
            return format!("{} {}in {list}", self.field, if *is_in { "" } else { "not " });
        }
        let to = match &self.to {
            Some(_) if self.is_example => "another text".to_owned(),
            to => to.as_ref().map(|reading| written(&reading.value)).unwrap_or_default(),
        };
        match &self.from {
            None => format!("{} unknown → {to}", self.field),
            Some(from) if Some(&from.value) == self.to.as_ref().map(|reading| &reading.value) => {
                format!("{} {to} with full confidence", self.field)
            }
            Some(from) => format!("{} {} → {to}", self.field, written(&from.value)),
        }
    }
}

/// One way to change a field.
struct Way {
    slot: usize,
    to: Option<Reading>,
    /// A list question and its new answer.
    answer: Option<(usize, bool)>,
    distance: f64,
    is_example: bool,
}

impl RuleSet {
    /// Returns the nearest change that leads to another action or other parameters, or to the `wanted` action,
    /// if given.
    pub fn nearest_change(&self, inputs: &Inputs<'_>, wanted: Option<Action>) -> NearestResult {
        let now = self.decide(inputs);
        let search = Search::new(self, inputs, &now, wanted);
        match search.run() {
            Ok(Some(best)) => self.described(inputs, &search, &best, &now, wanted),
            // Two fields that are compared were tried only against each other's current values, not with every
            // pair of values.
            Ok(None) if search.is_compared => NearestResult::NotDecided { fields: 2 },
            Ok(None) => NearestResult::Nothing,
            Err(fields) => NearestResult::NotDecided { fields },
        }
    }

    /// Returns the change with consistent texts, verified by another decision on the readings themselves.
    fn described(
        &self,
        inputs: &Inputs<'_>,
        search: &Search<'_>,
        best: &[usize],
        now: &Verdict,
        wanted: Option<Action>,
    ) -> NearestResult {
        let (mut readings, mut lists) = (inputs.readings.clone(), inputs.lists.clone());
        let mut moves = Vec::new();
        for option in best.iter().map(|at| &search.options[*at]) {
            let field = self.slots()[option.slot].name.clone();
            let from = inputs.readings.get(&field).cloned();
            readings.extend(option.to.clone().map(|to| (field.clone(), to)));
            let list = option.answer.map(|(question, is_in)| {
                let list: &mut SnapshotList =
                    lists.entry(self.questions()[question].list.clone()).or_default();
                list.by_field.insert(field.clone(), is_in);
                list.contains = Some(list.by_field.values().any(|answer| *answer));
                (self.questions()[question].list.clone(), is_in)
            });
            moves.push(FieldChange {
                field,
                from,
                to: option.to.clone(),
                list,
                is_example: option.is_example,
            });
        }
        let verdict = self.decide(&Inputs { readings: &readings, lists: &lists, as_of: inputs.as_of });
        let is_other = (verdict.action, &verdict.parameters) != (now.action, &now.parameters);
        if is_other && wanted.is_none_or(|wanted| wanted == verdict.action) {
            NearestResult::Found(Box::new(Counterfactual { moves, verdict, is_nearest: !search.is_computed }))
        } else {
            NearestResult::Nothing
        }
    }
}

struct Search<'a> {
    rules: &'a RuleSet,
    inputs: Inputs<'a>,
    options: Vec<Way>,
    /// The options of each field that has any.
    by_field: Vec<std::ops::Range<usize>>,
    now: (Action, std::collections::BTreeMap<String, serde_json::Value>),
    wanted: Option<Action>,
    /// Whether rules compare fields with each other or with expressions that are not analysed.
    is_compared: bool,
    /// Whether rules contain expressions that are not analysed.
    is_computed: bool,
}

impl<'a> Search<'a> {
    fn new(rules: &'a RuleSet, inputs: &Inputs<'a>, now: &Verdict, wanted: Option<Action>) -> Self {
        let space = Space::of(rules);
        let mut options = Vec::new();
        let mut by_field = Vec::new();
        // Fields are sorted by name, so that ties are broken the same way whatever the order of the rules.
        let mut slots: Vec<(usize, &Slot)> = rules.slots().iter().enumerate().collect();
        slots.sort_by(|a, b| a.1.name.cmp(&b.1.name));
        for (index, slot) in slots {
            let Some(field) = space.field(index) else { continue };
            let start = options.len();
            // The list membership of another text is unknown; only this text can be looked up.
            let is_looked_up = rules.questions().iter().any(|asked| asked.field == slot.name);
            options.extend(of_field(
                field,
                slot,
                inputs.readings.get(&slot.name),
                &beside(rules, index, inputs),
                is_looked_up,
            ));
            for (question, asked) in rules.questions().iter().enumerate() {
                let answer = inputs.lists.get(&asked.list).and_then(|list| list.by_field.get(&slot.name));
                if let Some(answer) = answer.filter(|_| asked.field == slot.name) {
                    options.push(Way {
                        slot: index,
                        to: None,
                        answer: Some((question, !answer)),
                        distance: 1.0,
                        is_example: false,
                    });
                }
            }
            if options.len() > start {
                by_field.push(start..options.len());
            }
        }
        let now = (now.action, now.parameters.clone());
        let has = |is_it: fn(&Variable) -> bool| space.variables.iter().any(is_it);
        let is_computed = has(|variable| match variable {
            Variable::Opaque(_) => true,
            Variable::Field(field) => matches!(field.values, Values::TooMany),
            _ => false,
        });
        let is_compared = is_computed || has(|variable| matches!(variable, Variable::Order { .. }));
        Self { rules, inputs: *inputs, options, by_field, now, wanted, is_compared, is_computed }
    }

    /// Returns the options of the nearest change, or the number of fields at which the limit was reached.
    fn run(&self) -> Result<Option<Vec<usize>>, usize> {
        let loaded = self.rules.load(&self.inputs);
        let row = loaded.row();
        let left = ASKED / self.rules.rules().len().max(1) as u64;
        let mut tried = Tried { cells: row.cells.to_vec(), answers: row.answers.to_vec(), left, best: None };
        for fields in 1..=FIELDS.min(self.by_field.len()) {
            self.deeper(&mut tried, fields, 0, &mut Vec::new(), 0.0).ok_or(fields)?;
            if let Some((_, best)) = tried.best {
                return Ok(Some(best));
            }
        }
        Ok(None)
    }

    /// Tries all changes of this many more fields; returns `None` when the limit is reached.
    fn deeper<'s>(
        &'s self,
        tried: &mut Tried<'s>,
        fields: usize,
        from: usize,
        chosen: &mut Vec<usize>,
        distance: f64,
    ) -> Option<()> {
        if fields == 0 {
            tried.left = tried.left.checked_sub(1)?;
            let row = Row { cells: &tried.cells, answers: &tried.answers, as_of: instant(self.inputs.as_of) };
            let is_nearer = tried.best.as_ref().is_none_or(|(least, _)| distance < *least);
            if is_nearer && self.is_other(self.rules.decide_row(&row)) {
                tried.best = Some((distance, chosen.clone()));
            }
            return Some(());
        }
        for (at, range) in self.by_field.iter().enumerate().skip(from) {
            for option in range.clone() {
                let Way { slot, to, answer, distance: more, .. } = &self.options[option];
                let kept = tried.cells[*slot];
                let answered =
                    answer.map(|(question, is_in)| (question, tried.answers[question].replace(is_in)));
                if to.is_some() {
                    tried.cells[*slot] = self.rules.slots()[*slot].cell(to.as_ref());
                }
                chosen.push(option);
                let done = self.deeper(tried, fields - 1, at + 1, chosen, distance + more);
                chosen.pop();
                tried.cells[*slot] = kept;
                if let Some((question, before)) = answered {
                    tried.answers[question] = before;
                }
                done?;
            }
        }
        Some(())
    }

    fn is_other(&self, stop: ScanStop) -> bool {
        let act = match stop {
            ScanStop::Fired(rule) => self.rules.rules().get(rule).and_then(|rule| rule.act.as_ref()),
            ScanStop::Held(_) | ScanStop::Default => None,
        };
        let action = act.map_or(self.rules.default_action(), |act| act.action);
        let is_same =
            action == self.now.0 && act.map_or(self.now.1.is_empty(), |act| act.parameters == self.now.1);
        !is_same && self.wanted.is_none_or(|wanted| wanted == action)
    }
}

/// The lead with the changes tried so far.
struct Tried<'a> {
    cells: Vec<RowCell<'a>>,
    answers: Vec<Option<bool>>,
    left: u64,
    best: Option<(f64, Vec<usize>)>,
}

/// Returns the ways to change a field, the nearest first.
fn of_field(
    field: &FieldClasses,
    slot: &Slot,
    now: Option<&Reading>,
    beside: &[Value],
    is_looked_up: bool,
) -> Vec<Way> {
    let sure = |value: Value| Some(Reading { value, confidence: 1.0 });
    let mut options = Vec::new();
    if let Some(reading) = now.filter(|reading| reading.confidence < 1.0) {
        options.push(Way {
            slot: field.slot,
            to: sure(reading.value.clone()),
            answer: None,
            distance: 0.0,
            is_example: false,
        });
    }
    let datum = now.map(|reading| slot.datum(&reading.value));
    let values = field.values.cut_at(slot, beside);
    let mine = datum.and_then(|datum| values.class_of(datum));
    let mut others: Vec<(f64, Value)> = match &values {
        Values::Numbers(all) => {
            let number = datum.and_then(|datum| match datum {
                Datum::Number(number) => Some(number),
                _ => None,
            });
            let span = span(all, slot, number);
            let others = all.iter().enumerate().filter(|(class, _)| Some(*class) != mine);
            others
                .filter_map(|(_, range)| {
                    let to = nearest(range, number, slot.definition.kind == FieldType::Integer)?;
                    slot.definition.check_range(to.to_f64()).ok()?;
                    let distance = number.map_or(1.0, |number| (to.to_f64() - number.to_f64()).abs() / span);
                    let value = match to {
                        Numeric::Integer(n) => Value::Integer(n),
                        Numeric::Float(n) => Value::Number(n),
                    };
                    Some((distance, value))
                })
                .collect()
        }
        Values::TooMany => Vec::new(),
        Values::Texts(_) if is_looked_up => Vec::new(),
        // Texts that rules name are tried before any other.
        Values::Texts(all) => [true, false]
            .into_iter()
            .flat_map(|is_named| {
                all.iter().enumerate().filter(move |(_, range)| range.is_point() == is_named)
            })
            .filter(|(class, _)| Some(*class) != mine)
            .filter_map(|(_, range)| Some((1.0, Value::Text(text_in(range)?))))
            .collect(),
        Values::Bool => {
            (0..2).filter(|class| Some(*class) != mine).map(|class| (1.0, Value::Bool(class == 1))).collect()
        }
        Values::Codes(count) => (0..*count)
            .filter(|class| Some(*class) != mine)
            .filter_map(|class| Some((1.0, Value::Text(slot.definition.values.get(class)?.clone()))))
            .collect(),
        Values::Alike => beside
            .iter()
            .filter_map(|value| match value {
                Value::Timestamp(at) => {
                    Some([-1, 0, 1].map(|days| (1.0, Value::Timestamp(*at + TimeDelta::days(days)))))
                }
                _ => None,
            })
            .flatten()
            .filter(|(_, value)| now.is_none_or(|reading| reading.value != *value))
            .collect(),
    };
    others.sort_by(|a, b| a.0.total_cmp(&b.0));
    options.extend(others.into_iter().map(|(distance, value)| {
        let is_example = match (&values, &value) {
            (Values::Texts(all), Value::Text(text)) => {
                all.iter().all(|range| !range.is_point() || range.low.as_deref() != Some(text))
            }
            _ => false,
        };
        Way { slot: field.slot, to: sure(value), answer: None, distance, is_example }
    }));
    options
}

/// Returns the values that rules compare the field with, other than literals, for the current lead.
fn beside(rules: &RuleSet, slot: usize, inputs: &Inputs<'_>) -> Vec<Value> {
    let value = |operand: &Operand| match operand {
        Operand::AsOf => Some(Value::Timestamp(inputs.as_of)),
        Operand::Field(read) => {
            let other = rules.slots().get(usize::from(read.slot))?;
            inputs
                .readings
                .get(&other.name)
                .map(|reading| reading.value.clone())
                .or_else(|| other.stated.clone())
        }
        _ => None,
    };
    let is_it = |operand: &Operand| matches!(operand, Operand::Field(read) if usize::from(read.slot) == slot);
    let kinds = rules.rules().iter().flat_map(|rule| &*rule.code).map(|node| &node.kind);
    let others = kinds.filter_map(|kind| match kind {
        Operation::Compare { left, right, .. } if is_it(left) => value(right),
        Operation::Compare { left, right, .. } if is_it(right) => value(left),
        _ => None,
    });
    let mut all: Vec<Value> = Vec::new();
    for other in others {
        if !all.contains(&other) {
            all.push(other);
        }
    }
    all
}

/// Returns the span by which moves of a number are measured.
fn span(all: &[Range<Numeric>], slot: &Slot, number: Option<Numeric>) -> f64 {
    if let (Some(min), Some(max)) = (slot.definition.min, slot.definition.max)
        && max > min
    {
        return max - min;
    }
    let points = all.iter().filter(|range| range.is_point()).filter_map(|range| range.low).chain(number);
    let (low, high) = points.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), point| {
        (low.min(point.to_f64()), high.max(point.to_f64()))
    });
    if high > low { high - low } else { 1.0 }
}

/// Returns the number of a range that is closest to a number outside it.
fn nearest(range: &Range<Numeric>, from: Option<Numeric>, is_whole: bool) -> Option<Numeric> {
    let is_below = match (from, range.low) {
        (Some(from), Some(low)) => from.order(low).is_le(),
        (_, low) => low.is_some(),
    };
    let found = match (is_whole, is_below) {
        (true, true) => whole_in(range).map(Numeric::Integer),
        (true, false) => {
            let mirrored = |n: Numeric| match n {
                Numeric::Integer(n) => Numeric::Integer(n.saturating_neg()),
                Numeric::Float(n) => Numeric::Float(-n),
            };
            let turned = Range { low: range.high.map(mirrored), high: range.low.map(mirrored) };
            whole_in(&turned).map(|n| Numeric::Integer(-n))
        }
        (false, _) if range.is_point() => range.low.map(|n| Numeric::Float(n.to_f64())),
        (false, true) => range.low.and_then(|low| step(range, low.to_f64(), 1.0)),
        (false, false) => match range.high {
            Some(high) => step(range, high.to_f64(), -1.0),
            None => Some(Numeric::Float(0.0)),
        },
    };
    found.filter(|number| range.has(number))
}

/// Returns the next number in steps of the threshold's last digit, or in smaller steps if the range is too
/// narrow.
fn step(range: &Range<Numeric>, threshold: f64, direction: f64) -> Option<Numeric> {
    let text = threshold.to_string();
    let digits = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let steps = (digits..=15).map(|digits| {
        let scale = 10_f64.powi(i32::try_from(digits).unwrap_or(15));
        Numeric::Float(((threshold * scale).round() + direction) / scale)
    });
    steps.into_iter().find(|number| range.has(number))
}
