//! Runs: the list, and a page for each run.

mod result;
mod run;

pub use run::RunPage;

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use service::run::RunKind;
use store::Store;
use store::reads::frame::{WorkflowName, names_of_actors, workflow_names};
use store::refresh::Topic;
use store::runs::{self, PAGE_ROWS, Run, RunCursor, RunFilter, RunState};
use strum::VariantArray as _;
use uuid::Uuid;

use crate::actions::runs::{StartImport, StartReplay};
use crate::csv_file::instant;
use crate::error::Result;
use crate::flash::Flash;
use crate::lists::{ListInfo, RUNS};
use crate::pages::frame::PageContext;
use crate::pages::list_page::{ListFrame, ListPage, ListRequest, ListRows};
use crate::pages::menu::Section;
use crate::texts::texts;
use crate::ui::chip::dotted;
use crate::ui::clock::Clock;
use crate::ui::filters::{Address, Chip, FilterOption, select};
use crate::ui::form::{ask, once};
use crate::ui::icon::Icon;
use crate::ui::table::{Column, ListOrder, Table};
use crate::ui::{note, number, words};

/// Query parameters that hold the filters.
const NAMES: [&str; 2] = ["kind", "state"];
/// Periods to replay, in days.
const PERIODS: [u8; 3] = [7, 30, 90];

/// The list of runs.
pub struct RunList {
    address: Address,
    kind: Option<RunKind>,
    state: Option<RunState>,
    sorted: ListOrder,
}

/// Data that the page shows in addition to the runs.
pub struct RunListExtras {
    names: BTreeMap<String, String>,
    workflows: Vec<WorkflowName>,
    clock: Clock,
}

impl ListPage for RunList {
    type Row = Run;
    type Place = Uuid;
    type Extras = RunListExtras;

    const INFO: ListInfo = RUNS;
    const FILTERS: &'static [&'static str] = &NAMES;
    const PAGE_ROWS: usize = PAGE_ROWS;
    const HEAD: &'static [&'static str] = &["Id", "Run", "State", "Progress", "Started", "Finished"];
    const TOPIC: Option<Topic> = Some(Topic::Runs);

    fn heading(_address: &Address) -> (Section, String) {
        (Section::Runs, texts().runs_title())
    }

    fn rows_said(rows: usize) -> String {
        texts().runs_rows(rows, number::count(rows as i64))
    }

    async fn read(_store: &Store, asked: ListRequest) -> Result<Self> {
        let address = asked.address;
        Ok(Self {
            kind: address.parsed("kind"),
            state: address.parsed("state"),
            sorted: ListOrder::read(&address, &["when"]),
            address,
        })
    }

    fn address(&self) -> &Address {
        &self.address
    }

    fn sorted(&self) -> ListOrder {
        self.sorted
    }

    async fn rows(&self, store: &Store, cursor: RunCursor, limit: usize) -> Result<ListRows<Run, Uuid>> {
        let filter = RunFilter { kind: self.kind.map(|kind| kind.to_string()), state: self.state };
        let found = runs::page(store, &filter, self.sorted.order, cursor, limit).await?;
        Ok(ListRows { rows: found.runs, beside: found.beside, cut: false, total: None })
    }

    async fn extras(&self, here: &PageContext, found: &ListRows<Run, Uuid>) -> Result<RunListExtras> {
        let store = &here.request.store;
        let who: Vec<String> = found.rows.iter().map(|run| run.created_by.clone()).collect();
        Ok(RunListExtras {
            names: names_of_actors(store, &who).await?,
            workflows: if here.may::<StartReplay>() { workflow_names(store).await? } else { Vec::new() },
            clock: here.clock,
        })
    }

    fn table<'a>(&'a self, extras: &'a RunListExtras) -> Table<'a, Run, String> {
        table(&extras.names, extras.clock)
    }

    fn surroundings(
        &self,
        here: &PageContext,
        _flash: &Flash,
        extras: &RunListExtras,
        _found: &ListRows<Run, Uuid>,
    ) -> ListFrame<String> {
        let bar = view! {
            <h1>{texts().runs_title()}</h1>
            <span class="meta">{texts().runs_about()}</span>
            <span class="push row">
                {here.may::<StartImport>().then(|| view! { <a class="btn" href="/import">{texts().runs_import_leads()}</a> })}
                {here.may::<StartReplay>().then(|| replay(here, &extras.workflows))}
            </span>
        };
        ListFrame {
            bar: bar.into_any(),
            form: form(self).into_any(),
            chips: self.chips(),
            cleared: self.address.start().without(&NAMES).href(),
            tabs: ().into_any(),
            above: ().into_any(),
            below: ().into_any(),
        }
    }

    fn empty(&self, _extras: &RunListExtras, _found: &ListRows<Run, Uuid>) -> AnyView {
        if self.kind.is_some() || self.state.is_some() {
            let all = view! { <a class="btn" href=RUNS.path>{texts().runs_show_all()}</a> };
            return note::empty(Icon::Search, texts().runs_none_match_title(), all).into_any();
        }
        let text = view! { <p>{texts().runs_none()}</p> };
        note::empty(Icon::Hourglass, texts().runs_none_title(), text).into_any()
    }

    async fn lines(&self, _store: &Store, rows: Vec<Run>) -> Result<Vec<Vec<String>>> {
        Ok(rows.iter().map(line).collect())
    }
}

