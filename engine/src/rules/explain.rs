//! Explains a decision rule by rule and condition by condition, for display on a page.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ast::{Expr, ExprKind};
use super::code::{FieldRead, Node, Operation, children};
use super::eval::EvalContext;
use super::row::Datum;
use super::rule_set::{Inputs, Rule, RuleSet, ScanStop};
use super::unparse::unparse;
use super::why::why;
use crate::action::Action;
use crate::decision::Outcome3;
use crate::time;

/// All rules with their results.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Explanation {
    /// The rules in scan order.
    pub rules: Vec<ExplainedRule>,
    /// The action if no rule matches.
    pub default: Action,
    /// Whether the default applied, because no rule matched or one could not be evaluated.
    pub is_default: bool,
}

/// A rule with its result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExplainedRule {
    /// The ID of the rule.
    pub id: String,
    /// The name of the rule, if it has one.
    pub name: Option<String>,
    /// The action of the rule; `None` if it only tags.
    pub action: Option<Action>,
    /// The risk tags and tags of the rule.
    pub tags: Vec<String>,
    /// The result of the rule in the scan.
    pub state: RuleState,
    /// The condition, evaluated even if the scan did not reach the rule.
    pub condition: ExplainedCondition,
    /// A sentence that says what determined the result, if that is not obvious.
    pub why: Option<String>,
}

/// The result of a rule in a scan.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::Display,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum RuleState {
    /// The condition is true.
    True,
    /// The condition is false.
    False,
    /// The condition depends on something unknown.
    Unknown,
    /// The condition could not be computed.
    Error,
    /// The scan stopped earlier.
    NotReached,
}

/// A piece of a condition with its result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExplainedCondition {
    /// How the children are combined.
    pub kind: ConditionKind,
    /// The text of the piece.
    pub text: String,
    /// The result of the piece.
    pub state: Outcome3,
    /// The values of the fields in it: a value, `0.58 < 0.70`, or `not found`. Only set for atoms.
    pub note: Option<String>,
    /// The pieces that it consists of.
    pub children: Vec<ExplainedCondition>,
}

/// How the children of a piece are combined.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::Display,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ConditionKind {
    /// All of them must be true.
    And,
    /// At least one must be true.
    Or,
    /// The only child must be false.
    Not,
    /// There are no children.
    Atom,
}

impl RuleSet {
    /// Explains the result of [`RuleSet::decide`] for the same inputs.
    pub fn explain(&self, inputs: &Inputs<'_>) -> Explanation {
        let loaded = self.load(inputs);
        let row = loaded.row();
        let mut states = BTreeMap::new();
        let stop = self.scan(&row, |index, outcome| {
            states.insert(index, RuleState::from(outcome));
        });
        let machine = self.machine(&row);
        let explained = self.rules.iter().enumerate().map(|(index, rule)| {
            rule.explained(machine, states.get(&index).copied().unwrap_or(RuleState::NotReached))
        });
        Explanation {
            rules: explained.collect(),
            default: self.default,
            is_default: !matches!(stop, ScanStop::Fired(_)),
        }
    }
}

impl From<Outcome3> for RuleState {
    fn from(outcome: Outcome3) -> Self {
        match outcome {
            Outcome3::True => Self::True,
            Outcome3::False => Self::False,
            Outcome3::Unknown => Self::Unknown,
            Outcome3::Error => Self::Error,
        }
    }
}

impl Rule {
    fn explained(&self, machine: EvalContext<'_>, state: RuleState) -> ExplainedRule {
        ExplainedRule {
            id: self.id.clone(),
            name: self.name.clone(),
            action: self.act.as_ref().map(|act| act.action),
            tags: self.tags.clone(),
            state,
            condition: piece(machine, &self.expr, &self.code),
            why: if state == RuleState::NotReached { None } else { why(machine, self) },
        }
    }
}

