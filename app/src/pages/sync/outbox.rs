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
use crate::pages::sync::effects::state_name;
use crate::texts::{Texts, part, texts};
use crate::ui::chip::dotted;
use crate::ui::clock::Clock;
use crate::ui::filters::Address;
use crate::ui::form::{ask, short_label};
use crate::ui::icon::Icon;
use crate::ui::note::{self, Tone, note};
use crate::ui::{number, refresh, series, titles, words};

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
        <h1>{texts().deliveries_title()}</h1>{refresh::part("outbox-summary", Topic::Sync, said)}
        <a class="btn plain push" href=HISTORY.path>{texts().deliveries_history()}</a>
    };
    let body = if lines.is_empty() {
        Either::Left(no_destination())
    } else {
        let arrived = lines.iter().all(|line| line.count.unfinished() + line.count.expired == 0);
        let arrived = arrived.then(|| {
            let text = view! { <p>{texts().deliveries_all_done()}</p> };
            view! { <div class="gap">{note::empty(Icon::Check, texts().deliveries_all_done_title(), text)}</div> }
        });
        let expired = lines.iter().filter_map(|line| expired(line, &here)).collect_view();
        Either::Right(
            view! { <div class="notes">{expired}</div>{table(&lines, &here, &flash).into_any()}{arrived} },
        )
    };
    let body = view! { {refresh::part("outbox", Topic::Sync, view! { {stops}{body} })}{refresh::subscribe(&[Topic::Sync])} };
    Ok(PageContent { title: texts().deliveries_title(), bar: summary.into_any(), body: body.into_any() })
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
    let part = |n: i64, text: fn(&Texts, String) -> String| (n > 0).then(|| text(texts(), number::count(n)));
    let all = lines.len() as i64;
    let parts = [
        Some(texts().deliveries_destinations(all, number::count(all))),
        part(sum(|c| c.ready), Texts::deliveries_count_waiting),
        part(sum(|c| c.running), Texts::deliveries_count_sending),
        part(sum(|c| c.dead), Texts::deliveries_count_failed),
        part(sum(OutboxCount::not_sent), Texts::deliveries_count_expired),
    ];
    series::list(parts.into_iter().flatten())
}

/// Renders the warning that actions for a destination expired; returns `None` if none did.
fn expired(line: &Line, here: &PageContext) -> Option<impl IntoView + use<>> {
    let count = &line.count;
    if count.not_sent() == 0 {
        return None;
    }
    let title = titles::destination(&line.record.name);
    let text = texts().deliveries_expired(count.not_sent(), number::count(count.not_sent()), title);
    let review = (count.expired > 0 && here.may::<ReviewExpired>()).then(|| {
        view! {
            <form method="post" action=ReviewExpired::PATH>
                <input type="hidden" name="destination" value=line.record.name.clone() />
                <button class="btn">{texts().deliveries_review_expired()}</button>
            </form>
        }
    });
    let lists = view! {
        {(count.overdue > 0).then(|| view! { <a class="btn" href=list(&line.record.name, UnfinishedState::Expired)>{texts().deliveries_show_expired()}</a> })}
        {(count.expired > 0).then(|| view! { <a class="btn" href=closed(&line.record.name)>{texts().deliveries_show_history()}</a> })}
    };
    Some(note(
        Tone::Warn,
        view! {
            <p><strong>{text}</strong></p>
            <p class="meta">{texts().deliveries_expired_about()}</p>
            <div class="row">{lists}{review}</div>
        },
    ))
}

/// Returns the URL of a destination's unfinished actions in a state.
fn list(destination: &str, state: UnfinishedState) -> String {
    Address::new(EFFECTS.path).with("destination", destination).with("state", state_name(state)).href()
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
    let (before, after) = match (&switch.workflow_id, &switch.workflow) {
        (Some(id), Some(name)) => {
            let said = texts().deliveries_stopped(titles.get(id).unwrap_or(name));
            (part(said.s0), part(said.s1))
        }
        _ => {
            let said = texts().deliveries_all_stopped();
            (part(said.s0), part(said.s1))
        }
    };
    let by = texts().deliveries_stopped_by(words::actor(&switch.killed_by, names));
    let reason = switch.reason.clone();
    note(
        Tone::Bad,
        view! {
            <p><strong>{before}</strong>{reason}{after}</p>
            <p class="meta">{part(by.s0)}{clock.stamp_in_sentence(switch.killed_at)}{part(by.s1)}</p>
        },
    )
}

