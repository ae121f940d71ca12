//! Search results, grouped by kind.

use engine::change::Kind;
use store::Store;
use store::people::{self, PeopleFilter, PeopleSort, Person};
use store::reads::frame::{RuleName, WorkflowName, live_rules, workflow_names};
use store::reads::keyset::Order;
use store::reads::leads_list::{self, LeadListCursor, LeadListFilter, LeadListRow, LeadListSort, PAGE_ROWS};
use store::reads::search::{self, FoundChange, FoundVersion, versions};
use store::titles::{TitledObject, Titles, titles};

use crate::context::Viewer;
use crate::error::Result;
use crate::pages::menu::{page_actions, pages};
use crate::texts::texts;
use crate::ui::filters::Address;
use crate::ui::icon::Icon;
use crate::ui::{kinds, roles, series, words};

/// Maximum hits for each kind; a longer search text narrows them.
const EACH: usize = 8;
/// Shortest text that searches more than pages. A single letter matches nearly every name.
const ENOUGH: usize = 2;

/// A search hit.
pub struct SearchHit {
    /// Display title.
    pub title: String,
    /// Details that distinguish hits with the same title.
    pub detail: String,
    /// URL of the hit.
    pub href: String,
    /// Icon for the kind of hit.
    pub icon: Icon,
}

/// All search results.
#[derive(Default)]
pub struct SearchResults {
    /// Groups of hits by kind, without empty groups.
    pub groups: Vec<(String, Vec<SearchHit>)>,
}

impl SearchResults {
    /// Returns the number of hits.
    pub fn count(&self) -> usize {
        self.groups.iter().map(|(_, hits)| hits.len()).sum()
    }

    fn add(&mut self, title: String, hits: Vec<SearchHit>) {
        if !hits.is_empty() {
            self.groups.push((title, hits));
        }
    }
}

/// Searches everything that has a name. An empty text finds the pages and actions.
pub async fn find(store: &Store, viewer: &Viewer, text: &str) -> Result<SearchResults> {
    let mut found = SearchResults::default();
    if text.chars().count() >= ENOUGH {
        let filter = match text.parse() {
            Ok(id) => LeadListFilter { lead: Some(id), ..LeadListFilter::default() },
            Err(_) => LeadListFilter { text: Some(text.to_owned()), ..LeadListFilter::default() },
        };
        let by_name = PeopleFilter { text: Some(text.to_owned()), ..PeopleFilter::default() };
        let (leads, people, rules, workflows, versioned, changes, destinations, titles) = tokio::try_join!(
            leads_list::page(store, &filter, LeadListSort::default(), LeadListCursor::Start, PAGE_ROWS),
            people::page(
                store,
                &by_name,
                PeopleSort::Name,
                Order::Newest,
                people::PeopleCursor::Start,
                people::PAGE_ROWS
            ),
            live_rules(store),
            workflow_names(store),
            versions(store, text),
            search::changes(store, text),
            search::destinations(store, text),
            titles(store),
        )?;
        found.add(
            texts().search_changes(),
            changes.into_iter().map(|change| change_hit(change, &titles)).collect(),
        );
        found.add(texts().search_leads(), lead_hits(&leads, text));
        found.add(texts().search_people(), people.people.iter().take(EACH).map(person).collect());
        found.add(texts().search_rules(), rule_hits(&rules, &workflows, text));
        let versioned = versioned.into_iter().filter_map(|found| version(found, &titles));
        found.add(texts().search_versions(), versioned.collect());
        found.add(texts().search_destinations(), destinations.into_iter().map(destination).collect());
    }
    let has = |title: &str, about: &str| is_in(&format!("{title} {about}"), text);
    let pages = pages(viewer).filter(|place| has(&place.title(), &place.keywords())).map(|place| SearchHit {
        title: place.title(),
        detail: String::new(),
        href: place.href.to_owned(),
        icon: place.icon,
    });
    found.add(texts().search_pages(), pages.collect());
    let actions =
        page_actions(viewer).filter(|act| has(&(act.title)(), &(act.keywords)())).map(|act| SearchHit {
            title: (act.title)(),
            detail: String::new(),
            href: act.href.to_owned(),
            icon: Icon::Forward,
        });
    found.add(texts().search_actions(), actions.collect());
    Ok(found)
}

