//! The rows of a table below its header, each with as many cells as there are columns.

use std::collections::BTreeSet;
use std::io::{self, Read};

use super::dialect::{self, Dialect};
use super::encoding::{DecodedText, EncodingScan, TextEncoding};
use super::records::{BrokenRecord, CsvRecords, RawRecord, RecordSource};
use crate::problem::Problem;

/// A table with a header.
pub struct DataTable<S> {
    source: S,
    /// The names of the header's cells, made unique.
    names: Vec<String>,
    /// Whether each cell of the header is a column. A header's empty cell over nothing is none.
    is_column: Vec<bool>,
    columns: Vec<String>,
    dialect: Dialect,
    /// The line of a quote that was not closed, until a complete row follows.
    broken_on: Option<u64>,
}

/// A table of delimited text.
pub type TextTable<R> = DataTable<CsvRecords<DecodedText<io::Chain<io::Cursor<Vec<u8>>, R>>>>;

/// A row of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataRow {
    /// The cells: one for each name in [`DataTable::names`], empty where the row has none.
    Cells {
        /// The line on which the row begins, counted from 1.
        line: u64,
        /// The texts of the cells.
        cells: Vec<String>,
    },
    /// A row without any text, as spreadsheets leave them below a table.
    Blank {
        /// The line on which the row begins, counted from 1.
        line: u64,
    },
    /// A row that cannot be read.
    Broken(BrokenRow),
}

/// A row that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenRow {
    /// The line on which the row begins, counted from 1.
    pub line: u64,
    /// The column at fault, if there is a single one.
    pub column: Option<String>,
    /// What is wrong and how to fix it, as a sentence.
    pub reason: String,
    /// The cells as they are, or the text of the row where it has no cells.
    pub cells: Vec<String>,
}

impl<R: Read> TextTable<R> {
    /// Opens delimited text. Without an encoding, it is recognized from the beginning of the text.
    ///
    /// # Errors
    /// Returns the outer error if the text cannot be read, and the inner one if it is not a table.
    pub fn of_text(mut text: R, encoding: Option<TextEncoding>) -> io::Result<Result<Self, Problem>> {
        let mut head = Vec::new();
        let encoding = match encoding {
            Some(encoding) => encoding,
            None => {
                text.by_ref().take(HEAD_BYTES).read_to_end(&mut head)?;
                let mut scan = EncodingScan::default();
                scan.add(&head);
                match scan.encoding() {
                    Some(encoding) => encoding,
                    None => return Ok(Err(Problem::at("", UNKNOWN_ENCODING))),
                }
            }
        };
        let decoded = DecodedText::new(io::Cursor::new(head).chain(text), encoding);
        let mut records = CsvRecords::new(decoded, b',');
        let (head, _) = records.head()?;
        if head.starts_with(b"\xEF\xBB\xBF") {
            records.skip(3, 0);
        }
        let (head, _) = records.head()?;
        let declared = dialect::declared(head);
        if let Some((_, length)) = declared {
            records.skip(length, 1);
        }
        let (head, is_whole) = records.head()?;
        let delimiter =
            declared.map_or_else(|| dialect::delimiter(head, is_whole), |(delimiter, _)| delimiter);
        let has_decimal_comma = dialect::decimal_comma(head, is_whole, delimiter);
        let first: Vec<RawRecord> = dialect::rows(head, is_whole, delimiter).skip(1).collect();
        records.set_delimiter(delimiter);
        let dialect = Dialect { encoding, delimiter: Some(delimiter), has_decimal_comma };
        Self::new(records, dialect, &first)
    }
}

/// Number of bytes at the start of a text from which its encoding is recognized.
const HEAD_BYTES: u64 = 64 * 1024;
/// The problem with a file in an unknown encoding.
pub const UNKNOWN_ENCODING: &str =
    "This is not a text file in UTF-8, UTF-16 or Windows-1252. In a spreadsheet, save it as “CSV UTF-8”.";

impl<S: RecordSource> DataTable<S> {
    /// Reads the header of a table. `first` are rows of its beginning, which show whether a column without a name has values.
    ///
    /// # Errors
    /// Returns the outer error if the source cannot be read, and the inner one if its header cannot be.
    pub fn new(mut source: S, dialect: Dialect, first: &[RawRecord]) -> io::Result<Result<Self, Problem>> {
        let header = match source.next_record()? {
            Some(Ok(header)) => header.cells,
            Some(Err(BrokenRecord { reason, .. })) => {
                return Ok(Err(Problem::at("", format!("The header cannot be read. {reason}"))));
            }
            None => Vec::new(),
        };
        let mut names = Vec::with_capacity(header.len());
        for cell in header {
            match String::from_utf8(cell) {
                Ok(name) => names.push(name),
                Err(_) => {
                    let why = format!(
                        "The header’s cell {} is not UTF-8; save the file as “CSV UTF-8”.",
                        names.len() + 1
                    );
                    return Ok(Err(Problem::at("", why)));
                }
            }
        }
        let has_values = |place: usize| {
            first.iter().any(|row| row.cells.get(place).is_some_and(|cell| !cell.trim_ascii().is_empty()))
        };
        let is_column: Vec<bool> = names
            .iter()
            .enumerate()
            .map(|(place, name)| !name.trim().is_empty() || has_values(place))
            .collect();
        let names = tell_apart(names);
        let columns =
            names.iter().zip(&is_column).filter(|(_, is)| **is).map(|(name, _)| name.clone()).collect();
        Ok(Ok(Self { source, names, is_column, columns, dialect, broken_on: None }))
    }

