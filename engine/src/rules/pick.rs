//! The pick of a person from a pool: a pure function of its inputs, which are stored with the decision and
//! replayed.
//!
//! Smooth weighted round robin as nginx has it (F. Zamsky's change of 2012 to
//! `ngx_http_upstream_round_robin.c`): at each pick everybody available gains their weight, the one who has most
//! is picked and gives back the sum of the weights. After a full cycle everybody has had exactly their share; on the
//! way nobody is a whole turn ahead, nor more than 1/2 + 1/3 + … + 1/n turns behind, n being available. Whoever is away neither gains nor loses, so that nobody who
//! comes back is flooded with what they missed.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::problem::Problem;

/// People who take turns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pool {
    /// The pool's name, as rules write it.
    pub name: String,
    /// Its people; among equals the first is picked first.
    pub members: Vec<Member>,
}

/// A person of a pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// E-mail address.
    pub person: String,
    /// How many turns the person has while others have one.
    #[serde(default = "one")]
    #[schemars(range(min = 1))]
    pub weight: u32,
}

/// What each person has gained and not yet been picked for.
pub type Counters = BTreeMap<String, i64>;

/// Everything besides the pool that a pick hangs on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PickInputs {
    /// The version of the pool.
    pub pool_version: u32,
    /// The counters before the pick.
    pub counters: Counters,
    /// Who is at work and has room.
    pub available: BTreeSet<String>,
    /// Who owns the account already, if anybody.
    pub owner: Option<String>,
    /// Weights that replace those of the pool's version, by e-mail address. Picks from before they were kept have none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub weights: BTreeMap<String, u32>,
}

/// The person who was picked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Pick {
    /// E-mail address.
    pub assignee: String,
    /// Why this person.
    pub reason: PickReason,
    /// The counters after the pick.
    pub counters_after: Counters,
}

/// Why a person was picked.
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
    /// The account was theirs already; it is nobody's turn.
    ExistingOwner,
    /// It was their turn.
    RoundRobin,
}

impl Pool {
    /// Everything that is wrong with the pool.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.members.is_empty() {
            problems.push(Problem::at("/members", "A pool has at least one person."));
        }
        let mut seen = BTreeSet::new();
        for (index, member) in self.members.iter().enumerate() {
            if member.weight == 0 {
                problems.push(Problem::at(
                    format!("/members/{index}/weight"),
                    "A weight is 1 or more; who takes no turns is taken out of the pool.",
                ));
            }
            if !seen.insert(&member.person) {
                problems.push(Problem::at(
                    format!("/members/{index}/person"),
                    format!("`{}` is in the pool already.", member.person),
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

/// Picks a person: the existing owner if they are an available member, else whose turn it is. `None` when no
/// member is available. The counters of people who left the pool are dropped.
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

/// The counters after a person was chosen by somebody, as if it had been their turn: everybody gains their weight, and who
/// was chosen gives back the sum. So whoever gets a lead by hand is not given the next one by turn as well. `None` for
/// somebody who is not in the pool.
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

fn one() -> u32 {
    1
}
