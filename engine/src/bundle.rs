//! Runs a bundle: turns an event into a snapshot, a snapshot into a verdict, and a verdict into a pick.
//!
//! A decision stores the result of each of these three steps, and replaying a step must reproduce the same
//! bytes, always.

mod builder;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::action::Action;
use crate::catalogue::Catalogue;
use crate::change::Kind;
use crate::change::kinds::Membership;
use crate::content::{EventDocument, ExtractionContext, ExtractionMap, MapFile, UnreadValue};
use crate::decision::{Conditions, Decision, ListMatch, Snapshot, SnapshotField, SnapshotList};
use crate::problem::Problem;
use crate::rules::analysis::NearestResult;
use crate::rules::pick::{Pick, PickInputs, Pool, pick};
use crate::rules::{
    Analysis, EntryMatch, Explanation, Inputs, Reading, ReferenceList, RuleAction, RuleSet, RuleSetFile,
    Verdict,
};
use crate::value::Value;

pub use self::builder::BundleBuilder;

/// The content of a bundle: every part with its version.
#[derive(Clone, Debug)]
pub struct BundleSource {
    /// The field catalogue.
    pub catalogue: (u32, Catalogue),
    /// The map that says how fields are extracted.
    pub map: (u32, MapFile),
    /// The rules.
    pub rule_set: (u32, RuleSetFile),
    /// Reference lists, by the name that rules use for them.
    pub lists: BTreeMap<String, (u32, Vec<String>)>,
    /// Pools, by name.
    pub pools: BTreeMap<String, (u32, Pool)>,
}

/// One version to be placed in a bundle.
#[derive(Clone, Debug)]
pub struct BundlePart {
    /// The kind of the version.
    pub kind: Kind,
    /// The name, shared by all versions of the part.
    pub name: String,
    /// The version number, starting at 1.
    pub version: u32,
    /// The content, in the format of `kind`.
    pub body: Json,
}

impl BundleSource {
    /// Assembles parts into a bundle: one catalogue, one map, one rule set, and any number of lists and pools.
    ///
    /// # Errors
    /// Returns a problem that names the part that is missing, does not belong in a bundle, or has content of
    /// another kind.
    pub fn assemble(parts: impl IntoIterator<Item = BundlePart>) -> Result<Self, Problem> {
        let mut builder = BundleBuilder::default();
        for BundlePart { kind, name, version, body } in parts {
            let place = kind.spec().place.as_ref();
            let place = place
                .ok_or_else(|| Problem::at("", format!("{kind} {name} does not belong in a bundle.")))?;
            (place.put)(&mut builder, &name, Some(version), body)?;
        }
        builder.build()
    }
}

/// A checked and compiled bundle.
#[derive(Debug)]
pub struct Bundle {
    /// The field catalogue.
    pub catalogue: Catalogue,
    /// The version of the catalogue.
    pub catalogue_version: u32,
    /// The name of the rule set.
    pub rule_set: String,
    /// The version of the rule set.
    pub rule_version: u32,
    map: ExtractionMap,
    map_version: u32,
    rules: RuleSet,
    lists: BTreeMap<String, (u32, ReferenceList)>,
    pools: BTreeMap<String, (u32, Pool)>,
    assigned_pools: BTreeSet<String>,
}

/// A pick with all its inputs, as stored with a decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredPick {
    /// The name of the pool.
    pub pool: String,
    /// The pool's version, counters, availability and the lead's current owner.
    pub inputs: PickInputs,
    /// The person picked; `None` if no one was available.
    pub pick: Option<Pick>,
}

