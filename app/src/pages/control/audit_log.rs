//! The audit log.

use std::collections::BTreeMap;

use chrono::DateTime;
use leptos::either::Either;
use leptos::prelude::*;
use serde_json::Value as Json;
use store::Store;
use store::actor::Role;
use store::people::{self, Person};
use store::reads::audit_log::{self, AuditCursor, AuditEntry, AuditFilter, PAGE_ROWS, SEARCHED_ROWS};
use store::reads::frame::names_of_actors;
use uuid::Uuid;

use crate::csv_file::instant;
use crate::error::Result;
use crate::flash::Flash;
use crate::lists::{AUDIT, ListInfo};
use crate::pages::frame::PageContext;
use crate::pages::list_page::{ListFrame, ListPage, ListRequest, ListRows};
use crate::pages::menu::Section;
use crate::ui::clock::Clock;
use crate::ui::filters::{Address, Chip, FilterOption, select};
use crate::ui::icon::{Icon, icon};
use crate::ui::table::{Column, ListOrder, Table};
use crate::ui::{note, number, words};

/// Query parameters that hold the filters.
const NAMES: [&str; 3] = ["who", "area", "about"];

/// Prefixes of action names, with the titles of the areas that they belong to.
const AREAS: [(&str, &str); 15] = [
    ("person", "People"),
    ("key", "API keys"),
    ("workflow", "Workflows"),
    ("change", "Changes and approvals"),
    ("release", "Releases"),
    ("version", "Versions of maps, rules and lists"),
    ("queue", "The queue"),
    ("lead", "Leads"),
    ("layers", "Layers"),
    ("settings", "Settings"),
    ("destination", "Destinations"),
    ("effect", "Actions sent"),
    ("job", "Jobs"),
    ("import", "Imports"),
    ("run", "Runs"),
];

/// The list of audit entries.
pub struct AuditList {
    asked: Asked,
}

/// Data that the page shows in addition to the entries.
pub struct AuditListExtras {
    people: Vec<Person>,
    /// Display names of actors and subjects.
    names: BTreeMap<String, String>,
    clock: Clock,
}

impl ListPage for AuditList {
    type Row = AuditEntry;
    type Place = Uuid;
    type Extras = AuditListExtras;

    const INFO: ListInfo = AUDIT;
    const FILTERS: &'static [&'static str] = &NAMES;
    const CALLED: (&'static str, &'static str) = ("act", "acts");
    const PAGE_ROWS: usize = PAGE_ROWS;
    const HEAD: &'static [&'static str] = &[
        "Id", "When", "Who", "Actor", "Roles", "What", "Action", "To what", "Lead id", "Details", "Request",
    ];

    fn heading(_address: &Address) -> (Section, &'static str) {
        (Section::AuditLog, "Audit log")
    }

    async fn read(_store: &Store, asked: ListRequest) -> Result<Self> {
        Ok(Self { asked: Asked::read(asked.address) })
    }

    fn address(&self) -> &Address {
        &self.asked.address
    }

    fn sorted(&self) -> ListOrder {
        self.asked.sorted
    }

    async fn rows(
        &self,
        store: &Store,
        cursor: AuditCursor,
        limit: usize,
    ) -> Result<ListRows<AuditEntry, Uuid>> {
        let Asked { filter, sorted, .. } = &self.asked;
        let found = audit_log::audit_log(store, filter, sorted.order, cursor, limit).await?;
        Ok(ListRows { rows: found.entries, beside: found.beside, cut: found.cut, total: None })
    }

    async fn extras(
        &self,
        here: &PageContext,
        found: &ListRows<AuditEntry, Uuid>,
    ) -> Result<AuditListExtras> {
        let store = &here.request.store;
        let mut who: Vec<String> = found.rows.iter().map(|entry| entry.actor.clone()).collect();
        who.extend(found.rows.iter().map(|entry| entry.subject.clone()));
        let names = names_of_actors(store, &who).await?;
        Ok(AuditListExtras { people: people::all(store).await?, names, clock: here.clock })
    }

    fn table<'a>(&'a self, extras: &'a AuditListExtras) -> Table<'a, AuditEntry> {
        table(&extras.names, extras.clock)
    }

    fn surroundings(
        &self,
        _here: &PageContext,
        _flash: &Flash,
        extras: &AuditListExtras,
        _found: &ListRows<AuditEntry, Uuid>,
    ) -> ListFrame {
        let address = &self.asked.address;
        let bar = view! { <h1>"Audit log"</h1><span class="meta">"Every act that changed something, written once"</span> };
        ListFrame {
            bar: bar.into_any(),
            form: form(address, &extras.people).into_any(),
            chips: active(address, &extras.people),
            cleared: address.start().without(&NAMES).href(),
            tabs: ().into_any(),
            above: ().into_any(),
            below: ().into_any(),
        }
    }

    fn empty(&self, _extras: &AuditListExtras, found: &ListRows<AuditEntry, Uuid>) -> AnyView {
        nothing(&self.asked, found).into_any()
    }

    async fn lines(&self, store: &Store, rows: Vec<AuditEntry>) -> Result<Vec<Vec<String>>> {
        let who: Vec<String> = rows.iter().map(|entry| entry.actor.clone()).collect();
        let names = names_of_actors(store, &who).await?;
        Ok(rows.into_iter().map(|entry| line(entry, &names)).collect())
    }
}

