//! A rule set ready to decide: compiled, immutable, shared between threads.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::Value as Json;

use super::ast::Expr;
use super::blame;
use super::check::{self, Scope, Symbols};
use super::code::{Kind, Node, Read};
use super::eval::Machine;
use super::file::{RuleDefinition, RuleSetFile, escaped};
use super::parse::parse;
use super::row::{Cell, Reading, Row, Slot, instant};
use crate::action::{Action, Consequence};
use crate::catalogue::Catalogue;
use crate::decision::{Because, Outcome3, SnapshotList, TraceEntry};
use crate::limits;
use crate::problem::{Problem, nearest};

/// A compiled rule set.
#[derive(Clone, Debug)]
pub struct RuleSet {
    pub(super) name: String,
    pub(super) rules: Vec<Rule>,
    pub(super) slots: Vec<Slot>,
    pub(super) default: Action,
    questions: Vec<Question>,
}

/// A compiled rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its id.
    pub id: String,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// What it decides; `None` if it only tags.
    pub act: Option<Act>,
    /// Its risk tags and tags, each once.
    pub tags: Vec<String>,
    pub(super) expr: Expr,
    pub(super) code: Box<[Node]>,
    pub(super) reads: Box<[Read]>,
}

/// What a rule decides.
#[derive(Clone, Debug, PartialEq)]
pub struct Act {
    /// The action.
    pub action: Action,
    /// Its parameters.
    pub parameters: BTreeMap<String, Json>,
}

/// A look-up that has to be made before deciding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    /// The list that is asked.
    pub list: String,
    /// The field whose text is looked up.
    pub field: String,
}

/// What a decision is made on.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The fields that were read.
    pub readings: &'a BTreeMap<String, Reading>,
    /// The answers of the lists.
    pub lists: &'a BTreeMap<String, SnapshotList>,
    /// What rules take for now.
    pub as_of: DateTime<Utc>,
}

/// Where a scan stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stop {
    /// At the rule of this index, which is true.
    Fired(usize),
    /// At the rule of this index, which is unknown or an error.
    Held(usize),
    /// Nowhere: every rule that decides is false.
    Default,
}

/// What was decided, and how it came about.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The index of the rule that fired.
    pub rule: Option<usize>,
    /// Its id.
    pub rule_id: Option<String>,
    /// What is decided.
    pub action: Action,
    /// The action's parameters.
    pub parameters: BTreeMap<String, Json>,
    /// Risk tags and tags of the true rules, each once, in the order of the scan.
    pub tags: Vec<String>,
    /// The least confidence among the known fields that the fired rule reads; `None` by default.
    pub confidence: Option<f64>,
    /// The rule that could not be told, if the scan stopped there.
    pub held_by: Option<String>,
    /// Why it could not be told.
    pub because: Vec<Because>,
    /// Each scanned rule and what it came to.
    pub trace: Vec<TraceEntry>,
}

/// The cells and answers that a row borrows.
pub(super) struct Loaded<'a> {
    cells: Vec<Cell<'a>>,
    answers: Vec<Option<bool>>,
    as_of: i64,
}

impl RuleSet {
    /// Compiles a file over a catalogue, the confidence that the extraction map asks of each field, and the names
    /// of the lists. A rule's own threshold, the field's and the map's all hold, so the highest counts.
    ///
    /// # Errors
    /// With everything that is wrong with the rules; pointers are relative to the file.
    pub fn compile(
        file: &RuleSetFile,
        catalogue: &Catalogue,
        thresholds: &BTreeMap<String, f64>,
        lists: &BTreeSet<String>,
    ) -> Result<Self, Vec<Problem>> {
        let mut problems = file.check();
        if catalogue.0.len() > limits::FIELDS {
            problems
                .push(Problem::at("/fields", format!("A catalogue has at most {} fields.", limits::FIELDS)));
            return Err(problems);
        }
        let mut symbols = Symbols::default();
        let (written, _) = file.written();
        let mut rules = Vec::with_capacity(written.len().min(limits::RULES));
        for written in written.iter().take(limits::RULES) {
            let rule = &written.rule;
            let scope =
                Scope { catalogue, lists, map_confidence: thresholds, rule_confidence: &rule.min_confidence };
            let unknown = unknown_thresholds(rule, catalogue);
            problems.extend(unknown.into_iter().map(|problem| written.problem(problem)));
            match compile_rule(rule, scope, &mut symbols) {
                Ok(rule) => rules.push(rule),
                Err(found) => {
                    problems.extend(found.into_iter().map(|problem| written.problem(problem.under("/when"))));
                }
            }
        }
        // What the rows of a table share is wrong in each of them.
        let mut told = BTreeSet::new();
        problems.retain(|problem| {
            told.insert((
                problem.pointer.clone(),
                problem.span.map(|span| span.start),
                problem.message.clone(),
            ))
        });
        if !problems.is_empty() {
            return Err(problems);
        }
        let slots = symbols.fields.iter().map(|(name, definition)| Slot::new(name, definition)).collect();
        let mut set =
            Self { name: file.rule_set.clone(), rules, slots, default: file.default, questions: Vec::new() };
        set.number_questions(symbols.questions);
        Ok(set)
    }