/// Returns the pieces of a tree with the results of their nodes.
fn piece(machine: EvalContext<'_>, expr: &Expr, code: &[Node]) -> ExplainedCondition {
    let (kind, parts): (_, Vec<&Expr>) = match &expr.kind {
        ExprKind::All(items) => (ConditionKind::And, items.iter().collect()),
        ExprKind::Any(items) => (ConditionKind::Or, items.iter().collect()),
        ExprKind::Not(operand) => (ConditionKind::Not, vec![operand]),
        _ => (ConditionKind::Atom, Vec::new()),
    };
    let explained = parts.into_iter().zip(children(code)).map(|(part, child)| piece(machine, part, child));
    ExplainedCondition {
        kind,
        text: unparse(expr),
        state: machine.outcome(code),
        note: if kind == ConditionKind::Atom { note(machine, code) } else { None },
        children: explained.collect(),
    }
}

/// Returns the values of the fields in an atom.
fn note(machine: EvalContext<'_>, code: &[Node]) -> Option<String> {
    let mut notes: Vec<(u16, String)> = Vec::new();
    for kind in code.iter().map(|node| &node.kind) {
        let mut seen: Vec<(u16, String)> =
            kind.reads().map(|read| (read.slot, read_note(machine, read))).collect();
        seen.extend(kind.observes().map(|slot| (slot, observed_note(machine, kind, slot))));
        if let (Operation::Listed { question, .. }, Some((_, note))) = (kind, seen.first_mut())
            && let Some(is_member) = machine.row.answers.get(*question as usize).copied().flatten()
        {
            note.push_str(if is_member { ", on the list" } else { ", not on the list" });
        }
        for new in seen {
            if !notes.contains(&new) {
                notes.push(new);
            }
        }
    }
    let named = |(slot, note): &(u16, String)| {
        let name = machine.slots.get(usize::from(*slot)).map_or("", |slot| slot.name.as_str());
        format!("{name}: {note}")
    };
    match notes.as_slice() {
        [] => None,
        [(_, only)] => Some(only.clone()),
        several => Some(several.iter().map(named).collect::<Vec<_>>().join("; ")),
    }
}

/// Returns what `has` or `confidence` see of a field.
fn observed_note(machine: EvalContext<'_>, kind: &Operation, slot: u16) -> String {
    let cell = machine.cell(slot);
    match (kind, cell.is_read) {
        (_, false) => "not found".into(),
        (Operation::Has(_), true) => "found".into(),
        (_, true) => format!("confidence {}", cell.confidence),
    }
}

fn read_note(machine: EvalContext<'_>, read: FieldRead) -> String {
    let cell = machine.cell(read.slot);
    match cell.datum {
        Datum::Missing => return "not found".into(),
        _ if cell.confidence < read.needed => return less(cell.confidence, read.needed),
        _ => {}
    }
    let Some(slot) = machine.slots.get(usize::from(read.slot)) else { return String::new() };
    let value = match cell.datum {
        Datum::Number(number) => number.to_string(),
        Datum::Bool(holds) => holds.to_string(),
        Datum::Timestamp(at) => {
            chrono::DateTime::from_timestamp_micros(at).map(time::stamp).unwrap_or_default()
        }
        Datum::Missing | Datum::Invalid => "invalid".into(),
        datum => slot.text(datum).unwrap_or_default().to_owned(),
    };
    let unit = match (&cell.datum, &slot.definition.unit) {
        (Datum::Number(_), Some(unit)) => format!(" {unit}"),
        _ => String::new(),
    };
    let stated = if cell.is_read { "" } else { "not found, counts as " };
    format!("{stated}{value}{unit}")
}

/// Formats `0.58 < 0.70`, with as many digits as needed to show the difference.
pub(super) fn less(confidence: f64, needed: f64) -> String {
    for digits in 2..17 {
        let (a, b) = (format!("{confidence:.digits$}"), format!("{needed:.digits$}"));
        if a != b {
            return format!("{a} < {b}");
        }
    }
    format!("{confidence} < {needed}")
}
