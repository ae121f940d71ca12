//! Rules that are switched off or muted, which changes without a release.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use engine::change::Kind;
use engine::rules::RuleSetFile;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use store::reads::frame::names_of_actors;
use store::refresh::Topic;
use store::switches::{self, DisabledRule, MutedRule, REASON_CHARS, WorkflowSwitches};
use store::workflows::{self, Version};

use crate::actions::switches::{MuteRule, SwitchRuleOff, SwitchRuleOn, UnmuteRule};
use crate::context::Request;
use crate::error::Result;
use crate::pages::frame::PageContext;
use crate::texts::{part, texts};
use crate::ui::clock::Clock;
use crate::ui::form::{ask, once, short_label};
use crate::ui::{refresh, words};

/// Context shared by all rows of a workflow.
struct Around {
    workflow: String,
    switches: WorkflowSwitches,
    names: BTreeMap<String, String>,
    clock: Clock,
    request: Request,
    may: bool,
    /// The page to return to.
    next: String,
}

/// Loads and renders the rules of a set in each live workflow that uses it.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn section(here: &PageContext, newest: &Version) -> Result<AnyView> {
    let store = &here.request.store;
    let set: RuleSetFile = serde_json::from_value(newest.body.clone()).map_err(store::Error::from)?;
    let rules: Vec<(String, String)> = set
        .written_out()
        .rules
        .iter()
        .map(|rule| (rule.id.clone(), rule.name.clone().unwrap_or_else(|| rule.id.clone())))
        .collect();
    let mut tables = Vec::new();
    let mut connection = store.pool().acquire().await.map_err(store::Error::from)?;
    let live = workflows::live_with(&mut connection, Kind::RuleSet, Some(&newest.name)).await?;
    for workflow in live {
        let mut all = switches::of_workflow(&mut connection, workflow.id.into()).await?;
        all.off.retain(|off| off.until.is_none_or(|until| until > here.clock.now));
        all.mutes.retain(|mute| mute.until > here.clock.now);
        let who: Vec<String> = all
            .off
            .iter()
            .map(|off| &off.by_whom)
            .chain(all.mutes.iter().map(|mute| &mute.by_whom))
            .cloned()
            .collect();
        let around = Around {
            names: names_of_actors(store, &who).await?,
            workflow: workflow.name,
            switches: all,
            clock: here.clock,
            request: here.request.clone(),
            may: here.may::<SwitchRuleOff>(),
            next: format!("{}/{}", Kind::RuleSet.spec().path, newest.name),
        };
        tables.push(table(&around, &workflow.title, rules.clone()));
    }
    if tables.is_empty() {
        return Ok(().into_any());
    }
    let body = view! {
        <section class="stacked-sections switches" aria-labelledby="switches">
            <h2 id="switches">{texts().switches_title()}</h2>
            <p class="meta">{texts().switches_about()}</p>
            {tables}
        </section>
    };
    Ok(view! { {refresh::part("rule-switches", Topic::Changes, body)}{refresh::subscribe(&[Topic::Changes])} }
        .into_any())
}