    /// The rule set's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The rules, in the order of the scan.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// What is decided when no rule fires.
    pub fn default_action(&self) -> Action {
        self.default
    }

    /// What is decided about a lead whose scan stops here.
    pub fn action_of(&self, stop: Stop) -> Action {
        match stop {
            Stop::Fired(rule) => self.rules.get(rule).and_then(|rule| rule.act.as_ref()),
            Stop::Held(_) | Stop::Default => None,
        }
        .map_or(self.default, |act| act.action)
    }

    /// The fields that the rules ask for; a row has a cell for each.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The look-ups that have to be made before deciding, each once, sorted.
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// The text to look up for a question: that of the field, or the one stated for a missing field. `None` when
    /// there is none, and the question stays open.
    pub fn text_of<'a>(
        &'a self,
        question: &Question,
        readings: &'a BTreeMap<String, Reading>,
    ) -> Option<&'a str> {
        let slot = self.slots.iter().find(|slot| slot.name == question.field)?;
        slot.text(slot.cell(readings.get(&slot.name)).datum)
    }

    /// Decides.
    pub fn decide(&self, inputs: &Inputs<'_>) -> Verdict {
        self.decide_traced(&self.load(inputs).row())
    }

    /// Decides about a row, with everything there is to tell about it.
    pub fn decide_traced(&self, row: &Row<'_>) -> Verdict {
        let mut trace = Vec::new();
        let mut tags: Vec<String> = Vec::new();
        let stop = self.scan(row, |index, outcome| {
            let rule = &self.rules[index];
            trace.push(TraceEntry { rule_id: rule.id.clone(), result: outcome });
            if outcome == Outcome3::True {
                let new: Vec<_> = rule.tags.iter().filter(|tag| !tags.contains(tag)).cloned().collect();
                tags.extend(new);
            }
        });
        self.verdict(stop, row, tags, trace)
    }

    /// Returns the same rules without those of these ids.
    pub fn without(&self, ids: &BTreeSet<&str>) -> Self {
        let rules = self.rules.iter().filter(|rule| !ids.contains(rule.id.as_str())).cloned().collect();
        Self { rules, ..self.clone() }
    }

    /// Where the scan stops, without building anything.
    pub fn decide_row(&self, row: &Row<'_>) -> Stop {
        let machine = self.machine(row);
        for (index, rule) in self.rules.iter().enumerate().filter(|(_, rule)| rule.act.is_some()) {
            match machine.outcome(&rule.code) {
                Outcome3::False => {}
                Outcome3::True => return Stop::Fired(index),
                Outcome3::Unknown | Outcome3::Error => return Stop::Held(index),
            }
        }
        Stop::Default
    }

    /// Where the scan stops, telling of each rule on the way. A rule that only tags never stops it.
    pub fn scan(&self, row: &Row<'_>, mut tell: impl FnMut(usize, Outcome3)) -> Stop {
        let machine = self.machine(row);
        for (index, rule) in self.rules.iter().enumerate() {
            let outcome = machine.outcome(&rule.code);
            tell(index, outcome);
            match outcome {
                Outcome3::True if rule.act.is_some() => return Stop::Fired(index),
                Outcome3::Unknown | Outcome3::Error if rule.act.is_some() => return Stop::Held(index),
                _ => {}
            }
        }
        Stop::Default
    }

    pub(super) fn load<'a>(&'a self, inputs: &Inputs<'a>) -> Loaded<'a> {
        let cell = |slot: &'a Slot| slot.cell(inputs.readings.get(&slot.name));
        let answer =
            |question: &Question| inputs.lists.get(&question.list)?.by_field.get(&question.field).copied();
        Loaded {
            cells: self.slots.iter().map(cell).collect(),
            answers: self.questions.iter().map(answer).collect(),
            as_of: instant(inputs.as_of),
        }
    }

    pub(super) fn machine<'a>(&'a self, row: &'a Row<'a>) -> Machine<'a> {
        Machine { slots: &self.slots, row }
    }

    fn verdict(&self, stop: Stop, row: &Row<'_>, tags: Vec<String>, trace: Vec<TraceEntry>) -> Verdict {
        let mut verdict = Verdict {
            rule: None,
            rule_id: None,
            action: self.default,
            parameters: BTreeMap::new(),
            tags,
            confidence: None,
            held_by: None,
            because: Vec::new(),
            trace,
        };
        match stop {
            Stop::Fired(index) => {
                let rule = &self.rules[index];
                verdict.rule = Some(index);
                verdict.rule_id = Some(rule.id.clone());
                verdict.confidence = Some(self.confidence(rule, row));
                if let Some(act) = &rule.act {
                    verdict.action = act.action;
                    verdict.parameters = act.parameters.clone();
                }
            }
            Stop::Held(index) => {
                let rule = &self.rules[index];
                verdict.held_by = Some(rule.id.clone());
                verdict.because = blame::because(self.machine(row), &rule.code);
            }
            Stop::Default => {}
        }
        verdict
    }

    /// The least confidence among the known fields that a rule reads as values; 1 if there is none.
    fn confidence(&self, rule: &Rule, row: &Row<'_>) -> f64 {
        let machine = self.machine(row);
        let known = rule.reads.iter().filter(|read| machine.read(**read).is_ok());
        known.map(|read| machine.cell(read.slot).confidence).fold(1.0, f64::min)
    }

    /// Sorts the questions and tells the nodes their new numbers.
    fn number_questions(&mut self, found: BTreeMap<(String, u16), u32>) {
        let named = |((list, slot), number): ((String, u16), u32)| {
            let field = self.slots.get(usize::from(slot)).map(|slot| slot.name.clone()).unwrap_or_default();
            (Question { list, field }, number)
        };
        let sorted: BTreeMap<Question, u32> = found.into_iter().map(named).collect();
        let ranks: BTreeMap<u32, u32> = sorted.values().copied().zip(0..).collect();
        for node in self.rules.iter_mut().flat_map(|rule| rule.code.iter_mut()) {
            let rank = |question: u32| ranks.get(&question).copied().unwrap_or(u32::MAX);
            match &mut node.kind {
                Kind::Listed { question, .. } => *question = rank(*question),
                Kind::General(program) => program.renumber(&rank),
                _ => {}
            }
        }
        self.questions = sorted.into_keys().collect();
    }
}

