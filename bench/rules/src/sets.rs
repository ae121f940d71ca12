//! Rule sets for measuring the static analysis: realistic tables, and sets designed to be hard.

use std::collections::BTreeMap;

use engine::action::{Action, Consequence};
use engine::catalogue::{Catalogue, FieldDefinition, FieldType};
use engine::limits;
use engine::problem::Problem;
use engine::rules::{RuleDefinition, RuleSet, RuleSetFile};

use crate::draw::Draw;
use crate::reference::{self, Logic, REGIONS, SOURCES};

/// Creates a decision table over the fields of the reference workload: a region, a source, a range of sizes and
/// a minimum budget. Either its sizes have an upper end, which leaves gaps, or they do not, and its last row is
/// unreachable.
///
/// # Errors
/// Returns the problems of the table, which is valid.
pub fn table(rows: usize, has_holes: bool) -> Result<RuleSet, Vec<Problem>> {
    let mut csv = String::from("id,region,source,company_size,budget,decision_maker,action\n");
    let bands = rows / (REGIONS.len() * SOURCES.len());
    for index in 0..rows {
        let (region, source) = (REGIONS[index % 6], SOURCES[index / 6 % 5]);
        let (band, least) = (index / 30, index / 30 * 25);
        let size = match (has_holes, band + 1 < bands) {
            (true, _) => format!("{least}..{}", least + 24),
            (false, true) => format!("<= {}", least + 24),
            (false, false) => String::new(),
        };
        let budget = if has_holes { format!(">= {}", index * 7) } else { String::new() };
        let action = ["advance", "nurture", "reject"][index % 3];
        csv.push_str(&format!("t{index},{region},{source},{size},{budget},,{action}\n"));
    }
    if !has_holes {
        csv.push_str("last,,,,,true,advance\n");
    }
    let fields = RuleSetFile::from_yaml(&reference::file(Logic::TwoValued, 0.85))?.fields;
    RuleSetFile::from_table("table", &csv, fields, BTreeMap::new())?.compile()
}

/// A hard set.
pub struct Hard {
    /// The difficulty.
    pub name: &'static str,
    /// The number of rules.
    pub rules: usize,
    /// The conditions, by the index of the rule.
    when: fn(&mut Draw, usize) -> String,
}

/// All hard sets. Each has the maximum number of rules, and conditions of the maximum length if that makes it
/// hard.
pub const HARD: &[Hard] = &[
    Hard { name: "ranges over thirty fields", rules: limits::RULES, when: ranges },
    Hard { name: "wide ranges over thirty fields", rules: limits::RULES, when: wide },
    Hard { name: "clauses of three", rules: limits::RULES, when: clauses },
    Hard { name: "long alternatives", rules: limits::RULES, when: |draw, _| long(draw, " || ", threshold) },
    Hard { name: "long conjunctions", rules: limits::RULES, when: |draw, _| long(draw, " && ", not_equal) },
    Hard {
        name: "conjunctions of alternatives",
        rules: limits::RULES,
        when: |draw, _| long(draw, " && ", either),
    },
    Hard {
        name: "alternatives of conjunctions",
        rules: limits::RULES,
        when: |draw, _| long(draw, " || ", both),
    },
    Hard { name: "equal truths inside each other", rules: limits::RULES, when: parity },
    Hard { name: "parts that ask nothing", rules: limits::RULES, when: |draw, _| long(draw, " && ", idle) },
    Hard { name: "long lists of texts", rules: limits::RULES, when: texts },
    Hard {
        name: "thresholds of values and confidences",
        rules: limits::RULES,
        when: |draw, _| long(draw, " || ", sure),
    },
    Hard { name: "arithmetic", rules: limits::RULES, when: |draw, _| long(draw, " || ", sum) },
    Hard {
        name: "comparisons of fields",
        rules: limits::RULES,
        when: |draw, _| long(draw, " && ", compared),
    },
    Hard { name: "macros inside each other", rules: limits::RULES, when: macros },
    Hard { name: "one by one", rules: limits::RULES, when: |_, index| format!("n0 == {index}") },
    Hard {
        name: "pairs, one by one",
        rules: limits::RULES,
        when: |_, index| format!("n0 == {} && n1 == {}", index / 45, index % 45),
    },
];

