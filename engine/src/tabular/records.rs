//! Reads the records of delimited text (RFC 4180) one by one, in bounded memory.
//!
//! CSV libraries take a quote that is never closed for a cell that reaches to the end of the file, so that every row behind it
//! vanishes. Here such a record ends with the line on which its quote was opened, is reported, and the next line is read as usual.

use std::io::{self, Read};

/// The maximum number of bytes in a record and in a line; a longer one is caused by an unclosed quote, or is not a table.
pub(super) const RECORD_BYTES: usize = 1024 * 1024;
/// The number of bytes read at once.
const BUFFER_BYTES: usize = 64 * 1024;
/// The number of bytes that may be read again because a quote was not closed, which bounds the work for a file of nothing but
/// quotes.
const REREAD_BYTES: u64 = 1024 * 1024 * 1024;

/// A record as it is in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawRecord {
    /// The line on which the record begins, counted from 1.
    pub line: u64,
    /// The cells, without quotes.
    pub cells: Vec<Vec<u8>>,
}

/// A record that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenRecord {
    /// The line on which the record begins, counted from 1.
    pub line: u64,
    /// What is wrong and how to fix it, as a sentence.
    pub reason: String,
    /// The text of the record, as far as it belongs to it.
    pub raw: Vec<u8>,
    /// The line on which the offending quote was opened.
    pub quote_line: u64,
}

/// Anything that yields records: delimited text, or the rows of a spreadsheet.
pub trait RecordSource {
    /// Returns the next record, or `None` at the end.
    ///
    /// # Errors
    /// Returns an error if the rest cannot be read.
    fn next_record(&mut self) -> io::Result<Option<Result<RawRecord, BrokenRecord>>>;
}

impl<S: RecordSource + ?Sized> RecordSource for Box<S> {
    fn next_record(&mut self) -> io::Result<Option<Result<RawRecord, BrokenRecord>>> {
        (**self).next_record()
    }
}

/// Reads records of delimited text that is encoded in UTF-8.
pub struct CsvRecords<R> {
    input: R,
    buffer: Vec<u8>,
    /// The first byte that is not read yet.
    at: usize,
    is_end: bool,
    delimiter: u8,
    /// The line at `at`.
    line: u64,
    /// Whether a cell was quoted before. In a file without quoted cells, a quote is a letter like any other.
    is_quoting: bool,
    reread: u64,
}

/// The result of parsing a record.
enum Parsed {
    /// A record of this many bytes and lines.
    Record { cells: Vec<Vec<u8>>, length: usize, lines: u64, is_quoting: bool },
    /// The record may continue beyond these bytes.
    More,
    /// A quote is out of place. The record ends with the line on which the quote stands.
    Broken { quote: usize, kind: Misquote },
}

#[derive(Clone, Copy)]
enum Misquote {
    Unclosed,
    Inside,
}

impl<R: Read> CsvRecords<R> {
    /// Reads the records of a text.
    pub fn new(input: R, delimiter: u8) -> Self {
        Self {
            input,
            buffer: Vec::new(),
            at: 0,
            is_end: false,
            delimiter,
            line: 1,
            is_quoting: false,
            reread: 0,
        }
    }

    /// Returns the beginning of the text, and whether it is the whole text.
    ///
    /// # Errors
    /// Returns an error if the text cannot be read.
    pub fn head(&mut self) -> io::Result<(&[u8], bool)> {
        while !self.is_end && self.buffer.len() - self.at < BUFFER_BYTES {
            self.fill()?;
        }
        Ok((&self.buffer[self.at..], self.is_end))
    }

    /// Skips bytes of the beginning, with this many line ends among them.
    pub(super) fn skip(&mut self, bytes: usize, lines: u64) {
        self.at += bytes.min(self.buffer.len() - self.at);
        self.line += lines;
    }

    /// Sets the delimiter.
    pub(super) fn set_delimiter(&mut self, delimiter: u8) {
        self.delimiter = delimiter;
    }