impl Bundle {
    /// Checks and compiles the parts.
    ///
    /// # Errors
    /// Returns every problem found, with pointers into `fields`, `map`, `rules` and `pools`.
    pub fn compile(source: BundleSource) -> Result<Self, Vec<Problem>> {
        let under = |prefix: &'static str| move |problem: Problem| problem.under(prefix);
        let (catalogue_version, catalogue) = source.catalogue;
        let mut problems: Vec<Problem> = catalogue.check().into_iter().map(under("/fields")).collect();
        let map = ExtractionMap::compile(&source.map.1, &catalogue)
            .map_err(|found| problems.extend(found.into_iter().map(under("/map"))))
            .ok();
        let thresholds = map.as_ref().map(ExtractionMap::thresholds).unwrap_or_default();
        let names: BTreeSet<String> = source.lists.keys().cloned().collect();
        let rules = RuleSet::compile(&source.rule_set.1, &catalogue, &thresholds, &names)
            .map_err(|found| problems.extend(found))
            .ok();
        problems.extend(missing_pools(&source.rule_set.1, &source.pools));
        let (Some(map), Some(rules), true) = (map, rules, problems.is_empty()) else { return Err(problems) };
        let lists = source
            .lists
            .into_iter()
            .map(|(name, (version, entries))| (name, (version, ReferenceList::new(entries))))
            .collect();
        Ok(Self {
            assigned_pools: source.rule_set.1.pools(),
            catalogue,
            catalogue_version,
            rule_set: source.rule_set.1.rule_set,
            rule_version: source.rule_set.0,
            map,
            map_version: source.map.0,
            rules,
            lists,
            pools: source.pools,
        })
    }

    /// Replaces the entries of a list; does nothing if the bundle has no such list.
    pub fn set_entries(&mut self, list: &str, entries: Vec<String>) {
        if let Some((_, known)) = self.lists.get_mut(list) {
            *known = ReferenceList::new(entries);
        }
    }

    /// Returns how far back a lead's earlier events are read with each new one, or `None` if they are not read.
    pub fn looks_back(&self) -> Option<TimeDelta> {
        self.map.looks_back()
    }

    /// Reads an event together with what is already known about its lead. Returns the snapshot to decide on and
    /// the fields that could not be read.
    pub fn read(
        &self,
        event: &EventDocument<'_>,
        known: &ExtractionContext<'_>,
    ) -> (Snapshot, Vec<UnreadValue>) {
        let extraction = self.map.extract(event, known);
        let fields: BTreeMap<String, SnapshotField> = extraction
            .fields
            .into_iter()
            .map(|(name, read)| {
                let field = SnapshotField {
                    value: read.value.to_json(),
                    confidence: read.confidence,
                    evidence: read.evidence,
                    extractor: read.extractor,
                    map_version: self.map_version,
                };
                (name, field)
            })
            .collect();
        let lists = self.look_up(&fields);
        (Snapshot { fields, lists }, extraction.not_read)
    }

    /// Decides on a snapshot under the conditions at the time.
    pub fn decide(&self, snapshot: &Snapshot, as_of: DateTime<Utc>, conditions: &Conditions) -> Verdict {
        let readings = self.readings(&snapshot.fields);
        self.rules_under(conditions).decide(&Inputs { readings: &readings, lists: &snapshot.lists, as_of })
    }

    /// Explains, rule by rule, how [`Bundle::decide`] reaches its verdict on the same inputs.
    pub fn explain(&self, snapshot: &Snapshot, as_of: DateTime<Utc>, conditions: &Conditions) -> Explanation {
        let readings = self.readings(&snapshot.fields);
        self.rules_under(conditions).explain(&Inputs { readings: &readings, lists: &snapshot.lists, as_of })
    }

