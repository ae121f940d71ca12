//! Compares two texts line by line and marks the words that differ.

use similar::{ChangeTag, TextDiff};

/// Unchanged lines shown around each difference.
const CONTEXT: usize = 3;

/// The maximum number of lines in both texts together; two rule sets of the maximum size fit.
const LINES: usize = 60_000;
/// The maximum number of words in both texts together; a condition fits.
const WORDS: usize = 5_000;

/// A line in the comparison of two texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiffLine {
    /// In both texts.
    Same {
        /// The line number in the older text, starting at 1.
        old: usize,
        /// The line number in the newer text, starting at 1.
        new: usize,
        /// The line's text.
        text: String,
    },
    /// Only in the older text.
    Gone {
        /// The line number, starting at 1.
        old: usize,
        /// The pieces of the line.
        pieces: Vec<DiffPiece>,
    },
    /// Only in the newer text.
    New {
        /// The line number, starting at 1.
        new: usize,
        /// The pieces of the line.
        pieces: Vec<DiffPiece>,
    },
    /// This many unchanged lines are omitted.
    Skipped(usize),
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffPiece {
    /// Whether the piece differs from the line it is compared with.
    pub differs: bool,
    /// The piece's text.
    pub text: String,
}

/// Compares two texts. Returns `None` if they are too long, since the cost grows faster than the texts.
pub fn lines(old: &str, new: &str) -> Option<Vec<DiffLine>> {
    if old.lines().count() + new.lines().count() > LINES {
        return None;
    }
    let diff = TextDiff::configure().diff_lines(old, new);
    let mut all = Vec::new();
    let mut next = 0;
    for group in diff.grouped_ops(CONTEXT) {
        let Some(first) = group.first() else { continue };
        skip(&mut all, first.old_range().start.saturating_sub(next));
        for op in &group {
            all.extend(diff.iter_inline_changes(op).map(|change| line(&change)));
            next = op.old_range().end;
        }
    }
    if !all.is_empty() {
        skip(&mut all, diff.old_len().saturating_sub(next));
    }
    Some(all)
}

fn skip(all: &mut Vec<DiffLine>, count: usize) {
    if count > 0 {
        all.push(DiffLine::Skipped(count));
    }
}

fn line(change: &similar::InlineChange<'_, str>) -> DiffLine {
    let number = |index: Option<usize>| index.map_or(0, |index| index + 1);
    let (old, new) = (number(change.old_index()), number(change.new_index()));
    let pieces: Vec<DiffPiece> = change
        .iter_strings_lossy()
        .map(|(differs, text)| DiffPiece { differs, text: text.trim_end_matches(['\n', '\r']).to_owned() })
        .filter(|piece| !piece.text.is_empty())
        .collect();
    match change.tag() {
        ChangeTag::Equal => {
            DiffLine::Same { old, new, text: pieces.into_iter().map(|piece| piece.text).collect() }
        }
        ChangeTag::Delete => DiffLine::Gone { old, pieces },
        ChangeTag::Insert => DiffLine::New { new, pieces },
    }
}

/// Compares the words of two short texts and returns the pieces of each. Long texts are returned as one
/// differing piece.
pub fn words(old: &str, new: &str) -> (Vec<DiffPiece>, Vec<DiffPiece>) {
    if old.split_whitespace().count() + new.split_whitespace().count() > WORDS {
        let whole = |text: &str| vec![DiffPiece { differs: true, text: text.to_owned() }];
        return (whole(old), whole(new));
    }
    let diff = TextDiff::from_words(old, new);
    let side = |skipped: ChangeTag| -> Vec<DiffPiece> {
        let mut pieces: Vec<DiffPiece> = Vec::new();
        for change in diff.iter_all_changes().filter(|change| change.tag() != skipped) {
            let differs = change.tag() != ChangeTag::Equal;
            match pieces.last_mut() {
                Some(last) if last.differs == differs => last.text.push_str(change.value()),
                _ => pieces.push(DiffPiece { differs, text: change.value().to_owned() }),
            }
        }
        pieces
    };
    (side(ChangeTag::Insert), side(ChangeTag::Delete))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn piece(differs: bool, text: &str) -> DiffPiece {
        DiffPiece { differs, text: text.to_owned() }
    }

    #[test]
    fn differing_words_are_marked_and_distant_lines_omitted() {
        let old: String = (1..=20).map(|n| format!("line {n}\n")).collect();
        let new = old.replace("line 10\n", "line ten\n");
        let all = lines(&old, &new).unwrap();
        assert_eq!(all.first(), Some(&DiffLine::Skipped(6)));
        assert_eq!(all.last(), Some(&DiffLine::Skipped(7)));
        assert!(
            all.contains(&DiffLine::Gone { old: 10, pieces: vec![piece(false, "line "), piece(true, "10")] })
        );
        assert!(
            all.contains(&DiffLine::New { new: 10, pieces: vec![piece(false, "line "), piece(true, "ten")] })
        );
        assert_eq!(lines(&old, &old), Some(vec![]));
        assert_eq!(lines(&"a\n".repeat(LINES), &old), None);
    }

    #[test]
    fn words_of_both_sides() {
        let (old, new) = words("intent > 0.85 && x", "intent > 0.80 && x");
        assert_eq!(old, [piece(false, "intent > "), piece(true, "0.85"), piece(false, " && x")]);
        assert_eq!(new, [piece(false, "intent > "), piece(true, "0.80"), piece(false, " && x")]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost(old in "([a-c ]{0,4}\n){0,12}", new in "([a-c ]{0,4}\n){0,12}") {
            let all = lines(&old, &new).unwrap();
            let count = |side: fn(&DiffLine) -> usize| all.iter().map(side).sum::<usize>();
            if old != new {
                prop_assert_eq!(count(|line| match line { DiffLine::Same { .. } | DiffLine::Gone { .. } => 1, DiffLine::Skipped(n) => *n, DiffLine::New { .. } => 0 }), old.lines().count());
                prop_assert_eq!(count(|line| match line { DiffLine::Same { .. } | DiffLine::New { .. } => 1, DiffLine::Skipped(n) => *n, DiffLine::Gone { .. } => 0 }), new.lines().count());
            }
            let (left, right) = words(&old, &new);
            prop_assert_eq!(left.into_iter().map(|piece| piece.text).collect::<String>(), old);
            prop_assert_eq!(right.into_iter().map(|piece| piece.text).collect::<String>(), new);
        }
    }
}