    fn fill(&mut self) -> io::Result<()> {
        self.buffer.drain(..self.at);
        self.at = 0;
        let length = self.buffer.len();
        self.buffer.resize(length + BUFFER_BYTES, 0);
        let read = loop {
            match self.input.read(&mut self.buffer[length..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        self.buffer.truncate(length + *read.as_ref().unwrap_or(&0));
        self.is_end = read? == 0;
        Ok(())
    }

    /// Skips empty lines and returns whether there is more.
    fn skip_empty_lines(&mut self) -> io::Result<bool> {
        loop {
            match (self.buffer.get(self.at), self.buffer.get(self.at + 1)) {
                (Some(b'\r'), Some(b'\n')) => self.skip(2, 1),
                (Some(b'\r'), None) if !self.is_end => self.fill()?,
                (Some(b'\r' | b'\n'), _) => self.skip(1, 1),
                (Some(_), _) => return Ok(true),
                (None, _) if self.is_end => return Ok(false),
                (None, _) => self.fill()?,
            }
        }
    }

    /// Ends a record behind the line on which a misplaced quote stands.
    fn break_off(&mut self, quote: usize, kind: Misquote) -> io::Result<BrokenRecord> {
        let rest = &self.buffer[self.at..];
        let quote_line = self.line + line_ends(&rest[..quote]);
        let end = rest[quote..].iter().position(|byte| matches!(byte, b'\r' | b'\n'));
        let length = match end {
            Some(end) => quote + end,
            None if self.is_end => rest.len(),
            None => return Err(self.endless()),
        };
        // What was read beyond the end of the line is read again.
        self.reread += (rest.len() - length).min(RECORD_BYTES) as u64;
        let reason = match kind {
            Misquote::Unclosed => format!(
                "The quote opened on line {quote_line} is not closed before the next delimiter or line end. Close it, and double quotes that belong to the text."
            ),
            Misquote::Inside => format!(
                "On line {quote_line}, a quote stands inside a cell that is not quoted. Put the cell in quotes and double the quotes inside, or look for an unclosed quote above."
            ),
        };
        let raw = rest[..length].to_vec();
        let broken = BrokenRecord { line: self.line, reason, raw, quote_line };
        if self.reread > REREAD_BYTES {
            let why = format!("too many quotes are not closed, the last one on line {quote_line}");
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        let ends = match (rest.get(length), rest.get(length + 1)) {
            (Some(b'\r'), Some(b'\n')) => 2,
            (Some(_), _) => 1,
            (None, _) => 0,
        };
        self.line = quote_line + u64::from(ends > 0);
        self.at += length + ends;
        self.is_quoting = true;
        Ok(broken)
    }

    fn endless(&self) -> io::Error {
        let why = format!("line {} is longer than 1 MiB; a quote may be unclosed", self.line);
        io::Error::new(io::ErrorKind::InvalidData, why)
    }
}

impl<R: Read> RecordSource for CsvRecords<R> {
    fn next_record(&mut self) -> io::Result<Option<Result<RawRecord, BrokenRecord>>> {
        if !self.skip_empty_lines()? {
            return Ok(None);
        }
        loop {
            let rest = &self.buffer[self.at..];
            match parse(rest, self.is_end, self.delimiter, self.is_quoting) {
                Parsed::Record { cells, length, lines, is_quoting } => {
                    let record = RawRecord { line: self.line, cells };
                    self.at += length;
                    self.line += lines;
                    self.is_quoting = is_quoting;
                    return Ok(Some(Ok(record)));
                }
                Parsed::Broken { quote, kind } => {
                    // The end of the quote's line decides where reading continues.
                    let is_cut = |rest: &[u8]| !matches!(rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')), Some(end) if end + 1 < rest.len());
                    if !self.is_end && rest.len() < 2 * RECORD_BYTES && is_cut(&rest[quote..]) {
                        self.fill()?;
                        continue;
                    }
                    return self.break_off(quote, kind).map(|broken| Some(Err(broken)));
                }
                Parsed::More if rest.len() < RECORD_BYTES => self.fill()?,
                Parsed::More => {
                    return match open_quote(rest, self.delimiter) {
                        Some(quote) => {
                            self.break_off(quote, Misquote::Unclosed).map(|broken| Some(Err(broken)))
                        }
                        None => Err(self.endless()),
                    };
                }
            }
        }
    }
}

/// Parses the record at the start of a text, which is not an empty line.
fn parse(text: &[u8], is_end: bool, delimiter: u8, mut is_quoting: bool) -> Parsed {
    let (mut cells, mut at, mut lines) = (Vec::new(), 0, 0);
    loop {
        let start = at;
        let blank = text[at..].iter().take_while(|byte| **byte == b' ').count();
        let cell = if text.get(at + blank) == Some(&b'"') {
            let quote = at + blank;
            at = quote + 1;
            let mut cell = Vec::new();
            loop {
                let Some(length) = text[at..].iter().position(|byte| *byte == b'"') else {
                    let kind = Misquote::Unclosed;
                    return if is_end { Parsed::Broken { quote, kind } } else { Parsed::More };
                };
                cell.extend_from_slice(&text[at..at + length]);
                at += length + 1;
                if text.get(at) != Some(&b'"') {
                    break;
                }
                cell.push(b'"');
                at += 1;
            }
            at += text[at..].iter().take_while(|byte| **byte == b' ').count();
            match text.get(at) {
                None if !is_end => return Parsed::More,
                None | Some(b'\r' | b'\n') => {}
                Some(byte) if *byte == delimiter => {}
                Some(_) => return Parsed::Broken { quote, kind: Misquote::Unclosed },
            }
            lines += line_ends(&cell);
            is_quoting = true;
            cell
        } else {
            let is_over = |byte: &u8| *byte == delimiter || matches!(byte, b'\r' | b'\n');
            at += text[at..].iter().position(is_over).unwrap_or(text.len() - at);
            if at == text.len() && !is_end {
                return Parsed::More;
            }
            let cell = &text[start..at];
            if is_quoting && let Some(quote) = cell.iter().position(|byte| *byte == b'"') {
                return Parsed::Broken { quote: start + quote, kind: Misquote::Inside };
            }
            cell.to_vec()
        };
        cells.push(cell);
        match (text.get(at), text.get(at + 1)) {
            (Some(byte), _) if *byte == delimiter => at += 1,
            (Some(b'\r'), None) if !is_end => return Parsed::More,
            (Some(b'\r'), Some(b'\n')) => {
                return Parsed::Record { cells, length: at + 2, lines: lines + 1, is_quoting };
            }
            (Some(_), _) => return Parsed::Record { cells, length: at + 1, lines: lines + 1, is_quoting },
            (None, _) => return Parsed::Record { cells, length: at, lines, is_quoting },
        }
    }
}

/// Returns the quote that is open at the end of a text that begins with a record.
fn open_quote(text: &[u8], delimiter: u8) -> Option<usize> {
    match parse(text, true, delimiter, false) {
        Parsed::Broken { quote, kind: Misquote::Unclosed } => Some(quote),
        _ => None,
    }
}

/// Counts line ends: `\n`, `\r\n`, and `\r` alone.
fn line_ends(text: &[u8]) -> u64 {
    let is_end = |(at, byte): (usize, &u8)| match byte {
        b'\n' => true,
        b'\r' => text.get(at + 1) != Some(&b'\n'),
        _ => false,
    };
    text.iter().enumerate().filter(|pair| is_end(*pair)).count() as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A reader that returns a few bytes at a time.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.0.len().min(self.1).min(buffer.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    type Read1 = Vec<(u64, Result<Vec<String>, String>)>;

    fn read_by(text: &[u8], step: usize) -> Read1 {
        let mut records = CsvRecords::new(Slow(text, step), b',');
        let mut all = Vec::new();
        while let Some(record) = records.next_record().unwrap() {
            all.push(match record {
                Ok(record) => {
                    let cells = record.cells.into_iter().map(|cell| String::from_utf8(cell).unwrap());
                    (record.line, Ok(cells.collect()))
                }
                Err(broken) => (broken.line, Err(String::from_utf8(broken.raw).unwrap())),
            });
        }
        all
    }

    fn read(text: &str) -> Read1 {
        let whole = read_by(text.as_bytes(), usize::MAX);
        assert_eq!(read_by(text.as_bytes(), 1), whole, "pieces make no difference: {text:?}");
        whole
    }

    fn good(line: u64, cells: &[&str]) -> (u64, Result<Vec<String>, String>) {
        (line, Ok(cells.iter().map(|cell| (*cell).to_owned()).collect()))
    }

    fn bad(line: u64, raw: &str) -> (u64, Result<Vec<String>, String>) {
        (line, Err(raw.to_owned()))
    }

    #[test]
    fn records_know_their_lines_whatever_ends_them() {
        let text = "a,b\n1,x\n\n2,\"two\nlines\"\n\n\n3, x \n4,";
        for end in ["\n", "\r\n", "\r"] {
            for tail in ["", "\n", "\n\n"] {
                let text = format!("{text}{tail}").replace('\n', end);
                let two = format!("two{end}lines");
                let expected = [
                    good(1, &["a", "b"]),
                    good(2, &["1", "x"]),
                    good(4, &["2", &two]),
                    good(8, &["3", " x "]),
                    good(9, &["4", ""]),
                ];
                assert_eq!(read(&text), expected, "{text:?}");
            }
        }
        assert_eq!(read("a, \"b,c\" ,\"\"\"\"\n"), [good(1, &["a", "b,c", "\""])]);
        assert_eq!(read(""), []);
        assert_eq!(read("\n\r\n\r"), []);
    }

    #[test]
    fn a_quote_that_is_never_closed_costs_one_line() {
        assert_eq!(
            read("a,b\n1,\"x\n2,y\n3,z\n"),
            [good(1, &["a", "b"]), bad(2, "1,\"x"), good(3, &["2", "y"]), good(4, &["3", "z"])]
        );
        // The next quote seems to close it.
        assert_eq!(
            read("1,\"x\n2,\"y\"\n3,\"z\"\n"),
            [bad(1, "1,\"x"), good(2, &["2", "y"]), good(3, &["3", "z"])]
        );
        // The record begins before the line of the quote.
        assert_eq!(read("\"a\nb\",\"x\n2,y\n"), [bad(1, "\"a\nb\",\"x"), good(3, &["2", "y"])]);
        assert_eq!(read("1,\"x"), [bad(1, "1,\"x")]);
        assert_eq!(read("1,x\n\""), [good(1, &["1", "x"]), bad(2, "\"")]);
    }

    #[test]
    fn a_quote_inside_a_cell_is_a_letter_only_where_nothing_is_quoted() {
        assert_eq!(read("1,5\" pipe\n2,x"), [good(1, &["1", "5\" pipe"]), good(2, &["2", "x"])]);
        assert_eq!(
            read("\"a\",b\n1,5\" pipe\n2,x"),
            [good(1, &["a", "b"]), bad(2, "1,5\" pipe"), good(3, &["2", "x"])]
        );
    }

    #[test]
    fn what_has_no_end_is_refused_in_bounded_memory() {
        let endless = || io::repeat(b'x').take(1 << 40);
        for start in ["a\nb\n\"", "a\nb\n", "", "a"] {
            let mut records = CsvRecords::new(start.as_bytes().chain(endless()), b',');
            let error = loop {
                match records.next_record() {
                    Ok(Some(_)) => assert!(records.buffer.len() < 4 * RECORD_BYTES),
                    Ok(None) => panic!("it has no end"),
                    Err(error) => break error,
                }
            };
            assert!(error.to_string().contains("is longer than 1 MiB; a quote may be unclosed"), "{error}");
        }
        // Its lines end, but its quote does not.
        let text = format!("a\n\"x\n{}", "y\n".repeat(RECORD_BYTES));
        let all = read_by(text.as_bytes(), usize::MAX);
        assert_eq!((&all[1], all.len()), (&bad(2, "\"x"), 2 + RECORD_BYTES));
    }

    #[test]
    fn a_failing_reader_is_reported_and_not_taken_for_the_end() {
        struct Fails<'a>(&'a [u8]);
        impl Read for Fails<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                match self.0.read(buffer)? {
                    0 => Err(io::Error::from_raw_os_error(5)),
                    count => Ok(count),
                }
            }
        }
        for text in ["a\nb\n", "a\nb", "a\n\"b"] {
            let mut records = CsvRecords::new(Fails(text.as_bytes()), b',');
            let error = loop {
                match records.next_record() {
                    Ok(Some(record)) => assert!(record.is_ok(), "{text:?}"),
                    Ok(None) => panic!("{text:?} ends"),
                    Err(error) => break error,
                }
            };
            assert_eq!(error.raw_os_error(), Some(5));
            assert!(records.next_record().is_err(), "asked again, it fails again");
        }
    }

    /// Writes a cell, in quotes where it has to be or by choice.
    fn written(cell: &str, is_quoted: bool) -> String {
        if is_quoted || cell.contains([',', '"', '\n', '\r']) || cell.starts_with(' ') {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell.to_owned()
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn what_is_written_is_read(rows in prop::collection::vec(prop::collection::vec(("[a,\"\n ]{0,4}", any::<bool>()), 2..4), 1..6)) {
            let text: String = rows.iter().map(|row| {
                row.iter().map(|(cell, quoted)| written(cell, *quoted)).collect::<Vec<_>>().join(",") + "\n"
            }).collect();
            let expected: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|(cell, _)| cell.clone()).collect()).collect();
            let found: Vec<Vec<String>> = read(&text).into_iter().map(|(_, record)| record.unwrap()).collect();
            prop_assert_eq!(found, expected);
        }

        /// Whatever single quote is lost or added, each row is there or something is reported.
        #[test]
        fn a_broken_quote_never_loses_a_row_silently(
            rows in prop::collection::vec(("[a,\"\n ]{0,4}", "[a,\"\n ]{0,4}", any::<[bool; 2]>()), 1..8),
            place in any::<prop::sample::Index>(),
            is_added in any::<bool>(),
        ) {
            let mut text = String::from("id,one,two\n");
            for (n, (one, two, quoted)) in rows.iter().enumerate() {
                text.push_str(&format!("row{n},{},{}\n", written(one, quoted[0]), written(two, quoted[1])));
            }
            let quotes: Vec<usize> = text.match_indices('"').map(|(at, _)| at).collect();
            let at = if is_added || quotes.is_empty() { place.index(text.len()) } else { *place.get(&quotes) };
            if is_added || quotes.is_empty() {
                text.insert(at, '"');
            } else {
                text.remove(at);
            }
            let found = read(&text);
            let lines = text.lines().count() as u64;
            for (line, record) in &found {
                prop_assert!((1..=lines).contains(line));
                if let Err(raw) = record {
                    prop_assert!(text.contains(raw.as_str()));
                }
            }
            if found.iter().all(|(_, record)| record.is_ok()) {
                for n in 0..rows.len() {
                    let id = format!("row{n}");
                    let is_there = found.iter().any(|(_, record)| {
                        record.as_ref().is_ok_and(|cells| cells[0].replace('"', "") == id)
                    });
                    prop_assert!(is_there, "{} is missing from {:?} of {:?}", id, found, text);
                }
            }
        }
    }
}
