//! How a file separates its cells and writes its numbers, recognized from its first rows.

use std::fmt;

use super::cell::{has_decimal_comma, has_decimal_point};
use super::encoding::TextEncoding;
use super::records::{CsvRecords, RawRecord, RecordSource as _};

/// Possible delimiters, the most common first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Number of rows to try a delimiter on.
const TRIED_ROWS: usize = 50;

/// How a file is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dialect {
    /// The encoding of the text.
    pub encoding: TextEncoding,
    /// The delimiter between cells; `None` in a spreadsheet.
    pub delimiter: Option<u8>,
    /// Whether numbers have a decimal comma.
    pub has_decimal_comma: bool,
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.delimiter {
            None => f.write_str("spreadsheet")?,
            Some(delimiter) => {
                let name = match delimiter {
                    b';' => "semicolons",
                    b'\t' => "tabs",
                    b'|' => "vertical bars",
                    _ => "commas",
                };
                write!(f, "{}, {name}", self.encoding.name())?;
            }
        }
        if self.has_decimal_comma { f.write_str(", decimal commas") } else { Ok(()) }
    }
}

/// Returns the delimiter that a first line `sep=;` declares, and the number of bytes of that line.
pub(super) fn declared(head: &[u8]) -> Option<(u8, usize)> {
    let end = head.iter().position(|byte| matches!(byte, b'\r' | b'\n'))?;
    // A tab may be the delimiter, so that only spaces are trimmed.
    let line = &head[..end];
    let line = &line[..line.len() - line.iter().rev().take_while(|byte| **byte == b' ').count()];
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    let (name, delimiter) = line.split_at_checked(4)?;
    if !name.eq_ignore_ascii_case(b"sep=") {
        return None;
    }
    let &[delimiter] = delimiter else { return None };
    let length = if head[end..].starts_with(b"\r\n") { end + 2 } else { end + 1 };
    Some((delimiter, length))
}

/// Returns the delimiter that splits the most rows into the same number of cells as the header, at least two. If `is_whole` is
/// false, the file continues after these bytes, so the last row may be truncated and is skipped.
pub(super) fn delimiter(head: &[u8], is_whole: bool) -> u8 {
    let mut best = (0, 0, b',');
    for delimiter in DELIMITERS {
        let widths: Vec<usize> = rows(head, is_whole, delimiter).map(|row| row.cells.len()).collect();
        let Some(cells) = widths.first().copied().filter(|cells| *cells > 1) else { continue };
        let fitting = widths.iter().filter(|width| **width == cells).count() * 1_000 / widths.len();
        if (fitting, cells) > (best.0, best.1) {
            best = (fitting, cells, delimiter);
        }
    }
    best.2
}

/// Returns whether the first rows have numbers that can only have a decimal comma, and none that can only have a decimal point.
pub(super) fn decimal_comma(head: &[u8], is_whole: bool, delimiter: u8) -> bool {
    let rows: Vec<RawRecord> = rows(head, is_whole, delimiter).skip(1).collect();
    let has = |is: fn(&str) -> bool| {
        rows.iter().flat_map(|row| &row.cells).any(|cell| std::str::from_utf8(cell).is_ok_and(is))
    };
    has(has_decimal_comma) && !has(has_decimal_point)
}

/// Returns the first rows, without those that cannot be read.
pub(super) fn rows(head: &[u8], is_whole: bool, delimiter: u8) -> impl Iterator<Item = RawRecord> {
    let mut records = CsvRecords::new(head, delimiter);
    let mut rows: Vec<RawRecord> = std::iter::from_fn(|| records.next_record().ok().flatten())
        .take(TRIED_ROWS)
        .filter_map(Result::ok)
        .collect();
    if !is_whole && rows.len() > 1 && rows.len() < TRIED_ROWS {
        rows.pop();
    }
    rows.into_iter()
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
            // A quote that is not closed hides nothing.
            ("a;b;c\n1;\"2;3\n4;5;6\n7,8;9;0\n", b';'),
        ] {
            assert_eq!(delimiter(text.as_bytes(), true), expected, "{text}");
        }
        // A last row that is cut off does not count: as a whole row, it would fit the comma as well.
        let head = b"a;b,c\n1;2\n1,2";
        assert_eq!((delimiter(head, false), delimiter(head, true)), (b';', b','));
    }

    #[test]
    fn a_first_line_may_declare_the_delimiter() {
        assert_eq!(declared(b"sep=;\r\na;b\r\n"), Some((b';', 7)));
        assert_eq!(declared(b"\"SEP=|\"\na|b\n"), Some((b'|', 8)));
        assert_eq!(declared(b"sep=\t\na\tb\n"), Some((b'\t', 6)));
        for other in [&b"sep=\na\n"[..], b"sep=;", b"separator;x\n", b"a;b\n", b""] {
            assert_eq!(declared(other), None);
        }
    }

    #[test]
    fn decimal_commas_are_recognized_only_without_a_doubt() {
        let found = |text: &str| decimal_comma(text.as_bytes(), true, b';');
        assert!(found("a;b\n1,5;x\n") && found("a\n1,234\n0,5\n"));
        assert!(!found("a\n1,234\n") && !found("a;b\n1,5;2.5\n") && !found("1,5\n7\n") && !found("a\nx,5\n"));
    }
}