impl Hard {
    /// Creates the rule set.
    ///
    /// # Errors
    /// Returns the problems of the rule set, which is valid.
    pub fn rule_set(&self) -> Result<RuleSet, Vec<Problem>> {
        let mut draw = Draw::new(7);
        let rule = |index: usize, when: String| RuleDefinition {
            id: format!("r{index}"),
            name: None,
            when,
            then: vec![Consequence::Act { action: Action::Advance, parameters: BTreeMap::new() }],
            min_confidence: BTreeMap::new(),
            risk: Vec::new(),
            table: None,
        };
        let file = RuleSetFile {
            rule_set: "hard".into(),
            fields: fields(),
            lists: BTreeMap::new(),
            rules: (0..self.rules).map(|index| rule(index, (self.when)(&mut draw, index))).collect(),
            default: Action::Hold,
        };
        file.compile()
    }
}

const NUMBERS: u64 = 30;
const FLAGS: u64 = 60;

fn fields() -> Catalogue {
    let field = |kind: FieldType| FieldDefinition {
        min: (kind == FieldType::Integer).then_some(0.0),
        ..FieldDefinition::new(kind)
    };
    let named = |letter: &'static str, count: u64, kind| {
        (0..count).map(move |index| (format!("{letter}{index}"), field(kind)))
    };
    let all = named("n", NUMBERS, FieldType::Integer).chain(named("b", FLAGS, FieldType::Bool)).chain(named(
        "t",
        4,
        FieldType::String,
    ));
    Catalogue(all.collect())
}

fn number(draw: &mut Draw) -> String {
    format!("n{}", draw.below(NUMBERS))
}

/// Joins pieces until the condition has the maximum length.
fn long(draw: &mut Draw, operator: &str, piece: fn(&mut Draw) -> String) -> String {
    let mut when = piece(draw);
    loop {
        let next = piece(draw);
        if when.len() + operator.len() + next.len() > limits::EXPRESSION_BYTES {
            return when;
        }
        when.push_str(operator);
        when.push_str(&next);
    }
}

fn ranges(draw: &mut Draw, _: usize) -> String {
    boxed(draw, 3, 400)
}

fn wide(draw: &mut Draw, _: usize) -> String {
    boxed(draw, 8, 900)
}

/// Restricts some fields to a range each.
fn boxed(draw: &mut Draw, count: u64, width: u64) -> String {
    let parts: Vec<String> = (0..count)
        .map(|_| {
            let (field, low) = (number(draw), draw.below(1_000 - width));
            format!("{field} >= {low} && {field} < {}", low + width + draw.below(100))
        })
        .collect();
    parts.join(" && ")
}

/// The remaining leads are the solutions of a satisfiability problem in its hardest region.
fn clauses(draw: &mut Draw, _: usize) -> String {
    let flag = |draw: &mut Draw| format!("{}b{}", draw.of(&["", "!"]), draw.below(FLAGS));
    [flag(draw), flag(draw), flag(draw)].join(" && ")
}

fn threshold(draw: &mut Draw) -> String {
    format!("{}>{}", number(draw), draw.below(100_000_000))
}

fn not_equal(draw: &mut Draw) -> String {
    format!("{}!={}", number(draw), draw.below(100_000))
}

fn either(draw: &mut Draw) -> String {
    format!("({} || {})", threshold(draw), not_equal(draw))
}

fn both(draw: &mut Draw) -> String {
    format!("({} && {} && {})", threshold(draw), not_equal(draw), not_equal(draw))
}

fn parity(draw: &mut Draw, _: usize) -> String {
    let mut when = format!("b{}", draw.below(FLAGS));
    for _ in 0..40 {
        when = format!("({when} == b{})", draw.below(FLAGS));
    }
    when
}

fn idle(draw: &mut Draw) -> String {
    format!("{}>=0", number(draw))
}

fn texts(draw: &mut Draw, _: usize) -> String {
    let all: Vec<String> = (0..700).map(|_| format!("'{:x}'", draw.bits() >> 24)).collect();
    format!("t{} in [{}]", draw.below(4), all.join(","))
}

fn sure(draw: &mut Draw) -> String {
    match draw.below(2) {
        0 => format!("confidence(n{})>0.{}", draw.below(3), draw.below(1_000_000)),
        _ => format!("n{}>{}", draw.below(3), draw.below(1_000_000)),
    }
}

fn sum(draw: &mut Draw) -> String {
    format!("{}+{}>{}", number(draw), number(draw), draw.below(1_000))
}

fn compared(draw: &mut Draw) -> String {
    format!("{}{}{}", number(draw), draw.of(&["<", "<=", "!="]), number(draw))
}

/// Takes hundreds of thousands of steps each, all of which are executed.
fn macros(draw: &mut Draw, index: usize) -> String {
    let list = "[1,2,3,4,5,6,7,8,9,10]";
    let depth = ["v", "w", "x", "y"];
    let inner = format!("v+w+x+y+n{} != {}", draw.below(NUMBERS), 100 + index);
    depth.iter().fold(inner, |inner, name| format!("{list}.all({name}, {inner})"))
}