impl Loaded<'_> {
    pub fn row(&self) -> Row<'_> {
        Row { cells: &self.cells, answers: &self.answers, as_of: self.as_of }
    }
}

fn compile_rule<'a>(
    rule: &RuleDefinition,
    scope: Scope<'a>,
    symbols: &mut Symbols<'a>,
) -> Result<Rule, Vec<Problem>> {
    let (expr, mut problems) = parse(&rule.when);
    let Some(expr) = expr else { return Err(problems) };
    let code = match check::compile(&expr, scope, symbols) {
        Ok(code) if problems.is_empty() => code,
        Ok(_) => return Err(problems),
        Err(found) => {
            problems.extend(found);
            return Err(problems);
        }
    };
    let mut reads: Vec<Read> = Vec::new();
    for read in code.iter().flat_map(|node| node.kind.reads()) {
        if !reads.contains(&read) {
            reads.push(read);
        }
    }
    let (act, tags) = consequences(rule);
    Ok(Rule { id: rule.id.clone(), name: rule.name.clone(), act, tags, expr, code, reads: reads.into() })
}

/// What a rule decides, and its risk tags and tags, each once.
fn consequences(rule: &RuleDefinition) -> (Option<Act>, Vec<String>) {
    let mut act = None;
    let mut tags = Vec::new();
    let worded = rule.then.iter().filter_map(|consequence| match consequence {
        Consequence::Tag(tag) => Some(tag),
        Consequence::Act { .. } => None,
    });
    for tag in rule.risk.iter().chain(worded) {
        if !tags.contains(tag) {
            tags.push(tag.clone());
        }
    }
    for consequence in &rule.then {
        if let Consequence::Act { action, parameters } = consequence {
            act = Some(Act { action: *action, parameters: parameters.clone() });
        }
    }
    (act, tags)
}

fn unknown_thresholds(rule: &RuleDefinition, catalogue: &Catalogue) -> Vec<Problem> {
    let unknown = rule.min_confidence.keys().filter(|name| catalogue.get(name).is_none());
    let problem = |name: &String| {
        Problem::at(format!("/min_confidence/{}", escaped(name)), format!("There is no field `{name}`."))
            .suggest(nearest(name, catalogue.names()))
    };
    unknown.map(problem).collect()
}
