//! Switches rules off and on, and mutes them for an account. These changes bypass releases and apply from the next decision.

use chrono::{DateTime, Utc};
use engine::canonical::Digest;
use engine::change::Kind;
use engine::control::switches::account_domain;
use engine::rules::RuleSetFile;
use sqlx::PgConnection;
use store::switches::{self, REASON_CHARS, WorkflowRule};
use store::workflows::{self, Workflow};
use store::{Actor, Error, Result, Store};

/// Switches off a rule of a live workflow, until a given time or until it is switched on again. Decisions skip the rule from then
/// on.
///
/// # Errors
/// Returns [`Error::NotFound`] if the live workflow has no such rule, and [`Error::Refused`] if the reason is empty or the time
/// has passed.
pub async fn switch_off(
    store: &Store,
    actor: &Actor,
    workflow: &str,
    rule: &str,
    reason: &str,
    until: Option<DateTime<Utc>>,
) -> Result<()> {
    let reason = checked(reason)?;
    if until.is_some_and(|until| until <= actor.now) {
        return Err(over());
    }
    let mut tx = store.begin().await?;
    let workflow = with_rule(&mut tx, workflow, rule).await?;
    switches::switch_off(&mut tx, actor, rule_of(&workflow, rule), reason, until).await?;
    Ok(tx.commit().await?)
}

/// Switches a rule on again. Does nothing if it is already on.
///
/// # Errors
/// Returns [`Error::NotFound`] if the workflow does not exist.
pub async fn switch_on(store: &Store, actor: &Actor, workflow: &str, rule: &str) -> Result<()> {
    let mut tx = store.begin().await?;
    let workflow = workflows::by_name(&mut tx, workflow).await?.ok_or(Error::NotFound("workflow"))?;
    switches::switch_on(&mut tx, actor, rule_of(&workflow, rule)).await?;
    Ok(tx.commit().await?)
}

/// Mutes a rule of a live workflow for an account until a given time. Decisions about the account's leads skip the rule.
/// `account` is the company's domain as the user typed it.
///
/// # Errors
/// Same as [`switch_off`]. Also returns [`Error::Refused`] if the account is not a domain.
pub async fn mute(
    store: &Store,
    actor: &Actor,
    workflow: &str,
    rule: &str,
    account: &str,
    reason: &str,
    until: DateTime<Utc>,
) -> Result<()> {
    let reason = checked(reason)?;
    let not_a_domain = || Error::Refused("name the account by its domain, for example acme.example".into());
    let account = account_domain(account).ok_or_else(not_a_domain)?;
    if until <= actor.now {
        return Err(over());
    }
    let mut tx = store.begin().await?;
    let workflow = with_rule(&mut tx, workflow, rule).await?;
    switches::mute(&mut tx, actor, rule_of(&workflow, rule), &account, reason, until).await?;
    Ok(tx.commit().await?)
}

/// Ends a mute early. Does nothing if the rule is not muted for the account.
///
/// # Errors
/// Returns [`Error::NotFound`] if the workflow does not exist.
pub async fn unmute(store: &Store, actor: &Actor, workflow: &str, rule: &str, account: &str) -> Result<()> {
    let mut tx = store.begin().await?;
    let workflow = workflows::by_name(&mut tx, workflow).await?.ok_or(Error::NotFound("workflow"))?;
    switches::unmute(&mut tx, actor, rule_of(&workflow, rule), account).await?;
    Ok(tx.commit().await?)
}

fn rule_of<'a>(workflow: &'a Workflow, rule: &'a str) -> WorkflowRule<'a> {
    WorkflowRule { workflow: workflow.id.into(), workflow_name: &workflow.name, rule }
}

fn checked(reason: &str) -> Result<&str> {
    match reason.trim() {
        "" => Err(Error::Refused("give a reason".into())),
        reason if reason.chars().count() > REASON_CHARS => {
            Err(Error::Refused(format!("a reason has at most {REASON_CHARS} characters")))
        }
        reason => Ok(reason),
    }
}

fn over() -> Error {
    Error::Refused("the last day has already passed".into())
}

/// Returns a live workflow, provided that its live rule set contains the rule.
async fn with_rule(connection: &mut PgConnection, workflow: &str, rule: &str) -> Result<Workflow> {
    let workflow = workflows::by_name(connection, workflow).await?.ok_or(Error::NotFound("workflow"))?;
    let hash = workflow.live_bundle.as_deref().and_then(Digest::from_slice);
    let hash = hash.ok_or(Error::NotFound("live workflow"))?;
    for part in workflows::bundle_without_entries(connection, &hash).await? {
        if part.kind == Kind::RuleSet {
            let rules: RuleSetFile = serde_json::from_value(part.body)?;
            if rules.written_out().rules.iter().any(|one| one.id == rule) {
                return Ok(workflow);
            }
        }
    }
    Err(Error::NotFound("rule"))
}
