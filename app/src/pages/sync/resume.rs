//! Confirms that a destination or a workflow is resumed, after it says what that does to the actions that wait.

use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use leptos_router::hooks::use_query_map;
use store::control::kill::{StopScope, kill_switches};
use store::reads::frame::workflow_names;
use store::sync::{
    Resumption, UnfinishedState, destinations, resumption_of_destination, resumption_of_workflows,
};

use crate::actions::queue::count;
use crate::actions::stop::{ALL, REASON_CHARS, ResumeWorkflow, scope};
use crate::actions::sync::ResumeDestination;
use crate::error::{Error, Missing, Result};
use crate::flash::Flash;
use crate::lists::EFFECTS;
use crate::pages::frame::{PageContent, PageContext, page};
use crate::pages::menu::Section;
use crate::texts::texts;
use crate::ui::filters::Address;
use crate::ui::icon::{Icon, icon};
use crate::ui::note::{Tone, note};
use crate::ui::{number, titles};

/// Renders the confirmation.
#[component]
pub fn ResumePage() -> impl IntoView {
    let query = use_query_map().get_untracked();
    let flash = use_context::<Flash>().unwrap_or_default();
    let target = match (query.get("destination"), query.get("workflow")) {
        (Some(name), _) => Some(Target::Destination(name)),
        (None, Some(name)) => Some(Target::Workflow(name)),
        (None, None) => None,
    };
    page(Section::Outbox, move |here| load(here, target, flash))
}

/// What is to be resumed, by name.
enum Target {
    Destination(String),
    Workflow(String),
}

/// What the page says about the target.
struct Loaded {
    /// Heading and button.
    title: String,
    /// Sentence that says that it runs.
    running: String,
    /// Why it does not run; `None` if it runs.
    reason: Option<String>,
    resumption: Resumption,
    /// URL of the actions that will not be sent.
    expired: String,
}

async fn load(here: PageContext, target: Option<Target>, flash: Flash) -> Result<PageContent> {
    let target = target.ok_or(Error::NotFound { what: Missing::Destination })?;
    let loaded = match &target {
        Target::Destination(name) => of_paused(&here, name).await?,
        Target::Workflow(name) => of_stopped(&here, name).await?,
    };
    let title = loaded.title.clone();
    let bar = view! {
        <nav aria-label=texts().deliveries_breadcrumb()><a href="/sync">{texts().deliveries_title()}</a><span aria-hidden="true">" /"</span></nav>
        <h1>{title.clone()}</h1>
    };
    let is_workflow = matches!(target, Target::Workflow(_));
    let body = match &loaded.reason {
        None => Either::Left(view! {
            <p>{loaded.running.clone()}</p>
            <p><a class="btn" href="/sync">{texts().resume_back()}</a></p>
        }),
        Some(reason) => {
            let (said, may) = match target {
                Target::Destination(_) => (texts().resume_paused(reason), here.may::<ResumeDestination>()),
                Target::Workflow(_) => (texts().resume_stopped(reason), here.may::<ResumeWorkflow>()),
            };
            let queued = here.queued.clone().unwrap_or_default();
            let form = may.then(|| form(&target, &loaded.title, &flash));
            Either::Right(view! {
                <p class="quiet">{said}</p>
                {consequence(&loaded, is_workflow.then_some(queued))}
                {form}
            })
        }
    };
    let body = view! { <div class="confirm">{body}</div> };
    Ok(PageContent { title, bar: bar.into_any(), body: body.into_any() })
}

async fn of_paused(here: &PageContext, name: &str) -> Result<Loaded> {
    let store = &here.request.store;
    let found = destinations(store).await?.into_iter().find(|known| known.name == name);
    let found = found.ok_or(Error::NotFound { what: Missing::Destination })?;
    let expired: &'static str = UnfinishedState::Expired.into();
    Ok(Loaded {
        title: texts().resume_title(titles::destination(name)),
        running: texts().resume_not_paused(titles::destination(name)),
        reason: found.paused_reason.clone(),
        resumption: resumption_of_destination(store, found.id(), here.clock.now).await?,
        expired: Address::new(EFFECTS.path).with("destination", name).with("state", expired).href(),
    })
}

