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
use crate::texts::texts;
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
        0 => texts().queue_title(),
        total => texts().queue_title_waiting(count(total)),
    };
    Ok(PageContent { title, bar: bar(&loaded).into_any(), body: body(&here, &loaded, &flash).into_any() })
}

fn bar(loaded: &QueueData) -> impl IntoView + use<> {
    let everything = count(loaded.everything);
    let waiting = match loaded.oldest.filter(|_| loaded.everything > 0) {
        Some(since) => texts().queue_waiting_oldest(everything, list::waited(loaded.clock, since)),
        None => texts().queue_waiting(everything),
    };
    let own = (loaded.may && loaded.decided_today > 0).then(|| {
        let said = texts().queue_own(number::count(loaded.decided_today));
        view! { " "{said} }
    });
    let waiting = view! { <span class="meta">{waiting}{own}</span> };
    view! { <h1>{texts().queue_title()}</h1>{refresh::part("queue-count", Topic::Queue, waiting)}{decide::take_back(loaded)} }
}

fn body(here: &PageContext, loaded: &QueueData, flash: &Flash) -> impl IntoView + use<> {
    if loaded.everything == 0 && loaded.open.is_none() {
        let steps = view! {
            <p>{texts().queue_empty()}</p>
            <a class="btn" href="/leads">{texts().queue_open_leads()}</a>
        };
        let empty = note::empty(Icon::Inbox, texts().queue_empty_title(), steps);
        let empty = refresh::part("queue-empty", Topic::Queue, empty);
        return Either::Left(view! { {stops(loaded)}{empty}{refresh::subscribe(&[Topic::Queue])} });
    }
    let open = match &loaded.open {
        Some(open) => open_lead::pane(here, loaded, open, flash).into_any(),
        None => {
            let steps = view! { <a class="btn" href="/queue">{texts().queue_show_all()}</a> };
            let empty = note::empty(Icon::Inbox, texts().queue_none_match(), steps);
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
        let title = |id| loaded.workflows.iter().find(|known| known.id == id).map(|known| &*known.title);
        let (stopped, about) = match stop.workflow_id {
            Some(id) => (texts().queue_stopped(title(id).unwrap_or_default()), texts().queue_stopped_about()),
            None => (texts().queue_stopped_all(), texts().queue_stopped_all_about()),
        };
        note::note(Tone::Warn, view! { <p><strong>{stopped}</strong>" "{stop.reason.clone()}" "{about}</p> })
    };
    let all = loaded.stops.iter().map(one).collect_view();
    refresh::part("queue-stops", Topic::Queue, view! { <div class="stops">{all}</div> })
}
