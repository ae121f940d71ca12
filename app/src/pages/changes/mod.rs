//! Change requests: the list, and a page for each change.

mod approvals;
mod change;
mod comments;
mod conflicts;
mod draft;
pub mod entries;
mod impact;

use engine::change::Kind;
use engine::ids::PersonId;
use leptos::prelude::*;
use store::Store;
use store::actor::Role;
use store::changes::{self, CHANGE_PAGE_ROWS, ChangeCursor, ChangeListFilter, ChangeScope, ListedChange};
use store::refresh::Topic;
use store::titles::{TitledObject, Titles};
use strum::VariantArray as _;

use crate::access::APPROVING_ROLES;
use crate::context::Viewer;
use crate::csv_file::{self, instant};
use crate::error::Result;
use crate::flash::Flash;
use crate::lists::{CHANGES, ListInfo};
use crate::pages::frame::PageContext;
use crate::pages::list_page::{ListFrame, ListPage, ListRequest, ListRows};
use crate::pages::menu::Section;
use crate::texts::texts;
use crate::ui::chip::dotted;
use crate::ui::clock::Clock;
use crate::ui::filters::{Address, Chip, FilterOption, select};
use crate::ui::icon::{Icon, icon};
use crate::ui::table::{Column, ListOrder, Table};
use crate::ui::{kinds, note, number, roles, titles, words};

pub use self::change::ChangePage;

/// Query parameters that hold the filters.
const NAMES: [&str; 3] = ["show", "kind", "q"];
/// Longest search text, in characters; no title of a change is longer.
const TEXT_CHARS: usize = 200;

/// The list of changes.
pub struct ChangeList {
    address: Address,
    tab: Tab,
    filter: ChangeListFilter,
    sorted: ListOrder,
    viewer: PersonId,
    roles: Vec<Role>,
}

/// Data that the page shows in addition to the rows.
pub struct ChangeListExtras {
    /// Number of changes waiting for the viewer.
    waiting: i64,
    /// Number of the viewer's own changes that have to be updated.
    outdated: i64,
    clock: Clock,
}

/// Selects which changes are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
enum Tab {
    Waiting,
    Open,
    Drafts,
    Mine,
    Closed,
}

impl Tab {
    fn read(address: &Address) -> Self {
        address.parsed("show").unwrap_or(Self::Waiting)
    }

    fn title(self) -> String {
        match self {
            Self::Waiting => texts().changes_tab_waiting(),
            Self::Open => texts().changes_tab_open(),
            Self::Drafts => texts().changes_tab_drafts(),
            Self::Mine => texts().changes_tab_mine(),
            Self::Closed => texts().changes_tab_closed(),
        }
    }

    fn show(self, viewer: &Viewer) -> ChangeScope {
        match self {
            Self::Waiting => ChangeScope::WaitingFor(viewer.id, viewer.roles.clone()),
            Self::Open => ChangeScope::Open,
            Self::Drafts => ChangeScope::Drafts,
            Self::Mine => ChangeScope::By(viewer.id),
            Self::Closed => ChangeScope::Closed,
        }
    }
}

impl ListPage for ChangeList {
    type Row = ListedChange;
    type Place = i64;
    type Extras = ChangeListExtras;

