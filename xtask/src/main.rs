//! `cargo xtask`: sets up, runs, tests, builds and checks Meshline with one command each.

mod assets;
mod bench;
mod browser;
mod build;
mod differ;
mod eval;
mod fuzz;
mod layers;
mod licences;
mod lint;
mod migrations;
mod modules;
mod mutate;
mod node;
mod output;
mod packages;
mod postgres;
mod process;
mod run;
mod rust_tests;
mod secrets;
mod site;
mod skips;
mod styles;
mod test;
mod torture;
mod wasm;
mod wasm_target;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;

const HELP: &str = "\
cargo xtask COMMAND

  run [--listen 127.0.0.1:3000]     set up what is missing, then serve Meshline with its demo organisation
  test [--only unit|db|browser] [--shipped]
                                    every test; --shipped takes the browser through the optimised bundle
  build                             release server, WebAssembly and styles, into target/dist
  lint [fmt|clippy|wasm|doc|licences|layers …]
                                    formatting, lints, documentation, licences and the direction of the layers
  migrations                        all migrations up, down and up again; both schemas must be the same
  torture [--kills 200] [--effects 10000] [--seed S] [--seconds-limit T] | --cuts N | --stopped N
                                    kills processes, crashes the database and breaks the network, and then reads the
                                    destinations: is each effect there once and in order? --cuts: connections cut
                                    after the destination committed; --stopped: workers stopped past their leases
  differ [--cases 1000000] [--seed 1]
                                    rule sets and leads by chance: do the row engine, the vector engine at each level of
                                    instructions, and both in WebAssembly decide the same?
  fuzz [parser|checker|evaluator …] [--minutes 30]
                                    libFuzzer against what reads, checks and runs rules; minutes of processor time
  mutate triggers [WORDS]           removes every trigger, guard clause and constraint of the schema in turn, and lists those whose
                                    absence no test notices; WORDS: only mutants with these words in their name
  mutate code [FILE.rs …]           cargo-mutants over the rules and the service layer, or over these files
  test-db                           keep the test database up until Ctrl-C, for `cargo test` by hand
  bench rules [--no-peers]          decisions and simulations a second on the reference workload, against zen-engine,
                                    the cel crate, Polars and DuckDB
  bench ingest [--seconds 30] [--rounds 3] [--assigned 20] [--events 100000] [--import 100000] [--statements]
                                    events a second, single, in batches and imported, against pgbench and COPY
  bench import [--rows 5000000] [--bytes BYTES] [--minutes 10] [--program FILE] [--debug]
                                    uploading, previewing and importing one large file, and the memory that each takes
  bench outbox [--jobs 50000] [--rounds 3] [--samples 500] [--aged 10000000] [--statements]
                                    effects a second and how soon they are begun, against graphile-worker and pg-boss
  bench pages [--decisions 1000000] [--seconds 20] [--only PAGE …] [--debug]
                                    lists and the dashboard at 200 requests a second, and what a browser fetches
  bench soak [--minutes 30] [--assigned 20]
                                    half of that load for long: memory, errors and the slowest answer
  eval cel FILE.jsonl               cases of CEL's conformance suite: passed, failed and excluded by construct

DATABASE_URL makes `run` use that database instead of a private one in .meshline/.";

fn main() -> ExitCode {
    match command() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn command() -> Result<ExitCode> {
    process::forward_signals()?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] | ["help" | "--help" | "-h"] => {
            println!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        ["run", options @ ..] => run::run(options),
        ["test", options @ ..] => test::test(options),
        ["build"] => build::build(),
        ["lint", names @ ..] => lint::lint(names),
        ["bench", what @ ..] => bench::bench(what),
        ["eval", what @ ..] => eval::eval(what),
        ["differ", options @ ..] => differ::differ(options),
        ["fuzz", options @ ..] => fuzz::fuzz(options),
        ["mutate", options @ ..] => mutate::mutate(options),
        ["migrations"] => migrations::migrations(),
        ["torture", options @ ..] => torture::torture(options),
        ["test-db"] => test::keep_database(),
        [other, ..] => {
            eprintln!("error: `{other}` is not a command, or takes no such options\n\n{HELP}");
            Ok(ExitCode::from(2))
        }
    }
}
