//! Picks a person from a pool. The pick is a pure function of its inputs, which are stored with the decision
//! and used in replays.
//!
//! This is smooth weighted round robin, as in nginx (`ngx_http_upstream_round_robin.c`, a change of 2012): at
//! each pick, every available person gains their weight; the person with the highest counter is picked and
//! loses the sum of the weights. After a full cycle, each person has received exactly their share. Within a
//! cycle, no one is a whole turn ahead, or more than 1/2 + 1/3 + … + 1/n turns behind, with n people available.
//! The counters of people who are away do not change, so no one is flooded with missed leads on their return.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::problem::Problem;

/// A group of people who take turns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pool {
    /// The name of the pool, as used in rules.
    pub name: String,
    /// The people in the pool; ties are broken in this order.
    pub members: Vec<Member>,
}

/// A member of a pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// The e-mail address.
    pub person: String,
    /// The share of turns: a person with weight 2 gets twice as many as one with weight 1.
    #[serde(default = "one")]
    #[schemars(range(min = 1))]
    pub weight: u32,
}

/// The counter of each person: the gains not yet used for a pick.
pub type Counters = BTreeMap<String, i64>;

/// The inputs of a pick other than the pool.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PickInputs {
    /// The version of the pool.
    pub pool_version: u32,
    /// The counters before the pick.
    pub counters: Counters,
    /// The people who are at work and have capacity.
    pub available: BTreeSet<String>,
    /// The existing owner of the account, if any.
    pub owner: Option<String>,
    /// Weights that override those of the pool's version, by e-mail address. Empty in picks stored before
    /// overrides existed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub weights: BTreeMap<String, u32>,
}

/// The result of a pick.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Pick {
    /// The e-mail address of the person.
    pub assignee: String,
    /// The reason for the choice.
    pub reason: PickReason,
    /// The counters after the pick.
    pub counters_after: Counters,
}

/// The reason why a person was picked.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::Display,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum PickReason {
    /// The person already owned the account; this does not use up a turn.
    ExistingOwner,
    /// It was the person's turn.
    RoundRobin,
}

impl Pool {
    /// Returns each person's share of the leads, by e-mail address, if everyone is available.
    pub fn shares(&self) -> BTreeMap<&str, f64> {
        let total: f64 = self.members.iter().map(|member| f64::from(member.weight)).sum();
        let mut shares = BTreeMap::new();
        for member in &self.members {
            *shares.entry(member.person.as_str()).or_default() += f64::from(member.weight) / total.max(1.0);
        }
        shares
    }

    /// Checks the pool and returns every problem.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.members.is_empty() {
            problems.push(Problem::at("/members", "A pool must have at least one person."));
        }
        let mut seen = BTreeSet::new();
        for (index, member) in self.members.iter().enumerate() {
            if member.weight == 0 {
                problems.push(Problem::at(
                    format!("/members/{index}/weight"),
                    "A weight must be at least 1; to give a person no turns, remove them from the pool.",
                ));
            }
            if !seen.insert(&member.person) {
                problems.push(Problem::at(
                    format!("/members/{index}/person"),
                    format!("`{}` is already in the pool.", member.person),
                ));
            }
        }
        problems
    }
}

impl Pool {
    /// Returns the pool with these weights in place of its own.
    pub fn weighted(&self, weights: &BTreeMap<String, u32>) -> Cow<'_, Self> {
        if weights.is_empty() {
            return Cow::Borrowed(self);
        }
        let mut pool = self.clone();
        for member in &mut pool.members {
            member.weight = weights.get(&member.person).copied().unwrap_or(member.weight);
        }
        Cow::Owned(pool)
    }
}

/// Picks a person: the existing owner if they are an available member, or else the person whose turn it is.
/// Returns `None` if no member is available. The counters of former members are dropped.
pub fn pick(pool: &Pool, inputs: &PickInputs) -> Option<Pick> {
    let mut counters = inputs.counters.clone();
    counters.retain(|person, _| pool.members.iter().any(|member| member.person == *person));
    let available = || pool.members.iter().filter(|member| inputs.available.contains(&member.person));
    if let Some(owner) = available().find(|member| Some(&member.person) == inputs.owner.as_ref()) {
        let assignee = owner.person.clone();
        return Some(Pick { assignee, reason: PickReason::ExistingOwner, counters_after: counters });
    }
    let mut sum = 0_i64;
    let mut most: Option<(&str, i64)> = None;
    for member in available() {
        let weight = i64::from(member.weight);
        sum = sum.saturating_add(weight);
        let counter = counters.entry(member.person.clone()).or_default();
        *counter = counter.saturating_add(weight);
        if most.is_none_or(|(_, highest)| *counter > highest) {
            most = Some((&member.person, *counter));
        }
    }
    let (person, counter) = most?;
    let assignee = person.to_owned();
    counters.insert(assignee.clone(), counter.saturating_sub(sum));
    Some(Pick { assignee, reason: PickReason::RoundRobin, counters_after: counters })
}

/// Returns the counters after a person was chosen manually, as if it had been their turn: every member gains
/// their weight, and the chosen person loses the sum. A person who is assigned a lead manually is therefore not
/// picked for the next one as well. Returns `None` if the person is not in the pool.
pub fn chosen(pool: &Pool, counters: &Counters, person: &str) -> Option<Counters> {
    pool.members.iter().find(|member| member.person == person)?;
    let sum: i64 = pool.members.iter().map(|member| i64::from(member.weight)).fold(0, i64::saturating_add);
    let after = |member: &Member| {
        let gained =
            counters.get(&member.person).copied().unwrap_or_default().saturating_add(member.weight.into());
        let given = if member.person == person { sum } else { 0 };
        (member.person.clone(), gained.saturating_sub(given))
    };
    Some(pool.members.iter().map(after).collect())
}

/// The counters after a person's turn is given back, because the lead was rejected: the reverse of [`chosen`] among those who are
/// not away. The person gains the sum of the weights, and everyone returns their own, so the person is next unless others were
/// waiting longer. `None` for a person who is not in the pool.
pub fn credited(pool: &Pool, counters: &Counters, away: &BTreeSet<String>, person: &str) -> Option<Counters> {
    pool.members.iter().find(|member| member.person == person)?;
    let takes_part = |member: &&Member| member.person == person || !away.contains(&member.person);
    let weight = |member: &Member| i64::from(member.weight);
    let sum = pool.members.iter().filter(takes_part).map(weight).fold(0, i64::saturating_add);
    let mut after = counters.clone();
    for member in pool.members.iter().filter(takes_part) {
        let gained = if member.person == person { sum } else { 0 };
        let counter = after.entry(member.person.clone()).or_default();
        *counter = counter.saturating_sub(weight(member)).saturating_add(gained);
    }
    Some(after)
}

fn one() -> u32 {
    1
}