fn lead_hits(found: &leads_list::LeadListPage, text: &str) -> Vec<SearchHit> {
    let mut seen = Vec::new();
    let mut hits = Vec::new();
    // The list has one row for each workflow of a lead, so duplicates are skipped.
    for row in &found.rows {
        if !seen.contains(&row.lead_id) && hits.len() < EACH {
            seen.push(row.lead_id);
            hits.push(lead(row));
        }
    }
    if !hits.is_empty() && (found.rows.len() > EACH || found.beside.older.is_some()) {
        let href = Address::new("/leads").with("q", text).href();
        hits.push(SearchHit {
            title: texts().search_all_leads(text),
            detail: String::new(),
            href,
            icon: Icon::List,
        });
    }
    hits
}

fn lead(row: &LeadListRow) -> SearchHit {
    let (title, detail) =
        words::lead(row.name.as_ref(), row.company.as_ref(), row.email.as_ref(), row.external_id.as_deref());
    SearchHit { title, detail, href: format!("/leads/{}", row.lead_id), icon: Icon::Leads }
}

fn person(person: &Person) -> SearchHit {
    let roles = person.roles.iter().map(roles::title);
    let detail = std::iter::once(person.email.clone()).chain(roles).filter(|part| !part.is_empty());
    SearchHit {
        title: person.name.clone(),
        detail: series::list(detail),
        href: format!("/people/{}", person.id),
        icon: Icon::Person,
    }
}

fn change_hit(change: FoundChange, titles: &Titles) -> SearchHit {
    let kind: Option<Kind> = change.kind.parse().ok();
    let about = kind.map_or_else(
        || words::sentence(&change.name),
        |kind| {
            let title = titles.get(TitledObject::Version(kind, &change.name));
            let title = title.map_or_else(|| words::sentence(&change.name), str::to_owned);
            texts().search_change_subject(kinds::title(kind), title)
        },
    );
    let state = change
        .state
        .parse()
        .map_or_else(|_| words::sentence(&change.state), |state| words::change_state(state).1.to_owned());
    let number = change.number.to_string();
    SearchHit {
        title: match change.title.trim() {
            "" => texts().search_change_untitled(number),
            title => texts().search_change(number, title),
        },
        detail: texts().search_change_detail(about, state.to_lowercase()),
        href: format!("/changes/{}", change.number),
        icon: Icon::Approve,
    }
}

fn destination((name, title, kind): (String, Option<String>, String)) -> SearchHit {
    SearchHit {
        title: title.unwrap_or_else(|| name.clone()),
        detail: texts().search_destination(words::destination_kind(&kind)),
        href: "/sync".to_owned(),
        icon: Icon::Send,
    }
}

/// Returns matching rules, each linked to its rule set.
fn rule_hits(rules: &[RuleName], workflows: &[WorkflowName], text: &str) -> Vec<SearchHit> {
    let found = rules.iter().filter(|rule| is_in(&format!("{} {}", rule.title(), rule.rule_id), text));
    let hit = |rule: &RuleName| {
        let workflow = workflows.iter().find(|workflow| workflow.id == rule.workflow_id);
        let title = workflow.map_or("", |workflow| &workflow.title);
        SearchHit {
            title: rule.title().to_owned(),
            detail: texts().search_rule(title),
            href: format!("{}/{}#rule-{}", Kind::RuleSet.spec().path, rule.rule_set, rule.rule_id),
            icon: Icon::Rules,
        }
    };
    found.take(EACH).map(hit).collect()
}

fn version(version: FoundVersion, titles: &Titles) -> Option<SearchHit> {
    let kind: Kind = version.kind.parse().ok()?;
    let title = titles.get(TitledObject::Version(kind, &version.name));
    Some(SearchHit {
        href: format!("{}/{}", kind.spec().path, version.name),
        title: title.map_or_else(|| words::sentence(&version.name), str::to_owned),
        detail: texts().search_version(kinds::title(kind), version.version.to_string()),
        icon: kinds::appearance(kind).icon,
    })
}

/// Returns whether the text contains every word of the search.
fn is_in(text: &str, search: &str) -> bool {
    let text = text.to_lowercase();
    search.to_lowercase().split_whitespace().all(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_to_be_there_in_any_order_and_case() {
        assert!(is_in("Audit log who did what", "LOG audit"));
        assert!(is_in("Audit log", "  "));
        assert!(!is_in("Audit log", "audit book"));
    }
}
