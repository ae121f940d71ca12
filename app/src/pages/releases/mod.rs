//! Releases: the list, and a page for each release.

pub(super) mod actions;
mod release;

use engine::control::release::Stage;
use leptos::prelude::*;
use store::Store;
use store::reads::frame::{WorkflowName, workflow_names};
use store::releases::{self, RELEASE_PAGE_ROWS, Release, ReleaseCursor, ReleaseListFilter};
use store::titles::{TitledObject, Titles};
use strum::VariantArray as _;

use crate::csv_file::{self, instant};
use crate::error::Result;
use crate::flash::Flash;
use crate::lists::{CHANGES, ListInfo, RELEASES};
use crate::pages::frame::PageContext;
use crate::pages::list_page::{ListFrame, ListPage, ListRequest, ListRows};
use crate::pages::menu::Section;
use crate::texts::texts;
use crate::ui::chip::dotted;
use crate::ui::clock::Clock;
use crate::ui::filters::{Address, Chip, FilterOption, select};
use crate::ui::icon::Icon;
use crate::ui::table::{Column, ListOrder, Table};
use crate::ui::{kinds, note, number, titles, words};

pub use self::release::ReleasePage;

/// Query parameters that hold the filters.
const NAMES: [&str; 2] = ["workflow", "stage"];

/// The list of releases.
pub struct ReleaseList {
    address: Address,
    filter: ReleaseListFilter,
    sorted: ListOrder,
}

/// Data that the page shows in addition to the releases.
pub struct ReleaseListExtras {
    workflows: Vec<WorkflowName>,
    clock: Clock,
}

impl ListPage for ReleaseList {
    type Row = Release;
    type Place = i64;
    type Extras = ReleaseListExtras;

    const INFO: ListInfo = RELEASES;
    const FILTERS: &'static [&'static str] = &NAMES;
    const PAGE_ROWS: usize = RELEASE_PAGE_ROWS;
    const HEAD: &'static [&'static str] =
        &["Number", "Release", "Workflow", "Stage", "Since", "Change", "Changed", "Live since", "Created"];

    fn heading(_address: &Address) -> (Section, String) {
        (Section::Releases, texts().releases_title())
    }

    fn rows_said(rows: usize) -> String {
        texts().releases_rows(rows, number::count(rows as i64))
    }

    async fn read(_store: &Store, asked: ListRequest) -> Result<Self> {
        let address = asked.address;
        let filter = ReleaseListFilter {
            workflow: address.get("workflow").map(str::to_owned),
            stage: address.parsed("stage"),
        };
        Ok(Self { filter, sorted: ListOrder::read(&address, &["number"]), address })
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
        cursor: ReleaseCursor,
        limit: usize,
    ) -> Result<ListRows<Release, i64>> {
        let found = releases::page(store, &self.filter, self.sorted.order, cursor, limit).await?;
        Ok(ListRows { rows: found.rows, beside: found.beside, cut: false, total: None })
    }

    async fn extras(&self, here: &PageContext, _found: &ListRows<Release, i64>) -> Result<ReleaseListExtras> {
        Ok(ReleaseListExtras { workflows: workflow_names(&here.request.store).await?, clock: here.clock })
    }

    fn table<'a>(&'a self, extras: &'a ReleaseListExtras) -> Table<'a, Release, String> {
        table(extras.clock)
    }

    fn surroundings(
        &self,
        _here: &PageContext,
        _flash: &Flash,
        extras: &ReleaseListExtras,
        _found: &ListRows<Release, i64>,
    ) -> ListFrame<String> {
        let bar =
            view! { <h1>{texts().releases_title()}</h1><span class="meta">{texts().releases_about()}</span> };
        ListFrame {
            bar: bar.into_any(),
            form: form(&self.address).into_any(),
            chips: self.chips(),
            cleared: self.address.start().without(&["stage"]).href(),
            tabs: self.tabs(&extras.workflows).into_any(),
            above: ().into_any(),
            below: ().into_any(),
        }
    }

    fn empty(&self, _extras: &ReleaseListExtras, _found: &ListRows<Release, i64>) -> AnyView {
        if self.filter != ReleaseListFilter::default() {
            let step = view! { <a class="btn" href=RELEASES.path>{texts().releases_show_all()}</a> };
            return note::empty(Icon::Search, texts().releases_none_match_title(), step).into_any();
        }
        let next = view! {
            <p>{texts().releases_none()}</p>
            <p class="row"><a class="btn" href=CHANGES.path>{texts().releases_to_approvals()}</a></p>
        };
        note::empty(Icon::Release, texts().releases_none_title(), next).into_any()
    }

    async fn lines(&self, store: &Store, rows: Vec<Release>) -> Result<Vec<Vec<String>>> {
        let titles = store::titles::titles(store).await?;
        Ok(rows.iter().map(|row| line(row, &titles)).collect())
    }
}