/// Formats an entry as a row of the CSV export.
fn line(entry: AuditEntry, names: &BTreeMap<String, String>) -> Vec<String> {
    vec![
        entry.id.to_string(),
        instant(Some(entry.at)),
        words::sentence(&words::actor(&entry.actor, names)),
        entry.actor,
        entry.roles.join(" "),
        words::act(&entry.action).clone(),
        entry.action,
        entry.subject,
        entry.lead_id.map(|id| id.to_string()).unwrap_or_default(),
        entry.detail.map(|detail| detail.to_string()).unwrap_or_default(),
        entry.request_id,
    ]
}

struct Asked {
    /// The filters as given in the URL.
    address: Address,
    /// The same filters, parsed.
    filter: AuditFilter,
    sorted: ListOrder,
}

impl Asked {
    /// Parses the filters from the URL.
    fn read(address: Address) -> Self {
        let text = |name| address.get(name).map(str::to_owned);
        let filter = AuditFilter { actor: text("who"), area: text("area"), subject: text("about") };
        let sorted = ListOrder::read(&address, &["when"]);
        Self { filter, sorted, address }
    }
}

fn actors(people: &[Person]) -> Vec<FilterOption> {
    let mut all: Vec<FilterOption> =
        people.iter().map(|person| (format!("person:{}", person.id), person.name.clone())).collect();
    all.push(("command:".into(), "Commands and tasks".into()));
    all.push(("key:".into(), "Programs".into()));
    all
}

fn form(address: &Address, people: &[Person]) -> impl IntoView + use<> {
    let areas = AREAS.iter().map(|(area, title)| ((*area).to_owned(), (*title).to_owned())).collect();
    let about = address.get("about").map(str::to_owned);
    view! {
        <form class="row audit-filters" method="get" action=AUDIT.path role="search" aria-label="Filter the audit log">
            {address.kept(&["sort", "cols"])}
            {select("Who", "who", "Everybody", actors(people), address.get("who"))}
            {select("What about", "area", "Everything", areas, address.get("area"))}
            <input class="field" type="search" name="about" value=about placeholder="Name or id" aria-label="Name or id" maxlength="200" />
            <button class="btn">{icon(Icon::Filter)}"Filter"</button>
        </form>
    }
}

fn active(address: &Address, people: &[Person]) -> Vec<Chip> {
    let bare = address.start();
    let named = |value: &str, all: &[FilterOption]| {
        all.iter()
            .find(|(known, _)| known == value)
            .map_or_else(|| value.to_owned(), |(_, words)| words.clone())
    };
    let areas: Vec<FilterOption> =
        AREAS.iter().map(|(area, title)| ((*area).to_owned(), (*title).to_owned())).collect();
    let all = [
        ("Who", "who", address.get("who").map(|who| named(who, &actors(people)))),
        ("About", "area", address.get("area").map(|area| named(area, &areas))),
        ("Name or id", "about", address.get("about").map(str::to_owned)),
    ];
    all.into_iter()
        .filter_map(|(name, key, value)| {
            Some(Chip { name, value: value?, href: bare.without(&[key]).href() })
        })
        .collect()
}

fn table<'a>(names: &'a BTreeMap<String, String>, clock: Clock) -> Table<'a, AuditEntry> {
    let columns = vec![
        Column::new("what", "What", "", |entry: &AuditEntry| words::act(&entry.action)),
        Column::new("subject", "To what", "first", |entry: &AuditEntry| subject(entry, names)),
        Column::new("details", "Details", "wide quiet", move |entry: &AuditEntry| entry.detail.as_ref().map(|detail| details(detail, clock))),
        Column::new("who", "Who", "nowrap", |entry: &AuditEntry| {
            view! { {words::sentence(&words::actor(&entry.actor, names))}{roles(entry)} }
        })
        .label("By"),
        Column::new("request", "Request", "mono", |entry: &AuditEntry| entry.request_id.clone()).extra().label("Request"),
        Column::new("when", "When", "num", move |entry: &AuditEntry| {
            view! { <span title=format!("Request {}", entry.request_id)>{clock.stamp_second(entry.at)}</span> }
        })
        .sort("when"),
    ];
    Table { caption: "Acts", class: "audit", columns, choose: None }
}

