//! Finds the fields that keep a condition from being evaluated.

use super::code::{FieldRead, Node, Operation, atom, children};
use super::eval::EvalContext;
use super::row::Datum;
use super::typed::run::NoValue;
use crate::decision::{Outcome3, UnknownReason};

/// The maximum number of unknown atoms whose combinations are tried; six fit in one machine word.
const TRIED: usize = 6;

/// Truth tables of six independent atoms: bit `i` of a mask is the value of the atom in combination `i`.
const MASKS: [u64; TRIED] = [
    0xAAAA_AAAA_AAAA_AAAA,
    0xCCCC_CCCC_CCCC_CCCC,
    0xF0F0_F0F0_F0F0_F0F0,
    0xFF00_FF00_FF00_FF00,
    0xFFFF_0000_FFFF_0000,
    0xFFFF_FFFF_0000_0000,
];

/// Returns why the condition is unknown or an error: an entry for each field whose value could change the
/// result, or one for each error. Returns an empty list if the condition could be evaluated.
pub(super) fn unknown_reasons(machine: EvalContext<'_>, code: &[Node]) -> Vec<UnknownReason> {
    let outcome = machine.outcome(code);
    let mut atoms = Vec::new();
    collect(machine, code, outcome, &mut atoms);
    if outcome == Outcome3::Unknown {
        atoms = swaying(machine, code, atoms);
    }
    let mut entries = Vec::new();
    for atom in atoms {
        let new = match outcome {
            Outcome3::Error => vec![UnknownReason::Error { message: fault(machine, atom) }],
            _ => hanging(machine, atom),
        };
        for entry in new {
            if !entries.contains(&entry) {
                entries.push(entry);
            }
        }
    }
    entries
}

/// Returns why a field is unknown: not found, or with too little confidence. Returns `None` if it is known.
pub(super) fn unread_reason(machine: EvalContext<'_>, read: FieldRead) -> Option<UnknownReason> {
    let cell = machine.cell(read.slot);
    let field = machine.slots.get(usize::from(read.slot))?.name.clone();
    match cell.datum {
        Datum::Missing => Some(UnknownReason::Missing { field }),
        _ if cell.confidence < read.needed => {
            Some(UnknownReason::LowConfidence { field, confidence: cell.confidence, needed: read.needed })
        }
        _ => None,
    }
}

/// Collects the atoms below the children with the same result as their parent, which determine that result.
fn collect<'a>(
    machine: EvalContext<'a>,
    piece: &'a [Node],
    outcome: Outcome3,
    atoms: &mut Vec<&'a Operation>,
) {
    if !matches!(outcome, Outcome3::Unknown | Outcome3::Error) {
        return;
    }
    if let Some(atom) = atom(piece) {
        return atoms.push(atom);
    }
    for child in children(piece) {
        if machine.outcome(child) == outcome {
            collect(machine, child, outcome, atoms);
        }
    }
}

/// Returns the atoms whose value changes the result for some values of the others. Only this accounts for
/// absorption (`a || a && b` does not depend on `b`).
fn swaying<'a>(machine: EvalContext<'a>, code: &'a [Node], atoms: Vec<&'a Operation>) -> Vec<&'a Operation> {
    let mut unknown: Vec<&Operation> = Vec::new();
    let is_unknown =
        |node: &&Node| node.len == 1 && machine.outcome(std::slice::from_ref(*node)) == Outcome3::Unknown;
    for kind in code.iter().filter(is_unknown).map(|node| &node.kind) {
        if !unknown.contains(&kind) {
            unknown.push(kind);
        }
        if unknown.len() > TRIED {
            return atoms;
        }
    }
    let table = truth_table(machine, code, &unknown);
    let sways = |atom: &&Operation| {
        let bit = unknown.iter().position(|known| known == atom);
        bit.is_none_or(|bit| (table ^ (table >> (1 << bit))) & !MASKS[bit] != 0)
    };
    let swaying: Vec<&Operation> = atoms.iter().copied().filter(sways).collect();
    // `a || !a` is always true, and yet unknown in Kleene's logic until `a` is known.
    if swaying.is_empty() { atoms } else { swaying }
}

/// Returns the result of the piece for every combination of the unknown atoms, which are assumed to be
/// independent.
fn truth_table<'a>(machine: EvalContext<'a>, piece: &'a [Node], unknown: &[&Operation]) -> u64 {
    let Some(kind) = piece.first().map(|node| &node.kind) else { return 0 };
    let mut tables = children(piece).map(|child| truth_table(machine, child, unknown));
    match kind {
        Operation::All => tables.fold(u64::MAX, |a, b| a & b),
        Operation::Any => tables.fold(0, |a, b| a | b),
        Operation::Not => !tables.next().unwrap_or(0),
        Operation::Same { negated } => {
            let differ = tables.fold(0, |a, b| a ^ b);
            if *negated { differ } else { !differ }
        }
        atom => match unknown.iter().position(|known| *known == atom) {
            Some(bit) => MASKS[bit],
            None if machine.outcome(piece) == Outcome3::True => u64::MAX,
            None => 0,
        },
    }
}

/// Returns the fields that an unknown atom depends on.
fn hanging(machine: EvalContext<'_>, atom: &Operation) -> Vec<UnknownReason> {
    let slots = match atom {
        Operation::General(program) => match program.stop(machine) {
            Some(NoValue::Unknown(slots)) => Some(slots),
            _ => None,
        },
        _ => None,
    };
    let counts = |read: &FieldRead| slots.is_none_or(|slots| slots.contains(read.slot));
    atom.reads().filter(counts).filter_map(|read| unread_reason(machine, read)).collect()
}

/// Returns the error message of an atom.
fn fault(machine: EvalContext<'_>, atom: &Operation) -> String {
    if let Operation::General(program) = atom
        && let Some(NoValue::Error(message)) = program.stop(machine)
    {
        return message.into_owned();
    }
    let slot = |read: &FieldRead| machine.slots.get(usize::from(read.slot));
    let invalid = atom.reads().find(|read| matches!(machine.read(*read), Err(Outcome3::Error)));
    if let Some(slot) = invalid.as_ref().and_then(slot) {
        return format!("The value of `{}` is not of the type {}.", slot.name, slot.definition.kind);
    }
    match (atom, atom.reads().next().as_ref().and_then(slot)) {
        (Operation::Listed { .. }, Some(slot)) => format!("`{}` was not looked up in the list.", slot.name),
        (_, Some(slot)) => format!("The value of `{}` cannot be compared.", slot.name),
        _ => "The condition cannot be computed.".into(),
    }
}