/// Formats a release as a row of the CSV export.
fn line(row: &Release, titles: &Titles) -> Vec<String> {
    let changed = row.change.as_ref().map(|change| {
        let title = titles.get(TitledObject::Version(change.kind, &change.name));
        format!("{} {}", kinds::title(change.kind), title.unwrap_or(&change.name))
    });
    vec![
        row.number.to_string(),
        row.title().to_owned(),
        row.workflow_title.clone(),
        words::release_stage(row.stage).1.to_owned(),
        instant(Some(row.stage_since)),
        csv_file::text(row.change.as_ref().map(|change| change.number.to_string())),
        csv_file::text(changed),
        instant(row.live_since),
        instant(Some(row.created_at)),
    ]
}

impl ReleaseList {
    fn chips(&self) -> Vec<Chip<String>> {
        let href = self.address.start().without(&["stage"]).href();
        let value = self.filter.stage.map(|stage| words::release_stage(stage).1.to_owned());
        value.map(|value| Chip { name: texts().releases_stage(), value, href }).into_iter().collect()
    }

    fn tabs(&self, workflows: &[WorkflowName]) -> impl IntoView + use<> {
        let bare = self.address.start().without(&["workflow"]);
        let tab = |title: String, name: Option<&str>| {
            let href = name.map_or_else(|| bare.href(), |name| bare.with("workflow", name).href());
            let is_here = self.address.get("workflow") == name;
            view! { <li><a href=href aria-current=is_here.then_some("true")>{title}</a></li> }
        };
        let tabs = std::iter::once(tab(texts().releases_all_workflows(), None))
            .chain(workflows.iter().map(|workflow| tab(workflow.title.clone(), Some(&workflow.name))))
            .collect_view();
        view! { <nav aria-label=texts().releases_workflows()><ul class="tabs">{tabs}</ul></nav> }
    }
}

fn form(address: &Address) -> impl IntoView + use<> {
    let stages: Vec<FilterOption> = Stage::VARIANTS
        .iter()
        .map(|stage| (stage.to_string(), words::release_stage(*stage).1.to_owned()))
        .collect();
    view! {
        <form role="search" method="get" action=RELEASES.path aria-label=texts().releases_find()>
            {address.kept(&["workflow", "sort", "cols"])}
            {select(texts().releases_stage(), "stage", texts().releases_any_stage(), stages, address.get("stage"))}
            <button class="btn">{texts().releases_filter()}</button>
        </form>
    }
}

fn table(clock: Clock) -> Table<'static, Release, String> {
    let columns = vec![
        Column::new("release", texts().releases_column_release(), "", subject).sort("number"),
        Column::new("stage", texts().releases_column_stage(), "first", |row: &Release| {
            let (tone, stage) = words::release_stage(row.stage);
            dotted(tone, stage)
        }),
        Column::new("workflow", texts().releases_column_workflow(), "", |row: &Release| {
            row.workflow_title.clone()
        })
        .label(texts().releases_column_workflow()),
        Column::new("created", texts().releases_column_created(), "num quiet", move |row: &Release| {
            clock.stamp(row.created_at)
        })
        .label(texts().releases_column_created())
        .extra(),
        Column::new("since", texts().releases_column_since(), "num quiet", move |row: &Release| {
            clock.stamp(row.stage_since)
        }),
    ];
    Table { caption: texts().releases_title(), class: "changes", columns, choose: None }
}

fn subject(row: &Release) -> impl IntoView + use<> {
    let about = row.change.as_ref().map(|change| {
        let what = titles::version(change.kind, &change.name);
        texts().releases_number_of(row.number.to_string(), kinds::title(change.kind), what)
    });
    view! {
        <a href=format!("{}/{}", RELEASES.path, row.number)>{row.title().to_owned()}</a>
        <small>{about.unwrap_or_else(|| texts().releases_number(row.number.to_string()))}</small>
    }
}
