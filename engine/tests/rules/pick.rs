//! Tests the pick of a person: fair, reproducible, and considerate of people who return.

use std::collections::{BTreeMap, BTreeSet};

use engine::rules::pick::{Counters, Member, PickInputs, PickReason, Pool, chosen, credited, pick};
use proptest::prelude::*;

fn pool(weights: &[u32]) -> Pool {
    let member = |(index, weight): (usize, &u32)| Member {
        person: format!("p{index:02}@acme.example"),
        weight: *weight,
    };
    Pool { name: "ae".into(), members: weights.iter().enumerate().map(member).collect() }
}

fn all_members(pool: &Pool) -> BTreeSet<String> {
    pool.members.iter().map(|member| member.person.clone()).collect()
}

fn inputs(pool: &Pool, counters: Counters) -> PickInputs {
    PickInputs {
        pool_version: 1,
        counters,
        available: all_members(pool),
        owner: None,
        weights: BTreeMap::new(),
    }
}

/// Returns who is picked in this many turns with all members available, and the counters afterwards.
fn turns(pool: &Pool, count: usize) -> (Vec<String>, Counters) {
    let mut counters = Counters::new();
    let mut picked = Vec::new();
    for _ in 0..count {
        let pick = pick(pool, &inputs(pool, counters)).expect("a person is available");
        counters = pick.counters_after;
        picked.push(pick.assignee);
    }
    (picked, counters)
}

#[test]
fn the_order_is_that_of_nginx() {
    let order: String = turns(&pool(&[5, 1, 1]), 7)
        .0
        .iter()
        .map(|person| char::from(b'a' + person.as_bytes()[2] - b'0'))
        .collect();
    assert_eq!(order, "aabacaa");
}

#[test]
fn choosing_the_next_person_manually_is_a_normal_turn() {
    let pool = pool(&[5, 1, 1]);
    let mut counters = Counters::new();
    for _ in 0..20 {
        let picked = pick(&pool, &inputs(&pool, counters.clone())).expect("a person is available");
        let by_hand = chosen(&pool, &counters, &picked.assignee).expect("a member");
        assert_eq!(by_hand, picked.counters_after);
        counters = by_hand;
    }
}

#[test]
fn a_person_chosen_out_of_turn_is_skipped_later() {
    let pool = pool(&[1, 1]);
    let counters = chosen(&pool, &Counters::new(), "p00@acme.example").expect("a member");
    let next = pick(&pool, &inputs(&pool, counters.clone())).expect("a person is available");
    assert_eq!(next.assignee, "p01@acme.example");
    assert_eq!(chosen(&pool, &counters, "stranger@acme.example"), None);
}

#[test]
fn the_existing_owner_comes_first_and_uses_no_turn() {
    let pool = pool(&[1, 1]);
    let counters = Counters::from([("p00@acme.example".into(), 1), ("p01@acme.example".into(), -1)]);
    let mut inputs = PickInputs { owner: Some("p01@acme.example".into()), ..inputs(&pool, counters.clone()) };
    let owned = pick(&pool, &inputs).expect("a person is available");
    assert_eq!(
        (owned.assignee.as_str(), owned.reason, owned.counters_after),
        ("p01@acme.example", PickReason::ExistingOwner, counters)
    );
    inputs.available.remove("p01@acme.example");
    assert_eq!(
        pick(&pool, &inputs).map(|pick| (pick.assignee, pick.reason)),
        Some(("p00@acme.example".into(), PickReason::RoundRobin))
    );
    inputs.owner = Some("stranger@acme.example".into());
    inputs.available.insert("stranger@acme.example".into());
    assert_eq!(
        pick(&pool, &inputs).map(|pick| pick.reason),
        Some(PickReason::RoundRobin),
        "who is no member owns nothing here"
    );
}

#[test]
fn without_available_members_there_is_no_pick() {
    let pool = pool(&[1, 2]);
    assert_eq!(pick(&pool, &PickInputs::default()), None);
}

#[test]
fn a_returning_person_is_not_flooded() {
    let pool = pool(&[1, 1, 1]);
    let (_, mut counters) = turns(&pool, 4);
    for _ in 0..1_000 {
        let mut away = inputs(&pool, counters);
        away.available.remove("p01@acme.example");
        counters = pick(&pool, &away).expect("two are available").counters_after;
    }
    let mut back = Vec::new();
    for _ in 0..6 {
        let pick = pick(&pool, &inputs(&pool, counters)).expect("all are available");
        counters = pick.counters_after;
        back.push(pick.assignee);
    }
    assert_eq!(back.iter().filter(|person| *person == "p01@acme.example").count(), 2, "{back:?}");
}

#[test]
fn the_counters_of_people_who_left_are_dropped() {
    let pool = pool(&[1]);
    let counters = Counters::from([("gone@acme.example".into(), 7)]);
    let pick = pick(&pool, &inputs(&pool, counters)).expect("a person is available");
    assert_eq!(pick.counters_after, Counters::from([("p00@acme.example".into(), 0)]));
}

#[test]
fn hostile_counters_do_not_overflow() {
    let pool = pool(&[u32::MAX, 1]);
    for extreme in [i64::MAX, i64::MIN] {
        let counters =
            Counters::from([("p00@acme.example".into(), extreme), ("p01@acme.example".into(), extreme)]);
        assert!(pick(&pool, &inputs(&pool, counters)).is_some());
    }
}

