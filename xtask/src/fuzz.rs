//! `cargo xtask fuzz`: runs libFuzzer against everything that parses, checks and evaluates rules. The targets and their properties are
//! in `fuzz/`, a separate workspace because all of it is compiled with coverage instrumentation.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;
use crate::{output, packages, process};

const MANIFEST: &str = "fuzz/Cargo.toml";

/// The targets and the maximum length of their inputs. A condition is limited to 10,000 bytes; cases generated from bytes need few.
const TARGETS: [(&str, u32); 3] = [("parser", 10_200), ("checker", 2_000), ("evaluator", 3_000)];

/// The flags that make the stable compiler count edges and record comparisons, as cargo-fuzz does.
const INSTRUMENTED: [&str; 7] = [
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Cllvm-args=-simplifycfg-branch-fold-threshold=0",
];

/// The stack size in kilobytes, as large as that of the server's threads.
const STACK: u32 = 2048;

/// The number of seconds after which one input counts as a hang.
const TIMEOUT: u32 = 5;

/// The exit code of libFuzzer after a hang.
const TIMED_OUT: i32 = 70;

/// Fuzzes the named targets, or all of them.
///
/// # Errors
/// Returns an error if something cannot be set up or built. An input that crashes a target is reported, and the exit code is 1.
pub fn fuzz(arguments: &[&str]) -> Result<ExitCode> {
    let (names, minutes) = options(arguments)?;
    packages::ensure(&[&packages::CPP])?;
    let workspace = Workspace::find()?;
    let folder = output::phase("building", || build(&workspace))?;
    let targets: Vec<Target> = TARGETS
        .iter()
        .filter(|(name, _)| names.is_empty() || names.contains(name))
        .map(|(name, longest)| Target::new(&workspace, &folder, name, *longest))
        .collect::<Result<_>>()?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut is_sound = true;
    for beside in targets.chunks(cores) {
        let done: Vec<Result<Done>> = std::thread::scope(|scope| {
            let running: Vec<_> =
                beside.iter().map(|target| scope.spawn(|| target.run(minutes * 60))).collect();
            running.into_iter().filter_map(|thread| thread.join().ok()).collect()
        });
        for (target, done) in beside.iter().zip(done) {
            let done = done?;
            println!("{}: {}", target.name, done.sentence());
            if let Some(found) = &done.found {
                is_sound = false;
                println!("{}: {found}", target.name);
                println!("  log: {}", target.log.display());
                println!("  reproduce: {} {found}", target.program.display());
            }
        }
    }
    Ok(if is_sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn options<'a>(arguments: &[&'a str]) -> Result<(Vec<&'a str>, u64)> {
    let (mut names, mut minutes) = (Vec::new(), 30);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match *argument {
            "--minutes" => {
                let number = rest.next().context("--minutes takes a number")?;
                minutes = number.parse().context("--minutes takes a number")?;
            }
            name if TARGETS.iter().any(|(known, _)| *known == name) => names.push(name),
            _ => bail!("usage: cargo xtask fuzz [parser|checker|evaluator …] [--minutes 30]"),
        }
    }
    Ok((names, minutes))
}

/// Builds the targets and returns their folder. Naming `--target` keeps build scripts from being instrumented.
fn build(workspace: &Workspace) -> Result<PathBuf> {
    let target = workspace.target.join("fuzz");
    let version = process::capture(Command::new("rustc").arg("-vV"))?;
    let host =
        version.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc reports no host")?;
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--release", "--manifest-path", MANIFEST, "--target", host, "--target-dir"]);
    cargo.arg(&target).env("CARGO_ENCODED_RUSTFLAGS", INSTRUMENTED.join("\u{1f}"));
    process::run(&mut cargo)?;
    Ok(target.join(host).join("release"))
}

/// A fuzz target and its files.
struct Target {
    name: &'static str,
    program: PathBuf,
    longest: u32,
    /// Interesting inputs, kept for the next run.
    corpus: PathBuf,
    seeds: PathBuf,
    /// Inputs that crashed the target.
    found: PathBuf,
    log: PathBuf,
}

impl Target {
    fn new(workspace: &Workspace, programs: &Path, name: &'static str, longest: u32) -> Result<Self> {
        let folder = |kind: &str| workspace.target.join("fuzz").join(kind).join(name);
        let (corpus, seeds, found) = (folder("corpus"), folder("seeds"), folder("found"));
        for folder in [&corpus, &seeds, &found] {
            fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        }
        let log = workspace.target.join("fuzz").join(format!("{name}.log"));
        Ok(Self { name, program: programs.join(name), longest, corpus, seeds, found, log })
    }

