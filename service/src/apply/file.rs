//! The apply file: workflows and everything they decide by, in the form that teams keep in version control.

use std::collections::BTreeMap;

use destinations::credentials::Grant;
use destinations::{DestinationFile, SecretSource};
use engine::action::Action;
use engine::bundle::{Bundle, BundleSource};
use engine::catalogue::Catalogue;
use engine::change::Kind;
use engine::content::MapFile;
use engine::content::map::MappedField;
use engine::event::EventKind;
use engine::problem::{Problem, nearest};
use engine::rules::pick::{Member, Pool};
use engine::rules::{RuleDefinition, RuleSetFile};
use engine::sync::flow::Pace;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::titles::{TITLE_CHARS, TitledObject};

/// A whole file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplyFile {
    /// Reference lists by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lists: BTreeMap<String, ListFile>,
    /// Pools of people by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pools: BTreeMap<String, PoolFile>,
    /// Accounts that destinations sign in with by tokens which expire (OAuth), by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub credentials: BTreeMap<String, Grant<SecretSource>>,
    /// Systems that decisions are written to, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub destinations: BTreeMap<String, ConnectionFile>,
    /// Workflows by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub workflows: BTreeMap<String, WorkflowFile>,
}

/// A reference list: its entries, or the CSV file that has them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListFile {
    /// What people call it; by default its name in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The entries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<String>,
    /// A CSV file beside the apply file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

/// A pool of people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PoolFile {
    /// What people call it; by default its name in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its members, in the order in which ties are broken.
    pub members: Vec<Member>,
}

/// A system that decisions are written to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConnectionFile {
    /// What people call it; by default its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Why nothing is to be sent yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<String>,
    /// How hard all processes together may work it; not bounded when absent.
    #[serde(default, skip_serializing_if = "is_unbounded")]
    pub pace: Pace,
    /// The credential of this file that it signs in with, in place of a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
    /// Which system it is, its settings, and where its secret is.
    #[serde(flatten)]
    pub destination: DestinationFile,
}

fn is_unbounded(pace: &Pace) -> bool {
    *pace == Pace::default()
}

/// A workflow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkflowFile {
    /// What people call it; by default its name in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The events it takes when they name no workflow.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub takes: Vec<TriggerFile>,
    /// The fields.
    pub fields: Catalogue,
    /// How fields are read from events.
    pub map: BTreeMap<String, MappedField>,
    /// The rules, in order.
    pub rules: Vec<RuleDefinition>,
    /// The decision when no rule is true, or when one cannot be evaluated.
    pub default: Action,
    /// Where decisions go.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub destinations: Vec<TargetFile>,
}

/// Events that a workflow takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TriggerFile {
    /// Their kind.
    pub kind: EventKind,
    /// The system they come from.
    pub source: String,
}

/// One destination of a workflow's decisions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetFile {
    /// The destination's name.
    pub to: String,
    /// What is written.
    pub purpose: Purpose,
    /// Only decisions with these actions; all of them when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on: Vec<Action>,
    /// Hours after which the write is of no use any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_hours: Option<u32>,
}

/// What is written to a destination.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::Display,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Purpose {
    /// The decision as one event, for analysis.
    DecisionEvent,
    /// The lead as it stands after the decision.
    LeadUpdate,
    /// The meeting that an assignment asks for, or none.
    Meeting,
}