fn no_destination() -> impl IntoView {
    let steps = view! {
        <p>{texts().deliveries_none()}</p>
        <pre class="code" tabindex="0">{include_str!("destination.yaml")}</pre>
        <pre class="code" tabindex="0">"meshline apply my-workflow.yaml --bootstrap"</pre>
    };
    note::empty(Icon::Send, texts().deliveries_none_title(), steps)
}

fn table(lines: &[Line], here: &PageContext, flash: &Flash) -> impl IntoView + use<> {
    let may = here.may::<PauseDestination>();
    let rows = lines.iter().map(|line| row(line, here.clock, may, flash)).collect_view();
    view! {
        <table class="table stack outbox">
            <caption class="sr">{texts().deliveries_caption()}</caption>
            <thead>
                <tr>
                    <th scope="col">{texts().deliveries_column_destination()}</th>
                    <th scope="col" colspan="2">{texts().deliveries_column_state()}</th>
                    <th scope="col" class="num">{texts().deliveries_column_waiting()}</th>
                    <th scope="col" class="num">{texts().deliveries_column_sending()}</th>
                    <th scope="col" class="num">{texts().deliveries_column_failed()}</th>
                    <th scope="col" class="num">{texts().deliveries_column_expired()}</th>
                    <th scope="col" class="num">{texts().deliveries_column_oldest()}</th>
                    {may.then(|| view! { <th scope="col"><span class="sr">{texts().deliveries_column_actions()}</span></th> })}
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
            <td class="num" data-l=texts().deliveries_column_waiting()>{count(line.count.ready, UnfinishedState::Ready)}</td>
            <td class="num" data-l=texts().deliveries_column_sending()>{count(line.count.running, UnfinishedState::Running)}</td>
            <td class="num" data-l=texts().deliveries_column_failed()>{count(line.count.dead, UnfinishedState::Dead)}</td>
            <td class="num" data-l=texts().deliveries_column_expired()>{link(line.count.not_sent(), not_sent, Some("warn"))}</td>
            <td class="num quiet" data-l=line.count.due_since.map(|_| texts().deliveries_column_oldest())>
                {line.count.due_since.map(|since| clock.relative(since))}
            </td>
            {actions}
        </tr>
    }
}

fn state(line: &Line) -> (&'static str, String) {
    match (&line.record.paused_reason, &line.breaker) {
        (Some(_), _) => ("warn", texts().deliveries_state_paused()),
        (None, Some(_)) => ("bad", texts().deliveries_state_no_response()),
        (None, None) => ("good", texts().deliveries_state_sending()),
    }
}

/// Renders why nothing is sent; returns `None` if nothing blocks the destination.
fn why(line: &Line, clock: Clock) -> impl IntoView + use<> {
    if let Some(reason) = &line.record.paused_reason {
        return Some(Either::Left(reason.clone()));
    }
    let breaker = line.breaker.as_ref()?;
    let reason = breaker
        .open_reason
        .as_ref()
        .map(|reason| words::sentence_start(&format!("{}. ", reason.trim_end_matches('.'))));
    let times = texts().deliveries_suspended(breaker.openings, number::count(breaker.openings));
    let next = if breaker.open_until > clock.now {
        let said = texts().deliveries_next_attempt();
        Either::Left(view! { {part(said.s0)}{clock.second(breaker.open_until)}{part(said.s1)} })
    } else {
        Either::Right(texts().deliveries_next_attempt_due())
    };
    Some(Either::Right(view! { {reason}{times}" "{next} }))
}

