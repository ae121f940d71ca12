//! Switching rules off and on, and muting them for an account: outside releases, from the next decision on.

use chrono::{DateTime, Utc};
use engine::canonical::Digest;
use engine::change::Kind;
use engine::control::switches::account_domain;
use engine::rules::RuleSetFile;
use sqlx::PgConnection;
use store::switches::{self, REASON_CHARS, RuleOf};
use store::workflows::{self, Workflow};
use store::{Actor, Error, Result, Store};

/// Switches a rule of a live workflow off, until a time or until it is switched on again. The scan passes over it from the
/// next decision on.
///
/// # Errors
/// [`Error::NotFound`] when the live workflow has no such rule, [`Error::Refused`] without a reason or when the time is over.
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
    let mut tx = store.pool().begin().await?;
    let workflow = with_rule(&mut tx, workflow, rule).await?;
    switches::switch_off(&mut tx, actor, rule_of(&workflow, rule), reason, until).await?;
    Ok(tx.commit().await?)
}

/// Switches a rule on again. A rule that is on stays on.
///
/// # Errors
/// [`Error::NotFound`] when there is no such workflow.
pub async fn switch_on(store: &Store, actor: &Actor, workflow: &str, rule: &str) -> Result<()> {
    let mut tx = store.pool().begin().await?;
    let workflow = workflows::by_name(&mut tx, workflow).await?.ok_or(Error::NotFound("workflow"))?;
    switches::switch_on(&mut tx, actor, rule_of(&workflow, rule)).await?;
    Ok(tx.commit().await?)
}

/// Mutes a rule of a live workflow for an account until a time: the scan passes over it for the account's leads. `account` is
/// the company's domain as people type it.
///
/// # Errors
/// As [`switch_off`]; [`Error::Refused`] too when the account is no domain.
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
    let mut tx = store.pool().begin().await?;
    let workflow = with_rule(&mut tx, workflow, rule).await?;
    switches::mute(&mut tx, actor, rule_of(&workflow, rule), &account, reason, until).await?;
    Ok(tx.commit().await?)
}

/// Ends a mute before its time. Where there is none, nothing changes.
///
/// # Errors
/// [`Error::NotFound`] when there is no such workflow.
pub async fn unmute(store: &Store, actor: &Actor, workflow: &str, rule: &str, account: &str) -> Result<()> {
    let mut tx = store.pool().begin().await?;
    let workflow = workflows::by_name(&mut tx, workflow).await?.ok_or(Error::NotFound("workflow"))?;
    switches::unmute(&mut tx, actor, rule_of(&workflow, rule), account).await?;
    Ok(tx.commit().await?)
}

fn rule_of<'a>(workflow: &'a Workflow, rule: &'a str) -> RuleOf<'a> {
    RuleOf { workflow: workflow.id.into(), workflow_name: &workflow.name, rule }
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
    Error::Refused("the last day is over already".into())
}

/// A live workflow whose live rules have this one.
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