    /// Returns the same table over a source whose type is erased.
    pub fn boxed(self) -> DataTable<Box<dyn RecordSource + Send>>
    where
        S: Send + 'static,
    {
        let Self { source, names, is_column, columns, dialect, broken_on } = self;
        DataTable { source: Box::new(source), names, is_column, columns, dialect, broken_on }
    }

    /// Returns the columns, in the order of the file.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Returns the name of each cell of a row, with those of cells that are no column.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Returns whether a cell is a column. Elsewhere, a row may still have a value.
    pub fn is_column(&self, place: usize) -> bool {
        self.is_column.get(place).copied().unwrap_or_default()
    }

    /// Returns how the file is written.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Returns the next row, or `None` at the end.
    ///
    /// # Errors
    /// Returns an error if the rest of the file cannot be read.
    pub fn next_row(&mut self) -> io::Result<Option<DataRow>> {
        let Some(record) = self.source.next_record()? else { return Ok(None) };
        Ok(Some(match record {
            Ok(record) => self.row(record),
            Err(BrokenRecord { line, reason, raw, quote_line }) => {
                self.broken_on = Some(quote_line);
                let cells = vec![String::from_utf8_lossy(&raw).into_owned()];
                DataRow::Broken(BrokenRow { line, column: None, reason, cells })
            }
        }))
    }

    fn row(&mut self, record: RawRecord) -> DataRow {
        let RawRecord { line, cells } = record;
        let mut texts = Vec::with_capacity(self.names.len());
        let mut not_utf8 = None;
        for (place, cell) in cells.into_iter().enumerate() {
            texts.push(String::from_utf8(cell).unwrap_or_else(|error| {
                not_utf8.get_or_insert(place);
                String::from_utf8_lossy(error.as_bytes()).into_owned()
            }));
        }
        if texts.iter().all(|text| is_blank(text)) {
            return DataRow::Blank { line };
        }
        let broken = |column: Option<String>, reason, cells| {
            DataRow::Broken(BrokenRow { line, column, reason, cells })
        };
        if let Some(place) = not_utf8 {
            let column =
                self.names.get(place).map_or_else(|| (place + 1).to_string(), |name| format!("`{name}`"));
            let why = format!("Column {column} is not UTF-8; save the file as “CSV UTF-8”.");
            return broken(self.names.get(place).cloned(), why, texts);
        }
        let (width, found) = (self.names.len(), texts.len());
        if texts.iter().skip(width).any(|text| !text.trim().is_empty()) {
            let why = format!(
                "The row has {} and the header {width}; look for an unquoted delimiter.",
                counted(found)
            );
            return broken(None, why, texts);
        }
        // A row may leave out the cells behind the last column.
        let complete = self.is_column.iter().rposition(|is_column| *is_column).map_or(0, |last| last + 1);
        match self.broken_on {
            Some(quote_line) if found < complete => {
                let why = format!(
                    "The row has {} of {width} and follows the unclosed quote on line {quote_line}, so it may be the rest of that row. Correct both.",
                    counted(found)
                );
                return broken(None, why, texts);
            }
            _ => self.broken_on = None,
        }
        texts.resize(width, String::new());
        DataRow::Cells { line, cells: texts }
    }
}

/// Returns whether a text shows nothing: old programs end a file with a control character.
fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || c.is_control() || matches!(c, '\u{200b}' | '\u{feff}'))
}

fn counted(cells: usize) -> String {
    if cells == 1 { "1 cell".into() } else { format!("{cells} cells") }
}

