//! Bundles compiled for explaining. A bundle never changes, so what was compiled once stays right.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use engine::bundle::Bundle;
use engine::canonical::Digest;
use engine::content::MapFile;
use engine::rules::{RuleDefinition, RuleSetFile};
use store::Store;
use store::reads::lead_page::bundle_without_lists;

/// Bundles that a process keeps; beyond it the memory starts anew.
const KEPT: usize = 64;

/// A bundle, compiled and as it was written.
pub struct Rules {
    /// Compiled; its lists are empty.
    pub bundle: Bundle,
    /// The rules as they are written.
    pub file: RuleSetFile,
    /// Where the fields are read.
    pub map: MapFile,
}

impl Rules {
    /// A rule and its number, from 1.
    pub fn rule(&self, id: &str) -> Option<(usize, &RuleDefinition)> {
        let index = self.file.rules.iter().position(|rule| rule.id == id)?;
        Some((index + 1, self.file.rules.get(index)?))
    }

    /// What a rule is called.
    pub fn title(&self, id: &str) -> String {
        self.rule(id).and_then(|(_, rule)| rule.name.clone()).unwrap_or_else(|| id.to_owned())
    }
}

static KNOWN: Mutex<Option<HashMap<Digest, Arc<Rules>>>> = Mutex::new(None);

/// The rules of a bundle.
///
/// # Errors
/// When the database fails or the bundle does not compile any more.
pub async fn rules(store: &Store, hash: &Digest) -> store::Result<Arc<Rules>> {
    if let Some(rules) =
        KNOWN.lock().unwrap_or_else(PoisonError::into_inner).as_ref().and_then(|known| known.get(hash))
    {
        return Ok(rules.clone());
    }
    let source = bundle_without_lists(store, hash).await?;
    let (file, map) = (source.rule_set.1.written_out(), source.map.1.clone());
    let bundle = Bundle::compile(source).map_err(|problems| {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        store::Error::Corrupt(format!("the bundle {hash} does not compile: {}", problems.join("; ")))
    })?;
    let rules = Arc::new(Rules { bundle, file, map });
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let known = known.get_or_insert_default();
    if known.len() >= KEPT {
        known.clear();
    }
    known.insert(*hash, rules.clone());
    Ok(rules)
}
