//! The look at each rule in turn.

use std::collections::{BTreeMap, HashMap};

use super::cover::{Cover, Search};
use super::formula::{Sum, Want};
use super::parts::Piece;
use super::set::{Cube, Set};
use super::space::{Space, Variable};
use super::{Finding, FindingKind, NotDecided, Part, Witness};
use crate::decision::Outcome3;
use crate::rules::code::Kind;
use crate::rules::rule_set::{Rule, RuleSet};

/// Everything that can be said about a set.
pub(super) fn examine(rules: &RuleSet, lists: &BTreeMap<String, usize>) -> Vec<Finding> {
    let space = Space::of(rules);
    let mut examiner = Examiner {
        rules,
        cover: Cover::new(&space.sizes),
        space,
        known: HashMap::new(),
        findings: Vec::new(),
    };
    for (index, rule) in rules.rules().iter().enumerate() {
        examiner.idle_parts(index, rule);
        examiner.empty_lists(index, rule, lists);
        examiner.rule(index, rule);
    }
    examiner.gap();
    examiner.findings
}

/// What makes two conditions come to the same on every lead: where they are true, where they are false, and how surely
/// they read their fields.
type Meaning = (Vec<Cube>, Vec<Cube>, Vec<(u16, u64)>, bool);

struct Examiner<'a> {
    rules: &'a RuleSet,
    space: Space,
    cover: Cover,
    known: HashMap<Meaning, usize>,
    findings: Vec<Finding>,
}