async fn of_stopped(here: &PageContext, name: &str) -> Result<Loaded> {
    let store = &here.request.store;
    let (title, running) = if name == ALL {
        (texts().resume_title_all(), texts().resume_not_all_stopped())
    } else {
        let known = workflow_names(store).await?.into_iter().find(|known| known.name == name);
        let workflow = known.ok_or(Error::NotFound { what: Missing::Workflow })?.title;
        (texts().resume_title(&workflow), texts().resume_not_stopped(&workflow))
    };
    let scope = scope(name);
    let is_same = |workflow: Option<&str>| match &scope {
        StopScope::All => workflow.is_none(),
        StopScope::Workflow(name) => workflow == Some(name),
    };
    let switch = kill_switches(store).await?.into_iter().find(|stop| is_same(stop.workflow.as_deref()));
    let expired: &'static str = UnfinishedState::Expired.into();
    Ok(Loaded {
        title,
        running,
        reason: switch.map(|switch| switch.reason),
        resumption: resumption_of_workflows(store, &scope, here.clock.now).await?,
        expired: Address::new(EFFECTS.path).with("state", expired).href(),
    })
}

/// Renders what happens to the actions that wait and, for a workflow, to the leads in the queue.
fn consequence(loaded: &Loaded, queued: Option<i64>) -> impl IntoView + use<> {
    let Resumption { waiting, expired, held } = loaded.resumption;
    let sent = sentence_of_sent(&loaded.resumption);
    let kept = (held > 0).then(|| {
        let shown = number::count(held);
        let text = match queued {
            Some(_) => texts().resume_held_by_destination(held, shown),
            None => texts().resume_held_by_workflow(held, shown),
        };
        view! { <li>{text}</li> }
    });
    let leads = queued.map(|queued| view! { <li>{texts().resume_queue(queued, count(queued))}</li> });
    let lost = (expired > 0).then(|| {
        note(
            Tone::Warn,
            view! {
                <p><strong>{sentence_of_expired(waiting, expired)}</strong></p>
                <p class="meta">{texts().resume_expired_about()}</p>
                <div class="row"><a class="btn" href=loaded.expired.clone()>{texts().resume_show_expired()}</a></div>
            },
        )
    });
    view! {
        <h2>{texts().resume_consequences()}</h2>
        <ul class="plain-list"><li>{sent}</li>{kept}{leads}</ul>
        {lost}
    }
}

/// Returns how many actions are sent.
fn sentence_of_sent(resumption: &Resumption) -> String {
    match resumption.sent() {
        0 if resumption.waiting == 0 => texts().resume_none_waiting(),
        0 => texts().resume_none_sent(),
        many => texts().resume_sent(many, number::count(many)),
    }
}

/// Returns how many of the waiting actions will not be sent.
fn sentence_of_expired(waiting: i64, expired: i64) -> String {
    texts().resume_expired(expired, number::count(expired), number::count(waiting))
}

fn form(target: &Target, title: &str, flash: &Flash) -> impl IntoView + use<> {
    let (path, field, name) = match target {
        Target::Destination(name) => (ResumeDestination::PATH, "destination", name.clone()),
        Target::Workflow(name) => (ResumeWorkflow::PATH, "workflow", name.clone()),
    };
    let error = flash.errors.get("reason").cloned();
    let described = error.is_some().then_some("reason-error");
    view! {
        <form method="post" action=path>
            <input type="hidden" name=field value=name />
            <label class="label">
                {texts().resume_reason()}
                <input
                    class="field" name="reason" required maxlength=REASON_CHARS.to_string() autocomplete="off"
                    value=flash.values.get("reason").cloned()
                    aria-invalid=error.is_some().then_some("true") aria-describedby=described
                />
            </label>
            {error.map(|error| view! { <p id="reason-error" class="tone" data-a="bad" role="alert">{error}</p> })}
            <p class="meta">{texts().resume_reason_about()}</p>
            <div class="row">
                <button class="btn primary">{icon(Icon::Check)}{title.to_owned()}</button>
                <a class="btn" href="/sync">{texts().resume_cancel()}</a>
            </div>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_sent_is_said_with_its_share() {
        assert_eq!(
            sentence_of_expired(210, 189),
            "189 of 210 waiting actions have expired and will not be sent."
        );
        assert_eq!(
            sentence_of_expired(1_210, 1),
            "1 of 1,210 waiting actions has expired and will not be sent."
        );
    }

    #[test]
    fn what_is_sent_leaves_out_what_is_held_and_what_expired() {
        let of = |waiting, expired, held| sentence_of_sent(&Resumption { waiting, expired, held });
        assert_eq!(of(0, 0, 0), "No actions are waiting.");
        assert_eq!(of(210, 189, 0), "21 actions are sent immediately, oldest first.");
        assert_eq!(of(210, 189, 20), "1 action is sent immediately.");
        assert_eq!(of(210, 200, 10), "No actions are sent now.");
    }
}
