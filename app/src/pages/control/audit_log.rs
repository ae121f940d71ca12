//! The audit log.

use chrono::NaiveDate;
use leptos::prelude::*;
use store::Store;
use store::actor::Role;
use store::people::{self, Person};
use store::reads::audit_log::{
    self, AuditCursor, AuditEntry, AuditFilter, PAGE_ROWS, SEARCHED_ROWS, audit_search,
};
use uuid::Uuid;

use super::audit_entry::{AuditNames, identified};
use crate::csv_file::instant;
use crate::error::Result;
use crate::flash::Flash;
use crate::lists::{AUDIT, ListInfo};
use crate::pages::frame::PageContext;
use crate::pages::list_page::{ListFrame, ListPage, ListRequest, ListRows};
use crate::pages::menu::Section;
use crate::pages::period::{Period, PeriodKind, dates};
use crate::ui::clock::Clock;
use crate::ui::filters::{Address, Chip, FilterOption, select};
use crate::ui::icon::{Icon, icon};
use crate::ui::table::{Column, ListOrder, Table};
use crate::ui::{note, number, words};

/// Query parameters that hold the filters.
const NAMES: [&str; 6] = ["who", "area", "about", "from", "to", "sign_ins"];
/// Value of `sign_ins` that includes signing in and out.
const SHOWN: &str = "shown";

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
    names: AuditNames,
    clock: Clock,
}

impl ListPage for AuditList {
    type Row = AuditEntry;
    type Place = Uuid;
    type Extras = AuditListExtras;

    const INFO: ListInfo = AUDIT;
    const FILTERS: &'static [&'static str] = &NAMES;
    const CALLED: (&'static str, &'static str) = ("entry", "entries");
    const PAGE_ROWS: usize = PAGE_ROWS;
    const HEAD: &'static [&'static str] = &[
        "Id", "When", "Who", "Actor", "Roles", "What", "Action", "To what", "Subject", "Lead id", "Reason",
        "Details", "Request",
    ];

    fn heading(_address: &Address) -> (Section, &'static str) {
        (Section::AuditLog, "Audit log")
    }

    async fn read(store: &Store, asked: ListRequest) -> Result<Self> {
        Ok(Self { asked: Asked::read(store, asked.address, asked.clock).await? })
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
        let names = AuditNames::load(store, &found.rows).await?;
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
        let bar = view! { <h1>"Audit log"</h1><span class="meta">"Every change, recorded once and never altered"</span> };
        ListFrame {
            bar: bar.into_any(),
            form: form(&self.asked, &extras.people).into_any(),
            chips: active(address, &extras.people),
            cleared: address.start().without(&NAMES).href(),
            tabs: sign_ins(&self.asked).into_any(),
            above: ().into_any(),
            below: ().into_any(),
        }
    }

    fn empty(&self, _extras: &AuditListExtras, found: &ListRows<AuditEntry, Uuid>) -> AnyView {
        nothing(&self.asked, found).into_any()
    }

    async fn lines(&self, store: &Store, rows: Vec<AuditEntry>) -> Result<Vec<Vec<String>>> {
        let names = AuditNames::load(store, &rows).await?;
        Ok(rows.into_iter().map(|entry| line(entry, &names)).collect())
    }
}

/// Formats an entry as a row of the CSV export.
fn line(entry: AuditEntry, names: &AuditNames) -> Vec<String> {
    let (who, (subject, _), reason) = (names.actor(&entry), names.subject(&entry), names.reason(&entry));
    vec![
        entry.id.to_string(),
        instant(Some(entry.at)),
        who,
        entry.actor,
        entry.roles.join(" "),
        words::act(&entry.action),
        entry.action,
        subject,
        entry.subject,
        entry.lead_id.map(|id| id.to_string()).unwrap_or_default(),
        reason.unwrap_or_default(),
        entry.detail.map(|detail| detail.to_string()).unwrap_or_default(),
        entry.request_id,
    ]
}

struct Asked {
    /// The filters as given in the URL.
    address: Address,
    /// The same filters, parsed.
    filter: AuditFilter,
    period: Period,
    sorted: ListOrder,
}

impl Asked {
    /// Parses the filters from the URL.
    async fn read(store: &Store, address: Address, clock: Clock) -> Result<Self> {
        let text = |name| address.get(name).map(str::to_owned);
        let search = match address.get("about") {
            Some(about) => Some(audit_search(store, about, identified(about), acts(about)).await?),
            None => None,
        };
        let day = |name| address.parsed::<NaiveDate>(name);
        let period = Period::new(PeriodKind::Custom(day("from"), day("to")), clock);
        let filter = AuditFilter {
            actor: text("who"),
            area: text("area"),
            search,
            from: period.from(),
            to: period.to(),
            without_sign_ins: address.get("sign_ins") != Some(SHOWN),
        };
        let sorted = ListOrder::read(&address, &["when"]);
        Ok(Self { filter, period, sorted, address })
    }

