//! Generates mostly valid conditions from the bytes of an input, over the fields of a workflow with two fields
//! of each type.

mod pieces;

use std::sync::LazyLock;

use arbitrary::Unstructured;
use engine::action::{Action, Consequence};
use engine::rules::{RuleDefinition, RuleSetFile, quoted};

const WORKFLOW: &str = include_str!("workflow.yaml");

/// The texts of fields, which conditions also compare with.
pub const TEXTS: [&str; 16] = [
    "Acme",
    "acme.",
    "Globex",
    "Initech,  Inc.",
    "Café",
    "CAFE\u{301}",
    "",
    " ",
    "a",
    "B",
    "ß",
    "chat",
    "a,b-c",
    "12",
    "2026-01-31T09:30:00Z",
    "\u{1F600}x",
];

/// The maximum nesting depth of generated pieces.
const DEPTH: usize = 5;
/// The maximum number of generated pieces.
const PIECES: usize = 150;

const ORDERS: [&str; 6] = ["<", "<=", ">", ">=", "==", "!="];
const EQUALITIES: [&str; 2] = ["==", "!="];

/// Returns the workflow, without rules.
///
/// # Panics
/// Panics if the embedded text is not a rule-set file.
pub fn workflow() -> RuleSetFile {
    static READ: LazyLock<RuleSetFile> =
        LazyLock::new(|| RuleSetFile::from_yaml(WORKFLOW).unwrap_or_else(|problems| panic!("{problems:?}")));
    READ.clone()
}

/// Returns a rule with this condition.
pub fn rule(index: usize, when: String, then: Consequence) -> RuleDefinition {
    RuleDefinition {
        id: format!("r{index}"),
        name: None,
        when,
        then: vec![then],
        min_confidence: Default::default(),
        risk: Vec::new(),
        table: None,
    }
}

/// Returns a consequence with only this action.
pub fn act(action: Action) -> Consequence {
    Consequence::Act { action, parameters: Default::default() }
}

/// Generates from bytes. When they run out, the first of each choice is used, which never contains other
/// pieces.
pub struct Source<'b, 'u> {
    bytes: &'u mut Unstructured<'b>,
    pieces: usize,
    /// The macro variables in scope, with their types.
    variables: Vec<(String, Type)>,
}

/// The type of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Bool,
    Int,
    Double,
    Text,
    Time,
    Span,
    Ints,
    Texts,
    Map,
}

const TYPES: [Type; 9] = [
    Type::Bool,
    Type::Int,
    Type::Double,
    Type::Text,
    Type::Time,
    Type::Span,
    Type::Ints,
    Type::Texts,
    Type::Map,
];

/// Returns a condition.
pub fn condition(bytes: &mut Unstructured<'_>) -> String {
    Source { bytes, pieces: 0, variables: Vec::new() }.piece(Type::Bool, 0)
}

/// Returns a number below `end`.
pub fn below(bytes: &mut Unstructured<'_>, end: usize) -> usize {
    bytes.int_in_range(0..=end - 1).unwrap_or(0)
}

/// Returns one of the choices.
pub fn of<T: Copy>(bytes: &mut Unstructured<'_>, choices: &[T]) -> T {
    choices[below(bytes, choices.len())]
}

impl Source<'_, '_> {
    fn below(&mut self, end: usize) -> usize {
        below(self.bytes, end)
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        of(self.bytes, choices)
    }

    fn piece(&mut self, ty: Type, depth: usize) -> String {
        self.pieces += 1;
        // Occasionally a piece of another type, which the checker must report.
        let ty = if self.below(256) == 255 { self.of(&TYPES) } else { ty };
        if depth >= DEPTH || self.pieces > PIECES {
            return self.leaf(ty);
        }
        let depth = depth + 1;
        let hidden = self.variables.iter().filter(|(_, other)| *other == ty).count();
        if hidden > 0 && self.below(3) == 2 {
            let at = self.below(hidden);
            let named = self.variables.iter().filter(|(_, other)| *other == ty).nth(at);
            return named.map(|(name, _)| name.clone()).unwrap_or_default();
        }
        match ty {
            Type::Bool => self.bool(depth),
            Type::Int => self.int(depth),
            Type::Double => self.double(depth),
            Type::Text => self.text(depth),
            Type::Time => self.time(depth),
            Type::Span => self.span(depth),
            Type::Ints => self.ints(depth),
            Type::Texts => self.texts(depth),
            Type::Map => self.map(depth),
        }
    }

