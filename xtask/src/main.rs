//! `cargo xtask`: sets up, runs, tests, builds and checks Meshline, each with one command.

mod assets;
mod audit;
mod bench;
mod browser;
mod build;
mod cargo_tool;
mod container;
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
mod sbom;
mod secrets;
mod site;
mod skips;
mod styles;
mod test;
mod texts;
mod torture;
mod wasm;
mod wasm_target;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;

const HELP: &str = "\
cargo xtask COMMAND

  run [--listen 127.0.0.1:3000]     installs what is missing, then serves Meshline with its demo organisation
  test [--only unit|db|browser] [--shipped]
                                    runs all tests; --shipped runs the browser tests on the optimised bundle
  build                             builds the release server, WebAssembly and styles into target/dist, with a bill of materials
  site [FOLDER]                     builds WebAssembly and styles for development, into target/site unless given a folder
  container [--debug]               carries out the last stage of the Dockerfile in a Debian made by mmdebstrap, and checks that the
                                    image works; needs root and target/dist, or --debug for a development build
  lint [fmt|clippy|wasm|doc|licences|advisories|layers|texts …]
                                    checks formatting, lints, documentation, licences, known vulnerabilities where an audit was made
                                    before, the direction of the layers, and that texts are in app/locales
  audit [--database FOLDER]         looks for known vulnerabilities in all dependencies with cargo-deny and npm; FOLDER: a clone of
                                    RustSec's advisory-db to use instead of a download
  migrations                        applies, reverts and reapplies all migrations; the schema must be the same
  torture [--kills 200] [--effects 10000] [--seed S] [--seconds-limit T] | --cuts N | --stopped N
                                    kills processes, crashes the database and breaks the network, then checks in the
                                    destinations that every effect arrived once and in order. --cuts: cuts connections
                                    after the destination committed; --stopped: suspends workers past their leases
  torture recovered                 promotes a replica that lacks the last commits, and checks that servers stop, refuse to
                                    start, and prevail at destinations after `meshline recovered`
  torture edge [--debug | --program FILE]
                                    half-open connections, announced bodies, unread answers, a flood of sign-ins and the
                                    worst drafts, while others use the server: their waiting times, errors, memory
  differ [--cases 1000000] [--seed 1]
                                    compares the row engine, the vector engine at each instruction level, and both in
                                    WebAssembly on random rule sets and leads
  differ calendars [--cases 2000] [--seed 1]
                                    compares the busy times read from random calendars with Python's icalendar and
                                    recurring-ical-events
  fuzz [parser|checker|evaluator …] [--minutes 30]
                                    runs libFuzzer on the rule language; the minutes are processor time
  mutate triggers [WORDS]           removes every trigger, guard clause and constraint of the schema in turn, and lists
                                    those whose removal no test notices; WORDS: only mutants with these words in their name
  mutate code [FILE.rs …]           runs cargo-mutants on the rules and the service layer, or on these files
  test-db                           runs the test database until Ctrl-C, for running `cargo test` directly
  bench build [--touches 3] [--touched-only]
                                    a cold release build, its size, and how soon a changed page is visible in development
  bench rules [--no-peers]          decisions and simulations per second on the reference workload, against zen-engine,
                                    the cel crate, Polars and DuckDB
  bench ingest [--seconds 30] [--rounds 3] [--assigned 20] [--events 100000] [--import 100000] [--shadows N] [--statements]
                                    events per second, singly, in batches and imported, against pgbench and COPY
  bench import [--rows 5000000] [--bytes BYTES] [--minutes 10] [--program FILE] [--debug]
                                    uploading, previewing and importing one large file, and the memory that each takes
  bench outbox [--jobs 50000] [--rounds 3] [--samples 500] [--aged 10000000] [--statements]
                                    effects per second and start latency, against graphile-worker and pg-boss
  bench pages [--decisions 1000000] [--seconds 20] [--only PAGE …] [--debug]
                                    lists and the dashboard at 200 requests per second, and the size of the downloads
  bench soak [--minutes 30] [--assigned 20]
                                    half of the full load for a long time: memory, errors and the slowest response
  eval cel FILE.jsonl               runs CEL's conformance suite: passed, failed and excluded by construct

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
        ["audit", options @ ..] => audit::audit(options),
        ["build"] => build::build(),
        ["site"] => build::site(None),
        ["site", folder] => build::site(Some(folder)),
        ["container", options @ ..] => container::container(options),
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
            eprintln!("error: `{other}` is not a command, or its options are invalid\n\n{HELP}");
            Ok(ExitCode::from(2))
        }
    }
}
