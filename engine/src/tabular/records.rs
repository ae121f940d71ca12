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
#[path = "records_tests.rs"]
mod tests;