/// Renders the roles that the actor held at the time.
fn roles(entry: &AuditEntry) -> impl IntoView + use<> {
    let roles: Vec<&str> =
        entry.roles.iter().filter_map(|role| role.parse().ok()).map(|role: Role| role.title()).collect();
    (!roles.is_empty()).then(|| view! { <small>{roles.join(", ")}</small> })
}

/// Renders the subject: a link for a lead, the display name for anything else that has one.
fn subject(entry: &AuditEntry, names: &BTreeMap<String, String>) -> impl IntoView + use<> {
    if let Some(lead) = entry.lead_id {
        return Either::Left(view! { <a href=format!("/leads/{lead}")>"The lead"</a> });
    }
    let named = || entry.detail.as_ref()?.get("name")?.as_str().map(str::to_owned);
    let own = || entry.subject.split_once(':').map_or(&*entry.subject, |(_, name)| name).to_owned();
    Either::Right(names.get(&entry.subject).cloned().or_else(named).unwrap_or_else(own))
}

/// Characters of a content hash to show; enough to distinguish two hashes.
const HASH_SHOWN: usize = 12;

/// Formats the details of an entry in one line: `Roles: SDR, AE; Expires at: 24 Nov 2026 02:28`.
fn details(detail: &Json, clock: Clock) -> String {
    match detail {
        Json::Object(members) => {
            let members = members.iter().filter(|(_, value)| !value.is_null());
            let part = |(name, value): (&String, &Json)| {
                format!("{}: {}", words::sentence(name), inner(value, clock))
            };
            members.map(part).collect::<Vec<_>>().join("; ")
        }
        other => inner(other, clock),
    }
}

/// Formats a nested value. Uses commas, because semicolons separate the outermost members.
fn inner(value: &Json, clock: Clock) -> String {
    match value {
        Json::String(text) => word(text, clock),
        Json::Bool(true) => "yes".into(),
        Json::Bool(false) => "no".into(),
        Json::Array(all) => all.iter().map(|one| inner(one, clock)).collect::<Vec<_>>().join(", "),
        Json::Object(members) => {
            let part = |(name, value): (&String, &Json)| {
                format!("{} {}", name.replace('_', " "), inner(value, clock))
            };
            members.iter().map(part).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

fn word(text: &str, clock: Clock) -> String {
    if let Ok(role) = text.parse::<Role>() {
        return role.title().to_owned();
    }
    if let Some(hash) = text.strip_prefix("sha256:") {
        return format!("{}…", hash.get(..HASH_SHOWN).unwrap_or(hash));
    }
    DateTime::parse_from_rfc3339(text).map_or_else(|_| text.to_owned(), |at| clock.day_and_time(at.to_utc()))
}

fn nothing(asked: &Asked, found: &ListRows<AuditEntry, Uuid>) -> impl IntoView + use<> {
    if let (true, Some(on)) = (found.cut, found.beside.on(asked.sorted.order)) {
        let bare = asked.address.start();
        let further = match on {
            AuditCursor::Before(id) => bare.with("before", id.to_string()).href(),
            AuditCursor::After(id) => bare.with("after", id.to_string()).href(),
            AuditCursor::Start => bare.href(),
        };
        let steps = view! {
            <p>{format!("Nothing among the {} acts looked through for this page. There are more.", number::count(SEARCHED_ROWS as i64))}</p>
            <a class="btn" href=further>"Search on"</a>
        };
        return note::empty(Icon::Search, "Nothing so far", steps).into_any();
    }
    if asked.filter == AuditFilter::default() {
        let steps = view! { <p>"Whatever people, programs and commands change is written here, with who and when."</p> };
        return note::empty(Icon::Log, "Nothing was done yet", steps).into_any();
    }
    let steps = view! { <a class="btn" href=AUDIT.path>"Clear all filters"</a> };
    note::empty(Icon::Search, "No act like this", steps).into_any()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn details_are_one_line() {
        let detail = json!({"name": "web", "reason": null, "roles": ["sdr", "ae"], "rows": 7});
        let clock = Clock { now: DateTime::UNIX_EPOCH, zone: chrono_tz::UTC };
        assert_eq!(details(&detail, clock), "Name: web; Roles: SDR, AE; Rows: 7");
        let nested =
            json!({"pace": {"at_once": 2, "paused": false}, "hash": format!("sha256:{}", "ab".repeat(32))});
        assert_eq!(details(&nested, clock), "Pace: at once 2, paused no; Hash: abababababab…");
        let at = details(&json!({"expires_at": "2026-11-24T02:28:39.634930Z"}), clock);
        assert!(at.starts_with("Expires at: ") && !at.contains('T'), "{at}");
        assert_eq!(details(&json!({}), clock), "");
        assert_eq!(details(&json!("x"), clock), "x");
    }
}
