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
use crate::ui::chip::dotted;
use crate::ui::clock::Clock;
use crate::ui::filters::{Address, Chip, FilterOption, select};
use crate::ui::icon::Icon;
use crate::ui::table::{Column, ListOrder, Table};
use crate::ui::{note, titles, words};

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
    const CALLED: (&'static str, &'static str) = ("release", "releases");
    const PAGE_ROWS: usize = RELEASE_PAGE_ROWS;
    const HEAD: &'static [&'static str] =
        &["Number", "Release", "Workflow", "Stage", "Since", "Change", "Changed", "Live since", "Created"];

    fn heading(_address: &Address) -> (Section, &'static str) {
        (Section::Releases, "Releases")
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

    fn table<'a>(&'a self, extras: &'a ReleaseListExtras) -> Table<'a, Release> {
        table(extras.clock)
    }

    fn surroundings(
        &self,
        _here: &PageContext,
        _flash: &Flash,
        extras: &ReleaseListExtras,
        _found: &ListRows<Release, i64>,
    ) -> ListFrame {
        let bar = view! { <h1>"Releases"</h1><span class="meta">"Live, upcoming and past releases"</span> };
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
            let step = view! { <a class="btn" href=RELEASES.path>"Show all releases"</a> };
            return note::empty(Icon::Search, "No releases match these filters", step).into_any();
        }
        let text = "When a change is approved, a release for each workflow that uses it appears here. It decides nothing until someone goes live with it.";
        let next = view! { <p class="row"><a class="btn" href=CHANGES.path>"Approvals"</a></p> };
        note::empty(Icon::Release, "No releases yet", view! { <p>{text}</p>{next} }).into_any()
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
        format!("{} {}", change.kind.spec().title, title.unwrap_or(&change.name))
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
    fn chips(&self) -> Vec<Chip> {
        let href = self.address.start().without(&["stage"]).href();
        let value = self.filter.stage.map(|stage| words::release_stage(stage).1.to_owned());
        value.map(|value| Chip { name: "Stage", value, href }).into_iter().collect()
    }

    fn tabs(&self, workflows: &[WorkflowName]) -> impl IntoView + use<> {
        let bare = self.address.start().without(&["workflow"]);
        let tab = |title: String, name: Option<&str>| {
            let href = name.map_or_else(|| bare.href(), |name| bare.with("workflow", name).href());
            let is_here = self.address.get("workflow") == name;
            view! { <li><a href=href aria-current=is_here.then_some("true")>{title}</a></li> }
        };
        let tabs = std::iter::once(tab("All workflows".into(), None))
            .chain(workflows.iter().map(|workflow| tab(workflow.title.clone(), Some(&workflow.name))))
            .collect_view();
        view! { <nav aria-label="Workflows"><ul class="tabs">{tabs}</ul></nav> }
    }
}

fn form(address: &Address) -> impl IntoView + use<> {
    let stages: Vec<FilterOption> = Stage::VARIANTS
        .iter()
        .map(|stage| (stage.to_string(), words::release_stage(*stage).1.to_owned()))
        .collect();
    view! {
        <form role="search" method="get" action=RELEASES.path aria-label="Find releases">
            {address.kept(&["workflow", "sort", "cols"])}
            {select("Stage", "stage", "Any stage", stages, address.get("stage"))}
            <button class="btn">"Filter"</button>
        </form>
    }
}

fn table(clock: Clock) -> Table<'static, Release> {
    let columns = vec![
        Column::new("release", "Release", "", subject).sort("number"),
        Column::new("stage", "Stage", "first", |row: &Release| {
            let (tone, stage) = words::release_stage(row.stage);
            dotted(tone, stage)
        }),
        Column::new("workflow", "Workflow", "", |row: &Release| row.workflow_title.clone()).label("Workflow"),
        Column::new("created", "Created", "num quiet", move |row: &Release| clock.stamp(row.created_at))
            .label("Created")
            .extra(),
        Column::new("since", "Since", "num quiet", move |row: &Release| clock.stamp(row.stage_since)),
    ];
    Table { caption: "Releases", class: "changes", columns, choose: None }
}

fn subject(row: &Release) -> impl IntoView + use<> {
    let about = row.change.as_ref().map(|change| {
        let what = titles::version(change.kind, &change.name);
        format!("Release {}, {} {what}", row.number, change.kind.spec().title)
    });
    view! {
        <a href=format!("{}/{}", RELEASES.path, row.number)>{row.title().to_owned()}</a>
        <small>{about.unwrap_or_else(|| format!("Release {}", row.number))}</small>
    }
}
