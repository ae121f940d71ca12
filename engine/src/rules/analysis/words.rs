//! Texts of findings.

use super::{ConditionPart, Finding, FindingKind, InconclusiveReason};

impl Finding {
    /// Returns a sentence that describes the finding.
    pub fn message(&self) -> String {
        match &self.kind {
            FindingKind::Unsatisfiable { parts } => match parts.as_slice() {
                [part] => format!("This rule never applies: {} is impossible.", quoted(part)),
                parts => format!(
                    "This rule never applies: {} contradict each other.",
                    joined(parts.iter().map(quoted))
                ),
            },
            FindingKind::Unreachable { by } => match by.as_slice() {
                [one] => format!("No lead reaches this rule: `{one}` matches them all first."),
                many => {
                    let names = joined(many.iter().take(SHOWN).map(|id| format!("`{id}`")));
                    let more = many.len().saturating_sub(SHOWN);
                    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
                    format!("No lead reaches this rule: {names}{rest} together match them all first.")
                }
            },
            FindingKind::Duplicate { of } => {
                format!("This rule never applies: it duplicates `{of}`, which comes first.")
            }
            FindingKind::Contradicting { with } => {
                format!(
                    "This rule never applies: `{with}` comes first, with the same condition and a different action."
                )
            }
            FindingKind::OutOfRange { part, holds: true } => {
                format!("{} is true for every possible value, so it has no effect.", quoted(part))
            }
            FindingKind::OutOfRange { part, holds: false } => {
                format!("{} is false for every possible value.", quoted(part))
            }
            FindingKind::EmptyList { list } => {
                format!("The list `{list}` is empty, so nothing matches it.")
            }
            FindingKind::Gap => {
                "Some leads are not decided by any rule, even if all of their fields are known.".to_owned()
            }
            FindingKind::NotDecided(reason) => {
                let what =
                    if self.rule.is_some() { "this rule can apply" } else { "the rules decide every lead" };
                let why = match reason {
                    InconclusiveReason::TooManyCases => "the condition has too many cases",
                    InconclusiveReason::TooManySteps => "the analysis would take too long",
                    InconclusiveReason::NotLookedInto => {
                        "it depends on comparisons between fields or on computed values"
                    }
                };
                format!("Could not determine whether {what}: {why}.")
            }
        }
    }

    /// Returns a sentence with the lead that demonstrates the finding.
    pub fn example(&self) -> Option<String> {
        let witness = self.witness.as_ref()?;
        let lead = match witness.telling.is_empty() {
            true => "any lead".to_owned(),
            false => witness.telling.join(", "),
        };
        if let FindingKind::Unsatisfiable { parts } = &self.kind
            && let Some(last) = parts.last()
        {
            return Some(format!("Example: {lead} satisfies everything except {}.", quoted(last)));
        }
        Some(format!("Example: {lead}."))
    }
}

/// The maximum number of rules named.
const SHOWN: usize = 5;

fn quoted(part: &ConditionPart) -> String {
    format!("`{}`", part.text)
}

fn joined(all: impl Iterator<Item = String>) -> String {
    let all: Vec<String> = all.collect();
    match all.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => all.concat(),
    }
}
