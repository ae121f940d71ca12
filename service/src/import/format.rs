//! Detects the format of a file from its first bytes: delimiter, line ending and column names.

use std::collections::BTreeSet;

/// Possible delimiters, the most common first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Number of rows to try a delimiter on.
const TRIED_ROWS: usize = 50;

/// A line ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineEnd {
    /// A line feed.
    Lf,
    /// A carriage return and a line feed.
    CrLf,
    /// A carriage return alone.
    Cr,
}

/// Returns the line ending, judged by the first one in the file.
pub(super) fn line_end(head: &[u8]) -> LineEnd {
    match head.iter().position(|byte| matches!(byte, b'\r' | b'\n')) {
        Some(place) if head[place] == b'\r' && head.get(place + 1) == Some(&b'\n') => LineEnd::CrLf,
        Some(place) if head[place] == b'\r' => LineEnd::Cr,
        _ => LineEnd::Lf,
    }
}

/// Returns the delimiter that splits the most rows into the same number of cells as the header, at least two. If `is_whole` is
/// false, the file continues after these bytes, so the last row may be truncated and is skipped.
pub(super) fn delimiter(head: &[u8], is_whole: bool) -> u8 {
    let mut best = (0, 0, b',');
    for delimiter in DELIMITERS {
        let (fitting, cells) = fit(head, is_whole, delimiter);
        if (fitting, cells) > (best.0, best.1) {
            best = (fitting, cells, delimiter);
        }
    }
    best.2
}

/// Returns how many rows in a thousand have as many cells as the header, and the number of those cells.
fn fit(head: &[u8], is_whole: bool, delimiter: u8) -> (usize, usize) {
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(head);
    let mut widths: Vec<usize> =
        reader.byte_records().take(TRIED_ROWS).map_while(Result::ok).map(|row| row.len()).collect();
    if !is_whole && widths.len() > 1 && widths.len() < TRIED_ROWS {
        widths.pop();
    }
    let Some(cells) = widths.first().copied().filter(|cells| *cells > 1) else { return (0, 0) };
    let fitting = widths.iter().filter(|width| **width == cells).count();
    (fitting * 1_000 / widths.len(), cells)
}

/// Makes column names unique. The second `Email` becomes `Email (2)`, and a third column without a name becomes `Column 3`. All
/// other names are unchanged.
pub(super) fn make_unique(names: Vec<String>) -> Vec<String> {
    let given: BTreeSet<String> = names.iter().cloned().collect();
    let mut used = BTreeSet::new();
    let mut unique = Vec::with_capacity(names.len());
    for (place, name) in names.into_iter().enumerate() {
        let base = if name.is_empty() { format!("Column {}", place + 1) } else { name.clone() };
        let mut candidate = base.clone();
        let mut number = 2;
        // The numbered name must not clash with a later column.
        while used.contains(&candidate) || (candidate != name && given.contains(&candidate)) {
            candidate = format!("{base} ({number})");
            number += 1;
        }
        used.insert(candidate.clone());
        unique.push(candidate);
    }
    unique
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_is_found_from_the_data() {
        for (text, expected) in [
            ("a,b\n1,2\n", b','),
            ("a;b\n1,5;2,5\n", b';'),
            ("a\tb\n1\t2\n", b'\t'),
            ("a|b\n1|2\n", b'|'),
            // The header has more commas than semicolons, but the rows decide.
            ("Name, first, last;Mail\nAna;a@x.example\nBen, junior;b@x.example\n", b';'),
            // Delimiters inside quotes do not count.
            ("\"a;b;c\",d\n\"1;2;3\",4\n", b','),
            ("only\nabc\n", b','),
            ("a,b\nx\ny\n", b','),
        ] {
            assert_eq!(delimiter(text.as_bytes(), true), expected, "{text}");
        }
        // A last row that is cut off does not count: as a whole row, it would fit the comma as well.
        let head = b"a;b,c\n1;2\n1,2";
        assert_eq!((delimiter(head, false), delimiter(head, true)), (b';', b','));
    }

    #[test]
    fn columns_of_one_name_are_told_apart_and_others_stay_as_they_are() {
        let names = |names: &[&str]| make_unique(names.iter().map(|name| (*name).to_owned()).collect());
        assert_eq!(names(&["a", "b"]), ["a", "b"]);
        assert_eq!(
            names(&["Email", "Email", " Email", "Email"]),
            ["Email", "Email (2)", " Email", "Email (3)"]
        );
        assert_eq!(names(&["a", "a", "a (2)"]), ["a", "a (3)", "a (2)"]);
        assert_eq!(names(&["", "Column 1", ""]), ["Column 1 (2)", "Column 1", "Column 3"]);
    }

    #[test]
    fn line_ends_are_found() {
        assert_eq!(line_end(b"a\r\nb"), LineEnd::CrLf);
        assert_eq!(line_end(b"a\nb\r\n"), LineEnd::Lf);
        assert_eq!(line_end(b"a\rb"), LineEnd::Cr);
    }
}
