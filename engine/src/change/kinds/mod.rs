//! The kinds of versions. Each kind is one row of a table, in a separate file of this module.
//!
//! Code that needs a kind's name, approvers or parser reads it from the kind's row. The database holds the
//! kinds and their approvers in the table `version_kinds`; a test in the store compares the two.

mod catalogue;
mod list;
mod map;
mod pool;
mod rule_set;
mod yaml_text;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{Assignee, Comparison, Note};
use crate::bundle::{Bundle, BundleBuilder, BundleSource};
use crate::problem::Problem;
use crate::role::Role;
use crate::rules::Analysis;

/// The kind of content that a version holds.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Kind {
    /// The field catalogue of a workflow.
    Catalogue,
    /// A field extraction map.
    Map,
    /// A rule set.
    RuleSet,
    /// A reference list.
    List,
    /// A pool of people.
    Pool,
}

impl Kind {
    /// Returns the kind's row of the table.
    pub fn spec(self) -> &'static KindSpec {
        match self {
            Self::Catalogue => &catalogue::SPEC,
            Self::Map => &map::SPEC,
            Self::RuleSet => &rule_set::SPEC,
            Self::List => &list::SPEC,
            Self::Pool => &pool::SPEC,
        }
    }
}

/// Parses a text under a name. Returns the content, if it could be parsed, and all problems.
pub type ParseText = fn(name: &str, text: &str) -> (Option<Json>, Vec<Problem>);

/// A row of the table: everything that distinguishes one kind of version from another.
#[derive(Debug)]
pub struct KindSpec {
    /// The kind.
    pub kind: Kind,
    /// The path of the page that lists them; each item has a page below it.
    pub path: &'static str,
    /// The items that the content consists of.
    pub parts: ItemNames,
    /// The role that owns the layer: it edits, and everyone else makes suggestions.
    pub owner: Role,
    /// The roles that must approve a change, each by a different person. A change that affects assignment also
    /// needs the sales manager.
    pub approvers: &'static [Role],
    /// How new items are created.
    pub origin: KindOrigin,
    /// The format of the text.
    pub text: TextFormat,
    /// Returns the initial text of a new draft.
    pub template: fn(name: &str) -> String,
    /// Parses a text; see [`ParseText`].
    pub parse: ParseText,
    /// Writes content as text.
    pub write: fn(body: &Json) -> Result<String, Problem>,
    /// Compares two versions; `before` is `None` for version 1.
    pub compare: fn(before: Option<&Json>, after: &Json) -> Comparison,
    /// Returns hints about a draft that has no problems.
    pub notes: Option<FindHints>,
    /// Returns the people that the content hands leads to; `None` for kinds that name none.
    pub assignees: Option<fn(body: &Json) -> Vec<Assignee>>,
    /// The place in a bundle; `None` for kinds that do not affect decisions.
    pub place: Option<BundleSlot>,
}

/// Finds hints about a draft from its text and content, the analyses of its rules and of those that are live, and the number of
/// leads evaluated for the analysis.
pub type FindHints =
    fn(text: &str, body: &Json, analysis: &Analysis, live: &Analysis, decided: usize) -> Vec<Note>;

/// The items that the content of a kind consists of, used to describe its size.
#[derive(Clone, Copy, Debug)]
pub struct ItemNames {
    /// The key in the content that holds the items; `None` if they are the content itself.
    pub key: Option<&'static str>,
    /// The singular name of an item.
    pub one: &'static str,
    /// The plural name of an item.
    pub many: &'static str,
    /// How the items are kept.
    pub form: PartForm,
}

/// How the items of a kind are kept in its content, and so by what they are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartForm {
    /// An object, by name and without an order.
    Named,
    /// A list of objects in order, each with its id under this key.
    Listed(&'static str),
    /// A list of texts without an order.
    Set,
}

/// How new items of a kind are created.
#[derive(Clone, Copy, Debug)]
pub enum KindOrigin {
    /// Each workflow has exactly one, with the workflow's name.
    Workflow,
    /// Created by people.
    People {
        /// The character that can separate the words of a name, and its name in words.
        separator: (char, &'static str),
    },
}

/// The format of a kind's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextFormat {
    /// A YAML file, which must be valid as a whole.
    Yaml,
    /// One entry per line; can be uploaded as a CSV file. Lines that cannot be parsed are skipped, and changes
    /// are listed entry by entry.
    Lines,
}

