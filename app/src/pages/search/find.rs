//! Search results, grouped by kind.

use engine::change::Kind;
use store::Store;
use store::people::{self, By, PeopleFilter, Person};
use store::reads::frame::{RuleName, WorkflowName, live_rules, workflow_names};
use store::reads::keyset::Order;
use store::reads::leads_list::{self, Cursor, Filter, PAGE_ROWS, Row, Sort};
use store::reads::search::{Versioned, versions};
use store::titles::{Titled, Titles, titles};

use crate::context::Viewer;
use crate::error::Result;
use crate::pages::places::{acts, places};
use crate::ui::filters::Address;
use crate::ui::icon::Icon;
use crate::ui::kinds;
use crate::ui::words;

/// Maximum hits for each kind; a longer search text narrows them.
const EACH: usize = 8;
/// Shortest text that searches more than pages. A single letter matches nearly every name.
const ENOUGH: usize = 2;

/// A search hit.
pub struct Hit {
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
    pub groups: Vec<(&'static str, Vec<Hit>)>,
}

impl SearchResults {
    /// Returns the number of hits.
    pub fn count(&self) -> usize {
        self.groups.iter().map(|(_, hits)| hits.len()).sum()
    }

    fn add(&mut self, title: &'static str, hits: Vec<Hit>) {
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
            Ok(id) => Filter { lead: Some(id), ..Filter::default() },
            Err(_) => Filter { text: Some(text.to_owned()), ..Filter::default() },
        };
        let by_name = PeopleFilter { text: Some(text.to_owned()), ..PeopleFilter::default() };
        let (leads, people, rules, workflows, versioned, titles) = tokio::try_join!(
            leads_list::page(store, &filter, Sort::default(), Cursor::Start, PAGE_ROWS),
            people::page(store, &by_name, By::Name, Order::Newest, people::Cursor::Start, people::PAGE_ROWS),
            live_rules(store),
            workflow_names(store),
            versions(store, text),
            titles(store),
        )?;
        found.add("Leads", lead_hits(&leads, text));
        found.add("People", people.people.iter().take(EACH).map(person).collect());
        found.add("Rules", rule_hits(&rules, &workflows, text));
        found
            .add("What decides", versioned.into_iter().filter_map(|found| version(found, &titles)).collect());
    }
    let has = |title: &str, about: &str| is_in(&format!("{title} {about}"), text);
    let pages = places(viewer).filter(|place| has(&place.title(), &place.keywords())).map(|place| Hit {
        title: place.title(),
        detail: String::new(),
        href: place.href.to_owned(),
        icon: place.icon,
    });
    found.add("Pages", pages.collect());
    let actions = acts(viewer).filter(|act| has(&(act.title)(), "")).map(|act| Hit {
        title: (act.title)(),
        detail: String::new(),
        href: act.href.to_owned(),
        icon: Icon::Forward,
    });
    found.add("What you can do", actions.collect());
    Ok(found)
}

fn lead_hits(found: &leads_list::Page, text: &str) -> Vec<Hit> {
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
        hits.push(Hit {
            title: format!("All leads with “{text}”"),
            detail: String::new(),
            href,
            icon: Icon::List,
        });
    }
    hits
}

fn lead(row: &Row) -> Hit {
    let (title, detail) =
        words::lead(row.name.as_ref(), row.company.as_ref(), row.email.as_ref(), row.external_id.as_deref());
    Hit { title, detail, href: format!("/leads/{}", row.lead_id), icon: Icon::Leads }
}

fn person(person: &Person) -> Hit {
    let roles: Vec<&str> = person.roles.iter().map(|role| role.title()).collect();
    let detail = [person.email.clone(), roles.join(", ")].into_iter().filter(|part| !part.is_empty());
    Hit {
        title: person.name.clone(),
        detail: detail.collect::<Vec<_>>().join(", "),
        href: format!("/people/{}", person.id),
        icon: Icon::Person,
    }
}

/// Returns matching rules, each linked to the leads it decided.
fn rule_hits(rules: &[RuleName], workflows: &[WorkflowName], text: &str) -> Vec<Hit> {
    let found = rules.iter().filter(|rule| is_in(&format!("{} {}", rule.title(), rule.rule_id), text));
    let hit = |rule: &RuleName| {
        let workflow = workflows.iter().find(|workflow| workflow.id == rule.workflow_id);
        let address = Address::new("/leads").with("rule", rule.rule_id.clone());
        let address = match workflow {
            Some(workflow) => address.with("workflow", workflow.name.clone()),
            None => address,
        };
        let title = workflow.map_or("", |workflow| &workflow.title);
        Hit {
            title: rule.title().to_owned(),
            detail: format!("{title}, leads it decided"),
            href: address.href(),
            icon: Icon::List,
        }
    };
    found.take(EACH).map(hit).collect()
}

fn version(version: Versioned, titles: &Titles) -> Option<Hit> {
    let kind: Kind = version.kind.parse().ok()?;
    let title = titles.get(Titled::Version(kind, &version.name));
    Some(Hit {
        href: format!("{}/{}", kind.spec().path, version.name),
        title: title.map_or_else(|| words::sentence(&version.name), str::to_owned),
        detail: format!("{}, version {}", kind.spec().title, version.version),
        icon: kinds::look(kind).icon,
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
