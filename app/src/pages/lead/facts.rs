//! Fields, values and conditions in plain words.

use std::collections::BTreeSet;

use engine::catalogue::{Catalogue, FieldType};
use engine::decision::{Outcome3, Snapshot, UnknownReason};
use engine::rules::ast::{Expr, ExprKind};
use engine::rules::explain::{ConditionKind, ExplainedCondition};
use engine::rules::parse;
use serde_json::Value as Json;

use crate::texts::{part, texts};
use crate::ui::{number, titles, words};

/// A fact in words. The value that makes it true is printed in bold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// For example `intent `.
    pub before: Option<String>,
    /// For example `0.91`.
    pub strong: String,
    /// What follows the value.
    pub after: Option<String>,
}

impl Fact {
    /// Creates a fact that is the value alone.
    pub fn of(strong: String) -> Self {
        Self { before: None, strong, after: None }
    }
}

/// Formats a value, and returns its unit if the field has one.
pub fn value(json: &Json, catalogue: &Catalogue, field: &str) -> (String, Option<String>) {
    let definition = catalogue.get(field);
    let text = match json {
        Json::Bool(true) => texts().lead_value_yes(),
        Json::Bool(false) => texts().lead_value_no(),
        Json::Number(number) => number.as_f64().map_or_else(|| number.to_string(), |n| number::decimal(n, 3)),
        Json::String(text) => match definition.map(|definition| definition.kind) {
            Some(FieldType::Enum) => words::sentence(text),
            Some(FieldType::Timestamp) => text.get(..16).unwrap_or(text).replace('T', " "),
            _ => text.clone(),
        },
        other => other.to_string(),
    };
    (text, definition.and_then(|definition| definition.unit.clone()))
}

/// Returns a value with its unit.
pub fn with_unit(value: String, unit: Option<String>) -> String {
    match unit {
        Some(unit) => texts().lead_value_unit(value, unit),
        None => value,
    }
}

/// Returns the facts that made a true condition true, in evaluation order.
pub fn facts(condition: &ExplainedCondition, snapshot: &Snapshot, catalogue: &Catalogue) -> Vec<Fact> {
    let mut facts = Vec::new();
    collect(condition, snapshot, catalogue, &mut facts);
    facts.dedup();
    facts
}

fn collect(piece: &ExplainedCondition, snapshot: &Snapshot, catalogue: &Catalogue, facts: &mut Vec<Fact>) {
    if piece.state != Outcome3::True {
        return;
    }
    match piece.kind {
        ConditionKind::And | ConditionKind::Or => {
            piece.children.iter().for_each(|child| collect(child, snapshot, catalogue, facts))
        }
        // A negated condition has no value to show; the condition tree below covers it.
        ConditionKind::Not => {}
        ConditionKind::Atom => {
            facts.extend(parse(&piece.text).0.and_then(|atom| fact(&atom, snapshot, catalogue)))
        }
    }
}

fn fact(atom: &Expr, snapshot: &Snapshot, catalogue: &Catalogue) -> Option<Fact> {
    let known = |field: &str| {
        let (text, unit) = value(&snapshot.fields.get(field)?.value, catalogue, field);
        let strong = with_unit(text, unit);
        let said = texts().lead_fact_value(lower(&catalogue.title(field)));
        Some(Fact { before: part(said.s0), strong, after: part(said.s1) })
    };
    match &atom.kind {
        ExprKind::Name(field) => Some(Fact::of(lower(&catalogue.title(field)))),
        ExprKind::In { needle, list: of } => match (&needle.kind, &of.kind) {
            (ExprKind::Name(field), ExprKind::ListName(name)) => {
                let said = texts().lead_fact_list(lower(&catalogue.title(field)));
                Some(Fact {
                    before: part(said.s0),
                    strong: lower(&titles::list(&name.text)),
                    after: part(said.s1),
                })
            }
            (ExprKind::Name(field), _) => known(field),
            _ => None,
        },
        ExprKind::Has(name) => Some(Fact::of(texts().lead_fact_given(lower(&catalogue.title(&name.text))))),
        _ => atom.names().into_iter().find_map(known),
    }
}

/// Describes why a rule could not be evaluated, as the end of a sentence.
pub fn unknown_reason(entry: &UnknownReason, catalogue: &Catalogue) -> String {
    match entry {
        UnknownReason::Missing { field } => texts().lead_unknown_missing(lower(&catalogue.title(field))),
        UnknownReason::LowConfidence { field, confidence, needed } => texts().lead_unknown_uncertain(
            lower(&catalogue.title(field)),
            number::confidence(*confidence),
            number::confidence(*needed),
        ),
        UnknownReason::Error { message } => message.trim_end_matches('.').to_owned(),
    }
}

/// Returns the fields that a condition reads.
pub fn fields_of(condition: &str) -> BTreeSet<String> {
    parse(condition).0.iter().flat_map(Expr::names).map(str::to_owned).collect()
}

/// Lowercases a title for use within a sentence; abbreviations keep their capitals.
pub fn lower(title: &str) -> String {
    let mut chars = title.chars();
    match (chars.next(), chars.next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => {
            first.to_lowercase().chain([second]).chain(chars).collect()
        }
        _ => title.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use engine::catalogue::FieldDefinition;
    use serde_json::json;

    use super::*;

    fn catalogue() -> Catalogue {
        let mut size = FieldDefinition::new(FieldType::Integer);
        size.unit = Some("employees".into());
        Catalogue(
            [("company_size".to_owned(), size), ("source".to_owned(), FieldDefinition::new(FieldType::Enum))]
                .into(),
        )
    }

    #[test]
    fn values_have_their_unit() {
        assert_eq!(
            value(&json!(1400), &catalogue(), "company_size"),
            ("1,400".into(), Some("employees".into()))
        );
        assert_eq!(value(&json!(true), &catalogue(), "decision_maker"), ("Yes".into(), None));
        assert_eq!(value(&json!("web_form"), &catalogue(), "source"), ("Web form".into(), None));
        assert_eq!(value(&json!(0.912_345), &catalogue(), "intent"), ("0.912".into(), None));
    }

    #[test]
    fn reasons_end_a_sentence() {
        let missing = UnknownReason::Missing { field: "company_size".into() };
        assert_eq!(unknown_reason(&missing, &catalogue()), "company size is missing");
        let unsure =
            UnknownReason::LowConfidence { field: "company_size".into(), confidence: 0.58, needed: 0.7 };
        assert_eq!(unknown_reason(&unsure, &catalogue()), "company size is uncertain (0.58, 0.70 required)");
    }

    #[test]
    fn a_condition_names_each_field_once() {
        let fields = fields_of("a > 1 && (b in lists.tam || !has(c) || confidence(a) < 0.5 || \"x\" == d)");
        assert_eq!(fields.into_iter().collect::<Vec<_>>(), ["a", "b", "c", "d"]);
    }

    #[test]
    fn abbreviations_keep_their_capitals() {
        assert_eq!(lower("Company size"), "company size");
        assert_eq!(lower("CRM owner"), "CRM owner");
        assert_eq!(lower("A"), "A");
    }
}
