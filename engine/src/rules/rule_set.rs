//! A compiled, immutable rule set that is ready to decide and can be shared between threads.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::Value as Json;

use super::ast::Expr;
use super::check::{self, Scope, Symbols};
use super::code::{FieldRead, Node, Operation};
use super::eval::EvalContext;
use super::file::{RuleDefinition, RuleSetFile, escaped};
use super::parse::parse;
use super::row::{Reading, Row, RowCell, Slot, instant};
use super::unknown;
use crate::action::{Action, Consequence};
use crate::catalogue::Catalogue;
use crate::decision::{Outcome3, SnapshotList, TraceEntry, UnknownReason};
use crate::limits;
use crate::problem::{Problem, nearest};

/// A compiled rule set.
#[derive(Clone, Debug)]
pub struct RuleSet {
    pub(super) name: String,
    pub(super) rules: Vec<Rule>,
    pub(super) slots: Vec<Slot>,
    pub(super) default: Action,
    questions: Vec<ListLookup>,
}

/// A compiled rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The ID of the rule.
    pub id: String,
    /// The name of the rule, if it has one.
    pub name: Option<String>,
    /// The action of the rule; `None` if it only tags.
    pub act: Option<RuleAction>,
    /// The risk tags and tags of the rule, without duplicates.
    pub tags: Vec<String>,
    pub(super) expr: Expr,
    pub(super) code: Box<[Node]>,
    pub(super) reads: Box<[FieldRead]>,
}

/// The action of a rule with its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleAction {
    /// The action.
    pub action: Action,
    /// The parameters of the action.
    pub parameters: BTreeMap<String, Json>,
}

/// A look-up that is needed for a decision.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListLookup {
    /// The name of the list.
    pub list: String,
    /// The field whose text is looked up.
    pub field: String,
}

/// The inputs of a decision.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The fields that were read.
    pub readings: &'a BTreeMap<String, Reading>,
    /// The results of the lists.
    pub lists: &'a BTreeMap<String, SnapshotList>,
    /// The time that rules use as `now`.
    pub as_of: DateTime<Utc>,
}

/// Where a scan stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScanStop {
    /// At the rule with this index, which is true.
    Fired(usize),
    /// At the rule with this index, which is unknown or an error.
    Held(usize),
    /// After all rules, none of which matched.
    Default,
}

/// A decision with its reasons.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The index of the rule that matched.
    pub rule: Option<usize>,
    /// The ID of the rule that matched.
    pub rule_id: Option<String>,
    /// The action that was decided.
    pub action: Action,
    /// The parameters of the action.
    pub parameters: BTreeMap<String, Json>,
    /// The risk tags and tags of all true rules, in scan order and without duplicates.
    pub tags: Vec<String>,
    /// The lowest confidence among the known fields that the matching rule reads; `None` if the default
    /// applied.
    pub confidence: Option<f64>,
    /// The rule that could not be evaluated, if the scan stopped there.
    pub held_by: Option<String>,
    /// The reasons why that rule could not be evaluated.
    pub because: Vec<UnknownReason>,
    /// Every rule that was evaluated, with its result.
    pub trace: Vec<TraceEntry>,
}

/// The cells and answers that a row borrows.
pub(super) struct LoadedRow<'a> {
    cells: Vec<RowCell<'a>>,
    answers: Vec<Option<bool>>,
    as_of: i64,
}

