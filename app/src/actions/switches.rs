//! Switching rules off and on, and muting them for an account.

use chrono_tz::Tz;
use leptos::prelude::*;
use service::switches;

use super::availability::end_of;
use super::{LocalPath, REPEATED, actor, actor_once, allowed, back_to, lead_to_with};
use crate::context::Request;
use crate::error::Error;
use crate::flash::Flash;
use crate::texts::texts;

/// Switches a rule of a workflow off, starting with the next decision.
///
/// # Errors
/// Returns an error if the rule does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "switch-rule-off")]
pub async fn switch_rule_off(
    /// The workflow's name.
    workflow: String,
    /// The rule's id.
    rule: String,
    /// Why.
    #[server(default)]
    reason: String,
    /// The last day it is off, as `2026-11-30`; empty for no end.
    #[server(default)]
    last_day: String,
    /// Names the form, so that it acts once.
    #[server(default)]
    form: String,
    /// Where to go then.
    #[server(default)]
    next: Option<String>,
) -> Result<(), Error> {
    let request = allowed::<SwitchRuleOff>()?;
    let back = back_to(next.as_deref(), "/rules");
    let Ok(until) = end_of(&last_day, zone(&request)) else { return not_a_day(&back) };
    let actor = actor_once(&request, &form)?;
    let done = switches::switch_off(&request.store, &actor, &workflow, &rule, &reason, until).await;
    answer(&back, done, texts().stop_rule_off())
}

/// Switches a rule of a workflow back on.
///
/// # Errors
/// Returns an error if the workflow does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "switch-rule-on")]
pub async fn switch_rule_on(
    /// The workflow's name.
    workflow: String,
    /// The rule's id.
    rule: String,
    /// Where to go then.
    #[server(default)]
    next: Option<String>,
) -> Result<(), Error> {
    let request = allowed::<SwitchRuleOn>()?;
    let back = back_to(next.as_deref(), "/rules");
    let done = switches::switch_on(&request.store, &actor(&request)?, &workflow, &rule).await;
    answer(&back, done, texts().stop_rule_on())
}

/// Mutes a rule of a workflow for an account until the end of a day.
///
/// # Errors
/// Returns an error if the rule does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "mute-rule")]
pub async fn mute_rule(
    /// The workflow's name.
    workflow: String,
    /// The rule's id.
    rule: String,
    /// The account's domain.
    #[server(default)]
    account: String,
    /// Why.
    #[server(default)]
    reason: String,
    /// The last day it is muted, as `2026-11-30`.
    #[server(default)]
    last_day: String,
    /// Names the form, so that it acts once.
    #[server(default)]
    form: String,
    /// Where to go then.
    #[server(default)]
    next: Option<String>,
) -> Result<(), Error> {
    let request = allowed::<MuteRule>()?;
    let back = back_to(next.as_deref(), "/rules");
    let Ok(Some(until)) = end_of(&last_day, zone(&request)) else { return not_a_day(&back) };
    let actor = actor_once(&request, &form)?;
    let done = switches::mute(&request.store, &actor, &workflow, &rule, &account, &reason, until).await;
    answer(&back, done, texts().stop_rule_muted())
}

/// Ends a mute before it expires.
///
/// # Errors
/// Returns an error if the workflow does not exist, or if the database fails.
#[server(prefix = "/actions", endpoint = "unmute-rule")]
pub async fn unmute_rule(
    /// The workflow's name.
    workflow: String,
    /// The rule's id.
    rule: String,
    /// The account's domain.
    account: String,
    /// Where to go then.
    #[server(default)]
    next: Option<String>,
) -> Result<(), Error> {
    let request = allowed::<UnmuteRule>()?;
    let back = back_to(next.as_deref(), "/rules");
    let done = switches::unmute(&request.store, &actor(&request)?, &workflow, &rule, &account).await;
    answer(&back, done, texts().stop_rule_unmuted())
}

fn zone(request: &Request) -> Tz {
    request.viewer.as_ref().map_or(Tz::UTC, |viewer| viewer.time_zone)
}

fn not_a_day(back: &LocalPath) -> Result<(), Error> {
    lead_to_with(back, &Flash::new(texts().stop_last_day_missing()))
}

fn answer(back: &LocalPath, done: store::Result<()>, said: String) -> Result<(), Error> {
    match done {
        Ok(()) => lead_to_with(back, &Flash::new(said)),
        Err(error @ store::Error::Refused(_)) => {
            lead_to_with(back, &Flash::new(texts().stop_not_saved(Error::from(error).to_string())))
        }
        Err(store::Error::Repeated) => lead_to_with(back, &Flash::new(REPEATED)),
        Err(error) => Err(error.into()),
    }
}
