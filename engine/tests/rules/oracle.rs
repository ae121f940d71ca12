//! Compares expressions with another CEL implementation, within the subset that both interpret the same way.
//!
//! `PROPTEST_CASES=1000000 cargo test -p engine --release --test rules oracle` runs a million of each.

use std::collections::BTreeMap;

use cel::{Context, Program, Value};
use engine::rules::typed::{Evaluation, Val, evaluate};
use proptest::prelude::*;

use crate::generate::{Leaves, Source, cases};

fn leaves() -> Leaves {
    Leaves { is_common: true, ..Leaves::default() }
}

fn is_same(ours: &Val<'_>, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Val::Bool(a), Value::Bool(b)) => a == b,
        (Val::Int(a), Value::Int(b)) => a == b,
        (Val::Double(a), Value::Float(b)) => a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()),
        (Val::Text(a), Value::String(b)) => **a == ***b,
        (Val::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| is_same(a, b))
        }
        _ => false,
    }
}

fn compare(text: &str) -> Result<(), TestCaseError> {
    let ours = evaluate(text, &BTreeMap::new());
    let program = Program::compile(text).map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
    let theirs = program.execute(&Context::default());
    let agree = match (&ours, &theirs) {
        (Evaluation::Value(ours), Ok(theirs)) => is_same(ours, theirs),
        (Evaluation::Error(_), Err(_)) => true,
        // Meshline limits the work before anything runs.
        (Evaluation::Error(message), Ok(_)) => message.starts_with("This could take too long"),
        _ => false,
    };
    prop_assert!(agree, "{}\nours: {:?}\ntheirs: {:?}", text, ours, theirs);
    Ok(())
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn conditions(seed in any::<u64>(), depth in 0_usize..5) {
        compare(&Source::new(seed, &leaves()).bool(depth))?;
    }

    #[test]
    fn values(seed in any::<u64>(), depth in 0_usize..4) {
        compare(&Source::new(seed, &leaves()).int(depth))?;
        compare(&Source::new(seed, &leaves()).double(depth))?;
        compare(&Source::new(seed, &leaves()).text(depth))?;
    }
}
