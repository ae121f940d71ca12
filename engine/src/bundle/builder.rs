//! Assembles a bundle from its parts.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::BundleSource;
use crate::catalogue::Catalogue;
use crate::change::Kind;
use crate::content::MapFile;
use crate::problem::Problem;
use crate::rules::RuleSetFile;
use crate::rules::pick::Pool;

/// The content of a bundle under construction.
#[derive(Debug, Default)]
pub struct BundleBuilder {
    catalogue: Option<(u32, Catalogue)>,
    map: Option<(u32, MapFile)>,
    rule_set: Option<(u32, RuleSetFile)>,
    lists: BTreeMap<String, (u32, Vec<String>)>,
    pools: BTreeMap<String, (u32, Pool)>,
}

impl From<BundleSource> for BundleBuilder {
    fn from(source: BundleSource) -> Self {
        let BundleSource { catalogue, map, rule_set, lists, pools } = source;
        Self { catalogue: Some(catalogue), map: Some(map), rule_set: Some(rule_set), lists, pools }
    }
}

/// A part without a version gets the version of the part it replaces, or 1.
impl BundleBuilder {
    pub(crate) fn put_catalogue(
        &mut self,
        name: &str,
        version: Option<u32>,
        body: Json,
    ) -> Result<(), Problem> {
        let content = content(Kind::Catalogue, name, body)?;
        self.catalogue = Some((number(version, self.catalogue.as_ref()), content));
        Ok(())
    }

    pub(crate) fn put_map(&mut self, name: &str, version: Option<u32>, body: Json) -> Result<(), Problem> {
        let content = content(Kind::Map, name, body)?;
        self.map = Some((number(version, self.map.as_ref()), content));
        Ok(())
    }

    pub(crate) fn put_rule_set(
        &mut self,
        name: &str,
        version: Option<u32>,
        body: Json,
    ) -> Result<(), Problem> {
        let content = content(Kind::RuleSet, name, body)?;
        self.rule_set = Some((number(version, self.rule_set.as_ref()), content));
        Ok(())
    }

    pub(crate) fn put_list(&mut self, name: &str, version: Option<u32>, body: Json) -> Result<(), Problem> {
        let ListContent { entries } = content(Kind::List, name, body)?;
        let version = number(version, self.lists.get(name));
        self.lists.insert(name.to_owned(), (version, entries));
        Ok(())
    }

    pub(crate) fn put_pool(&mut self, name: &str, version: Option<u32>, body: Json) -> Result<(), Problem> {
        let content = content(Kind::Pool, name, body)?;
        let version = number(version, self.pools.get(name));
        self.pools.insert(name.to_owned(), (version, content));
        Ok(())
    }

    /// Builds the content.
    ///
    /// # Errors
    /// Returns a problem that names the missing part.
    pub fn build(self) -> Result<BundleSource, Problem> {
        let missing = |kind: Kind| move || Problem::at("", format!("The bundle is missing its {kind}."));
        Ok(BundleSource {
            catalogue: self.catalogue.ok_or_else(missing(Kind::Catalogue))?,
            map: self.map.ok_or_else(missing(Kind::Map))?,
            rule_set: self.rule_set.ok_or_else(missing(Kind::RuleSet))?,
            lists: self.lists,
            pools: self.pools,
        })
    }
}

fn number<T>(version: Option<u32>, replaced: Option<&(u32, T)>) -> u32 {
    version.or(replaced.map(|(version, _)| *version)).unwrap_or(1)
}

/// The content of a version of a reference list.
#[derive(Deserialize)]
struct ListContent {
    entries: Vec<String>,
}

fn content<T: DeserializeOwned>(kind: Kind, name: &str, body: Json) -> Result<T, Problem> {
    serde_json::from_value(body).map_err(|error| Problem::at("", format!("{kind} {name}: {error}")))
}