    /// Returns whether only the default filter is set.
    fn is_default(&self) -> bool {
        self.filter
            == AuditFilter { without_sign_ins: self.filter.without_sign_ins, ..AuditFilter::default() }
    }
}

/// Returns the actions whose description contains a text.
fn acts(text: &str) -> Vec<String> {
    let text = text.to_lowercase();
    let found = words::ACTS.iter().filter(|(_, said)| said.to_lowercase().contains(&text));
    found.map(|(name, _)| (*name).to_owned()).collect()
}

/// Renders the link that shows or hides sign-ins.
fn sign_ins(asked: &Asked) -> impl IntoView + use<> {
    let bare = asked.address.start();
    let (href, words) = if asked.filter.without_sign_ins {
        (bare.with("sign_ins", SHOWN).href(), "Show sign-ins")
    } else {
        (bare.without(&["sign_ins"]).href(), "Hide sign-ins")
    };
    view! { <a class="btn plain" href=href>{words}</a> }
}

fn actors(people: &[Person]) -> Vec<FilterOption> {
    let mut all: Vec<FilterOption> =
        people.iter().map(|person| (format!("person:{}", person.id), person.name.clone())).collect();
    all.push(("command:".into(), "Commands and jobs".into()));
    all.push(("key:".into(), "API keys".into()));
    all
}

fn form(asked: &Asked, people: &[Person]) -> impl IntoView + use<> {
    let address = &asked.address;
    let areas = AREAS.iter().map(|(area, title)| ((*area).to_owned(), (*title).to_owned())).collect();
    let about = address.get("about").map(str::to_owned);
    view! {
        <form class="row audit-filters" method="get" action=AUDIT.path role="search" aria-label="Filter the audit log">
            {address.kept(&["sort", "cols", "sign_ins"])}
            <span class="search">
                {icon(Icon::Search)}
                <input class="field" type="search" name="about" value=about placeholder="Name, #number or link" aria-label="Name, number or link" maxlength="200" />
            </span>
            {select("Who", "who", "Anyone", actors(people), address.get("who"))}
            {select("Area", "area", "All areas", areas, address.get("area"))}
            {dates(&asked.period, address)}
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
        ("Area", "area", address.get("area").map(|area| named(area, &areas))),
        ("Search", "about", address.get("about").map(str::to_owned)),
        ("From", "from", address.get("from").map(str::to_owned)),
        ("To", "to", address.get("to").map(str::to_owned)),
    ];
    all.into_iter()
        .filter_map(|(name, key, value)| {
            Some(Chip { name, value: value?, href: bare.without(&[key]).href() })
        })
        .collect()
}

fn table<'a>(names: &'a AuditNames, clock: Clock) -> Table<'a, AuditEntry> {
    let columns = vec![
        Column::new("what", "What", "", |entry: &AuditEntry| words::act(&entry.action)),
        Column::new("subject", "To what", "first", |entry: &AuditEntry| names.subject_link(entry)),
        Column::new("details", "Details", "wide quiet", move |entry: &AuditEntry| details(entry, names, clock)),
        Column::new("who", "Who", "nowrap", |entry: &AuditEntry| {
            view! { {names.actor(entry)}{roles(entry)} }
        })
        .label("By"),
        Column::new("request", "Request", "mono", |entry: &AuditEntry| entry.request_id.clone()).extra().label("Request"),
        Column::new("when", "When", "num", move |entry: &AuditEntry| {
            view! { <span title=format!("Request {}", entry.request_id)>{clock.stamp_second(entry.at)}</span> }
        })
        .sort("when"),
    ];
    Table { caption: "Audit log", class: "audit", columns, choose: None }
}

/// Renders the reason that the actor gave, then the details.
fn details(entry: &AuditEntry, names: &AuditNames, clock: Clock) -> impl IntoView + use<> {
    let reason = names.reason(entry).map(|reason| view! { <q>{reason}</q> });
    let details = names.details(entry, clock);
    let both = reason.is_some() && !details.is_empty();
    view! { {reason}{both.then_some(" ")}{details} }
}

/// Renders the roles that the actor held at the time.
fn roles(entry: &AuditEntry) -> impl IntoView + use<> {
    let roles: Vec<&str> =
        entry.roles.iter().filter_map(|role| role.parse().ok()).map(|role: Role| role.title()).collect();
    (!roles.is_empty()).then(|| view! { <small>{roles.join(", ")}</small> })
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
            <p>{format!("No match among {} entries. The log has more.", number::count(SEARCHED_ROWS as i64))}</p>
            <a class="btn" href=further>"Search further back"</a>
        };
        return note::empty(Icon::Search, "No match so far", steps).into_any();
    }
    if asked.is_default() {
        let steps = view! { <p>"Every change by a person, an API key or a command appears here."</p> };
        return note::empty(Icon::Log, "No changes yet", steps).into_any();
    }
    let steps = view! { <a class="btn" href=AUDIT.path>"Clear all filters"</a> };
    note::empty(Icon::Search, "No entries match these filters", steps).into_any()
}
