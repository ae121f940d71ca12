//! Measures the rule engine on its reference workload in one thread; run by `cargo xtask bench rules`.
//!
//! `rules measure` prints one JSON object; `rules data FOLDER` writes the leads as files for other engines.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use bench_rules::reference::{self, FIELDS, Logic};
use bench_rules::sets;
use engine::decision::SnapshotList;
use engine::rules::analysis::FindingKind;
use engine::rules::simulate::StopCounts;
use engine::rules::vector::{Columns, Lookups, Plan, RuleResults, SimdLevel};
use engine::rules::{Datum, Inputs, Numeric, Reading, ReferenceList, Row, RowCell, RuleSet, RuleSetFile};
use engine::value::Value;
use serde_json::{Value as Json, json};

/// The number of leads in columns.
const LEADS: usize = 1_000_000;
/// The number of leads decided one at a time, by Meshline and by other engines.
const ROWS: usize = 100_000;
/// The number of repetitions, of which the median counts.
const RUNS: usize = 15;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["measure"] => println!("{}", measure()?),
        ["data", folder] => data(Path::new(folder))?,
        ["hard", names @ ..] => hard(names)?,
        _ => bail!("usage: rules measure | data FOLDER | hard [NAME...]"),
    }
    Ok(())
}

/// Writes the files that other engines read: the leads, and the names on the list.
fn data(folder: &Path) -> Result<()> {
    let mut leads = BufWriter::new(File::create(folder.join("leads.csv"))?);
    reference::csv(LEADS, &mut leads)?;
    leads.flush()?;
    let workload = reference::Leads::new();
    let names: Vec<&str> = workload.listed.iter().map(|place| workload.companies[*place].as_str()).collect();
    std::fs::write(folder.join("tam.txt"), names.join("\n") + "\n")?;
    Ok(())
}

/// Measures how long the analysis of hard sets takes, and what it leaves undecided.
fn hard(names: &[&str]) -> Result<()> {
    for set in sets::HARD.iter().filter(|set| names.is_empty() || names.contains(&set.name)) {
        let rules = set.rule_set().map_err(to_error)?;
        let start = Instant::now();
        let findings = rules.analyse(&BTreeMap::new()).findings;
        let took = start.elapsed().as_secs_f64() * 1e3;
        let open = findings.iter().filter(|one| matches!(one.kind, FindingKind::NotDecided(_))).count();
        println!("{:<40} {took:>9.1} ms, {} findings, {open} of them open", set.name, findings.len());
    }
    Ok(())
}

fn measure() -> Result<Json> {
    let lists = reference::Leads::new().lists();
    let mut figures = json!({ "rows": ROWS, "leads": LEADS });
    rows(&mut figures, &lists)?;
    let mut per_level = BTreeMap::new();
    for (logic, key) in [(Logic::TwoValued, "two_valued"), (Logic::ThreeValued, "three_valued")] {
        let columns = reference::columns(logic, LEADS).map_err(to_error)?;
        let rules = reference::rules(logic, 0.85).map_err(to_error)?;
        // Each distinct text is looked up once, when the leads are loaded; other engines have the list as codes
        // before timing starts. The look-ups are measured separately.
        let mut lookups = Lookups::new(&lists);
        let anew = || drop(Plan::new(&rules, &columns, &mut Lookups::new(&lists)));
        figures["lookups_ms"] = json!(median(anew).as_secs_f64() * 1e3);
        for level in SimdLevel::all() {
            let mut counts = || Plan::at(level, &rules, &columns, &mut lookups).counts();
            let counted = counts();
            if logic == Logic::TwoValued {
                ensure!(flat(&counted) == reference::TWO_VALUED, "the counts are {:?}", flat(&counted));
                figures["counts_2v"] = json!(flat(&counted));
            } else {
                figures["counts_3v"] =
                    json!({"fired": counted.fired, "held": counted.held, "default": counted.default});
            }
            let per_s = LEADS as f64 / median(|| drop(std::hint::black_box(counts()))).as_secs_f64();
            per_level.insert(format!("{key}_{}", level.name()), per_s);
        }
        if logic == Logic::ThreeValued {
            figures["bytes_per_lead"] = json!(columns.bytes() as f64 / LEADS as f64);
            two_sets(&mut figures, &columns, &rules, &lists)?;
        }
    }
    let best = SimdLevel::best().name();
    figures["vector_per_s"] = json!(per_level[&format!("two_valued_{best}")]);
    figures["vector_3v_per_s"] = json!(per_level[&format!("three_valued_{best}")]);
    figures["levels"] = json!(per_level);
    check(&mut figures)?;
    analysis(&mut figures)?;
    Ok(figures)
}

