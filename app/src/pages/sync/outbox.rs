//! The outbox: each destination with its state and waiting deliveries.

use std::collections::BTreeMap;

use engine::sync::flow::Pace;
use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use store::control::kill::{KillSwitch, kill_switches};
use store::reads::frame::{names_of_actors, workflow_names};
use store::refresh::Topic;
use store::sync::history::FinalState;
use store::sync::{
    DestinationRecord, OpenBreaker, OutboxCount, UnfinishedState, destinations, open_breakers, outbox_counts,
    used_on,
};
use store::titles::{TITLE_CHARS, TitledObject};

use crate::actions::sync::{PauseDestination, ReviewExpired, resume_destination_page};
use crate::actions::titles::SetDestinationTitle;
use crate::error::Result;
use crate::flash::Flash;
use crate::lists::{EFFECTS, HISTORY};
use crate::pages::frame::{PageContent, PageContext, page};
use crate::pages::menu::Section;
use crate::ui::chip::dotted;
use crate::ui::clock::Clock;
use crate::ui::filters::Address;
use crate::ui::form::ask;
use crate::ui::icon::Icon;
use crate::ui::note::{self, Tone, note};
use crate::ui::{number, refresh, titles, words};

/// Renders the outbox.
#[component]
pub fn Outbox() -> impl IntoView {
    let flash = use_context::<Flash>().unwrap_or_default();
    page(Section::Outbox, move |here| load(here, flash))
}

/// A destination with its current state.
struct Line {
    record: DestinationRecord,
    count: OutboxCount,
    breaker: Option<OpenBreaker>,
    used_today: u32,
}

async fn load(here: PageContext, flash: Flash) -> Result<PageContent> {
    let store = &here.request.store;
    let lines = lines(&here).await?;
    let switches = kill_switches(store).await?;
    let who: Vec<String> = switches.iter().map(|switch| switch.killed_by.clone()).collect();
    let names = names_of_actors(store, &who).await?;
    let titles: BTreeMap<_, _> =
        workflow_names(store).await?.into_iter().map(|workflow| (workflow.id, workflow.title)).collect();
    let stops = switches.iter().map(|switch| stopped(switch, &titles, &names, here.clock)).collect_view();
    let stops = (!switches.is_empty()).then(|| view! { <div class="notes">{stops}</div> });
    let said = view! { <span class="meta">{summary(&lines)}</span> };
    // The bar counts what the table counts, so both update together.
    let summary = view! {
        <h1>"Deliveries"</h1>{refresh::part("outbox-summary", Topic::Sync, said)}
        <a class="btn plain push" href=HISTORY.path>"History"</a>
    };
    let body = if lines.is_empty() {
        Either::Left(no_destination())
    } else {
        let arrived = lines.iter().all(|line| line.count.unfinished() + line.count.expired == 0);
        let arrived = arrived.then(|| {
            let text = "Decisions are sent as they are made. Actions that are waiting, being sent, failed or expired are counted above.";
            view! { <div class="gap">{note::empty(Icon::Check, "Everything has arrived", view! { <p>{text}</p> })}</div> }
        });
        let expired = lines.iter().filter_map(|line| expired(line, &here)).collect_view();
        Either::Right(
            view! { <div class="notes">{expired}</div>{table(&lines, &here, &flash).into_any()}{arrived} },
        )
    };
    let body = view! { {refresh::part("outbox", Topic::Sync, view! { {stops}{body} })}{refresh::subscribe(&[Topic::Sync])} };
    Ok(PageContent { title: "Deliveries".into(), bar: summary.into_any(), body: body.into_any() })
}

