//! The patterns of a rule set, compiled once each and limited together.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::pattern::{ParsedPattern, Pattern};
use crate::limits;

/// The patterns of one rule set. Rules that use the same pattern share it, as the rows of a table do.
#[derive(Debug, Default)]
pub struct Patterns {
    compiled: BTreeMap<String, Arc<Pattern>>,
    weight: u64,
}

/// Why a pattern was rejected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// The pattern itself cannot be read; contains the reason as the end of a sentence.
    #[error("The pattern cannot be read: {0}.")]
    Unreadable(String),
    /// The pattern is one too many for its rule set.
    #[error(
        "The patterns of this rule set are too large together: with repetitions expanded, they have more than {} characters and ranges. \
         Repeat less in this pattern, or look the texts up in a list.",
        limits::RULE_SET_PATTERN_WEIGHT
    )]
    OverBudget,
}

impl Patterns {
    /// Returns a compiled pattern.
    ///
    /// # Errors
    /// Returns an error if the pattern cannot be read, or if it and those compiled before exceed the limit together.
    pub fn get(&mut self, text: &str) -> Result<Arc<Pattern>, PatternError> {
        if let Some(pattern) = self.compiled.get(text) {
            return Ok(pattern.clone());
        }
        let parsed = ParsedPattern::new(text).map_err(PatternError::Unreadable)?;
        // Nothing is compiled beyond the limit, since compiling is what takes time and memory.
        self.weight = self.weight.saturating_add(parsed.weight);
        if self.weight > limits::RULE_SET_PATTERN_WEIGHT {
            return Err(PatternError::OverBudget);
        }
        let pattern = Arc::new(parsed.compile().map_err(PatternError::Unreadable)?);
        self.compiled.insert(text.to_owned(), pattern.clone());
        Ok(pattern)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_pattern_is_compiled_once_and_counts_once() {
        let mut patterns = Patterns::default();
        let first = patterns.get("a{9000}").unwrap();
        for _ in 0..100 {
            assert!(Arc::ptr_eq(&first, &patterns.get("a{9000}").unwrap()));
        }
    }

    #[test]
    fn patterns_are_limited_together() {
        let mut patterns = Patterns::default();
        let heavy = |n: u64| format!("a{{9999}}{}", (b'a' + n as u8) as char);
        let fitting = limits::RULE_SET_PATTERN_WEIGHT / 10_000;
        for n in 0..fitting {
            patterns.get(&heavy(n)).unwrap();
        }
        assert_eq!(patterns.get("one more").unwrap_err(), PatternError::OverBudget);
        assert!(patterns.get(&heavy(0)).is_ok(), "patterns that are already in use remain");
        assert!(matches!(patterns.get("("), Err(PatternError::Unreadable(_))));
    }
}