/// Formats a run as a row of the CSV export.
fn line(run: &Run) -> Vec<String> {
    vec![
        run.id.to_string(),
        title(run),
        run.state.parse().map_or_else(|_| run.state.clone(), |state| words::run_state(state).1.to_owned()),
        result::one_line(run),
        instant(Some(run.created_at)),
        instant(run.finished_at),
    ]
}

impl RunList {
    fn chips(&self) -> Vec<Chip<String>> {
        let bare = self.address.start();
        let kind = self.kind.map(|kind| words::run_kind(kind).to_owned());
        let state = self.state.map(|state| words::run_state(state).1.to_owned());
        [(texts().runs_kind(), "kind", kind), (texts().runs_state(), "state", state)]
            .into_iter()
            .filter_map(|(name, key, value)| {
                Some(Chip { name, value: value?, href: bare.without(&[key]).href() })
            })
            .collect()
    }
}

fn form(list: &RunList) -> impl IntoView + use<> {
    let kinds: Vec<FilterOption> =
        RunKind::VARIANTS.iter().map(|kind| (kind.to_string(), words::run_kind(*kind).to_owned())).collect();
    let states: Vec<FilterOption> = RunState::VARIANTS
        .iter()
        .map(|state| (state.to_string(), words::run_state(*state).1.to_owned()))
        .collect();
    view! {
        <form role="search" method="get" action=RUNS.path aria-label=texts().runs_find()>
            {list.address.kept(&["sort", "cols"])}
            {select(texts().runs_kind(), "kind", texts().runs_any_kind(), kinds, list.address.get("kind"))}
            {select(texts().runs_state(), "state", texts().runs_any_state(), states, list.address.get("state"))}
            <button class="btn">{texts().runs_filter()}</button>
        </form>
    }
}

fn table(names: &BTreeMap<String, String>, clock: Clock) -> Table<'_, Run, String> {
    let columns = vec![
        Column::new("run", texts().runs_column_run(), "", |run: &Run| {
            view! { <a href=format!("/runs/{}", run.id)>{title(run)}</a> }
        }),
        Column::new("state", texts().runs_column_state(), "first", state),
        Column::new("progress", texts().runs_column_progress(), "wide", result::one_line),
        Column::new("by", texts().runs_column_started_by(), "", move |run: &Run| {
            words::actor(&run.created_by, names)
        })
        .label(texts().runs_column_started_by()),
        Column::new("when", texts().runs_column_started(), "num", move |run: &Run| {
            clock.stamp(run.created_at)
        })
        .sort("when")
        .label(texts().runs_column_started()),
        Column::new("process", texts().runs_column_process(), "quiet", |run: &Run| run.runner.clone())
            .label(texts().runs_column_process())
            .extra(),
    ];
    Table { caption: texts().runs_caption(), class: "runs", columns, choose: None }
}

/// Returns the title of a run.
fn title(run: &Run) -> String {
    let Ok(kind) = run.kind.parse::<RunKind>() else { return words::sentence(&run.kind) };
    let text = |name: &str| run.input.get(name).and_then(serde_json::Value::as_str);
    match kind {
        RunKind::Import => text("file_name")
            .map_or_else(|| words::run_kind(kind).to_owned(), |name| texts().runs_import_of(name)),
        RunKind::ChangeImpact => match run.input.get("change").and_then(serde_json::Value::as_i64) {
            Some(number) => texts().runs_impact_of(number.to_string()),
            None => words::run_kind(kind).to_owned(),
        },
        RunKind::ReplayDecisions | RunKind::ReplayDeliveries => words::run_kind(kind).to_owned(),
    }
}

/// Renders the state of a run with its color.
fn state(run: &Run) -> impl IntoView + use<> {
    let (tone, word) = match (run.state.parse(), &run.cancelled_by) {
        (Ok(RunState::Running), Some(_)) => ("warn", texts().runs_cancelling()),
        (Ok(state), _) => {
            let (tone, word) = words::run_state(state);
            (tone, word.to_owned())
        }
        (Err(_), _) => ("unknown", texts().runs_unknown_state()),
    };
    dotted(tone, word)
}

fn replay(here: &PageContext, workflows: &[WorkflowName]) -> impl IntoView + use<> {
    let workflows: Vec<FilterOption> =
        workflows.iter().map(|known| (known.name.clone(), known.title.clone())).collect();
    let periods = PERIODS.iter().map(|days| (days.to_string(), texts().runs_last_days(*days))).collect();
    let form = view! {
        <form method="post" action=StartReplay::PATH>
            {once(&here.request, "start-replay")}
            <p class="meta">{texts().runs_replay_explained()}</p>
            {select(texts().runs_workflow(), "workflow", texts().runs_all_workflows(), workflows, None)}
            {select(texts().runs_period(), "days", texts().runs_all_time(), periods, None)}
            <button class="btn primary">{texts().runs_replay()}</button>
        </form>
    };
    ask(texts().runs_replay(), false, form)
}