/// Measures two rule sets over the same leads, and a changing threshold.
fn two_sets(
    figures: &mut Json,
    columns: &Columns,
    rules: &RuleSet,
    lists: &BTreeMap<String, ReferenceList>,
) -> Result<()> {
    let drafts =
        [0.8, 0.82, 0.84, 0.86, 0.88, 0.9].map(|intent| reference::rules(Logic::ThreeValued, intent));
    let drafts = drafts.into_iter().collect::<Result<Vec<_>, _>>().map_err(to_error)?;
    let matrix = || {
        let mut lookups = Lookups::new(lists);
        let [from, to] = [rules, &drafts[0]].map(|rules| Plan::new(rules, columns, &mut lookups).stops());
        from.matrix(&to)
    };
    ensure!(matrix().total() == LEADS as u64, "the matrix lost leads");
    figures["matrix_ms"] = json!(median(|| drop(std::hint::black_box(matrix()))).as_secs_f64() * 1e3);

    let mut sheet = RuleResults::new(rules, columns, Lookups::new(lists));
    let mut turn = 0;
    let what_if = median(|| {
        turn += 1;
        std::hint::black_box(sheet.counts(&drafts[turn % drafts.len()]));
    });
    figures["whatif_ms"] = json!(what_if.as_secs_f64() * 1e3);
    for draft in &drafts {
        let anew = Plan::new(draft, columns, &mut Lookups::new(lists)).counts();
        ensure!(sheet.counts(draft) == anew, "the what-if counts are not those of the draft");
    }
    Ok(())
}

/// Measures one lead at a time.
fn rows(figures: &mut Json, lists: &BTreeMap<String, ReferenceList>) -> Result<()> {
    let rules = reference::rules(Logic::TwoValued, 0.85).map_err(to_error)?;
    let workload = reference::Leads::new();
    let companies = workload.companies.clone();
    let leads = Leads::load(&rules, lists, workload, &companies)?;
    let decided = || {
        let mut counts = StopCounts::new(&rules);
        (0..ROWS).for_each(|lead| counts.add(rules.decide_row(&leads.row(lead)), 1));
        counts
    };
    figures["counts_rows"] = json!(flat(&decided()));
    let plain = median(|| drop(std::hint::black_box(decided())));
    figures["row_per_s"] = json!(ROWS as f64 / plain.as_secs_f64());
    let traced = median(|| {
        for lead in 0..ROWS {
            std::hint::black_box(rules.decide_traced(&leads.row(lead)));
        }
    });
    figures["row_traced_per_s"] = json!(ROWS as f64 / traced.as_secs_f64());
    let named = median(|| {
        for (readings, lists) in &leads.named {
            let inputs = Inputs { readings, lists, as_of: Default::default() };
            std::hint::black_box(rules.decide(&inputs));
        }
    });
    figures["named_traced_per_s"] = json!(leads.named.len() as f64 / named.as_secs_f64());
    Ok(())
}

/// Leads in memory, ready for the row engine; the results of the list are part of the inputs. Some are also
/// available by field name, as in the pipeline.
struct Leads<'a> {
    width: usize,
    cells: Vec<RowCell<'a>>,
    answers: Vec<Option<bool>>,
    named: Vec<(BTreeMap<String, Reading>, BTreeMap<String, SnapshotList>)>,
}

