//! The appearance of each kind of version on screen, which complements its row in the engine's table.

use engine::change::Kind;

use super::icon::Icon;

/// The appearance of a kind in the menu, in the search and on its pages.
#[derive(Clone, Copy, Debug)]
pub struct KindAppearance {
    /// The icon.
    pub icon: Icon,
    /// The key that opens the kind's page after `g`.
    pub go: char,
    /// Additional keywords for the search.
    pub about: &'static str,
    /// The help text of the page.
    pub help: &'static [&'static str],
    /// Heading and hint of the empty state.
    pub empty: (&'static str, &'static str),
}

const COMES_WITH_A_WORKFLOW: (&str, &str) = (
    "Nothing here yet",
    "Rule sets, field extraction and fields come with a workflow: apply one with `meshline apply FILE.yaml --bootstrap`.",
);

/// Returns the appearance of a kind.
pub fn appearance(kind: Kind) -> KindAppearance {
    match kind {
        Kind::Catalogue => KindAppearance {
            icon: Icon::Fields,
            go: 'f',
            about: "catalogue",
            help: &[
                "What rules may read of a lead, by workflow: the name, type and unit of each field, and what it means when it is missing.",
                "The list of a workflow's fields only grows, and a type never changes, so that old decisions stay readable.",
            ],
            empty: COMES_WITH_A_WORKFLOW,
        },
        Kind::Map => KindAppearance {
            icon: Icon::Extract,
            go: 'e',
            about: "maps content",
            help: &[
                "Where each field is read in what comes in, and how: from which part of a form or a text, by which extractor, and how sure it has to be.",
                "A version never changes. Suggest a change on the map's page; it is compared, tried on the newest leads, and signed there.",
            ],
            empty: COMES_WITH_A_WORKFLOW,
        },
        Kind::RuleSet => KindAppearance {
            icon: Icon::Rules,
            go: 'r',
            about: "conditions decide",
            help: &[
                "The rules of each workflow, in order: the first that is true decides. One that cannot be told ends the scan with the default, so that nothing is decided on a guess.",
                "A version never changes. Suggest a change on the set's page; it is compared, tried on the newest leads, and signed there.",
                "RevOps and the RevOps lead can switch a rule off, or mute it for one account, without a release. It applies from the next decision on.",
            ],
            empty: COMES_WITH_A_WORKFLOW,
        },
        Kind::List => KindAppearance {
            icon: Icon::Target,
            go: 't',
            about: "target accounts companies domains",
            help: &[
                "Companies, domains and other texts that rules look up, such as target accounts. Each decision keeps the version of the list that it used.",
                "Add or remove entries on the list\u{2019}s page, or upload a CSV or Excel file. Every change is approved by a second person.",
            ],
            empty: (
                "No lists yet",
                "Target accounts, competitors, partners: create a list, upload a CSV or Excel file, and submit it for approval. Rules refer to it by name.",
            ),
        },
        Kind::Pool => KindAppearance {
            icon: Icon::Route,
            go: 'w',
            about: "turns assign round robin",
            help: &[
                "People who take turns with leads, each with a weight. A rule names a pool; the next person in the rotation gets the lead, which the lead\u{2019}s page explains.",
                "Only active people with the role AE can be in a pool.",
            ],
            empty: (
                "No pools yet",
                "A pool is the people who take turns with the leads that a rule assigns. Create one and submit it for approval.",
            ),
        },
    }
}
