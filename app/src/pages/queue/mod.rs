//! The queue: leads that wait for a person, one of them open.

mod decide;
mod list;
pub(crate) mod load;
mod open_lead;

use leptos::either::Either;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use store::control::kill::KillSwitch;
use store::refresh::Topic;

use super::frame::{PageContent, PageContext, page};
use super::menu::Section;
use crate::actions::queue::{QueueFilter, count};
use crate::error::Result;
use crate::flash::Flash;
use crate::islands::{Keys, Triage};
use crate::ui::icon::Icon;
use crate::ui::note::Tone;
use crate::ui::{note, number, refresh};
use load::{QueueData, QueueQuery, REFRESH};

pub use list::{priority, waited};
pub use load::midnight;

/// Renders the queue.
#[component]
pub fn Queue() -> impl IntoView {
    let query = use_query_map().get_untracked();
    let text = |name: &str| query.get(name).unwrap_or_default().trim().to_owned();
    let shown = QueueFilter {
        workflow: text("workflow"),
        queue: text("queue"),
        action: text("action"),
        of: text("of"),
    };
    let asked = QueueQuery {
        shown,
        lead: query.get("lead"),
        workflow: query.get("in"),
        is_refresh: query.get(REFRESH).is_some(),
    };
    let flash = use_context::<Flash>().unwrap_or_default();
    page(Section::Queue, move |here| show(here, asked, flash))
}

async fn show(here: PageContext, asked: QueueQuery, flash: Flash) -> Result<PageContent> {
    let loaded = Box::pin(load::load(&here, asked)).await?;
    let title = match loaded.total {
        0 => "Queue".to_owned(),
        total => format!("Queue, {} waiting", count(total)),
    };
    Ok(PageContent { title, bar: bar(&loaded).into_any(), body: body(&here, &loaded, &flash).into_any() })
}

fn bar(loaded: &QueueData) -> impl IntoView + use<> {
    let oldest = loaded
        .oldest
        .filter(|_| loaded.everything > 0)
        .map(|since| format!(", oldest {}", list::waited(loaded.clock, since)));
    let waiting = format!("{}\u{a0}waiting{}.", count(loaded.everything), oldest.unwrap_or_default());
    let own = (loaded.may && loaded.decided_today > 0)
        .then(|| format!(" You decided {} today.", number::count(loaded.decided_today)));
    let waiting = view! { <span class="meta">{waiting}{own}</span> };
    view! { <h1>"Queue"</h1>{refresh::part("queue-count", Topic::Queue, waiting)}{decide::take_back(loaded)} }
}

fn body(here: &PageContext, loaded: &QueueData, flash: &Flash) -> impl IntoView + use<> {
    if loaded.everything == 0 && loaded.open.is_none() {
        let steps = view! {
            <p>"Leads come here when a rule needs a field that is missing, when no rule matches, or when a workflow is stopped."</p>
            <a class="btn" href="/leads">"Open leads"</a>
        };
        let empty =
            refresh::part("queue-empty", Topic::Queue, note::empty(Icon::Inbox, "The queue is empty", steps));
        return Either::Left(view! { {stops(loaded)}{empty}{refresh::subscribe(&[Topic::Queue])} });
    }
    let open = match &loaded.open {
        Some(open) => open_lead::pane(here, loaded, open, flash).into_any(),
        None => {
            let steps = view! { <a class="btn" href="/queue">"Show the whole queue"</a> };
            let empty = note::empty(Icon::Inbox, "No leads match these filters", steps);
            view! { <div class="pane"><div class="work">{refresh::part("queue-none", Topic::Queue, empty)}</div></div> }
                .into_any()
        }
    };
    Either::Right(view! {
        {stops(loaded)}
        <div class="queue">{list::list(loaded).into_any()}{open}</div>
        <Keys />
        <Triage />
        {refresh::subscribe(&[Topic::Queue])}
    })
}

/// Renders which workflows are stopped, and how that affects decisions made here.
fn stops(loaded: &QueueData) -> impl IntoView + use<> {
    let one = |stop: &KillSwitch| {
        let title = stop.workflow_id.map_or_else(
            || Some("Every workflow".to_owned()),
            |id| loaded.workflows.iter().find(|known| known.id == id).map(|known| known.title.clone()),
        );
        let stopped = format!("{} is stopped. ", title.unwrap_or_default());
        note::note(
            Tone::Warn,
            view! { <p><strong>{stopped}</strong>{stop.reason.clone()}" Your decisions are saved; nothing is sent until it resumes."</p> },
        )
    };
    let all = loaded.stops.iter().map(one).collect_view();
    refresh::part("queue-stops", Topic::Queue, view! { <div class="stops">{all}</div> })
}
