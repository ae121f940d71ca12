//! Checks skipped tests, each of which must be listed with its reason in `.ci/allowed-skips`.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result};

use crate::workspace::Workspace;

/// The tests that may be skipped.
pub struct Allowed(BTreeSet<String>);

impl Allowed {
    /// Reads the list.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read.
    pub fn read(workspace: &Workspace) -> Result<Self> {
        let path = workspace.root.join(".ci/allowed-skips");
        let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        Ok(Self(parse(&text)))
    }

    /// Returns the skipped tests that are not listed.
    pub fn missing<'a>(&self, skipped: &'a [String]) -> Vec<&'a String> {
        skipped.iter().filter(|name| !self.0.contains(*name)).collect()
    }
}

/// Parses the names before a tab or two spaces. A line without a reason allows nothing.
fn parse(text: &str) -> BTreeSet<String> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let entries = lines.filter_map(|line| line.split_once('\t').or_else(|| line.split_once("  ")));
    entries.filter(|(_, reason)| !reason.trim().is_empty()).map(|(name, _)| name.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_needs_a_reason() {
        let text = "# comment\n\nengine::a test  because\nstore::b\tbecause too\nstore::c\nstore::d  \n";
        let names: Vec<String> = parse(text).into_iter().collect();
        assert_eq!(names, ["engine::a test", "store::b"]);
        let skipped = ["store::b".to_owned(), "store::c".to_owned()];
        assert_eq!(Allowed(parse(text)).missing(&skipped), [&skipped[1]]);
    }
}
