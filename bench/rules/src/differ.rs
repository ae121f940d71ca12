//! Compares the row engine and the vector engine on the same cases; each is the other's oracle.

use std::fmt;

use engine::decision::Outcome3;
use engine::rules::simulate::StopCounts;
use engine::rules::vector::{Columns, Lookups, Plan, RuleResults, ScanStops, SimdLevel};
use engine::rules::{Row, RowCell, RuleSet, ScanStop, Slot};

use crate::draw::Draw;
use crate::random::Case;

/// The number of cases compared, and a digest of every result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    /// The leads decided by both engines.
    pub cases: u64,
    /// A digest that is equal wherever the results are.
    pub digest: u64,
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cases, 0 differences, digest {:016x}", self.cases, self.digest)
    }
}

/// Compares both engines on this many random leads, at every level of vector instructions.
///
/// # Errors
/// Returns the first difference.
pub fn run(seed: u64, cases: u64) -> Result<Done, String> {
    let mut draw = Draw::new(seed);
    let mut done = Done { cases: 0, digest: 0xCBF2_9CE4_8422_2325 };
    while done.cases < cases {
        let leads = match draw.below(10) {
            0 => 1 + draw.below(2_100),
            _ => 1 + draw.below(300),
        }
        .min(cases - done.cases);
        let case = Case::draw(&mut draw, leads).map_err(|problems| format!("{problems:?}"))?;
        compare(&case, &mut done).map_err(|difference| {
            let rules: Vec<String> = case.rules.rules().iter().map(|rule| format!("{rule:?}")).collect();
            format!("seed {seed}, after {} cases: {difference}\n{}", done.cases, rules.join("\n"))
        })?;
        done.cases += leads;
    }
    Ok(done)
}

/// Compares both engines on the leads of one case, at every level of vector instructions.
///
/// # Errors
/// Returns the first difference.
pub fn agree(case: &Case<'_>) -> Result<(), String> {
    compare(case, &mut Done { cases: 0, digest: 0 })
}

fn compare(case: &Case<'_>, done: &mut Done) -> Result<(), String> {
    let columns = columns(case);
    kept(case, &columns)?;
    let by_row: Vec<ScanStop> = rows(case, &case.rules, |outcome| done.note(outcome as u64))?;
    let changed = rows(case, &case.changed, |_| {})?;
    by_row.iter().for_each(|stop| done.note(code(*stop)));
    let mut lookups = Lookups::new(&case.lists);
    for level in SimdLevel::all() {
        let plan = Plan::at(level, &case.rules, &columns, &mut lookups);
        let stops = plan.stops();
        same_stops(&by_row, &stops)?;
        let expected = count(&case.rules, &by_row);
        expect("counts", &plan.counts(), &expected)?;
        expect("counts of the stops", &stops.counts(&case.rules), &expected)?;
        let other = Plan::at(level, &case.changed, &columns, &mut lookups).stops();
        same_stops(&changed, &other)?;
        matrix(&stops, &other, &by_row, &changed)?;
    }
    let mut sheet = RuleResults::new(&case.rules, &columns, lookups);
    for (rules, stops) in [(&case.rules, &by_row), (&case.changed, &changed), (&case.rules, &by_row)] {
        expect("what-if", &sheet.counts(rules), &count(rules, stops))?;
    }
    Ok(())
}

/// Checks that the columns return the cells they were made from.
fn kept(case: &Case<'_>, columns: &Columns) -> Result<(), String> {
    let slots: Vec<Slot> =
        case.catalogue.0.iter().map(|(name, definition)| Slot::new(name, definition)).collect();
    for (row, (drawn, as_of)) in case.leads.iter().enumerate() {
        let expected = slots.iter().zip(drawn).map(|(slot, drawn)| cell(slot, Some(*drawn))).collect();
        expect(&format!("cells of lead {row}"), &columns.cells(&slots, row), &expected)?;
        expect("now", &columns.as_of(row), as_of)?;
    }
    Ok(())
}