/// The place of a kind in a bundle.
#[derive(Clone, Copy, Debug)]
pub struct BundleSlot {
    /// Puts content in place. Without a version, it gets the version of the content it replaces.
    pub put:
        fn(parts: &mut BundleBuilder, name: &str, version: Option<u32>, body: Json) -> Result<(), Problem>,
    /// Returns the version in a bundle, if the bundle has an item with this name.
    pub version: fn(source: &BundleSource, name: &str) -> Option<u32>,
    /// Which items of the kind a bundle includes.
    pub membership: Membership,
    /// How problems of a compiled bundle point into this part, if they do.
    pub pointers: Option<ProblemPointer>,
    /// Returns the problems with replacing the content of one bundle by that of another.
    pub succession: fn(before: &BundleSource, after: &BundleSource) -> Vec<Problem>,
    /// Returns whether an item affects, within a bundle, who gets leads, even though its own content does not
    /// show it.
    pub hands_out: fn(source: &BundleSource, name: &str) -> bool,
}

/// The items of a kind that a bundle includes.
#[derive(Clone, Copy, Debug)]
pub enum Membership {
    /// Exactly one, with the workflow's name.
    One,
    /// The items that the bundle's rules refer to; workflows share them.
    Named(fn(&Bundle) -> BTreeSet<String>),
}

/// How problems of a compiled bundle point into a part.
#[derive(Clone, Copy, Debug)]
pub struct ProblemPointer {
    /// The prefix of the pointers.
    pub prefix: &'static str,
    /// The name of the part in messages about other parts.
    pub called: &'static str,
}

impl KindSpec {
    /// Returns a sentence about what is wrong with the name of a new item, if anything.
    pub fn name_problem(&self, name: &str) -> Option<String> {
        let KindOrigin::People { separator: (separator, words) } = self.origin else {
            return Some("This name does not exist, and new ones are created only with a workflow.".into());
        };
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == separator;
        let good = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().count() <= crate::limits::NAME_CHARS
            && name.chars().all(fits)
            && !crate::rules::RESERVED.contains(&name);
        (!good).then(|| {
            format!("A name must start with a letter, contain only lower-case letters, digits and {words}, and not be a reserved word of the rule language.")
        })
    }

    /// Returns whether workflows share items of this kind.
    pub fn is_shared(&self) -> bool {
        matches!(&self.place, Some(BundleSlot { membership: Membership::Named(_), .. }))
    }
}

/// Accepts any successor, for kinds without constraints between versions.
fn any_successor(_: &BundleSource, _: &BundleSource) -> Vec<Problem> {
    Vec::new()
}

/// Returns false, for kinds whose content itself shows who gets leads, or does not affect it.
fn never(_: &BundleSource, _: &str) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use strum::VariantArray as _;

    use super::*;
    use crate::change::read;

    #[test]
    fn each_kind_has_a_separate_row_and_page() {
        let mut paths = BTreeSet::new();
        for kind in Kind::VARIANTS {
            let spec = kind.spec();
            assert_eq!(spec.kind, *kind);
            assert!(spec.path.starts_with('/') && paths.insert(spec.path), "{kind}: {}", spec.path);
            assert!(!spec.approvers.is_empty(), "{kind} has no approvers");
            assert!(spec.approvers.contains(&spec.owner), "the owner of {kind} is an approver");
        }
    }

    #[test]
    fn a_new_draft_can_be_read() {
        for kind in Kind::VARIANTS {
            let draft = read(*kind, "some", &(kind.spec().template)("some"), &[]);
            assert!(draft.body.is_some(), "{kind}: {draft:?}");
        }
    }

    #[test]
    fn what_is_written_of_a_draft_reads_as_the_same() {
        for kind in Kind::VARIANTS {
            let spec = kind.spec();
            let (body, _) = (spec.parse)("some", &(spec.template)("some"));
            let body = body.unwrap();
            let (again, problems) = (spec.parse)("some", &(spec.write)(&body).unwrap());
            assert_eq!(again.as_ref(), Some(&body), "{kind}: {problems:?}");
            assert!((spec.compare)(Some(&body), &body).differences.is_empty(), "{kind}");
        }
    }

    #[test]
    fn people_name_what_does_not_come_with_a_workflow() {
        assert_eq!(Kind::List.spec().name_problem("target_accounts"), None);
        assert_eq!(Kind::Pool.spec().name_problem("smb-ae"), None);
        for name in ["", "Tam", "1st", "a b", "smb-ae", "in", &"x".repeat(200)] {
            assert!(Kind::List.spec().name_problem(name).is_some(), "{name}");
        }
        assert!(Kind::Map.spec().name_problem("form").is_some());
    }
}
