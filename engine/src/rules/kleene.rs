//! Strong Kleene logic with errors.
//!
//! `false` settles a conjunction and `true` a disjunction, whatever stands beside them, errors included, as in
//! CEL. Where nothing settles it, an error outweighs an unknown: both end in the safe default, but a fault must
//! not hide behind a field that is merely not known. (CEL lets the unknown win there.) So both operators are the
//! minimum of an order (false, error, unknown, true; and true, error, unknown, false), hence commutative and
//! associative, and De Morgan's laws hold.

use crate::decision::Outcome3;
use crate::decision::Outcome3::{Error, False, True, Unknown};

/// Both hold.
pub fn and(a: Outcome3, b: Outcome3) -> Outcome3 {
    match (a, b) {
        (False, _) | (_, False) => False,
        (Error, _) | (_, Error) => Error,
        (Unknown, _) | (_, Unknown) => Unknown,
        (True, True) => True,
    }
}

/// At least one holds.
pub fn or(a: Outcome3, b: Outcome3) -> Outcome3 {
    not(and(not(a), not(b)))
}

/// It does not hold.
pub fn not(a: Outcome3) -> Outcome3 {
    match a {
        True => False,
        False => True,
        other => other,
    }
}

/// Both come to the same. Nothing settles it but knowing both.
pub fn same(a: Outcome3, b: Outcome3) -> Outcome3 {
    match (a, b) {
        (Error, _) | (_, Error) => Error,
        (Unknown, _) | (_, Unknown) => Unknown,
        _ => (a == b).into(),
    }
}

impl From<bool> for Outcome3 {
    fn from(holds: bool) -> Self {
        if holds { True } else { False }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Outcome3; 4] = [True, False, Unknown, Error];

    #[test]
    fn truth_tables() {
        // Rows and columns in the order of `ALL`.
        let conjunction = [
            [True, False, Unknown, Error],
            [False, False, False, False],
            [Unknown, False, Unknown, Error],
            [Error, False, Error, Error],
        ];
        let disjunction = [
            [True, True, True, True],
            [True, False, Unknown, Error],
            [True, Unknown, Unknown, Error],
            [True, Error, Error, Error],
        ];
        for (i, a) in ALL.into_iter().enumerate() {
            for (j, b) in ALL.into_iter().enumerate() {
                assert_eq!(and(a, b), conjunction[i][j], "{a} && {b}");
                assert_eq!(or(a, b), disjunction[i][j], "{a} || {b}");
                assert_eq!(same(a, b), same(b, a), "{a} == {b}");
            }
        }
        assert_eq!(ALL.map(not), [False, True, Unknown, Error]);
    }

    #[test]
    fn operators_are_associative() {
        for a in ALL {
            for b in ALL {
                for c in ALL {
                    assert_eq!(and(a, and(b, c)), and(and(a, b), c));
                    assert_eq!(or(a, or(b, c)), or(or(a, b), c));
                }
            }
        }
    }
}