fn table(around: &Around, title: &str, mut rules: Vec<(String, String)>) -> AnyView {
    // A rule that is switched off but missing from this version can still be switched on.
    let gone = around.switches.off.iter().map(|off| &off.rule_id);
    for id in gone.chain(around.switches.mutes.iter().map(|mute| &mute.rule_id)) {
        if !rules.iter().any(|(known, _)| known == id) {
            rules.push((id.clone(), texts().switches_gone(id)));
        }
    }
    let rows = rules.iter().map(|(id, name)| row(around, id, name)).collect_view();
    view! {
        <table class="table stack availability">
            <caption>{texts().switches_caption(title)}</caption>
            <thead>
                <tr><th scope="col">{texts().switches_rule()}</th><th scope="col">{texts().switches_state()}</th><td></td></tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn row(around: &Around, rule: &str, name: &str) -> impl IntoView + use<> {
    let off = around.switches.off.iter().find(|off| off.rule_id == rule);
    let muted: Vec<&MutedRule> = around.switches.mutes.iter().filter(|mute| mute.rule_id == rule).collect();
    let state = match off {
        Some(off) => switched_off(around, off),
        None => texts().switches_on().into_any(),
    };
    let mutes = muted.iter().map(|mute| muted_for(around, mute, name)).collect_view();
    let mutes = (!muted.is_empty()).then(|| view! { <ul class="plain-list">{mutes}</ul> });
    let acts = around.may.then(|| {
        let switch = match off {
            Some(_) => switch_on(around, rule, name).into_any(),
            None => switch_off(around, rule, name).into_any(),
        };
        view! { <div class="row">{switch}{mute(around, rule, name)}</div> }
    });
    view! {
        <tr>
            <th scope="row">{name.to_owned()}<small><code>{rule.to_owned()}</code></small></th>
            <td class="wide" data-l=texts().switches_state()>{state}{mutes}</td>
            <td>{acts}</td>
        </tr>
    }
}

fn switched_off(around: &Around, off: &DisabledRule) -> AnyView {
    let until = match off.until {
        Some(until) => texts().switches_off_until(last_day(around.clock, until)),
        None => texts().switches_off(),
    };
    view! { <span class="tone" data-a="warn">{until}</span>{switch_sentence(around, &off.by_whom, off.since, &off.reason)} }
        .into_any()
}

fn muted_for(around: &Around, mute: &MutedRule, rule: &str) -> impl IntoView + use<> {
    let until = texts().switches_muted(&mute.account, last_day(around.clock, mute.until));
    let end = around.may.then(|| {
        view! {
            <form method="post" action=UnmuteRule::PATH>
                {target(around, &mute.rule_id)}
                <input type="hidden" name="account" value=mute.account.clone() />
                <button class="btn" aria-label=texts().switches_unmute_for(rule, &mute.account)>{texts().switches_unmute()}</button>
            </form>
        }
    });
    view! {
        <li class="pair-line">
            <span><span class="tone" data-a="warn">{until}</span>{switch_sentence(around, &mute.by_whom, mute.since, &mute.reason)}</span>
            {end}
        </li>
    }
}

/// Renders who made the switch, when and why.
fn switch_sentence(around: &Around, by: &str, since: DateTime<Utc>, reason: &str) -> impl IntoView + use<> {
    let said = texts().switches_by(words::actor(by, &around.names), reason);
    view! { <small>{part(said.s0)}{around.clock.stamp_in_sentence(since)}{part(said.s1)}</small> }
}

/// Formats the last day of a period that ends at midnight.
fn last_day(clock: Clock, until: DateTime<Utc>) -> String {
    clock.day(until - TimeDelta::seconds(1))
}

/// Renders the hidden fields for the rule and the page to return to.
fn target(around: &Around, rule: &str) -> impl IntoView + use<> {
    view! {
        <input type="hidden" name="workflow" value=around.workflow.clone() />
        <input type="hidden" name="rule" value=rule.to_owned() />
        <input type="hidden" name="next" value=around.next.clone() />
    }
}

fn switch_on(around: &Around, rule: &str, name: &str) -> impl IntoView + use<> {
    view! {
        <form method="post" action=SwitchRuleOn::PATH>
            {target(around, rule)}
            <button class="btn" aria-label=texts().switches_switch_on_rule(name)>{texts().switches_switch_on()}</button>
        </form>
    }
}

fn switch_off(around: &Around, rule: &str, name: &str) -> impl IntoView + use<> {
    let form = view! {
        <form class="stack-form" method="post" action=SwitchRuleOff::PATH>
            {once(&around.request, &format!("off-{}-{rule}", around.workflow))}
            {target(around, rule)}
            {reason()}
            <label class="label">{texts().switches_last_day_off()}<input class="field" type="date" name="last_day" min=today(around.clock) /></label>
            <p class="meta">{texts().switches_switch_off_about()}</p>
            <button class="btn danger">{texts().switches_switch_off()}</button>
        </form>
    };
    ask(short_label(texts().switches_switch_off(), texts().switches_switch_off_rule(name)), false, form)
}

fn mute(around: &Around, rule: &str, name: &str) -> impl IntoView + use<> {
    let form = view! {
        <form class="stack-form" method="post" action=MuteRule::PATH>
            {once(&around.request, &format!("mute-{}-{rule}", around.workflow))}
            {target(around, rule)}
            <label class="label">
                {texts().switches_account()}
                <input class="field" name="account" required maxlength="253" placeholder="acme.example" autocomplete="off" />
            </label>
            {reason()}
            <label class="label">{texts().switches_last_day_muted()}<input class="field" type="date" name="last_day" required min=today(around.clock) /></label>
            <p class="meta">{texts().switches_mute_about()}</p>
            <button class="btn primary">{texts().switches_mute_rule()}</button>
        </form>
    };
    ask(short_label(texts().switches_mute(), texts().switches_mute_for(name)), false, form)
}

fn reason() -> impl IntoView {
    view! { <label class="label">{texts().switches_reason()}<input class="field" name="reason" required maxlength=REASON_CHARS.to_string() autocomplete="off" /></label> }
}

fn today(clock: Clock) -> String {
    clock.now.with_timezone(&clock.zone).format("%Y-%m-%d").to_string()
}