/// Describes the kind of system and its rate limits.
fn about(line: &Line) -> String {
    let kind = words::destination_kind(&line.record.kind);
    series::list(std::iter::once(kind).chain(pace(&line.record.pace, line.used_today)))
}

/// Describes the rate limits; returns `None` without any.
fn pace(pace: &Pace, used_today: u32) -> Option<String> {
    let mut parts = Vec::new();
    parts.extend(pace.at_once.map(|n| texts().deliveries_pace_at_once(number::count(n))));
    parts.extend(pace.per_minute.map(|n| texts().deliveries_pace_per_minute(number::count(n))));
    if let (Some(quota), Some(ours)) = (pace.daily_quota, pace.per_day()) {
        let share = pace.quota_share_percent.unwrap_or(Pace::QUOTA_SHARE_PERCENT);
        let (quota, used, ours) = (number::count(quota), number::count(used_today), number::count(ours));
        parts.push(texts().deliveries_pace_per_day(share.to_string(), quota, used, ours));
    }
    (!parts.is_empty()).then(|| series::list(parts))
}

fn action(line: &Line, flash: &Flash) -> impl IntoView + use<> {
    let (name, title) = (line.record.name.clone(), titles::destination(&line.record.name));
    if line.record.paused_reason.is_some() {
        let href = resume_destination_page(&name);
        let name = texts().deliveries_resume_title(title);
        return Either::Left(
            view! { <a class="btn" href=href aria-label=name>{texts().deliveries_resume()}</a> },
        );
    }
    let is_asked = flash.values.get("destination") == Some(&name);
    let error = flash.errors.get("reason").filter(|_| is_asked).cloned();
    let typed = flash.values.get("reason").filter(|_| is_asked).cloned();
    let id = format!("why-{name}");
    let pause = texts().deliveries_pause_destination(title);
    let button = short_label(texts().deliveries_pause(), pause.clone());
    let form = view! {
        <form method="post" action=PauseDestination::PATH>
            <input type="hidden" name="destination" value=name.clone() />
            <label class="label">
                {texts().deliveries_reason()}
                <input
                    class="field" name="reason" required maxlength="500" autocomplete="off" value=typed
                    aria-invalid=error.is_some().then_some("true") aria-describedby=error.is_some().then(|| id.clone())
                />
            </label>
            {error.map(|error| view! { <p id=id class="tone" data-a="bad" role="alert">{error}</p> })}
            <p class="meta">{texts().deliveries_pause_about()}</p>
            <button class="btn primary">{pause}</button>
        </form>
    };
    Either::Right(ask(button, is_asked, form))
}

/// Renders the form that sets the title.
fn rename(line: &Line) -> impl IntoView + use<> {
    let name = line.record.name.clone();
    let title = titles::title(TitledObject::Destination(&name));
    let button = short_label(
        texts().deliveries_edit_title(),
        texts().deliveries_edit_title_of(titles::destination(&name)),
    );
    let about = texts().deliveries_field_title_about();
    let form = view! {
        <form method="post" action=SetDestinationTitle::PATH>
            <input type="hidden" name="destination" value=name.clone() />
            <label class="label">
                {texts().deliveries_field_title()}
                <input class="field" name="title" maxlength=TITLE_CHARS.to_string() value=title autocomplete="off" />
            </label>
            <p class="meta">{part(about.s0)}<code>{name}</code>{part(about.s1)}</p>
            <button class="btn primary">{texts().deliveries_save_title()}</button>
        </form>
    };
    ask(button, false, form)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_lists_its_limits() {
        assert_eq!(pace(&Pace::default(), 7), None);
        let bounded = Pace {
            at_once: Some(2),
            per_minute: Some(60),
            daily_quota: Some(15_000),
            quota_share_percent: None,
            ..Pace::default()
        };
        let said = "at most 2 at once, 60 per minute, 30\u{a0}% of 15,000 per day (1,204 of 4,500 used)";
        assert_eq!(pace(&bounded, 1_204).as_deref(), Some(said));
    }
}
