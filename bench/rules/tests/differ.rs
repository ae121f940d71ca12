//! Compares both engines on random rule sets. `cargo xtask differ` uses many more, and WebAssembly too.

use bench_rules::differ;
use bench_rules::reference::{self, Logic};
use engine::rules::vector::{Lookups, Plan, SimdLevel};

#[test]
fn both_engines_decide_the_same() {
    for seed in 0..4 {
        differ::run(seed, 5_000).unwrap_or_else(|difference| panic!("{difference}"));
    }
}

#[test]
fn the_reference_workload_counts_as_seven_other_engines_do() {
    const LEADS: usize = 1_000_000;
    let columns = reference::columns(Logic::TwoValued, LEADS).unwrap();
    let lists = reference::Leads::new().lists();
    let rules = reference::rules(Logic::TwoValued, 0.85).unwrap();
    for level in SimdLevel::all() {
        let counts = Plan::at(level, &rules, &columns, &mut Lookups::new(&lists)).counts();
        assert_eq!(counts.held.iter().sum::<u64>(), 0);
        let told: Vec<u64> = counts.fired.iter().copied().chain([counts.default]).collect();
        assert_eq!(told, reference::TWO_VALUED, "{level:?}");
    }
    assert!(columns.bytes() <= 64 * LEADS, "{} bytes", columns.bytes());
}