    fn leaf(&mut self, ty: Type) -> String {
        match ty {
            Type::Bool => self.atom(),
            Type::Int => self.whole(),
            Type::Double => self.number(),
            Type::Text => self.word(),
            Type::Time => self.of(&["as_of", "last_seen", "first_seen", "timestamp(0)"]).to_owned(),
            Type::Span => {
                format!("duration({})", quoted(self.of(&["1h", "-36h30m", "2562047h", "0.5s", "1ns"])))
            }
            Type::Ints => format!("[{}]", self.whole()),
            Type::Texts => format!("[{}]", self.word()),
            Type::Map => format!("{{{}: 1}}", self.word()),
        }
    }

    /// Returns a condition that compiles to an atom.
    fn atom(&mut self) -> String {
        let order = self.of(&ORDERS);
        match self.below(16) {
            0 => self.of(&["vip", "decision_maker", "true", "false"]).to_owned(),
            1 | 2 => format!("{} {order} {}", self.of(&["company_size", "timeframe_days"]), self.whole()),
            3 | 4 => format!("{} {order} {}", self.of(&["budget", "intent"]), self.number()),
            5 => format!("company_size {order} {}", self.of(&["timeframe_days", "budget", "intent"])),
            6 => self
                .of(&["source == 'chat'", "source != 'web_form'", "channel == 'mail'", "channel != 'chat'"])
                .to_owned(),
            7 => self
                .of(&["source in ['chat', 'referral']", "channel in ['mail']", "company in ['Acme', 'a']"])
                .to_owned(),
            8 => format!(
                "{} in lists.{}",
                self.of(&["company", "domain", "source"]),
                self.of(&["tam", "blocked"])
            ),
            9 => format!("{} {order} {}", self.of(&["company", "domain"]), self.word()),
            10 => format!("company in [{}, {}]", self.word(), self.word()),
            11 => format!("company {order} domain"),
            12 => format!(
                "{} {order} {}",
                self.of(&["last_seen", "first_seen"]),
                self.of(&["as_of", "first_seen"])
            ),
            13 => format!("has({})", self.of(&["company", "budget", "source", "vip", "last_seen"])),
            14 => format!(
                "confidence({}) {order} {}",
                self.of(&["intent", "company", "source"]),
                self.of(&["0.5", "0.7", "1.0", "0"])
            ),
            _ => format!("timeframe_days in [{}, 2.0, 365]", self.below(300)),
        }
    }

    fn whole(&mut self) -> String {
        match self.below(8) {
            0 => self.of(&["0", "1", "2", "-1", "120", "365"]).to_owned(),
            1 => self
                .of(&["9223372036854775807", "-9223372036854775808", "9007199254740993", "0x7f"])
                .to_owned(),
            2 => self.bytes.arbitrary::<i64>().unwrap_or_default().to_string(),
            3 => self.bytes.arbitrary::<i8>().unwrap_or_default().to_string(),
            4 | 5 => "company_size".to_owned(),
            _ => "timeframe_days".to_owned(),
        }
    }

    fn number(&mut self) -> String {
        match self.below(7) {
            0 => self
                .of(&["0.5", "0.0", "-0.0", "1.0", "2.5", "9007199254740992.0", "1e300", "5e-324"])
                .to_owned(),
            1 => match self.bytes.arbitrary::<f64>() {
                Ok(number) if number.is_finite() => format!("{number:?}"),
                _ => "0.25".to_owned(),
            },
            2 => format!("{:.2}", self.below(1000) as f64 / 100.0),
            3 | 4 => "budget".to_owned(),
            _ => "intent".to_owned(),
        }
    }

    fn word(&mut self) -> String {
        match self.below(8) {
            0..4 => quoted(self.of(&TEXTS)),
            4 => {
                let len = self.below(12);
                let drawn: Vec<char> = (0..len).filter_map(|_| self.bytes.arbitrary().ok()).collect();
                quoted(&drawn.into_iter().collect::<String>())
            }
            5 => "company".to_owned(),
            6 => "domain".to_owned(),
            _ => self.of(&["source", "channel"]).to_owned(),
        }
    }
}
