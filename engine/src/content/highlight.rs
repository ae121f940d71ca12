//! Marks evidence in its text, for display on pages.

use std::collections::BTreeMap;

use serde::Serialize;

/// A piece of evidence in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvidenceMark {
    /// The first character, counted in Unicode scalar values.
    pub start: usize,
    /// The character after the last.
    pub end: usize,
    /// The number of the evidence on the page.
    pub number: usize,
}

/// A stretch of text to which the same evidence applies throughout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Segment<'t> {
    /// The text.
    pub text: &'t str,
    /// The sorted numbers of the evidence, without duplicates; empty for plain text.
    pub numbers: Vec<usize>,
}

/// Splits a text wherever evidence begins or ends. The segments in order form the whole text, and none is
/// empty. Marks can overlap; parts of marks outside the text are ignored.
pub fn segments<'t>(text: &'t str, marks: &[EvidenceMark]) -> Vec<Segment<'t>> {
    let mut changes: BTreeMap<usize, Vec<(usize, bool)>> = BTreeMap::new();
    for mark in marks.iter().filter(|mark| mark.start < mark.end) {
        changes.entry(mark.start).or_default().push((mark.number, true));
        changes.entry(mark.end).or_default().push((mark.number, false));
    }
    let mut open: BTreeMap<usize, usize> = BTreeMap::new();
    let mut segments = Vec::new();
    let mut begun = 0;
    // The end of the text counts as a boundary, so that open marks end there.
    let places = text.char_indices().map(|(byte, _)| byte).chain([text.len()]).enumerate();
    for (char, byte) in places {
        let here = changes.get(&char);
        if (here.is_some() || byte == text.len()) && byte > begun {
            segments.push(Segment { text: &text[begun..byte], numbers: open.keys().copied().collect() });
            begun = byte;
        }
        for (number, opens) in here.into_iter().flatten() {
            let times = open.entry(*number).or_default();
            *times = if *opens { *times + 1 } else { times.saturating_sub(1) };
        }
        if here.is_some() {
            open.retain(|_, times| *times > 0);
        }
    }
    segments
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(text: &str, marks: &[(usize, usize, usize)]) -> Vec<(String, Vec<usize>)> {
        let marks: Vec<EvidenceMark> =
            marks.iter().map(|&(start, end, number)| EvidenceMark { start, end, number }).collect();
        segments(text, &marks).into_iter().map(|segment| (segment.text.to_owned(), segment.numbers)).collect()
    }

    #[test]
    fn overlapping_marks() {
        assert_eq!(cut("", &[(0, 5, 1)]), []);
        assert_eq!(cut("plain", &[]), [("plain".into(), vec![])]);
        assert_eq!(
            cut("we like demos", &[(3, 13, 1), (8, 12, 2)]),
            [
                ("we ".into(), vec![]),
                ("like ".into(), vec![1]),
                ("demo".into(), vec![1, 2]),
                ("s".into(), vec![1])
            ]
        );
        assert_eq!(
            cut("éàü", &[(1, 2, 7), (1, 2, 3), (1, 2, 7)]),
            [("é".into(), vec![]), ("à".into(), vec![3, 7]), ("ü".into(), vec![])]
        );
        assert_eq!(cut("abc", &[(0, 1, 1), (1, 3, 1)]), [("a".into(), vec![1]), ("bc".into(), vec![1])]);
        assert_eq!(
            cut("abc", &[(2, 99, 1), (50, 60, 2), (1, 1, 3), (2, 1, 4)]),
            [("ab".into(), vec![]), ("c".into(), vec![1])]
        );
    }

    proptest! {
        #[test]
        fn the_segments_are_the_text(text in any::<String>(), marks in prop::collection::vec((0..40_usize, 0..40_usize, 0..4_usize), 0..8)) {
            let segments = cut(&text, &marks);
            prop_assert_eq!(segments.iter().map(|(text, _)| text.as_str()).collect::<String>(), text);
            let mut at = 0;
            for (piece, numbers) in &segments {
                prop_assert!(!piece.is_empty());
                for _ in piece.chars() {
                    let mut expected: Vec<usize> = marks.iter().filter(|(s, e, _)| *s <= at && at < *e).map(|(.., n)| *n).collect();
                    expected.sort_unstable();
                    expected.dedup();
                    prop_assert_eq!(&expected, numbers);
                    at += 1;
                }
            }
        }
    }
}
