//! Strong Kleene logic with errors.
//!
//! `false` determines a conjunction and `true` a disjunction, whatever the other operands are, including
//! errors, as in CEL. Otherwise, an error takes precedence over an unknown: both lead to the safe default, but
//! an error must not hide behind a field that is merely unknown. (In CEL, the unknown takes precedence.) Both
//! operators are therefore the minimum of an order (false, error, unknown, true; and true, error, unknown,
//! false). They are commutative and associative, and De Morgan's laws hold.

use crate::decision::Outcome3;
use crate::decision::Outcome3::{Error, False, True, Unknown};

/// Returns whether both are true.
pub fn and(a: Outcome3, b: Outcome3) -> Outcome3 {
    match (a, b) {
        (False, _) | (_, False) => False,
        (Error, _) | (_, Error) => Error,
        (Unknown, _) | (_, Unknown) => Unknown,
        (True, True) => True,
    }
}

/// Returns whether at least one is true.
pub fn or(a: Outcome3, b: Outcome3) -> Outcome3 {
    not(and(not(a), not(b)))
}

/// Returns the negation.
pub fn not(a: Outcome3) -> Outcome3 {
    match a {
        True => False,
        False => True,
        other => other,
    }
}

/// Returns whether both are equal, which requires both to be known.
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
        // Rows and columns are in the order of `ALL`.
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
