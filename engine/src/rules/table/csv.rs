//! Reads CSV with the location of each cell, which CSV libraries do not provide.

use crate::problem::{Problem, Span};

/// A cell with its location, including quotes.
pub(super) struct CsvCell {
    pub text: String,
    pub span: Span,
}

/// A line of cells.
pub(super) struct CsvLine {
    /// The line number in the text, starting at 1, as in an editor.
    pub number: usize,
    /// The cells, one for each column.
    pub cells: Vec<CsvCell>,
}

impl CsvLine {
    /// Returns the span from the first cell to the last.
    pub fn span(&self) -> Span {
        match (self.cells.first(), self.cells.last()) {
            (Some(first), Some(last)) => first.span.to(last.span),
            _ => Span::default(),
        }
    }
}

/// Returns the delimiter of a text: whichever of `,` and `;` its first line contains more often.
pub(in super::super) fn delimiter(text: &[u8]) -> u8 {
    let mut is_quoted = false;
    let (mut commas, mut semicolons) = (0, 0);
    for byte in text.split(|byte| *byte == b'\n').next().unwrap_or_default() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b',' if !is_quoted => commas += 1,
            b';' if !is_quoted => semicolons += 1,
            _ => {}
        }
    }
    if semicolons > commas { b';' } else { b',' }
}

/// Reads the lines of a text, without empty ones; all have as many cells as the first.
///
/// # Errors
/// Returns the row that has an unclosed quote, or a different number of cells from the header.
pub(super) fn read(text: &str) -> Result<Vec<CsvLine>, Vec<Problem>> {
    let between = char::from(delimiter(text.as_bytes()));
    let mut lines: Vec<CsvLine> = Vec::new();
    let mut rest = Scanner { text, at: text.len() - text.trim_start_matches('\u{feff}').len() };
    let (mut number, mut counted) = (1, 0);
    let mut problems = Vec::new();
    while rest.at < text.len() {
        let start = rest.at;
        number += text[counted..start].matches('\n').count();
        counted = start;
        let mut cells = Vec::new();
        loop {
            let Some(cell) = rest.cell(between) else {
                let span = Span::new(start, text.len());
                return Err(vec![Problem::spanned(span, format!("Row {number}: a quote is not closed."))]);
            };
            cells.push(cell);
            if !rest.take(between) {
                break;
            }
        }
        rest.end_of_line();
        if cells.iter().all(|cell| cell.text.trim().is_empty()) {
            continue;
        }
        let width = lines.first().map_or(cells.len(), |first| first.cells.len());
        if cells.len() != width {
            let message = format!("Row {number}: expected {width} cells, found {}.", cells.len());
            problems.push(Problem::spanned(Span::new(start, rest.at), message));
        }
        lines.push(CsvLine { number, cells });
    }
    match lines.is_empty() {
        true => {
            Err(vec![Problem::at("", "The table is empty; add a first line with the names of the columns.")])
        }
        false if problems.is_empty() => Ok(lines),
        false => Err(problems),
    }
}

/// Writes a line of CSV.
pub(super) fn line(cells: &[String]) -> String {
    let mut line = cells.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(",");
    // An empty line would be skipped when reading.
    if line.is_empty() {
        line.push_str("\"\"");
    }
    line.push('\n');
    line
}

fn quoted(cell: &str) -> String {
    let needs = cell.contains([',', ';', '"', '\n', '\r']) || cell.trim() != cell;
    if needs { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}

struct Scanner<'t> {
    text: &'t str,
    at: usize,
}

impl Scanner<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn take(&mut self, wanted: char) -> bool {
        let is_there = self.rest().starts_with(wanted);
        if is_there {
            self.at += wanted.len_utf8();
        }
        is_there
    }

    fn end_of_line(&mut self) {
        self.take('\r');
        self.take('\n');
    }

    /// Returns the next cell; `None` if its quote is not closed.
    fn cell(&mut self, between: char) -> Option<CsvCell> {
        let start = self.at;
        let mut text = String::new();
        if self.take('"') {
            loop {
                let stretch = self.rest().find('"')?;
                text.push_str(&self.rest()[..stretch]);
                self.at += stretch + 1;
                if !self.take('"') {
                    break;
                }
                text.push('"');
            }
        }
        // Text after a closing quote belongs to the cell, as in spreadsheets.
        let bare = self.rest().find([between, '\n', '\r']).unwrap_or(self.rest().len());
        text.push_str(&self.rest()[..bare]);
        self.at += bare;
        Some(CsvCell { text: text.trim().to_owned(), span: Span::new(start, self.at) })
    }
}