fn columns(case: &Case<'_>) -> Columns {
    let fields = case.catalogue.0.iter().map(|(name, definition)| (name.as_str(), definition));
    let mut builder = Columns::builder(fields);
    case.leads.iter().for_each(|(cells, as_of)| builder.push(cells, *as_of));
    builder.finish()
}

/// Decides each lead with the row engine, from the generated cells and the lists themselves.
fn rows(case: &Case<'_>, rules: &RuleSet, mut tell: impl FnMut(Outcome3)) -> Result<Vec<ScanStop>, String> {
    let fields: Vec<&str> = case.catalogue.names().collect();
    let place = |slot: &Slot| fields.iter().position(|field| *field == slot.name);
    let places: Vec<Option<usize>> = rules.slots().iter().map(place).collect();
    let mut stops = Vec::with_capacity(case.leads.len());
    for (drawn, as_of) in &case.leads {
        let slots = rules.slots().iter().zip(&places);
        let cells: Vec<RowCell<'_>> =
            slots.map(|(slot, place)| cell(slot, place.map(|place| drawn[place]))).collect();
        let answers: Vec<Option<bool>> = rules
            .questions()
            .iter()
            .map(|question| {
                let slot = rules.slots().iter().position(|slot| slot.name == question.field)?;
                let text = rules.slots()[slot].text(cells[slot].datum)?;
                Some(case.lists.get(&question.list)?.contains(text).is_some())
            })
            .collect();
        let row = Row { cells: &cells, answers: &answers, as_of: *as_of };
        let stop = rules.decide_row(&row);
        let traced = rules.scan(&row, |_, outcome| tell(outcome));
        if stop != traced {
            return Err(format!(
                "without its trace a lead stops at {stop:?}, with it at {traced:?}: {row:?}"
            ));
        }
        stops.push(stop);
    }
    Ok(stops)
}

/// Returns the generated cell, or that of a field that was not found.
fn cell<'a>(slot: &'a Slot, drawn: Option<RowCell<'a>>) -> RowCell<'a> {
    drawn.filter(|cell| cell.is_read).unwrap_or_else(|| slot.cell(None))
}

fn same_stops(by_row: &[ScanStop], stops: &ScanStops) -> Result<(), String> {
    for (row, expected) in by_row.iter().enumerate() {
        expect(&format!("lead {row}"), &stops.of(row), &Some(*expected))?;
    }
    expect("leads", &stops.len(), &by_row.len())
}

fn matrix(from: &ScanStops, to: &ScanStops, by_row: &[ScanStop], changed: &[ScanStop]) -> Result<(), String> {
    let matrix = from.matrix(to);
    expect("leads of the matrix", &matrix.total(), &(by_row.len() as u64))?;
    for cell in &matrix.cells {
        let rows: Vec<usize> = from.moved(cell.from, to, cell.to).collect();
        let pairs = by_row.iter().zip(changed).enumerate();
        let expected: Vec<usize> =
            pairs.filter(|(_, pair)| *pair == (&cell.from, &cell.to)).map(|(row, _)| row).collect();
        expect("rows of a cell", &rows, &expected)?;
        expect("a cell", &cell.count, &(rows.len() as u64))?;
    }
    Ok(())
}

fn count(rules: &RuleSet, stops: &[ScanStop]) -> StopCounts {
    let mut counts = StopCounts::new(rules);
    stops.iter().for_each(|stop| counts.add(*stop, 1));
    counts
}

fn expect<T: PartialEq + fmt::Debug>(what: &str, found: &T, expected: &T) -> Result<(), String> {
    if found == expected {
        Ok(())
    } else {
        Err(format!("{what}: the vector engine returned {found:?}, the row engine {expected:?}"))
    }
}

fn code(stop: ScanStop) -> u64 {
    match stop {
        ScanStop::Fired(rule) => rule as u64 * 3,
        ScanStop::Held(rule) => rule as u64 * 3 + 1,
        ScanStop::Default => 2,
    }
}

impl Done {
    fn note(&mut self, what: u64) {
        self.digest = (self.digest ^ what).wrapping_mul(0x0100_0000_01B3);
    }
}
