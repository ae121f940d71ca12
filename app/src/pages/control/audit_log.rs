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
use crate::texts::{Texts, texts};
use crate::ui::clock::Clock;
use crate::ui::filters::{Address, Chip, FilterOption, select};
use crate::ui::icon::{Icon, icon};
use crate::ui::table::{Column, ListOrder, Table};
use crate::ui::{note, number, roles, series, words};

/// Query parameters that hold the filters.
const NAMES: [&str; 6] = ["who", "area", "about", "from", "to", "sign_ins"];
/// Value of `sign_ins` that includes signing in and out.
const SHOWN: &str = "shown";

/// Returns the title of an area.
type Title = fn(&Texts) -> String;

/// Prefixes of action names, with the titles of the areas that they belong to.
const AREAS: [(&str, Title); 15] = [
    ("person", Texts::audit_area_people),
    ("key", Texts::audit_area_keys),
    ("workflow", Texts::audit_area_workflows),
    ("change", Texts::audit_area_changes),
    ("release", Texts::audit_area_releases),
    ("version", Texts::audit_area_versions),
    ("queue", Texts::audit_area_queue),
    ("lead", Texts::audit_area_leads),
    ("layers", Texts::audit_area_layers),
    ("settings", Texts::audit_area_settings),
    ("destination", Texts::audit_area_destinations),
    ("effect", Texts::audit_area_deliveries),
    ("job", Texts::audit_area_jobs),
    ("import", Texts::audit_area_imports),
    ("run", Texts::audit_area_runs),
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
    const PAGE_ROWS: usize = PAGE_ROWS;
    const HEAD: &'static [&'static str] = &[
        "Id", "When", "Who", "Actor", "Roles", "What", "Action", "To what", "Subject", "Lead id", "Reason",
        "Details", "Request",
    ];

    fn heading(_address: &Address) -> (Section, String) {
        (Section::AuditLog, texts().audit_title())
    }

    fn rows_said(rows: usize) -> String {
        texts().audit_rows(rows, number::count(rows as i64))
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

    fn table<'a>(&'a self, extras: &'a AuditListExtras) -> Table<'a, AuditEntry, String> {
        table(&extras.names, extras.clock)
    }

    fn surroundings(
        &self,
        _here: &PageContext,
        _flash: &Flash,
        extras: &AuditListExtras,
        _found: &ListRows<AuditEntry, Uuid>,
    ) -> ListFrame<String> {
        let address = &self.asked.address;
        let bar = view! { <h1>{texts().audit_title()}</h1><span class="meta">{texts().audit_about()}</span> };
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
            Some(about) => {
                Some(audit_search(store, about, identified(about), words::acts_described_by(about)).await?)
            }
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

/// Renders the link that shows or hides sign-ins.
fn sign_ins(asked: &Asked) -> impl IntoView + use<> {
    let bare = asked.address.start();
    let (href, words) = if asked.filter.without_sign_ins {
        (bare.with("sign_ins", SHOWN).href(), texts().audit_show_sign_ins())
    } else {
        (bare.without(&["sign_ins"]).href(), texts().audit_hide_sign_ins())
    };
    view! { <a class="btn plain" href=href>{words}</a> }
}

fn actors(people: &[Person]) -> Vec<FilterOption> {
    let mut all: Vec<FilterOption> =
        people.iter().map(|person| (format!("person:{}", person.id), person.name.clone())).collect();
    all.push(("command:".into(), texts().audit_commands()));
    all.push(("key:".into(), texts().audit_keys()));
    all
}

fn areas() -> Vec<FilterOption> {
    AREAS.iter().map(|(area, title)| ((*area).to_owned(), title(texts()))).collect()
}

fn form(asked: &Asked, people: &[Person]) -> impl IntoView + use<> {
    let address = &asked.address;
    let about = address.get("about").map(str::to_owned);
    view! {
        <form class="row audit-filters" method="get" action=AUDIT.path role="search" aria-label=texts().audit_find()>
            {address.kept(&["sort", "cols", "sign_ins"])}
            <span class="search">
                {icon(Icon::Search)}
                <input class="field" type="search" name="about" value=about placeholder=texts().audit_search_example() aria-label=texts().audit_search() maxlength="200" />
            </span>
            {select(texts().audit_column_by(), "who", texts().audit_anyone(), actors(people), address.get("who"))}
            {select(texts().audit_area(), "area", texts().audit_all_areas(), areas(), address.get("area"))}
            {dates(&asked.period, address)}
            <button class="btn">{icon(Icon::Filter)}{texts().audit_filter()}</button>
        </form>
    }
}

fn active(address: &Address, people: &[Person]) -> Vec<Chip<String>> {
    let bare = address.start();
    let named = |value: &str, all: &[FilterOption]| {
        all.iter()
            .find(|(known, _)| known == value)
            .map_or_else(|| value.to_owned(), |(_, words)| words.clone())
    };
    let all = [
        (texts().audit_column_by(), "who", address.get("who").map(|who| named(who, &actors(people)))),
        (texts().audit_area(), "area", address.get("area").map(|area| named(area, &areas()))),
        (texts().audit_search_filter(), "about", address.get("about").map(str::to_owned)),
        (texts().audit_from(), "from", address.get("from").map(str::to_owned)),
        (texts().audit_to(), "to", address.get("to").map(str::to_owned)),
    ];
    all.into_iter()
        .filter_map(|(name, key, value)| {
            Some(Chip { name, value: value?, href: bare.without(&[key]).href() })
        })
        .collect()
}

fn table<'a>(names: &'a AuditNames, clock: Clock) -> Table<'a, AuditEntry, String> {
    let columns = vec![
        Column::new("what", texts().audit_column_action(), "", |entry: &AuditEntry| words::act(&entry.action)),
        Column::new("subject", texts().audit_column_subject(), "first", |entry: &AuditEntry| names.subject_link(entry)),
        Column::new("details", texts().audit_column_details(), "wide quiet", move |entry: &AuditEntry| details(entry, names, clock)),
        Column::new("who", texts().audit_column_by(), "nowrap", |entry: &AuditEntry| {
            view! { {names.actor(entry)}{roles(entry)} }
        })
        .label(texts().audit_column_by()),
        Column::new("request", texts().audit_column_request(), "mono", |entry: &AuditEntry| entry.request_id.clone()).extra().label(texts().audit_column_request()),
        Column::new("when", texts().audit_column_time(), "num", move |entry: &AuditEntry| {
            view! { <span title=texts().audit_request(&entry.request_id)>{clock.stamp_second(entry.at)}</span> }
        })
        .sort("when"),
    ];
    Table { caption: texts().audit_title(), class: "audit", columns, choose: None }
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
    let roles = entry.roles.iter().filter_map(|role| role.parse().ok());
    let roles: Vec<String> = roles.map(roles::title::<Role>).collect();
    (!roles.is_empty()).then(|| view! { <small>{series::list(roles)}</small> })
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
            <p>{texts().audit_none_so_far(number::count(SEARCHED_ROWS as i64))}</p>
            <a class="btn" href=further>{texts().audit_search_more()}</a>
        };
        return note::empty(Icon::Search, texts().audit_none_so_far_title(), steps).into_any();
    }
    if asked.is_default() {
        let steps = view! { <p>{texts().audit_none()}</p> };
        return note::empty(Icon::Log, texts().audit_none_title(), steps).into_any();
    }
    let steps = view! { <a class="btn" href=AUDIT.path>{texts().filters_clear()}</a> };
    note::empty(Icon::Search, texts().audit_none_match_title(), steps).into_any()
}