async fn lines(here: &PageContext) -> Result<Vec<Line>> {
    let store = &here.request.store;
    let mut counts: BTreeMap<_, _> = outbox_counts(store, here.clock.now)
        .await?
        .into_iter()
        .map(|count| (count.destination_id, count))
        .collect();
    let mut breakers: BTreeMap<_, _> =
        open_breakers(store).await?.into_iter().map(|breaker| (breaker.destination_id, breaker)).collect();
    let used = used_on(store, here.clock.now.date_naive()).await?;
    let line = |record: DestinationRecord| {
        let id = record.id().0;
        // A destination added after the counts were read has no count yet.
        let count = counts.remove(&id)?;
        let used_today = used.get(&id).and_then(|used| u32::try_from(*used).ok()).unwrap_or(0);
        Some(Line { breaker: breakers.remove(&id), used_today, record, count })
    };
    Ok(destinations(store).await?.into_iter().filter_map(line).collect())
}

/// Summarizes all destinations in a few words.
fn summary(lines: &[Line]) -> String {
    let sum = |of: fn(&OutboxCount) -> i64| lines.iter().map(|line| of(&line.count)).sum::<i64>();
    let counts = [
        (sum(|c| c.ready), "waiting"),
        (sum(|c| c.running), "being sent"),
        (sum(|c| c.dead), "failed"),
        (sum(OutboxCount::not_sent), "expired"),
    ];
    let mut parts = vec![number::plural(lines.len() as i64, "destination", "destinations")];
    parts.extend(
        counts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{} {word}", number::count(*n))),
    );
    parts.join(", ")
}

/// Renders the warning that actions for a destination expired; returns `None` if none did.
fn expired(line: &Line, here: &PageContext) -> Option<impl IntoView + use<>> {
    let count = &line.count;
    if count.not_sent() == 0 {
        return None;
    }
    let title = titles::destination(&line.record.name);
    let text = match count.not_sent() {
        1 => format!("1 action to {title} expired and was not sent."),
        many => format!("{} actions to {title} expired and were not sent.", number::count(many)),
    };
    let review = (count.expired > 0 && here.may::<ReviewExpired>()).then(|| {
        view! {
            <form method="post" action=ReviewExpired::PATH>
                <input type="hidden" name="destination" value=line.record.name.clone() />
                <button class="btn">"Mark as reviewed"</button>
            </form>
        }
    });
    let lists = view! {
        {(count.overdue > 0).then(|| view! { <a class="btn" href=list(&line.record.name, UnfinishedState::Expired)>"Show expired actions"</a> })}
        {(count.expired > 0).then(|| view! { <a class="btn" href=closed(&line.record.name)>"Show in the history"</a> })}
    };
    Some(note(
        Tone::Warn,
        view! {
            <p><strong>{text}</strong></p>
            <p class="meta">"They waited longer than they are of use. To send a lead's current state, evaluate the lead again."</p>
            <div class="row">{lists}{review}</div>
        },
    ))
}

/// Returns the URL of a destination's unfinished actions in a state.
fn list(destination: &str, state: UnfinishedState) -> String {
    Address::new(EFFECTS.path).with("destination", destination).with("state", <&str>::from(state)).href()
}

/// Returns the URL of a destination's actions that were closed as expired.
fn closed(destination: &str) -> String {
    let state: &'static str = FinalState::Expired.into();
    Address::new(HISTORY.path).with("destination", destination).with("state", state).href()
}

fn stopped(
    switch: &KillSwitch,
    titles: &BTreeMap<uuid::Uuid, String>,
    names: &BTreeMap<String, String>,
    clock: Clock,
) -> impl IntoView + use<> {
    let what = match (&switch.workflow_id, &switch.workflow) {
        (Some(id), Some(name)) => titles.get(id).unwrap_or(name).clone(),
        _ => "Every workflow".into(),
    };
    let by = words::actor(&switch.killed_by, names);
    let reason = switch.reason.clone();
    note(
        Tone::Bad,
        view! {
            <p><strong>{format!("{what} is stopped: ")}</strong>{reason}</p>
            <p class="meta">{format!("By {by} ")}{clock.stamp_in_sentence(switch.killed_at)}". Its leads go to people, and nothing of it is sent."</p>
        },
    )
}

