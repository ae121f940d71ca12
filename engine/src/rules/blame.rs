//! What an outcome hangs on: the fields that keep a condition from being told.

use super::code::{Kind, Node, Read, children};
use super::eval::Machine;
use super::row::Datum;
use crate::decision::{Because, Outcome3};

/// Unknown atoms whose combinations are tried; they are the bits of one machine word.
const TRIED: usize = 6;

/// Truth tables of six independent atoms: bit `i` of a mask is the atom's value in combination `i`.
const MASKS: [u64; TRIED] = [
    0xAAAA_AAAA_AAAA_AAAA,
    0xCCCC_CCCC_CCCC_CCCC,
    0xF0F0_F0F0_F0F0_F0F0,
    0xFF00_FF00_FF00_FF00,
    0xFFFF_0000_FFFF_0000,
    0xFFFF_FFFF_0000_0000,
];

/// Why the condition is unknown or an error: an entry for each field whose value could change that, or one for
/// each thing that went wrong. Nothing for a condition that is told.
pub(super) fn because(machine: Machine<'_>, code: &[Node]) -> Vec<Because> {
    let mut entries = Vec::new();
    for atom in decisive(machine, code) {
        let new = match machine.outcome(code, atom) {
            Outcome3::Error => vec![Because::Error { message: fault(machine, &code[atom].kind) }],
            _ => code[atom].kind.reads().filter_map(|read| unread(machine, read)).collect(),
        };
        for entry in new {
            if !entries.contains(&entry) {
                entries.push(entry);
            }
        }
    }
    entries
}

/// Why a field cannot be told: not found, or not surely enough. `None` if it can.
pub(super) fn unread(machine: Machine<'_>, read: Read) -> Option<Because> {
    let cell = machine.cell(read.slot);
    let field = machine.slots.get(usize::from(read.slot))?.name.clone();
    match cell.datum {
        Datum::Missing => Some(Because::Missing { field }),
        _ if cell.confidence < read.needed => {
            Some(Because::LowConfidence { field, confidence: cell.confidence, needed: read.needed })
        }
        _ => None,
    }
}

/// The atoms that make the condition unknown, or an error.
fn decisive(machine: Machine<'_>, code: &[Node]) -> Vec<usize> {
    let mut atoms = Vec::new();
    collect(machine, code, 0, machine.outcome(code, 0), &mut atoms);
    if machine.outcome(code, 0) != Outcome3::Unknown {
        return atoms;
    }
    let mut distinct: Vec<usize> = Vec::new();
    for atom in unknown_atoms(machine, code) {
        if !distinct.iter().any(|known| code[*known].kind == code[atom].kind) {
            distinct.push(atom);
        }
    }
    if distinct.len() > TRIED {
        return atoms;
    }
    let table = truth_table(machine, code, 0, &distinct);
    let sways = |atom: &usize| {
        let bit = distinct.iter().position(|known| code[*known].kind == code[*atom].kind);
        bit.is_none_or(|bit| (table ^ (table >> (1 << bit))) & !MASKS[bit] != 0)
    };
    let swaying: Vec<usize> = atoms.iter().copied().filter(sways).collect();
    // `a || !a` is always true, and yet unknown in Kleene's logic until `a` is known.
    if swaying.is_empty() { atoms } else { swaying }
}

/// Follows the children that come to the same as their parent, which are those that it owes its outcome to.
fn collect(machine: Machine<'_>, code: &[Node], at: usize, outcome: Outcome3, atoms: &mut Vec<usize>) {
    if !matches!(outcome, Outcome3::Unknown | Outcome3::Error) {
        return;
    }
    if is_atom(code, at) {
        return atoms.push(at);
    }
    for child in children(code, at) {
        if machine.outcome(code, child) == outcome {
            collect(machine, code, child, outcome, atoms);
        }
    }
}

fn unknown_atoms<'a>(machine: Machine<'a>, code: &'a [Node]) -> impl Iterator<Item = usize> + 'a {
    (0..code.len()).filter(move |at| is_atom(code, *at) && machine.outcome(code, *at) == Outcome3::Unknown)
}

/// What the node comes to in every combination of the unknown atoms at once, taken as independent. Absorption
/// (`a || a && b` does not hang on `b`) shows here and nowhere else.
fn truth_table(machine: Machine<'_>, code: &[Node], at: usize, unknown: &[usize]) -> u64 {
    let mut tables = children(code, at).map(|child| truth_table(machine, code, child, unknown));
    match code[at].kind {
        Kind::All => tables.fold(u64::MAX, |a, b| a & b),
        Kind::Any => tables.fold(0, |a, b| a | b),
        Kind::Not => !tables.next().unwrap_or(0),
        Kind::Same { negated } => {
            let differ = tables.fold(0, |a, b| a ^ b);
            if negated { differ } else { !differ }
        }
        _ => match unknown.iter().position(|known| code[*known].kind == code[at].kind) {
            Some(bit) => MASKS[bit],
            None if machine.outcome(code, at) == Outcome3::True => u64::MAX,
            None => 0,
        },
    }
}

fn is_atom(code: &[Node], at: usize) -> bool {
    code[at].end as usize == at + 1
}

/// What went wrong in an atom that is an error.
fn fault(machine: Machine<'_>, atom: &Kind) -> String {
    let slot = |read: &Read| machine.slots.get(usize::from(read.slot));
    let invalid = atom.reads().find(|read| matches!(machine.read(*read), Err(Outcome3::Error)));
    if let Some(slot) = invalid.as_ref().and_then(slot) {
        return format!("The value of `{}` is not of the type {}.", slot.name, slot.definition.kind);
    }
    match (atom, atom.reads().next().as_ref().and_then(slot)) {
        (Kind::Listed { .. }, Some(slot)) => format!("`{}` was not looked up in the list.", slot.name),
        (_, Some(slot)) => format!("The value of `{}` cannot be compared.", slot.name),
        _ => "The condition cannot be computed.".into(),
    }
}