impl RuleSet {
    /// Compiles a file with a catalogue, the confidence that the extraction map requires of each field, and the
    /// names of the lists. The thresholds of the rule, the field and the map all apply, so the highest one
    /// counts.
    ///
    /// # Errors
    /// Returns every problem in the rules, with pointers relative to the file.
    pub fn compile(
        file: &RuleSetFile,
        catalogue: &Catalogue,
        thresholds: &BTreeMap<String, f64>,
        lists: &BTreeSet<String>,
    ) -> Result<Self, Vec<Problem>> {
        let mut problems = file.check();
        if catalogue.0.len() > limits::FIELDS {
            problems.push(Problem::at(
                "/fields",
                format!("A catalogue can have at most {} fields.", limits::FIELDS),
            ));
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
        // A problem in the part that the rows of a table share occurs in each of them.
        let mut reported = BTreeSet::new();
        problems.retain(|problem| {
            reported.insert((
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

    /// Returns the name of the rule set.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the rules in scan order.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Returns the action if no rule matches.
    pub fn default_action(&self) -> Action {
        self.default
    }

    /// Returns the action for a lead whose scan stops here.
    pub fn action_of(&self, stop: ScanStop) -> Action {
        match stop {
            ScanStop::Fired(rule) => self.rules.get(rule).and_then(|rule| rule.act.as_ref()),
            ScanStop::Held(_) | ScanStop::Default => None,
        }
        .map_or(self.default, |act| act.action)
    }

    /// Returns the fields that the rules use; a row has a cell for each.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// Returns the look-ups needed for a decision, sorted and without duplicates.
    pub fn questions(&self) -> &[ListLookup] {
        &self.questions
    }

    /// Returns the text to look up for a question: the field's text, or the one assumed for a missing field.
    /// Returns `None` if there is none; the question is then unknown.
    pub fn text_of<'a>(
        &'a self,
        question: &ListLookup,
        readings: &'a BTreeMap<String, Reading>,
    ) -> Option<&'a str> {
        let slot = self.slots.iter().find(|slot| slot.name == question.field)?;
        slot.text(slot.cell(readings.get(&slot.name)).datum)
    }

    /// Makes a decision.
    pub fn decide(&self, inputs: &Inputs<'_>) -> Verdict {
        self.decide_traced(&self.load(inputs).row())
    }

    /// Makes a decision for a row, including its reasons.
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

    /// Returns the same rules without those with these IDs.
    pub fn without(&self, ids: &BTreeSet<&str>) -> Self {
        let rules = self.rules.iter().filter(|rule| !ids.contains(rule.id.as_str())).cloned().collect();
        Self { rules, ..self.clone() }
    }

    /// Returns where the scan stops, without building a verdict.
    pub fn decide_row(&self, row: &Row<'_>) -> ScanStop {
        let machine = self.machine(row);
        for (index, rule) in self.rules.iter().enumerate().filter(|(_, rule)| rule.act.is_some()) {
            match machine.outcome(&rule.code) {
                Outcome3::False => {}
                Outcome3::True => return ScanStop::Fired(index),
                Outcome3::Unknown | Outcome3::Error => return ScanStop::Held(index),
            }
        }
        ScanStop::Default
    }

    /// Returns where the scan stops, and calls `tell` for each rule on the way. A rule that only tags never
    /// stops the scan.
    pub fn scan(&self, row: &Row<'_>, mut tell: impl FnMut(usize, Outcome3)) -> ScanStop {
        let machine = self.machine(row);
        for (index, rule) in self.rules.iter().enumerate() {
            let outcome = machine.outcome(&rule.code);
            tell(index, outcome);
            match outcome {
                Outcome3::True if rule.act.is_some() => return ScanStop::Fired(index),
                Outcome3::Unknown | Outcome3::Error if rule.act.is_some() => return ScanStop::Held(index),
                _ => {}
            }
        }
        ScanStop::Default
    }

    pub(super) fn load<'a>(&'a self, inputs: &Inputs<'a>) -> LoadedRow<'a> {
        let cell = |slot: &'a Slot| slot.cell(inputs.readings.get(&slot.name));
        let answer =
            |question: &ListLookup| inputs.lists.get(&question.list)?.by_field.get(&question.field).copied();
        LoadedRow {
            cells: self.slots.iter().map(cell).collect(),
            answers: self.questions.iter().map(answer).collect(),
            as_of: instant(inputs.as_of),
        }
    }

    pub(super) fn machine<'a>(&'a self, row: &'a Row<'a>) -> EvalContext<'a> {
        EvalContext { slots: &self.slots, row }
    }

    fn verdict(&self, stop: ScanStop, row: &Row<'_>, tags: Vec<String>, trace: Vec<TraceEntry>) -> Verdict {
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
            ScanStop::Fired(index) => {
                let rule = &self.rules[index];
                verdict.rule = Some(index);
                verdict.rule_id = Some(rule.id.clone());
                verdict.confidence = Some(self.confidence(rule, row));
                if let Some(act) = &rule.act {
                    verdict.action = act.action;
                    verdict.parameters = act.parameters.clone();
                }
            }
            ScanStop::Held(index) => {
                let rule = &self.rules[index];
                verdict.held_by = Some(rule.id.clone());
                verdict.because = unknown::unknown_reasons(self.machine(row), &rule.code);
            }
            ScanStop::Default => {}
        }
        verdict
    }

    /// Returns the lowest confidence among the known fields whose values a rule reads; 1 if there are none.
    fn confidence(&self, rule: &Rule, row: &Row<'_>) -> f64 {
        let machine = self.machine(row);
        let known = rule.reads.iter().filter(|read| machine.read(**read).is_ok());
        known.map(|read| machine.cell(read.slot).confidence).fold(1.0, f64::min)
    }

    /// Sorts the questions and updates their numbers in the nodes.
    fn number_questions(&mut self, found: BTreeMap<(String, u16), u32>) {
        let named = |((list, slot), number): ((String, u16), u32)| {
            let field = self.slots.get(usize::from(slot)).map(|slot| slot.name.clone()).unwrap_or_default();
            (ListLookup { list, field }, number)
        };
        let sorted: BTreeMap<ListLookup, u32> = found.into_iter().map(named).collect();
        let ranks: BTreeMap<u32, u32> = sorted.values().copied().zip(0..).collect();
        for node in self.rules.iter_mut().flat_map(|rule| rule.code.iter_mut()) {
            let rank = |question: u32| ranks.get(&question).copied().unwrap_or(u32::MAX);
            match &mut node.kind {
                Operation::Listed { question, .. } => *question = rank(*question),
                Operation::General(program) => program.renumber(&rank),
                _ => {}
            }
        }
        self.questions = sorted.into_keys().collect();
    }
}

impl LoadedRow<'_> {
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
    let mut reads: Vec<FieldRead> = Vec::new();
    for read in code.iter().flat_map(|node| node.kind.reads()) {
        if !reads.contains(&read) {
            reads.push(read);
        }
    }
    let (act, tags) = consequences(rule);
    Ok(Rule { id: rule.id.clone(), name: rule.name.clone(), act, tags, expr, code, reads: reads.into() })
}

/// Returns the action of a rule, and its risk tags and tags without duplicates.
fn consequences(rule: &RuleDefinition) -> (Option<RuleAction>, Vec<String>) {
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
            act = Some(RuleAction { action: *action, parameters: parameters.clone() });
        }
    }
    (act, tags)
}

fn unknown_thresholds(rule: &RuleDefinition, catalogue: &Catalogue) -> Vec<Problem> {
    let unknown = rule.min_confidence.keys().filter(|name| catalogue.get(name).is_none());
    let problem = |name: &String| {
        Problem::at(format!("/min_confidence/{}", escaped(name)), format!("Field `{name}` does not exist."))
            .suggest(nearest(name, catalogue.names()))
    };
    unknown.map(problem).collect()
}
