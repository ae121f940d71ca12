//! Compares both engines on random leads: `differ SEED CASES`.

use bench_rules::differ;

fn main() -> Result<(), String> {
    let arguments: Vec<u64> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let [seed, cases] = arguments.as_slice() else { return Err("usage: differ SEED CASES".into()) };
    println!("{}", differ::run(*seed, *cases)?);
    Ok(())
}