impl<'a> Leads<'a> {
    fn load(
        rules: &RuleSet,
        lists: &BTreeMap<String, ReferenceList>,
        workload: reference::Leads,
        companies: &'a [String],
    ) -> Result<Self> {
        const NAMED: usize = 10_000;
        let list = lists.get("tam").context("the workload has a list")?;
        let place = |name: &str| FIELDS.iter().position(|(field, _)| *field == name);
        let places: Vec<usize> = rules.slots().iter().filter_map(|slot| place(&slot.name)).collect();
        ensure!(places.len() == rules.slots().len() && rules.questions().len() == 1, "the workload changed");
        let mut leads =
            Self { width: places.len(), cells: Vec::new(), answers: Vec::new(), named: Vec::new() };
        for lead in workload.take(ROWS) {
            let cells = lead.cells(companies);
            let is_listed = list.contains(&companies[lead.company]).is_some();
            leads.cells.extend(places.iter().map(|place| cells[*place]));
            leads.answers.push(Some(is_listed));
            if leads.named.len() < NAMED {
                leads.named.push(named(rules, &cells, is_listed));
            }
        }
        Ok(leads)
    }

    fn row(&self, lead: usize) -> Row<'_> {
        Row {
            cells: &self.cells[lead * self.width..(lead + 1) * self.width],
            answers: &self.answers[lead..=lead],
            as_of: 0,
        }
    }
}

/// Returns a lead in the form of the pipeline.
fn named(
    rules: &RuleSet,
    cells: &[RowCell<'_>],
    is_listed: bool,
) -> (BTreeMap<String, Reading>, BTreeMap<String, SnapshotList>) {
    let value = |name: &str, datum: Datum<'_>| {
        Some(match datum {
            Datum::Bool(holds) => Value::Bool(holds),
            Datum::Number(Numeric::Integer(n)) => Value::Integer(n),
            Datum::Number(Numeric::Float(n)) => Value::Number(n),
            datum => {
                Value::Text(rules.slots().iter().find(|slot| slot.name == name)?.text(datum)?.to_owned())
            }
        })
    };
    let readings = FIELDS.iter().zip(cells).filter_map(|((name, _), cell)| {
        let value = value(name, cell.datum)?;
        Some(((*name).to_owned(), Reading { value, confidence: cell.confidence }))
    });
    let by_field = BTreeMap::from([("company".to_owned(), is_listed)]);
    let list = SnapshotList { version: 1, contains: Some(is_listed), by_field, ..SnapshotList::default() };
    (readings.collect(), BTreeMap::from([("tam".to_owned(), list)]))
}

/// Measures text to code: parsing and checking each condition, and the whole set from its parsed file.
fn check(figures: &mut Json) -> Result<()> {
    const TIMES: u32 = 1_000;
    let mut file = RuleSetFile::from_yaml(&reference::file(Logic::TwoValued, 0.85)).map_err(to_error)?;
    let compile = |file: &RuleSetFile| {
        let whole = median(|| {
            for _ in 0..TIMES {
                drop(std::hint::black_box(file.compile()));
            }
        });
        whole.as_secs_f64() * 1e6 / f64::from(TIMES)
    };
    let set = compile(&file);
    let rules = file.rules.len() as f64;
    figures["check_set_us"] = json!(set);
    // A set with one rule, so that work done once per set does not count.
    file.rules.truncate(1);
    let one = compile(&file);
    figures["check_us"] = json!((set - one) / (rules - 1.0));
    Ok(())
}

/// Measures the static analysis; of two tables, the slower one counts.
fn analysis(figures: &mut Json) -> Result<()> {
    let lists = BTreeMap::from([("tam".to_owned(), 500)]);
    let takes =
        |rules: &RuleSet| median(|| drop(std::hint::black_box(rules.analyse(&lists)))).as_secs_f64() * 1e3;
    let reference = reference::rules(Logic::ThreeValued, 0.85).map_err(to_error)?;
    figures["analysis_reference_ms"] = json!(takes(&reference));
    let [holes, whole] = [true, false].map(|has_holes| sets::table(1_000, has_holes));
    let (holes, whole) = (holes.map_err(to_error)?, whole.map_err(to_error)?);
    figures["analysis_1000_ms"] = json!(takes(&holes).max(takes(&whole)));
    Ok(())
}

fn flat(counts: &StopCounts) -> Vec<u64> {
    counts.fired.iter().copied().chain([counts.default]).collect()
}

fn to_error(problems: Vec<engine::problem::Problem>) -> anyhow::Error {
    anyhow!("{problems:?}")
}

/// Returns the median duration after one warm-up run.
fn median(mut run: impl FnMut()) -> Duration {
    run();
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .collect();
    times.sort();
    times[RUNS / 2]
}
