//! Evaluates a draft while its rules are edited, for example by dragging a threshold, and re-evaluates only the
//! rules that changed.

use super::bits::{SimdLevel, count, merge};
use super::columns::Columns;
use super::lookups::Lookups;
use super::plan::Plan;
use super::run::BlockResult;
use crate::rules::code::Node;
use crate::rules::row::Slot;
use crate::rules::rule_set::{ListLookup, RuleSet, ScanStop};
use crate::rules::simulate::StopCounts;

/// The result of each rule for every lead, whether or not the scan reaches it. Uses two bits per rule and lead.
#[derive(Debug)]
pub struct RuleResults<'a> {
    columns: &'a Columns,
    lookups: Lookups<'a>,
    slots: Vec<Slot>,
    questions: Vec<ListLookup>,
    rules: Vec<Known>,
}

#[derive(Debug)]
struct Known {
    code: Box<[Node]>,
    truths: Vec<BlockResult>,
}

impl<'a> RuleResults<'a> {
    /// Evaluates every rule that has an action.
    pub fn new(rules: &RuleSet, columns: &'a Columns, lookups: Lookups<'a>) -> Self {
        let mut sheet =
            Self { columns, lookups, slots: Vec::new(), questions: Vec::new(), rules: Vec::new() };
        sheet.keep(rules);
        sheet
    }

    /// Returns the number of leads that each rule of a draft decides. Changed rules are evaluated and replace
    /// the cached results.
    pub fn counts(&mut self, draft: &RuleSet) -> StopCounts {
        self.keep(draft);
        let mut counts = StopCounts::new(draft);
        let level = SimdLevel::best();
        let deciding = || draft.rules().iter().enumerate().filter(|(_, rule)| rule.act.is_some());
        for block in 0..self.columns.blocks() {
            let mut open = self.columns.rows_of(block);
            for ((index, _), known) in deciding().zip(&self.rules) {
                let truth = &known.truths[block];
                let [fired, held] =
                    [&truth.yes, &truth.open].map(|bits| merge([bits, &open], |[a, b]| a & b));
                counts.add(ScanStop::Fired(index), count(level, &fired));
                counts.add(ScanStop::Held(index), count(level, &held));
                open = merge([&open, &fired, &held], |[open, fired, held]| open & !(fired | held));
            }
            counts.add(ScanStop::Default, count(level, &open));
        }
        counts
    }

    /// Updates the cached results for a rule set.
    fn keep(&mut self, rules: &RuleSet) {
        if self.slots != rules.slots() || self.questions != rules.questions() {
            // The code uses the same numbers for other fields and lists.
            self.rules.clear();
            self.slots = rules.slots().to_vec();
            self.questions = rules.questions().to_vec();
        }
        let mut plan = None;
        let mut before: Vec<Option<Known>> = std::mem::take(&mut self.rules).into_iter().map(Some).collect();
        for (place, rule) in rules.rules().iter().filter(|rule| rule.act.is_some()).enumerate() {
            let is_same = |known: &Option<Known>| known.as_ref().is_some_and(|known| known.code == rule.code);
            let found = match before.get(place) {
                Some(known) if is_same(known) => Some(place),
                _ => before.iter().position(is_same),
            };
            let known = found.and_then(|found| before[found].take()).unwrap_or_else(|| {
                let plan = plan.get_or_insert_with(|| {
                    Plan::without_rules(SimdLevel::best(), rules, self.columns, &mut self.lookups)
                });
                let piece = plan.condition(rule);
                let mut scratch = plan.scratch();
                let truths = (0..self.columns.blocks())
                    .map(|block| plan.whole_piece(&piece, block, &mut scratch))
                    .collect();
                Known { code: rule.code.clone(), truths }
            });
            self.rules.push(known);
        }
    }
}