impl ApplyFile {
    /// Returns every problem in the file. The entries of its lists must already be loaded.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let names = [
            ("lists", keys(&self.lists)),
            ("pools", keys(&self.pools)),
            ("credentials", keys(&self.credentials)),
            ("destinations", keys(&self.destinations)),
            ("workflows", keys(&self.workflows)),
        ];
        for (part, names) in names {
            problems.extend(names.into_iter().filter(|name| !is_name(name, part == "lists")).map(|name| {
                Problem::at(format!("/{part}/{name}"), "A name is up to 100 lower-case letters, digits and hyphens (in a list's name, underscores), and begins with a letter or digit.")
            }));
        }
        for (name, connection) in &self.destinations {
            let Some(credential) = &connection.credential else { continue };
            let pointer = format!("/destinations/{name}/credential");
            if connection.destination.secret().is_some() {
                problems.push(Problem::at(pointer, "A destination has a secret or a credential, not both."));
            } else if !self.credentials.contains_key(credential) {
                let message = format!("There is no credential `{credential}` in this file.");
                problems.push(Problem::at(pointer, message));
            }
        }
        for (what, title) in self.titles() {
            if !(1..=TITLE_CHARS).contains(&title.chars().count()) {
                let (part, name) = match what {
                    TitledObject::Version(kind, name) => (kind.spec().path.trim_start_matches('/'), name),
                    TitledObject::Destination(name) => ("destinations", name),
                };
                let message = format!("A title has 1 to {TITLE_CHARS} characters.");
                problems.push(Problem::at(format!("/{part}/{name}/title"), message));
            }
        }
        for (name, pool) in &self.pools {
            let found = self.pool(name, pool).check();
            problems.extend(found.into_iter().map(|problem| problem.under(&format!("/pools/{name}"))));
        }
        for (name, workflow) in &self.workflows {
            let prefix = format!("/workflows/{name}");
            for (i, target) in workflow.destinations.iter().enumerate() {
                if !self.destinations.contains_key(&target.to) {
                    let near = nearest(&target.to, self.destinations.keys().map(String::as_str));
                    let pointer = format!("{prefix}/destinations/{i}/to");
                    problems.push(
                        Problem::at(
                            pointer,
                            format!("There is no destination `{}` in this file.", target.to),
                        )
                        .suggest(near),
                    );
                }
            }
            if let Err(found) = Bundle::compile(self.bundle(name, workflow)) {
                problems.extend(found.into_iter().map(|problem| problem.under(&prefix)));
            }
        }
        problems
    }

    /// Returns the titles that the file sets.
    pub fn titles(&self) -> Vec<(TitledObject<'_>, &str)> {
        let lists = self
            .lists
            .iter()
            .map(|(name, list)| (TitledObject::Version(Kind::List, name), list.title.as_deref()));
        let pools = self
            .pools
            .iter()
            .map(|(name, pool)| (TitledObject::Version(Kind::Pool, name), pool.title.as_deref()));
        let destinations = self
            .destinations
            .iter()
            .map(|(name, destination)| (TitledObject::Destination(name), destination.title.as_deref()));
        let all = lists.chain(pools).chain(destinations);
        all.filter_map(|(what, title)| Some((what, title?))).collect()
    }

    /// Returns the bundle of a workflow, with every part at version 1.
    pub fn bundle(&self, name: &str, workflow: &WorkflowFile) -> BundleSource {
        BundleSource {
            catalogue: (1, workflow.fields.clone()),
            map: (1, workflow.map_file(name)),
            rule_set: (1, workflow.rule_set_file(name)),
            lists: self.lists.iter().map(|(name, list)| (name.clone(), (1, list.entries.clone()))).collect(),
            pools: self.pools.iter().map(|(name, pool)| (name.clone(), (1, self.pool(name, pool)))).collect(),
        }
    }

    /// Returns the pool under its name.
    pub fn pool(&self, name: &str, pool: &PoolFile) -> Pool {
        Pool { name: name.to_owned(), members: pool.members.clone() }
    }
}

impl WorkflowFile {
    /// Returns the workflow's map, named after the workflow.
    pub fn map_file(&self, name: &str) -> MapFile {
        MapFile { map: name.to_owned(), fields: self.map.clone() }
    }

    /// Returns the workflow's rule set, named after the workflow. Its fields and lists are left empty because the workflow
    /// defines them.
    pub fn rule_set_file(&self, name: &str) -> RuleSetFile {
        RuleSetFile {
            rule_set: name.to_owned(),
            fields: Catalogue::default(),
            lists: BTreeMap::new(),
            rules: self.rules.clone(),
            default: self.default,
        }
    }
}

fn keys<T>(map: &BTreeMap<String, T>) -> Vec<&str> {
    map.keys().map(String::as_str).collect()
}

fn is_name(name: &str, underscores: bool) -> bool {
    let fits =
        |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || (underscores && c == '_');
    name.len() <= engine::limits::NAME_CHARS
        && name.chars().all(fits)
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
}
