//! Why a decision came about, rule by rule and condition by condition, for the page that explains it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ast::{Expr, ExprKind};
use super::code::{Kind, Node, Read, children};
use super::eval::Machine;
use super::row::Datum;
use super::rule_set::{Inputs, Rule, RuleSet, Stop};
use super::unparse::unparse;
use super::why::why;
use crate::action::Action;
use crate::decision::Outcome3;
use crate::time;

/// Every rule and what it came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Explanation {
    /// The rules, in the order of the scan.
    pub rules: Vec<ExplainedRule>,
    /// What is decided when no rule fires.
    pub default: Action,
    /// Whether it was decided by default: no rule fired, or one could not be told.
    pub is_default: bool,
}

/// A rule and what it came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExplainedRule {
    /// Its id.
    pub id: String,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// What it decides; `None` if it only tags.
    pub action: Option<Action>,
    /// Its risk tags and tags.
    pub tags: Vec<String>,
    /// What it came to in the scan.
    pub state: RuleState,
    /// Its condition, evaluated even if the scan did not get here.
    pub condition: Explained,
    /// What settles it, as a sentence, where that is not plain to see.
    pub why: Option<String>,
}

/// What a rule came to in a scan.
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
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// It hangs on something that is not known.
    Unknown,
    /// It could not be computed.
    Error,
    /// The scan stopped before it.
    NotReached,
}

/// A piece of a condition and what it came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Explained {
    /// How its children are joined.
    pub kind: PieceKind,
    /// The piece as it is written.
    pub text: String,
    /// What it came to.
    pub state: Outcome3,
    /// What the fields in it are: a value, `0.58 < 0.70`, or `not found`. Only for atoms.
    pub note: Option<String>,
    /// The pieces it is made of.
    pub children: Vec<Explained>,
}

/// How the children of a piece are joined.
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
pub enum PieceKind {
    /// All of them hold.
    And,
    /// At least one holds.
    Or,
    /// The only one does not hold.
    Not,
    /// There are none.
    Atom,
}

impl RuleSet {
    /// Explains what [`RuleSet::decide`] decides on the same inputs.
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
            is_default: !matches!(stop, Stop::Fired(_)),
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
    fn explained(&self, machine: Machine<'_>, state: RuleState) -> ExplainedRule {
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

/// The pieces of a tree with what the nodes of its code came to.
fn piece(machine: Machine<'_>, expr: &Expr, code: &[Node]) -> Explained {
    let (kind, parts): (_, Vec<&Expr>) = match &expr.kind {
        ExprKind::All(items) => (PieceKind::And, items.iter().collect()),
        ExprKind::Any(items) => (PieceKind::Or, items.iter().collect()),
        ExprKind::Not(operand) => (PieceKind::Not, vec![operand]),
        _ => (PieceKind::Atom, Vec::new()),
    };
    let explained = parts.into_iter().zip(children(code)).map(|(part, child)| piece(machine, part, child));
    Explained {
        kind,
        text: unparse(expr),
        state: machine.outcome(code),
        note: if kind == PieceKind::Atom { note(machine, code) } else { None },
        children: explained.collect(),
    }
}

/// What the fields in an atom are.
fn note(machine: Machine<'_>, code: &[Node]) -> Option<String> {
    let mut notes: Vec<(u16, String)> = Vec::new();
    for kind in code.iter().map(|node| &node.kind) {
        let mut seen: Vec<(u16, String)> =
            kind.reads().map(|read| (read.slot, read_note(machine, read))).collect();
        seen.extend(kind.observes().map(|slot| (slot, observed_note(machine, kind, slot))));
        if let (Kind::Listed { question, .. }, Some((_, note))) = (kind, seen.first_mut())
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

/// What `has` or `confidence` see of a field.
fn observed_note(machine: Machine<'_>, kind: &Kind, slot: u16) -> String {
    let cell = machine.cell(slot);
    match (kind, cell.is_read) {
        (_, false) => "not found".into(),
        (Kind::Has(_), true) => "found".into(),
        (_, true) => format!("confidence {}", cell.confidence),
    }
}

fn read_note(machine: Machine<'_>, read: Read) -> String {
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
        Datum::Missing | Datum::Invalid => "not readable".into(),
        datum => slot.text(datum).unwrap_or_default().to_owned(),
    };
    let unit = match (&cell.datum, &slot.definition.unit) {
        (Datum::Number(_), Some(unit)) => format!(" {unit}"),
        _ => String::new(),
    };
    let stated = if cell.is_read { "" } else { "not found, counts as " };
    format!("{stated}{value}{unit}")
}

/// `0.58 < 0.70`, with as many digits as it takes to see the difference.
pub(super) fn less(confidence: f64, needed: f64) -> String {
    for digits in 2..17 {
        let (a, b) = (format!("{confidence:.digits$}"), format!("{needed:.digits$}"));
        if a != b {
            return format!("{a} < {b}");
        }
    }
    format!("{confidence} < {needed}")
}
