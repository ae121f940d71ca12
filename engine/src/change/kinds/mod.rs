//! The kinds of versions: each is one row of a table, and every row is a file of its own beside this one.
//!
//! Whatever asks what a kind is called, who approves it or how its text is read asks its row. The database keeps the kinds and
//! their approvers in the table `version_kinds`; a test of the store compares it with this one.

mod catalogue;
mod list;
mod map;
mod pool;
mod rule_set;
mod yaml_text;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{Comparison, Mark};
use crate::bundle::{Bundle, BundleBuilder, BundleSource};
use crate::problem::Problem;
use crate::role::Role;
use crate::rules::Analysis;

/// What a version is a version of.
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
    /// The fields of a workflow.
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

/// Reads the text of a name: its content, when it can be read, and what is wrong with it.
pub type Parse = fn(name: &str, text: &str) -> (Option<Json>, Vec<Problem>);

/// A row of the table: everything that tells one kind of version from another.
#[derive(Debug)]
pub struct KindSpec {
    /// The kind.
    pub kind: Kind,
    /// What one of them is called, for example `Rule set`.
    pub title: &'static str,
    /// What all of them are called: the heading of their page.
    pub plural: &'static str,
    /// What they are for, as half a sentence below the heading.
    pub about: &'static str,
    /// The page that lists them; each has its own page below it.
    pub path: &'static str,
    /// What one is made of.
    pub parts: Parts,
    /// The role that owns the layer: it edits, everyone else suggests.
    pub owner: Role,
    /// The roles that approve a change, each by another person. A change that touches assignment needs the sales manager too.
    pub approvers: &'static [Role],
    /// Where new ones come from.
    pub origin: Origin,
    /// How its text is written.
    pub text: TextForm,
    /// Returns the text that a new draft begins with.
    pub template: fn(name: &str) -> String,
    /// Reads a text: its content, when it can be read, and what is wrong with it.
    pub parse: Parse,
    /// Writes content as a text.
    pub write: fn(body: &Json) -> Result<String, Problem>,
    /// Compares two versions; the first is absent for version 1.
    pub compare: fn(before: Option<&Json>, after: &Json) -> Comparison,
    /// Returns what may be worth a look in a draft although nothing is wrong with it.
    pub notes: Option<Notes>,
    /// Its place in a bundle; `None` for what decides nothing.
    pub place: Option<BundlePlace>,
}

/// Finds what may be worth a look: the draft's text and content, what is known of the rules with it, and how many leads were
/// decided to know it.
pub type Notes = fn(text: &str, body: &Json, analysis: &Analysis, decided: usize) -> Vec<Mark>;

/// What something of a kind is made of, and so how its size is told.
#[derive(Clone, Copy, Debug)]
pub struct Parts {
    /// The member of the content that has them; `None` where the content itself does.
    pub key: Option<&'static str>,
    /// What one is called.
    pub one: &'static str,
    /// What several are called.
    pub many: &'static str,
}

/// Where new ones of a kind come from.
#[derive(Clone, Copy, Debug)]
pub enum Origin {
    /// Each workflow comes with one, under the workflow's own name.
    Workflow,
    /// People create them.
    People {
        /// What may part the words of a name, and what it is called.
        separator: (char, &'static str),
        /// Why a name looks as it has to, as a sentence.
        hint: &'static str,
    },
}

/// How the text of a kind is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextForm {
    /// A YAML file: everything in it counts, and nothing in it may be wrong.
    Yaml,
    /// One entry a line, which may be uploaded as a CSV file. What cannot be read is left out, and changes are told entry by
    /// entry.
    Lines,
}

/// The place of a kind in bundles.
#[derive(Clone, Copy, Debug)]
pub struct BundlePlace {
    /// Puts content in place. Without a version it takes the number of what it replaces.
    pub put:
        fn(parts: &mut BundleBuilder, name: &str, version: Option<u32>, body: Json) -> Result<(), Problem>,
    /// Returns the number of the version in a bundle, if it has one of this name.
    pub version: fn(source: &BundleSource, name: &str) -> Option<u32>,
    /// Which of them a bundle has.
    pub membership: Membership,
    /// How a compiled bundle points into it, if it does.
    pub pointers: Option<PointedAt>,
    /// Returns what is wrong with putting it in place of what a bundle has.
    pub succession: fn(before: &BundleSource, after: &BundleSource) -> Vec<Problem>,
    /// Returns whether it decides who gets leads in a bundle, although its own content does not tell.
    pub hands_out: fn(source: &BundleSource, name: &str) -> bool,
}

/// Which ones of a kind a bundle has.
#[derive(Clone, Copy, Debug)]
pub enum Membership {
    /// One, under the workflow's name.
    One,
    /// Those that the bundle's rules name; workflows share them.
    Named(fn(&Bundle) -> BTreeSet<String>),
}

/// How problems of a compiled bundle point into a part.
#[derive(Clone, Copy, Debug)]
pub struct PointedAt {
    /// What their pointers begin with.
    pub prefix: &'static str,
    /// What the part is called beside the others.
    pub called: &'static str,
}

impl KindSpec {
    /// Returns what is wrong with the name of a new one, as a sentence.
    pub fn name_problem(&self, name: &str) -> Option<String> {
        let Origin::People { separator: (separator, words), .. } = self.origin else {
            return Some("There is nothing of this name; it comes with its workflow.".into());
        };
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == separator;
        let good = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().count() <= crate::limits::NAME_CHARS
            && name.chars().all(fits)
            && !crate::rules::RESERVED.contains(&name);
        (!good).then(|| {
            format!("A name begins with a letter, has lower-case letters, digits and {words}, and is no word of the rule language.")
        })
    }

    /// Returns whether workflows share it.
    pub fn is_shared(&self) -> bool {
        matches!(&self.place, Some(BundlePlace { membership: Membership::Named(_), .. }))
    }
}

/// For kinds that follow one another freely.
fn any_successor(_: &BundleSource, _: &BundleSource) -> Vec<Problem> {
    Vec::new()
}

/// For kinds whose content tells who gets leads, or that have no say in it.
fn never(_: &BundleSource, _: &str) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use strum::VariantArray as _;

    use super::*;
    use crate::change::read;

    #[test]
    fn each_kind_has_its_own_row_and_page() {
        let mut paths = BTreeSet::new();
        for kind in Kind::VARIANTS {
            let spec = kind.spec();
            assert_eq!(spec.kind, *kind);
            assert!(spec.path.starts_with('/') && paths.insert(spec.path), "{kind}: {}", spec.path);
            assert!(!spec.approvers.is_empty(), "{kind} would be approved by nobody");
            assert!(spec.approvers.contains(&spec.owner), "the owner of {kind} has a say");
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