#[test]
fn problems_of_a_pool_are_reported() {
    let mut pool = pool(&[1, 0]);
    pool.members.push(pool.members[0].clone());
    let problems: Vec<_> = pool.check().iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "/members/1/weight: A weight must be at least 1; to give a person no turns, remove them from the pool.",
            "/members/2/person: `p00@acme.example` is already in the pool."
        ]
    );
    assert_eq!(Pool { name: "x".into(), members: vec![] }.check().len(), 1);
}

#[test]
fn inputs_and_picks_are_stored_and_read_back() {
    let pool = pool(&[2, 1]);
    let inputs = PickInputs {
        owner: Some("p01@acme.example".into()),
        ..inputs(&pool, Counters::from([("p00@acme.example".into(), -1)]))
    };
    let pick = pick(&pool, &inputs).expect("a person is available");
    let json = serde_json::to_string(&(&pool, &inputs, &pick)).expect("they are JSON");
    assert_eq!(
        serde_json::from_str::<(Pool, PickInputs, engine::rules::pick::Pick)>(&json)
            .expect("they are read back"),
        (pool, inputs, pick)
    );
    let read: Pool = serde_json::from_str(r#"{"name":"ae","members":[{"person":"jane@acme.example"}]}"#)
        .expect("a weight may be left out");
    assert_eq!(read.members[0].weight, 1);
}

proptest! {
    #[test]
    fn turns_are_fair(weights in prop::collection::vec(1_u32..20, 1..8), extra in 0_usize..200) {
        let pool = pool(&weights);
        let cycle: u32 = weights.iter().sum();
        let (picked, counters) = turns(&pool, cycle as usize);
        for member in &pool.members {
            let count = picked.iter().filter(|person| **person == member.person).count();
            prop_assert_eq!(count, member.weight as usize, "a full cycle is exact");
        }
        prop_assert!(counters.values().all(|counter| *counter == 0));
        // Within a cycle, no one is a whole turn ahead, or further behind than the greedy rule allows: 1/2 +
        // 1/3 + … + 1/n.
        let behind: f64 = (2..=weights.len()).map(|n| 1.0 / n as f64).sum();
        let (picked, _) = turns(&pool, extra);
        let mut counts: BTreeMap<&str, f64> = BTreeMap::new();
        for (turn, person) in picked.iter().enumerate() {
            *counts.entry(person).or_default() += 1.0;
            for member in &pool.members {
                let exact = (turn + 1) as f64 * f64::from(member.weight) / f64::from(cycle);
                let count = counts.get(member.person.as_str()).copied().unwrap_or(0.0);
                let is_fair = count - exact < 1.0 && exact - count <= behind + 1e-9;
                prop_assert!(is_fair, "{} has {count} turns of {}, {exact} would be exact", member.person, turn + 1);
            }
        }
    }

    #[test]
    fn the_same_inputs_give_the_same_pick(weights in prop::collection::vec(1_u32..9, 1..6), counters in prop::collection::vec(-9_i64..9, 6), away in 0_usize..6) {
        let pool = pool(&weights);
        let counters = counters.into_iter().enumerate().map(|(i, counter)| (format!("p{i:02}@acme.example"), counter)).collect();
        let mut inputs = inputs(&pool, counters);
        inputs.available.remove(&format!("p{away:02}@acme.example"));
        let first = pick(&pool, &inputs);
        prop_assert_eq!(&first, &pick(&pool, &inputs));
        if let Some(pick) = first {
            prop_assert!(inputs.available.contains(&pick.assignee));
            let absent = pool.members.iter().filter(|member| !inputs.available.contains(&member.person));
            for member in absent {
                prop_assert_eq!(pick.counters_after.get(&member.person), inputs.counters.get(&member.person));
            }
        }
    }
}

proptest! {
    #[test]
    fn a_turn_given_back_is_as_if_it_had_not_been_taken(weights in prop::collection::vec(1_u32..9, 1..6), before in 0_usize..20, who in 0_usize..6) {
        let pool = pool(&weights);
        let (_, counters) = turns(&pool, before);
        let person = &pool.members[who % pool.members.len()].person;
        let taken = chosen(&pool, &counters, person).unwrap();
        let back = credited(&pool, &taken, &BTreeSet::new(), person).unwrap();
        for member in &pool.members {
            let at = |counters: &Counters| counters.get(&member.person).copied().unwrap_or_default();
            prop_assert_eq!(at(&back), at(&counters), "{}", &member.person);
        }
    }
}

#[test]
fn whoever_is_away_pays_nothing_for_a_turn_given_back() {
    let pool = pool(&[1, 1, 2]);
    let [first, away, third] = [0, 1, 2].map(|n| pool.members[n].person.clone());
    let counters = Counters::from([(away.clone(), 7)]);
    let back = credited(&pool, &counters, &BTreeSet::from([away.clone()]), &first).unwrap();
    assert_eq!(back, Counters::from([(first, 2), (away, 7), (third, -2)]));
    assert_eq!(credited(&pool, &counters, &BTreeSet::new(), "nobody@acme.example"), None);
}
