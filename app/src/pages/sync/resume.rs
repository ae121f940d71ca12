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
use crate::error::{Error, Result};
use crate::flash::Flash;
use crate::lists::EFFECTS;
use crate::pages::frame::{PageContent, PageContext, page};
use crate::pages::menu::Section;
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
    title: String,
    /// Why it does not run; `None` if it runs.
    reason: Option<String>,
    resumption: Resumption,
    /// URL of the actions that will not be sent.
    expired: String,
}

async fn load(here: PageContext, target: Option<Target>, flash: Flash) -> Result<PageContent> {
    let target = target.ok_or_else(|| Error::NotFound { what: "destination".into() })?;
    let loaded = match &target {
        Target::Destination(name) => of_paused(&here, name).await?,
        Target::Workflow(name) => of_stopped(&here, name).await?,
    };
    let title = format!("Resume {}", in_sentence(&loaded.title));
    let bar = view! {
        <nav aria-label="Breadcrumb"><a href="/sync">"Deliveries"</a><span aria-hidden="true">" /"</span></nav>
        <h1>{title.clone()}</h1>
    };
    let is_workflow = matches!(target, Target::Workflow(_));
    let body = match &loaded.reason {
        None => Either::Left(view! {
            <p>{format!("{} is not {}.", loaded.title, if is_workflow { "stopped" } else { "paused" })}</p>
            <p><a class="btn" href="/sync">"Back to deliveries"</a></p>
        }),
        Some(reason) => {
            let (word, may) = match target {
                Target::Destination(_) => ("Paused", here.may::<ResumeDestination>()),
                Target::Workflow(_) => ("Stopped", here.may::<ResumeWorkflow>()),
            };
            let queued = here.queued.clone().unwrap_or_default();
            let form = may.then(|| form(&target, &loaded.title, &flash));
            Either::Right(view! {
                <p class="quiet">{format!("{word}: {reason}")}</p>
                {consequence(&loaded, is_workflow.then_some(queued))}
                {form}
            })
        }
    };
    let body = view! { <div class="confirm">{body}</div> };
    Ok(PageContent { title, bar: bar.into_any(), body: body.into_any() })
}

/// Returns a title inside a sentence.
fn in_sentence(title: &str) -> String {
    title.replacen("Every workflow", "every workflow", 1)
}

async fn of_paused(here: &PageContext, name: &str) -> Result<Loaded> {
    let store = &here.request.store;
    let found = destinations(store).await?.into_iter().find(|known| known.name == name);
    let found = found.ok_or_else(|| Error::NotFound { what: "destination".into() })?;
    let expired: &'static str = UnfinishedState::Expired.into();
    Ok(Loaded {
        title: titles::destination(name),
        reason: found.paused_reason.clone(),
        resumption: resumption_of_destination(store, found.id(), here.clock.now).await?,
        expired: Address::new(EFFECTS.path).with("destination", name).with("state", expired).href(),
    })
}

async fn of_stopped(here: &PageContext, name: &str) -> Result<Loaded> {
    let store = &here.request.store;
    let title = if name == ALL {
        "Every workflow".to_owned()
    } else {
        let known = workflow_names(store).await?.into_iter().find(|known| known.name == name);
        known.ok_or_else(|| Error::NotFound { what: "workflow".into() })?.title
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
        let what = if queued.is_some() { "their destination is paused" } else { "their workflow is stopped" };
        view! { <li>{format!("{} on hold because {what}.", remain(held))}</li> }
    });
    let leads = queued.map(|queued| {
        let leads = if queued == 1 {
            "The 1 lead in the queue stays there.".to_owned()
        } else {
            format!("The {} leads in the queue stay there.", count(queued))
        };
        let leads = if queued == 0 { String::new() } else { format!(" {leads}") };
        view! { <li>{format!("The rules decide new leads again.{leads}")}</li> }
    });
    let lost = (expired > 0).then(|| {
        note(
            Tone::Warn,
            view! {
                <p><strong>{sentence_of_expired(waiting, expired)}</strong></p>
                <p class="meta">"To send a lead's current state, evaluate the lead again after you resume."</p>
                <div class="row"><a class="btn" href=loaded.expired.clone()>"Show expired actions"</a></div>
            },
        )
    });
    view! {
        <h2>"What happens"</h2>
        <ul class="plain-list"><li>{sent}</li>{kept}{leads}</ul>
        {lost}
    }
}

/// Returns how many actions are sent.
fn sentence_of_sent(resumption: &Resumption) -> String {
    match resumption.sent() {
        0 if resumption.waiting == 0 => "No actions are waiting.".into(),
        0 => "No action is sent now.".into(),
        1 => "1 action is sent at once.".into(),
        many => format!("{} actions are sent at once, the oldest first.", number::count(many)),
    }
}

/// Returns how many of the waiting actions will not be sent.
fn sentence_of_expired(waiting: i64, expired: i64) -> String {
    let all = number::count(waiting);
    match expired {
        1 => format!("1 of {all} is past its expiry and will not be sent."),
        many => format!("{} of {all} are past their expiry and will not be sent.", number::count(many)),
    }
}

fn remain(held: i64) -> String {
    if held == 1 { "1 action stays".into() } else { format!("{} actions stay", number::count(held)) }
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
                "Reason"
                <input
                    class="field" name="reason" required maxlength=REASON_CHARS.to_string() autocomplete="off"
                    value=flash.values.get("reason").cloned()
                    aria-invalid=error.is_some().then_some("true") aria-describedby=described
                />
            </label>
            {error.map(|error| view! { <p id="reason-error" class="tone" data-a="bad" role="alert">{error}</p> })}
            <p class="meta">"The reason is recorded in the audit log."</p>
            <div class="row">
                <button class="btn primary">{icon(Icon::Check)}{format!("Resume {}", in_sentence(title))}</button>
                <a class="btn" href="/sync">"Cancel"</a>
            </div>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_sent_is_said_with_its_share() {
        assert_eq!(sentence_of_expired(210, 189), "189 of 210 are past their expiry and will not be sent.");
        assert_eq!(sentence_of_expired(1_210, 1), "1 of 1,210 is past its expiry and will not be sent.");
    }

    #[test]
    fn what_is_sent_leaves_out_what_is_held_and_what_expired() {
        let of = |waiting, expired, held| sentence_of_sent(&Resumption { waiting, expired, held });
        assert_eq!(of(0, 0, 0), "No actions are waiting.");
        assert_eq!(of(210, 189, 0), "21 actions are sent at once, the oldest first.");
        assert_eq!(of(210, 189, 20), "1 action is sent at once.");
        assert_eq!(of(210, 200, 10), "No action is sent now.");
    }
}