    /// Runs for this many seconds of processor time, which does not advance while the process is suspended. libFuzzer's limit per
    /// input is wall-clock time, so an input that was too slow is run again by itself.
    fn run(&self, seconds: u64) -> Result<Done> {
        let mut done = Done::default();
        loop {
            let left = Duration::from_secs(seconds).saturating_sub(done.used);
            let mut command = self.command();
            command
                .env("FUZZ_SEEDS", &self.seeds)
                .env("FUZZ_SECONDS", left.as_secs().max(1).to_string())
                .args([
                    format!("-max_len={}", self.longest),
                    format!("-artifact_prefix={}/", self.found.display()),
                ])
                .args(["-print_final_stats=1", "-rss_limit_mb=1024", "-use_value_profile=0"])
                .args([&self.corpus, &self.seeds])
                .stderr(File::create(&self.log)?);
            let status = process::Started::new(&mut command)?.wait()?;
            if process::interrupted() {
                bail!("interrupted");
            }
            let log = String::from_utf8_lossy(&fs::read(&self.log)?).into_owned();
            done.add(&log);
            let found = log.lines().rev().find_map(|line| line.split("Test unit written to ").nth(1));
            match (status.code(), found) {
                (Some(0), _) => return Ok(done),
                (Some(TIMED_OUT), Some(found))
                    if self.is_quick(found)? && done.used < Duration::from_secs(seconds) =>
                {
                    fs::remove_file(found)?;
                }
                (_, Some(found)) => {
                    done.found = Some(found.to_owned());
                    return Ok(done);
                }
                (_, None) => bail!("{} exited with {status}; see {}", self.name, self.log.display()),
            }
        }
    }

    fn is_quick(&self, input: &str) -> Result<bool> {
        Ok(process::output(self.command().arg(input))?.status.success())
    }

    fn command(&self) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -s {STACK}; exec \"$0\" \"$@\"")]);
        command.arg(&self.program).arg(format!("-timeout={TIMEOUT}"));
        command
    }
}

/// The results of a target.
#[derive(Debug, Default, PartialEq)]
struct Done {
    executions: u64,
    used: Duration,
    /// The number of edges covered.
    edges: u64,
    /// The number of edges, distinguished by how often they were covered.
    features: u64,
    /// The number and size of the inputs in the corpus.
    corpus: String,
    slowest: Duration,
    /// The input that crashed the target.
    found: Option<String>,
}

impl Done {
    /// Adds the results that libFuzzer and the target reported in one run.
    fn add(&mut self, log: &str) {
        let (mut used, mut executions) = (0, 0);
        for line in log.lines() {
            let mut words = line.split_ascii_whitespace();
            match words.next() {
                Some("slowest:") => {
                    self.slowest = self.slowest.max(Duration::from_micros(number(words.next())))
                }
                Some("used:") => used = number(words.next()),
                Some("stat::number_of_executed_units:") => executions = number(words.next()),
                Some(first) if first.starts_with('#') => {
                    executions = number(first.strip_prefix('#'));
                    let mut after = |name: &str| words.by_ref().skip_while(|word| *word != name).nth(1);
                    if let (Some(edges), Some(features), Some(corpus)) =
                        (after("cov:"), after("ft:"), after("corp:"))
                    {
                        self.edges = number(Some(edges));
                        self.features = number(Some(features));
                        self.corpus = corpus.to_owned();
                    }
                }
                _ => {}
            }
        }
        self.used += Duration::from_millis(used);
        self.executions += executions;
    }

    fn sentence(&self) -> String {
        let speed = self.executions as f64 / self.used.as_secs_f64().max(0.001);
        format!(
            "{} executions in {} of processor time ({speed:.0} per second), {} edges, {} features, corpus {}, slowest input {:.1} ms, {}",
            self.executions,
            output::seconds(self.used),
            self.edges,
            self.features,
            self.corpus,
            self.slowest.as_secs_f64() * 1000.0,
            if self.found.is_some() { "ENDED BY AN INPUT" } else { "no crash, no hang" },
        )
    }
}

fn number(word: Option<&str>) -> u64 {
    word.and_then(|word| word.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\
INFO: Running with entropic power schedule (0xFF, 100).
INFO:      144 files found in /t/fuzz/seeds/parser
slowest: 1250 us, 412 bytes
#145\tINITED cov: 2101 ft: 5022 corp: 140/9011b exec/s: 0 rss: 61Mb
#4096\tpulse  cov: 2555 ft: 7411 corp: 300/31Kb lim: 412 exec/s: 2048 rss: 64Mb
slowest: 8300 us, 900 bytes
used: 60010 ms
INFO: signal received, trying to exit gracefully
==7== INFO: libFuzzer: exiting as requested
stat::number_of_executed_units: 5000
stat::average_exec_per_sec:     2500
";

    #[test]
    fn results_of_several_runs_are_added_up() {
        let mut done = Done::default();
        done.add(LOG);
        let once = Done {
            executions: 5000,
            used: Duration::from_millis(60_010),
            edges: 2555,
            features: 7411,
            corpus: "300/31Kb".into(),
            slowest: Duration::from_micros(8300),
            found: None,
        };
        assert_eq!(done, once);
        // A run that a crash ended reports less.
        done.add("#9\tNEW    cov: 2560 ft: 7420 corp: 301/31Kb lim: 4 exec/s: 0 rss: 1Mb L: 4/4 MS: 1 ChangeByte-\n==8== ERROR");
        assert_eq!((done.executions, done.edges, done.used), (5009, 2560, once.used));
    }

    #[test]
    fn options_are_names_and_minutes() {
        assert_eq!(options(&[]).unwrap(), (vec![], 30));
        assert_eq!(
            options(&["parser", "--minutes", "2", "checker"]).unwrap(),
            (vec!["parser", "checker"], 2)
        );
        assert!(options(&["--minutes"]).is_err());
        assert!(options(&["parsr"]).is_err());
    }
}