    /// Returns the rules that the scan does not skip, which is nearly always all of them.
    fn rules_under(&self, conditions: &Conditions) -> Cow<'_, RuleSet> {
        let skipped = conditions.skipped();
        if skipped.is_empty() { Cow::Borrowed(&self.rules) } else { Cow::Owned(self.rules.without(&skipped)) }
    }

    /// Returns the smallest change to a snapshot's fields that would lead to a different decision.
    pub fn nearest_change(&self, snapshot: &Snapshot, as_of: DateTime<Utc>) -> NearestResult {
        let readings = self.readings(&snapshot.fields);
        self.rules.nearest_change(&Inputs { readings: &readings, lists: &snapshot.lists, as_of }, None)
    }

    /// Analyses the rules without any leads.
    pub fn analyse(&self) -> Analysis {
        let entries = self.lists.iter().map(|(name, (_, list))| (name.clone(), list.len()));
        self.rules.analyse(&entries.collect())
    }

    /// Counts a lead towards every finding of [`Bundle::analyse`] that affects it.
    pub fn count(&self, analysis: &mut Analysis, snapshot: &Snapshot, as_of: DateTime<Utc>) {
        let readings = self.readings(&snapshot.fields);
        analysis.count(&self.rules, &Inputs { readings: &readings, lists: &snapshot.lists, as_of });
    }

    /// Returns the action suggested to a reviewer: the action of the rule that could not be evaluated, or else
    /// the action that was decided.
    pub fn suggestion(&self, held_by: Option<&str>, decided: RuleAction) -> RuleAction {
        let held = held_by.and_then(|id| self.rules.rules().iter().find(|rule| rule.id == id));
        held.and_then(|rule| rule.act.clone()).unwrap_or(decided)
    }

    /// Returns the suggestion for the lead of a stored decision; see [`Bundle::suggestion`].
    pub fn suggestion_for(&self, decision: &Decision) -> RuleAction {
        let decided = RuleAction { action: decision.action, parameters: decision.parameters.clone() };
        self.suggestion(decision.held_by.as_deref(), decided)
    }

    /// Returns the pool that a verdict assigns to.
    pub fn pool_of<'v>(&self, verdict: &'v Verdict) -> Option<&'v str> {
        (verdict.action == Action::Assign)
            .then(|| verdict.parameters.get("pool").and_then(Json::as_str))
            .flatten()
    }

    /// Returns the version and members of a pool.
    pub fn pool(&self, name: &str) -> Option<(u32, &Pool)> {
        self.pools.get(name).map(|(version, pool)| (*version, pool))
    }

    /// Picks a person from a pool.
    pub fn pick(&self, pool: &str, inputs: PickInputs) -> StoredPick {
        let picked =
            self.pool(pool).and_then(|(_, members)| pick(&members.weighted(&inputs.weights), &inputs));
        StoredPick { pool: pool.to_owned(), inputs, pick: picked }
    }

    /// Returns, for each field, the confidence below which it counts as unknown.
    pub fn thresholds(&self) -> BTreeMap<String, f64> {
        self.map.thresholds()
    }

    /// Returns the lists that the rules use.
    pub fn lists_used(&self) -> BTreeSet<&str> {
        self.rules.questions().iter().map(|question| question.list.as_str()).collect()
    }

    /// Returns whether the bundle uses the part with this kind and name: one of the workflow's own parts, or
    /// one that its rules refer to.
    pub fn has_part(&self, kind: Kind, name: &str) -> bool {
        match kind.spec().place.as_ref().map(|place| place.membership) {
            Some(Membership::One) => true,
            Some(Membership::Named(names)) => names(self).contains(name),
            None => false,
        }
    }

    /// Returns the pools that the rules assign to.
    pub fn assigned_pools(&self) -> BTreeSet<String> {
        self.assigned_pools.clone()
    }

    fn readings(&self, fields: &BTreeMap<String, SnapshotField>) -> BTreeMap<String, Reading> {
        fields
            .iter()
            .filter_map(|(name, field)| {
                let value = Value::from_json(&field.value, self.catalogue.get(name)?).ok()?;
                Some((name.clone(), Reading { value, confidence: field.confidence }))
            })
            .collect()
    }

    fn look_up(&self, fields: &BTreeMap<String, SnapshotField>) -> BTreeMap<String, SnapshotList> {
        let readings = self.readings(fields);
        let mut answers: BTreeMap<String, SnapshotList> = BTreeMap::new();
        for question in self.rules.questions() {
            let Some((version, list)) = self.lists.get(&question.list) else { continue };
            let answer = answers
                .entry(question.list.clone())
                .or_insert_with(|| SnapshotList { version: *version, ..SnapshotList::default() });
            if let Some(text) = self.rules.text_of(question, &readings) {
                let found = list.matched(text);
                let contains = found.is_some();
                answer.by_field.insert(question.field.clone(), contains);
                if let Some(entry) = list.unconfirmed(text).filter(|_| !contains) {
                    answer.unconfirmed.insert(question.field.clone(), entry.to_owned());
                }
                if let Some(EntryMatch { entry, steps }) = found {
                    let found = ListMatch { entry: entry.to_owned(), steps };
                    answer.matched.insert(question.field.clone(), found);
                }
                answer.contains = Some(answer.contains == Some(true) || contains);
            }
        }
        answers
    }
}