impl Examiner<'_> {
    fn rule(&mut self, index: usize, rule: &Rule) {
        let truth = self.space.sum(&rule.code, Want::True);
        let earlier = self.same_before(index, rule, &truth);
        if truth.cubes.is_empty() {
            match truth.is_whole {
                true => self.unsatisfiable(index, rule),
                false => self.tell(index, rule, FindingKind::NotDecided(NotDecided::TooManyCases), None),
            }
        } else if let Some(earlier) = earlier {
            let first = &self.rules.rules()[earlier];
            let kind = if first.act == rule.act {
                FindingKind::Duplicate { of: first.id.clone() }
            } else {
                FindingKind::Contradicting { with: first.id.clone() }
            };
            let witness = self.lead_in(&truth.cubes, rule);
            self.tell(index, rule, kind, witness);
        } else {
            self.reach(index, rule, &truth);
        }
        // Rules that only tag stop nothing.
        if rule.act.is_some() {
            for cube in self.space.sum(&rule.code, Want::NotFalse).cubes {
                self.cover.add(index, cube);
            }
        }
    }

    /// An earlier rule of the same kind whose condition comes to the same on every lead.
    fn same_before(&mut self, index: usize, rule: &Rule, truth: &Sum) -> Option<usize> {
        let falsehood = self.space.sum(&rule.code, Want::False);
        if !truth.is_whole || !falsehood.is_whole {
            return None;
        }
        let mut reads: Vec<(u16, u64)> =
            rule.reads.iter().map(|read| (read.slot, read.needed.to_bits())).collect();
        reads.sort_unstable();
        let meaning = (truth.cubes.clone(), falsehood.cubes, reads, rule.act.is_some());
        // Two rules that only tag are two tags, not one rule twice.
        match self.known.get(&meaning) {
            Some(earlier) if rule.act.is_some() || self.rules.rules()[*earlier].tags == rule.tags => {
                Some(*earlier)
            }
            Some(_) => None,
            None => {
                self.known.insert(meaning, index);
                None
            }
        }
    }

    /// Whether any lead gets as far as this rule and makes it true.
    fn reach(&mut self, index: usize, rule: &Rule, truth: &Sum) {
        let mut by = Vec::new();
        let mut open = (!truth.is_whole).then_some(NotDecided::TooManyCases);
        for cube in &truth.cubes {
            match self.cover.outside(cube) {
                Search::Found(domain) => match self.reaches(index, &domain) {
                    true => return,
                    false => open = open.or(Some(NotDecided::NotLookedInto)),
                },
                Search::Covered(rules) => by.extend(rules),
                Search::GaveUp => open = open.or(Some(NotDecided::TooManySteps)),
            }
        }
        if let Some(reason) = open {
            return self.tell(index, rule, FindingKind::NotDecided(reason), None);
        }
        by.sort_unstable();
        by.dedup();
        let by = by.into_iter().map(|earlier| self.rules.rules()[earlier].id.clone()).collect();
        let witness = self.lead_in(&truth.cubes, rule);
        self.tell(index, rule, FindingKind::Unreachable { by }, witness);
    }

    /// Whether a lead of these classes comes to the rule and makes it true. Where nothing but single fields and lists is
    /// asked there is one in every class.
    fn reaches(&self, index: usize, domain: &[Set]) -> bool {
        let is_plain =
            self.space.variables.iter().zip(domain).zip(&self.space.sizes).all(|((variable, set), size)| {
                !matches!(variable, Variable::Order { .. } | Variable::Opaque(_))
                    || set.classes().count() == *size
            });
        if is_plain {
            return true;
        }
        let verdict = Witness::of(&self.space, self.rules, domain).decide(self.rules);
        let id = &self.rules.rules()[index].id;
        verdict.trace.iter().any(|entry| entry.rule_id == *id && entry.result == Outcome3::True)
    }

    /// A lead that makes a rule true, wherever its scan stops; decided on before it is shown.
    fn lead_in(&self, cubes: &[Cube], rule: &Rule) -> Option<Witness> {
        cubes.iter().find_map(|cube| {
            let witness = Witness::of(&self.space, self.rules, &self.domain(cube));
            let loaded = self.rules.load(&witness.inputs());
            let row = loaded.row();
            (self.rules.machine(&row).outcome(&rule.code) == Outcome3::True).then_some(witness)
        })
    }

    fn domain(&self, cube: &Cube) -> Vec<Set> {
        let mut domain: Vec<Set> = self.space.sizes.iter().map(|size| Set::of(*size, |_| true)).collect();
        for (variable, set) in &cube.0 {
            domain[*variable] = set.clone();
        }
        domain
    }

    /// The least parts that cannot hold together.
    fn unsatisfiable(&mut self, index: usize, rule: &Rule) {
        let parts = rule.conjuncts();
        let sums: Vec<Sum> = parts.iter().map(|part| self.space.sum(part.code, Want::True)).collect();
        let is_empty = |kept: &[usize]| {
            let mut all = kept.iter().map(|at| &sums[*at]);
            let Some(first) = all.next() else { return false };
            let both = all.fold(first.clone(), |sum, next| sum.and(next));
            both.cubes.is_empty() && both.is_whole
        };
        let mut kept: Vec<usize> = (0..parts.len()).collect();
        for at in 0..parts.len() {
            let without: Vec<usize> = kept.iter().copied().filter(|other| *other != at).collect();
            if !without.is_empty() && is_empty(&without) {
                kept = without;
            }
        }
        let parts = kept
            .into_iter()
            .filter_map(|at| parts.get(at))
            .map(|Piece { expr, .. }| Part::of(expr))
            .collect();
        self.tell(index, rule, FindingKind::Unsatisfiable { parts }, None);
    }

    /// Parts that come to the same whatever the field is.
    fn idle_parts(&mut self, index: usize, rule: &Rule) {
        for (expr, kind) in rule.questions() {
            if matches!(kind, Kind::Has(_) | Kind::Flag(_)) {
                continue;
            }
            let Some((slot, yes, no)) = self.space.atom(kind) else { continue };
            let holds = no.is_empty();
            // `0..49` says where a range begins although nothing is below it.
            let is_one_end = || {
                let asks = |(_, other): &(_, &Kind)| other.reads().any(|read| usize::from(read.slot) == slot);
                rule.questions().iter().filter(|question| asks(question)).count() > 1
            };
            if holds != yes.is_empty() && !(holds && is_one_end()) {
                let part = Part::of(expr);
                let span = Some(part.span);
                self.findings.push(Finding {
                    rule: Some(index),
                    rule_id: Some(rule.id.clone()),
                    span,
                    kind: FindingKind::OutOfRange { part, holds },
                    witness: None,
                    leads: None,
                });
            }
        }
    }

    fn empty_lists(&mut self, index: usize, rule: &Rule, lists: &BTreeMap<String, usize>) {
        for (expr, kind) in rule.questions() {
            let Kind::Listed { question, .. } = kind else { continue };
            let Some(question) = self.rules.questions().get(*question as usize) else { continue };
            if lists.get(&question.list) == Some(&0) {
                self.findings.push(Finding {
                    rule: Some(index),
                    rule_id: Some(rule.id.clone()),
                    span: Some(expr.span),
                    kind: FindingKind::EmptyList { list: question.list.clone() },
                    witness: None,
                    leads: None,
                });
            }
        }
    }

    /// A lead that no rule decides although all of it is known.
    fn gap(&mut self) {
        let (kind, witness) = match self.cover.outside(&Cube::default()) {
            Search::Covered(_) => return,
            Search::GaveUp => (FindingKind::NotDecided(NotDecided::TooManySteps), None),
            Search::Found(domain) => {
                let witness = Witness::of(&self.space, self.rules, &domain);
                let verdict = witness.decide(self.rules);
                match verdict.rule.is_none() && verdict.held_by.is_none() {
                    true => (FindingKind::Gap, Some(witness)),
                    false => (FindingKind::NotDecided(NotDecided::NotLookedInto), None),
                }
            }
        };
        self.findings.push(Finding { rule: None, rule_id: None, span: None, kind, witness, leads: None });
    }

    fn tell(&mut self, index: usize, rule: &Rule, kind: FindingKind, witness: Option<Witness>) {
        let span = match &kind {
            FindingKind::Unsatisfiable { parts } => parts.iter().map(|part| part.span).reduce(|a, b| a.to(b)),
            _ => None,
        };
        let rule_id = Some(rule.id.clone());
        self.findings.push(Finding { rule: Some(index), rule_id, span, kind, witness, leads: None });
    }
}
