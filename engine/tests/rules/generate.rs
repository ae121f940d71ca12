//! Generates random well-typed expressions from a seed.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use engine::action::Action;
use engine::catalogue::Catalogue;
use engine::rules::{RuleDefinition, RuleSetFile};

/// Returns a rule set with these rules, whose default is `hold` and which can use the list `tam`.
pub fn file(fields: Catalogue, rules: impl Iterator<Item = RuleDefinition>) -> RuleSetFile {
    RuleSetFile {
        rule_set: "generated".into(),
        fields,
        lists: BTreeMap::from([("tam".into(), Vec::new())]),
        rules: rules.collect(),
        default: Action::Hold,
    }
}

/// The leaves of expressions other than literals.
#[derive(Clone, Default)]
pub struct Leaves {
    pub bools: Vec<String>,
    pub ints: Vec<String>,
    pub doubles: Vec<String>,
    pub texts: Vec<String>,
    pub times: Vec<String>,
    /// Whether to use only constructs that other CEL implementations interpret the same way.
    pub is_common: bool,
}

/// Generates expressions. The same seed and the same number of leaves produce the same expression.
pub struct Source<'l> {
    state: u64,
    leaves: &'l Leaves,
    /// The macro variables in scope, which are whole numbers.
    ints: Vec<String>,
    next: usize,
}

impl<'l> Source<'l> {
    pub fn new(seed: u64, leaves: &'l Leaves) -> Self {
        Self { state: seed, leaves, ints: Vec::new(), next: 0 }
    }