    const INFO: ListInfo = CHANGES;
    const FILTERS: &'static [&'static str] = &NAMES;

    const PAGE_ROWS: usize = CHANGE_PAGE_ROWS;
    const HEAD: &'static [&'static str] =
        &["Number", "Title", "Kind", "Name", "State", "Needs approval by", "Approved by", "Author", "When"];
    const TOPIC: Option<Topic> = Some(Topic::Changes);

    fn heading(address: &Address) -> (Section, String) {
        match Tab::read(address) {
            Tab::Mine => (Section::Suggestions, texts().changes_suggestions()),
            _ => (Section::Approvals, texts().changes_approvals()),
        }
    }

    fn rows_said(rows: usize) -> String {
        texts().changes_rows(rows, number::count(rows as i64))
    }

    async fn read(_store: &Store, asked: ListRequest) -> Result<Self> {
        let ListRequest { address, viewer, .. } = asked;
        let tab = Tab::read(&address);
        let filter = ChangeListFilter {
            show: tab.show(&viewer),
            kind: address.parsed("kind"),
            text: address.get("q").map(|text| text.chars().take(TEXT_CHARS).collect()),
        };
        let sorted = ListOrder::read(&address, &["number"]);
        Ok(Self { tab, filter, sorted, address, viewer: viewer.id, roles: viewer.roles })
    }

    fn address(&self) -> &Address {
        &self.address
    }

    fn sorted(&self) -> ListOrder {
        self.sorted
    }

    async fn rows(
        &self,
        store: &Store,
        cursor: ChangeCursor,
        limit: usize,
    ) -> Result<ListRows<ListedChange, i64>> {
        let found = changes::list(store, &self.filter, self.sorted.order, cursor, limit).await?;
        Ok(ListRows { rows: found.rows, beside: found.beside, cut: false, total: None })
    }

    async fn extras(
        &self,
        here: &PageContext,
        _found: &ListRows<ListedChange, i64>,
    ) -> Result<ChangeListExtras> {
        let waiting = changes::waiting_for(&here.request.store, self.viewer, &self.roles).await?;
        let outdated = changes::outdated_by(&here.request.store, self.viewer).await?;
        Ok(ChangeListExtras { waiting, outdated, clock: here.clock })
    }

    fn table<'a>(&'a self, extras: &'a ChangeListExtras) -> Table<'a, ListedChange, String> {
        table(extras.clock)
    }

    fn surroundings(
        &self,
        _here: &PageContext,
        _flash: &Flash,
        extras: &ChangeListExtras,
        _found: &ListRows<ListedChange, i64>,
    ) -> ListFrame<String> {
        let about = match self.tab {
            Tab::Mine => texts().changes_about_suggestions(),
            _ => texts().changes_about(),
        };
        let bar = view! { <h1>{Self::heading(&self.address).1}</h1><span class="meta">{about}</span> };
        ListFrame {
            bar: bar.into_any(),
            form: form(&self.address).into_any(),
            chips: self.chips(),
            cleared: self.address.start().without(&["kind", "q"]).href(),
            tabs: self.tabs(extras).into_any(),
            above: ().into_any(),
            below: ().into_any(),
        }
    }

    fn empty(&self, _extras: &ChangeListExtras, _found: &ListRows<ListedChange, i64>) -> AnyView {
        if self.address.get("kind").or(self.address.get("q")).is_some() {
            let cleared = self.address.start().without(&["kind", "q"]).href();
            let step = view! { <a class="btn" href=cleared>{texts().changes_clear_filters()}</a> };
            return note::empty(Icon::Search, texts().changes_none_match(), step).into_any();
        }
        nothing(self.tab, &self.roles).into_any()
    }

    async fn lines(&self, store: &Store, rows: Vec<ListedChange>) -> Result<Vec<Vec<String>>> {
        let titles = store::titles::titles(store).await?;
        Ok(rows.iter().map(|row| line(row, &titles)).collect())
    }
}

/// Formats a change as a row of the CSV export.
fn line(row: &ListedChange, titles: &Titles) -> Vec<String> {
    let kind = row.kind.parse::<Kind>().ok();
    let title = kind.and_then(|kind| titles.get(TitledObject::Version(kind, &row.name)));
    let roles = |roles: &[String]| roles.iter().map(|role| role_title(role)).collect::<Vec<_>>().join(", ");
    vec![
        row.number.to_string(),
        row.title.clone(),
        kind.map_or_else(|| row.kind.clone(), kinds::title),
        title.unwrap_or(&row.name).to_owned(),
        words::listed_change(row).1.to_owned(),
        roles(&row.required),
        roles(&row.signed),
        csv_file::text(row.author_name.clone()),
        instant(Some(row.at)),
    ]
}

impl ChangeList {
    fn chips(&self) -> Vec<Chip<String>> {
        let bare = self.address.start();
        let kind = self.filter.kind.map(kinds::title);
        [
            (texts().changes_kind(), "kind", kind),
            (texts().changes_title_or_name(), "q", self.filter.text.clone()),
        ]
        .into_iter()
        .filter_map(|(name, key, value)| {
            Some(Chip { name, value: value?, href: bare.without(&[key]).href() })
        })
        .collect()
    }

    fn tabs(&self, extras: &ChangeListExtras) -> impl IntoView + use<> {
        let bare = self.address.start();
        let tab = |one: &Tab| {
            let href = match one {
                Tab::Waiting => bare.without(&["show"]).href(),
                other => bare.with("show", <&str>::from(*other)).href(),
            };
            let count = match one {
                Tab::Waiting if extras.waiting > 0 => Some(number::count(extras.waiting)),
                Tab::Mine if extras.outdated > 0 => {
                    Some(texts().changes_tab_outdated(number::count(extras.outdated)))
                }
                _ => None,
            };
            let count = count.map(|count| view! { <b>{count}</b> });
            view! { <li><a href=href aria-current=(*one == self.tab).then_some("true")>{one.title()}{count}</a></li> }
        };
        let tabs = Tab::VARIANTS.iter().map(tab).collect_view();
        view! { <nav aria-label=texts().changes_tabs()><ul class="tabs">{tabs}</ul></nav> }
    }
}