fn missing_pools(rules: &RuleSetFile, pools: &BTreeMap<String, (u32, Pool)>) -> Vec<Problem> {
    use crate::action::Consequence;
    let mut problems = Vec::new();
    for written in rules.written().0 {
        for (j, consequence) in written.rule.then.iter().enumerate() {
            let Consequence::Act { action: Action::Assign, parameters } = consequence else { continue };
            let Some(name) = parameters.get("pool").and_then(Json::as_str) else { continue };
            if !pools.contains_key(name) {
                let near = crate::problem::nearest(name, pools.keys().map(String::as_str));
                let pointer = format!("/then/{j}/assign/pool");
                let problem = Problem::at(pointer, format!("Pool `{name}` does not exist."));
                problems.push(written.problem(problem.suggest(near)));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::ids::EventId;
    use crate::rules::yaml;

    fn bundle(fields: &str, map: &str, rules: &str) -> Result<Bundle, Vec<Problem>> {
        Bundle::compile(BundleSource {
            catalogue: (1, yaml::read(fields).unwrap()),
            map: (3, yaml::read(map).unwrap()),
            rule_set: (7, yaml::read(rules).unwrap()),
            lists: BTreeMap::from([("tam".into(), (4, vec!["Initech".into()]))]),
            pools: BTreeMap::new(),
        })
    }

    const FIELDS: &str =
        "{company: {type: string}, country: {type: string, missing: Initech}, size: {type: integer}}";
    const MAP: &str = "{map: m, fields: {company: {from: /payload/company, extract: text}, country: {from: /payload/country, extract: text}}}";

    fn read(bundle: &Bundle, payload: &Json) -> (Snapshot, Verdict) {
        let (snapshot, _) = bundle.read(
            &EventDocument { id: EventId(Uuid::nil()), document: &json!({ "payload": payload }) },
            &ExtractionContext::default(),
        );
        let verdict = bundle.decide(&snapshot, DateTime::UNIX_EPOCH, &Conditions::default());
        (snapshot, verdict)
    }

    #[test]
    fn list_answers_are_stored_in_the_snapshot_with_the_list_version() {
        let rules = "{rule_set: r, default: hold, rules: [{id: a, when: company in lists.tam || country in lists.tam, then: [advance]}]}";
        let bundle = bundle(FIELDS, MAP, rules).unwrap();
        let (snapshot, verdict) = read(&bundle, &json!({"company": " initech", "country": "NL"}));
        let tam = &snapshot.lists["tam"];
        assert_eq!((tam.version, tam.contains), (4, Some(true)));
        assert_eq!(tam.by_field, BTreeMap::from([("company".into(), true), ("country".into(), false)]));
        assert_eq!(
            tam.matched,
            BTreeMap::from([("company".into(), ListMatch { entry: "Initech".into(), steps: vec![] })])
        );
        let (snapshot, _) = read(&bundle, &json!({"company": "Initech GmbH"}));
        assert_eq!(
            snapshot.lists["tam"].matched["company"].steps,
            [crate::rules::Step::LegalForm("gmbh".into())]
        );
        // A decision stored before matches were recorded keeps its bytes.
        let old = json!({"version": 4, "contains": true, "by_field": {"company": true}});
        let read: SnapshotList = serde_json::from_value(old.clone()).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), old);
        assert_eq!((verdict.action, snapshot.fields["company"].map_version), (Action::Advance, 3));
    }

    #[test]
    fn the_suggestion_follows_the_rule_that_could_not_be_evaluated() {
        let rules = "{rule_set: r, default: hold, rules: [{id: a, when: size > 10, then: [advance]}, {id: b, when: size > 5, then: [escalate]}]}";
        let bundle = bundle(FIELDS, MAP, rules).unwrap();
        let (_, verdict) = read(&bundle, &json!({}));
        let decided = || RuleAction { action: verdict.action, parameters: verdict.parameters.clone() };
        assert_eq!((verdict.held_by.as_deref(), verdict.action), (Some("a"), Action::Hold));
        assert_eq!(bundle.suggestion(verdict.held_by.as_deref(), decided()).action, Action::Advance);
        assert_eq!(bundle.suggestion(None, decided()).action, Action::Hold);
        assert_eq!(bundle.suggestion(Some("gone"), decided()).action.agreed(), Action::Advance);
    }

    #[test]
    fn texts_are_equal_however_their_accents_are_written() {
        for (literal, text) in [
            ("M\u{fc}ller", "Mu\u{308}ller"),
            ("Mu\u{308}ller", "M\u{fc}ller"),
            ("Mu\u{308}ller", "Mu\u{308}ller"),
        ] {
            for when in [
                format!("company == '{literal}'"),
                format!("company.contains('{literal}')"),
                format!("company.matches('^{literal}$')"),
                format!("company in ['{literal}']"),
                format!("company.startsWith('{literal}')"),
            ] {
                let rules = format!(
                    "{{rule_set: r, default: hold, rules: [{{id: a, when: \"{when}\", then: [advance]}}]}}"
                );
                let (_, verdict) = read(&bundle(FIELDS, MAP, &rules).unwrap(), &json!({ "company": text }));
                assert_eq!(verdict.rule_id.as_deref(), Some("a"), "{when} / {text}");
            }
        }
    }

    #[test]
    fn stored_rules_and_snapshots_keep_their_accents() {
        let decomposed = "Mu\u{308}ller";
        let body = json!({"rule_set": "r", "default": "hold", "rules": [
            {"id": "a", "when": format!("company == '{decomposed}'"), "then": ["advance"]}]});
        let source = BundleSource {
            catalogue: (1, yaml::read(FIELDS).unwrap()),
            map: (3, yaml::read(MAP).unwrap()),
            rule_set: (7, serde_json::from_value(body).unwrap()),
            lists: BTreeMap::new(),
            pools: BTreeMap::new(),
        };
        let field: SnapshotField = serde_json::from_value(
            json!({"value": decomposed, "confidence": 0.99, "evidence": [], "extractor": "text", "map_version": 3}),
        )
        .unwrap();
        let snapshot =
            Snapshot { fields: BTreeMap::from([("company".into(), field)]), lists: BTreeMap::new() };
        let verdict =
            Bundle::compile(source).unwrap().decide(&snapshot, DateTime::UNIX_EPOCH, &Conditions::default());
        assert_eq!(verdict.rule_id.as_deref(), Some("a"));
    }

    #[test]
    fn a_look_up_of_free_mail_says_why_it_found_nothing() {
        let rules =
            "{rule_set: r, default: hold, rules: [{id: a, when: company in lists.tam, then: [advance]}]}";
        let source = |entries: &[&str]| BundleSource {
            catalogue: (1, yaml::read(FIELDS).unwrap()),
            map: (3, yaml::read(MAP).unwrap()),
            rule_set: (7, yaml::read(rules).unwrap()),
            lists: BTreeMap::from([(
                "tam".into(),
                (4, entries.iter().map(|entry| (*entry).to_owned()).collect()),
            )]),
            pools: BTreeMap::new(),
        };
        let look = |entries: &[&str]| {
            let bundle = Bundle::compile(source(entries)).unwrap();
            read(&bundle, &json!({"company": "gmail.com"})).0.lists["tam"].clone()
        };
        let warned = look(&["gmail.com"]);
        assert_eq!(warned.contains, Some(false));
        assert_eq!(warned.unconfirmed, BTreeMap::from([("company".into(), "gmail.com".into())]));
        let confirmed = look(&["*@gmail.com"]);
        assert_eq!((confirmed.contains, confirmed.unconfirmed), (Some(true), BTreeMap::new()));
    }

    #[test]
    fn the_value_that_missing_stands_for_is_looked_up_too() {
        let rules =
            "{rule_set: r, default: hold, rules: [{id: a, when: country in lists.tam, then: [advance]}]}";
        let (snapshot, verdict) = read(&bundle(FIELDS, MAP, rules).unwrap(), &json!({}));
        assert_eq!(snapshot.lists["tam"].contains, Some(true));
        assert_eq!(verdict.rule_id.as_deref(), Some("a"), "{verdict:?}");
    }

    #[test]
    fn problems_of_every_part_are_reported_with_their_place() {
        let rules =
            "{rule_set: r, default: hold, rules: [{id: a, when: siz > 1, then: [{assign: {pool: aes}}]}]}";
        let problems =
            bundle(FIELDS, "{map: m, fields: {compny: {from: /payload/company, extract: text}}}", rules)
                .unwrap_err();
        let pointers: Vec<&str> = problems.iter().map(|problem| problem.pointer.as_str()).collect();
        for pointer in ["/map/fields/compny", "/rules/0/when", "/rules/0/then/0/assign/pool"] {
            assert!(pointers.contains(&pointer), "{pointer} in {problems:?}");
        }
    }
}
