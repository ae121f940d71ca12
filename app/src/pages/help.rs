//! What each page is for, in a few sentences.

use leptos::prelude::*;

use super::places::Section;
use crate::ui::icon::{Icon, icon};

/// What is said about a page: what it is for, what its words mean, what can be done on it.
fn text(section: Section) -> &'static [&'static str] {
    match section {
        Section::Home => &[
            "What waits for you, what burns, and how things go: in the order that your roles need it. Whoever has several roles sees the parts of all of them.",
            "A workflow that does harm can be stopped here at once by RevOps and the RevOps lead: its leads then go to people and nothing is sent until it goes on.",
        ],
        Section::Queue => &[
            "Leads that wait for a person: those that rules hold or send here, and all of a stopped workflow. The most urgent come first, then those that wait longest.",
            "Take one, and nobody else decides it for ten minutes. Accept what is suggested, change it or disqualify with a reason; the next one comes at once. The keys stand on the buttons.",
            "A decision can be undone for a while; the lead then waits again. Both are kept.",
        ],
        Section::Leads => &[
            "Everybody who came in, the last decided first. A lead's row says what was decided, by which rule, how surely, and who has it now.",
            "Hold means that not enough is known or that a person has to look. Confidence is the least sure of the values that the rule read.",
            "Narrow the list by the filters; the address keeps them, so that a list can be sent to a colleague. A lead's own page explains its decision word for word.",
        ],
        Section::Approvals => &[
            "Changes of what decides: each is written by one person and approved by others before it becomes a version. Then a release brings it live. Nothing is changed on its author's word alone.",
            "Open one to read what differs and what it would have done to the newest leads, then approve it or send it back with a reason.",
        ],
        Section::Releases => &[
            "A release brings an approved change to traffic in one workflow. Approved is not live: nothing is decided by it until someone from RevOps who did not edit the change goes live with it.",
            "When another release goes live first, the others are rebuilt on it. An approval counts for exactly one bundle, so a rebuilt release needs approval again.",
        ],
        Section::Suggestions => &[
            "The changes that you have written or begun. Anybody may suggest one; whoever owns the layer signs it.",
            "A draft is yours until it is submitted. A returned one says why, and can be mended and submitted again.",
        ],
        Section::Maps => &[
            "Where each field is read in what comes in, and how: from which part of a form or a text, by which extractor, and how sure it has to be.",
            "A version never changes. Suggest a change on the map's page; it is compared, tried on the newest leads, and signed there.",
        ],
        Section::Fields => &[
            "What rules may read of a lead, by workflow: the name, type and unit of each field, and what it means when it is missing.",
            "The list of a workflow's fields only grows, and a type never changes, so that old decisions stay readable.",
        ],
        Section::RuleSets => &[
            "The rules of each workflow, in order: the first that is true decides. One that cannot be told ends the scan with the default, so that nothing is decided on a guess.",
            "A version never changes. Suggest a change on the set's page; it is compared, tried on the newest leads, and signed there.",
        ],
        Section::Lists => &[
            "Companies, domains and other texts that rules ask for, such as target accounts. A list has versions, and each decision keeps the one it asked.",
            "Suggest a change by text or by a CSV file.",
        ],
        Section::Pools => &[
            "People who take turns with leads, each with a weight. A decision names a pool; who it is then follows from whose turn it is, which the lead's page explains.",
        ],
        Section::Outbox => &[
            "What decisions have set off in other systems. Each action is made once, even if the other system answers late or twice.",
            "Waiting actions go out by themselves and in their order. Failed ones need somebody: open them, mend the cause, and try them again.",
            "Pause a destination with a reason; decisions go on, and what waits is sent when it is resumed.",
        ],
        Section::Jobs => &[
            "What the system does by itself and when it did so last. Any process may run a job, and one at a time does.",
            "A job that failed is tried again at its next time, or at once with Run now.",
        ],
        Section::Dashboard => &[
            "How well qualification works, for a period and a workflow. Open a figure's name to see how it is counted and which leads are behind it.",
            "Ranges say how sure a share is: with few leads they are wide, and two that overlap may well be the same.",
            "Completeness tells how many decisions are known to have reached the warehouse and the other systems.",
        ],
        Section::AuditLog => &[
            "Every act that changed something, written once and never changed. Signing in and out is in it too.",
            "Narrow it by person, by part of the product, or by a name or id. Each entry knows the request it happened in; its time shows it.",
        ],
        Section::People => &[
            "Everybody who can sign in. Whoever is signed in reads everything; a role says what a person may change.",
            "Administrators add people, give roles, make links to set a password with, and shut people out at once. Invited means that no password was set yet.",
        ],
        Section::Keys => &[
            "Keys let programs in: a web form that sends leads, a CRM that reports outcomes, a warehouse that reads.",
            "A key is shown once and kept as a hash only. Take a key back when a program is retired or the key may have leaked; it stops working within a second.",
        ],
        Section::Account => &[
            "Your password, how times and figures are shown to you, and the browsers you are signed in with.",
            "If a browser in the list is not yours, sign it out and change the password; that signs all other browsers out.",
        ],
        Section::Styleguide => &[
            "Every piece that pages are made of, in every state, light and dark beside each other.",
            "Nothing on it is real: it is for whoever builds or judges pages.",
        ],
        Section::Settings => &[
            "What holds for the whole organisation. Everybody can read it, administrators change it.",
            "One person answers for each layer, and content and rules cannot be one person's: whoever reads a lead's words must not also decide what follows from them.",
        ],
        Section::Search => &[
            "Finds leads by name, company, e-mail address or the source's id, rules and lists by name, people, pages, and what you can do.",
            "Leads are looked through from the newest back; of very many only the newest are. A whole e-mail address is always found.",
        ],
    }
}

/// The quiet button in the bar that unfolds what is said about the page.
pub fn help(section: Section) -> impl IntoView {
    let paragraphs = text(section).iter().map(|text| view! { <p>{*text}</p> }).collect_view();
    view! {
        <details class="help">
            <summary class="btn plain">{icon(Icon::Question)}<span class="help-word">"Help"</span></summary>
            <div class="panel">
                <div id="help-text">{paragraphs}</div>
                <p class="meta with-scripts">"Press "<kbd>"?"</kbd>" for the keys of this page."</p>
            </div>
        </details>
    }
}