/// Makes column names unique. The second `Email` becomes `Email (2)`, and a third column without a name becomes `Column 3`. All
/// other names are unchanged.
fn tell_apart(names: Vec<String>) -> Vec<String> {
    let given: BTreeSet<String> = names.iter().cloned().collect();
    let mut used = BTreeSet::new();
    let mut unique = Vec::with_capacity(names.len());
    for (place, name) in names.into_iter().enumerate() {
        let base = if name.trim().is_empty() { format!("Column {}", place + 1) } else { name.clone() };
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

    type RowRead = (u64, Result<Vec<String>, (String, Vec<String>)>);
    type Rows = Vec<RowRead>;

    fn read(text: impl AsRef<[u8]>, encoding: Option<TextEncoding>) -> (Vec<String>, String, Rows) {
        let mut table = TextTable::of_text(text.as_ref(), encoding).unwrap().unwrap();
        let mut rows = Vec::new();
        while let Some(row) = table.next_row().unwrap() {
            rows.push(match row {
                DataRow::Cells { line, cells } => (line, Ok(cells)),
                DataRow::Blank { line } => (line, Err(("blank".into(), Vec::new()))),
                DataRow::Broken(row) => (row.line, Err((row.reason, row.cells))),
            });
        }
        (table.columns().to_vec(), table.dialect().to_string(), rows)
    }

    fn cells(row: &RowRead) -> Vec<&str> {
        row.1.as_ref().unwrap_or_else(|why| panic!("{why:?}")).iter().map(String::as_str).collect()
    }

    #[test]
    fn rows_are_filled_up_and_an_empty_header_over_nothing_is_no_column() {
        let (columns, _, rows) = read("Id,Name,,\n1\n2,Ana,,\n3,Ben,,,,\n4,Cleo,,,x\n,,,\n", None);
        assert_eq!(columns, ["Id", "Name"]);
        assert_eq!(cells(&rows[0]), ["1", "", "", ""]);
        assert_eq!(cells(&rows[1]), ["2", "Ana", "", ""]);
        assert_eq!(cells(&rows[2]), ["3", "Ben", "", ""]);
        let Err((reason, kept)) = &rows[3].1 else { panic!("{rows:?}") };
        assert!(reason.contains("5 cells and the header 4"), "{reason}");
        assert_eq!(kept, &["4", "Cleo", "", "", "x"]);
        assert_eq!((rows[4].0, &rows[4].1), (6, &Err(("blank".into(), vec![]))));
        assert_eq!(read("Id,\n1,x\n", None).0, ["Id", "Column 2"]);
    }

    #[test]
    fn encodings_and_delimiters_are_recognized_and_reported() {
        let text = "Name;Größe\nJürgen;1,5\n";
        let (windows, _, _) = encoding_rs::WINDOWS_1252.encode(text);
        let utf16: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        let marked = format!("\u{feff}{text}");
        let declared = format!("sep=;\r\n{text}");
        for (bytes, said, line) in [
            (text.as_bytes(), "UTF-8, semicolons, decimal commas", 2),
            (marked.as_bytes(), "UTF-8, semicolons, decimal commas", 2),
            (&windows[..], "Windows-1252, semicolons, decimal commas", 2),
            (&utf16[..], "UTF-16, semicolons, decimal commas", 2),
            (declared.as_bytes(), "UTF-8, semicolons, decimal commas", 3),
            (text.replace(';', "\t").as_bytes(), "UTF-8, tabs, decimal commas", 2),
            (text.replace(';', "|").as_bytes(), "UTF-8, vertical bars, decimal commas", 2),
        ] {
            let (columns, dialect, rows) = read(bytes, None);
            assert_eq!((columns, dialect.as_str()), (vec!["Name".into(), "Größe".into()], said));
            assert_eq!((rows[0].0, cells(&rows[0])), (line, vec!["Jürgen", "1,5"]));
        }
        let problem = TextTable::of_text(&b"PK\x03\x04\0\0\0"[..], None).unwrap().err().unwrap();
        assert!(problem.message.contains("CSV UTF-8"), "{problem}");
    }

    #[test]
    fn the_rest_of_a_broken_row_is_no_row() {
        let (_, _, rows) = read("a,b,c\n1,\"x \"y\" z\nfoo\nbar,baz\n2,y,z\n3\n", None);
        let reasons: Vec<&str> =
            rows.iter().filter_map(|row| row.1.as_ref().err()).map(|(why, _)| why.as_str()).collect();
        assert_eq!(reasons.len(), 3, "{rows:?}");
        assert!(
            reasons[0].contains("opened on line 2") && reasons[2].contains("quote on line 2"),
            "{reasons:?}"
        );
        assert_eq!((cells(&rows[3]), cells(&rows[4])), (vec!["2", "y", "z"], vec!["3", "", ""]));
    }

    #[test]
    fn bytes_that_are_not_text_are_reported_with_the_row() {
        let (_, _, rows) = read(b"a;b\n\xff;1\n5;6\n", Some(TextEncoding::Utf8));
        let Err((reason, kept)) = &rows[0].1 else { panic!("{rows:?}") };
        assert!(reason.contains("Column `a` is not UTF-8"), "{reason}");
        assert_eq!(kept, &["\u{fffd}", "1"]);
        assert_eq!(cells(&rows[1]), ["5", "6"]);
    }

    #[test]
    fn a_broken_header_is_refused() {
        let problem = TextTable::of_text(&b"a,\"b\n1,2\n"[..], None).unwrap().err().unwrap();
        assert!(problem.message.contains("opened on line 1"), "{problem}");
    }

    #[test]
    fn columns_of_one_name_are_told_apart_and_others_stay_as_they_are() {
        let names = |names: &[&str]| tell_apart(names.iter().map(|name| (*name).to_owned()).collect());
        assert_eq!(names(&["a", "b"]), ["a", "b"]);
        assert_eq!(
            names(&["Email", "Email", " Email", "Email"]),
            ["Email", "Email (2)", " Email", "Email (3)"]
        );
        assert_eq!(names(&["a", "a", "a (2)"]), ["a", "a (3)", "a (2)"]);
        assert_eq!(names(&["", "Column 1", ""]), ["Column 1 (2)", "Column 1", "Column 3"]);
    }
}