fn no_destination() -> impl IntoView {
    let file = "destinations:\n  crm-webhook:\n    kind: webhook\n    settings: {url: \"https://crm.example/hooks/meshline\"}\n    \
                secret: {env: CRM_WEBHOOK_SECRET}\n\nmeshline apply my-workflow.yaml --bootstrap";
    let steps = view! {
        <p>"A destination is a system that decisions are written to: a warehouse, or any system that takes a webhook. Describe one in your workflow's file and apply it:"</p>
        <pre class="code" tabindex="0">{file}</pre>
    };
    note::empty(Icon::Send, "No destination yet", steps)
}

fn table(lines: &[Line], here: &PageContext, flash: &Flash) -> impl IntoView + use<> {
    let may = here.may::<PauseDestination>();
    let rows = lines.iter().map(|line| row(line, here.clock, may, flash)).collect_view();
    view! {
        <table class="table stack outbox">
            <caption class="sr">"Destinations and what waits for them"</caption>
            <thead>
                <tr>
                    <th scope="col">"Destination"</th>
                    <th scope="col" colspan="2">"State"</th>
                    <th scope="col" class="num">"Waiting"</th>
                    <th scope="col" class="num">"Being sent"</th>
                    <th scope="col" class="num">"Failed"</th>
                    <th scope="col" class="num">"Expired"</th>
                    <th scope="col" class="num">"Oldest waiting"</th>
                    {may.then(|| view! { <th scope="col"><span class="sr">"Pause or resume"</span></th> })}
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

fn row(line: &Line, clock: Clock, may: bool, flash: &Flash) -> impl IntoView + use<> {
    let name = line.record.name.clone();
    let link = |n: i64, href: String, tone: Option<&'static str>| {
        if n == 0 {
            Either::Left(view! { <span class="quiet">"0"</span> })
        } else {
            Either::Right(view! { <a class="tone-link" data-a=tone href=href>{number::count(n)}</a> })
        }
    };
    let count = |n: i64, state: UnfinishedState| {
        link(n, list(&name, state), (state == UnfinishedState::Dead).then_some("bad"))
    };
    // Those that still wait come first: they can be seen before anything is resumed.
    let not_sent = if line.count.overdue > 0 { list(&name, UnfinishedState::Expired) } else { closed(&name) };
    let (tone, word) = state(line);
    let actions = may
        .then(|| view! { <td class="end"><span class="row">{action(line, flash)}{rename(line)}</span></td> });
    view! {
        <tr>
            <th scope="row">{titles::destination(&line.record.name)}<small>{about(line)}</small></th>
            <td class="first">{dotted(tone, word)}</td>
            <td class="wide">{why(line, clock)}</td>
            <td class="num" data-l="Waiting">{count(line.count.ready, UnfinishedState::Ready)}</td>
            <td class="num" data-l="Being sent">{count(line.count.running, UnfinishedState::Running)}</td>
            <td class="num" data-l="Failed">{count(line.count.dead, UnfinishedState::Dead)}</td>
            <td class="num" data-l="Expired">{link(line.count.not_sent(), not_sent, Some("warn"))}</td>
            <td class="num quiet" data-l=line.count.due_since.map(|_| "Oldest waiting")>
                {line.count.due_since.map(|since| clock.relative(since))}
            </td>
            {actions}
        </tr>
    }
}

fn state(line: &Line) -> (&'static str, &'static str) {
    match (&line.record.paused_reason, &line.breaker) {
        (Some(_), _) => ("warn", "Paused"),
        (None, Some(_)) => ("bad", "Does not answer"),
        (None, None) => ("good", "Sending"),
    }
}

/// Renders why nothing is sent; returns `None` if nothing blocks the destination.
fn why(line: &Line, clock: Clock) -> impl IntoView + use<> {
    if let Some(reason) = &line.record.paused_reason {
        return Some(Either::Left(reason.clone()));
    }
    let breaker = line.breaker.as_ref()?;
    let times = match breaker.openings {
        1 => "Left alone once".to_owned(),
        n => format!("Left alone {n}\u{a0}times in a row"),
    };
    let said = breaker
        .open_reason
        .clone()
        .map(|reason| format!(": {}", reason.trim_end_matches('.')))
        .unwrap_or_default();
    let next = if breaker.open_until > clock.now {
        Either::Left(view! { "Next try at "{clock.second(breaker.open_until)}"." })
    } else {
        Either::Right("The next try is due.")
    };
    Some(Either::Right(view! { {times}{said}". "{next} }))
}

/// Describes the kind of system and its rate limits.
fn about(line: &Line) -> String {
    let mut parts = vec![words::destination_kind(&line.record.kind)];
    parts.extend(pace(&line.record.pace, line.used_today));
    parts.join(", ")
}

/// Describes the rate limits; returns `None` without any.
fn pace(pace: &Pace, used_today: u32) -> Option<String> {
    let mut parts = Vec::new();
    parts.extend(pace.at_once.map(|n| format!("at most {} at once", number::count(n))));
    parts.extend(pace.per_minute.map(|n| format!("{} a minute", number::count(n))));
    if let (Some(quota), Some(ours)) = (pace.daily_quota, pace.per_day()) {
        let share = pace.quota_share_percent.unwrap_or(Pace::QUOTA_SHARE_PERCENT);
        let (quota, used, ours) = (number::count(quota), number::count(used_today), number::count(ours));
        parts.push(format!("{share}\u{a0}% of {quota} a day ({used} of {ours} used)"));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn action(line: &Line, flash: &Flash) -> impl IntoView + use<> {
    let (name, title) = (line.record.name.clone(), titles::destination(&line.record.name));
    if line.record.paused_reason.is_some() {
        let href = resume_destination_page(&name);
        return Either::Left(
            view! { <a class="btn" href=href>"Resume"<span class="sr">{format!(" {title}")}</span></a> },
        );
    }
    let is_asked = flash.values.get("destination") == Some(&name);
    let error = flash.errors.get("reason").filter(|_| is_asked).cloned();
    let typed = flash.values.get("reason").filter(|_| is_asked).cloned();
    let id = format!("why-{name}");
    let button = view! { "Pause"<span class="sr">{format!(" {title}")}</span> };
    let form = view! {
        <form method="post" action=PauseDestination::PATH>
            <input type="hidden" name="destination" value=name.clone() />
            <label class="label">
                "Why is it paused?"
                <input
                    class="field" name="reason" required maxlength="500" autocomplete="off" value=typed
                    aria-invalid=error.is_some().then_some("true") aria-describedby=error.is_some().then(|| id.clone())
                />
            </label>
            {error.map(|error| view! { <p id=id class="tone" data-a="bad" role="alert">{error}</p> })}
            <p class="meta">"Everyone sees the reason. Actions wait in order until you resume; those that expire in the meantime are not sent."</p>
            <button class="btn primary">{format!("Pause {title}")}</button>
        </form>
    };
    Either::Right(ask(button, is_asked, form))
}

/// Renders the form that sets the title.
fn rename(line: &Line) -> impl IntoView + use<> {
    let name = line.record.name.clone();
    let title = titles::title(TitledObject::Destination(&name));
    let button =
        view! { "Edit title"<span class="sr">{format!(" of {}", titles::destination(&name))}</span> };
    let form = view! {
        <form method="post" action=SetDestinationTitle::PATH>
            <input type="hidden" name="destination" value=name.clone() />
            <label class="label">
                "Title"
                <input class="field" name="title" maxlength=TITLE_CHARS.to_string() value=title autocomplete="off" />
            </label>
            <p class="meta">"Shown instead of the name. Files keep using "<code>{name}</code>"."</p>
            <button class="btn primary">"Save title"</button>
        </form>
    };
    ask(button, false, form)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_is_told_by_its_bounds() {
        assert_eq!(pace(&Pace::default(), 7), None);
        let bounded = Pace {
            at_once: Some(2),
            per_minute: Some(60),
            daily_quota: Some(15_000),
            quota_share_percent: None,
            ..Pace::default()
        };
        let said = "at most 2 at once, 60 a minute, 30\u{a0}% of 15,000 a day (1,204 of 4,500 used)";
        assert_eq!(pace(&bounded, 1_204).as_deref(), Some(said));
    }
}