    /// SplitMix64.
    pub fn below(&mut self, bound: usize) -> usize {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % bound as u64).unwrap_or(0)
    }

    fn one<'w>(&mut self, words: &[&'w str]) -> &'w str {
        words[self.below(words.len())]
    }

    /// Returns a leaf: a literal or one of the given.
    fn leaf(&mut self, given: &[String], literals: &[&str]) -> String {
        let at = self.below(given.len() * 2 + literals.len());
        if at < given.len() * 2 { given[at / 2].clone() } else { literals[at - given.len() * 2].to_owned() }
    }

    pub fn bool(&mut self, depth: usize) -> String {
        let leaves = self.leaves;
        if depth == 0 {
            return self.leaf(&leaves.bools, &["true", "false"]);
        }
        let d = depth - 1;
        match self.below(20) {
            0..=2 => format!("({} && {})", self.bool(d), self.bool(d)),
            3..=5 => format!("({} || {})", self.bool(d), self.bool(d)),
            6 => format!("!({})", self.bool(d)),
            7 => format!("({} ? {} : {})", self.bool(d), self.bool(d), self.bool(d)),
            8 | 9 => format!("({} {} {})", self.int(d), self.relation(), self.int(d)),
            10 => format!("({} {} {})", self.double(d), self.relation(), self.double(d)),
            11 => format!("({} {} {})", self.text(d), self.relation(), self.text(d)),
            12 => {
                let function = self.one(&["contains", "startsWith", "endsWith"]);
                format!("({}).{function}({})", self.text(d), self.text(d))
            }
            13 => {
                let pattern = self.one(&["^a", "b+c?", "[a-c]{2}$", "(a|ä)*b", "x$"]);
                format!("({}).matches('{pattern}')", self.text(d))
            }
            14 => format!("({} in {})", self.int(d), self.ints(d)),
            15 | 16 => {
                let of = self.ints(d);
                let kind = self.one(&["all", "exists", "exists_one"]);
                let (name, body) = self.with_variable(|source| source.bool(d));
                format!("{of}.{kind}({name}, {body})")
            }
            17 => {
                let op = self.one(&["==", "!="]);
                format!("({} {op} {})", self.ints(d), self.ints(d))
            }
            18 if !leaves.is_common => format!("({} {} {})", self.time(d), self.relation(), self.time(d)),
            _ => {
                let op = self.one(&["==", "!="]);
                format!("({} {op} {})", self.bool(d), self.bool(d))
            }
        }
    }

    pub fn int(&mut self, depth: usize) -> String {
        let leaves = self.leaves;
        if depth == 0 {
            let given: Vec<String> = leaves.ints.iter().chain(&self.ints).cloned().collect();
            return self.leaf(&given, &["0", "1", "2", "3", "7", "-5", "9223372036854775807"]);
        }
        let d = depth - 1;
        match self.below(13) {
            0..=5 => {
                let op = self.one(&["+", "-", "*", "/", "%"]);
                format!("({} {op} {})", self.int(d), self.int(d))
            }
            6 => format!("-({})", self.int(d)),
            7 => format!("({} ? {} : {})", self.bool(d), self.int(d), self.int(d)),
            8 => format!("size({})", self.text(d)),
            9 => format!("size({})", self.ints(d)),
            10 => format!("{}[{}]", self.ints(d), self.int(0)),
            11 if !leaves.is_common => {
                let part = self.one(&["getHours", "getDayOfWeek", "getFullYear", "getDate"]);
                let zone = self.one(&["", "'Europe/Berlin'", "'-03:30'"]);
                format!("({}).{part}({zone})", self.time(d))
            }
            12 if !leaves.is_common => format!("int({})", self.double(d)),
            _ => self.int(0),
        }
    }

    pub fn double(&mut self, depth: usize) -> String {
        let leaves = self.leaves;
        if depth == 0 {
            // Other implementations do not order NaN, so nothing gets close to infinity when comparing with
            // them.
            let large = if leaves.is_common { "1e15" } else { "1e300" };
            return self.leaf(&leaves.doubles, &["0.0", "1.5", "-2.25", large, "0.1"]);
        }
        let d = depth - 1;
        match self.below(6) {
            0 if leaves.is_common => format!("({} / 1.5)", self.double(d)),
            0..=2 => {
                let op = self.one(&["+", "-", "*", if leaves.is_common { "-" } else { "/" }]);
                format!("({} {op} {})", self.double(d), self.double(d))
            }
            3 => format!("({} ? {} : {})", self.bool(d), self.double(d), self.double(d)),
            4 => format!("double({})", self.int(d)),
            _ => self.double(0),
        }
    }

    pub fn text(&mut self, depth: usize) -> String {
        let leaves = self.leaves;
        if depth == 0 {
            return self.leaf(&leaves.texts, &["''", "'a'", "'abc'", "'äb'", "\"x\\ty\""]);
        }
        let d = depth - 1;
        match self.below(7) {
            0 | 1 => format!("({} + {})", self.text(d), self.text(d)),
            2 => format!("({} ? {} : {})", self.bool(d), self.text(d), self.text(d)),
            3 => format!("string({})", self.int(d)),
            4 if !leaves.is_common => {
                let function = self.one(&["lowerAscii", "upperAscii", "trim", "reverse"]);
                format!("({}).{function}()", self.text(d))
            }
            5 if !leaves.is_common => format!("({}).split('b').join('-')", self.text(d)),
            _ => self.text(0),
        }
    }

    fn ints(&mut self, depth: usize) -> String {
        let mut list = String::from("[");
        let d = depth.saturating_sub(1);
        for index in 0..self.below(4) {
            let separator = if index > 0 { ", " } else { "" };
            let _ = write!(list, "{separator}{}", self.int(d.min(1)));
        }
        list.push(']');
        if depth == 0 {
            return list;
        }
        match self.below(6) {
            0 => format!("({list} + {})", self.ints(d)),
            1 => {
                let (name, body) = self.with_variable(|source| source.int(d));
                format!("{list}.map({name}, {body})")
            }
            2 => {
                let (name, body) = self.with_variable(|source| source.bool(d));
                format!("{list}.filter({name}, {body})")
            }
            3 => format!("({} ? {list} : {})", self.bool(d), self.ints(d)),
            _ => list,
        }
    }

    fn time(&mut self, depth: usize) -> String {
        let leaves = self.leaves;
        if depth == 0 {
            return self.leaf(&leaves.times, &["timestamp('2026-01-31T23:30:00Z')", "timestamp(0)"]);
        }
        let d = depth - 1;
        match self.below(4) {
            0 | 1 => {
                let op = self.one(&["+", "-"]);
                let span = self.one(&["duration('1h')", "duration('-36h')", "duration('2000000h')"]);
                format!("({} {op} {span})", self.time(d))
            }
            2 => format!("({} ? {} : {})", self.bool(d), self.time(d), self.time(d)),
            _ => self.time(0),
        }
    }

    fn relation(&mut self) -> &'static str {
        self.one(&["==", "!=", "<", "<=", ">", ">="])
    }

    fn with_variable(&mut self, draw: impl FnOnce(&mut Self) -> String) -> (String, String) {
        let name = format!("v{}", self.next);
        self.next += 1;
        self.ints.push(name.clone());
        let body = draw(self);
        self.ints.pop();
        (name, body)
    }
}

/// Returns a configuration with this many cases, or as many as `PROPTEST_CASES` sets.
pub fn cases(count: u32) -> proptest::test_runner::Config {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|count| count.parse().ok());
    proptest::test_runner::Config::with_cases(asked.unwrap_or(count))
}