fn form(address: &Address) -> impl IntoView + use<> {
    let text = address.get("q").map(str::to_owned);
    let kinds: Vec<FilterOption> =
        Kind::VARIANTS.iter().map(|kind| (kind.to_string(), kinds::title(kind))).collect();
    view! {
        <form class="row people-search" role="search" method="get" action=CHANGES.path aria-label=texts().changes_find()>
            {address.kept(&["show", "sort", "cols"])}
            <span class="search">
                {icon(Icon::Search)}
                <input class="field" type="search" name="q" value=text placeholder=texts().changes_title_or_name() aria-label=texts().changes_title_or_name() maxlength="200" />
            </span>
            {select(texts().changes_kind(), "kind", texts().changes_any_kind(), kinds, address.get("kind"))}
            <button class="btn">{texts().changes_find_submit()}</button>
        </form>
    }
}

fn nothing(tab: Tab, roles: &[Role]) -> impl IntoView + use<> {
    let is_approver = roles.iter().any(|role| APPROVING_ROLES.contains(role));
    let (title, text) = match tab {
        Tab::Waiting if is_approver => (texts().changes_none_waiting_title(), texts().changes_none_waiting()),
        Tab::Waiting => (texts().changes_none_for_you_title(), texts().changes_none_for_you()),
        Tab::Open => (texts().changes_none_open_title(), texts().changes_none_open()),
        Tab::Drafts => (texts().changes_none_drafts_title(), texts().changes_none_drafts()),
        Tab::Mine => (texts().changes_none_mine_title(), texts().changes_none_mine()),
        Tab::Closed => (texts().changes_none_closed_title(), texts().changes_none_closed()),
    };
    let ways = matches!(tab, Tab::Drafts | Tab::Mine).then(|| {
        let way = |kind: &Kind| view! { <a class="btn" href=kind.spec().path>{kinds::plural(kind)}</a> };
        view! { <p class="row">{Kind::VARIANTS.iter().map(way).collect_view()}</p> }
    });
    note::empty(Icon::Approve, title, view! { <p>{text}</p>{ways} })
}

fn table(clock: Clock) -> Table<'static, ListedChange, String> {
    let columns = vec![
        Column::new("change", texts().changes_column_change(), "", subject).sort("number"),
        Column::new("state", texts().changes_column_state(), "first", |row: &ListedChange| {
            let (tone, state) = words::listed_change(row);
            dotted(tone, state)
        }),
        Column::new("approvals", texts().changes_column_approvals(), "wide", approvals),
        Column::new("by", texts().changes_column_author(), "", |row: &ListedChange| {
            row.author_name.clone().unwrap_or_else(|| texts().changes_imported_file())
        })
        .label(texts().changes_column_author()),
        Column::new("when", texts().changes_column_time(), "num quiet", move |row: &ListedChange| {
            clock.stamp(row.at)
        }),
    ];
    Table { caption: texts().changes_caption(), class: "changes", columns, choose: None }
}

fn subject(row: &ListedChange) -> impl IntoView + use<> {
    let what = row.kind.parse().map_or_else(
        |_| words::sentence(&row.name),
        |kind: Kind| texts().changes_kind_of(kinds::title(kind), titles::version(kind, &row.name)),
    );
    let title = if row.title.is_empty() { what.clone() } else { row.title.clone() };
    view! {
        <a href=format!("{}/{}", CHANGES.path, row.number)>{title}</a>
        <small>{texts().changes_number_of(row.number.to_string(), what)}</small>
    }
}

/// Renders the required roles, each marked as approved or pending.
fn approvals(row: &ListedChange) -> impl IntoView + use<> {
    let one = |role: &String| {
        let approved = row.signed.contains(role);
        let (sign, said) = if approved {
            (Icon::Check, texts().changes_has_approved())
        } else {
            (Icon::Clock, texts().changes_has_not_approved())
        };
        view! { <span class="pair" class:quiet=!approved>{icon(sign)}{role_title(role)}<span class="sr">" "{said}</span></span>" " }
    };
    row.required.iter().map(one).collect_view()
}

fn role_title(role: &str) -> String {
    role.parse().map_or_else(|_| words::sentence(role), |role: Role| roles::title(role))
}
