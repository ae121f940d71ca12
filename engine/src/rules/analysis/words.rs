//! Findings in words.

use super::{Finding, FindingKind, NotDecided, Part};

impl Finding {
    /// What it says, as a sentence.
    pub fn message(&self) -> String {
        match &self.kind {
            FindingKind::Unsatisfiable { parts } => match parts.as_slice() {
                [part] => format!("This rule never applies: {} cannot be.", quoted(part)),
                parts => format!(
                    "This rule never applies: {} cannot hold together.",
                    joined(parts.iter().map(quoted))
                ),
            },
            FindingKind::Unreachable { by } => match by.as_slice() {
                [one] => format!("No lead gets to this rule: `{one}` takes them all before."),
                many => {
                    let names = joined(many.iter().take(SHOWN).map(|id| format!("`{id}`")));
                    let more = many.len().saturating_sub(SHOWN);
                    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
                    format!("No lead gets to this rule: {names}{rest} together take them all before.")
                }
            },
            FindingKind::Duplicate { of } => {
                format!("This rule asks and does the same as `{of}`, which comes first; it never applies.")
            }
            FindingKind::Contradicting { with } => {
                format!(
                    "This rule asks the same as `{with}`, which comes first and does something else; it never applies."
                )
            }
            FindingKind::OutOfRange { part, holds: true } => {
                format!("{} holds for every value there can be, so it asks nothing.", quoted(part))
            }
            FindingKind::OutOfRange { part, holds: false } => {
                format!("{} holds for no value there can be.", quoted(part))
            }
            FindingKind::EmptyList { list } => {
                format!("The list `{list}` has no entries, so nothing is in it.")
            }
            FindingKind::Gap => {
                "Some leads are decided by no rule, even if everything is known about them.".to_owned()
            }
            FindingKind::NotDecided(reason) => {
                let what = if self.rule.is_some() {
                    "this rule can ever apply"
                } else {
                    "a rule decides every lead"
                };
                let why = match reason {
                    NotDecided::TooManyCases => "its condition falls into too many cases",
                    NotDecided::TooManySteps => "it would take too many steps",
                    NotDecided::NotLookedInto => {
                        "it hangs on how fields compare with each other or on what is computed from them"
                    }
                };
                format!("It was not decided whether {what}: {why}.")
            }
        }
    }

    /// The lead that shows it, as a sentence.
    pub fn example(&self) -> Option<String> {
        let witness = self.witness.as_ref()?;
        let lead = match witness.telling.is_empty() {
            true => "any lead".to_owned(),
            false => witness.telling.join(", "),
        };
        if let FindingKind::Unsatisfiable { parts } = &self.kind
            && let Some(last) = parts.last()
        {
            return Some(format!("The rest holds for {lead}, but not {}.", quoted(last)));
        }
        Some(format!("For example {lead}."))
    }
}

/// Rules that are named.
const SHOWN: usize = 5;

fn quoted(part: &Part) -> String {
    format!("`{}`", part.text)
}

fn joined(all: impl Iterator<Item = String>) -> String {
    let all: Vec<String> = all.collect();
    match all.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => all.concat(),
    }
}
